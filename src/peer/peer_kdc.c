/*
 * Talking to one KDC over TCP, and what can be told from any reply: that it can be reached, that
 * its clock agrees, whose KDC it is.
 */
#include <unistd.h>

#include "base/text.h"
#include "peer/peer_run.h"
#include "plat/net.h"
#include "plat/random.h"
#include "wire/krb/krb_frame.h"

#define REPLY_MAX (128u << 10)
#define SKEW_MAX  (5 * UTIME_MINUTE)

static int32_t etype_list[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1};
static const struct krb_ints etypes = {.items = etype_list, .count = 2};

/* Once the port has taken the connection, an end without an answer and an impossible length are not
 * what a KDC does. */
static enum err not_kerberos(enum err e)
{
    return e == ERR_CLOSED || e == ERR_LIMIT || e == ERR_UNSUPPORTED ? ERR_MALFORMED : e;
}

static enum err exchange(int fd, struct span request, utime deadline, struct arena *a,
                         struct span *out)
{
    uint8_t header[KRB_TCP_HEADER];
    struct builder b;
    size_t len;
    builder_over(&b, header, sizeof(header));
    krb_put_tcp_length(&b, (uint32_t)request.len);
    TRY(plat_send_wait(fd, span_of(header, sizeof(header)), deadline));
    TRY(plat_send_wait(fd, request, deadline));
    TRY(plat_recv_all_wait(fd, header, sizeof(header), deadline));
    TRY(krb_tcp_length(span_of(header, sizeof(header)), REPLY_MAX, &len));
    uint8_t *reply = arena_alloc(a, len);
    if (!reply)
        return ERR_NOMEM;
    TRY(plat_recv_all_wait(fd, reply, len, deadline));
    *out = span_of(reply, len);
    return ERR_OK;
}

enum err peer_kdc_ask(const struct plat_addr *kdc, struct span request, utime deadline,
                      struct arena *a, struct span *reply_out)
{
    int fd;
    TRY(plat_tcp_dial_wait(kdc, deadline, &fd));
    enum err e = exchange(fd, request, deadline, a, reply_out);
    close(fd);
    return not_kerberos(e);
}

static bool judge_reach(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half,
                        enum err asked)
{
    static const struct {
        enum err asked;
        enum reason reason;
        const char *what;
    } rows[] = {
        {ERR_CLOSED, REASON_VERIFY_PORT_CLOSED, "is closed"},
        {ERR_TIMEOUT, REASON_VERIFY_PORT_SILENT, "gives no answer"},
        {ERR_MALFORMED, REASON_VERIFY_NOT_A_KDC, "answers, but not with Kerberos"},
    };
    unsigned port = plat_addr_port(&kdc->addr);
    if (asked == ERR_OK)
        return true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (rows[i].asked == asked) {
            peer_tell(r, half, TRUST_STEP_REACH, TRUST_STATUS_FAIL, rows[i].reason, kdc->label,
                      "port %u/tcp %s", port, rows[i].what);
            return false;
        }
    }
    peer_tell(r, half, TRUST_STEP_REACH, TRUST_STATUS_FAIL, REASON_VERIFY_PORT_SILENT, kdc->label,
              "port %u/tcp cannot be reached: %s", port, err_name(asked));
    return false;
}

static bool judge_clock(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half,
                        const struct krb_error *error)
{
    utime skew = error->stime + error->susec - plat_now();
    if (skew <= SKEW_MAX && skew >= -SKEW_MAX && error->error_code != KRB_AP_ERR_SKEW)
        return true;
    peer_tell(r, half, TRUST_STEP_CLOCK, TRUST_STATUS_FAIL, REASON_VERIFY_CLOCK_SKEW, kdc->label,
              "its clock is %lld seconds %s ours",
              (long long)(skew < 0 ? -skew : skew) / UTIME_SECOND,
              skew < 0 ? "behind" : "ahead of");
    return false;
}

/* Some name the realm that was asked for in place of their own. */
static void tell_wrong_realm(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half,
                             const struct krb_error *error)
{
    if (krb_realm_eq(error->realm, r->partner_realm))
        peer_tell(r, half, TRUST_STEP_REALM, TRUST_STATUS_FAIL, REASON_VERIFY_WRONG_REALM,
                  kdc->label, "the KDC there does not answer for %.*s: %s (%d)",
                  SPAN_ARG(r->partner_realm), krb_error_name(error->error_code), error->error_code);
    else
        peer_tell(r, half, TRUST_STEP_REALM, TRUST_STATUS_FAIL, REASON_VERIFY_WRONG_REALM,
                  kdc->label, "the KDC there answers for %.*s, not for %.*s: %s (%d)",
                  SPAN_ARG(error->realm), SPAN_ARG(r->partner_realm),
                  krb_error_name(error->error_code), error->error_code);
}

/* A KDC of another realm says in its errors who it is, or does not know the realm asked for. One
 * that could not read the ticket may say no realm at all (Heimdal, and so Samba, as text). */
static bool judge_realm(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half,
                        const struct krb_error *error)
{
    bool same = krb_realm_eq(error->realm, r->partner_realm) ||
                span_eq(error->realm, SPAN_LIT("<unspecified realm>"));
    if (same && error->error_code != KDC_ERR_WRONG_REALM)
        return true;
    tell_wrong_realm(r, kdc, half, error);
    return false;
}

bool peer_judge_reply(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half, enum err asked,
                      struct span reply, struct krb_error **error_out)
{
    *error_out = NULL;
    if (!judge_reach(r, kdc, half, asked))
        return false;
    enum krb_msg_type type = krb_message_type(reply);
    if (type == KRB_AS_REP || type == KRB_TGS_REP)
        return true;
    if (type != KRB_ERROR || krb_decode_error(reply, r->a, error_out) != ERR_OK)
        return judge_reach(r, kdc, half, ERR_MALFORMED);
    return judge_clock(r, kdc, half, *error_out) && judge_realm(r, kdc, half, *error_out);
}

enum err peer_encrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      struct span plain, struct krb_encrypted *out)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_ENCRYPT));
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(r->a, size);
    if (cipher) {
        plat_random(confounder, krb_confounder_size(key->etype));
        krb_encrypt(&u, confounder, plain, cipher);
        *out = (struct krb_encrypted){.etype = key->etype, .cipher = span_of(cipher, size)};
    }
    krb_usage_wipe(&u);
    return cipher ? ERR_OK : ERR_NOMEM;
}

enum err peer_decrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      const struct krb_encrypted *in, struct span *plain_out)
{
    struct krb_usage u;
    uint8_t *plain = arena_alloc(r->a, in->cipher.len);
    if (!plain)
        return ERR_NOMEM;
    if (in->etype != key->etype)
        return ERR_UNSUPPORTED;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_DECRYPT));
    enum err e = krb_decrypt(&u, in->cipher, plain, plain_out);
    krb_usage_wipe(&u);
    return e;
}

static int64_t nonce(void)
{
    return plat_random_u32() & 0x7fffffff;
}

static enum err timestamp(struct peer_run *r, const struct krb_key *key, utime now,
                          struct krb_padata *out)
{
    struct krb_pa_enc_ts ts = {.patimestamp = now - now % UTIME_SECOND,
                               .has_pausec = true,
                               .pausec = (int32_t)(now % UTIME_SECOND)};
    struct krb_encrypted sealed;
    struct span plain;
    out->padata_type = KRB_PA_ENC_TIMESTAMP;
    TRY(krb_encode_pa_enc_ts(&ts, r->a, &plain));
    TRY(peer_encrypt(r, key, KRB_USAGE_PA_ENC_TIMESTAMP, plain, &sealed));
    return krb_encode_encrypted(&sealed, r->a, &out->padata_value);
}

enum err peer_as_request(struct peer_run *r, const struct krb_name *cname,
                         const struct krb_key *key, struct span *out)
{
    struct krb_padata item;
    struct krb_name sname = krb_name_tgs(r->partner_realm, r->a), client = *cname;
    struct krb_kdc_req req = {.msg_type = KRB_AS_REQ};
    utime now = plat_now();
    req.req_body = (struct krb_kdc_req_body){.cname = &client,
                                             .realm = r->partner_realm,
                                             .sname = &sname,
                                             .has_till = true,
                                             .till = now - now % UTIME_SECOND + UTIME_HOUR,
                                             .nonce = nonce(),
                                             .etype = etypes};
    if (key) {
        TRY(timestamp(r, key, now, &item));
        req.padata = (struct krb_padata_list){.items = &item, .count = 1};
    }
    return krb_encode_as_req(&req, r->a, out);
}

bool peer_is_partner(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half)
{
    struct krb_name cname = krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("krbtgt"), r->a);
    struct span request, reply;
    struct krb_error *error;
    if (peer_as_request(r, &cname, NULL, &request) != ERR_OK)
        return true;
    enum err asked = peer_kdc_ask(&kdc->addr, request, peer_deadline(r), r->a, &reply);
    if (!peer_judge_reply(r, kdc, half, asked, reply, &error))
        return false;
    if (!error || (error->error_code != KDC_ERR_C_PRINCIPAL_UNKNOWN &&
                   error->error_code != KDC_ERR_S_PRINCIPAL_UNKNOWN))
        return true;
    tell_wrong_realm(r, kdc, half, error);
    return false;
}

/* The AP-REQ with the checksum that binds it to the body. */
static enum err header(struct peer_run *r, const struct peer_tgs *t, struct span body,
                       struct span *out)
{
    struct krb_usage u;
    uint8_t sum[KRB_CKSUM_MAX];
    struct krb_cksum cksum;
    utime now = plat_now();
    struct krb_authenticator auth = {.crealm = t->crealm,
                                     .cname = *t->cname,
                                     .cksum = &cksum,
                                     .ctime = now - now % UTIME_SECOND,
                                     .cusec = (int32_t)(now % UTIME_SECOND)};
    struct krb_ap_req ap = {.ticket = *t->ticket};
    struct span plain;
    TRY(krb_usage_init_for(&u, t->session, KRB_USAGE_PA_TGS_REQ_CKSUM, KRB_FOR_CHECKSUM));
    size_t size = krb_checksum(&u, &body, 1, sum);
    krb_usage_wipe(&u);
    cksum = (struct krb_cksum){krb_etype_cksum(t->session->etype), span_of(sum, size)};
    TRY(krb_encode_authenticator(&auth, r->a, &plain));
    TRY(peer_encrypt(r, t->session, KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR, plain, &ap.authenticator));
    return krb_encode_ap_req(&ap, r->a, out);
}

enum err peer_tgs_request(struct peer_run *r, const struct peer_tgs *t, struct span *out)
{
    struct krb_padata pa = {.padata_type = KRB_PA_TGS_REQ};
    struct krb_kdc_req req = {.msg_type = KRB_TGS_REQ, .padata = {.items = &pa, .count = 1}};
    struct krb_name sname = *t->sname;
    struct span body;
    req.req_body = (struct krb_kdc_req_body){.kdc_options = KRB_OPT_CANONICALIZE,
                                             .realm = t->realm,
                                             .sname = &sname,
                                             .has_till = true,
                                             .till = 0,
                                             .nonce = nonce(),
                                             .etype = etypes};
    TRY(krb_encode_req_body(&req.req_body, r->a, &body));
    TRY(header(r, t, body, &pa.padata_value));
    return krb_encode_tgs_req(&req, r->a, out);
}
