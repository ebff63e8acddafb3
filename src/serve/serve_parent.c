/*
 * The parent's own life: prepare folders and the key file, bind the control socket, start control,
 * and end everything on a signal.
 */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/clock.h"
#include "plat/counters_share.h"
#include "plat/files.h"
#include "plat/net.h"
#include "plat/random.h"
#include "plat/sandbox.h"
#include "serve/serve_parent.h"

void serve_log(struct serve_parent *p, const char *event, struct span subject, const char *text)
{
    struct event ev;
    event_init(&ev, plat_now(), event, REASON_NONE);
    event_text(&ev, "subject", subject);
    if (text)
        event_text(&ev, "text", span_str(text));
    event_emit(plat_eventlog_sink(p->log), &ev);
    plat_eventlog_flush(p->log);
}

void serve_answer_control(struct serve_parent *p, uint32_t seq, enum err err, const char *text)
{
    struct control_outcome outcome = {.err = err, .text = span_str(text)};
    struct arena a;
    struct span bytes;
    if (seq == 0 || !p->control || !p->control->channel)
        return;
    arena_init(&a, 0, CONTROL_SPEC_MAX, 0);
    if (control_outcome_encode(&outcome, &a, &bytes) == ERR_OK)
        (void)plat_channel_reply(p->control->channel, seq, CONTROL_START, bytes, -1);
    arena_fini(&a);
}

/* Everything is sealed under these keys; without them a directory's secrets are lost. */
static void load_masters(struct serve_parent *p)
{
    const char *why;
    struct arena a;
    uint8_t of_keys[SERVE_MASTER_SIZE];
    arena_init(&a, 0, 1 << 20, ARENA_WIPE);
    if (!(p->masters = calloc(1, sizeof(*p->masters))))
        ent_fatal("no memory");
    if (serve_masters_load(p->config->state_dir, &a, p->masters, &why) != ERR_OK)
        ent_fatal("%s", why);
    if (serve_masters_get(p->masters, SPAN_LIT(SERVE_MASTER_OF_KEYS), true, of_keys) != ERR_OK)
        ent_fatal("%s/" SERVE_MASTERS_FILE " cannot be written: %s", p->config->state_dir,
                  strerror(errno));
    mem_wipe(of_keys, sizeof(of_keys));
    arena_fini(&a);
}

static void prepare_user(struct serve_parent *p)
{
    const char *name = p->config->user;
    p->uid = geteuid();
    p->gid = getegid();
    if (p->uid == 0 && plat_user_find(name, &p->uid, &p->gid) != ERR_OK)
        ent_fatal("there is no user %s for the services to run as; remedy: useradd --system %s, or "
                  "--user NAME",
                  name, name);
}

static void make_dir(struct serve_parent *p, const char *path, mode_t mode)
{
    if (plat_dir_make(path, mode) != ERR_OK)
        ent_fatal("%s cannot be made: %s", path, strerror(errno));
    if (chown(path, p->uid, p->gid) != 0)
        ent_fatal("%s cannot be given to %s: %s", path, p->config->user, strerror(errno));
}

/* Two services in one folder would undo each other: in the state's, each other's writes; in the
 * other, the newer one would take the control socket. The names differ because both may be one
 * folder. */
static void take_dir(const char *dir, const char *name, const char *option, int *fd_out)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    enum err e = plat_file_lock(path, fd_out);
    if (e == ERR_BUSY)
        ent_fatal("another entente serve uses %s; remedy: stop it, or give another %s", dir,
                  option);
    if (e != ERR_OK)
        ent_fatal("%s cannot be locked: %s", path, strerror(errno));
}

static void prepare_files(struct serve_parent *p)
{
    char path[600];
    make_dir(p, p->config->state_dir, 0755);
    make_dir(p, p->config->run_dir, 0755);
    take_dir(p->config->state_dir, "lock", "--state-dir", &p->state_lock_fd);
    take_dir(p->config->run_dir, "serve.lock", "--run-dir", &p->run_lock_fd);
    load_masters(p);
    snprintf(path, sizeof(path), "%s/" PLAT_COUNTERS_FOLDER, p->config->run_dir);
    make_dir(p, path, 0750);
    snprintf(path, sizeof(path), "%s/control.sock", p->config->run_dir);
    if (plat_unix_listen(path, 0600, &p->control_fd) != ERR_OK)
        ent_fatal("the control socket %s cannot be made: %s", path, strerror(errno));
}

/* Listening sockets may share a port (SO_REUSEPORT): another service's must not be joined. */
static bool port_taken(const struct plat_addr *at)
{
    int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return false;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool taken = bind(fd, &at->sa, plat_addr_len(at)) != 0;
    int why = errno;
    close(fd);
    errno = why;
    return taken;
}

int serve_listen(const char *setting, const struct plat_addr *at)
{
    char text[PLAT_ADDR_TEXT];
    int fd;
    if (port_taken(at) || plat_tcp_listen(at, &fd) != ERR_OK)
        ent_fatal("%s: %.*s cannot be bound: %s; remedy: give another port", setting,
                  SPAN_ARG(plat_addr_text(at, text)), strerror(errno));
    return fd;
}

static int bind_metrics(const char *text)
{
    struct plat_addr at;
    if (!*text)
        return -1;
    ENT_ASSERT(plat_addr_parse(span_str(text), 0, &at) == ERR_OK); /* serve_config.c looked */
    return serve_listen("metrics", &at);
}

static void stop(void *ctx, int signum)
{
    struct serve_parent *p = ctx;
    (void)signum;
    if (p->stopping)
        return;
    p->stopping = true;
    serve_log(p, "serve.stopping", SPAN_NONE, NULL);
    plat_supervisor_stop(p->supervisor, SERVE_GRACE);
}

/* What can change while the service runs is read again. */
static void reload(void *ctx, int signum)
{
    struct serve_parent *p = ctx;
    (void)signum;
    serve_api_renew(p);
    for (struct serve_directory *d = p->directories; d; d = d->next) {
        const struct serve_process *writer = d->process_count ? d->process[0] : NULL;
        if (writer && writer->ready && writer->channel)
            (void)plat_channel_send(writer->channel, SERVE_RENEW, SPAN_NONE, -1);
    }
}

static void begin(struct serve_parent *p)
{
    int log_fd;
    if (plat_eventlog_open(p->config->log, &p->log_fd) != ERR_OK || (log_fd = dup(p->log_fd)) < 0 ||
        plat_eventlog_new(p->loop, log_fd, "serve", &p->log) != ERR_OK)
        ent_fatal("the log %s cannot be opened: %s", p->config->log, strerror(errno));
    if (serve_log_is_text(p->config))
        plat_eventlog_text(p->log);
    prepare_user(p);
    prepare_files(p);
    serve_api_begin(p);
    p->metrics_fd = bind_metrics(p->config->metrics);
    p->supervisor = plat_supervisor_new(p->loop, &serve_supervisor_ops, p);
    if (!p->supervisor || !(p->control = serve_process_new(p, NULL, ROLE_CONTROL, 0, 0)))
        ent_fatal("no memory");
    if (serve_watch_begin(p) != ERR_OK)
        ent_fatal("no memory");
    if (!plat_confine_works())
        serve_log(
            p, "serve.unconfined", SPAN_NONE,
            "this kernel has no Landlock: a process that is taken over can open files of other "
            "directories");
    bool notifies = p->config->topics.count || p->config->collectors.count;
    if (!(p->files = serve_process_new(p, NULL, ROLE_FILES, 0, 0)) ||
        (notifies && !(p->notify = serve_process_new(p, NULL, ROLE_NOTIFY, 0, 0))))
        ent_fatal("no memory");
    plat_child_start(p->control->child);
    plat_child_start(p->files->child);
    if (p->notify)
        plat_child_start(p->notify->child);
}

static void end(struct serve_parent *p)
{
    plat_timer_free(p->pinger);
    while (p->directories)
        serve_directory_free(p->directories);
    serve_process_free(p->control);
    if (p->notify)
        serve_process_free(p->notify);
    serve_process_free(p->files);
    plat_supervisor_free(p->supervisor);
    mem_wipe(p->masters, sizeof(*p->masters));
    free(p->masters);
    arena_fini(&p->scratch);
    close(p->control_fd);
    if (p->metrics_fd >= 0)
        close(p->metrics_fd);
    serve_api_end(p);
    close(p->run_lock_fd);
    close(p->state_lock_fd);
    plat_eventlog_flush(p->log);
    plat_eventlog_free(p->log);
    close(p->log_fd);
}

int serve_parent_main(const struct serve_config *config)
{
    struct serve_parent p = {.config = config, .loop = plat_loop_new()};
    if (!p.loop)
        ent_fatal("no event loop");
    umask(0027);
    plat_process_many_fds(); /* each port of each domain controller is one */
    arena_init(&p.scratch, 0, 4 * SERVE_SETUP_MAX, ARENA_WIPE);
    begin(&p);
    struct plat_signal *on_term = plat_signal_new(p.loop, SIGTERM, stop, &p);
    struct plat_signal *on_int = plat_signal_new(p.loop, SIGINT, stop, &p);
    struct plat_signal *on_hup = plat_signal_new(p.loop, SIGHUP, reload, &p);
    serve_log(&p, "serve.started", span_str(config->state_dir), NULL);
    plat_loop_run(p.loop);
    plat_signal_free(on_term);
    plat_signal_free(on_int);
    plat_signal_free(on_hup);
    end(&p);
    plat_loop_free(p.loop);
    return 0;
}
