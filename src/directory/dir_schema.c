#include "directory/dir_schema.h"

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

/* A table of two threads that built it at the same time is kept by both. */
static void publish(struct dir *d, struct schema_more *m)
{
    if (m) {
        m->older = atomic_load(&d->schemas);
        while (!atomic_compare_exchange_strong(&d->schemas, &m->older, m))
            ;
    }
    atomic_store(&d->schema, m);
}

static enum err follow(const struct dir_snap *s)
{
    struct dir *d = s->dir;
    const struct schema_more *now = atomic_load(&d->schema);
    struct schema_more *fresh = NULL;
    uint32_t version;
    TRY(version_in(s, &version));
    if (version != (now ? now->version : 0)) {
        if (version)
            TRY(schema_load(s, version, now, &fresh));
        publish(d, fresh);
    }
    atomic_store(&d->schema_epoch, s->epochs.naming);
    return ERR_OK;
}

enum err dir_schema_begin(const struct dir_snap *s)
{
    struct dir *d = s->dir;
    if (atomic_load(&d->schema_epoch) != s->epochs.naming)
        TRY(follow(s));
    schema_use(atomic_load(&d->schema));
    return ERR_OK;
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

void dir_schema_forget(struct dir *d)
{
    atomic_store(&d->schema, NULL);
    atomic_store(&d->schema_epoch, UINT64_MAX);
}

void dir_schema_free(struct dir *d)
{
    for (const struct schema_more *m = atomic_load(&d->schemas); m; m = m->older)
        if (m == schema_used())
            schema_use(NULL);
    schema_more_free(atomic_exchange(&d->schemas, NULL));
}
