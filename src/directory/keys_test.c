#include "base/test.h"
#include "base/text.h"
#include "directory/keys.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 4u << 20, ARENA_WIPE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct dir_account_keys made(const char *password, const struct dir_account_keys *old,
                                    unsigned history)
{
    struct dir_account_keys k;
    struct dir_key_recipe r = {.password = span_str(password),
                               .salt = SPAN_LIT("AWS.EXAMPLE.COMalice"),
                               .now = 5 * UTIME_DAY,
                               .want_nt = true,
                               .common_only = true,
                               .history = history};
    assert_ok(dir_keys_make(&r, old, &arena, &k));
    return k;
}

static void strongest_first_with_the_salt(void **state)
{
    (void)state;
    struct dir_account_keys k;
    struct dir_key_recipe r = {.password = SPAN_LIT("Passw0rd"),
                               .salt = SPAN_LIT("AWS.EXAMPLE.COMalice"),
                               .want_nt = true};
    assert_ok(dir_keys_make(&r, NULL, &arena, &k));
    assert_int_equal(k.versions, 1);
    assert_int_equal(k.version[0].kvno, 1);
    assert_int_equal(k.version[0].count, 4);
    const int32_t order[] = {18, 17, 20, 19};
    for (unsigned i = 0; i < 4; i++) {
        struct krb_key want;
        assert_int_equal(k.version[0].key[i].etype, order[i]);
        assert_ok(krb_string_to_key(order[i], r.password, r.salt, 0, &want));
        assert_memory_equal(k.version[0].key[i].bytes, want.bytes, want.len);
    }
    assert_span(text_hex(&arena, span_of(k.nt_hash, 16)), "a87f3a337d73085c45f9416be5787d86");
    assert_true(dir_keys_match(&k, SPAN_LIT("Passw0rd")));
    assert_false(dir_keys_match(&k, SPAN_LIT("passw0rd")));
}

static void versions_move_down(void **state)
{
    (void)state;
    struct dir_account_keys k = made("one", NULL, 24);
    struct krb_key first = k.version[0].key[0];
    const char *const more[] = {"two", "three", "four"};
    for (unsigned i = 0; i < 3; i++) {
        struct dir_account_keys next = made(more[i], &k, 24);
        k = next;
        if (i == 0)
            assert_memory_equal(dir_keys_find(&k, 1, 18)->bytes, first.bytes, first.len);
    }
    assert_int_equal(k.versions, 3);
    assert_int_equal(k.version[0].kvno, 4);
    assert_int_equal(k.version[2].kvno, 2);
    assert_null(dir_keys_find(&k, 1, 18));
    assert_null(dir_keys_find(&k, 0, 23));
    assert_ptr_equal(dir_keys_find(&k, 0, 18), &k.version[0].key[0]);
}

static void history_is_former_passwords_newest_first(void **state)
{
    (void)state;
    struct dir_account_keys k = made("p0", NULL, 3);
    for (char c = '1'; c <= '5'; c++) {
        const char password[] = {'p', c, 0};
        k = made(password, &k, 3);
    }
    assert_int_equal(k.history.len, 3 * DIR_HISTORY_ENTRY);
    for (unsigned i = 0; i < 3; i++) {
        const char password[] = {'p', (char)('4' - i), 0};
        uint8_t nt[16];
        assert_ok(nt_hash(span_str(password), nt));
        assert_memory_equal(k.history.ptr + i * DIR_HISTORY_ENTRY, nt, 16);
    }
    k = made("p6", &k, 0);
    assert_int_equal(k.history.len, 0);
}

static void salts_as_active_directory(void **state)
{
    (void)state;
    struct span realm = SPAN_LIT("AWS.EXAMPLE.COM"), dns = SPAN_LIT("aws.example.com");
    assert_span(dir_keys_salt(DIR_SALT_USER, realm, dns, SPAN_LIT("Alice"), &arena),
                "AWS.EXAMPLE.COMAlice");
    assert_span(dir_keys_salt(DIR_SALT_COMPUTER, realm, dns, SPAN_LIT("SQL1$"), &arena),
                "AWS.EXAMPLE.COMhostsql1.aws.example.com");
    /* Measured against Samba: the salt of AWS$ in CORP. */
    assert_span(dir_keys_salt(DIR_SALT_TRUST, SPAN_LIT("CORP.EXAMPLE.COM"),
                              SPAN_LIT("corp.example.com"), SPAN_LIT("AWS$"), &arena),
                "CORP.EXAMPLE.COMkrbtgtAWS");
}

static void form_is_exact(void **state)
{
    (void)state;
    struct dir_account_keys k = made("one", NULL, 24), again;
    struct span bytes, second;
    k = made("two", &k, 24);
    assert_ok(dir_keys_encode(&k, &arena, &bytes));
    assert_ok(dir_keys_decode(bytes, &again));
    assert_ok(dir_keys_encode(&again, &arena, &second));
    assert_span_equal(second, bytes);
    assert_span_equal(again.version[1].salt, k.version[1].salt);
    for (size_t n = 0; n < bytes.len; n++)
        assert_true(dir_keys_decode(span_sub(bytes, 0, n), &again) != ERR_OK);
    uint8_t *newer = arena_dup(&arena, bytes.ptr, bytes.len);
    newer[0]++;
    assert_err(dir_keys_decode(span_of(newer, bytes.len), &again), ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strongest_first_with_the_salt, setup, teardown),
        cmocka_unit_test_setup_teardown(versions_move_down, setup, teardown),
        cmocka_unit_test_setup_teardown(history_is_former_passwords_newest_first, setup, teardown),
        cmocka_unit_test_setup_teardown(salts_as_active_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(form_is_exact, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
