#include "trust/trust_attributes.h"
#include "trust/trust_keys.h"
#include "writer/fixture_test.h"

/* The rollover of a trust's password, as either side of it. */

#define TDO "CN=corp.example.com,CN=System"

static struct intent roll(uint32_t half, struct span secret, uint32_t version)
{
    return (struct intent){
        .kind = INTENT_TRUST_ROLL,
        .target = SPAN_LIT("corp.example.com"),
        .trust = {.direction = half, .secret = secret, .version = version},
    };
}

static int make_trust(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_TRUST_PUT,
                        .target = SPAN_LIT("corp.example.com"),
                        .trust = {.dns_name = SPAN_LIT("corp.example.com"),
                                  .flat_name = SPAN_LIT("CORP"),
                                  .sid = SID_NT(21, 9, 8, 7),
                                  .direction = TRUST_BOTH,
                                  .type = TRUST_UPLEVEL,
                                  .attributes = TRUST_FOREST_TRANSITIVE,
                                  .enctypes = TRUST_ENC_AES,
                                  .password = SPAN_LIT("Shared-secret-1")}};
    fixture_as_system(&f);
    done(fixture_do(&f, &in));
    return 0;
}

static int delete_trust(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_TRUST_DELETE, .target = SPAN_LIT("CORP")};
    fixture_as_system(&f);
    done(fixture_do(&f, &in));
    return 0;
}

static struct trust_auth half_of(uint32_t half)
{
    struct dir_obj tdo;
    struct span incoming, outgoing;
    struct trust_auth auth;
    assert_true(fixture_find(&f, TDO, &tdo));
    assert_ok(dir_trust_secrets(fixture_snap(&f), tdo.id, &f.arena, &incoming, &outgoing));
    assert_ok(trust_auth_decode(half == TRUST_INBOUND ? incoming : outgoing, &auth));
    return auth;
}

static struct span utf16(const char *text)
{
    struct span out;
    assert_ok(text_to_utf16(span_str(text), &f.arena, &out));
    return out;
}

static struct span clear_of(const struct trust_auth_info *infos, unsigned count)
{
    const struct trust_auth_info *info = trust_auth_find(infos, count, TRUST_AUTH_CLEAR);
    assert_non_null(info);
    return info->data;
}

static void the_partner_sets_a_new_one(void **state)
{
    (void)state;
    struct intent in = roll(TRUST_INBOUND, utf16("Rolled-over-1"), 7);
    struct dir_account acc;
    struct dir_account_keys keys;
    done(fixture_do(&f, &in));
    struct trust_auth auth = half_of(TRUST_INBOUND);
    assert_span_equal(clear_of(auth.current, auth.count), utf16("Rolled-over-1"));
    assert_span_equal(clear_of(auth.previous, auth.previous_count), utf16("Shared-secret-1"));
    assert_int_equal(trust_auth_version(auth.current, auth.count), 7);
    assert_int_equal(trust_auth_version(auth.previous, auth.previous_count), 1);
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("CORP$"), &acc));
    assert_ok(dir_account_keys(fixture_snap(&f), DIR_SECRET_ACCOUNT, acc.id, &f.arena, &keys));
    assert_true(dir_keys_match(&keys, SPAN_LIT("Rolled-over-1")));
    auth = half_of(TRUST_OUTBOUND);
    assert_span_equal(clear_of(auth.current, auth.count), utf16("Shared-secret-1"));
}

/* The answer was lost, and the partner says it once more: the former password stays the former
 * one. */
static void the_same_again_changes_nothing(void **state)
{
    (void)state;
    struct intent in = roll(TRUST_INBOUND, utf16("Rolled-over-1"), 2);
    done(fixture_do(&f, &in));
    in = roll(TRUST_INBOUND, utf16("Rolled-over-1"), 2);
    done(fixture_do(&f, &in));
    struct trust_auth auth = half_of(TRUST_INBOUND);
    assert_span_equal(clear_of(auth.previous, auth.previous_count), utf16("Shared-secret-1"));
    in = roll(TRUST_INBOUND, utf16("Rolled-over-2"), 0);
    done(fixture_do(&f, &in)); /* how often is the partner's own affair */
    auth = half_of(TRUST_INBOUND);
    assert_span_equal(clear_of(auth.previous, auth.previous_count), utf16("Rolled-over-1"));
    assert_int_equal(trust_auth_version(auth.current, auth.count), 3);
}

/* Not well-formed UTF-16, as Windows makes it. */
static void any_bytes_are_a_password(void **state)
{
    (void)state;
    uint8_t noise[240];
    memset(noise, 0xDC, sizeof noise);
    struct intent in = roll(TRUST_INBOUND, span_of(noise, sizeof noise), 2);
    done(fixture_do(&f, &in));
    struct trust_auth auth = half_of(TRUST_INBOUND);
    assert_span_equal(clear_of(auth.current, auth.count), span_of(noise, sizeof noise));
    in = roll(TRUST_INBOUND, span_of(noise, 239), 3);
    refused(fixture_do(&f, &in), PASSWORD_NOT_TEXT);
    in = roll(TRUST_INBOUND, SPAN_NONE, 3);
    refused(fixture_do(&f, &in), PASSWORD_NOT_TEXT);
}

/* Under both keys, the former one first for an hour. */
static void keys_of_both(const struct trust_auth *auth)
{
    struct trust_keys keys;
    assert_ok(trust_derive_keys(auth, TRUST_OUTBOUND, SPAN_LIT("AWS.EXAMPLE.COM"),
                                SPAN_LIT("CORP.EXAMPLE.COM"), TRUST_ENC_AES, &f.arena, &keys));
    assert_int_equal(keys.current.kvno, 2);
    assert_int_equal(keys.previous.kvno, 1);
    assert_ptr_equal(trust_encryption_keys(&keys, keys.current.changed + UTIME_MINUTE),
                     &keys.previous);
    assert_ptr_equal(trust_encryption_keys(&keys, keys.current.changed + UTIME_HOUR),
                     &keys.current);
    assert_non_null(trust_decryption_key(&keys, ETYPE_AES256_SHA1, 1, keys.current.changed, 1));
}

static void we_make_one_and_not_two_in_a_row(void **state)
{
    (void)state;
    struct intent in = roll(TRUST_OUTBOUND, SPAN_NONE, 0);
    struct span text;
    done(fixture_do(&f, &in));
    struct trust_auth auth = half_of(TRUST_OUTBOUND);
    struct span made = clear_of(auth.current, auth.count);
    assert_int_equal(made.len, 240);
    assert_ok(text_from_utf16(made, &f.arena, &text));
    keys_of_both(&auth);
    in = roll(TRUST_OUTBOUND, SPAN_NONE, 0);
    refused(fixture_do(&f, &in), DIR_TRUST_ROLLED_LATELY);
    auth = half_of(TRUST_OUTBOUND);
    assert_span_equal(clear_of(auth.current, auth.count), made);
    auth = half_of(TRUST_INBOUND);
    assert_span_equal(clear_of(auth.current, auth.count), utf16("Shared-secret-1"));
}

static void only_what_is_there_rolls(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_TRUST_PUT,
                        .target = SPAN_LIT("corp.example.com"),
                        .trust = {.direction = TRUST_OUTBOUND,
                                  .type = TRUST_UPLEVEL,
                                  .attributes = TRUST_FOREST_TRANSITIVE}};
    done(fixture_do(&f, &in));
    in = roll(TRUST_INBOUND, utf16("x"), 0);
    refused(fixture_do(&f, &in), DIR_TRUST_NO_HALF);
    in = roll(TRUST_BOTH, utf16("x"), 0);
    refused(fixture_do(&f, &in), DIR_TRUST_NO_HALF);
    in = roll(TRUST_OUTBOUND, SPAN_NONE, 0);
    in.target = SPAN_LIT("nobody.example.com");
    refused(fixture_do(&f, &in), DIR_NO_OBJECT);
    fixture_as(&f, "Administrator");
    in = roll(TRUST_OUTBOUND, SPAN_NONE, 0);
    refused(fixture_do(&f, &in), DIR_ACCESS);
}

static bool account(const char *name)
{
    struct dir_obj o;
    return fixture_find(&f, arena_printf(&f.arena, "CN=%s,CN=Users", name), &o);
}

static void a_guessed_flat_name_is_corrected(void **state)
{
    struct dir_obj before, after;
    struct span flat;
    struct intent in = {
        .kind = INTENT_TRUST_PUT,
        .flags = INTENT_FLAT_NAME,
        .target = SPAN_LIT("corp.example.com"),
        .trust = {.flat_name = SPAN_LIT("TRUE"), .password = SPAN_LIT("Shared-secret-1")}};
    (void)state;
    assert_true(fixture_find(&f, TDO, &before) && account("CORP$"));
    fixture_as_system(&f);
    in.flags = 0;
    fixture_do(&f, &in);
    assert_true(account("CORP$") && !account("TRUE$"));
    in.flags = INTENT_FLAT_NAME;
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, TDO, &after) && !account("CORP$") && account("TRUE$"));
    assert_int_equal(after.id, before.id);
    assert_true(dir_attr_first(&after, ATTR_flatName, &flat));
    assert_span(flat, "TRUE");
    in.trust.password = SPAN_NONE;
    in.trust.flat_name = SPAN_LIT("OTHER");
    refused(fixture_do(&f, &in), DIR_TRUST_INVALID);
    in.trust.flat_name = SPAN_LIT("CORP");
    in.trust.password = SPAN_LIT("Shared-secret-1");
    done(fixture_do(&f, &in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_partner_sets_a_new_one, make_trust, delete_trust),
        cmocka_unit_test_setup_teardown(the_same_again_changes_nothing, make_trust, delete_trust),
        cmocka_unit_test_setup_teardown(any_bytes_are_a_password, make_trust, delete_trust),
        cmocka_unit_test_setup_teardown(we_make_one_and_not_two_in_a_row, make_trust, delete_trust),
        cmocka_unit_test_setup_teardown(only_what_is_there_rolls, make_trust, delete_trust),
        cmocka_unit_test_setup_teardown(a_guessed_flat_name_is_corrected, make_trust, delete_trust),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
