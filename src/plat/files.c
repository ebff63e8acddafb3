#include "plat/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err from_errno(void)
{
    switch (errno) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_IO;
    }
}

/* close that keeps the errno of what failed before it. */
static void close_quietly(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

/* Reads to the end; the size is a hint only, since files of /proc say 0. */
static enum err read_all(int fd, size_t hint, size_t max, struct arena *a, struct span *out)
{
    size_t cap = hint < max ? hint + 1 : max + 1, len = 0;
    if (cap < 512 && max >= 512)
        cap = 512;
    uint8_t *p = arena_alloc(a, cap);
    for (;;) {
        if (!p)
            return ERR_NOMEM;
        ssize_t n = read(fd, p + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break;
        len += (size_t)n;
        if (len > max)
            return ERR_LIMIT;
        if (len == cap) {
            size_t more = cap > max / 2 ? max + 1 : cap * 2;
            p = arena_grow(a, p, cap, more);
            cap = more;
        }
    }
    *out = span_of(p, len);
    return ERR_OK;
}

static enum err read_open(int fd, size_t max, struct arena *a, struct span *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return ERR_IO;
    }
    if (max > SIZE_MAX / 4)
        max = SIZE_MAX / 4;
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
        return ERR_LIMIT;
    return read_all(fd, (size_t)st.st_size, max, a, out);
}

enum err plat_file_read(const char *path, size_t max, struct arena *a, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return from_errno();
    enum err e = read_open(fd, max, a, out);
    close_quietly(fd);
    return e;
}

enum err plat_file_check_secret(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    bool ours = st.st_uid == geteuid() || st.st_uid == 0;
    if (!S_ISREG(st.st_mode) || !ours || (st.st_mode & 077) != 0)
        return ERR_DENIED;
    return ERR_OK;
}

enum err plat_file_read_secret(const char *path, size_t max, struct arena *a, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ELOOP ? ERR_DENIED : from_errno();
    enum err e = plat_file_check_secret(fd);
    if (e == ERR_OK)
        e = read_open(fd, max, a, out);
    close_quietly(fd);
    return e;
}

enum err plat_file_open(const char *path, int *fd_out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return from_errno();
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_file_fill(int fd, void *buf, size_t len, size_t *got_out)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = read(fd, (uint8_t *)buf + got, len - got);
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

static enum err write_all(int fd, struct span data)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.ptr, data.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        data = span_sub(data, (size_t)n, data.len);
    }
    return ERR_OK;
}

static enum err sync_dir_of(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 1;
    memcpy(dir, slash ? path : ".", len);
    dir[len] = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return from_errno();
    enum err e = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    close_quietly(fd);
    return e;
}

static enum err fill(int fd, struct span data, mode_t mode)
{
    TRY(write_all(fd, data));
    return fchmod(fd, mode) == 0 && fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

enum err plat_file_write(const char *path, struct span data, mode_t mode)
{
    char temp[PATH_MAX];
    int n = snprintf(temp, sizeof(temp), "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof(temp)) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    (void)unlink(temp); /* of one who was killed meanwhile; mode 0600 until it is complete */
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return from_errno();
    enum err e = fill(fd, data, mode);
    close_quietly(fd);
    if (e == ERR_OK && rename(temp, path) != 0)
        e = from_errno();
    if (e != ERR_OK) {
        int saved = errno;
        unlink(temp);
        errno = saved;
        return e;
    }
    return sync_dir_of(path);
}

enum err plat_file_append(const char *path, struct span data, mode_t mode)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return from_errno();
    if (fstat(fd, &st) != 0) {
        close_quietly(fd);
        return ERR_IO;
    }
    enum err e = write_all(fd, data);
    if (e == ERR_OK && fdatasync(fd) != 0)
        e = ERR_IO;
    if (e != ERR_OK) {
        int saved = errno;
        (void)!ftruncate(fd, st.st_size);
        errno = saved;
    }
    close_quietly(fd);
    return e == ERR_OK && st.st_size == 0 ? sync_dir_of(path) : e;
}

enum err plat_file_lock(const char *path, int *fd_out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return from_errno();
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
        close_quietly(fd);
        return e;
    }
    *fd_out = fd;
    return ERR_OK;
}

static enum err make_one(const char *path, mode_t mode)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return ERR_OK;
    if (errno != EEXIST)
        return from_errno();
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return ERR_OK;
    errno = ENOTDIR;
    return ERR_IO;
}

enum err plat_dir_make(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part)) {
        errno = len ? ENAMETOOLONG : ENOENT;
        return ERR_IO;
    }
    memcpy(part, path, len + 1);
    while (len > 1 && part[len - 1] == '/')
        part[--len] = 0;
    for (size_t i = 1; i < len; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = 0;
        TRY(make_one(part, 0755));
        part[i] = '/';
    }
    return make_one(part, mode);
}

static bool remove_at(int parent, const char *name, unsigned depth);

static bool remove_inside(int parent, const char *name, unsigned depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    bool all = d != NULL;
    if (!d && fd >= 0)
        close(fd);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            all &= depth > 0 && remove_at(dirfd(d), e->d_name, depth - 1);
    }
    if (d)
        closedir(d);
    return all;
}

static bool remove_at(int parent, const char *name, unsigned depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    return errno == EISDIR && remove_inside(parent, name, depth) &&
           unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

enum err plat_dir_remove(const char *path)
{
    return remove_at(AT_FDCWD, path, PLAT_DIR_DEPTH) ? ERR_OK : ERR_IO;
}
