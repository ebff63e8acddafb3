/*
 * With whose rights the API changes accounts. Whoever holds an access key owns the directory as AWS
 * means it: may do what its Admin may, and no more. Without this a key would reset the password of
 * the service's own Administrator, or put its user among the domain's administrators.
 */
#include "control/aws_call.h"

#define OWNERS           SPAN_LIT("AWS Delegated Administrators")
#define RID_DOMAIN_USERS 513

static enum err token_of(struct aws_call *call, struct dir_token *out)
{
    struct dir_naming naming;
    struct sid sids[2];
    struct span value;
    struct dir_obj o;
    TRY(control_find(&call->c, OWNERS, "group", &o));
    TRY(dir_naming(&call->c.snap, &naming));
    if (!dir_attr_first(&o, ATTR_objectSid, &value))
        return ERR_INTEGRITY;
    TRY(sid_from_bytes(value, &sids[0]));
    TRY(sid_append(&naming.domain_sid, RID_DOMAIN_USERS, &sids[1]));
    return dir_token_for_sids(&call->c.snap, sids, 2, call->a, out);
}

enum err aws_as_owner(struct aws_call *call)
{
    struct dir_token *token = arena_new(call->a, struct dir_token);
    if (!json_is_true(json_object_get(call->c.directory->record, "managed")))
        return ERR_OK;
    if (!token)
        return ERR_NOMEM;
    TRY(token_of(call, token));
    call->c.as = token;
    return ERR_OK;
}
