/*
 * Users of AWS Directory Service Data. A user is made without a password, so disabled:
 * ResetUserPassword gives one and enables it.
 */
#include "base/text.h"
#include "control/aws_data.h"

static const struct {
    const char *member, *attr;
    uint32_t id;
} names[] = {{"GivenName", "givenName", ATTR_givenName},
             {"Surname", "sn", ATTR_sn},
             {"EmailAddress", "mail", ATTR_mail}};

static void add_names(struct aws_call *call, struct control_mods *m, struct span how)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        aws_data_mod(m, how, names[i].attr, aws_text(call, names[i].member));
}

static enum err fill_summary(struct aws_call *call, const struct dir_obj *o, json_t *into)
{
    struct dir_account account;
    TRY(dir_account_of(&call->c.snap, o, &account));
    control_set_span(into, "SAMAccountName", account.sam_name);
    control_set_sid(into, "SID", o);
    control_set_text(into, "GivenName", o, ATTR_givenName);
    control_set_text(into, "Surname", o, ATTR_sn);
    json_object_set_new(into, "Enabled", json_boolean(!(account.uac & UAC_ACCOUNTDISABLE)));
    return ERR_OK;
}

static enum err fill_user(struct aws_call *call, const struct dir_obj *o, json_t *into)
{
    struct span dn;
    TRY(fill_summary(call, o, into));
    TRY(control_dn_of(&call->c, o->id, &dn));
    control_set_span(into, "DistinguishedName", dn);
    control_set_text(into, "EmailAddress", o, ATTR_mail);
    control_set_text(into, "UserPrincipalName", o, ATTR_userPrincipalName);
    return ERR_OK;
}

enum err aws_describe_user(struct aws_call *call)
{
    struct dir_obj o;
    TRY(aws_data_begin(call));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_user, &o));
    aws_data_head(call);
    TRY(aws_data_show_attributes(call, &o, CLASS_user, call->out));
    return fill_user(call, &o, call->out);
}

enum err aws_list_users(struct aws_call *call)
{
    TRY(aws_data_begin(call));
    return aws_data_list(call, CLASS_user, NULL, fill_summary, "Users");
}

enum err aws_search_users(struct aws_call *call)
{
    const char *filter;
    TRY(aws_data_begin(call));
    TRY(aws_data_filter(call, CLASS_user, &filter));
    return aws_data_list(call, CLASS_user, filter, fill_user, "Users");
}

enum err aws_create_user(struct aws_call *call)
{
    struct control_mods m = {.call = &call->c};
    struct span name = aws_text(call, "SAMAccountName");
    struct dir_obj o;
    TRY(aws_data_begin(call));
    const char *realm = json_string_value(json_object_get(call->c.directory->record, "name"));
    control_mod(&m, MOD_ADD, "objectClass", SPAN_LIT("user"));
    control_mod(&m, MOD_ADD, "sAMAccountName", name);
    control_mod(&m, MOD_ADD, "userPrincipalName",
                span_str(arena_printf(call->a, "%.*s@%s", SPAN_ARG(name), realm)));
    control_mod(&m, MOD_ADD, "userAccountControl",
                span_str(arena_printf(call->a, "%u", UAC_NORMAL_ACCOUNT | UAC_ACCOUNTDISABLE)));
    add_names(call, &m, SPAN_LIT("ADD"));
    TRY(aws_data_attributes(call, CLASS_user, &m, SPAN_LIT("ADD")));
    TRY(aws_data_add(call, &m));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_user, &o));
    aws_data_head(call);
    json_object_del(call->out, "Realm");
    control_set_span(call->out, "SAMAccountName", name);
    control_set_sid(call->out, "SID", &o);
    return ERR_OK;
}

enum err aws_update_user(struct aws_call *call)
{
    struct control_mods m = {.call = &call->c};
    struct span how = aws_text(call, "UpdateType");
    struct dir_obj o;
    TRY(aws_data_begin(call));
    add_names(call, &m, how);
    TRY(aws_data_attributes(call, CLASS_user, &m, how));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_user, &o));
    return aws_data_modify(call, &o, &m);
}

enum err aws_delete_user(struct aws_call *call)
{
    TRY(aws_data_begin(call));
    return aws_data_delete(call, CLASS_user);
}

enum err aws_disable_user(struct aws_call *call)
{
    json_t *args;
    struct dir_obj o;
    TRY(aws_data_begin(call));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_user, &o));
    args = json_object();
    control_set_span(args, "name", aws_text(call, "SAMAccountName"));
    return aws_do(call, OP_USER_DISABLE, args, NULL);
}
