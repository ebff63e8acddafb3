#include "directory/policy.h"

#include "base/test.h"
#include "directory/account.h"

#define SECOND INT64_C(10000000)
#define DAY    (86400 * SECOND)
/* 2026-07-22 12:00:00 UTC, a Wednesday */
#define NOW INT64_C(134291952000000000)

static const struct policy_settings settings = {
    .min_length = 7,
    .history = 2,
    .complexity = true,
    .min_age = DAY,
    .max_age = 42 * DAY,
    .threshold = 5,
    .lockout_duration = 1800 * SECOND,
    .lockout_window = 1800 * SECOND,
};

static struct policy_logon user(void)
{
    return (struct policy_logon){
        .kind = POLICY_LOGON_AS,
        .now = NOW,
        .uac = UAC_NORMAL_ACCOUNT,
        .account_expires = FILETIME_NEVER,
        .pwd_last_set = NOW - 10 * DAY,
        .settings = &settings,
    };
}

static void assert_refused(const struct policy_logon *l, enum reason reason, uint32_t ntstatus,
                           uint32_t krb, uint32_t win32)
{
    struct policy_verdict v = policy_logon_check(l);

    assert_string_equal(reason_row(v.reason)->code, reason_row(reason)->code);
    assert_int_equal(v.ntstatus, ntstatus);
    assert_int_equal(v.krb_error, krb);
    assert_int_equal(v.win32, win32);
}

#define assert_allowed(l) assert_refused((l), REASON_NONE, 0, 0, 0)

static void a_sound_account_is_allowed(void **state)
{
    struct policy_logon l = user();

    (void)state;
    for (unsigned kind = POLICY_LOGON_AS; kind <= POLICY_LOGON_INTERACTIVE; kind <<= 1) {
        l.kind = kind;
        assert_allowed(&l);
    }
}

static void account_state(void **state)
{
    struct policy_logon l = user();

    (void)state;
    l.uac |= UAC_ACCOUNTDISABLE;
    assert_refused(&l, REASON_LOGON_DISABLED, 0xC0000072, 18, 0x533);
    l = user();
    l.lockout_time = NOW - 1800 * SECOND;
    assert_refused(&l, REASON_LOGON_LOCKED_OUT, 0xC0000234, 18, 0x775);
    l.lockout_time--;
    assert_allowed(&l);
    l = user();
    l.account_expires = NOW - 1;
    assert_refused(&l, REASON_LOGON_ACCOUNT_EXPIRED, 0xC0000193, 18, 0x701);
    l.account_expires = NOW;
    assert_allowed(&l);
    l.account_expires = 0;
    assert_allowed(&l);
}

static void passwords_grow_old(void **state)
{
    struct policy_logon l = user();

    (void)state;
    l.pwd_last_set = NOW - 42 * DAY;
    assert_allowed(&l);
    l.pwd_last_set--;
    assert_refused(&l, REASON_LOGON_PASSWORD_EXPIRED, 0xC0000071, 23, 0x532);
    l.kind = POLICY_LOGON_TGS;
    assert_allowed(&l);
    l.kind = POLICY_LOGON_AS;
    l.password_change = true;
    assert_allowed(&l);
    l.password_change = false;
    l.uac |= UAC_DONT_EXPIRE_PASSWORD;
    assert_allowed(&l);
    l = user();
    l.pwd_last_set = 0;
    assert_refused(&l, REASON_LOGON_MUST_CHANGE, 0xC0000224, 23, 0x773);
    l.uac = UAC_WORKSTATION_TRUST_ACCOUNT;
    assert_allowed(&l);
}

static void kinds_of_account(void **state)
{
    struct policy_logon l = user();

    (void)state;
    l.uac = UAC_INTERDOMAIN_TRUST_ACCOUNT;
    assert_allowed(&l);
    l.kind = POLICY_LOGON_NETWORK;
    assert_refused(&l, REASON_LOGON_TRUST_ACCOUNT, 0xC0000198, 12, 0x70F);
    l.uac = UAC_WORKSTATION_TRUST_ACCOUNT;
    l.no_machines = UAC_SERVER_TRUST_ACCOUNT;
    assert_allowed(&l);
    l.no_machines = UAC_WORKSTATION_TRUST_ACCOUNT;
    assert_refused(&l, REASON_LOGON_MACHINE_ACCOUNT, 0xC0000199, 12, 0x710);
    l.no_machines = 0;
    l.kind = POLICY_LOGON_INTERACTIVE;
    assert_refused(&l, REASON_LOGON_MACHINE_ACCOUNT, 0xC0000199, 12, 0x710);
    l.uac = UAC_SERVER_TRUST_ACCOUNT;
    assert_refused(&l, REASON_LOGON_MACHINE_ACCOUNT, 0xC000019A, 12, 0x711);
}

static void smartcards_and_protected_users(void **state)
{
    struct policy_logon l = user();

    (void)state;
    l.uac |= UAC_SMARTCARD_REQUIRED;
    assert_refused(&l, REASON_LOGON_SMARTCARD_REQUIRED, 0xC00002FA, 12, 0x52F);
    l.smartcard = true;
    assert_allowed(&l);
    l = user();
    l.kind = POLICY_LOGON_NETWORK;
    l.protected_user = true;
    assert_allowed(&l);
    l.ntlm = true;
    assert_refused(&l, REASON_LOGON_PROTECTED_USER, 0xC000006E, 12, 0x52F);
}

static void workstations(void **state)
{
    struct policy_logon l = user();

    (void)state;
    l.workstations = SPAN_LIT("WEB1, db2");
    assert_allowed(&l);
    l.workstation = SPAN_LIT("\\\\DB2");
    assert_allowed(&l);
    l.workstation = SPAN_LIT("web1");
    assert_allowed(&l);
    l.workstation = SPAN_LIT("DB");
    assert_refused(&l, REASON_LOGON_WORKSTATION, 0xC0000070, 12, 0x531);
    l.workstations = SPAN_LIT(" ");
    assert_allowed(&l);
}

static void logon_hours(void **state)
{
    struct policy_logon l = user();
    uint8_t hours[21];
    unsigned wednesday_noon = 3 * 24 + 12;

    (void)state;
    memset(hours, 0xFF, sizeof(hours));
    l.logon_hours = span_of(hours, sizeof(hours));
    assert_allowed(&l);
    assert_int_equal(policy_logoff_time(l.logon_hours, NOW), FILETIME_NEVER);
    hours[wednesday_noon / 8] &= (uint8_t) ~(1u << wednesday_noon % 8);
    assert_refused(&l, REASON_LOGON_HOURS, 0xC000006F, 18, 0x530);
    assert_int_equal(policy_logoff_time(l.logon_hours, NOW), NOW);
    l.now += 3600 * SECOND;
    assert_allowed(&l);
    l.now = NOW - 1;
    assert_allowed(&l);
    assert_int_equal(policy_logoff_time(l.logon_hours, NOW - 5), NOW);
    assert_int_equal(policy_logoff_time(l.logon_hours, NOW + 3600 * SECOND), NOW + 7 * DAY);
    memset(hours, 0, sizeof(hours));
    assert_refused(&l, REASON_LOGON_HOURS, 0xC000006F, 18, 0x530);
    l.logon_hours.len = 20;
    assert_allowed(&l);
}

static void computed_times(void **state)
{
    struct policy_settings p = settings;

    (void)state;
    assert_int_equal(policy_password_expiry(UAC_NORMAL_ACCOUNT, NOW, &p), NOW + 42 * DAY);
    assert_int_equal(policy_password_expiry(UAC_NORMAL_ACCOUNT, 0, &p), 0);
    assert_int_equal(policy_password_expiry(UAC_SMARTCARD_REQUIRED, 0, &p), FILETIME_NEVER);
    p.max_age = POLICY_FOREVER;
    assert_int_equal(policy_password_expiry(UAC_NORMAL_ACCOUNT, NOW, &p), FILETIME_NEVER);
    assert_false(policy_locked_out(UAC_NORMAL_ACCOUNT, 0, NOW, &p));
    assert_true(policy_locked_out(UAC_NORMAL_ACCOUNT, NOW, NOW, &p));
    assert_false(policy_locked_out(UAC_SERVER_TRUST_ACCOUNT, NOW, NOW, &p));
    assert_false(policy_locked_out(UAC_NORMAL_ACCOUNT, NOW - DAY, NOW, &p));
    p.lockout_duration = POLICY_FOREVER;
    assert_true(policy_locked_out(UAC_NORMAL_ACCOUNT, 1, NOW, &p));
    assert_int_equal(policy_duration(-42 * DAY, POLICY_FOREVER), 42 * DAY);
    assert_int_equal(policy_duration(INT64_MIN, POLICY_FOREVER), POLICY_FOREVER);
    assert_int_equal(policy_duration(0, 0), 0);
}

static void lockout_due(void **state)
{
    struct policy_settings p = settings;

    (void)state;
    assert_false(policy_lockout_due(UAC_NORMAL_ACCOUNT, 1104, 4, &p));
    assert_true(policy_lockout_due(UAC_NORMAL_ACCOUNT, 1104, 5, &p));
    assert_false(policy_lockout_due(UAC_SERVER_TRUST_ACCOUNT, 1104, 5, &p));
    assert_false(policy_lockout_due(UAC_NORMAL_ACCOUNT, 500, 50, &p));
    p.lockout_admins = true;
    assert_true(policy_lockout_due(UAC_NORMAL_ACCOUNT, 500, 5, &p));
    p.threshold = 0;
    assert_false(policy_lockout_due(UAC_NORMAL_ACCOUNT, 1104, 1000, &p));
}

static void ticket_limits(void **state)
{
    struct policy_ticket t = policy_ticket_limits(UAC_NORMAL_ACCOUNT, false, 36000, 604800);

    (void)state;
    assert_int_equal(t.max_life, 36000);
    assert_int_equal(t.max_renew, 604800);
    assert_true(t.forwardable && t.weak_keys && t.delegate);
    t = policy_ticket_limits(UAC_NORMAL_ACCOUNT | UAC_NOT_DELEGATED, false, 36000, 604800);
    assert_false(t.forwardable || t.delegate);
    assert_true(t.weak_keys);
    t = policy_ticket_limits(UAC_NORMAL_ACCOUNT, true, 36000, 604800);
    assert_int_equal(t.max_life, 14400);
    assert_int_equal(t.max_renew, 14400);
    assert_false(t.forwardable || t.weak_keys || t.delegate);
    t = policy_ticket_limits(UAC_NORMAL_ACCOUNT, true, 600, 1200);
    assert_int_equal(t.max_life, 600);
    assert_int_equal(t.max_renew, 1200);
}

static void pso_precedence(void **state)
{
    struct policy_pso list[] = {
        {.object = 1, .precedence = 20, .guid = {{1}}},
        {.object = 2, .precedence = 10, .guid = {{9}}},
        {.object = 3, .precedence = 10, .guid = {{3}}},
    };

    (void)state;
    assert_null(policy_pso_pick(list, 0));
    assert_int_equal(policy_pso_pick(list, 1)->object, 1);
    assert_int_equal(policy_pso_pick(list, 2)->object, 2);
    assert_int_equal(policy_pso_pick(list, 3)->object, 3);
}

static struct policy_password password(const char *text)
{
    return (struct policy_password){
        .settings = &settings,
        .password = span_str(text),
        .uac = UAC_NORMAL_ACCOUNT,
        .rid = 1104,
        .sam_name = SPAN_LIT("alice"),
        .display_name = SPAN_LIT("Alice von Ährenfeld-Li"),
        .change = true,
        .now = NOW,
        .pwd_last_set = NOW - DAY,
    };
}

static void assert_password(const struct policy_password *p, enum reason reason)
{
    assert_string_equal(reason_row(policy_password_check(p).reason)->code,
                        reason_row(reason)->code);
}

static void complexity(void **state)
{
    static const struct {
        const char *text;
        enum reason reason;
    } table[] = {
        {"Summer-26", REASON_NONE},
        {"summer26", REASON_PASSWORD_TOO_SIMPLE},
        {"summer", REASON_PASSWORD_TOO_SHORT},
        {"Summer2", REASON_NONE},
        {"SummerS", REASON_PASSWORD_TOO_SIMPLE},
        {"summer-1", REASON_NONE},
        {"summerä1", REASON_NONE},
        {"summer 1", REASON_PASSWORD_TOO_SIMPLE}, /* a space is of no kind */
        {"summer\xE2\x82\xAC"
         "1",
         REASON_PASSWORD_TOO_SIMPLE}, /* nor is the euro sign */
        {"summer\xF0\x90\x90\x80"
         "1",
         REASON_NONE}, /* a letter beyond 16 bits */
        {"xxALICE-1xx", REASON_PASSWORD_HAS_NAME},
        {"xxÄHRENFELD-1", REASON_PASSWORD_HAS_NAME},
        {"Von-1234", REASON_PASSWORD_HAS_NAME},
        {"Li-123456x", REASON_NONE},
        {"Summer\xFF-1", REASON_PASSWORD_NOT_TEXT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy_password p = password(table[i].text);

        assert_password(&p, table[i].reason);
    }
}

static void lengths(void **state)
{
    char text[300];
    struct policy_password p;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "A-1", 3);
    text[256] = 0;
    p = password(text);
    assert_password(&p, REASON_NONE);
    text[256] = 'x';
    text[257] = 0;
    p = password(text);
    assert_password(&p, REASON_PASSWORD_TOO_LONG);
    /* four bytes, but two characters: seven in all */
    p = password("A-1ab\xF0\x90\x90\x80");
    assert_password(&p, REASON_NONE);
}

static void ages_and_history(void **state)
{
    static const uint8_t old[3][16] = {{1}, {2}, {3}};
    struct policy_password p = password("Summer-26");

    (void)state;
    p.nt_history = old;
    p.nt_history_count = 3;
    p.nt_hash = old[1];
    assert_password(&p, REASON_PASSWORD_USED_BEFORE);
    p.nt_hash = old[2]; /* older than the two that the policy remembers */
    assert_password(&p, REASON_NONE);
    p.nt_hash = old[0];
    p.change = false;
    assert_password(&p, REASON_NONE);
    p.nt_hash = NULL;
    p.change = true;
    p.pwd_last_set = NOW - DAY + 1;
    assert_password(&p, REASON_PASSWORD_TOO_YOUNG);
    p.change = false;
    assert_password(&p, REASON_NONE);
    p.change = true;
    p.pwd_last_set = 0; /* must be changed: no minimum age */
    assert_password(&p, REASON_NONE);
}

static void who_is_governed(void **state)
{
    struct policy_password p = password("x");

    (void)state;
    p.uac = UAC_WORKSTATION_TRUST_ACCOUNT;
    assert_password(&p, REASON_NONE);
    p.uac = UAC_NORMAL_ACCOUNT;
    p.rid = 502;
    assert_password(&p, REASON_NONE);
    p.rid = 1104;
    p.uac |= UAC_PASSWD_NOTREQD;
    assert_password(&p, REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_account_is_allowed),
        cmocka_unit_test(account_state),
        cmocka_unit_test(passwords_grow_old),
        cmocka_unit_test(kinds_of_account),
        cmocka_unit_test(smartcards_and_protected_users),
        cmocka_unit_test(workstations),
        cmocka_unit_test(logon_hours),
        cmocka_unit_test(computed_times),
        cmocka_unit_test(lockout_due),
        cmocka_unit_test(ticket_limits),
        cmocka_unit_test(pso_precedence),
        cmocka_unit_test(complexity),
        cmocka_unit_test(lengths),
        cmocka_unit_test(ages_and_history),
        cmocka_unit_test(who_is_governed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
