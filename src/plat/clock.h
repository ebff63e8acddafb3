/*
 * The two clocks. Wall time is what protocols speak of; monotonic time is what deadlines are made
 * of, and never jumps. Policy takes a utime as an argument and never calls these.
 *
 * A test shifts both for its own process: plat_clock_shift moves wall time, as an administrator who
 * sets the clock does; plat_clock_freeze stops both until plat_clock_step. Thread-safe.
 */
#ifndef PLAT_CLOCK_H
#define PLAT_CLOCK_H

#include "base/times.h"

/* Microseconds since 1970-01-01 UTC. */
utime plat_now(void);
/* Microseconds since some moment in the past. */
utime plat_mono(void);

/* Tests only. The shift is added to wall time and replaces the one before. */
void plat_clock_shift(utime shift);
void plat_clock_freeze(void);
void plat_clock_step(utime by); /* moves both frozen clocks */
void plat_clock_thaw(void);

#endif
