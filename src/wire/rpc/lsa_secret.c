#include "wire/rpc/lsa_secret.h"

#include "wire/ndr/ndr_table.h"

#define OPEN_ROWS                                                                                  \
    ROW(STRUCT, lsa_open_secret, policy, IN, OF(rpc_ndr_handle)),                                  \
        ROW(USTR, lsa_open_secret, name, IN), ROW(U32, lsa_open_secret, access, IN),               \
        ROW(STRUCT, lsa_open_secret, handle, OUT, OF(rpc_ndr_handle)),                             \
        ROW(U32, lsa_open_secret, status, OUT)
const struct ndr_type lsa_ndr_create_secret =
    NDR_TABLE(CALL, struct lsa_open_secret, "LsarCreateSecret", 1, OPEN_ROWS);
const struct ndr_type lsa_ndr_open_secret =
    NDR_TABLE(CALL, struct lsa_open_secret, "LsarOpenSecret", 1, OPEN_ROWS);

const struct ndr_type lsa_ndr_set_secret =
    NDR_TABLE(CALL, struct lsa_set_secret, "LsarSetSecret", 1,
              ROW(STRUCT, lsa_set_secret, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_set_secret, current, IN, UNIQUE, OF(lsa_ndr_cipher)),
              ROW(STRUCT, lsa_set_secret, previous, IN, UNIQUE, OF(lsa_ndr_cipher)),
              ROW(U32, lsa_set_secret, status, OUT));

static const struct ndr_type cipher_pointer =
    NDR_TABLE(STRUCT, struct lsa_cipher_pointer, "PLSAPR_CR_CIPHER_VALUE", 4,
              ROW(STRUCT, lsa_cipher_pointer, value, UNIQUE, OF(lsa_ndr_cipher)));
const struct ndr_type lsa_ndr_query_secret =
    NDR_TABLE(CALL, struct lsa_query_secret, "LsarQuerySecret", 1,
              ROW(STRUCT, lsa_query_secret, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_query_secret, current, IN_OUT, UNIQUE, OF(cipher_pointer)),
              ROW(U64, lsa_query_secret, current_time, IN_OUT, UNIQUE),
              ROW(STRUCT, lsa_query_secret, previous, IN_OUT, UNIQUE, OF(cipher_pointer)),
              ROW(U64, lsa_query_secret, previous_time, IN_OUT, UNIQUE),
              ROW(U32, lsa_query_secret, status, OUT));
