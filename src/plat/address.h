/*
 * An IPv4 or IPv6 address with a port. A value: copied freely, owns nothing.
 */
#ifndef PLAT_ADDRESS_H
#define PLAT_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/span.h"

#define PLAT_ADDR_TEXT 80 /* room for any address as text */

struct plat_addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

/* "127.0.0.1", "127.0.0.1:88", "::1", "[::1]:88", "fe80::1%eth0". Names are not resolved.
 * ERR_MALFORMED. */
enum err plat_addr_parse(struct span text, uint16_t default_port, struct plat_addr *out);
/* From 4 or 16 bytes in network order. */
enum err plat_addr_from_bytes(struct span bytes, uint16_t port, struct plat_addr *out);

socklen_t plat_addr_len(const struct plat_addr *a);
bool plat_addr_is_v6(const struct plat_addr *a);
uint16_t plat_addr_port(const struct plat_addr *a);
void plat_addr_set_port(struct plat_addr *a, uint16_t port);
/* The 4 or 16 bytes of the host, a view into a. */
struct span plat_addr_host(const struct plat_addr *a);
/* The same host, whatever the port; an IPv4-mapped IPv6 address equals the IPv4 one. */
bool plat_addr_same_host(const struct plat_addr *a, const struct plat_addr *b);
bool plat_addr_eq(const struct plat_addr *a, const struct plat_addr *b);
bool plat_addr_is_loopback(const struct plat_addr *a);

/* "127.0.0.1:88", "[::1]:88"; without the port when it is 0. Zero-terminated; a view of out. */
struct span plat_addr_text(const struct plat_addr *a, char out[PLAT_ADDR_TEXT]);

#endif
