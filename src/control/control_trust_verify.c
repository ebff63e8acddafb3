#include "control/control_trusts.h"

#include "base/text.h"
#include "plat/clock.h"
#include "trust/trust_attributes.h"
#include "wire/ms/forest_info.h"

/* --- the report
 * -------------------------------------------------------------------------------------------
 */

static json_t *check_json(const struct trust_check *c)
{
    static const char *const halves[] = {"both", "incoming", "outgoing", "both"};
    json_t *row = json_object();
    control_set_span(row, "dc", c->dc);
    json_object_set_new(row, "side", json_string(halves[c->half & 3]));
    control_set_span(row, "server", c->server);
    json_object_set_new(row, "step", json_string(trust_step_name(c->step)));
    json_object_set_new(row, "status", json_string(trust_status_name(c->status)));
    control_set_span(row, "detail", c->detail);
    if (c->reason != REASON_NONE) {
        json_object_set_new(row, "reason", json_string(reason_row(c->reason)->code));
        json_object_set_new(row, "cause", json_string(reason_row(c->reason)->cause));
        json_object_set_new(row, "remedy", json_string(reason_row(c->reason)->remedy));
        json_object_set_new(row, "whose",
                            json_string(reason_side_name(reason_row(c->reason)->side)));
    }
    return row;
}

/* --- put
 * ------------------------------------------------------------------------------------------------
 */

/* A forest claims at least its own name; its own domain joins once its SID is known. */
static enum err forest_info(struct control_call *call, const struct trust *t, struct span *out)
{
    struct builder b;
    int64_t now = utime_to_filetime(plat_now());
    struct forest_record records[] = {
        {.type = FOREST_TLN, .time = now, .name = t->dns_name},
        {.type = FOREST_DOMAIN,
         .time = now,
         .name = t->dns_name,
         .flat_name = t->flat_name,
         .sid = t->sid},
    };
    builder_in(&b, call->a, FOREST_INFO_MAX);
    forest_info_put(&b, records, t->sid.count ? 2 : 1);
    return builder_done(&b, out);
}

static enum err put(struct control_call *call, const struct trust *t, struct span password,
                    bool info, unsigned flags)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .flags = flags, .target = t->dns_name};
    struct intent_reply reply;
    in.trust = (struct intent_trust){.dns_name = t->dns_name,
                                     .flat_name = t->flat_name,
                                     .sid = t->sid,
                                     .direction = t->direction,
                                     .type = t->type,
                                     .attributes = t->attributes,
                                     .enctypes = t->enctypes,
                                     .password = password,
                                     .usn = t->usn};
    if (info && (t->attributes & TRUST_FOREST_TRANSITIVE))
        TRY(forest_info(call, t, &in.trust.forest_info));
    return control_intent(call, &in, &reply);
}

enum err control_trust_put(struct control_call *call, const struct trust *t, struct span password,
                           bool info)
{
    return put(call, t, password, info, 0);
}

enum err control_trust_rename(struct control_call *call, const struct trust *t,
                              struct span password)
{
    return put(call, t, password, true, INTENT_FLAT_NAME);
}

/* What the partner's forest claims; the trust is proved whether or not it tells. */
static void refresh(struct control_call *call, struct trust *t)
{
    if ((t->direction & TRUST_OUTBOUND) && (t->attributes & TRUST_FOREST_TRANSITIVE))
        (void)control_trust_refresh(call, t);
}

/* Somebody else may change the trust at the same time, and have learned the SID or not. */
static enum err learn_sid(struct control_call *call, struct trust *t, const struct sid *sid)
{
    enum err e = ERR_OK;
    for (unsigned i = 0; i < CONTROL_TRUST_TRIES && t->sid.count == 0 && sid_is_domain(sid); i++) {
        t->sid = *sid;
        e = control_trust_put(call, t, SPAN_NONE, true);
        if (e != ERR_REFUSED || call->reason != REASON_DIR_TRUST_STALE)
            return e;
        TRY(control_trust_named(call, t->dns_name, t));
        if (t->sid.count)
            return ERR_OK;
    }
    return e;
}

/* Proves, learns what was not known, and keeps the outcome as the trust's state. */
static enum err prove(struct control_call *call, struct trust *t, bool background,
                      struct trust_report *report, enum trust_status *verdict_out)
{
    enum reason reason;
    TRY(control_trust_ask_name(call, t));
    TRY(control_trust_ask_peers(call, t->dns_name, report));
    TRY(control_trust_named(call, t->dns_name,
                            t)); /* it may have been changed or deleted meanwhile */
    TRY(learn_sid(call, t, &report->sid));
    *verdict_out = trust_report_verdict(report, t->direction, &reason);
    if (*verdict_out == TRUST_STATUS_PASS || *verdict_out == TRUST_STATUS_WARN) {
        enum err e = control_trust_set_state(call, t, "Verified", reason,
                                             control_trust_first(call, report, TRUST_STATUS_WARN),
                                             background);
        refresh(call, t);
        return e;
    }
    return control_trust_set_state(call, t, "VerifyFailed", reason,
                                   control_trust_first(call, report, TRUST_STATUS_FAIL),
                                   background);
}

static bool is_verified(struct control_directory *d, struct span partner)
{
    const char *state =
        json_string_value(json_object_get(control_trust_state(d, partner, false), "state"));
    return state && strcmp(state, "Verified") == 0;
}

/* The partner may be another directory of ours, whose half waits for what has just changed: each
 * side's KDC takes nobody from a partner whose SID it has not learned. */
static void other_half(struct control_call *call, const struct trust *t)
{
    struct span own = span_str(json_string_value(json_object_get(call->directory->record, "name")));
    struct control_directory *d = control_directory_named(call->control, t->dns_name);
    if (d && control_trust_state(d, own, false) && !is_verified(d, own) && control_peer(d, NULL))
        control_trust_check(call->control, d, own);
}

/* A trust turns Verified once, and learns the SID once: two halves that both fail do not wake each
 * other for ever. */
enum err control_trust_prove(struct control_call *call, struct trust *t, bool background,
                             struct trust_report *report, enum trust_status *verdict_out)
{
    bool known = t->sid.count > 0, was = is_verified(call->directory, t->dns_name);
    control_trust_hear_begun(call, t);
    TRY(prove(call, t, background, report, verdict_out));
    if ((!known && t->sid.count > 0) || (!was && is_verified(call->directory, t->dns_name)))
        other_half(call, t);
    return ERR_OK;
}

/* The trust is proved by those of our domain controllers that could be asked; that all of them
 * reach the partner is then not known. */
static bool complete(const struct trust_report *report)
{
    for (unsigned i = 0; i < report->count; i++) {
        if (report->checks[i].reason == REASON_CONTROL_PEER_AWAY)
            return false;
    }
    return true;
}

enum err control_trust_verify(struct control_call *call)
{
    struct trust t;
    struct trust_report report;
    enum trust_status verdict;
    TRY(control_trust_find(call, &t));
    TRY(control_trust_prove(call, &t, false, &report, &verdict));
    call->result = json_array();
    for (unsigned i = 0; i < report.count; i++)
        json_array_append_new(call->result, check_json(&report.checks[i]));
    if (verdict != TRUST_STATUS_FAIL && !complete(&report))
        verdict = TRUST_STATUS_UNKNOWN;
    call->verdict = trust_status_name(verdict);
    return ERR_OK;
}
