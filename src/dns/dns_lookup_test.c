#include "base/test.h"
#include "dns/dns_lookup.h"
#include "dns/dns_test_zone.h"

static const char zones_text[] =
    "zone aws.example.com\n"
    "@ 3600 SOA dc1.aws.example.com hostmaster.aws.example.com 7 900 600 86400 300\n"
    "@ 3600 NS dc1.aws.example.com\n"
    "@ 3600 NS dc2.aws.example.com\n"
    "@ 600 A 127.0.1.10\n"
    "dc1 3600 A 127.0.1.10\n"
    "dc1 3600 AAAA fd00::10\n"
    "dc2 3600 A 127.0.1.11\n"
    "_ldap._tcp 600 SRV 10 100 389 dc1.aws.example.com\n"
    "_ldap._tcp 600 SRV 0 100 389 dc1.aws.example.com\n"
    "_ldap._tcp 600 SRV 0 100 389 dc2.aws.example.com\n"
    "_ldap._tcp 600 SRV 0 100 389 dc3.elsewhere.example\n"
    "www 60 CNAME Web.aws.example.com\n"
    "web 60 CNAME dc1.aws.example.com\n"
    "out 60 CNAME host.corp.example.com\n"
    "gone 60 CNAME nothing.aws.example.com\n"
    "loop 60 CNAME loop.aws.example.com\n"
    "*.apps 60 A 127.0.1.99\n"
    "fixed.apps 60 TXT hello\n"
    "child 600 NS ns.child.aws.example.com\n"
    "ns.child 600 A 127.0.9.9\n"
    "zone _msdcs.aws.example.com\n"
    "@ 3600 SOA dc1.aws.example.com hostmaster.aws.example.com 7 900 600 86400 60\n"
    "_kerberos._tcp.dc 600 SRV 0 100 88 dc2.aws.example.com\n";

struct fixture {
    struct test_zones zones;
    struct dns_zones source;
    struct arena a;
    struct dns_lookup l;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    test_zones_init(&f->zones);
    test_zones_text(&f->zones, span_str(zones_text));
    f->source = (struct dns_zones){&test_zone_ops, &f->zones};
    arena_init(&f->a, 0, 1 << 20, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    test_zones_fini(&f->zones);
    arena_fini(&f->a);
    free(f);
    return 0;
}

static enum err try_look(struct fixture *f, const char *name, uint16_t type)
{
    struct dns_name n;
    assert_ok(dns_name_from_text(span_str(name), &n));
    assert_ok(dns_zones_begin(&f->source));
    enum err e =
        dns_lookup(&f->source, arena_dup_span(&f->a, dns_name_span(&n)), type, &f->a, &f->l);
    dns_zones_end(&f->source);
    return e;
}

static void look(struct fixture *f, const char *name, uint16_t type, enum dns_rcode rcode,
                 size_t answers, size_t authority, size_t additional)
{
    assert_ok(try_look(f, name, type));
    assert_int_equal(f->l.answer.rcode, rcode);
    assert_int_equal(f->l.answer.section[DNS_SECTION_ANSWER].count, answers);
    assert_int_equal(f->l.answer.section[DNS_SECTION_AUTHORITY].count, authority);
    assert_int_equal(f->l.answer.section[DNS_SECTION_ADDITIONAL].count, additional);
}

static const struct dns_rr *rr(const struct fixture *f, enum dns_section s, size_t i)
{
    assert_true(i < f->l.answer.section[s].count);
    return &f->l.answer.section[s].rrs[i];
}

static void assert_owner(const struct dns_rr *record, const char *text)
{
    char out[DNS_TEXT_MAX];
    dns_name_to_text(record->owner, out);
    assert_string_equal(out, text);
}

static void servers_with_their_addresses(void **state)
{
    struct fixture *f = *state;
    look(f, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV, 0, 4, 0, 3);
    assert_true(f->l.answer.authoritative && f->l.stable);
    assert_int_equal(rr(f, DNS_SECTION_ADDITIONAL, 1)->type, DNS_TYPE_AAAA);
    look(f, "aws.example.com", DNS_TYPE_NS, 0, 2, 0, 3);
    look(f, "_kerberos._tcp.dc._msdcs.aws.example.com", DNS_TYPE_SRV, 0, 1, 0, 1);
}

static void negative_answers_carry_the_soa(void **state)
{
    struct fixture *f = *state;
    look(f, "nothing.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0, 1, 0);
    assert_false(f->l.stable);
    assert_int_equal(rr(f, DNS_SECTION_AUTHORITY, 0)->ttl, 300);
    assert_owner(rr(f, DNS_SECTION_AUTHORITY, 0), "aws.example.com");
    look(f, "a.b.c.nothing.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0, 1, 0);
    look(f, "dc1.aws.example.com", DNS_TYPE_TXT, 0, 0, 1, 0);
    assert_true(f->l.stable);
    look(f, "_tcp.aws.example.com", DNS_TYPE_A, 0, 0, 1, 0); /* exists only by what is below */
    look(f, "x.dc._msdcs.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0, 1, 0);
    assert_int_equal(rr(f, DNS_SECTION_AUTHORITY, 0)->ttl, 60);
}

static void aliases_are_followed(void **state)
{
    struct fixture *f = *state;
    look(f, "www.aws.example.com", DNS_TYPE_A, 0, 3, 0, 0);
    assert_int_equal(f->l.tail, 2);
    assert_owner(rr(f, DNS_SECTION_ANSWER, 1), "Web.aws.example.com");
    assert_owner(rr(f, DNS_SECTION_ANSWER, 2), "dc1.aws.example.com");
    look(f, "www.aws.example.com", DNS_TYPE_CNAME, 0, 1, 0, 0);
    look(f, "www.aws.example.com", DNS_TYPE_TXT, 0, 2, 1, 0);
    look(f, "gone.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 1, 1, 0);
    look(f, "out.aws.example.com", DNS_TYPE_A, 0, 1, 0, 0);
    assert_span(f->l.rest, "\4host\4corp\7example\3com\0");
    assert_err(try_look(f, "loop.aws.example.com", DNS_TYPE_A), ERR_LIMIT);
}

static void foreign_names(void **state)
{
    struct fixture *f = *state;
    look(f, "corp.example.com", DNS_TYPE_A, 0, 0, 0, 0);
    assert_span(f->l.rest, "\4corp\7example\3com\0");
    assert_false(f->l.answer.authoritative);
    look(f, "example.com", DNS_TYPE_A, 0, 0, 0, 0);
    assert_int_equal(f->l.rest.len, 13);
}

static void wildcards(void **state)
{
    struct fixture *f = *state;
    look(f, "any.apps.aws.example.com", DNS_TYPE_A, 0, 1, 0, 0);
    assert_owner(rr(f, DNS_SECTION_ANSWER, 0), "any.apps.aws.example.com");
    assert_false(f->l.stable);
    look(f, "deep.any.apps.aws.example.com", DNS_TYPE_A, 0, 1, 0, 0);
    look(f, "any.apps.aws.example.com", DNS_TYPE_TXT, 0, 0, 1, 0);
    look(f, "fixed.apps.aws.example.com", DNS_TYPE_A, 0, 0, 1, 0);
    look(f, "x.fixed.apps.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0, 1, 0);
    look(f, "*.apps.aws.example.com", DNS_TYPE_A, 0, 1, 0, 0);
}

static void a_delegation_is_a_referral(void **state)
{
    struct fixture *f = *state;
    look(f, "host.child.aws.example.com", DNS_TYPE_A, 0, 0, 1, 1);
    assert_false(f->l.answer.authoritative);
    assert_true(f->l.answer.referral);
    look(f, "child.aws.example.com", DNS_TYPE_A, 0, 0, 1, 1);
}

static void any_gets_one_set(void **state)
{
    struct fixture *f = *state;
    look(f, "dc1.aws.example.com", DNS_TYPE_ANY, 0, 1, 0, 0);
    look(f, "www.aws.example.com", DNS_TYPE_ANY, 0, 1, 0, 0);
    look(f, "nothing.aws.example.com", DNS_TYPE_ANY, DNS_RCODE_NXDOMAIN, 0, 1, 0);
}

static void errors_are_passed_on(void **state)
{
    struct fixture *f = *state;
    f->zones.fail = ERR_IO;
    assert_err(try_look(f, "dc1.aws.example.com", DNS_TYPE_A), ERR_IO);
}

static uint16_t port_of(const struct dns_answer *answer, size_t i)
{
    struct dns_srv srv;
    assert_ok(dns_rdata_srv(answer->section[DNS_SECTION_ANSWER].rrs[i].rdata, &srv));
    return (uint16_t)(srv.priority * 100 + srv.target.len);
}

static void turns_keep_the_priority(void **state)
{
    struct fixture *f = *state;
    bool first[3] = {false};
    look(f, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV, 0, 4, 0, 3);
    assert_int_equal(dns_lookup_turns(&f->l), 4);
    uint16_t firsts[3];
    for (unsigned turn = 0; turn < 3; turn++) {
        struct dns_answer answer;
        assert_ok(dns_lookup_turn(&f->l, turn, &f->a, &answer));
        assert_int_equal(port_of(&answer, 3), 1021);
        firsts[turn] = span_eq(answer.section[0].rrs[0].rdata, rr(f, 0, 1)->rdata)   ? 0
                       : span_eq(answer.section[0].rrs[0].rdata, rr(f, 0, 2)->rdata) ? 1
                                                                                     : 2;
        first[firsts[turn]] = true;
    }
    assert_true(first[0] && first[1] && first[2]);
    look(f, "www.aws.example.com", DNS_TYPE_A, 0, 3, 0, 0);
    assert_int_equal(dns_lookup_turns(&f->l), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(servers_with_their_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(negative_answers_carry_the_soa, set_up, tear_down),
        cmocka_unit_test_setup_teardown(aliases_are_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(foreign_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wildcards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delegation_is_a_referral, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_gets_one_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_are_passed_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(turns_keep_the_priority, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
