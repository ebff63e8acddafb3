/*
 * The server's side of a question: one pass over the request that says whether to answer at all,
 * with which error, or what is asked; and the smallest answers, which need no records. It allocates
 * nothing and copies only the name.
 *
 * A signature (TSIG) is passed over like any record that is not known: there are no keys here, and
 * the unsigned answer tells its client so. What is refused as a matter of policy (AXFR, CHAOS, a
 * foreign name) is well-formed here; the server decides. What no server may answer (a response,
 * less than a header) is DNS_TAKE_DROP, because an error sent back to a forged address or to
 * another server's answer is a weapon or a loop.
 */
#ifndef WIRE_DNS_DNS_QUERY_H
#define WIRE_DNS_DNS_QUERY_H

#include "base/builder.h"
#include "wire/dns/dns_name.h"
#include "wire/dns/dns_types.h"

enum dns_take {
    DNS_TAKE_ANSWER, /* one question, all fields below are set */
    DNS_TAKE_ERROR,  /* answer with rcode (dns_query_error); the question may be missing */
    DNS_TAKE_DROP,   /* no answer */
};

struct dns_query {
    uint16_t id;
    uint16_t flags; /* as received */
    uint8_t opcode;
    enum dns_rcode rcode; /* DNS_TAKE_ERROR: what to answer */
    struct span question; /* name, type and class as received: a view; empty when unreadable */
    struct dns_name name; /* lower case */
    uint16_t type;
    uint16_t klass;
    bool edns;
    bool dnssec_ok;
    uint16_t udp_size; /* what the client takes over UDP: at least 512 (RFC 6891 6.2.3) */
};

/* The request must be one whole message. out is always filled as far as it was read. */
enum dns_take dns_query_parse(struct span request, struct dns_query *out);

/* Appends the whole answer without records: header, question if there is one, OPT if the client
 * sent one. extra_flags may hold DNS_FLAG_TC, DNS_FLAG_AA and DNS_FLAG_RA. */
void dns_query_error(const struct dns_query *q, enum dns_rcode rcode, uint16_t extra_flags,
                     struct builder *b);

/* Bytes of header, question and OPT in an answer to this query: what is left of the client's limit
 * belongs to records. */
static inline size_t dns_query_overhead(const struct dns_query *q)
{
    return DNS_HEADER_SIZE + q->question.len + (q->edns ? DNS_OPT_SIZE : 0);
}

/* The size of the first frame of a TCP stream, its length included (RFC 1035 section 4.2.2).
 * ERR_TRUNCATED: the length is not there yet; ERR_MALFORMED: shorter than a header. */
enum err dns_frame_size(struct span stream, size_t *size_out);

#endif
