/*
 * Subscriptions of a directory's security events. The record names the log group; serve knows where
 * it is, opens it and gives it to the directory's processes, again after each start.
 */
#include "control/control_call.h"
#include "control/control_lifecycle.h"

#define LOG_TIMEOUT (5 * UTIME_SECOND)

static const char *group_of(const struct control_directory *d)
{
    return json_string_value(json_object_get(d->record, "log_group"));
}

static enum err tell(struct control *c, struct control_directory *d, struct span group,
                     struct arena *a, struct control_outcome *out)
{
    struct control_log log = {.id = span_str(json_string_value(json_object_get(d->record, "id"))),
                              .group = group};
    struct plat_msg reply;
    struct span bytes;
    TRY(control_log_encode(&log, a, &bytes));
    TRY(plat_channel_call(c->env.serve, CONTROL_LOG, bytes, LOG_TIMEOUT, a, &reply));
    return control_outcome_decode(reply.payload, out);
}

void control_log_tell(struct control *c, struct control_directory *d, struct arena *a)
{
    struct control_outcome outcome;
    if (group_of(d))
        (void)tell(c, d, span_str(group_of(d)), a, &outcome); /* serve looks for it again itself */
}

static enum err tell_for(struct control_call *call, struct span group)
{
    struct control_outcome outcome;
    TRY(tell(call->control, call->directory, group, call->a, &outcome));
    if (outcome.err == ERR_NOT_FOUND)
        return control_refuse(call, 404, "LogGroupNotFound", REASON_CONTROL_LOG_GROUP,
                              "log group %.*s: %.*s", SPAN_ARG(group), SPAN_ARG(outcome.text));
    if (outcome.err != ERR_OK)
        return control_refuse(call, 503, "LogGroupUnavailable", REASON_CONTROL_LOG_GROUP,
                              "log group %.*s cannot be written to: %.*s", SPAN_ARG(group),
                              SPAN_ARG(outcome.text));
    return ERR_OK;
}

/* Unless somebody else has ended it and begun another meanwhile. */
static void take_back(struct control_call *call, const json_t *since)
{
    struct control_directory *d = call->directory;
    struct control_outcome ignored;
    if (json_object_get(d->record, "log_since") != since)
        return;
    json_object_del(d->record, "log_group");
    json_object_del(d->record, "log_since");
    (void)tell(call->control, d, SPAN_NONE, call->a, &ignored); /* serve would look for it again */
}

/* In the record before serve is waited for: of two at once, the second sees the first. */
enum err control_log_subscribe(struct control_call *call)
{
    struct control_directory *d = call->directory;
    struct span group = control_arg(call, "group");
    if (group_of(d))
        return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                              "the events of this directory go to %s already", group_of(d));
    TRY(control_running(call));
    json_t *since = control_now();
    control_set_span(d->record, "log_group", group);
    json_object_set(d->record, "log_since", since);
    enum err e = tell_for(call, group);
    if (e == ERR_OK)
        e = control_keep(call);
    if (e != ERR_OK)
        take_back(call, since);
    json_decref(since);
    return e;
}

/* The record first: what is cut short is ended by the next start. */
enum err control_log_unsubscribe(struct control_call *call)
{
    struct control_directory *d = call->directory;
    json_t *group = json_object_get(d->record, "log_group");
    json_t *since = json_object_get(d->record, "log_since");
    struct control_outcome ignored;
    if (!group)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "the events of this directory go to no log group");
    json_incref(group);
    json_incref(since);
    json_object_del(d->record, "log_group");
    json_object_del(d->record, "log_since");
    enum err e = control_keep(call);
    if (e == ERR_OK) {
        (void)tell(call->control, d, SPAN_NONE, call->a, &ignored);
    } else {
        json_object_set(d->record, "log_group", group);
        json_object_set(d->record, "log_since", since);
    }
    json_decref(group);
    json_decref(since);
    return e;
}

enum err control_log_list(struct control_call *call)
{
    call->result = json_array();
    for (struct control_directory *d = call->control->directories; d; d = d->next) {
        if (group_of(d))
            json_array_append_new(call->result,
                                  json_pack("{s:O, s:O, s:O, s:O}", "id",
                                            json_object_get(d->record, "id"), "directory",
                                            json_object_get(d->record, "name"), "group",
                                            json_object_get(d->record, "log_group"), "created",
                                            json_object_get(d->record, "log_since")));
    }
    return ERR_OK;
}
