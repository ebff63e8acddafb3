/*
 * What a TGS request stands on: the PAC of its header ticket. Our own is believed when both
 * signatures are ours and the account behind it is still that one (CVE-2021-42287); a partner's is
 * believed as far as the trust goes ([MS-PAC] 4.1.2).
 */
#include "auth/logon_info.h"
#include "directory/policy_facts.h"
#include "kdc/kdc_request.h"
#include "wire/ms/pac_sign.h"

/* Accounts are looked at again when the TGT is older. */
#define RECHECK_AGE (20 * UTIME_MINUTE)

static enum err revoked(struct kdc_request *r, enum reason reason)
{
    return kdc_refuse(r, KDC_ERR_TGT_REVOKED, reason);
}

/* What is found out when the logon information is not known yet. */
struct reading {
    struct pac_logon_info logon; /* without what the filter dropped */
    struct sid *sids;            /* all that passed, the user first */
    unsigned sid_count;
    bool filtered;
    bool other_organization; /* S-1-5-1000 is among them */
};

static enum err read_logon(struct kdc_request *r, struct kdc_evidence *e, struct reading *n)
{
    struct span contents = pac_contents(&e->pac, PAC_LOGON_INFO);
    const struct trust *trust = e->header->trust;
    if (!contents.ptr)
        return revoked(r, REASON_PAC_MALFORMED);
    e->logon =
        kdc_logons_find(&r->kdc->logons, r->domain, trust ? trust->object : 0, &r->snap, contents);
    if (e->logon)
        return ERR_OK;
    if (pac_logon_info(contents, r->a, &n->logon) != ERR_OK || !n->logon.domain_sid)
        return revoked(r, REASON_PAC_MALFORMED);
    return ERR_OK;
}

static enum err open_pac(struct kdc_request *r, struct kdc_evidence *e, struct reading *n)
{
    struct span bytes, contents;
    struct pac_client_info info;
    const struct krb_enc_ticket_part *part = e->header->part;
    enum err found = krb_ticket_pac(&part->authorization_data, r->a, &bytes);
    if (found != ERR_OK)
        return revoked(r, REASON_PAC_MISSING);
    if (pac_open(bytes, &e->pac) != ERR_OK)
        return revoked(r, REASON_PAC_MALFORMED);
    TRY(read_logon(r, e, n));
    contents = pac_contents(&e->pac, PAC_CLIENT_INFO);
    if (!contents.ptr || pac_client_info(contents, r->a, &info) != ERR_OK)
        return revoked(r, REASON_PAC_MALFORMED);
    if (info.authtime != utime_to_filetime(part->authtime) ||
        !span_eq(info.name, krb_name_plain(&part->cname, r->a)))
        return revoked(r, REASON_PAC_NOT_THIS_TICKET);
    return ERR_OK;
}

static enum err verify_signatures(struct kdc_request *r, struct kdc_evidence *e)
{
    const struct krb_usage *u;
    TRY(kdc_usages_get(&r->kdc->usages, e->header->key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM, &u));
    enum err checked = pac_verify_server(&e->pac, u);
    if (checked == ERR_OK && !e->header->trust)
        checked = pac_verify_kdc(&e->pac, u);
    if (checked == ERR_OK)
        return ERR_OK;
    return kdc_refuse(r, KRB_AP_ERR_MODIFIED, REASON_PAC_SIGNATURE);
}

/* The user's SID: the domain's with the RID, or the first extra SID when the RID is 0
 * ([MS-PAC] 2.5). */
static enum err find_user(struct kdc_request *r, struct kdc_evidence *e, const struct reading *n)
{
    const struct pac_logon_info *l = &n->logon;
    if (e->logon) {
        e->user = e->logon->user;
        return ERR_OK;
    }
    return auth_logon_user(l, &e->user) == ERR_OK ? ERR_OK : revoked(r, REASON_PAC_MALFORMED);
}

/* PAC_REQUESTOR says whom the TGT was issued to. In ours it must be there and be the user; a
 * partner may leave it out, but not lie. */
static enum err check_requestor(struct kdc_request *r, const struct kdc_evidence *e)
{
    struct span contents = pac_contents(&e->pac, PAC_REQUESTOR_SID);
    struct sid requestor;
    if (!contents.ptr)
        return e->header->trust ? ERR_OK : revoked(r, REASON_PAC_REQUESTOR);
    if (pac_requestor_sid(contents, &requestor) != ERR_OK)
        return revoked(r, REASON_PAC_MALFORMED);
    return sid_eq(&requestor, &e->user) ? ERR_OK : revoked(r, REASON_PAC_REQUESTOR);
}

/* Still in good standing? Asked once the TGT is old enough that it may have changed. */
static enum err check_standing(struct kdc_request *r, const struct kdc_evidence *e)
{
    struct policy_settings policy;
    struct policy_logon facts = {
        .kind = POLICY_LOGON_TGS, .now = utime_to_filetime(r->now), .settings = &policy};
    if (r->now - e->header->part->authtime < RECHECK_AGE)
        return ERR_OK;
    TRY(kdc_policy_of(r, e->account->facts.id, &policy));
    kdc_logon_facts(e->account, &facts);
    struct policy_verdict v = policy_logon_check(&facts);
    return v.reason == REASON_NONE ? ERR_OK : kdc_refuse_verdict(r, &v);
}

/* The name leads elsewhere or nowhere: because the account is gone, or because its name moved? */
static enum err moved(struct kdc_request *r, const struct kdc_evidence *e)
{
    struct dir_obj o;
    struct dir_account account;
    if (dir_by_sid(&r->snap, &e->user, &o) != ERR_OK || (o.flags & DIR_OBJ_DELETED) ||
        dir_account_of(&r->snap, &o, &account) != ERR_OK)
        return revoked(r, REASON_PAC_ACCOUNT_GONE);
    return revoked(r, REASON_PAC_NAME_MOVED);
}

/* Our own user: the name in the ticket must still lead to the account with that SID. */
static enum err check_own_account(struct kdc_request *r, struct kdc_evidence *e)
{
    if (!sid_in_domain(&e->user, &r->domain->naming.domain_sid, NULL))
        return ERR_OK; /* a partner's user with a TGT of ours */
    enum err found = kdc_client_account(r, &e->header->part->cname, &e->account);
    if (found == ERR_REFUSED || (found == ERR_OK && !sid_eq(&e->account->facts.sid, &e->user)))
        return moved(r, e);
    TRY(found);
    return check_standing(r, e);
}

/* Whose reading lost what. */
struct losing {
    struct kdc_request *r;
    const struct trust *trust;
    struct reading *n;
};

static void log_filtered(void *ctx, const struct sid *sid, enum sid_rule rule)
{
    const struct losing *x = ctx;
    struct event ev;
    char text[SID_TEXT_SIZE];
    sid_to_text(sid, text);
    event_init(&ev, x->r->now, "kdc.sid_filtered", REASON_SID_FILTERED);
    event_text(&ev, "sid", span_str(text));
    event_text(&ev, "rule", span_str(trust_sid_rule_name(rule)));
    event_text(&ev, "trust", x->trust->dns_name);
    event_emit(x->r->kdc->env.events, &ev);
    x->n->filtered = true;
}

static enum err filter(struct kdc_request *r, struct kdc_evidence *e, struct reading *n)
{
    const struct trust *trust = e->header->trust;
    struct losing x = {r, trust, n};
    struct auth_logon_filter f = {trust, &r->domain->local, log_filtered, &x};
    if (trust->sid.count == 0)
        return kdc_refuse(r, KDC_ERR_POLICY, REASON_TRUST_SID_UNKNOWN);
    enum reason reason = trust_crealm_check(trust, &r->domain->local, e->header->part->crealm);
    if (reason != REASON_NONE)
        return kdc_refuse(r, KDC_ERR_POLICY, reason);
    if (e->logon)
        return ERR_OK;
    TRY(auth_logon_filter(&f, &n->logon, r->a, &reason));
    return reason == REASON_NONE ? ERR_OK : kdc_refuse(r, KDC_ERR_POLICY, reason);
}

/* Verified and filtered: the next ticket of this user need not do it again. */
static enum err remember(struct kdc_request *r, struct kdc_evidence *e, struct reading *n)
{
    struct builder b;
    const struct trust *trust = e->header->trust;
    struct kdc_logon head = {.trust = trust ? trust->object : 0,
                             .once = n->filtered,
                             .came = pac_contents(&e->pac, PAC_LOGON_INFO),
                             .user = e->user};
    TRY(auth_logon_organization(trust, &n->logon, r->a, &n->other_organization));
    TRY(auth_logon_sids(&n->logon, r->a, &n->sids, &n->sid_count));
    builder_in(&b, r->a, PAC_MAX);
    pac_put_logon_info(&b, &n->logon);
    enum err built = builder_done(&b, &head.passed);
    if (built == ERR_LIMIT)
        return kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS);
    TRY(built);
    head.sids = n->sids;
    head.sid_count = n->sid_count;
    head.other_organization = n->other_organization;
    return kdc_logons_add(&r->kdc->logons, r->domain, &r->snap, &head, &e->logon);
}

enum err kdc_evidence_check(struct kdc_request *r, struct kdc_evidence *e)
{
    struct span contents;
    uint32_t attributes = PAC_WAS_GIVEN_IMPLICITLY;
    struct reading *n = arena_new(r->a, struct reading);
    if (!n)
        return ERR_NOMEM;
    TRY(open_pac(r, e, n));
    TRY(verify_signatures(r, e));
    TRY(find_user(r, e, n));
    TRY(check_requestor(r, e));
    if (e->header->trust)
        TRY(filter(r, e, n));
    else
        TRY(check_own_account(r, e));
    contents = pac_contents(&e->pac, PAC_ATTRIBUTES);
    if (contents.ptr && pac_attributes(contents, &attributes) != ERR_OK)
        return revoked(r, REASON_PAC_MALFORMED);
    e->pac_wanted = attributes != 0;
    return e->logon ? ERR_OK : remember(r, e, n);
}
