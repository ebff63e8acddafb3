#include "plat/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

static utime time_of(struct timespec t)
{
    return (utime)t.tv_sec * UTIME_SECOND + t.tv_nsec / (1000000000 / UTIME_SECOND);
}

static bool read_facts(const struct stat *st, struct plat_tree_facts *out)
{
    if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
        return false;
    *out = (struct plat_tree_facts){.folder = S_ISDIR(st->st_mode),
                                    .device = st->st_dev,
                                    .inode = st->st_ino,
                                    .created = time_of(st->st_ctim),
                                    .accessed = time_of(st->st_atim),
                                    .written = time_of(st->st_mtim),
                                    .changed = time_of(st->st_ctim)};
    if (!out->folder) {
        out->size = (uint64_t)st->st_size;
        out->allocated = (uint64_t)st->st_blocks * 512;
    }
    /* The birth is not in struct stat; no later than the first of the others. */
    if (out->written < out->created)
        out->created = out->written;
    return true;
}

static enum err open_at(int folder, const char *name, int *fd_out)
{
    int fd = openat(folder, name, OPEN_FLAGS);

    if (fd < 0)
        return errno == ENOENT                           ? ERR_NOT_FOUND
               : errno == ENOTDIR                        ? ERR_STATE
               : errno == ELOOP || errno == ENAMETOOLONG ? ERR_DENIED
               : errno == EACCES || errno == EPERM       ? ERR_CONSTRAINT
               : errno == EMFILE || errno == ENFILE      ? ERR_NOMEM
                                                         : ERR_IO;
    *fd_out = fd;
    return ERR_OK;
}

/* A stream of its own position on the folder; NULL with errno. */
static DIR *stream_of(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (!d && fd >= 0)
        close(fd);
    return d;
}

/* The name in the folder that is equal but for case. */
static enum err find_folded(int folder, struct span want, char found_out[PLAT_TREE_NAME_MAX + 1])
{
    DIR *d = stream_of(folder);
    enum err e = ERR_NOT_FOUND;

    if (!d)
        return errno == ENOTDIR ? ERR_STATE : ERR_IO;
    for (struct dirent *entry; e == ERR_NOT_FOUND && (entry = readdir(d));) {
        struct span name = span_str(entry->d_name);
        if (name.len > PLAT_TREE_NAME_MAX || !text_eq_fold(name, want))
            continue;
        memcpy(found_out, name.ptr, name.len + 1);
        e = ERR_OK;
    }
    closedir(d);
    return e;
}

static bool is_name(struct span name)
{
    return name.len && name.len <= PLAT_TREE_NAME_MAX && !span_eq(name, SPAN_LIT(".")) &&
           !span_eq(name, SPAN_LIT("..")) && !memchr(name.ptr, 0, name.len) &&
           !memchr(name.ptr, '/', name.len) && !memchr(name.ptr, '\\', name.len) &&
           text_valid(name);
}

static enum err open_found(int folder, struct span name, char found[PLAT_TREE_NAME_MAX + 1],
                           int *fd_out)
{
    memset(found, 0, PLAT_TREE_NAME_MAX + 1);
    if (!name.ptr)
        return open_at(folder, ".", fd_out);
    if (!is_name(name))
        return ERR_DENIED;
    memcpy(found, name.ptr, name.len);
    enum err e = open_at(folder, found, fd_out);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(find_folded(folder, name, found));
    return open_at(folder, found, fd_out);
}

enum err plat_tree_facts(int fd, struct plat_tree_facts *out)
{
    struct plat_tree_facts facts;
    struct stat st;

    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (!read_facts(&st, &facts))
        return ERR_DENIED;
    *out = facts;
    return ERR_OK;
}

enum err plat_tree_step(int folder, struct span name, char found_out[PLAT_TREE_NAME_MAX + 1],
                        int *fd_out, struct plat_tree_facts *facts_out)
{
    char found[PLAT_TREE_NAME_MAX + 1];
    int fd = -1;

    TRY(open_found(folder, name, found, &fd));
    enum err e = plat_tree_facts(fd, facts_out);
    if (e != ERR_OK) {
        close(fd);
        return e;
    }
    memcpy(found_out, found, sizeof(found));
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_tree_open(int root_fd, const struct span *names, unsigned count, int *fd_out,
                        struct plat_tree_facts *facts_out)
{
    char found[PLAT_TREE_NAME_MAX + 1];
    struct plat_tree_facts facts;
    int fd, next;

    TRY(plat_tree_step(root_fd, SPAN_NONE, found, &fd, &facts));
    for (unsigned i = 0; i < count; i++) {
        enum err e =
            plat_tree_step(fd, names[i].ptr ? names[i] : SPAN_LIT(""), found, &next, &facts);
        close(fd);
        if (e != ERR_OK)
            return e;
        fd = next;
    }
    *fd_out = fd;
    *facts_out = facts;
    return ERR_OK;
}

enum err plat_tree_root(const char *path, int *fd_out)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND
               : errno == EACCES                   ? ERR_DENIED
                                                   : ERR_IO;
    *fd_out = fd;
    return ERR_OK;
}

struct plat_tree_scan {
    DIR *dir;
};

enum err plat_tree_scan_new(int folder, struct plat_tree_scan **out)
{
    struct plat_tree_scan *s = malloc(sizeof(*s));

    if (!s)
        return ERR_NOMEM;
    s->dir = stream_of(folder);
    if (!s->dir) {
        enum err e = errno == EMFILE || errno == ENFILE || errno == ENOMEM ? ERR_NOMEM : ERR_IO;
        free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void plat_tree_scan_free(struct plat_tree_scan *s)
{
    if (s)
        closedir(s->dir);
    free(s);
}

enum err plat_tree_scan_next(struct plat_tree_scan *s, struct span *name_out)
{
    for (struct dirent *entry; (entry = readdir(s->dir));) {
        struct span name = span_str(entry->d_name);
        if (!is_name(name))
            continue;
        *name_out = name;
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

enum err plat_tree_entry_facts(int folder, struct span name, struct plat_tree_facts *out)
{
    char text[PLAT_TREE_NAME_MAX + 1] = "";
    struct plat_tree_facts facts;
    struct stat st;

    if (!is_name(name))
        return ERR_DENIED;
    memcpy(text, name.ptr, name.len);
    if (fstatat(folder, text, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    if (!read_facts(&st, &facts))
        return ERR_DENIED;
    *out = facts;
    return ERR_OK;
}

enum err plat_tree_read(int fd, uint64_t offset, void *buf, size_t len, size_t *got_out)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = pread(fd, (uint8_t *)buf + got, len - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *got_out = got;
    return ERR_OK;
}
