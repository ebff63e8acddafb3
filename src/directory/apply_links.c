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

static bool unlink_plain(struct apply *ap, const struct change_item *i)
{
    struct store_key k;
    dir_link_key(&k, i->id, i->attr);
    if (!store_set_remove(ap->txn, DB_LINK, store_key_span(&k), i->target))
        return false;
    back_remove(ap, i->attr, i->id, i->target);
    return true;
}

static enum err remember(struct apply *ap, const struct change_item *i)
{
    if (ap->run_count && ap->run_attr != i->attr)
        TRY(apply_run(ap));
    if (ap->run_count == ap->run_room) {
        uint64_t *p = apply_grow(ap, ap->run, ap->run_count, &ap->run_room, sizeof(*p));
        if (!p)
            return ERR_NOMEM;
        ap->run = p;
    }
    ap->run_attr = i->attr;
    ap->run[ap->run_count++] = (uint64_t)i->id << 32 | i->target;
    return ERR_OK;
}

static enum err linkable(struct apply *ap, dir_id id)
{
    uint32_t flags, sd_id;
    TRY(apply_flags_of(ap, id, &flags, &sd_id));
    /* Its links went when it was deleted; a later one would outlive it. */
    return flags & DIR_OBJ_DELETED ? ERR_CONSTRAINT : ERR_OK;
}

enum err apply_link(struct apply *ap, const struct change_item *i)
{
    const struct schema_attr *a = schema_attr(i->attr);
    bool with_data = dir_attr_has_linkdata(i->attr);
    struct work *source;
    if (!a || !(a->flags & SCHEMA_LINK) || (i->data.len && !with_data))
        return ERR_CONSTRAINT;
    if (i->op == CHANGE_LINK && !with_data)
        return remember(ap, i);
    TRY(apply_load(ap, i->id, &source));
    if (i->op == CHANGE_LINK) {
        TRY(linkable(ap, i->id));
        TRY(linkable(ap, i->target));
    }
    bool changed = with_data ? link_with_data(ap, i) : unlink_plain(ap, i);
    return changed ? apply_touch(ap, source, i->attr) : store_txn_err(ap->txn);
}

/* --- runs of plain links ------------------------------------------------------------------------
 */

/* By bytes, the last first; bytes that all pairs have in common cost nothing. */
static uint64_t *sort_pairs(uint64_t *pair, uint64_t *spare, unsigned count)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        unsigned at[257] = {0};
        for (unsigned i = 0; i < count; i++)
            at[(pair[i] >> shift & 0xff) + 1]++;
        if (at[(pair[0] >> shift & 0xff) + 1] == count)
            continue;
        for (unsigned b = 0; b < 256; b++)
            at[b + 1] += at[b];
        for (unsigned i = 0; i < count; i++)
            spare[at[pair[i] >> shift & 0xff]++] = pair[i];
        uint64_t *sorted = spare;
        spare = pair;
        pair = sorted;
    }
    return pair;
}

/* The pairs from `from` on with the same first id: their second ones. */
static unsigned same_first(const uint64_t *pair, unsigned from, unsigned count, uint32_t *seconds)
{
    unsigned n = 0;
    for (; from + n < count && pair[from + n] >> 32 == pair[from] >> 32; n++)
        seconds[n] = (uint32_t)pair[from + n];
    return n;
}

/* Puts the links of sorted pairs in; those that are new are left in pair, turned round. */
static enum err run_forward(struct apply *ap, uint64_t *pair, uint32_t *ids, unsigned *count)
{
    unsigned made = 0;
    for (unsigned i = 0; i < *count;) {
        dir_id source = (dir_id)(pair[i] >> 32);
        struct store_key k;
        struct work *w;
        unsigned n = same_first(pair, i, *count, ids);
        TRY(apply_load(ap, source, &w));
        TRY(linkable(ap, source));
        dir_link_key(&k, source, ap->run_attr);
        unsigned fresh = store_set_add_all(ap->txn, DB_LINK, store_key_span(&k), ids, n);
        for (unsigned j = 0; j < fresh; j++)
            pair[made++] = (uint64_t)ids[j] << 32 | source;
        if (fresh)
            TRY(apply_touch(ap, w, ap->run_attr));
        i += n;
    }
    *count = made;
    return store_txn_err(ap->txn);
}

static enum err run_backward(struct apply *ap, const uint64_t *pair, uint32_t *ids, unsigned count)
{
    for (unsigned i = 0; i < count;) {
        dir_id target = (dir_id)(pair[i] >> 32);
        struct store_key k;
        unsigned n = same_first(pair, i, count, ids);
        TRY(linkable(ap, target));
        dir_link_key(&k, target, ap->run_attr);
        store_set_add_all(ap->txn, DB_BACK, store_key_span(&k), ids, n);
        apply_epoch(ap, target);
        i += n;
    }
    return store_txn_err(ap->txn);
}

enum err apply_run(struct apply *ap)
{
    unsigned count = ap->run_count;
    if (!count)
        return ERR_OK;
    uint64_t *spare = arena_new_array(&ap->arena, count, uint64_t);
    uint32_t *ids = arena_new_array(&ap->arena, count, uint32_t);
    if (!spare || !ids)
        return ERR_NOMEM;
    ap->run_count = 0;
    uint64_t *pair = sort_pairs(ap->run, spare, count);
    uint64_t *other = pair == spare ? ap->run : spare;
    TRY(run_forward(ap, pair, ids, &count));
    return count ? run_backward(ap, sort_pairs(pair, other, count), ids, count) : ERR_OK;
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
