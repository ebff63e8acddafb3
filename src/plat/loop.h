/*
 * The event loop: a thin cover of libuv, so that no other folder sees its handles and their
 * asynchronous closing. One loop per process, one thread. After plat_X_free no callback of X comes,
 * and it may be called from inside X's own callback.
 */
#ifndef PLAT_LOOP_H
#define PLAT_LOOP_H

#include "base/err.h"
#include "base/times.h"

struct plat_loop;
struct plat_timer;
struct plat_poll;
struct plat_signal;
struct plat_hook;

/* NULL when the system has no descriptors or memory left. */
struct plat_loop *plat_loop_new(void);
/* Everything made on the loop must have been freed before. */
void plat_loop_free(struct plat_loop *loop);
/* Runs until plat_loop_stop, or until nothing is left to wait for. */
void plat_loop_run(struct plat_loop *loop);
/* One turn, which waits at most this long for something to happen: for tests, which turn until
 * their condition holds. False when nothing is left to wait for. */
bool plat_loop_turn(struct plat_loop *loop, utime wait);
void plat_loop_stop(struct plat_loop *loop);

/* Timers. Times are rounded up to a millisecond; repeat 0 means once. They run on the loop's own
 * clock, not on one that a test froze. */
struct plat_timer *plat_timer_new(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx);
void plat_timer_start(struct plat_timer *t, utime after, utime repeat);
void plat_timer_stop(struct plat_timer *t);
void plat_timer_free(struct plat_timer *t);
/* A timer that does not keep plat_loop_run from ending. */
void plat_timer_background(struct plat_timer *t);

enum plat_poll_events {
    PLAT_READABLE = 1,
    PLAT_WRITABLE = 2,
    PLAT_HANGUP = 4, /* reported only: an error or the end of the descriptor */
};

/* Watches a descriptor that the caller owns and closes after plat_poll_free. */
struct plat_poll *plat_poll_new(struct plat_loop *loop, int fd,
                                void (*fn)(void *ctx, unsigned events), void *ctx);
/* 0 stops watching. */
void plat_poll_watch(struct plat_poll *p, unsigned events);
void plat_poll_free(struct plat_poll *p);

/* Does not keep plat_loop_run from ending. */
struct plat_signal *plat_signal_new(struct plat_loop *loop, int signum,
                                    void (*fn)(void *ctx, int signum), void *ctx);
void plat_signal_free(struct plat_signal *s);

/* Called each time before the loop waits: the place to flush what a turn has gathered. */
struct plat_hook *plat_hook_new(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx);
void plat_hook_free(struct plat_hook *h);

#endif
