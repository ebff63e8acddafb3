/* Signed messages and keys, byte by byte. */
#include "base/test.h"
#include "wire/dns/dns_tsig.h"

static struct arena a;

static int set_up(void **state)
{
    (void)state;
    arena_init(&a, 0, 1 << 20, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&a);
    return 0;
}

#define ZONE      "\3aws\7example\0\0\6\0\1"
#define HEADER    "\x12\x34\x28\0\0\1\0\1\0\3\0"
#define IN_USE    "\1x\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0"
#define ADD       "\1H\xc0\x0c\0\1\0\1\0\0\2\x58\0\4\x7f\0\0\1"
#define DROP_SET  "\1h\xc0\x0c\0\1\0\xff\0\0\0\0\0\0"
#define DROP_ONE  "\1h\xc0\x0c\0\1\0\xfe\0\0\0\0\0\4\x7f\0\0\2"
#define OPT       "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define ALGORITHM "\x08gss-tsig\0"
#define SIGNED_AT "\0\0\x60\0\0\1"
#define TSIG_HEAD "\3KEY\0\0\xfa\0\xff\0\0\0\0\0\x20"
#define TSIG_DATA ALGORITHM SIGNED_AT "\1\x2c\0\4MACS\x56\x78\0\0\0\2OK"
#define VARIABLES "\3key\0\0\xff\0\0\0\0" ALGORITHM SIGNED_AT "\1\x2c\0\0\0\2OK"
#define UPDATE    ZONE IN_USE ADD DROP_SET DROP_ONE

static void an_update_that_is_signed(void **state)
{
    (void)state;
    struct span msg = SPAN_LIT(HEADER "\2" UPDATE OPT TSIG_HEAD TSIG_DATA);
    struct dns_signed m;
    struct builder b;
    struct span covered;
    assert_ok(dns_signed_parse(msg, &a, &m));
    assert_true(m.has_tsig);
    assert_span(m.tsig.key, "\3KEY\0");
    assert_span(m.tsig.algorithm, ALGORITHM);
    assert_true(m.tsig.time == 0x60000001 && m.tsig.fudge == 300 && m.tsig.error == 0);
    assert_span(m.tsig.mac, "MACS");
    assert_span(m.tsig.other, "OK");
    assert_int_equal(m.tsig.original_id, 0x5678);
    const struct dns_rr_list *updates = &m.section[DNS_SECTION_UPDATE];
    assert_int_equal(m.section[DNS_SECTION_PREREQUISITE].count, 1);
    assert_int_equal(m.section[DNS_SECTION_ADDITIONAL].count, 0);
    assert_int_equal(updates->count, 3);
    assert_span(updates->rrs[0].owner, "\1H\3aws\7example\0");
    assert_span(updates->rrs[0].rdata, "\x7f\0\0\1");
    assert_true(updates->rrs[1].klass == DNS_CLASS_ANY && updates->rrs[1].rdata.len == 0);
    assert_true(updates->rrs[2].klass == DNS_CLASS_NONE && updates->rrs[2].rdata.len == 4);

    builder_in(&b, &a, 4096);
    dns_tsig_covers_request(&b, msg, &m);
    assert_ok(builder_done(&b, &covered));
    assert_span(covered, "\x56\x78\x28\0\0\1\0\1\0\3\0\1" UPDATE OPT VARIABLES);
}

static void a_response_is_signed(void **state)
{
    (void)state;
    struct span msg = SPAN_LIT("\x12\x34\xa8\0\0\1\0\0\0\0\0\0" ZONE);
    struct dns_tsig tsig = {.key = SPAN_LIT("\3KEY\0"),
                            .algorithm = SPAN_LIT(ALGORITHM),
                            .time = 0x60000001,
                            .fudge = 300,
                            .mac = SPAN_LIT("MACS"),
                            .original_id = 0x5678,
                            .other = SPAN_LIT("OK")};
    struct builder b;
    struct span out;
    struct dns_signed m;
    builder_in(&b, &a, 4096);
    dns_tsig_put(&b, msg, &tsig);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\x12\x34\xa8\0\0\1\0\0\0\0\0\1" ZONE TSIG_HEAD TSIG_DATA);
    assert_ok(dns_signed_parse(out, &a, &m));
    assert_int_equal(m.tsig_at, msg.len);

    builder_in(&b, &a, 4096);
    dns_tsig_covers_response(&b, msg, &tsig, SPAN_LIT("abc"));
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\0\3abc\x12\x34\xa8\0\0\1\0\0\0\0\0\0" ZONE VARIABLES);
    builder_in(&b, &a, 4096);
    dns_tsig_covers_response(&b, msg, &tsig, SPAN_NONE);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\x12\x34\xa8\0\0\1\0\0\0\0\0\0" ZONE VARIABLES);
}

static void what_is_no_signed_message(void **state)
{
    (void)state;
    static const struct span rows[] = {
        SPAN_LIT(""),
        SPAN_LIT(HEADER "\2" UPDATE TSIG_HEAD TSIG_DATA OPT),                     /* not the last */
        SPAN_LIT(HEADER "\2" UPDATE OPT TSIG_HEAD ALGORITHM SIGNED_AT),           /* cut */
        SPAN_LIT(HEADER "\1" UPDATE "\3KEY\0\0\xfa\0\1\0\0\0\0\0\x20" TSIG_DATA), /* of class IN */
        SPAN_LIT(HEADER "\1" UPDATE "\3KEY\0\0\xfa\0\xff\0\0\0\0\0\2\0\0"),
        SPAN_LIT("\0\0\x28\0\0\1\0\0\0\1\0\0" ZONE "\1h\xc0\x0c\0\1\0\1\0\0\0\0\0\0"), /* A, none */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct dns_signed m;
        assert_int_equal(dns_signed_parse(rows[i], &a, &m), ERR_MALFORMED);
    }
}

static void keys(void **state)
{
    (void)state;
#define TKEY ALGORITHM "\0\0\0\1\0\0\0\2\0\3\0\x11\0\5token\0\0"
    struct dns_tkey tkey;
    struct builder b;
    struct span out;
    assert_ok(dns_tkey_decode(SPAN_LIT(TKEY), &tkey));
    assert_span(tkey.algorithm, ALGORITHM);
    assert_span(tkey.key, "token");
    assert_true(tkey.inception == 1 && tkey.expiration == 2 && tkey.mode == DNS_TKEY_MODE_GSS);
    assert_true(tkey.error == DNS_TSIG_BADKEY && tkey.other.len == 0);
    builder_in(&b, &a, 4096);
    dns_tkey_put(&b, &tkey);
    assert_ok(builder_done(&b, &out));
    assert_span(out, TKEY);
    assert_int_equal(dns_tkey_decode(SPAN_LIT(TKEY "x"), &tkey), ERR_MALFORMED);
    assert_int_equal(dns_tkey_decode(SPAN_LIT(ALGORITHM "\0\0\0\1"), &tkey), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_update_that_is_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_response_is_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_signed_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
