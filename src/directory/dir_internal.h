/*
 * How a directory lies in its store; shared by the files of the core (dir_*, record, index, links,
 * change_*, account). Numbers are little-endian in values and big-endian in composite keys; plain
 * ids are native.
 *
 *   meta     text -> value; "state" is struct dir_state
 *   obj      id -> record (record.h)
 *   child    parent, folded RDN value -> id, naming attribute
 *   kids     parent -> set of ids
 *   index    'L' or 'D' (tombstones), attribute, normalized value -> set of ids
 *   link     source, attribute -> set of targets
 *   back     target, attribute -> set of sources
 *   linkdata source, attribute, target, tag -> data; instead of link for syntaxes that carry data
 *   epoch    id -> USN at which what points at it changed
 *   sd       id -> references, descriptor;  sdhash: hash -> id
 *   secret   store, id -> sealed bytes
 *   repl     id -> metadata of attributes changed after creation
 *   log      USN -> change record
 */
#ifndef DIRECTORY_DIR_INTERNAL_H
#define DIRECTORY_DIR_INTERNAL_H

#include <stdatomic.h>

#include "crypt/hash.h"
#include "crypt/seal.h"
#include "directory/change.h"
#include "store/store.h"

#define DIR_FORMAT_VERSION 1
#define DIR_RID_MAX        0x3fffffff /* [MS-ADTS] 3.1.1.1.10, with bit 31 locked */
#define DIR_DEPTH_MAX      256        /* of the tree */
#define REPL_ENTRY         24         /* attribute, version, USN, time */
#define DIR_PLACE_DN_MAX   226        /* bytes of a name that is remembered */

enum dir_db {
    DB_META,
    DB_OBJ,
    DB_CHILD,
    DB_KIDS,
    DB_INDEX,
    DB_LINK,
    DB_BACK,
    DB_LINKDATA,
    DB_EPOCH,
    DB_SD,
    DB_SDHASH,
    DB_SECRET,
    DB_REPL,
    DB_LOG,
    DB__COUNT
};

struct dir_state {
    uint32_t version;
    uint32_t next_id;
    uint32_t next_rid;
    uint32_t next_sd;
    struct dir_epochs epochs;
};
#define DIR_STATE_SIZE (4 * 4 + 5 * 8)

struct dir_naming_cache;
struct vol_slot;

struct dir {
    struct store *store;
    struct dir_keyring keyring;
    bool writable;
    struct hmac_key bind_mac;
    struct seal_key seal[DIR_SECRET__COUNT]; /* of the stores in the keyring */
    struct dir_naming_cache *_Atomic naming;
    struct schema_more *_Atomic schema;  /* of the newest snapshot; NULL: as compiled */
    struct schema_more *_Atomic schemas; /* all tables that there were */
    _Atomic uint64_t schema_epoch;       /* epochs.naming that schema was looked at */
    struct vol_slot *volatile_slots;
    /* The writer's counters: never go back, not even when a transaction is given up. */
    uint32_t next_id, next_rid;
};

/* --- little-endian numbers of trusted size ------------------------------------------------------
 */

static inline uint32_t le32_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t le64_at(const uint8_t *p)
{
    return le32_at(p) | (uint64_t)le32_at(p + 4) << 32;
}

static inline void le32_to(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static inline void le64_to(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static inline uint32_t be32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A native number as a key of a STORE_NUMBER_KEY database. */
#define NUMBER_KEY(v) span_of(&(v), sizeof(v))

/* --- keys ---------------------------------------------------------------------------------------
 */

#define INDEX_LIVE    'L'
#define INDEX_DELETED 'D'
/* Values of the child database: id, attribute of the RDN. */
#define CHILD_VALUE_SIZE 8

/* A longer value is cut to this in keys. */
#define DIR_INDEX_CUT 464
/* Tag, attribute and the normalized value; a long value is cut and ends in its hash. */
void dir_index_key(struct store_key *k, uint8_t tag, uint32_t attr, struct span stored);
/* The same for a bound of a range: a long value is cut without the hash. */
void dir_index_bound(struct store_key *k, uint8_t tag, uint32_t attr, struct span stored,
                     bool prefix);
void dir_child_key(struct store_key *k, dir_id parent, struct span rdn);
void dir_link_key(struct store_key *k, dir_id first, uint32_t attr);
void dir_linkdata_key(struct store_key *k, dir_id source, uint32_t attr, dir_id target,
                      uint64_t tag);
/* Tells links with different data apart. */
uint64_t dir_linkdata_tag(struct span data);
bool dir_attr_has_linkdata(uint32_t attr);

/* --- state --------------------------------------------------------------------------------------
 */

enum err dir_state_read(struct store_txn *t, struct dir_state *out);
void dir_state_write(struct store_txn *t, const struct dir_state *st);
extern const struct store_db dir_dbs[DB__COUNT];

/* The child with this name, whatever it is. */
bool dir_child_find(struct store_txn *t, dir_id parent, struct span rdn, dir_id *id_out,
                    uint32_t *rdn_attr_out);
/* --- dir_memo.c: what was read lately in this very commit ---------------------------------------
 *
 * Objects are asked for again and again within one request, and the containers above them by every
 * request. Both are remembered with the read transaction, for as long as no commit comes between:
 * then a view is still the same bytes. A transaction that writes remembers nothing.
 */

/* Where an object is. Containers, above all. */
struct dir_place {
    uint64_t commit; /* in which this is so; 0: an empty slot */
    dir_id id, parent, nc;
    uint16_t len;
    uint8_t dn[DIR_PLACE_DN_MAX];
};

/* A group as expansions need it. */
#define DIR_GROUP_HOLDERS 6
struct dir_group {
    uint64_t commit; /* as above */
    dir_id id;
    uint32_t flags, type;
    bool has_sid, has_history;
    bool holders_known; /* no: they are more than this has room for */
    uint8_t holder_count;
    dir_id holder[DIR_GROUP_HOLDERS]; /* groups that it is a member of */
    struct sid sid;
};

/* Attaches the memory, and reads the epochs. ERR_NOT_FOUND, ERR_UNSUPPORTED, ERR_IO. */
enum err dir_memo_begin(struct dir_snap *s);
bool dir_memo_object(const struct dir_snap *s, dir_id id, struct dir_obj *out);
void dir_memo_keep(const struct dir_snap *s, const struct dir_obj *o);
/* False: not remembered. Keeping sets the commit. */
bool dir_memo_group(const struct dir_snap *s, dir_id id, struct dir_group *out);
void dir_memo_keep_group(const struct dir_snap *s, const struct dir_group *g);
/* NULL: ask the store; the name is too long, the object is not there, or nothing is remembered. */
const struct dir_place *dir_place(const struct dir_snap *s, dir_id id);
/* The object that exactly this text named before. False: parse it. */
bool dir_memo_named(const struct dir_snap *s, struct span dn, dir_id *out);

void dir_naming_free(struct dir *d);
/* After a transaction was given up: the next answer is read again. */
void dir_naming_forget(struct dir *d);
enum err vol_open(struct dir *d, const char *path);
void vol_close(struct dir *d);

#endif
