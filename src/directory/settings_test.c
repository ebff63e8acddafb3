#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "directory/settings.h"

static struct arena arena;

static void test_round_trip(void **state)
{
    (void)state;
    struct dir_settings back, settings = {.allow_rc4 = true,
                                          .tls_1_1 = true,
                                          .udp_reply_limit = 4096,
                                          .forwarder_count = 1,
                                          .forwarder = {"10.0.0.1"},
                                          .network_count = 2,
                                          .network = {"10.0.0.0/8", "fd00::/8"}};
    struct span stored;
    assert_int_equal(dir_settings_encode(&settings, &arena, &stored), ERR_OK);
    assert_int_equal(dir_settings_decode(stored, &back), ERR_OK);
    assert_memory_equal(&back, &settings, sizeof(back));
}

static void test_absence_is_the_default(void **state)
{
    (void)state;
    struct dir_settings settings;
    assert_int_equal(dir_settings_decode(SPAN_NONE, &settings), ERR_OK);
    assert_false(settings.allow_rc4);
    assert_false(settings.allow_cleartext_bind);
    assert_false(settings.tls_1_0 || settings.tls_1_1 || settings.tls_3des);
    assert_true(settings.tls_aes_128);
    assert_int_equal(settings.udp_reply_limit, DIR_UDP_REPLY_LIMIT);
    assert_int_equal(dir_settings_decode(SPAN_LIT("of-tomorrow=7\n"), &settings), ERR_OK);
}

static void test_refuses_what_is_no_setting(void **state)
{
    static const char *const bad[] = {"allow-rc4=1",
                                      "allow-rc4\n",
                                      "allow-rc4=2\n",
                                      "udp-reply-limit=x\n",
                                      "udp-reply-limit=65001\n",
                                      "forwarder=\n",
                                      "network=\xc3\xa9\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct dir_settings settings = {.udp_reply_limit = 77};
        assert_int_not_equal(dir_settings_decode(span_str(bad[i]), &settings), ERR_OK);
        assert_int_equal(settings.udp_reply_limit, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_absence_is_the_default),
        cmocka_unit_test(test_refuses_what_is_no_setting),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
