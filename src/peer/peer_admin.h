/*
 * A logon at the partner's, by Kerberos, within a task: that of its administrator with the password
 * that was given, or of a machine of ours with a referral. A ticket for the SMB service of one of
 * the partner's domain controllers, and the first and only token of GSSAPI with it. Nothing is
 * kept.
 *
 * DNS alone says who is a domain controller, so the ticket is for a name that only those have:
 * cifs/HOST/DOMAIN. No other machine may register one of three parts ([MS-ADTS]
 * 3.1.1.5.3.1.1.4), so none can open it.
 */
#ifndef PEER_PEER_ADMIN_H
#define PEER_PEER_ADMIN_H

#include "crypt/krb_crypto.h"
#include "peer/peer_session.h"

struct peer_tgs;

struct peer_admin {
    struct span name;     /* without a realm */
    struct span realm;    /* upper case */
    struct span password; /* UTF-8 */
    /* A ticket to go on with in place of a password: all but its sname; NULL: none. */
    const struct peer_tgs *with;
};

/* The token is SPNEGO's; without mutual authentication: whoever opens it shows so by what it signs
 * with the key. ERR_REFUSED with *why_out. */
enum err peer_admin_token(const struct peer_env *env, const struct peer_dc *dc,
                          const struct peer_admin *who, utime deadline, struct arena *a,
                          struct span *token_out, struct krb_key *key_out,
                          struct peer_failure *why_out);

#endif
