/*
 * The directory as one process sees it: open it once, take a snapshot for each request, look
 * objects up, read their attributes in place, end the snapshot. Nothing here writes: changes go to
 * the writer as intents (intent.h) and come back as change records (change.h), which only the
 * writer applies.
 *
 * Life: struct dir lives as long as its process (open after fork, LMDB forbids sharing across one).
 * A struct dir_snap is an LMDB read transaction kept and renewed; every span and struct dir_obj
 * that came from it points into the map and dies with dir_snap_end. End it with the request, and
 * before waiting for anything: a long snapshot pins pages.
 *
 * Threads: a struct dir may be shared, a snapshot belongs to one thread at a time.
 *
 * Ids. Every object has a dense 32-bit id that is never reused; its parent is an id too, so
 * renaming a subtree touches one record. Attributes and classes are ids of the compiled schema
 * (schema.h).
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
    const char *path;          /* folder with data.mdb */
    const char *volatile_path; /* file of the volatile table (volatile.h); NULL: none */
    struct dir_keyring keyring;
    bool writable; /* the writer only */
};

/* ERR_NOT_FOUND (no directory there), ERR_UNSUPPORTED (another version of the format), ERR_IO. */
enum err dir_open(const struct dir_open_args *args, struct dir **out);
/* Why it could not be opened, for people: versions of the format by their numbers. In the arena;
 * errno is still that of dir_open. */
const char *dir_open_why(const char *path, enum err e, struct arena *a);
void dir_close(struct dir *d);

/* Update sequence numbers of the last change of each kind, for caches: what was computed while the
 * number was the same is still true. See also dir_link_epoch in links.h. */
struct dir_epochs {
    uint64_t usn;    /* any change */
    uint64_t naming; /* what dir_naming tells, crossRefs, partitions, sites, directory settings */
    uint64_t links;  /* any link, any account's primary group */
    uint64_t trusts; /* trusted domain objects and their secrets */
    uint64_t zones;  /* DNS zones and nodes */
};

struct store_txn;
struct dir_memo;

struct dir_snap {
    struct dir *dir;
    struct store_txn *txn;
    struct dir_epochs epochs;
    uint64_t id; /* the same in two snapshots: the same contents; 0 while it is being written */
    struct dir_memo *memo;            /* what was read lately; NULL: nothing is remembered */
    const struct schema_more *schema; /* the extensions that it sees (dir_schema.h) */
};

enum err dir_snap_begin(struct dir *d, struct dir_snap *out);
void dir_snap_end(struct dir_snap *s);
/* The last committed update sequence number in this snapshot. */
static inline uint64_t dir_snap_usn(const struct dir_snap *s)
{
    return s->epochs.usn;
}
/* The read error of this snapshot, if one occurred (a broken file): iterations then end early. */
enum err dir_snap_err(const struct dir_snap *s);
/* Frees reader slots of processes that died. */
void dir_check_readers(struct dir *d);
/* store_remember, for a service whose requests name the same objects again and again. */
void dir_remember(struct dir *d);
/* store_reopen: no snapshot and no change may be open. */
enum err dir_reopen(struct dir *d);

/* What every service wants to know of the forest. Computed again only when epochs.naming moves;
 * names are views that live until the snapshot ends. ERR_NOT_FOUND before a forest was provisioned.
 */
struct dir_naming {
    dir_id root_nc, domain_nc, config_nc, schema_nc, domain_dns_nc, forest_dns_nc;
    struct span dns_name;    /* "aws.example.com", lower case */
    struct span realm;       /* "AWS.EXAMPLE.COM" */
    struct span flat_name;   /* "AWS" */
    struct span forest_name; /* DNS name of the forest root domain */
    struct sid domain_sid;
    struct guid domain_guid;
    uint32_t functional_level; /* 7: Windows Server 2016 */
    uint64_t epoch;            /* epochs.naming it was computed at */
};
enum err dir_naming(const struct dir_snap *s, struct dir_naming *out);

/* --- objects ---------------------------------------------------------------------------------- */

/* A view of one object's record in the map. */
struct dir_obj {
    dir_id id;
    dir_id parent;
    uint32_t class_id; /* most specific structural class (schema.h) */
    uint32_t flags;    /* DIR_OBJ_* */
    uint32_t sd_id;    /* interned security descriptor, 0: none */
    struct guid guid;
    struct span record;  /* the whole record */
    struct span rdn;     /* value of the naming attribute, as given */
    struct span attrs;   /* encoded attributes, sorted by id: use the functions below */
    struct span account; /* the KDC's block (account.h); empty for other objects */
};

/* uSNChanged: two records of one object with the same number are the same, its secrets too. */
uint64_t dir_obj_usn(const struct dir_obj *o);

enum dir_obj_flags {
    DIR_OBJ_DELETED = 1, /* a tombstone: under Deleted Objects, shown only on demand */
    DIR_OBJ_NC_HEAD = 2, /* head of a naming context */
    DIR_OBJ_RECYCLED = 4,
    DIR_OBJ_PHANTOM =
        8, /* only a name above a naming context (DC=com): never found, indexed or listed */
};

/* All: ERR_OK, ERR_NOT_FOUND, or ERR_IO (a broken file, logged). Deleted objects are found too:
 * look at flags. */
enum err dir_by_id(const struct dir_snap *s, dir_id id, struct dir_obj *out);
enum err dir_by_guid(const struct dir_snap *s, const struct guid *g, struct dir_obj *out);
enum err dir_by_sid(const struct dir_snap *s, const struct sid *sid, struct dir_obj *out);
/* dn: RFC 4514 text, or the <GUID=...>, <SID=...>, <WKGUID=...,dn> forms ([MS-ADTS] 3.1.1.3.1.2.4);
 * ERR_MALFORMED when it is none of these. *matched_out (may be NULL) receives the id of the deepest
 * existing ancestor when ERR_NOT_FOUND, 0 when none. */
enum err dir_by_dn(const struct dir_snap *s, struct span dn, struct dir_obj *out,
                   dir_id *matched_out);
/* Remembers what a name was found to be, for who will ask for the same again: bases of searches. */
void dir_keep_name(const struct dir_snap *s, struct span dn, dir_id id);
enum err dir_child(const struct dir_snap *s, dir_id parent, struct span rdn_value,
                   struct dir_obj *out);
/* The first object whose indexed attribute has this value (stored form), live objects only. */
enum err dir_by_value(const struct dir_snap *s, uint32_t attr, struct span value,
                      struct dir_obj *out);
/* The same, and ERR_EXISTS when a second object has it too. */
enum err dir_by_unique(const struct dir_snap *s, uint32_t attr, struct span value,
                       struct dir_obj *out);

/* The DN as RFC 4514 text. */
enum err dir_dn(const struct dir_snap *s, dir_id id, struct arena *a, struct span *out);
/* The same for an object at hand. */
enum err dir_dn_of(const struct dir_snap *s, const struct dir_obj *leaf, struct arena *a,
                   struct span *out);
/* The naming context that holds the object. */
dir_id dir_nc_of(const struct dir_snap *s, dir_id id);
bool dir_is_under(const struct dir_snap *s, dir_id id, dir_id ancestor);

/* --- attributes, stored form ------------------------------------------------------------------
 * Stored forms by syntax: text is UTF-8; Integer 4 bytes LE; LargeInteger 8 bytes LE; Boolean one
 * byte; GeneralizedTime 8 bytes LE (utime); ObjectIdentifier 4 bytes LE (schema id); Octet and SID
 * raw; DN without a link: 4 bytes LE (dir_id); DN-Binary and DN-String: dir_id then the data;
 * NT-Sec-Desc is not here but in sd_id. Linked attributes are not here but in the link tables
 * (links.h). */
struct dir_values {
    struct span rest;
    unsigned left;   /* values not yet taken */
    unsigned stride; /* length of each value, or 0: each is preceded by its length */
};

/* False when the object does not have the attribute. Knows, besides what is stored, what the record
 * holds in other places: objectClass, objectGUID, name and the naming attribute, whenCreated,
 * whenChanged, uSNCreated, uSNChanged. */
bool dir_attr(const struct dir_obj *o, uint32_t attr, struct dir_values *out);
bool dir_values_next(struct dir_values *v, struct span *out);
bool dir_attr_first(const struct dir_obj *o, uint32_t attr, struct span *out);
/* Is the value (stored form, exact bytes) among the attribute's? */
bool dir_attr_has(const struct dir_obj *o, uint32_t attr, struct span value);
/* Integers with a default for absence. */
int32_t dir_attr_i32(const struct dir_obj *o, uint32_t attr, int32_t otherwise);
int64_t dir_attr_i64(const struct dir_obj *o, uint32_t attr, int64_t otherwise);

/* Iterates all that dir_attr finds, each attribute once, in no particular order: *pos starts at 0.
 * Links, the security descriptor and constructed attributes are not among them. */
bool dir_attr_next(const struct dir_obj *o, size_t *pos, uint32_t *attr, struct dir_values *out);

/* Stored form to LDAP's text form and back. from_text checks syntax and schema range; DNs must
 * exist. */
enum err dir_value_to_text(const struct dir_snap *s, uint32_t attr, struct span stored,
                           struct arena *a, struct span *out);
enum err dir_value_from_text(const struct dir_snap *s, uint32_t attr, struct span text,
                             struct arena *a, struct span *out);

/* Normalizes a stored value for comparison: equal values (by the syntax's rule) give equal bytes,
 * and bytes order as the rule orders. Text is folded, numbers become big-endian with the sign
 * flipped; others stay. */
enum err dir_value_normalize(uint32_t attr, struct span stored, struct arena *a, struct span *out);

/* --- children and security descriptors ---------------------------------------------------------
 */

/* Children in the order of their ids, phantoms left out, tombstones included. Start with a zeroed
 * cursor; it stays good across snapshots. */
struct dir_child_cursor {
    dir_id last;
    bool plain; /* the parent is an object: none of its children is a phantom */
};
bool dir_child_next(const struct dir_snap *s, dir_id parent, struct dir_child_cursor *c,
                    dir_id *out);
bool dir_has_children(const struct dir_snap *s, dir_id parent);

enum err dir_sd(const struct dir_snap *s, uint32_t sd_id, struct span *out);

/* --- replication metadata ----------------------------------------------------------------------
 */

/* What msDS-ReplAttributeMetaData tells of one attribute: kept for attributes that changed after
 * the object was created; all others have version 1 and the object's own uSNCreated and
 * whenCreated. */
struct dir_attr_meta {
    uint32_t attr;
    uint32_t version;
    uint64_t usn;
    utime when;
};
/* In order of attr; *pos starts at 0. */
bool dir_attr_meta_next(const struct dir_snap *s, dir_id id, size_t *pos,
                        struct dir_attr_meta *out);

#endif
