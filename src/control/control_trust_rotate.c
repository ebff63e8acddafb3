/*
 * The password of a trust's outgoing half is changed, by hand or when it is old; and what the
 * partner's forest claims is fetched.
 */
#include "control/control_trusts.h"

#include "base/text.h"
#include "plat/clock.h"
#include "trust/forest_merge.h"
#include "trust/trust_ask.h"
#include "wire/ms/forest_info.h"

#define TELL_TIMEOUT (2 * TRUST_CALL_TIMEOUT + 5 * UTIME_SECOND) /* a new channel, and one call */
#define CALL_TIMEOUT (TRUST_CALL_TIMEOUT + 5 * UTIME_SECOND)
#define ROTATE_DAYS  30 /* as Windows does ([MS-ADTS] 6.1.6.9.6.1) */

/* --- questions to the peer ----------------------------------------------------------------------
 */

/* The partner has our current password after that. */
static enum err tell(struct control_call *call, const struct trust *t, struct trust_told *out)
{
    struct span stub;
    TRY(control_trust_ask_stub(call, TRUST_MESSAGE_TELL, t, t->dns_name, TELL_TIMEOUT, &stub));
    TRY(trust_told_decode(stub, out));
    json_t *entry = control_trust_state(call->directory, t->dns_name, true);
    utime changed = utime_from_filetime(out->changed);
    json_object_set_new(entry, "password_changed", json_integer(changed));
    return ERR_OK;
}

/* --- the password -------------------------------------------------------------------------------
 */

static void report(struct control_call *call, const struct trust *t, const struct trust_told *told)
{
    struct event ev;
    event_init(&ev, plat_now(), "control.trust_rotated", REASON_NONE);
    event_text(&ev, "partner", t->dns_name);
    event_num(&ev, "version", told->version);
    event_emit(call->control->env.events, &ev);
}

/* First whatever was begun before: a new password pushes out the one before the last, which may be
 * the partner's. */
static enum err roll(struct control_call *call, const struct trust *t, struct trust_told *out)
{
    struct intent in = {.kind = INTENT_TRUST_ROLL, .target = t->dns_name};
    struct intent_reply reply;
    TRY(tell(call, t, out));
    if (!out->now) {
        in.trust.direction = TRUST_OUTBOUND;
        TRY(control_intent(call, &in, &reply));
        TRY(tell(call, t, out));
    }
    report(call, t, out);
    return control_keep(call);
}

enum err control_trust_rotate(struct control_call *call)
{
    struct trust t;
    struct trust_told told;
    TRY(control_trust_find(call, &t));
    if (!(t.direction & TRUST_OUTBOUND))
        return control_refuse(call, 400, "NotTrusting", REASON_DIR_TRUST_NO_HALF,
                              "the trust with %.*s is incoming: its password is changed there",
                              SPAN_ARG(t.dns_name));
    TRY(roll(call, &t, &told));
    TRY(control_trust_show(call));
    json_object_set_new(call->result, "password_version", json_integer(told.version));
    return ERR_OK;
}

static utime rotate_after(const struct control_call *call, const struct trust *t)
{
    const json_t *days =
        json_object_get(control_trust_state(call->directory, t->dns_name, false), "rotate_days");
    return (days ? json_integer_value(days) : ROTATE_DAYS) * 24 * UTIME_HOUR;
}

enum err control_trust_age(struct control_call *call, const struct trust *t)
{
    struct trust_told told;
    utime after = rotate_after(call, t);
    if (!(t->direction & TRUST_OUTBOUND))
        return ERR_OK;
    TRY(tell(call, t, &told));
    utime age = plat_now() - utime_from_filetime(told.changed);
    return after && age >= after ? roll(call, t, &told) : ERR_OK;
}

/* --- names --------------------------------------------------------------------------------------
 */

static bool same_records(const struct trust *t, const struct forest_record *records, unsigned count)
{
    bool same = t->record_count == count;
    for (unsigned i = 0; same && i < count; i++) {
        const struct forest_record *a = &t->records[i], *b = &records[i];
        same = a->type == b->type && a->flags == b->flags && a->time == b->time &&
               span_eq(a->name, b->name) && span_eq(a->flat_name, b->flat_name) &&
               span_eq(a->data, b->data) && (a->type != FOREST_DOMAIN || sid_eq(&a->sid, &b->sid));
    }
    return same;
}

static void report_new(struct control_call *call, const struct trust *t, unsigned waiting)
{
    struct event ev;
    event_init(&ev, plat_now(), "control.trust_names", REASON_NONE);
    event_text(&ev, "partner", t->dns_name);
    event_num(&ev, "new", waiting);
    event_emit(call->control->env.events, &ev);
}

static enum err merge(struct control_call *call, const struct trust *t,
                      const struct forest_told *told)
{
    struct trust now;
    struct forest_record *merged;
    unsigned count, waiting;
    TRY(control_trust_named(call, t->dns_name, &now)); /* as it is by now */
    TRY(trust_merge_forest_info(&now, told, call->a, &merged, &count, &waiting));
    if (same_records(&now, merged, count))
        return ERR_OK;
    TRY(control_trust_put_names(call, &now, merged, count));
    if (waiting)
        report_new(call, t, waiting);
    return ERR_OK;
}

enum err control_trust_refresh(struct control_call *call, const struct trust *t)
{
    struct span blob;
    struct forest_record *told_records;
    struct forest_told told = {.now = utime_to_filetime(plat_now())};
    enum err e = ERR_OK;
    TRY(control_trust_ask_stub(call, TRUST_MESSAGE_FOREST, t, t->dns_name, CALL_TIMEOUT, &blob));
    TRY(forest_info_decode(blob, call->a, &told_records, &told.count));
    told.records = told_records;
    for (unsigned i = 0; i < CONTROL_TRUST_TRIES; i++) {
        e = merge(call, t, &told);
        if (e != ERR_REFUSED || call->reason != REASON_DIR_TRUST_STALE)
            break;
    }
    return e;
}
