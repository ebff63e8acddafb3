/*
 * The endpoint mapper (C706 appendix O): where the interfaces of this process are reached, from the
 * table of services, so that nothing is registered.
 */
#include "rpc/rpc_internal.h"
#include "wire/rpc/epm.h"

#define ENDPOINTS_MAX 32 /* transports of all interfaces: a few more than there are */

struct endpoint {
    const struct rpc_service *service;
    enum rpc_transport transport;
};

static unsigned endpoints(struct endpoint out[ENDPOINTS_MAX])
{
    static const enum rpc_transport kinds[] = {RPC_ON_MAPPER, RPC_ON_TCP, RPC_ON_PIPE};
    unsigned count = 0;

    for (unsigned i = 0; i < rpc_service_count; i++) {
        for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            if (rpc_services[i]->transports & kinds[k] && count < ENDPOINTS_MAX)
                out[count++] = (struct endpoint){rpc_services[i], kinds[k]};
        }
    }
    return count;
}

static struct epm_tower *tower_of(struct rpc_ctx *c, const struct endpoint *e)
{
    struct epm_tower *t = arena_new(c->arena, struct epm_tower);
    struct rpc_tower tower = {.interface = e->service->iface->id, .transfer = rpc_ndr32};
    struct span bytes;
    struct builder b;

    if (e->transport == RPC_ON_PIPE) {
        tower.kind = RPC_TOWER_PIPE;
        tower.pipe = span_str(arena_printf(c->arena, "\\PIPE\\%s", e->service->pipes[0]));
        tower.host = span_str(arena_printf(c->arena, "\\\\%.*s", SPAN_ARG(c->env->host)));
    } else {
        tower.kind = RPC_TOWER_TCP;
        tower.port = e->transport == RPC_ON_MAPPER ? RPC_PORT_MAPPER : RPC_PORT_INTERFACES;
        memcpy(tower.address, c->env->address, sizeof(tower.address));
    }
    builder_in(&b, c->arena, RPC_TOWER_MAX);
    rpc_tower_put(&b, &tower);
    if (!t || builder_done(&b, &bytes) != ERR_OK)
        return NULL;
    t->length = (uint32_t)bytes.len;
    memcpy(t->bytes, bytes.ptr, bytes.len);
    return t;
}

static bool fits_version(const struct rpc_syntax *have, uint16_t major, uint16_t minor)
{
    return have->major == major && have->minor >= minor;
}

static bool wanted(const struct endpoint *e, const struct rpc_tower *t)
{
    const struct rpc_syntax *id = &e->service->iface->id;
    bool pipe = e->transport == RPC_ON_PIPE;

    return guid_eq(&id->uuid, &t->interface.uuid) &&
           fits_version(id, t->interface.major, t->interface.minor) &&
           rpc_syntax_eq(&t->transfer, &rpc_ndr32) &&
           t->kind == (pipe ? RPC_TOWER_PIPE : RPC_TOWER_TCP);
}

static uint32_t map(struct rpc_ctx *c, void *args)
{
    struct epm_map *m = args;
    struct endpoint all[ENDPOINTS_MAX];
    unsigned count = endpoints(all);
    struct rpc_tower t;

    m->handle = (struct rpc_handle){0};
    m->count = 0;
    if (m->max > EPM_ENTRIES_MAX)
        m->max = EPM_ENTRIES_MAX;
    m->towers = arena_new_array(c->arena, m->max, struct epm_tower_pointer);
    if (!m->towers)
        return EPM_CANT_PERFORM;
    if (!m->tower || rpc_tower_decode(span_of(m->tower->bytes, m->tower->length), &t) != ERR_OK)
        return EPM_NOT_REGISTERED;
    for (unsigned i = 0; i < count && m->count < m->max; i++) {
        if (wanted(&all[i], &t) && !(m->towers[m->count++].tower = tower_of(c, &all[i])))
            return EPM_CANT_PERFORM;
    }
    return m->count ? EPM_OK : EPM_NOT_REGISTERED;
}

static bool asked(const struct endpoint *e, const struct epm_lookup *l)
{
    const struct rpc_syntax *id = &e->service->iface->id;
    const struct epm_interface *w = l->interface;
    struct guid none = {{0}};

    if ((l->inquiry == EPM_BY_OBJECT || l->inquiry == EPM_BY_BOTH) && l->object &&
        !guid_eq(l->object, &none))
        return false; /* nothing is registered for an object */
    if (l->inquiry != EPM_BY_INTERFACE && l->inquiry != EPM_BY_BOTH)
        return true;
    if (!w || !guid_eq(&id->uuid, &w->uuid))
        return false;
    switch (l->versions) {
    case EPM_VERSION_ALL:
        return true;
    case EPM_VERSION_EXACT:
        return id->major == w->major && id->minor == w->minor;
    case EPM_VERSION_MAJOR:
        return id->major == w->major;
    case EPM_VERSION_UP_TO:
        return id->major < w->major || (id->major == w->major && id->minor <= w->minor);
    default:
        return fits_version(id, w->major, w->minor);
    }
}

static bool entry_of(struct rpc_ctx *c, const struct endpoint *e, struct epm_entry *out)
{
    size_t len = strlen(e->service->note);

    out->tower = tower_of(c, e);
    out->annotation_length = (uint32_t)len + 1;
    memcpy(out->annotation, e->service->note, len);
    return out->tower != NULL;
}

/* Where the last answer ended: its handle is of no use any more. */
static bool resume(struct rpc_ctx *c, struct rpc_handle *h, unsigned *from_out)
{
    static const struct rpc_handle none;
    struct rpc_handle_state *s;

    *from_out = 0;
    if (guid_eq(&h->id, &none.id))
        return true;
    if (!(s = rpc_handle_get(c, h, RPC_HANDLE_EPM)))
        return false;
    *from_out = s->object;
    rpc_handle_close(c, h);
    return true;
}

static uint32_t lookup(struct rpc_ctx *c, void *args)
{
    struct epm_lookup *l = args;
    struct endpoint all[ENDPOINTS_MAX];
    unsigned count = endpoints(all), i;

    l->count = 0;
    if (l->max > EPM_ENTRIES_MAX)
        l->max = EPM_ENTRIES_MAX;
    if (!resume(c, &l->handle, &i))
        return EPM_CANT_PERFORM;
    l->entries = arena_new_array(c->arena, l->max, struct epm_entry);
    if (!l->entries)
        return EPM_CANT_PERFORM;
    for (; i < count && l->count < l->max; i++) {
        if (asked(&all[i], l) && !entry_of(c, &all[i], &l->entries[l->count++]))
            return EPM_CANT_PERFORM;
    }
    if (i < count && l->count && rpc_handle_new(c, RPC_HANDLE_EPM, 0, i, &l->handle) != ERR_OK)
        return EPM_CANT_PERFORM;
    return l->count ? EPM_OK : EPM_NOT_REGISTERED;
}

static uint32_t free_handle(struct rpc_ctx *c, void *args)
{
    struct epm_lookup_handle_free *f = args;

    rpc_handle_close(c, &f->handle);
    return EPM_OK;
}

static const struct rpc_handler handlers[] = {
    {EPM_LOOKUP, RPC_FOR_NOBODY, lookup},
    {EPM_MAP, RPC_FOR_NOBODY, map},
    {EPM_LOOKUP_HANDLE_FREE, RPC_FOR_NOBODY, free_handle},
};
const struct rpc_service rpc_epm_service = {.iface = &epm_iface,
                                            .note = "Endpoint mapper",
                                            .pipes = {"epmapper"},
                                            .transports = RPC_ON_MAPPER | RPC_ON_PIPE,
                                            .handlers = handlers,
                                            .count = sizeof(handlers) / sizeof(handlers[0])};
