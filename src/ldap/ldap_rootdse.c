/*
 * The root of the tree ([MS-ADTS] 3.1.1.3.2): what the server is and can do, readable by anybody.
 */
#include "base/text.h"
#include "directory/account.h"
#include "ldap/ldap_internal.h"

enum err ldap_facts(const struct ldap_server *sv, const struct dir_snap *s, struct arena *a,
                    struct ldap_facts *out)
{
    struct ldap_facts f = {0};
    TRY(dir_naming(s, &f.naming));
    TRY(dir_dn(s, f.naming.domain_nc, a, &f.domain_dn));
    TRY(dir_dn(s, f.naming.root_nc, a, &f.root_dn));
    TRY(dir_dn(s, f.naming.config_nc, a, &f.config_dn));
    TRY(dir_dn(s, f.naming.schema_nc, a, &f.schema_dn));
    f.host =
        span_str(arena_printf(a, "%.*s.%.*s", SPAN_ARG(sv->env.host), SPAN_ARG(f.naming.dns_name)));
    f.computer = ascii_upper(a, span_sub(sv->env.host, 0, 15));
    f.server_dn =
        span_str(arena_printf(a, "CN=%.*s,CN=Servers,CN=%.*s,CN=Sites,%.*s", SPAN_ARG(f.computer),
                              SPAN_ARG(sv->env.site), SPAN_ARG(f.config_dn)));
    if (arena_failed(a))
        return ERR_NOMEM;
    *out = f;
    return ERR_OK;
}

struct root {
    const struct ldap_server *sv;
    const struct dir_snap *snap;
    const struct ldap_message *m;
    struct span client;
    struct ldap_facts facts;
    struct arena *arena;
    struct ldap_entry entry;
};

static void value(struct root *r, struct span v)
{
    if (!r->m->search.types_only)
        ldap_entry_value(&r->entry, v);
}

static void list(struct root *r, const char *const *values)
{
    for (; *values; values++)
        value(r, span_str(*values));
}

static void domain_dn(struct root *r)
{
    value(r, r->facts.domain_dn);
}

static void forest_dn(struct root *r)
{
    value(r, r->facts.root_dn);
}

static void config_dn(struct root *r)
{
    value(r, r->facts.config_dn);
}

static void schema_dn(struct root *r)
{
    value(r, r->facts.schema_dn);
}

static void subschema(struct root *r)
{
    value(r, span_str(arena_printf(r->arena, "CN=Aggregate,%.*s", SPAN_ARG(r->facts.schema_dn))));
}

static void contexts(struct root *r)
{
    const struct dir_naming *n = &r->facts.naming;
    const dir_id ids[] = {n->domain_nc, n->config_nc, n->schema_nc, n->domain_dns_nc,
                          n->forest_dns_nc};
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct span dn;
        if (ids[i] && dir_dn(r->snap, ids[i], r->arena, &dn) == ERR_OK)
            value(r, dn);
    }
}

static void host(struct root *r)
{
    value(r, r->facts.host);
}

static void server_dn(struct root *r)
{
    value(r, r->facts.server_dn);
}

static void service_dn(struct root *r)
{
    value(r,
          span_str(arena_printf(r->arena, "CN=NTDS Settings,%.*s", SPAN_ARG(r->facts.server_dn))));
}

static void service_name(struct root *r)
{
    value(r,
          span_str(arena_printf(r->arena, "%.*s:%.*s$@%.*s", SPAN_ARG(r->facts.naming.forest_name),
                                SPAN_ARG(ascii_lower(r->arena, r->facts.computer)),
                                SPAN_ARG(r->facts.naming.realm))));
}

static void current_time(struct root *r)
{
    char text[20];
    size_t len = utime_to_generalized(r->sv->env.now(), true, text);
    value(r, span_of(arena_dup(r->arena, text, len), len));
}

static void usn(struct root *r)
{
    value(r, span_str(arena_printf(r->arena, "%llu", (unsigned long long)dir_snap_usn(r->snap))));
}

static void level(struct root *r)
{
    value(r, span_str(arena_printf(r->arena, "%u", r->facts.naming.functional_level)));
}

static void yes(struct root *r)
{
    value(r, SPAN_LIT("TRUE"));
}

static void controls(struct root *r)
{
    const char *oid;
    for (unsigned i = 0; (oid = ldap_options_oid(i)); i++)
        value(r, span_str(oid));
    value(r, SPAN_LIT(LDAP_CONTROL_SORT_RESPONSE));
    value(r, SPAN_LIT(LDAP_CONTROL_VLV_RESPONSE));
    value(r, SPAN_LIT(LDAP_CONTROL_RANGE_OPTION));
}

static void capabilities(struct root *r)
{
    static const char *const oids[] = {LDAP_CAP_ACTIVE_DIRECTORY,
                                       LDAP_CAP_V51,
                                       LDAP_CAP_LDAP_INTEG,
                                       LDAP_CAP_V60,
                                       LDAP_CAP_V61_R2,
                                       LDAP_CAP_W8,
                                       NULL};
    list(r, oids);
}

static void mechanisms(struct root *r)
{
    static const char *const names[] = {"GSSAPI", "GSS-SPNEGO", NULL};
    list(r, names);
}

static void extensions(struct root *r)
{
    static const char *const oids[] = {LDAP_EXOP_WHOAMI, NULL};
    list(r, oids);
    if (r->sv->env.tls)
        value(r, SPAN_LIT(LDAP_EXOP_START_TLS));
}

static void versions(struct root *r)
{
    static const char *const numbers[] = {"3", "2", NULL};
    list(r, numbers);
}

static void policies(struct root *r)
{
    static const char *const names[] = {"MaxPageSize",     "MaxQueryDuration", "MaxReceiveBuffer",
                                        "MaxDatagramRecv", "MaxValRange",      NULL};
    list(r, names);
}

static const struct {
    const char *name;
    void (*put)(struct root *r);
} attributes[] = {
    {"configurationNamingContext", config_dn},
    {"currentTime", current_time},
    {"defaultNamingContext", domain_dn},
    {"dnsHostName", host},
    {"domainControllerFunctionality", level},
    {"domainFunctionality", level},
    {"dsServiceName", service_dn},
    {"forestFunctionality", level},
    {"highestCommittedUSN", usn},
    {"isGlobalCatalogReady", yes},
    {"isSynchronized", yes},
    {"ldapServiceName", service_name},
    {"namingContexts", contexts},
    {"rootDomainNamingContext", forest_dn},
    {"schemaNamingContext", schema_dn},
    {"serverName", server_dn},
    {"subschemaSubentry", subschema},
    {"supportedCapabilities", capabilities},
    {"supportedControl", controls},
    {"supportedExtension", extensions},
    {"supportedLDAPPolicies", policies},
    {"supportedLDAPVersion", versions},
    {"supportedSASLMechanisms", mechanisms},
};

static bool wants(const struct ldap_search *q, const char *name)
{
    if (q->attr_count == 0)
        return true;
    for (uint32_t i = 0; i < q->attr_count; i++) {
        if (ascii_eq_fold(q->attrs[i], span_str(name)) || span_eq(q->attrs[i], SPAN_LIT("*")) ||
            span_eq(q->attrs[i], SPAN_LIT("+")))
            return true;
    }
    return false;
}

static bool asks_netlogon(const struct ldap_search *q)
{
    for (uint32_t i = 0; i < q->attr_count; i++) {
        if (ascii_eq_fold(q->attrs[i], SPAN_LIT("netlogon")))
            return true;
    }
    return false;
}

/* What every object has, the root has too (3.1.1.3.1.3.1); any other condition finds nothing. */
static bool on_every_object(struct span name)
{
    return ascii_eq_fold(name, SPAN_LIT("objectClass")) || ascii_eq_fold(name, SPAN_LIT("name")) ||
           ascii_eq_fold(name, SPAN_LIT("distinguishedName")) ||
           ascii_eq_fold(name, SPAN_LIT("objectGUID"));
}

/* Samba's tools send (|(objectClass=*)(distinguishedName=*)) when they mean all. Recursion is as
 * deep as the decoder allows. */
static bool matches(const struct ldap_filter *f)
{
    bool all = f->kind == LDAP_FILTER_AND;
    if (f->kind == LDAP_FILTER_PRESENT)
        return on_every_object(f->attr);
    if (!all && f->kind != LDAP_FILTER_OR)
        return false;
    for (const struct ldap_filter *c = f->child; c; c = c->next) {
        if (matches(c) != all)
            return !all;
    }
    return all;
}

static void put_attributes(struct root *r)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (!wants(&r->m->search, attributes[i].name))
            continue;
        ldap_entry_attr(&r->entry, span_str(attributes[i].name));
        attributes[i].put(r);
    }
}

static void put_entry(struct root *r, struct builder *b)
{
    ldap_entry_begin(&r->entry, b, r->m->id, SPAN_NONE);
    put_attributes(r);
    ldap_entry_end(&r->entry, NULL, 0);
}

/* Others may be asked for beside it, as Windows and Samba have it. */
static enum err put_ping(struct root *r, struct builder *b)
{
    struct span answer;
    enum err e = ldap_ping_value(r->sv, r->snap, r->m->search.filter, r->client, r->arena, &answer);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(ldap_facts(r->sv, r->snap, r->arena, &r->facts));
    ldap_entry_begin(&r->entry, b, r->m->id, SPAN_NONE);
    ldap_entry_attr(&r->entry, SPAN_LIT("Netlogon"));
    ldap_entry_value(&r->entry, answer);
    put_attributes(r);
    ldap_entry_end(&r->entry, NULL, 0);
    return ERR_OK;
}

enum err ldap_rootdse(const struct ldap_server *sv, const struct dir_snap *s,
                      const struct ldap_message *m, struct span client, struct arena *a,
                      struct builder *b)
{
    struct root r = {.sv = sv, .snap = s, .m = m, .client = client, .arena = a};
    struct ldap_result done = {.code = LDAP_SUCCESS};
    if (asks_netlogon(&m->search)) {
        TRY(put_ping(&r, b));
    } else if (matches(m->search.filter)) {
        TRY(ldap_facts(sv, s, a, &r.facts));
        put_entry(&r, b);
    }
    ldap_put_result(b, m->id, LDAP_SEARCH_DONE, &done, NULL, 0);
    return arena_failed(a) ? ERR_NOMEM : b->err;
}
