/*
 * Tasks: straight-line code that waits without holding up its loop. A task runs on a stack of its
 * own, in the loop's thread: at once when it is started, then from wait to wait. Nothing else runs
 * meanwhile, so what tasks share needs no lock; but after a wait it may have changed, and has to be
 * looked at again.
 *
 * The alternative, a state machine for each request that asks others more than once, was not taken:
 * administrative operations are many, are called seldom, and read well from top to bottom.
 *
 * plat_channel_call (channel.h) inside a task lets only that task wait. A task is freed when its
 * function returns; every task must have ended before its loop is freed.
 */
#ifndef PLAT_TASK_H
#define PLAT_TASK_H

#include "plat/loop.h"

#define PLAT_TASK_STACK (1u << 20) /* with a page below that may not be touched */

struct plat_task;

/* Runs fn(ctx) until it ends or waits for the first time. ERR_NOMEM. */
enum err plat_task_start(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx);
/* The task that runs; NULL on the loop's own stack. */
struct plat_task *plat_task_self(void);
/* In a task: waits until somebody has called plat_task_wake, which may have come before. */
void plat_task_wait(void);
/* Lets a task go on, in the loop's next turn. One call for each wait. */
void plat_task_wake(struct plat_task *t);
/* In a task: runs fn(ctx) in another thread and waits for its end: for long work on data that
 * nobody else touches meanwhile. Without a thread it runs here. */
void plat_task_away(void (*fn)(void *ctx), void *ctx);

#endif
