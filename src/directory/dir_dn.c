#include "base/builder.h"
#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/names.h"

#define DN_RESULT_MAX (4 * DN_TEXT_MAX)

static enum err put_rdn(const struct dir_obj *o, struct builder *b)
{
    const struct schema_class *c = schema_class(o->class_id);
    if (!c)
        return ERR_IO;
    dn_put_rdn(b, span_str(schema_attr(c->rdn_attr)->name), o->rdn);
    return ERR_OK;
}

enum err dir_dn_of(const struct dir_snap *s, const struct dir_obj *leaf, struct arena *a,
                   struct span *out)
{
    struct dir_obj o = *leaf;
    struct builder b;
    builder_in(&b, a, DN_RESULT_MAX);
    TRY(put_rdn(&o, &b));
    for (unsigned depth = 1; o.parent; depth++) {
        const struct dir_place *above = dir_place(s, o.parent);
        builder_u8(&b, ',');
        if (above) {
            builder_bytes(&b, above->dn, above->len);
            break;
        }
        if (depth == DIR_DEPTH_MAX)
            return ERR_IO;
        TRY(dir_by_id(s, o.parent, &o));
        TRY(put_rdn(&o, &b));
    }
    return builder_done(&b, out);
}

enum err dir_dn(const struct dir_snap *s, dir_id id, struct arena *a, struct span *out)
{
    struct dir_obj o;
    if (!id) {
        *out = SPAN_LIT("");
        return ERR_OK;
    }
    TRY(dir_by_id(s, id, &o));
    return dir_dn_of(s, &o, a, out);
}

/* Where each RDN of a plain DN starts, leaf first. */
struct dn_starts {
    unsigned count;
    uint16_t at[DIR_DEPTH_MAX];
};

static enum err find_starts(struct span dn, uint8_t *buf, struct dn_starts *out)
{
    struct dn_rdn rdn;
    size_t pos = 0;
    _Static_assert(DN_TEXT_MAX <= UINT16_MAX, "starts are 16 bits");
    out->count = 0;
    for (;;) {
        size_t at = pos;
        enum err e = dn_next(dn, &pos, buf, &rdn);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        TRY(e);
        if (out->count == DIR_DEPTH_MAX)
            return ERR_LIMIT;
        out->at[out->count++] = (uint16_t)at;
    }
}

static bool type_is(struct span type, uint32_t attr)
{
    const struct schema_attr *a = schema_attr(attr);
    return a && (ascii_eq_fold(type, span_str(a->name)) || schema_attr_by_name(type) == a);
}

static enum err step_down(const struct dir_snap *s, const struct dn_rdn *rdn, dir_id *id,
                          dir_id *matched)
{
    dir_id child;
    uint32_t rdn_attr;
    if (dir_child_find(s->txn, *id, rdn->value, &child, &rdn_attr) &&
        type_is(rdn->type, rdn_attr)) {
        *id = child;
        return ERR_OK;
    }
    *matched = *id;
    return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
}

/* From the root down, one lookup a level. What stands behind the first RDN is remembered: most
 * names are those of objects of one container. */
static enum err find_id(const struct dir_snap *s, struct span dn, dir_id *out, dir_id *matched)
{
    uint8_t buf[DN_VALUE_MAX];
    struct dn_starts starts;
    struct dn_rdn rdn;
    size_t pos = 0;
    dir_id id = 0;
    if (dir_memo_named(s, dn, out))
        return ERR_OK;
    if (dn_next(dn, &pos, buf, &rdn) == ERR_OK && dir_memo_named(s, span_sub(dn, pos, dn.len), out))
        return step_down(s, &rdn, out, matched);
    TRY(find_starts(dn, buf, &starts));
    for (unsigned i = starts.count; i > 0; i--) {
        pos = starts.at[i - 1];
        if (i == 1 && id)
            dir_keep_name(s, span_sub(dn, starts.at[1], dn.len), id);
        TRY(dn_next(dn, &pos, buf, &rdn));
        TRY(step_down(s, &rdn, &id, matched));
    }
    *out = id;
    return ERR_OK;
}

static enum err walk(const struct dir_snap *s, struct span dn, struct dir_obj *out, dir_id *matched)
{
    struct dir_obj o;
    dir_id id;
    TRY(find_id(s, dn, &id, matched));
    if (!id)
        return ERR_NOT_FOUND;
    TRY(dir_by_id(s, id, &o));
    if (o.flags & DIR_OBJ_PHANTOM)
        return ERR_NOT_FOUND;
    *out = o;
    return ERR_OK;
}

/* [MS-ADTS] 3.1.1.3.1.2.4, MapWellKnownGuidToDN. Values are an id and the GUID. */
static enum err well_known(const struct dir_snap *s, const struct dir_obj *container,
                           const struct guid *g, struct dir_obj *out)
{
    static const uint32_t attrs[] = {ATTR_wellKnownObjects, ATTR_otherWellKnownObjects};
    for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
        struct dir_values v;
        struct span one;
        if (!dir_attr(container, attrs[i], &v))
            continue;
        while (dir_values_next(&v, &one)) {
            if (one.len == 4 + sizeof(g->b) && memcmp(one.ptr + 4, g->b, sizeof(g->b)) == 0)
                return dir_by_id(s, le32_at(one.ptr), out);
        }
    }
    return ERR_NOT_FOUND;
}

static enum err resolve(const struct dir_snap *s, struct span dn, struct dir_obj *out,
                        dir_id *matched)
{
    struct dn special;
    struct span rest;
    struct dir_obj container;
    TRY(dn_special(dn, &special, &rest));
    switch (special.form) {
    case DN_GUID:
        return dir_by_guid(s, &special.guid, out);
    case DN_SID:
        return dir_by_sid(s, &special.sid, out);
    case DN_WKGUID:
        TRY(walk(s, rest, &container, matched));
        return well_known(s, &container, &special.guid, out);
    default:
        return walk(s, dn, out, matched);
    }
}

enum err dir_by_dn(const struct dir_snap *s, struct span dn, struct dir_obj *out,
                   dir_id *matched_out)
{
    dir_id matched = 0;
    struct dir_obj o;
    enum err e = resolve(s, dn, out, &matched);
    if (e != ERR_NOT_FOUND || !matched_out)
        return e;
    if (matched && (dir_by_id(s, matched, &o) != ERR_OK || o.flags & DIR_OBJ_PHANTOM))
        matched = 0;
    *matched_out = matched;
    return e;
}
