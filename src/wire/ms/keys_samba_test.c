/* Stored keys and metadata against Samba on random values; keytabs against MIT's library; logon
 * hours. */
#include "wire/ms/keytab.h"
#include "wire/ms/logon_hours.h"
#include "wire/ms/oracle.h"
#include "wire/ms/repl_meta.h"
#include "wire/ms/supplemental.h"

#include <krb5/krb5.h>

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

/* MIT's library finds the same keys under the same names and versions. */
static void keytab_read_by_mit(void **state)
{
    static const char *const names[] = {"host/sql1.aws.example.com@AWS.EXAMPLE.COM",
                                        "SQL1$@AWS.EXAMPLE.COM"};
    char path[] = "/tmp/keytab_testXXXXXX", spec[64];
    int fd = mkstemp(path);
    krb5_context context;
    krb5_keytab keytab;
    struct arena a;
    struct span bytes;
    (void)state;

    arena_init(&a, 0, 65536, 0);
    bytes = keytab_bytes(&a);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    close(fd);
    snprintf(spec, sizeof(spec), "FILE:%s", path);
    assert_int_equal(krb5_init_context(&context), 0);
    assert_int_equal(krb5_kt_resolve(context, spec, &keytab), 0);
    for (unsigned i = 0; i < 2; i++) {
        krb5_keytab_entry e;
        krb5_principal who;

        assert_int_equal(krb5_parse_name(context, names[i], &who), 0);
        assert_int_equal(
            krb5_kt_get_entry(context, keytab, who, entries[i].kvno, entries[i].etype, &e), 0);
        assert_span_equal(span_of(e.key.contents, e.key.length), entries[i].key);
        assert_int_equal(e.timestamp, entries[i].time);
        krb5_free_keytab_entry_contents(context, &e);
        krb5_free_principal(context, who);
    }
    krb5_kt_close(context, keytab);
    krb5_free_context(context);
    unlink(path);
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
        cmocka_unit_test(keytab_read_by_mit),
        cmocka_unit_test(hours),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
