/*
 * Rows that most calls of NETLOGON have. For this folder's .c files, after ndr_table.h.
 */
#ifndef WIRE_RPC_NETLOGON_ROWS_H
#define WIRE_RPC_NETLOGON_ROWS_H

#include "wire/ndr/ndr_table.h"
#include "wire/rpc/netlogon_types.h"

#define TEXT(T, m)         ROW(WSTR, T, m, IN, REF, LIMIT(NETLOGON_TEXT_MAX))
#define TEXT_OR_NULL(T, m) ROW(WSTR, T, m, IN, UNIQUE, LIMIT(NETLOGON_TEXT_MAX))
#define STATUS(T)          ROW(U32, T, status, OUT)
#define AUTHENTICATORS(T, direction)                                                               \
    ROW(STRUCT, T, authenticator, IN, OF(netlogon_ndr_authenticator)),                             \
        ROW(STRUCT, T, return_authenticator, direction, OF(netlogon_ndr_authenticator))

#endif
