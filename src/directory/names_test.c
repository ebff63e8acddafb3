#include "directory/names.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1 << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct dn parse(const char *text)
{
    struct dn d;
    assert_int_equal(dn_parse(span_str(text), &arena, &d), ERR_OK);
    return d;
}

static void prints(const char *text, const char *want)
{
    struct dn d = parse(text);
    struct span got;
    assert_int_equal(dn_print(&d, &arena, &got), ERR_OK);
    if (!span_eq(got, span_str(want)))
        fail_msg("%s: got %.*s, want %s", text, SPAN_ARG(got), want);
}

static void test_forms_of_one_name(void **state)
{
    (void)state;
    prints("CN=a,DC=b", "CN=a,DC=b");
    prints(" cn = a b , dc= c ", "CN=a b,DC=c");
    prints("cn=a;dc=b", "CN=a,DC=b");
    prints("CN=Smith\\, John\\+1,OU=x\\\"y\\\\", "CN=Smith\\, John\\+1,OU=x\\\"y\\\\");
    prints("CN=\\20x\\ ,O=\\#1", "CN=\\ x\\ ,O=\\#1");
    prints("CN=\"a,b\\\"c\",O=y", "CN=a\\,b\\\"c,O=y");
    prints("CN=a\\0ADEL:1,O=y", "CN=a\\0ADEL:1,O=y");
    prints("CN=#0C03414243", "CN=ABC");
    prints("CN=#0c810141", "CN=A");
    prints("2.5.4.3=x", "2.5.4.3=x");
    prints("CN=a=b", "CN=a\\=b");
    prints("CN=J\\C3\\B6rg", "CN=J\xc3\xb6rg");
    prints("", "");
    prints("  ", "");
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "CN",
        "CN=",
        "=x",
        "CN=a,",
        "CN=a,,DC=b",
        ",CN=a",
        "CN=a+OU=b",
        "CN=a\\",
        "CN=a\\z",
        "CN=a\\4",
        "CN=\"a",
        "CN=\"a\"b",
        "CN=a\"b",
        "CN=#",
        "CN=#0C",
        "CN=#0C0441",
        "CN=#0C0",
        "CN=#300141",
        "CN=#0C83000001",
        "CN=\\ff",
        "CN=\\00",
        "CN=\xff",
        "C N=a",
        "CN=a<b",
        "CN=<GUID=1>",
        "<",
        "<>",
        "<GUID=>",
        "<GUID=123>",
        "<SID=S-1>",
        "<SID=01>",
        "<X=1>",
        "<GUID=00000000000000000000000000000000",
        "<GUID=00000000000000000000000000000000>,CN=a",
        "<GUID=00000000000000000000000000000000>;CN=a",
        "<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd>",
        "<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,DC=a+DC=b>",
        "<WKGUID=a9d1ca15-7688-11d1-aded-00c04fd8d5cd,DC=a>",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct dn d;
        if (dn_parse(span_str(bad[i]), &arena, &d) != ERR_MALFORMED)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void test_limits(void **state)
{
    (void)state;
    static char text[DN_TEXT_MAX + 2];
    struct dn d;
    memset(text, 'a', sizeof(text));
    memcpy(text, "CN=", 3);
    assert_int_equal(dn_parse(span_of(text, 3 + DN_VALUE_MAX), &arena, &d), ERR_OK);
    assert_int_equal(dn_parse(span_of(text, 4 + DN_VALUE_MAX), &arena, &d), ERR_LIMIT);
    assert_int_equal(dn_parse(span_of(text, sizeof(text)), &arena, &d), ERR_LIMIT);
    for (size_t i = 0; i + 4 <= 4 * (DN_RDNS_MAX + 1); i += 4)
        memcpy(text + i, "C=a,", 4);
    assert_int_equal(dn_parse(span_of(text, 4 * DN_RDNS_MAX + 3), &arena, &d), ERR_LIMIT);
}

static void test_special_forms(void **state)
{
    (void)state;
    struct dn d = parse("<guid=6ba7b810-9dad-11d1-80b4-00c04fd430c8>");
    struct dn e = parse("<GUID=10b8a76bad9dd11180b400c04fd430c8>");
    assert_int_equal(d.form, DN_GUID);
    assert_true(dn_eq(&d, &e));
    d = parse("<SID=S-1-5-32-544>");
    e = parse("<SID=01020000000000052000000020020000>");
    assert_int_equal(d.form, DN_SID);
    assert_true(dn_eq(&d, &e));
    d = parse("<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,dc=aws,dc=example>");
    assert_int_equal(d.form, DN_WKGUID);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.guid.b[0], 0xa9);
    prints("<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,dc=aws>",
           "<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,DC=aws>");
}

static void test_equality(void **state)
{
    (void)state;
    struct dn a = parse("cn=\xc3\x84pfel,2.5.4.11=X"), b = parse("CN=\xc3\xa4PFEL,OU=x");
    struct dn c = parse("CN=\xc3\xa4PFEL,O=x");
    assert_true(dn_eq(&a, &b));
    assert_false(dn_eq(&a, &c));
}

/* Any values, printed and parsed again, are the same values. */
static void test_round_trip_of_random_values(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a", " ", "  ", ",",    "+",    "\"",       "\\",           "<",  ">", ";",
        "=", "#", "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "0A", "Z"};
    uint32_t seed = 42;
    for (int round = 0; round < 3000; round++) {
        struct dn_rdn rdn[4];
        struct dn d = {.rdn = rdn}, back;
        char value[4][64];
        seed = seed * 1664525 + 1013904223;
        d.count = 1 + (seed >> 16) % 4;
        for (unsigned i = 0; i < d.count; i++) {
            size_t len = 0;
            seed = seed * 1664525 + 1013904223;
            for (unsigned n = 1 + (seed >> 16) % 8; n; n--) {
                seed = seed * 1664525 + 1013904223;
                const char *p = pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))];
                memcpy(value[i] + len, p, strlen(p));
                len += strlen(p);
            }
            rdn[i] = (struct dn_rdn){SPAN_LIT("CN"), span_of(value[i], len)};
        }
        struct span text;
        assert_int_equal(dn_print(&d, &arena, &text), ERR_OK);
        assert_int_equal(dn_parse(text, &arena, &back), ERR_OK);
        assert_int_equal(back.count, d.count);
        for (unsigned i = 0; i < d.count; i++)
            assert_true(span_eq(back.rdn[i].value, rdn[i].value));
        arena_reset(&arena);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_forms_of_one_name), T(test_malformed), T(test_limits),
        T(test_special_forms),     T(test_equality),  T(test_round_trip_of_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
