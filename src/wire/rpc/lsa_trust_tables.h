/*
 * Tables of what LSARPC says about trusted domains. Private to this folder.
 */
#ifndef WIRE_RPC_LSA_TRUST_TABLES_H
#define WIRE_RPC_LSA_TRUST_TABLES_H

#include "wire/ndr/ndr.h"

extern const struct ndr_type lsa_ndr_trusted_ex, lsa_ndr_trusted_auth,
    lsa_ndr_trusted_auth_internal, lsa_ndr_trusted_auth_aes, lsa_ndr_trusted_info,
    lsa_ndr_collisions;

#endif
