#include "wire/rpc/netlogon_token.h"

#define LABEL_MAX   63
#define ANSWER_SIZE 12

enum message_type { NEGOTIATE = 0, ANSWER = 1 };
enum names { DOMAIN = 1, COMPUTER = 2, DNS_DOMAIN = 4, DNS_HOST = 8, COMPUTER_UTF8 = 16 };

/* Text up to its zero. */
static struct span oem_name(struct reader *r)
{
    struct span rest = reader_span(r, reader_left(r));
    const uint8_t *zero = rest.len ? memchr(rest.ptr, 0, rest.len) : NULL;

    if (!zero || (size_t)(zero - rest.ptr) > NETLOGON_TOKEN_NAME_MAX) {
        reader_fail(r, ERR_MALFORMED);
        return SPAN_NONE;
    }
    size_t len = (size_t)(zero - rest.ptr);
    *r = reader_of(span_sub(rest, len + 1, rest.len));
    return span_sub(rest, 0, len);
}

/* RFC 1035 4.1.4 without pointers: labels as text with dots. */
static struct span dns_name(struct reader *r, struct arena *a)
{
    uint8_t *text = arena_alloc(a, NETLOGON_TOKEN_NAME_MAX + 1);
    size_t len = 0;

    if (!text)
        reader_fail(r, ERR_NOMEM);
    for (unsigned n; reader_ok(r) && (n = reader_u8(r)) != 0;) {
        if (n > LABEL_MAX || len + n + 1 > NETLOGON_TOKEN_NAME_MAX) {
            reader_fail(r, ERR_MALFORMED);
            break;
        }
        if (len)
            text[len++] = '.';
        reader_copy(r, text + len, n);
        len += n;
    }
    return reader_ok(r) ? span_of(text, len) : SPAN_NONE;
}

enum err netlogon_token_decode(struct span bytes, struct arena *a, struct netlogon_token *out)
{
    struct reader r = reader_of(bytes);
    uint32_t type = reader_le32(&r), flags = reader_le32(&r);
    struct netlogon_token t = {.answer = type == ANSWER};

    if (type > ANSWER || (type == ANSWER && bytes.len < ANSWER_SIZE))
        return ERR_MALFORMED;
    if (type == NEGOTIATE && flags & DOMAIN)
        t.domain = oem_name(&r);
    if (type == NEGOTIATE && flags & COMPUTER)
        t.computer = oem_name(&r);
    if (type == NEGOTIATE && flags & DNS_DOMAIN)
        t.dns_domain = dns_name(&r, a);
    if (type == NEGOTIATE && flags & DNS_HOST)
        t.dns_host = dns_name(&r, a);
    if (type == NEGOTIATE && flags & COMPUTER_UTF8)
        t.computer_utf8 = dns_name(&r, a);
    if (t.answer)
        reader_skip(&r, reader_left(&r)); /* a text that says nothing */
    TRY(reader_end_whole(&r));
    *out = t;
    return ERR_OK;
}

static void put_oem(struct builder *b, struct span name)
{
    if (!name.len)
        return;
    if (name.len > NETLOGON_TOKEN_NAME_MAX || memchr(name.ptr, 0, name.len))
        builder_fail(b, ERR_RANGE);
    builder_span(b, name);
    builder_u8(b, 0);
}

static void put_dns(struct builder *b, struct span name)
{
    if (!name.len)
        return;
    if (name.len >= NETLOGON_TOKEN_NAME_MAX)
        builder_fail(b, ERR_RANGE);
    for (size_t at = 0; at <= name.len;) {
        struct span rest = span_sub(name, at, name.len);
        const uint8_t *dot = rest.len ? memchr(rest.ptr, '.', rest.len) : NULL;
        size_t len = dot ? (size_t)(dot - rest.ptr) : rest.len;
        if (!len || len > LABEL_MAX) {
            builder_fail(b, ERR_RANGE);
            return;
        }
        builder_u8(b, (uint8_t)len);
        builder_bytes(b, rest.ptr, len);
        at += len + 1;
    }
    builder_u8(b, 0);
}

void netlogon_token_put(struct builder *b, const struct netlogon_token *t)
{
    unsigned flags = (t->domain.len ? DOMAIN : 0) | (t->computer.len ? COMPUTER : 0) |
                     (t->dns_domain.len ? DNS_DOMAIN : 0) | (t->dns_host.len ? DNS_HOST : 0) |
                     (t->computer_utf8.len ? COMPUTER_UTF8 : 0);

    builder_le32(b, t->answer ? ANSWER : NEGOTIATE);
    builder_le32(b, t->answer ? 0 : flags);
    if (t->answer) {
        builder_zeros(b, ANSWER_SIZE - 8); /* a text of no characters, padded */
        return;
    }
    put_oem(b, t->domain);
    put_oem(b, t->computer);
    put_dns(b, t->dns_domain);
    put_dns(b, t->dns_host);
    put_dns(b, t->computer_utf8);
}
