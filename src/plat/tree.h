/*
 * A folder of which files are served: looked up, read and changed, and nothing outside of it is
 * reached. Names are found as Windows finds them, without regard to case. A path is walked
 * component by component from a descriptor of the root, and no component may be a symbolic link or
 * anything but a folder or a regular file; so what is renamed or replaced meanwhile leads nowhere
 * else.
 */
#ifndef PLAT_TREE_H
#define PLAT_TREE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/times.h"

#define PLAT_TREE_NAME_MAX 255

struct plat_tree_facts {
    bool folder;
    uint64_t size, allocated;
    uint64_t device, inode;
    utime created, accessed, written, changed;
};

/* One component, UTF-8 without separators ('/' and '\\'), in an open folder; no name: the folder
 * itself. *fd_out is the caller's to close, found_out the name as it is stored. ERR_NOT_FOUND;
 * ERR_DENIED: a link, a device, "..", an impossible name; ERR_CONSTRAINT: the system does not let
 * this process; ERR_STATE: it is looked for in a file; ERR_NOMEM: no more descriptors; ERR_IO. */
enum err plat_tree_step(int folder, struct span name, char found_out[PLAT_TREE_NAME_MAX + 1],
                        int *fd_out, struct plat_tree_facts *facts_out);
/* The same for a path of them, relative to the folder of root_fd. */
enum err plat_tree_open(int root_fd, const struct span *names, unsigned count, int *fd_out,
                        struct plat_tree_facts *facts_out);
/* The root itself, once. ERR_NOT_FOUND, ERR_DENIED, ERR_IO. */
enum err plat_tree_root(const char *path, int *fd_out);
/* As they are now. ERR_IO. */
enum err plat_tree_facts(int fd, struct plat_tree_facts *out);

/* What is in a folder, entry by entry and in no order: a folder may hold any number. What comes or
 * goes meanwhile is found or not. Each scan has a descriptor of its own. */
struct plat_tree_scan;
/* ERR_NOMEM: no more descriptors; ERR_IO. */
enum err plat_tree_scan_new(int folder, struct plat_tree_scan **out);
void plat_tree_scan_free(struct plat_tree_scan *s); /* may be NULL */
/* The name lives until the next call. ERR_NOT_FOUND: there are no more. */
enum err plat_tree_scan_next(struct plat_tree_scan *s, struct span *name_out);
/* Of this entry. ERR_NOT_FOUND: it has gone; ERR_DENIED: a link or another thing that is not
 * served. */
enum err plat_tree_entry_facts(int folder, struct span name, struct plat_tree_facts *out);
/* Reads at an offset: len bytes, or fewer at the end of the file. ERR_IO. */
enum err plat_tree_read(int fd, uint64_t offset, void *buf, size_t len, size_t *got_out);

/* --- changes (tree_change.c) --------------------------------------------------------------------
 * Names here are those that plat_tree_step found, but for new ones. All of them: ERR_CONSTRAINT:
 * the system does not let this process; ERR_LIMIT: the disk is full; ERR_NOT_FOUND: meanwhile it is
 * gone; ERR_DENIED: an impossible name; ERR_NOMEM: no more descriptors; ERR_IO. */

/* The regular file of this name once more, to be written, too. */
enum err plat_tree_writable(int folder, const char *name, int *fd_out);
/* A new file, open to be written, or a new folder. ERR_EXISTS. */
enum err plat_tree_make(int folder, struct span name, bool is_folder, int *fd_out,
                        struct plat_tree_facts *facts_out);
/* Only if it is what the facts say. ERR_BUSY: a folder that is not empty. */
enum err plat_tree_remove(int folder, const char *name, const struct plat_tree_facts *what);
/* ERR_EXISTS: there is one, and it is not to be replaced, or cannot be; ERR_BUSY as above;
 * ERR_STATE: a folder into itself. */
enum err plat_tree_move(int from_folder, const char *from, int to_folder, struct span to,
                        bool replace);
enum err plat_tree_write(int fd, uint64_t offset, struct span bytes);
enum err plat_tree_resize(int fd, uint64_t size);
enum err plat_tree_sync(int fd);
/* UTIME_NEVER: stays as it is. */
enum err plat_tree_set_times(int fd, utime accessed, utime written);

/* A few bytes that are kept beside a file or folder and go with it. ERR_NOT_FOUND: none;
 * ERR_LIMIT: more than max, or than the file system takes; ERR_UNSUPPORTED: it has no place for
 * them. */
#define PLAT_TREE_NOTE     "user.entente"
#define PLAT_TREE_NOTE_MAX 4096
enum err plat_tree_note(int fd, uint8_t *buf, size_t max, size_t *len_out);
enum err plat_tree_set_note(int fd, struct span note);

/* Of the file system. */
enum err plat_tree_space(int fd, uint64_t *total_out, uint64_t *free_out);
struct plat_tree_sum {
    uint64_t files, bytes; /* folders count as files */
    unsigned depth;        /* of the deepest; 0: there is nothing */
};
/* All that is below a folder. ERR_LIMIT: deeper than max_depth, or more than max_files. */
enum err plat_tree_sum(int fd, unsigned max_depth, uint64_t max_files, struct plat_tree_sum *out);

#endif
