#include "trust/trust_keys.h"

#include "base/text.h"
#include "trust/trust_attributes.h"
#include "trust/trust_test.h"

#include <krb5.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1 << 20, ARENA_WIPE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct span utf16(const char *text)
{
    struct span out;

    assert_ok(text_to_utf16(span_str(text), &arena, &out));
    return out;
}

static void test_salts(void **state)
{
    (void)state;
    struct span s;

    /* The corporate side issues krbtgt/AWS@CORP; the cloud side, which trusts it, decrypts. */
    assert_ok(trust_interrealm_salt(TRUST_INBOUND, SPAN_LIT("corp.example.com"),
                                    SPAN_LIT("aws.example.com"), &arena, &s));
    assert_span(s, "CORP.EXAMPLE.COMkrbtgtAWS.EXAMPLE.COM");
    assert_ok(trust_interrealm_salt(TRUST_OUTBOUND, SPAN_LIT("AWS.EXAMPLE.COM"),
                                    SPAN_LIT("Corp.Example.Com"), &arena, &s));
    assert_span(s, "CORP.EXAMPLE.COMkrbtgtAWS.EXAMPLE.COM");
    assert_ok(trust_account_salt(SPAN_LIT("corp.example.com"), SPAN_LIT("AWS"), &arena, &s));
    assert_span(s, "CORP.EXAMPLE.COMkrbtgtAWS");
    assert_err(trust_interrealm_salt(TRUST_BOTH, SPAN_LIT("a"), SPAN_LIT("b"), &arena, &s),
               ERR_RANGE);
}

/* libkrb5's default salt of the principal that the reference names. */
static void test_salts_of_principals(void **state)
{
    (void)state;
    krb5_context ctx;
    krb5_principal principal;
    krb5_data salt;
    struct span s;

    assert_int_equal(krb5_init_context(&ctx), 0);
    assert_int_equal(krb5_parse_name(ctx, "krbtgt/AWS.EXAMPLE.COM@CORP.EXAMPLE.COM", &principal),
                     0);
    assert_int_equal(krb5_principal2salt(ctx, principal, &salt), 0);
    assert_ok(trust_interrealm_salt(TRUST_OUTBOUND, SPAN_LIT("aws.example.com"),
                                    SPAN_LIT("corp.example.com"), &arena, &s));
    assert_span_equal(s, span_of(salt.data, salt.length));
    krb5_free_data_contents(ctx, &salt);
    krb5_free_principal(ctx, principal);
    krb5_free_context(ctx);
}

static void expect_utf8(const char *wide, size_t len, const char *want)
{
    struct span out;

    assert_ok(trust_password_utf8(span_of(wide, len), &arena, &out));
    assert_span_equal(out, span_str(want));
}

static void test_random_passwords(void **state)
{
    (void)state;
    struct span out;

    expect_utf8("", 0, "");
    expect_utf8("A\0\xe9\0\xac\x20", 6, "A\xc3\xa9\xe2\x82\xac");
    expect_utf8("\x34\xd8\x1e\xdd", 4, "\xf0\x9d\x84\x9e"); /* a pair */
    expect_utf8("\x34\xd8"
                "A\0",
                4,
                "\xef\xbf\xbd"
                "A"); /* a high half alone */
    expect_utf8("\x1e\xdd"
                "A\0",
                4,
                "\xef\xbf\xbd"
                "A");                           /* a low half alone */
    expect_utf8("\x34\xd8", 2, "\xef\xbf\xbd"); /* at the end */
    expect_utf8("\x34\xd8\x34\xd8\x1e\xdd", 6, "\xef\xbf\xbd\xf0\x9d\x84\x9e");
    expect_utf8("\x1e\xdd\x34\xd8", 4, "\xef\xbf\xbd\xef\xbf\xbd");
    expect_utf8("\xff\xff\xff\x07\0\x08", 6, "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80");
    assert_err(trust_password_utf8(span_of("abc", 3), &arena, &out), ERR_MALFORMED);
}

static struct trust_auth auth_of(const char *now, uint32_t *version, const char *old,
                                 uint32_t *old_version)
{
    struct trust_auth a = {.count = 2, .previous_count = old ? 2 : 0};

    a.current[0] = (struct trust_auth_info){1000, TRUST_AUTH_CLEAR, utf16(now)};
    a.current[1] = (struct trust_auth_info){1000, TRUST_AUTH_VERSION, span_of(version, 4)};
    if (old) {
        a.previous[0] = (struct trust_auth_info){500, TRUST_AUTH_CLEAR, utf16(old)};
        a.previous[1] = (struct trust_auth_info){500, TRUST_AUTH_VERSION, span_of(old_version, 4)};
    }
    return a;
}

static enum err derive(const struct trust_auth *a, uint32_t enctypes, struct trust_keys *k)
{
    return trust_derive_keys(a, TRUST_OUTBOUND, SPAN_LIT("aws.example.com"),
                             SPAN_LIT("corp.example.com"), enctypes, &arena, k);
}

static void expect_key(const struct krb_key *k, int32_t etype, const char *password)
{
    struct krb_key want;

    assert_int_equal(k->etype, etype);
    assert_ok(krb_string_to_key(etype, span_str(password),
                                SPAN_LIT("CORP.EXAMPLE.COMkrbtgtAWS.EXAMPLE.COM"), 0, &want));
    assert_memory_equal(k->bytes, want.bytes, want.len);
}

static void test_current_and_previous(void **state)
{
    (void)state;
    uint32_t v2 = 2, v1 = 1;
    struct trust_auth a = auth_of("new-secret", &v2, "old-secret", &v1);
    struct trust_keys k;

    assert_ok(derive(&a, TRUST_ENC_AES | TRUST_ENC_RC4, &k));
    assert_int_equal(k.current.kvno, 2);
    assert_int_equal(k.current.count, 3);
    expect_key(&k.current.key[0], 18, "new-secret");
    expect_key(&k.current.key[1], 17, "new-secret");
    expect_key(&k.current.key[2], 23, "new-secret");
    assert_int_equal(k.previous.kvno, 1);
    expect_key(&k.previous.key[0], 18, "old-secret");
    assert_int_equal(k.current.changed, utime_from_filetime(1000));
    assert_ok(derive(&a, TRUST_ENC_AES256, &k));
    assert_int_equal(k.current.count, 1);
    trust_keys_wipe(&k);
    assert_int_equal(k.current.count, 0);
}

/* Both ends of a trust, each with its own view of it, derive one key. */
static void test_both_ends_agree(void **state)
{
    (void)state;
    uint32_t v1 = 1;
    struct trust_auth a = auth_of("shared", &v1, NULL, NULL);
    struct trust_keys ours, theirs;

    assert_ok(derive(&a, TRUST_ENC_AES, &ours));
    assert_ok(trust_derive_keys(&a, TRUST_INBOUND, SPAN_LIT("corp.example.com"),
                                SPAN_LIT("aws.example.com"), TRUST_ENC_AES, &arena, &theirs));
    assert_memory_equal(&ours.current.key[0], &theirs.current.key[0], sizeof(struct krb_key));
    assert_int_equal(ours.previous.count, 0);
}

static void test_without_history(void **state)
{
    (void)state;
    uint32_t v1 = 1;
    struct trust_auth a = auth_of("same", &v1, "same", &v1);
    struct trust_keys k;

    assert_ok(derive(&a, TRUST_ENC_AES, &k));
    assert_int_equal(k.current.count, 2);
    assert_int_equal(k.previous.count, 0);
}

static void test_nt_hash_only(void **state)
{
    (void)state;
    uint8_t hash[16] = {1, 2, 3};
    struct trust_auth a = {.count = 1};
    struct trust_keys k = {.current = {.kvno = 77}};

    a.current[0] = (struct trust_auth_info){1000, TRUST_AUTH_NT_HASH, span_of(hash, 16)};
    assert_err(derive(&a, TRUST_ENC_AES, &k), ERR_NOT_FOUND);
    assert_int_equal(k.current.kvno, 77);
    assert_ok(derive(&a, TRUST_ENC_AES | TRUST_ENC_RC4, &k));
    assert_int_equal(k.current.count, 1);
    assert_int_equal(k.current.key[0].etype, 23);
    assert_memory_equal(k.current.key[0].bytes, hash, 16);
    a.current[0].data.len = 15;
    assert_err(derive(&a, TRUST_ENC_RC4, &k), ERR_RANGE);
    a.count = 0;
    assert_err(derive(&a, TRUST_ENC_AES, &k), ERR_NOT_FOUND);
}

static void test_first_hour(void **state)
{
    (void)state;
    struct trust_keys k = {.current = {.changed = 1000 * UTIME_SECOND, .count = 1},
                           .previous = {.changed = 0, .count = 1}};

    assert_ptr_equal(trust_encryption_keys(&k, k.current.changed), &k.previous);
    assert_ptr_equal(trust_encryption_keys(&k, k.current.changed + UTIME_HOUR - 1), &k.previous);
    assert_ptr_equal(trust_encryption_keys(&k, k.current.changed + UTIME_HOUR), &k.current);
    assert_ptr_equal(trust_encryption_keys(&k, k.current.changed - 1), &k.current);
    k.previous.count = 0;
    assert_ptr_equal(trust_encryption_keys(&k, k.current.changed), &k.current);
}

/* A week after the change, to the microsecond; a clock that was set back ends nothing. */
static void test_the_former_ends(void **state)
{
    (void)state;
    const utime changed = 1000 * UTIME_SECOND;
    struct trust_keys k = {.current = {.kvno = 7, .count = 1, .changed = changed},
                           .previous = {.kvno = 6, .count = 1}};
    const struct krb_key *now = &k.current.key[0], *old = &k.previous.key[0];
    k.current.key[0].etype = k.previous.key[0].etype = 18;
    static const struct {
        utime age;
        bool counts;
    } rows[] = {{-UTIME_DAY, true}, {0, true}, {7 * UTIME_DAY - 1, true}, {7 * UTIME_DAY, false}};
    for (int i = 0; i < 4; i++) {
        utime at = changed + rows[i].age;
        assert_true(trust_former_counts(changed, at) == rows[i].counts);
        assert_ptr_equal(trust_decryption_key(&k, 18, 6, at, 0), rows[i].counts ? old : now);
        assert_ptr_equal(trust_decryption_key(&k, 18, 7, at, 1), rows[i].counts ? old : NULL);
    }
}

static void test_order_of_decryption(void **state)
{
    (void)state;
    struct trust_keys k = {.current = {.kvno = 7, .count = 1}, .previous = {.kvno = 6, .count = 1}};
    const struct krb_key *now = &k.current.key[0], *old = &k.previous.key[0];

    k.current.key[0].etype = k.previous.key[0].etype = 18;
    static const struct {
        uint32_t kvno;
        bool old_first;
    } rows[] = {{0, false}, {7, false}, {6, true}, {5, false}};
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(trust_decryption_key(&k, 18, rows[i].kvno, 0, 0),
                         rows[i].old_first ? old : now);
        assert_ptr_equal(trust_decryption_key(&k, 18, rows[i].kvno, 0, 1),
                         rows[i].old_first ? now : old);
        assert_null(trust_decryption_key(&k, 18, rows[i].kvno, 0, 2));
        assert_null(trust_decryption_key(&k, 17, rows[i].kvno, 0, 0));
    }
    k.previous.count = 0;
    assert_ptr_equal(trust_decryption_key(&k, 18, 6, 0, 0), now);
    assert_null(trust_decryption_key(&k, 18, 6, 0, 1));
    k.current.key[0].etype = 17;
    k.previous.count = 1;
    assert_ptr_equal(trust_decryption_key(&k, 18, 7, 0, 0), old);
    assert_null(trust_decryption_key(&k, 18, 7, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_salts),
        cmocka_unit_test(test_salts_of_principals),
        cmocka_unit_test(test_random_passwords),
        cmocka_unit_test(test_current_and_previous),
        cmocka_unit_test(test_both_ends_agree),
        cmocka_unit_test(test_without_history),
        cmocka_unit_test(test_nt_hash_only),
        cmocka_unit_test(test_first_hour),
        cmocka_unit_test(test_the_former_ends),
        cmocka_unit_test(test_order_of_decryption),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
