/*
 * Who is told of changes of a directory's state (control_notices.c).
 */
#include "base/text.h"
#include "control/control_call.h"
#include "control/control_lifecycle.h"

#define TOPICS_OF_ONE_MAX 8

static json_t *topics_of(const struct control_directory *d)
{
    return json_object_get(d->record, "topics");
}

static const char *name_of(const json_t *topic)
{
    return json_string_value(json_object_get(topic, "name"));
}

static size_t place_of(const struct control_directory *d, struct span name)
{
    size_t at = 0;
    while (at < json_array_size(topics_of(d)) &&
           !span_eq(span_str(name_of(json_array_get(topics_of(d), at))), name))
        at++;
    return at;
}

enum err control_topic_register(struct control_call *call)
{
    struct control_directory *d = call->directory;
    struct span name = control_arg(call, "topic");
    if (!control_topic_named(call->control->env.topics, name))
        return control_refuse(call, 404, "TopicNotFound", REASON_CONTROL_TOPIC,
                              "the configuration has no topic-%.*s", SPAN_ARG(name));
    size_t at = place_of(d, name);
    if (at < json_array_size(topics_of(d)))
        return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                              "topic %.*s is registered already", SPAN_ARG(name));
    if (at >= TOPICS_OF_ONE_MAX)
        return control_refuse(call, 400, "LimitExceeded", REASON_CONTROL_ARGUMENT,
                              "a directory has at most %d topics", TOPICS_OF_ONE_MAX);
    if (!topics_of(d))
        json_object_set_new(d->record, "topics", json_array());
    json_t *topic = json_pack("{s:o}", "created", control_now());
    control_set_span(topic, "name", name);
    json_array_append_new(topics_of(d), topic);
    enum err e = control_keep(call);
    if (e != ERR_OK)
        json_array_remove(topics_of(d), at);
    return e;
}

enum err control_topic_deregister(struct control_call *call)
{
    struct control_directory *d = call->directory;
    struct span name = control_arg(call, "topic");
    size_t at = place_of(d, name);
    if (at == json_array_size(topics_of(d)))
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "topic %.*s is not registered; entente topic list shows all",
                              SPAN_ARG(name));
    json_t *topic = json_incref(json_array_get(topics_of(d), at));
    json_array_remove(topics_of(d), at);
    enum err e = control_keep(call);
    if (e == ERR_OK)
        control_notices_withdraw(call->control);
    else
        json_array_insert(topics_of(d), at, topic);
    json_decref(topic);
    return e;
}

static const char *status_of(const struct control *c, const json_t *topic)
{
    if (!control_topic_named(c->env.topics, span_str(name_of(topic))))
        return "Topic not found";
    return json_object_get(topic, "failed") ? "Failed" : "Registered";
}

enum err control_topic_list(struct control_call *call)
{
    size_t i;
    json_t *topic;
    call->result = json_array();
    for (struct control_directory *d = call->control->directories; d; d = d->next) {
        const char *id = json_string_value(json_object_get(d->record, "id"));
        json_array_foreach(topics_of(d), i, topic) json_array_append_new(
            call->result, json_pack("{s:s, s:O, s:s, s:s, s:O}", "id", id, "directory",
                                    json_object_get(d->record, "name"), "topic", name_of(topic),
                                    "status", status_of(call->control, topic), "created",
                                    json_object_get(topic, "created")));
    }
    return ERR_OK;
}
