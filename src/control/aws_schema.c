/*
 * Extensions of the schema: begun and shown at once, done apart (control_schema.h).
 */
#include "control/aws_call.h"
#include "control/control_schema.h"

enum err aws_start_schema_extension(struct aws_call *call)
{
    bool snapshot = json_is_true(json_object_get(call->in, "CreateSnapshotBeforeSchemaExtension"));
    json_t *made;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    enum err e = control_extension_begin(&call->c, aws_text(call, "Description"), snapshot, &made);
    if (e == ERR_REFUSED && call->c.reason == REASON_CONTROL_SNAPSHOT_LIMIT)
        return aws_refuse(call, "SnapshotLimitExceededException", call->c.reason, "%s",
                          call->c.message);
    if (e == ERR_REFUSED && call->c.reason == REASON_CONTROL_BUSY)
        return aws_refuse(call, "DirectoryUnavailableException", call->c.reason, "%s",
                          call->c.message);
    TRY(e);
    call->out = json_pack("{s:O}", "SchemaExtensionId", json_object_get(made, "id"));
    return control_extension_apart(call->c.control, call->c.directory,
                                   aws_text(call, "LdifContent"));
}

static json_t *shown(const struct control_directory *d, const json_t *extension)
{
    json_t *reason = json_object_get(extension, "reason");
    json_t *over = json_object_get(extension, "ended");
    json_t *out =
        json_pack("{s:O, s:O, s:O, s:O, s:o}", "DirectoryId", json_object_get(d->record, "id"),
                  "SchemaExtensionId", json_object_get(extension, "id"), "Description",
                  json_object_get(extension, "description"), "SchemaExtensionStatus",
                  json_object_get(extension, "status"), "StartDateTime",
                  aws_time(json_object_get(extension, "started")));
    if (reason)
        json_object_set(out, "SchemaExtensionStatusReason", reason);
    if (over)
        json_object_set_new(out, "EndDateTime", aws_time(over));
    return out;
}

enum err aws_list_schema_extensions(struct aws_call *call)
{
    json_t *all, *one;
    size_t i;
    TRY(aws_directory_of(call));
    all = json_array();
    json_array_foreach(control_extensions(call->c.directory), i, one)
        json_array_append_new(all, shown(call->c.directory, one));
    return aws_page(call, all, "SchemaExtensionId", "SchemaExtensionsInfo");
}

enum err aws_cancel_schema_extension(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    enum err e = control_extension_cancel(&call->c, aws_text(call, "SchemaExtensionId"));
    if (e == ERR_REFUSED && call->c.reason == REASON_CONTROL_BUSY)
        return aws_refuse(call, "ClientException", call->c.reason, "%s", call->c.message);
    TRY(e);
    call->out = json_object();
    return ERR_OK;
}
