#include "dns/dns_networks.h"

#include "base/text.h"

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;
    if (memcmp(a, b, bytes) != 0)
        return false;
    return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

static bool zero_beyond(const uint8_t *host, size_t len, unsigned bits)
{
    for (size_t i = bits; i < len * 8; i++) {
        if (host[i / 8] >> (7 - i % 8) & 1)
            return false;
    }
    return true;
}

enum err dns_networks_add(struct dns_networks *n, struct span cidr)
{
    const uint8_t *slash = cidr.len ? memchr(cidr.ptr, '/', cidr.len) : NULL;
    size_t host_len = slash ? (size_t)(slash - cidr.ptr) : cidr.len;
    struct plat_addr addr;
    uint64_t bits;
    if (n->count >= DNS_NETWORKS_MAX)
        return ERR_LIMIT;
    TRY(plat_addr_parse(span_sub(cidr, 0, host_len), 0, &addr));
    struct span host = plat_addr_host(&addr);
    bits = host.len * 8;
    if (slash && text_to_u64(span_sub(cidr, host_len + 1, cidr.len), bits, &bits) != ERR_OK)
        return ERR_MALFORMED;
    if (plat_addr_port(&addr) != 0 || !zero_beyond(host.ptr, host.len, (unsigned)bits))
        return ERR_MALFORMED;
    struct dns_network *net = &n->list[n->count++];
    *net = (struct dns_network){.bits = (uint8_t)bits, .v6 = host.len == 16};
    memcpy(net->host, host.ptr, host.len);
    return ERR_OK;
}

enum err dns_networks_add_private(struct dns_networks *n)
{
    static const char *const private[] = {"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
                                          "192.168.0.0/16", "169.254.0.0/16", "::1",
                                          "fc00::/7",       "fe80::/10"};
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
        TRY(dns_networks_add(n, span_str(private[i])));
    return ERR_OK;
}

bool dns_networks_meet(const struct dns_networks *a, const struct dns_networks *b)
{
    for (size_t i = 0; i < a->count * b->count; i++) {
        const struct dns_network *x = &a->list[i / b->count], *y = &b->list[i % b->count];
        if (x->v6 == y->v6 && bits_equal(x->host, y->host, x->bits < y->bits ? x->bits : y->bits))
            return true;
    }
    return false;
}

bool dns_networks_hold(const struct dns_networks *n, const struct plat_addr *addr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct span host = plat_addr_host(addr);
    if (host.len == 16 && memcmp(host.ptr, mapped, sizeof(mapped)) == 0)
        host = span_sub(host, sizeof(mapped), 4);
    for (size_t i = 0; i < n->count; i++) {
        const struct dns_network *net = &n->list[i];
        if (net->v6 == (host.len == 16) && bits_equal(net->host, host.ptr, net->bits))
            return true;
    }
    return false;
}
