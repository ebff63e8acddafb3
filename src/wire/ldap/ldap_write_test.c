/* Responses: golden bytes, what the client's decoder reads from them, and what impacket reads. */
#include "wire/ldap/ldap_client.h"
#include "wire/ldap/ldap_controls.h"
#include "wire/ldap/ldap_test.h"
#include "wire/ldap/ldap_write.h"

static struct builder b;

static void begin(void)
{
    builder_in(&b, &arena, 1 << 16);
}

static struct ldap_response *decoded(void)
{
    struct ldap_response *r = NULL;
    assert_ok(ldap_decode_response(built(&b), &arena, &r));
    return r;
}

static void results(void **state)
{
    (void)state;
    struct span urls[] = {SPAN_LIT("ldap://a"), SPAN_LIT("ldap://b")};
    struct ldap_control c = {SPAN_LIT("1.2"), true, SPAN_LIT("v")};
    struct ldap_result r = {LDAP_REFERRAL, SPAN_LIT("dc=x"), SPAN_LIT("why"), urls, 2};
    begin();
    ldap_put_result(&b, 7, LDAP_MODIFY_RESPONSE, &r, &c, 1);
    assert_hex(built(&b), "308400000048"
                          "020107"
                          "678400000028"
                          "0a010a"
                          "040464633d78"
                          "0403776879"
                          "a38400000014"
                          "04086c6461703a2f2f61"
                          "04086c6461703a2f2f62"
                          "a08400000011"
                          "30840000000b"
                          "0403312e32"
                          "0101ff"
                          "040176");
    struct ldap_response *out = decoded();
    assert_int_equal(out->id, 7);
    assert_int_equal(out->op, LDAP_MODIFY_RESPONSE);
    assert_int_equal(out->code, LDAP_REFERRAL);
    assert_span(out->matched_dn, "dc=x");
    assert_span(out->message, "why");
    assert_int_equal(out->referral_count, 2);
    assert_span(out->referrals[1], "ldap://b");
    assert_true(ldap_response_control(out, "1.2")->critical);
    assert_span(ldap_response_control(out, "1.2")->value, "v");
    assert_null(ldap_response_control(out, "1.3"));
}

static void bind_responses(void **state)
{
    (void)state;
    struct ldap_result r = {.code = LDAP_SASL_BIND_IN_PROGRESS};
    begin();
    ldap_put_bind_response(&b, 2, &r, SPAN_LIT("tok"), NULL, 0);
    assert_hex(built(&b), "3084000000150201026184000000"
                          "0c"
                          "0a010e"
                          "0400"
                          "0400"
                          "8703746f6b");
    struct ldap_response *out = decoded();
    assert_int_equal(out->op, LDAP_BIND_RESPONSE);
    assert_span(out->sasl_creds, "tok");
    begin();
    ldap_put_bind_response(&b, 2, &r, SPAN_NONE, NULL, 0);
    assert_null(decoded()->sasl_creds.ptr);
}

static void extended_responses(void **state)
{
    (void)state;
    struct ldap_result r = {.code = LDAP_SUCCESS};
    begin();
    ldap_put_extended_response(&b, 3, &r, SPAN_NONE, SPAN_LIT("u:EX\\a"));
    struct ldap_response *out = decoded();
    assert_null(out->oid.ptr);
    assert_span(out->value, "u:EX\\a");
    begin();
    ldap_put_disconnect_notice(&b, LDAP_PROTOCOL_ERROR, SPAN_LIT("bye"));
    assert_hex(built(&b), "30840000002b020100788400000022"
                          "0a0102"
                          "0400"
                          "0403627965"
                          "8a16312e332e362e312e342e312e313436362e3230303336");
    out = decoded();
    assert_int_equal(out->id, 0);
    assert_span(out->oid, LDAP_EXOP_DISCONNECT_NOTICE);
    assert_null(out->value.ptr);
}

static void entries(void **state)
{
    (void)state;
    struct ldap_entry e;
    begin();
    ldap_entry_begin(&e, &b, 4, SPAN_LIT("cn=a"));
    ldap_entry_attr(&e, SPAN_LIT("cn"));
    ldap_entry_value(&e, SPAN_LIT("a"));
    memcpy(ldap_entry_value_room(&e, 2), "bb", 2);
    ldap_entry_attr(&e, SPAN_LIT("sn"));
    ldap_entry_attr(&e, SPAN_LIT("x"));
    ldap_entry_value_begin(&e);
    builder_printf(&b, "%d", 12345);
    ldap_entry_value_end(&e);
    ldap_entry_end(&e, NULL, 0);
    assert_hex(built(&b), "308400000056020104"
                          "64840000004d"
                          "0404636e3d61"
                          "308400000041"
                          "308400000011"
                          "0402636e"
                          "318400000007"
                          "040161"
                          "04026262"
                          "30840000000a"
                          "0402736e"
                          "318400000000"
                          "308400000014"
                          "040178"
                          "31840000000b"
                          "0484000000053132333435");
    struct ldap_response *out = decoded();
    assert_span(out->dn, "cn=a");
    assert_int_equal(out->attr_count, 3);
    const struct ldap_attribute *cn = ldap_response_attr(out, "CN");
    assert_int_equal(cn->count, 2);
    assert_span(cn->values[1], "bb");
    assert_int_equal(ldap_response_attr(out, "sn")->count, 0);
    assert_span(ldap_response_attr(out, "x")->values[0], "12345");
    assert_null(ldap_response_attr(out, "y"));
}

static void entries_can_be_taken_back(void **state)
{
    (void)state;
    struct ldap_entry e;
    begin();
    builder_span(&b, SPAN_LIT("before"));
    ldap_entry_begin(&e, &b, 4, SPAN_LIT("cn=a"));
    ldap_entry_attr(&e, SPAN_LIT("cn"));
    ldap_entry_value(&e, SPAN_LIT("a"));
    ldap_entry_cancel(&e);
    assert_span(built(&b), "before");
}

static void entries_with_controls_and_none(void **state)
{
    (void)state;
    struct ldap_entry e;
    struct ldap_control c = {.oid = SPAN_LIT("1.2")};
    begin();
    ldap_entry_begin(&e, &b, 4, SPAN_NONE);
    ldap_entry_end(&e, &c, 1);
    struct ldap_response *out = decoded();
    assert_int_equal(out->attr_count, 0);
    assert_int_equal(out->control_count, 1);
    assert_false(out->controls[0].critical);
    assert_null(out->controls[0].value.ptr);
}

static void references(void **state)
{
    (void)state;
    struct span urls[] = {SPAN_LIT("ldap://a")};
    begin();
    ldap_put_search_reference(&b, 5, urls, 1);
    assert_hex(built(&b), "30840000001302010573840000000a"
                          "04086c6461703a2f2f61");
    struct ldap_response *out = decoded();
    assert_int_equal(out->op, LDAP_SEARCH_REFERENCE);
    assert_span(out->referrals[0], "ldap://a");
}

static void a_full_builder_fails_once(void **state)
{
    (void)state;
    uint8_t mem[40];
    struct ldap_entry e;
    builder_over(&b, mem, sizeof(mem));
    ldap_entry_begin(&e, &b, 4, SPAN_LIT("cn=a"));
    ldap_entry_attr(&e, SPAN_LIT("description"));
    assert_null(ldap_entry_value_room(&e, 100));
    ldap_entry_value(&e, SPAN_LIT("a"));
    ldap_entry_end(&e, NULL, 0);
    struct span out;
    assert_err(builder_done(&b, &out), ERR_LIMIT);
}

static void responses_that_are_refused(void **state)
{
    (void)state;
    struct ldap_response *r;
    assert_err(ldap_decode_response(hex("300c020101600702010304008000"), &arena, &r),
               ERR_UNSUPPORTED);
    assert_err(ldap_decode_response(hex("300c02010161070a010004000400"
                                        "00"),
                                    &arena, &r),
               ERR_MALFORMED);
    assert_err(ldap_decode_response(hex("300a02010161050a01000400"), &arena, &r), ERR_MALFORMED);
    assert_err(ldap_decode_response(hex("300c02010161070a0100"), &arena, &r), ERR_TRUNCATED);
    assert_ok(ldap_decode_response(hex("300c02010161070a010004000400"), &arena, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results),
        cmocka_unit_test(bind_responses),
        cmocka_unit_test(extended_responses),
        cmocka_unit_test(entries),
        cmocka_unit_test(entries_can_be_taken_back),
        cmocka_unit_test(entries_with_controls_and_none),
        cmocka_unit_test(references),
        cmocka_unit_test(a_full_builder_fails_once),
        cmocka_unit_test(responses_that_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
