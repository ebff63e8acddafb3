#include "base/test.h"
#include "wire/dns/dns_name.h"

static struct dns_name name(const char *text)
{
    struct dns_name n;
    assert_ok(dns_name_from_text(span_str(text), &n));
    return n;
}

static void text_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "aws.example.com",    ".",        "_ldap._tcp.Site-1._sites.x", "a\\.b.example",
        "\\000\\255.example", "*.example"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct dns_name n = name(texts[i]);
        char out[DNS_TEXT_MAX];
        assert_ok(dns_name_check(dns_name_span(&n)));
        assert_int_equal(dns_name_to_text(dns_name_span(&n), out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
    struct dns_name dotted = name("a.b.");
    assert_span(dns_name_span(&dotted), "\1a\1b\0");
}

static void bad_text_is_refused(void **state)
{
    (void)state;
    char label[80], long_name[300];
    memset(label, 'a', sizeof(label));
    for (size_t i = 0; i < sizeof(long_name); i++)
        long_name[i] = i % 50 == 49 ? '.' : 'a';
    struct span bad[] = {SPAN_NONE,
                         SPAN_LIT("a..b"),
                         SPAN_LIT(".a"),
                         span_of(label, 64),
                         SPAN_LIT("a\\300.b"),
                         SPAN_LIT("a\0b"),
                         span_of(long_name, sizeof(long_name))};
    struct dns_name n = {.len = 77};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_err(dns_name_from_text(bad[i], &n), ERR_MALFORMED);
    assert_int_equal(n.len, 77);
    assert_ok(dns_name_from_text(span_of(label, 63), &n));
}

static void wire_form_is_checked(void **state)
{
    (void)state;
    uint8_t longest[256] = {0};
    for (size_t i = 0; i < 255; i += 2) {
        longest[i] = 1;
        longest[i + 1] = 'a';
    }
    longest[254] = 0;
    assert_ok(dns_name_check(span_of(longest, 255)));
    longest[254] = 1;
    longest[255] = 0;
    assert_err(dns_name_check(span_of(longest, 256)), ERR_MALFORMED);
    assert_err(dns_name_check(SPAN_NONE), ERR_MALFORMED);
    assert_err(dns_name_check(SPAN_LIT("\1a")), ERR_MALFORMED);
    assert_err(dns_name_check(SPAN_LIT("\5a\0")), ERR_MALFORMED);
    assert_err(dns_name_check(SPAN_LIT("\1a\0\0")), ERR_MALFORMED);
    assert_err(dns_name_check(SPAN_LIT("\xc0\x0c")), ERR_MALFORMED);
}

static void relations(void **state)
{
    (void)state;
    struct dns_name host = name("Dc1.AWS.example.com"), zone = name("aws.EXAMPLE.com");
    struct dns_name other = name("xaws.example.com"), root = name(".");
    struct span h = dns_name_span(&host), z = dns_name_span(&zone);
    assert_true(dns_name_in(h, z));
    assert_true(dns_name_in(z, z));
    assert_false(dns_name_in(z, h));
    assert_false(dns_name_in(dns_name_span(&other), z));
    assert_true(dns_name_in(h, dns_name_span(&root)));
    assert_true(dns_name_eq(dns_name_parent(h), z));
    assert_int_equal(dns_name_labels(h), 4);
    assert_int_equal(dns_name_labels(dns_name_span(&root)), 0);
    assert_int_equal(dns_name_parent(dns_name_span(&root)).len, 1);
    assert_true(dns_name_eq(dns_name_skip(h, 1), z));
    assert_int_equal(dns_name_skip(h, 99).len, 1);
}

static void made_names(void **state)
{
    (void)state;
    struct dns_name zone = name("Example.com"), n;
    assert_ok(dns_name_wildcard(dns_name_span(&zone), &n));
    assert_span(dns_name_span(&n), "\1*\7Example\3com\0");
    dns_name_lower(dns_name_span(&n), &n);
    assert_span(dns_name_span(&n), "\1*\7example\3com\0");
    uint8_t ones[32];
    memset(ones, 0xff, sizeof(ones));
    dns_name_mix_case(&n, ones);
    assert_span(dns_name_span(&n), "\1*\7EXAMPLE\3COM\0");
    struct dns_name full = name("a");
    while (full.len <= 251)
        assert_ok(dns_name_join(SPAN_LIT("\3abc"), dns_name_span(&full), &full));
    assert_err(dns_name_join(SPAN_LIT("\3abc"), dns_name_span(&full), &full), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_back),        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(wire_form_is_checked), cmocka_unit_test(relations),
        cmocka_unit_test(made_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
