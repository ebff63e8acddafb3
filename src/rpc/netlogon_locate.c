/*
 * NETLOGON, finding domain controllers ([MS-NRPC] 3.5.4.3): of the own domain alone, and the one
 * that is asked is the one that is found, as in its answers to pings.
 */
#include "wire/rpc/netlogon_locate.h"
#include "auth/site.h"
#include "base/text.h"
#include "rpc/netlogon_service.h"
#include "wire/ms/netlogon_ping.h"

/* Of the answer's flags, [MS-NRPC] 2.2.1.2.1: the controller's and the domain's name are DNS
 * names; the forest's always is. */
#define NAMES_ARE_DNS      0x60000000
#define FOREST_NAME_IS_DNS 0x80000000

/* Of Windows' sockaddr: families and sizes. */
#define WINDOWS_INET       2
#define WINDOWS_INET_SIZE  16
#define WINDOWS_INET6      23
#define WINDOWS_INET6_SIZE 28

/* fSMORoleOwner of the domain is the NTDS Settings object below the server's. */
static bool is_pdc(const struct rpc_ctx *c, const struct lsa_view *v)
{
    struct dir_obj domain, settings, server;
    struct span owner;

    if (dir_by_id(&v->snap, v->naming.domain_nc, &domain) != ERR_OK ||
        !dir_attr_first(&domain, ATTR_fSMORoleOwner, &owner) || owner.len != 4)
        return false;
    struct reader r = reader_of(owner);
    return dir_by_id(&v->snap, reader_le32(&r), &settings) == ERR_OK &&
           dir_by_id(&v->snap, settings.parent, &server) == ERR_OK &&
           text_eq_fold(server.rdn, c->env->host);
}

static bool is_ours(const struct lsa_view *v, struct span domain, const struct guid *guid)
{
    if (domain.len && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    if (domain.len)
        return ascii_eq_fold(domain, v->naming.dns_name) ||
               text_eq_fold(domain, v->naming.flat_name);
    return !guid || guid_eq(guid, &v->naming.domain_guid);
}

static bool dns_name_wanted(const struct lsa_view *v, struct span domain, uint32_t flags)
{
    if (flags & (NETLOGON_RETURN_DNS_NAME | NETLOGON_RETURN_FLAT_NAME))
        return flags & NETLOGON_RETURN_DNS_NAME;
    return !domain.len || !text_eq_fold(domain, v->naming.flat_name);
}

/* Beyond the snapshot; what there is none of is a null pointer on the wire. */
static struct span kept(struct rpc_ctx *c, struct span name)
{
    return name.len ? arena_dup_span(c->arena, name) : SPAN_NONE;
}

static void fill(struct rpc_ctx *c, const struct lsa_view *v, bool dns, bool pdc,
                 struct netlogon_dc_info *out)
{
    const struct dir_naming *n = &v->naming;
    const uint8_t *ip = c->env->address;
    struct arena *a = c->arena;
    struct span site = kept(c, auth_site_of(&v->snap, n->config_nc, plat_addr_host(&c->who->client),
                                            c->env->site, NULL));

    *out = (struct netlogon_dc_info){
        .dc_name = span_str(
            dns ? arena_printf(a, "\\\\%.*s.%.*s", SPAN_ARG(c->env->host), SPAN_ARG(n->dns_name))
                : arena_printf(a, "\\\\%.*s", SPAN_ARG(ascii_upper(a, c->env->host)))),
        .dc_address = span_str(arena_printf(a, "\\\\%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3])),
        .address_type = NETLOGON_ADDRESS_INET,
        .domain_guid = n->domain_guid,
        .domain = arena_dup_span(a, dns ? n->dns_name : n->flat_name),
        .forest = arena_dup_span(a, n->forest_name),
        .flags = DS_GC_FLAG | DS_LDAP_FLAG | DS_DS_FLAG | DS_KDC_FLAG |
                 (text_eq_fold(site, c->env->site) ? DS_CLOSEST_FLAG : 0) | DS_WRITABLE_FLAG |
                 DS_FULL_SECRET_DOMAIN_6_FLAG | DS_DS_8_FLAG | DS_DS_9_FLAG | FOREST_NAME_IS_DNS |
                 (pdc ? DS_PDC_FLAG : 0),
        .dc_site = c->env->site,
        .client_site = site};
    if (dns)
        out->flags |= NAMES_ARE_DNS;
}

static uint32_t locate(struct rpc_ctx *c, struct span domain, const struct guid *guid,
                       uint32_t flags, struct netlogon_dc_info **info_out)
{
    struct netlogon_dc_info *info = arena_new(c->arena, struct netlogon_dc_info);
    struct lsa_view v;

    if (flags & NETLOGON_RETURN_DNS_NAME && flags & NETLOGON_RETURN_FLAT_NAME)
        return WERR_INVALID_FLAGS;
    if (!info || lsa_view_begin(c, &v) != NT_OK)
        return WERR_NOT_ENOUGH_MEMORY;
    bool pdc = is_pdc(c, &v);
    bool found = is_ours(&v, domain, guid) && (pdc || !(flags & NETLOGON_PDC_REQUIRED));
    if (found)
        fill(c, &v, dns_name_wanted(&v, domain, flags), pdc, info);
    lsa_view_end(&v);
    if (!found)
        return WERR_NO_SUCH_DOMAIN;
    if (arena_failed(c->arena))
        return WERR_NOT_ENOUGH_MEMORY;
    *info_out = info;
    return WERR_OK;
}

uint32_t netlogon_dsr_get_dc_name(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_get_dc_name *x = args;

    return locate(c, x->domain, x->domain_guid, x->flags, &x->info);
}

uint32_t netlogon_dsr_get_dc_name_ex(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_get_dc_name_ex *x = args;

    return locate(c, x->domain, x->domain_guid, x->flags, &x->info);
}

uint32_t netlogon_dsr_get_dc_name_ex2(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_get_dc_name_ex2 *x = args;

    return locate(c, x->domain, x->domain_guid, x->flags, &x->info);
}

static uint32_t dc_name(struct rpc_ctx *c, void *args, uint32_t flags)
{
    struct netlogon_get_dc_name *x = args;
    struct netlogon_dc_info *info;
    uint32_t status = locate(c, x->domain, NULL, flags | NETLOGON_RETURN_FLAT_NAME, &info);

    if (status == WERR_OK)
        x->dc_name = info->dc_name;
    return status;
}

uint32_t netlogon_get_dc_name(struct rpc_ctx *c, void *args)
{
    return dc_name(c, args, NETLOGON_PDC_REQUIRED);
}

uint32_t netlogon_get_any_dc_name(struct rpc_ctx *c, void *args)
{
    return dc_name(c, args, 0);
}

uint32_t netlogon_dsr_get_site_name(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_get_site_name *x = args;

    x->site = c->env->site;
    return WERR_OK;
}

/* --- sites --------------------------------------------------------------------------------- */

/* The bytes of the host in Windows' sockaddr; empty: it is none. */
static struct span host_of(const struct netlogon_address *a)
{
    struct span bytes = span_of(a->bytes, a->bytes ? a->length : 0);
    struct reader r = reader_of(bytes);
    unsigned family = reader_le16(&r);

    if (family == WINDOWS_INET && a->length >= WINDOWS_INET_SIZE)
        return span_sub(bytes, 4, 4);
    if (family == WINDOWS_INET6 && a->length >= WINDOWS_INET6_SIZE)
        return span_sub(bytes, 8, 16);
    return SPAN_NONE;
}

/* The site of each address, and the subnet that told it; what is no address, or in no subnet, has
 * none. */
static uint32_t sites_of(struct rpc_ctx *c, const struct netlogon_address *a, uint32_t count,
                         struct span *names, struct span *subnets)
{
    struct lsa_view v;

    if (!names || !subnets || lsa_view_begin(c, &v) != NT_OK)
        return WERR_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct span host = host_of(&a[i]), subnet = SPAN_NONE;

        if (host.len)
            names[i] =
                kept(c, auth_site_of(&v.snap, v.naming.config_nc, host, c->env->site, &subnet));
        subnets[i] = kept(c, subnet);
    }
    lsa_view_end(&v);
    return arena_failed(c->arena) ? WERR_NOT_ENOUGH_MEMORY : WERR_OK;
}

uint32_t netlogon_dsr_address_to_sites(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_address_to_sites *x = args;
    struct netlogon_sites *sites = arena_new(c->arena, struct netlogon_sites);

    if (!sites)
        return WERR_NOT_ENOUGH_MEMORY;
    sites->count = x->count;
    sites->names = arena_new_array(c->arena, x->count, struct span);
    uint32_t status = sites_of(c, x->addresses, x->count, sites->names,
                               arena_new_array(c->arena, x->count, struct span));
    if (status == WERR_OK)
        x->sites = sites;
    return status;
}

uint32_t netlogon_dsr_address_to_sites_ex(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_address_to_sites_ex *x = args;
    struct netlogon_sites_ex *sites = arena_new(c->arena, struct netlogon_sites_ex);

    if (!sites)
        return WERR_NOT_ENOUGH_MEMORY;
    sites->count = x->count;
    sites->names = arena_new_array(c->arena, x->count, struct span);
    sites->subnets = arena_new_array(c->arena, x->count, struct span);
    uint32_t status = sites_of(c, x->addresses, x->count, sites->names, sites->subnets);
    if (status == WERR_OK)
        x->sites = sites;
    return status;
}

uint32_t netlogon_dsr_site_coverage(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_site_coverage *x = args;
    struct netlogon_sites *sites = arena_new(c->arena, struct netlogon_sites);

    if (!sites || !(sites->names = arena_dup(c->arena, &c->env->site, sizeof(c->env->site))))
        return WERR_NOT_ENOUGH_MEMORY;
    sites->count = 1;
    x->sites = sites;
    return WERR_OK;
}
