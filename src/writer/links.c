#include "base/text.h"
#include "writer/rights.h"
#include "writer/values.h"

/* Attributes whose <SID=...> values make a foreign principal ([MS-ADTS] 3.1.1.5.2.3). */
static bool takes_foreign(uint32_t attr)
{
    switch (attr) {
    case ATTR_member:
    case ATTR_msDS_MembersForAzRole:
    case ATTR_msDS_NeverRevealGroup:
    case ATTR_msDS_NonMembers:
    case ATTR_msDS_RevealOnDemandGroup:
        return true;
    default:
        return false;
    }
}

static enum err make_foreign(struct op *op, const struct dir_obj *container, const struct sid *sid,
                             const char *text, dir_id *out)
{
    struct draft d;
    uint8_t bytes[SID_BYTES_MAX];
    const struct schema_class *cls = schema_class(CLASS_foreignSecurityPrincipal);
    struct dir_obj schema, category;
    draft_begin(op, container->id, cls, arena_dup_span(op->a, span_str(text)), &d);
    d.has_sid = true;
    d.sid = *sid;
    TRY(dir_by_id(op->s, op->naming.schema_nc, &schema));
    TRY(dir_child(op->s, schema.id, span_str(cls->cn), &category));
    TRY(draft_set(&d, ATTR_objectSid, span_of(bytes, sid_to_bytes(sid, bytes))));
    TRY(draft_set_i32(&d, ATTR_instanceType, 4));
    TRY(draft_set_i32(&d, ATTR_objectCategory, (int32_t)category.id));
    TRY(draft_set_bool(&d, ATTR_showInAdvancedViewOnly, true));
    TRY(descriptor_new(&d, container, SPAN_NONE));
    draft_write(&d);
    *out = d.id;
    return ERR_OK;
}

enum err links_foreign(struct op *op, const struct sid *sid, dir_id *out)
{
    char text[SID_TEXT_SIZE];
    struct dir_obj container, there;
    sid_to_text(sid, text);
    if (sid_in_domain(sid, &op->naming.domain_sid, NULL))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_FOREIGN_MEMBER,
                         "%s is of this domain, and no object has it", text);
    for (struct op_foreign *f = op->foreign; f; f = f->next)
        if (sid_eq(&f->sid, sid)) {
            *out = f->id;
            return ERR_OK;
        }
    TRY(dir_child(op->s, op->naming.domain_nc, SPAN_LIT("ForeignSecurityPrincipals"), &container));
    enum err e = dir_child(op->s, container.id, span_str(text), &there);
    if (e == ERR_OK) {
        *out = there.id;
        return ERR_OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    struct op_foreign *f = arena_new(op->a, struct op_foreign);
    if (!f)
        return ERR_NOMEM;
    TRY(make_foreign(op, &container, sid, text, &f->id));
    f->sid = *sid;
    f->next = op->foreign;
    op->foreign = f;
    *out = f->id;
    return ERR_OK;
}

/* One value on its way: what it points at. */
struct end {
    dir_id target;
    struct span data;
    bool foreign; /* a foreign principal */
};

/* <SID=S-1-...> or <SID=hex>. */
static bool sid_of_text(struct span text, struct arena *a, struct sid *out)
{
    const struct span head = SPAN_LIT("<SID=");
    struct span bytes;
    if (text.len < head.len + 2 || !ascii_eq_fold(span_sub(text, 0, head.len), head) ||
        text.ptr[text.len - 1] != '>')
        return false;
    struct span inner = span_sub(text, head.len, text.len - head.len - 1);
    return sid_from_text(inner, out) == ERR_OK ||
           (text_unhex(inner, a, &bytes) == ERR_OK && sid_from_bytes(bytes, out) == ERR_OK);
}

static enum err resolve(struct draft *d, const struct schema_attr *attr, struct span text,
                        struct end *out)
{
    struct op *op = d->op;
    struct sid sid;
    struct span stored;
    struct dir_obj o;
    *out = (struct end){0};
    if (takes_foreign(attr->id) && sid_of_text(text, op->a, &sid)) {
        enum err e = dir_by_sid(op->s, &sid, &o);
        bool own = e == ERR_OK && dir_nc_of(op->s, o.id) == op->naming.domain_nc;
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        if (!own) {
            out->foreign = true;
            return links_foreign(op, &sid, &out->target);
        }
        out->target = o.id;
        return ERR_OK;
    }
    TRY(values_from_text(d, attr, text, &stored));
    struct reader r = reader_of(stored);
    out->target = reader_le32(&r);
    out->data = reader_rest(&r);
    return ERR_OK;
}

/* Is it linked, as things stand after what this intent did so far? */
static bool linked(const struct draft *d, const struct schema_attr *attr, const struct end *e)
{
    for (unsigned i = d->link_count; i-- > 0;) {
        const struct draft_link *l = &d->links[i];
        if (l->attr == attr && l->target == e->target && span_eq(l->data, e->data))
            return l->add;
    }
    if (d->is_new)
        return false;
    if (!e->data.len)
        return dir_link_exists(d->op->s, attr->id, d->id, e->target);
    struct dir_link_cursor c = {0};
    dir_id target;
    struct span data;
    while (dir_link_next(d->op->s, attr->id, d->id, &c, &target, &data))
        if (target == e->target && span_eq(data, e->data))
            return true;
    return false;
}

static uint64_t count_after(const struct draft *d, const struct schema_attr *attr)
{
    uint64_t n = d->is_new ? 0 : dir_link_count(d->op->s, attr->id, d->id);
    for (unsigned i = 0; i < d->link_count; i++)
        if (d->links[i].attr == attr)
            n = d->links[i].add ? n + 1 : n - 1;
    return n;
}

static bool primary_member(const struct draft *d, const struct dir_obj *member)
{
    uint32_t rid;
    return account_is_group(d->cls) && d->has_sid &&
           sid_in_domain(&d->sid, &d->op->naming.domain_sid, &rid) &&
           dir_attr_i32(member, ATTR_primaryGroupID, 0) == (int32_t)rid;
}

static enum err member_rules(struct draft *d, const struct end *e, bool add)
{
    struct dir_obj member;
    if (e->foreign)
        return add ? group_may_have_foreign(d) : ERR_OK;
    TRY(dir_by_id(d->op->s, e->target, &member));
    if (primary_member(d, &member))
        return op_refuse(d->op, add ? ERR_EXISTS : ERR_CONSTRAINT, REASON_DIR_PRIMARY_GROUP,
                         "this is the primary group of %.*s, which is its member by that",
                         SPAN_ARG(op_name(d->op, member.id)));
    return add ? group_may_have(d, &member) : ERR_OK;
}

static enum err add(struct draft *d, const struct schema_attr *attr, const struct end *e)
{
    if (linked(d, attr, e)) {
        if (d->op->in->flags & INTENT_PERMISSIVE)
            return ERR_OK;
        return op_refuse(d->op, ERR_EXISTS,
                         attr->id == ATTR_member ? REASON_DIR_MEMBER_EXISTS
                                                 : REASON_DIR_VALUE_EXISTS,
                         "%s has %.*s already", attr->name, SPAN_ARG(op_name(d->op, e->target)));
    }
    if ((attr->flags & SCHEMA_SINGLE) && count_after(d, attr))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SINGLE, "%s takes one value",
                         attr->name);
    if (attr->id == ATTR_member)
        TRY(member_rules(d, e, true));
    return draft_link(d, attr, e->target, e->data, true);
}

static enum err cut(struct draft *d, const struct schema_attr *attr, const struct end *e)
{
    if (!linked(d, attr, e)) {
        if (d->op->in->flags & INTENT_PERMISSIVE)
            return ERR_OK;
        return op_refuse(d->op, ERR_CONSTRAINT,
                         attr->id == ATTR_member ? REASON_DIR_NO_MEMBER : REASON_DIR_NO_VALUE,
                         "%s does not have %.*s", attr->name, SPAN_ARG(op_name(d->op, e->target)));
    }
    if (attr->id == ATTR_member)
        TRY(member_rules(d, e, false));
    return draft_link(d, attr, e->target, e->data, false);
}

/* Cuts all links but those to keep. */
static enum err cut_others(struct draft *d, const struct schema_attr *attr, const struct end *keep,
                           unsigned count)
{
    struct dir_link_cursor c = {0};
    struct end e = {0};
    while (!d->is_new && dir_link_next(d->op->s, attr->id, d->id, &c, &e.target, &e.data)) {
        bool kept = false;
        for (unsigned i = 0; i < count && !kept; i++)
            kept = keep[i].target == e.target && span_eq(keep[i].data, e.data);
        if (!kept && linked(d, attr, &e))
            TRY(draft_link(d, attr, e.target, e.data, false));
    }
    return ERR_OK;
}

static enum err may_write(struct draft *d, const struct schema_attr *attr, const struct end *ends,
                          unsigned count, enum intent_mod_op how)
{
    struct op *op = d->op;
    if (d->is_new || right_may_write(d, attr))
        return ERR_OK;
    /* Self-membership: to add or remove oneself and nobody else. */
    if (attr->id == ATTR_member && how != MOD_REPLACE && count == 1 && op->in->token.account &&
        ends[0].target == op->in->token.account &&
        right_has(d, ACCESS_SELF_WRITE, &right_self_membership))
        return ERR_OK;
    return right_write(d, attr);
}

enum err links_apply(struct draft *d, const struct schema_attr *attr, const struct intent_mod *m)
{
    struct end *ends = arena_array(d->op->a, m->count, sizeof *ends);
    if (!ends)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->count; i++)
        TRY(resolve(d, attr, m->values[i], &ends[i]));
    TRY(may_write(d, attr, ends, m->count, m->op));
    if (m->op == MOD_DELETE && !m->count) {
        if (!count_after(d, attr) && !(d->op->in->flags & INTENT_PERMISSIVE))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NO_VALUE, "%s has no values",
                             attr->name);
        return cut_others(d, attr, NULL, 0);
    }
    if (m->op == MOD_REPLACE)
        TRY(cut_others(d, attr, ends, m->count));
    for (unsigned i = 0; i < m->count; i++) {
        if (m->op == MOD_DELETE)
            TRY(cut(d, attr, &ends[i]));
        else if (m->op == MOD_ADD || !linked(d, attr, &ends[i]))
            TRY(add(d, attr, &ends[i]));
    }
    return ERR_OK;
}
