/*
 * The stored form of one object, all little-endian:
 *
 *     0  parent, class, flags, descriptor id        4 x u32
 *    16  objectGUID                                 16 bytes
 *    32  uSNCreated, uSNChanged                     2 x u64
 *    48  whenCreated, whenChanged                   2 x utime
 *    64  length of the RDN, of the account block    2 x u16
 *    68  number of attributes                       u32
 *    72  account block, RDN
 *        table: (attribute id, place) x number, sorted by id
 *        values, in the table's order
 *
 * A place is an offset into the values; with RECORD_LIST set there are a count and then each value
 * after its length, else the bytes up to the next place are the only value.
 *
 * The account block is what a logon reads (account.h), at a fixed offset: numbers, and places of
 * names.
 */
#ifndef DIRECTORY_RECORD_H
#define DIRECTORY_RECORD_H

#include "directory/directory.h"

#define RECORD_HEADER      72
#define RECORD_ATTRS_MAX   4096
#define RECORD_VALUES_MAX  (1u << 20) /* of one attribute */
#define RECORD_SIZE_MAX    (32u << 20)
#define RECORD_RDN_MAX     1024
#define RECORD_LIST        0x80000000u
#define RECORD_TABLE_ENTRY 8

#define ACCOUNT_BLOCK_SIZE 72
enum account_block {
    ACCOUNT_UAC = 0,
    ACCOUNT_ENCTYPES = 4,
    ACCOUNT_PRIMARY_GROUP = 8,
    ACCOUNT_PWD_LAST_SET = 16,
    ACCOUNT_EXPIRES = 24,
    ACCOUNT_LOCKOUT = 32,
    ACCOUNT_SID = 40, /* offset into attrs and length, like the next three */
    ACCOUNT_SAM = 48,
    ACCOUNT_UPN = 56,
    ACCOUNT_HOURS = 64,
};

/* One attribute of an object being built. */
struct record_attr {
    uint32_t attr;
    uint32_t count;
    struct span *values;
};

struct record {
    dir_id parent;
    uint32_t class_id, flags, sd_id;
    struct guid guid;
    uint64_t usn_created, usn_changed;
    utime when_created, when_changed;
    struct span rdn;
    struct record_attr *attrs; /* sorted by id, no duplicates, none empty */
    unsigned attr_count;
};

enum err record_encode(const struct record *r, struct arena *a, struct span *out);
/* Checks everything that the functions of directory.h rely on. */
enum err record_view(dir_id id, struct span bytes, struct dir_obj *out);
/* Checks the whole record, values included, as a fuzzer or a check of the file wants it. */
enum err record_check(struct span bytes);
/* The stored attributes as an editable list; views into o. */
enum err record_open(const struct dir_obj *o, struct arena *a, struct record *out);

#endif
