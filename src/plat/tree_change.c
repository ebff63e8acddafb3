/* What changes a served folder (tree.h). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/tree.h"

#define OPEN_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

static enum err failed(void)
{
    switch (errno) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
    case EISDIR:
    case ENOTDIR:
        return ERR_EXISTS;
    case ENOTEMPTY:
        return ERR_BUSY;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_CONSTRAINT;
    case ELOOP:
    case ENAMETOOLONG:
        return ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case E2BIG:
    case ERANGE:
        return ERR_LIMIT;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return ERR_NOMEM;
    case EINVAL:
        return ERR_STATE;
    case ENODATA:
        return ERR_NOT_FOUND;
    case ENOTSUP:
        return ERR_UNSUPPORTED;
    default:
        return ERR_IO;
    }
}

/* A name that may be made: one component, and nothing that Windows cannot hold ([MS-FSCC] 2.1.5).
 */
static enum err new_name(struct span name, char out[PLAT_TREE_NAME_MAX + 1])
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};
    struct span stem = name;

    if (!name.len || name.len > PLAT_TREE_NAME_MAX || !text_valid(name))
        return ERR_DENIED;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 0x20 || strchr("<>:\"/\\|?*", name.ptr[i]))
            return ERR_DENIED;
    if (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' ')
        return ERR_DENIED;
    const uint8_t *dot = memchr(name.ptr, '.', name.len);
    if (dot)
        stem.len = (size_t)(dot - name.ptr);
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if (ascii_eq_fold(stem, span_str(devices[i])))
            return ERR_DENIED;
    if (stem.len == 4 && stem.ptr[3] >= '1' && stem.ptr[3] <= '9' &&
        (ascii_eq_fold(span_sub(stem, 0, 3), SPAN_LIT("COM")) ||
         ascii_eq_fold(span_sub(stem, 0, 3), SPAN_LIT("LPT"))))
        return ERR_DENIED;
    memcpy(out, name.ptr, name.len);
    out[name.len] = 0;
    return ERR_OK;
}

enum err plat_tree_writable(int folder, const char *name, int *fd_out)
{
    int fd = openat(folder, name, O_RDWR | OPEN_FLAGS);

    if (fd < 0)
        return failed();
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_tree_make(int folder, struct span name, bool is_folder, int *fd_out,
                        struct plat_tree_facts *facts_out)
{
    char text[PLAT_TREE_NAME_MAX + 1];

    TRY(new_name(name, text));
    if (is_folder && mkdirat(folder, text, 0755) != 0)
        return failed();
    int fd = is_folder ? openat(folder, text, O_RDONLY | O_DIRECTORY | OPEN_FLAGS)
                       : openat(folder, text, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0644);
    if (fd < 0) {
        enum err e = failed();
        if (is_folder)
            (void)unlinkat(folder, text, AT_REMOVEDIR);
        return e;
    }
    enum err e = plat_tree_facts(fd, facts_out);
    if (e == ERR_OK)
        *fd_out = fd;
    else
        close(fd);
    return e;
}

enum err plat_tree_remove(int folder, const char *name, const struct plat_tree_facts *what)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return failed();
    if (st.st_dev != what->device || st.st_ino != what->inode)
        return ERR_NOT_FOUND;
    return unlinkat(folder, name, what->folder ? AT_REMOVEDIR : 0) == 0 ? ERR_OK : failed();
}

enum err plat_tree_move(int from_folder, const char *from, int to_folder, struct span to,
                        bool replace)
{
    char text[PLAT_TREE_NAME_MAX + 1];

    TRY(new_name(to, text));
    return renameat2(from_folder, from, to_folder, text, replace ? 0 : RENAME_NOREPLACE) == 0
               ? ERR_OK
               : failed();
}

enum err plat_tree_write(int fd, uint64_t offset, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? failed() : ERR_IO;
        offset += (uint64_t)n;
        bytes = span_sub(bytes, (size_t)n, bytes.len);
    }
    return ERR_OK;
}

enum err plat_tree_resize(int fd, uint64_t size)
{
    return ftruncate(fd, (off_t)size) == 0 ? ERR_OK : failed();
}

enum err plat_tree_sync(int fd)
{
    return fdatasync(fd) == 0 ? ERR_OK : failed();
}

static struct timespec spec(utime t)
{
    struct timespec out = {.tv_nsec = UTIME_OMIT};

    if (t == UTIME_NEVER)
        return out;
    out.tv_sec = t / UTIME_SECOND - (t % UTIME_SECOND < 0);
    out.tv_nsec = (t - (utime)out.tv_sec * UTIME_SECOND) * (1000000000 / UTIME_SECOND);
    return out;
}

enum err plat_tree_set_times(int fd, utime accessed, utime written)
{
    const struct timespec times[2] = {spec(accessed), spec(written)};

    return futimens(fd, times) == 0 ? ERR_OK : failed();
}

enum err plat_tree_note(int fd, uint8_t *buf, size_t max, size_t *len_out)
{
    ssize_t n = fgetxattr(fd, PLAT_TREE_NOTE, buf, max);

    if (n < 0)
        return failed();
    *len_out = (size_t)n;
    return ERR_OK;
}

enum err plat_tree_set_note(int fd, struct span note)
{
    if (note.len > PLAT_TREE_NOTE_MAX)
        return ERR_LIMIT;
    return fsetxattr(fd, PLAT_TREE_NOTE, note.ptr, note.len, 0) == 0 ? ERR_OK : failed();
}

enum err plat_tree_space(int fd, uint64_t *total_out, uint64_t *free_out)
{
    struct statvfs st;

    if (fstatvfs(fd, &st) != 0)
        return ERR_IO;
    *total_out = (uint64_t)st.f_blocks * st.f_frsize;
    *free_out = (uint64_t)st.f_bavail * st.f_frsize;
    return ERR_OK;
}

struct sum_limits {
    unsigned depth;
    uint64_t files;
};

static enum err sum_folder(int folder, unsigned depth, const struct sum_limits *max,
                           struct plat_tree_sum *sum);

/* What is gone meanwhile does not count. */
static enum err sum_entry(int folder, const char *name, unsigned depth,
                          const struct sum_limits *max, struct plat_tree_sum *sum)
{
    struct stat st;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return ERR_OK;
    if (depth > max->depth || sum->files == max->files)
        return ERR_LIMIT;
    sum->files++;
    sum->bytes += (uint64_t)st.st_size;
    if (depth > sum->depth)
        sum->depth = depth;
    if (!S_ISDIR(st.st_mode))
        return ERR_OK;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | OPEN_FLAGS);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    enum err e = sum_folder(fd, depth + 1, max, sum);
    close(fd);
    return e;
}

static enum err sum_folder(int folder, unsigned depth, const struct sum_limits *max,
                           struct plat_tree_sum *sum)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    enum err e = d ? ERR_OK : ERR_IO;

    if (!d && fd >= 0)
        close(fd);
    for (struct dirent *entry; e == ERR_OK && (entry = readdir(d));)
        e = sum_entry(dirfd(d), entry->d_name, depth, max, sum);
    if (d)
        closedir(d);
    return e;
}

enum err plat_tree_sum(int fd, unsigned max_depth, uint64_t max_files, struct plat_tree_sum *out)
{
    const struct sum_limits max = {max_depth, max_files};
    struct plat_tree_sum sum = {0};

    TRY(sum_folder(fd, 1, &max, &sum));
    *out = sum;
    return ERR_OK;
}
