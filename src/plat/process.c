/* The parent's side: children that are started, watched, restarted and stopped. */
#include "plat/process.h"

#include <signal.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/clock.h"
#include "plat/loop_uv.h"

#define DELAY_FIRST (50 * UTIME_SECOND / 1000)
#define DELAY_MAX   (5 * UTIME_SECOND)
#define LIFE_RESETS (10 * UTIME_SECOND)
#define FIRST_FD    3
#define ARGS_MAX    64
#define ENV_MAX     256

struct child_fd {
    char name[PLAT_CHILD_NAME_MAX + 1];
    int fd;
};

struct plat_child {
    uv_process_t uv;
    struct plat_supervisor *supervisor;
    struct plat_child *next;
    char name[PLAT_CHILD_NAME_MAX + 1];
    char *argv[ARGS_MAX + 1];
    struct child_fd fds[PLAT_CHILD_FDS_MAX];
    unsigned fd_count;
    struct plat_timer *timer; /* the next start, or the end of the grace */
    pid_t pid;
    bool closing; /* libuv has not let go of the last process yet */
    bool wanted;  /* to be running */
    bool leaving; /* to be freed when it has ended */
    utime started, delay;
};

struct plat_supervisor {
    struct plat_loop *loop;
    const struct plat_supervisor_ops *ops;
    void *ctx;
    struct plat_child *children;
    bool stopping;
};

static void free_child(struct plat_child *c)
{
    struct plat_supervisor *s = c->supervisor;
    for (struct plat_child **at = &s->children; *at; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            break;
        }
    plat_timer_free(c->timer);
    for (unsigned i = 0; c->argv[i]; i++)
        free(c->argv[i]);
    free(c);
    if (s->stopping && !s->children && s->ops->stopped)
        s->ops->stopped(s->ctx);
}

static void start(struct plat_child *c);

static void start_after(struct plat_child *c, utime lived)
{
    if (lived >= LIFE_RESETS)
        c->delay = 0;
    plat_timer_start(c->timer, c->delay, 0);
    c->delay = c->delay == 0 ? DELAY_FIRST : c->delay * 2;
    if (c->delay > DELAY_MAX)
        c->delay = DELAY_MAX;
}

static void on_released(uv_handle_t *h)
{
    struct plat_child *c = (struct plat_child *)h;
    c->closing = false;
    if (c->leaving)
        free_child(c);
    else if (c->wanted)
        start_after(c, plat_mono() - c->started);
}

static void tell_death(struct plat_child *c, int status, int signum)
{
    struct plat_supervisor *s = c->supervisor;
    utime lived = plat_mono() - c->started;
    if (!c->leaving && s->ops->died)
        s->ops->died(s->ctx, c, status, signum, lived >= LIFE_RESETS ? 0 : c->delay);
}

static void on_exit_of(uv_process_t *uv, int64_t status, int signum)
{
    struct plat_child *c = (struct plat_child *)uv;
    c->pid = 0;
    c->closing = true;
    plat_timer_stop(c->timer);
    tell_death(c, (int)status, signum);
    uv_close((uv_handle_t *)&c->uv, on_released);
}

static void on_timer(void *ctx)
{
    struct plat_child *c = ctx;
    if (c->pid && c->leaving)
        uv_process_kill(&c->uv, SIGKILL);
    else if (!c->pid && !c->closing && c->wanted)
        start(c);
}

/* "ENTENTE_FDS=name:3,name:4", in memory of the caller. */
static void describe_fds(const struct plat_child *c, char *out, size_t cap)
{
    size_t len = (size_t)snprintf(out, cap, "ENTENTE_FDS=");
    for (unsigned i = 0; i < c->fd_count && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s:%u", i ? "," : "", c->fds[i].name,
                                FIRST_FD + i);
    ENT_ASSERT(len < cap);
}

static void start(struct plat_child *c)
{
    extern char **environ;
    char fds[sizeof("ENTENTE_FDS=") + PLAT_CHILD_FDS_MAX * (PLAT_CHILD_NAME_MAX + 5)], parent[48];
    char *env[ENV_MAX];
    unsigned n = 0;
    uv_stdio_container_t stdio[FIRST_FD + PLAT_CHILD_FDS_MAX] = {{.flags = UV_IGNORE}};
    struct plat_supervisor *s = c->supervisor;

    if (s->ops->starting)
        s->ops->starting(s->ctx, c);
    for (char **e = environ; *e && n < ENV_MAX - 3; e++)
        if (strncmp(*e, "ENTENTE_FDS=", 12) != 0 && strncmp(*e, "ENTENTE_PARENT=", 15) != 0)
            env[n++] = *e;
    describe_fds(c, fds, sizeof(fds));
    snprintf(parent, sizeof(parent), "ENTENTE_PARENT=%d", (int)getpid());
    env[n++] = fds;
    env[n++] = parent;
    env[n] = NULL;
    stdio[1] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO};
    stdio[2] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO};
    for (unsigned i = 0; i < c->fd_count; i++)
        stdio[FIRST_FD + i] =
            (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = c->fds[i].fd};
    uv_process_options_t options = {.file = c->argv[0],
                                    .args = c->argv,
                                    .env = env,
                                    .exit_cb = on_exit_of,
                                    .stdio = stdio,
                                    .stdio_count = (int)(FIRST_FD + c->fd_count)};
    c->started = plat_mono();
    if (uv_spawn(plat_loop_uv(s->loop), &c->uv, &options) != 0) {
        c->closing = true;
        tell_death(c, 127, 0);
        uv_close((uv_handle_t *)&c->uv, on_released);
        return;
    }
    c->pid = c->uv.pid;
    if (s->ops->started)
        s->ops->started(s->ctx, c, c->pid);
}

struct plat_supervisor *plat_supervisor_new(struct plat_loop *loop,
                                            const struct plat_supervisor_ops *ops, void *ctx)
{
    struct plat_supervisor *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->loop = loop;
    s->ops = ops;
    s->ctx = ctx;
    return s;
}

void plat_supervisor_free(struct plat_supervisor *s)
{
    if (!s)
        return;
    s->stopping = false;
    while (s->children) {
        ENT_ASSERT(!s->children->pid && !s->children->closing);
        free_child(s->children);
    }
    free(s);
}

void plat_supervisor_stop(struct plat_supervisor *s, utime grace)
{
    s->stopping = true;
    if (!s->children && s->ops->stopped) {
        s->ops->stopped(s->ctx);
        return;
    }
    for (struct plat_child *c = s->children, *next; c; c = next) {
        next = c->next;
        plat_child_stop(c, grace);
    }
}

static bool copy_args(struct plat_child *c, const char *const *argv)
{
    unsigned n = 0;
    c->argv[n++] = strdup(argv[0] ? argv[0] : "/proc/self/exe");
    /* A program of our own has its arguments behind argv[0], which is NULL. */
    while (argv[n] && n < ARGS_MAX) {
        c->argv[n] = strdup(argv[n]);
        if (!c->argv[n++])
            return false;
    }
    return c->argv[0] && !argv[n];
}

struct plat_child *plat_child_new(struct plat_supervisor *s, const char *name,
                                  const char *const *argv)
{
    struct plat_child *c = calloc(1, sizeof(*c));
    size_t len = strlen(name);
    if (!c)
        return NULL;
    c->supervisor = s;
    c->next = s->children;
    s->children = c;
    memcpy(c->name, name, len < sizeof(c->name) ? len : sizeof(c->name) - 1);
    c->timer = plat_timer_new(s->loop, on_timer, c);
    if (!c->timer || !copy_args(c, argv)) {
        free_child(c);
        return NULL;
    }
    return c;
}

enum err plat_child_give(struct plat_child *c, const char *name, int fd)
{
    size_t len = strlen(name);
    if (len == 0 || len > PLAT_CHILD_NAME_MAX || strpbrk(name, ":,"))
        return ERR_RANGE;
    unsigned i = 0;
    while (i < c->fd_count && strcmp(c->fds[i].name, name) != 0)
        i++;
    if (i == PLAT_CHILD_FDS_MAX)
        return ERR_LIMIT;
    if (i == c->fd_count)
        c->fd_count++;
    memcpy(c->fds[i].name, name, len + 1);
    c->fds[i].fd = fd;
    return ERR_OK;
}

void plat_child_start(struct plat_child *c)
{
    c->wanted = true;
    if (!c->pid && !c->closing)
        start(c);
}

void plat_child_stop(struct plat_child *c, utime grace)
{
    c->wanted = false;
    c->leaving = true;
    if (c->pid) {
        uv_process_kill(&c->uv, SIGTERM);
        plat_timer_start(c->timer, grace, 0);
    } else if (!c->closing) {
        free_child(c);
    }
}

void plat_child_restart(struct plat_child *c)
{
    if (c->pid)
        uv_process_kill(&c->uv, SIGKILL);
}

const char *plat_child_name(const struct plat_child *c)
{
    return c->name;
}

pid_t plat_child_pid(const struct plat_child *c)
{
    return c->pid;
}
