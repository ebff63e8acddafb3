/*
 * The AS exchange (RFC 4120 section 3.1, [MS-KILE] 3.3.5.6): a person or machine proves a password
 * and gets a TGT, or a ticket for kadmin/changepw or another local service.
 */
#include "base/counters.h"
#include "directory/policy_facts.h"
#include "directory/volatile.h"
#include "kdc/kdc_request.h"

#define TGT_LIFE  (10 * 3600)
#define TGT_RENEW (7 * 86400)

struct as {
    struct kdc_account *client;
    struct kdc_service service;
    struct policy_settings policy;
    const struct kdc_template *template; /* of a TGT's PAC */
    struct dir_memberships groups;       /* for other tickets, whose PAC is built */
    bool protected_user;
    struct policy_ticket limits;
    const struct krb_key *long_term; /* that proved the client */
    struct krb_key reply_key;
    struct krb_name cname;
    struct kdc_times times;
    uint32_t flags;
    struct krb_key session;
    struct krb_ticket ticket;
};

static enum err check_request(struct kdc_request *r)
{
    const uint32_t postdated = KRB_OPT_ALLOW_POSTDATE | KRB_OPT_POSTDATED;
    const uint32_t tgs_only = KRB_OPT_FORWARDED | KRB_OPT_PROXY | KRB_OPT_RENEW | KRB_OPT_VALIDATE |
                              KRB_OPT_ENC_TKT_IN_SKEY | KRB_OPT_CNAME_IN_ADDL_TKT;
    if (!r->body->cname || !r->body->sname || r->body->cname->parts.count == 0)
        return kdc_refuse(r, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    if (r->body->kdc_options & postdated)
        return kdc_refuse(r, KDC_ERR_CANNOT_POSTDATE, REASON_KDC_OPTION_REFUSED);
    if (r->body->kdc_options & (tgs_only | KRB_OPT_REQUEST_ANONYMOUS))
        return kdc_refuse(r, KDC_ERR_BADOPTION, REASON_KDC_OPTION_REFUSED);
    if (r->body->has_till && r->body->till != 0 && r->body->till < r->now - KDC_SKEW)
        return kdc_refuse(r, KDC_ERR_NEVER_VALID, REASON_KDC_NEVER_VALID);
    return ERR_OK;
}

/* Everything but the password's age may be told before the password was proved. */
static enum err check_policy(struct kdc_request *r, struct as *as, bool proved)
{
    struct policy_logon facts = {.kind = POLICY_LOGON_AS,
                                 .now = utime_to_filetime(r->now),
                                 .settings = &as->policy,
                                 .protected_user = proved && as->protected_user,
                                 .password_change = as->service.is_changepw || !proved};
    kdc_logon_facts(as->client, &facts);
    struct policy_verdict v = policy_logon_check(&facts);
    return v.reason == REASON_NONE ? ERR_OK : kdc_refuse_verdict(r, &v);
}

static bool canonical(const struct kdc_request *r)
{
    return r->body->kdc_options & KRB_OPT_CANONICALIZE;
}

static enum err name_client(struct kdc_request *r, struct as *as)
{
    as->cname = *r->body->cname;
    if (canonical(r))
        as->cname = krb_name_1(KRB_NT_PRINCIPAL, as->client->facts.sam_name, r->a);
    return as->cname.parts.count ? ERR_OK : ERR_NOMEM;
}

static void set_flags(struct kdc_request *r, struct as *as, bool preauthenticated)
{
    uint32_t options = r->body->kdc_options;
    as->flags = KRB_TKT_INITIAL;
    as->flags |= krb_padata_find(r->padata, KRB_PA_REQ_ENC_PA_REP) ? KRB_TKT_ENC_PA_REP : 0;
    as->flags |= preauthenticated ? KRB_TKT_PRE_AUTHENT : 0;
    as->flags |= as->times.renew_till ? KRB_TKT_RENEWABLE : 0;
    if (as->limits.forwardable)
        as->flags |= options & (KRB_OPT_FORWARDABLE | KRB_OPT_PROXIABLE);
    as->flags |= as->service.ok_as_delegate ? KRB_TKT_OK_AS_DELEGATE : 0;
}

/* PA-PAC-REQUEST: without one the PAC is given implicitly; refused, it still identifies us to
 * ourselves. */
static uint32_t pac_attributes_asked(struct kdc_request *r)
{
    struct krb_pa_pac_request *asked;
    const struct krb_padata *pa = krb_padata_find(r->padata, KRB_PA_PAC_REQUEST);
    if (!pa || krb_decode_pa_pac_request(pa->padata_value, r->a, &asked) != ERR_OK)
        return PAC_WAS_GIVEN_IMPLICITLY;
    return asked->include_pac ? PAC_WAS_REQUESTED : 0;
}

/* A ticket straight for a service, or for changing the password: rare, so its PAC is built. */
static enum err pac_for_service(struct kdc_request *r, const struct as *as, uint8_t **pac_out,
                                struct pac_layout *layout_out)
{
    bool local = as->service.kind == KDC_SERVICE_LOCAL;
    struct kdc_pac_spec pac = {
        .policy = &as->policy,
        .groups = &as->groups,
        .authtime = as->times.auth,
        .client_name = krb_name_plain(&as->cname, r->a),
        .is_service = local,
        .server_cksumtype = krb_etype_cksum(as->service.key->etype),
        .kdc_cksumtype = krb_etype_cksum(as->service.krbtgt_key->etype),
        .service = local ? as->service.account : NULL,
    };
    return kdc_pac_initial(r, as->client, &pac, pac_out, layout_out);
}

static enum err make_ticket(struct kdc_request *r, struct as *as)
{
    struct pac_layout layout;
    uint32_t attributes = pac_attributes_asked(r);
    struct kdc_ticket_spec spec = {
        .realm = r->domain->naming.realm,
        .sname = &as->service.name,
        .server_key = as->service.key,
        .server_kvno = as->service.kvno,
        .krbtgt_key = as->service.krbtgt_key,
        .pac_layout = &layout,
    };
    struct krb_enc_ticket_part part = {
        .flags = as->flags,
        .key = kdc_wire_key(&as->session),
        .crealm = r->domain->naming.realm,
        .cname = as->cname,
        .transited = {.tr_type = KRB_TR_DOMAIN_X500_COMPRESS, .contents = SPAN_LIT("")},
        .authtime = as->times.auth,
        .has_starttime = true,
        .starttime = as->times.start,
        .endtime = as->times.end,
        .has_renew_till = as->times.renew_till != 0,
        .renew_till = as->times.renew_till,
        .caddr = r->body->addresses,
    };
    if (as->service.kind == KDC_SERVICE_TGS)
        TRY(kdc_template_fill(r, as->client, as->template, utime_to_filetime(as->times.auth),
                              attributes, &spec.pac, &layout));
    else if (attributes)
        TRY(pac_for_service(r, as, &spec.pac, &layout));
    spec.part = &part;
    return kdc_seal_ticket(r, &spec, &as->ticket);
}

/* Of the whole request, in the key of the reply. */
static enum err sum_request(struct kdc_request *r, const struct as *as, uint8_t out[KRB_CKSUM_MAX],
                            size_t *size_out)
{
    struct krb_usage once;
    const struct krb_usage *u = &once;
    if (!r->fast.used) {
        TRY(kdc_usages_get(&r->kdc->usages, as->long_term, KRB_USAGE_AS_REQ_CKSUM, KRB_FOR_CHECKSUM,
                           &u));
        *size_out = krb_checksum(u, &r->req->raw, 1, out);
        return ERR_OK;
    }
    TRY(krb_usage_init_for(&once, &as->reply_key, KRB_USAGE_AS_REQ_CKSUM, KRB_FOR_CHECKSUM));
    *size_out = krb_checksum(&once, &r->req->raw, 1, out);
    krb_usage_wipe(&once);
    return ERR_OK;
}

/* What the encrypted part of a reply carries besides (RFC 6806 section 11, [MS-KILE] 2.2.8). */
static enum err encrypted_padata(struct kdc_request *r, const struct as *as,
                                 struct krb_padata_list *out)
{
    struct krb_padata_list list = {.items = arena_new_array(r->a, 3, struct krb_padata)};
    struct builder b;
    struct span bits;
    if (!list.items)
        return ERR_NOMEM;
    if (as->flags & KRB_TKT_ENC_PA_REP) {
        struct krb_cksum sum;
        struct span value;
        uint8_t bytes[KRB_CKSUM_MAX];
        size_t size;
        TRY(sum_request(r, as, bytes, &size));
        sum = (struct krb_cksum){krb_etype_cksum(as->reply_key.etype), span_of(bytes, size)};
        TRY(krb_encode_cksum(&sum, r->a, &value));
        list.items[list.count++] = (struct krb_padata){KRB_PA_REQ_ENC_PA_REP, value};
        list.items[list.count++] = (struct krb_padata){KRB_PA_FX_FAST, SPAN_LIT("")};
    }
    builder_in(&b, r->a, 16);
    krb_put_supported_enctypes(&b, as->service.enctypes);
    TRY(builder_done(&b, &bits));
    list.items[list.count++] = (struct krb_padata){KRB_PA_SUPPORTED_ENCTYPES, bits};
    *out = list;
    return ERR_OK;
}

/* The clear padata: the salt, so that a client can keep it; under FAST all goes inside. */
static enum err reply_padata(struct kdc_request *r, struct as *as, struct krb_padata_list *out)
{
    struct krb_padata_list list = {.items = arena_new_array(r->a, 2, struct krb_padata)};
    struct krb_etype_info2_entry entry = {
        .etype = as->long_term->etype,
        .salt = as->long_term->etype == ETYPE_RC4_HMAC ? SPAN_NONE : as->client->keys.salt};
    struct krb_etype_info2 info = {.items = &entry, .count = 1};
    struct span value;
    if (!list.items)
        return ERR_NOMEM;
    TRY(krb_encode_etype_info2(&info, r->a, &value));
    list.items[list.count++] = (struct krb_padata){KRB_PA_ETYPE_INFO2, value};
    if (!r->fast.used) {
        *out = list;
        return ERR_OK;
    }
    if (krb_padata_find(r->padata, KRB_PA_ENCRYPTED_CHALLENGE)) {
        TRY(kdc_challenge_reply(r, as->long_term, &value));
        list.items[list.count++] = (struct krb_padata){KRB_PA_ENCRYPTED_CHALLENGE, value};
    }
    return kdc_fast_wrap_reply(r, &list, &as->ticket, r->domain->naming.realm, &as->cname,
                               &as->reply_key, out);
}

static enum err make_reply(struct kdc_request *r, struct as *as, struct span *reply_out)
{
    int64_t expiry =
        policy_password_expiry(as->client->facts.uac, as->client->facts.pwd_last_set, &as->policy);
    struct krb_last_req last = {.lr_type = KRB_LR_NONE, .lr_value = as->times.start};
    struct krb_kdc_rep rep = {
        .msg_type = KRB_AS_REP, .crealm = r->domain->naming.realm, .cname = as->cname};
    struct krb_enc_kdc_rep_part part = {
        .key = kdc_wire_key(&as->session),
        .last_req = {.items = &last, .count = 1},
        .nonce = r->body->nonce,
        .has_key_expiration = expiry != FILETIME_NEVER && expiry != 0,
        .flags = as->flags,
        .authtime = as->times.auth,
        .has_starttime = true,
        .starttime = as->times.start,
        .endtime = as->times.end,
        .has_renew_till = as->times.renew_till != 0,
        .renew_till = as->times.renew_till,
        .srealm = r->domain->naming.realm,
        .sname = as->service.name,
        .caddr = r->body->addresses,
    };
    if (part.has_key_expiration)
        part.key_expiration = utime_from_filetime(expiry);
    rep.ticket = as->ticket;
    TRY(reply_padata(r, as, &rep.padata));
    TRY(encrypted_padata(r, as, &part.encrypted_pa_data));
    struct kdc_reply_key key = {.key = &as->reply_key,
                                .usage = KRB_USAGE_AS_REP,
                                .kvno = as->client->keys.version[0].kvno,
                                .kept = !r->fast.used};
    return kdc_finish_reply(r, &rep, &part, &key, reply_out);
}

/* The client's groups: a TGT's PAC knows them. */
static enum err find_groups(struct kdc_request *r, struct as *as)
{
    struct kdc_template_spec spec = {.policy = &as->policy,
                                     .client_name = krb_name_plain(&as->cname, r->a),
                                     .cksumtype = krb_etype_cksum(as->service.krbtgt_key->etype)};
    enum err e;
    if (as->service.kind == KDC_SERVICE_TGS) {
        TRY(kdc_template_get(r, as->client, &spec, &as->template));
        as->protected_user = as->template->protected_user;
        return ERR_OK;
    }
    e = kdc_memberships(r, as->client->facts.id, &as->groups);
    as->protected_user = as->groups.protected_user;
    return e;
}

static enum err prove(struct kdc_request *r, struct as *as)
{
    TRY(kdc_policy_of(r, as->client->facts.id, &as->policy));
    TRY(check_policy(r, as, false));
    TRY(kdc_preauth(r, as->client, &as->policy, &as->long_term));
    TRY(name_client(r, as));
    TRY(find_groups(r, as));
    TRY(check_policy(r, as, true));
    as->limits =
        policy_ticket_limits(as->client->facts.uac, as->protected_user, TGT_LIFE, TGT_RENEW);
    as->reply_key = *as->long_term;
    return ERR_OK;
}

/* lastLogonTimestamp ([MS-ADA1] 2.352): kept when it is 14 days old, less up to 5 so that
 * accounts do not come all at once. */
static void keep_logon(struct kdc_request *r, const struct kdc_account *client)
{
    int64_t now = utime_to_filetime(r->now);
    int64_t day = 10 * UTIME_DAY; /* in 100 ns */
    int64_t last = client->logon_kept;
    vol_good_logon(r->kdc->env.dir, client->facts.id, now);
    if (client->facts.uac & UAC_INTERDOMAIN_TRUST_ACCOUNT)
        vol_heard(r->kdc->env.dir, client->facts.id, now);
    counter_add(COUNTER_LOGONS_KERBEROS, 1);
    if (r->kdc->env.logged_on && now - last > (14 - client->facts.id % 5) * day)
        r->kdc->env.logged_on(r->kdc->env.ctx, client->facts.id, now);
}

enum err kdc_as(struct kdc_request *r, struct span *reply_out)
{
    struct as *as = arena_new(r->a, struct as);
    if (!as)
        return ERR_NOMEM;
    TRY(kdc_fast_unwrap(r, NULL, NULL, SPAN_NONE));
    TRY(check_request(r));
    r->client = (struct krb_principal){r->body->realm, *r->body->cname};
    r->service = (struct krb_principal){SPAN_NONE, *r->body->sname};
    TRY(kdc_find_client(r, r->body->cname, &as->client));
    TRY(kdc_find_service(r, r->body->sname, r->body->realm, KDC_FOR_AS, &as->service));
    TRY(prove(r, as));
    int32_t etype = kdc_session_etype(r, &r->body->etype, as->service.enctypes,
                                      as->service.kind != KDC_SERVICE_LOCAL);
    if (etype == 0)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    TRY(kdc_new_session_key(r, etype, &as->session));
    kdc_times_initial(r, as->limits.max_life, as->limits.max_renew, &as->times);
    set_flags(r, as, !(as->client->facts.uac & UAC_DONT_REQ_PREAUTH) || r->padata->count > 0);
    TRY(make_ticket(r, as));
    TRY(make_reply(r, as, reply_out));
    keep_logon(r, as->client);
    return ERR_OK;
}
