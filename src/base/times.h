/*
 * Time values. Inside, a time is utime: microseconds since 1970-01-01 UTC, signed. Windows'
 * FILETIME is 100 ns since 1601, with 0 and INT64_MAX meaning never in most attributes. Conversions
 * clamp.
 */
#ifndef BASE_TIMES_H
#define BASE_TIMES_H

#include "base/err.h"
#include "base/span.h"

typedef int64_t utime;

#define UTIME_SECOND   INT64_C(1000000)
#define UTIME_MINUTE   (60 * UTIME_SECOND)
#define UTIME_HOUR     (60 * UTIME_MINUTE)
#define UTIME_DAY      (24 * UTIME_HOUR)
#define FILETIME_NEVER INT64_C(0x7FFFFFFFFFFFFFFF)

#define UTIME_NEVER INT64_MAX

/* FILETIME_NEVER is UTIME_NEVER and back; a time before 1601 clamps to 0, a negative FILETIME (an
 * interval, not a time) to 1601. */
int64_t utime_to_filetime(utime t);
utime utime_from_filetime(int64_t ft);

/* "20260722143015Z" (KerberosTime, LDAP wants ".0Z": frac adds it). Years 0000-9999. out has room
 * for 20 bytes; the length is returned, without a zero. Out of range clamps. */
size_t utime_to_generalized(utime t, bool frac, char out[20]);
/* Accepts YYYYMMDDHHMM[SS[.f+]](Z|+hhmm|-hhmm), checks every field; parts below a
 * microsecond are dropped. ERR_MALFORMED, or ERR_RANGE for a field outside its range. */
enum err utime_from_generalized(struct span s, utime *out);

/* "2026-07-22T14:30:15Z"; out has room for 32 bytes, zero-terminated. */
void utime_to_iso(utime t, char out[32]);
/* The same with six digits of a second, for events. */
void utime_to_iso_micro(utime t, char out[32]);

#endif
