#include "base/counters.h"

#include <string.h>

static struct counters nobodys;
struct counters *counters_here = &nobodys;

static const struct counter_row rows[COUNTER__COUNT] = {
#define COUNTER(id, family, label, value, help) [COUNTER_##id] = {family, label, value, help},
#include "base/counters.def"
#undef COUNTER
};

const struct counter_row *counter_row(enum counter id)
{
    return &rows[id];
}

bool counter_is_gauge(enum counter id)
{
    static const char end[] = "_total";
    size_t len = strlen(rows[id].family);
    return len < sizeof(end) || strcmp(rows[id].family + len - (sizeof(end) - 1), end) != 0;
}
