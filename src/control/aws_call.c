#include "control/aws_data.h"

#include <stdarg.h>

#include "base/text.h"
#include "control/control_lifecycle.h"
#include "control/control_shares.h"
#include "crypt/hash.h"

static const aws_handler handlers[AWS_OP__COUNT] = {
    [AWS_OP_AcceptSharedDirectory] = aws_accept_shared_directory,
    [AWS_OP_AddRegion] = aws_add_region,
    [AWS_OP_RemoveRegion] = aws_remove_region,
    [AWS_OP_AddIpRoutes] = aws_add_ip_routes,
    [AWS_OP_AddTagsToResource] = aws_add_tags,
    [AWS_OP_CreateComputer] = aws_create_computer,
    [AWS_OP_CreateConditionalForwarder] = aws_create_conditional_forwarder,
    [AWS_OP_CreateMicrosoftAD] = aws_create_microsoft_ad,
    [AWS_OP_CreateTrust] = aws_create_trust,
    [AWS_OP_DeleteConditionalForwarder] = aws_delete_conditional_forwarder,
    [AWS_OP_DeleteTrust] = aws_delete_trust,
    [AWS_OP_DescribeConditionalForwarders] = aws_describe_conditional_forwarders,
    [AWS_OP_DescribeRegions] = aws_describe_regions,
    [AWS_OP_DescribeSharedDirectories] = aws_describe_shared_directories,
    [AWS_OP_DescribeTrusts] = aws_describe_trusts,
    [AWS_OP_ListIpRoutes] = aws_list_ip_routes,
    [AWS_OP_ListTagsForResource] = aws_list_tags,
    [AWS_OP_RejectSharedDirectory] = aws_reject_shared_directory,
    [AWS_OP_RemoveIpRoutes] = aws_remove_ip_routes,
    [AWS_OP_RemoveTagsFromResource] = aws_remove_tags,
    [AWS_OP_ResetUserPassword] = aws_reset_user_password,
    [AWS_OP_ShareDirectory] = aws_share_directory,
    [AWS_OP_UnshareDirectory] = aws_unshare_directory,
    [AWS_OP_UpdateConditionalForwarder] = aws_update_conditional_forwarder,
    [AWS_OP_UpdateTrust] = aws_update_trust,
    [AWS_OP_VerifyTrust] = aws_verify_trust,
    [AWS_OP_EnableDirectoryDataAccess] = aws_enable_directory_data_access,
    [AWS_OP_DisableDirectoryDataAccess] = aws_disable_directory_data_access,
    [AWS_OP_DescribeDirectoryDataAccess] = aws_describe_directory_data_access,
    [AWS_OP_AddGroupMember] = aws_add_group_member,
    [AWS_OP_CreateGroup] = aws_create_group,
    [AWS_OP_CreateUser] = aws_create_user,
    [AWS_OP_DeleteGroup] = aws_delete_group,
    [AWS_OP_DeleteUser] = aws_delete_user,
    [AWS_OP_DescribeGroup] = aws_describe_group,
    [AWS_OP_DescribeUser] = aws_describe_user,
    [AWS_OP_DisableUser] = aws_disable_user,
    [AWS_OP_ListGroupMembers] = aws_list_group_members,
    [AWS_OP_ListGroups] = aws_list_groups,
    [AWS_OP_ListGroupsForMember] = aws_list_groups_for_member,
    [AWS_OP_ListUsers] = aws_list_users,
    [AWS_OP_RemoveGroupMember] = aws_remove_group_member,
    [AWS_OP_SearchGroups] = aws_search_groups,
    [AWS_OP_SearchUsers] = aws_search_users,
    [AWS_OP_UpdateGroup] = aws_update_group,
    [AWS_OP_UpdateUser] = aws_update_user,
    [AWS_OP_CreateSnapshot] = aws_create_snapshot,
    [AWS_OP_DeleteSnapshot] = aws_delete_snapshot,
    [AWS_OP_DescribeSnapshots] = aws_describe_snapshots,
    [AWS_OP_RestoreFromSnapshot] = aws_restore_from_snapshot,
    [AWS_OP_GetSnapshotLimits] = aws_get_snapshot_limits,
    [AWS_OP_UpdateNumberOfDomainControllers] = aws_update_number_of_domain_controllers,
    [AWS_OP_CreateAlias] = aws_create_alias,
    [AWS_OP_DeleteDirectory] = aws_delete_directory,
    [AWS_OP_DescribeDirectories] = aws_describe_directories,
    [AWS_OP_DescribeDomainControllers] = aws_describe_domain_controllers,
    [AWS_OP_RegisterCertificate] = aws_register_certificate,
    [AWS_OP_DescribeCertificate] = aws_describe_certificate,
    [AWS_OP_ListCertificates] = aws_list_certificates,
    [AWS_OP_DeregisterCertificate] = aws_deregister_certificate,
    [AWS_OP_EnableLDAPS] = aws_enable_ldaps,
    [AWS_OP_DisableLDAPS] = aws_disable_ldaps,
    [AWS_OP_DescribeLDAPSSettings] = aws_describe_ldaps_settings,
    [AWS_OP_EnableRadius] = aws_enable_radius,
    [AWS_OP_UpdateRadius] = aws_update_radius,
    [AWS_OP_DisableRadius] = aws_disable_radius,
    [AWS_OP_UpdateDirectorySetup] = aws_update_directory_setup,
    [AWS_OP_DescribeUpdateDirectory] = aws_describe_update_directory,
    [AWS_OP_RegisterEventTopic] = aws_register_event_topic,
    [AWS_OP_DeregisterEventTopic] = aws_deregister_event_topic,
    [AWS_OP_DescribeEventTopics] = aws_describe_event_topics,
    [AWS_OP_CreateLogSubscription] = aws_create_log_subscription,
    [AWS_OP_DeleteLogSubscription] = aws_delete_log_subscription,
    [AWS_OP_ListLogSubscriptions] = aws_list_log_subscriptions,
    [AWS_OP_DescribeSettings] = aws_describe_settings,
    [AWS_OP_UpdateSettings] = aws_update_settings,
    [AWS_OP_StartSchemaExtension] = aws_start_schema_extension,
    [AWS_OP_ListSchemaExtensions] = aws_list_schema_extensions,
    [AWS_OP_CancelSchemaExtension] = aws_cancel_schema_extension,
    [AWS_OP_GetDirectoryLimits] = aws_get_directory_limits,
};

bool aws_handled(enum aws_operation_id id)
{
    return handlers[id] != NULL;
}

/* --- refusals ----------------------------------------------------------------------------------
 */

enum err aws_refuse(struct aws_call *call, const char *error, enum reason reason,
                    const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    call->error = error;
    call->reason = reason;
    call->message = arena_dup_str(call->a, text_valid_part(span_str(text)));
    return ERR_REFUSED;
}

const char *aws_error(const struct aws_operation *op, enum aws_error which)
{
    static const char *const ds[AWS__ERRORS] = {
        "EntityDoesNotExistException", "EntityAlreadyExistsException",  "InvalidParameterException",
        "AccessDeniedException",       "DirectoryUnavailableException", "ServiceException"};
    static const char *const data[AWS__ERRORS] = {
        "ResourceNotFoundException",     "ConflictException",
        "ValidationException",           "AccessDeniedException",
        "DirectoryUnavailableException", "InternalServerException"};
    if (which == AWS_MISSING && op->missing == AWS_DIRECTORY)
        return "DirectoryDoesNotExistException";
    return op->service == AWS_DS ? ds[which] : data[which];
}

unsigned aws_status(const struct aws_operation *op, const char *error)
{
    static const struct {
        const char *error;
        unsigned status;
    } rows[] = {{"ResourceNotFoundException", 404},
                {"ConflictException", 409},
                {"InternalServerException", 500},
                {"ServiceException", 500}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].error, error) == 0)
            return rows[i].status;
    }
    bool denied = strcmp(error, "AccessDeniedException") == 0;
    return denied && op && op->service != AWS_DS ? 403 : 400;
}

/* Somebody else is making the same, or changing it. */
static bool creates(const struct aws_operation *op)
{
    return strncmp(op->name, "Create", 6) == 0 || strncmp(op->name, "Add", 3) == 0;
}

static enum aws_error error_of(const struct aws_operation *op, const struct control_call *c)
{
    switch (c->reason) {
    case REASON_CONTROL_NO_DIRECTORY:
    case REASON_CONTROL_NO_OBJECT:
        return AWS_MISSING;
    case REASON_CONTROL_EXISTS:
        return AWS_EXISTS;
    case REASON_CONTROL_BUSY:
        return creates(op) ? AWS_EXISTS : AWS_UNAVAILABLE;
    case REASON_CONTROL_WRITER_AWAY:
    case REASON_CONTROL_PEER_AWAY:
        return AWS_UNAVAILABLE;
    default:
        break;
    }
    switch (c->status) {
    case 403:
        return AWS_DENIED;
    case 404:
        return AWS_MISSING;
    case 409:
        return AWS_EXISTS;
    case 503:
        return AWS_UNAVAILABLE;
    default:
        return c->status >= 500 ? AWS_FAILED : AWS_INVALID;
    }
}

/* The cause as our operation tells it, and what mends it. */
enum err aws_result(struct aws_call *call, enum err e, const struct control_call *c)
{
    if (e == ERR_OK)
        return ERR_OK;
    if (e != ERR_REFUSED)
        return aws_refuse(call, aws_error(call->op, AWS_FAILED), REASON_SERVER_FAILED,
                          "the service failed: %s", err_name(e));
    const struct reason_row *row = reason_row(c->reason);
    return aws_refuse(call, aws_error(call->op, error_of(call->op, c)), c->reason, "%s (%s: %s)",
                      c->message ? c->message : row->cause, row->code, row->remedy);
}

enum err aws_renamed(struct aws_call *call, enum err e, const struct aws_renaming *rows,
                     size_t count)
{
    if (e != ERR_OK && !call->error)
        e = aws_result(call, e, &call->c);
    for (size_t i = 0; e != ERR_OK && i < count; i++) {
        if (rows[i].reason == call->reason)
            call->error = rows[i].error;
    }
    return e;
}

/* --- what is asked -----------------------------------------------------------------------------
 */

struct span aws_text(const struct aws_call *call, const char *member)
{
    const json_t *value = json_object_get(call->in, member);
    if (!json_is_string(value))
        return SPAN_NONE;
    return span_of(json_string_value(value), json_string_length(value));
}

json_t *aws_notes(struct control_directory *d)
{
    json_t *notes = json_object_get(d->record, "aws");
    if (!notes) {
        notes = json_object();
        json_object_set_new(d->record, "aws", notes);
    }
    return notes;
}

bool aws_sees(const struct aws_call *call, const struct control_directory *d)
{
    return span_eq(call->account, span_str(control_owner(d)));
}

enum err aws_directory(struct aws_call *call, struct span id)
{
    struct control_directory *d = control_directory_by_id(call->c.control, id), *theirs;
    if (!d && aws_share_of(call, id, &theirs))
        return aws_refuse(
            call,
            call->op->service == AWS_DS ? "UnsupportedOperationException" : "ValidationException",
            REASON_API_SHARED,
            "%.*s is a share: its owner, account %s, may ask this of directory %s.", SPAN_ARG(id),
            control_owner(theirs), json_string_value(json_object_get(theirs->record, "id")));
    if (!d || !aws_sees(call, d))
        return aws_refuse(call, aws_error(call->op, AWS_MISSING), REASON_CONTROL_NO_DIRECTORY,
                          "There is no directory %.*s.", SPAN_ARG(id));
    control_hold(&call->c, d);
    return ERR_OK;
}

enum err aws_active(struct aws_call *call)
{
    if (control_running(&call->c) == ERR_OK)
        return ERR_OK;
    return aws_refuse(call, aws_error(call->op, AWS_UNAVAILABLE), call->c.reason, "%s",
                      call->c.message);
}

enum err aws_directory_of(struct aws_call *call)
{
    return aws_directory(call, aws_text(call, "DirectoryId"));
}

enum err aws_do(struct aws_call *call, enum operation_id id, json_t *args, json_t **result_out)
{
    struct control_call inner = {.control = call->c.control,
                                 .op = operation_of(id),
                                 .args = args,
                                 .a = call->a,
                                 .as = call->c.as,
                                 .code = "Failed"};
    const char *member = strcmp(inner.op->noun, "directory") == 0 ? "name" : "directory";
    if (call->c.directory && operation_arg_find(inner.op, span_str(member)))
        json_object_set(args, member, json_object_get(call->c.directory->record, "name"));
    control_read_end(&call->c); /* what is written meanwhile is to be seen */
    enum err e = aws_result(call, control_do(&inner), &inner);
    if (e == ERR_OK && result_out)
        *result_out = json_incref(inner.result);
    control_done(&inner);
    json_decref(args);
    return e;
}

static enum err perform(struct aws_call *call)
{
    const struct aws_operation *op = call->op;
    const char *error, *why;
    enum err e = aws_check(op, call->in, call->a, &error, &why);
    if (e == ERR_REFUSED)
        return aws_refuse(call, error, REASON_API_SHAPE, "%s", why);
    TRY(e);
    if (op->unsupported)
        return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED, "%s",
                          op->unsupported);
    bool again;
    TRY(aws_token_begin(call, &again));
    if (again)
        return ERR_OK;
    e = handlers[op->id](call);
    aws_token_end(call, e);
    return e;
}

enum err aws_perform(struct aws_call *call)
{
    enum err e = perform(call);
    control_read_end(&call->c);
    if (e == ERR_OK || (e == ERR_REFUSED && call->error))
        return e;
    return aws_result(call, e, &call->c);
}

void aws_done(struct aws_call *call)
{
    control_done(&call->c);
    json_decref(call->out);
    call->out = NULL;
}

/* --- lists -------------------------------------------------------------------------------------
 */

/* The first of the members in "A|B" that the element has. */
static json_t *key_of(const json_t *element, const char *keys)
{
    json_t *found = NULL;
    while (*keys && !found) {
        size_t len = strcspn(keys, "|");
        found = json_object_getn(element, keys, len);
        keys += len + (keys[len] == '|');
    }
    return found;
}

static size_t begin_of_page(const json_t *all, const char *key, struct span token)
{
    size_t i;
    json_t *element;
    json_array_foreach((json_t *)all, i, element)
    {
        const char *text = json_string_value(key_of(element, key));
        if (text && span_eq(span_str(text), token))
            return i + 1;
    }
    return SIZE_MAX;
}

static size_t page_size(const struct aws_call *call)
{
    json_int_t limit = json_integer_value(json_object_get(call->in, "Limit"));
    if (limit == 0)
        limit = json_integer_value(json_object_get(call->in, "MaxResults"));
    return limit > 0 && limit < AWS_PAGE ? (size_t)limit : AWS_PAGE;
}

enum err aws_page(struct aws_call *call, json_t *all, const char *key, const char *member)
{
    struct span token = aws_text(call, "NextToken");
    size_t at = token.len ? begin_of_page(all, key, token) : 0, left = page_size(call);
    json_t *page;
    if (at == SIZE_MAX) {
        json_decref(all);
        return aws_refuse(
            call, call->op->service == AWS_DS ? "InvalidNextTokenException" : "ValidationException",
            REASON_CONTROL_ARGUMENT,
            "NextToken: what it points to is gone; begin again without it.");
    }
    page = json_array();
    for (; at < json_array_size(all) && left; at++, left--)
        json_array_append(page, json_array_get(all, at));
    if (!call->out)
        call->out = json_object();
    json_object_set_new(call->out, member, page);
    if (at < json_array_size(all))
        json_object_set(call->out, "NextToken", key_of(json_array_get(all, at - 1), key));
    json_decref(all);
    return ERR_OK;
}

bool aws_wanted(const struct aws_call *call, const char *member, const char *id)
{
    const json_t *list = json_object_get(call->in, member);
    size_t i;
    json_t *element;
    if (json_array_size(list) == 0)
        return true;
    json_array_foreach((json_t *)list, i, element)
    {
        if (strcmp(json_string_value(element), id) == 0)
            return true;
    }
    return false;
}

enum err aws_all_found(struct aws_call *call, const char *member, const json_t *found,
                       const char *key)
{
    size_t i;
    json_t *element;
    json_array_foreach((json_t *)json_object_get(call->in, member), i, element)
    {
        struct span id = span_str(json_string_value(element));
        if (begin_of_page(found, key, id) == SIZE_MAX)
            return aws_refuse(call, aws_error(call->op, AWS_MISSING), REASON_CONTROL_NO_OBJECT,
                              "There is no %.*s.", SPAN_ARG(id));
    }
    return ERR_OK;
}

/* --- small things ------------------------------------------------------------------------------
 */

json_t *aws_time(const json_t *iso)
{
    const char *text = json_string_value(iso);
    char plain[16] = "";
    size_t len = 0;
    utime t;
    for (; text && *text && len < 15; text++) {
        if ((*text >= '0' && *text <= '9') || *text == 'Z')
            plain[len++] = *text;
    }
    if (utime_from_generalized(span_str(plain), &t) != ERR_OK)
        return json_integer(0);
    return json_integer((json_int_t)(t / UTIME_SECOND));
}

const char *aws_id(struct arena *a, const char *prefix, struct span first, struct span second)
{
    uint8_t digest[32];
    struct span parts[] = {span_str(prefix), first, SPAN_LIT("/"), second};
    hash_parts(HASH_SHA256, parts, 4, digest);
    return arena_printf(a, "%s%.*s", prefix, SPAN_ARG(text_hex(a, span_of(digest, 5))));
}
