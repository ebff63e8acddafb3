#include "base/test.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

static struct sid parse(const char *text)
{
    struct sid s;

    assert_ok(sid_from_text(span_str(text), &s));
    return s;
}

static void text_and_bytes(void **state)
{
    static const struct {
        const char *text;
        const char *printed;
        size_t size;
    } rows[] = {
        {"S-1-5-21-1004336348-1177238915-682003330-512", NULL, 28},
        {"S-1-0-0", NULL, 12},
        {"S-1-5", NULL, 8},
        {"s-1-5-32-544", "S-1-5-32-544", 16},
        {"S-1-0x5-0x20-544", "S-1-5-32-544", 16},
        {"S-1-4294967295-1", NULL, 12},
        {"S-1-0x100000000-1", "S-1-0x000100000000-1", 12},
        {"S-1-0xffffffffffff-4294967295", NULL, 12},
        {"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", NULL, 68},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sid s = parse(rows[i].text), back;
        uint8_t bytes[SID_BYTES_MAX];
        char text[SID_TEXT_SIZE];

        sid_to_text(&s, text);
        assert_string_equal(text, rows[i].printed ? rows[i].printed : rows[i].text);
        assert_int_equal(sid_to_bytes(&s, bytes), rows[i].size);
        assert_ok(sid_from_bytes(span_of(bytes, rows[i].size), &back));
        assert_true(sid_eq(&s, &back));
        assert_err(sid_from_bytes(span_of(bytes, rows[i].size - 1), &back), ERR_MALFORMED);
    }
}

static void wire_order(void **state)
{
    static const uint8_t golden[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
    struct sid s = SID_NT(32, 544);
    uint8_t bytes[SID_BYTES_MAX];
    (void)state;

    assert_int_equal(sid_to_bytes(&s, bytes), sizeof(golden));
    assert_memory_equal(bytes, golden, sizeof(golden));
}

static void refused_texts(void **state)
{
    static const char *const rows[] = {
        "",
        "S",
        "S-",
        "S-1",
        "S-1-",
        "S-2-5",
        "S-1-5-",
        "S-1-5--1",
        "S-1-5-4294967296",
        "S-1-5-x",
        "S-1-0x1000000000000-1",
        "S-1-5-1 ",
        " S-1-5-1",
        "S-1-5-+1",
        "T-1-5-1",
        "S-1-0x-1",
        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
    };
    struct sid s = SID_NT(7), before = s;
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_err(sid_from_text(span_str(rows[i]), &s), ERR_MALFORMED);
        assert_true(sid_eq(&s, &before));
    }
}

static void refused_bytes(void **state)
{
    static const uint8_t revision[] = {2, 0, 0, 0, 0, 0, 0, 5};
    static const uint8_t longer[] = {1, 0, 0, 0, 0, 0, 0, 5, 0};
    uint8_t many[8 + 4 * 16] = {1, 16, 0, 0, 0, 0, 0, 5};
    struct sid s;
    (void)state;

    assert_err(sid_from_bytes(span_of(revision, sizeof(revision)), &s), ERR_MALFORMED);
    assert_err(sid_from_bytes(span_of(longer, sizeof(longer)), &s), ERR_MALFORMED);
    assert_err(sid_from_bytes(span_of(many, sizeof(many)), &s), ERR_MALFORMED);
    assert_err(sid_from_bytes(SPAN_NONE, &s), ERR_MALFORMED);
}

static void domains(void **state)
{
    struct sid domain = parse("S-1-5-21-1-2-3"), user, split, full;
    uint32_t rid = 0;
    (void)state;

    assert_true(sid_is_domain(&domain));
    assert_ok(sid_append(&domain, 1104, &user));
    assert_false(sid_is_domain(&user));
    assert_true(sid_in_domain(&user, &domain, &rid));
    assert_int_equal(rid, 1104);
    assert_false(sid_in_domain(&domain, &domain, NULL));
    user.sub[3]++;
    assert_false(sid_in_domain(&user, &domain, NULL));
    user.sub[3]--;
    assert_ok(sid_split(&user, &split, &rid));
    assert_true(sid_eq(&split, &domain));
    full = parse("S-1-5");
    assert_err(sid_split(&full, &split, &rid), ERR_RANGE);
    full = parse("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15");
    assert_err(sid_append(&full, 1, &user), ERR_LIMIT);
    full = parse("S-1-4-21-1-2-3");
    assert_false(sid_is_domain(&full));
}

static void order_is_total(void **state)
{
    static const char *const rows[] = {"S-1-4-9",   "S-1-5",        "S-1-5-7",
                                       "S-1-5-7-1", "S-1-5-32-544", "S-1-0x100000005"};
    (void)state;

    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < 6; k++) {
            struct sid a = parse(rows[i]), b = parse(rows[k]);
            int c = sid_cmp(&a, &b);

            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
    }
}

static void guids(void **state)
{
    static const uint8_t golden[16] = {0x10, 0xb8, 0xa7, 0x6b, 0xad, 0x9d, 0xd1, 0x11,
                                       0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    static const char *const bad[] = {
        "",
        "6ba7b8109dad11d180b400c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8a",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b810+9dad-11d1-80b4-00c04fd430c8",
    };
    uint8_t ones[16];
    struct guid g, same;
    char text[GUID_TEXT_SIZE];
    (void)state;

    assert_ok(guid_from_text(SPAN_LIT("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), &g));
    assert_memory_equal(g.b, golden, 16);
    guid_to_text(&g, text);
    assert_string_equal(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    assert_ok(guid_from_text(SPAN_LIT("{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}"), &same));
    assert_true(guid_eq(&g, &same));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_err(guid_from_text(span_str(bad[i]), &g), ERR_MALFORMED);
    memset(ones, 0xFF, sizeof(ones));
    guid_from_random(ones, &g);
    guid_to_text(&g, text);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    memset(&g, 0, sizeof(g));
    assert_true(guid_is_zero(&g));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_bytes), cmocka_unit_test(wire_order),
        cmocka_unit_test(refused_texts),  cmocka_unit_test(refused_bytes),
        cmocka_unit_test(domains),        cmocka_unit_test(order_is_total),
        cmocka_unit_test(guids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
