/*
 * Groups and memberships of AWS Directory Service Data.
 */
#include "base/text.h"
#include "control/aws_data.h"
#include "directory/links.h"

#define GROUP_BUILTIN  0x1u
#define GROUP_SECURITY 0x80000000u
#define MEMBERS_PAGE   250

static const struct {
    const char *name;
    uint32_t bit;
} scopes[] = {{"BuiltinLocal", GROUP_BUILTIN | 0x4},
              {"Global", 0x2},
              {"DomainLocal", 0x4},
              {"Universal", 0x8}};
#define SCOPES 4

static void add_kind(const struct dir_obj *o, json_t *into)
{
    uint32_t type = (uint32_t)dir_attr_i32(o, ATTR_groupType, 0);
    size_t i = type & GROUP_BUILTIN ? 0 : 1;
    while (i + 1 < SCOPES && i > 0 && !(type & scopes[i].bit))
        i++;
    json_object_set_new(into, "GroupScope", json_string(scopes[i].name));
    json_object_set_new(into, "GroupType",
                        json_string(type & GROUP_SECURITY ? "Security" : "Distribution"));
}

/* What of scope and type is not asked for stays as it was. */
static enum err kind_of(struct aws_call *call, uint32_t before, uint32_t *out)
{
    struct span scope = aws_text(call, "GroupScope"), type = aws_text(call, "GroupType");
    if (span_eq(scope, SPAN_LIT("BuiltinLocal")))
        return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                          "GroupScope: expected Global, DomainLocal or Universal; groups of the "
                          "builtin domain are made with it.");
    for (size_t i = 0; i < SCOPES; i++) {
        if (span_eq(scope, span_str(scopes[i].name)))
            before = (before & GROUP_SECURITY) | scopes[i].bit;
    }
    if (type.len)
        before &= ~GROUP_SECURITY;
    *out = before | (span_eq(type, SPAN_LIT("Security")) ? GROUP_SECURITY : 0);
    return ERR_OK;
}

static void mod_kind(struct aws_call *call, struct control_mods *m, enum intent_mod_op op,
                     uint32_t kind)
{
    control_mod(m, op, "groupType", span_str(arena_printf(call->a, "%d", (int32_t)kind)));
}

static enum err fill_summary(struct aws_call *call, const struct dir_obj *o, json_t *into)
{
    (void)call;
    control_set_text(into, "SAMAccountName", o, ATTR_sAMAccountName);
    control_set_sid(into, "SID", o);
    add_kind(o, into);
    return ERR_OK;
}

static enum err fill_group(struct aws_call *call, const struct dir_obj *o, json_t *into)
{
    struct span dn;
    TRY(fill_summary(call, o, into));
    TRY(control_dn_of(&call->c, o->id, &dn));
    control_set_span(into, "DistinguishedName", dn);
    return ERR_OK;
}

/* --- groups ------------------------------------------------------------------------------------
 */

enum err aws_describe_group(struct aws_call *call)
{
    struct dir_obj o;
    TRY(aws_data_begin(call));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_group, &o));
    aws_data_head(call);
    TRY(aws_data_show_attributes(call, &o, CLASS_group, call->out));
    return fill_group(call, &o, call->out);
}

enum err aws_list_groups(struct aws_call *call)
{
    TRY(aws_data_begin(call));
    return aws_data_list(call, CLASS_group, NULL, fill_summary, "Groups");
}

enum err aws_search_groups(struct aws_call *call)
{
    const char *filter;
    TRY(aws_data_begin(call));
    TRY(aws_data_filter(call, CLASS_group, &filter));
    return aws_data_list(call, CLASS_group, filter, fill_group, "Groups");
}

enum err aws_create_group(struct aws_call *call)
{
    struct control_mods m = {.call = &call->c};
    struct span name = aws_text(call, "SAMAccountName");
    struct dir_obj o;
    uint32_t kind;
    TRY(aws_data_begin(call));
    TRY(kind_of(call, GROUP_SECURITY | 0x2, &kind));
    control_mod(&m, MOD_ADD, "objectClass", SPAN_LIT("group"));
    control_mod(&m, MOD_ADD, "sAMAccountName", name);
    mod_kind(call, &m, MOD_ADD, kind);
    TRY(aws_data_attributes(call, CLASS_group, &m, SPAN_LIT("ADD")));
    TRY(aws_data_add(call, &m));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_group, &o));
    aws_data_head(call);
    json_object_del(call->out, "Realm");
    control_set_span(call->out, "SAMAccountName", name);
    control_set_sid(call->out, "SID", &o);
    return ERR_OK;
}

enum err aws_update_group(struct aws_call *call)
{
    struct control_mods m = {.call = &call->c};
    struct dir_obj o;
    uint32_t before, after;
    TRY(aws_data_begin(call));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_group, &o));
    before = (uint32_t)dir_attr_i32(&o, ATTR_groupType, 0);
    TRY(kind_of(call, before, &after));
    if (after != before)
        mod_kind(call, &m, MOD_REPLACE, after);
    TRY(aws_data_attributes(call, CLASS_group, &m, aws_text(call, "UpdateType")));
    return aws_data_modify(call, &o, &m);
}

enum err aws_delete_group(struct aws_call *call)
{
    TRY(aws_data_begin(call));
    return aws_data_delete(call, CLASS_group);
}

/* --- memberships -------------------------------------------------------------------------------
 */

static enum err change_member(struct aws_call *call, enum operation_id id)
{
    json_t *args;
    struct dir_obj o;
    struct span member, realm = aws_text(call, "MemberRealm");
    TRY(aws_data_begin(call));
    TRY(aws_data_find(call, "GroupName", CLASS_group, &o));
    if (!realm.len || aws_data_own_realm(call, realm)) {
        TRY(aws_data_find(call, "MemberName", 0, &o));
        member = aws_text(call, "MemberName");
    } else {
        member = span_str(arena_printf(call->a, "%.*s\\%.*s", SPAN_ARG(realm),
                                       SPAN_ARG(aws_text(call, "MemberName"))));
    }
    args = json_object();
    control_set_span(args, "name", aws_text(call, "GroupName"));
    control_set_span(args, "member", member);
    return aws_do(call, id, args, NULL);
}

enum err aws_add_group_member(struct aws_call *call)
{
    return change_member(call, OP_GROUP_ADD_MEMBER);
}

enum err aws_remove_group_member(struct aws_call *call)
{
    return change_member(call, OP_GROUP_REMOVE_MEMBER);
}

static enum err fill_member(struct aws_call *call, dir_id id, json_t *into)
{
    struct dir_obj o;
    TRY(dir_by_id(&call->c.snap, id, &o));
    control_set_text(into, "SAMAccountName", &o, ATTR_sAMAccountName);
    if (!json_object_get(into, "SAMAccountName")) /* of another forest: only its SID is here */
        control_set_sid(into, "SAMAccountName", &o);
    control_set_sid(into, "SID", &o);
    json_object_set_new(into, "MemberType",
                        json_string(o.class_id == CLASS_group      ? "GROUP"
                                    : o.class_id == CLASS_computer ? "COMPUTER"
                                                                   : "USER"));
    return ERR_OK;
}

struct links {
    bool back; /* groups of a member */
    dir_id of;
    struct dir_link_cursor cursor;
};

static bool next_link(struct aws_call *call, struct links *l, dir_id *out)
{
    if (l->back)
        return dir_backlink_next(&call->c.snap, ATTR_member, l->of, &l->cursor, out);
    return dir_link_next(&call->c.snap, ATTR_member, l->of, &l->cursor, out, NULL);
}

static enum err fill_link(struct aws_call *call, const struct links *l, dir_id id, json_t *into)
{
    struct dir_obj o;
    if (!l->back)
        return fill_member(call, id, into);
    TRY(dir_by_id(&call->c.snap, id, &o));
    return fill_summary(call, &o, into);
}

static enum err list_links(struct aws_call *call, struct links *l, const char *member)
{
    struct span token = aws_text(call, "NextToken");
    json_int_t limit = json_integer_value(json_object_get(call->in, "MaxResults"));
    json_t *page = json_array();
    uint64_t last = 0;
    dir_id id;
    aws_data_head(call);
    json_object_set_new(call->out, member, page);
    if (token.len && text_to_u64(token, UINT32_MAX - 1, &last) != ERR_OK)
        return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                          "NextToken: expected one that this operation gave.");
    l->cursor.last = (dir_id)last;
    while (next_link(call, l, &id)) {
        if (json_array_size(page) == (size_t)(limit ? limit : MEMBERS_PAGE)) {
            json_object_set_new(call->out, "NextToken", json_sprintf("%u", (unsigned)last));
            return ERR_OK;
        }
        json_t *one = json_object();
        json_array_append_new(page, one);
        TRY(fill_link(call, l, id, one));
        last = id;
    }
    return dir_snap_err(&call->c.snap);
}

enum err aws_list_group_members(struct aws_call *call)
{
    struct links l = {.back = false};
    struct dir_obj o;
    TRY(aws_data_begin(call));
    TRY(aws_data_own_members(call));
    TRY(aws_data_find(call, "SAMAccountName", CLASS_group, &o));
    l.of = o.id;
    TRY(list_links(call, &l, "Members"));
    json_object_set(call->out, "MemberRealm", json_object_get(call->out, "Realm"));
    return ERR_OK;
}

enum err aws_list_groups_for_member(struct aws_call *call)
{
    struct links l = {.back = true};
    struct dir_obj o;
    TRY(aws_data_begin(call));
    TRY(aws_data_own_members(call));
    TRY(aws_data_find(call, "SAMAccountName", 0, &o));
    l.of = o.id;
    return list_links(call, &l, "Groups");
}
