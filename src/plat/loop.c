#include "plat/loop_uv.h"

struct plat_loop {
    uv_loop_t uv;
    uv_timer_t turn; /* ends the wait of plat_loop_turn */
};

/* Each handle is freed by the loop, after libuv has let go of it. */
struct plat_timer {
    uv_timer_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

struct plat_poll {
    uv_poll_t uv;
    void (*fn)(void *ctx, unsigned events);
    void *ctx;
};

struct plat_signal {
    uv_signal_t uv;
    void (*fn)(void *ctx, int signum);
    void *ctx;
};

struct plat_hook {
    uv_prepare_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

static void free_closed(uv_handle_t *h)
{
    free(h->data);
}

/* data is the whole object: libuv's handle is its first member. */
static void release(void *handle)
{
    uv_handle_t *h = handle;
    if (!h)
        return;
    h->data = h;
    uv_close(h, free_closed);
}

struct plat_loop *plat_loop_new(void)
{
    struct plat_loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return NULL;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    uv_timer_init(&loop->uv, &loop->turn);
    uv_unref((uv_handle_t *)&loop->turn);
    return loop;
}

static void complain(uv_handle_t *h, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(h))
        fprintf(stderr, "entente: a %s outlives its loop\n", uv_handle_type_name(h->type));
}

void plat_loop_free(struct plat_loop *loop)
{
    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->turn, NULL);
    uv_walk(&loop->uv, complain, NULL);
    while (uv_loop_close(&loop->uv) == UV_EBUSY)
        ENT_ASSERT(uv_run(&loop->uv, UV_RUN_NOWAIT) == 0);
    free(loop);
}

void plat_loop_run(struct plat_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

static void end_turn(uv_timer_t *uv)
{
    (void)uv;
}

static uint64_t milliseconds(utime t)
{
    return t <= 0 ? 0 : ((uint64_t)t + 999) / 1000;
}

bool plat_loop_turn(struct plat_loop *loop, utime wait)
{
    if (wait <= 0)
        return uv_run(&loop->uv, UV_RUN_NOWAIT) != 0;
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->turn, end_turn, milliseconds(wait), 0);
    bool more = uv_run(&loop->uv, UV_RUN_ONCE) != 0;
    uv_timer_stop(&loop->turn);
    return more;
}

void plat_loop_stop(struct plat_loop *loop)
{
    uv_stop(&loop->uv);
}

struct uv_loop_s *plat_loop_uv(struct plat_loop *loop)
{
    return &loop->uv;
}

/* --- timers --- */

struct plat_timer *plat_timer_new(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct plat_timer *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    uv_timer_init(&loop->uv, &t->uv);
    t->fn = fn;
    t->ctx = ctx;
    return t;
}

static void on_timer(uv_timer_t *uv)
{
    struct plat_timer *t = (struct plat_timer *)uv;
    t->fn(t->ctx);
}

void plat_timer_start(struct plat_timer *t, utime after, utime repeat)
{
    uv_update_time(t->uv.loop); /* what ran before us in this turn may have taken long */
    uv_timer_start(&t->uv, on_timer, milliseconds(after), milliseconds(repeat));
}

void plat_timer_stop(struct plat_timer *t)
{
    uv_timer_stop(&t->uv);
}

void plat_timer_background(struct plat_timer *t)
{
    uv_unref((uv_handle_t *)&t->uv);
}

void plat_timer_free(struct plat_timer *t)
{
    release(t);
}

/* --- descriptors --- */

struct plat_poll *plat_poll_new(struct plat_loop *loop, int fd,
                                void (*fn)(void *ctx, unsigned events), void *ctx)
{
    struct plat_poll *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    if (uv_poll_init(&loop->uv, &p->uv, fd) != 0) {
        free(p);
        return NULL;
    }
    p->fn = fn;
    p->ctx = ctx;
    return p;
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct plat_poll *p = (struct plat_poll *)uv;
    unsigned what = status < 0 || (events & UV_DISCONNECT) ? PLAT_HANGUP : 0;
    what |= events & UV_READABLE ? PLAT_READABLE : 0;
    what |= events & UV_WRITABLE ? PLAT_WRITABLE : 0;
    p->fn(p->ctx, what);
}

void plat_poll_watch(struct plat_poll *p, unsigned events)
{
    int what =
        (events & PLAT_READABLE ? UV_READABLE : 0) | (events & PLAT_WRITABLE ? UV_WRITABLE : 0);
    if (what)
        uv_poll_start(&p->uv, what | UV_DISCONNECT, on_poll);
    else
        uv_poll_stop(&p->uv);
}

void plat_poll_free(struct plat_poll *p)
{
    release(p);
}

/* --- signals --- */

static void on_signal(uv_signal_t *uv, int signum)
{
    struct plat_signal *s = (struct plat_signal *)uv;
    s->fn(s->ctx, signum);
}

struct plat_signal *plat_signal_new(struct plat_loop *loop, int signum,
                                    void (*fn)(void *ctx, int signum), void *ctx)
{
    struct plat_signal *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    uv_signal_init(&loop->uv, &s->uv);
    uv_unref((uv_handle_t *)&s->uv);
    s->fn = fn;
    s->ctx = ctx;
    if (uv_signal_start(&s->uv, on_signal, signum) != 0) {
        release(s);
        return NULL;
    }
    return s;
}

void plat_signal_free(struct plat_signal *s)
{
    release(s);
}

/* --- hooks --- */

static void on_prepare(uv_prepare_t *uv)
{
    struct plat_hook *h = (struct plat_hook *)uv;
    h->fn(h->ctx);
}

struct plat_hook *plat_hook_new(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct plat_hook *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    uv_prepare_init(&loop->uv, &h->uv);
    uv_unref((uv_handle_t *)&h->uv);
    h->fn = fn;
    h->ctx = ctx;
    uv_prepare_start(&h->uv, on_prepare);
    return h;
}

void plat_hook_free(struct plat_hook *h)
{
    release(h);
}
