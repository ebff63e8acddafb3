#include "plat/clock.h"

#include <stdatomic.h>

static _Atomic int64_t shift;
static _Atomic int64_t steps;
static _Atomic bool frozen;
static _Atomic int64_t frozen_now, frozen_mono;

static utime read_clock(clockid_t id)
{
    struct timespec ts;
    if (clock_gettime(id, &ts) != 0)
        ent_fatal("the system has no clock");
    return (utime)ts.tv_sec * UTIME_SECOND + ts.tv_nsec / 1000;
}

utime plat_now(void)
{
    utime base = frozen ? frozen_now + steps : read_clock(CLOCK_REALTIME);
    return base + shift;
}

utime plat_mono(void)
{
    return frozen ? frozen_mono + steps : read_clock(CLOCK_MONOTONIC);
}

void plat_clock_shift(utime by)
{
    shift = by;
}

void plat_clock_freeze(void)
{
    frozen_now = read_clock(CLOCK_REALTIME);
    frozen_mono = read_clock(CLOCK_MONOTONIC);
    steps = 0;
    frozen = true;
}

void plat_clock_step(utime by)
{
    steps += by;
}

void plat_clock_thaw(void)
{
    frozen = false;
}
