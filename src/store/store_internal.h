/* Shared by the files of this folder. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <lmdb.h>

#include "store/store.h"
#include "store/store_seen.h"

#define STORE_KEPT_MAX 8

struct store {
    MDB_env *env;
    char *path;
    const struct store_db *dbs;
    unsigned db_count;
    bool writable;
    bool remembers; /* see store_seen.h */
    MDB_dbi dbi[STORE_DBS_MAX];
    struct store_txn *_Atomic kept[STORE_KEPT_MAX]; /* ended read transactions, ready to renew */
};

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    bool write;
    enum err err;
    /* Read transactions keep one cursor per database; write transactions open one per call, because
     * LMDB ends them with the transaction. */
    MDB_cursor *cursor[STORE_DBS_MAX];
    uint32_t renewed; /* bit set: cursor belongs to the current snapshot */
    void *memory;     /* the reader's own (store_txn_memory) */
    uint64_t commit;  /* of a read transaction: its number */
    struct store_seen *seen;
};

/* LMDB's result as ours; sets errno for ERR_IO. MDB_NOTFOUND is ERR_NOT_FOUND. */
enum err store_err(int rc);
/* True for success; NOTFOUND gives false, anything else false and the sticky error. */
bool store_found(struct store_txn *t, int rc);
/* NULL with the sticky error set. Give it back with store_cursor_put. */
MDB_cursor *store_cursor_get(struct store_txn *t, unsigned db);
void store_cursor_put(struct store_txn *t, MDB_cursor *c);

static inline MDB_val store_val(struct span s)
{
    return (MDB_val){s.len, (void *)(uintptr_t)s.ptr};
}

static inline struct span store_span(MDB_val v)
{
    return span_of(v.mv_data, v.mv_size);
}

#endif
