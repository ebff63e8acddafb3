#include "base/test.h"
#include "base/text.h"

static struct arena a;

static int setup(void **state)
{
    (void)state;
    arena_init(&a, 0, 1 << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&a);
    return 0;
}

static void validity(void **state)
{
    (void)state;
    assert_true(text_valid(SPAN_NONE));
    assert_true(text_valid(SPAN_LIT("plain ascii, longer than a word")));
    assert_true(text_valid(SPAN_LIT("J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x98\x80")));
    assert_true(text_valid(SPAN_LIT("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf")));
    static const char *const bad[] = {
        "\x80",             /* a lone continuation */
        "\xc0\x80",         /* overlong zero */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3",
        "abc\xe2\x82",
        "\xf0\x9f\x98",
        "\xe2\x28\xa1",
        "12345678\xc3",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_valid(span_str(bad[i])));
    assert_int_equal(text_valid_part(SPAN_LIT("abc\xe2\x82")).len, 3);
    assert_int_equal(text_valid_part(SPAN_LIT("\xc3\xbc\xc3\xbc\xc3")).len, 4);
    assert_int_equal(text_valid_part(SPAN_LIT("\xff")).len, 0);
    assert_int_equal(text_valid_part(SPAN_LIT("all of it \xc3\xbc")).len, 12);
}

static void ascii_is_seen_at_every_place(void **state)
{
    (void)state;
    char text[40];
    for (size_t len = 0; len < sizeof(text); len++) {
        memset(text, 'a', sizeof(text));
        assert_true(text_is_ascii(span_of(text, len)));
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)0x80;
            assert_false(text_is_ascii(span_of(text, len)));
            text[i] = 'a';
        }
    }
}

static void utf16_of_every_code_point(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp += cp < 0x3000 ? 1 : 61) {
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        arena_reset(&a);
        uint8_t units[4];
        size_t len = 2;
        if (cp < 0x10000) {
            units[0] = (uint8_t)cp;
            units[1] = (uint8_t)(cp >> 8);
        } else {
            uint32_t high = 0xd800 + ((cp - 0x10000) >> 10), low = 0xdc00 + (cp & 0x3ff);
            units[0] = (uint8_t)high;
            units[1] = (uint8_t)(high >> 8);
            units[2] = (uint8_t)low;
            units[3] = (uint8_t)(low >> 8);
            len = 4;
        }
        struct span utf8, back;
        assert_ok(text_from_utf16(span_of(units, len), &a, &utf8));
        assert_true(text_valid(utf8));
        assert_ok(text_to_utf16(utf8, &a, &back));
        assert_span_equal(back, span_of(units, len));
        struct builder b;
        builder_in(&b, &a, 16);
        text_put_utf16(&b, utf8);
        assert_ok(builder_done(&b, &back));
        assert_span_equal(back, span_of(units, len));
    }
}

static void utf16_refuses(void **state)
{
    (void)state;
    struct span out = SPAN_LIT("untouched");
    assert_err(text_from_utf16(SPAN_LIT("a\0b"), &a, &out), ERR_MALFORMED);
    assert_err(text_from_utf16(SPAN_LIT("\x00\xd8"), &a, &out), ERR_MALFORMED);
    assert_err(text_from_utf16(SPAN_LIT("\x00\xdc"), &a, &out), ERR_MALFORMED);
    assert_err(text_from_utf16(SPAN_LIT("\x00\xd8\x61\x00"), &a, &out), ERR_MALFORMED);
    assert_err(text_from_utf16(SPAN_LIT("\x00\xd8\x00\xd8"), &a, &out), ERR_MALFORMED);
    assert_err(text_to_utf16(SPAN_LIT("ab\xff"), &a, &out), ERR_MALFORMED);
    struct builder b;
    builder_in(&b, &a, 16);
    text_put_utf16(&b, SPAN_LIT("ab\xff"));
    assert_err(builder_done(&b, &out), ERR_MALFORMED);
    struct arena small;
    arena_init(&small, 0, 3, 0);
    assert_err(text_to_utf16(SPAN_LIT("ab"), &small, &out), ERR_NOMEM);
    assert_err(text_from_utf16(SPAN_LIT("a\0b\0"), &small, &out), ERR_NOMEM);
    arena_fini(&small);
    assert_span(out, "untouched");
}

static void fold_pairs(void **state)
{
    (void)state;
    static const char *const equal[][2] = {
        {"", ""},
        {"Alice", "aLICE"},
        {"J\xc3\x9cRGEN", "j\xc3\xbcrgen"},
        {"\xce\xa3\xcf\x82", "\xcf\x83\xcf\x83"}, /* sigma, final sigma */
        {"\xd0\x96", "\xd0\xb6"},                 /* Zhe */
        {"\xe2\x84\xaa", "k"},                    /* Kelvin */
        {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"}, /* Deseret */
        {"\xe1\xba\x9e", "\xc3\x9f"},             /* capital sharp s */
        {"\xff", "\xff"},
    };
    static const char *const differ[][2] = {
        {"a", "b"},           {"a", "ab"}, {"\xc3\x9f", "ss"}, /* no full folding */
        {"\xc4\xb0", "i"},    /* dotted capital I has no simple folding */
        {"\xc3", "\xc3\xbc"}, /* malformed is itself */
        {"\xe4", "\xc3\xa4"}, {"[", "{"},  {"@", "`"},
    };
    for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++) {
        assert_true(text_eq_fold(span_str(equal[i][0]), span_str(equal[i][1])));
        assert_int_equal(text_cmp_fold(span_str(equal[i][0]), span_str(equal[i][1])), 0);
    }
    for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++) {
        int c = text_cmp_fold(span_str(differ[i][0]), span_str(differ[i][1]));
        assert_false(text_eq_fold(span_str(differ[i][0]), span_str(differ[i][1])));
        assert_int_not_equal(c, 0);
        assert_int_equal(text_cmp_fold(span_str(differ[i][1]), span_str(differ[i][0])), -c);
    }
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void fold_order_is_the_order_of_keys(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",           "a",
        "A",          "Zoe",
        "zo\xc3\xab", "ZO\xc3\x8b",
        "a\xff",      "A\xff\x80",
        "\x80",       "\xc3",
        "\xc3\xbc",   "\xe2\xb1\xa5",
        "\xc8\xba",   "\xc8\xbaZ",
        "\xe2",       "\xe2\xb1",
        "\xe2\xb1z",  "\xf0\x90\x90\x80",
        "k\xe2\x84",  "\xe2\x84\xaa",
    };
    size_t n = sizeof(words) / sizeof(words[0]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            struct span x, y;
            assert_ok(text_fold(span_str(words[i]), &a, &x));
            assert_ok(text_fold(span_str(words[j]), &a, &y));
            assert_int_equal(text_cmp_fold(span_str(words[i]), span_str(words[j])),
                             sign(span_cmp(x, y)));
            assert_true(x.len <= 3 * strlen(words[i]));
        }
}

static void upper_pairs(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"Administrator 1", "ADMINISTRATOR 1"},
        {"\xc3\xa4\xc3\x9f\xc5\x93", "\xc3\x84\xc3\x9f\xc5\x92"}, /* sharp s stays */
        {"\xd0\xb6\xcf\x89\xcf\x82", "\xd0\x96\xce\xa9\xce\xa3"},
        {"\xc9\xab", "\xe2\xb1\xa2"},             /* longer than it was */
        {"\xf0\x90\x90\xa8", "\xf0\x90\x90\xa8"}, /* outside of the basic plane */
        {"a\xff"
         "b",
         "A\xff"
         "B"},
    };
    struct span got;
    (void)state;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_ok(text_upper(span_str(pairs[i][0]), &a, &got));
        assert_span_equal(got, span_str(pairs[i][1]));
    }
}

static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t cp = 0x20; cp < 0x1f000; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        arena_reset(&a);
        uint8_t units[4] = {(uint8_t)cp, (uint8_t)(cp >> 8)};
        size_t len = 2;
        if (cp >= 0x10000) {
            uint32_t high = 0xd800 + ((cp - 0x10000) >> 10), low = 0xdc00 + (cp & 0x3ff);
            units[0] = (uint8_t)high;
            units[1] = (uint8_t)(high >> 8);
            units[2] = (uint8_t)low;
            units[3] = (uint8_t)(low >> 8);
            len = 4;
        }
        struct span utf8, once, twice;
        assert_ok(text_from_utf16(span_of(units, len), &a, &utf8));
        assert_ok(text_fold(utf8, &a, &once));
        assert_ok(text_fold(once, &a, &twice));
        assert_span_equal(once, twice);
        assert_true(text_eq_fold(utf8, once));
    }
}

static void ascii_case(void **state)
{
    (void)state;
    assert_true(ascii_eq_fold(SPAN_LIT("Corp.Example"), SPAN_LIT("cORP.eXAMPLE")));
    assert_false(ascii_eq_fold(SPAN_LIT("corp"), SPAN_LIT("corpx")));
    assert_false(ascii_eq_fold(SPAN_LIT("\xc3\x9c"), SPAN_LIT("\xc3\xbc")));
    assert_span(ascii_upper(&a, SPAN_LIT("az`{\xc3\xbc")), "AZ`{\xc3\xbc");
    assert_span(ascii_lower(&a, SPAN_LIT("AZ@[\xc3\x9c")), "az@[\xc3\x9c");
    assert_int_equal(ascii_lower(&a, SPAN_NONE).len, 0);
}

static void dns_suffixes(void **state)
{
    (void)state;
    struct span corp = SPAN_LIT("corp.example.com");
    assert_true(dns_name_under(SPAN_LIT("CORP.example.com"), corp));
    assert_true(dns_name_under(SPAN_LIT("dc.corp.EXAMPLE.com"), corp));
    assert_false(dns_name_under(SPAN_LIT("xcorp.example.com"), corp));
    assert_false(dns_name_under(SPAN_LIT("example.com"), corp));
    assert_false(dns_name_under(SPAN_LIT("corp.example.com.evil"), corp));
    assert_false(dns_name_under(corp, SPAN_NONE));
    assert_false(dns_name_under(SPAN_NONE, corp));
}

static void decimals(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_ok(text_to_u64(SPAN_LIT("18446744073709551615"), UINT64_MAX, &u));
    assert_true(u == UINT64_MAX);
    assert_err(text_to_u64(SPAN_LIT("18446744073709551616"), UINT64_MAX, &u), ERR_RANGE);
    assert_err(text_to_u64(SPAN_LIT("256"), 255, &u), ERR_RANGE);
    assert_ok(text_to_u64(SPAN_LIT("00255"), 255, &u));
    assert_int_equal(u, 255);
    static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1x", "0x1", "--1", "1-"};
    for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
        assert_err(text_to_u64(span_str(bad[n]), UINT64_MAX, &u), ERR_MALFORMED);
        assert_err(text_to_i64(span_str(bad[n]), &i), ERR_MALFORMED);
    }
    assert_err(text_to_u64(SPAN_LIT("-1"), UINT64_MAX, &u), ERR_MALFORMED);
    assert_int_equal(u, 255);
    assert_int_equal(i, 7);
    assert_ok(text_to_i64(SPAN_LIT("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_ok(text_to_i64(SPAN_LIT("9223372036854775807"), &i));
    assert_true(i == INT64_MAX);
    assert_err(text_to_i64(SPAN_LIT("9223372036854775808"), &i), ERR_RANGE);
    assert_err(text_to_i64(SPAN_LIT("-9223372036854775809"), &i), ERR_RANGE);
}

static void hexadecimal(void **state)
{
    (void)state;
    struct span out = SPAN_LIT("untouched");
    assert_span(text_hex(&a, SPAN_LIT("\x00\x9a\xff")), "009aff");
    assert_err(text_unhex(SPAN_LIT("abc"), &a, &out), ERR_MALFORMED);
    assert_err(text_unhex(SPAN_LIT("0g"), &a, &out), ERR_MALFORMED);
    assert_err(text_unhex(SPAN_LIT(" 0"), &a, &out), ERR_MALFORMED);
    assert_span(out, "untouched");
    assert_ok(text_unhex(SPAN_LIT("009AfF"), &a, &out));
    assert_span(out, "\x00\x9a\xff");
    assert_ok(text_unhex(SPAN_NONE, &a, &out));
    assert_int_equal(out.len, 0);
}

static void base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    struct span out;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_span_equal(text_base64(&a, span_str(pairs[i][0])), span_str(pairs[i][1]));
        assert_ok(text_unbase64(span_str(pairs[i][1]), &a, &out));
        assert_span_equal(out, span_str(pairs[i][0]));
    }
    static const char *const bad[] = {
        "Z",    "Zg",    "Zg=",  "Zh==", /* bits behind the last byte */
        "Zm9=", "====",  "Z===", "=Zg=",         "Zg==Zg==",
        "Zg=a", "Zm9v ", "Zm-v", "Zm9v\n\n\n\n", "Zm\xff\xff",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_err(text_unbase64(span_str(bad[i]), &a, &out), ERR_MALFORMED);
}

static void memory(void **state)
{
    (void)state;
    char text[] = "secret";
    assert_true(mem_eq_ct(text, "secret", 6));
    assert_false(mem_eq_ct(text, "secreT", 6));
    assert_false(mem_eq_ct(text, "Secret", 6));
    assert_true(mem_eq_ct(text, "xyz", 0));
    mem_wipe(text, 6);
    assert_memory_equal(text, "\0\0\0\0\0\0", 6);
    mem_wipe(NULL, 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(validity),
        CASE(ascii_is_seen_at_every_place),
        CASE(utf16_of_every_code_point),
        CASE(utf16_refuses),
        CASE(fold_pairs),
        CASE(upper_pairs),
        CASE(fold_order_is_the_order_of_keys),
        CASE(folding_twice_changes_nothing),
        CASE(ascii_case),
        CASE(dns_suffixes),
        CASE(decimals),
        CASE(hexadecimal),
        CASE(base64),
        CASE(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
