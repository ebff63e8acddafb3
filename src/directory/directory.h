/*
 * The directory as one process sees it: open it once, take a snapshot for each request, look objects
 * up, read their attributes in place, end the snapshot. Nothing here writes: changes go to the writer
 * as intents (intent.h) and come back as change records (change.h), which only the writer applies.
 *
 * Life: struct dir lives as long as its process (open after fork, LMDB forbids sharing across one).
 * A struct dir_snap is an LMDB read transaction kept and renewed; every span and struct dir_obj that
 * came from it points into the map and dies with dir_snap_end. End it with the request, and before
 * waiting for anything: a long snapshot pins pages.
 *
 * Ids. Every object has a dense 32-bit id that is never reused; its parent is an id too, so renaming
 * a subtree touches one record. Attributes and classes are ids of the compiled schema (schema.h).
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/times.h"
#include "directory/schema.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

typedef uint32_t dir_id; /* 0 is no object */

/* The three secret stores, each under a key of its own; a process is given only those it needs. */
enum dir_secret_store {
    DIR_SECRET_ACCOUNT, /* account and trust keys: kdc, rpc, peer, writer */
    DIR_SECRET_SERVICE, /* this machine's DCs' own service keys: also ldap, dns */
    DIR_SECRET_BIND,    /* simple-bind verifiers: ldap */
    DIR_SECRET__COUNT
};

struct dir_keyring {
    bool have[DIR_SECRET__COUNT];
    uint8_t key[DIR_SECRET__COUNT][32];
};

/* Derives the store keys from the key file's 32 bytes; stores is a bit set (1 << DIR_SECRET_x). */
void dir_keyring_derive(const uint8_t master[32], unsigned stores, struct dir_keyring *out);

struct dir;

struct dir_open_args {
    const char *path;     /* folder with data.mdb */
    const char *volatile_path; /* file of the volatile table (volatile.h); NULL: none */
    struct dir_keyring keyring;
    bool writable;        /* the writer only */
};

/* ERR_NOT_FOUND (no directory there), ERR_UNSUPPORTED (a newer format version), ERR_IO. */
enum err dir_open(const struct dir_open_args *args, struct dir **out);
void dir_close(struct dir *d);

struct dir_snap {
    struct dir *dir;
    void *txn; /* MDB_txn */
};

enum err dir_snap_begin(struct dir *d, struct dir_snap *out);
void dir_snap_end(struct dir_snap *s);
/* The last committed update sequence number in this snapshot. */
uint64_t dir_snap_usn(const struct dir_snap *s);

/* What every service wants to know of the forest, read once per snapshot and cached by USN of change
 * in dir: names are views valid until the snapshot ends. */
struct dir_naming {
    dir_id root_nc, domain_nc, config_nc, schema_nc, domain_dns_nc, forest_dns_nc;
    struct span dns_name;     /* "aws.example.com", lower case */
    struct span realm;        /* "AWS.EXAMPLE.COM" */
    struct span flat_name;    /* "AWS" */
    struct span forest_name;  /* DNS name of the forest root domain */
    struct sid domain_sid;
    struct guid domain_guid;
    uint32_t functional_level; /* 7: Windows Server 2016 */
};
enum err dir_naming(const struct dir_snap *s, struct dir_naming *out);

/* --- objects ---------------------------------------------------------------------------------- */

/* A view of one object's record in the map. */
struct dir_obj {
    dir_id id;
    dir_id parent;
    uint32_t class_id;   /* most specific structural class (schema.h) */
    uint32_t flags;      /* DIR_OBJ_* */
    uint32_t sd_id;      /* interned security descriptor */
    struct span rdn;     /* value of the naming attribute, as given */
    struct span attrs;   /* encoded attributes, sorted by id: use the functions below */
    struct span account; /* the KDC's block (account.h); empty for other objects */
};

enum dir_obj_flags {
    DIR_OBJ_DELETED = 1,  /* a tombstone: under Deleted Objects, shown only on demand */
    DIR_OBJ_NC_HEAD = 2,  /* head of a naming context */
    DIR_OBJ_RECYCLED = 4,
};

/* All: ERR_OK, ERR_NOT_FOUND, or ERR_IO (a broken file, logged). Deleted objects are found too: look
 * at flags. */
enum err dir_by_id(const struct dir_snap *s, dir_id id, struct dir_obj *out);
enum err dir_by_guid(const struct dir_snap *s, const struct guid *g, struct dir_obj *out);
enum err dir_by_sid(const struct dir_snap *s, const struct sid *sid, struct dir_obj *out);
/* dn: RFC 4514 text, or the <GUID=...>, <SID=...>, <WKGUID=...,dn> forms ([MS-ADTS] 3.1.1.3.1.2.4);
 * ERR_MALFORMED when it is none of these. *matched_out (may be NULL) receives the id of the deepest
 * existing ancestor when ERR_NOT_FOUND, 0 when none. */
enum err dir_by_dn(const struct dir_snap *s, struct span dn, struct dir_obj *out, dir_id *matched_out);
enum err dir_child(const struct dir_snap *s, dir_id parent, struct span rdn_value, struct dir_obj *out);
/* The first object whose indexed attribute has this value (stored form), live objects only. */
enum err dir_by_value(const struct dir_snap *s, uint32_t attr, struct span value, struct dir_obj *out);

/* The DN as RFC 4514 text. */
enum err dir_dn(const struct dir_snap *s, dir_id id, struct arena *a, struct span *out);
/* The naming context that holds the object. */
dir_id dir_nc_of(const struct dir_snap *s, dir_id id);
bool dir_is_under(const struct dir_snap *s, dir_id id, dir_id ancestor);

/* --- attributes, stored form ------------------------------------------------------------------
 * Stored forms by syntax: text is UTF-8; Integer 4 bytes LE; LargeInteger 8 bytes LE; Boolean one byte;
 * GeneralizedTime 8 bytes LE (utime); ObjectIdentifier 4 bytes LE (schema id); Octet and SID raw; DN
 * without a link: 4 bytes LE (dir_id); DN-Binary and DN-String: dir_id then the data; NT-Sec-Desc is not
 * here but in sd_id. Linked attributes are not here but in the link tables (links.h). */
struct dir_values {
    struct span rest;
    unsigned left; /* values not yet taken */
};

/* False when the object does not have the attribute. */
bool dir_attr(const struct dir_obj *o, uint32_t attr, struct dir_values *out);
bool dir_values_next(struct dir_values *v, struct span *out);
bool dir_attr_first(const struct dir_obj *o, uint32_t attr, struct span *out);
/* Integers with a default for absence. */
int32_t dir_attr_i32(const struct dir_obj *o, uint32_t attr, int32_t otherwise);
int64_t dir_attr_i64(const struct dir_obj *o, uint32_t attr, int64_t otherwise);

/* Iterates all stored attributes: *pos starts at 0. */
bool dir_attr_next(const struct dir_obj *o, size_t *pos, uint32_t *attr, struct dir_values *out);

/* Stored form to LDAP's text form and back. from_text checks syntax and schema range; DNs must exist. */
enum err dir_value_to_text(const struct dir_snap *s, uint32_t attr, struct span stored, struct arena *a,
                           struct span *out);
enum err dir_value_from_text(const struct dir_snap *s, uint32_t attr, struct span text, struct arena *a,
                             struct span *out);

/* --- children and security descriptors --------------------------------------------------------- */

/* Children in key order; *after is the resume key: start with 0 bytes, it is advanced. */
struct dir_child_cursor {
    uint8_t key[64];
    size_t key_len;
};
bool dir_child_next(const struct dir_snap *s, dir_id parent, struct dir_child_cursor *c, dir_id *out);

enum err dir_sd(const struct dir_snap *s, uint32_t sd_id, struct span *out);

#endif
