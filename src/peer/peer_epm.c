#include "base/text.h"
#include "peer/peer_rpc.h"
#include "wire/rpc/epm.h"

#define TOWERS 4 /* that we look at */

static enum err put_tower(const struct rpc_iface *iface, struct epm_tower *out)
{
    struct rpc_tower wanted = {
        .interface = iface->id, .transfer = rpc_ndr32, .kind = RPC_TOWER_TCP};
    struct builder b;
    struct span bytes;
    builder_over(&b, out->bytes, sizeof(out->bytes));
    rpc_tower_put(&b, &wanted);
    TRY(builder_done(&b, &bytes));
    out->length = (uint32_t)bytes.len;
    return ERR_OK;
}

static enum err first_port(const struct epm_map *answer, uint16_t *port_out)
{
    struct rpc_tower t;
    for (uint32_t i = 0; answer->status == EPM_OK && i < answer->count; i++) {
        const struct epm_tower *tower = answer->towers[i].tower;
        if (tower && rpc_tower_decode(span_of(tower->bytes, tower->length), &t) == ERR_OK &&
            t.kind == RPC_TOWER_TCP && t.port) {
            *port_out = t.port;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err ask(struct peer_link *link, const struct rpc_iface *iface, struct arena *a,
                    uint16_t *port_out, uint32_t *fault_out)
{
    struct peer_rpc c = {.transport = &peer_rpc_over_tcp, .ctx = link};
    struct epm_tower *tower = arena_new(a, struct epm_tower);
    struct guid none = {0};
    struct epm_map map = {.object = &none, .tower = tower, .max = TOWERS};
    if (!tower)
        return ERR_NOMEM;
    TRY(put_tower(iface, tower));
    enum err e = peer_rpc_bind(&c, &epm_iface, SPAN_NONE, NULL, a);
    if (e == ERR_OK)
        e = peer_rpc_invoke(&c, EPM_MAP, &map, a);
    *fault_out = c.fault;
    TRY(e);
    return first_port(&map, port_out);
}

enum err peer_epm_map(struct plat_loop *loop, const struct plat_addr *mapper,
                      const struct rpc_iface *iface, utime deadline, struct arena *a,
                      uint16_t *port_out, uint32_t *fault_out)
{
    struct peer_link link;
    TRY(peer_link_open(&link, loop, mapper, deadline));
    enum err e = ask(&link, iface, a, port_out, fault_out);
    peer_link_close(&link);
    return e;
}
