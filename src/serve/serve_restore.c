/*
 * A state directory from a backup and its key file, on a machine that has none: looked at whole
 * before anything serves it. What cannot be used leaves nothing behind.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/files.h"
#include "plat/sandbox.h"
#include "serve/serve.h"
#include "serve/serve_masters.h"

#define FTW_FDS 16

struct restore {
    const struct serve_config *config;
    const char *backup, *key_file;
    struct arena *a;
    const char *why;
    bool began; /* what is in the state directory came from here */
};

__attribute__((format(printf, 2, 3))) static enum err refuse(struct restore *r, const char *format,
                                                             ...)
{
    char text[1500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    r->why = arena_dup_str(r->a, span_str(text));
    return ERR_STATE;
}

static bool is_empty(const char *path)
{
    struct dirent *entry;
    bool empty = true;
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    while (empty && (entry = readdir(folder)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return empty;
}

static bool all(const char *name, unsigned depth)
{
    (void)name, (void)depth;
    return true;
}

static enum err copy(struct restore *r)
{
    const char *state = r->config->state_dir;
    const char *records = arena_printf(r->a, "%s/control.json", r->backup);
    if (!records || access(records, R_OK) != 0)
        return refuse(r,
                      "%s is no backup: it has no control.json; remedy: give the folder of "
                      "entente backup create",
                      r->backup);
    if (plat_dir_make(state, 0755) != ERR_OK)
        return refuse(r, "%s cannot be made: %s", state, strerror(errno));
    if (!is_empty(state))
        return refuse(r,
                      "%s holds something already, which would be lost; remedy: give an empty "
                      "folder as --state-dir",
                      state);
    r->began = true;
    if (plat_dir_copy(r->backup, state, all) != ERR_OK)
        return refuse(r, "%s cannot be copied to %s: %s", r->backup, state, strerror(errno));
    return ERR_OK;
}

/* The key file is beside the copy from here on, and opens what is sealed there. */
static enum err place_key(struct restore *r)
{
    struct serve_masters *m = calloc(1, sizeof(*m));
    const char *to = arena_printf(r->a, "%s/" SERVE_KEY_FILE, r->config->state_dir);
    struct span key;
    if (!m || !to) {
        free(m);
        return ERR_NOMEM;
    }
    enum err e = plat_file_read_secret(r->key_file, 64, r->a, &key);
    if (e == ERR_DENIED)
        refuse(r, "the key file %s can be read by others; remedy: chmod 600 %s", r->key_file,
               r->key_file);
    else if (e != ERR_OK)
        refuse(r, "the key file %s cannot be read: %s", r->key_file,
               e == ERR_IO ? strerror(errno) : err_name(e));
    if (e == ERR_OK && (e = plat_file_write(to, key, 0600)) != ERR_OK)
        refuse(r, "%s cannot be written: %s", to, strerror(errno));
    if (e == ERR_OK)
        e = serve_masters_load(r->config->state_dir, r->a, m, &r->why);
    mem_wipe(m, sizeof(*m));
    free(m);
    return e;
}

static enum err check_directory(struct restore *r, const char *id)
{
    const char *path = arena_printf(r->a, "%s/%s", r->config->state_dir, id);
    const char *file = arena_printf(r->a, "%s/data.mdb", path);
    struct dir_open_args args = {.path = path};
    struct dir *d;
    if (!file || id[0] == '.' || access(file, F_OK) != 0)
        return ERR_OK;
    enum err e = dir_open(&args, &d);
    if (e != ERR_OK)
        return refuse(r, "%s: %s", path, dir_open_why(path, e, r->a));
    dir_close(d);
    return ERR_OK;
}

static enum err check_directories(struct restore *r)
{
    struct dirent *entry;
    enum err e = ERR_OK;
    DIR *folder = opendir(r->config->state_dir);
    if (!folder)
        return refuse(r, "%s cannot be read: %s", r->config->state_dir, strerror(errno));
    while (e == ERR_OK && (entry = readdir(folder)))
        e = check_directory(r, entry->d_name);
    closedir(folder);
    return e;
}

static uid_t owner;
static gid_t group;

static int give(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type;
    bool key = ftw->level == 1 && strcmp(path + ftw->base, SERVE_KEY_FILE) == 0;
    return key ? 0 : lchown(path, owner, group);
}

/* All but the key file belongs to whom the services run as. */
static enum err give_all(struct restore *r)
{
    if (geteuid() != 0)
        return ERR_OK;
    if (plat_user_find(r->config->user, &owner, &group) != ERR_OK)
        return refuse(r,
                      "there is no user %s for the services to run as; remedy: useradd --system "
                      "%s, or --user NAME",
                      r->config->user, r->config->user);
    if (nftw(r->config->state_dir, give, FTW_FDS, FTW_PHYS) != 0)
        return refuse(r, "%s cannot be given to %s: %s", r->config->state_dir, r->config->user,
                      strerror(errno));
    return ERR_OK;
}

enum err serve_restore(const struct serve_config *config, const char *backup, const char *key_file,
                       struct arena *a, const char **why_out)
{
    struct restore r = {
        .config = config, .backup = backup, .key_file = key_file, .a = a, .why = "no memory"};
    enum err e = copy(&r);
    if (e == ERR_OK)
        e = place_key(&r);
    if (e == ERR_OK)
        e = check_directories(&r);
    if (e == ERR_OK)
        e = give_all(&r);
    if (e != ERR_OK && r.began)
        (void)plat_dir_remove(config->state_dir);
    *why_out = r.why;
    return e;
}
