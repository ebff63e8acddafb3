/*
 * The TGS exchange (RFC 4120 section 3.3, [MS-KILE] 3.3.5.7): from a TGT, ours or a partner's, to a
 * service ticket, a referral, or a renewed or forwarded TGT.
 */
#include "base/text.h"
#include "kdc/kdc_request.h"
#include "trust/delegation.h"
#include "trust/transit.h"

#define SERVICE_LIFE (10 * 3600)

struct tgs {
    struct span ap_req; /* bytes of the header, which FAST's checksum covers */
    struct kdc_header header;
    struct kdc_evidence evidence;
    struct kdc_service service;
    struct kdc_times times;
    uint32_t flags;
    struct krb_key session;
    struct krb_key reply_key;
    uint32_t reply_usage;
    struct span transited;
    struct krb_ticket ticket;
};

/* The checksum in the authenticator binds the header to this very body; it must be keyed. */
static enum err check_body(struct kdc_request *r, const struct kdc_header *h)
{
    const struct krb_cksum *sum = h->authenticator->cksum;
    struct krb_usage u;
    if (!sum)
        return kdc_refuse(r, KRB_AP_ERR_INAPP_CKSUM, REASON_KDC_AUTHENTICATOR_BAD);
    TRY(krb_usage_init_for(&u, &h->session, KRB_USAGE_PA_TGS_REQ_CKSUM, KRB_FOR_CHECKSUM));
    enum err e = krb_checksum_verify(&u, sum->cksumtype, &r->req->req_body.raw, 1, sum->checksum);
    krb_usage_wipe(&u);
    if (e == ERR_UNSUPPORTED)
        return kdc_refuse(r, KRB_AP_ERR_INAPP_CKSUM, REASON_KDC_AUTHENTICATOR_BAD);
    return e == ERR_OK ? ERR_OK : kdc_refuse(r, KRB_AP_ERR_MODIFIED, REASON_KDC_BODY_CHANGED);
}

static enum err open_header(struct kdc_request *r, struct tgs *t)
{
    const struct krb_padata *pa = krb_padata_find(&r->req->padata, KRB_PA_TGS_REQ);
    struct krb_ap_req *ap;
    if (!pa)
        return kdc_refuse(r, KDC_ERR_PADATA_TYPE_NOSUPP, REASON_KDC_NO_HEADER);
    if (krb_decode_ap_req(pa->padata_value, r->a, &ap) != ERR_OK)
        return kdc_refuse(r, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    t->ap_req = pa->padata_value;
    TRY(kdc_header_open(r, ap, KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR, &t->header));
    t->evidence.header = &t->header;
    r->client = (struct krb_principal){t->header.part->crealm, t->header.part->cname};
    TRY(check_body(r, &t->header));
    t->reply_key = t->header.has_subkey ? t->header.subkey : t->header.session;
    t->reply_usage = t->header.has_subkey ? KRB_USAGE_TGS_REP_SUBKEY : KRB_USAGE_TGS_REP_SESSION;
    TRY(kdc_fast_unwrap(r, &t->header.session, t->header.has_subkey ? &t->header.subkey : NULL,
                        t->ap_req));
    return kdc_authdata_of_header(r, &t->header);
}

/* Options that need a right of the header ticket, or that [MS-KILE] 3.3.5.7 refuses. */
static enum err check_options(struct kdc_request *r, const struct tgs *t)
{
    static const struct {
        uint32_t option, needs_flag; /* 0: refused always */
    } rules[] = {
        {KRB_OPT_FORWARDED, KRB_TKT_FORWARDABLE},
        {KRB_OPT_FORWARDABLE, 0xffffffff}, /* granted as far as the TGT has it */
        {KRB_OPT_PROXY, KRB_TKT_PROXIABLE},
        {KRB_OPT_RENEW, KRB_TKT_RENEWABLE},
        {KRB_OPT_ALLOW_POSTDATE, 0},
        {KRB_OPT_POSTDATED, 0},
        {KRB_OPT_VALIDATE, 0},
        {KRB_OPT_ENC_TKT_IN_SKEY, 0},
        {KRB_OPT_CNAME_IN_ADDL_TKT, 0},
        {KRB_OPT_REQUEST_ANONYMOUS, 0},
    };
    if (!r->body->sname || r->body->sname->parts.count == 0)
        return kdc_refuse(r, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if ((r->body->kdc_options & rules[i].option) &&
            !(t->header.part->flags & rules[i].needs_flag))
            return kdc_refuse(r, KDC_ERR_BADOPTION, REASON_KDC_OPTION_REFUSED);
    }
    if (krb_padata_find(r->padata, KRB_PA_FOR_USER) ||
        krb_padata_find(r->padata, KRB_PA_S4U_X509_USER))
        return kdc_refuse(r, KDC_ERR_PADATA_TYPE_NOSUPP, REASON_KDC_S4U_REFUSED);
    if ((r->body->kdc_options & KRB_OPT_RENEW) &&
        (!t->header.part->has_renew_till || t->header.part->renew_till < r->now))
        return kdc_refuse(r, KRB_AP_ERR_TKT_EXPIRED, REASON_KDC_TICKET_EXPIRED);
    return ERR_OK;
}

/* Renewing, and everything that makes another TGT, is for our own TGS alone. */
static enum err check_target(struct kdc_request *r, const struct tgs *t)
{
    bool own_tgt = t->service.kind == KDC_SERVICE_TGS;
    if ((r->body->kdc_options & KRB_OPT_RENEW) && !own_tgt)
        return kdc_refuse(r, KDC_ERR_BADOPTION, REASON_KDC_OPTION_REFUSED);
    if (t->header.trust && t->service.kind == KDC_SERVICE_CHANGEPW)
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_UNKNOWN);
    return ERR_OK;
}

/* Over which trusts a ticket may come and go on, and what the transited field becomes: it names the
 * realms between the client's and the service's, so the partner that referred the client joins it
 * when the client is not its own. */
static enum err check_path(struct kdc_request *r, struct tgs *t)
{
    const struct krb_enc_ticket_part *from = t->header.part;
    const struct trust *came = t->header.trust;
    struct span server = t->service.trust ? t->service.trust->dns_name : r->domain->naming.realm;
    const struct trust *origin = came;
    struct span *realms;
    unsigned count;
    /* A ticket of ours that a foreign client holds leads no further than its referral did. */
    enum reason reason = REASON_NONE;
    if (!came && !kdc_is_local_realm(r, from->crealm))
        TRY(kdc_trust_of_client(r, from->crealm, &origin, &reason));
    if (reason == REASON_NONE)
        reason = trust_path_check(origin, t->service.trust);
    if (reason != REASON_NONE)
        return kdc_refuse(r, KDC_ERR_PATH_NOT_ACCEPTED, reason);
    t->transited = from->transited.contents;
    if (!came)
        return ERR_OK;
    if (t->transited.len && from->transited.tr_type != TRANSIT_DOMAIN_X500_COMPRESS)
        return kdc_refuse(r, KDC_ERR_TRTYPE_NOSUPP, REASON_KDC_TRANSITED_BAD);
    enum err e =
        transit_decode(t->transited, from->crealm, r->domain->naming.realm, r->a, &realms, &count);
    if (e == ERR_MALFORMED || e == ERR_LIMIT)
        return kdc_refuse(r, KDC_ERR_PATH_NOT_ACCEPTED, REASON_KDC_TRANSITED_BAD);
    TRY(e);
    reason = trust_transited_check(came, realms, count);
    if (reason != REASON_NONE)
        return kdc_refuse(r, KDC_ERR_PATH_NOT_ACCEPTED, reason);
    return transit_add(t->transited, ascii_upper(r->a, came->dns_name), from->crealm, server, r->a,
                       &t->transited);
}

static enum err set_times(struct kdc_request *r, struct tgs *t)
{
    if (r->body->kdc_options & KRB_OPT_RENEW)
        kdc_times_renewed(r, t->header.part, &t->times);
    else
        kdc_times_from(r, t->header.part, SERVICE_LIFE, &t->times);
    if (t->times.end <= t->times.start)
        return kdc_refuse(r, KDC_ERR_NEVER_VALID, REASON_KDC_NEVER_VALID);
    return ERR_OK;
}

static void set_flags(struct kdc_request *r, struct tgs *t)
{
    uint32_t have = t->header.part->flags, options = r->body->kdc_options;
    uint32_t flags = have & KRB_TKT_PRE_AUTHENT;
    flags |= have & options & (KRB_TKT_FORWARDABLE | KRB_TKT_PROXIABLE);
    flags |= options & (KRB_OPT_FORWARDED | KRB_OPT_PROXY);
    flags |= have & (KRB_TKT_FORWARDED | KRB_TKT_ENC_PA_REP);
    flags |= t->times.renew_till ? KRB_TKT_RENEWABLE : 0;
    if (options & KRB_OPT_RENEW)
        flags = have & ~(KRB_TKT_INITIAL | KRB_TKT_INVALID);
    if (t->service.kind != KDC_SERVICE_TGS) {
        flags &= ~KRB_TKT_ENC_PA_REP;
        flags |= KRB_TKT_TRANSITED_POLICY_CHECKED;
    }
    flags &= ~KRB_TKT_OK_AS_DELEGATE;
    if (t->service.trust ? trust_ok_as_delegate(t->service.trust, have & KRB_TKT_OK_AS_DELEGATE)
                         : t->service.ok_as_delegate)
        flags |= KRB_TKT_OK_AS_DELEGATE;
    t->flags = flags;
}

static enum err make_ticket(struct kdc_request *r, struct tgs *t)
{
    struct pac_layout layout;
    const struct krb_enc_ticket_part *from = t->header.part;
    bool local = t->service.kind == KDC_SERVICE_LOCAL;
    struct kdc_ticket_spec spec = {
        .realm = r->domain->naming.realm,
        .sname = &t->service.name,
        .server_key = t->service.key,
        .server_kvno = t->service.kvno,
        .krbtgt_key = t->service.krbtgt_key,
        .pac_layout = &layout,
    };
    struct krb_enc_ticket_part part = {
        .flags = t->flags,
        .key = kdc_wire_key(&t->session),
        .crealm = from->crealm,
        .cname = from->cname,
        .transited = {.tr_type = KRB_TR_DOMAIN_X500_COMPRESS, .contents = t->transited},
        .authtime = t->times.auth,
        .has_starttime = true,
        .starttime = t->times.start,
        .endtime = t->times.end,
        .has_renew_till = t->times.renew_till != 0,
        .renew_till = t->times.renew_till,
        .caddr = r->body->kdc_options & (KRB_OPT_FORWARDED | KRB_OPT_PROXY) ? r->body->addresses
                                                                            : from->caddr,
    };
    struct kdc_pac_next next = {
        .service = local ? t->service.account : NULL,
        .keeps_identity =
            t->service.kind == KDC_SERVICE_TGS || t->service.kind == KDC_SERVICE_REFERRAL,
        .server_cksumtype = krb_etype_cksum(spec.server_key->etype),
        .kdc_cksumtype = krb_etype_cksum(spec.krbtgt_key->etype),
    };
    if (!local || t->evidence.pac_wanted)
        TRY(kdc_pac_forward(r, &t->evidence, &next, &spec.pac, &layout));
    TRY(kdc_authdata_forward(r, &t->header, &spec.more));
    spec.part = &part;
    return kdc_seal_ticket(r, &spec, &t->ticket);
}

/* A referral tells where it leads and, encrypted, what the partner supports. */
static enum err encrypted_padata(struct kdc_request *r, const struct tgs *t,
                                 struct krb_padata_list *out)
{
    struct krb_padata_list list = {.items = arena_new_array(r->a, 1, struct krb_padata)};
    struct builder b;
    struct span bits;
    if (!list.items)
        return ERR_NOMEM;
    builder_in(&b, r->a, 16);
    krb_put_supported_enctypes(&b, t->service.enctypes);
    TRY(builder_done(&b, &bits));
    list.items[list.count++] = (struct krb_padata){KRB_PA_SUPPORTED_ENCTYPES, bits};
    *out = list;
    return ERR_OK;
}

static enum err make_reply(struct kdc_request *r, struct tgs *t, struct span *reply_out)
{
    const struct krb_enc_ticket_part *from = t->header.part;
    struct krb_last_req last = {.lr_type = KRB_LR_NONE, .lr_value = t->times.start};
    struct krb_kdc_rep rep = {
        .msg_type = KRB_TGS_REP, .crealm = from->crealm, .cname = from->cname};
    struct krb_enc_kdc_rep_part part = {
        .key = kdc_wire_key(&t->session),
        .last_req = {.items = &last, .count = 1},
        .nonce = r->body->nonce,
        .flags = t->flags,
        .authtime = t->times.auth,
        .has_starttime = true,
        .starttime = t->times.start,
        .endtime = t->times.end,
        .has_renew_till = t->times.renew_till != 0,
        .renew_till = t->times.renew_till,
        .srealm = r->domain->naming.realm,
        .sname = t->service.name,
    };
    rep.ticket = t->ticket;
    if (r->fast.used) {
        struct krb_padata_list none = {0};
        TRY(kdc_fast_wrap_reply(r, &none, &t->ticket, from->crealm, &from->cname, &t->reply_key,
                                &rep.padata));
    }
    TRY(encrypted_padata(r, t, &part.encrypted_pa_data));
    struct kdc_reply_key key = {.key = &t->reply_key, .usage = t->reply_usage};
    return kdc_finish_reply(r, &rep, &part, &key, reply_out);
}

enum err kdc_tgs(struct kdc_request *r, struct span *reply_out)
{
    struct tgs *t = arena_new(r->a, struct tgs);
    if (!t)
        return ERR_NOMEM;
    TRY(open_header(r, t));
    TRY(check_options(r, t));
    r->service = (struct krb_principal){r->body->realm, *r->body->sname};
    TRY(kdc_find_service(r, r->body->sname, r->body->realm, KDC_FOR_TGS, &t->service));
    TRY(check_target(r, t));
    TRY(check_path(r, t));
    TRY(kdc_evidence_check(r, &t->evidence));
    int32_t etype = kdc_session_etype(r, &r->body->etype, t->service.enctypes,
                                      t->service.kind == KDC_SERVICE_TGS ||
                                          t->service.kind == KDC_SERVICE_CHANGEPW);
    if (etype == 0)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    TRY(kdc_new_session_key(r, etype, &t->session));
    TRY(set_times(r, t));
    set_flags(r, t);
    TRY(make_ticket(r, t));
    return make_reply(r, t, reply_out);
}
