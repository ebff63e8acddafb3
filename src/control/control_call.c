#include <stdarg.h>

#include "base/text.h"
#include "control/control_call.h"
#include "directory/dir_schema.h"
#include "plat/clock.h"

#define INTENT_TIMEOUT (10 * UTIME_SECOND)

static const control_handler handlers[OP__COUNT] = {
    [OP_DIRECTORY_CREATE] = control_directory_create,
    [OP_DIRECTORY_LIST] = control_directory_list,
    [OP_DIRECTORY_SHOW] = control_directory_show,
    [OP_DIRECTORY_CHECK] = control_directory_check,
    [OP_DIRECTORY_DELETE] = control_directory_delete,
    [OP_DIRECTORY_SET] = control_directory_set,
    [OP_DIRECTORY_IMPORT] = control_directory_import,
    [OP_DIRECTORY_ADD_UPN_SUFFIX] = control_directory_add_upn_suffix,
    [OP_DIRECTORY_REMOVE_UPN_SUFFIX] = control_directory_remove_upn_suffix,
    [OP_BACKUP_CREATE] = control_backup_create,
    [OP_METRICS_SHOW] = control_metrics_show,
    [OP_STATUS_SHOW] = control_status_show,
    [OP_SCHEMA_EXTEND] = control_schema_extend,
    [OP_SCHEMA_LIST] = control_schema_list,
    [OP_SNAPSHOT_CREATE] = control_snapshot_create,
    [OP_SNAPSHOT_DELETE] = control_snapshot_delete,
    [OP_SNAPSHOT_LIST] = control_snapshot_list,
    [OP_SNAPSHOT_RESTORE] = control_snapshot_restore,
    [OP_DC_ADD] = control_dc_add,
    [OP_DC_LIST] = control_dc_list,
    [OP_DC_REMOVE] = control_dc_remove,
    [OP_USER_CREATE] = control_user_create,
    [OP_USER_LIST] = control_user_list,
    [OP_USER_SHOW] = control_user_show,
    [OP_USER_DELETE] = control_account_delete,
    [OP_USER_SET_PASSWORD] = control_user_set_password,
    [OP_USER_ENABLE] = control_user_enable,
    [OP_USER_DISABLE] = control_user_disable,
    [OP_USER_UNLOCK] = control_user_unlock,
    [OP_GROUP_CREATE] = control_group_create,
    [OP_GROUP_LIST] = control_group_list,
    [OP_GROUP_SHOW] = control_group_show,
    [OP_GROUP_DELETE] = control_account_delete,
    [OP_GROUP_ADD_MEMBER] = control_group_add_member,
    [OP_GROUP_REMOVE_MEMBER] = control_group_remove_member,
    [OP_COMPUTER_CREATE] = control_computer_create,
    [OP_COMPUTER_LIST] = control_computer_list,
    [OP_COMPUTER_SHOW] = control_computer_show,
    [OP_COMPUTER_DELETE] = control_account_delete,
    [OP_SERVICE_CREATE] = control_service_create,
    [OP_SERVICE_LIST] = control_service_list,
    [OP_SERVICE_SHOW] = control_service_show,
    [OP_SERVICE_DELETE] = control_account_delete,
    [OP_SERVICE_KEYTAB] = control_service_keytab,
    [OP_SERVICE_ALLOW] = control_service_allow,
    [OP_FORWARDER_CREATE] = control_forwarder_create,
    [OP_FORWARDER_LIST] = control_forwarder_list,
    [OP_FORWARDER_DELETE] = control_forwarder_delete,
    [OP_LOG_SUBSCRIBE] = control_log_subscribe,
    [OP_LOG_UNSUBSCRIBE] = control_log_unsubscribe,
    [OP_LOG_LIST] = control_log_list,
    [OP_CERTIFICATE_REGISTER] = control_certificate_register,
    [OP_CERTIFICATE_LIST] = control_certificate_list,
    [OP_CERTIFICATE_DEREGISTER] = control_certificate_deregister,
    [OP_LDAPS_ENABLE] = control_ldaps_enable,
    [OP_LDAPS_DISABLE] = control_ldaps_disable,
    [OP_LDAPS_SHOW] = control_ldaps_show,
    [OP_TOPIC_REGISTER] = control_topic_register,
    [OP_TOPIC_DEREGISTER] = control_topic_deregister,
    [OP_TOPIC_LIST] = control_topic_list,
    [OP_KEY_CREATE] = control_key_create,
    [OP_KEY_FILE_ROTATE] = control_key_file_rotate,
    [OP_KEY_LIST] = control_key_list,
    [OP_KEY_REVOKE] = control_key_revoke,
    [OP_REGION_ADD] = control_region_add,
    [OP_REGION_LIST] = control_region_list,
    [OP_REGION_REMOVE] = control_region_remove,
    [OP_SHARE_CREATE] = control_share_create,
    [OP_SHARE_LIST] = control_share_list,
    [OP_SHARE_ACCEPT] = control_share_accept,
    [OP_SHARE_REJECT] = control_share_reject,
    [OP_SHARE_DELETE] = control_share_delete,
    [OP_CA_SHOW] = control_ca_show,
    [OP_TRUST_CREATE] = control_trust_create,
    [OP_TRUST_LIST] = control_trust_list,
    [OP_TRUST_SHOW] = control_trust_show,
    [OP_TRUST_SET] = control_trust_set,
    [OP_TRUST_INSTRUCTIONS] = control_trust_instructions,
    [OP_TRUST_NAMESPACES] = control_trust_namespaces,
    [OP_TRUST_ROTATE] = control_trust_rotate,
    [OP_TRUST_VERIFY] = control_trust_verify,
    [OP_TRUST_DELETE] = control_trust_delete,
};

enum err control_refuse(struct control_call *call, unsigned status, const char *code,
                        enum reason reason, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    call->status = status;
    call->code = code;
    call->reason = reason;
    call->message = arena_dup_str(call->a, text_valid_part(span_str(text)));
    return ERR_REFUSED;
}

struct span control_arg(const struct control_call *call, const char *member)
{
    const json_t *value = json_object_get(call->args, member);
    if (!json_is_string(value))
        return SPAN_NONE;
    return span_of(json_string_value(value), json_string_length(value));
}

bool control_flag(const struct control_call *call, const char *member)
{
    return json_is_true(json_object_get(call->args, member));
}

const json_t *control_list(const struct control_call *call, const char *member)
{
    const json_t *value = json_object_get(call->args, member);
    return json_is_array(value) ? value : NULL;
}

enum err control_read(struct control_call *call)
{
    if (call->has_snap) { /* another task may have read another directory since */
        dir_schema_use(&call->snap);
        return ERR_OK;
    }
    if (call->directory->removed)
        return control_refuse(call, 404, "DirectoryNotFound", REASON_CONTROL_NO_DIRECTORY,
                              "the directory was deleted");
    enum err e = control_open(call->control, call->directory);
    if (e == ERR_BUSY)
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "the directory goes back to a snapshot");
    TRY(e);
    TRY(dir_snap_begin(call->directory->dir, &call->snap));
    call->has_snap = true;
    return ERR_OK;
}

void control_read_end(struct control_call *call)
{
    if (call->has_snap)
        dir_snap_end(&call->snap);
    call->has_snap = false;
}

/* What a writer's error is over HTTP. */
static unsigned status_of(enum err e)
{
    switch (e) {
    case ERR_NOT_FOUND:
        return 404;
    case ERR_EXISTS:
    case ERR_STATE:
        return 409;
    case ERR_DENIED:
        return 403;
    case ERR_BUSY:
    case ERR_CLOSED:
    case ERR_TIMEOUT:
        return 503;
    case ERR_NOMEM:
    case ERR_IO:
        return 500;
    default:
        return 400;
    }
}

enum err control_intent(struct control_call *call, struct intent *in, struct intent_reply *out)
{
    struct span bytes;
    struct plat_msg msg;
    in->flags |= INTENT_PROTECTED | (call->as ? 0 : INTENT_SYSTEM);
    in->token = call->as ? *call->as : dir_token_system;
    if (!call->directory->writer)
        return control_refuse(call, 503, "WriterUnavailable", REASON_CONTROL_WRITER_AWAY,
                              "the directory's writer is not running");
    TRY(intent_encode(in, call->a, &bytes));
    control_read_end(call);
    enum err e = plat_channel_call(call->directory->writer, INTENT_MESSAGE, bytes, INTENT_TIMEOUT,
                                   call->a, &msg);
    if (e == ERR_TIMEOUT || e == ERR_CLOSED)
        return control_refuse(call, 503, "WriterUnavailable", REASON_CONTROL_WRITER_AWAY,
                              "the directory's writer does not answer");
    TRY(e);
    TRY(intent_reply_decode(msg.payload, call->a, out));
    if (out->err == ERR_OK)
        return ERR_OK;
    const char *text = arena_dup_str(call->a, out->text);
    if (!text || !*text)
        text = err_name(out->err);
    return control_refuse(call, status_of(out->err), err_name(out->err), out->reason, "%s", text);
}

static bool needs_directory(const struct operation *op)
{
    return operation_arg_find(op, SPAN_LIT("directory")) != NULL;
}

void control_hold(struct control_call *call, struct control_directory *d)
{
    d->users++;
    if (call->directory)
        control_release(call->directory);
    call->directory = d;
}

static enum err find_directory(struct control_call *call)
{
    struct control *c = call->control;
    struct control_directory *d = NULL;
    struct span name = control_arg(call, "directory");
    if (name.len == 0 && strcmp(call->op->noun, "directory") == 0)
        name = control_arg(call, "name");
    if (name.len)
        d = control_directory_named(c, name);
    else if (c->directories && !c->directories->next)
        d = c->directories;
    if (d) {
        control_hold(call, d);
        return ERR_OK;
    }
    if (name.len)
        return control_refuse(call, 404, "DirectoryNotFound", REASON_CONTROL_NO_DIRECTORY,
                              "there is no directory %.*s; entente directory list shows all",
                              SPAN_ARG(name));
    return control_refuse(call, 400, "DirectoryMissing", REASON_CONTROL_NO_DIRECTORY,
                          c->directories
                              ? "there are several directories: name one with --directory"
                              : "there is no directory yet: entente directory create makes one");
}

static enum err perform(struct control_call *call)
{
    enum operation_id id = call->op->id;
    const char *why = "";
    if (operation_check(call->op, call->args, call->a, &why) != ERR_OK)
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT, "%s", why);
    if (needs_directory(call->op) || id == OP_DIRECTORY_SHOW || id == OP_DIRECTORY_SET ||
        id == OP_DIRECTORY_DELETE || id == OP_DIRECTORY_CHECK)
        TRY(find_directory(call));
    return handlers[id](call);
}

static json_t *error_body(const struct control_call *call)
{
    const struct reason_row *row = reason_row(call->reason);
    json_t *error = json_pack("{s:s, s:s}", "code", call->code, "message",
                              call->message ? call->message : "refused");
    if (call->reason != REASON_NONE) {
        json_object_set_new(error, "reason", json_string(row->code));
        json_object_set_new(error, "side", json_string(reason_side_name(row->side)));
        json_object_set_new(error, "cause", json_string(row->cause));
        json_object_set_new(error, "remedy", json_string(row->remedy));
    }
    return json_pack("{s:i, s:o}", "schema_version", OPERATION_SCHEMA_VERSION, "error", error);
}

static void tell(const struct control_call *call, enum err e)
{
    struct event ev;
    event_init(&ev, plat_now(), "control.operation", e == ERR_OK ? REASON_NONE : call->reason);
    event_text(&ev, "noun", span_str(call->op->noun));
    event_text(&ev, "verb", span_str(call->op->verb));
    if (e != ERR_OK)
        event_text(&ev, "message", span_str(call->message));
    if (e != ERR_OK || call->op->changes)
        event_emit(call->control->env.events, &ev);
}

enum err control_do(struct control_call *call)
{
    enum err e = perform(call);
    control_read_end(call);
    if (e != ERR_OK && e != ERR_REFUSED)
        e = control_refuse(call, 500, "InternalFailure", REASON_SERVER_FAILED,
                           "the service failed: %s", err_name(e));
    tell(call, e);
    return e;
}

void control_done(struct control_call *call)
{
    control_read_end(call);
    if (call->directory)
        control_release(call->directory);
    json_decref(call->result);
    call->directory = NULL;
    call->result = NULL;
}

static json_t *good_body(const struct control_call *call)
{
    json_t *body = json_pack("{s:i}", "schema_version", OPERATION_SCHEMA_VERSION);
    if (call->result)
        json_object_set(body, "result", call->result);
    else
        json_object_set_new(body, "result", json_object());
    if (call->verdict)
        json_object_set_new(body, "verdict", json_string(call->verdict));
    return body;
}

json_t *control_run(struct control *c, const struct operation *op, const json_t *args,
                    struct arena *a, unsigned *status_out)
{
    struct control_call call = {.control = c, .op = op, .args = args, .a = a, .code = "Failed"};
    enum err e = control_do(&call);
    *status_out = e == ERR_OK ? 200 : call.status;
    json_t *body = e == ERR_OK ? good_body(&call) : error_body(&call);
    control_done(&call);
    return body;
}
