/*
 * The bodies of all commands, [MS-SMB2] 2.2.2 to 2.2.40, as structs with their shapes. Members are
 * in the order of the wire, but for buffers, which come last. What is constant or reserved has no
 * member.
 */
#ifndef WIRE_SMB2_SMB2_BODY_H
#define WIRE_SMB2_SMB2_BODY_H

#include "wire/smb2/smb2_shape.h"

struct smb2_file_id {
    uint64_t lasting; /* Persistent */
    uint64_t volatil; /* Volatile */
};

enum smb2_security_mode {
    SMB2_SIGNING_ENABLED = 0x01,
    SMB2_SIGNING_REQUIRED = 0x02,
};

enum smb2_capability {
    SMB2_CAP_DFS = 0x01,
    SMB2_CAP_LEASING = 0x02,
    SMB2_CAP_LARGE_MTU = 0x04,
    SMB2_CAP_ENCRYPTION = 0x40,
};

/* 2.2.2. Contexts: only in 3.1.1 (smb2_context.h). */
struct smb2_error {
    uint8_t context_count;
    struct span data;
};

/* 2.2.3 */
struct smb2_negotiate_request {
    uint16_t security_mode;
    uint32_t capabilities;
    uint8_t client_guid[16];
    uint16_t context_count; /* these two only when 3.1.1 is among the dialects */
    struct span dialects;   /* two bytes each: smb2_dialect_at */
    struct span contexts;   /* smb2_context.h */
};
/* 2.2.4 */
struct smb2_negotiate_response {
    uint16_t security_mode;
    uint16_t dialect;
    uint16_t context_count; /* these two only in 3.1.1 */
    uint8_t server_guid[16];
    uint32_t capabilities;
    uint32_t max_transact, max_read, max_write;
    uint64_t system_time, start_time;
    struct span security;
    struct span contexts;
};

#define SMB2_DIALECTS_MAX 64
static inline unsigned smb2_dialect_count(struct span dialects)
{
    return (unsigned)(dialects.len / 2);
}
/* Below smb2_dialect_count. */
static inline uint16_t smb2_dialect_at(struct span dialects, unsigned n)
{
    return (uint16_t)(dialects.ptr[2 * n] | dialects.ptr[2 * n + 1] << 8);
}

enum smb2_session_setup_flag {
    SMB2_SESSION_BINDING = 0x01,
};
enum smb2_session_flag {
    SMB2_SESSION_IS_GUEST = 0x01,
    SMB2_SESSION_IS_NULL = 0x02,
    SMB2_SESSION_ENCRYPT_DATA = 0x04,
};

/* 2.2.5 */
struct smb2_session_setup_request {
    uint8_t flags;
    uint8_t security_mode;
    uint32_t capabilities;
    uint32_t channel;
    uint64_t previous_session_id;
    struct span security;
};
/* 2.2.6 */
struct smb2_session_setup_response {
    uint16_t flags;
    struct span security;
};

/* 2.2.7, 2.2.8, 2.2.11, 2.2.12, 2.2.18, 2.2.22, 2.2.27 to 2.2.30, 2.2.40: nothing in it. */
struct smb2_empty {
    uint8_t nothing; /* C has no empty struct; not on the wire */
};

enum smb2_share_type {
    SMB2_SHARE_DISK = 1,
    SMB2_SHARE_PIPE = 2,
};
enum smb2_share_flag {
    SMB2_SHAREFLAG_NO_CACHING = 0x00000030,
    SMB2_SHAREFLAG_DFS = 0x00000001,
    SMB2_SHAREFLAG_DFS_ROOT = 0x00000002,
    SMB2_SHAREFLAG_RESTRICT_EXCLUSIVE_OPENS = 0x00000100,
    SMB2_SHAREFLAG_ENCRYPT_DATA = 0x00008000,
};
#define SMB2_SHARE_CAP_DFS 0x00000008

/* 2.2.9 */
struct smb2_tree_connect_request {
    uint16_t flags;
    struct span path;
};
/* 2.2.10 */
struct smb2_tree_connect_response {
    uint8_t share_type;
    uint32_t share_flags;
    uint32_t capabilities;
    uint32_t maximal_access;
};

enum smb2_disposition {
    SMB2_FILE_SUPERSEDE,
    SMB2_FILE_OPEN,
    SMB2_FILE_CREATE,
    SMB2_FILE_OPEN_IF,
    SMB2_FILE_OVERWRITE,
    SMB2_FILE_OVERWRITE_IF,
};
enum smb2_create_option {
    SMB2_OPTION_DIRECTORY = 0x00000001,
    SMB2_OPTION_WRITE_THROUGH = 0x00000002,
    SMB2_OPTION_NON_DIRECTORY = 0x00000040,
    SMB2_OPTION_DELETE_ON_CLOSE = 0x00001000,
    SMB2_OPTION_BY_FILE_ID = 0x00002000,
};
enum smb2_attribute {
    SMB2_ATTRIBUTE_READONLY = 0x0001,
    SMB2_ATTRIBUTE_HIDDEN = 0x0002,
    SMB2_ATTRIBUTE_SYSTEM = 0x0004,
    SMB2_ATTRIBUTE_DIRECTORY = 0x0010,
    SMB2_ATTRIBUTE_ARCHIVE = 0x0020,
    SMB2_ATTRIBUTE_NORMAL = 0x0080,
    SMB2_ATTRIBUTE_TEMPORARY = 0x0100,
};
enum smb2_create_action {
    SMB2_CREATE_ACTION_SUPERSEDED,
    SMB2_CREATE_ACTION_OPENED,
    SMB2_CREATE_ACTION_CREATED,
    SMB2_CREATE_ACTION_OVERWRITTEN,
};
enum smb2_share_access {
    SMB2_FILE_SHARE_READ = 1,
    SMB2_FILE_SHARE_WRITE = 2,
    SMB2_FILE_SHARE_DELETE = 4,
    SMB2_FILE_SHARE_ALL = 7,
};
/* Rights to a file or folder ([MS-SMB2] 2.2.13.1). */
enum smb2_right {
    SMB2_READ_DATA = 0x1,   /* list a folder */
    SMB2_WRITE_DATA = 0x2,  /* make files in it */
    SMB2_APPEND_DATA = 0x4, /* make folders in it */
    SMB2_READ_EA = 0x8,
    SMB2_WRITE_EA = 0x10,
    SMB2_EXECUTE = 0x20,
    SMB2_DELETE_CHILD = 0x40,
    SMB2_READ_ATTRIBUTES = 0x80,
    SMB2_WRITE_ATTRIBUTES = 0x100,
    SMB2_DELETE = 0x10000,
    SMB2_READ_CONTROL = 0x20000,
    SMB2_WRITE_DAC = 0x40000,
    SMB2_WRITE_OWNER = 0x80000,
    SMB2_SYNCHRONIZE = 0x100000,
    SMB2_ACCESS_SYSTEM_SECURITY = 0x1000000,
    SMB2_MAXIMUM_ALLOWED = 0x2000000,
};

/* 2.2.13 */
struct smb2_create_request {
    uint8_t oplock;
    uint32_t impersonation;
    uint32_t access;
    uint32_t attributes;
    uint32_t share_access;
    uint32_t disposition;
    uint32_t options;
    struct span name;
    struct span contexts;
};

/* What several answers say of a file. Times are FILETIMEs. */
struct smb2_file_facts {
    uint64_t created, accessed, written, changed;
    uint64_t allocated, size;
    uint32_t attributes;
};

/* 2.2.14 */
struct smb2_create_response {
    uint8_t oplock;
    uint8_t flags;
    uint32_t action;
    struct smb2_file_facts file;
    struct smb2_file_id id;
    struct span contexts;
};

#define SMB2_CLOSE_POSTQUERY 0x0001
/* 2.2.15 */
struct smb2_close_request {
    uint16_t flags;
    struct smb2_file_id id;
};
/* 2.2.16 */
struct smb2_close_response {
    uint16_t flags;
    struct smb2_file_facts file;
};

/* 2.2.17 */
struct smb2_flush_request {
    struct smb2_file_id id;
};

/* 2.2.19 */
struct smb2_read_request {
    uint8_t padding, flags;
    uint32_t length;
    uint64_t offset;
    struct smb2_file_id id;
    uint32_t minimum;
    uint32_t channel;
    uint32_t remaining;
    struct span channel_info;
};
/* 2.2.20 */
struct smb2_read_response {
    uint32_t remaining;
    struct span data;
};

#define SMB2_WRITE_THROUGH 0x00000001
/* 2.2.21 */
struct smb2_write_request {
    uint64_t offset;
    struct smb2_file_id id;
    uint32_t channel;
    uint32_t remaining;
    uint32_t flags;
    struct span data;
    struct span channel_info;
};
/* 2.2.22 */
struct smb2_write_response {
    uint32_t count;
    uint32_t remaining;
};

/* 2.2.23.1, 2.2.24.1, 2.2.25.1: notification, acknowledgement and response are alike. */
struct smb2_oplock_break {
    uint8_t level;
    struct smb2_file_id id;
};

/* 2.2.26 */
struct smb2_lock_request {
    uint32_t sequence;
    struct smb2_file_id id;
    struct span locks; /* 24 bytes each: smb2_lock_shape */
};
struct smb2_lock {
    uint64_t offset, length;
    uint32_t flags;
};
#define SMB2_LOCK_SIZE 24

enum smb2_fsctl {
    SMB2_FSCTL_DFS_GET_REFERRALS = 0x00060194,
    SMB2_FSCTL_DFS_GET_REFERRALS_EX = 0x000601b0,
    SMB2_FSCTL_PIPE_PEEK = 0x0011400c,
    SMB2_FSCTL_PIPE_WAIT = 0x00110018,
    SMB2_FSCTL_PIPE_TRANSCEIVE = 0x0011c017,
    SMB2_FSCTL_QUERY_NETWORK_INTERFACE_INFO = 0x001401fc,
    SMB2_FSCTL_VALIDATE_NEGOTIATE_INFO = 0x00140204,
};
#define SMB2_IOCTL_IS_FSCTL 0x00000001

/* 2.2.31 */
struct smb2_ioctl_request {
    uint32_t code;
    struct smb2_file_id id;
    uint32_t max_input;
    uint32_t max_output;
    uint32_t flags;
    struct span input;
    struct span output;
};
/* 2.2.32 */
struct smb2_ioctl_response {
    uint32_t code;
    struct smb2_file_id id;
    uint32_t flags;
    struct span input;
    struct span output;
};

enum smb2_directory_flag {
    SMB2_RESTART_SCANS = 0x01,
    SMB2_RETURN_SINGLE_ENTRY = 0x02,
    SMB2_INDEX_SPECIFIED = 0x04,
    SMB2_REOPEN = 0x10,
};
/* 2.2.33 */
struct smb2_query_directory_request {
    uint8_t level;
    uint8_t flags;
    uint32_t index;
    struct smb2_file_id id;
    uint32_t max_output;
    struct span name; /* pattern */
};

/* 2.2.35 */
struct smb2_change_notify_request {
    uint16_t flags;
    uint32_t max_output;
    struct smb2_file_id id;
    uint32_t filter;
};

enum smb2_info_type {
    SMB2_INFO_FILE = 1,
    SMB2_INFO_FILESYSTEM = 2,
    SMB2_INFO_SECURITY = 3,
    SMB2_INFO_QUOTA = 4,
};
/* 2.2.37 */
struct smb2_query_info_request {
    uint8_t type;
    uint8_t level;
    uint32_t max_output;
    uint32_t additional;
    uint32_t flags;
    struct smb2_file_id id;
    struct span input;
};

/* 2.2.34, 2.2.36, 2.2.38 */
struct smb2_output {
    struct span data;
};

/* 2.2.39 */
struct smb2_set_info_request {
    uint8_t type;
    uint8_t level;
    uint32_t additional;
    struct smb2_file_id id;
    struct span data;
};

/* The shape of a command's body, by its number below SMB2_COMMANDS; NULL where there is none (the
 * response to CANCEL). Answers with an error status have smb2_error_shape, but for
 * STATUS_MORE_PROCESSING_REQUIRED, STATUS_BUFFER_OVERFLOW and STATUS_NOTIFY_ENUM_DIR. */
const struct smb2_shape *smb2_request_shape(unsigned command);
const struct smb2_shape *smb2_response_shape(unsigned command);
extern const struct smb2_shape smb2_error_shape;
extern const struct smb2_shape smb2_lock_shape; /* one element, as a part */

/* --- payloads of FSCTLs, as parts ------------------------------------------------------------ */

/* 2.2.31.4 */
struct smb2_validate_request {
    uint32_t capabilities;
    uint8_t guid[16];
    uint16_t security_mode;
    struct span dialects;
};
/* 2.2.32.6 */
struct smb2_validate_response {
    uint32_t capabilities;
    uint8_t guid[16];
    uint16_t security_mode;
    uint16_t dialect;
};
extern const struct smb2_shape smb2_validate_request_shape;
extern const struct smb2_shape smb2_validate_response_shape;

#endif
