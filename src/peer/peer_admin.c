#include "peer/peer_admin.h"

#include "base/text.h"
#include "peer/peer_run.h"
#include "plat/random.h"
#include "wire/spnego/gss_krb.h"

#define KDC_PORT   88
#define SKEW_MAX   (5 * UTIME_MINUTE)
#define ANSWER_MAX (1u << 20)

struct logon {
    const struct peer_env *env;
    const struct peer_dc *dc;
    const struct peer_admin *who;
    utime deadline;
    struct arena *a;
    struct peer_failure *why;
    struct peer_proof *proof; /* what peer_krb.c's messages are made for */
    struct krb_name cname;
    struct span domain; /* the partner's, lower case */
};

static enum err new_logon(struct logon *x)
{
    struct peer_run *run = arena_new(x->a, struct peer_run);
    x->proof = arena_new(x->a, struct peer_proof);
    if (!run || !x->proof)
        return ERR_NOMEM;
    run->env = x->env;
    run->a = x->a;
    run->partner_realm = x->who->realm;
    x->proof->run = run;
    x->domain = ascii_lower(x->a, x->who->realm);
    x->cname = krb_name_1(KRB_NT_PRINCIPAL, x->who->name, x->a);
    return arena_failed(x->a) ? ERR_NOMEM : ERR_OK;
}

/* --- the KDC -------------------------------------------------------------------------------------
 */

static enum err transfer(struct peer_link *link, struct span request, struct arena *a,
                         struct span *out)
{
    uint8_t head[4] = {(uint8_t)(request.len >> 24), (uint8_t)(request.len >> 16),
                       (uint8_t)(request.len >> 8), (uint8_t)request.len};
    TRY(peer_link_send(link, span_of(head, 4)));
    TRY(peer_link_send(link, request));
    TRY(peer_link_receive(link, head, 4));
    size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (len == 0 || len > ANSWER_MAX)
        return ERR_MALFORMED;
    uint8_t *bytes = arena_alloc(a, len);
    if (!bytes)
        return ERR_NOMEM;
    TRY(peer_link_receive(link, bytes, len));
    *out = span_of(bytes, len);
    return ERR_OK;
}

static enum err unreached(struct logon *x, enum err e)
{
    if (e == ERR_CLOSED)
        return peer_fail(x->why, PEER_NO_LOGON_SERVERS, REASON_VERIFY_PORT_CLOSED,
                         "port %d/tcp is closed", KDC_PORT);
    if (e == ERR_TIMEOUT || e == ERR_IO)
        return peer_fail(x->why, PEER_IO_TIMEOUT, REASON_VERIFY_PORT_SILENT,
                         "port %d/tcp gives no answer", KDC_PORT);
    return peer_fail(x->why, PEER_NO_LOGON_SERVERS, REASON_VERIFY_NOT_A_KDC,
                     "port %d/tcp: the answer cannot be read", KDC_PORT);
}

/* *error_out: the KRB-ERROR, or NULL. */
static enum err ask(struct logon *x, struct span request, struct span *reply_out,
                    struct krb_error **error_out)
{
    struct peer_link link;
    struct plat_addr at = x->dc->addr;
    plat_addr_set_port(&at, KDC_PORT);
    enum err e = peer_link_open(&link, x->env->loop, &at, x->deadline);
    if (e != ERR_OK)
        return unreached(x, e);
    e = transfer(&link, request, x->a, reply_out);
    peer_link_close(&link);
    *error_out = NULL;
    if (e == ERR_OK && krb_message_type(*reply_out) == KRB_ERROR)
        e = krb_decode_error(*reply_out, x->a, error_out);
    return e == ERR_OK ? ERR_OK : unreached(x, e);
}

static enum err refused(struct logon *x, const struct krb_error *error)
{
    utime skew = error->stime + error->susec - plat_now();
    if (skew > SKEW_MAX || skew < -SKEW_MAX)
        return peer_fail(x->why, PEER_ACCESS_DENIED, REASON_VERIFY_CLOCK_SKEW,
                         "its clock is %lld seconds %s ours",
                         (long long)(skew < 0 ? -skew : skew) / UTIME_SECOND,
                         skew < 0 ? "behind" : "ahead of");
    return peer_fail(x->why, PEER_ACCESS_DENIED,
                     x->who->with && error->error_code == KDC_ERR_POLICY
                         ? REASON_PARTNER_SELECTIVE
                         : REASON_REMOTE_LOGON_REFUSED,
                     "%.*s@%.*s: %s (%d)", SPAN_ARG(x->who->name), SPAN_ARG(x->who->realm),
                     krb_error_name(error->error_code), error->error_code);
}

static enum err unreadable(struct logon *x)
{
    return peer_fail(x->why, PEER_ACCESS_DENIED, REASON_VERIFY_NOT_A_KDC,
                     "the reply to the logon of %.*s cannot be read", SPAN_ARG(x->who->name));
}

/* --- a ticket ------------------------------------------------------------------------------------
 */

/* From what the KDC says of the account in its first refusal: the salt may be anything. */
static enum err account_key(struct logon *x, const struct krb_error *error, struct krb_key *out)
{
    struct krb_padata_list *methods;
    struct krb_etype_info2 *info;
    if (!error->e_data.len || krb_decode_method_data(error->e_data, x->a, &methods) != ERR_OK)
        return refused(x, error);
    const struct krb_padata *pa = krb_padata_find(methods, KRB_PA_ETYPE_INFO2);
    if (!pa || krb_decode_etype_info2(pa->padata_value, x->a, &info) != ERR_OK)
        return refused(x, error);
    for (uint32_t i = 0; i < info->count; i++) {
        int32_t etype = info->items[i].etype;
        if (etype != ETYPE_AES256_SHA1 && etype != ETYPE_AES128_SHA1)
            continue;
        return krb_string_to_key(etype, x->who->password, info->items[i].salt, 0, out) == ERR_OK
                   ? ERR_OK
                   : refused(x, error);
    }
    return peer_fail(x->why, PEER_ACCESS_DENIED, REASON_VERIFY_NO_COMMON_ENCTYPE,
                     "%.*s has no AES keys", SPAN_ARG(x->who->name));
}

static enum err tgt(struct logon *x, struct peer_reply *out)
{
    struct span request, reply;
    struct krb_error *error;
    struct krb_key key;
    if (peer_as_request(x->proof, &x->cname, NULL, &request) != ERR_OK)
        return unreadable(x);
    TRY(ask(x, request, &reply, &error));
    if (!error || error->error_code != KDC_ERR_PREAUTH_REQUIRED)
        return error ? refused(x, error) : unreadable(x);
    TRY(account_key(x, error, &key));
    enum err e = peer_as_request(x->proof, &x->cname, &key, &request);
    if (e == ERR_OK)
        e = ask(x, request, &reply, &error);
    if (e == ERR_OK && error)
        e = refused(x, error);
    if (e == ERR_OK && peer_open_reply(x->proof, reply, &key, KRB_USAGE_AS_REP, out) != ERR_OK)
        e = unreadable(x);
    krb_key_wipe(&key);
    return e;
}

static enum err no_ticket(struct logon *x, const struct krb_error *error)
{
    if (error->error_code == KDC_ERR_S_PRINCIPAL_UNKNOWN)
        return peer_fail(x->why, PEER_ACCESS_DENIED, REASON_PARTNER_NOT_A_DC,
                         "cifs/%s/%.*s: %s (%d)", x->dc->host, SPAN_ARG(x->domain),
                         krb_error_name(error->error_code), error->error_code);
    return refused(x, error);
}

static enum err service_ticket(struct logon *x, const struct peer_tgs *from, struct peer_reply *out)
{
    struct span request, reply;
    struct krb_error *error;
    struct span parts[] = {SPAN_LIT("cifs"), span_str(x->dc->host), x->domain};
    struct krb_name sname = {.type = KRB_NT_SRV_INST, .parts = {parts, 3}};
    struct peer_tgs t = *from;
    t.sname = &sname;
    if (peer_tgs_request(x->proof, &t, &request) != ERR_OK)
        return unreadable(x);
    TRY(ask(x, request, &reply, &error));
    if (error)
        return no_ticket(x, error);
    return peer_open_reply(x->proof, reply, from->session, KRB_USAGE_TGS_REP_SESSION, out) == ERR_OK
               ? ERR_OK
               : unreadable(x);
}

static enum err by_password(struct logon *x, struct peer_reply *out)
{
    struct peer_reply first;
    struct krb_key session;
    TRY(tgt(x, &first));
    struct peer_tgs from = {.ticket = &first.rep->ticket,
                            .session = &session,
                            .crealm = first.rep->crealm,
                            .cname = &first.rep->cname};
    if (krb_key_make(first.part->key.keytype, first.part->key.keyvalue, &session) != ERR_OK)
        return unreadable(x);
    enum err e = service_ticket(x, &from, out);
    krb_key_wipe(&session);
    return e;
}

/* --- the token -----------------------------------------------------------------------------------
 */

static enum err authenticator(struct logon *x, const struct peer_reply *from, struct span subkey,
                              struct span *out)
{
    struct gss_krb_cksum flags = {.flags = GSS_FLAG_REPLAY | GSS_FLAG_SEQUENCE | GSS_FLAG_CONF |
                                           GSS_FLAG_INTEG};
    struct krb_enc_key key = {.keytype = ETYPE_AES256_SHA1, .keyvalue = subkey};
    struct builder b;
    struct krb_cksum sum = {.cksumtype = GSS_KRB_CKSUM_TYPE};
    utime now = plat_now();
    builder_in(&b, x->a, 64);
    gss_krb_put_cksum(&b, &flags);
    TRY(builder_done(&b, &sum.checksum));
    struct krb_authenticator auth = {.crealm = from->rep->crealm,
                                     .cname = from->rep->cname,
                                     .cksum = &sum,
                                     .ctime = now - now % UTIME_SECOND,
                                     .cusec = (int32_t)(now % UTIME_SECOND),
                                     .subkey = &key,
                                     .has_seq_number = true,
                                     .seq_number = plat_random_u32() & 0x3fffffff};
    return krb_encode_authenticator(&auth, x->a, out);
}

static enum err wrap(struct logon *x, struct span ap_req, struct span *out)
{
    struct span mech = spnego_mech_oid(SPNEGO_MECH_KRB5);
    struct spnego_init init = {.mech_types = {.items = &mech, .count = 1}};
    struct builder b;
    builder_in(&b, x->a, SPNEGO_TOKEN_MAX);
    gss_krb_put_token(&b, SPNEGO_MECH_KRB5, GSS_KRB_AP_REQ, ap_req);
    TRY(builder_done(&b, &init.mech_token));
    builder_in(&b, x->a, SPNEGO_TOKEN_MAX);
    spnego_put_init(&b, &init);
    return builder_done(&b, out);
}

static enum err token(struct logon *x, const struct peer_reply *from, struct span *out,
                      struct krb_key *key_out)
{
    struct krb_ap_req ap = {.ticket = from->rep->ticket};
    struct krb_key session;
    struct span plain, ap_req;
    uint8_t subkey[32];
    plat_random(subkey, sizeof(subkey));
    TRY(krb_key_make(from->part->key.keytype, from->part->key.keyvalue, &session));
    TRY(authenticator(x, from, span_of(subkey, sizeof(subkey)), &plain));
    TRY(peer_encrypt(x->proof->run, &session, KRB_USAGE_AP_REQ_AUTHENTICATOR, plain,
                     &ap.authenticator));
    krb_key_wipe(&session);
    TRY(krb_encode_ap_req(&ap, x->a, &ap_req));
    TRY(krb_key_make(ETYPE_AES256_SHA1, span_of(subkey, sizeof(subkey)), key_out));
    mem_wipe(subkey, sizeof(subkey));
    return wrap(x, ap_req, out);
}

enum err peer_admin_token(const struct peer_env *env, const struct peer_dc *dc,
                          const struct peer_admin *who, utime deadline, struct arena *a,
                          struct span *token_out, struct krb_key *key_out,
                          struct peer_failure *why_out)
{
    struct logon x = {
        .env = env, .dc = dc, .who = who, .deadline = deadline, .a = a, .why = why_out};
    struct peer_reply ticket;
    TRY(new_logon(&x));
    TRY(who->with ? service_ticket(&x, who->with, &ticket) : by_password(&x, &ticket));
    return token(&x, &ticket, token_out, key_out) == ERR_OK ? ERR_OK : unreadable(&x);
}
