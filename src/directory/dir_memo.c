#include "directory/dir_internal.h"
#include "directory/names.h"

#define OBJECTS         64 /* powers of two */
#define PLACES          64
#define NAMES           64
#define GROUPS          1024
#define PLACE_DEPTH_MAX 32

struct seen_object {
    uint64_t commit;
    struct dir_obj obj;
};

struct seen_name {
    uint64_t commit;
    dir_id id;
    uint16_t len;
    uint8_t dn[DIR_PLACE_DN_MAX];
};

/* Slots are found by number or hash, and the newer takes the place of the older: what is asked for
 * often comes back by itself. Slots of former commits are as good as empty. */
struct dir_memo {
    uint64_t commit; /* of the snapshot that uses it now */
    uint64_t epochs_commit;
    struct dir_epochs epochs;
    struct seen_object object[OBJECTS];
    struct dir_place place[PLACES];
    struct seen_name name[NAMES];
    struct dir_group group[GROUPS];
};

enum err dir_memo_begin(struct dir_snap *s)
{
    struct dir_memo *m = store_txn_memory(s->txn, sizeof(*m));
    struct dir_state state;
    if (m)
        m->commit = s->id;
    s->memo = m;
    if (m && m->epochs_commit == m->commit) {
        s->epochs = m->epochs;
        return ERR_OK;
    }
    TRY(dir_state_read(s->txn, &state));
    s->epochs = state.epochs;
    if (m) {
        m->epochs = state.epochs;
        m->epochs_commit = m->commit;
    }
    return ERR_OK;
}

bool dir_memo_object(const struct dir_snap *s, dir_id id, struct dir_obj *out)
{
    const struct dir_memo *m = s->memo;
    const struct seen_object *e = m ? &m->object[id % OBJECTS] : NULL;
    if (!e || e->obj.id != id || e->commit != m->commit)
        return false;
    *out = e->obj;
    return true;
}

void dir_memo_keep(const struct dir_snap *s, const struct dir_obj *o)
{
    struct dir_memo *m = s->memo;
    if (m)
        m->object[o->id % OBJECTS] = (struct seen_object){m->commit, *o};
}

bool dir_memo_group(const struct dir_snap *s, dir_id id, struct dir_group *out)
{
    const struct dir_memo *m = s->memo;
    const struct dir_group *g = m ? &m->group[id % GROUPS] : NULL;
    if (!g || g->id != id || g->commit != m->commit)
        return false;
    *out = *g;
    return true;
}

void dir_memo_keep_group(const struct dir_snap *s, const struct dir_group *g)
{
    struct dir_memo *m = s->memo;
    if (!m)
        return;
    m->group[g->id % GROUPS] = *g;
    m->group[g->id % GROUPS].commit = m->commit;
}

/* --- places -------------------------------------------------------------------------------------
 */

static const struct dir_place *place_at(const struct dir_snap *s, dir_id id, unsigned depth);

/* Written beside its slot first: the parent's place may lie in the same one. */
static bool describe(const struct dir_snap *s, dir_id id, unsigned depth, struct dir_place *out)
{
    const struct dir_place *above = NULL;
    struct dir_obj o;
    struct builder b;
    if (dir_by_id(s, id, &o) != ERR_OK)
        return false;
    const struct schema_class *class = schema_class(o.class_id);
    if (!class || (o.parent && !(above = place_at(s, o.parent, depth + 1))))
        return false;
    builder_over(&b, out->dn, sizeof(out->dn));
    dn_put_rdn(&b, span_str(schema_attr(class->rdn_attr)->name), o.rdn);
    if (above) {
        builder_u8(&b, ',');
        builder_bytes(&b, above->dn, above->len);
    }
    out->commit = s->memo->commit;
    out->id = id;
    out->parent = o.parent;
    out->nc = o.flags & DIR_OBJ_NC_HEAD ? id : above ? above->nc : 0;
    out->len = (uint16_t)b.len;
    return builder_ok(&b);
}

static const struct dir_place *place_at(const struct dir_snap *s, dir_id id, unsigned depth)
{
    struct dir_place *p = &s->memo->place[id % PLACES], fresh;
    if (p->id == id && p->commit == s->memo->commit)
        return p;
    if (depth == PLACE_DEPTH_MAX || !describe(s, id, depth, &fresh))
        return NULL;
    *p = fresh;
    return p;
}

const struct dir_place *dir_place(const struct dir_snap *s, dir_id id)
{
    return s->memo && id ? place_at(s, id, 0) : NULL;
}

/* --- names --------------------------------------------------------------------------------------
 */

static struct seen_name *name_slot(struct dir_memo *m, struct span dn)
{
    uint64_t h = dn.len, part;
    const uint8_t *p = dn.ptr;
    size_t left = dn.len;
    for (; left >= sizeof(part); p += sizeof(part), left -= sizeof(part)) {
        memcpy(&part, p, sizeof(part));
        h = (h ^ part) * UINT64_C(0x9E3779B97F4A7C15);
    }
    for (; left; p++, left--)
        h = (h ^ *p) * UINT64_C(0x9E3779B97F4A7C15);
    return &m->name[h >> 40 & (NAMES - 1)];
}

bool dir_memo_named(const struct dir_snap *s, struct span dn, dir_id *out)
{
    struct dir_memo *m = s->memo;
    if (!m || dn.len == 0 || dn.len > DIR_PLACE_DN_MAX)
        return false;
    const struct seen_name *e = name_slot(m, dn);
    if (e->commit != m->commit || !span_eq(span_of(e->dn, e->len), dn))
        return false;
    *out = e->id;
    return true;
}

void dir_keep_name(const struct dir_snap *s, struct span dn, dir_id id)
{
    struct dir_memo *m = s->memo;
    if (!m || dn.len == 0 || dn.len > DIR_PLACE_DN_MAX)
        return;
    struct seen_name *e = name_slot(m, dn);
    e->commit = m->commit;
    e->id = id;
    e->len = (uint16_t)dn.len;
    memcpy(e->dn, dn.ptr, dn.len);
}
