#include "base/test.h"
#include "wire/dns/dns_exchange.h"

static const uint8_t randomness[DNS_EXCHANGE_RANDOM] = {0xbe, 0xef, 0x5a, 0xa5, 0x33, 0xcc};

static struct dns_name name(const char *text)
{
    struct dns_name n;
    assert_ok(dns_name_from_text(span_str(text), &n));
    return n;
}

/* The question sent back with other flags: an empty answer. */
static size_t echo(const struct dns_exchange *x, uint16_t flags, uint8_t *out)
{
    size_t len = dns_exchange_query(x, out, 600);
    out[2] = (uint8_t)(flags >> 8);
    out[3] = (uint8_t)flags;
    return len;
}

static void what_fits(void **state)
{
    (void)state;
    struct dns_name n = name("_kerberos._udp.corp.example.com");
    struct dns_exchange x;
    uint8_t msg[600];
    dns_exchange_begin(&x, dns_name_span(&n), DNS_TYPE_SRV, true, true, randomness);
    assert_int_equal(x.id, 0xbeef);
    assert_false(span_eq(dns_name_span(&x.name), dns_name_span(&n)));
    assert_true(dns_name_eq(dns_name_span(&x.name), dns_name_span(&n)));

    size_t len = echo(&x, 0x8180, msg);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_ANSWER);
    for (size_t cut = 0; cut < len - DNS_OPT_SIZE; cut++)
        assert_int_equal(dns_exchange_fit(&x, span_of(msg, cut), false), DNS_FIT_FOREIGN);
    echo(&x, 0x8380, msg);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_TRUNCATED);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), true), DNS_FIT_ANSWER);
    echo(&x, 0x0100, msg); /* a question, not an answer */
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_FOREIGN);
    echo(&x, 0xa180, msg); /* another operation */
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_FOREIGN);
}

static void what_does_not(void **state)
{
    (void)state;
    struct dns_name n = name("_kerberos._udp.corp.example.com");
    struct dns_exchange x;
    uint8_t msg[600];
    dns_exchange_begin(&x, dns_name_span(&n), DNS_TYPE_SRV, true, true, randomness);
    size_t len = echo(&x, 0x8180, msg);
    size_t question_end = len - DNS_OPT_SIZE;
    const size_t changed[] = {0, 1, 5, 13, question_end - 3, question_end - 1};
    for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++) {
        echo(&x, 0x8180, msg);
        msg[changed[i]] ^= 1;
        assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_FOREIGN);
        assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), true), DNS_FIT_FOREIGN);
    }
    echo(&x, 0x8180, msg);
    msg[14] ^= 0x20;
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_CASE);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), true), DNS_FIT_ANSWER);
}

static void the_case_of_the_question_is_undone(void **state)
{
    (void)state;
    struct dns_name n = name("alias.corp.example.com");
    struct dns_exchange x;
    struct arena a;
    uint8_t msg[600];
    arena_init(&a, 0, 4096, 0);
    dns_exchange_begin(&x, dns_name_span(&n), DNS_TYPE_A, true, true, randomness);
    size_t len = echo(&x, 0x8180, msg);
    struct span plain = dns_exchange_unmix(&x, span_of(msg, len), &a);
    assert_int_equal(plain.len, len);
    assert_memory_equal(plain.ptr, msg, DNS_HEADER_SIZE);
    assert_true(span_eq(span_sub(plain, DNS_HEADER_SIZE, n.len), dns_name_span(&n)));
    size_t behind = DNS_HEADER_SIZE + n.len;
    assert_memory_equal(plain.ptr + behind, msg + behind, len - behind);
    assert_false(span_eq(span_of(msg, len), plain));
    arena_fini(&a);
    arena_init(&a, 0, 16, 0);
    assert_int_equal(dns_exchange_unmix(&x, span_of(msg, len), &a).len, 0);
    arena_fini(&a);
}

static void servers_without_edns(void **state)
{
    (void)state;
    struct dns_name n = name("example.com");
    struct dns_exchange x;
    uint8_t msg[600];
    dns_exchange_begin(&x, dns_name_span(&n), DNS_TYPE_A, true, false, randomness);
    assert_span(dns_name_span(&x.name), "\7example\3com\0");
    size_t len = echo(&x, 0x8181, msg);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len), false), DNS_FIT_NO_EDNS);
    memset(msg + 4, 0, 8);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, 12), false), DNS_FIT_NO_EDNS);
    dns_exchange_plain(&x);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, 12), false), DNS_FIT_FOREIGN);
    assert_int_equal(dns_exchange_query(&x, msg, sizeof(msg)), len - DNS_OPT_SIZE);
    echo(&x, 0x8181, msg);
    assert_int_equal(dns_exchange_fit(&x, span_of(msg, len - DNS_OPT_SIZE), false), DNS_FIT_ANSWER);
}

static void put(struct dns_rr_list *list, struct arena *a, const char *owner, uint16_t type,
                const char *target)
{
    struct dns_name o = name(owner), t;
    struct span rdata = SPAN_LIT("\1\2\3\4");
    if (target) {
        t = name(target);
        rdata = arena_dup_span(a, dns_name_span(&t));
    }
    struct dns_rr rr = {arena_dup_span(a, dns_name_span(&o)), type, DNS_CLASS_IN, 1, rdata};
    assert_ok(dns_rr_add(list, a, &rr));
}

static void chains_are_followed_inside_the_bailiwick(void **state)
{
    (void)state;
    struct arena a;
    struct dns_rr_list list = {0};
    struct dns_found found;
    struct dns_name www = name("WWW.corp.example"), corp = name("corp.example"), root = name(".");
    arena_init(&a, 0, 1 << 20, 0);
    put(&list, &a, "dc1.aws.example", DNS_TYPE_A, NULL);
    put(&list, &a, "web.corp.example", DNS_TYPE_CNAME, "dc1.aws.example");
    put(&list, &a, "www.corp.example", DNS_TYPE_CNAME, "web.corp.example");
    assert_ok(dns_find(&list, dns_name_span(&www), DNS_TYPE_A, dns_name_span(&corp), &a, &found));
    assert_int_equal(found.chain.count, 2);
    assert_int_equal(found.records.count, 0);
    assert_true(found.left_bailiwick);
    assert_span(found.last, "\3dc1\3aws\7example\0");
    assert_ok(dns_find(&list, dns_name_span(&www), DNS_TYPE_A, dns_name_span(&root), &a, &found));
    assert_int_equal(found.records.count, 1);
    assert_false(found.left_bailiwick);
    assert_ok(
        dns_find(&list, dns_name_span(&www), DNS_TYPE_CNAME, dns_name_span(&root), &a, &found));
    assert_int_equal(found.records.count, 1);
    put(&list, &a, "loop.corp.example", DNS_TYPE_CNAME, "loop.corp.example");
    struct dns_name loop = name("loop.corp.example");
    assert_err(dns_find(&list, dns_name_span(&loop), DNS_TYPE_A, dns_name_span(&root), &a, &found),
               ERR_LIMIT);
    arena_fini(&a);
}

static void servers_by_priority_and_weight(void **state)
{
    (void)state;
    unsigned heavy_first = 0, light_first = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct dns_srv s[4] = {{.priority = 10, .port = 4},
                               {.priority = 0, .weight = 90, .port = 1},
                               {.priority = 0, .weight = 10, .port = 2},
                               {.priority = 0, .weight = 0, .port = 3}};
        dns_srv_order(s, 4, seed);
        assert_int_equal(s[3].port, 4);
        assert_int_equal(s[0].port + s[1].port + s[2].port, 6);
        heavy_first += s[0].port == 1;
        light_first += s[0].port == 3;
    }
    assert_in_range(heavy_first, 1650, 1850);
    assert_in_range(light_first, 1, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits),
        cmocka_unit_test(what_does_not),
        cmocka_unit_test(the_case_of_the_question_is_undone),
        cmocka_unit_test(servers_without_edns),
        cmocka_unit_test(chains_are_followed_inside_the_bailiwick),
        cmocka_unit_test(servers_by_priority_and_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
