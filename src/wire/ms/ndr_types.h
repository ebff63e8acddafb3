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
/* NETLOGON_VALIDATION_SAM_INFO and _SAM_INFO2 ([MS-NRPC] 2.2.1.4.11-12), which are how a PAC's
 * logon information begins, as struct pac_logon_info (pac.h) without what they do not have. */
extern const struct ndr_type ndr_sam_info, ndr_sam_info2;

#endif
