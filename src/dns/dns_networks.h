/*
 * A list of networks in CIDR notation: who may have names looked up elsewhere, who is exempt from
 * the rate limit. Pure. A few entries: a linear search.
 */
#ifndef DNS_DNS_NETWORKS_H
#define DNS_DNS_NETWORKS_H

#include "plat/address.h"

#define DNS_NETWORKS_MAX                                                                           \
    96 /* of the settings, private ones, a domain controller's own addresses                       \
        */

struct dns_network {
    uint8_t host[16]; /* bits beyond the prefix are zero */
    uint8_t bits;
    bool v6;
};

struct dns_networks {
    struct dns_network list[DNS_NETWORKS_MAX];
    size_t count;
};

/* "10.0.0.0/8", "fd00::/8", or one address. ERR_MALFORMED for bad text or bits set beyond the
 * prefix, ERR_LIMIT. */
enum err dns_networks_add(struct dns_networks *n, struct span cidr);
/* Those that no route of the Internet leads to (RFC 1918, 3927, 4193, 4291), and this machine. */
enum err dns_networks_add_private(struct dns_networks *n);
/* Some address is in both. */
bool dns_networks_meet(const struct dns_networks *a, const struct dns_networks *b);
/* An IPv4-mapped IPv6 address is its IPv4 address. */
bool dns_networks_hold(const struct dns_networks *n, const struct plat_addr *addr);

#endif
