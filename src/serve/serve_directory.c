/*
 * A directory as the parent sees it: bound ports, a writer, and when that is ready the processes of
 * its domain controllers; and the links between them.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/files.h"
#include "serve/serve_parent.h"

#define DIRECTORY_MEMORY (256u << 10)

struct serve_directory *serve_directory_by_id(struct serve_parent *p, struct span id)
{
    for (struct serve_directory *d = p->directories; d; d = d->next) {
        if (span_eq(d->spec.id, id))
            return d;
    }
    return NULL;
}

/* The id becomes a folder's name: nothing but what control makes. */
static enum err make_folder(struct serve_directory *d, struct arena *a, const char **why_out)
{
    struct serve_parent *p = d->parent;
    snprintf(d->path, sizeof(d->path), "%s/%.*s", p->config->state_dir, SPAN_ARG(d->spec.id));
    snprintf(d->volatile_path, sizeof(d->volatile_path), "%s/%.*s.volatile", p->config->run_dir,
             SPAN_ARG(d->spec.id));
    if (plat_dir_make(d->path, 0750) != ERR_OK || chown(d->path, p->uid, p->gid) != 0) {
        *why_out = arena_printf(a, "%s cannot be made: %s", d->path, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

/* A directory that has no file yet gets one. */
static enum err need_master(struct serve_directory *d, struct arena *a, const char **why_out)
{
    char file[800];
    uint8_t master[SERVE_MASTER_SIZE];
    snprintf(file, sizeof(file), "%s/data.mdb", d->path);
    bool fresh = access(file, F_OK) != 0;
    enum err e = serve_masters_get(d->parent->masters, d->spec.id, fresh, master);
    mem_wipe(master, sizeof(master));
    if (e == ERR_OK)
        return ERR_OK;
    *why_out = e == ERR_NOT_FOUND
                   ? "its master key is not in the file masters; remedy: restore that "
                     "file from a backup"
                   : arena_printf(a, "the file masters cannot be written: %s",
                                  e == ERR_IO ? strerror(errno) : err_name(e));
    return e;
}

static enum err add_process(struct serve_directory *d, enum serve_role role, unsigned dc,
                            unsigned worker)
{
    if (d->process_count == SERVE_PROCESSES_MAX)
        return ERR_LIMIT;
    struct serve_process *process = serve_process_new(d->parent, d, role, dc, worker);
    if (!process)
        return ERR_NOMEM;
    d->process[d->process_count++] = process;
    return ERR_OK;
}

static enum err begin(struct serve_directory *d, struct arena *a, const char **why_out)
{
    *why_out = "no memory for another directory";
    TRY(make_folder(d, a, why_out));
    TRY(need_master(d, a, why_out));
    TRY(serve_bind(d, a, why_out));
    TRY(add_process(d, ROLE_WRITER, 0, 0));
    plat_child_start(d->process[0]->child);
    return ERR_OK;
}

static enum err new_directory(struct serve_parent *p, struct span payload,
                              struct serve_directory **out)
{
    struct serve_directory *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NOMEM;
    d->parent = p;
    d->audit_fd = d->relay_fd = -1;
    arena_init(&d->memory, 0, DIRECTORY_MEMORY, ARENA_WIPE);
    enum err e = control_spec_decode(arena_dup_span(&d->memory, payload), &d->spec);
    if (e == ERR_OK && (!control_id_ok(d->spec.id) || d->spec.dc_count == 0))
        e = ERR_RANGE;
    if (e == ERR_OK && serve_directory_by_id(p, d->spec.id))
        e = ERR_EXISTS;
    if (e != ERR_OK) {
        arena_fini(&d->memory);
        free(d);
        return e;
    }
    d->next = p->directories;
    p->directories = d;
    *out = d;
    return ERR_OK;
}

/* One that is starting for a control that died meanwhile: the new one is told how it ends. */
static bool adopt(struct serve_parent *p, struct span payload, uint32_t seq)
{
    struct control_spec spec;
    struct serve_directory *d = NULL;
    if (control_spec_decode(payload, &spec) == ERR_OK)
        d = serve_directory_by_id(p, spec.id);
    if (!d || !d->start_seq)
        return false;
    d->start_seq = seq;
    return true;
}

void serve_directory_start(struct serve_parent *p, struct span payload, uint32_t seq)
{
    struct serve_directory *d;
    const char *why = "";
    if (adopt(p, payload, seq))
        return;
    enum err e = new_directory(p, payload, &d);
    if (e != ERR_OK) {
        serve_answer_control(p, seq, e,
                             "the directory cannot be started: it runs already, or its "
                             "description is wrong");
        return;
    }
    d->start_seq = seq;
    e = begin(d, &p->scratch, &why);
    if (e != ERR_OK) {
        struct control_outcome outcome = {e, span_str(why)};
        serve_directory_failed(d, &outcome);
    }
    arena_reset(&p->scratch);
}

static void unlink_directory(struct serve_directory *d)
{
    struct serve_directory **at = &d->parent->directories;
    while (*at && *at != d)
        at = &(*at)->next;
    if (*at)
        *at = d->next;
}

void serve_directory_free(struct serve_directory *d)
{
    for (unsigned i = 0; i < d->process_count; i++)
        serve_process_free(d->process[i]);
    serve_unbind(d);
    unlink_directory(d);
    serve_audit_close(d);
    (void)unlink(d->volatile_path);
    arena_fini(&d->memory);
    free(d);
}

void serve_directory_failed(struct serve_directory *d, const struct control_outcome *outcome)
{
    char text[512];
    uint32_t seq = d->start_seq;
    snprintf(text, sizeof(text), "%.*s", SPAN_ARG(outcome->text));
    serve_log(d->parent, "serve.directory_failed", d->spec.id, text);
    d->start_seq = 0;
    serve_answer_control(d->parent, seq, outcome->err, text);
    serve_directory_free(d);
}

void serve_directory_stop(struct serve_parent *p, struct span id, uint32_t seq)
{
    struct serve_directory *d = serve_directory_by_id(p, id);
    if (d) {
        /* Whoever waits for its beginning need not until the time is over. */
        serve_answer_control(p, d->start_seq, ERR_STATE, "the directory was stopped meanwhile");
        serve_answer_control(p, d->dc_seq, ERR_STATE, "the directory was stopped meanwhile");
        serve_directory_free(d);
    }
    serve_answer_control(p, seq, ERR_OK, "");
}

enum err serve_directory_add_dc(struct serve_directory *d, unsigned dc)
{
    unsigned first = d->process_count;
    for (unsigned role = 0; role < ROLE__COUNT; role++) {
        if (!serve_role(role)->per_dc)
            continue;
        for (unsigned w = 0; w < serve_workers(d, role); w++)
            TRY(add_process(d, role, dc, w));
    }
    for (unsigned i = first; i < d->process_count; i++)
        plat_child_start(d->process[i]->child);
    return ERR_OK;
}

static enum err start_services(struct serve_directory *d)
{
    for (unsigned dc = 0; dc < d->spec.dc_count; dc++) {
        if (d->spec.dc[dc].host.len) /* one that has gone leaves its place empty */
            TRY(serve_directory_add_dc(d, dc));
    }
    return ERR_OK;
}

static bool all_ready(const struct serve_directory *d)
{
    for (unsigned i = 0; i < d->process_count; i++) {
        if (!d->process[i]->ready)
            return false;
    }
    return d->process_count > 1;
}

void serve_directory_ready(struct serve_directory *d, struct serve_process *process)
{
    if (process->role == ROLE_WRITER && d->process_count == 1) {
        /* The password did its work: it is in the directory now. */
        if (d->spec.admin_password.len)
            mem_wipe((void *)(uintptr_t)d->spec.admin_password.ptr, d->spec.admin_password.len);
        d->spec.admin_password = SPAN_NONE;
        if (start_services(d) != ERR_OK) {
            struct control_outcome outcome = {ERR_LIMIT, SPAN_LIT("too many processes")};
            serve_directory_failed(d, &outcome);
        }
        return;
    }
    if (d->start_seq && all_ready(d)) {
        serve_log(d->parent, "serve.directory_ready", d->spec.id, NULL);
        serve_answer_control(d->parent, d->start_seq, ERR_OK, "");
        d->start_seq = 0;
    }
    serve_dc_ready(d);
}

/* A channel between two children, one end to each. */
static void join(struct serve_process *from, uint32_t from_type, struct span from_payload,
                 struct serve_process *to, uint32_t to_type, struct span to_payload)
{
    int fds[2];
    if (!from->ready || !to->ready || !from->channel || !to->channel ||
        plat_channel_pair(fds) != ERR_OK)
        return;
    if (plat_channel_send(to->channel, to_type, to_payload, fds[1]) == ERR_OK)
        (void)plat_channel_send(from->channel, from_type, from_payload, fds[0]);
    close(fds[0]);
    close(fds[1]);
}

static void join_writer(struct serve_directory *d, struct serve_process *client)
{
    uint8_t role = (uint8_t)client->role;
    struct span said = span_of(&role, 1);
    if (client->role == ROLE_CONTROL)
        join(client, CONTROL_LINK_WRITER, d->spec.id, d->process[0], SERVE_LINK_CLIENT, said);
    else if (serve_role(client->role)->writes)
        join(client, SERVE_LINK_WRITER, SPAN_NONE, d->process[0], SERVE_LINK_CLIENT, said);
}

static struct serve_process *of_dc(struct serve_directory *d, enum serve_role role, unsigned dc)
{
    for (unsigned i = 0; i < d->process_count; i++) {
        if (d->process[i]->role == role && d->process[i]->dc == dc)
            return d->process[i];
    }
    return NULL;
}

/* A domain controller's RPC process asks its own peer. */
static void join_rpc(struct serve_directory *d, unsigned dc)
{
    struct serve_process *rpc = of_dc(d, ROLE_RPC, dc), *peer = of_dc(d, ROLE_PEER, dc);
    if (rpc && peer)
        join(rpc, SERVE_LINK_PEER, SPAN_NONE, peer, SERVE_LINK_RPC, SPAN_NONE);
}

/* Control asks the peer of each domain controller. */
static void join_peer(struct serve_directory *d, struct serve_process *peer)
{
    char whose[CONTROL_ID_MAX + 66];
    snprintf(whose, sizeof(whose), "%.*s/%.*s", SPAN_ARG(d->spec.id),
             SPAN_ARG(d->spec.dc[peer->dc].host));
    if (d->parent->control)
        join(d->parent->control, CONTROL_LINK_PEER, span_str(whose), peer, SERVE_LINK_CONTROL,
             SPAN_NONE);
}

static void join_peers(struct serve_directory *d)
{
    for (unsigned i = 0; i < d->process_count; i++) {
        if (d->process[i]->role == ROLE_PEER)
            join_peer(d, d->process[i]);
    }
}

void serve_directory_link(struct serve_directory *d, struct serve_process *process)
{
    if (process->role == ROLE_WRITER) {
        for (unsigned i = 1; i < d->process_count; i++)
            join_writer(d, d->process[i]);
        join_writer(d, d->parent->control);
    } else {
        join_writer(d, process);
    }
    serve_audit_give(d, process);
    if (process->role == ROLE_CONTROL)
        join_peers(d);
    if (process->role == ROLE_PEER)
        join_peer(d, process);
    if (process->role == ROLE_RPC || process->role == ROLE_PEER)
        join_rpc(d, process->dc);
}

void serve_service_link(struct serve_parent *p, const struct serve_process *process)
{
    for (struct serve_directory *d = p->directories; process->role == ROLE_NOTIFY && d; d = d->next)
        serve_audit_relay(d);
    if (p->notify && process != p->files)
        join(p->control, CONTROL_LINK_NOTIFY, SPAN_NONE, p->notify, SERVE_LINK_NOTIFY, SPAN_NONE);
    if (process != p->notify)
        join(p->control, CONTROL_LINK_FILES, SPAN_NONE, p->files, SERVE_LINK_FILES, SPAN_NONE);
}

void serve_directory_status(struct serve_parent *p, struct span id, uint32_t seq)
{
    struct serve_directory *d = serve_directory_by_id(p, id);
    struct control_process list[SERVE_PROCESSES_MAX];
    struct control_status status = {.process = list};
    struct span bytes;
    for (unsigned i = 0; d && i < d->process_count; i++) {
        struct serve_process *process = d->process[i];
        list[status.count++] =
            (struct control_process){.name = span_str(process->name),
                                     .pid = (uint32_t)plat_child_pid(process->child),
                                     .restarts = process->starts ? process->starts - 1 : 0,
                                     .ready = process->ready};
    }
    if (control_status_encode(&status, &p->scratch, &bytes) == ERR_OK && p->control->channel)
        (void)plat_channel_reply(p->control->channel, seq, CONTROL_STATUS, bytes, -1);
    arena_reset(&p->scratch);
}
