#include "dns/dns_contexts.h"

#include <stdlib.h>

struct dns_contexts {
    struct dns_updates updates;
    struct dns_context entry[DNS_CONTEXTS_MAX];
};

struct dns_contexts *dns_contexts_new(const struct dns_updates *updates)
{
    struct dns_contexts *c = calloc(1, sizeof(*c));
    if (c)
        c->updates = *updates;
    return c;
}

void dns_contexts_remove(struct dns_contexts *c, struct dns_context *x)
{
    ENT_ASSERT(x->busy == 0);
    c->updates.ops->close(c->updates.ctx, x->gss);
    *x = (struct dns_context){.busy = 0};
}

void dns_contexts_free(struct dns_contexts *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < DNS_CONTEXTS_MAX; i++) {
        if (c->entry[i].name.len > 0)
            dns_contexts_remove(c, &c->entry[i]);
    }
    free(c);
}

/* Few updates a second need no faster search than this. */
static struct dns_context *by_name(struct dns_contexts *c, struct span name)
{
    for (unsigned i = 0; i < DNS_CONTEXTS_MAX; i++) {
        struct dns_context *x = &c->entry[i];
        if (x->name.len > 0 && dns_name_eq(dns_name_span(&x->name), name))
            return x;
    }
    return NULL;
}

struct dns_context *dns_contexts_find(struct dns_contexts *c, struct span name,
                                      const struct plat_addr *client, utime wall, utime now)
{
    struct dns_context *x = by_name(c, name);
    if (!x || (!x->ready && !plat_addr_same_host(&x->client, client)))
        return NULL;
    if (wall >= x->ends) {
        if (x->busy == 0)
            dns_contexts_remove(c, x);
        return NULL;
    }
    x->used = now;
    return x;
}

/* Which of two entries makes room: one that was only begun, then the one that rested for longer. */
static bool goes_before(const struct dns_context *x, const struct dns_context *y)
{
    return !y || (x->ready == y->ready ? x->used < y->used : !x->ready);
}

/* A free entry, or one that can make room; NULL. Anybody can begin, under any address: who only
 * began keeps nobody out. */
static struct dns_context *room(struct dns_contexts *c, utime wall, utime now)
{
    struct dns_context *first = NULL;
    for (unsigned i = 0; i < DNS_CONTEXTS_MAX; i++) {
        struct dns_context *x = &c->entry[i];
        if (x->name.len == 0)
            return x;
        bool rests = wall >= x->ends || now - x->used >= DNS_CONTEXT_REST;
        if (x->busy == 0 && (!x->ready || rests) && goes_before(x, first))
            first = x;
    }
    if (first)
        dns_contexts_remove(c, first);
    return first;
}

/* Is there room for one more of this host? The oldest that it only began goes for it. */
static bool host_may(struct dns_contexts *c, const struct plat_addr *client, utime now)
{
    struct dns_context *begun = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < DNS_CONTEXTS_MAX; i++) {
        struct dns_context *x = &c->entry[i];
        if (x->name.len == 0 || now - x->used >= DNS_CONTEXT_REST ||
            !plat_addr_same_host(&x->client, client))
            continue;
        count++;
        if (!x->ready && goes_before(x, begun))
            begun = x;
    }
    if (count < DNS_CONTEXTS_PER_HOST)
        return true;
    if (begun)
        dns_contexts_remove(c, begun);
    return begun != NULL;
}

enum err dns_contexts_add(struct dns_contexts *c, struct span name, const struct plat_addr *client,
                          utime wall, utime now, struct dns_context **out)
{
    void *gss;
    if (by_name(c, name))
        return ERR_EXISTS;
    if (!host_may(c, client, now))
        return ERR_BUSY;
    struct dns_context *x = room(c, wall, now);
    if (!x)
        return ERR_BUSY;
    TRY(c->updates.ops->open(c->updates.ctx, &gss));
    *x = (struct dns_context){
        .gss = gss, .client = *client, .used = now, .ends = wall + DNS_CONTEXT_LIFETIME};
    dns_name_lower(name, &x->name);
    *out = x;
    return ERR_OK;
}
