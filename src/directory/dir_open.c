#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/dir_schema.h"

const struct store_db dir_dbs[DB__COUNT] = {
    [DB_META] = {"meta", 0},
    [DB_OBJ] = {"obj", STORE_NUMBER_KEY},
    [DB_CHILD] = {"child", 0},
    [DB_KIDS] = {"kids", STORE_ID_SET},
    [DB_INDEX] = {"index", STORE_ID_SET},
    [DB_LINK] = {"link", STORE_ID_SET},
    [DB_BACK] = {"back", STORE_ID_SET},
    [DB_LINKDATA] = {"linkdata", 0},
    [DB_EPOCH] = {"epoch", STORE_NUMBER_KEY},
    [DB_SD] = {"sd", STORE_NUMBER_KEY},
    [DB_SDHASH] = {"sdhash", 0},
    [DB_SECRET] = {"secret", 0},
    [DB_REPL] = {"repl", STORE_NUMBER_KEY},
    [DB_LOG] = {"log", STORE_NUMBER_KEY},
};

#define STATE_KEY SPAN_LIT("state")

enum err dir_state_read(struct store_txn *t, struct dir_state *out)
{
    struct span v;
    if (!store_get(t, DB_META, STATE_KEY, &v))
        return store_txn_err(t) ? store_txn_err(t) : ERR_NOT_FOUND;
    if (v.len < 4 || le32_at(v.ptr) != DIR_FORMAT_VERSION)
        return ERR_UNSUPPORTED;
    if (v.len != DIR_STATE_SIZE)
        return ERR_IO;
    *out = (struct dir_state){le32_at(v.ptr),
                              le32_at(v.ptr + 4),
                              le32_at(v.ptr + 8),
                              le32_at(v.ptr + 12),
                              {le64_at(v.ptr + 16), le64_at(v.ptr + 24), le64_at(v.ptr + 32),
                               le64_at(v.ptr + 40), le64_at(v.ptr + 48)}};
    return ERR_OK;
}

void dir_state_write(struct store_txn *t, const struct dir_state *st)
{
    uint8_t b[DIR_STATE_SIZE];
    le32_to(b, DIR_FORMAT_VERSION);
    le32_to(b + 4, st->next_id);
    le32_to(b + 8, st->next_rid);
    le32_to(b + 12, st->next_sd);
    le64_to(b + 16, st->epochs.usn);
    le64_to(b + 24, st->epochs.naming);
    le64_to(b + 32, st->epochs.links);
    le64_to(b + 40, st->epochs.trusts);
    le64_to(b + 48, st->epochs.zones);
    store_put(t, DB_META, STATE_KEY, span_of(b, sizeof(b)));
}

/* A new file's name is durable only when its folder is. */
static enum err sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    int rc = fsync(fd);
    close(fd);
    return rc == 0 ? ERR_OK : ERR_IO;
}

enum err dir_create_empty(const char *path)
{
    struct stat st;
    char file[4096];
    struct store *s;
    struct store_txn *t;
    int n = snprintf(file, sizeof(file), "%s/data.mdb", path);
    if (n < 0 || (size_t)n >= sizeof(file))
        return ERR_RANGE;
    if (stat(file, &st) == 0)
        return ERR_EXISTS;
    struct store_open_args args = {path, dir_dbs, DB__COUNT, true, true};
    TRY(store_open(&args, &s));
    enum err e = store_write_begin(s, NULL, &t);
    if (e == ERR_OK) {
        dir_state_write(t, &(struct dir_state){.next_id = 1, .next_rid = 1000, .next_sd = 1});
        e = store_commit(t);
    }
    store_close(s);
    return e == ERR_OK ? sync_folder(path) : e;
}

void dir_keyring_derive(const uint8_t master[32], unsigned stores, struct dir_keyring *out)
{
    static const char *const labels[DIR_SECRET__COUNT] = {
        [DIR_SECRET_ACCOUNT] = "entente directory account keys",
        [DIR_SECRET_SERVICE] = "entente directory service keys",
        [DIR_SECRET_BIND] = "entente directory bind verifiers",
    };
    struct dir_keyring k = {0};
    for (unsigned i = 0; i < DIR_SECRET__COUNT; i++) {
        if (!(stores >> i & 1))
            continue;
        k.have[i] = hkdf_sha256(span_of(master, 32), SPAN_NONE, span_str(labels[i]), k.key[i],
                                sizeof(k.key[i])) == ERR_OK;
    }
    *out = k;
    mem_wipe(&k, sizeof(k));
}

static enum err open_parts(struct dir *d, const struct dir_open_args *args)
{
    struct store_open_args sargs = {args->path, dir_dbs, DB__COUNT, args->writable, false};
    struct store_txn *t;
    struct dir_state st;
    TRY(store_open(&sargs, &d->store));
    TRY(store_read_begin(d->store, &t));
    enum err e = dir_state_read(t, &st);
    store_read_end(t);
    TRY(e == ERR_NOT_FOUND ? ERR_UNSUPPORTED : e);
    d->next_id = st.next_id;
    d->next_rid = st.next_rid;
    return args->volatile_path ? vol_open(d, args->volatile_path) : ERR_OK;
}

static void prepare_keys(struct dir *d)
{
    for (unsigned i = 0; i < DIR_SECRET__COUNT; i++) {
        if (d->keyring.have[i])
            seal_key_init(&d->seal[i], d->keyring.key[i]);
    }
    hmac_key_init(&d->bind_mac, HASH_SHA256,
                  span_of(d->keyring.key[DIR_SECRET_BIND], SEAL_KEY_SIZE));
}

enum err dir_open(const struct dir_open_args *args, struct dir **out)
{
    struct dir *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NOMEM;
    d->keyring = args->keyring;
    d->writable = args->writable;
    prepare_keys(d);
    enum err e = open_parts(d, args);
    if (e != ERR_OK) {
        dir_close(d);
        return e;
    }
    *out = d;
    return ERR_OK;
}

/* 0: there is none, or it cannot be read. */
static uint32_t format_of(const char *path)
{
    struct store_open_args args = {path, dir_dbs, DB__COUNT, false, false};
    struct store_txn *t;
    struct store *s;
    struct span v;
    uint32_t version = 0;
    if (store_open(&args, &s) != ERR_OK)
        return 0;
    if (store_read_begin(s, &t) == ERR_OK) {
        if (store_get(t, DB_META, STATE_KEY, &v) && v.len >= 4)
            version = le32_at(v.ptr);
        store_read_end(t);
    }
    store_close(s);
    return version;
}

const char *dir_open_why(const char *path, enum err e, struct arena *a)
{
    int error = errno;
    if (e != ERR_UNSUPPORTED)
        return arena_printf(a, "the directory cannot be opened: %s",
                            e == ERR_IO ? strerror(error) : err_name(e));
    uint32_t version = format_of(path);
    if (version == 0)
        return arena_printf(a, "the directory's file was not completely made");
    return arena_printf(a,
                        "the directory's file has version %u of the format, and this program knows "
                        "version %u alone; remedy: run the program that wrote it, or restore a "
                        "backup",
                        version, DIR_FORMAT_VERSION);
}

void dir_close(struct dir *d)
{
    if (!d)
        return;
    dir_naming_free(d);
    dir_schema_free(d);
    vol_close(d);
    store_close(d->store);
    mem_wipe(d, sizeof(*d));
    free(d);
}

enum err dir_snap_begin(struct dir *d, struct dir_snap *out)
{
    struct dir_snap s = {.dir = d};
    TRY(store_read_begin(d->store, &s.txn));
    s.id = store_txn_id(s.txn);
    enum err e = dir_memo_begin(&s);
    if (e == ERR_OK)
        e = dir_schema_begin(&s);
    if (e != ERR_OK) {
        store_read_end(s.txn);
        return e == ERR_NOT_FOUND ? ERR_IO : e;
    }
    *out = s;
    return ERR_OK;
}

void dir_snap_end(struct dir_snap *s)
{
    if (s->txn)
        store_read_end(s->txn);
    s->txn = NULL;
}

enum err dir_snap_err(const struct dir_snap *s)
{
    return store_txn_err(s->txn);
}

void dir_check_readers(struct dir *d)
{
    store_check_readers(d->store);
}

void dir_remember(struct dir *d)
{
    store_remember(d->store);
}

enum err dir_reopen(struct dir *d)
{
    return store_reopen(d->store);
}

enum err dir_meta(const struct dir_snap *s, struct span key, struct span *out)
{
    if (span_eq(key, STATE_KEY) || !store_get(s->txn, DB_META, key, out))
        return ERR_NOT_FOUND;
    return ERR_OK;
}
