#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control/control_spec.h"

static struct arena arena;

static void test_spec_round_trip_and_every_prefix(void **state)
{
    (void)state;
    struct control_spec back,
        spec = {
            .id = SPAN_LIT("d-1"),
            .dns_name = SPAN_LIT("aws.example.com"),
            .flat_name = SPAN_LIT("AWS"),
            .dc_count = 2,
            .managed = true,
            .dc = {{SPAN_LIT("dc1"), 2, {SPAN_LIT("127.0.0.1"), SPAN_LIT("::1")}},
                   {SPAN_LIT("dc2"),
                    1,
                    {SPAN_LIT("10.1.0.2")},
                    SPAN_LIT("eth0"),
                    24,
                    SPAN_LIT("there")}},
            .admin_password = SPAN_LIT("secret"),
        };
    struct span bytes;
    assert_int_equal(control_spec_encode(&spec, &arena, &bytes), ERR_OK);
    assert_int_equal(control_spec_decode(bytes, &back), ERR_OK);
    assert_int_equal(back.dc_count, 2);
    assert_true(back.managed && back.dc[1].prefix == 24 && back.dc[0].interface.len == 0);
    assert_true(span_eq(back.dc[1].interface, SPAN_LIT("eth0")));
    assert_true(span_eq(back.dc[1].site, SPAN_LIT("there")) && back.dc[0].site.len == 0);
    assert_true(span_eq(back.dc[0].address[1], SPAN_LIT("::1")));
    assert_true(span_eq(back.admin_password, spec.admin_password) && back.site.len == 0);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(control_spec_decode(span_sub(bytes, 0, n), &back), ERR_OK);
}

static void test_status_and_outcome(void **state)
{
    (void)state;
    struct control_process p[] = {{SPAN_LIT("kdc d-1/dc1"), 12, 3, true}};
    struct control_status back, status = {1, p};
    struct control_outcome said, outcome = {ERR_BUSY, SPAN_LIT("port 88 is in use")};
    struct span bytes;
    assert_int_equal(control_status_encode(&status, &arena, &bytes), ERR_OK);
    assert_int_equal(control_status_decode(bytes, &arena, &back), ERR_OK);
    assert_int_equal(back.process[0].restarts, 3);
    assert_true(back.process[0].ready);
    assert_int_equal(control_outcome_encode(&outcome, &arena, &bytes), ERR_OK);
    assert_int_equal(control_outcome_decode(bytes, &said), ERR_OK);
    assert_int_equal(said.err, ERR_BUSY);
    assert_true(span_eq(said.text, outcome.text));
    assert_int_equal(control_outcome_decode(SPAN_LIT("\xff\0\0"), &said), ERR_MALFORMED);
}

static void test_copy(void **state)
{
    (void)state;
    struct control_copy back, copy = {SPAN_LIT("d-1"), SPAN_LIT("/srv/backup")};
    struct span bytes;
    assert_int_equal(control_copy_encode(&copy, &arena, &bytes), ERR_OK);
    assert_int_equal(control_copy_decode(bytes, &back), ERR_OK);
    assert_true(span_eq(back.id, copy.id) && span_eq(back.path, copy.path));
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(control_copy_decode(span_sub(bytes, 0, n), &back), ERR_OK);
}

static void test_log(void **state)
{
    (void)state;
    struct control_log back, log = {SPAN_LIT("d-1"), SPAN_LIT("/aws/security")};
    char longest[CONTROL_LOG_GROUP_MAX + 1] = {0};
    struct span bytes;
    assert_int_equal(control_log_encode(&log, &arena, &bytes), ERR_OK);
    assert_int_equal(control_log_decode(bytes, &back), ERR_OK);
    assert_true(span_eq(back.id, log.id) && span_eq(back.group, log.group));
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(control_log_decode(span_sub(bytes, 0, n), &back), ERR_OK);
    log.group = span_of(longest, sizeof(longest));
    assert_int_equal(control_log_encode(&log, &arena, &bytes), ERR_OK);
    assert_int_equal(control_log_decode(bytes, &back), ERR_LIMIT);
}

static void test_notice(void **state)
{
    (void)state;
    struct control_notice back, notice = {SPAN_LIT("alarms"), SPAN_LIT("{}")};
    struct span bytes;
    assert_int_equal(control_notice_encode(&notice, &arena, &bytes), ERR_OK);
    assert_int_equal(control_notice_decode(bytes, &back), ERR_OK);
    assert_true(span_eq(back.topic, notice.topic) && span_eq(back.body, notice.body));
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(control_notice_decode(span_sub(bytes, 0, n), &back), ERR_OK);
}

static void test_health(void **state)
{
    (void)state;
    struct control_health back, health = {SPAN_LIT("d-1"), SPAN_LIT("dc1"), false, SPAN_LIT("kdc")};
    struct span bytes;
    assert_int_equal(control_health_encode(&health, &arena, &bytes), ERR_OK);
    assert_int_equal(control_health_decode(bytes, &back), ERR_OK);
    assert_true(span_eq(back.host, health.host) && span_eq(back.text, health.text) && !back.up);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(control_health_decode(span_sub(bytes, 0, n), &back), ERR_OK);
}

static void test_an_id_leads_nowhere_else(void **state)
{
    static const char *const bad[] = {"",   "d-",   "d-..", "d-0/1",
                                      "..", "d-0A", "e-01", "d-0123456789abcdef0123456789abcdef0"};
    (void)state;
    assert_true(control_id_ok(SPAN_LIT("d-01ab")));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(control_id_ok(span_str(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_round_trip_and_every_prefix),
        cmocka_unit_test(test_status_and_outcome),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_notice),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_an_id_leads_nowhere_else),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
