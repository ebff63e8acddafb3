#include "base/test_arena.h"
#include "wire/krb/krb_name.h"

static struct krb_principal parse(const char *text)
{
    struct krb_principal p;
    assert_ok(krb_parse(span_str(text), SPAN_LIT("DEFAULT"), KRB_NT_PRINCIPAL, &arena, &p));
    return p;
}

static void parsing(void **state)
{
    (void)state;
    struct krb_principal p = parse("alice");
    assert_int_equal(p.name.type, KRB_NT_PRINCIPAL);
    assert_int_equal(p.name.parts.count, 1);
    assert_span(krb_part(&p.name, 0), "alice");
    assert_span(p.realm, "DEFAULT");
    p = parse("host/dc1.aws.example.com@AWS.EXAMPLE.COM");
    assert_int_equal(p.name.parts.count, 2);
    assert_span(krb_part(&p.name, 1), "dc1.aws.example.com");
    assert_null(krb_part(&p.name, 2).ptr);
    assert_span(p.realm, "AWS.EXAMPLE.COM");
    p = parse("a\\/b\\@c\\\\d\\n/e@R/S\\@T");
    assert_int_equal(p.name.parts.count, 2);
    assert_span(krb_part(&p.name, 0), "a/b@c\\d\n");
    assert_span(p.realm, "R/S@T");
    p = parse("a//b");
    assert_int_equal(p.name.parts.count, 3);
}

static void texts_that_are_refused(void **state)
{
    (void)state;
    static const char *bad[] = {"", "@R", "a@", "a@b@c", "a\\", "a@b\\", "a\\0b"};
    struct krb_principal p = {.realm = SPAN_LIT("untouched")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_err(krb_parse(span_str(bad[i]), SPAN_LIT("R"), 1, &arena, &p), ERR_MALFORMED);
    assert_err(krb_parse(SPAN_LIT("a\0b"), SPAN_LIT("R"), 1, &arena, &p), ERR_MALFORMED);
    assert_err(krb_parse(SPAN_LIT("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), SPAN_LIT("R"), 1,
                         &arena, &p),
               ERR_LIMIT);
    char big[KRB_NAME_TEXT_MAX + 1];
    memset(big, 'x', sizeof(big));
    assert_err(krb_parse(span_of(big, sizeof(big)), SPAN_LIT("R"), 1, &arena, &p), ERR_LIMIT);
    big[0] = '@';
    memcpy(big, "a@", 2);
    assert_err(krb_parse(span_of(big, KRB_REALM_MAX + 3), SPAN_LIT("R"), 1, &arena, &p), ERR_LIMIT);
    assert_span(p.realm, "untouched");
}

static void unparsing_is_the_inverse(void **state)
{
    (void)state;
    static const char *rows[] = {"alice@R", "a/b/c@R.S", "a\\/b\\@c\\\\d\\n\\t\\b/e@R/S\\@T",
                                 "a//b@R"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct krb_principal p = parse(rows[i]);
        assert_span_equal(krb_unparse(&p.name, p.realm, &arena), span_str(rows[i]));
    }
    struct krb_principal p = parse("a/b@R");
    assert_span(krb_unparse(&p.name, SPAN_NONE, &arena), "a/b");
    assert_span(krb_name_plain(&p.name, &arena), "a/b");
    p = parse("a\\/b@R");
    assert_span(krb_name_plain(&p.name, &arena), "a/b");
    struct krb_name none = {0};
    assert_int_equal(krb_name_plain(&none, &arena).len, 0);
}

static void enterprise_names(void **state)
{
    (void)state;
    struct krb_principal p;
    assert_ok(krb_parse_enterprise(SPAN_LIT("alice@corp.com"), SPAN_LIT("AWS"), &arena, &p));
    assert_int_equal(p.name.type, KRB_NT_ENTERPRISE);
    assert_int_equal(p.name.parts.count, 1);
    assert_span(krb_unparse(&p.name, p.realm, &arena), "alice\\@corp.com@AWS");
    assert_err(krb_parse_enterprise(SPAN_NONE, SPAN_LIT("AWS"), &arena, &p), ERR_MALFORMED);
}

static void comparing(void **state)
{
    (void)state;
    struct krb_principal a = parse("Host/dc1@R"), b = parse("host/DC1@r"),
                         c = parse("host/dc1/x@R");
    assert_false(krb_name_eq(&a.name, &b.name));
    assert_true(krb_name_eq_fold(&a.name, &b.name));
    assert_false(krb_name_eq_fold(&a.name, &c.name));
    assert_false(krb_principal_eq(&a, &b));
    assert_true(krb_principal_eq(&a, &a));
    assert_true(krb_realm_eq(a.realm, b.realm));
    b.name.type = KRB_NT_SRV_HST;
    assert_true(krb_name_eq_fold(&a.name, &b.name));
}

static void well_known_names(void **state)
{
    (void)state;
    struct krb_principal p = parse("KRBTGT/corp.example.com@R");
    struct span realm = SPAN_NONE;
    assert_true(krb_name_is_tgs(&p.name, &realm));
    assert_span(realm, "corp.example.com");
    assert_true(krb_name_is(&p.name, "krbtgt", "corp.example.com"));
    assert_false(krb_name_is(&p.name, "krbtgt", NULL));
    p = parse("krbtgt");
    assert_false(krb_name_is_tgs(&p.name, &realm));
    assert_true(krb_name_is(&p.name, "KrbTgt", NULL));
    assert_false(krb_name_is(&p.name, "krbtgt", "x"));
    struct krb_name n = krb_name_tgs(SPAN_LIT("AWS"), &arena);
    assert_int_equal(n.type, KRB_NT_SRV_INST);
    assert_span(krb_unparse(&n, SPAN_LIT("AWS"), &arena), "krbtgt/AWS@AWS");
}

static void service_names(void **state)
{
    (void)state;
    struct krb_spn s;
    assert_ok(krb_spn_parse(SPAN_LIT("MSSQLSvc/sql1.aws.example.com:1433"), &s));
    assert_span(s.service_class, "MSSQLSvc");
    assert_span(s.host, "sql1.aws.example.com");
    assert_span(s.port, "1433");
    assert_null(s.service_name.ptr);
    assert_ok(krb_spn_parse(SPAN_LIT("ldap/dc1/aws.example.com"), &s));
    assert_span(s.service_name, "aws.example.com");
    assert_null(s.port.ptr);
    static const char *bad[] = {"", "host", "host/", "/a", "a/b/c/d", "a/b/", "a/b:", "a/:1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_err(krb_spn_parse(span_str(bad[i]), &s), ERR_MALFORMED);
    struct krb_principal p = parse("GC/dc1/corp@R");
    assert_ok(krb_spn_from_name(&p.name, &s));
    assert_span(s.service_name, "corp");
    p = parse("alice");
    assert_err(krb_spn_from_name(&p.name, &s), ERR_MALFORMED);
    p = parse("a/b/c/d");
    assert_err(krb_spn_from_name(&p.name, &s), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing),
        cmocka_unit_test(texts_that_are_refused),
        cmocka_unit_test(unparsing_is_the_inverse),
        cmocka_unit_test(enterprise_names),
        cmocka_unit_test(comparing),
        cmocka_unit_test(well_known_names),
        cmocka_unit_test(service_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
