/*
 * The endpoint mapper (C706 appendix O, [MS-RPCE] 2.2.1.2): which endpoints an interface has.
 *
 * How many towers or entries an answer may have is what the request says, as an array's maximum
 * that goes back on the wire: a server that bounds it lowers max before it answers.
 */
#ifndef WIRE_RPC_EPM_H
#define WIRE_RPC_EPM_H

#include "wire/rpc/rpc_iface.h"
#include "wire/rpc/rpc_tower.h"

enum epm_opnum {
    EPM_LOOKUP = 2,
    EPM_MAP = 3,
    EPM_LOOKUP_HANDLE_FREE = 4,
};

enum epm_status {
    EPM_OK = 0,
    EPM_CANT_PERFORM = 0x16c9a0d8,
    EPM_NOT_REGISTERED = 0x16c9a0d6,
};
enum epm_inquiry {
    EPM_ALL = 0,
    EPM_BY_INTERFACE = 1,
    EPM_BY_OBJECT = 2,
    EPM_BY_BOTH = 3,
};
enum epm_versions {
    EPM_VERSION_ALL = 1,
    EPM_VERSION_COMPATIBLE = 2,
    EPM_VERSION_EXACT = 3,
    EPM_VERSION_MAJOR = 4,
    EPM_VERSION_UP_TO = 5,
};

#define EPM_ANNOTATION_MAX 64
#define EPM_ENTRIES_MAX    NDR_FULL_MAX /* of one answer */

struct epm_tower { /* bytes of rpc_tower.h */
    uint32_t length;
    uint8_t bytes[RPC_TOWER_MAX];
};
struct epm_tower_pointer {
    struct epm_tower *tower; /* NULL: none */
};
struct epm_entry {
    struct guid object;
    struct epm_tower *tower;
    uint32_t annotation_length; /* with the zero */
    uint8_t annotation[EPM_ANNOTATION_MAX];
};
struct epm_interface {
    struct guid uuid;
    uint16_t major, minor;
};

struct epm_lookup {
    uint32_t inquiry;
    struct guid *object;             /* NULL: none */
    struct epm_interface *interface; /* NULL: none */
    uint32_t versions;
    struct rpc_handle handle; /* where to go on; zeros: at the start, and at the end */
    uint32_t max;
    uint32_t count;
    struct epm_entry *entries;
    uint32_t status;
};
struct epm_map {
    struct guid *object;     /* NULL: none */
    struct epm_tower *tower; /* what is looked for; NULL: nothing */
    struct rpc_handle handle;
    uint32_t max;
    uint32_t count;
    struct epm_tower_pointer *towers;
    uint32_t status;
};
struct epm_lookup_handle_free {
    struct rpc_handle handle;
    uint32_t status;
};

extern const struct ndr_type epm_ndr_interface, epm_ndr_lookup, epm_ndr_map,
    epm_ndr_lookup_handle_free;

#endif
