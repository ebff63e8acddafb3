/*
 * The logon of a partner's administrator, by Kerberos with the password that was given, within a
 * task: a ticket for a service of one of the partner's domain controllers, and the first and only
 * token of GSSAPI with it. Nothing is kept.
 */
#ifndef PEER_PEER_ADMIN_H
#define PEER_PEER_ADMIN_H

#include "crypt/krb_crypto.h"
#include "peer/peer_session.h"

struct peer_admin {
    struct span name;     /* without a realm */
    struct span realm;    /* upper case */
    struct span password; /* UTF-8 */
};

/* The token is SPNEGO's, for cifs/ that domain controller; without mutual authentication: whoever
 * opens it shows so by what it signs with the key. ERR_REFUSED with *why_out. */
enum err peer_admin_token(const struct peer_env *env, const struct peer_dc *dc,
                          const struct peer_admin *who, utime deadline, struct arena *a,
                          struct span *token_out, struct krb_key *key_out,
                          struct peer_failure *why_out);

#endif
