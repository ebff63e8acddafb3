#include "base/test.h"
#include "plat/clock.h"

static void clocks_move_forward(void **state)
{
    (void)state;
    utime wall = plat_now(), mono = plat_mono();
    assert_true(wall > INT64_C(1600000000) * UTIME_SECOND);
    while (plat_mono() == mono)
        ;
    assert_true(plat_mono() > mono);
    assert_true(plat_now() >= wall);
}

static void a_shift_moves_wall_time_only(void **state)
{
    (void)state;
    utime wall = plat_now(), mono = plat_mono();
    plat_clock_shift(-UTIME_HOUR);
    assert_true(plat_now() < wall - UTIME_HOUR + UTIME_MINUTE);
    assert_true(plat_mono() >= mono && plat_mono() < mono + UTIME_MINUTE);
    plat_clock_shift(0);
    assert_true(plat_now() >= wall);
}

static void frozen_clocks_step(void **state)
{
    (void)state;
    plat_clock_freeze();
    utime wall = plat_now(), mono = plat_mono();
    plat_clock_step(UTIME_SECOND);
    assert_int_equal(plat_now(), wall + UTIME_SECOND);
    assert_int_equal(plat_mono(), mono + UTIME_SECOND);
    plat_clock_shift(UTIME_DAY);
    assert_int_equal(plat_now(), wall + UTIME_SECOND + UTIME_DAY);
    plat_clock_shift(0);
    plat_clock_thaw();
    plat_clock_freeze();
    assert_true(plat_mono() < mono + UTIME_SECOND);
    plat_clock_thaw();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_move_forward),
        cmocka_unit_test(a_shift_moves_wall_time_only),
        cmocka_unit_test(frozen_clocks_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
