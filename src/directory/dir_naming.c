#include "base/text.h"
#include "directory/dir_internal.h"

#define NAME_MAX_BYTES 256
#define FLAT_MAX_BYTES 64

/* Names live here and not in the map, so that a cached answer outlives the snapshot it was read in.
 * An answer that turned out different is retired, not freed: another thread may still read it.
 * Names of a forest hardly ever change, so the chain stays short. */
struct dir_naming_cache {
    struct dir_naming_cache *retired;
    _Atomic uint64_t epoch;
    struct dir_naming naming;
    char dns[NAME_MAX_BYTES], realm[NAME_MAX_BYTES], forest[NAME_MAX_BYTES], flat[FLAT_MAX_BYTES];
};

/* The DNS name that the DC parts of an object's name spell ([MS-ADTS] 3.1.1.3.1.2.2). */
static enum err dns_of(const struct dir_snap *s, dir_id id, char out[NAME_MAX_BYTES])
{
    size_t len = 0;
    struct dir_obj o;
    for (unsigned depth = 0; id && depth < DIR_DEPTH_MAX; depth++, id = o.parent) {
        TRY(dir_by_id(s, id, &o));
        if (len + o.rdn.len + 2 > NAME_MAX_BYTES)
            return ERR_LIMIT;
        if (depth)
            out[len++] = '.';
        for (size_t i = 0; i < o.rdn.len; i++) {
            char c = (char)o.rdn.ptr[i];
            out[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
    }
    out[len] = 0;
    return ERR_OK;
}

static dir_id nc_child(const struct dir_snap *s, dir_id parent, struct span name)
{
    struct dir_obj o;
    return dir_child(s, parent, name, &o) == ERR_OK && o.flags & DIR_OBJ_NC_HEAD ? o.id : 0;
}

static enum err find_partitions(const struct dir_snap *s, struct dir_naming *n)
{
    struct dir_obj o;
    struct span own;
    uint8_t class_id[4];
    le32_to(class_id, CLASS_configuration);
    TRY(dir_by_value(s, ATTR_objectClass, span_of(class_id, 4), &o));
    n->config_nc = o.id;
    n->root_nc = o.parent;
    /* The forest root, unless this directory was made for another domain of it. */
    n->domain_nc = dir_meta(s, SPAN_LIT("domain-nc"), &own) == ERR_OK && own.len == 4
                       ? le32_at(own.ptr)
                       : o.parent;
    n->schema_nc = nc_child(s, n->config_nc, SPAN_LIT("Schema"));
    n->domain_dns_nc = nc_child(s, n->domain_nc, SPAN_LIT("DomainDnsZones"));
    n->forest_dns_nc = nc_child(s, n->root_nc, SPAN_LIT("ForestDnsZones"));
    return ERR_OK;
}

static void read_flat_name(const struct dir_snap *s, struct dir_naming_cache *c)
{
    struct dir_obj ref;
    struct span name;
    uint8_t nc[4];
    le32_to(nc, c->naming.domain_nc);
    if (dir_by_value(s, ATTR_nCName, span_of(nc, 4), &ref) != ERR_OK ||
        !dir_attr_first(&ref, ATTR_nETBIOSName, &name) || name.len >= FLAT_MAX_BYTES)
        return;
    memcpy(c->flat, name.ptr, name.len);
}

static enum err read_naming(const struct dir_snap *s, struct dir_naming_cache *c)
{
    struct dir_naming *n = &c->naming;
    struct dir_obj domain;
    struct span sid;
    TRY(find_partitions(s, n));
    TRY(dir_by_id(s, n->domain_nc, &domain));
    TRY(dns_of(s, n->domain_nc, c->dns));
    TRY(dns_of(s, n->root_nc, c->forest));
    for (size_t i = 0; c->dns[i]; i++)
        c->realm[i] = c->dns[i] >= 'a' && c->dns[i] <= 'z' ? (char)(c->dns[i] - 0x20) : c->dns[i];
    read_flat_name(s, c);
    if (dir_attr_first(&domain, ATTR_objectSid, &sid))
        (void)sid_from_bytes(sid, &n->domain_sid);
    n->domain_guid = domain.guid;
    n->functional_level = (uint32_t)dir_attr_i32(&domain, ATTR_msDS_Behavior_Version, 0);
    return dir_snap_err(s);
}

static bool same(const struct dir_naming_cache *a, const struct dir_naming_cache *b)
{
    return memcmp(&a->naming, &b->naming, sizeof(a->naming)) == 0 && strcmp(a->dns, b->dns) == 0 &&
           strcmp(a->forest, b->forest) == 0 && strcmp(a->flat, b->flat) == 0;
}

/* Spans are filled in only here, so that two caches compare equal when their contents are. */
static void give(const struct dir_naming_cache *c, uint64_t epoch, struct dir_naming *out)
{
    *out = c->naming;
    out->dns_name = span_str(c->dns);
    out->realm = span_str(c->realm);
    out->flat_name = span_str(c->flat);
    out->forest_name = span_str(c->forest);
    out->epoch = epoch;
}

enum err dir_naming(const struct dir_snap *s, struct dir_naming *out)
{
    struct dir_naming_cache *old = atomic_load(&s->dir->naming);
    if (old && atomic_load(&old->epoch) == s->epochs.naming) {
        give(old, s->epochs.naming, out);
        return ERR_OK;
    }
    struct dir_naming_cache *fresh = calloc(1, sizeof(*fresh));
    if (!fresh)
        return ERR_NOMEM;
    enum err e = read_naming(s, fresh);
    if (e != ERR_OK) {
        free(fresh);
        return e;
    }
    if (old && same(old, fresh)) {
        free(fresh);
        atomic_store(&old->epoch, s->epochs.naming);
        give(old, s->epochs.naming, out);
        return ERR_OK;
    }
    atomic_store(&fresh->epoch, s->epochs.naming);
    fresh->retired = old;
    while (!atomic_compare_exchange_strong(&s->dir->naming, &old, fresh))
        fresh->retired = old;
    give(fresh, s->epochs.naming, out);
    return ERR_OK;
}

/* USNs of a transaction that was given up are given again to other changes. */
void dir_naming_forget(struct dir *d)
{
    struct dir_naming_cache *c = atomic_load(&d->naming);
    if (c)
        atomic_store(&c->epoch, UINT64_MAX);
}

void dir_naming_free(struct dir *d)
{
    struct dir_naming_cache *c = atomic_exchange(&d->naming, NULL);
    while (c) {
        struct dir_naming_cache *next = c->retired;
        free(c);
        c = next;
    }
}
