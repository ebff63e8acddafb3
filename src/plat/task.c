#include "plat/task.h"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "plat/loop_uv.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

struct plat_task {
    struct plat_loop *loop;
    struct plat_timer *timer; /* resumes it */
    void (*fn)(void *ctx);
    void *ctx;
    uint8_t *stack;
    struct plat_task *below; /* the task that started this one, while both run; NULL: the loop */
    bool woken, ended;
    ucontext_t own, back;
#ifdef __SANITIZE_ADDRESS__
    const void *back_stack;
    size_t back_size;
#endif
};

/* One loop has one thread, but tests run loops in several. */
static _Thread_local struct plat_task *running;

struct plat_task *plat_task_self(void)
{
    return running;
}

/* --- switching ----------------------------------------------------------------------------------
 */

/* The sanitizer has to be told which stack comes, and that this one is left for good. */
#ifdef __SANITIZE_ADDRESS__
#define LEAVING(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define ARRIVED(save, bottom, size) __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define LEAVING(save, bottom, size) ((void)(save))
#define ARRIVED(save, bottom, size) ((void)(save))
#endif

static void enter(struct plat_task *t)
{
    void *save = NULL;
    t->below = running;
    running = t;
    LEAVING(&save, t->stack, PLAT_TASK_STACK);
    ENT_ASSERT(swapcontext(&t->back, &t->own) == 0);
    ARRIVED(save, NULL, NULL);
    running = t->below;
}

static void leave(struct plat_task *t)
{
    void *save = NULL;
    LEAVING(t->ended ? NULL : &save, t->back_stack, t->back_size);
    ENT_ASSERT(swapcontext(&t->own, &t->back) == 0);
    ARRIVED(save, &t->back_stack, &t->back_size);
}

static void begin(void)
{
    struct plat_task *t = running;
    ARRIVED(NULL, &t->back_stack, &t->back_size);
    t->fn(t->ctx);
    t->ended = true;
    leave(t);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static uint8_t *new_stack(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *map = mmap(NULL, PLAT_TASK_STACK + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (mprotect(map, page, PROT_NONE) != 0) {
        (void)munmap(map, PLAT_TASK_STACK + page);
        return NULL;
    }
    return map + page;
}

/* Whatever a request left on the stack goes back to the kernel with it. */
static void free_stack(uint8_t *stack)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(stack, PLAT_TASK_STACK);
#endif
    (void)munmap(stack - page, PLAT_TASK_STACK + page);
}

static void free_task(struct plat_task *t)
{
    if (t->timer)
        plat_timer_free(t->timer);
    if (t->stack)
        free_stack(t->stack);
    free(t);
}

static void resume(void *ctx)
{
    struct plat_task *t = ctx;
    enter(t);
    if (t->ended)
        free_task(t);
}

enum err plat_task_start(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct plat_task *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_NOMEM;
    t->loop = loop;
    t->fn = fn;
    t->ctx = ctx;
    t->timer = plat_timer_new(loop, resume, t);
    t->stack = new_stack();
    if (!t->timer || !t->stack || getcontext(&t->own) != 0) {
        free_task(t);
        return ERR_NOMEM;
    }
    t->own.uc_stack.ss_sp = t->stack;
    t->own.uc_stack.ss_size = PLAT_TASK_STACK;
    makecontext(&t->own, begin, 0);
    resume(t);
    return ERR_OK;
}

/* --- waiting ------------------------------------------------------------------------------------
 */

void plat_task_wait(void)
{
    struct plat_task *t = running;
    ENT_ASSERT(t);
    while (!t->woken)
        leave(t);
    t->woken = false;
    plat_timer_stop(t->timer);
}

void plat_task_wake(struct plat_task *t)
{
    t->woken = true;
    plat_timer_start(t->timer, 0, 0);
}

struct away {
    uv_work_t work;
    void (*fn)(void *ctx);
    void *ctx;
    struct plat_task *task;
};

static void work_away(uv_work_t *work)
{
    struct away *away = work->data;
    away->fn(away->ctx);
}

static void work_done(uv_work_t *work, int status)
{
    struct away *away = work->data;
    (void)status;
    plat_task_wake(away->task);
}

void plat_task_away(void (*fn)(void *ctx), void *ctx)
{
    struct away away = {.fn = fn, .ctx = ctx, .task = running};
    ENT_ASSERT(running);
    away.work.data = &away;
    if (uv_queue_work(plat_loop_uv(running->loop), &away.work, work_away, work_done) != 0)
        fn(ctx);
    else
        plat_task_wait();
}
