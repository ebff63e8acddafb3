#include "base/test.h"
#include "dns/dns_routes.h"
#include "dns/dns_test_zone.h"

static struct plat_addr addr(const char *text)
{
    struct plat_addr a;
    assert_ok(plat_addr_parse(span_str(text), 53, &a));
    return a;
}

static void three_strikes_and_a_pause(void **state)
{
    (void)state;
    struct dns_server s = {0};
    struct dns_server *list[] = {&s};
    utime now = 100 * UTIME_SECOND;
    assert_false(dns_server_failed(&s, 1, now));
    assert_false(dns_server_failed(&s, 1, now));
    assert_true(dns_server_up(&s));
    assert_true(dns_server_failed(&s, 1, now));
    assert_false(dns_server_up(&s));
    assert_null(dns_servers_due(list, 1, now + UTIME_SECOND - 1));
    assert_ptr_equal(dns_servers_due(list, 1, now + UTIME_SECOND), &s);
    assert_null(dns_servers_due(list, 1, now + UTIME_SECOND));
    utime pause = s.pause;
    for (int i = 0; i < 10; i++) {
        now = s.try_again;
        assert_false(dns_server_failed(&s, 1, now));
        assert_true(s.pause >= pause && s.pause <= 60 * UTIME_SECOND);
        pause = s.pause;
    }
    assert_int_equal(pause, 60 * UTIME_SECOND);
    assert_true(dns_server_answered(&s, 1000));
    assert_true(dns_server_up(&s));
    assert_false(dns_server_answered(&s, 1000));
    assert_true(dns_server_failed(&s, DNS_SERVER_STRIKES, now));
    assert_int_equal(s.pause, UTIME_SECOND);
}

static void a_success_wipes_the_strikes(void **state)
{
    (void)state;
    struct dns_server s = {0};
    for (int i = 0; i < 10; i++) {
        assert_false(dns_server_failed(&s, 2, 0));
        assert_false(dns_server_answered(&s, 1000));
    }
}

static void order_of_servers(void **state)
{
    (void)state;
    struct dns_server s[4];
    struct dns_server *list[] = {&s[0], &s[1], &s[2], &s[3]};
    memset(s, 0, sizeof(s));
    dns_server_failed(&s[0], 3, 20);
    dns_server_failed(&s[2], 3, 10);
    dns_servers_order(list, 4);
    assert_ptr_equal(list[0], &s[1]);
    assert_ptr_equal(list[1], &s[3]);
    assert_ptr_equal(list[2], &s[2]);
    assert_ptr_equal(list[3], &s[0]);
}

static void patience_follows_the_round_trip(void **state)
{
    (void)state;
    struct dns_server s = {0};
    assert_int_equal(dns_server_patience(&s, 12345), 12345);
    dns_server_answered(&s, 100000);
    assert_int_equal(dns_server_patience(&s, 0), 400000);
    dns_server_answered(&s, 900000);
    assert_int_equal(s.round_trip, 200000);
    s.round_trip = 10;
    assert_int_equal(dns_server_patience(&s, 0), 200000);
    s.round_trip = 10 * UTIME_SECOND;
    assert_int_equal(dns_server_patience(&s, 0), 1500000);
}

static void a_server_that_changes_case(void **state)
{
    (void)state;
    struct dns_server s = {0};
    dns_server_changed_case(&s, 5);
    dns_server_changed_case(&s, 5);
    assert_int_equal(s.unmixed_until, 0);
    dns_server_changed_case(&s, 5);
    assert_int_equal(s.unmixed_until, 5 + 10 * UTIME_MINUTE);
}

static unsigned self_reports;

static void count_self(void *ctx, struct span suffix, const struct plat_addr *at)
{
    (void)ctx;
    assert_span(suffix, "\4self\7example\0");
    assert_int_equal(plat_addr_port(at), 53);
    self_reports++;
}

static void the_longest_suffix_wins(void **state)
{
    (void)state;
    static struct test_zones z;
    static struct dns_servers servers;
    static struct dns_routes routes;
    struct arena a;
    test_zones_init(&z);
    arena_init(&a, 0, 1 << 20, 0);
    test_zones_text(&z, SPAN_LIT("forward . 192.0.2.1\n"
                                 "forward corp.example 192.0.2.2 192.0.2.3\n"
                                 "forward Sub.Corp.example 192.0.2.3 192.0.2.4:5353\n"
                                 "forward self.example 127.0.1.10 127.0.1.10:54\n"));
    struct dns_zones source = {&test_zone_ops, &z};
    struct plat_addr self = addr("127.0.1.10");
    assert_ok(dns_routes_load(&routes, &source, &servers, &self, 1, &a, count_self, NULL));
    assert_int_equal(servers.count, 5);
    assert_int_equal(self_reports, 1);
    static const struct {
        const char *name;
        size_t suffix_len, servers;
    } rows[] = {{"x.sub.corp.example", 18, 2},
                {"corp.example", 14, 2},
                {"xcorp.example", 1, 1},
                {"com", 1, 1},
                {"self.example", 14, 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct dns_name n;
        assert_ok(dns_name_from_text(span_str(rows[i].name), &n));
        const struct dns_route *r = dns_routes_find(&routes, dns_name_span(&n));
        assert_non_null(r);
        assert_int_equal(r->suffix.len, rows[i].suffix_len);
        assert_int_equal(r->count, rows[i].servers);
    }
    z.forwarder_count = 0;
    assert_ok(dns_routes_load(&routes, &source, &servers, &self, 1, &a, NULL, NULL));
    assert_null(dns_routes_find(&routes, SPAN_LIT("\0")));
    arena_fini(&a);
    test_zones_fini(&z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_strikes_and_a_pause),
        cmocka_unit_test(a_success_wipes_the_strikes),
        cmocka_unit_test(order_of_servers),
        cmocka_unit_test(patience_follows_the_round_trip),
        cmocka_unit_test(a_server_that_changes_case),
        cmocka_unit_test(the_longest_suffix_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
