/* What NETLOGON remembers: challenges are used once, sessions make room for newer ones. */
#include "rpc/netlogon_sessions.h"

#include <stdio.h>

#include "base/test.h"

static void challenges_are_used_once(void **state)
{
    struct netlogon_sessions *t = netlogon_sessions_new();
    const uint8_t a[8] = {1}, b[8] = {2}, c[8] = {3};
    uint8_t client[8], server[8];
    int one, two, three;
    (void)state;

    netlogon_challenge_put(t, &one, SPAN_LIT("PC1"), a, b);
    netlogon_challenge_put(t, &two, SPAN_LIT("PC1"), b, c);
    assert_false(netlogon_challenge_take(t, &one, SPAN_LIT("PC"), client, server));
    assert_true(netlogon_challenge_take(t, &one, SPAN_LIT("pc1"), client, server));
    assert_memory_equal(client, a, 8);
    assert_memory_equal(server, b, 8);
    /* Over another connection: by name alone. */
    assert_true(netlogon_challenge_take(t, &three, SPAN_LIT("PC1"), client, server));
    assert_memory_equal(client, b, 8);
    assert_false(netlogon_challenge_take(t, &two, SPAN_LIT("PC1"), client, server));
    netlogon_sessions_free(t);
}

static void old_challenges_make_room(void **state)
{
    struct netlogon_sessions *t = netlogon_sessions_new();
    uint8_t client[8] = {0}, server[8] = {0};
    char name[16];
    (void)state;

    for (unsigned i = 0; i <= NETLOGON_CHALLENGES_MAX; i++) {
        snprintf(name, sizeof(name), "PC%u", i);
        netlogon_challenge_put(t, t, span_str(name), client, server);
    }
    assert_false(netlogon_challenge_take(t, t, SPAN_LIT("PC0"), client, server));
    assert_true(netlogon_challenge_take(t, t, SPAN_LIT("PC1"), client, server));
    assert_true(netlogon_challenge_take(t, t, span_str(name), client, server));
    netlogon_sessions_free(t);
}

static void sessions_are_found_and_replaced(void **state)
{
    struct netlogon_sessions *t = netlogon_sessions_new();
    struct netlogon_session s = {.account = 7};
    static uint8_t long_name[NETLOGON_COMPUTER_MAX + 1];
    (void)state;

    assert_null(netlogon_session_find(t, SPAN_LIT("PC1")));
    assert_ok(netlogon_session_put(t, SPAN_LIT("PC1"), &s));
    s.account = 8;
    assert_ok(netlogon_session_put(t, SPAN_LIT("PC2"), &s));
    assert_int_equal(netlogon_session_find(t, SPAN_LIT("pc1"))->account, 7);
    s.account = 9;
    assert_ok(netlogon_session_put(t, SPAN_LIT("pC1"), &s));
    assert_int_equal(netlogon_session_find(t, SPAN_LIT("PC1"))->account, 9);
    assert_int_equal(netlogon_session_find(t, SPAN_LIT("PC2"))->account, 8);
    assert_err(netlogon_session_put(t, SPAN_LIT(""), &s), ERR_RANGE);
    assert_err(netlogon_session_put(t, span_of(long_name, sizeof(long_name)), &s), ERR_RANGE);
    netlogon_sessions_free(t);
}

static void the_longest_unused_session_makes_room(void **state)
{
    struct netlogon_sessions *t = netlogon_sessions_new();
    struct netlogon_session s = {.account = 1};
    char name[16];
    (void)state;

    for (unsigned i = 0; i < NETLOGON_SESSIONS_MAX; i++) {
        snprintf(name, sizeof(name), "PC%u", i);
        assert_ok(netlogon_session_put(t, span_str(name), &s));
    }
    assert_non_null(netlogon_session_find(t, SPAN_LIT("PC0"))); /* used just now */
    assert_ok(netlogon_session_put(t, SPAN_LIT("NEW"), &s));
    assert_non_null(netlogon_session_find(t, SPAN_LIT("PC0")));
    assert_null(netlogon_session_find(t, SPAN_LIT("PC1")));
    assert_non_null(netlogon_session_find(t, SPAN_LIT("PC2")));
    assert_non_null(netlogon_session_find(t, SPAN_LIT("NEW")));
    netlogon_sessions_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenges_are_used_once),
        cmocka_unit_test(old_challenges_make_room),
        cmocka_unit_test(sessions_are_found_and_replaced),
        cmocka_unit_test(the_longest_unused_session_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
