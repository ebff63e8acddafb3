/*
 * How far a trust has come, and how long that is believed. It is kept in control.json: trusts is a
 * list of {partner, object, state, since, reason, detail, checked, proved, due,
 * rotate_days, password_changed, heard, stirred}.
 */
#include "control/control_trusts.h"

#include "base/text.h"
#include "plat/clock.h"

/* table: trust_patience -- since when a trust is not proved, and how often that is tried again: the
 * administrator who makes the other half waits less than a minute on the day of it; a partner that
 * has been away for days is asked seldom. */
static const struct {
    utime younger_than, every;
} patience[] = {
    {2 * UTIME_MINUTE, UTIME_SECOND},       /* somebody is at it */
    {10 * UTIME_MINUTE, 10 * UTIME_SECOND}, /* and looks at something else meanwhile */
    {UTIME_HOUR, 30 * UTIME_SECOND},        /* less than a minute, still */
    {24 * UTIME_HOUR, UTIME_MINUTE},        /* on the same day */
    {INT64_MAX, 5 * UTIME_MINUTE},
};
/* end table */
#define VERIFIED_EVERY UTIME_HOUR
#define WARNED_EVERY   (5 * UTIME_MINUTE)

utime control_trust_patience(const char *state, bool warned, utime since, utime now)
{
    unsigned i = 0;
    if (strcmp(state, "Verified") == 0)
        return warned ? WARNED_EVERY : VERIFIED_EVERY;
    while (i + 1 < sizeof(patience) / sizeof(patience[0]) &&
           now - since >= patience[i].younger_than)
        i++;
    return patience[i].every;
}

static void set_iso(json_t *into, const char *member, utime when)
{
    char text[32];
    utime_to_iso(when, text);
    json_object_set_new(into, member, json_string(text));
}

static bool text_is(const json_t *object, const char *member, const char *value)
{
    const char *text = json_string_value(json_object_get(object, member));
    return value ? text && strcmp(text, value) == 0 : !text;
}

/* The directory's object tells a trust that was deleted and made again from the one that was. */
static bool same_trust(const json_t *entry, const struct trust *t)
{
    return json_integer_value(json_object_get(entry, "object")) == t->object;
}

static void tell(struct control_call *call, const struct trust *t, const char *state,
                 enum reason reason)
{
    struct event ev;
    event_init(&ev, plat_now(), "control.trust_state", reason);
    event_text(&ev, "partner", t->dns_name);
    event_text(&ev, "state", span_str(state));
    event_emit(call->control->env.events, &ev);
}

enum err control_trust_set_state(struct control_call *call, const struct trust *t,
                                 const char *state, enum reason reason, struct span detail,
                                 bool background)
{
    json_t *entry = control_trust_state(call->directory, t->dns_name, true);
    const char *code = reason == REASON_NONE ? NULL : reason_row(reason)->code;
    utime now = plat_now();
    bool changed = !same_trust(entry, t) || !text_is(entry, "state", state);
    bool news = changed || !text_is(entry, "reason", code);
    if (!same_trust(entry, t)) {
        json_object_del(entry, "rotate_days");
        json_object_del(entry, "password_changed");
        json_object_del(entry, "proved");
        json_object_del(entry, "heard");
    }
    if (changed) {
        json_object_del(entry, "checked");
        json_object_set_new(entry, "state", json_string(state));
        json_object_set_new(entry, "object", json_integer(t->object));
        json_object_set_new(entry, "began", json_integer(now));
        set_iso(entry, "since", now);
    }
    json_object_del(entry, "reason");
    json_object_del(entry, "detail");
    if (code) {
        json_object_set_new(entry, "reason", json_string(code));
        control_set_span(entry, "detail", detail);
    }
    utime since = json_integer_value(json_object_get(entry, "began"));
    utime stirred = json_integer_value(json_object_get(entry, "stirred"));
    if (strcmp(state, "Created") != 0)
        set_iso(entry, "checked", now);
    if (strcmp(state, "Verified") == 0)
        json_object_set_new(entry, "proved", json_integer(now));
    json_object_set_new(
        entry, "due",
        json_integer(now + control_trust_patience(state, code != NULL,
                                                  stirred > since ? stirred : since, now)));
    if (news || !background)
        tell(call, t, state, reason);
    return news || !background ? control_keep(call) : ERR_OK;
}

void control_trust_forget_state(struct control_call *call, struct span partner)
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

void control_trust_add_state(struct control_call *call, const struct trust *t, json_t *into)
{
    static const char *const members[] = {"state",  "since",   "reason",
                                          "detail", "checked", "rotate_days"};
    const json_t *state = control_trust_state(call->directory, t->dns_name, false);
    if (!state || !same_trust(state, t)) {
        json_object_set_new(into, "state", json_string("Created"));
        return;
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *value = json_object_get(state, members[i]);
        if (value)
            json_object_set(into, members[i], value);
    }
    if (json_object_get(state, "password_changed"))
        set_iso(into, "password_changed",
                json_integer_value(json_object_get(state, "password_changed")));
    if (json_object_get(state, "due"))
        set_iso(into, "next_check", json_integer_value(json_object_get(state, "due")));
}
