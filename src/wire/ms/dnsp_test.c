#include "base/test.h"
#include "base/text.h"
#include "wire/ms/dnsp.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1u << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* As a Samba domain controller stores them. */
static const char soa[] = "4f00060005f000000100000000000e100000000000000000000000010000038400000258"
                          "0001518000000e1018040364"
                          "6331066f7261636c65076578616d706c6503636f6d001f040a686f73746d617374657206"
                          "6f7261636c65076578616d70"
                          "6c6503636f6d00";
static const char ns[] = "1a00020005f0000001000000000003840000000000000000180403646331066f7261636c6"
                         "5076578616d706c6503636f"
                         "6d00";
static const char a[] = "0400010005f00000010000000000038400000000000000007f000501";
static const char aaaa[] =
    "10001c0005f0000001000000000003840000000000000000fd000000000000000000000000000002";
static const char srv[] = "2000210005f0000001000000000003840000000000000000000000640185180403646331"
                          "066f7261636c65076578616d"
                          "706c6503636f6d00";

static struct dnsp_record decoded(const char *hex)
{
    struct span bytes, again;
    struct dnsp_record r;
    struct builder b;
    assert_ok(text_unhex(span_str(hex), &arena, &bytes));
    assert_ok(dnsp_record_decode(bytes, &r));
    builder_in(&b, &arena, DNSP_RECORD_MAX);
    dnsp_record_put(&b, &r);
    assert_ok(builder_done(&b, &again));
    assert_span_equal(again, bytes);
    for (size_t n = 0; n < bytes.len; n++) {
        struct dnsp_record untouched;
        assert_true(dnsp_record_decode(span_sub(bytes, 0, n), &untouched) != ERR_OK);
    }
    assert_int_equal(r.rank, DNSP_RANK_ZONE);
    assert_int_equal(r.serial, 1);
    return r;
}

static void records_of_a_samba_zone(void **state)
{
    (void)state;
    struct span host, mail;
    assert_ok(dnsp_name_from_text(SPAN_LIT("dc1.oracle.example.com"), &arena, &host));
    assert_ok(dnsp_name_from_text(SPAN_LIT("hostmaster.oracle.example.com."), &arena, &mail));
    struct dnsp_record r = decoded(soa);
    assert_int_equal(r.type, DNSP_SOA);
    assert_int_equal(r.ttl, 3600);
    assert_int_equal(r.soa_serial, 1);
    assert_int_equal(r.refresh, 900);
    assert_int_equal(r.retry, 600);
    assert_int_equal(r.expire, 86400);
    assert_int_equal(r.minimum, 3600);
    assert_span_equal(r.name, host);
    assert_span_equal(r.mail, mail);
    r = decoded(ns);
    assert_int_equal(r.ttl, 900);
    assert_span_equal(r.name, host);
    r = decoded(a);
    assert_span_equal(r.data, SPAN_LIT("\x7f\x00\x05\x01"));
    r = decoded(aaaa);
    assert_int_equal(r.data.len, 16);
    r = decoded(srv);
    assert_int_equal(r.priority, 0);
    assert_int_equal(r.weight, 100);
    assert_int_equal(r.port, 389);
    assert_span_equal(r.name, host);
}

static void names(void **state)
{
    (void)state;
    struct span out;
    char label[65];
    memset(label, 'a', sizeof label);
    assert_ok(dnsp_name_from_text(SPAN_LIT("."), &arena, &out));
    assert_span_equal(out, SPAN_LIT("\0"));
    assert_ok(dnsp_name_from_text(span_of(label, 63), &arena, &out));
    assert_err(dnsp_name_from_text(span_of(label, 64), &arena, &out), ERR_MALFORMED);
    assert_err(dnsp_name_from_text(SPAN_LIT("a..b"), &arena, &out), ERR_MALFORMED);
    assert_err(dnsp_name_from_text(SPAN_LIT(".a"), &arena, &out), ERR_MALFORMED);
    assert_true(dnsp_name_valid(SPAN_LIT("\1a\0")));
    assert_false(dnsp_name_valid(SPAN_LIT("\1a")));
    assert_false(dnsp_name_valid(SPAN_LIT("\1a\0\0")));
    assert_false(dnsp_name_valid(SPAN_NONE));
}

static void properties(void **state)
{
    (void)state;
    struct builder b;
    struct span bytes;
    struct dnsp_property p;
    builder_in(&b, &arena, 4096);
    dnsp_property_put_u32(&b, DNSP_PROPERTY_ZONE_TYPE, DNSP_ZONE_FORWARDER);
    assert_ok(builder_done(&b, &bytes));
    assert_ok(dnsp_property_decode(bytes, &p));
    assert_int_equal(p.id, DNSP_PROPERTY_ZONE_TYPE);
    assert_span_equal(p.data, SPAN_LIT("\4\0\0\0"));

    const struct dnsp_address in[2] = {{{10, 99, 1, 10}, 4}, {{0xfd, 0, [15] = 9}, 16}};
    struct dnsp_address out[DNSP_MASTERS_MAX];
    unsigned count;
    builder_in(&b, &arena, 4096);
    dnsp_masters_put(&b, in, 2);
    assert_ok(builder_done(&b, &bytes));
    assert_int_equal(bytes.len, 32 + 2 * 64);
    p = (struct dnsp_property){DNSP_PROPERTY_MASTERS, bytes};
    assert_ok(dnsp_masters_decode(&p, out, &count));
    assert_int_equal(count, 2);
    assert_int_equal(out[0].len, 4);
    assert_memory_equal(out[0].bytes, in[0].bytes, 4);
    assert_int_equal(out[1].len, 16);
    assert_memory_equal(out[1].bytes, in[1].bytes, 16);
    p.data = span_sub(bytes, 0, bytes.len - 1);
    assert_true(dnsp_masters_decode(&p, out, &count) != ERR_OK);

    p = (struct dnsp_property){DNSP_PROPERTY_MASTERS_IP4, SPAN_LIT("\1\0\0\0\x7f\0\0\1")};
    assert_ok(dnsp_masters_decode(&p, out, &count));
    assert_int_equal(count, 1);
    assert_memory_equal(out[0].bytes, "\x7f\0\0\1", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_of_a_samba_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(names, setup, teardown),
        cmocka_unit_test_setup_teardown(properties, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
