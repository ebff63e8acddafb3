#include "directory/dir_schema.h"

#include "directory/change.h"
#include "directory/dir_internal.h"
#include "directory/schema_more.h"

uint32_t dir_schema_version(const struct dir_obj *head)
{
    struct span v;
    return dir_attr_first(head, ATTR_schemaInfo, &v) && v.len == DIR_SCHEMA_INFO
               ? be32_at(v.ptr + 1)
               : 0;
}

/* 0: nothing was ever added, or there is no forest yet. */
static enum err version_in(const struct dir_snap *s, uint32_t *out)
{
    struct dir_naming n;
    struct dir_obj head;
    enum err e = dir_naming(s, &n);
    *out = 0;
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !n.schema_nc))
        return ERR_OK;
    TRY(e);
    TRY(dir_by_id(s, n.schema_nc, &head));
    *out = dir_schema_version(&head);
    return ERR_OK;
}

static void publish(struct dir *d, struct schema_more *m)
{
    if (m) {
        m->older = atomic_load(&d->schemas);
        atomic_store(&d->schemas, m);
    }
    atomic_store(&d->schema, m);
}

/* touched: what one record did to the table that there is. */
static enum err follow(struct dir_snap *s, const struct schema_touched *touched)
{
    struct dir *d = s->dir;
    const struct schema_more *now = atomic_load(&d->schema);
    struct schema_more *fresh = NULL;
    uint32_t version, before = now ? now->version : 0;
    TRY(version_in(s, &version));
    if (version != before) {
        if (version)
            TRY(schema_load(s, version, now, version == before + 1 ? touched : NULL, &fresh));
        publish(d, fresh);
    }
    atomic_store(&d->schema_epoch, s->epochs.naming);
    return ERR_OK;
}

void dir_schema_use(const struct dir_snap *s)
{
    schema_use(s->schema);
}

static enum err begin(struct dir_snap *s, const struct schema_touched *touched)
{
    struct dir *d = s->dir;
    if (atomic_load(&d->schema_epoch) != s->epochs.naming)
        TRY(follow(s, touched));
    s->schema = atomic_load(&d->schema);
    schema_use(s->schema);
    return ERR_OK;
}

enum err dir_schema_begin(struct dir_snap *s)
{
    return begin(s, NULL);
}

static bool is_told(uint32_t attr)
{
    switch (attr) {
    case ATTR_mayContain:
    case ATTR_auxiliaryClass:
    case ATTR_possSuperiors:
    case ATTR_searchFlags:
    case ATTR_isMemberOfPartialAttributeSet:
    case ATTR_attributeSecurityGUID:
    case ATTR_rangeLower:
    case ATTR_rangeUpper:
        return true;
    default:
        return false;
    }
}

static bool tell(struct schema_touched *t, dir_id id)
{
    if (t->count && t->id[t->count - 1] == id)
        return true;
    if (t->count == sizeof t->id / sizeof *t->id)
        return false;
    t->id[t->count++] = id;
    return true;
}

/* False: it is too much to be told. Ids only grow, so those from the first new one on are new. */
static bool touched_by(struct span record, struct schema_touched *out)
{
    struct change_reader r;
    struct change_item item;
    dir_id fresh = UINT32_MAX;
    enum err e = change_read(record, &r);
    while (e == ERR_OK && (e = change_next(&r, &item)) == ERR_OK) {
        if (item.op == CHANGE_CREATE && item.id < fresh)
            fresh = item.id;
        if (item.op == CHANGE_SET && item.id < fresh && is_told(item.attr) && !tell(out, item.id))
            return false;
    }
    return e == ERR_NOT_FOUND;
}

enum err dir_schema_applied(struct dir_snap *s, struct span record)
{
    struct schema_touched t = {.count = 0};
    if (atomic_load(&s->dir->schema_epoch) == s->epochs.naming)
        return ERR_OK;
    return begin(s, touched_by(record, &t) ? &t : NULL);
}

struct schema_more *dir_schema_now(struct dir *d)
{
    return atomic_load(&d->schema);
}

void dir_schema_back(struct dir *d, struct schema_more *before)
{
    if (atomic_load(&d->schema) == before)
        return;
    atomic_store(&d->schema, before);
    atomic_store(&d->schema_epoch, UINT64_MAX);
    schema_use(before);
}

/* --- several records ----------------------------------------------------------------------------
 */

struct dir_schema_mark dir_schema_mark(struct dir *d)
{
    return (struct dir_schema_mark){atomic_load(&d->schema), atomic_load(&d->schemas)};
}

/* Nobody but the transaction saw those that came since. */
static void drop(struct dir *d, const struct dir_schema_mark *since)
{
    struct schema_more *m = atomic_load(&d->schemas), *older;
    for (; m != since->newest; m = older) {
        older = m->older;
        m->older = NULL;
        schema_more_free(m);
    }
    atomic_store(&d->schemas, m);
}

enum err dir_schema_keep(struct dir_snap *s, const struct dir_schema_mark *since)
{
    struct dir *d = s->dir;
    const struct schema_more *now = atomic_load(&d->schema);
    struct schema_more *whole = NULL;
    if (now == since->now)
        return ERR_OK;
    TRY(schema_load(s, now->version, since->now, NULL, &whole));
    drop(d, since);
    publish(d, whole);
    s->schema = whole;
    dir_schema_use(s);
    return ERR_OK;
}

void dir_schema_drop(struct dir_snap *s, const struct dir_schema_mark *since)
{
    atomic_store(&s->dir->schema, since->now);
    atomic_store(&s->dir->schema_epoch, UINT64_MAX);
    drop(s->dir, since);
    s->schema = since->now;
    dir_schema_use(s);
}

void dir_schema_free(struct dir *d)
{
    for (const struct schema_more *m = atomic_load(&d->schemas); m; m = m->older)
        if (m == schema_used())
            schema_use(NULL);
    schema_more_free(atomic_exchange(&d->schemas, NULL));
}
