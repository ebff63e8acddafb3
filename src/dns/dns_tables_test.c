/* The tables of the server: compiled answers, foreign answers, networks, the rate limit. */
#include "base/test.h"
#include "dns/dns_answers.h"
#include "dns/dns_cache.h"
#include "dns/dns_limit.h"
#include "dns/dns_networks.h"

static struct dns_name name(unsigned i)
{
    struct dns_name n;
    char text[32];
    snprintf(text, sizeof(text), "host%u.example", i);
    assert_ok(dns_name_from_text(span_str(text), &n));
    return n;
}

static struct dns_body body_of(struct span bytes)
{
    return (struct dns_body){.len = (uint16_t)bytes.len, .bytes = bytes.ptr};
}

static void compiled_answers_take_turns(void **state)
{
    (void)state;
    struct dns_answers *c = dns_answers_new(DNS_ANSWERS_MEMORY_MIN, 64, 99);
    struct dns_name n = name(1);
    struct span key = dns_name_span(&n);
    uint64_t hash = dns_answers_hash(c, key, DNS_TYPE_A);
    struct dns_body bodies[2] = {body_of(SPAN_LIT("one")), body_of(SPAN_LIT("two"))};
    assert_null(dns_answers_find(c, hash, key, DNS_TYPE_A));
    dns_answers_put(c, hash, key, DNS_TYPE_A, bodies, 2);
    const struct dns_body *first = dns_answers_find(c, hash, key, DNS_TYPE_A);
    const struct dns_body *second = dns_answers_find(c, hash, key, DNS_TYPE_A);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(first, dns_answers_find(c, hash, key, DNS_TYPE_A));
    assert_null(dns_answers_find(c, hash, key, DNS_TYPE_AAAA));
    dns_answers_at(c, 0);
    assert_int_equal(dns_answers_count(c), 1);
    dns_answers_at(c, 5);
    assert_null(dns_answers_find(c, hash, key, DNS_TYPE_A));
    dns_answers_free(c);
}

static void compiled_answers_are_bounded(void **state)
{
    (void)state;
    static uint8_t large[5000];
    struct dns_answers *c = dns_answers_new(DNS_ANSWERS_MEMORY_MIN, 64, 99);
    for (unsigned i = 0; i < 1000; i++) {
        struct dns_name n = name(i);
        uint64_t hash = dns_answers_hash(c, dns_name_span(&n), DNS_TYPE_A);
        struct dns_body body = body_of(span_of(large, i % 2 ? sizeof(large) : 3));
        dns_answers_put(c, hash, dns_name_span(&n), DNS_TYPE_A, &body, 1);
        assert_true(dns_answers_count(c) <= 64);
    }
    dns_answers_free(c);
    c = dns_answers_new(1u << 20, 64, 99);
    for (unsigned i = 0; i < 1000; i++) { /* more names than slots: the newest is there */
        struct dns_name n = name(i);
        uint64_t hash = dns_answers_hash(c, dns_name_span(&n), DNS_TYPE_A);
        struct dns_body body = body_of(SPAN_LIT("x"));
        dns_answers_put(c, hash, dns_name_span(&n), DNS_TYPE_A, &body, 1);
        assert_non_null(dns_answers_find(c, hash, dns_name_span(&n), DNS_TYPE_A));
    }
    assert_in_range(dns_answers_count(c), 56, 64);
    dns_answers_free(c);
}

static void foreign_answers_end(void **state)
{
    (void)state;
    struct dns_cache *c = dns_cache_new(100000, 7);
    struct dns_name n = name(1);
    struct dns_cached got;
    const uint16_t ttl_at[] = {4, 20};
    struct dns_body body = body_of(SPAN_LIT("abcdefgh"));
    body.ttl_count = 2;
    body.ttl_at = ttl_at;
    dns_cache_put(c, dns_name_span(&n), DNS_TYPE_A, &body, 10, 5 * UTIME_SECOND);
    assert_true(dns_cache_find(c, dns_name_span(&n), DNS_TYPE_A, 9 * UTIME_SECOND, &got));
    assert_int_equal(got.age, 4);
    assert_span(span_of(got.body.bytes, got.body.len), "abcdefgh");
    assert_int_equal(got.body.ttl_at[1], 20);
    assert_true(dns_cache_find(c, dns_name_span(&n), DNS_TYPE_A, 15 * UTIME_SECOND - 1, &got));
    assert_false(dns_cache_find(c, dns_name_span(&n), DNS_TYPE_A, 15 * UTIME_SECOND, &got));
    assert_int_equal(dns_cache_bytes(c), 0);
    dns_cache_put(c, dns_name_span(&n), DNS_TYPE_A, &body, 0, 0);
    assert_int_equal(dns_cache_count(c), 0);
    dns_cache_free(c);
}

static void the_least_used_makes_room(void **state)
{
    (void)state;
    struct dns_cache *c = dns_cache_new(20000, 7);
    struct dns_cached got;
    struct dns_body body = body_of(SPAN_LIT("0123456789"));
    struct dns_name kept = name(0);
    dns_cache_put(c, dns_name_span(&kept), DNS_TYPE_A, &body, 10, 0);
    for (unsigned i = 1; i < 5000; i++) {
        struct dns_name n = name(i);
        dns_cache_put(c, dns_name_span(&n), DNS_TYPE_A, &body, 10, 0);
        assert_true(dns_cache_find(c, dns_name_span(&kept), DNS_TYPE_A, 0, &got));
        assert_true(dns_cache_find(c, dns_name_span(&n), DNS_TYPE_A, 0, &got));
        assert_true(dns_cache_bytes(c) <= 20000);
    }
    struct dns_name first = name(1);
    assert_false(dns_cache_find(c, dns_name_span(&first), DNS_TYPE_A, 0, &got));
    assert_true(dns_cache_count(c) > 50);
    dns_cache_clear(c);
    assert_int_equal(dns_cache_count(c) + dns_cache_bytes(c), 0);
    dns_cache_free(c);
}

static void how_long_an_answer_lives(void **state)
{
    (void)state;
    static const uint8_t soa[] = "\1a\0\1b\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x32"; /* 50 */
    struct dns_rr a[2] = {{.type = DNS_TYPE_A, .ttl = 100}, {.type = DNS_TYPE_A, .ttl = 70}};
    struct dns_rr s = {.type = DNS_TYPE_SOA, .ttl = 60, .rdata = span_of(soa, sizeof(soa) - 1)};
    struct dns_answer answer = {.section = {{a, 2, 2}, {&s, 1, 1}}};
    assert_int_equal(dns_answer_ttl(&answer, 0), 70);
    assert_int_equal(dns_answer_ttl(&answer, 2), 50); /* two CNAMEs to no data */
    a[1].ttl = 20;
    assert_int_equal(dns_answer_ttl(&answer, 2), 20);
    a[1].ttl = 0x80000000u;
    assert_int_equal(dns_answer_ttl(&answer, 0), 0);
    answer.section[DNS_SECTION_ANSWER].count = 0;
    answer.rcode = DNS_RCODE_NXDOMAIN;
    assert_int_equal(dns_answer_ttl(&answer, 0), 50);
    s.ttl = 10;
    assert_int_equal(dns_answer_ttl(&answer, 0), 10);
    answer.section[DNS_SECTION_AUTHORITY].count = 0;
    assert_int_equal(dns_answer_ttl(&answer, 0), 0);
}

static struct plat_addr addr(const char *text)
{
    struct plat_addr a;
    assert_ok(plat_addr_parse(span_str(text), 1000, &a));
    return a;
}

static void private_networks(void **state)
{
    (void)state;
    static const char *const in[] = {"127.0.1.10",  "10.99.7.61", "172.31.255.255", "192.168.0.1",
                                     "169.254.1.1", "::1",        "fd12:3456::1",   "fe80::1"};
    static const char *const out[] = {"128.0.0.1",   "11.0.0.1", "172.32.0.0",  "192.169.0.0",
                                      "203.0.113.9", "::2",      "2001:db8::1", "fec0::1"};
    static const struct {
        const char *network;
        bool meets;
    } other[] = {{"10.1.0.0/16", true}, {"0.0.0.0/0", true},       {"::/0", true},
                 {"fd00::1", true},     {"203.0.113.0/24", false}, {"2001:db8::/32", false}};
    struct dns_networks n = {0}, none = {0};
    assert_ok(dns_networks_add_private(&n));
    for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
        struct plat_addr a = addr(in[i]), b = addr(out[i]);
        assert_true(dns_networks_hold(&n, &a));
        assert_false(dns_networks_hold(&n, &b));
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
        struct dns_networks one = {0};
        assert_ok(dns_networks_add(&one, span_str(other[i].network)));
        assert_int_equal(dns_networks_meet(&n, &one), other[i].meets);
        assert_int_equal(dns_networks_meet(&one, &n), other[i].meets);
    }
    assert_false(dns_networks_meet(&n, &none));
    assert_false(dns_networks_meet(&none, &n));
}

static void networks_hold_their_addresses(void **state)
{
    (void)state;
    struct dns_networks n = {0};
    static const char *const good[] = {"10.1.0.0/16", "192.0.2.128/25", "198.51.100.7", "fd00::/8",
                                       "2001:db8::1/128"};
    static const char *const bad[] = {"10.1.0.1/16", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8",    "",
                                      "fd00::1/8",   "::/129",      "/8",        "10.0.0.0:5/8"};
    static const char *const in[] = {"10.1.255.255", "192.0.2.128", "198.51.100.7",
                                     "fdff::1",      "2001:db8::1", "::ffff:10.1.2.3"};
    static const char *const out[] = {"10.2.0.0",    "192.0.2.127",     "198.51.100.6", "fc00::1",
                                      "2001:db8::2", "::ffff:10.2.0.0", "::1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_ok(dns_networks_add(&n, span_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_err(dns_networks_add(&n, span_str(bad[i])), ERR_MALFORMED);
    assert_int_equal(n.count, 5);
    for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
        struct plat_addr a = addr(in[i]);
        assert_true(dns_networks_hold(&n, &a));
    }
    for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
        struct plat_addr a = addr(out[i]);
        assert_false(dns_networks_hold(&n, &a));
    }
    struct dns_networks all = {0};
    struct plat_addr any = addr("203.0.113.9");
    assert_ok(dns_networks_add(&all, SPAN_LIT("0.0.0.0/0")));
    assert_true(dns_networks_hold(&all, &any));
    while (all.count < DNS_NETWORKS_MAX)
        assert_ok(dns_networks_add(&all, SPAN_LIT("10.0.0.0/8")));
    assert_err(dns_networks_add(&all, SPAN_LIT("10.0.0.0/8")), ERR_LIMIT);
}

static void floods_are_limited(void **state)
{
    (void)state;
    struct dns_limit *l = dns_limit_new(100, 3);
    struct plat_addr flood = addr("192.0.2.1"), same = addr("192.0.2.77");
    struct plat_addr other = addr("192.0.3.1");
    unsigned count[3] = {0};
    for (unsigned i = 0; i < 1000; i++)
        count[dns_limit_check(l, i % 2 ? &flood : &same, 42, UTIME_SECOND)]++;
    assert_int_equal(count[DNS_LIMIT_PASS], 200);
    assert_int_equal(count[DNS_LIMIT_SLIP], 400);
    assert_int_equal(count[DNS_LIMIT_DROP], 400);
    assert_int_equal(dns_limit_check(l, &other, 42, UTIME_SECOND), DNS_LIMIT_PASS);
    assert_int_equal(dns_limit_check(l, &flood, 43, UTIME_SECOND), DNS_LIMIT_PASS);
    assert_int_equal(dns_limit_check(l, &flood, 42, 2 * UTIME_SECOND), DNS_LIMIT_PASS);
    dns_limit_free(l);
    l = dns_limit_new(0, 3);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(dns_limit_check(l, &flood, 42, UTIME_SECOND), DNS_LIMIT_PASS);
    dns_limit_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_answers_take_turns),
        cmocka_unit_test(compiled_answers_are_bounded),
        cmocka_unit_test(foreign_answers_end),
        cmocka_unit_test(the_least_used_makes_room),
        cmocka_unit_test(how_long_an_answer_lives),
        cmocka_unit_test(private_networks),
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(floods_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
