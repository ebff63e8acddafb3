/*
 * DFS referrals ([MS-DFSC] 2.2.2 to 2.2.5), the payload of FSCTL_DFS_GET_REFERRALS: versions 3 and
 * 4, which all clients since Windows 2000 ask for. Names are UTF-16LE without their zeros.
 */
#ifndef WIRE_SMB2_SMB2_DFS_H
#define WIRE_SMB2_SMB2_DFS_H

#include "base/builder.h"
#include "base/reader.h"

#define SMB2_DFS_REFERRALS_MAX 32
#define SMB2_DFS_NAMES_MAX     32 /* domain controllers of one referral */

struct smb2_dfs_request {
    uint16_t max_level;
    struct span path; /* "\server\share\..."; empty: which domains are there? */
};
enum err smb2_dfs_request_decode(struct span bytes, struct smb2_dfs_request *out);
void smb2_dfs_request_put(struct builder *b, const struct smb2_dfs_request *q);

enum smb2_dfs_header_flag {
    SMB2_DFS_REFERRAL_SERVERS = 0x1,
    SMB2_DFS_STORAGE_SERVERS = 0x2,
};
enum smb2_dfs_entry_flag {
    SMB2_DFS_NAME_LIST = 0x2,
    SMB2_DFS_SET_BOUNDARY = 0x4, /* version 4: the first of a set of targets */
};

/* One target, or with SMB2_DFS_NAME_LIST a name and the domain controllers that know it. */
struct smb2_dfs_referral {
    uint16_t version;
    uint16_t server_type; /* 1: a root */
    uint16_t flags;
    uint32_t ttl; /* seconds */
    struct span path, alternate, target;
    struct span special;
    unsigned name_count;
    struct span names[SMB2_DFS_NAMES_MAX];
};

struct smb2_dfs_response {
    uint16_t path_consumed; /* bytes of the requested path */
    uint32_t flags;
    unsigned count;
    struct smb2_dfs_referral *referrals;
};
/* The referrals are made in the arena. ERR_UNSUPPORTED: versions 1 and 2. */
enum err smb2_dfs_response_decode(struct span bytes, struct arena *a,
                                  struct smb2_dfs_response *out);
void smb2_dfs_response_put(struct builder *b, const struct smb2_dfs_response *p);

#endif
