/*
 * Information levels ([MS-FSCC] 2.4, 2.5) as parts: what QUERY_INFO, SET_INFO, QUERY_DIRECTORY and
 * CHANGE_NOTIFY carry. Names are UTF-16LE.
 */
#ifndef WIRE_SMB2_SMB2_INFO_H
#define WIRE_SMB2_SMB2_INFO_H

#include "wire/smb2/smb2_body.h"

enum smb2_file_level {
    SMB2_FILE_DIRECTORY = 1,
    SMB2_FILE_FULL_DIRECTORY = 2,
    SMB2_FILE_BOTH_DIRECTORY = 3,
    SMB2_FILE_BASIC = 4,
    SMB2_FILE_STANDARD = 5,
    SMB2_FILE_INTERNAL = 6,
    SMB2_FILE_EA = 7,
    SMB2_FILE_ACCESS = 8,
    SMB2_FILE_RENAME = 10,
    SMB2_FILE_NAMES = 12,
    SMB2_FILE_DISPOSITION = 13,
    SMB2_FILE_POSITION = 14,
    SMB2_FILE_MODE = 16,
    SMB2_FILE_ALIGNMENT = 17,
    SMB2_FILE_ALL = 18,
    SMB2_FILE_ALLOCATION = 19,
    SMB2_FILE_END_OF_FILE = 20,
    SMB2_FILE_STREAM = 22,
    SMB2_FILE_PIPE = 23,
    SMB2_FILE_PIPE_LOCAL = 24,
    SMB2_FILE_COMPRESSION = 28,
    SMB2_FILE_NETWORK_OPEN = 34,
    SMB2_FILE_ATTRIBUTE_TAG = 35,
    SMB2_FILE_ID_BOTH_DIRECTORY = 37,
    SMB2_FILE_ID_FULL_DIRECTORY = 38,
    SMB2_FILE_NORMALIZED_NAME = 48,
};

enum smb2_fs_level {
    SMB2_FS_VOLUME = 1,
    SMB2_FS_SIZE = 3,
    SMB2_FS_DEVICE = 4,
    SMB2_FS_ATTRIBUTE = 5,
    SMB2_FS_CONTROL = 6,
    SMB2_FS_FULL_SIZE = 7,
    SMB2_FS_OBJECT_ID = 8,
    SMB2_FS_SECTOR_SIZE = 11,
};

/* All that the levels of a file say; each shape takes its part. */
struct smb2_file_info {
    struct smb2_file_facts facts;
    uint32_t links;
    uint8_t delete_pending, directory;
    uint64_t index;
    uint32_t ea_size, access, mode, alignment, reparse_tag;
    uint64_t position;
    struct span name;
    uint32_t pipe_read_mode, pipe_completion; /* SMB2_FILE_PIPE */
};
/* NULL: not a level of this struct. */
const struct smb2_shape *smb2_file_shape(unsigned level);

struct smb2_rename { /* SMB2_FILE_RENAME, 2.4.42.2 */
    uint8_t replace;
    uint64_t root;
    struct span name;
};
extern const struct smb2_shape smb2_rename_shape;

struct smb2_stream { /* SMB2_FILE_STREAM, the only one of a file */
    uint64_t size, allocated;
    struct span name; /* "::$DATA" */
};
extern const struct smb2_shape smb2_stream_shape;

struct smb2_fs_info {
    uint64_t created; /* volume */
    uint32_t serial;
    uint64_t total_units, available_units; /* sizes */
    uint32_t sectors_per_unit, bytes_per_sector;
    uint32_t device_type, characteristics; /* device */
    uint32_t attributes, max_name;         /* attributes */
    uint64_t no_limit;                     /* control: all ones */
    uint8_t object_id[16];
    struct span label; /* of the volume, or the name of the file system */
};
const struct smb2_shape *smb2_fs_shape(unsigned level);

/* --- lists: entries of a directory, changes -------------------------------------------------- */

struct smb2_entry {
    uint32_t index;
    struct smb2_file_facts facts;
    uint32_t ea_size;
    uint64_t file_id;
    struct span name;
};

/* Appends an entry at its eight-byte place of a list of this level, and links the one before it:
 * *last_at is 0 for the first and moves. False when it does not fit into max bytes from `start` on;
 * nothing is written then. A level without a shape is our bug. */
bool smb2_entry_put(struct builder *b, size_t start, size_t max, unsigned level,
                    const struct smb2_entry *e, size_t *last_at);
/* NULL: not a level of lists. */
const struct smb2_shape *smb2_entry_shape(unsigned level);
/* Takes the first entry of a list. */
enum err smb2_entry_next(struct span *rest, unsigned level, struct smb2_entry *out);

enum smb2_change_action {
    SMB2_ADDED = 1,
    SMB2_REMOVED = 2,
    SMB2_MODIFIED = 3,
    SMB2_RENAMED_FROM = 4,
    SMB2_RENAMED_TO = 5,
};
enum smb2_change_filter {                        /* [MS-SMB2] 2.2.35 */
                          SMB2_OF_FILES = 0x001, /* their names */
                          SMB2_OF_FOLDERS = 0x002,
                          SMB2_OF_ATTRIBUTES = 0x004,
                          SMB2_OF_SIZES = 0x008,
                          SMB2_OF_WRITES = 0x010,
                          SMB2_OF_ACCESSES = 0x020,
                          SMB2_OF_CREATION = 0x040,
                          SMB2_OF_SECURITY = 0x100,
};
#define SMB2_WATCH_TREE 0x0001
struct smb2_change { /* [MS-FSCC] 2.7.1 */
    uint32_t action;
    struct span name;
};
/* Appends a change to a list of at most max bytes, and links the one before it: *last_at is 0 for
 * the first and moves. False when it does not fit; nothing is written then. */
bool smb2_change_put(struct builder *b, size_t max, const struct smb2_change *c, size_t *last_at);
enum err smb2_change_next(struct span *rest, struct smb2_change *out);

#endif
