/*
 * Trusts: this side's half, its state, and what was proved of both.
 */
#include "auth/trust_facts.h"
#include "base/text.h"
#include "control/control_call.h"
#include "plat/clock.h"
#include "trust/trust_attributes.h"
#include "wire/ms/forest_info.h"

#define VERIFY_TIMEOUT   (20 * UTIME_SECOND) /* the peer gives up before */
#define DISCOVER_TIMEOUT (20 * UTIME_SECOND)

/* --- facts
 * ------------------------------------------------------------------------------------------- */

static const struct {
    const char *word; /* of the command line and the API */
    uint32_t value;
} directions[] = {
    {"outgoing", TRUST_OUTBOUND}, {"incoming", TRUST_INBOUND}, {"two-way", TRUST_BOTH}};

static uint32_t direction_value(struct span word)
{
    for (size_t i = 0; i < 3; i++) {
        if (span_eq(word, span_str(directions[i].word)))
            return directions[i].value;
    }
    return TRUST_DISABLED;
}

static const char *direction_word(uint32_t value)
{
    for (size_t i = 0; i < 3; i++) {
        if (directions[i].value == value)
            return directions[i].word;
    }
    return "disabled";
}

static enum err read_local(struct control_call *call, struct trust_local *out)
{
    struct dir_naming *naming = arena_new(call->a, struct dir_naming);
    if (!naming)
        return ERR_NOMEM;
    TRY(control_read(call));
    TRY(dir_naming(&call->snap, naming));
    return auth_trust_local(&call->snap, naming, call->a, out);
}

static enum err find_trust(struct control_call *call, struct trust *out)
{
    struct trust *list;
    unsigned count;
    struct span partner = control_arg(call, "partner");
    TRY(control_read(call));
    TRY(auth_trusts(&call->snap, call->a, &list, &count));
    if (partner.len && partner.ptr[partner.len - 1] == '.')
        partner.len--;
    const struct trust *found = auth_trust_named(list, count, partner);
    if (!found)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no trust with %.*s; entente trust list shows all",
                              SPAN_ARG(partner));
    *out = *found;
    out->dns_name = arena_dup_span(call->a, found->dns_name);
    out->flat_name = arena_dup_span(call->a, found->flat_name);
    return out->dns_name.ptr ? ERR_OK : ERR_NOMEM;
}

/* --- what is shown
 * ------------------------------------------------------------------------------------ */

static void add_state(struct control_call *call, const struct trust *t, json_t *into)
{
    const json_t *state = control_trust_state(call->directory, t->dns_name, false);
    const char *word = json_string_value(json_object_get(state, "state"));
    json_object_set_new(into, "state", json_string(word ? word : "Created"));
    static const char *const members[] = {"reason", "detail", "since"};
    for (size_t i = 0; i < 3; i++) {
        json_t *value = json_object_get(state, members[i]);
        if (value)
            json_object_set(into, members[i], value);
    }
}

static json_t *trust_json(struct control_call *call, const struct trust *t)
{
    json_t *into = json_object();
    bool forest = t->attributes & TRUST_FOREST_TRANSITIVE;
    char sid[SID_TEXT_SIZE];
    control_set_span(into, "partner", t->dns_name);
    control_set_span(into, "short_name", t->flat_name);
    json_object_set_new(into, "type", json_string(forest ? "forest" : "external"));
    json_object_set_new(into, "direction", json_string(direction_word(t->direction)));
    json_object_set_new(into, "selective_auth",
                        json_boolean(t->attributes & TRUST_CROSS_ORGANIZATION));
    if (t->sid.count) {
        sid_to_text(&t->sid, sid);
        json_object_set_new(into, "sid", json_string(sid));
    }
    add_state(call, t, into);
    return into;
}

/* The sentence that always goes with a direction, and what the other administrator chooses. */
static enum err add_sentence(struct control_call *call, const struct trust *t, json_t *into)
{
    struct trust_local local;
    struct span sentence;
    TRY(read_local(call, &local));
    TRY(trust_direction_sentence(t->direction, local.dns_name, t->dns_name, call->a, &sentence));
    control_set_span(into, "sentence", sentence);
    json_object_set_new(into, "other_side_chooses",
                        json_string(direction_word(trust_direction_complement(t->direction))));
    return ERR_OK;
}

enum err control_trust_list(struct control_call *call)
{
    struct trust *list;
    unsigned count;
    TRY(control_read(call));
    TRY(auth_trusts(&call->snap, call->a, &list, &count));
    call->result = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(call->result, trust_json(call, &list[i]));
    return ERR_OK;
}

enum err control_trust_show(struct control_call *call)
{
    struct trust t;
    TRY(find_trust(call, &t));
    json_decref(call->result);
    call->result = trust_json(call, &t);
    return add_sentence(call, &t, call->result);
}

/* --- state
 * --------------------------------------------------------------------------------------------- */

static enum err set_state(struct control_call *call, struct span partner, const char *state,
                          enum reason reason, struct span detail)
{
    json_t *entry = control_trust_state(call->directory, partner, true);
    struct event ev;
    char since[32];
    utime_to_iso(plat_now(), since);
    json_object_set_new(entry, "state", json_string(state));
    json_object_set_new(entry, "since", json_string(since));
    json_object_del(entry, "reason");
    json_object_del(entry, "detail");
    if (reason != REASON_NONE) {
        json_object_set_new(entry, "reason", json_string(reason_row(reason)->code));
        control_set_span(entry, "detail", detail);
    }
    event_init(&ev, plat_now(), "control.trust_state", reason);
    event_text(&ev, "partner", partner);
    event_text(&ev, "state", span_str(state));
    event_emit(call->control->env.events, &ev);
    return control_keep(call);
}

static void forget_state(struct control_call *call, struct span partner)
{
    json_t *trusts = json_object_get(call->directory->record, "trusts");
    for (size_t i = 0; i < json_array_size(trusts); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(trusts, i), "partner"));
        if (name && ascii_eq_fold(span_str(name), partner)) {
            json_array_remove(trusts, i);
            return;
        }
    }
}

/* --- the peer
 * ------------------------------------------------------------------------------------------- */

static enum err ask_peer(struct control_call *call, uint32_t type, struct span partner,
                         utime timeout, struct trust_report *out)
{
    struct plat_msg reply;
    if (!call->directory->peer)
        return control_refuse(call, 503, "PeerUnavailable", REASON_CONTROL_PEER_AWAY,
                              "the process that asks other forests is not running");
    control_read_end(call);
    enum err e = plat_channel_call(call->directory->peer, type, partner, timeout, call->a, &reply);
    if (e == ERR_TIMEOUT || e == ERR_CLOSED)
        return control_refuse(call, 503, "PeerUnavailable", REASON_CONTROL_PEER_AWAY,
                              "the process that asks other forests does not answer");
    TRY(e);
    return trust_report_decode(reply.payload, call->a, out);
}

static json_t *check_json(const struct trust_check *c)
{
    static const char *const halves[] = {"both", "incoming", "outgoing", "both"};
    json_t *row = json_object();
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

static struct span first_failure(const struct trust_report *report)
{
    for (unsigned i = 0; i < report->count; i++) {
        if (report->checks[i].status == TRUST_STATUS_FAIL)
            return report->checks[i].detail;
    }
    return SPAN_NONE;
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
                    bool info)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = t->dns_name};
    struct intent_reply reply;
    in.trust = (struct intent_trust){.dns_name = t->dns_name,
                                     .flat_name = t->flat_name,
                                     .sid = t->sid,
                                     .direction = t->direction,
                                     .type = t->type,
                                     .attributes = t->attributes,
                                     .enctypes = t->enctypes,
                                     .password = password};
    if (info && (t->attributes & TRUST_FOREST_TRANSITIVE))
        TRY(forest_info(call, t, &in.trust.forest_info));
    return control_intent(call, &in, &reply);
}

/* Proves, learns what was not known, and keeps the outcome as the trust's state. */
static enum err verify(struct control_call *call, struct trust *t, struct trust_report *report,
                       enum trust_status *verdict_out)
{
    enum reason reason;
    TRY(ask_peer(call, TRUST_MESSAGE_VERIFY, t->dns_name, VERIFY_TIMEOUT, report));
    TRY(find_trust(call, t)); /* it may have been changed or deleted meanwhile */
    if (t->sid.count == 0 && sid_is_domain(&report->sid)) {
        t->sid = report->sid;
        TRY(put(call, t, SPAN_NONE, true));
    }
    *verdict_out = trust_report_verdict(report, t->direction, &reason);
    if (*verdict_out == TRUST_STATUS_PASS)
        return set_state(call, t->dns_name, "Verified", REASON_NONE, SPAN_NONE);
    return set_state(call, t->dns_name, "VerifyFailed", reason, first_failure(report));
}

enum err control_trust_verify(struct control_call *call)
{
    struct trust t;
    struct trust_report report;
    enum trust_status verdict;
    TRY(find_trust(call, &t));
    TRY(verify(call, &t, &report, &verdict));
    call->result = json_array();
    for (unsigned i = 0; i < report.count; i++)
        json_array_append_new(call->result, check_json(&report.checks[i]));
    call->verdict = verdict == TRUST_STATUS_PASS   ? "pass"
                    : verdict == TRUST_STATUS_FAIL ? "fail"
                                                   : "unknown";
    return ERR_OK;
}

/* --- create, set, delete
 * ---------------------------------------------------------------------------------- */

static enum err find_flat_name(struct control_call *call, struct trust *t)
{
    struct trust_report report;
    t->flat_name = ascii_upper(call->a, control_arg(call, "short_name"));
    if (t->flat_name.len)
        return ERR_OK;
    TRY(ask_peer(call, TRUST_MESSAGE_DISCOVER, t->dns_name, DISCOVER_TIMEOUT, &report));
    if (report.flat_name.len) {
        t->flat_name = report.flat_name;
        return ERR_OK;
    }
    struct span why = first_failure(&report);
    return control_refuse(call, 400, "PartnerUnknown", REASON_TRUST_FLAT_NAME_UNKNOWN,
                          "the NetBIOS name of %.*s could not be found: %.*s",
                          SPAN_ARG(t->dns_name), SPAN_ARG(why));
}

static enum err describe(struct control_call *call, struct trust *t)
{
    struct span partner = ascii_lower(call->a, control_arg(call, "partner"));
    struct span sid = control_arg(call, "sid");
    bool external = span_eq(control_arg(call, "type"), SPAN_LIT("external"));
    if (partner.len && partner.ptr[partner.len - 1] == '.')
        partner.len--;
    *t = (struct trust){.dns_name = partner,
                        .type = TRUST_UPLEVEL,
                        .direction = direction_value(control_arg(call, "direction")),
                        .attributes = external ? TRUST_QUARANTINED : TRUST_FOREST_TRANSITIVE,
                        .enctypes = TRUST_ENC_AES};
    if (control_flag(call, "selective_auth"))
        t->attributes |= TRUST_CROSS_ORGANIZATION;
    if (sid.len && sid_from_text(sid, &t->sid) != ERR_OK)
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "sid: expected a domain's SID, S-1-5-21-...");
    return ERR_OK;
}

static enum err refuse_existing(struct control_call *call, struct span partner)
{
    struct trust *list;
    unsigned count;
    TRY(control_read(call));
    TRY(auth_trusts(&call->snap, call->a, &list, &count));
    if (!auth_trust_named(list, count, partner))
        return ERR_OK;
    return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                          "there is a trust with %.*s already", SPAN_ARG(partner));
}

static enum err create(struct control_call *call, struct trust *t)
{
    struct trust_report report;
    enum trust_status verdict;
    if (control_list(call, "forwarder"))
        TRY(control_forwarder_put(call, t->dns_name, control_list(call, "forwarder")));
    TRY(find_flat_name(call, t));
    TRY(put(call, t, control_arg(call, "password"), true));
    TRY(set_state(call, t->dns_name, "Created", REASON_NONE, SPAN_NONE));
    /* The other half may come later: a trust that cannot be proved yet is made all the same. */
    if (call->directory->peer)
        TRY(verify(call, t, &report, &verdict));
    return control_trust_show(call);
}

enum err control_trust_create(struct control_call *call)
{
    struct trust t;
    TRY(describe(call, &t));
    TRY(refuse_existing(call, t.dns_name));
    /* Between here and the writer's answer others are served, who may want the same. */
    char *partner = arena_dup_str(call->a, t.dns_name);
    json_t *making = call->directory->making;
    if (!partner)
        return ERR_NOMEM;
    if (json_object_get(making, partner))
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "a trust with %s is being made already", partner);
    json_object_set_new(making, partner, json_true());
    enum err e = create(call, &t);
    json_object_del(making, partner);
    return e;
}

enum err control_trust_set(struct control_call *call)
{
    struct trust t;
    const json_t *selective = json_object_get(call->args, "selective_auth");
    TRY(find_trust(call, &t));
    if (json_is_true(selective))
        t.attributes |= TRUST_CROSS_ORGANIZATION;
    else if (json_is_false(selective))
        t.attributes &= ~(uint32_t)TRUST_CROSS_ORGANIZATION;
    TRY(put(call, &t, control_arg(call, "password"), false));
    return control_trust_show(call);
}

enum err control_trust_delete(struct control_call *call)
{
    struct trust t;
    struct intent in = {.kind = INTENT_TRUST_DELETE};
    struct intent_reply reply;
    TRY(find_trust(call, &t));
    in.target = t.dns_name;
    TRY(control_intent(call, &in, &reply));
    forget_state(call, t.dns_name);
    if (!control_flag(call, "keep_forwarder")) {
        enum err e = control_forwarder_remove(call, t.dns_name);
        if (e != ERR_OK && !(e == ERR_REFUSED && call->status == 404))
            return e;
    }
    return control_keep(call);
}
