/*
 * SRVSVC ([MS-SRVS]): which shares a server has, what it is, what time it is there.
 */
#ifndef WIRE_RPC_SRVSVC_H
#define WIRE_RPC_SRVSVC_H

#include "wire/rpc/rpc_iface.h"

enum srvsvc_opnum {
    SRVSVC_SHARE_ENUM = 15,
    SRVSVC_SHARE_GET_INFO = 16,
    SRVSVC_SERVER_GET_INFO = 21,
    SRVSVC_REMOTE_TOD = 28,
    SRVSVC_SHARE_ENUM_STICKY = 36,
};

#define SRVSVC_SHARES_MAX 4096

enum srvsvc_share_type {
    SRVSVC_DISK = 0,
    SRVSVC_IPC = 3,
    SRVSVC_SPECIAL = 0x80000000,
};
#define SRVSVC_PLATFORM_NT   500
#define SRVSVC_UNLIMITED     0xFFFFFFFF /* max_users */
#define SRVSVC_NO_DISCONNECT 0xFFFFFFFF

enum srvsvc_server_type {
    SRVSVC_TYPE_WORKSTATION = 0x00000001,
    SRVSVC_TYPE_SERVER = 0x00000002,
    SRVSVC_TYPE_DOMAIN_CTRL = 0x00000008,
    SRVSVC_TYPE_DOMAIN_BAKCTRL = 0x00000010,
    SRVSVC_TYPE_TIME_SOURCE = 0x00000020,
    SRVSVC_TYPE_NT = 0x00001000,
    SRVSVC_TYPE_SERVER_NT = 0x00008000,
};

/* --- shares; texts may be NULL --------------------------------------------------------------- */

struct srvsvc_share0 {
    struct span name;
};
struct srvsvc_share1 {
    struct span name;
    uint32_t type;
    struct span comment;
};
struct srvsvc_share2 {
    struct span name;
    uint32_t type;
    struct span comment;
    uint32_t permissions, max_users, current_users;
    struct span path, password;
};
struct srvsvc_share501 {
    struct span name;
    uint32_t type;
    struct span comment;
    uint32_t flags;
};
struct srvsvc_share502 {
    struct srvsvc_share2 base;
    struct rpc_bytes descriptor;
};
struct srvsvc_share1005 {
    uint32_t flags;
};

struct srvsvc_shares0 {
    uint32_t count;
    struct srvsvc_share0 *shares;
};
struct srvsvc_shares1 {
    uint32_t count;
    struct srvsvc_share1 *shares;
};
struct srvsvc_shares2 {
    uint32_t count;
    struct srvsvc_share2 *shares;
};
struct srvsvc_shares501 {
    uint32_t count;
    struct srvsvc_share501 *shares;
};
struct srvsvc_shares502 {
    uint32_t count;
    struct srvsvc_share502 *shares;
};
union srvsvc_shares { /* by level; NULL: none */
    struct srvsvc_shares0 *level0;
    struct srvsvc_shares1 *level1;
    struct srvsvc_shares2 *level2;
    struct srvsvc_shares501 *level501;
    struct srvsvc_shares502 *level502;
};
struct srvsvc_share_list {
    uint32_t level;
    union srvsvc_shares shares;
};
struct srvsvc_share_enum { /* NetrShareEnum, NetrShareEnumSticky */
    struct span server;    /* NULL: none; so below */
    struct srvsvc_share_list list;
    uint32_t max_size;
    uint32_t total;
    uint32_t *resume; /* NULL: none */
    uint32_t status;
};

union srvsvc_share { /* by level; NULL with an error */
    struct srvsvc_share0 *level0;
    struct srvsvc_share1 *level1;
    struct srvsvc_share2 *level2;
    struct srvsvc_share501 *level501;
    struct srvsvc_share502 *level502;
    struct srvsvc_share1005 *level1005;
};
struct srvsvc_share_get_info {
    struct span server;
    struct span name;
    uint32_t level;
    union srvsvc_share share;
    uint32_t status;
};

/* --- the server ------------------------------------------------------------------------------ */

struct srvsvc_server100 {
    uint32_t platform;
    struct span name;
};
struct srvsvc_server101 {
    uint32_t platform;
    struct span name;
    uint32_t major, minor, type;
    struct span comment;
};
struct srvsvc_server102 {
    struct srvsvc_server101 base;
    uint32_t users, disconnect, hidden, announce, announce_delta, licenses;
    struct span user_path;
};
union srvsvc_server { /* by level; NULL with an error */
    struct srvsvc_server100 *level100;
    struct srvsvc_server101 *level101;
    struct srvsvc_server102 *level102;
};
struct srvsvc_server_get_info {
    struct span server;
    uint32_t level;
    union srvsvc_server info;
    uint32_t status;
};

struct srvsvc_time {
    uint32_t elapsed, msecs; /* since 1970; since an arbitrary time */
    uint32_t hours, minutes, seconds, hundredths;
    int32_t timezone; /* minutes west of UTC */
    uint32_t tick;    /* of the clock, in units of 0.1 ms */
    uint32_t day, month, year, weekday;
};
struct srvsvc_remote_tod {
    struct span server;
    struct srvsvc_time *time; /* NULL with an error */
    uint32_t status;
};

extern const struct ndr_type srvsvc_ndr_share_enum, srvsvc_ndr_share_enum_sticky,
    srvsvc_ndr_share_get_info, srvsvc_ndr_server_get_info, srvsvc_ndr_remote_tod;

#endif
