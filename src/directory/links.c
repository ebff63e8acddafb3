#include "directory/links.h"

#include "directory/dir_internal.h"

#define LINKDATA_KEY 20

static bool next_plain(const struct dir_snap *s, unsigned db, uint32_t attr, dir_id first,
                       struct dir_link_cursor *c, dir_id *out)
{
    struct store_key k;
    dir_link_key(&k, first, attr);
    if (c->last == UINT32_MAX ||
        !store_set_from(s->txn, db, store_key_span(&k), c->last + 1, &c->last))
        return false;
    *out = c->last;
    return true;
}

static bool next_with_data(const struct dir_snap *s, uint32_t attr, dir_id source,
                           struct dir_link_cursor *c, dir_id *target, struct span *data)
{
    struct store_key k;
    struct span key, value;
    dir_linkdata_key(&k, source, attr, c->last, c->tag);
    if (!store_after(s->txn, DB_LINKDATA, store_key_span(&k), &key, &value) ||
        key.len != LINKDATA_KEY || !span_eq(span_sub(key, 0, 8), span_of(k.bytes, 8)))
        return false;
    c->last = be32_at(key.ptr + 8);
    c->tag = (uint64_t)be32_at(key.ptr + 12) << 32 | be32_at(key.ptr + 16);
    *target = c->last;
    if (data)
        *data = value;
    return true;
}

bool dir_link_next(const struct dir_snap *s, uint32_t attr, dir_id source,
                   struct dir_link_cursor *c, dir_id *target, struct span *data)
{
    if (dir_attr_has_linkdata(attr))
        return next_with_data(s, attr, source, c, target, data);
    if (!next_plain(s, DB_LINK, attr, source, c, target))
        return false;
    if (data)
        *data = SPAN_NONE;
    return true;
}

bool dir_backlink_next(const struct dir_snap *s, uint32_t attr, dir_id target,
                       struct dir_link_cursor *c, dir_id *source)
{
    return next_plain(s, DB_BACK, attr, target, c, source);
}

bool dir_link_exists(const struct dir_snap *s, uint32_t attr, dir_id source, dir_id target)
{
    struct store_key k;
    dir_link_key(&k, target, attr);
    return store_set_has(s->txn, DB_BACK, store_key_span(&k), source);
}

uint64_t dir_link_count(const struct dir_snap *s, uint32_t attr, dir_id source)
{
    struct store_key k;
    uint64_t n = 0;
    if (dir_attr_has_linkdata(attr)) {
        struct dir_link_cursor c = {0};
        for (dir_id target; dir_link_next(s, attr, source, &c, &target, NULL);)
            n++;
        return n;
    }
    dir_link_key(&k, source, attr);
    return store_set_count(s->txn, DB_LINK, store_key_span(&k));
}

uint64_t dir_backlink_count(const struct dir_snap *s, uint32_t attr, dir_id target)
{
    struct store_key k;
    dir_link_key(&k, target, attr);
    return store_set_count(s->txn, DB_BACK, store_key_span(&k));
}

/* The attribute of the first key after (id, attr) in db; keys begin with id and attribute. */
static bool next_attr(const struct dir_snap *s, unsigned db, dir_id id, bool started, uint32_t attr,
                      uint32_t *out)
{
    struct store_key k;
    struct span key;
    if (started && attr == UINT32_MAX)
        return false;
    dir_link_key(&k, id, started ? attr + 1 : 0);
    if (!store_set_key_from(s->txn, db, store_key_span(&k), &key) || key.len < 8 ||
        be32_at(key.ptr) != id)
        return false;
    *out = be32_at(key.ptr + 4);
    return true;
}

bool dir_link_attr_next(const struct dir_snap *s, dir_id source, bool *started, uint32_t *attr)
{
    uint32_t plain, data;
    bool have_plain = next_attr(s, DB_LINK, source, *started, *attr, &plain);
    bool have_data = next_attr(s, DB_LINKDATA, source, *started, *attr, &data);
    if (!have_plain && !have_data)
        return false;
    *started = true;
    *attr = have_plain && (!have_data || plain < data) ? plain : data;
    return true;
}

bool dir_backlink_attr_next(const struct dir_snap *s, dir_id target, bool *started, uint32_t *attr)
{
    if (!next_attr(s, DB_BACK, target, *started, *attr, attr))
        return false;
    *started = true;
    return true;
}

uint64_t dir_link_epoch(const struct dir_snap *s, dir_id target)
{
    struct span v;
    return store_get(s->txn, DB_EPOCH, NUMBER_KEY(target), &v) && v.len == 8 ? le64_at(v.ptr) : 0;
}
