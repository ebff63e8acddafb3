#include "base/text.h"
#include "directory/apply.h"

static struct work *find_work(struct apply *ap, dir_id id)
{
    struct work *w = ap->bucket[id % APPLY_BUCKETS];
    while (w && w->id != id)
        w = w->next_bucket;
    return w;
}

static struct work *new_work(struct apply *ap, dir_id id)
{
    struct work *w = arena_new(&ap->arena, struct work);
    if (!w)
        return NULL;
    w->id = id;
    w->next_bucket = ap->bucket[id % APPLY_BUCKETS];
    ap->bucket[id % APPLY_BUCKETS] = w;
    *ap->last = w;
    ap->last = &w->next;
    return w;
}

enum err apply_flags_of(struct apply *ap, dir_id id, uint32_t *flags_out, uint32_t *sd_out)
{
    struct span v;
    struct dir_obj o;
    struct work *w = find_work(ap, id);
    if (w ? w->removed : !id || !store_get(ap->txn, DB_OBJ, NUMBER_KEY(id), &v))
        return ERR_NOT_FOUND;
    if (!w && record_view(id, v, &o) != ERR_OK)
        return ERR_IO;
    *flags_out = w ? w->now.flags : o.flags;
    *sd_out = w ? w->now.sd_id : o.sd_id;
    return ERR_OK;
}

enum err apply_load(struct apply *ap, dir_id id, struct work **out)
{
    struct span v;
    struct work *w = find_work(ap, id);
    if (w && w->removed)
        return ERR_NOT_FOUND;
    if (w) {
        *out = w;
        return ERR_OK;
    }
    if (!id || !store_get(ap->txn, DB_OBJ, NUMBER_KEY(id), &v))
        return ERR_NOT_FOUND;
    /* The map's pages move under writes: work on a copy. */
    v = arena_dup_span(&ap->arena, v);
    w = new_work(ap, id);
    if (!w || arena_failed(&ap->arena))
        return ERR_NOMEM;
    if (record_view(id, v, &w->before) != ERR_OK)
        return ERR_IO;
    TRY(record_open(&w->before, &ap->arena, &w->now));
    w->attr_room = w->now.attr_count;
    w->young = w->now.usn_created == ap->state.epochs.usn;
    *out = w;
    return ERR_OK;
}

void *apply_grow(struct apply *ap, const void *old, unsigned count, unsigned *room, size_t size)
{
    unsigned want = *room ? *room * 2 : 16;
    uint8_t *p = arena_array(&ap->arena, want, size);
    if (!p)
        return NULL;
    if (count)
        memcpy(p, old, count * size);
    *room = want;
    return p;
}

enum err apply_touch(struct apply *ap, struct work *w, uint32_t attr)
{
    w->changed = true;
    if (w->fresh || w->young)
        return ERR_OK;
    for (unsigned i = 0; i < w->touched_count; i++) {
        if (w->touched[i] == attr)
            return ERR_OK;
    }
    if (w->touched_count == w->touched_room) {
        uint32_t *p = apply_grow(ap, w->touched, w->touched_count, &w->touched_room, sizeof(*p));
        if (!p)
            return ERR_NOMEM;
        w->touched = p;
    }
    w->touched[w->touched_count++] = attr;
    return ERR_OK;
}

/* --- names --------------------------------------------------------------------------------------
 */

static enum err put_name(struct apply *ap, struct work *w)
{
    struct store_key k;
    struct span v;
    uint8_t value[CHILD_VALUE_SIZE];
    const struct schema_class *c = schema_class(w->now.class_id);
    if (!c || !w->now.rdn.len || w->now.rdn.len > RECORD_RDN_MAX || !text_valid(w->now.rdn))
        return ERR_CONSTRAINT;
    dir_child_key(&k, w->now.parent, w->now.rdn);
    if (k.overflow)
        return ERR_LIMIT;
    if (store_get(ap->txn, DB_CHILD, store_key_span(&k), &v))
        return ERR_EXISTS;
    le32_to(value, w->id);
    le32_to(value + 4, c->rdn_attr);
    store_put(ap->txn, DB_CHILD, store_key_span(&k), span_of(value, sizeof(value)));
    store_key_init(&k);
    store_key_u32(&k, w->now.parent);
    store_set_add(ap->txn, DB_KIDS, store_key_span(&k), w->id);
    return ERR_OK;
}

static void remove_name(struct apply *ap, const struct work *w)
{
    struct store_key k;
    dir_child_key(&k, w->now.parent, w->now.rdn);
    store_del(ap->txn, DB_CHILD, store_key_span(&k));
    store_key_init(&k);
    store_key_u32(&k, w->now.parent);
    store_set_remove(ap->txn, DB_KIDS, store_key_span(&k), w->id);
}

static bool guid_taken(struct apply *ap, const struct guid *g)
{
    static const uint8_t tags[] = {INDEX_LIVE, INDEX_DELETED};
    uint32_t id;
    for (size_t i = 0; i < sizeof(tags); i++) {
        struct store_key k;
        dir_index_key(&k, tags[i], ATTR_objectGUID, span_of(g->b, sizeof(g->b)));
        if (store_set_from(ap->txn, DB_INDEX, store_key_span(&k), 0, &id))
            return true;
    }
    return false;
}

void apply_guid(struct apply *ap, const struct work *w, bool add)
{
    struct store_key k;
    if (w->now.flags & DIR_OBJ_PHANTOM)
        return;
    dir_index_key(&k, w->now.flags & DIR_OBJ_DELETED ? INDEX_DELETED : INDEX_LIVE, ATTR_objectGUID,
                  span_of(w->now.guid.b, sizeof(w->now.guid.b)));
    if (add)
        store_set_add(ap->txn, DB_INDEX, store_key_span(&k), w->id);
    else
        store_set_remove(ap->txn, DB_INDEX, store_key_span(&k), w->id);
}

/* Phantoms stand above everything else, so that only their own children need to be looked at for
 * more. */
static enum err check_parent(struct apply *ap, dir_id parent, uint32_t flags)
{
    struct work *w;
    if (!parent)
        return ERR_OK;
    TRY(apply_load(ap, parent, &w));
    return flags & DIR_OBJ_PHANTOM && !(w->now.flags & DIR_OBJ_PHANTOM) ? ERR_CONSTRAINT : ERR_OK;
}

enum err apply_create(struct apply *ap, const struct change_item *i)
{
    const struct schema_class *c = schema_class(i->class_id);
    struct span v;
    if (!i->id || i->id == UINT32_MAX || !c || guid_is_zero(&i->guid))
        return ERR_CONSTRAINT;
    if (find_work(ap, i->id) || store_get(ap->txn, DB_OBJ, NUMBER_KEY(i->id), &v) ||
        guid_taken(ap, &i->guid))
        return ERR_EXISTS;
    TRY(check_parent(ap, i->parent, i->flags));
    struct work *w = new_work(ap, i->id);
    if (!w)
        return ERR_NOMEM;
    w->fresh = true;
    w->now = (struct record){.parent = i->parent,
                             .class_id = i->class_id,
                             .flags = i->flags,
                             .guid = i->guid,
                             .usn_created = ap->state.epochs.usn,
                             .when_created = ap->when,
                             .rdn = i->rdn};
    if (i->id >= ap->state.next_id)
        ap->state.next_id = i->id + 1;
    TRY(put_name(ap, w));
    apply_guid(ap, w, true);
    return ERR_OK;
}

/* The new parent must not be the object itself or below it. */
static enum err check_no_loop(struct apply *ap, dir_id id, dir_id parent)
{
    for (unsigned depth = 0; parent; depth++) {
        struct work *w;
        if (parent == id || depth == DIR_DEPTH_MAX)
            return ERR_CONSTRAINT;
        TRY(apply_load(ap, parent, &w));
        parent = w->now.parent;
    }
    return ERR_OK;
}

enum err apply_move(struct apply *ap, const struct change_item *i)
{
    struct work *w;
    TRY(apply_load(ap, i->id, &w));
    if ((!i->parent && w->now.parent) || w->now.flags & DIR_OBJ_PHANTOM)
        return ERR_CONSTRAINT;
    TRY(check_no_loop(ap, i->id, i->parent));
    remove_name(ap, w);
    w->now.parent = i->parent;
    w->now.rdn = i->rdn;
    TRY(put_name(ap, w));
    return apply_touch(ap, w, ATTR_name);
}

enum err apply_flags(struct apply *ap, const struct change_item *i)
{
    struct work *w;
    TRY(apply_load(ap, i->id, &w));
    if ((i->flags ^ w->now.flags) & DIR_OBJ_PHANTOM)
        return ERR_CONSTRAINT;
    bool dies = i->flags & DIR_OBJ_DELETED && !(w->now.flags & DIR_OBJ_DELETED);
    if (w->fresh)
        apply_guid(ap, w, false);
    w->now.flags = i->flags;
    if (w->fresh)
        apply_guid(ap, w, true);
    TRY(apply_touch(ap, w, ATTR_isDeleted));
    return dies ? apply_drop_links(ap, i->id) : ERR_OK;
}

enum err apply_remove(struct apply *ap, const struct change_item *i)
{
    struct work *w;
    struct store_key k;
    uint32_t kid;
    TRY(apply_load(ap, i->id, &w));
    store_key_init(&k);
    store_key_u32(&k, i->id);
    if (store_set_from(ap->txn, DB_KIDS, store_key_span(&k), 0, &kid))
        return ERR_CONSTRAINT;
    TRY(apply_drop_links(ap, i->id));
    remove_name(ap, w);
    apply_sd_release(ap, w->now.sd_id);
    for (unsigned store = 0; store < DIR_SECRET__COUNT; store++) {
        store_key_init(&k);
        store_key_u8(&k, (uint8_t)store);
        store_key_u32(&k, i->id);
        store_del(ap->txn, DB_SECRET, store_key_span(&k));
    }
    store_del(ap->txn, DB_REPL, NUMBER_KEY(i->id));
    store_del(ap->txn, DB_EPOCH, NUMBER_KEY(i->id));
    w->removed = true;
    return ERR_OK;
}

/* --- attributes ---------------------------------------------------------------------------------
 */

/* What has a place of its own in the record, or elsewhere. */
static bool settable(const struct work *w, uint32_t attr)
{
    const struct schema_attr *a = schema_attr(attr);
    const struct schema_class *c = schema_class(w->now.class_id);
    if (!a || !c || a->flags & (SCHEMA_LINK | SCHEMA_BACKLINK | SCHEMA_CONSTRUCTED) ||
        a->syntax == SYNTAX_NT_SEC_DESC || attr == c->rdn_attr)
        return false;
    switch (attr) {
    case ATTR_name:
    case ATTR_objectGUID:
    case ATTR_whenCreated:
    case ATTR_whenChanged:
    case ATTR_uSNCreated:
    case ATTR_uSNChanged:
    case ATTR_distinguishedName:
        return false;
    default:
        return true;
    }
}

static enum err insert_attr(struct apply *ap, struct work *w, unsigned at, struct record_attr ra)
{
    if (w->now.attr_count == w->attr_room) {
        struct record_attr *p =
            apply_grow(ap, w->now.attrs, w->now.attr_count, &w->attr_room, sizeof(*p));
        if (!p)
            return ERR_NOMEM;
        w->now.attrs = p;
    }
    memmove(w->now.attrs + at + 1, w->now.attrs + at,
            (w->now.attr_count - at) * sizeof(w->now.attrs[0]));
    w->now.attrs[at] = ra;
    w->now.attr_count++;
    return ERR_OK;
}

static enum err read_values(struct apply *ap, const struct change_item *i, struct record_attr *out)
{
    struct dir_values v = i->values;
    *out = (struct record_attr){.attr = i->attr};
    out->values = arena_new_array(&ap->arena, v.left, struct span);
    if (!out->values)
        return ERR_NOMEM;
    while (v.left) {
        if (!dir_values_next(&v, &out->values[out->count++]))
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err apply_set(struct apply *ap, const struct change_item *i)
{
    struct work *w;
    struct record_attr ra;
    unsigned at = 0;
    TRY(apply_load(ap, i->id, &w));
    if (!settable(w, i->attr))
        return ERR_CONSTRAINT;
    TRY(read_values(ap, i, &ra));
    while (at < w->now.attr_count && w->now.attrs[at].attr < i->attr)
        at++;
    bool have = at < w->now.attr_count && w->now.attrs[at].attr == i->attr;
    if (ra.count && have) {
        w->now.attrs[at] = ra;
    } else if (ra.count) {
        TRY(insert_attr(ap, w, at, ra));
    } else if (have) {
        w->now.attr_count--;
        memmove(w->now.attrs + at, w->now.attrs + at + 1,
                (w->now.attr_count - at) * sizeof(w->now.attrs[0]));
    } else {
        return ERR_OK;
    }
    return apply_touch(ap, w, i->attr);
}

/* --- descriptors: one copy of each distinct one, counted ----------------------------------------
 */

#define SD_HASH 16

static void sd_hash(struct span sd, uint8_t out[HASH_SIZE_MAX])
{
    hash_one(HASH_SHA256, sd, out);
}

static enum err sd_add(struct apply *ap, struct span sd, uint32_t *id_out)
{
    uint8_t digest[HASH_SIZE_MAX];
    struct span v;
    uint32_t id, refs = 0;
    sd_hash(sd, digest);
    if (store_get(ap->txn, DB_SDHASH, span_of(digest, SD_HASH), &v) && v.len == 4) {
        id = le32_at(v.ptr);
        if (!store_get(ap->txn, DB_SD, NUMBER_KEY(id), &v) || !span_eq(span_sub(v, 4, v.len), sd))
            return ERR_IO;
        refs = le32_at(v.ptr);
    } else {
        uint8_t value[4];
        id = ap->state.next_sd++;
        le32_to(value, id);
        store_put(ap->txn, DB_SDHASH, span_of(digest, SD_HASH), span_of(value, 4));
    }
    uint8_t *copy = arena_alloc(&ap->arena, sd.len + 4);
    if (!copy)
        return ERR_NOMEM;
    le32_to(copy, refs + 1);
    memcpy(copy + 4, sd.ptr, sd.len);
    store_put(ap->txn, DB_SD, NUMBER_KEY(id), span_of(copy, sd.len + 4));
    *id_out = id;
    return ERR_OK;
}

void apply_sd_release(struct apply *ap, uint32_t sd_id)
{
    struct span v;
    uint8_t digest[HASH_SIZE_MAX];
    if (!sd_id || !store_get(ap->txn, DB_SD, NUMBER_KEY(sd_id), &v) || v.len < 4)
        return;
    uint32_t refs = le32_at(v.ptr);
    uint8_t *copy = arena_dup(&ap->arena, v.ptr, v.len);
    if (!copy) {
        store_txn_fail(ap->txn, ERR_NOMEM);
        return;
    }
    if (refs > 1) {
        le32_to(copy, refs - 1);
        store_put(ap->txn, DB_SD, NUMBER_KEY(sd_id), span_of(copy, v.len));
        return;
    }
    sd_hash(span_of(copy + 4, v.len - 4), digest);
    store_del(ap->txn, DB_SDHASH, span_of(digest, SD_HASH));
    store_del(ap->txn, DB_SD, NUMBER_KEY(sd_id));
}

enum err apply_sd(struct apply *ap, const struct change_item *i)
{
    struct work *w;
    uint32_t old, id;
    TRY(apply_load(ap, i->id, &w));
    if (!i->data.len)
        return ERR_CONSTRAINT;
    old = w->now.sd_id;
    TRY(sd_add(ap, i->data, &id));
    w->now.sd_id = id;
    apply_sd_release(ap, old);
    return apply_touch(ap, w, ATTR_nTSecurityDescriptor);
}

enum err apply_sd_like(struct apply *ap, const struct change_item *i)
{
    struct work *w;
    struct span v;
    uint32_t id, flags, old;
    TRY(apply_flags_of(ap, i->target, &flags, &id));
    TRY(apply_load(ap, i->id, &w));
    if (!id || !store_get(ap->txn, DB_SD, NUMBER_KEY(id), &v) || v.len < 4)
        return ERR_CONSTRAINT;
    uint8_t *copy = arena_dup(&ap->arena, v.ptr, v.len);
    if (!copy)
        return ERR_NOMEM;
    le32_to(copy, le32_at(v.ptr) + 1);
    store_put(ap->txn, DB_SD, NUMBER_KEY(id), span_of(copy, v.len));
    old = w->now.sd_id;
    w->now.sd_id = id;
    apply_sd_release(ap, old);
    return apply_touch(ap, w, ATTR_nTSecurityDescriptor);
}
