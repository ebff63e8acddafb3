/*
 * How many questions a peer has at once, and whose. The RPC process asks for clients, who may be
 * many at a time; control asks for administrators and for the trusts' own upkeep, so some seats are
 * control's alone. Whoever finds none is told at once.
 */
#ifndef PEER_PEER_SEATS_H
#define PEER_PEER_SEATS_H

#include <stdbool.h>

#define PEER_SEATS     128
#define PEER_SEATS_RPC 96 /* of them, for the RPC process at most */

struct peer_seats {
    unsigned rpc, control; /* taken */
};

/* false: there is none for this one. */
bool peer_seat_take(struct peer_seats *s, bool by_rpc);
void peer_seat_leave(struct peer_seats *s, bool by_rpc);

#endif
