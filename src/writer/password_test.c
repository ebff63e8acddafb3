#include "writer/fixture_test.h"

#define ALICE "CN=Alice,CN=Users"

static int setup(void **state)
{
    suite_setup(state);
    done(fixture_modify(&f, "", "=minPwdAge: 0"));
    done(fixture_add(
        &f, ALICE,
        "objectClass: user\nsAMAccountName: alice\nuserAccountControl: 512\nunicodePwd: "
        "First-1234"));
    done(fixture_add(&f, "CN=Bob,CN=Users",
                     "objectClass: user\nsAMAccountName: bob\nuserAccountControl: 512\nunicodePwd: "
                     "Hunter-9876"));
    return 0;
}

static enum err set(const char *rdn, const char *old, const char *new, unsigned flags)
{
    struct intent in = {.kind = INTENT_SET_PASSWORD,
                        .flags = flags,
                        .old_password = span_str(old),
                        .new_password = span_str(new)};
    in.target = span_str(arena_printf(&f.arena, "%s," DOMAIN, rdn));
    return fixture_do(&f, &in);
}

static struct dir_account_keys keys_of(const char *sam, enum dir_secret_store store)
{
    struct dir_account acc;
    struct dir_account_keys k = {0};
    assert_ok(dir_account_by_sam(fixture_snap(&f), span_str(sam), &acc));
    assert_ok(dir_account_keys(fixture_snap(&f), store, acc.id, &f.arena, &k));
    return k;
}

static void a_change_wants_the_old_one(void **state)
{
    (void)state;
    fixture_as(&f, "alice");
    refused(set(ALICE, "wrong", "Second-1234", 0), DIR_PASSWORD_WRONG);
    refused(set(ALICE, "First-1234", "short", 0), PASSWORD_TOO_SHORT);
    refused(set(ALICE, "First-1234", "First-1234", 0), PASSWORD_USED_BEFORE);
    done(set(ALICE, "First-1234", "Second-1234", 0));
    struct dir_account_keys k = keys_of("alice", DIR_SECRET_ACCOUNT);
    assert_int_equal(k.versions, 2);
    assert_int_equal(k.version[0].kvno, 2);
    assert_true(dir_keys_match(&k, SPAN_LIT("Second-1234")));
    refused(set(ALICE, "Second-1234", "First-1234", 0), PASSWORD_USED_BEFORE);
    f.flags = 0;
    refused(set(ALICE, "Second-1234", "Third-12345", 0), DIR_PASSWORD_UNPROTECTED);
}

static void a_reset_wants_the_right(void **state)
{
    (void)state;
    fixture_as(&f, "bob");
    refused(set(ALICE, "", "Reset-1234", INTENT_RESET), DIR_ACCESS);
    refused(set("CN=Bob,CN=Users", "", "Reset-1234", INTENT_RESET), DIR_ACCESS);
    refused(set(ALICE, "Second-1234", "Reset-1234", 0 | INTENT_PROVED), DIR_ACCESS);
    fixture_as(&f, "Administrator");
    done(set(ALICE, "", "Reset-1234", INTENT_RESET));
    refused(set("CN=krbtgt,CN=Users", "", "Reset-1234", INTENT_RESET), DIR_PASSWORD_CANNOT_CHANGE);
    refused(set("CN=Domain Admins,CN=Users", "", "Reset-1234", INTENT_RESET),
            DIR_PASSWORD_CANNOT_CHANGE);
}

/* unicodePwd as LDAP clients write it: remove and add, or replace. */
static void over_ldap(void **state)
{
    (void)state;
    fixture_as(&f, "bob");
    refused(fixture_modify(&f, "CN=Bob,CN=Users", "-unicodePwd: Wrong-1234\nunicodePwd: New-98765"),
            DIR_PASSWORD_WRONG);
    refused(fixture_modify(&f, "CN=Bob,CN=Users", "=unicodePwd: New-98765"), DIR_ACCESS);
    done(fixture_modify(&f, "CN=Bob,CN=Users", "-unicodePwd: Hunter-9876\nunicodePwd: New-98765"));
    fixture_as(&f, "Administrator");
    done(fixture_modify(&f, "CN=Bob,CN=Users", "=unicodePwd: Reset-98765\n=pwdLastSet: 0"));
    assert_true(fixture_has(&f, "CN=Bob,CN=Users", ATTR_pwdLastSet, "0"));
    struct dir_account bob;
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("bob"), &bob));
    assert_ok(dir_bind_verify(fixture_snap(&f), bob.id, SPAN_LIT("Reset-98765")));
    f.flags = 0;
    refused(fixture_modify(&f, "CN=Bob,CN=Users", "=unicodePwd: Other-98765"),
            DIR_PASSWORD_UNPROTECTED);
    f.flags = INTENT_PROTECTED;
    struct span bare = SPAN_LIT("Other-98765");
    struct intent_mod m = {MOD_REPLACE, SPAN_LIT("unicodePwd"), &bare, 1};
    struct intent in = {.kind = INTENT_MODIFY,
                        .target = SPAN_LIT("CN=Bob,CN=Users," DOMAIN),
                        .mods = &m,
                        .mod_count = 1};
    refused(fixture_do(&f, &in), DIR_PASSWORD_FORM);
}

static void machines_have_salts_of_their_own(void **state)
{
    (void)state;
    done(fixture_add(&f, "CN=SQL1,CN=Computers",
                     "objectClass: computer\nsAMAccountName: SQL1$\nuserAccountControl: 4096\n"
                     "unicodePwd: Machine-1234"));
    assert_span(keys_of("SQL1$", DIR_SECRET_ACCOUNT).version[0].salt,
                "AWS.EXAMPLE.COMhostsql1.aws.example.com");
    done(set("CN=DC-A,OU=Domain Controllers", "", "Dc-Password-1", INTENT_RESET));
    struct dir_account_keys account = keys_of("DC-A$", DIR_SECRET_ACCOUNT);
    struct dir_account_keys service = keys_of("DC-A$", DIR_SECRET_SERVICE);
    assert_int_equal(service.version[0].kvno, 2);
    assert_memory_equal(service.version[0].key[0].bytes, account.version[0].key[0].bytes, 32);
}

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static enum err keytab(const char *rdn, unsigned flags)
{
    struct intent in = {.kind = INTENT_KEYTAB, .flags = flags};
    in.target = span_str(arena_printf(&f.arena, "%s," DOMAIN, rdn));
    return fixture_do(&f, &in);
}

/* Half a pair on each side of a letter: AES keys are of U+FFFD in their places, the hash is of the
 * bytes. */
static void a_machine_draws_any_units(void **state)
{
    (void)state;
    const uint8_t raw[] = {0x00, 0xD8, 'A', 0, 0x00, 0xDC};
    uint8_t nt[16];
    struct intent in = {.kind = INTENT_SET_PASSWORD,
                        .flags = INTENT_RESET | INTENT_SYSTEM,
                        .target = SPAN_LIT("CN=SQL1,CN=Computers," DOMAIN),
                        .trust = {.secret = span_of(raw, sizeof raw)}};
    done(fixture_do(&f, &in));
    struct dir_account_keys k = keys_of("SQL1$", DIR_SECRET_ACCOUNT);
    assert_true(dir_keys_match(&k, SPAN_LIT("\xEF\xBF\xBD"
                                            "A"
                                            "\xEF\xBF\xBD")));
    nt_hash_utf16(span_of(raw, sizeof raw), nt);
    assert_memory_equal(k.nt_hash, nt, sizeof nt);
    in.trust.secret.len--;
    refused(fixture_do(&f, &in), PASSWORD_NOT_TEXT);
}

static void keytabs(void **state)
{
    (void)state;
    const char *svc = "CN=svc,CN=Users";
    done(fixture_add(
        &f, svc,
        "objectClass: user\nsAMAccountName: svc\nservicePrincipalName: "
        "HTTP/app.aws.example.com\nuserAccountControl: 66048\nunicodePwd: Service-1234"));
    done(keytab(svc, 0));
    struct span one = f.reply.data;
    assert_int_equal(be16(one.ptr), 0x0502);
    /* Two names, four enctypes, one version: eight entries, walked by their lengths. */
    struct reader r = reader_of(span_sub(one, 2, one.len));
    unsigned entries = 0;
    while (reader_left(&r)) {
        reader_skip(&r, reader_be32(&r));
        entries++;
    }
    assert_ok(reader_end(&r));
    assert_int_equal(entries, 8);
    assert_non_null(memmem(one.ptr, one.len, "app.aws.example.com", 19));
    struct dir_account_keys k = keys_of("svc", DIR_SECRET_ACCOUNT);
    assert_non_null(memmem(one.ptr, one.len, k.version[0].key[0].bytes, 32));
    done(keytab(svc, INTENT_NEW_KEY));
    assert_int_equal(keys_of("svc", DIR_SECRET_ACCOUNT).version[0].kvno, 2);
    refused(keytab(ALICE, 0), DIR_KEYTAB_REFUSED);
    refused(keytab("CN=krbtgt,CN=Users", 0), DIR_KEYTAB_REFUSED);
    refused(keytab("CN=DC-A,OU=Domain Controllers", 0), DIR_KEYTAB_REFUSED);
    fixture_as(&f, "Administrator");
    refused(keytab(svc, 0), DIR_ACCESS);
}

static void lockouts_and_logons(void **state)
{
    (void)state;
    struct dir_account acc;
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("alice"), &acc));
    struct intent in = {.kind = INTENT_LOCKOUT, .account = acc.id, .when = 134000000000000000};
    done(fixture_do(&f, &in));
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("alice"), &acc));
    assert_true(acc.lockout_time == 134000000000000000);
    const dir_id ids[] = {acc.id, 4000000};
    const int64_t times[] = {134000000000000001, 1};
    in = (struct intent){
        .kind = INTENT_LOGON_BATCH, .batch_ids = ids, .batch_times = times, .batch_count = 2};
    done(fixture_do(&f, &in));
    assert_true(fixture_has(&f, ALICE, ATTR_lastLogonTimestamp, "134000000000000001"));
    in = (struct intent){.kind = INTENT_LOCKOUT, .account = 4000000};
    refused(fixture_do(&f, &in), DIR_NO_OBJECT);
    fixture_as(&f, "Administrator");
    in = (struct intent){.kind = INTENT_LOCKOUT, .account = acc.id};
    refused(fixture_do(&f, &in), DIR_ACCESS);
    done(fixture_modify(&f, ALICE, "=lockoutTime: 0"));
}

/* One commit for all; what is refused does not spoil the others; later ones see earlier ones. */
static void a_batch_is_one_commit(void **state)
{
    (void)state;
    struct intent in[4] = {{0}};
    struct writer_item items[4] = {{0}};
    const char *const lines[] = {
        "objectClass: user\nsAMAccountName: b0", "objectClass: user\nsAMAccountName: bad/name",
        "objectClass: user\nsAMAccountName: B0",
        "objectClass: group\nsAMAccountName: b3\nmember: CN=b0,CN=Users," DOMAIN};
    fixture_close(&f);
    for (int i = 0; i < 4; i++) {
        in[i] =
            (struct intent){.kind = INTENT_ADD, .flags = INTENT_SYSTEM, .token = dir_token_system};
        in[i].target = span_str(arena_printf(&f.arena, "CN=b%d,CN=Users," DOMAIN, i));
        fixture_mods(&f, lines[i], &in[i]);
        items[i].intent = &in[i];
    }
    assert_ok(writer_handle_batch(f.w, items, 4, &f.arena));
    assert_int_equal(items[0].reply.err, ERR_OK);
    assert_int_equal(items[1].reply.reason, REASON_DIR_ACCOUNT_NAME);
    assert_int_equal(items[2].reply.reason, REASON_DIR_ACCOUNT_NAME_TAKEN);
    assert_int_equal(items[3].reply.err, ERR_OK);
    assert_true(items[3].reply.usn == items[0].reply.usn + 1);
    struct dir_obj o;
    assert_true(fixture_find(&f, "CN=b3,CN=Users", &o));
    assert_false(fixture_find(&f, "CN=b2,CN=Users", &o));
}

static void channels_have_limits(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_DELETE,
                        .flags = INTENT_SYSTEM,
                        .target = SPAN_LIT("CN=b3,CN=Users," DOMAIN)};
    struct writer_message m[2] = {{.bytes = SPAN_LIT("nonsense"), .allowed_flags = INTENT_SYSTEM}};
    struct intent_reply reply;
    fixture_close(&f);
    assert_ok(intent_encode(&in, &f.arena, &m[1].bytes));
    assert_ok(writer_handle_messages(f.w, m, 2, &f.arena));
    assert_ok(intent_reply_decode(m[0].reply_out, &f.arena, &reply));
    assert_int_equal(reply.reason, REASON_WIRE_MALFORMED);
    assert_ok(intent_reply_decode(m[1].reply_out, &f.arena, &reply));
    assert_int_equal(reply.reason, REASON_DIR_ACCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_change_wants_the_old_one, suite_as_system),
        cmocka_unit_test_setup(a_reset_wants_the_right, suite_as_system),
        cmocka_unit_test_setup(over_ldap, suite_as_system),
        cmocka_unit_test_setup(machines_have_salts_of_their_own, suite_as_system),
        cmocka_unit_test_setup(a_machine_draws_any_units, suite_as_system),
        cmocka_unit_test_setup(keytabs, suite_as_system),
        cmocka_unit_test_setup(lockouts_and_logons, suite_as_system),
        cmocka_unit_test_setup(a_batch_is_one_commit, suite_as_system),
        cmocka_unit_test_setup(channels_have_limits, suite_as_system),
    };
    return cmocka_run_group_tests(tests, setup, suite_teardown);
}
