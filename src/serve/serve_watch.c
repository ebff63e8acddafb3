/*
 * What becomes of processes: control hears when a domain controller has lost one and has it again,
 * and one whose loop does not turn any more is ended, since it holds sockets that others would
 * serve.
 */
#include "plat/clock.h"
#include "serve/serve_parent.h"

#define WRITER CONTROL_DCS_MAX /* its index in serve_directory.down */

static void tell(struct serve_directory *d, unsigned index, const struct serve_process *missing)
{
    struct serve_parent *p = d->parent;
    struct control_health health = {.id = d->spec.id, .up = !missing};
    struct span bytes;
    if (index < WRITER)
        health.host = d->spec.dc[index].host;
    if (missing)
        health.text = span_str(missing->name);
    if (control_health_encode(&health, &p->scratch, &bytes) == ERR_OK && p->control->channel)
        (void)plat_channel_send(p->control->channel, CONTROL_HEALTH, bytes, -1);
    arena_reset(&p->scratch);
}

static const struct serve_process *missing_of(const struct serve_directory *d, unsigned index)
{
    for (unsigned i = 0; i < d->process_count; i++) {
        const struct serve_process *process = d->process[i];
        unsigned belongs = process->role == ROLE_WRITER ? WRITER : process->dc;
        if (belongs == index && !process->ready)
            return process;
    }
    return NULL;
}

void serve_watch_tell(struct serve_directory *d, bool all)
{
    if (!d->parent->control || !d->parent->control->ready || d->start_seq)
        return;
    for (unsigned i = 0; i <= WRITER; i++) {
        const struct serve_process *missing = missing_of(d, i);
        if ((i < WRITER && (i >= d->spec.dc_count || !d->spec.dc[i].host.len)) ||
            (d->dc_seq && i == d->dc_starting))
            continue;
        if (all || d->down[i] != !!missing)
            tell(d, i, missing);
        d->down[i] = missing;
    }
}

static void ponged(struct plat_call *call, enum err err, struct plat_msg *reply)
{
    struct serve_process *process =
        (struct serve_process *)((char *)call - offsetof(struct serve_process, pinging));
    struct event ev;
    (void)reply;
    process->pinged = false;
    if (err != ERR_TIMEOUT)
        return;
    event_init(&ev, plat_now(), "serve.hung", REASON_SERVE_PROCESS_HUNG);
    event_text(&ev, "process", span_str(process->name));
    event_emit(plat_eventlog_sink(process->parent->log), &ev);
    plat_child_restart(process->child);
}

static void ping(struct serve_process *process)
{
    if (!process->ready || process->pinged || !process->channel)
        return;
    process->pinging.done = ponged;
    process->pinged = plat_channel_start(process->channel, SERVE_PING, SPAN_NONE,
                                         SERVE_PING_TIMEOUT, &process->pinging) == ERR_OK;
}

static void ping_all(void *ctx)
{
    struct serve_parent *p = ctx;
    ping(p->control);
    if (p->notify)
        ping(p->notify);
    ping(p->files);
    for (struct serve_directory *d = p->directories; d; d = d->next) {
        for (unsigned i = 0; i < d->process_count; i++)
            ping(d->process[i]);
        serve_audit_look(d);
    }
}

enum err serve_watch_begin(struct serve_parent *p)
{
    p->pinger = plat_timer_new(p->loop, ping_all, p);
    if (!p->pinger)
        return ERR_NOMEM;
    plat_timer_start(p->pinger, SERVE_PING_PERIOD, SERVE_PING_PERIOD);
    return ERR_OK;
}
