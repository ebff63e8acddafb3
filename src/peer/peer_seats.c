#include "peer/peer_seats.h"

bool peer_seat_take(struct peer_seats *s, bool by_rpc)
{
    if (s->rpc + s->control >= PEER_SEATS || (by_rpc && s->rpc >= PEER_SEATS_RPC))
        return false;
    *(by_rpc ? &s->rpc : &s->control) += 1;
    return true;
}

void peer_seat_leave(struct peer_seats *s, bool by_rpc)
{
    *(by_rpc ? &s->rpc : &s->control) -= 1;
}
