/*
 * NDR tables of the types that many interfaces share.
 */
#ifndef WIRE_MS_NDR_TYPES_H
#define WIRE_MS_NDR_TYPES_H

#include "wire/ndr/ndr.h"

/* RPC_SID ([MS-DTYP] 2.4.2.3) as struct sid; use it behind a pointer (it is conformant). */
extern const struct ndr_type ndr_sid;
/* GUID as struct guid. */
extern const struct ndr_type ndr_guid;

#endif
