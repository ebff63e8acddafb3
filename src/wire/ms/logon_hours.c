#include "wire/ms/logon_hours.h"

/* 1970-01-01 was a Thursday. */
#define EPOCH_HOUR (4 * 24)

static int64_t hour_of(utime now)
{
    int64_t hour = now / UTIME_HOUR;

    return now % UTIME_HOUR < 0 ? hour - 1 : hour;
}

static bool allowed(struct span hours, int64_t hour)
{
    int64_t h = (hour + EPOCH_HOUR) % LOGON_HOURS_WEEK;

    if (h < 0)
        h += LOGON_HOURS_WEEK;
    return hours.ptr[h / 8] >> (h % 8) & 1;
}

bool logon_hours_allow(struct span hours, utime now)
{
    if (hours.len == 0)
        return true;
    return hours.len == LOGON_HOURS_SIZE && allowed(hours, hour_of(now));
}

bool logon_hours_end(struct span hours, utime now, utime *end_out)
{
    int64_t hour = hour_of(now);

    if (hours.len != LOGON_HOURS_SIZE || !allowed(hours, hour))
        return false;
    for (int64_t i = 1; i < LOGON_HOURS_WEEK; i++) {
        if (!allowed(hours, hour + i)) {
            *end_out = (hour + i) * UTIME_HOUR;
            return true;
        }
    }
    return false;
}
