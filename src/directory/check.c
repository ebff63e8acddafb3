#include "directory/check.h"

#include "directory/dir_internal.h"
#include "directory/dir_schema.h"
#include "directory/links.h"
#include "directory/record.h"

struct check {
    const struct dir_snap *s;
    struct arena *arena;
    const char *problem;
    struct dir_state state;
    uint32_t *sd_refs; /* by descriptor id */
    uint64_t objects, members;
};

static enum err broken(struct check *c, const char *what, uint32_t id)
{
    c->problem = arena_printf(c->arena, "object %u: %s", id, what);
    return ERR_INTEGRITY;
}

static enum err check_place(struct check *c, const struct dir_obj *o)
{
    dir_id found;
    uint32_t rdn_attr;
    struct store_key k;
    struct span v;
    const struct schema_class *cls = schema_class(o->class_id);
    if (!cls)
        return broken(c, "its class is not in the schema", o->id);
    if (o->parent && !store_get(c->s->txn, DB_OBJ, NUMBER_KEY(o->parent), &v))
        return broken(c, "its parent is not there", o->id);
    if (!dir_child_find(c->s->txn, o->parent, o->rdn, &found, &rdn_attr) || found != o->id ||
        rdn_attr != cls->rdn_attr)
        return broken(c, "its name does not lead to it", o->id);
    store_key_init(&k);
    store_key_u32(&k, o->parent);
    if (!store_set_has(c->s->txn, DB_KIDS, store_key_span(&k), o->id))
        return broken(c, "it is not among its parent's children", o->id);
    /* dir_is_under gives up on a loop; its own id is never above it again. */
    if (o->parent && dir_is_under(c->s, o->parent, o->id))
        return broken(c, "it lies under itself", o->id);
    return ERR_OK;
}

static enum err check_indexed(struct check *c, const struct dir_obj *o)
{
    size_t pos = 0;
    uint32_t attr;
    struct dir_values v;
    struct span one;
    struct store_key k;
    uint8_t tag = o->flags & DIR_OBJ_DELETED ? INDEX_DELETED : INDEX_LIVE;
    while (dir_attr_next(o, &pos, &attr, &v)) {
        const struct schema_attr *a = schema_attr(attr);
        if (!a || !(a->flags & SCHEMA_INDEXED) || o->flags & DIR_OBJ_PHANTOM)
            continue;
        while (dir_values_next(&v, &one)) {
            dir_index_key(&k, tag, attr, one);
            if (!store_set_has(c->s->txn, DB_INDEX, store_key_span(&k), o->id))
                return broken(c, a->name, o->id);
        }
    }
    return ERR_OK;
}

static enum err check_object(struct check *c, dir_id id, struct span bytes)
{
    struct dir_obj o;
    if (record_check(bytes) != ERR_OK || record_view(id, bytes, &o) != ERR_OK)
        return broken(c, "its record is malformed", id);
    if (id >= c->state.next_id)
        return broken(c, "its id was not handed out", id);
    if (o.sd_id >= c->state.next_sd)
        return broken(c, "its descriptor was not handed out", id);
    c->sd_refs[o.sd_id]++;
    c->objects++;
    TRY(check_place(c, &o));
    return check_indexed(c, &o);
}

static enum err check_objects(struct check *c)
{
    struct span k, v;
    dir_id id;
    for (bool more = store_first(c->s->txn, DB_OBJ, &k, &v); more;
         more = store_after(c->s->txn, DB_OBJ, NUMBER_KEY(id), &k, &v)) {
        if (k.len != sizeof(id))
            return broken(c, "its key is malformed", 0);
        memcpy(&id, k.ptr, sizeof(id));
        TRY(check_object(c, id, v));
    }
    if (store_entries(c->s->txn, DB_CHILD) != c->objects ||
        store_entries(c->s->txn, DB_KIDS) != c->objects)
        return broken(c, "there are more names than objects", 0);
    return ERR_OK;
}

/* Calls f for every member of every set of db. */
static enum err each_member(struct check *c, unsigned db,
                            enum err (*f)(struct check *, struct span key, uint32_t member))
{
    struct span k;
    struct store_key key;
    bool more = store_set_key_from(c->s->txn, db, SPAN_NONE, &k);
    while (more) {
        uint32_t id;
        store_key_init(&key);
        store_key_bytes(&key, k);
        for (bool in = store_set_from(c->s->txn, db, store_key_span(&key), 0, &id); in;
             in = id != UINT32_MAX &&
                  store_set_from(c->s->txn, db, store_key_span(&key), id + 1, &id))
            TRY(f(c, store_key_span(&key), id));
        more = store_set_key_after(c->s->txn, db, store_key_span(&key), &k);
    }
    return ERR_OK;
}

static enum err check_index_entry(struct check *c, struct span key, uint32_t id)
{
    struct dir_obj o;
    struct dir_values v;
    struct span one;
    struct store_key k;
    if (key.len < 5 || dir_by_id(c->s, id, &o) != ERR_OK || o.flags & DIR_OBJ_PHANTOM)
        return broken(c, "it is indexed but not there", id);
    uint8_t tag = o.flags & DIR_OBJ_DELETED ? INDEX_DELETED : INDEX_LIVE;
    if (dir_attr(&o, be32_at(key.ptr + 1), &v)) {
        while (dir_values_next(&v, &one)) {
            dir_index_key(&k, tag, be32_at(key.ptr + 1), one);
            if (span_eq(store_key_span(&k), key))
                return ERR_OK;
        }
    }
    return broken(c, "it is indexed under a value that it does not have", id);
}

static bool alive(struct check *c, dir_id id)
{
    struct dir_obj o;
    return dir_by_id(c->s, id, &o) == ERR_OK && !(o.flags & DIR_OBJ_DELETED);
}

static enum err check_link(struct check *c, struct span key, uint32_t target)
{
    dir_id source = be32_at(key.ptr);
    uint32_t attr = be32_at(key.ptr + 4);
    if (!alive(c, source) || !alive(c, target) || dir_attr_has_linkdata(attr))
        return broken(c, "a link from it has no other end", source);
    if (!dir_link_exists(c->s, attr, source, target))
        return broken(c, "a link from it has no way back", source);
    return ERR_OK;
}

static enum err check_back(struct check *c, struct span key, uint32_t source)
{
    dir_id target = be32_at(key.ptr), found;
    uint32_t attr = be32_at(key.ptr + 4);
    struct dir_link_cursor at = {.last = target - 1, .tag = UINT64_MAX};
    if (!dir_link_next(c->s, attr, source, &at, &found, NULL) || found != target)
        return broken(c, "a link to it has no beginning", target);
    return ERR_OK;
}

static enum err check_linkdata(struct check *c)
{
    struct span k, v;
    struct store_key key;
    for (bool more = store_first(c->s->txn, DB_LINKDATA, &k, &v); more;
         more = store_after(c->s->txn, DB_LINKDATA, store_key_span(&key), &k, &v)) {
        store_key_init(&key);
        store_key_bytes(&key, k);
        if (k.len != 20)
            return broken(c, "a link with data is malformed", 0);
        dir_id source = be32_at(k.ptr), target = be32_at(k.ptr + 8);
        if (!alive(c, source) || !alive(c, target) ||
            !dir_link_exists(c->s, be32_at(k.ptr + 4), source, target))
            return broken(c, "a link with data from it has no way back", source);
    }
    return ERR_OK;
}

static enum err check_descriptors(struct check *c)
{
    uint64_t used = 0;
    for (uint32_t id = 1; id < c->state.next_sd; id++) {
        struct span v;
        uint32_t refs =
            store_get(c->s->txn, DB_SD, NUMBER_KEY(id), &v) && v.len >= 4 ? le32_at(v.ptr) : 0;
        if (refs != c->sd_refs[id])
            return broken(c, "its descriptor is counted wrong", id);
        used += refs > 0;
    }
    if (store_entries(c->s->txn, DB_SD) != used || store_entries(c->s->txn, DB_SDHASH) != used)
        return broken(c, "there are descriptors without an object", 0);
    return ERR_OK;
}

/* Databases whose keys are ids, or end in one, of objects that must be there. */
static enum err check_owned(struct check *c, unsigned db, bool native)
{
    struct span k, v;
    struct store_key key;
    for (bool more = store_first(c->s->txn, db, &k, &v); more;
         more = store_after(c->s->txn, db, store_key_span(&key), &k, &v)) {
        dir_id id;
        store_key_init(&key);
        store_key_bytes(&key, k);
        if (k.len < 4)
            return broken(c, "a key is malformed", 0);
        memcpy(&id, k.ptr, sizeof(id));
        if (!native)
            id = be32_at(k.ptr + k.len - 4);
        if (!store_get(c->s->txn, DB_OBJ, NUMBER_KEY(id), &v))
            return broken(c, "something is kept for it but it is not there", id);
    }
    return ERR_OK;
}

static enum err check_all(struct check *c)
{
    dir_schema_use(c->s); /* this may be another thread than that of the snapshot */
    TRY(dir_state_read(c->s->txn, &c->state));
    c->sd_refs = arena_new_array(c->arena, c->state.next_sd, uint32_t);
    if (!c->sd_refs)
        return ERR_NOMEM;
    TRY(check_objects(c));
    TRY(each_member(c, DB_INDEX, check_index_entry));
    TRY(each_member(c, DB_LINK, check_link));
    TRY(each_member(c, DB_BACK, check_back));
    TRY(check_linkdata(c));
    TRY(check_descriptors(c));
    TRY(check_owned(c, DB_EPOCH, true));
    TRY(check_owned(c, DB_REPL, true));
    TRY(check_owned(c, DB_SECRET, false));
    return dir_snap_err(c->s);
}

enum err dir_check(const struct dir_snap *s, struct arena *a, const char **problem_out)
{
    struct check c = {.s = s, .arena = a};
    enum err e = check_all(&c);
    if (e == ERR_INTEGRITY)
        *problem_out = c.problem ? c.problem : "out of memory";
    return e;
}
