#include "directory/apply.h"
#include "directory/links.h"

void apply_epoch(struct apply *ap, dir_id id)
{
    uint8_t v[8];
    le64_to(v, ap->state.epochs.usn);
    store_put(ap->txn, DB_EPOCH, NUMBER_KEY(id), span_of(v, sizeof(v)));
    ap->links = true;
}

static void back_add(struct apply *ap, uint32_t attr, dir_id source, dir_id target)
{
    struct store_key k;
    dir_link_key(&k, target, attr);
    store_set_add(ap->txn, DB_BACK, store_key_span(&k), source);
    apply_epoch(ap, target);
}

static void back_remove(struct apply *ap, uint32_t attr, dir_id source, dir_id target)
{
    struct store_key k;
    dir_link_key(&k, target, attr);
    store_set_remove(ap->txn, DB_BACK, store_key_span(&k), source);
    apply_epoch(ap, target);
}

/* Is there any link from source to target, whatever its data? */
static bool linked_with_data(struct apply *ap, uint32_t attr, dir_id source, dir_id target)
{
    struct store_key k;
    struct span key, v;
    dir_link_key(&k, source, attr);
    store_key_u32(&k, target);
    return store_from(ap->txn, DB_LINKDATA, store_key_span(&k), &key, &v) &&
           span_eq(span_sub(key, 0, k.len), store_key_span(&k));
}

/* Both tell whether anything changed. */
static bool link_with_data(struct apply *ap, const struct change_item *i)
{
    struct store_key k;
    struct span v;
    dir_linkdata_key(&k, i->id, i->attr, i->target, dir_linkdata_tag(i->data));
    bool there = store_get(ap->txn, DB_LINKDATA, store_key_span(&k), &v);
    if (there == (i->op == CHANGE_LINK))
        return false;
    if (i->op == CHANGE_LINK) {
        store_put(ap->txn, DB_LINKDATA, store_key_span(&k), i->data);
        back_add(ap, i->attr, i->id, i->target);
        return true;
    }
    store_del(ap->txn, DB_LINKDATA, store_key_span(&k));
    if (!linked_with_data(ap, i->attr, i->id, i->target))
        back_remove(ap, i->attr, i->id, i->target);
    return true;
}

static bool link_plain(struct apply *ap, const struct change_item *i)
{
    struct store_key k;
    dir_link_key(&k, i->id, i->attr);
    if (i->op == CHANGE_UNLINK) {
        if (!store_set_remove(ap->txn, DB_LINK, store_key_span(&k), i->target))
            return false;
        back_remove(ap, i->attr, i->id, i->target);
        return true;
    }
    if (store_set_has(ap->txn, DB_LINK, store_key_span(&k), i->target))
        return false;
    store_set_add(ap->txn, DB_LINK, store_key_span(&k), i->target);
    back_add(ap, i->attr, i->id, i->target);
    return true;
}

enum err apply_link(struct apply *ap, const struct change_item *i)
{
    const struct schema_attr *a = schema_attr(i->attr);
    bool with_data = dir_attr_has_linkdata(i->attr);
    struct work *source;
    if (!a || !(a->flags & SCHEMA_LINK) || (i->data.len && !with_data))
        return ERR_CONSTRAINT;
    TRY(apply_load(ap, i->id, &source));
    if (i->op == CHANGE_LINK) {
        uint32_t flags;
        TRY(apply_flags_of(ap, i->target, &flags));
        /* Its links went when it was deleted; a later one would outlive it. */
        if ((flags | source->now.flags) & DIR_OBJ_DELETED)
            return ERR_CONSTRAINT;
    }
    bool changed = with_data ? link_with_data(ap, i) : link_plain(ap, i);
    return changed ? apply_touch(ap, source, i->attr) : store_txn_err(ap->txn);
}

/* The first key of db that begins with id: its attribute. Walking by "the first that is left" needs
 * no cursor that the deletions would move. */
static bool first_attr(struct apply *ap, unsigned db, dir_id id, uint32_t *attr)
{
    struct store_key k;
    struct span key;
    dir_link_key(&k, id, 0);
    if (!store_set_key_from(ap->txn, db, store_key_span(&k), &key) || key.len < 8 ||
        be32_at(key.ptr) != id)
        return false;
    *attr = be32_at(key.ptr + 4);
    return true;
}

static void drop_forward(struct apply *ap, dir_id id)
{
    uint32_t attr, target;
    struct store_key k;
    while (first_attr(ap, DB_LINK, id, &attr)) {
        dir_link_key(&k, id, attr);
        for (target = 0; store_set_from(ap->txn, DB_LINK, store_key_span(&k), target, &target);
             target++)
            back_remove(ap, attr, id, target);
        store_set_drop(ap->txn, DB_LINK, store_key_span(&k));
    }
}

static void drop_forward_data(struct apply *ap, dir_id id)
{
    struct store_key from, k;
    struct span key, v;
    store_key_init(&from);
    store_key_u32(&from, id);
    while (store_from(ap->txn, DB_LINKDATA, store_key_span(&from), &key, &v) && key.len == 20 &&
           be32_at(key.ptr) == id) {
        uint32_t attr = be32_at(key.ptr + 4), target = be32_at(key.ptr + 8);
        store_key_init(&k);
        store_key_bytes(&k, key);
        store_del(ap->txn, DB_LINKDATA, store_key_span(&k));
        back_remove(ap, attr, id, target);
    }
}

static void drop_data_between(struct apply *ap, uint32_t attr, dir_id source, dir_id target)
{
    struct store_key prefix, k;
    struct span key, v;
    dir_link_key(&prefix, source, attr);
    store_key_u32(&prefix, target);
    while (store_from(ap->txn, DB_LINKDATA, store_key_span(&prefix), &key, &v) &&
           span_eq(span_sub(key, 0, prefix.len), store_key_span(&prefix))) {
        store_key_init(&k);
        store_key_bytes(&k, key);
        store_del(ap->txn, DB_LINKDATA, store_key_span(&k));
    }
}

static void drop_backward(struct apply *ap, dir_id id)
{
    uint32_t attr, source;
    struct store_key k, forward;
    while (first_attr(ap, DB_BACK, id, &attr)) {
        dir_link_key(&k, id, attr);
        for (source = 0; store_set_from(ap->txn, DB_BACK, store_key_span(&k), source, &source);
             source++) {
            if (dir_attr_has_linkdata(attr)) {
                drop_data_between(ap, attr, source, id);
            } else {
                dir_link_key(&forward, source, attr);
                store_set_remove(ap->txn, DB_LINK, store_key_span(&forward), id);
            }
        }
        store_set_drop(ap->txn, DB_BACK, store_key_span(&k));
        apply_epoch(ap, id);
    }
}

enum err apply_drop_links(struct apply *ap, dir_id id)
{
    drop_forward(ap, id);
    drop_forward_data(ap, id);
    drop_backward(ap, id);
    return store_txn_err(ap->txn);
}
