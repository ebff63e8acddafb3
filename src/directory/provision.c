#include "directory/provision.h"

#include "base/text.h"
#include "directory/provision_internal.h"

#define NAMES_MAX   (4u << 20)
#define SCRATCH_MAX (16u << 20)

static struct span printed(struct provision *p, const char *prefix, struct span rest)
{
    return span_str(arena_printf(&p->names, "%s%.*s", prefix, SPAN_ARG(rest)));
}

/* DC=aws,DC=example,DC=com of aws.example.com. */
static enum err dn_of_dns(struct provision *p, struct span dns, struct span *out)
{
    struct builder b;
    builder_in(&b, &p->names, 4096);
    for (bool first = true; dns.len; first = false) {
        const uint8_t *dot = memchr(dns.ptr, '.', dns.len);
        size_t len = dot ? (size_t)(dot - dns.ptr) : dns.len;
        builder_printf(&b, "%sDC=%.*s", first ? "" : ",", (int)len, (const char *)dns.ptr);
        dns = span_sub(dns, len + 1, dns.len);
    }
    return builder_done(&b, out);
}

enum err provision_names(struct provision *p)
{
    const struct provision_args *args = p->args;
    struct arena *a = &p->names;
    p->dns_name = ascii_lower(a, args->dns_name);
    p->realm = ascii_upper(a, args->dns_name);
    p->flat_name = ascii_upper(a, args->flat_name);
    p->site = args->site.len ? args->site : SPAN_LIT("Default-First-Site-Name");
    p->admin = args->admin_name.len ? args->admin_name : SPAN_LIT("Administrator");
    TRY(dn_of_dns(p, p->dns_name, &p->domain_dn));
    p->config_dn = printed(p, "CN=Configuration,", p->domain_dn);
    p->schema_dn = printed(p, "CN=Schema,", p->config_dn);
    p->domain_zones_dn = printed(p, "DC=DomainDnsZones,", p->domain_dn);
    p->forest_zones_dn = printed(p, "DC=ForestDnsZones,", p->domain_dn);
    p->ntds_dn = span_str(arena_printf(
        a, "CN=NTDS Settings,CN=%.*s,CN=Servers,CN=%.*s,CN=Sites,%.*s",
        SPAN_ARG(provision_dc_cn(p, 0, a)), SPAN_ARG(p->site), SPAN_ARG(p->config_dn)));
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

static void draw(struct provision *p, struct guid *out)
{
    uint8_t random[16];
    p->args->random(random, sizeof random);
    guid_from_random(random, out);
}

enum err provision_dc_identity(struct provision *p, unsigned index)
{
    draw(p, &p->dc_ntds_guid[index]);
    return dir_write_next_rid(p->txn, &p->dc_rid[index]);
}

/* Everything whose identity others name before it is made. */
static enum err draw_identities(struct provision *p)
{
    uint32_t sub[4] = {21}, rid;
    p->args->random(&sub[1], 3 * sizeof *sub);
    p->sid = p->args->domain_sid.revision ? p->args->domain_sid : sid_make(5, 4, sub);
    p->guid = p->args->domain_guid;
    if (guid_is_zero(&p->guid))
        draw(p, &p->guid);
    for (unsigned i = 0; i < p->args->dc_count; i++)
        TRY(provision_dc_identity(p, i));
    TRY(dir_write_next_rid(p->txn, &rid));
    TRY(sid_append(&p->sid, rid, &p->dns_admins));
    if (p->args->managed)
        TRY(provision_managed_draw(p));
    p->class_objects = arena_array(&p->names, schema_class_count(), sizeof *p->class_objects);
    if (!p->class_objects)
        return ERR_NOMEM;
    for (unsigned i = 0; i < schema_class_count(); i++)
        p->class_objects[i] = dir_write_next_id(p->txn);
    p->sds = new_sd_new(&p->sid, &p->sid);
    return p->sds ? ERR_OK : ERR_NOMEM;
}

/* The names above the domain: DC=com, DC=example. They are names only. */
static enum err phantoms(struct provision *p, struct span dns, dir_id *parent_out)
{
    const uint8_t *dot = memchr(dns.ptr, '.', dns.len);
    size_t len = dot ? (size_t)(dot - dns.ptr) : dns.len;
    struct span label = span_sub(dns, 0, len), record;
    struct guid guid;
    uint64_t usn;
    dir_id above = 0;
    if (dot)
        TRY(phantoms(p, span_sub(dns, len + 1, dns.len), &above));
    struct change *c = change_new(&p->scratch, p->args->now);
    if (!c)
        return ERR_NOMEM;
    draw(p, &guid);
    *parent_out = dir_write_next_id(p->txn);
    change_create(c, *parent_out, above, CLASS_domainDNS, &guid, DIR_OBJ_PHANTOM, label);
    TRY(change_done(c, &record));
    return dir_write_apply(p->txn, record, &usn);
}

static enum err domain_head(struct provision *p)
{
    const struct provision_row *row = &provision_domain_objects.rows[0];
    struct provision_object o;
    size_t first = (const uint8_t *)memchr(p->dns_name.ptr, '.', p->dns_name.len) - p->dns_name.ptr;
    dir_id above;
    TRY(phantoms(p, span_sub(p->dns_name, first + 1, p->dns_name.len), &above));
    p->parent = above;
    p->parent_sd_id = 0;
    p->parent_dn = span_sub(p->domain_dn, sizeof "DC=" - 1 + first + 1, p->domain_dn.len);
    TRY(provision_begin(p, p->domain_dn, schema_class(CLASS_domainDNS), 0, &o));
    o.flags = DIR_OBJ_NC_HEAD;
    o.guid = p->guid;
    TRY(provision_lines(&o, row->attrs));
    TRY(provision_descriptor(&o, row->sddl));
    p->domain = o.id;
    return provision_end(&o);
}

static enum err rest_of(struct provision *p, const struct provision_table *t)
{
    const struct provision_table rest = {t->rows + 1, t->count - 1};
    return provision_table_rows(p, &rest);
}

static enum err id_of(struct provision *p, struct span dn, dir_id *out)
{
    struct dir_obj o;
    TRY(dir_by_dn(&p->txn->snap, dn, &o, NULL));
    *out = o.id;
    return ERR_OK;
}

static enum err partitions(struct provision *p)
{
    static const struct provision_row schema_head = {
        "%S", "dMD", provision_sd_schema, "msDS-NcType: 0\ninstanceType: 13\nobjectVersion: 87\n"};
    TRY(domain_head(p));
    TRY(provision_row(p, &provision_config_objects.rows[0]));
    TRY(id_of(p, p->config_dn, &p->config));
    TRY(provision_row(p, &schema_head));
    TRY(id_of(p, p->schema_dn, &p->schema));
    return provision_schema(p);
}

/* The same rows for both DNS partitions, each with its container of zones. */
static enum err zone_partitions(struct provision *p)
{
    static const struct provision_row domain_container = {
        "CN=MicrosoftDNS,%X", "container", provision_sd_domain_dns, "displayName: DNS Servers\n"};
    static const struct provision_row forest_container = {
        "CN=MicrosoftDNS,%X", "container", provision_sd_forest_dns, "displayName: DNS Servers\n"};
    struct span domain = p->domain_zones_dn;
    TRY(provision_table_rows(p, &provision_zone_objects));
    TRY(provision_row(p, &domain_container));
    p->domain_zones_dn = p->forest_zones_dn;
    enum err e = provision_table_rows(p, &provision_zone_objects);
    if (e == ERR_OK)
        e = provision_row(p, &forest_container);
    p->domain_zones_dn = domain;
    return e;
}

static enum err build(struct provision *p)
{
    TRY(provision_names(p));
    TRY(draw_identities(p));
    TRY(partitions(p));
    TRY(rest_of(p, &provision_domain_objects));
    TRY(zone_partitions(p));
    TRY(rest_of(p, &provision_config_objects));
    TRY(provision_right_objects(p));
    TRY(provision_table_rows(p, &provision_principals));
    TRY(provision_group_objects(p));
    TRY(provision_users(p));
    TRY(provision_dc_accounts(p));
    TRY(provision_dc_servers(p));
    TRY(provision_zones(p));
    if (p->args->managed)
        TRY(provision_managed(p));
    TRY(provision_table_rows(p, &provision_references));
    return provision_group_members(p);
}

enum err provision_forest(struct dir *d, const struct provision_args *args)
{
    const char *why;
    struct dir_naming there;
    struct dir_write txn;
    TRY(provision_check(args, &why));
    struct provision *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->args = args;
    p->dir = d;
    p->txn = &txn;
    arena_init(&p->names, 64 << 10, NAMES_MAX, 0);
    arena_init(&p->scratch, 256 << 10, SCRATCH_MAX, ARENA_WIPE);
    enum err e = dir_write_begin(d, p->txn);
    if (e == ERR_OK) {
        e = dir_naming(&p->txn->snap, &there) == ERR_NOT_FOUND ? build(p) : ERR_EXISTS;
        if (e == ERR_OK)
            e = dir_write_commit(p->txn);
        else
            dir_write_abort(p->txn);
    }
    new_sd_free(p->sds);
    arena_fini(&p->names);
    arena_fini(&p->scratch);
    free(p);
    return e;
}
