/*
 * DRSUAPI ([MS-DRSR]): binding, and names from one form into another.
 */
#ifndef WIRE_RPC_DRS_TYPES_H
#define WIRE_RPC_DRS_TYPES_H

#include "wire/rpc/rpc_iface.h"

enum drs_opnum {
    DRS_BIND = 0,
    DRS_UNBIND = 1,
    DRS_CRACK_NAMES = 12,
};

#define DRS_EXTENSIONS_MAX 256
#define DRS_NAMES_MAX      10000 /* of one call (4.1.4.1.2) */

/* DRS_EXTENSIONS: what an implementation can do, as bytes (5.39). */
struct drs_extensions {
    uint32_t count;
    uint8_t bytes[DRS_EXTENSIONS_MAX];
};
struct drs_bind {
    struct guid *client;               /* NULL possible */
    struct drs_extensions *extensions; /* in: NULL possible */
    struct drs_extensions *answer;
    struct rpc_handle handle;
    uint32_t status;
};
struct drs_unbind {
    struct rpc_handle handle;
    uint32_t status;
};

enum drs_name_format { /* DS_NAME_FORMAT (4.1.4.1.3) */
                       DRS_UNKNOWN_NAME = 0,
                       DRS_FQDN = 1,
                       DRS_NT4 = 2,
                       DRS_DISPLAY = 3,
                       DRS_GUID = 6,
                       DRS_CANONICAL = 7,
                       DRS_UPN = 8,
                       DRS_SID = 11,
};
enum drs_name_error {
    DRS_NAME_OK = 0,
    DRS_NAME_RESOLVING = 1,
    DRS_NAME_NOT_FOUND = 2,
    DRS_NAME_NO_MAPPING = 4,
};

struct drs_name {
    struct span text; /* ptr NULL: none */
};
struct drs_crack_request {
    uint32_t codepage, language, flags, offered, desired;
    uint32_t count;
    struct drs_name *names;
};
union drs_crack_in {
    struct drs_crack_request v1;
};
struct drs_cracked {
    uint32_t status; /* enum drs_name_error */
    struct span domain, name;
};
struct drs_crack_result {
    uint32_t count;
    struct drs_cracked *items;
};
struct drs_crack_answer {
    struct drs_crack_result *result; /* NULL with an error */
};
union drs_crack_out {
    struct drs_crack_answer v1;
};
struct drs_crack_names {
    struct rpc_handle handle;
    uint32_t in_version;
    union drs_crack_in in;
    uint32_t out_version;
    union drs_crack_out out;
    uint32_t status;
};

extern const struct ndr_type drs_ndr_bind, drs_ndr_unbind, drs_ndr_crack_names;

#endif
