#include "wire/ldap/ldap_controls.h"
#include "wire/ldap/ldap_test.h"

static struct builder b;

static void begin(void)
{
    builder_in(&b, &arena, 1 << 16);
}

static void paged(void **state)
{
    (void)state;
    struct ldap_paged p = {1000, SPAN_LIT("next")}, out = {0};
    begin();
    ldap_put_paged(&b, &p);
    assert_hex(built(&b), "30840000000a020203e804046e657874");
    assert_ok(ldap_paged_decode(built(&b), &out));
    assert_int_equal(out.size, 1000);
    assert_span(out.cookie, "next");
    assert_ok(ldap_paged_decode(hex("30050201640400"), &out));
    assert_int_equal(out.size, 100);
    assert_err(ldap_paged_decode(SPAN_NONE, &out), ERR_MALFORMED);
    assert_err(ldap_paged_decode(hex("3005020164040000"), &out), ERR_MALFORMED);
    assert_err(ldap_paged_decode(hex("300502019c0400"), &out), ERR_RANGE);
    static uint8_t big[LDAP_PAGE_COOKIE_MAX + 1];
    begin();
    ldap_put_paged(&b, &(struct ldap_paged){1, span_of(big, sizeof(big))});
    assert_err(ldap_paged_decode(built(&b), &out), ERR_LIMIT);
    assert_int_equal(out.size, 100);
}

static void sort(void **state)
{
    (void)state;
    struct ldap_sort s;
    assert_ok(ldap_sort_decode(hex("301230040402636e300a0408322e352e31332e33"), &arena, &s));
    assert_int_equal(s.count, 2);
    assert_span(s.keys[0].attr, "cn");
    assert_false(s.keys[0].reverse);
    assert_ok(ldap_sort_decode(hex("3010300e0402736e8005312e322e33810101"), &arena, &s));
    assert_span(s.keys[0].rule, "1.2.3");
    assert_true(s.keys[0].reverse);
    begin();
    ldap_put_sort(&b, &s);
    assert_hex(built(&b), "30840000001430840000000e0402736e8005312e322e338101ff");
    assert_err(ldap_sort_decode(hex("3000"), &arena, &s), ERR_MALFORMED);
    begin();
    struct ldap_sort_key keys[LDAP_SORT_KEYS_MAX + 1] = {0};
    ldap_put_sort(&b, &(struct ldap_sort){keys, LDAP_SORT_KEYS_MAX + 1});
    assert_err(ldap_sort_decode(built(&b), &arena, &s), ERR_LIMIT);
    begin();
    ldap_put_sort_response(&b, 16, SPAN_LIT("cn"));
    assert_hex(built(&b), "3084000000070a01108002636e");
}

static void flag_words(void **state)
{
    (void)state;
    uint32_t v = 9;
    assert_ok(ldap_sd_flags_decode(hex("3003020107"), &v));
    assert_int_equal(v, 7);
    assert_ok(ldap_sd_flags_decode(hex("30840000000302010f"), &v));
    assert_int_equal(v, 15);
    assert_err(ldap_sd_flags_decode(SPAN_NONE, &v), ERR_MALFORMED);
    assert_ok(ldap_search_options_decode(hex("3003020102"), &v));
    assert_int_equal(v, 2);
    assert_ok(ldap_extended_dn_decode(SPAN_NONE, &v));
    assert_int_equal(v, 0);
    assert_ok(ldap_extended_dn_decode(hex("3003020101"), &v));
    assert_int_equal(v, 1);
    assert_err(ldap_extended_dn_decode(hex("3000"), &v), ERR_MALFORMED);
    begin();
    ldap_put_flags_value(&b, 5);
    assert_hex(built(&b), "308400000003020105");
}

static void names_and_queries(void **state)
{
    (void)state;
    struct ldap_verify_name v;
    struct span attr;
    assert_ok(ldap_verify_name_decode(hex("300702010004026100"), &v));
    assert_span(v.server, "a\0");
    assert_ok(ldap_asq_decode(hex("300804066d656d626572"), &attr));
    assert_span(attr, "member");
    begin();
    ldap_put_asq_response(&b, 0);
    assert_hex(built(&b), "3084000000030a0100");
}

static void vlv(void **state)
{
    (void)state;
    struct ldap_vlv v;
    assert_ok(ldap_vlv_decode(hex("300e020101020102a006020103020104"), &v));
    assert_true(v.by_offset);
    assert_int_equal(v.before, 1);
    assert_int_equal(v.after, 2);
    assert_int_equal(v.offset, 3);
    assert_int_equal(v.content_count, 4);
    assert_null(v.context_id.ptr);
    assert_ok(ldap_vlv_decode(hex("300c020101020102810161"
                                  "040178"),
                              &v));
    assert_false(v.by_offset);
    assert_span(v.assertion, "a");
    assert_span(v.context_id, "x");
    assert_err(ldap_vlv_decode(hex("3006020101020102"), &v), ERR_MALFORMED);
    begin();
    ldap_put_vlv_response(&b, 3, 4, 0, SPAN_NONE);
    assert_hex(built(&b), "3084000000090201030201040a0100");
}

static void dirsync(void **state)
{
    (void)state;
    struct ldap_dirsync d;
    assert_ok(ldap_dirsync_decode(hex("300c0205008000000102010004"
                                      "00"),
                                  &d));
    assert_true(d.flags == 0x80000001);
    assert_ok(ldap_dirsync_decode(hex("300b020480000001020100"
                                      "0400"),
                                  &d));
    assert_true(d.flags == 0x80000001);
    begin();
    ldap_put_dirsync(&b, &(struct ldap_dirsync){1, 0, SPAN_LIT("c")});
    assert_hex(built(&b), "308400000009020101020100040163");
}

static void password_modify(void **state)
{
    (void)state;
    struct ldap_passwd_modify p = {.user = SPAN_LIT("u"), .new_password = SPAN_LIT("n")}, out;
    begin();
    ldap_put_passwd_modify(&b, &p);
    assert_hex(built(&b), "30840000000680017582016e");
    assert_ok(ldap_passwd_modify_decode(built(&b), &out));
    assert_span(out.user, "u");
    assert_null(out.old_password.ptr);
    assert_span(out.new_password, "n");
    assert_ok(ldap_passwd_modify_decode(SPAN_NONE, &out));
    assert_null(out.user.ptr);
    assert_err(ldap_passwd_modify_decode(hex("3003830161"), &out), ERR_MALFORMED);
    begin();
    ldap_put_passwd_generated(&b, SPAN_LIT("g"));
    assert_hex(built(&b), "308400000003800167");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paged),
        cmocka_unit_test(sort),
        cmocka_unit_test(flag_words),
        cmocka_unit_test(names_and_queries),
        cmocka_unit_test(vlv),
        cmocka_unit_test(dirsync),
        cmocka_unit_test(password_modify),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
