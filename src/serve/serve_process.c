/*
 * One child as its parent sees it: made, started with a fresh channel, configured, linked, and all
 * of that again when it died.
 */
#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/clock.h"
#include "plat/counters_share.h"
#include "serve/serve_parent.h"

#define CONFIGURE_TIMEOUT (30 * UTIME_SECOND)

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg);

static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct serve_process *process = ctx;
    (void)why;
    if (process->channel == ch)
        process->channel = NULL;
    process->ready = false;
    plat_channel_free(ch);
    if (process->directory)
        serve_watch_tell(process->directory, false);
}

static const struct plat_channel_ops channel_ops = {.message = spoke, .closed = gone};

static void new_key_file(struct serve_parent *p, uint32_t seq)
{
    enum err e = serve_masters_rotate(p->masters);
    const char *why = e == ERR_IO ? strerror(errno) : err_name(e);
    serve_log(p, e == ERR_OK ? "serve.key_file" : "serve.key_file_failed", SPAN_NONE,
              e == ERR_OK ? NULL : why);
    serve_answer_control(p, seq, e, e == ERR_OK ? "" : why);
}

/* Only control asks anything of the parent. */
static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct serve_process *process = ctx;
    struct serve_parent *p = process->parent;
    (void)ch;
    if (process->role != ROLE_CONTROL || msg->seq == 0)
        return;
    switch (msg->type) {
    case CONTROL_START:
        serve_directory_start(p, msg->payload, msg->seq);
        break;
    case CONTROL_STOP:
        serve_directory_stop(p, msg->payload, msg->seq);
        break;
    case CONTROL_DC_START:
        serve_dc_start(p, msg->payload, msg->seq);
        break;
    case CONTROL_DC_STOP:
        serve_dc_stop(p, msg->payload, msg->seq);
        break;
    case CONTROL_RESTART:
        serve_dc_restart(p, msg->payload, msg->seq);
        break;
    case CONTROL_LOG:
        serve_audit_set(p, msg->payload, msg->seq);
        break;
    case CONTROL_NEW_KEY:
        new_key_file(p, msg->seq);
        break;
    case CONTROL_STATUS:
        serve_directory_status(p, msg->payload, msg->seq);
        break;
    default:
        serve_answer_control(p, msg->seq, ERR_UNSUPPORTED, "unknown message");
    }
}

static void configured(struct plat_call *call, enum err err, struct plat_msg *reply)
{
    struct serve_process *process =
        (struct serve_process *)((char *)call - offsetof(struct serve_process, configuring));
    struct control_outcome outcome = {.err = err, .text = SPAN_LIT("the process does not answer")};
    if (err == ERR_OK && control_outcome_decode(reply->payload, &outcome) != ERR_OK)
        outcome.err = ERR_MALFORMED;
    if (err == ERR_CLOSED)
        return; /* it died: the supervisor starts it again */
    serve_process_configured(process, &outcome);
}

/* Each directory has a master key of its own, so that nothing sealed in one directory opens in
 * another. It was drawn when the directory began. */
static void derive_keys(const struct serve_parent *p, struct span id, unsigned stores,
                        struct dir_keyring *out)
{
    uint8_t master[SERVE_MASTER_SIZE];
    if (serve_masters_get(p->masters, id, false, master) == ERR_OK)
        dir_keyring_derive(master, stores, out);
    mem_wipe(master, sizeof(master));
}

static void configure(struct serve_process *process)
{
    struct serve_parent *p = process->parent;
    struct serve_directory *d = process->directory;
    const struct serve_role_row *row = serve_role(process->role);
    struct serve_setup setup = {.role = (uint8_t)process->role,
                                .uid = p->uid,
                                .gid = p->gid,
                                .dc = (uint8_t)process->dc,
                                .volatile_path = span_str(p->config->run_dir),
                                .state_path = span_str(p->config->state_dir)};
    struct arena a;
    struct span bytes;
    arena_init(&a, 0, SERVE_SETUP_MAX * 2, ARENA_WIPE);
    if (!d)
        setup.topics = p->config->topics;
    if (process->role == ROLE_NOTIFY)
        setup.authorities = span_str(p->config->topic_authorities);
    if (process->role == ROLE_CONTROL) {
        setup.pools = p->config->pools.count ? p->config->pools : control_pools_default;
        setup.api_identity = p->api_identity;
    }
    if (d) {
        setup.spec = d->spec;
        if (process->role != ROLE_WRITER)
            setup.spec.admin_password = SPAN_NONE;
        setup.path = span_str(d->path);
        setup.volatile_path = span_str(d->volatile_path);
    }
    /* Control's key seals the secrets of access keys; no directory is called so. */
    if (d)
        derive_keys(p, d->spec.id, row->secrets, &setup.keyring);
    else if (process->role == ROLE_CONTROL)
        derive_keys(p, SPAN_LIT(SERVE_MASTER_OF_KEYS), 1u << DIR_SECRET_SERVICE, &setup.keyring);
    if (serve_setup_encode(&setup, &a, &bytes) == ERR_OK) {
        process->configuring.done = configured;
        (void)plat_channel_start(process->channel, SERVE_CONFIGURE, bytes, CONFIGURE_TIMEOUT,
                                 &process->configuring);
    }
    mem_wipe(&setup.keyring, sizeof(setup.keyring));
    arena_fini(&a);
}

static struct serve_process *process_of(struct serve_parent *p, const struct plat_child *child)
{
    if (p->control && p->control->child == child)
        return p->control;
    if (p->notify && p->notify->child == child)
        return p->notify;
    if (p->files && p->files->child == child)
        return p->files;
    for (struct serve_directory *d = p->directories; d; d = d->next) {
        for (unsigned i = 0; i < d->process_count; i++) {
            if (d->process[i]->child == child)
                return d->process[i];
        }
    }
    return NULL;
}

/* About to start: a channel of its own. */
static void starting(void *ctx, struct plat_child *child)
{
    struct serve_process *process = process_of(ctx, child);
    int fds[2];
    if (process->channel)
        plat_channel_free(process->channel);
    process->channel = NULL;
    process->ready = false;
    if (plat_channel_pair(fds) != ERR_OK)
        return;
    if (plat_channel_new(process->parent->loop, fds[0], &channel_ops, process, &process->channel) !=
        ERR_OK) {
        close(fds[0]);
        close(fds[1]);
        return;
    }
    (void)plat_child_give(child, "parent", fds[1]);
    process->other_end = fds[1];
}

static void started(void *ctx, struct plat_child *child, pid_t pid)
{
    struct serve_process *process = process_of(ctx, child);
    (void)pid;
    if (process->other_end >= 0)
        close(process->other_end);
    process->other_end = -1;
    process->starts++;
    if (process->channel)
        configure(process);
}

static void died(void *ctx, struct plat_child *child, int status, int signum, utime delay)
{
    struct serve_parent *p = ctx;
    struct serve_process *process = process_of(p, child);
    struct event ev;
    event_init(&ev, plat_now(), "serve.died", REASON_SERVE_PROCESS_DIED);
    event_text(&ev, "process", span_str(process->name));
    event_num(&ev, signum ? "signal" : "status", signum ? signum : status);
    event_num(&ev, "restart_ms", delay / 1000);
    event_emit(plat_eventlog_sink(p->log), &ev);
    process->ready = false;
    if (process->directory)
        serve_watch_tell(process->directory, false);
    if (process->directory && process->role == ROLE_WRITER && process->starts == 1 &&
        process->directory->start_seq && !process->directory->again) {
        struct control_outcome outcome = {ERR_STATE, SPAN_LIT("the writer died while it began")};
        serve_directory_failed(process->directory, &outcome);
    }
}

static void stopped(void *ctx)
{
    struct serve_parent *p = ctx;
    plat_loop_stop(p->loop);
}

const struct plat_supervisor_ops serve_supervisor_ops = {
    .starting = starting, .started = started, .died = died, .stopped = stopped};

void serve_process_configured(struct serve_process *process, const struct control_outcome *outcome)
{
    struct serve_parent *p = process->parent;
    if (outcome->err == ERR_OK) {
        process->ready = true;
        if (process->directory) {
            serve_directory_link(process->directory, process);
            serve_watch_tell(process->directory, false);
            serve_directory_ready(process->directory, process);
        } else {
            serve_service_link(p, process);
            for (struct serve_directory *d = p->directories; process->role == ROLE_CONTROL && d;
                 d = d->next) {
                serve_directory_link(d, process);
                serve_watch_tell(d, true);
            }
        }
        return;
    }
    serve_log(p, "serve.refused", span_str(process->name),
              arena_dup_str(&p->scratch, outcome->text));
    arena_reset(&p->scratch);
    if (process->directory && process->directory->start_seq)
        serve_directory_failed(process->directory, outcome);
    else if (process->directory && serve_dc_is_starting(process->directory, process))
        serve_dc_failed(process->directory, outcome);
    else
        plat_child_restart(process->child);
}

static void name_process(struct serve_process *process)
{
    const struct serve_directory *d = process->directory;
    const char *role = serve_role(process->role)->name;
    if (!d)
        snprintf(process->name, sizeof(process->name), "%s", role);
    else if (!serve_role(process->role)->per_dc)
        snprintf(process->name, sizeof(process->name), "%s %.*s", role, SPAN_ARG(d->spec.id));
    else if (serve_workers(d, process->role) == 1)
        snprintf(process->name, sizeof(process->name), "%s %.*s/%.*s", role, SPAN_ARG(d->spec.id),
                 SPAN_ARG(d->spec.dc[process->dc].host));
    else
        snprintf(process->name, sizeof(process->name), "%s %.*s/%.*s-%u", role,
                 SPAN_ARG(d->spec.id), SPAN_ARG(d->spec.dc[process->dc].host), process->worker + 1);
}

/* Without them it serves all the same, and is missing in the metrics. */
static void give_counters(struct serve_process *process)
{
    const struct serve_parent *p = process->parent;
    char path[700];
    if (plat_counters_path(p->config->run_dir, span_str(process->name), path, sizeof(path)) !=
            ERR_OK ||
        plat_counters_make(path, p->uid, p->gid, &process->counters_fd) != ERR_OK)
        return;
    (void)plat_child_give(process->child, "counters", process->counters_fd);
}

static void forget_counters(const struct serve_process *process)
{
    char path[700];
    if (process->counters_fd < 0)
        return;
    close(process->counters_fd);
    if (plat_counters_path(process->parent->config->run_dir, span_str(process->name), path,
                           sizeof(path)) == ERR_OK)
        (void)unlink(path);
}

struct serve_process *serve_process_new(struct serve_parent *p, struct serve_directory *d,
                                        enum serve_role role, unsigned dc, unsigned worker)
{
    struct serve_process *process = calloc(1, sizeof(*process));
    const char *argv[] = {NULL, "--child", serve_role(role)->name, NULL};
    if (!process)
        return NULL;
    process->parent = p;
    process->directory = d;
    process->role = role;
    process->dc = dc;
    process->worker = worker;
    process->other_end = process->counters_fd = -1;
    name_process(process);
    process->child = plat_child_new(p->supervisor, process->name, argv);
    if (!process->child) {
        free(process);
        return NULL;
    }
    (void)plat_child_give(process->child, serve_log_is_text(p->config) ? SERVE_LOG_TEXT : "log",
                          p->log_fd);
    give_counters(process);
    if (d && serve_role(role)->per_dc)
        serve_give_sockets(process);
    if (role == ROLE_CONTROL)
        (void)plat_child_give(process->child, "control", p->control_fd);
    if (role == ROLE_CONTROL && p->api_fd >= 0)
        (void)plat_child_give(process->child, "api", p->api_fd);
    if (role == ROLE_CONTROL && p->metrics_fd >= 0)
        (void)plat_child_give(process->child, "metrics", p->metrics_fd);
    return process;
}

void serve_process_free(struct serve_process *process)
{
    /* When the whole service stops, the supervisor has ended and freed the children already. */
    if (!process->parent->stopping)
        plat_child_stop(process->child, SERVE_GRACE);
    if (process->channel)
        plat_channel_free(process->channel);
    forget_counters(process);
    free(process);
}
