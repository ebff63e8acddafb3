/*
 * Ordered keys and values on LMDB: a facade that knows nothing of what is stored. One store is a
 * folder with data.mdb and lock.mdb. One process at a time writes (LMDB's own lock sees to it), any
 * number read, each from a snapshot that no writer disturbs.
 *
 * Life. Open after fork, once per process: LMDB forbids a second open of the same folder in one
 * process and sharing across a fork. A read transaction is kept when it ends and renewed by the
 * next one, with its cursors, so that reading allocates nothing once warm. Transactions may be used
 * by any thread, one at a time.
 *
 * Errors are sticky in a transaction: after the first failure reads find nothing and writes do
 * nothing; check store_txn_err once, or let store_commit tell. "Not there" is no error: functions
 * return false.
 *
 * Views (struct span) point into the map: those of a read transaction die with store_read_end,
 * those of a write transaction with the next write.
 *
 * Durability: store_commit of the outermost transaction returns after the data and then the root
 * page are on disk (fdatasync, O_DSYNC). A crash at any point leaves the last committed state;
 * there is no recovery step. Readers need write access to lock.mdb only.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "base/span.h"

#define STORE_DBS_MAX  24
#define STORE_KEY_MAX  511
#define STORE_MAP_SIZE (UINT64_C(1) << 40) /* address space reserved, not disk */
#define STORE_READERS  1024

enum store_db_flags {
    STORE_NUMBER_KEY = 1, /* keys are native uint32_t or uint64_t, all of one size */
    STORE_ID_SET = 2,     /* a key holds a sorted set of uint32_t: store_set_* only */
};

struct store_db {
    const char *name;
    unsigned flags;
};

struct store;
struct store_txn;

struct store_open_args {
    const char *path;
    const struct store_db *dbs; /* lives as long as the store; indexes are the db arguments below */
    unsigned db_count;
    bool writable;
    bool create; /* with writable: makes the folder's files and the databases */
};

/* ERR_NOT_FOUND: no store there; ERR_UNSUPPORTED: not a store that this LMDB reads; ERR_DENIED;
 * ERR_IO (errno is set). */
enum err store_open(const struct store_open_args *args, struct store **out);
/* Every transaction must have ended. */
void store_close(struct store *s);
/* The same file opened again: LMDB keeps each page that a write transaction has changed for the
 * next one and never gives it back, so who made a large change and expects none soon comes here,
 * and the free memory of the whole process goes back to the system. Every transaction must have
 * ended; views are gone, also those of the same store_txn_id. After an error the store can only be
 * closed. */
enum err store_reopen(struct store *s);
/* From now on what readers find is remembered until the next commit, in up to 4 MiB for each read
 * transaction that is kept: for who asks for the same objects many times a second. */
void store_remember(struct store *s);
/* Frees the slots of readers that died; call after each death of a process. Returns how many. */
int store_check_readers(struct store *s);
/* A consistent, compacted copy into an existing empty folder. */
enum err store_copy(struct store *s, const char *folder);

/* ERR_BUSY when all reader slots are taken. */
enum err store_read_begin(struct store *s, struct store_txn **out);
void store_read_end(struct store_txn *t);

/* ERR_STATE after a write that failed halfway (LMDB's MDB_PANIC): the store has to be opened again.
 * parent NULL: waits for the writers' lock. Otherwise a transaction inside parent, which must not
 * be used until it ends. */
enum err store_write_begin(struct store *s, struct store_txn *parent, struct store_txn **out);
/* The sticky error, if any (then nothing was written); the handle is gone in any case. ERR_IO with
 * errno ENOSPC when the file system is full. */
enum err store_commit(struct store_txn *t);
void store_abort(struct store_txn *t);

/* Tells states of the store apart: two read transactions with one number see the same contents, at
 * the same addresses, so that views of the one hold in the other (until store_reopen). */
uint64_t store_txn_id(const struct store_txn *t);

enum err store_txn_err(const struct store_txn *t);
/* Room for who reads to remember what it read: zeroed when it is made, kept with the transaction
 * across store_read_end. size is the same at each call. NULL for a write transaction and without
 * memory. */
void *store_txn_memory(struct store_txn *t, size_t size);
void store_txn_fail(struct store_txn *t, enum err e);

/* --- plain databases ----------------------------------------------------------------------------
 */

bool store_get(struct store_txn *t, unsigned db, struct span key, struct span *value_out);
/* The first entry whose key is not less than (from) or greater than (after) the given one.
 * Iterating with store_after costs a step, not a descent. */
bool store_from(struct store_txn *t, unsigned db, struct span key, struct span *key_out,
                struct span *value_out);
bool store_after(struct store_txn *t, unsigned db, struct span key, struct span *key_out,
                 struct span *value_out);
bool store_first(struct store_txn *t, unsigned db, struct span *key_out, struct span *value_out);
bool store_last(struct store_txn *t, unsigned db, struct span *key_out, struct span *value_out);
/* All pairs of key and value, or key and member of a set. */
uint64_t store_entries(struct store_txn *t, unsigned db);

void store_put(struct store_txn *t, unsigned db, struct span key, struct span value);
/* False when the key was not there. */
bool store_del(struct store_txn *t, unsigned db, struct span key);

/* --- databases of id sets -----------------------------------------------------------------------
 */

/* The smallest member not less than min. */
bool store_set_from(struct store_txn *t, unsigned db, struct span key, uint32_t min, uint32_t *out);
bool store_set_has(struct store_txn *t, unsigned db, struct span key, uint32_t id);
uint64_t store_set_count(struct store_txn *t, unsigned db, struct span key);
/* The number of members and the smallest one, in one descent; 0 leaves *first_out as it is. */
uint64_t store_set_open(struct store_txn *t, unsigned db, struct span key, uint32_t *first_out);
/* Keys, ignoring members: the first key not less than (or greater than) the given one. */
bool store_set_key_from(struct store_txn *t, unsigned db, struct span key, struct span *key_out);
bool store_set_key_after(struct store_txn *t, unsigned db, struct span key, struct span *key_out);
void store_set_add(struct store_txn *t, unsigned db, struct span key, uint32_t id);
/* Adds many, given in ascending order. Those that were not there before are moved to the front of
 * ids; the result is their number (0 after a failure). */
unsigned store_set_add_all(struct store_txn *t, unsigned db, struct span key, uint32_t *ids,
                           unsigned count);
bool store_set_remove(struct store_txn *t, unsigned db, struct span key, uint32_t id);
/* Removes the key with all members. */
bool store_set_drop(struct store_txn *t, unsigned db, struct span key);

/* --- composite keys -----------------------------------------------------------------------------
 */

/* A key in the making: big-endian parts, so that byte order is numeric order. Beyond STORE_KEY_MAX
 * a part is dropped and `overflow` is set. */
struct store_key {
    uint8_t bytes[STORE_KEY_MAX];
    bool overflow;
    uint16_t len;
};

void store_key_u8(struct store_key *k, uint8_t v);
void store_key_u32(struct store_key *k, uint32_t v);
void store_key_u64(struct store_key *k, uint64_t v);
void store_key_bytes(struct store_key *k, struct span v);
static inline void store_key_init(struct store_key *k)
{
    k->len = 0;
    k->overflow = false;
}
static inline struct span store_key_span(const struct store_key *k)
{
    return span_of(k->bytes, k->len);
}

#endif
