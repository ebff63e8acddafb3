/*
 * A folder of which files are served: looked up and read, never written, and nothing outside of it
 * is reached. Names are found as Windows finds them, without regard to case. A path is walked
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
    uint64_t inode;
    utime created, accessed, written, changed;
};

/* names: UTF-8 without separators, relative to the folder of root_fd; none: root itself. *fd_out is
 * the caller's to close. ERR_NOT_FOUND; ERR_DENIED: a link, a device, "..", an impossible name;
 * ERR_STATE: a component before the last is a file; ERR_IO. */
enum err plat_tree_open(int root_fd, const struct span *names, unsigned count, int *fd_out,
                        struct plat_tree_facts *facts_out);
/* The root itself, once. ERR_NOT_FOUND, ERR_DENIED, ERR_IO. */
enum err plat_tree_root(const char *path, int *fd_out);

struct plat_tree_entry {
    struct span name;
    struct plat_tree_facts facts;
};
/* What is in a folder, without links and other things that are not served, in the arena. ERR_LIMIT
 * beyond max entries, ERR_NOMEM, ERR_IO. */
enum err plat_tree_list(int fd, unsigned max, struct arena *a, struct plat_tree_entry **out,
                        unsigned *count_out);
/* Reads at an offset: len bytes, or fewer at the end of the file. ERR_IO. */
enum err plat_tree_read(int fd, uint64_t offset, void *buf, size_t len, size_t *got_out);

#endif
