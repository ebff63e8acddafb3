#include "base/text.h"
#include "directory/provision_internal.h"
#include "wire/ms/dnsp.h"

#define TTL_HOST    900
#define TTL_SOA     3600
#define SRV_WEIGHT  100
#define RECORDS_MAX 512 /* of one node: as many as 64 DCs with 8 addresses */

/* One zone while its nodes are made. */
struct zone {
    struct span dn;   /* DC=aws.example.com,CN=MicrosoftDNS,... */
    struct span name; /* aws.example.com */
    struct span host_master;
    bool fresh; /* made here: it needs its SOA */
};

/* Records of one node, put together before the object is made. */
struct node {
    struct span values[RECORDS_MAX];
    unsigned count;
};

static enum err put(struct provision *p, struct node *n, const struct dnsp_record *in, uint32_t ttl)
{
    struct dnsp_record r = *in;
    struct builder b;
    r.rank = DNSP_RANK_ZONE;
    r.serial = 1;
    r.ttl = ttl;
    if (n->count == RECORDS_MAX)
        return ERR_LIMIT;
    builder_in(&b, &p->scratch, DNSP_RECORD_MAX);
    dnsp_record_put(&b, &r);
    return builder_done(&b, &n->values[n->count++]);
}

static enum err put_name(struct provision *p, struct node *n, enum dnsp_type type,
                         struct span target)
{
    struct dnsp_record r = {.type = type};
    TRY(dnsp_name_from_text(target, &p->scratch, &r.name));
    return put(p, n, &r, TTL_HOST);
}

static enum err put_addresses(struct provision *p, struct node *n, const struct provision_dc *dc)
{
    for (unsigned i = 0; i < dc->address_count; i++) {
        uint8_t bytes[16];
        unsigned len;
        struct dnsp_record r = {0};
        TRY(provision_address(dc->addresses[i], bytes, &len));
        r.type = len == 4 ? DNSP_A : DNSP_AAAA;
        r.data = span_of(bytes, len);
        TRY(put(p, n, &r, TTL_HOST));
    }
    return ERR_OK;
}

static enum err put_soa(struct provision *p, struct node *n, const struct zone *z)
{
    struct dnsp_record r = {.type = DNSP_SOA,
                            .soa_serial = 1,
                            .refresh = 900,
                            .retry = 600,
                            .expire = 86400,
                            .minimum = 3600};
    TRY(dnsp_name_from_text(provision_dc_host(p, 0, &p->scratch), &p->scratch, &r.name));
    TRY(dnsp_name_from_text(z->host_master, &p->scratch, &r.mail));
    return put(p, n, &r, TTL_SOA);
}

/* The same data, whatever its times: TTL, serial and timestamp are not compared. */
static bool same_record(struct span a, struct span b)
{
    struct dnsp_record x, y;
    return dnsp_record_decode(a, &x) == ERR_OK && dnsp_record_decode(b, &y) == ERR_OK &&
           x.type == y.type && x.port == y.port && x.priority == y.priority &&
           span_eq(x.data, y.data) && ascii_eq_fold(x.name, y.name);
}

static bool node_has(const struct node *n, struct span record)
{
    for (unsigned i = 0; i < n->count; i++) {
        if (same_record(n->values[i], record))
            return true;
    }
    return false;
}

/* What is there with the records added, or without them. A node of nothing goes. */
static enum err node_change(struct provision *p, struct span dn, const struct dir_obj *there,
                            const struct node *n)
{
    bool leave = p->mode == PROVISION_LEAVE;
    struct provision_object o;
    struct dir_values values;
    struct span value;
    unsigned kept = 0;
    TRY(provision_begin_update(p, dn, &o));
    if (dir_attr(there, ATTR_dnsRecord, &values))
        while (dir_values_next(&values, &value)) {
            if (node_has(n, value))
                continue;
            kept++;
            TRY(provision_raw(&o, ATTR_dnsRecord, value));
        }
    for (unsigned i = 0; i < n->count && !leave; i++, kept++)
        TRY(provision_raw(&o, ATTR_dnsRecord, n->values[i]));
    if (!kept)
        change_remove(o.c, o.id);
    return provision_end(&o);
}

static enum err node_object(struct provision *p, const struct zone *z, const char *name,
                            const struct node *n)
{
    struct provision_object o;
    struct dir_obj there;
    const char *dn = arena_printf(&p->scratch, "DC=%s,%.*s", name, SPAN_ARG(z->dn));
    enum err e = dn ? dir_by_dn(&p->txn->snap, span_str(dn), &there, NULL) : ERR_NOMEM;
    if (e == ERR_OK)
        return node_change(p, span_str(dn), &there, n);
    if (e != ERR_NOT_FOUND || p->mode == PROVISION_LEAVE)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    TRY(provision_begin(p, span_str(dn), schema_class(CLASS_dnsNode), 0, &o));
    for (unsigned i = 0; i < n->count; i++)
        TRY(provision_raw(&o, ATTR_dnsRecord, n->values[i]));
    return provision_end(&o);
}

/* SOA, NS of every DC, and the DCs' addresses when the zone is the domain's. */
static enum err apex(struct provision *p, const struct zone *z, bool addresses)
{
    struct node n = {.count = 0};
    if (z->fresh)
        TRY(put_soa(p, &n, z));
    for (unsigned i = 0; i < p->args->dc_count; i++) {
        TRY(put_name(p, &n, DNSP_NS, provision_dc_host(p, i, &p->scratch)));
        if (addresses)
            TRY(put_addresses(p, &n, &p->args->dcs[i]));
    }
    return node_object(p, z, "@", &n);
}

static enum err addresses_of_all(struct provision *p, const struct zone *z, const char *name)
{
    struct node n = {.count = 0};
    for (unsigned i = 0; i < p->args->dc_count; i++)
        TRY(put_addresses(p, &n, &p->args->dcs[i]));
    return node_object(p, z, name, &n);
}

static enum err name_servers(struct provision *p, const struct zone *z, const char *name)
{
    struct node n = {.count = 0};
    for (unsigned i = 0; i < p->args->dc_count; i++)
        TRY(put_name(p, &n, DNSP_NS, provision_dc_host(p, i, &p->scratch)));
    return node_object(p, z, name, &n);
}

/* A service at every DC, or at the first one alone. In names, %s is the site and %g the domain's
 * GUID. */
struct service {
    const char *name;
    uint16_t port;
    unsigned flags;
};
enum { FIRST_ONLY = 1, OF_SITE = 2, OF_GUID = 4 };

static const struct service domain_services[] = {
    {"_ldap._tcp", 389, 0},
    {"_kerberos._tcp", 88, 0},
    {"_kerberos._udp", 88, 0},
    {"_kpasswd._tcp", 464, 0},
    {"_kpasswd._udp", 464, 0},
    {"_gc._tcp", 3268, 0},
    {"_ldap._tcp.%s._sites", 389, OF_SITE},
    {"_kerberos._tcp.%s._sites", 88, OF_SITE},
    {"_gc._tcp.%s._sites", 3268, OF_SITE},
    {"_ldap._tcp.DomainDnsZones", 389, 0},
    {"_ldap._tcp.%s._sites.DomainDnsZones", 389, OF_SITE},
    {"_ldap._tcp.ForestDnsZones", 389, 0},
    {"_ldap._tcp.%s._sites.ForestDnsZones", 389, OF_SITE},
};
static const struct service msdcs_services[] = {
    {"_ldap._tcp.dc", 389, 0},
    {"_kerberos._tcp.dc", 88, 0},
    {"_ldap._tcp.%s._sites.dc", 389, OF_SITE},
    {"_kerberos._tcp.%s._sites.dc", 88, OF_SITE},
    {"_ldap._tcp.pdc", 389, FIRST_ONLY},
    {"_ldap._tcp.gc", 3268, 0},
    {"_ldap._tcp.%s._sites.gc", 3268, OF_SITE},
    {"_ldap._tcp.%s.domains", 389, OF_GUID},
};

static const char *service_name(struct provision *p, const struct service *s)
{
    const char *at = strstr(s->name, "%s");
    char guid[GUID_TEXT_SIZE];
    if (!at)
        return s->name;
    guid_to_text(&p->guid, guid);
    struct span inner = s->flags & OF_GUID ? span_str(guid) : p->site;
    return arena_printf(&p->scratch, "%.*s%.*s%s", (int)(at - s->name), s->name, SPAN_ARG(inner),
                        at + 2);
}

static enum err services(struct provision *p, const struct zone *z, const struct service *list,
                         unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct node n = {.count = 0};
        unsigned dcs = list[i].flags & FIRST_ONLY ? 1 : p->args->dc_count;
        if ((list[i].flags & FIRST_ONLY) && p->mode != PROVISION_FOREST)
            continue;
        const char *name = service_name(p, &list[i]);
        for (unsigned d = 0; name && d < dcs; d++) {
            struct dnsp_record r = {.type = DNSP_SRV, .weight = SRV_WEIGHT, .port = list[i].port};
            struct span host = provision_dc_host(p, d, &p->scratch);
            TRY(dnsp_name_from_text(host, &p->scratch, &r.name));
            TRY(put(p, &n, &r, TTL_HOST));
        }
        TRY(name ? node_object(p, z, name, &n) : ERR_NOMEM);
    }
    return ERR_OK;
}

static enum err property(struct provision *p, struct provision_object *o, uint32_t id,
                         uint32_t value, size_t size)
{
    uint8_t mem[8] = {(uint8_t)value, (uint8_t)(value >> 8), 0};
    struct builder b;
    struct span out;
    builder_in(&b, &p->scratch, 64);
    dnsp_property_put(&b, id, span_of(mem, size));
    TRY(builder_done(&b, &out));
    return provision_raw(o, ATTR_dNSProperty, out);
}

static enum err begin_zone(struct provision *p, struct span name, struct span partition,
                           struct zone *z)
{
    struct provision_object o;
    struct dir_obj there;
    z->name = arena_dup_span(&p->names, name);
    z->dn = span_str(arena_printf(&p->names, "DC=%.*s,CN=MicrosoftDNS,%.*s", SPAN_ARG(name),
                                  SPAN_ARG(partition)));
    z->host_master = span_str(arena_printf(&p->names, "hostmaster.%.*s", SPAN_ARG(p->dns_name)));
    if (p->mode != PROVISION_FOREST &&
        (dir_by_dn(&p->txn->snap, z->dn, &there, NULL) == ERR_OK || p->mode == PROVISION_LEAVE))
        return ERR_OK;
    z->fresh = true;
    TRY(provision_begin(p, z->dn, schema_class(CLASS_dnsZone), 0, &o));
    TRY(property(p, &o, DNSP_PROPERTY_ZONE_TYPE, DNSP_ZONE_PRIMARY, 4));
    TRY(property(p, &o, DNSP_PROPERTY_ALLOW_UPDATE, DNSP_UPDATE_SECURE, 1));
    TRY(property(p, &o, DNSP_PROPERTY_SECURE_TIME, 0, 8));
    TRY(property(p, &o, DNSP_PROPERTY_NOREFRESH, 168, 4));
    TRY(property(p, &o, DNSP_PROPERTY_REFRESH, 168, 4));
    TRY(property(p, &o, DNSP_PROPERTY_AGING, 0, 4));
    return provision_end(&o);
}

static enum err domain_zone(struct provision *p)
{
    struct zone z = {.fresh = false};
    TRY(begin_zone(p, p->dns_name, p->domain_zones_dn, &z));
    TRY(apex(p, &z, true));
    TRY(name_servers(p, &z, "_msdcs"));
    TRY(addresses_of_all(p, &z, "DomainDnsZones"));
    TRY(addresses_of_all(p, &z, "ForestDnsZones"));
    for (unsigned i = 0; i < p->args->dc_count; i++) {
        struct node n = {.count = 0};
        struct span name = ascii_lower(&p->scratch, p->args->dcs[i].name);
        TRY(put_addresses(p, &n, &p->args->dcs[i]));
        TRY(node_object(p, &z, arena_dup_str(&p->scratch, name), &n));
    }
    return services(p, &z, domain_services, sizeof domain_services / sizeof *domain_services);
}

static enum err msdcs_zone(struct provision *p)
{
    struct zone z = {.fresh = false};
    struct span name = span_str(arena_printf(&p->names, "_msdcs.%.*s", SPAN_ARG(p->dns_name)));
    TRY(begin_zone(p, name, p->forest_zones_dn, &z));
    TRY(apex(p, &z, false));
    TRY(addresses_of_all(p, &z, "gc"));
    for (unsigned i = 0; i < p->args->dc_count; i++) {
        struct node n = {.count = 0};
        char guid[GUID_TEXT_SIZE];
        guid_to_text(&p->dc_ntds_guid[i], guid);
        TRY(put_name(p, &n, DNSP_CNAME, provision_dc_host(p, i, &p->scratch)));
        TRY(node_object(p, &z, guid, &n));
    }
    return services(p, &z, msdcs_services, sizeof msdcs_services / sizeof *msdcs_services);
}

/* --- reverse zones: one /24 or /64 for each network that holds an address of a DC ------------ */

/* The zone of an address and the node in it, as text. */
static void reverse_names(struct arena *a, const uint8_t *ip, unsigned len, const char **zone_out,
                          const char **node_out)
{
    if (len == 4) {
        *zone_out = arena_printf(a, "%u.%u.%u.in-addr.arpa", ip[2], ip[1], ip[0]);
        *node_out = arena_printf(a, "%u", ip[3]);
        return;
    }
    struct builder zone, node;
    struct span z, n;
    builder_in(&zone, a, 128);
    builder_in(&node, a, 128);
    for (unsigned i = 16; i-- > 0;) {
        struct builder *b = i >= 8 ? &node : &zone;
        builder_printf(b, "%x.%x%s", ip[i] & 15, ip[i] >> 4, i == 8 ? "" : ".");
    }
    builder_printf(&zone, "ip6.arpa");
    *zone_out = builder_done(&zone, &z) == ERR_OK ? arena_dup_str(a, z) : NULL;
    *node_out = builder_done(&node, &n) == ERR_OK ? arena_dup_str(a, n) : NULL;
}

static enum err reverse_zone(struct provision *p, const char *name, struct zone *z)
{
    struct dir_obj o;
    const char *dn =
        arena_printf(&p->scratch, "DC=%s,CN=MicrosoftDNS,%.*s", name, SPAN_ARG(p->domain_zones_dn));
    enum err e = dir_by_dn(&p->txn->snap, span_str(dn), &o, NULL);
    if (e == ERR_OK) {
        z->dn = arena_dup_span(&p->names, span_str(dn));
        return p->mode == PROVISION_FOREST ? ERR_OK : apex(p, z, false);
    }
    if (e != ERR_NOT_FOUND || p->mode == PROVISION_LEAVE)
        return e;
    TRY(begin_zone(p, span_str(name), p->domain_zones_dn, z));
    return apex(p, z, false);
}

static enum err reverse_of(struct provision *p, unsigned dc, struct span address)
{
    uint8_t ip[16];
    unsigned len;
    struct zone z = {.dn = SPAN_NONE};
    struct node n = {.count = 0};
    const char *zone, *node;
    TRY(provision_address(address, ip, &len));
    reverse_names(&p->names, ip, len, &zone, &node);
    if (!zone || !node)
        return ERR_NOMEM;
    enum err e = reverse_zone(p, zone, &z);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e; /* an administrator took the zone away */
    TRY(put_name(p, &n, DNSP_PTR, provision_dc_host(p, dc, &p->scratch)));
    return node_object(p, &z, node, &n);
}

enum err provision_zones(struct provision *p)
{
    TRY(domain_zone(p));
    TRY(msdcs_zone(p));
    for (unsigned i = 0; i < p->args->dc_count; i++)
        for (unsigned k = 0; k < p->args->dcs[i].address_count; k++)
            TRY(reverse_of(p, i, p->args->dcs[i].addresses[k]));
    return ERR_OK;
}
