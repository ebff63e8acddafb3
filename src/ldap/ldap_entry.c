/*
 * One search entry: which attributes were asked for, which of them the session may read.
 */
#include "base/text.h"
#include "directory/links.h"
#include "ldap/ldap_internal.h"

struct putting {
    struct ldap_request *rq;
    const struct dir_obj *o;
    struct dir_reader reader;
    struct ldap_entry entry;
};

/* The global catalog's ports show the partial attribute set, and what is computed from it. */
static bool served(const struct putting *p, const struct schema_attr *attr)
{
    return !p->rq->session->gc ||
           (attr->flags & (SCHEMA_GC | SCHEMA_CONSTRUCTED | SCHEMA_BACKLINK)) ||
           attr->id == ATTR_distinguishedName;
}

static enum err put_name(struct putting *p, const struct ldap_wanted *w)
{
    struct span dn;
    TRY(ldap_dn_text(p->rq, p->o->id, &p->rq->values, &dn));
    ldap_put_attr_name(&p->entry, w, &p->rq->values);
    if (!p->rq->m->search.types_only)
        ldap_entry_value(&p->entry, dn);
    return ERR_OK;
}

static enum err put_one(struct putting *p, const struct ldap_wanted *w)
{
    if (!served(p, w->attr) || !dir_reader_may(&p->reader, w->attr))
        return ERR_OK;
    if (w->attr->id == ATTR_distinguishedName)
        return put_name(p, w);
    if (w->attr->id == ATTR_nTSecurityDescriptor)
        return ldap_put_descriptor(p->rq, p->o, w, &p->entry);
    if (w->attr->flags & (SCHEMA_LINK | SCHEMA_BACKLINK))
        return ldap_put_links(p->rq, p->o, w, &p->entry);
    if (dir_attr_is_constructed(w->attr->id))
        return ldap_put_constructed(p->rq, p->o, w, &p->entry);
    if (ldap_is_volatile(w->attr->id))
        return ldap_put_volatile(p->rq, p->o, w, &p->entry);
    return ldap_put_stored(p->rq, p->o, w, &p->entry);
}

static enum err put_id(struct putting *p, uint32_t attr)
{
    struct ldap_wanted w = {.attr = schema_attr(attr)};
    /* A name in the list may give it otherwise (a range): it is given once. */
    for (unsigned i = 0; i < p->rq->want.count; i++) {
        if (p->rq->want.list[i].attr == w.attr)
            return ERR_OK;
    }
    if (!w.attr)
        return ERR_OK;
    w.name = span_str(w.attr->name);
    return put_one(p, &w);
}

/* All that is kept of the object; what is computed is given by name only (3.1.1.3.1.3.4). */
static enum err put_all(struct putting *p)
{
    const struct dir_snap *s = &p->rq->snap;
    struct dir_values v;
    uint32_t attr;
    size_t pos = 0;
    while (dir_attr_next(p->o, &pos, &attr, &v))
        TRY(put_id(p, attr));
    TRY(put_id(p, ATTR_distinguishedName));
    for (bool started = false; dir_link_attr_next(s, p->o->id, &started, &attr);)
        TRY(put_id(p, attr));
    for (bool started = false; dir_backlink_attr_next(s, p->o->id, &started, &attr);) {
        const struct schema_attr *forward = schema_attr(attr);
        if (forward && forward->partner)
            TRY(put_id(p, forward->partner));
    }
    return p->rq->options.has_sd_flags ? put_id(p, ATTR_nTSecurityDescriptor) : ERR_OK;
}

enum err ldap_entry_put(struct ldap_request *rq, const struct dir_obj *o, struct builder *b)
{
    struct putting p = {.rq = rq, .o = o};
    struct span dn;
    arena_reset(&rq->values);
    TRY(ldap_dn_text(rq, o->id, &rq->values, &dn));
    dir_reader_init(&p.reader, &rq->snap, o, &rq->session->who.token);
    ldap_entry_begin(&p.entry, b, rq->id, dn);
    if (rq->want.all)
        TRY(put_all(&p));
    for (unsigned i = 0; i < rq->want.count; i++)
        TRY(put_one(&p, &rq->want.list[i]));
    ldap_entry_end(&p.entry, NULL, 0);
    return arena_failed(&rq->values) ? ERR_NOMEM : b->err;
}
