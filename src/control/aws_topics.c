/*
 * Event topics: AWS's topics of SNS are those of the configuration (control_topics.h).
 */
#include "control/aws_call.h"

static enum err with_topic(struct aws_call *call, enum operation_id id)
{
    json_t *args;
    TRY(aws_directory_of(call));
    args = json_object();
    control_set_span(args, "topic", aws_text(call, "TopicName"));
    return aws_do(call, id, args, NULL);
}

/* Who registers a topic again gets what he wanted, as with AWS. */
enum err aws_register_event_topic(struct aws_call *call)
{
    enum err e = with_topic(call, OP_TOPIC_REGISTER);
    return e == ERR_REFUSED && call->reason == REASON_CONTROL_EXISTS ? ERR_OK : e;
}

enum err aws_deregister_event_topic(struct aws_call *call)
{
    return with_topic(call, OP_TOPIC_DEREGISTER);
}

static bool wanted(struct aws_call *call, const json_t *one)
{
    const char *id = json_string_value(json_object_get(one, "id"));
    struct span asked = aws_text(call, "DirectoryId");
    const struct control_directory *d = control_directory_by_id(call->c.control, span_str(id));
    return d && aws_sees(call, d) && (!asked.len || span_eq(asked, span_str(id))) &&
           aws_wanted(call, "TopicNames", json_string_value(json_object_get(one, "topic")));
}

static json_t *shown(const struct aws_call *call, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "topic"));
    return json_pack("{s:O, s:s, s:o, s:o, s:O}", "DirectoryId", json_object_get(one, "id"),
                     "TopicName", name, "TopicArn",
                     json_sprintf("arn:aws:sns:%.*s:%.*s:%s", SPAN_ARG(call->region),
                                  SPAN_ARG(call->account), name),
                     "CreatedDateTime", aws_time(json_object_get(one, "created")), "Status",
                     json_object_get(one, "status"));
}

enum err aws_describe_event_topics(struct aws_call *call)
{
    json_t *result, *all, *one;
    size_t i;
    if (aws_text(call, "DirectoryId").len)
        TRY(aws_directory_of(call));
    TRY(aws_do(call, OP_TOPIC_LIST, json_object(), &result));
    all = json_array();
    json_array_foreach(result, i, one)
    {
        if (wanted(call, one))
            json_array_append_new(all, shown(call, one));
    }
    json_decref(result);
    enum err e = aws_all_found(call, "TopicNames", all, "TopicName");
    if (e == ERR_OK) {
        call->out = json_pack("{s:o}", "EventTopics", all);
        return ERR_OK;
    }
    json_decref(all);
    return e;
}
