/*
 * Requests of the shapes that brought down KDCs before us, one test each, named after the defect.
 * What a decoder owes its callers: either an error and no struct, or a struct in which everything
 * absent says so.
 */
#include "base/test_arena.h"
#include "wire/krb/krb_msg.h"

static struct krb_kdc_req empty_request(enum krb_msg_type type)
{
    static int32_t etype[] = {18};
    return (struct krb_kdc_req){
        .msg_type = (int32_t)type,
        .req_body = {.realm = SPAN_LIT("R"), .nonce = 1, .etype = {etype, 1}}};
}

static struct krb_kdc_req *round_trip(const struct krb_kdc_req *r)
{
    struct span in;
    struct krb_kdc_req *out;
    const struct der_type *type = r->msg_type == KRB_AS_REQ ? &krb_as_req_type : &krb_tgs_req_type;
    assert_ok(der_encode(type, r, &arena, &in));
    assert_ok(krb_decode_kdc_req(in, &arena, &out));
    return out;
}

/* MIT: a field that nobody had set was used after an AS-REQ could not be processed. */
static void cve_2012_1014(void **state)
{
    (void)state;
    struct krb_kdc_req r = empty_request(KRB_AS_REQ), *out = NULL;
    out = round_trip(&r);
    assert_null(out->req_body.cname);
    assert_null(out->req_body.sname);
    assert_null(out->padata.items);
    assert_int_equal(out->padata.count, 0);
    assert_null(out->req_body.enc_authorization_data);
    assert_false(out->req_body.has_till || out->req_body.has_from || out->req_body.has_rtime);
    out = NULL;
    assert_err(krb_decode_kdc_req(hex("6a023000"), &arena, &out), ERR_MALFORMED);
    assert_err(krb_decode_kdc_req(hex("6a0e300ca103020105a20302010aa4003000"), &arena, &out),
               ERR_MALFORMED);
    assert_null(out);
}

/* MIT: PA-REQ-ENC-PA-REP was answered before a usable key type was found. */
static void cve_2012_1015(void **state)
{
    (void)state;
    struct krb_kdc_req r = empty_request(KRB_AS_REQ);
    struct krb_padata p = {KRB_PA_REQ_ENC_PA_REP, SPAN_LIT("")};
    int32_t unknown[] = {INT32_MIN, 0, INT32_MAX};
    r.padata = (struct krb_padata_list){&p, 1};
    r.req_body.etype = (struct krb_ints){unknown, 3};
    struct krb_kdc_req *out = round_trip(&r);
    assert_int_equal(krb_padata_find(&out->padata, KRB_PA_REQ_ENC_PA_REP)->padata_value.len, 0);
    assert_int_equal(out->req_body.etype.items[0], INT32_MIN);
    assert_int_equal(out->req_body.etype.items[2], INT32_MAX);
    r.req_body.etype = (struct krb_ints){unknown, 0};
    out = round_trip(&r);
    assert_int_equal(out->req_body.etype.count, 0);
}

/* MIT: a referral for a TGS-REQ whose service name has too few parts. */
static void cve_2013_1416(void **state)
{
    (void)state;
    struct krb_kdc_req r = empty_request(KRB_TGS_REQ);
    struct krb_name none = {.type = KRB_NT_SRV_INST}, empty_part;
    struct krb_spn spn;
    r.req_body.sname = &none;
    struct krb_kdc_req *out = round_trip(&r);
    assert_int_equal(out->req_body.sname->parts.count, 0);
    assert_int_equal(krb_part(out->req_body.sname, 0).len, 0);
    assert_false(krb_name_is_tgs(out->req_body.sname, NULL));
    assert_err(krb_spn_from_name(out->req_body.sname, &spn), ERR_MALFORMED);
    assert_int_equal(krb_name_plain(out->req_body.sname, &arena).len, 0);
    empty_part = krb_name_2(KRB_NT_SRV_HST, SPAN_LIT(""), SPAN_LIT(""), &arena);
    r.req_body.sname = &empty_part;
    out = round_trip(&r);
    assert_int_equal(out->req_body.sname->parts.count, 2);
    assert_err(krb_spn_from_name(out->req_body.sname, &spn), ERR_MALFORMED);
}

/* MIT: a referral for a host-based service in a realm of a single label. */
static void cve_2013_1417(void **state)
{
    (void)state;
    struct krb_name n = krb_name_2(KRB_NT_SRV_HST, SPAN_LIT("host"), SPAN_LIT("x"), &arena);
    struct krb_kdc_req r = empty_request(KRB_TGS_REQ);
    struct krb_spn spn;
    r.req_body.sname = &n;
    struct krb_kdc_req *out = round_trip(&r);
    assert_ok(krb_spn_from_name(out->req_body.sname, &spn));
    assert_span(spn.host, "x");
    assert_span(out->req_body.realm, "R");
}

/* MIT: an encrypted challenge outside FAST was checked with an armour key that was not there. */
static void cve_2021_36222(void **state)
{
    (void)state;
    struct krb_kdc_req r = empty_request(KRB_AS_REQ);
    struct krb_padata p[] = {{KRB_PA_ENCRYPTED_CHALLENGE, SPAN_LIT("")},
                             {KRB_PA_FX_FAST, SPAN_LIT("")}};
    struct krb_encrypted *challenge = NULL;
    struct krb_fast_armored_req *fast = NULL;
    r.padata = (struct krb_padata_list){p, 2};
    struct krb_kdc_req *out = round_trip(&r);
    const struct krb_padata *c = krb_padata_find(&out->padata, KRB_PA_ENCRYPTED_CHALLENGE);
    const struct krb_padata *f = krb_padata_find(&out->padata, KRB_PA_FX_FAST);
    assert_err(krb_decode_encrypted(c->padata_value, &arena, &challenge), ERR_TRUNCATED);
    assert_err(krb_decode_fast_request(f->padata_value, &arena, &fast), ERR_TRUNCATED);
    assert_null(challenge);
    assert_null(fast);
}

/* MIT: a FAST request whose inner body has no service name replaced an outer one that had. */
static void cve_2021_37750(void **state)
{
    (void)state;
    struct krb_fast_req r = {.req_body = empty_request(KRB_TGS_REQ).req_body}, *out;
    struct span in;
    assert_ok(krb_encode_fast_req(&r, &arena, &in));
    assert_ok(krb_decode_fast_req(in, &arena, &out));
    assert_null(out->req_body.sname);
    assert_null(out->req_body.cname);
    assert_int_equal(out->padata.count, 0);
}

/* MIT: recursion as deep as a message of nested indefinite lengths. */
static void cve_2020_28196(void **state)
{
    (void)state;
    uint8_t deep[4096];
    struct krb_kdc_req *out = NULL;
    for (size_t i = 0; i < sizeof(deep); i += 2) {
        deep[i] = i ? 0x30 : 0x6a;
        deep[i + 1] = 0x80;
    }
    assert_err(krb_decode_kdc_req(span_of(deep, sizeof(deep)), &arena, &out), ERR_MALFORMED);
    assert_null(out);
}

/* MIT: a GeneralizedTime of a wrong length freed memory that was never allocated. */
static void cve_2009_0846(void **state)
{
    (void)state;
    struct krb_pa_enc_ts *out = NULL;
    assert_ok(
        krb_decode_pa_enc_ts(hex("3013a011180f32303236313132323131333632395a"), &arena, &out));
    out = NULL;
    assert_err(krb_decode_pa_enc_ts(hex("3004a0021800"), &arena, &out), ERR_MALFORMED);
    assert_err(krb_decode_pa_enc_ts(hex("3005a003020101"), &arena, &out), ERR_MALFORMED);
    assert_err(krb_decode_pa_enc_ts(hex("3012a010180e323032363131323231313336325a"), &arena, &out),
               ERR_MALFORMED);
    assert_null(out);
}

/* MIT: a length close to the end of memory made the inner buffer larger than the outer one. */
static void cve_2009_0847(void **state)
{
    (void)state;
    static const char *rows[] = {"3084ffffffff", "30847fffffffa084fffffff0", "3080a0ff",
                                 "30847fffffff"};
    struct krb_encrypted *out = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(krb_decode_encrypted(hex(rows[i]), &arena, &out) != ERR_OK);
    assert_err(krb_decode_encrypted(hex("3009a084fffffff0020112"), &arena, &out), ERR_MALFORMED);
    assert_null(out);
}

/* Not one defect but a family: a name that ends at a zero byte to one reader and not to another. */
static void names_with_zero_bytes(void **state)
{
    (void)state;
    struct krb_kdc_req r = empty_request(KRB_AS_REQ);
    struct span in;
    r.req_body.realm = SPAN_LIT("R\0S");
    assert_err(krb_encode_as_req(&r, &arena, &in), ERR_RANGE);
    r.req_body.realm = SPAN_LIT("R!S");
    assert_ok(krb_encode_as_req(&r, &arena, &in));
    struct krb_kdc_req *back = NULL;
    uint8_t *copy = arena_dup(&arena, in.ptr, in.len);
    uint8_t *mark = memmem(copy, in.len, "R!S", 3);
    assert_ok(krb_decode_kdc_req(span_of(copy, in.len), &arena, &back));
    mark[1] = 0;
    back = NULL;
    assert_err(krb_decode_kdc_req(span_of(copy, in.len), &arena, &back), ERR_MALFORMED);
    assert_null(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cve_2012_1014),  cmocka_unit_test(cve_2012_1015),
        cmocka_unit_test(cve_2013_1416),  cmocka_unit_test(cve_2013_1417),
        cmocka_unit_test(cve_2021_36222), cmocka_unit_test(cve_2021_37750),
        cmocka_unit_test(cve_2020_28196), cmocka_unit_test(cve_2009_0846),
        cmocka_unit_test(cve_2009_0847),  cmocka_unit_test(names_with_zero_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
