/*
 * Whole files: read with a maximum, written so that a crash leaves the old or the new content and
 * never a mix. Not for the hot path. On ERR_IO errno is that of the call that failed.
 */
#ifndef PLAT_FILES_H
#define PLAT_FILES_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* The content of a file of at most max bytes. ERR_NOT_FOUND, ERR_LIMIT, ERR_NOMEM, ERR_IO. */
enum err plat_file_read(const char *path, size_t max, struct arena *a, struct span *out);

/* The same for keys and passwords: a regular file, not a link, of the calling user or root, which
 * nobody else may read or write (mode & 077 is 0). ERR_DENIED else. The arena should wipe. */
enum err plat_file_read_secret(const char *path, size_t max, struct arena *a, struct span *out);
/* Checks an open descriptor in the same way. */
enum err plat_file_check_secret(int fd);

/* A file to be read piece by piece; close it with close(2). ERR_NOT_FOUND, ERR_DENIED, ERR_IO. */
enum err plat_file_open(const char *path, int *fd_out);
/* Reads len bytes, or fewer at the end of the file. ERR_IO. */
enum err plat_file_fill(int fd, void *buf, size_t len, size_t *got_out);

/* Replaces path by a new file with this content and mode: a temporary file beside it (path.new, so
 * that a crash leaves one at most; callers see to it that one writes at a time), fsync, rename,
 * fsync of the directory. When it returns ERR_OK the content survives a power cut. */
enum err plat_file_write(const char *path, struct span data, mode_t mode);

/* Adds to the end of a file, which is made if missing. When it returns ERR_OK the data survives a
 * power cut; on an error nothing of it stays, but for what a crash meanwhile leaves. */
enum err plat_file_append(const char *path, struct span data, mode_t mode);

/* Takes an exclusive lock on a file (made if missing, mode 0600), held until the descriptor is
 * closed or the process ends. ERR_BUSY when another process holds it. */
enum err plat_file_lock(const char *path, int *fd_out);

/* Makes a directory and those above it; one that exists is fine. mode is for the last one, the
 * others get 0755. */
enum err plat_dir_make(const char *path, mode_t mode);
/* Removes a directory with all that is in it, up to PLAT_DIR_DEPTH below; links are removed, not
 * followed. One that is not there is fine. ERR_IO: something is left. */
#define PLAT_DIR_DEPTH 32
enum err plat_dir_remove(const char *path);
/* Copies what is in a folder into another one that exists, with modes and without links, as far as
 * the filter wants it (depth 0: in the folder itself). What is in the way is not replaced. On the
 * disk when it returns. ERR_IO: what was copied so far stays. */
typedef bool (*plat_copy_filter)(const char *name, unsigned depth);
enum err plat_dir_copy(const char *from, const char *to, plat_copy_filter wanted);

#endif
