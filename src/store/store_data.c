#include "store/store_internal.h"

MDB_cursor *store_cursor_get(struct store_txn *t, unsigned db)
{
    MDB_cursor *c = NULL;
    int rc = MDB_SUCCESS;
    if (t->err != ERR_OK)
        return NULL;
    if (t->write) {
        rc = mdb_cursor_open(t->txn, t->store->dbi[db], &c);
    } else if (!t->cursor[db]) {
        rc = mdb_cursor_open(t->txn, t->store->dbi[db], &t->cursor[db]);
    } else if (!(t->renewed >> db & 1)) {
        rc = mdb_cursor_renew(t->txn, t->cursor[db]);
    }
    if (rc != MDB_SUCCESS) {
        store_txn_fail(t, store_err(rc));
        return NULL;
    }
    if (t->write)
        return c;
    t->renewed |= 1u << db;
    return t->cursor[db];
}

void store_cursor_put(struct store_txn *t, MDB_cursor *c)
{
    if (t->write)
        mdb_cursor_close(c);
}

/* LMDB refuses keys that are empty or too long: such a key is simply not there. */
static bool key_ok(struct span key)
{
    return key.len > 0 && key.len <= STORE_KEY_MAX;
}

bool store_get(struct store_txn *t, unsigned db, struct span key, struct span *value_out)
{
    MDB_val k = store_val(key), v;
    const struct store_seen_slot *seen;
    struct store_seen_slot *keep;
    if (t->err != ERR_OK || !key_ok(key))
        return false;
    if (t->seen && (seen = store_seen_find(t->seen, t->commit, db, key))) {
        *value_out = span_of(seen->ptr, seen->len);
        return true;
    }
    if (!store_found(t, mdb_get(t->txn, t->store->dbi[db], &k, &v)))
        return false;
    *value_out = store_span(v);
    if (t->seen && v.mv_size <= UINT32_MAX &&
        (keep = store_seen_add(t->seen, t->commit, db, key))) {
        keep->ptr = v.mv_data;
        keep->len = (uint32_t)v.mv_size;
    }
    return true;
}

static bool cursor_at(MDB_cursor *c, struct span key)
{
    MDB_val k, v;
    return mdb_cursor_get(c, &k, &v, MDB_GET_CURRENT) == MDB_SUCCESS && span_eq(store_span(k), key);
}

static bool seek(struct store_txn *t, unsigned db, struct span key, bool beyond,
                 struct span *key_out, struct span *value_out)
{
    MDB_val k = store_val(key), v;
    if (!key_ok(key))
        return key.len == 0 && store_first(t, db, key_out, value_out);
    MDB_cursor *c = store_cursor_get(t, db);
    if (!c)
        return false;
    int rc;
    if (beyond && cursor_at(c, key)) {
        rc = mdb_cursor_get(c, &k, &v, MDB_NEXT_NODUP);
    } else {
        rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
        if (rc == MDB_SUCCESS && beyond && span_eq(store_span(k), key))
            rc = mdb_cursor_get(c, &k, &v, MDB_NEXT_NODUP);
    }
    store_cursor_put(t, c);
    if (!store_found(t, rc))
        return false;
    *key_out = store_span(k);
    *value_out = store_span(v);
    return true;
}

bool store_from(struct store_txn *t, unsigned db, struct span key, struct span *key_out,
                struct span *value_out)
{
    return seek(t, db, key, false, key_out, value_out);
}

bool store_after(struct store_txn *t, unsigned db, struct span key, struct span *key_out,
                 struct span *value_out)
{
    return seek(t, db, key, true, key_out, value_out);
}

static bool edge(struct store_txn *t, unsigned db, MDB_cursor_op op, struct span *key_out,
                 struct span *value_out)
{
    MDB_val k, v;
    MDB_cursor *c = store_cursor_get(t, db);
    if (!c)
        return false;
    int rc = mdb_cursor_get(c, &k, &v, op);
    store_cursor_put(t, c);
    if (!store_found(t, rc))
        return false;
    *key_out = store_span(k);
    *value_out = store_span(v);
    return true;
}

bool store_first(struct store_txn *t, unsigned db, struct span *key_out, struct span *value_out)
{
    return edge(t, db, MDB_FIRST, key_out, value_out);
}

bool store_last(struct store_txn *t, unsigned db, struct span *key_out, struct span *value_out)
{
    return edge(t, db, MDB_LAST, key_out, value_out);
}

uint64_t store_entries(struct store_txn *t, unsigned db)
{
    MDB_stat st;
    if (t->err != ERR_OK || !store_found(t, mdb_stat(t->txn, t->store->dbi[db], &st)))
        return 0;
    return st.ms_entries;
}

void store_put(struct store_txn *t, unsigned db, struct span key, struct span value)
{
    MDB_val k = store_val(key), v = store_val(value);
    if (t->err == ERR_OK)
        store_txn_fail(t, store_err(mdb_put(t->txn, t->store->dbi[db], &k, &v, 0)));
}

bool store_del(struct store_txn *t, unsigned db, struct span key)
{
    MDB_val k = store_val(key);
    return t->err == ERR_OK && key_ok(key) &&
           store_found(t, mdb_del(t->txn, t->store->dbi[db], &k, NULL));
}

/* --- sets of ids --------------------------------------------------------------------------------
 */

static uint32_t id_of(MDB_val v)
{
    uint32_t id = 0;
    if (v.mv_size == sizeof(id))
        memcpy(&id, v.mv_data, sizeof(id));
    return id;
}

/* When the cursor stands on the member just before min, the next one is the answer. */
static bool step_from(MDB_cursor *c, struct span key, uint32_t min, int *rc, MDB_val *v)
{
    MDB_val k;
    if (mdb_cursor_get(c, &k, v, MDB_GET_CURRENT) != MDB_SUCCESS || !span_eq(store_span(k), key) ||
        id_of(*v) + 1 != min)
        return false;
    *rc = mdb_cursor_get(c, &k, v, MDB_NEXT_DUP);
    return true;
}

bool store_set_from(struct store_txn *t, unsigned db, struct span key, uint32_t min, uint32_t *out)
{
    if (!key_ok(key))
        return false;
    MDB_cursor *c = store_cursor_get(t, db);
    if (!c)
        return false;
    MDB_val k = store_val(key), v;
    int rc;
    if (t->write || !step_from(c, key, min, &rc, &v)) {
        v = (MDB_val){sizeof(min), &min};
        rc = mdb_cursor_get(c, &k, &v, MDB_GET_BOTH_RANGE);
    }
    uint32_t id = rc == MDB_SUCCESS ? id_of(v) : 0;
    store_cursor_put(t, c);
    if (!store_found(t, rc))
        return false;
    *out = id;
    return true;
}

bool store_set_has(struct store_txn *t, unsigned db, struct span key, uint32_t id)
{
    uint32_t found;
    return store_set_from(t, db, key, id, &found) && found == id;
}

uint64_t store_set_open(struct store_txn *t, unsigned db, struct span key, uint32_t *first_out)
{
    MDB_val k = store_val(key), v;
    const struct store_seen_slot *seen;
    struct store_seen_slot *keep;
    size_t n = 0;
    if (t->seen && t->err == ERR_OK && (seen = store_seen_find(t->seen, t->commit, db, key))) {
        *first_out = (uint32_t)seen->number;
        return seen->len;
    }
    MDB_cursor *c = key_ok(key) ? store_cursor_get(t, db) : NULL;
    if (!c)
        return 0;
    if (store_found(t, mdb_cursor_get(c, &k, &v, MDB_SET)) &&
        store_found(t, mdb_cursor_count(c, &n)))
        *first_out = id_of(v);
    store_cursor_put(t, c);
    if (t->seen && n > 0 && n <= UINT32_MAX &&
        (keep = store_seen_add(t->seen, t->commit, db, key))) {
        keep->number = *first_out;
        keep->len = (uint32_t)n;
    }
    return n;
}

uint64_t store_set_count(struct store_txn *t, unsigned db, struct span key)
{
    uint32_t first;
    return store_set_open(t, db, key, &first);
}

bool store_set_key_from(struct store_txn *t, unsigned db, struct span key, struct span *key_out)
{
    struct span v;
    return seek(t, db, key, false, key_out, &v);
}

bool store_set_key_after(struct store_txn *t, unsigned db, struct span key, struct span *key_out)
{
    struct span v;
    return seek(t, db, key, true, key_out, &v);
}

void store_set_add(struct store_txn *t, unsigned db, struct span key, uint32_t id)
{
    MDB_val k = store_val(key), v = {sizeof(id), &id};
    if (t->err != ERR_OK)
        return;
    int rc = mdb_put(t->txn, t->store->dbi[db], &k, &v, MDB_NODUPDATA);
    if (rc != MDB_KEYEXIST)
        store_txn_fail(t, store_err(rc));
}

unsigned store_set_add_all(struct store_txn *t, unsigned db, struct span key, uint32_t *ids,
                           unsigned count)
{
    unsigned added = 0;
    MDB_val k = store_val(key);
    MDB_cursor *c = store_cursor_get(t, db);
    for (unsigned i = 0; c && i < count; i++) {
        uint32_t id = ids[i];
        MDB_val v = {sizeof(id), &id};
        /* Members mostly come behind those that are there, which costs no search. */
        int rc = mdb_cursor_put(c, &k, &v, MDB_APPENDDUP);
        if (rc == MDB_KEYEXIST)
            rc = mdb_cursor_put(c, &k, &v, MDB_NODUPDATA);
        if (rc == MDB_SUCCESS)
            ids[added++] = id;
        else if (rc != MDB_KEYEXIST)
            store_txn_fail(t, store_err(rc));
    }
    if (c)
        store_cursor_put(t, c);
    return t->err == ERR_OK ? added : 0;
}

bool store_set_remove(struct store_txn *t, unsigned db, struct span key, uint32_t id)
{
    MDB_val k = store_val(key), v = {sizeof(id), &id};
    return t->err == ERR_OK && key_ok(key) &&
           store_found(t, mdb_del(t->txn, t->store->dbi[db], &k, &v));
}

bool store_set_drop(struct store_txn *t, unsigned db, struct span key)
{
    return store_del(t, db, key);
}

/* --- keys ---------------------------------------------------------------------------------------
 */

void store_key_bytes(struct store_key *k, struct span v)
{
    if (v.len > sizeof(k->bytes) - k->len) {
        k->overflow = true;
        return;
    }
    if (v.len)
        memcpy(k->bytes + k->len, v.ptr, v.len);
    k->len = (uint16_t)(k->len + v.len);
}

void store_key_u8(struct store_key *k, uint8_t v)
{
    store_key_bytes(k, span_of(&v, 1));
}

void store_key_u32(struct store_key *k, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    store_key_bytes(k, span_of(b, 4));
}

void store_key_u64(struct store_key *k, uint64_t v)
{
    store_key_u32(k, (uint32_t)(v >> 32));
    store_key_u32(k, (uint32_t)v);
}
