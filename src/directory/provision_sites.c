#include "base/text.h"
#include "directory/provision_internal.h"

struct span provision_server_dn(struct provision *p, unsigned index)
{
    return span_str(arena_printf(&p->scratch, "CN=%.*s,CN=Servers,CN=%.*s,CN=Sites,%.*s",
                                 SPAN_ARG(provision_dc_cn(p, index, &p->scratch)),
                                 SPAN_ARG(p->site), SPAN_ARG(p->config_dn)));
}

static enum err server(struct provision *p, unsigned index)
{
    struct provision_object o;
    TRY(provision_begin(p, provision_server_dn(p, index), schema_class(CLASS_server), 0, &o));
    struct span account = span_str(arena_printf(&p->scratch, "CN=%.*s,OU=Domain Controllers,%.*s",
                                                SPAN_ARG(provision_dc_cn(p, index, &p->scratch)),
                                                SPAN_ARG(p->domain_dn)));
    TRY(provision_str(&o, ATTR_systemFlags, "1375731712"));
    TRY(provision_text(&o, ATTR_dNSHostName, provision_dc_host(p, index, &p->scratch)));
    TRY(provision_text(&o, ATTR_serverReference, account));
    return provision_end(&o);
}

/* The DSA object: its GUID is the DC's name in _msdcs, its invocation id that of the database. */
static enum err settings(struct provision *p, unsigned index)
{
    struct provision_object o;
    struct span parent = provision_server_dn(p, index);
    const char *dn = arena_printf(&p->scratch, "CN=NTDS Settings,%.*s", SPAN_ARG(parent));
    struct guid invocation;
    uint8_t random[16];
    p->args->random(random, sizeof random);
    guid_from_random(random, &invocation);
    TRY(provision_begin(p, span_str(dn), schema_class(CLASS_nTDSDSA), 0, &o));
    o.guid = p->dc_ntds_guid[index];
    TRY(provision_lines(&o, "dMDLocation: %S\n"
                            "hasMasterNCs: %C\nhasMasterNCs: %S\nhasMasterNCs: %D\n"
                            "msDS-HasDomainNCs: %D\n"
                            "msDS-HasInstantiatedNCs: B:8:0000000D:%C\n"
                            "msDS-HasInstantiatedNCs: B:8:0000000D:%S\n"
                            "msDS-HasInstantiatedNCs: B:8:00000005:%D\n"
                            "msDS-HasInstantiatedNCs: B:8:0000000D:%X\n"
                            "msDS-HasInstantiatedNCs: B:8:0000000D:%Y\n"
                            "msDS-hasMasterNCs: %C\nmsDS-hasMasterNCs: %S\nmsDS-hasMasterNCs: %D\n"
                            "msDS-hasMasterNCs: %X\nmsDS-hasMasterNCs: %Y\n"
                            "msDS-Behavior-Version: %l\n"
                            "options: 1\n" /* a global catalog */
                            "systemFlags: 33554432\n"));
    TRY(provision_raw(&o, ATTR_invocationId, span_of(invocation.b, sizeof invocation.b)));
    return provision_end(&o);
}

/* CrossRefs of the DNS partitions, named by GUIDs as Windows does, with every DC as a replica. */
static enum err zone_cross_ref(struct provision *p, const char *name, struct span nc)
{
    struct provision_object o;
    uint8_t random[16];
    struct guid g;
    char text[GUID_TEXT_SIZE];
    p->args->random(random, sizeof random);
    guid_from_random(random, &g);
    guid_to_text(&g, text);
    const char *dn =
        arena_printf(&p->scratch, "CN=%s,CN=Partitions,%.*s", text, SPAN_ARG(p->config_dn));
    TRY(provision_begin(p, span_str(dn), schema_class(CLASS_crossRef), 0, &o));
    TRY(provision_text(&o, ATTR_nCName, nc));
    TRY(provision_str(&o, ATTR_dnsRoot,
                      arena_printf(&p->scratch, "%s.%.*s", name, SPAN_ARG(p->dns_name))));
    TRY(provision_str(&o, ATTR_systemFlags, "5"));
    for (unsigned i = 0; i < p->args->dc_count; i++) {
        struct span parent = provision_server_dn(p, i);
        const char *ntds = arena_printf(&p->scratch, "CN=NTDS Settings,%.*s", SPAN_ARG(parent));
        TRY(provision_str(&o, ATTR_msDS_NC_Replica_Locations, ntds));
    }
    return provision_end(&o);
}

static enum err replica_of(struct provision *p, const struct dir_obj *ref)
{
    struct provision_object o;
    struct span dn, parent = provision_server_dn(p, 0);
    const char *ntds = arena_printf(&p->scratch, "CN=NTDS Settings,%.*s", SPAN_ARG(parent));
    TRY(dir_dn(&p->txn->snap, ref->id, &p->scratch, &dn));
    TRY(provision_begin_update(p, dn, &o));
    TRY(ntds ? provision_str(&o, ATTR_msDS_NC_Replica_Locations, ntds) : ERR_NOMEM);
    return provision_end(&o);
}

#define CROSS_REFS_MAX 64

enum err provision_dc_replicas(struct provision *p)
{
    struct dir_child_cursor c = {0};
    struct dir_obj partitions, ref;
    dir_id id, ids[CROSS_REFS_MAX];
    unsigned count = 0;
    const char *dn = arena_printf(&p->scratch, "CN=Partitions,%.*s", SPAN_ARG(p->config_dn));
    TRY(dn ? dir_by_dn(&p->txn->snap, span_str(dn), &partitions, NULL) : ERR_NOMEM);
    while (count < CROSS_REFS_MAX && dir_child_next(&p->txn->snap, partitions.id, &c, &id))
        ids[count++] = id;
    for (unsigned i = 0; i < count; i++) {
        TRY(dir_by_id(&p->txn->snap, ids[i], &ref));
        /* Replicated to domain controllers by choice: of an application ([MS-ADTS] 6.1.1.2.1.1.4).
         */
        if (ref.class_id == CLASS_crossRef && dir_attr_i32(&ref, ATTR_systemFlags, 0) == 5)
            TRY(replica_of(p, &ref));
    }
    return ERR_OK;
}

enum err provision_dc_servers(struct provision *p)
{
    for (unsigned i = 0; i < p->args->dc_count; i++) {
        TRY(server(p, i));
        TRY(settings(p, i));
    }
    if (p->mode == PROVISION_JOIN)
        return provision_dc_replicas(p);
    TRY(zone_cross_ref(p, "DomainDnsZones", p->domain_zones_dn));
    return zone_cross_ref(p, "ForestDnsZones", p->forest_zones_dn);
}
