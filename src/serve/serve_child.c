/*
 * A child's life: find the parent's channel, wait for the configuration, open, give up, serve. It
 * ends when its parent does.
 */
#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "directory/intent.h"
#include "plat/counters_share.h"
#include "plat/process.h"
#include "plat/sandbox.h"
#include "serve/serve.h"

#define CHILD_MEMORY (1u << 20)
#define CHILD_FDS    16384

int serve_child_socket(uint16_t port, bool udp, unsigned index)
{
    char name[32];
    snprintf(name, sizeof(name), "%s%u-%u", udp ? "udp" : "tcp", port, index);
    return plat_process_fd(name);
}

const struct control_dc *serve_child_dc(const struct serve_child *child)
{
    return &child->setup.spec.dc[child->setup.dc];
}

struct span serve_child_site(const struct serve_child *child)
{
    struct span own = serve_child_dc(child)->site;
    return own.len ? own : child->setup.spec.site;
}

enum err serve_intent(void *ctx, const struct intent *in, struct arena *a, struct intent_reply *out)
{
    struct serve_child *child = ctx;
    struct span bytes;
    struct plat_msg reply;
    if (!child->writer)
        return ERR_CLOSED;
    TRY(intent_encode(in, a, &bytes));
    TRY(plat_channel_call(child->writer, INTENT_MESSAGE, bytes, SERVE_INTENT_TIMEOUT, a, &reply));
    return intent_reply_decode(reply.payload, a, out);
}

static void writer_gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct serve_child *child = ctx;
    (void)why;
    if (child->writer == ch)
        child->writer = NULL;
    plat_channel_free(ch);
}

/* The writer never speaks first. */
static void writer_spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    (void)msg;
    writer_gone(ctx, ch, ERR_MALFORMED);
}

static void link_writer(struct serve_child *child, int fd)
{
    static const struct plat_channel_ops ops = {.message = writer_spoke, .closed = writer_gone};
    if (child->writer)
        plat_channel_free(child->writer);
    child->writer = NULL;
    if (plat_channel_new(child->loop, fd, &ops, child, &child->writer) != ERR_OK)
        close(fd);
}

/* A span of the setup as a C string; it lives in the child's memory. */
static const char *text(struct serve_child *child, struct span s)
{
    return arena_dup_str(&child->memory, s);
}

static enum err open_directory(struct serve_child *child, const char **why_out)
{
    const struct serve_setup *s = &child->setup;
    struct dir_open_args args = {.path = text(child, s->path),
                                 .volatile_path = text(child, s->volatile_path),
                                 .keyring = s->keyring,
                                 .writable = child->role == ROLE_WRITER};
    if (s->path.len == 0 || child->role == ROLE_WRITER)
        return ERR_OK; /* control opens those it needs; the writer may have to make its own */
    enum err e = dir_open(&args, &child->dir);
    mem_wipe(&args.keyring, sizeof(args.keyring));
    if (e != ERR_OK)
        *why_out = dir_open_why(args.path, e, &child->memory);
    return e;
}

static enum err give_up_rights(struct serve_child *child, const char **why_out)
{
    const struct serve_setup *s = &child->setup;
    if (geteuid() == 0 && s->uid != 0) {
        *why_out = "the user cannot be changed";
        TRY(plat_drop_user(s->uid, s->gid));
        plat_process_die_with_parent();
    }
    *why_out = "the process cannot be hardened";
    return plat_harden(CHILD_FDS);
}

/* The folder of the authorities that the notifier believes: a newer file takes another's place. */
static const char *authorities_folder(struct serve_child *child)
{
    struct span path = child->setup.authorities;
    const uint8_t *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
    return text(child, slash ? span_sub(path, 0, (size_t)(slash - path.ptr)) : SPAN_NONE);
}

/* The files of its own directory, which only the writer changes, but for those of SYSVOL; control
 * has to do with those of all, and the notifier with none but the authorities that it believes.
 * What an administrator names is opened by one process that is told nothing else. An older kernel
 * has nothing for it: the parent says so. */
static enum err confine(struct serve_child *child)
{
    const struct serve_setup *s = &child->setup;
    const char *folder = text(child, s->path);
    struct plat_confines to = {{folder}, {NULL}};
    if (child->role == ROLE_FILES)
        return ERR_OK;
    if (child->role == ROLE_CONTROL)
        to = (struct plat_confines){{NULL},
                                    {text(child, s->state_path), text(child, s->volatile_path)}};
    else if (child->role == ROLE_NOTIFY)
        to.reads[0] = authorities_folder(child);
    else if (child->role == ROLE_WRITER)
        to.changes[0] = folder;
    else if (child->role == ROLE_RPC)
        to.changes[0] = arena_printf(&child->memory, "%s/sysvol", folder);
    if (arena_failed(&child->memory))
        return ERR_NOMEM;
    enum err e = plat_confine(&to);
    return e == ERR_UNSUPPORTED ? ERR_OK : e;
}

static enum err configure(struct serve_child *child, struct span payload, const char **why_out)
{
    struct span kept = arena_dup_span(&child->memory, payload);
    *why_out = "the setup cannot be read";
    TRY(serve_setup_decode(kept, &child->setup));
    if (child->setup.role != child->role)
        return ERR_MALFORMED;
    TRY(give_up_rights(child, why_out));
    TRY(open_directory(child, why_out));
    *why_out = "the role cannot begin";
    TRY(serve_role(child->role)->begin(child, why_out));
    *why_out = "the process cannot be kept to its directory's files";
    TRY(confine(child));
    *why_out = "the system call filter cannot be loaded";
    return plat_seccomp(serve_role(child->role)->calls, PLAT_SECCOMP_KILL);
}

/* Until the next one comes; a full disk loses these events, and nothing else. */
static void set_audit(struct serve_child *child, int fd, struct span form)
{
    const struct serve_role_row *row = serve_role(child->role);
    struct span domain = child->setup.spec.dns_name;
    char name[96], host[340];
    plat_eventlog_free(child->audit);
    child->audit = NULL;
    if (fd < 0)
        return;
    snprintf(name, sizeof(name), "%s%s%.*s", row->name, row->per_dc ? " " : "",
             row->per_dc ? (int)serve_child_dc(child)->host.len : 0,
             row->per_dc ? (const char *)serve_child_dc(child)->host.ptr : "");
    if (plat_eventlog_new(child->loop, fd, name, &child->audit) != ERR_OK) {
        close(fd);
        return;
    }
    snprintf(host, sizeof(host), "%.*s%s%.*s",
             row->per_dc ? (int)serve_child_dc(child)->host.len : 0,
             row->per_dc ? (const char *)serve_child_dc(child)->host.ptr : "",
             row->per_dc ? "." : "", SPAN_ARG(domain));
    bool local = span_eq(form, SPAN_LIT(SERVE_AUDIT_LOCAL));
    if (form.len && plat_eventlog_syslog(child->audit, host, local) != ERR_OK)
        set_audit(child, -1, SPAN_NONE);
}

static void write_event(void *ctx, const struct event *ev)
{
    const struct serve_child *child = ctx;
    counter_reason(ev->reason);
    event_emit(plat_eventlog_sink(child->log), ev);
    if (child->audit)
        event_emit(plat_eventlog_sink(child->audit), ev);
}

static void reply_outcome(struct plat_channel *ch, uint32_t seq, enum err err, const char *why)
{
    struct arena a;
    struct span bytes;
    struct control_outcome outcome = {.err = err, .text = span_str(err == ERR_OK ? "" : why)};
    arena_init(&a, 0, CONTROL_SPEC_MAX, 0);
    if (control_outcome_encode(&outcome, &a, &bytes) == ERR_OK)
        (void)plat_channel_reply(ch, seq, SERVE_CONFIGURE, bytes, -1);
    arena_fini(&a);
}

static void parent_spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct serve_child *child = ctx;
    const struct serve_role_row *row = serve_role(child->role);
    const char *why = "";
    if (msg->type == SERVE_CONFIGURE) {
        enum err e = child->setup.uid || child->setup.path.len
                         ? ERR_STATE
                         : configure(child, msg->payload, &why);
        plat_counters_memory();
        reply_outcome(ch, msg->seq, e, why);
    } else if (msg->type == SERVE_PING) {
        plat_counters_memory();
        (void)plat_channel_reply(ch, msg->seq, SERVE_PING, SPAN_NONE, -1);
    } else if (msg->type == SERVE_AUDIT) {
        set_audit(child, msg->fd >= 0 ? plat_msg_take_fd(msg) : -1, msg->payload);
    } else if (msg->type == SERVE_LINK_WRITER && msg->fd >= 0) {
        link_writer(child, plat_msg_take_fd(msg));
    } else if (row->linked && msg->fd >= 0) {
        row->linked(child, msg->type, msg->payload, plat_msg_take_fd(msg));
    } else if (row->told && child->state) {
        row->told(child, msg->type, msg->payload);
    }
}

static void parent_gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct serve_child *child = ctx;
    (void)ch, (void)why;
    plat_loop_stop(child->loop);
}

int serve_child_main(const char *role)
{
    static const struct plat_channel_ops ops = {.message = parent_spoke, .closed = parent_gone};
    struct serve_child *child = calloc(1, sizeof(*child));
    char component[64];
    plat_process_begin(role);
    if (!child || !(child->loop = plat_loop_new()))
        ent_fatal("%s: no memory", role);
    child->role = serve_role_by_name(span_str(role));
    if (child->role == ROLE__COUNT)
        ent_fatal("%s: no such role", role);
    arena_init(&child->memory, 0, CHILD_MEMORY, ARENA_WIPE);
    snprintf(component, sizeof(component), "%s", role);
    int parent = plat_process_fd("parent"), log = plat_process_fd("log");
    bool as_text = log < 0 && (log = plat_process_fd(SERVE_LOG_TEXT)) >= 0;
    if (parent < 0 || log < 0)
        ent_fatal("%s: this program is started by entente serve", role);
    if (plat_eventlog_new(child->loop, log, component, &child->log) != ERR_OK ||
        plat_channel_new(child->loop, parent, &ops, child, &child->parent) != ERR_OK)
        ent_fatal("%s: cannot begin", role);
    if (as_text)
        plat_eventlog_text(child->log);
    child->sink = (struct event_sink){write_event, child};
    child->events = &child->sink;
    if (plat_process_fd("counters") >= 0)
        (void)plat_counters_share(plat_process_fd("counters"));
    plat_loop_run(child->loop);
    plat_eventlog_flush(child->log);
    set_audit(child, -1, SPAN_NONE);
    return 0;
}
