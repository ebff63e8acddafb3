/*
 * Records in and out of messages. A body is everything of an answer but the header's id, the
 * question's spelling and the OPT record: those depend on who asks, the body does not, so it is
 * compiled once (with libknot's name compression, in an arena) and sent to many.
 *
 * Compression pointers in a body count from the header and may point into the question's name,
 * whose length is the same however its letters are cased. A body therefore serves exactly the
 * questions whose name equals the one that it was built for, and repeats the client's own case.
 */
#ifndef WIRE_DNS_DNS_MESSAGE_H
#define WIRE_DNS_DNS_MESSAGE_H

#include "base/arena.h"
#include "wire/dns/dns_query.h"

struct dns_rr {
    struct span owner; /* name, uncompressed */
    uint16_t type;
    uint16_t klass;
    uint32_t ttl;
    struct span rdata; /* names in it uncompressed */
};

struct dns_rr_list {
    struct dns_rr *rrs;
    size_t count;
    size_t cap;
};

/* Appends in the arena, at most DNS_RRS_MAX records: ERR_LIMIT beyond, ERR_NOMEM. */
enum err dns_rr_add(struct dns_rr_list *list, struct arena *a, const struct dns_rr *rr);

struct dns_answer {
    enum dns_rcode rcode; /* below 16 */
    bool authoritative;
    bool referral; /* its addresses of name servers are not optional (RFC 9471) */
    struct dns_rr_list section[DNS_SECTION__COUNT];
};

struct dns_body {
    uint16_t flags; /* AA and rcode */
    uint16_t count[DNS_SECTION__COUNT];
    uint16_t required_len; /* without the additional section, which may be left out silently */
    uint16_t len;
    uint16_t ttl_count;
    const uint16_t *ttl_at; /* offsets of the TTLs in bytes, for who ages a body */
    const uint8_t *bytes;   /* the message after the question */
};

/* Compiles an answer to the question (name, type, IN). Records are written in the order given;
 * what does not fit DNS_MSG_MAX is ERR_LIMIT unless it is additional, which is then left out.
 * Records must have passed dns_rdata_valid. The body lives in the arena. */
enum err dns_body_build(const struct dns_answer *answer, struct span name, uint16_t type,
                        struct arena *a, struct dns_body *out);

/* Appends the whole answer to q: as much as limit (bytes of the whole message) and the builder
 * hold, the answer emptied and TC set when the required part does not fit (RFC 2181 section 9). age
 * is subtracted from every TTL (seconds). No allocation over fixed memory. */
void dns_body_emit(const struct dns_body *body, const struct dns_query *q, uint16_t extra_flags,
                   uint32_t age, size_t limit, struct builder *b);

/* A parsed response. Views are into the arena. */
struct dns_response {
    uint16_t id;
    uint16_t flags;
    enum dns_rcode rcode; /* with the extended bits */
    bool edns;
    struct dns_rr_list section[DNS_SECTION__COUNT]; /* OPT and TSIG left out */
};

/* Parses everything (libknot on the arena); ERR_MALFORMED, ERR_LIMIT, ERR_NOMEM. The message need
 * not be a response to anything: see dns_exchange.h for matching it with a question. */
enum err dns_response_parse(struct span msg, struct arena *a, struct dns_response *out);

#endif
