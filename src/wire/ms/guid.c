#include "wire/ms/guid.h"

/* The byte of the wire form that each pair of digits of the text shows: the first three fields are
 * little-endian on the wire and printed as numbers. */
static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(unsigned i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

void guid_to_text(const struct guid *g, char out[GUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;

    for (unsigned i = 0; i < 16; i++) {
        if (dash_before(i))
            *p++ = '-';
        *p++ = digits[g->b[order[i]] >> 4];
        *p++ = digits[g->b[order[i]] & 15];
    }
    *p = '\0';
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err guid_from_text(struct span s, struct guid *out)
{
    struct guid g;
    size_t at = 0;

    if (s.len == GUID_TEXT_SIZE + 1 && s.ptr[0] == '{' && s.ptr[s.len - 1] == '}')
        s = span_sub(s, 1, s.len - 2);
    if (s.len != GUID_TEXT_SIZE - 1)
        return ERR_MALFORMED;
    for (unsigned i = 0; i < 16; i++) {
        int hi, lo;

        if (dash_before(i) && s.ptr[at++] != '-')
            return ERR_MALFORMED;
        hi = digit(s.ptr[at]);
        lo = digit(s.ptr[at + 1]);
        if (hi < 0 || lo < 0)
            return ERR_MALFORMED;
        at += 2;
        g.b[order[i]] = (uint8_t)(hi << 4 | lo);
    }
    *out = g;
    return ERR_OK;
}

void guid_from_random(const uint8_t random[16], struct guid *out)
{
    struct guid g;

    memcpy(g.b, random, 16);
    g.b[7] = (g.b[7] & 0x0F) | 0x40;
    g.b[8] = (g.b[8] & 0x3F) | 0x80;
    *out = g;
}
