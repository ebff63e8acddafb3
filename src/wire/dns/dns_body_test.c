#include "base/test.h"
#include "wire/dns/dns_message.h"
#include "wire/dns/dns_rdata.h"

struct fixture {
    struct arena a;
    struct dns_query q;
    struct dns_answer answer;
};

static struct span wire_name(struct arena *a, const char *text)
{
    struct dns_name n;
    assert_ok(dns_name_from_text(span_str(text), &n));
    return arena_dup_span(a, dns_name_span(&n));
}

static void add(struct fixture *f, enum dns_section s, const char *owner, uint16_t type,
                struct span rdata)
{
    struct dns_rr rr = {wire_name(&f->a, owner), type, DNS_CLASS_IN, 600, rdata};
    assert_ok(dns_rr_add(&f->answer.section[s], &f->a, &rr));
}

static struct span srv(struct arena *a, uint16_t priority, const char *target)
{
    struct dns_srv v = {priority, 100, 389, wire_name(a, target)};
    struct builder b;
    struct span out;
    builder_in(&b, a, 300);
    dns_rdata_put_srv(&b, &v);
    assert_ok(builder_done(&b, &out));
    return out;
}

static void ask(struct fixture *f, const char *name, uint16_t type, bool edns)
{
    struct builder b;
    struct span msg;
    builder_in(&b, &f->a, 600);
    builder_span(&b, SPAN_LIT("\x12\x34\x01\x00\0\1\0\0\0\0"));
    builder_be16(&b, edns);
    builder_span(&b, wire_name(&f->a, name));
    builder_be16(&b, type);
    builder_be16(&b, DNS_CLASS_IN);
    if (edns)
        builder_span(&b, SPAN_LIT("\0\0\x29\x04\xd0\0\0\0\0\0\0"));
    assert_ok(builder_done(&b, &msg));
    assert_int_equal(dns_query_parse(msg, &f->q), DNS_TAKE_ANSWER);
}

static size_t emit(const struct dns_body *body, const struct dns_query *q, uint16_t flags,
                   uint32_t age, size_t limit, uint8_t *out, size_t cap)
{
    struct builder b;
    struct span done;
    builder_over(&b, out, cap);
    dns_body_emit(body, q, flags, age, limit, &b);
    assert_ok(builder_done(&b, &done));
    return done.len;
}

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    arena_init(&f.a, 0, 4 << 20, 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&((struct fixture *)*state)->a);
    return 0;
}

static void two_servers(struct fixture *f)
{
    f->answer.authoritative = true;
    add(f, DNS_SECTION_ANSWER, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV,
        srv(&f->a, 0, "dc2.aws.example.com"));
    add(f, DNS_SECTION_ANSWER, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV,
        srv(&f->a, 0, "dc1.aws.example.com"));
    add(f, DNS_SECTION_ADDITIONAL, "dc1.aws.example.com", DNS_TYPE_A, SPAN_LIT("\x0a\0\0\1"));
}

static void an_answer_survives_the_parser(void **state)
{
    struct fixture *f = *state;
    struct dns_body body;
    struct dns_response resp;
    uint8_t out[1232];
    two_servers(f);
    ask(f, "_LDAP._tcp.AWS.example.com", DNS_TYPE_SRV, true);
    assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_SRV, &f->a, &body));
    size_t len = emit(&body, &f->q, DNS_FLAG_RA, 0, 1232, out, sizeof(out));
    assert_ok(dns_response_parse(span_of(out, len), &f->a, &resp));
    assert_int_equal(resp.id, 0x1234);
    assert_int_equal(resp.flags, 0x8580);
    assert_true(resp.edns);
    assert_int_equal(resp.rcode, DNS_RCODE_NOERROR);
    assert_int_equal(resp.section[DNS_SECTION_ANSWER].count, 2);
    assert_int_equal(resp.section[DNS_SECTION_ADDITIONAL].count, 1);
    struct dns_srv first;
    assert_ok(dns_rdata_srv(resp.section[DNS_SECTION_ANSWER].rrs[0].rdata, &first));
    assert_span(first.target, "\3dc2\3aws\7example\3com\0");
    assert_int_equal(first.port, 389);
    /* The question and the owners repeat the client's case. */
    assert_span(span_of(out + 12, 6), "\5_LDAP");
    assert_memory_equal(resp.section[DNS_SECTION_ANSWER].rrs[0].owner.ptr, "\5_LDAP", 6);
}

static void the_additional_section_goes_first(void **state)
{
    struct fixture *f = *state;
    struct dns_body body;
    struct dns_response resp;
    uint8_t out[1232];
    two_servers(f);
    ask(f, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV, false);
    assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_SRV, &f->a, &body));
    size_t full = emit(&body, &f->q, 0, 0, 512, out, sizeof(out));
    size_t shorter = emit(&body, &f->q, 0, 0, full - 1, out, sizeof(out));
    assert_ok(dns_response_parse(span_of(out, shorter), &f->a, &resp));
    assert_int_equal(shorter, dns_query_overhead(&f->q) + body.required_len);
    assert_false(resp.flags & DNS_FLAG_TC);
    assert_int_equal(resp.section[DNS_SECTION_ANSWER].count, 2);
    assert_int_equal(resp.section[DNS_SECTION_ADDITIONAL].count, 0);
    size_t cut = emit(&body, &f->q, 0, 0, shorter - 1, out, sizeof(out));
    assert_ok(dns_response_parse(span_of(out, cut), &f->a, &resp));
    assert_true(resp.flags & DNS_FLAG_TC);
    assert_true(resp.flags & DNS_FLAG_AA);
    assert_int_equal(resp.section[DNS_SECTION_ANSWER].count, 0);
}

static void ttls_age(void **state)
{
    struct fixture *f = *state;
    struct dns_body body;
    struct dns_response resp;
    uint8_t out[1232];
    two_servers(f);
    ask(f, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV, true);
    assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_SRV, &f->a, &body));
    assert_int_equal(body.ttl_count, 3);
    size_t len = emit(&body, &f->q, 0, 77, 1232, out, sizeof(out));
    assert_ok(dns_response_parse(span_of(out, len), &f->a, &resp));
    assert_int_equal(resp.section[DNS_SECTION_ANSWER].rrs[1].ttl, 523);
    assert_int_equal(resp.section[DNS_SECTION_ADDITIONAL].rrs[0].ttl, 523);
    len = emit(&body, &f->q, 0, 601, 1232, out, sizeof(out));
    assert_ok(dns_response_parse(span_of(out, len), &f->a, &resp));
    assert_int_equal(resp.section[DNS_SECTION_ANSWER].rrs[0].ttl, 0);
}

static void large_answers(void **state)
{
    struct fixture *f = *state;
    struct dns_body body;
    uint8_t *out = arena_alloc(&f->a, DNS_MSG_MAX);
    char text[250];
    memset(text, 'x', sizeof(text));
    struct builder b;
    struct span txt;
    builder_in(&b, &f->a, 300);
    dns_rdata_put_txt(&b, span_of(text, sizeof(text)));
    assert_ok(builder_done(&b, &txt));
    ask(f, "big.example", DNS_TYPE_TXT, true);
    for (int i = 0; i < 100; i++)
        add(f, DNS_SECTION_ANSWER, "big.example", DNS_TYPE_TXT, txt);
    assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_TXT, &f->a, &body));
    size_t len = emit(&body, &f->q, 0, 0, DNS_MSG_MAX, out, DNS_MSG_MAX);
    assert_true(len > 26000);
    assert_true(emit(&body, &f->q, 0, 0, 1232, out, 1232) < 100);
    for (int i = 0; i < 200; i++)
        add(f, DNS_SECTION_ADDITIONAL, "big.example", DNS_TYPE_TXT, txt);
    assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_TXT, &f->a, &body));
    assert_int_equal(body.count[DNS_SECTION_ANSWER], 100);
    assert_true(body.count[DNS_SECTION_ADDITIONAL] < 200);
    for (int i = 0; i < 200; i++)
        add(f, DNS_SECTION_ANSWER, "big.example", DNS_TYPE_TXT, txt);
    assert_err(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_TXT, &f->a, &body),
               ERR_LIMIT);
}

static void a_negative_answer(void **state)
{
    struct fixture *f = *state;
    struct dns_body body;
    struct dns_response resp;
    uint8_t out[512];
    struct dns_soa soa = {wire_name(&f->a, "dc1.aws.ex"), wire_name(&f->a, "h.ex"), 1, 2, 3, 4, 5};
    struct builder b;
    struct span rdata;
    builder_in(&b, &f->a, 600);
    dns_rdata_put_soa(&b, &soa);
    assert_ok(builder_done(&b, &rdata));
    static const char *const zones[] = {"AWS.ex", "ex", "."};
    for (size_t i = 0; i < 3; i++) {
        f->answer = (struct dns_answer){.rcode = DNS_RCODE_NXDOMAIN, .authoritative = true};
        add(f, DNS_SECTION_AUTHORITY, zones[i], DNS_TYPE_SOA, rdata);
        ask(f, "no.such.aws.ex", DNS_TYPE_A, i == 1);
        assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), DNS_TYPE_A, &f->a, &body));
        size_t len = emit(&body, &f->q, 0, 10, 512, out, sizeof(out));
        assert_ok(dns_response_parse(span_of(out, len), &f->a, &resp));
        assert_int_equal(resp.rcode, DNS_RCODE_NXDOMAIN);
        assert_true(resp.flags & DNS_FLAG_AA);
        const struct dns_rr *back = resp.section[DNS_SECTION_AUTHORITY].rrs;
        assert_int_equal(resp.section[DNS_SECTION_AUTHORITY].count, 1);
        assert_true(dns_name_eq(back->owner, wire_name(&f->a, zones[i])));
        assert_span_equal(back->rdata, rdata);
        assert_int_equal(back->ttl, 590);
    }
}

static void the_root_and_odd_types(void **state)
{
    struct fixture *f = *state;
    struct dns_body body;
    struct dns_response resp;
    uint8_t out[512];
    ask(f, ".", 65280, false);
    add(f, DNS_SECTION_ANSWER, ".", 65280, SPAN_LIT("\1\2\3"));
    add(f, DNS_SECTION_ANSWER, ".", 65281, SPAN_NONE);
    assert_ok(dns_body_build(&f->answer, dns_name_span(&f->q.name), 65280, &f->a, &body));
    size_t len = emit(&body, &f->q, 0, 0, 512, out, sizeof(out));
    assert_ok(dns_response_parse(span_of(out, len), &f->a, &resp));
    assert_span(resp.section[DNS_SECTION_ANSWER].rrs[0].rdata, "\1\2\3");
    assert_int_equal(resp.section[DNS_SECTION_ANSWER].rrs[1].rdata.len, 0);
}

static void record_data_is_checked(void **state)
{
    struct fixture *f = *state;
    struct dns_soa soa = {wire_name(&f->a, "a.b"), wire_name(&f->a, "h.b"), 1, 2, 3, 4, 5}, back;
    struct builder b;
    struct span rdata, name;
    builder_in(&b, &f->a, 600);
    dns_rdata_put_soa(&b, &soa);
    assert_ok(builder_done(&b, &rdata));
    assert_ok(dns_rdata_soa(rdata, &back));
    assert_int_equal(back.serial, 1);
    assert_int_equal(back.minimum, 5);
    assert_span_equal(back.rname, soa.rname);
    for (size_t len = 0; len < rdata.len; len++)
        assert_false(dns_rdata_valid(DNS_TYPE_SOA, span_sub(rdata, 0, len)));
    assert_true(dns_rdata_valid(DNS_TYPE_SOA, rdata));
    assert_true(dns_rdata_valid(DNS_TYPE_A, SPAN_LIT("\1\2\3\4")));
    assert_false(dns_rdata_valid(DNS_TYPE_A, SPAN_LIT("\1\2\3\4\5")));
    assert_false(dns_rdata_valid(DNS_TYPE_AAAA, SPAN_LIT("\1\2\3\4")));
    assert_false(dns_rdata_valid(DNS_TYPE_NS, SPAN_LIT("\1a")));
    assert_false(dns_rdata_valid(DNS_TYPE_SRV, SPAN_LIT("\0\0\0\0\0\1\1a")));
    assert_true(dns_rdata_valid(DNS_TYPE_TXT, SPAN_LIT("\2ab\0")));
    assert_false(dns_rdata_valid(DNS_TYPE_TXT, SPAN_LIT("\2ab\1")));
    assert_false(dns_rdata_valid(DNS_TYPE_TXT, SPAN_NONE));
    assert_true(dns_rdata_valid(18, SPAN_LIT("\0\1\1a\0")));        /* AFSDB */
    assert_false(dns_rdata_valid(18, SPAN_LIT("\0\1\x3f")));        /* a name beyond the end */
    assert_false(dns_rdata_valid(18, SPAN_LIT("\0\1\1a\0x")));      /* bytes after it */
    assert_true(dns_rdata_valid(35, SPAN_LIT("\0\1\0\2\0\0\0\0"))); /* NAPTR */
    assert_false(dns_rdata_valid(35, SPAN_LIT("\0\1\0\2\0\0\5\0")));
    assert_false(dns_rdata_valid(3, SPAN_LIT("\1"))); /* MD, obsolete */
    assert_true(dns_rdata_valid(65280, SPAN_LIT("\1\2\3")));
    assert_true(dns_rdata_valid(65280, SPAN_NONE));
    assert_err(dns_rdata_name(SPAN_LIT("\1a"), &name), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_survives_the_parser, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_additional_section_goes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ttls_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_negative_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_root_and_odd_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(record_data_is_checked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
