/*
 * Trusts are made, changed and deleted.
 */
#include "control/control_trusts.h"

#include "base/text.h"
#include "trust/trust_attributes.h"

#define DISCOVER_TIMEOUT (20 * UTIME_SECOND)
#define DISCOVER_NO_WAIT (3 * UTIME_SECOND)

static enum err find_flat_name(struct control_call *call, struct trust *t, bool *guessed_out)
{
    struct trust_report report;
    t->flat_name = ascii_upper(call->a, control_arg(call, "short_name"));
    if (t->flat_name.len)
        return ERR_OK;
    TRY(control_trust_ask_peer(call, TRUST_MESSAGE_DISCOVER, t->dns_name,
                               control_flag(call, "no_wait") ? DISCOVER_NO_WAIT : DISCOVER_TIMEOUT,
                               &report));
    if (report.flat_name.len) {
        t->flat_name = report.flat_name;
        return ERR_OK;
    }
    if (control_flag(call, "no_wait")) {
        t->flat_name = control_trust_guess(call, t->dns_name, false);
        *guessed_out = true;
        return t->flat_name.len ? ERR_OK : ERR_NOMEM;
    }
    struct span why = control_trust_first(call, &report, TRUST_STATUS_FAIL);
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
                        .direction = control_trust_direction(control_arg(call, "direction")),
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

/* What there is now, and, as long as the other half is not proved, how it is made. */
static enum err created(struct control_call *call, const struct trust *t)
{
    json_t *told;
    TRY(control_trust_show(call));
    const char *state = json_string_value(json_object_get(call->result, "state"));
    if (state && strcmp(state, "Verified") == 0)
        return ERR_OK;
    TRY(control_trust_instruct(call, t, &told));
    json_object_set_new(call->result, "other_side", told);
    return ERR_OK;
}

static const char deleted[] = "what was made there is deleted again";

/* What became of what may have been made there. */
static const char *take_away(struct control_call *call, const struct trust *t,
                             enum trust_remote_act how)
{
    if (control_trust_remote_delete(call, t, how) == ERR_OK)
        return deleted;
    return call->reason == REASON_REMOTE_UNCERTAIN
               ? "it is not there so far, but may still be made"
               : "what was made there could not be deleted, and may still be there";
}

/* Ours is made first, because what is wrong with it shows without anybody else; it goes again when
 * theirs cannot be made, and theirs when it turns out to be of somebody else than we were told. */
static enum err remote_half(struct control_call *call, struct trust *t)
{
    struct intent undo = {.kind = INTENT_TRUST_DELETE, .target = t->dns_name};
    struct intent_reply reply;
    struct control_call before;
    enum trust_remote_act how = TRUST_REMOTE_MAKE;
    const char *became = NULL;
    enum err e = control_trust_remote_make(call, t, control_arg(call, "password"), &how);
    if (e == ERR_OK)
        return ERR_OK;
    before = *call; /* what is told is why there is no trust */
    if (how != TRUST_REMOTE_MAKE)
        became = take_away(call, t, how);
    (void)control_intent(call, &undo, &reply);
    call->status = before.status;
    call->code = before.code;
    call->reason = became && became != deleted ? REASON_REMOTE_UNCERTAIN : before.reason;
    call->message =
        became ? arena_printf(call->a, "%s; %s", before.message, became) : before.message;
    return e;
}

/* A guess may be somebody else's name. */
static enum err put_new(struct control_call *call, struct trust *t, bool guessed)
{
    struct span password = control_arg(call, "password");
    enum err e = control_trust_put(call, t, password, true);
    if (e != ERR_REFUSED || !guessed)
        return e;
    t->flat_name = control_trust_guess(call, t->dns_name, true);
    return control_trust_put(call, t, password, true);
}

static enum err create(struct control_call *call, struct trust *t)
{
    bool guessed = false;
    struct trust_report report;
    enum trust_status verdict;
    if (control_list(call, "forwarder"))
        TRY(control_forwarder_put(call, t->dns_name, control_list(call, "forwarder")));
    TRY(find_flat_name(call, t, &guessed));
    TRY(put_new(call, t, guessed));
    TRY(remote_half(call, t));
    TRY(control_trust_set_state(call, t, "Created", REASON_NONE, SPAN_NONE, false));
    if (guessed)
        TRY(control_trust_guessed(call, t, control_arg(call, "password")));
    /* The other half may come later: a trust that cannot be proved yet is made all the same. */
    if (control_flag(call, "no_wait"))
        control_trust_check(call->control, call->directory, t->dns_name);
    else if (control_peer(call->directory, NULL))
        TRY(control_trust_prove(call, t, false, &report, &verdict));
    return created(call, t);
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

static enum err set_days(struct control_call *call, const struct trust *t)
{
    json_t *days = json_object_get(call->args, "rotate_days");
    if (!days)
        return ERR_OK;
    json_object_set(control_trust_state(call->directory, t->dns_name, true), "rotate_days", days);
    return control_keep(call);
}

enum err control_trust_set(struct control_call *call)
{
    struct trust t;
    const json_t *selective = json_object_get(call->args, "selective_auth");
    TRY(control_trust_find(call, &t));
    if (json_is_true(selective))
        t.attributes |= TRUST_CROSS_ORGANIZATION;
    else if (json_is_false(selective))
        t.attributes &= ~(uint32_t)TRUST_CROSS_ORGANIZATION;
    TRY(control_trust_put(call, &t, control_arg(call, "password"), false));
    if (control_arg(call, "password").len &&
        json_object_get(control_trust_state(call->directory, t.dns_name, false), "guess"))
        TRY(control_trust_guessed(call, &t, control_arg(call, "password")));
    TRY(set_days(call, &t));
    control_trust_check(call->control, call->directory, t.dns_name);
    return control_trust_show(call);
}

enum err control_trust_delete(struct control_call *call)
{
    struct trust t;
    struct intent in = {.kind = INTENT_TRUST_DELETE};
    struct intent_reply reply;
    TRY(control_trust_find(call, &t));
    TRY(control_trust_remote_delete(call, &t, TRUST_REMOTE_DELETE));
    in.target = t.dns_name;
    TRY(control_intent(call, &in, &reply));
    control_trust_forget_state(call, t.dns_name);
    if (!control_flag(call, "keep_forwarder")) {
        enum err e = control_forwarder_remove(call, t.dns_name);
        if (e != ERR_OK && !(e == ERR_REFUSED && call->status == 404))
            return e;
    }
    return control_keep(call);
}
