#include "base/times.h"

#define FILETIME_EPOCH INT64_C(116444736000000000) /* 1970 in FILETIME */
#define YEAR_0000      INT64_C(-62167219200)       /* seconds */
#define YEAR_10000     INT64_C(253402300800)

int64_t utime_to_filetime(utime t)
{
    int64_t ft;
    if (__builtin_mul_overflow(t, 10, &ft) || __builtin_add_overflow(ft, FILETIME_EPOCH, &ft))
        return t < 0 ? 0 : FILETIME_NEVER;
    return ft < 0 ? 0 : ft;
}

utime utime_from_filetime(int64_t ft)
{
    if (ft == FILETIME_NEVER)
        return UTIME_NEVER;
    if (ft < 0)
        ft = 0;
    int64_t from_1970 = ft - FILETIME_EPOCH;
    return from_1970 / 10 - (from_1970 % 10 < 0);
}

struct civil {
    unsigned year, month, day, hour, minute, second, micro;
};

/* Days since 1970 of a date of the proleptic Gregorian calendar. Years are counted from March, so
 * that the leap day is the last of its year; 400 years have 146097 days. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t in_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + of_year - 719468;
}

/* A time in range, counted from a March of the year -400, where nothing is negative. */
static uint64_t since_march(utime t)
{
    if (t < YEAR_0000 * UTIME_SECOND)
        t = YEAR_0000 * UTIME_SECOND;
    if (t >= YEAR_10000 * UTIME_SECOND)
        t = YEAR_10000 * UTIME_SECOND - 1;
    return (uint64_t)(t + (719468 + 146097) * UTIME_DAY);
}

static void set_date(struct civil *c, uint32_t day)
{
    uint32_t era = day / 146097, of_era = day % 146097;
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153;
    c->day = of_year - (153 * month + 2) / 5 + 1;
    c->month = month < 10 ? month + 3 : month - 9;
    c->year = year + era * 400 - 400 + (c->month <= 2);
}

static void set_clock(struct civil *c, uint32_t seconds)
{
    c->hour = seconds / 3600;
    c->minute = seconds / 60 % 60;
    c->second = seconds % 60;
}

static struct civil civil_of(utime t)
{
    uint64_t since = since_march(t), rest = since % UTIME_DAY;
    struct civil c = {.micro = (uint32_t)(rest % UTIME_SECOND)};
    set_date(&c, (uint32_t)(since / UTIME_DAY));
    set_clock(&c, (uint32_t)(rest / UTIME_SECOND));
    return c;
}

static inline char *put(char *p, unsigned v, unsigned width)
{
    for (unsigned i = width; i > 0; i--, v /= 10)
        p[i - 1] = (char)('0' + v % 10);
    return p + width;
}

#define DATE_LEN 8

/* YYYYMMDD. A request writes a dozen times of two or three days, so the last days are kept. */
static const char *date_text(uint32_t day)
{
    static _Thread_local struct {
        uint32_t day; /* never 0: that is before the year 0000 */
        char text[DATE_LEN];
    } kept[8];
    struct civil c;
    if (kept[day % 8].day != day) {
        set_date(&c, day);
        put(put(put(kept[day % 8].text, c.year, 4), c.month, 2), c.day, 2);
        kept[day % 8].day = day;
    }
    return kept[day % 8].text;
}

size_t utime_to_generalized(utime t, bool frac, char out[20])
{
    uint64_t since = since_march(t);
    struct civil c;
    set_clock(&c, (uint32_t)(since % UTIME_DAY / UTIME_SECOND));
    memcpy(out, date_text((uint32_t)(since / UTIME_DAY)), DATE_LEN);
    char *p = put(put(put(out + DATE_LEN, c.hour, 2), c.minute, 2), c.second, 2);
    if (frac) {
        *p++ = '.';
        *p++ = '0';
    }
    *p++ = 'Z';
    return (size_t)(p - out);
}

static char *put_iso(const struct civil *c, char *p)
{
    p = put(p, c->year, 4);
    *p++ = '-';
    p = put(p, c->month, 2);
    *p++ = '-';
    p = put(p, c->day, 2);
    *p++ = 'T';
    p = put(p, c->hour, 2);
    *p++ = ':';
    p = put(p, c->minute, 2);
    *p++ = ':';
    return put(p, c->second, 2);
}

void utime_to_iso(utime t, char out[32])
{
    struct civil c = civil_of(t);
    char *p = put_iso(&c, out);
    *p++ = 'Z';
    *p = 0;
}

void utime_to_iso_micro(utime t, char out[32])
{
    struct civil c = civil_of(t);
    char *p = put_iso(&c, out);
    *p++ = '.';
    p = put(p, c.micro, 6);
    *p++ = 'Z';
    *p = 0;
}

struct scan {
    struct span s;
    size_t pos;
    enum err err;
};

static bool at_digit(const struct scan *x)
{
    return x->pos < x->s.len && (uint8_t)(x->s.ptr[x->pos] - '0') <= 9;
}

static bool accept(struct scan *x, char c)
{
    bool yes = x->pos < x->s.len && x->s.ptr[x->pos] == (uint8_t)c;
    x->pos += yes;
    return yes;
}

/* width digits with a value in min..max; the first error sticks. */
static unsigned number(struct scan *x, unsigned width, unsigned min, unsigned max)
{
    unsigned v = 0;
    for (unsigned i = 0; i < width; i++) {
        if (!at_digit(x)) {
            x->err = ERR_MALFORMED;
            return min;
        }
        v = v * 10 + (unsigned)(x->s.ptr[x->pos++] - '0');
    }
    if (v < min || v > max) {
        if (!x->err)
            x->err = ERR_RANGE;
        return min;
    }
    return v;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static unsigned fraction(struct scan *x)
{
    unsigned micro = 0, scale = 100000;
    if (!at_digit(x))
        x->err = ERR_MALFORMED;
    while (at_digit(x)) {
        micro += (unsigned)(x->s.ptr[x->pos++] - '0') * scale;
        scale /= 10;
    }
    return micro;
}

/* The offset from UTC in minutes. */
static int zone(struct scan *x)
{
    if (accept(x, 'Z'))
        return 0;
    int sign = accept(x, '+') ? 1 : accept(x, '-') ? -1 : 0;
    if (sign == 0) {
        x->err = ERR_MALFORMED;
        return 0;
    }
    unsigned hours = number(x, 2, 0, 23);
    return sign * (int)(hours * 60 + number(x, 2, 0, 59));
}

static utime time_of(const struct civil *c, int offset)
{
    return days_of(c->year, c->month, c->day) * UTIME_DAY + c->hour * UTIME_HOUR +
           (c->minute - (int64_t)offset) * UTIME_MINUTE + c->second * UTIME_SECOND + c->micro;
}

/* YYYYMMDDHHMMSSZ and nothing wrong: the only form in Kerberos. */
static bool is_plain(struct span s, struct civil *out)
{
    unsigned two[7];
    if (s.len != 15 || s.ptr[14] != 'Z')
        return false;
    for (unsigned i = 0; i < 7; i++) {
        unsigned high = s.ptr[2 * i] - '0', low = s.ptr[2 * i + 1] - '0';
        if (high > 9 || low > 9)
            return false;
        two[i] = high * 10 + low;
    }
    *out = (struct civil){two[0] * 100 + two[1], two[2], two[3], two[4], two[5], two[6], 0};
    return out->month >= 1 && out->month <= 12 && out->day >= 1 &&
           out->day <= days_in_month(out->year, out->month) && out->hour <= 23 &&
           out->minute <= 59 && out->second <= 59;
}

enum err utime_from_generalized(struct span s, utime *out)
{
    struct scan x = {.s = s};
    struct civil c;
    if (is_plain(s, &c)) {
        *out = time_of(&c, 0);
        return ERR_OK;
    }
    c = (struct civil){0};
    c.year = number(&x, 4, 0, 9999);
    c.month = number(&x, 2, 1, 12);
    c.day = number(&x, 2, 1, days_in_month(c.year, c.month));
    c.hour = number(&x, 2, 0, 23);
    c.minute = number(&x, 2, 0, 59);
    if (at_digit(&x)) {
        c.second = number(&x, 2, 0, 59);
        if (accept(&x, '.'))
            c.micro = fraction(&x);
    }
    int offset = zone(&x);
    if (x.err == ERR_OK && x.pos != s.len)
        x.err = ERR_MALFORMED;
    TRY(x.err);
    *out = time_of(&c, offset);
    return ERR_OK;
}
