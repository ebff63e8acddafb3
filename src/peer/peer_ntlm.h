/*
 * NTLM version 2 as a client ([MS-NLMP] 3.1.5.1.2), inside SPNEGO: one logon of an account of ours
 * at a server of the partner's, which has to ask us about it.
 *
 * What is answered is worth nothing elsewhere: it is bound to the partner's domain and to this
 * server's name, and every message is protected by a MIC ([MS-NLMP] 3.1.5.1.2, CVE-2019-1040). A
 * challenge that names another domain, one of ours above all, is not answered.
 */
#ifndef PEER_PEER_NTLM_H
#define PEER_PEER_NTLM_H

#include "base/arena.h"
#include "crypt/ntlm_crypto.h"

struct peer_ntlm {
    struct span account, domain; /* "DC1$", and our NetBIOS name */
    const uint8_t *nt_hash;      /* 16 bytes */
    struct span partner;         /* DNS name */
    const char *host;            /* DNS name of the server */
    struct span negotiate;       /* what was sent, and what SPNEGO offers; in the arena */
    struct span mechs;
};

enum err peer_ntlm_begin(struct peer_ntlm *n, struct arena *a, struct span *token_out);
/* key_out: the session's. ERR_MALFORMED; ERR_UNSUPPORTED: too weak; ERR_DENIED: it is not of the
 * partner's domain. */
enum err peer_ntlm_answer(struct peer_ntlm *n, struct span token, struct arena *a,
                          struct span *token_out, uint8_t key_out[NTLM_KEY_SIZE]);

#endif
