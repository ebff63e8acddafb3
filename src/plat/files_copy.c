#include "plat/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plat/tree.h"

#define PIECE 65536

static enum err copy_bytes(int from, int to)
{
    char piece[PIECE];
    ssize_t got;
    while ((got = read(from, piece, sizeof piece)) > 0) {
        if (write(to, piece, (size_t)got) != got)
            return ERR_IO;
    }
    return got == 0 && fsync(to) == 0 ? ERR_OK : ERR_IO;
}

/* What is kept beside a served file goes with it; most files have nothing. */
static enum err copy_note(int from, int to)
{
    uint8_t note[PLAT_TREE_NOTE_MAX];
    size_t len;
    enum err e = plat_tree_note(from, note, sizeof(note), &len);
    if (e == ERR_NOT_FOUND || e == ERR_UNSUPPORTED)
        return ERR_OK;
    return e == ERR_OK && plat_tree_set_note(to, span_of(note, len)) == ERR_OK ? ERR_OK : ERR_IO;
}

static enum err copy_file(int from_dir, int to_dir, const char *name, mode_t mode)
{
    int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0 && errno == ENOENT)
        return ERR_OK;
    int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    enum err e = from >= 0 && to >= 0 ? copy_note(from, to) : ERR_IO;
    if (e == ERR_OK)
        e = copy_bytes(from, to);
    int saved = errno;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    errno = saved;
    return e;
}

static enum err copy_inside(int from, int to, plat_copy_filter wanted, unsigned depth);

static enum err copy_folder(int from_dir, int to_dir, const char *name, mode_t mode,
                            plat_copy_filter wanted, unsigned depth)
{
    if (depth == PLAT_DIR_DEPTH || (mkdirat(to_dir, name, mode) != 0 && errno != EEXIST))
        return ERR_IO;
    int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0 && errno == ENOENT)
        return unlinkat(to_dir, name, AT_REMOVEDIR) == 0 ? ERR_OK : ERR_IO;
    int to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum err e = from >= 0 && to >= 0 ? copy_inside(from, to, wanted, depth + 1) : ERR_IO;
    if (e == ERR_OK)
        e = copy_note(from, to);
    if (to >= 0) {
        if (e == ERR_OK && fsync(to) != 0)
            e = ERR_IO;
        close(to);
    }
    if (from >= 0)
        close(from);
    return e;
}

/* Links and what is neither file nor folder are left out, and what is gone when its turn comes:
 * clients change SYSVOL meanwhile. */
static enum err copy_one(int from, int to, const char *name, plat_copy_filter wanted,
                         unsigned depth)
{
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !wanted(name, depth))
        return ERR_OK;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    if (S_ISDIR(st.st_mode))
        return copy_folder(from, to, name, st.st_mode & 0777, wanted, depth);
    return S_ISREG(st.st_mode) ? copy_file(from, to, name, st.st_mode & 0777) : ERR_OK;
}

static enum err copy_inside(int from, int to, plat_copy_filter wanted, unsigned depth)
{
    int again = dup(from);
    DIR *d = again >= 0 ? fdopendir(again) : NULL;
    enum err e = d ? ERR_OK : ERR_IO;
    if (!d && again >= 0)
        close(again);
    for (struct dirent *entry; e == ERR_OK && (entry = readdir(d));)
        e = copy_one(from, to, entry->d_name, wanted, depth);
    if (d)
        closedir(d);
    return e;
}

enum err plat_dir_copy(const char *from, const char *to, plat_copy_filter wanted)
{
    int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = source >= 0 && target >= 0 ? copy_inside(source, target, wanted, 0) : ERR_IO;
    int saved = errno;
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    errno = saved;
    return e;
}
