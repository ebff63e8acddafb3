#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control/control_pools.h"

static struct arena arena;

static enum err set(struct control_pools *pools, const char *name, const char *value)
{
    const char *why;
    return control_pools_set(pools, span_str(name), span_str(value), &why);
}

static void values(void **state)
{
    static const char *const good[] = {"127.0.1.0/24 local-1a", "10.1.2.16/28 zone-b eth0",
                                       "fd00:1::/64 local-1a eth0.5"};
    static const char *const bad[] = {"",
                                      "10.1.2.0",
                                      "10.1.2.1/24",
                                      "10.1.2.0/29",
                                      "10.0.0.0/7",
                                      "10.1.2.0/33",
                                      "x/24",
                                      "10.1.2.0/24 a b c",
                                      "10.1.2.0/24 a;b",
                                      "10.1.2.0/24 a an-interface-too-long"};
    struct control_pools pools = {0};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(set(&pools, "subnet-x", good[i]), ERR_OK);
        assert_string_equal(control_pool_text(&pools.pool[0], &arena), good[i]);
    }
    assert_int_equal(pools.count, 1); /* the last of one name counts */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(set(&pools, "subnet-x", bad[i]), ERR_RANGE);
    assert_int_equal(set(&pools, "subnet x", good[0]), ERR_RANGE);
    assert_null(control_pool_named(&pools, SPAN_LIT("subnet-y")));
    assert_non_null(control_pool_named(&pools, SPAN_LIT("subnet-x")));
}

static void as_many_as_there_may_be(void **state)
{
    struct control_pools pools = {0};
    char name[32];
    (void)state;
    for (unsigned i = 0; i <= CONTROL_POOLS_MAX; i++) {
        snprintf(name, sizeof name, "subnet-%u", i);
        assert_int_equal(set(&pools, name, "10.0.0.0/24"),
                         i < CONTROL_POOLS_MAX ? ERR_OK : ERR_RANGE);
    }
}

static void networks_lie_apart(void **state)
{
    static const struct {
        const char *one, *other;
        enum err err;
    } rows[] = {
        {"10.1.2.0/24", "10.1.3.0/24", ERR_OK},
        {"10.1.2.0/24", "10.1.2.0/24", ERR_RANGE},
        {"10.1.0.0/16", "10.1.2.0/24", ERR_RANGE},
        {"10.1.2.0/28", "10.0.0.0/8", ERR_RANGE},
        {"10.1.2.0/28", "10.1.2.16/28", ERR_OK},
        {"fd00:1::/64", "fd00:1::/48", ERR_RANGE},
        {"fd00:1::/64", "fd00:2::/64", ERR_OK},
        {"0a01::/16", "10.1.0.0/16", ERR_OK}, /* the same bits of another family */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct control_pools pools = {0};
        const char *why = "";
        assert_int_equal(set(&pools, "subnet-x", rows[i].one), ERR_OK);
        assert_int_equal(control_pools_check(&pools, &arena, &why), ERR_OK);
        assert_int_equal(set(&pools, "subnet-y", rows[i].other), ERR_OK);
        assert_int_equal(control_pools_check(&pools, &arena, &why), rows[i].err);
        if (rows[i].err != ERR_OK)
            assert_non_null(strstr(why, "subnet-y"));
    }
    const char *why = "";
    assert_int_equal(control_pools_check(&control_pools_default, &arena, &why), ERR_OK);
}

static void addresses(void **state)
{
    struct control_pools pools = control_pools_default;
    const struct control_pool *p = &pools.pool[0];
    (void)state;
    assert_string_equal(control_pool_address(p, 0, &arena), "127.0.1.10");
    assert_string_equal(control_pool_address(p, 244, &arena), "127.0.1.254");
    assert_null(control_pool_address(p, 245, &arena)); /* .255 */
    assert_int_equal(set(&pools, "six", "fd00::/112"), ERR_OK);
    assert_string_equal(control_pool_address(&pools.pool[2], 0, &arena), "fd00::a");
    assert_string_equal(control_pool_address(&pools.pool[2], 246, &arena), "fd00::100");
    assert_int_equal(set(&pools, "small", "10.0.0.16/28"), ERR_OK);
    assert_string_equal(control_pool_address(&pools.pool[3], 4, &arena), "10.0.0.30");
    assert_null(control_pool_address(&pools.pool[3], 5, &arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(as_many_as_there_may_be),
        cmocka_unit_test(networks_lie_apart),
        cmocka_unit_test(addresses),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
