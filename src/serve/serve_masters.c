#include "serve/serve_masters.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/builder.h"
#include "base/reader.h"
#include "base/text.h"
#include "crypt/hash.h"
#include "crypt/seal.h"
#include "directory/account.h"
#include "plat/files.h"
#include "plat/random.h"

/* masters: this, then the sealed list of (length of id, id, master). */
#define MAGIC      "ENTMAST1"
#define LIST_MAX   (SERVE_MASTERS_MAX * (1 + SERVE_MASTERS_ID_MAX + SERVE_MASTER_SIZE))
#define FILE_MAX   (LIST_MAX + SEAL_OVERHEAD + sizeof(MAGIC))
#define PATH       640
#define SECRET_MAX (1u << 20)

static const char *path_of(const struct serve_masters *m, const char *file, char out[PATH])
{
    snprintf(out, PATH, "%s/%s", m->state_dir, file);
    return out;
}

/* --- the file --------------------------------------------------------------------------------- */

static enum err encode(const struct serve_masters *m, const uint8_t key[SERVE_MASTER_SIZE],
                       struct arena *a, struct span *out)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    struct seal_key sealing;
    struct builder b;
    struct span list;
    builder_in(&b, a, LIST_MAX);
    for (unsigned i = 0; i < m->count; i++) {
        struct span id = span_str(m->of[i].id);
        builder_u8(&b, (uint8_t)id.len);
        builder_span(&b, id);
        builder_bytes(&b, m->of[i].master, SERVE_MASTER_SIZE);
    }
    TRY(builder_done(&b, &list));
    uint8_t *sealed = arena_alloc(a, list.len + SEAL_OVERHEAD);
    if (!sealed)
        return ERR_NOMEM;
    plat_random(nonce, sizeof(nonce));
    seal_key_init(&sealing, key);
    seal(&sealing, nonce, SPAN_LIT(MAGIC), list, sealed);
    seal_key_wipe(&sealing);
    builder_in(&b, a, FILE_MAX);
    builder_span(&b, SPAN_LIT(MAGIC));
    builder_bytes(&b, sealed, list.len + SEAL_OVERHEAD);
    return builder_done(&b, out);
}

static enum err decode_list(struct span list, struct serve_masters *m)
{
    struct reader r = reader_of(list);
    while (reader_ok(&r) && reader_left(&r) > 0) {
        struct serve_master *one = &m->of[m->count];
        struct span id = reader_span(&r, reader_u8(&r));
        if (m->count == SERVE_MASTERS_MAX || id.len > SERVE_MASTERS_ID_MAX)
            return ERR_LIMIT;
        if (id.len)
            memcpy(one->id, id.ptr, id.len);
        one->id[id.len] = '\0';
        reader_copy(&r, one->master, SERVE_MASTER_SIZE);
        m->count++;
    }
    return reader_end(&r);
}

/* ERR_INTEGRITY: it was sealed under another key. */
static enum err decode(struct span file, const uint8_t key[SERVE_MASTER_SIZE], struct arena *a,
                       struct serve_masters *m)
{
    struct seal_key sealing;
    struct span sealed = span_sub(file, sizeof(MAGIC) - 1, file.len);
    if (!span_eq(span_sub(file, 0, sizeof(MAGIC) - 1), SPAN_LIT(MAGIC)))
        return ERR_UNSUPPORTED;
    if (sealed.len < SEAL_OVERHEAD)
        return ERR_MALFORMED;
    uint8_t *list = arena_alloc(a, sealed.len - SEAL_OVERHEAD + 1);
    if (!list)
        return ERR_NOMEM;
    seal_key_init(&sealing, key);
    enum err e = unseal(&sealing, SPAN_LIT(MAGIC), sealed, list);
    seal_key_wipe(&sealing);
    m->count = 0;
    return e == ERR_OK ? decode_list(span_of(list, sealed.len - SEAL_OVERHEAD), m) : e;
}

/* Everybody may read it: it is sealed, and control, which makes backups, is not root. */
static enum err write_masters(const struct serve_masters *m, const uint8_t key[SERVE_MASTER_SIZE])
{
    char path[PATH];
    struct arena a;
    struct span file;
    arena_init(&a, 0, 4 * FILE_MAX, ARENA_WIPE);
    enum err e = encode(m, key, &a, &file);
    if (e == ERR_OK)
        e = plat_file_write(path_of(m, SERVE_MASTERS_FILE, path), file, 0644);
    int saved = errno;
    arena_fini(&a);
    errno = saved;
    return e;
}

static enum err write_key(const struct serve_masters *m, const char *file,
                          const uint8_t key[SERVE_MASTER_SIZE])
{
    char path[PATH];
    return plat_file_write(path_of(m, file, path), span_of(key, SERVE_MASTER_SIZE), 0600);
}

/* --- at the start ----------------------------------------------------------------------------- */

static enum err refuse(struct arena *a, const char **why_out, const char *format, const char *path)
{
    *why_out = arena_printf(a, format, path, path, path);
    return ERR_STATE;
}

static enum err read_key(const char *path, struct arena *a, uint8_t out[SERVE_MASTER_SIZE],
                         const char **why_out)
{
    struct span key;
    enum err e = plat_file_read_secret(path, 64, a, &key);
    if (e == ERR_NOT_FOUND)
        return e;
    if (e == ERR_DENIED)
        return refuse(a, why_out,
                      "the key file %s can be read by others; remedy: chmod 600 %s, chown root %s",
                      path);
    if (e != ERR_OK || key.len != SERVE_MASTER_SIZE)
        return refuse(a, why_out,
                      "the key file %s cannot be used: it must hold 32 bytes; remedy: restore it "
                      "from a backup",
                      path);
    memcpy(out, key.ptr, SERVE_MASTER_SIZE);
    return ERR_OK;
}

/* masters is sealed under the next key: all that is missing is its name. */
static enum err finish_exchange(struct serve_masters *m, struct span file, struct arena *a,
                                const char **why_out)
{
    char path[PATH];
    uint8_t next[SERVE_MASTER_SIZE];
    enum err e = read_key(path_of(m, SERVE_KEY_FILE_NEXT, path), a, next, why_out);
    if (e == ERR_OK)
        e = decode(file, next, a, m);
    if (e == ERR_OK) {
        memcpy(m->key, next, sizeof(next));
        e = write_key(m, SERVE_KEY_FILE, next);
    }
    mem_wipe(next, sizeof(next));
    return e;
}

static enum err open_masters(struct serve_masters *m, struct span file, struct arena *a,
                             const char **why_out)
{
    char path[PATH];
    enum err e = decode(file, m->key, a, m);
    path_of(m, SERVE_MASTERS_FILE, path);
    if (e == ERR_UNSUPPORTED)
        return refuse(a, why_out,
                      "%s has a form that this version does not know; remedy: run the version that "
                      "wrote it, or a newer one",
                      path);
    if (e == ERR_INTEGRITY && finish_exchange(m, file, a, why_out) != ERR_OK)
        return refuse(a, why_out,
                      "%s is not opened by the key file beside it; remedy: restore the key file "
                      "that belongs to it",
                      path);
    return e == ERR_INTEGRITY ? ERR_OK : e;
}

static enum err make_key(struct serve_masters *m, struct arena *a, const char **why_out)
{
    char path[PATH];
    plat_random(m->key, sizeof(m->key));
    if (write_key(m, SERVE_KEY_FILE, m->key) == ERR_OK)
        return ERR_OK;
    *why_out = arena_printf(a, "the key file %s cannot be written: %s",
                            path_of(m, SERVE_KEY_FILE, path), strerror(errno));
    return ERR_IO;
}

static enum err add(struct serve_masters *m, struct span id, struct serve_master **out)
{
    if (m->count == SERVE_MASTERS_MAX || id.len == 0 || id.len > SERVE_MASTERS_ID_MAX)
        return ERR_LIMIT;
    *out = &m->of[m->count++];
    snprintf((*out)->id, sizeof((*out)->id), "%.*s", SPAN_ARG(id));
    return ERR_OK;
}

/* As every version before the file masters did. */
static enum err take_over(struct serve_masters *m, struct span id)
{
    struct span parts[] = {SPAN_LIT("entente directory "), id};
    uint8_t mac[HASH_SIZE_MAX];
    struct serve_master *one;
    TRY(add(m, id, &one));
    hmac_once(HASH_SHA256, span_of(m->key, sizeof(m->key)), parts, 2, mac);
    memcpy(one->master, mac, SERVE_MASTER_SIZE);
    mem_wipe(mac, sizeof(mac));
    return ERR_OK;
}

static bool is_plain(const char *folder, const char *name, struct stat *st)
{
    char path[PATH + 16];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return lstat(path, st) == 0 && S_ISREG(st->st_mode) && st->st_nlink == 1;
}

/* The services may write there, and this is root: nothing is opened that leads elsewhere. LMDB's
 * table of readers, which opening makes where there is none, belongs to whom the file does. */
static enum err open_plain(const struct dir_open_args *args, struct dir **out)
{
    char table[PATH + 16];
    struct stat folder, data, readers;
    snprintf(table, sizeof(table), "%s/lock.mdb", args->path);
    if (lstat(args->path, &folder) != 0 || !S_ISDIR(folder.st_mode) ||
        !is_plain(args->path, "data.mdb", &data) ||
        (lstat(table, &readers) == 0 && !is_plain(args->path, "lock.mdb", &readers)))
        return ERR_DENIED;
    enum err e = dir_open(args, out);
    if (geteuid() == 0)
        (void)!lchown(table, data.st_uid, data.st_gid);
    return e;
}

/* What cannot be opened at all is no worse for a wrong master. */
static bool opens(const struct serve_masters *m, const char *id,
                  const uint8_t master[SERVE_MASTER_SIZE])
{
    char folder[PATH];
    struct dir_open_args args = {.path = path_of(m, id, folder)};
    struct dir_snap snap;
    struct dir *d;
    struct arena a;
    bool fits = true;
    dir_keyring_derive(master, 1u << DIR_SECRET_ACCOUNT, &args.keyring);
    if (open_plain(&args, &d) == ERR_OK) {
        arena_init(&a, 0, SECRET_MAX, ARENA_WIPE);
        if (dir_snap_begin(d, &snap) == ERR_OK) {
            fits = dir_keyring_fits(&snap, DIR_SECRET_ACCOUNT, &a) != ERR_INTEGRITY;
            dir_snap_end(&snap);
        }
        arena_fini(&a);
        dir_close(d);
    }
    mem_wipe(&args.keyring, sizeof(args.keyring));
    return fits;
}

/* The first directory whose secrets these masters do not open; NULL. */
static const char *not_opened(const struct serve_masters *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (strcmp(m->of[i].id, SERVE_MASTER_OF_KEYS) != 0 &&
            !opens(m, m->of[i].id, m->of[i].master))
            return m->of[i].id;
    }
    return NULL;
}

/* A directory that has a file. */
static bool has_file(const struct serve_masters *m, const char *id)
{
    char path[PATH], file[SERVE_MASTERS_ID_MAX + 16];
    if (id[0] == '.' || strlen(id) > SERVE_MASTERS_ID_MAX)
        return false;
    snprintf(file, sizeof(file), "%s/data.mdb", id);
    return access(path_of(m, file, path), F_OK) == 0;
}

/* All that an older version left: without masters, so that each is an HMAC under its key file. */
static enum err take_over_all(struct serve_masters *m)
{
    char path[PATH];
    struct dirent *entry;
    enum err e = ERR_OK;
    DIR *folder = opendir(m->state_dir);
    if (!folder)
        return ERR_IO;
    while (e == ERR_OK && (entry = readdir(folder))) {
        if (has_file(m, entry->d_name))
            e = take_over(m, span_str(entry->d_name));
    }
    closedir(folder);
    if (e == ERR_OK && access(path_of(m, "keys.json", path), F_OK) == 0)
        e = take_over(m, SPAN_LIT(SERVE_MASTER_OF_KEYS));
    return e;
}

/* There is no file masters: nothing is there at all, or an older version was; or it was lost. */
static enum err begin(struct serve_masters *m, enum err key, struct arena *a, const char **why_out)
{
    char path[PATH];
    TRY(take_over_all(m));
    if (key == ERR_NOT_FOUND && m->count > 0)
        return refuse(a, why_out,
                      "the key file %s is missing, and opens what is sealed beside it; remedy: "
                      "restore it from where it is kept",
                      path_of(m, SERVE_KEY_FILE, path));
    const char *sealed = key == ERR_OK ? not_opened(m) : NULL;
    if (sealed) {
        *why_out = arena_printf(a,
                                "%s is missing, and without it the key file does not open what is "
                                "sealed in %s/%s; remedy: restore it from a backup (entente backup "
                                "create copies it)",
                                path_of(m, SERVE_MASTERS_FILE, path), m->state_dir, sealed);
        return ERR_STATE;
    }
    if (key == ERR_NOT_FOUND)
        TRY(make_key(m, a, why_out));
    enum err e = write_masters(m, m->key);
    if (e != ERR_OK)
        *why_out = arena_printf(a, "%s cannot be written: %s", path_of(m, SERVE_MASTERS_FILE, path),
                                strerror(errno));
    return e;
}

enum err serve_masters_load(const char *state_dir, struct arena *a, struct serve_masters *m,
                            const char **why_out)
{
    char path[PATH];
    struct span file = SPAN_NONE;
    *why_out = "the master keys cannot be read";
    memset(m, 0, sizeof(*m));
    snprintf(m->state_dir, sizeof(m->state_dir), "%s", state_dir);
    enum err there = plat_file_read(path_of(m, SERVE_MASTERS_FILE, path), FILE_MAX, a, &file);
    if (there != ERR_OK && there != ERR_NOT_FOUND)
        return there;
    enum err e = read_key(path_of(m, SERVE_KEY_FILE, path), a, m->key, why_out);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (there == ERR_NOT_FOUND)
        return begin(m, e, a, why_out);
    if (e == ERR_NOT_FOUND)
        return refuse(a, why_out,
                      "the key file %s is missing, and opens what is sealed beside it; remedy: "
                      "restore it from where it is kept",
                      path);
    TRY(open_masters(m, file, a, why_out));
    (void)unlink(path_of(m, SERVE_KEY_FILE_NEXT, path));
    return ERR_OK;
}

/* --- in use ----------------------------------------------------------------------------------- */

/* Masters of directories that were deleted open nothing any more. */
static void forget_deleted(struct serve_masters *m)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < m->count; i++) {
        char path[PATH];
        struct stat st;
        bool there = strcmp(m->of[i].id, SERVE_MASTER_OF_KEYS) == 0 ||
                     lstat(path_of(m, m->of[i].id, path), &st) == 0 || errno != ENOENT;
        if (there)
            m->of[kept++] = m->of[i];
    }
    mem_wipe(&m->of[kept], (m->count - kept) * sizeof(m->of[0]));
    m->count = kept;
}

enum err serve_masters_get(struct serve_masters *m, struct span id, bool fresh,
                           uint8_t out[SERVE_MASTER_SIZE])
{
    unsigned i = 0;
    while (i < m->count && !span_eq(span_str(m->of[i].id), id))
        i++;
    if (i == m->count) {
        struct serve_master *one;
        if (!fresh)
            return ERR_NOT_FOUND;
        forget_deleted(m);
        i = m->count;
        TRY(add(m, id, &one));
        plat_random(one->master, sizeof(one->master));
        enum err e = write_masters(m, m->key);
        if (e != ERR_OK) {
            m->count--;
            return e;
        }
    }
    memcpy(out, m->of[i].master, SERVE_MASTER_SIZE);
    return ERR_OK;
}

enum err serve_masters_rotate(struct serve_masters *m)
{
    char path[PATH];
    uint8_t next[SERVE_MASTER_SIZE];
    /* After one that did not end, key.next may be all that opens masters: not before key does. */
    enum err e = write_key(m, SERVE_KEY_FILE, m->key);
    if (e == ERR_OK)
        e = write_masters(m, m->key);
    plat_random(next, sizeof(next));
    if (e == ERR_OK)
        e = write_key(m, SERVE_KEY_FILE_NEXT, next);
    if (e == ERR_OK)
        e = write_masters(m, next);
    if (e == ERR_OK) {
        memcpy(m->key, next, sizeof(next)); /* what is on disk is sealed under it */
        e = write_key(m, SERVE_KEY_FILE, next);
    }
    if (e == ERR_OK)
        (void)unlink(path_of(m, SERVE_KEY_FILE_NEXT, path));
    mem_wipe(next, sizeof(next));
    return e;
}
