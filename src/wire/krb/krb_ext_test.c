/* What is not in RFC 4120: Windows' own structures, the place of the PAC, and encodings by hand. */
#include "base/test_arena.h"
#include "wire/krb/krb_msg.h"

static void assert_hex(struct span got, const char *want)
{
    assert_span_equal(text_hex(&arena, got), span_str(want));
}

/* STATUS_ACCOUNT_DISABLED as a domain controller of Windows sends it. */
static void extended_errors(void **state)
{
    (void)state;
    struct span out;
    struct krb_error_data *d;
    struct krb_ext_error e;
    assert_ok(krb_ext_error_encode(0xc0000072, &arena, &out));
    assert_hex(out, "3015a103020103a20e040c720000c00000000001000000");
    assert_ok(krb_decode_error_data(out, &arena, &d));
    assert_int_equal(d->data_type, KRB_ERR_TYPE_EXTENDED);
    assert_ok(krb_ext_error_decode(d->data_value, &e));
    assert_true(e.status == 0xc0000072);
    assert_int_equal(e.flags, 1);
    assert_err(krb_ext_error_decode(span_sub(d->data_value, 0, 11), &e), ERR_TRUNCATED);
    assert_err(krb_ext_error_decode(SPAN_LIT("1234567890123"), &e), ERR_MALFORMED);
}

static void words(void **state)
{
    (void)state;
    uint32_t bits = 0;
    uint8_t mem[64];
    struct builder b;
    struct span out;
    assert_ok(krb_supported_enctypes_decode(SPAN_LIT("\x18\0\0\0"), &bits));
    assert_int_equal(bits, 0x18);
    assert_err(krb_supported_enctypes_decode(SPAN_LIT("\x18\0\0\0\0"), &bits), ERR_MALFORMED);
    builder_over(&b, mem, sizeof(mem));
    krb_put_supported_enctypes(&b, 0x1f);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\x1f\0\0\0");
    struct krb_token_info t = {.flags = 1, .token_il = 0x2000}, again;
    t.machine_id[31] = 7;
    builder_over(&b, mem, sizeof(mem));
    krb_put_token_info(&b, &t);
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, 40);
    assert_ok(krb_token_info_decode(out, &again));
    assert_int_equal(again.token_il, 0x2000);
    assert_int_equal(again.machine_id[31], 7);
    assert_err(krb_token_info_decode(span_sub(out, 0, 39), &again), ERR_TRUNCATED);
}

/* [MS-SFU] 2.2.1 */
static void for_user(void **state)
{
    (void)state;
    struct krb_pa_for_user p = {
        .user_name = krb_name_2(KRB_NT_PRINCIPAL, SPAN_LIT("ab"), SPAN_LIT("c"), &arena),
        .user_realm = SPAN_LIT("REALM"),
        .auth_package = SPAN_LIT("Kerberos")};
    struct span out;
    assert_ok(krb_pa_for_user_signed(&p, &arena, &out));
    assert_span(out, "\1\0\0\0abcREALMKerberos");
}

static void small_messages(void **state)
{
    (void)state;
    struct span out;
    struct krb_pa_pac_request pac = {true};
    assert_ok(krb_encode_pa_pac_request(&pac, &arena, &out));
    assert_hex(out, "3005a0030101ff");
    struct krb_pa_pac_options opt = {KRB_PAC_OPT_CLAIMS};
    assert_ok(krb_encode_pa_pac_options(&opt, &arena, &out));
    assert_hex(out, "3009a00703050080000000");
    int32_t etypes[] = {18, 17, -128};
    struct krb_ints list = {etypes, 3};
    assert_ok(krb_encode_etypes(&list, &arena, &out));
    assert_hex(out, "3009020112020111020180");
    struct krb_pa_svr_referral ref = {.referred_realm = SPAN_LIT("R")};
    assert_ok(krb_encode_pa_svr_referral(&ref, &arena, &out));
    assert_hex(out, "3005a0031b0152");
    struct krb_name name = krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("a"), &arena);
    ref.referred_name = &name;
    assert_ok(krb_encode_pa_svr_referral(&ref, &arena, &out));
    assert_hex(out, "3015a10e300ca003020101a10530031b0161a0031b0152");
    struct krb_ad_restriction r = {0, SPAN_LIT("x")};
    struct krb_ad_restrictions rs = {&r, 1};
    assert_ok(krb_encode_ad_restrictions(&rs, &arena, &out));
    assert_hex(out, "300c300aa003020100a103040178");
}

/* A kvno of a read-only DC, high half set: signed on the wire, both forms read. */
static void kvno_is_a_signed_word(void **state)
{
    (void)state;
    struct krb_encrypted *e, v = {18, true, 0xabcd0001, SPAN_LIT("c")};
    struct span out;
    assert_ok(krb_encode_encrypted(&v, &arena, &out));
    assert_hex(out, "3012a003020112a1060204abcd0001a203040163");
    assert_ok(krb_decode_encrypted(out, &arena, &e));
    assert_true(e->kvno == 0xabcd0001);
    assert_ok(krb_decode_encrypted(hex("3013a003020112a107020500abcd0001a203040163"), &arena, &e));
    assert_true(e->kvno == 0xabcd0001);
}

static void nonces_keep_their_sign(void **state)
{
    (void)state;
    struct krb_s4u_user_id *u, v = {.nonce = UINT32_MAX, .crealm = SPAN_LIT("R")};
    struct span out;
    assert_ok(krb_encode_s4u_user_id(&v, &arena, &out));
    assert_hex(out, "300ea007020500ffffffffa2031b0152");
    v.nonce = -1;
    assert_ok(krb_encode_s4u_user_id(&v, &arena, &out));
    assert_hex(out, "300aa0030201ffa2031b0152");
    assert_ok(krb_decode_s4u_user_id(out, &arena, &u));
    assert_true(u->nonce == -1);
    assert_span_equal(u->raw, out);
    v.nonce = INT64_C(1) << 32;
    assert_err(krb_encode_s4u_user_id(&v, &arena, &out), ERR_RANGE);
}

/* RFC 4120 section 5.4.2: the part of an AS reply may have either tag. */
static void either_tag_of_a_reply(void **state)
{
    (void)state;
    struct krb_enc_kdc_rep_part *out, v = {.srealm = SPAN_LIT("R"), .nonce = 7};
    struct span in;
    assert_ok(krb_encode_enc_tgs_rep_part(&v, &arena, &in));
    assert_int_equal(in.ptr[0], 0x7a);
    assert_ok(krb_decode_enc_kdc_rep_part(in, &arena, &out));
    assert_ok(krb_encode_enc_as_rep_part(&v, &arena, &in));
    assert_int_equal(in.ptr[0], 0x79);
    assert_ok(krb_decode_enc_kdc_rep_part(in, &arena, &out));
    assert_true(out->nonce == 7);
    assert_int_equal(in.ptr[2], 0x30);
}

static struct krb_enc_ticket_part ticket_of(struct krb_authdata_list l)
{
    return (struct krb_enc_ticket_part){
        .flags = KRB_TKT_INITIAL, .crealm = SPAN_LIT("R"), .authorization_data = l};
}

static void the_pac_of_a_ticket(void **state)
{
    (void)state;
    struct krb_authdata_list l;
    struct span pac, with_zero, signed_bytes;
    assert_ok(krb_authdata_of_pac(SPAN_LIT("a PAC"), &arena, &l));
    assert_hex(l.items[0].ad_data, "3011300fa00402020080a10704056120504143");
    struct krb_enc_ticket_part t = ticket_of(l);
    assert_ok(krb_ticket_pac(&l, &arena, &pac));
    assert_span(pac, "a PAC");
    assert_ok(krb_ticket_signed_bytes(&t, &arena, &signed_bytes));
    assert_ok(krb_ticket_pac(&t.authorization_data, &arena, &pac));
    assert_span(pac, "a PAC");
    assert_ok(krb_authdata_of_pac(SPAN_LIT("\0"), &arena, &l));
    t = ticket_of(l);
    assert_ok(krb_encode_enc_ticket_part(&t, &arena, &with_zero));
    assert_span_equal(signed_bytes, with_zero);
}

static void tickets_without_one_pac(void **state)
{
    (void)state;
    struct krb_authdata_list one, none = {0};
    struct span out = SPAN_NONE;
    assert_ok(krb_authdata_of_pac(SPAN_LIT("a"), &arena, &one));
    assert_err(krb_ticket_pac(&none, &arena, &out), ERR_NOT_FOUND);
    struct krb_authdata two[] = {one.items[0], one.items[0]};
    struct krb_authdata_list twice = {two, 2};
    assert_err(krb_ticket_pac(&twice, &arena, &out), ERR_MALFORMED);
    struct krb_authdata bare = {KRB_AD_WIN2K_PAC, SPAN_LIT("a")};
    struct krb_authdata_list outside = {&bare, 1};
    assert_err(krb_ticket_pac(&outside, &arena, &out), ERR_NOT_FOUND);
    struct krb_authdata broken = {KRB_AD_IF_RELEVANT, SPAN_LIT("\x30\x05")};
    struct krb_authdata_list bad = {&broken, 1};
    assert_err(krb_ticket_pac(&bad, &arena, &out), ERR_TRUNCATED);
    struct krb_enc_ticket_part t = ticket_of(none);
    assert_err(krb_ticket_signed_bytes(&t, &arena, &out), ERR_NOT_FOUND);
    assert_null(out.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extended_errors),
        cmocka_unit_test(words),
        cmocka_unit_test(for_user),
        cmocka_unit_test(small_messages),
        cmocka_unit_test(kvno_is_a_signed_word),
        cmocka_unit_test(nonces_keep_their_sign),
        cmocka_unit_test(either_tag_of_a_reply),
        cmocka_unit_test(the_pac_of_a_ticket),
        cmocka_unit_test(tickets_without_one_pac),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
