/*
 * logonHours ([MS-ADA1] 2.375, [MS-SAMR] 2.2.6.5): when an account may log on. 21 bytes, one bit
 * for each hour of the week in UTC, from Sunday 00:00, least significant bit first. An absent or
 * empty value allows every hour; a value of another size is malformed and allows none.
 */
#ifndef WIRE_MS_LOGON_HOURS_H
#define WIRE_MS_LOGON_HOURS_H

#include "base/times.h"

#define LOGON_HOURS_SIZE 21
#define LOGON_HOURS_WEEK 168

bool logon_hours_allow(struct span hours, utime now);

/* The end of the allowed hours that now lies in: false when that is never (every hour is allowed)
 * or when now is not allowed. What a PAC's LogoffTime says. */
bool logon_hours_end(struct span hours, utime now, utime *end_out);

#endif
