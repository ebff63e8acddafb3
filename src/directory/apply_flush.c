#include "directory/apply.h"

/* --- indexes ------------------------------------------------------------------------------------
 */

static void index_values(struct apply *ap, const struct dir_obj *o, uint32_t attr,
                         struct dir_values values, bool add)
{
    uint8_t tag = o->flags & DIR_OBJ_DELETED ? INDEX_DELETED : INDEX_LIVE;
    struct span one;
    while (dir_values_next(&values, &one)) {
        struct store_key k;
        dir_index_key(&k, tag, attr, one);
        if (k.overflow)
            store_txn_fail(ap->txn, ERR_LIMIT);
        else if (add)
            store_set_add(ap->txn, DB_INDEX, store_key_span(&k), o->id);
        else
            store_set_remove(ap->txn, DB_INDEX, store_key_span(&k), o->id);
    }
}

static bool indexed(uint32_t attr)
{
    const struct schema_attr *a = schema_attr(attr);
    return a && a->flags & SCHEMA_INDEXED;
}

static bool is_listed(const struct dir_obj *o)
{
    return o && !(o->flags & DIR_OBJ_PHANTOM);
}

/* Takes out (or puts in) the entries of `of` that differ in `other`. Two values of one attribute
 * may share an entry (case): entries are taken out first and all of an attribute's new values put
 * in after. */
static void index_difference(struct apply *ap, const struct dir_obj *of,
                             const struct dir_obj *other, bool add)
{
    size_t pos = 0;
    uint32_t attr;
    struct dir_values v, w;
    bool moved = !is_listed(other) || (of->flags ^ other->flags) & DIR_OBJ_DELETED;
    if (!is_listed(of))
        return;
    while (dir_attr_next(of, &pos, &attr, &v)) {
        if (!indexed(attr))
            continue;
        if (!moved && dir_attr(other, attr, &w) && v.left == w.left && v.stride == w.stride &&
            span_eq(v.rest, w.rest))
            continue;
        index_values(ap, of, attr, v, add);
    }
}

/* --- metadata of changed attributes -------------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void put_meta(struct builder *b, uint32_t attr, uint32_t version, uint64_t usn, utime when)
{
    builder_le32(b, attr);
    builder_le32(b, version);
    builder_le64(b, usn);
    builder_le64(b, (uint64_t)when);
}

/* Merges the sorted list of what was touched into the sorted entries that are there. */
static enum err write_meta(struct apply *ap, struct work *w)
{
    struct span old = SPAN_NONE, merged;
    struct builder b;
    if (!w->touched_count)
        return ERR_OK;
    qsort(w->touched, w->touched_count, sizeof(w->touched[0]), by_number);
    store_get(ap->txn, DB_REPL, NUMBER_KEY(w->id), &old);
    builder_in(&b, &ap->arena, old.len + (size_t)w->touched_count * REPL_ENTRY + REPL_ENTRY);
    size_t pos = 0;
    for (unsigned i = 0; i < w->touched_count; i++) {
        uint32_t attr = w->touched[i], version = 2;
        while (pos + REPL_ENTRY <= old.len && le32_at(old.ptr + pos) < attr) {
            builder_bytes(&b, old.ptr + pos, REPL_ENTRY);
            pos += REPL_ENTRY;
        }
        if (pos + REPL_ENTRY <= old.len && le32_at(old.ptr + pos) == attr) {
            version = le32_at(old.ptr + pos + 4) + 1;
            pos += REPL_ENTRY;
        }
        put_meta(&b, attr, version, ap->state.epochs.usn, ap->when);
    }
    builder_span(&b, span_sub(old, pos, old.len));
    TRY(builder_done(&b, &merged));
    store_put(ap->txn, DB_REPL, NUMBER_KEY(w->id), merged);
    return ERR_OK;
}

/* --- epochs -------------------------------------------------------------------------------------
 */

static bool touched(const struct work *w, uint32_t attr)
{
    for (unsigned i = 0; i < w->touched_count; i++) {
        if (w->touched[i] == attr)
            return true;
    }
    return false;
}

static void classify(struct apply *ap, const struct work *w)
{
    if (w->now.flags & DIR_OBJ_NC_HEAD)
        ap->naming = true;
    switch (w->now.class_id) {
    case CLASS_trustedDomain:
        ap->trusts = true;
        break;
    case CLASS_dnsNode:
    case CLASS_dnsZone:
        ap->zones = true;
        break;
    case CLASS_crossRef:
    case CLASS_crossRefContainer:
    case CLASS_nTDSService:
    case CLASS_site:
    case CLASS_subnet:
    case CLASS_server:
        ap->naming = true;
        break;
    default:
        break;
    }
    if (w->removed)
        return;
    /* What a token is made of, besides links. */
    if (touched(w, ATTR_primaryGroupID) || touched(w, ATTR_groupType) ||
        touched(w, ATTR_sIDHistory) || touched(w, ATTR_objectSid))
        apply_epoch(ap, w->id);
}

/* An objectSid of this domain moves the RID counter beyond it. The domain's own SID is at the head
 * of the naming context that holds the object. */
static void note_rid(struct apply *ap, const struct dir_obj *o)
{
    struct span raw;
    struct sid sid, domain;
    uint32_t rid;
    struct dir_obj head = *o;
    if (!dir_attr_first(o, ATTR_objectSid, &raw) || sid_from_bytes(raw, &sid) != ERR_OK)
        return;
    for (unsigned depth = 0; !(head.flags & DIR_OBJ_NC_HEAD); depth++) {
        struct span v;
        struct work *w;
        if (depth == DIR_DEPTH_MAX || apply_load(ap, head.parent, &w) != ERR_OK)
            return;
        /* Parents may be unwritten work of this very record. */
        if (w->fresh) {
            if (record_encode(&w->now, &ap->arena, &v) != ERR_OK ||
                record_view(w->id, v, &head) != ERR_OK)
                return;
        } else {
            head = w->before;
        }
    }
    if (!dir_attr_first(&head, ATTR_objectSid, &raw) || sid_from_bytes(raw, &domain) != ERR_OK ||
        !sid_in_domain(&sid, &domain, &rid))
        return;
    if (rid >= ap->state.next_rid && rid < UINT32_MAX)
        ap->state.next_rid = rid + 1;
}

/* --- objects ------------------------------------------------------------------------------------
 */

static enum err flush_one(struct apply *ap, struct work *w)
{
    struct span bytes;
    struct dir_obj after;
    struct dir_obj *before = w->fresh ? NULL : &w->before;
    if (w->removed) {
        if (before)
            index_difference(ap, before, NULL, false);
        else
            apply_guid(ap, w, false);
        store_del(ap->txn, DB_OBJ, NUMBER_KEY(w->id));
        classify(ap, w);
        return ERR_OK;
    }
    if (!w->fresh && !w->changed)
        return ERR_OK;
    w->now.usn_changed = ap->state.epochs.usn;
    w->now.when_changed = ap->when;
    TRY(record_encode(&w->now, &ap->arena, &bytes));
    TRY(record_view(w->id, bytes, &after));
    if (before)
        index_difference(ap, before, &after, false);
    index_difference(ap, &after, before, true);
    store_put(ap->txn, DB_OBJ, NUMBER_KEY(w->id), bytes);
    if (w->fresh || touched(w, ATTR_objectSid))
        note_rid(ap, &after);
    TRY(write_meta(ap, w));
    classify(ap, w);
    return store_txn_err(ap->txn);
}

enum err apply_flush(struct apply *ap)
{
    /* note_rid may append what it loads: such objects are unchanged and cost nothing. */
    for (struct work *w = ap->first; w; w = w->next)
        TRY(flush_one(ap, w));
    if (ap->naming)
        ap->state.epochs.naming = ap->state.epochs.usn;
    if (ap->links)
        ap->state.epochs.links = ap->state.epochs.usn;
    if (ap->trusts)
        ap->state.epochs.trusts = ap->state.epochs.usn;
    if (ap->zones)
        ap->state.epochs.zones = ap->state.epochs.usn;
    return ERR_OK;
}
