/*
 * NL_AUTH_MESSAGE ([MS-NRPC] 2.2.1.3.1): the token of a bind with RPC_AUTH_NETLOGON, which names
 * the session that was made by NetrServerAuthenticate3, and the server's answer to it. It proves
 * nothing: the fragments that follow do, by the session's key (crypt/netlogon_crypto.h).
 */
#ifndef WIRE_RPC_NETLOGON_TOKEN_H
#define WIRE_RPC_NETLOGON_TOKEN_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/reader.h"

#define NETLOGON_TOKEN_NAME_MAX 255  /* bytes of a name */
#define NETLOGON_TOKEN_MAX      1536 /* of a token: five names */

/* Names that are not there are empty. */
struct netlogon_token {
    bool answer;                  /* the server's; it has no names */
    struct span domain, computer; /* NetBIOS */
    struct span dns_domain, dns_host;
    struct span computer_utf8; /* NetBIOS again, where it is not ASCII */
};

/* NetBIOS names are views into bytes, DNS names are made in the arena. ERR_MALFORMED: also of
 * pointers in DNS names, which nobody sends. */
enum err netlogon_token_decode(struct span bytes, struct arena *a, struct netlogon_token *out);
/* The builder fails with ERR_RANGE for a name that is too long or has an empty label. */
void netlogon_token_put(struct builder *b, const struct netlogon_token *t);

#endif
