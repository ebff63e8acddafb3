/*
 * NETLOGON, a new password as it travels: NL_TRUST_PASSWORD ([MS-NRPC] 2.2.1.3.7) under the
 * session's key.
 */
#ifndef RPC_NETLOGON_PASSWORD_H
#define RPC_NETLOGON_PASSWORD_H

#include "base/reasons.h"
#include "wire/rpc/netlogon_channel.h"

#define NETLOGON_PASSWORD_BYTES (2 * NETLOGON_PASSWORD_UNITS)

struct netlogon_new_password {
    uint8_t bytes[NETLOGON_PASSWORD_BYTES + 4]; /* in clear: wipe all of it */
    struct span utf16;
    uint32_t version; /* 0: none was given */
};

/* REASON_NONE; else it is none, and out is to be wiped all the same. */
enum reason netlogon_password_open(const uint8_t key[16], const struct netlogon_trust_password *in,
                                   struct netlogon_new_password *out);

#endif
