/*
 * WKSSVC ([MS-WKST]): what a machine says about itself as a client.
 */
#ifndef WIRE_RPC_WKSSVC_H
#define WIRE_RPC_WKSSVC_H

#include "wire/rpc/rpc_iface.h"

enum wkssvc_opnum {
    WKSSVC_GET_INFO = 0,
};

struct wkssvc_info100 {
    uint32_t platform;            /* 500: NT */
    struct span computer, domain; /* NULL: none */
    uint32_t major, minor;
};
struct wkssvc_info101 {
    struct wkssvc_info100 base;
    struct span lan_root;
};
struct wkssvc_info102 {
    struct wkssvc_info101 base;
    uint32_t logged_on;
};
union wkssvc_info { /* by level; NULL with an error */
    struct wkssvc_info100 *level100;
    struct wkssvc_info101 *level101;
    struct wkssvc_info102 *level102;
};
struct wkssvc_get_info { /* NetrWkstaGetInfo */
    struct span server;  /* NULL: none */
    uint32_t level;
    union wkssvc_info info;
    uint32_t status;
};
extern const struct ndr_type wkssvc_ndr_get_info;

#endif
