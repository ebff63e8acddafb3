/*
 * What a process gives up before it reads its first byte from the network: root, the right to
 * regain anything, core dumps, and every system call that its role does not need.
 *
 * Order: open everything, plat_drop_user, plat_harden, plat_confine, plat_seccomp. Each is for
 * ever.
 */
#ifndef PLAT_SANDBOX_H
#define PLAT_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* The ids of a user name. ERR_NOT_FOUND. */
enum err plat_user_find(const char *name, uid_t *uid_out, gid_t *gid_out);
/* Becomes this user, with this one group and no capabilities; checks that there is no way back.
 * A process that is not root may only "become" itself. ERR_DENIED, ERR_IO. */
enum err plat_drop_user(uid_t uid, gid_t gid);
/* No new privileges, no core dump, no ptrace by its own user, at most max_fds descriptors. */
enum err plat_harden(unsigned max_fds);

/* Folders: what lies beneath them. Both lists end with NULL. */
struct plat_confines {
    const char *reads[3];
    const char *changes[3]; /* written, made, moved and removed, and read as well */
};
/* From now on files can be opened beneath these folders alone, and read where the system keeps its
 * own (/etc, /usr, /proc, ...). What is open stays so. After plat_harden. ERR_UNSUPPORTED when the
 * kernel cannot; ERR_IO. */
enum err plat_confine(const struct plat_confines *to);
/* Can it? */
bool plat_confine_works(void);

/* Named groups of system calls; a role is a sum of them. */
enum plat_calls {
    PLAT_CALLS_BASE = 1,         /* memory, clocks, signals to itself, epoll, read and write */
    PLAT_CALLS_SERVE = 2,        /* accept, send, recv on sockets that are already there */
    PLAT_CALLS_DIAL = 4,         /* new IPv4, IPv6 and Unix sockets, connect, bind of clients */
    PLAT_CALLS_FILES_READ = 8,   /* open for reading, stat, directory lists */
    PLAT_CALLS_FILES_WRITE = 16, /* open for writing, rename, fsync, locks: the writer */
    PLAT_CALLS_THREADS = 32,     /* clone with CLONE_THREAD only */
    PLAT_CALLS_SPAWN = 64,       /* fork, exec, kill, wait: the parent */
    PLAT_CALLS_LISTEN = 128,     /* bind and listen: the parent */
};

enum plat_seccomp_action {
    PLAT_SECCOMP_KILL,   /* the process dies with SIGSYS; the kernel's audit log names the call */
    PLAT_SECCOMP_REPORT, /* the same, but the call's name is printed on stderr first: for tests */
};

/* From now on only these calls. ERR_UNSUPPORTED when the kernel cannot. */
enum err plat_seccomp(unsigned calls, enum plat_seccomp_action action);

#endif
