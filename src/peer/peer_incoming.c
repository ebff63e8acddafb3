/*
 * The incoming half: the partner accepts referrals of ours. We make one for our own machine
 * account, as our KDC would, and present it to the partner's TGS: a reply for the session key in it
 * proves its half.
 */
#include "base/text.h"
#include "directory/account.h"
#include "directory/token.h"
#include "peer/peer_run.h"
#include "plat/random.h"
#include "wire/ms/pac_sign.h"

#define REFERRAL_LIFE (10 * UTIME_MINUTE)

/* While it is made. */
struct referral {
    struct dir_naming *naming;
    struct dir_account machine;
    const struct krb_key *key; /* inter-realm */
    utime now;
};

static enum err find_machine(struct peer_run *r, struct dir_snap *s, struct referral *f)
{
    const char *name = arena_printf(r->a, "%.*s$", SPAN_ARG(r->env->dc_host));
    if (!name)
        return ERR_NOMEM;
    TRY(dir_account_by_sam(s, span_str(name), &f->machine));
    r->incoming.cname =
        krb_name_1(KRB_NT_PRINCIPAL, arena_dup_span(r->a, f->machine.sam_name), r->a);
    return r->incoming.cname.parts.count ? ERR_OK : ERR_NOMEM;
}

/* For the proof by NETLOGON of an external trust, which goes without it. */
static void read_hash(struct peer_run *r, struct dir_snap *s, const struct referral *f)
{
    struct dir_account_keys keys;
    if (dir_account_keys(s, DIR_SECRET_ACCOUNT, f->machine.id, r->a, &keys) != ERR_OK)
        return;
    r->incoming.has_hash = keys.have_nt;
    memcpy(r->incoming.nt_hash, keys.nt_hash, sizeof(r->incoming.nt_hash));
    dir_keys_wipe(&keys);
}

static enum err build_pac(struct peer_run *r, const struct referral *f, uint8_t **pac_out,
                          struct pac_layout *layout_out)
{
    int64_t authtime = utime_to_filetime(f->now);
    struct pac_group group = {f->machine.primary_group, PAC_GROUP_DEFAULT};
    struct pac_logon_info info = {.logon_time = authtime,
                                  .logoff_time = FILETIME_NEVER,
                                  .kickoff_time = FILETIME_NEVER,
                                  .password_last_set = f->machine.pwd_last_set,
                                  .password_must_change = FILETIME_NEVER,
                                  .account_name = f->machine.sam_name,
                                  .full_name = SPAN_LIT(""),
                                  .logon_script = SPAN_LIT(""),
                                  .profile_path = SPAN_LIT(""),
                                  .home_directory = SPAN_LIT(""),
                                  .home_drive = SPAN_LIT(""),
                                  .rid = f->machine.sid.sub[f->machine.sid.count - 1],
                                  .primary_gid = f->machine.primary_group,
                                  .group_count = 1,
                                  .groups = &group,
                                  .logon_server = r->env->dc_host,
                                  .logon_domain = f->naming->flat_name,
                                  .domain_sid = &f->naming->domain_sid,
                                  .user_account_control = 0x100};
    struct pac_client_info client = {.authtime = authtime, .name = f->machine.sam_name};
    struct pac_upn_dns upn = {
        .upn = span_str(arena_printf(r->a, "%.*s@%.*s", SPAN_ARG(f->machine.sam_name),
                                     SPAN_ARG(f->naming->dns_name))),
        .flags = PAC_UPN_CONSTRUCTED,
        .dns_domain = f->naming->realm,
        .sam_name = f->machine.sam_name,
        .sid = &f->machine.sid};
    int32_t cksum = krb_etype_cksum(f->key->etype);
    struct pac_content content = {.logon = &info,
                                  .client = &client,
                                  .upn_dns = &upn,
                                  .has_attributes = true,
                                  .attributes = PAC_WAS_GIVEN_IMPLICITLY,
                                  .requestor = &f->machine.sid,
                                  .server_cksumtype = cksum,
                                  .kdc_cksumtype = cksum};
    struct builder b;
    struct span built;
    builder_in(&b, r->a, PAC_MAX);
    pac_build(&b, &content, layout_out);
    TRY(builder_done(&b, &built));
    *pac_out = (uint8_t *)(uintptr_t)built.ptr; /* memory of our own arena */
    return ERR_OK;
}

/* The KDC signature is for ourselves alone; no partner can check it, so the inter-realm key makes
 * both. */
static enum err sign(struct peer_run *r, const struct referral *f, struct krb_authdata_list *out)
{
    struct pac_layout layout;
    struct krb_usage u;
    uint8_t *pac;
    TRY(build_pac(r, f, &pac, &layout));
    TRY(krb_usage_init_for(&u, f->key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM));
    enum err e = pac_sign(pac, &layout, &u, &u, NULL, 0);
    krb_usage_wipe(&u);
    return e == ERR_OK ? krb_authdata_of_pac(span_of(pac, layout.size), r->a, out) : e;
}

static enum err seal(struct peer_run *r, const struct referral *f)
{
    struct peer_incoming *in = &r->incoming;
    struct krb_enc_ticket_part part = {
        .flags = KRB_TKT_PRE_AUTHENT | KRB_TKT_TRANSITED_POLICY_CHECKED,
        .key = {.keytype = in->session.etype,
                .keyvalue = span_of(in->session.bytes, in->session.len)},
        .crealm = r->local.realm,
        .cname = in->cname,
        .transited = {.tr_type = KRB_TR_DOMAIN_X500_COMPRESS, .contents = SPAN_LIT("")},
        .authtime = f->now,
        .has_starttime = true,
        .starttime = f->now,
        .endtime = f->now + REFERRAL_LIFE,
    };
    struct span plain;
    TRY(sign(r, f, &part.authorization_data));
    TRY(krb_encode_enc_ticket_part(&part, r->a, &plain));
    in->referral =
        (struct krb_ticket){.realm = r->local.realm, .sname = krb_name_tgs(r->partner_realm, r->a)};
    return peer_encrypt(r, f->key, KRB_USAGE_TICKET, plain, &in->referral.enc_part);
}

enum err peer_prepare_incoming(struct peer_run *r, struct dir_snap *s, struct dir_naming *naming)
{
    struct referral f = {.naming = naming};
    const struct trust_keys *keys;
    uint8_t seed[KRB_KEY_MAX];
    utime now = plat_now();
    f.now = now - now % UTIME_SECOND;
    TRY(find_machine(r, s, &f));
    read_hash(r, s, &f);
    TRY(auth_trust_keys(s, r->env->trust_keys, &r->trust, TRUST_INBOUND, &r->local, false, &keys));
    const struct trust_keyset *set = trust_encryption_keys(keys, now);
    if (set->count == 0)
        return ERR_UNSUPPORTED;
    f.key = &set->key[0];
    plat_random(seed, sizeof(seed));
    TRY(krb_random_to_key(f.key->etype, span_of(seed, krb_key_size(f.key->etype)),
                          &r->incoming.session));
    mem_wipe(seed, sizeof(seed));
    return seal(r, &f);
}

/* --- the proof ---------------------------------------------------------------------------------
 */

static void judge_refusal(struct peer_proof *p, int32_t code)
{
    const char *what =
        arena_printf(p->run->a, "presenting a referral from %.*s", SPAN_ARG(p->run->local.realm));
    switch (code) {
    case KRB_AP_ERR_BAD_INTEGRITY:
    case KRB_AP_ERR_MODIFIED:
    case KDC_ERR_PREAUTH_FAILED:
        peer_proof_fail(p, REASON_VERIFY_PASSWORD_DIFFERENT, what, code);
        break;
    case KRB_AP_ERR_NOT_US:
    case KRB_AP_ERR_NOKEY:
    case KDC_ERR_C_PRINCIPAL_UNKNOWN:
    case KDC_ERR_S_PRINCIPAL_UNKNOWN:
    case KDC_ERR_POLICY:
        peer_proof_missing(p, what, code);
        break;
    case KDC_ERR_ETYPE_NOSUPP:
    case KRB_AP_ERR_BADKEYVER: /* no key of this enctype, from Heimdal */
        peer_proof_fail(p, REASON_VERIFY_NO_COMMON_ENCTYPE, what, code);
        break;
    default:
        peer_proof_fail(p, REASON_VERIFY_REFUSED, what, code);
        break;
    }
}

/* Only who opened the referral has the session key in it. */
static void presented(struct peer_proof *p, struct span reply, struct krb_error *error)
{
    struct peer_reply in;
    if (error)
        judge_refusal(p, error->error_code);
    else if (peer_open_reply(p, reply, &p->run->incoming.session, KRB_USAGE_TGS_REP_SESSION, &in) !=
             ERR_OK)
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, REASON_VERIFY_NOT_A_KDC,
                       "the reply to a referral from %.*s cannot be read",
                       SPAN_ARG(p->run->local.realm));
    else
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_PASS, REASON_NONE,
                       "it accepted a referral from %.*s", SPAN_ARG(p->run->local.realm));
}

/* A ticket for the partner's own TGS: nothing but the referral itself decides. */
void peer_prove_incoming(struct peer_proof *p)
{
    struct peer_run *r = p->run;
    const struct krb_name sname = krb_name_tgs(r->partner_realm, r->a);
    struct peer_tgs t = {.ticket = &r->incoming.referral,
                         .session = &r->incoming.session,
                         .crealm = r->local.realm,
                         .cname = &r->incoming.cname,
                         .sname = &sname};
    struct span request;
    if (peer_tgs_request(p, &t, &request) == ERR_OK)
        peer_proof_ask(p, request, presented);
    else
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_UNKNOWN, REASON_SERVER_FAILED,
                       "no request could be made");
}
