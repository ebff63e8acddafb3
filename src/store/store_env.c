#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <sys/statvfs.h>

#include "store/store_internal.h"

enum err store_err(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return ERR_OK;
    case MDB_NOTFOUND:
    case ENOENT:
        return ERR_NOT_FOUND;
    case MDB_KEYEXIST:
        return ERR_EXISTS;
    case MDB_VERSION_MISMATCH:
    case MDB_INVALID:
        return ERR_UNSUPPORTED;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_BAD_VALSIZE:
        return ERR_LIMIT;
    case MDB_PANIC:
        return ERR_STATE;
    case MDB_READERS_FULL:
        return ERR_BUSY;
    case ENOMEM:
        return ERR_NOMEM;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    default:
        errno = rc > 0 ? rc : EIO;
        return ERR_IO;
    }
}

#define STORE_FULL (1u << 20) /* bytes: who has fewer left has none */

static unsigned db_flags(unsigned flags)
{
    unsigned f = 0;
    if (flags & STORE_NUMBER_KEY)
        f |= MDB_INTEGERKEY;
    if (flags & STORE_ID_SET)
        f |= MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP;
    return f;
}

static enum err open_dbs(struct store *s, bool create)
{
    MDB_txn *txn;
    TRY(store_err(mdb_txn_begin(s->env, NULL, create ? 0 : MDB_RDONLY, &txn)));
    for (unsigned i = 0; i < s->db_count; i++) {
        unsigned flags = db_flags(s->dbs[i].flags) | (create ? MDB_CREATE : 0);
        int rc = mdb_dbi_open(txn, s->dbs[i].name, flags, &s->dbi[i]);
        if (rc != MDB_SUCCESS) {
            mdb_txn_abort(txn);
            /* A store without one of its databases is somebody else's. */
            return rc == MDB_NOTFOUND ? ERR_UNSUPPORTED : store_err(rc);
        }
    }
    return store_err(mdb_txn_commit(txn));
}

static enum err open_env(struct store *s, bool create)
{
    unsigned flags = MDB_NOTLS | (s->writable ? 0 : MDB_RDONLY);
    TRY(store_err(mdb_env_create(&s->env)));
    TRY(store_err(mdb_env_set_mapsize(s->env, STORE_MAP_SIZE)));
    TRY(store_err(mdb_env_set_maxdbs(s->env, s->db_count)));
    TRY(store_err(mdb_env_set_maxreaders(s->env, STORE_READERS)));
    TRY(store_err(mdb_env_open(s->env, s->path, flags, 0600)));
    return open_dbs(s, create);
}

enum err store_open(const struct store_open_args *args, struct store **out)
{
    ENT_ASSERT(args->db_count <= STORE_DBS_MAX);
    if (args->writable && !args->create) {
        /* LMDB would make an empty file; whoever does not create wants to be told. */
        char file[4096];
        int n = snprintf(file, sizeof(file), "%s/data.mdb", args->path);
        FILE *f = n > 0 && (size_t)n < sizeof(file) ? fopen(file, "rb") : NULL;
        if (!f)
            return store_err(errno);
        fclose(f);
    }
    struct store *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NOMEM;
    s->path = strdup(args->path);
    s->dbs = args->dbs;
    s->db_count = args->db_count;
    s->writable = args->writable;
    enum err e = s->path ? open_env(s, args->create) : ERR_NOMEM;
    if (e != ERR_OK) {
        store_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

static void read_free(struct store_txn *t)
{
    for (unsigned d = 0; d < t->store->db_count; d++) {
        if (t->cursor[d])
            mdb_cursor_close(t->cursor[d]);
    }
    if (t->txn)
        mdb_txn_abort(t->txn);
    free(t->memory);
    store_seen_free(t->seen);
    free(t);
}

static void close_env(struct store *s)
{
    for (unsigned i = 0; i < STORE_KEPT_MAX; i++) {
        struct store_txn *t = atomic_exchange(&s->kept[i], NULL);
        if (!t)
            continue;
        read_free(t);
    }
    if (s->env)
        mdb_env_close(s->env);
    s->env = NULL;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    close_env(s);
    free(s->path);
    free(s);
}

enum err store_reopen(struct store *s)
{
    close_env(s);
    (void)malloc_trim(0); /* before LMDB asks for its tables: they have to come zeroed, untouched */
    return open_env(s, false);
}

void store_remember(struct store *s)
{
    s->remembers = true;
}

int store_check_readers(struct store *s)
{
    int dead = 0;
    return mdb_reader_check(s->env, &dead) == MDB_SUCCESS ? dead : 0;
}

enum err store_copy(struct store *s, const char *folder)
{
    return store_err(mdb_env_copy2(s->env, folder, MDB_CP_COMPACT));
}

/* --- transactions -------------------------------------------------------------------------------
 */

static struct store_txn *take_kept(struct store *s)
{
    for (unsigned i = 0; i < STORE_KEPT_MAX; i++) {
        struct store_txn *t = atomic_exchange(&s->kept[i], NULL);
        if (t)
            return t;
    }
    return NULL;
}

enum err store_read_begin(struct store *s, struct store_txn **out)
{
    struct store_txn *t = take_kept(s);
    int rc;
    if (t) {
        rc = mdb_txn_renew(t->txn);
    } else {
        t = calloc(1, sizeof(*t));
        if (!t)
            return ERR_NOMEM;
        t->store = s;
        rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->txn);
    }
    if (rc != MDB_SUCCESS) {
        read_free(t);
        return store_err(rc);
    }
    t->err = ERR_OK;
    t->renewed = 0;
    t->commit = mdb_txn_id(t->txn);
    if (s->remembers && !t->seen)
        t->seen = store_seen_new();
    *out = t;
    return ERR_OK;
}

void store_read_end(struct store_txn *t)
{
    struct store *s = t->store;
    mdb_txn_reset(t->txn);
    for (unsigned i = 0; i < STORE_KEPT_MAX; i++) {
        struct store_txn *none = NULL;
        if (atomic_compare_exchange_strong(&s->kept[i], &none, t))
            return;
    }
    read_free(t);
}

enum err store_write_begin(struct store *s, struct store_txn *parent, struct store_txn **out)
{
    if (!s->writable)
        return ERR_DENIED;
    struct store_txn *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_NOMEM;
    int rc = mdb_txn_begin(s->env, parent ? parent->txn : NULL, 0, &t->txn);
    if (rc != MDB_SUCCESS) {
        free(t);
        return store_err(rc);
    }
    t->store = s;
    t->write = true;
    *out = t;
    return ERR_OK;
}

/* LMDB calls a write that was cut short EIO; the file system knows whether that was for want of
 * space. */
static int why_cut(MDB_env *env)
{
    struct statvfs fs;
    mdb_filehandle_t fd;
    bool full = mdb_env_get_fd(env, &fd) == MDB_SUCCESS && fstatvfs(fd, &fs) == 0 &&
                fs.f_bavail * fs.f_frsize < STORE_FULL;
    return full ? ENOSPC : EIO;
}

enum err store_commit(struct store_txn *t)
{
    enum err e = t->err;
    if (e == ERR_OK) {
        MDB_env *env = t->store->env;
        int rc = mdb_txn_commit(t->txn);
        e = store_err(rc == EIO ? why_cut(env) : rc);
    } else
        mdb_txn_abort(t->txn);
    free(t);
    return e;
}

void store_abort(struct store_txn *t)
{
    mdb_txn_abort(t->txn);
    free(t);
}

uint64_t store_txn_id(const struct store_txn *t)
{
    return mdb_txn_id(t->txn);
}

enum err store_txn_err(const struct store_txn *t)
{
    return t->err;
}

void *store_txn_memory(struct store_txn *t, size_t size)
{
    if (!t->memory && !t->write)
        t->memory = calloc(1, size);
    return t->memory;
}

void store_txn_fail(struct store_txn *t, enum err e)
{
    if (t->err == ERR_OK)
        t->err = e;
}

bool store_found(struct store_txn *t, int rc)
{
    if (rc == MDB_SUCCESS)
        return true;
    if (rc != MDB_NOTFOUND)
        store_txn_fail(t, store_err(rc));
    return false;
}
