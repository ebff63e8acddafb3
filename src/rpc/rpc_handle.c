/*
 * Association groups and their context handles ([MS-RPCE] 3.3.3.4). A handle is good on every
 * association of its group, for whoever opened it; when the group's last association ends, all of
 * it goes.
 */
#include <stdlib.h>

#include "rpc/rpc_internal.h"

struct rpc_group *rpc_group_join(struct rpc_server *s, uint32_t id)
{
    struct rpc_group *g;

    for (g = s->groups; id && g; g = g->next) {
        if (g->id == id) {
            g->refs++;
            return g;
        }
    }
    if (id || s->group_count == RPC_GROUPS_MAX || !(g = calloc(1, sizeof(*g))))
        return NULL;
    if (++s->next_group == 0)
        s->next_group = 1;
    *g = (struct rpc_group){.next = s->groups, .id = s->next_group, .refs = 1};
    s->groups = g;
    s->group_count++;
    return g;
}

void rpc_group_leave(struct rpc_server *s, struct rpc_group *g)
{
    if (!g || --g->refs)
        return;
    struct rpc_group **at = &s->groups;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    s->group_count--;
    while (g->handles) {
        struct rpc_handle_state *h = g->handles;
        g->handles = h->next;
        free(h);
    }
    free(g);
}

static const struct sid *owner_of(const struct rpc_caller *who)
{
    static const struct sid nobody = {.revision = 1};

    return who->token->count ? &who->token->sids[0] : &nobody;
}

enum err rpc_handle_new(struct rpc_ctx *c, enum rpc_handle_kind kind, uint32_t access,
                        uint32_t object, struct rpc_handle *out)
{
    struct rpc_handle_state *h;

    if (c->group->handle_count == RPC_HANDLES_MAX)
        return ERR_LIMIT;
    if (!(h = calloc(1, sizeof(*h))))
        return ERR_NOMEM;
    *h = (struct rpc_handle_state){.next = c->group->handles,
                                   .service = c->service,
                                   .kind = kind,
                                   .owner = *owner_of(c->who),
                                   .access = access,
                                   .object = object};
    c->env->random(h->id.id.b, sizeof(h->id.id.b));
    c->group->handles = h;
    c->group->handle_count++;
    *out = h->id;
    return ERR_OK;
}

struct rpc_handle_state *rpc_handle_get(struct rpc_ctx *c, const struct rpc_handle *h,
                                        enum rpc_handle_kind kind)
{
    struct rpc_handle_state *s = c->group->handles;

    while (s && (s->id.attributes != h->attributes || !guid_eq(&s->id.id, &h->id)))
        s = s->next;
    if (!s || s->service != c->service || (kind && s->kind != kind) ||
        !sid_eq(&s->owner, owner_of(c->who))) {
        c->fault = RPC_FAULT_CONTEXT_MISMATCH;
        return NULL;
    }
    return s;
}

void rpc_handle_close(struct rpc_ctx *c, struct rpc_handle *h)
{
    struct rpc_handle_state *s = rpc_handle_get(c, h, 0), **at = &c->group->handles;

    if (!s)
        return;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    free(s);
    c->group->handle_count--;
    *h = (struct rpc_handle){0};
}
