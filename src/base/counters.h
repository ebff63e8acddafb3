/*
 * What a process counts while it serves: words in memory that control reads for the metrics. One
 * process, one thread, one block: a count is one instruction on memory of its own, nothing is
 * locked, and a reader sees each word as it was at some moment. Until plat_counters_share gives the
 * process its block, and in tests, it counts into one that nobody reads.
 */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdint.h>

#include "base/reasons.h"

enum counter {
#define COUNTER(id, ...) COUNTER_##id,
#include "base/counters.def"
#undef COUNTER
    COUNTER__COUNT
};

struct counters {
    uint64_t value[COUNTER__COUNT];
    uint64_t reason[REASON__COUNT]; /* events with it */
};

struct counter_row {
    const char *family, *label, *label_value, *help;
};
const struct counter_row *counter_row(enum counter id);
/* Goes up and down. */
bool counter_is_gauge(enum counter id);

extern struct counters *counters_here;

static inline void counter_add(enum counter id, uint64_t n)
{
    uint64_t *at = &counters_here->value[id];
    __atomic_store_n(at, *at + n, __ATOMIC_RELAXED);
}

static inline void counter_set(enum counter id, uint64_t value)
{
    __atomic_store_n(&counters_here->value[id], value, __ATOMIC_RELAXED);
}

static inline void counter_take(enum counter id)
{
    counter_add(id, UINT64_MAX);
}

static inline void counter_reason(enum reason reason)
{
    uint64_t *at = &counters_here->reason[reason];
    __atomic_store_n(at, *at + 1, __ATOMIC_RELAXED);
}

#endif
