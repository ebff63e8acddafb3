/*
 * FAST as a client makes it (RFC 6113 section 5.4), with every piece within the test's reach.
 */
#ifndef KDC_KDC_ARMOR_TEST_H
#define KDC_KDC_ARMOR_TEST_H

#include "kdc/kdc_forge_test.h"

struct armor {
    struct krb_key key;
    struct krb_fast_armor part; /* of an AS-REQ */
};

static inline struct krb_key armor_key(const struct krb_key *subkey, const struct krb_key *session)
{
    struct krb_key out;
    assert_ok(krb_cf2(subkey, session, SPAN_LIT("subkeyarmor"), SPAN_LIT("ticketarmor"), &out));
    return out;
}

static inline struct krb_key armor_subkey(void)
{
    struct krb_key k = {.etype = ETYPE_AES256_SHA1, .len = 32, .bytes = {7, 7, 7}};
    return k;
}

/* The AP-REQ of an armour ticket; without a subkey it is none. */
static inline struct armor armor_of(const struct forge_request *q, struct arena *a)
{
    struct armor out = {.part = {.armor_type = KRB_FAST_ARMOR_AP_REQUEST}};
    struct span plain;
    struct krb_authenticator auth = {.crealm = q->crealm,
                                     .cname = q->client,
                                     .ctime = test_now - test_now % UTIME_SECOND + q->skew};
    struct krb_enc_key subkey;
    if (q->subkey) {
        subkey = forge_wire_key(q->subkey);
        auth.subkey = &subkey;
        out.key = armor_key(q->subkey, &q->session);
    }
    assert_ok(krb_encode_authenticator(&auth, a, &plain));
    struct krb_ap_req ap = {
        .ticket = *q->ticket,
        .authenticator = {
            .etype = q->session.etype,
            .cipher = forge_encrypt(a, &q->session, KRB_USAGE_AP_REQ_AUTHENTICATOR, plain)}};
    assert_ok(krb_encode_ap_req(&ap, a, &out.part.armor_value));
    return out;
}

struct armor_inner {
    const struct krb_kdc_req_body *body;
    struct krb_padata_list padata;
    uint32_t options;
};

/* PA-FX-FAST. covered: the outer body, or the AP-REQ of a TGS-REQ, whose armour is implied. */
static inline struct krb_padata armor_wrap(const struct krb_key *key,
                                           const struct krb_fast_armor *part, struct span covered,
                                           const struct armor_inner *inner, struct arena *a)
{
    struct krb_usage u;
    uint8_t *sum = arena_alloc(a, KRB_CKSUM_MAX);
    struct span plain, value;
    struct krb_fast_req req = {
        .fast_options = inner->options, .padata = inner->padata, .req_body = *inner->body};
    assert_ok(krb_encode_fast_req(&req, a, &plain));
    assert_ok(krb_usage_init(&u, key, KRB_USAGE_FAST_REQ_CKSUM));
    struct krb_fast_armored_req armored = {
        .armor = (struct krb_fast_armor *)(uintptr_t)part,
        .req_checksum = {krb_etype_cksum(key->etype),
                         span_of(sum, krb_checksum(&u, &covered, 1, sum))},
        .enc_fast_req = {.etype = key->etype,
                         .cipher = forge_encrypt(a, key, KRB_USAGE_FAST_ENC, plain)}};
    assert_ok(krb_encode_fast_request(&armored, a, &value));
    return (struct krb_padata){KRB_PA_FX_FAST, value};
}

#endif
