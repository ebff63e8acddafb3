#include "writer/values.h"

/* groupType ([MS-ADTS] 2.2.12) */
#define TYPE_SYSTEM    0x1u
#define TYPE_GLOBAL    0x2u
#define TYPE_LOCAL     0x4u
#define TYPE_UNIVERSAL 0x8u
#define TYPE_SECURITY  0x80000000u
#define TYPE_SCOPES    (TYPE_GLOBAL | TYPE_LOCAL | TYPE_UNIVERSAL)

static uint32_t sam_type_of(uint32_t type)
{
    return (type & TYPE_LOCAL ? 0x20000000u : 0x10000000u) | (type & TYPE_SECURITY ? 0u : 1u);
}

static enum err bad_type(struct draft *d, uint32_t type, const char *why)
{
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_GROUP_TYPE, "groupType %d: %s", (int)type,
                     why);
}

static bool is_group_of_scope(struct op *op, dir_id id, uint32_t scopes)
{
    struct dir_obj o;
    if (dir_by_id(op->s, id, &o) != ERR_OK || !account_is_group(schema_class(o.class_id)))
        return false;
    return (uint32_t)dir_attr_i32(&o, ATTR_groupType, 0) & scopes;
}

static bool has_member_of_scope(struct draft *d, uint32_t scopes)
{
    struct dir_link_cursor c = {0};
    dir_id id;
    while (dir_link_next(d->op->s, ATTR_member, d->id, &c, &id, NULL))
        if (is_group_of_scope(d->op, id, scopes))
            return true;
    return false;
}

static bool has_foreign_member(struct draft *d)
{
    struct dir_link_cursor c = {0};
    dir_id id;
    struct dir_obj o;
    while (dir_link_next(d->op->s, ATTR_member, d->id, &c, &id, NULL))
        if (dir_by_id(d->op->s, id, &o) == ERR_OK && o.class_id == CLASS_foreignSecurityPrincipal)
            return true;
    return false;
}

static bool in_group_of_scope(struct draft *d, uint32_t scopes)
{
    struct dir_link_cursor c = {0};
    dir_id id;
    while (dir_backlink_next(d->op->s, ATTR_member, d->id, &c, &id))
        if (is_group_of_scope(d->op, id, scopes))
            return true;
    return false;
}

/* Between scopes one goes by way of the universal one, when memberships allow. */
static enum err scope_change(struct draft *d, uint32_t was, uint32_t type)
{
    uint32_t from = was & TYPE_SCOPES, to = type & TYPE_SCOPES;
    if (from == to)
        return ERR_OK;
    if (was & TYPE_SYSTEM)
        return bad_type(d, type, "built-in groups keep their type");
    if (from != TYPE_UNIVERSAL && to != TYPE_UNIVERSAL)
        return bad_type(d, type, "change the group to universal first");
    if (from == TYPE_GLOBAL && in_group_of_scope(d, TYPE_GLOBAL))
        return bad_type(d, type, "the group is a member of a global group");
    if (from == TYPE_LOCAL && (has_member_of_scope(d, TYPE_LOCAL) || has_foreign_member(d)))
        return bad_type(d, type, "the group has members that a universal group cannot have");
    if (to == TYPE_GLOBAL && (has_member_of_scope(d, TYPE_UNIVERSAL | TYPE_LOCAL)))
        return bad_type(d, type, "the group has members that a global group cannot have");
    if (to == TYPE_LOCAL && in_group_of_scope(d, TYPE_UNIVERSAL | TYPE_GLOBAL))
        return bad_type(d, type, "the group is a member of a universal group");
    return ERR_OK;
}

enum err group_check(struct draft *d)
{
    if (!account_is_group(d->cls) || !draft_changed(d, ATTR_groupType))
        return ERR_OK;
    uint32_t type = (uint32_t)draft_i32(d, ATTR_groupType, 0);
    uint32_t was = (uint32_t)draft_was_i32(d, ATTR_groupType, 0);
    uint32_t scope = type & TYPE_SCOPES;
    if (!scope || (scope & (scope - 1)) || (type & ~(TYPE_SCOPES | TYPE_SECURITY | TYPE_SYSTEM)))
        return bad_type(d, type, "a group is global, domain-local or universal");
    if ((type & TYPE_SYSTEM) != (was & TYPE_SYSTEM) && !op_system(d->op))
        return bad_type(d, type, "built-in groups are made by the system");
    if (!d->is_new)
        TRY(scope_change(d, was, type));
    return draft_set_i32(d, ATTR_sAMAccountType, (int32_t)sam_type_of(type));
}

/* --- members ([MS-SAMR] 3.1.1.8.9 in native mode) -------------------------------------------- */

static const char *scope_name(uint32_t type)
{
    if (type & TYPE_SYSTEM)
        return "built-in";
    return type & TYPE_GLOBAL ? "global" : type & TYPE_UNIVERSAL ? "universal" : "domain-local";
}

/* What may be in a group of each scope: bits of the scopes of member groups of the same domain and
 * of other domains of the forest. Accounts may be in any, foreign principals in domain-local ones.
 */
static uint32_t scopes_allowed(uint32_t group, bool same_domain)
{
    if (group & TYPE_GLOBAL)
        return same_domain ? TYPE_GLOBAL : 0;
    if (group & TYPE_UNIVERSAL)
        return TYPE_GLOBAL | TYPE_UNIVERSAL;
    return TYPE_GLOBAL | TYPE_UNIVERSAL | (same_domain ? TYPE_LOCAL : 0);
}

static enum err refuse_member(struct draft *group, uint32_t type, struct span member,
                              const char *what)
{
    return op_refuse(group->op, ERR_CONSTRAINT, REASON_DIR_GROUP_MEMBER,
                     "a %s group cannot have %s as a member: %.*s", scope_name(type), what,
                     SPAN_ARG(member));
}

enum err group_may_have(struct draft *group, const struct dir_obj *member)
{
    struct op *op = group->op;
    const struct schema_class *cls = schema_class(member->class_id);
    uint32_t type =
        (uint32_t)draft_i32(group, ATTR_groupType, (int32_t)(TYPE_SECURITY | TYPE_GLOBAL));
    if (!account_is_group(group->cls) || !(type & TYPE_SECURITY))
        return ERR_OK; /* distribution lists hold what they like */
    if (member->id == group->id)
        return refuse_member(group, type, op_name(op, member->id), "itself");
    if (member->class_id == CLASS_foreignSecurityPrincipal)
        return group_may_have_foreign(group);
    struct sid sid;
    bool same = op_sid(member, &sid) && sid_in_domain(&sid, &op->naming.domain_sid, NULL);
    if (account_is_user(cls) && (same || !(type & TYPE_GLOBAL)))
        return ERR_OK;
    if (!cls || !account_is_group(cls))
        return account_is_user(cls) || !op_sid(member, &sid)
                   ? refuse_member(group, type, op_name(op, member->id), "this object")
                   : ERR_OK;
    uint32_t inner = (uint32_t)dir_attr_i32(member, ATTR_groupType, 0);
    if (inner & TYPE_SYSTEM)
        return refuse_member(group, type, op_name(op, member->id), "a built-in group");
    if (!(inner & scopes_allowed(type, same)))
        return refuse_member(group, type, op_name(op, member->id),
                             inner & TYPE_LOCAL       ? "a domain-local group"
                             : inner & TYPE_UNIVERSAL ? "a universal group"
                                                      : "a global group of another domain");
    return ERR_OK;
}

enum err group_may_have_foreign(struct draft *group)
{
    uint32_t type =
        (uint32_t)draft_i32(group, ATTR_groupType, (int32_t)(TYPE_SECURITY | TYPE_GLOBAL));
    if (!account_is_group(group->cls) || (type & TYPE_LOCAL))
        return ERR_OK;
    return refuse_member(group, type, SPAN_LIT("use a domain-local group"),
                         "a principal of another forest");
}
