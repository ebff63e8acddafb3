/*
 * LSARPC: secrets ([MS-LSAD] 3.1.4.6). Their values are encrypted with the session key, see
 * crypt/lsa_crypto.h.
 */
#ifndef WIRE_RPC_LSA_SECRET_H
#define WIRE_RPC_LSA_SECRET_H

#include "wire/rpc/lsa_types.h"

#define LSA_SECRET_MAX 65536 /* bytes of a value, encrypted */

/* Rights of a secret's handle (2.2.1.1.4). */
enum lsa_secret_access {
    LSA_SECRET_SET_VALUE = 0x0001,
    LSA_SECRET_QUERY_VALUE = 0x0002,
};

struct lsa_open_secret { /* CreateSecret, OpenSecret */
    struct rpc_handle policy;
    struct span name;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_set_secret {
    struct rpc_handle handle;
    struct lsa_cipher *current, *previous; /* NULL: none is given */
    uint32_t status;
};
struct lsa_cipher_pointer {
    struct lsa_cipher *value; /* NULL: there is none */
};
struct lsa_query_secret { /* what is not NULL is asked for and answered */
    struct rpc_handle handle;
    struct lsa_cipher_pointer *current;
    int64_t *current_time;
    struct lsa_cipher_pointer *previous;
    int64_t *previous_time;
    uint32_t status;
};

extern const struct ndr_type lsa_ndr_create_secret, lsa_ndr_open_secret, lsa_ndr_set_secret,
    lsa_ndr_query_secret;

#endif
