/*
 * From names to accounts. A name is looked up once, as it stands: nothing is appended and tried
 * again (CVE-2021-42287).
 */
#include "base/text.h"
#include "directory/policy_facts.h"
#include "kdc/kdc_request.h"

bool kdc_is_local_realm(const struct kdc_request *r, struct span realm)
{
    return krb_realm_eq(realm, r->domain->naming.realm) ||
           krb_realm_eq(realm, r->domain->naming.flat_name);
}

enum err kdc_account_named(struct kdc_request *r, enum kdc_name_kind kind, struct span name,
                           struct kdc_account **out)
{
    struct kdc *k = r->kdc;
    dir_id id;
    TRY(kdc_names_find(&k->names, &r->snap, kind, name, &id));
    return kdc_accounts_get(&k->accounts, r->domain, &r->snap, id, r->a, out);
}

enum err kdc_krbtgt(struct kdc_request *r, const struct kdc_account **out)
{
    struct kdc_account *krbtgt;
    TRY(kdc_account_named(r, KDC_NAME_SAM, SPAN_LIT("krbtgt"), &krbtgt));
    *out = krbtgt;
    return krbtgt->keys.versions ? ERR_OK : ERR_STATE;
}

enum err kdc_policy_of(struct kdc_request *r, dir_id account, struct policy_settings *out)
{
    if (r->domain->has_psos)
        return policy_settings_for(&r->snap, account, r->a, out, NULL);
    *out = r->domain->policy;
    return ERR_OK;
}

enum err kdc_memberships(struct kdc_request *r, dir_id account, struct dir_memberships *out)
{
    enum err e = dir_memberships(&r->snap, account, r->a, out);
    return e == ERR_LIMIT ? kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS) : e;
}

enum err kdc_trusts(struct kdc_request *r)
{
    return kdc_domain_trusts(&r->kdc->domain, &r->snap);
}

enum err kdc_route(struct kdc_request *r, struct span name, enum route_use use, struct route *out)
{
    TRY(kdc_trusts(r));
    struct route_facts facts = {.local = &r->domain->local,
                                .trusts = r->domain->trusts,
                                .trust_count = r->domain->trust_count};
    trust_route_name(&facts, name, use, out);
    return ERR_OK;
}

enum err kdc_trust_of_client(struct kdc_request *r, struct span crealm, const struct trust **out,
                             enum reason *reason_out)
{
    TRY(kdc_trusts(r));
    struct route_facts facts = {.local = &r->domain->local,
                                .trusts = r->domain->trusts,
                                .trust_count = r->domain->trust_count};
    *reason_out = trust_of_client(&facts, crealm, out);
    return ERR_OK;
}

/* Where users of another forest belong: KDC_ERR_WRONG_REALM with its realm, RFC 6806 section 7.
 * Only a forest whose users may come here is worth the way. */
static enum err refer_client(struct kdc_request *r, struct span suffix)
{
    struct route found;
    TRY(kdc_route(r, suffix, ROUTE_CLIENT, &found));
    bool off = found.reason == REASON_ROUTE_DISABLED || found.reason == REASON_ROUTE_EXCLUDED;
    if (found.kind != ROUTE_TRUST)
        return kdc_refuse(r, KDC_ERR_C_PRINCIPAL_UNKNOWN,
                          off ? found.reason : REASON_KDC_CLIENT_UNKNOWN);
    if (!(found.trust->direction & TRUST_OUTBOUND))
        return kdc_refuse(r, KDC_ERR_C_PRINCIPAL_UNKNOWN, REASON_TRANSIT_NOT_OUTGOING);
    enum err e = kdc_refuse(r, KDC_ERR_WRONG_REALM, REASON_KDC_CLIENT_ELSEWHERE);
    r->refusal.crealm = ascii_upper(r->a, found.trust->dns_name);
    return e;
}

/* The part behind the last '@', or the empty span. */
static struct span upn_suffix(struct span upn)
{
    for (size_t i = upn.len; i > 0; i--) {
        if (upn.ptr[i - 1] == '@')
            return span_sub(upn, i, upn.len);
    }
    return SPAN_NONE;
}

/* "user@suffix": an explicit userPrincipalName first, then the implicit one name@domain. */
static enum err find_enterprise(struct kdc_request *r, struct span upn, struct kdc_account **out)
{
    struct span suffix = upn_suffix(upn);
    enum err e = kdc_account_named(r, KDC_NAME_UPN, upn, out);
    if (e != ERR_NOT_FOUND || suffix.len == 0)
        return e;
    if (!kdc_is_local_realm(r, suffix))
        return refer_client(r, suffix);
    return kdc_account_named(r, KDC_NAME_SAM, span_sub(upn, 0, upn.len - suffix.len - 1), out);
}

static enum err find_plain(struct kdc_request *r, const struct krb_name *cname, struct span plain,
                           struct kdc_account **out)
{
    enum err e = ERR_NOT_FOUND;
    if (cname->parts.count == 1)
        e = kdc_account_named(r, KDC_NAME_SAM, plain, out);
    if (e != ERR_NOT_FOUND)
        return e;
    struct builder b;
    struct span upn;
    builder_in(&b, r->a, KRB_NAME_TEXT_MAX);
    builder_span(&b, plain);
    builder_u8(&b, '@');
    builder_span(&b, r->domain->naming.dns_name);
    TRY(builder_done(&b, &upn));
    return kdc_account_named(r, KDC_NAME_UPN, upn, out);
}

enum err kdc_client_account(struct kdc_request *r, const struct krb_name *cname,
                            struct kdc_account **out)
{
    struct span plain = krb_name_plain(cname, r->a);
    enum err e;
    if (cname->type == KRB_NT_ENTERPRISE && cname->parts.count == 1)
        e = find_enterprise(r, plain, out);
    else
        e = find_plain(r, cname, plain, out);
    if (e == ERR_NOT_FOUND)
        return kdc_refuse(r, KDC_ERR_C_PRINCIPAL_UNKNOWN, REASON_KDC_CLIENT_UNKNOWN);
    if (e == ERR_EXISTS)
        return kdc_refuse(r, KDC_ERR_PRINCIPAL_NOT_UNIQUE, REASON_KDC_NAME_NOT_UNIQUE);
    return e;
}

enum err kdc_find_client(struct kdc_request *r, const struct krb_name *cname,
                         struct kdc_account **out)
{
    if (!kdc_is_local_realm(r, r->body->realm))
        return refer_client(r, r->body->realm);
    return kdc_client_account(r, cname, out);
}

void kdc_logon_facts(const struct kdc_account *a, struct policy_logon *out)
{
    policy_account_facts(&a->facts, out);
    out->workstations = a->workstations;
}
