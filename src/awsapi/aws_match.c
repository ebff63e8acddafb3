#include "awsapi/aws_match.h"

#include <arpa/inet.h>

#include "base/text.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool in_set(uint8_t c, const char *set)
{
    for (; *set; set++) {
        if (set[1] == '-' && set[2]) {
            if (c >= (uint8_t)set[0] && c <= (uint8_t)set[2])
                return true;
            set += 2;
        } else if (c == (uint8_t)*set) {
            return true;
        }
    }
    return false;
}

bool aws_match_set(struct span value, const char *how)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!in_set(value.ptr[i], how))
            return false;
    }
    return true;
}

bool aws_match_none_of(struct span value, const char *how)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == 0 || strchr(how, value.ptr[i]))
            return false;
    }
    return true;
}

bool aws_match_prefix(struct span value, const char *how)
{
    size_t len = strlen(how);
    return value.len > len && memcmp(value.ptr, how, len) == 0 &&
           aws_match_set(value, "a-zA-Z0-9:/_+=.@-");
}

static bool is_id(struct span value, struct span prefix, size_t digits)
{
    return value.len == prefix.len + digits && memcmp(value.ptr, prefix.ptr, prefix.len) == 0 &&
           aws_match_set(span_sub(value, prefix.len, digits), "0-9a-f");
}

bool aws_match_id(struct span value, const char *how)
{
    while (*how) {
        size_t len = strcspn(how, "|"), prefix = strcspn(how, "-") + 1;
        uint64_t digits;
        if (text_to_u64(span_of(how + prefix, len - prefix), 64, &digits) == ERR_OK &&
            is_id(value, span_of(how, prefix), (size_t)digits))
            return true;
        how += len + (how[len] == '|');
    }
    return false;
}

/* Runs of letters and digits with one separator between each two. */
bool aws_match_domain(struct span value, const char *how)
{
    bool run = false, parted = false;
    if (how && value.len && value.ptr[value.len - 1] == '.')
        value.len--;
    for (size_t i = 0; i < value.len; i++) {
        bool alnum = is_alnum(value.ptr[i]);
        if (!alnum && (!run || !strchr("\\.-", value.ptr[i]) || value.ptr[i] == 0))
            return false;
        parted |= !alnum;
        run = alnum;
    }
    return run && parted;
}

bool aws_match_short_name(struct span value, const char *how)
{
    (void)how;
    return value.len && value.ptr[0] != '.' && aws_match_none_of(value, "\\/:*?\"<>|");
}

bool aws_match_alias(struct span value, const char *how)
{
    (void)how;
    return value.len && aws_match_set(value, "a-zA-Z0-9-") && is_alnum(value.ptr[0]) &&
           is_alnum(value.ptr[value.len - 1]) &&
           !(value.len > 1 && (value.ptr[0] | 0x20) == 'd' && value.ptr[1] == '-');
}

bool aws_match_description(struct span value, const char *how)
{
    (void)how;
    return value.len && (is_alnum(value.ptr[0]) || value.ptr[0] == '_') &&
           aws_match_set(span_sub(value, 1, value.len), "a-zA-Z0-9_\\@#%*+=:?./! \t\n\v\f\r-");
}

bool aws_match_address(struct span value, const char *how)
{
    char text[INET6_ADDRSTRLEN + 1];
    uint8_t bytes[16];
    if (value.len == 0 || value.len >= sizeof(text) || memchr(value.ptr, 0, value.len))
        return false;
    memcpy(text, value.ptr, value.len);
    text[value.len] = 0;
    return inet_pton(*how == '6' ? AF_INET6 : AF_INET, text, bytes) == 1;
}

bool aws_match_cidr(struct span value, const char *how)
{
    const uint8_t *slash = value.len ? memchr(value.ptr, '/', value.len) : NULL;
    size_t at = slash ? (size_t)(slash - value.ptr) : 0;
    uint64_t bits;
    bool v6 = *how == '6';
    return slash && aws_match_address(span_sub(value, 0, at), how) &&
           text_to_u64(span_sub(value, at + 1, value.len), v6 ? 128 : 32, &bits) == ERR_OK &&
           (v6 || bits > 0);
}

/* Calls for each character of valid UTF-8; false when ok says so once. */
static bool all_characters(struct span value, bool (*ok)(uint32_t c))
{
    for (size_t i = 0; i < value.len;) {
        uint8_t c = value.ptr[i];
        size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        uint32_t code = c < 0x80 ? c : c & (0xff >> (len + 1));
        for (size_t j = 1; j < len && i + j < value.len; j++)
            code = code << 6 | (value.ptr[i + j] & 0x3f);
        if (!ok(code))
            return false;
        i += len;
    }
    return true;
}

static bool latin1(uint32_t c)
{
    return c >= 0x20 && c <= 0xff;
}

static bool printable(uint32_t c)
{
    return (c >= 0x20 && c < 0x7f) || c > 0xa0;
}

static bool tag(uint32_t c)
{
    return c > 0x9f || (c < 0x80 && in_set((uint8_t)c, "a-zA-Z0-9 _.:/=+@-"));
}

bool aws_match_latin1(struct span value, const char *how)
{
    (void)how;
    return value.len && all_characters(value, latin1);
}

bool aws_match_printable(struct span value, const char *how)
{
    (void)how;
    return value.len && all_characters(value, printable);
}

bool aws_match_tag(struct span value, const char *how)
{
    (void)how;
    return all_characters(value, tag);
}

bool aws_match_ascii(struct span value, const char *how)
{
    (void)how;
    return text_is_ascii(value);
}

bool aws_match_password(struct span value, const char *how)
{
    bool lower = false, upper = false, digit = false, other = false;
    size_t characters = 0;
    (void)how;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        if (c == '\n' || c == '\r')
            return false;
        characters += (c & 0xc0) != 0x80;
        lower |= c >= 'a' && c <= 'z';
        upper |= c >= 'A' && c <= 'Z';
        digit |= is_digit(c);
        other |= !is_alnum(c) && c > ' ';
    }
    return characters >= 8 && characters <= 64 && lower + upper + digit + other >= 3;
}

bool aws_match_url(struct span value, const char *how)
{
    while (*how) {
        size_t len = strcspn(how, "|");
        if (value.len > len + 3 && memcmp(value.ptr, how, len) == 0 &&
            memcmp(value.ptr + len, "://", 3) == 0)
            return aws_match_set(value, "a-zA-Z0-9+&@#/%?=~_|!:,.;()-");
        how += len + (how[len] == '|');
    }
    return false;
}
