/*
 * NDR tables of the PAC, for ndr_type_check in the tests. Private to this folder.
 */
#ifndef WIRE_MS_PAC_TABLES_H
#define WIRE_MS_PAC_TABLES_H

#include "wire/ndr/ndr.h"

extern const struct ndr_type pac_ndr_logon_info;
extern const struct ndr_type pac_ndr_delegation;

#endif
