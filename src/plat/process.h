/*
 * Child processes: a parent that starts them with named descriptors, restarts what dies, and stops
 * them; and what a child needs to find its descriptors again.
 *
 * A child is fork and exec of our own program (or of any other), never fork alone: it begins with
 * clean memory (nothing that its parent had read), its own address layout, and exactly the
 * descriptors that it was given; all of ours are close-on-exec. The names travel in the environment
 * (ENTENTE_FDS=name:3,name:4).
 *
 * A child that dies is started again at once, then after 50 ms, doubling up to 5 s; ten seconds of
 * life reset that. One thread, the loop's.
 */
#ifndef PLAT_PROCESS_H
#define PLAT_PROCESS_H

#include <sys/types.h>

#include "base/err.h"
#include "base/times.h"
#include "plat/loop.h"

#define PLAT_CHILD_FDS_MAX  32
#define PLAT_CHILD_NAME_MAX 63

struct plat_supervisor;
struct plat_child;

struct plat_supervisor_ops {
    /* Optional. About to start (again): the place to give it fresh descriptors
     * (plat_child_give). */
    void (*starting)(void *ctx, struct plat_child *child);
    void (*started)(void *ctx, struct plat_child *child, pid_t pid);
    /* Optional. It ended by itself: exit status, or the signal (else 0); next start in delay. */
    void (*died)(void *ctx, struct plat_child *child, int status, int signum, utime delay);
    /* Optional. All children are gone after plat_supervisor_stop; from inside it when none runs. */
    void (*stopped)(void *ctx);
};

struct plat_supervisor *plat_supervisor_new(struct plat_loop *loop,
                                            const struct plat_supervisor_ops *ops, void *ctx);
/* All children must have ended (stopped was called), or never have been started. */
void plat_supervisor_free(struct plat_supervisor *s);
/* Ends all: SIGTERM, after grace SIGKILL. */
void plat_supervisor_stop(struct plat_supervisor *s, utime grace);

/* argv is copied; argv[0] NULL stands for this program itself. Nothing runs before
 * plat_child_start. */
struct plat_child *plat_child_new(struct plat_supervisor *s, const char *name,
                                  const char *const *argv);
/* The child inherits fd under this name (a repeated name replaces it). The caller keeps fd open as
 * long as the child may be restarted. ERR_LIMIT, ERR_RANGE (a name with ':' or ','). */
enum err plat_child_give(struct plat_child *c, const char *name, int fd);
void plat_child_start(struct plat_child *c);
/* Ends it for good, then frees it; died is not called. */
void plat_child_stop(struct plat_child *c, utime grace);
/* Kills it at once; it is then restarted as after any death. */
void plat_child_restart(struct plat_child *c);
const char *plat_child_name(const struct plat_child *c);
pid_t plat_child_pid(const struct plat_child *c); /* 0: not running */

/* --- in the child --- */

/* To be called first: reads the descriptors' names, asks the kernel to end us with our parent,
 * names the process for ps. */
void plat_process_begin(const char *title);
/* Memory blocks of so many bytes come from the system and go back to it at once; smaller ones are
 * of the heap, of which four times as much may lie free at its end. Zeroed memory is cleared in the
 * heap, which takes pages that may never be used, while fresh from the system it costs nothing
 * until it is; for a block of each request the system is too slow. It is PLAT_LARGE_BLOCK from
 * plat_process_begin on (glibc would move it up by itself). */
#define PLAT_LARGE_BLOCK (256 * 1024)
void plat_process_blocks(int bytes);
/* As many descriptors as the system allows, instead of as many as it gives at first. */
void plat_process_many_fds(void);
/* Asks it again: the kernel forgets it when a process changes its user. */
void plat_process_die_with_parent(void);
/* The inherited descriptor of this name, or -1; it is close-on-exec. */
int plat_process_fd(const char *name);

#endif
