/*
 * The netlogon ping ([MS-ADTS] 6.3.3): is this a domain controller of that domain, and does it know
 * this account?
 */
#include "auth/site.h"
#include "base/text.h"
#include "directory/account.h"
#include "ldap/ldap_internal.h"
#include "wire/ldap/ldap_client.h"
#include "wire/ms/netlogon_ping.h"

static struct span without_dot(struct span name)
{
    return name.len && name.ptr[name.len - 1] == '.' ? span_sub(name, 0, name.len - 1) : name;
}

static bool names_us(const struct ldap_ping_request *p, const struct dir_naming *n)
{
    struct span domain = without_dot(p->dns_domain);
    if (domain.len && !ascii_eq_fold(domain, n->dns_name) && !ascii_eq_fold(domain, n->forest_name))
        return false;
    if (p->domain_guid.len && !span_eq(p->domain_guid, span_of(n->domain_guid.b, 16)))
        return false;
    if (p->domain_sid.len) {
        struct sid sid;
        return sid_from_bytes(p->domain_sid, &sid) == ERR_OK && sid_eq(&sid, &n->domain_sid);
    }
    return true;
}

/* A trusting forest asks by its DNS name with a dot at its end, as it names itself to Netlogon, and
 * with an AAC that no account has. */
static bool is_trusting(const struct dir_snap *s, const struct dir_naming *n, struct span name)
{
    struct dir_obj container, o;

    return dir_child(s, n->domain_nc, SPAN_LIT("System"), &container) == ERR_OK &&
           dir_child(s, container.id, span_sub(name, 0, name.len - 1), &o) == ERR_OK &&
           o.class_id == CLASS_trustedDomain && dir_attr_i32(&o, ATTR_trustDirection, 0) & 1;
}

/* An account of a kind that AAC allows, not disabled; without AAC there is none (6.3.3.2). */
static bool knows(const struct dir_snap *s, const struct dir_naming *n,
                  const struct ldap_ping_request *p)
{
    const uint32_t kinds = UAC_NORMAL_ACCOUNT | UAC_INTERDOMAIN_TRUST_ACCOUNT |
                           UAC_WORKSTATION_TRUST_ACCOUNT | UAC_SERVER_TRUST_ACCOUNT;
    /* USER_* of [MS-SAMR] 2.2.1.12, in the order of the bits, and what they are in
     * userAccountControl. */
    static const struct {
        uint32_t aac, uac;
    } map[] = {{0x10, UAC_NORMAL_ACCOUNT},
               {0x40, UAC_INTERDOMAIN_TRUST_ACCOUNT},
               {0x80, UAC_WORKSTATION_TRUST_ACCOUNT},
               {0x100, UAC_SERVER_TRUST_ACCOUNT}};
    struct dir_account acc;
    uint32_t allowed = 0;
    if (p->user.ptr[p->user.len - 1] == '.')
        return is_trusting(s, n, p->user);
    if (dir_account_by_sam(s, p->user, &acc) != ERR_OK || (acc.uac & UAC_ACCOUNTDISABLE))
        return false;
    for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (p->aac & map[i].aac)
            allowed |= map[i].uac;
    }
    return acc.uac & kinds & allowed;
}

/* The domain's PDC emulator: fSMORoleOwner of the domain is this server's DSA. */
static bool is_pdc(const struct dir_snap *s, const struct ldap_facts *f, struct arena *a)
{
    struct dir_obj domain, dsa;
    struct span owner;
    const char *dn = arena_printf(a, "CN=NTDS Settings,%.*s", SPAN_ARG(f->server_dn));
    return dn && dir_by_id(s, f->naming.domain_nc, &domain) == ERR_OK &&
           dir_by_dn(s, span_str(dn), &dsa, NULL) == ERR_OK &&
           dir_attr_first(&domain, ATTR_fSMORoleOwner, &owner) && owner.len == 4 &&
           memcmp(owner.ptr, &dsa.id, 4) == 0;
}

static uint32_t flags_of(const struct dir_snap *s, const struct ldap_facts *f, struct arena *a)
{
    uint32_t flags = DS_GC_FLAG | DS_LDAP_FLAG | DS_DS_FLAG | DS_KDC_FLAG | DS_WRITABLE_FLAG |
                     DS_FULL_SECRET_DOMAIN_6_FLAG | DS_DS_8_FLAG | DS_DS_9_FLAG;
    return is_pdc(s, f, a) ? flags | DS_PDC_FLAG : flags;
}

enum err ldap_ping_value(const struct ldap_server *sv, const struct dir_snap *s,
                         const struct ldap_filter *filter, struct span client, struct arena *a,
                         struct span *out)
{
    struct ldap_ping_request p;
    struct ldap_facts f;
    struct builder b;
    if (ldap_ping_from_filter(filter, &p) != ERR_OK)
        return ERR_NOT_FOUND;
    TRY(ldap_facts(sv, s, a, &f));
    if (!names_us(&p, &f.naming))
        return ERR_NOT_FOUND;
    struct span site = auth_site_of(s, f.naming.config_nc, client, sv->env.site, NULL);
    bool close = text_eq_fold(site, sv->env.site);
    bool known = p.user.len == 0 || knows(s, &f.naming, &p);
    struct netlogon_answer answer = {
        .form = netlogon_form_for(p.nt_version),
        .opcode = known ? NETLOGON_LOGON_RESPONSE : NETLOGON_USER_UNKNOWN,
        .nt_version = p.nt_version,
        .flags = flags_of(s, &f, a) | (close ? DS_CLOSEST_FLAG : 0),
        .domain_guid = f.naming.domain_guid,
        .forest = f.naming.forest_name,
        .dns_domain = f.naming.dns_name,
        .dns_host = f.host,
        .flat_domain = f.naming.flat_name,
        .computer = f.computer,
        .user = p.user,
        .dc_site = sv->env.site,
        .client_site = site,
        .next_site = sv->env.site,
    };
    memcpy(answer.address, sv->env.address, 4);
    builder_in(&b, a, NETLOGON_ANSWER_MAX);
    netlogon_answer_put(&b, &answer);
    return builder_done(&b, out);
}
