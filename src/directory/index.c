#include "directory/index.h"

#include "directory/dir_internal.h"

#define INDEX_HEAD 5 /* tag and attribute */

static enum err allowed(const struct schema_attr *a, enum dir_index_how how)
{
    if (!a || !(a->flags & SCHEMA_INDEXED))
        return ERR_UNSUPPORTED;
    const struct schema_syntax_row *row = schema_syntax(a->syntax);
    if (how == INDEX_PREFIX && !row->substring)
        return ERR_UNSUPPORTED;
    if ((how == INDEX_FROM || how == INDEX_TO) && !row->ordered)
        return ERR_UNSUPPORTED;
    return ERR_OK;
}

static void save(uint8_t *to, uint16_t *len, struct span key)
{
    ENT_ASSERT(key.len <= DIR_INDEX_KEY_MAX);
    memcpy(to, key.ptr, key.len);
    *len = (uint16_t)key.len;
}

enum err dir_index_open(uint32_t attr, enum dir_index_how how, struct span value, bool deleted,
                        struct dir_index_cursor *out)
{
    uint8_t tag = deleted ? INDEX_DELETED : INDEX_LIVE;
    struct store_key k;
    TRY(allowed(schema_attr(attr), how));
    switch (how) {
    case INDEX_EQUAL:
        dir_index_key(&k, tag, attr, value);
        break;
    case INDEX_ANY:
        dir_index_bound(&k, tag, attr, SPAN_NONE, false);
        break;
    default:
        dir_index_bound(&k, tag, attr, value, how == INDEX_PREFIX);
    }
    if (k.overflow)
        return ERR_UNSUPPORTED;
    *out = (struct dir_index_cursor){0};
    struct span key = store_key_span(&k);
    save(out->key, &out->key_len, how == INDEX_TO ? span_sub(key, 0, INDEX_HEAD) : key);
    save(out->bound, &out->bound_len, how == INDEX_FROM ? span_sub(key, 0, INDEX_HEAD) : key);
    out->how = how;
    return ERR_OK;
}

/* May this key still be given? Keys come in order, so the first that may not ends the iteration. */
static bool inside(const struct dir_index_cursor *c, struct span key)
{
    struct span bound = span_of(c->bound, c->bound_len);
    switch (c->how) {
    case INDEX_EQUAL:
        return span_eq(key, bound);
    case INDEX_TO:
        /* A key that continues a cut bound may belong to the bound's own value. */
        return span_eq(span_sub(key, 0, INDEX_HEAD), span_sub(bound, 0, INDEX_HEAD)) &&
               (span_cmp(key, bound) <= 0 || (bound.len == INDEX_HEAD + DIR_INDEX_CUT &&
                                              span_eq(span_sub(key, 0, bound.len), bound)));
    default:
        return span_eq(span_sub(key, 0, bound.len), bound);
    }
}

bool dir_index_next(const struct dir_snap *s, struct dir_index_cursor *c, dir_id *out)
{
    struct span key = span_of(c->key, c->key_len);
    uint32_t id;
    if (c->on_key && c->only_at && c->only_at == s->id)
        return false;
    if (c->on_key && store_set_from(s->txn, DB_INDEX, key, c->last + 1, &id)) {
        c->last = id;
        *out = id;
        return true;
    }
    if (c->on_key && c->how == INDEX_EQUAL)
        return false;
    bool more = c->on_key ? store_set_key_after(s->txn, DB_INDEX, key, &key)
                          : store_set_key_from(s->txn, DB_INDEX, key, &key);
    if (!more || !inside(c, key) || !store_set_from(s->txn, DB_INDEX, key, 0, &id))
        return false;
    save(c->key, &c->key_len, key);
    c->on_key = true;
    c->last = id;
    *out = id;
    return true;
}

uint64_t dir_index_begin(const struct dir_snap *s, struct dir_index_cursor *c, dir_id *out)
{
    ENT_ASSERT(c->how == INDEX_EQUAL && !c->on_key);
    uint64_t count = store_set_open(s->txn, DB_INDEX, span_of(c->key, c->key_len), &c->last);
    c->on_key = count > 0;
    c->only_at = count == 1 ? s->id : 0;
    if (count)
        *out = c->last;
    return count;
}

uint64_t dir_index_count(const struct dir_snap *s, const struct dir_index_cursor *c, uint64_t limit)
{
    if (c->how == INDEX_EQUAL)
        return store_set_count(s->txn, DB_INDEX, span_of(c->key, c->key_len));
    struct span key;
    uint64_t n = 0;
    bool more = store_set_key_from(s->txn, DB_INDEX, span_of(c->key, c->key_len), &key);
    while (more && inside(c, key) && n < limit) {
        n += store_set_count(s->txn, DB_INDEX, key);
        more = store_set_key_after(s->txn, DB_INDEX, key, &key);
    }
    return n;
}
