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
const struct krb_ints peer_etypes = {.items = etype_list, .count = 2};

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
    return e;
}

static bool judge_reach(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half,
                        enum err asked)
{
    if (asked == ERR_OK)
        return true;
    if (asked == ERR_CLOSED)
        peer_tell(r, half, TRUST_STEP_REACH, TRUST_STATUS_FAIL, REASON_VERIFY_PORT_CLOSED,
                  kdc->label, "port 88/tcp is closed");
    else if (asked == ERR_TIMEOUT)
        peer_tell(r, half, TRUST_STEP_REACH, TRUST_STATUS_FAIL, REASON_VERIFY_PORT_SILENT,
                  kdc->label, "port 88/tcp gives no answer");
    else
        peer_tell(r, half, TRUST_STEP_REACH, TRUST_STATUS_FAIL, REASON_VERIFY_PORT_SILENT,
                  kdc->label, "port 88/tcp: %s", err_name(asked));
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

/* A KDC of another realm says in its errors who it is, or does not know the realm asked for. One
 * that could not read the ticket may say no realm at all (Heimdal, and so Samba, as text). */
static bool judge_realm(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half,
                        const struct krb_error *error)
{
    bool other = !krb_realm_eq(error->realm, r->partner_realm) &&
                 !span_eq(error->realm, SPAN_LIT("<unspecified realm>"));
    if (!other && error->error_code != KDC_ERR_WRONG_REALM)
        return true;
    struct span who = error->error_code == KDC_ERR_WRONG_REALM && error->crealm.len ? error->crealm
                                                                                    : error->realm;
    peer_tell(r, half, TRUST_STEP_REALM, TRUST_STATUS_FAIL, REASON_VERIFY_WRONG_REALM, kdc->label,
              "the KDC there answers for %.*s, not for %.*s (%s)", SPAN_ARG(who),
              SPAN_ARG(r->partner_realm), krb_error_name(error->error_code));
    return false;
}

bool peer_judge_reply(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half, enum err asked,
                      struct span reply, struct krb_error **error_out)
{
    *error_out = NULL;
    if (!judge_reach(r, kdc, half, asked))
        return false;
    if (krb_message_type(reply) != KRB_ERROR)
        return true;
    if (krb_decode_error(reply, r->a, error_out) != ERR_OK) {
        peer_tell(r, half, TRUST_STEP_REACH, TRUST_STATUS_FAIL, REASON_VERIFY_NOT_A_KDC, kdc->label,
                  "the answer is no Kerberos message");
        return false;
    }
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
                                             .nonce = t->nonce,
                                             .etype = peer_etypes};
    TRY(krb_encode_req_body(&req.req_body, r->a, &body));
    TRY(header(r, t, body, &pa.padata_value));
    return krb_encode_tgs_req(&req, r->a, out);
}
