#include "plat/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include "base/text.h"

static enum err parse_v6_host(char *host, struct plat_addr *out)
{
    char *zone = strchr(host, '%');
    if (zone)
        *zone++ = 0;
    out->v6.sin6_family = AF_INET6;
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
        return ERR_MALFORMED;
    if (zone) {
        out->v6.sin6_scope_id = if_nametoindex(zone);
        if (out->v6.sin6_scope_id == 0)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

static enum err parse_host(struct span text, struct plat_addr *out)
{
    char host[PLAT_ADDR_TEXT];
    if (text.len >= sizeof(host) || memchr(text.ptr, 0, text.len))
        return ERR_MALFORMED;
    memcpy(host, text.ptr, text.len);
    host[text.len] = 0;
    if (memchr(host, ':', text.len))
        return parse_v6_host(host, out);
    out->v4.sin_family = AF_INET;
    return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1 ? ERR_OK : ERR_MALFORMED;
}

static bool next_after(struct span text, uint8_t c, size_t *at_out)
{
    const uint8_t *p = text.len ? memchr(text.ptr, c, text.len) : NULL;
    if (p)
        *at_out = (size_t)(p - text.ptr);
    return p != NULL;
}

/* Splits off ":port", which a bare IPv6 address cannot have. */
static enum err split(struct span text, struct span *host_out, struct span *port_out)
{
    size_t at;
    *port_out = SPAN_NONE;
    if (text.len && text.ptr[0] == '[') {
        if (!next_after(text, ']', &at))
            return ERR_MALFORMED;
        *host_out = span_sub(text, 1, at - 1);
        struct span rest = span_sub(text, at + 1, text.len);
        if (!next_after(*host_out, ':', &at) || (rest.len && rest.ptr[0] != ':') || rest.len == 1)
            return ERR_MALFORMED;
        *port_out = span_sub(rest, 1, rest.len);
        return ERR_OK;
    }
    *host_out = text;
    if (!next_after(text, ':', &at))
        return ERR_OK;
    struct span rest = span_sub(text, at + 1, text.len);
    if (next_after(rest, ':', &(size_t){0}))
        return ERR_OK;
    *host_out = span_sub(text, 0, at);
    *port_out = rest;
    return rest.len ? ERR_OK : ERR_MALFORMED;
}

enum err plat_addr_parse(struct span text, uint16_t default_port, struct plat_addr *out)
{
    struct plat_addr a = {0};
    struct span host, port;
    uint64_t number = default_port;
    TRY(split(text, &host, &port));
    if (host.len == 0)
        return ERR_MALFORMED;
    if (port.len && text_to_u64(port, UINT16_MAX, &number) != ERR_OK)
        return ERR_MALFORMED;
    TRY(parse_host(host, &a));
    plat_addr_set_port(&a, (uint16_t)number);
    *out = a;
    return ERR_OK;
}

enum err plat_addr_from_bytes(struct span bytes, uint16_t port, struct plat_addr *out)
{
    struct plat_addr a = {0};
    if (bytes.len == 4) {
        a.v4.sin_family = AF_INET;
        memcpy(&a.v4.sin_addr, bytes.ptr, 4);
    } else if (bytes.len == 16) {
        a.v6.sin6_family = AF_INET6;
        memcpy(&a.v6.sin6_addr, bytes.ptr, 16);
    } else {
        return ERR_MALFORMED;
    }
    plat_addr_set_port(&a, port);
    *out = a;
    return ERR_OK;
}

bool plat_addr_is_v6(const struct plat_addr *a)
{
    return a->sa.sa_family == AF_INET6;
}

socklen_t plat_addr_len(const struct plat_addr *a)
{
    return plat_addr_is_v6(a) ? sizeof(a->v6) : sizeof(a->v4);
}

/* The port is at the same place in both. */
uint16_t plat_addr_port(const struct plat_addr *a)
{
    return ntohs(plat_addr_is_v6(a) ? a->v6.sin6_port : a->v4.sin_port);
}

void plat_addr_set_port(struct plat_addr *a, uint16_t port)
{
    if (plat_addr_is_v6(a))
        a->v6.sin6_port = htons(port);
    else
        a->v4.sin_port = htons(port);
}

struct span plat_addr_host(const struct plat_addr *a)
{
    return plat_addr_is_v6(a) ? span_of(&a->v6.sin6_addr, 16) : span_of(&a->v4.sin_addr, 4);
}

static struct span unmapped(const struct plat_addr *a)
{
    struct span host = plat_addr_host(a);
    if (plat_addr_is_v6(a) && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
        return span_sub(host, 12, 4);
    return host;
}

bool plat_addr_same_host(const struct plat_addr *a, const struct plat_addr *b)
{
    struct span x = unmapped(a), y = unmapped(b);
    if (x.len == 16 && y.len == 16 && a->v6.sin6_scope_id != b->v6.sin6_scope_id)
        return false;
    return span_eq(x, y);
}

bool plat_addr_eq(const struct plat_addr *a, const struct plat_addr *b)
{
    return plat_addr_port(a) == plat_addr_port(b) && plat_addr_same_host(a, b);
}

bool plat_addr_is_loopback(const struct plat_addr *a)
{
    struct span host = unmapped(a);
    if (host.len == 4)
        return host.ptr[0] == 127;
    return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

struct span plat_addr_text(const struct plat_addr *a, char out[PLAT_ADDR_TEXT])
{
    char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1] = "";
    uint16_t port = plat_addr_port(a);
    bool v6 = plat_addr_is_v6(a);
    if (!inet_ntop(a->sa.sa_family, plat_addr_host(a).ptr, host, sizeof(host)))
        memcpy(host, "?", 2);
    if (v6 && a->v6.sin6_scope_id && if_indextoname(a->v6.sin6_scope_id, zone + 1))
        zone[0] = '%';
    int n = port == 0 ? snprintf(out, PLAT_ADDR_TEXT, "%s%s", host, zone)
            : v6      ? snprintf(out, PLAT_ADDR_TEXT, "[%s%s]:%u", host, zone, port)
                      : snprintf(out, PLAT_ADDR_TEXT, "%s:%u", host, port);
    return span_of(out, n < PLAT_ADDR_TEXT ? (size_t)n : PLAT_ADDR_TEXT - 1);
}
