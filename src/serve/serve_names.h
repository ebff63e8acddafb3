/*
 * Host names that the operator's configuration gives, looked up as the machine's other programs
 * would: in /etc/hosts, then at the servers of /etc/resolv.conf, one after the other. Both files
 * are read at each lookup, since addresses and servers change while a service runs. On the loop,
 * and without the C library's resolver, which waits, and loads code that no sandbox can allow.
 * Search domains are not tried: a name is a whole one.
 */
#ifndef SERVE_SERVE_NAMES_H
#define SERVE_SERVE_NAMES_H

#include "peer/peer_dns.h"

#define SERVE_NAMES_SERVERS_MAX   3
#define SERVE_NAMES_ADDRESSES_MAX 8

struct serve_addresses {
    unsigned count;
    struct plat_addr of[SERVE_NAMES_ADDRESSES_MAX];
};

/* The addresses that the text of a hosts file has for the name, with this port; none. */
void serve_names_in_hosts(struct span text, struct span name, uint16_t port,
                          struct serve_addresses *out);
/* The servers that the text of a resolv.conf names; the machine itself when it names none. */
void serve_names_servers(struct span text, struct serve_addresses *out);

struct serve_lookup {
    /* The owner's: */
    struct plat_loop *loop;
    struct arena *a;
    /* Once, when serve_lookup_begin said ERR_BUSY. ERR_NOT_FOUND: the name has no address; others:
     * no server answers. */
    void (*done)(struct serve_lookup *l, enum err e);
    struct serve_addresses found;

    /* Of serve_names.c. */
    struct peer_dns_question question;
    struct serve_addresses servers;
    struct dns_name name;
    uint16_t port, type;
    unsigned at; /* the server that is asked */
};

/* ERR_OK: found at once; ERR_BUSY: done comes; ERR_MALFORMED: no name. */
enum err serve_lookup_begin(struct serve_lookup *l, struct span name, uint16_t port);

#endif
