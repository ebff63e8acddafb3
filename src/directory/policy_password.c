#include "directory/policy.h"

#include "base/text.h"
#include "directory/account.h"
#include "directory/policy_letters.h"

#define RID_KRBTGT     502
#define CLASSES_NEEDED 3
#define NAME_PART_MIN  3 /* shorter parts of a name may occur in a password */

static const char name_delimiters[] = " ,.\t-_#";
static const char symbols[] = "(`~!@#$%^&*_-+=|\\{}[]:;\"'<>,.?)/";

/* text_valid has seen the text, so that only the lead byte needs looking at. */
static uint32_t next_char(struct span *s)
{
    const uint8_t *p = s->ptr;
    unsigned n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t cp = n == 1 ? p[0] : p[0] & (0x7Fu >> n);

    for (unsigned i = 1; i < n; i++)
        cp = cp << 6 | (p[i] & 0x3F);
    *s = span_sub(*s, n, s->len);
    return cp;
}

/* Characters as Windows counts them: UTF-16 units. */
static unsigned length(struct span s)
{
    unsigned n = 0;

    while (s.len)
        n += next_char(&s) >= 0x10000 ? 2 : 1;
    return n;
}

static bool is_letter(uint32_t cp)
{
    unsigned low = 0, high = policy_letters_count;

    while (low < high) {
        unsigned mid = low + (high - low) / 2;

        if (cp > policy_letters[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    return low < policy_letters_count && cp >= policy_letters[low].first;
}

/* An ASCII letter counts as what it is and not once more as a letter of Unicode, else two classes
 * of the five would be had for one. */
static unsigned classes(struct span password)
{
    unsigned upper = 0, lower = 0, digit = 0, symbol = 0, other = 0;

    while (password.len) {
        uint32_t c = next_char(&password);

        if (c >= 'A' && c <= 'Z')
            upper = 1;
        else if (c >= 'a' && c <= 'z')
            lower = 1;
        else if (c >= '0' && c <= '9')
            digit = 1;
        else if (c < 0x80)
            symbol |= c && strchr(symbols, (int)c);
        else
            other |= is_letter(c);
    }
    return upper + lower + digit + symbol + other;
}

/* Case folding is character by character, so that a match can only begin where a character begins.
 */
static bool contains_fold(struct span text, struct span part)
{
    unsigned part_chars = length(part);

    while (text.len) {
        struct span rest = text;

        for (unsigned i = 0; i < part_chars && rest.len; i++)
            next_char(&rest);
        if (text_eq_fold(span_of(text.ptr, text.len - rest.len), part))
            return true;
        next_char(&text);
    }
    return false;
}

static bool contains_name(struct span password, struct span sam_name)
{
    if (!text_valid(sam_name) || length(sam_name) < NAME_PART_MIN)
        return false;
    return contains_fold(password, sam_name);
}

static bool contains_name_part(struct span password, struct span display_name)
{
    struct span rest = display_name;

    if (!text_valid(display_name))
        return false;
    while (rest.len) {
        size_t n = 0;
        struct span part;

        while (n < rest.len && !(rest.ptr[n] && strchr(name_delimiters, rest.ptr[n])))
            n++;
        part = span_sub(rest, 0, n);
        if (length(part) >= NAME_PART_MIN && contains_fold(password, part))
            return true;
        rest = span_sub(rest, n + 1, rest.len);
    }
    return false;
}

static bool in_history(const struct policy_password *in)
{
    unsigned n = in->settings->history;

    if (n > in->nt_history_count)
        n = in->nt_history_count;
    for (unsigned i = 0; in->nt_hash && i < n; i++)
        if (mem_eq_ct(in->nt_hash, in->nt_history[i], 16))
            return true;
    return false;
}

/* Users only: machines and krbtgt draw their passwords at random ([MS-SAMR] 3.1.1.7). */
static bool governed(const struct policy_password *in)
{
    return (in->uac & UAC_NORMAL_ACCOUNT) && in->rid != RID_KRBTGT;
}

static bool not_text(const struct policy_password *in)
{
    return !text_valid(in->password);
}

static bool too_long(const struct policy_password *in)
{
    return length(in->password) > POLICY_PASSWORD_MAX;
}

static bool too_young(const struct policy_password *in)
{
    return in->change && governed(in) && in->pwd_last_set != 0 &&
           in->now < in->pwd_last_set + in->settings->min_age;
}

static bool too_short(const struct policy_password *in)
{
    return governed(in) && !(in->uac & UAC_PASSWD_NOTREQD) &&
           length(in->password) < in->settings->min_length;
}

static bool complex_wanted(const struct policy_password *in)
{
    return governed(in) && !(in->uac & UAC_PASSWD_NOTREQD) && in->settings->complexity;
}

/* Windows compares with the names only where complexity is on, whatever the specification's list
 * suggests. */
static bool has_name(const struct policy_password *in)
{
    return complex_wanted(in) && (contains_name(in->password, in->sam_name) ||
                                  contains_name_part(in->password, in->display_name));
}

static bool too_simple(const struct policy_password *in)
{
    return complex_wanted(in) && classes(in->password) < CLASSES_NEEDED;
}

static bool used_before(const struct policy_password *in)
{
    return in->change && governed(in) && !(in->uac & UAC_PASSWD_NOTREQD) && in_history(in);
}

/* STATUS_PASSWORD_RESTRICTION, KDC_ERR_POLICY, ERROR_PASSWORD_RESTRICTION */
#define RESTRICTION(reason)                                                                        \
    {                                                                                              \
        REASON_PASSWORD_##reason, 0xC000006C, 12, 0x52D                                            \
    }

static const struct {
    bool (*breaks)(const struct policy_password *in);
    struct policy_verdict verdict;
} rules[] = {
    {not_text, RESTRICTION(NOT_TEXT)},       {too_long, RESTRICTION(TOO_LONG)},
    {too_young, RESTRICTION(TOO_YOUNG)},     {too_short, RESTRICTION(TOO_SHORT)},
    {has_name, RESTRICTION(HAS_NAME)},       {too_simple, RESTRICTION(TOO_SIMPLE)},
    {used_before, RESTRICTION(USED_BEFORE)},
};

struct policy_verdict policy_password_check(const struct policy_password *in)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].breaks(in))
            return rules[i].verdict;
    return (struct policy_verdict){REASON_NONE};
}
