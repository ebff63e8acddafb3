#include "base/text.h"
#include "control/control_trusts.h"
#include "directory/links.h"

#define GROUP_GLOBAL       0x2
#define GROUP_DOMAIN_LOCAL 0x4
#define GROUP_UNIVERSAL    0x8
#define GROUP_SECURITY     0x80000000u

static const struct scope {
    const char *name;
    uint32_t bit;
} scopes[] = {
    {"global", GROUP_GLOBAL}, {"domain-local", GROUP_DOMAIN_LOCAL}, {"universal", GROUP_UNIVERSAL}};

static const char *scope_name(int32_t type)
{
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if ((uint32_t)type & scopes[i].bit)
            return scopes[i].name;
    }
    return "unknown";
}

static enum err fill(struct control_call *call, const struct dir_obj *o, json_t *into)
{
    (void)call;
    int32_t type = dir_attr_i32(o, ATTR_groupType, 0);
    control_set_text(into, "name", o, ATTR_sAMAccountName);
    json_object_set_new(into, "scope", json_string(scope_name(type)));
    json_object_set_new(into, "security", json_boolean((uint32_t)type & GROUP_SECURITY));
    control_set_sid(into, "sid", o);
    return ERR_OK;
}

enum err control_group_list(struct control_call *call)
{
    return control_list_objects(call, "(objectClass=group)", fill);
}

static enum err fill_member(struct control_call *call, dir_id id, json_t *into)
{
    struct dir_obj o;
    struct span dn;
    TRY(dir_by_id(&call->snap, id, &o));
    TRY(dir_dn(&call->snap, id, call->a, &dn));
    control_set_text(into, "name", &o, ATTR_sAMAccountName);
    control_set_sid(into, "sid", &o);
    control_set_span(into, "dn", dn);
    json_object_set_new(into, "foreign",
                        json_boolean(o.class_id == CLASS_foreignSecurityPrincipal));
    return ERR_OK;
}

enum err control_group_show(struct control_call *call)
{
    struct dir_obj o;
    struct span dn;
    struct dir_link_cursor cursor = {0};
    dir_id member;
    json_t *members = json_array();
    call->result = json_object();
    json_object_set_new(call->result, "members", members);
    TRY(control_find(call, control_arg(call, "name"), "group", &o));
    TRY(fill(call, &o, call->result));
    TRY(control_dn_of(call, o.id, &dn));
    control_set_span(call->result, "dn", dn);
    while (dir_link_next(&call->snap, ATTR_member, o.id, &cursor, &member, NULL)) {
        json_t *entry = json_object();
        json_array_append_new(members, entry);
        TRY(fill_member(call, member, entry));
    }
    return dir_snap_err(&call->snap);
}

enum err control_group_create(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_ADD, .mods = m.mod};
    struct intent_reply reply;
    struct span name = control_arg(call, "name"), scope = control_arg(call, "scope");
    uint32_t type = GROUP_GLOBAL;
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (span_eq(scope, span_str(scopes[i].name)))
            type = scopes[i].bit;
    }
    if (!control_flag(call, "distribution"))
        type |= GROUP_SECURITY;
    control_mod(&m, MOD_ADD, "objectClass", SPAN_LIT("group"));
    control_mod(&m, MOD_ADD, "sAMAccountName", name);
    control_mod(&m, MOD_ADD, "groupType", span_str(arena_printf(call->a, "%d", (int32_t)type)));
    in.mod_count = m.count;
    TRY(control_new_dn(call, "Users", name, &in.target));
    TRY(control_intent(call, &in, &reply));
    return control_group_show(call);
}

/* A SID that nobody here has is a foreign principal's: the writer makes its placeholder. */
static enum err member_value(struct control_call *call, struct span name, struct span *out)
{
    struct dir_obj o;
    struct sid sid;
    char text[SID_TEXT_SIZE];
    TRY(control_principal_sid(call, name, &sid));
    TRY(control_read(call));
    enum err e = dir_by_sid(&call->snap, &sid, &o);
    if (e == ERR_OK)
        return control_dn_of(call, o.id, out);
    sid_to_text(&sid, text);
    *out = span_str(arena_printf(call->a, "<SID=%s>", text));
    return e != ERR_NOT_FOUND ? e : out->ptr ? ERR_OK : ERR_NOMEM;
}

static enum err change_member(struct control_call *call, enum intent_mod_op op)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_MODIFY, .mods = m.mod};
    struct intent_reply reply;
    struct dir_obj group;
    struct span member;
    /* First, because a partner that is asked takes its time. */
    TRY(member_value(call, control_arg(call, "member"), &member));
    TRY(control_find(call, control_arg(call, "name"), "group", &group));
    control_mod(&m, op, "member", member);
    in.mod_count = m.count;
    TRY(control_dn_of(call, group.id, &in.target));
    TRY(control_intent(call, &in, &reply));
    return control_group_show(call);
}

enum err control_group_add_member(struct control_call *call)
{
    return change_member(call, MOD_ADD);
}

enum err control_group_remove_member(struct control_call *call)
{
    return change_member(call, MOD_DELETE);
}
