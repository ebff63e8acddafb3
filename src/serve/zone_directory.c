#include "serve/zone_directory.h"

#include "base/text.h"
#include "directory/index.h"
#include "directory/settings.h"
#include "directory/zones.h"
#include "serve/zone_table.h"
#include "wire/dns/dns_rdata.h"

struct zone_directory {
    struct dir *dir;
    bool loaded;
    uint64_t epoch; /* of table */
    struct zone_table table;
};

/* --- records ------------------------------------------------------------------------------------
 */

static void put_rdata(struct builder *b, const struct dnsp_record *r)
{
    switch (r->type) {
    case DNSP_NS:
    case DNSP_CNAME:
    case DNSP_PTR:
        builder_span(b, r->name);
        break;
    case DNSP_MX:
        builder_be16(b, r->priority);
        builder_span(b, r->name);
        break;
    case DNSP_SRV:
        dns_rdata_put_srv(b, &(struct dns_srv){r->priority, r->weight, r->port, r->name});
        break;
    case DNSP_SOA:
        dns_rdata_put_soa(b, &(struct dns_soa){r->name, r->mail, r->soa_serial, r->refresh,
                                               r->retry, r->expire, r->minimum});
        break;
    default:
        builder_span(b, r->data);
    }
}

/* One value of dnsRecord. A value that cannot be read is left out: one bad record must not take a
 * zone away. False: nothing to add. */
static bool read_record(struct span value, struct arena *a, struct dns_record *out)
{
    struct dnsp_record r;
    struct builder b;
    struct span rdata;
    if (dnsp_record_decode(value, &r) != ERR_OK || r.type == DNSP_TOMBSTONE)
        return false;
    builder_in(&b, a, DNSP_RECORD_MAX);
    put_rdata(&b, &r);
    if (builder_done(&b, &rdata) != ERR_OK || !dns_rdata_valid(r.type, rdata))
        return false;
    *out = (struct dns_record){.type = r.type, .ttl = r.ttl, .rdata = rdata};
    return true;
}

/* "@" is the zone itself; other names of nodes are relative to it and may have several labels. */
static enum err node_name(struct span rdn, struct span apex, struct dns_name *out)
{
    struct dns_name relative;
    if (span_eq(rdn, SPAN_LIT("@"))) {
        dns_name_copy(apex, out);
        return ERR_OK;
    }
    TRY(dns_name_from_text(rdn, &relative));
    return dns_name_join(span_sub(dns_name_span(&relative), 0, relative.len - 1u), apex, out);
}

static enum err add_node(struct zone_table *t, uint32_t zone, const struct dir_obj *o)
{
    struct dns_name name;
    struct dir_values values;
    struct span value;
    unsigned count = 0;
    if (!dir_attr(o, ATTR_dnsRecord, &values) ||
        node_name(o->rdn, dns_name_span(&t->zone[zone].name), &name) != ERR_OK)
        return ERR_OK;
    unsigned max = values.left < DNS_ZONE_RECORDS_MAX ? values.left : DNS_ZONE_RECORDS_MAX;
    struct dns_record *records = arena_new_array(&t->arena, max, struct dns_record);
    if (!records)
        return ERR_NOMEM;
    while (count < max && dir_values_next(&values, &value))
        count += read_record(value, &t->arena, &records[count]);
    return count ? zone_table_add(t, zone, &name, records, count) : ERR_OK;
}

static enum err add_nodes(const struct dir_snap *s, struct zone_table *t, uint32_t zone,
                          dir_id parent)
{
    struct dir_child_cursor cursor = {0};
    dir_id id;
    while (dir_child_next(s, parent, &cursor, &id)) {
        struct dir_obj o;
        TRY(dir_by_id(s, id, &o));
        if (!(o.flags & DIR_OBJ_DELETED))
            TRY(add_node(t, zone, &o));
    }
    return dir_snap_err(s);
}

/* --- zones --------------------------------------------------------------------------------------
 */

static enum err add_zone(const struct dir_snap *s, struct zone_table *t, const struct dir_obj *o)
{
    struct dns_name apex;
    uint32_t index;
    /* "..TrustAnchors", "RootDNSServers" and the like are no zones of ours. */
    if (dir_zone_type(o) != DNSP_ZONE_PRIMARY || o->rdn.len < 2 || o->rdn.ptr[0] == '.' ||
        dns_name_from_text(o->rdn, &apex) != ERR_OK || apex.len <= 1 ||
        ascii_eq_fold(o->rdn, SPAN_LIT("RootDNSServers")))
        return ERR_OK;
    TRY(zone_table_add_zone(t, &apex, &index));
    return add_nodes(s, t, index, o->id);
}

typedef enum err (*zone_fn)(const struct dir_snap *s, const struct dir_obj *o, void *ctx);

static enum err each_zone(const struct dir_snap *s, zone_fn fn, void *ctx)
{
    uint32_t class_id = CLASS_dnsZone;
    struct dir_index_cursor cursor;
    dir_id id;
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(&class_id, sizeof(class_id)), false,
                       &cursor));
    while (dir_index_next(s, &cursor, &id)) {
        struct dir_obj o;
        TRY(dir_by_id(s, id, &o));
        TRY(fn(s, &o, ctx));
    }
    return dir_snap_err(s);
}

static enum err load_zone(const struct dir_snap *s, const struct dir_obj *o, void *ctx)
{
    return add_zone(s, ctx, o);
}

static uint32_t count_nodes(const struct dir_snap *s)
{
    uint32_t class_id = CLASS_dnsNode;
    struct dir_index_cursor cursor;
    if (dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(&class_id, sizeof(class_id)), false,
                       &cursor) != ERR_OK)
        return 0;
    return (uint32_t)dir_index_count(s, &cursor, ZONE_NODES_MAX);
}

static enum err reload(struct zone_directory *z, const struct dir_snap *s)
{
    struct zone_table fresh;
    TRY(zone_table_init(&fresh, count_nodes(s)));
    enum err e = each_zone(s, load_zone, &fresh);
    if (e != ERR_OK) {
        zone_table_fini(&fresh);
        return e;
    }
    if (z->loaded)
        zone_table_fini(&z->table);
    z->table = fresh;
    z->epoch = s->epochs.zones;
    z->loaded = true;
    return ERR_OK;
}

/* --- zone_ops -----------------------------------------------------------------------------------
 */

static struct dns_epochs epochs(void *ctx)
{
    struct zone_directory *z = ctx;
    struct dir_snap s;
    struct dns_epochs e = {0};
    if (dir_snap_begin(z->dir, &s) == ERR_OK) {
        e.data = s.epochs.zones;
        e.routes = s.epochs.zones + s.epochs.naming; /* both only grow */
        dir_snap_end(&s);
    }
    return e;
}

static enum err begin(void *ctx)
{
    struct zone_directory *z = ctx;
    struct dir_snap s;
    TRY(dir_snap_begin(z->dir, &s));
    enum err e = z->loaded && z->epoch == s.epochs.zones ? ERR_OK : reload(z, &s);
    dir_snap_end(&s);
    return e;
}

static void end(void *ctx)
{
    (void)ctx;
}

static enum err zone(void *ctx, struct span name, struct arena *a, struct dns_zone *out)
{
    struct zone_directory *z = ctx;
    uint32_t index;
    (void)a;
    if (!zone_table_zone_of(&z->table, name, &index))
        return ERR_NOT_FOUND;
    *out = (struct dns_zone){.apex = dns_name_span(&z->table.zone[index].name), .id = index};
    return ERR_OK;
}

static enum err node(void *ctx, const struct dns_zone *in, struct span name, struct arena *a,
                     struct dns_node *out)
{
    struct zone_directory *z = ctx;
    (void)a;
    const struct zone_entry *e = zone_table_find(&z->table, (uint32_t)in->id, name);
    if (!e)
        return ERR_NOT_FOUND;
    *out = (struct dns_node){.records = e->records, .count = e->count};
    return ERR_OK;
}

struct forwarders {
    struct arena *a;
    struct dns_forwarder *list;
    size_t count;
};

static enum err add_forwarder(struct forwarders *f, const struct dns_name *suffix,
                              const struct plat_addr *servers, unsigned count)
{
    if (f->count == DNS_FORWARDERS_MAX || count == 0)
        return ERR_OK;
    struct span name = arena_dup_span(f->a, dns_name_span(suffix));
    const struct plat_addr *kept = arena_dup(f->a, servers, count * sizeof(*servers));
    if (!kept || !name.ptr)
        return ERR_NOMEM;
    f->list[f->count++] = (struct dns_forwarder){.suffix = name, .servers = kept, .count = count};
    return ERR_OK;
}

static enum err read_forwarder(const struct dir_snap *s, const struct dir_obj *o, void *ctx)
{
    struct dnsp_address masters[DNSP_MASTERS_MAX];
    struct plat_addr servers[DNS_FORWARDER_SERVERS_MAX];
    struct dns_name suffix;
    unsigned count = 0;
    (void)s;
    if (dir_zone_type(o) != DNSP_ZONE_FORWARDER || dns_name_from_text(o->rdn, &suffix) != ERR_OK)
        return ERR_OK;
    unsigned master_count = dir_zone_masters(o, masters);
    for (unsigned i = 0; i < master_count && count < DNS_FORWARDER_SERVERS_MAX; i++)
        count += plat_addr_from_bytes(span_of(masters[i].bytes, masters[i].len), 53,
                                      &servers[count]) == ERR_OK;
    return add_forwarder(ctx, &suffix, servers, count);
}

static enum err read_default(const struct dir_snap *s, struct forwarders *f)
{
    static const struct dns_name root = {.len = 1, .wire = {0}};
    struct dir_settings settings;
    struct plat_addr servers[DIR_SETTINGS_FORWARDERS_MAX];
    unsigned count = 0;
    TRY(dir_settings(s, &settings));
    for (unsigned i = 0; i < settings.forwarder_count; i++)
        count += plat_addr_parse(span_str(settings.forwarder[i]), 53, &servers[count]) == ERR_OK;
    return add_forwarder(f, &root, servers, count);
}

static enum err forwarders(void *ctx, struct arena *a, const struct dns_forwarder **out,
                           size_t *count_out)
{
    struct zone_directory *z = ctx;
    struct dir_snap s;
    struct forwarders f = {.a = a,
                           .list = arena_new_array(a, DNS_FORWARDERS_MAX, struct dns_forwarder)};
    if (!f.list)
        return ERR_NOMEM;
    TRY(dir_snap_begin(z->dir, &s));
    enum err e = each_zone(&s, read_forwarder, &f);
    if (e == ERR_OK)
        e = read_default(&s, &f);
    dir_snap_end(&s);
    TRY(e);
    *out = f.list;
    *count_out = f.count;
    return ERR_OK;
}

enum err zone_directory_new(struct dir *dir, struct zone_directory **out)
{
    struct zone_directory *z = calloc(1, sizeof(*z));
    if (!z)
        return ERR_NOMEM;
    z->dir = dir;
    *out = z;
    return ERR_OK;
}

void zone_directory_free(struct zone_directory *z)
{
    if (z && z->loaded)
        zone_table_fini(&z->table);
    free(z);
}

struct dns_zones zone_directory_zones(struct zone_directory *z)
{
    static const struct zone_ops ops = {.epochs = epochs,
                                        .begin = begin,
                                        .end = end,
                                        .zone = zone,
                                        .node = node,
                                        .forwarders = forwarders};
    return (struct dns_zones){.ops = &ops, .ctx = z};
}
