#include "writer/rights.h"
#include "writer/trust_secret.h"
#include "writer/values.h"

#define TREE_MAX  20000 /* objects of one tree delete */
#define DEPTH_MAX 256

#define FLAG_DISALLOW_DELETE         0x80000000u
#define FLAG_DISALLOW_MOVE_ON_DELETE 0x02000000u

/* What a tombstone keeps besides attributes marked so in the schema ([MS-ADTS] 3.1.1.5.5.1.1). */
static bool kept(const struct schema_class *cls, uint32_t attr)
{
    switch (attr) {
    case ATTR_objectCategory:
    case ATTR_sAMAccountType:
        return false;
    case ATTR_attributeID:
    case ATTR_attributeSyntax:
    case ATTR_dNReferenceUpdate:
    case ATTR_dNSHostName:
    case ATTR_flatName:
    case ATTR_governsID:
    case ATTR_groupType:
    case ATTR_instanceType:
    case ATTR_lDAPDisplayName:
    case ATTR_legacyExchangeDN:
    case ATTR_isDeleted:
    case ATTR_lastKnownParent:
    case ATTR_mS_DS_CreatorSID:
    case ATTR_nCName:
    case ATTR_objectClass:
    case ATTR_objectGUID:
    case ATTR_objectSid:
    case ATTR_oMSyntax:
    case ATTR_proxiedObjectName:
    case ATTR_name:
    case ATTR_sAMAccountName:
    case ATTR_securityIdentifier:
    case ATTR_sIDHistory:
    case ATTR_subClassOf:
    case ATTR_systemFlags:
    case ATTR_trustPartner:
    case ATTR_trustDirection:
    case ATTR_trustType:
    case ATTR_trustAttributes:
    case ATTR_userAccountControl:
    case ATTR_uSNChanged:
    case ATTR_uSNCreated:
    case ATTR_whenChanged:
    case ATTR_whenCreated:
        return true;
    default: {
        const struct schema_attr *a = schema_attr(attr);
        return attr == cls->rdn_attr || (a && (a->search_flags & SEARCH_PRESERVE));
    }
    }
}

static enum err refuse(struct op *op, const struct dir_obj *o, const char *why)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PROTECTED, "%.*s %s",
                     SPAN_ARG(op_name(op, o->id)), why);
}

/* Objects that must stay ([MS-ADTS] 3.1.1.5.5.3, 3.1.1.5.5.5, [MS-SAMR] 3.1.5.7). */
static enum err deletable(struct op *op, const struct dir_obj *o)
{
    const struct schema_class *cls = schema_class(o->class_id);
    struct sid sid;
    uint32_t rid;
    if (o->flags & DIR_OBJ_DELETED)
        return op_refuse(op, ERR_NOT_FOUND, REASON_DIR_DELETED, "%.*s is deleted already",
                         SPAN_ARG(op_name(op, o->id)));
    if (o->flags & DIR_OBJ_NC_HEAD)
        return refuse(op, o, "is the head of a naming context");
    if ((uint32_t)dir_attr_i32(o, ATTR_systemFlags, 0) & FLAG_DISALLOW_DELETE)
        return refuse(op, o, "must not be deleted (systemFlags)");
    if (schema_class_is(cls, CLASS_nTDSDSA) || schema_class_is(cls, CLASS_crossRef))
        return refuse(op, o, "belongs to a domain controller or naming context");
    if (dir_is_under(op->s, o->id, op->naming.schema_nc))
        return refuse(op, o, "is part of the schema");
    if (!op_sid(o, &sid))
        return ERR_OK;
    bool domain = sid_in_domain(&sid, &op->naming.domain_sid, &rid);
    const struct sid builtin = SID_NT(32);
    if ((domain && rid < 1000) || sid_in_domain(&sid, &builtin, NULL))
        return refuse(op, o, "is a built-in account or group");
    return ERR_OK;
}

static enum err deleted_objects(struct op *op, const struct dir_obj *o, dir_id *out)
{
    struct dir_obj container;
    TRY(dir_child(op->s, dir_nc_of(op->s, o->id), SPAN_LIT("Deleted Objects"), &container));
    *out = container.id;
    return ERR_OK;
}

/* "name\nDEL:guid": unique, and a line feed keeps it apart from every name that a request can give.
 */
static struct span mangled(struct op *op, const struct dir_obj *o)
{
    char guid[GUID_TEXT_SIZE];
    size_t len = o->rdn.len < 75 ? o->rdn.len : 75;
    while (len < o->rdn.len && len && (o->rdn.ptr[len] & 0xc0) == 0x80)
        len--;
    guid_to_text(&o->guid, guid);
    return span_str(arena_printf(op->a, "%.*s\nDEL:%s", (int)len, (const char *)o->rdn.ptr, guid));
}

static enum err strip(struct op *op, const struct dir_obj *o)
{
    const struct schema_class *cls = schema_class(o->class_id);
    size_t pos = 0;
    uint32_t attr;
    struct dir_values values;
    uint8_t yes = 1;
    uint8_t parent[4] = {(uint8_t)o->parent, (uint8_t)(o->parent >> 8), (uint8_t)(o->parent >> 16),
                         (uint8_t)(o->parent >> 24)};
    while (dir_attr_next(o, &pos, &attr, &values))
        if (!kept(cls, attr))
            change_set(op->c, o->id, attr, NULL, 0);
    const struct span deleted = span_of(&yes, 1), last = span_of(parent, sizeof parent);
    change_set(op->c, o->id, ATTR_isDeleted, &deleted, 1);
    change_set(op->c, o->id, ATTR_lastKnownParent, &last, 1);
    for (unsigned i = 0; i < DIR_SECRET__COUNT; i++)
        change_secret(op->c, (enum dir_secret_store)i, o->id, SPAN_NONE);
    return ERR_OK;
}

enum err delete_object(struct op *op, const struct dir_obj *o)
{
    TRY(deletable(op, o));
    return delete_unprotected(op, o);
}

enum err delete_unprotected(struct op *op, const struct dir_obj *o)
{
    dir_id container;
    TRY(strip(op, o));
    TRY(deleted_objects(op, o, &container));
    bool stays = (uint32_t)dir_attr_i32(o, ATTR_systemFlags, 0) & FLAG_DISALLOW_MOVE_ON_DELETE;
    struct span name = mangled(op, o);
    if (!name.len)
        return ERR_NOMEM;
    change_move(op->c, o->id, stays ? o->parent : container, name);
    change_flags(op->c, o->id, o->flags | DIR_OBJ_DELETED);
    return ERR_OK;
}

/* A trust that is deleted takes its account with it. */
static enum err with_companions(struct op *op, const struct dir_obj *o)
{
    if (o->class_id == CLASS_trustedDomain)
        TRY(trust_delete_account(op, o));
    return delete_object(op, o);
}

static enum err tree(struct op *op, const struct dir_obj *o, unsigned depth, unsigned *count)
{
    struct dir_child_cursor c = {0};
    dir_id id;
    if (depth > DEPTH_MAX || ++*count > TREE_MAX)
        return op_refuse(op, ERR_LIMIT, REASON_DIR_TREE_TOO_LARGE,
                         "there are more than %d objects under %.*s", TREE_MAX,
                         SPAN_ARG(op->in->target));
    while (dir_child_next(op->s, o->id, &c, &id)) {
        struct dir_obj child;
        TRY(dir_by_id(op->s, id, &child));
        if (child.flags & DIR_OBJ_DELETED)
            continue;
        TRY(tree(op, &child, depth + 1, count));
    }
    const struct schema_class *cls = schema_class(o->class_id);
    struct span critical;
    if (!account_is_user(cls) && !account_is_group(cls) && o->class_id != CLASS_trustedDomain &&
        dir_attr_first(o, ATTR_isCriticalSystemObject, &critical) && critical.len &&
        critical.ptr[0])
        return refuse(op, o, "is critical to the system");
    return with_companions(op, o);
}

static bool has_live_children(struct op *op, dir_id parent)
{
    struct dir_child_cursor c = {0};
    dir_id id;
    struct dir_obj o;
    while (dir_child_next(op->s, parent, &c, &id))
        if (dir_by_id(op->s, id, &o) == ERR_OK && !(o.flags & DIR_OBJ_DELETED))
            return true;
    return false;
}

static enum err may_delete(struct op *op, const struct dir_obj *o)
{
    struct dir_obj parent;
    if (right_object_has(op, o, ACCESS_DELETE))
        return ERR_OK;
    TRY(dir_by_id(op->s, o->parent, &parent));
    if (right_child_has(op, &parent, ACCESS_DELETE_CHILD, schema_class(o->class_id)))
        return ERR_OK;
    return right_object(op, o, ACCESS_DELETE, "delete");
}

enum err op_delete(struct op *op)
{
    struct dir_obj o;
    unsigned count = 0;
    TRY(op_find(op, op->in->target, &o));
    op->reply->id = o.id;
    if (op->in->flags & INTENT_TREE_DELETE) {
        TRY(right_object(op, &o, ACCESS_DELETE_TREE, "delete tree"));
        TRY(deletable(op, &o));
        return tree(op, &o, 0, &count);
    }
    TRY(may_delete(op, &o));
    TRY(deletable(op, &o));
    if (has_live_children(op, o.id))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_HAS_CHILDREN,
                         "there are objects under %.*s", SPAN_ARG(op_name(op, o.id)));
    return with_companions(op, &o);
}
