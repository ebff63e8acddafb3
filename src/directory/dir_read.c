#include "directory/dir_internal.h"
#include "directory/record.h"

/* A record that nobody has read lately is a miss of the cache for each of its lines: all at once
 * rather than one after the other. */
#define CACHE_LINE   64
#define RECORD_AHEAD 512

static void expect(struct span record)
{
    size_t end = record.len < RECORD_AHEAD ? record.len : RECORD_AHEAD;
    for (size_t at = 0; at < end; at += CACHE_LINE)
        __builtin_prefetch(record.ptr + at);
}

enum err dir_by_id(const struct dir_snap *s, dir_id id, struct dir_obj *out)
{
    struct span bytes;
    if (dir_memo_object(s, id, out))
        return ERR_OK;
    if (!store_get(s->txn, DB_OBJ, NUMBER_KEY(id), &bytes))
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    expect(bytes);
    if (record_view(id, bytes, out) != ERR_OK) {
        store_txn_fail(s->txn, ERR_IO);
        return ERR_IO;
    }
    dir_memo_keep(s, out);
    return ERR_OK;
}

static bool first_of(const struct dir_snap *s, uint8_t tag, uint32_t attr, struct span value,
                     dir_id *out)
{
    struct store_key k;
    dir_index_key(&k, tag, attr, value);
    return !k.overflow && store_set_from(s->txn, DB_INDEX, store_key_span(&k), 0, out);
}

static enum err live_or_deleted(const struct dir_snap *s, uint32_t attr, struct span value,
                                struct dir_obj *out)
{
    dir_id id;
    if (!first_of(s, INDEX_LIVE, attr, value, &id) && !first_of(s, INDEX_DELETED, attr, value, &id))
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    return dir_by_id(s, id, out);
}

enum err dir_by_guid(const struct dir_snap *s, const struct guid *g, struct dir_obj *out)
{
    return live_or_deleted(s, ATTR_objectGUID, span_of(g->b, sizeof(g->b)), out);
}

enum err dir_by_sid(const struct dir_snap *s, const struct sid *sid, struct dir_obj *out)
{
    uint8_t raw[SID_BYTES_MAX];
    return live_or_deleted(s, ATTR_objectSid, span_of(raw, sid_to_bytes(sid, raw)), out);
}

enum err dir_by_value(const struct dir_snap *s, uint32_t attr, struct span value,
                      struct dir_obj *out)
{
    dir_id id;
    if (!first_of(s, INDEX_LIVE, attr, value, &id))
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    return dir_by_id(s, id, out);
}

enum err dir_by_unique(const struct dir_snap *s, uint32_t attr, struct span value,
                       struct dir_obj *out)
{
    struct store_key k;
    dir_id id, second;
    dir_index_key(&k, INDEX_LIVE, attr, value);
    if (k.overflow || !store_set_from(s->txn, DB_INDEX, store_key_span(&k), 0, &id))
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    if (store_set_from(s->txn, DB_INDEX, store_key_span(&k), id + 1, &second))
        return ERR_EXISTS;
    return dir_by_id(s, id, out);
}

/* --- tree ---------------------------------------------------------------------------------------
 */

bool dir_child_find(struct store_txn *t, dir_id parent, struct span rdn, dir_id *id_out,
                    uint32_t *rdn_attr_out)
{
    struct store_key k;
    struct span v;
    dir_child_key(&k, parent, rdn);
    if (k.overflow || !store_get(t, DB_CHILD, store_key_span(&k), &v) || v.len != CHILD_VALUE_SIZE)
        return false;
    *id_out = le32_at(v.ptr);
    *rdn_attr_out = le32_at(v.ptr + 4);
    return true;
}

enum err dir_child(const struct dir_snap *s, dir_id parent, struct span rdn_value,
                   struct dir_obj *out)
{
    dir_id id;
    uint32_t rdn_attr;
    struct dir_obj o;
    if (!dir_child_find(s->txn, parent, rdn_value, &id, &rdn_attr))
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    TRY(dir_by_id(s, id, &o));
    if (o.flags & DIR_OBJ_PHANTOM)
        return ERR_NOT_FOUND;
    *out = o;
    return ERR_OK;
}

static bool next_kid(const struct dir_snap *s, dir_id parent, dir_id after, dir_id *out)
{
    struct store_key k;
    store_key_init(&k);
    store_key_u32(&k, parent);
    return after != UINT32_MAX &&
           store_set_from(s->txn, DB_KIDS, store_key_span(&k), after + 1, out);
}

static bool is_phantom(const struct dir_snap *s, dir_id id)
{
    struct dir_obj o;
    return dir_by_id(s, id, &o) == ERR_OK && o.flags & DIR_OBJ_PHANTOM;
}

bool dir_child_next(const struct dir_snap *s, dir_id parent, struct dir_child_cursor *c,
                    dir_id *out)
{
    dir_id id = c->last;
    if (!c->last)
        c->plain = parent && !is_phantom(s, parent);
    do {
        if (!next_kid(s, parent, id, &id))
            return false;
    } while (!c->plain && is_phantom(s, id));
    c->last = id;
    *out = id;
    return true;
}

bool dir_has_children(const struct dir_snap *s, dir_id parent)
{
    dir_id id;
    return next_kid(s, parent, 0, &id);
}

dir_id dir_nc_of(const struct dir_snap *s, dir_id id)
{
    struct dir_obj o;
    for (unsigned depth = 0; id && depth < DIR_DEPTH_MAX; depth++, id = o.parent) {
        const struct dir_place *above;
        if (dir_by_id(s, id, &o) != ERR_OK)
            return 0;
        if (o.flags & DIR_OBJ_NC_HEAD)
            return id;
        above = dir_place(s, o.parent);
        if (above)
            return above->nc;
    }
    return 0;
}

bool dir_is_under(const struct dir_snap *s, dir_id id, dir_id ancestor)
{
    struct dir_obj o;
    for (unsigned depth = 0; id && depth < DIR_DEPTH_MAX; depth++, id = o.parent) {
        if (id == ancestor)
            return true;
        if (dir_by_id(s, id, &o) != ERR_OK)
            return false;
    }
    return false;
}

/* --- descriptors, metadata, log -----------------------------------------------------------------
 */

enum err dir_sd(const struct dir_snap *s, uint32_t sd_id, struct span *out)
{
    struct span v;
    if (!store_get(s->txn, DB_SD, NUMBER_KEY(sd_id), &v) || v.len < 4)
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    *out = span_sub(v, 4, v.len);
    return ERR_OK;
}

bool dir_attr_meta_next(const struct dir_snap *s, dir_id id, size_t *pos, struct dir_attr_meta *out)
{
    struct span v;
    if (!store_get(s->txn, DB_REPL, NUMBER_KEY(id), &v) || *pos + REPL_ENTRY > v.len)
        return false;
    const uint8_t *p = v.ptr + *pos;
    *out =
        (struct dir_attr_meta){le32_at(p), le32_at(p + 4), le64_at(p + 8), (utime)le64_at(p + 16)};
    *pos += REPL_ENTRY;
    return true;
}

enum err dir_log_read(const struct dir_snap *s, uint64_t usn, struct span *record_out)
{
    if (!store_get(s->txn, DB_LOG, NUMBER_KEY(usn), record_out))
        return store_txn_err(s->txn) ? ERR_IO : ERR_NOT_FOUND;
    return ERR_OK;
}

uint64_t dir_log_oldest(const struct dir_snap *s)
{
    struct span k, v;
    uint64_t usn = 0;
    if (store_first(s->txn, DB_LOG, &k, &v) && k.len == sizeof(usn))
        memcpy(&usn, k.ptr, sizeof(usn));
    return usn;
}
