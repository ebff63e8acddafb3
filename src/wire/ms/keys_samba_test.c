/* Stored keys and metadata against Samba on random values; keytabs against MIT's klist; logon
 * hours. */
#include "wire/ms/keytab.h"
#include "wire/ms/logon_hours.h"
#include "wire/ms/oracle.h"
#include "wire/ms/repl_meta.h"
#include "wire/ms/supplemental.h"

#define ROUNDS 60

static void hex_line(struct builder *b, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        builder_printf(b, "%02x", bytes.ptr[i]);
    builder_u8(b, '\n');
}

static void supplemental_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct supplemental_property *p;
        unsigned count;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "supplemental", round, &fields);
        assert_ok(supplemental_decode(bytes, &a, &p, &count));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        for (unsigned i = 0; i < count; i++) {
            builder_printf(&b, "property=%.*s/", SPAN_ARG(p[i].name));
            hex_line(&b, p[i].value);
            assert_true(span_eq(supplemental_find(&p[i], 1, p[i].name), p[i].value));
        }
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, SUPPLEMENTAL_MAX);
        supplemental_put(&b, p, count);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        for (size_t n = 0; n < out.len; n++)
            assert_err(supplemental_decode(span_sub(out, 0, n), &a, &p, &count), ERR_MALFORMED);
        arena_fini(&a);
    }
}

static void key_lines(struct builder *b, const char *name, const struct supplemental_key *keys,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        builder_printf(b, "%s=%d/%u/", name, keys[i].etype, keys[i].iterations);
        hex_line(b, keys[i].value);
    }
}

static void kerberos_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct supplemental_kerberos c;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "kerberos_newer", round, &fields);
        assert_ok(supplemental_kerberos_decode(bytes, &a, &c));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        field_text(&b, "salt", c.salt);
        field_number(&b, "iterations", c.default_iterations);
        key_lines(&b, "key", c.keys, c.count);
        key_lines(&b, "service_key", c.service_keys, c.service_count);
        key_lines(&b, "old_key", c.old_keys, c.old_count);
        key_lines(&b, "older_key", c.older_keys, c.older_count);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, SUPPLEMENTAL_MAX);
        supplemental_kerberos_put(&b, &c);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(oracle_again(&a, "kerberos_newer", out), bytes);
        for (size_t n = 0; n < out.len; n++)
            assert_err(supplemental_kerberos_decode(span_sub(out, 0, n), &a, &c), ERR_MALFORMED);
        arena_fini(&a);
    }
}

static void repl_meta_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct repl_meta *e;
        unsigned count;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "repl_meta", round, &fields);
        assert_ok(repl_meta_decode(bytes, &a, &e, &count));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        for (unsigned i = 0; i < count; i++) {
            char text[GUID_TEXT_SIZE];

            guid_to_text(&e[i].invocation, text);
            builder_printf(&b, "entry=%u/%u/%lld/%s/%llu/%llu\n", e[i].attribute, e[i].version,
                           (long long)e[i].time, text, (unsigned long long)e[i].originating_usn,
                           (unsigned long long)e[i].local_usn);
        }
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, 65536);
        repl_meta_put(&b, e, count);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        for (size_t n = 0; n < out.len; n++)
            assert_err(repl_meta_decode(span_sub(out, 0, n), &a, &e, &count), ERR_MALFORMED);
        arena_fini(&a);
    }
}

static void packages_list(void **state)
{
    static const struct span names[] = {SPAN_LIT("A"), SPAN_LIT("B")};
    uint8_t mem[16];
    struct builder b;
    struct span out;
    (void)state;

    builder_over(&b, mem, sizeof(mem));
    supplemental_put_packages(&b, names, 2);
    assert_ok(builder_done(&b, &out));
    assert_true(span_eq(out, SPAN_LIT("A\0\0\0B\0")));
}

/* --- keytab --------------------------------------------------------------------------------- */

static const struct keytab_entry entries[] = {
    {SPAN_LIT("AWS.EXAMPLE.COM"),
     2,
     {SPAN_LIT("host"), SPAN_LIT("sql1.aws.example.com")},
     1,
     1700000000,
     3,
     18,
     SPAN_LIT("0123456789abcdef0123456789abcdef")},
    {SPAN_LIT("AWS.EXAMPLE.COM"),
     1,
     {SPAN_LIT("SQL1$")},
     1,
     1700000001,
     300,
     17,
     SPAN_LIT("0123456789abcdef")},
};

static struct span keytab_bytes(struct arena *a)
{
    struct builder b;
    struct span out;

    builder_in(&b, a, 4096);
    keytab_put_header(&b);
    keytab_put(&b, &entries[0]);
    builder_be32(&b, (uint32_t)-5); /* a hole */
    builder_zeros(&b, 5);
    keytab_put(&b, &entries[1]);
    assert_ok(builder_done(&b, &out));
    return out;
}

static void keytab_both_ways(void **state)
{
    struct arena a;
    struct span bytes;
    struct keytab_iter it;
    struct keytab_entry e;
    (void)state;

    arena_init(&a, 0, 65536, 0);
    bytes = keytab_bytes(&a);
    assert_ok(keytab_open(bytes, &it));
    for (unsigned i = 0; i < 2; i++) {
        assert_true(keytab_next(&it, &e));
        assert_int_equal(e.count, entries[i].count);
        assert_true(span_eq(e.realm, entries[i].realm));
        for (unsigned k = 0; k < e.count; k++)
            assert_true(span_eq(e.components[k], entries[i].components[k]));
        assert_int_equal(e.kvno, entries[i].kvno);
        assert_int_equal(e.time, entries[i].time);
        assert_int_equal(e.etype, entries[i].etype);
        assert_true(span_eq(e.key, entries[i].key));
    }
    assert_false(keytab_next(&it, &e));
    assert_ok(it.r.err);
    /* A hole larger than the file, and an entry of one. */
    assert_ok(keytab_open(SPAN_LIT("\x05\x02\x80\0\0\0"), &it));
    assert_false(keytab_next(&it, &e));
    assert_int_not_equal(it.r.err, ERR_OK);
    assert_ok(keytab_open(SPAN_LIT("\x05\x02\0\0\0\x01\0"), &it));
    assert_false(keytab_next(&it, &e));
    assert_err(it.r.err, ERR_MALFORMED);
    assert_err(keytab_open(SPAN_LIT("\x05\x01"), &it), ERR_UNSUPPORTED);
    arena_fini(&a);
}

static void keytab_read_by_klist(void **state)
{
    char path[] = "/tmp/keytab_testXXXXXX", command[128], text[4096];
    struct arena a;
    struct span bytes;
    size_t n;
    FILE *f;
    int fd;
    (void)state;

    arena_init(&a, 0, 65536, 0);
    bytes = keytab_bytes(&a);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    close(fd);
    snprintf(command, sizeof(command), "klist -k -e -K %s 2>&1", path);
    f = popen(command, "r");
    assert_non_null(f);
    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    assert_int_equal(pclose(f), 0);
    unlink(path);
    assert_non_null(
        strstr(text, "3 host/sql1.aws.example.com@AWS.EXAMPLE.COM (aes256-cts-hmac-sha1-96)"
                     "  (0x3031323334353637383961626364656630313233343536373839616263646566)"));
    assert_non_null(strstr(text, "300 SQL1$@AWS.EXAMPLE.COM (aes128-cts-hmac-sha1-96)"));
    arena_fini(&a);
}

/* --- logon hours ---------------------------------------------------------------------------- */

/* Sunday 2023-11-12 00:00 UTC. */
#define SUNDAY (INT64_C(1699747200) * UTIME_SECOND)

static void hours(void **state)
{
    uint8_t bits[LOGON_HOURS_SIZE] = {0};
    struct span s = {bits, sizeof(bits)};
    utime end = 0;
    (void)state;

    bits[1] = 0x03;  /* Sunday 08:00 to 10:00 */
    bits[20] = 0x80; /* Saturday 23:00 to 24:00 */
    assert_false(logon_hours_allow(s, SUNDAY));
    assert_false(logon_hours_allow(s, SUNDAY + 8 * UTIME_HOUR - 1));
    assert_true(logon_hours_allow(s, SUNDAY + 8 * UTIME_HOUR));
    assert_true(logon_hours_allow(s, SUNDAY + 10 * UTIME_HOUR - 1));
    assert_false(logon_hours_allow(s, SUNDAY + 10 * UTIME_HOUR));
    assert_true(logon_hours_allow(s, SUNDAY - 1));
    assert_true(logon_hours_end(s, SUNDAY + 9 * UTIME_HOUR, &end));
    assert_true(end == SUNDAY + 10 * UTIME_HOUR);
    assert_true(logon_hours_end(s, SUNDAY - 1, &end));
    assert_true(end == SUNDAY);
    assert_false(logon_hours_end(s, SUNDAY, &end));
    assert_true(logon_hours_allow(SPAN_NONE, SUNDAY));
    assert_false(logon_hours_end(SPAN_NONE, SUNDAY, &end));
    assert_false(logon_hours_allow(span_of(bits, 20), SUNDAY + 8 * UTIME_HOUR));
    memset(bits, 0xFF, sizeof(bits));
    assert_true(logon_hours_allow(s, -1));
    assert_false(logon_hours_end(s, SUNDAY, &end));
    /* Thursday 1970-01-01 is bit 4 * 24; the hour before it is bit 95. */
    bits[11] = 0x7F;
    assert_false(logon_hours_allow(s, -1));
    assert_true(logon_hours_allow(s, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supplemental_both_ways),
        cmocka_unit_test(kerberos_both_ways),
        cmocka_unit_test(repl_meta_both_ways),
        cmocka_unit_test(packages_list),
        cmocka_unit_test(keytab_both_ways),
        cmocka_unit_test(keytab_read_by_klist),
        cmocka_unit_test(hours),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
