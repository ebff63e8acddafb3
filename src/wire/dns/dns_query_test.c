#include "base/test.h"
#include "wire/dns/dns_query.h"

#define QUESTION       "\3wWw\7Example\3com\0\0\1\0\1"
#define HEADER(qd, ar) "\x12\x34\x01\x00\0" qd "\0\0\0\0\0" ar
#define OPT            "\0\0\x29\x04\xd0\0\0\x80\0\0\0"

static void a_plain_question(void **state)
{
    (void)state;
    struct dns_query q;
    assert_int_equal(dns_query_parse(SPAN_LIT(HEADER("\1", "\0") QUESTION), &q), DNS_TAKE_ANSWER);
    assert_int_equal(q.id, 0x1234);
    assert_int_equal(q.type, DNS_TYPE_A);
    assert_int_equal(q.klass, DNS_CLASS_IN);
    assert_span(dns_name_span(&q.name), "\3www\7example\3com\0");
    assert_span(q.question, QUESTION);
    assert_false(q.edns);
    assert_int_equal(q.udp_size, 512);
    assert_int_equal(dns_query_overhead(&q), 12 + sizeof(QUESTION) - 1);
}

static void edns_is_read(void **state)
{
    (void)state;
    struct dns_query q;
    struct span cookie =
        SPAN_LIT(HEADER("\1", "\1") QUESTION "\0\0\x29\x01\x00\0\0\0\0\0\x0c\0\x0a\0\x08"
                                             "abcdefgh");
    assert_int_equal(dns_query_parse(SPAN_LIT(HEADER("\1", "\1") QUESTION OPT), &q),
                     DNS_TAKE_ANSWER);
    assert_true(q.edns && q.dnssec_ok);
    assert_int_equal(q.udp_size, 1232);
    assert_int_equal(dns_query_parse(cookie, &q), DNS_TAKE_ANSWER);
    assert_true(q.edns && !q.dnssec_ok);
    assert_int_equal(q.udp_size, 512);
}

static void errors_and_silence(void **state)
{
    (void)state;
    static const struct {
        struct span request;
        enum dns_take take;
        enum dns_rcode rcode;
    } rows[] = {
        {SPAN_LIT(""), DNS_TAKE_DROP, 0},
        {SPAN_LIT("\x12\x34\x01\0\0\1\0\0\0\0\0"), DNS_TAKE_DROP, 0},
        {SPAN_LIT("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" QUESTION), DNS_TAKE_DROP, 0},
        {SPAN_LIT(HEADER("\0", "\0")), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\2", "\0") QUESTION QUESTION), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\0")), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\0") "\x40\0\1\0\1"), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\0") "\xc0\x0c\0\1\0\1"), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\0") QUESTION "x"), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\1") QUESTION), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\2") QUESTION OPT OPT), DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\1") QUESTION "\1a\0\0\x29\x04\xd0\0\0\0\0\0\0"), DNS_TAKE_ERROR,
         DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\1") QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\3\0\x0a\0"),
         DNS_TAKE_ERROR, DNS_RCODE_FORMERR},
        {SPAN_LIT(HEADER("\1", "\1") QUESTION "\0\0\x29\x04\xd0\0\1\0\0\0\0"), DNS_TAKE_ERROR,
         DNS_RCODE_BADVERS},
        {SPAN_LIT("\x12\x34\x11\x00\0\1\0\0\0\0\0\0" QUESTION), DNS_TAKE_ERROR, DNS_RCODE_NOTIMP},
        {SPAN_LIT("\x12\x34\x28\x00\0\1\0\0\0\0\0\0" QUESTION), DNS_TAKE_ANSWER, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct dns_query q;
        assert_int_equal(dns_query_parse(rows[i].request, &q), rows[i].take);
        if (rows[i].take == DNS_TAKE_ERROR)
            assert_int_equal(q.rcode, rows[i].rcode);
    }
}

static void names_of_every_length(void **state)
{
    (void)state;
    uint8_t msg[400] = HEADER("\1", "\0");
    for (size_t labels = 1; labels <= 140; labels++) {
        size_t at = 12;
        for (size_t i = 0; i < labels; i++, at += 2)
            memcpy(msg + at, "\1Q", 2);
        memcpy(msg + at, "\0\0\1\0\1", 5);
        struct dns_query q;
        enum dns_take want = 2 * labels + 1 <= 255 ? DNS_TAKE_ANSWER : DNS_TAKE_ERROR;
        assert_int_equal(dns_query_parse(span_of(msg, at + 5), &q), want);
        for (size_t cut = 12; cut < at + 5; cut += 7)
            assert_int_equal(dns_query_parse(span_of(msg, cut), &q), DNS_TAKE_ERROR);
    }
}

static size_t error(const struct dns_query *q, enum dns_rcode rcode, uint16_t flags, uint8_t *out,
                    size_t cap)
{
    struct builder b;
    struct span done;
    builder_over(&b, out, cap);
    dns_query_error(q, rcode, flags, &b);
    return builder_done(&b, &done) == ERR_OK ? done.len : 0;
}

static void the_smallest_answers(void **state)
{
    (void)state;
    struct dns_query q;
    uint8_t out[512];
    dns_query_parse(SPAN_LIT(HEADER("\1", "\1") QUESTION OPT), &q);
    size_t len = error(&q, DNS_RCODE_REFUSED, DNS_FLAG_RA, out, sizeof(out));
    assert_span(span_of(out, len),
                "\x12\x34\x81\x85\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\0\0\x80\0\0\0");
    len = error(&q, DNS_RCODE_BADVERS, 0, out, sizeof(out));
    assert_span(span_of(out, len),
                "\x12\x34\x81\x00\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\1\0\x80\0\0\0");
    assert_int_equal(error(&q, DNS_RCODE_REFUSED, 0, out, len - 1), 0);
    dns_query_parse(SPAN_LIT(HEADER("\2", "\0")), &q);
    len = error(&q, q.rcode, 0, out, sizeof(out));
    assert_span(span_of(out, len), "\x12\x34\x81\x01\0\0\0\0\0\0\0\0");
}

static void frames_of_a_stream(void **state)
{
    size_t size = 0;
    (void)state;
    assert_ok(dns_frame_size(SPAN_LIT("\0\x0c"), &size));
    assert_int_equal(size, 2 + DNS_HEADER_SIZE);
    assert_ok(dns_frame_size(SPAN_LIT("\xff\xff and more"), &size));
    assert_int_equal(size, 2 + DNS_MSG_MAX);
    assert_err(dns_frame_size(SPAN_LIT("\0\x0b"), &size), ERR_MALFORMED);
    assert_err(dns_frame_size(SPAN_LIT("\0"), &size), ERR_TRUNCATED);
    assert_err(dns_frame_size(SPAN_NONE, &size), ERR_TRUNCATED);
    assert_int_equal(size, 2 + DNS_MSG_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_question),     cmocka_unit_test(edns_is_read),
        cmocka_unit_test(errors_and_silence),   cmocka_unit_test(names_of_every_length),
        cmocka_unit_test(the_smallest_answers), cmocka_unit_test(frames_of_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
