/*
 * Log subscriptions: AWS's log groups are those of the configuration (control_logs.c).
 */
#include "control/aws_call.h"

enum err aws_create_log_subscription(struct aws_call *call)
{
    json_t *args;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    args = json_object();
    control_set_span(args, "group", aws_text(call, "LogGroupName"));
    return aws_do(call, OP_LOG_SUBSCRIBE, args, NULL);
}

enum err aws_delete_log_subscription(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    return aws_do(call, OP_LOG_UNSUBSCRIBE, json_object(), NULL);
}

enum err aws_list_log_subscriptions(struct aws_call *call)
{
    struct span wanted = aws_text(call, "DirectoryId");
    json_t *all;
    if (wanted.len)
        TRY(aws_directory_of(call));
    all = json_array();
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        json_t *id = json_object_get(d->record, "id");
        json_t *group = json_object_get(d->record, "log_group");
        if (!group || !aws_sees(call, d) ||
            (wanted.len && !span_eq(wanted, span_str(json_string_value(id)))))
            continue;
        json_array_append_new(all, json_pack("{s:O, s:O, s:o}", "DirectoryId", id, "LogGroupName",
                                             group, "SubscriptionCreatedDateTime",
                                             aws_time(json_object_get(d->record, "log_since"))));
    }
    return aws_page(call, all, "DirectoryId", "LogSubscriptions");
}
