/*
 * Armour (FAST, RFC 6113 section 5.4): by stock libkrb5, and what is none.
 */
#include "kdc/kdc_lab_test.h"

/* --- stock libkrb5 ------------------------------------------------------------------------------
 */

static krb5_error_code in_armour(krb5_context c, const char *password, krb5_creds *out)
{
    krb5_get_init_creds_opt *opt;
    krb5_creds machine;
    krb5_ccache cache;
    krb5_principal who;
    char *name;
    assert_int_equal(fixture_kinit(c, "web1$@" CLOUD, 0, USER_PASSWORD, NULL, &machine), 0);
    assert_int_equal(krb5_cc_new_unique(c, "MEMORY", NULL, &cache), 0);
    assert_int_equal(krb5_cc_initialize(c, cache, machine.client), 0);
    assert_int_equal(krb5_cc_store_cred(c, cache, &machine), 0);
    assert_int_equal(krb5_cc_get_full_name(c, cache, &name), 0);
    assert_int_equal(krb5_get_init_creds_opt_alloc(c, &opt), 0);
    assert_int_equal(krb5_get_init_creds_opt_set_fast_ccache_name(c, opt, name), 0);
    assert_int_equal(krb5_get_init_creds_opt_set_fast_flags(c, opt, KRB5_FAST_REQUIRED), 0);
    assert_int_equal(krb5_parse_name(c, "ada@" CLOUD, &who), 0);
    cloud.last.reason = REASON_NONE;
    krb5_error_code e =
        krb5_get_init_creds_password(c, out, who, password, NULL, NULL, 0, NULL, opt);
    krb5_free_principal(c, who);
    krb5_get_init_creds_opt_free(c, opt);
    krb5_free_string(c, name);
    krb5_cc_destroy(c, cache);
    krb5_free_cred_contents(c, &machine);
    return e;
}

static void test_stock_client(void **state)
{
    krb5_context c = fixture_client();
    krb5_creds tgt, *out;
    (void)state;
    assert_int_equal(in_armour(c, USER_PASSWORD, &tgt), 0);
    assert_true(tgt.ticket_flags & TKT_FLG_PRE_AUTH);
    assert_int_equal(fixture_ticket(c, &tgt, WEB "@" CLOUD, 0, &out), 0);
    krb5_free_creds(c, out);
    krb5_free_cred_contents(c, &tgt);
    assert_int_equal(in_armour(c, "wrong", &tgt), KRB5KDC_ERR_PREAUTH_FAILED);
    assert_int_equal(cloud.last.reason, REASON_KDC_PASSWORD_WRONG);
    fixture_client_end(c);
}

/* --- by hand -----------------------------------------------------------------------------------
 */

static struct answer as_armored(const struct armor *armor, bool with_part, bool cover_other,
                                uint32_t options)
{
    struct krb_kdc_req *req = as_request();
    struct armor_inner inner = {.body = &req->req_body, .options = options};
    struct span body = req->req_body.raw;
    if (cover_other)
        body = SPAN_LIT("another request");
    struct krb_padata pa =
        armor_wrap(&armor->key, with_part ? &armor->part : NULL, body, &inner, &arena);
    req->padata = (struct krb_padata_list){&pa, 1};
    return send_as(as_encoded(req));
}

static void test_armour_of_an_as_request(void **state)
{
    struct answer tgt = log_on("web1$", &service_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, NULL);
    (void)state;
    q.subkey = &subkey;
    struct armor good = armor_of(&q, &arena), bad = good;
    struct answer got = as_armored(&good, true, false, 0);
    assert_int_equal(got.error, KDC_ERR_PREAUTH_REQUIRED);
    got = as_armored(&good, false, false, 0);
    refused(&got, "none", KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    bad.part.armor_type = 99;
    got = as_armored(&bad, true, false, 0);
    refused(&got, "type", KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    got = as_armored(&good, true, true, 0);
    refused(&got, "checksum", KRB_AP_ERR_MODIFIED, REASON_KDC_FAST_BAD);
    bad = good;
    bad.key.bytes[0] ^= 1;
    got = as_armored(&bad, true, false, 0);
    refused(&got, "key", KRB_AP_ERR_MODIFIED, REASON_KDC_FAST_BAD);
    q.subkey = NULL;
    bad = armor_of(&q, &arena);
    bad.key = good.key;
    got = as_armored(&bad, true, false, 0);
    refused(&got, "no subkey", KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    /* Told inside of the armour, and by its code outside. */
    got = as_armored(&good, true, false, 1u << 29);
    assert_int_equal(got.error, KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS);
    assert_int_equal(cloud.last.reason, REASON_KDC_FAST_BAD);
}

/* A partner's TGT is no armour here. */
static void test_armour_from_a_partner(void **state)
{
    struct krb_ticket ticket;
    struct sid domain = sid_of(PARTNER), bob = sid_of(PARTNER "-1105");
    struct forge f =
        forge_referral(CORP, CLOUD, &domain, &bob, forge_trust_key(TRUST_PASSWORD, CORP, CLOUD));
    struct forge_request q = forge_request(&f, &ticket, NULL, &arena);
    (void)state;
    q.subkey = &subkey;
    struct armor armor = armor_of(&q, &arena);
    struct answer got = as_armored(&armor, true, false, 0);
    refused(&got, "partner", KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
}

/* A TGS request is armoured by its own header: with a subkey, and with nothing else. */
static struct answer tgs_armored(struct forge_request *q, const struct armor *armor, bool with_part)
{
    static int32_t etypes[] = {ETYPE_AES256_SHA1};
    struct krb_name sname = forge_name(q->service, &arena);
    struct krb_kdc_req_body body = {
        .realm = q->realm, .sname = &sname, .has_till = true, .nonce = 77, .etype = {etypes, 1}};
    struct armor_inner inner = {.body = &body};
    struct krb_padata pa[2] = {{.padata_type = KRB_PA_TGS_REQ}};
    struct krb_kdc_req req = {.msg_type = KRB_TGS_REQ, .padata = {pa, 2}, .req_body = body};
    struct span bytes, reply;
    assert_ok(krb_encode_req_body(&body, &arena, &bytes));
    pa[0].padata_value = forge_ap_req(q, bytes, &arena);
    pa[1] = armor_wrap(&armor->key, with_part ? &armor->part : NULL, pa[0].padata_value, &inner,
                       &arena);
    assert_ok(krb_encode_tgs_req(&req, &arena, &bytes));
    cloud.last.reason = REASON_NONE;
    kdc_answer(cloud.kdc, KDC_TCP, bytes, &arena, &reply);
    struct krb_error *error;
    struct answer got = {0};
    if (krb_decode_error(reply, &arena, &error) == ERR_OK)
        got.error = error->error_code;
    return got;
}

static void test_armour_of_a_tgs_request(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    struct krb_authdata used = {KRB_AD_FX_FAST_USED, SPAN_LIT("")};
    (void)state;
    q.subkey = &subkey;
    q.own = (struct krb_authdata_list){&used, 1};
    struct armor armor = armor_of(&q, &arena);
    struct answer got = tgs_armored(&q, &armor, false);
    assert_int_equal(got.error, 0);
    got = tgs_armored(&q, &armor, true);
    refused(&got, "explicit", KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    q.subkey = NULL;
    got = tgs_armored(&q, &armor, false);
    refused(&got, "no subkey", KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stock_client),
        cmocka_unit_test(test_armour_of_an_as_request),
        cmocka_unit_test(test_armour_from_a_partner),
        cmocka_unit_test(test_armour_of_a_tgs_request),
    };
    return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
