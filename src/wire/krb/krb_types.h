/*
 * Inside wire/krb only: the types that several tables share.
 */
#ifndef WIRE_KRB_KRB_TYPES_H
#define WIRE_KRB_KRB_TYPES_H

#include "wire/krb/krb_msg.h"

extern const struct der_type krb_pvno_type;      /* the constant 5 */
extern const struct der_type krb_usec_type;      /* Microseconds */
extern const struct der_type krb_nonce_type;     /* UInt32, signed as it came */
extern const struct der_type krb_principal_type; /* PrincipalName: struct krb_name */
extern const struct der_type krb_address_type;
extern const struct der_type krb_addresses_type;
extern const struct der_type krb_key_type; /* EncryptionKey: struct krb_enc_key */
extern const struct der_type krb_tickets_type;

/* A table whose element has another one around it. */
#define KRB_TYPE_IN(OUTER, S, ROWS)                                                                \
    {                                                                                              \
        DER_TYPE_SEQUENCE(S, ROWS), .outer = (OUTER)                                               \
    }
/* Members with the same name as struct S's `raw`. */
#define KRB_RAW(S) .raw = 1 + offsetof(struct S, raw)
/* A msg-type that is one number, with and without a member that holds it. */
#define KRB_CONST(N)                                                                               \
    {                                                                                              \
        .kind = DER_K_CONST, .tag = DER_INTEGER, .lo = (N)                                         \
    }
#define KRB_ONLY(N)                                                                                \
    {                                                                                              \
        .kind = DER_K_INT32, .tag = DER_INTEGER, .size = sizeof(int32_t), .lo = (N), .hi = (N)     \
    }

#endif
