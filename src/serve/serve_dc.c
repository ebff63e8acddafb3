/*
 * One domain controller of a directory that runs: its ports and processes come and go beside those
 * of the others. Its place in the description stays empty when it has gone, so that the others keep
 * their numbers.
 */
#include "base/text.h"
#include "serve/serve_parent.h"

static unsigned by_host(const struct serve_directory *d, struct span host)
{
    unsigned dc = 0;
    while (dc < d->spec.dc_count && !ascii_eq_fold(d->spec.dc[dc].host, host))
        dc++;
    return dc;
}

static struct span kept(struct serve_directory *d, struct span text)
{
    return arena_dup_span(&d->memory, text);
}

/* The first empty place, or a new one. */
static enum err take_place(struct serve_directory *d, const struct control_dc *in, unsigned *out)
{
    unsigned dc = by_host(d, SPAN_NONE);
    if (dc == CONTROL_DCS_MAX)
        return ERR_LIMIT;
    struct control_dc *to = &d->spec.dc[dc];
    *to = *in;
    to->host = kept(d, in->host);
    to->interface = kept(d, in->interface);
    to->site = kept(d, in->site);
    for (unsigned i = 0; i < in->address_count; i++)
        to->address[i] = kept(d, in->address[i]);
    if (arena_failed(&d->memory)) {
        *to = (struct control_dc){.host = SPAN_NONE};
        return ERR_NOMEM;
    }
    if (dc == d->spec.dc_count)
        d->spec.dc_count++;
    d->down[dc] = false;
    *out = dc;
    return ERR_OK;
}

static void leave_place(struct serve_directory *d, unsigned dc)
{
    unsigned left = 0;
    for (unsigned i = 0; i < d->process_count; i++) {
        if (serve_role(d->process[i]->role)->per_dc && d->process[i]->dc == dc)
            serve_process_free(d->process[i]);
        else
            d->process[left++] = d->process[i];
    }
    d->process_count = left;
    serve_unbind_dc(d, dc);
    d->spec.dc[dc] = (struct control_dc){.host = SPAN_NONE};
}

bool serve_dc_is_starting(const struct serve_directory *d, const struct serve_process *process)
{
    return d->dc_seq && serve_role(process->role)->per_dc && process->dc == d->dc_starting;
}

void serve_dc_failed(struct serve_directory *d, const struct control_outcome *outcome)
{
    char text[512];
    uint32_t seq = d->dc_seq;
    snprintf(text, sizeof(text), "%.*s", SPAN_ARG(outcome->text));
    serve_log(d->parent, "serve.dc_failed", d->spec.id, text);
    d->dc_seq = 0;
    leave_place(d, d->dc_starting);
    serve_answer_control(d->parent, seq, outcome->err, text);
}

void serve_dc_ready(struct serve_directory *d)
{
    for (unsigned i = 0; i < d->process_count; i++) {
        if (serve_dc_is_starting(d, d->process[i]) && !d->process[i]->ready)
            return;
    }
    if (!d->dc_seq)
        return;
    serve_answer_control(d->parent, d->dc_seq, ERR_OK, "");
    d->dc_seq = 0;
}

/* ERR_EXISTS: it runs, which is what a control that was restarted wants to hear. */
static enum err start(struct serve_parent *p, struct span payload, uint32_t seq,
                      const char **why_out)
{
    struct control_spec spec;
    unsigned dc;
    *why_out = "the directory does not run, or another of its domain controllers is starting";
    TRY(control_spec_decode(payload, &spec));
    struct serve_directory *d = serve_directory_by_id(p, spec.id);
    if (!d || spec.dc_count != 1 || d->start_seq || !spec.dc[0].host.len)
        return ERR_STATE;
    if (by_host(d, spec.dc[0].host) < d->spec.dc_count) {
        if (!d->dc_seq)
            return ERR_EXISTS;
        d->dc_seq = seq; /* the control that asked first has died */
        return ERR_OK;
    }
    if (d->dc_seq)
        return ERR_STATE;
    *why_out = "there are as many domain controllers as there may be";
    TRY(take_place(d, &spec.dc[0], &dc));
    enum err e = serve_bind_dc(d, dc, &p->scratch, why_out);
    if (e == ERR_OK) {
        *why_out = "too many processes";
        e = serve_directory_add_dc(d, dc);
    }
    if (e != ERR_OK) {
        leave_place(d, dc);
        return e;
    }
    d->dc_seq = seq;
    d->dc_starting = dc;
    return ERR_OK;
}

void serve_dc_start(struct serve_parent *p, struct span payload, uint32_t seq)
{
    const char *why = "";
    enum err e = start(p, payload, seq, &why);
    if (e != ERR_OK)
        serve_answer_control(p, seq, e, why);
    arena_reset(&p->scratch);
}

void serve_dc_stop(struct serve_parent *p, struct span payload, uint32_t seq)
{
    struct control_spec spec;
    struct serve_directory *d = NULL;
    if (control_spec_decode(payload, &spec) == ERR_OK && spec.dc_count == 1)
        d = serve_directory_by_id(p, spec.id);
    unsigned dc = d ? by_host(d, spec.dc[0].host) : 0;
    if (d && spec.dc[0].host.len && dc < d->spec.dc_count) {
        if (d->dc_seq && d->dc_starting == dc) {
            serve_answer_control(p, d->dc_seq, ERR_STATE, "it was stopped meanwhile");
            d->dc_seq = 0;
        }
        leave_place(d, dc);
    }
    serve_answer_control(p, seq, ERR_OK, "");
}

static bool given(const struct control_spec *spec, struct span host)
{
    for (unsigned i = 0; i < spec->dc_count; i++) {
        if (ascii_eq_fold(spec->dc[i].host, host))
            return true;
    }
    return false;
}

/* The writer begins first, alone, as at the first start; the others follow when it is ready. Ports
 * stay bound meanwhile, so what arrives waits. */
void serve_dc_restart(struct serve_parent *p, struct span payload, uint32_t seq)
{
    struct control_spec spec;
    struct serve_directory *d = NULL;
    if (control_spec_decode(payload, &spec) == ERR_OK)
        d = serve_directory_by_id(p, spec.id);
    if (!d) {
        serve_answer_control(p, seq, ERR_NOT_FOUND, "the directory does not run");
        return;
    }
    if (d->start_seq) { /* of a control that died */
        d->start_seq = seq;
        return;
    }
    serve_answer_control(p, d->dc_seq, ERR_STATE, "the directory starts again");
    d->start_seq = seq;
    d->dc_seq = 0;
    d->again = true;
    for (unsigned i = 1; i < d->process_count; i++)
        serve_process_free(d->process[i]);
    d->process_count = 1;
    for (unsigned dc = 0; dc < d->spec.dc_count; dc++) {
        if (d->spec.dc[dc].host.len && !given(&spec, d->spec.dc[dc].host))
            leave_place(d, dc);
    }
    d->process[0]->ready = false;
    plat_child_restart(d->process[0]->child);
}
