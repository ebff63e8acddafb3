/*
 * The client's side: one question to one server, its validation, and what to read from the answer.
 * Pure: whoever owns the sockets asks dns_exchange_query for the bytes, sends them, and gives every
 * datagram (or framed TCP message) that comes back to dns_exchange_fit, which says what to do next:
 *
 *     ANSWER      parse it (dns_response_parse); the exchange is over
 *     TRUNCATED,  ask the same server over TCP (the question's case came back changed: TCP proves
 * the CASE        address instead; servers that do not keep case are rare but exist) NO_EDNS call
 * dns_exchange_plain and ask again without EDNS FOREIGN     not an answer to this question (wrong
 * id, name, type, not a response): ignore it and go on waiting; many of them are somebody guessing
 *
 * The caller must use a fresh unpredictable source port per UDP exchange, a socket connected to the
 * server (so that the address is checked by the kernel), and 34 bytes of real randomness (RFC
 * 5452).
 */
#ifndef WIRE_DNS_DNS_EXCHANGE_H
#define WIRE_DNS_DNS_EXCHANGE_H

#include "wire/dns/dns_message.h"
#include "wire/dns/dns_rdata.h"

#define DNS_EXCHANGE_RANDOM 34
#define DNS_QUERY_MAX       (DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_OPT_SIZE)
#define DNS_CHAIN_MAX       16 /* CNAMEs followed */

struct dns_exchange {
    uint16_t id;
    uint16_t type;
    bool recurse; /* RD */
    bool edns;
    struct dns_name name; /* in the case that is sent */
};

enum dns_fit {
    DNS_FIT_ANSWER,
    DNS_FIT_TRUNCATED,
    DNS_FIT_CASE,
    DNS_FIT_NO_EDNS,
    DNS_FIT_FOREIGN,
};

/* name in any case; mix: send it in random case (draft-vixie-dnsext-dns0x20; the answer is
 * checked). */
void dns_exchange_begin(struct dns_exchange *x, struct span name, uint16_t type, bool recurse,
                        bool mix, const uint8_t random[DNS_EXCHANGE_RANDOM]);
/* From now on without EDNS. */
void dns_exchange_plain(struct dns_exchange *x);
/* The request's bytes and length; cap is at least DNS_QUERY_MAX. */
size_t dns_exchange_query(const struct dns_exchange *x, uint8_t *out, size_t cap);

enum dns_fit dns_exchange_fit(const struct dns_exchange *x, struct span msg, bool over_tcp);
/* An answer that fits, with its question in lower case again. Servers write names as pointers into
 * the question wherever they can (RFC 1035 section 4.1.4), so that the random case of ours would be
 * in every name behind it: for good, once such an answer is kept. A copy in the arena; the empty
 * span without memory. */
struct span dns_exchange_unmix(const struct dns_exchange *x, struct span msg, struct arena *a);

/* What an answer section says about (name, type). */
struct dns_found {
    struct dns_rr_list chain;   /* the CNAMEs followed */
    struct dns_rr_list records; /* of the type asked for; empty when there are none */
    struct span last;           /* the name at the end of the chain */
    bool left_bailiwick;        /* last is outside: somebody else has to be asked about it */
};

/* Follows CNAMEs from name (type ANY takes all and follows none), believing only records whose
 * owner lies in bailiwick (the root believes all); other records are passed over. ERR_LIMIT on a
 * chain longer than DNS_CHAIN_MAX, which is also how a loop ends. */
enum err dns_find(const struct dns_rr_list *list, struct span name, uint16_t type,
                  struct span bailiwick, struct arena *a, struct dns_found *out);

/* Orders servers as RFC 2782 wants them tried: by priority, within one by weighted chance. */
void dns_srv_order(struct dns_srv *srvs, size_t count, uint64_t seed);

#endif
