/*
 * The outgoing half once more, by NETLOGON: a secure channel to each of the partner's domain
 * controllers, while the proofs by Kerberos go on. What runs in tasks does not end when a run is
 * cancelled, so it has memory of its own.
 */
#include "base/text.h"
#include "peer/peer_channel.h"
#include "peer/peer_run.h"
#include "trust/trust_attributes.h"

struct peer_channel_step {
    struct peer_run *run; /* NULL: cancelled */
    struct peer_channels *channels;
    char partner[PEER_NAME_MAX + 1];
    utime deadline;
    struct peer_dcs dcs;
    struct peer_failure outcome[PEER_DCS_MAX];
};
_Static_assert(PEER_DCS_MAX >= PEER_KDCS_MAX, "a channel to each");

/* A partner that has no NETLOGON is no worse for Kerberos, which is proved apart. */
static enum trust_status status_of(const struct peer_failure *f)
{
    if (f->status == PEER_OK)
        return TRUST_STATUS_PASS;
    return f->reason == REASON_CHANNEL_NOT_OFFERED ? TRUST_STATUS_UNKNOWN : TRUST_STATUS_FAIL;
}

static void tell_one(struct peer_run *r, unsigned i, const struct peer_failure *f)
{
    const char *proved = "NETLOGON answers over a channel that is made of the trust password";
    struct trust_check *row = &r->channel_row[r->channel_rows++];
    *row = (struct trust_check){.half = TRUST_OUTBOUND,
                                .step = TRUST_STEP_CHANNEL,
                                .status = status_of(f),
                                .reason = f->reason,
                                .server = r->kdc[i].label,
                                .detail =
                                    arena_dup_span(r->a, span_str(f->status ? f->detail : proved))};
}

static void prove(void *ctx)
{
    struct peer_channel_step *step = ctx;
    enum err e = peer_channel_prove(step->channels, span_str(step->partner), &step->dcs,
                                    step->outcome, step->deadline);
    struct peer_run *r = step->run;
    struct peer_failure busy;
    (void)peer_fail(&busy, PEER_NO_MEMORY, REASON_SERVER_BUSY, "the peer has too much to do");
    for (unsigned i = 0; r && i < step->dcs.count; i++)
        tell_one(r, i, e == ERR_OK ? &step->outcome[i] : &busy);
    if (r) {
        r->channel_step = NULL;
        peer_one_less(r);
    }
    free(step);
}

void peer_begin_channels(struct peer_run *r)
{
    struct peer_channel_step *step = calloc(1, sizeof(*step));
    if (!step)
        ent_fatal("the peer has no memory for a question");
    step->run = r;
    step->channels = r->env->channels;
    step->deadline = plat_mono() + peer_patience(r, PEER_ANSWER_TIMEOUT);
    snprintf(step->partner, sizeof(step->partner), "%.*s", SPAN_ARG(r->partner));
    for (unsigned i = 0; i < r->kdc_count; i++) {
        struct peer_dc *dc = &step->dcs.list[step->dcs.count++];
        dc->addr = r->kdc[i].addr;
        plat_addr_set_port(&dc->addr, PEER_MAPPER_PORT);
        snprintf(dc->host, sizeof(dc->host), "%.*s", SPAN_ARG(r->kdc[i].host));
    }
    r->channel_step = step;
    r->pending++;
    if (plat_task_start(r->env->loop, prove, step) != ERR_OK)
        ent_fatal("the peer has no memory for a question");
}

void peer_cancel_channels(struct peer_run *r)
{
    if (r->channel_step)
        r->channel_step->run = NULL;
}
