/*
 * The NetLogon ping over UDP ([MS-ADTS] 6.3.3): what is asked, and what came back.
 */
#ifndef PEER_PEER_PING_H
#define PEER_PEER_PING_H

#include "base/arena.h"
#include "wire/ms/netlogon_ping.h"

#define PEER_PING_PORT 389

enum err peer_ping_request(struct span domain, struct arena *a, struct span *out);
/* ERR_NOT_FOUND: it is no domain controller of what was asked for; ERR_MALFORMED. */
enum err peer_ping_read(struct span bytes, struct arena *a, struct netlogon_answer *out);

#endif
