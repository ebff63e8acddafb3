/*
 * Signed messages (TSIG, RFC 8945) and the record by which their keys are agreed (TKEY, RFC 2930):
 * what of a message is signed, reading both records, writing both. The signature itself is made and
 * checked by who has the key; with GSS (RFC 3645) that is a security context.
 */
#ifndef WIRE_DNS_DNS_TSIG_H
#define WIRE_DNS_DNS_TSIG_H

#include "wire/dns/dns_message.h"

/* Of the error members; those below 16 are response codes. */
enum dns_tsig_error {
    DNS_TSIG_BADSIG = 16,
    DNS_TSIG_BADKEY = 17,
    DNS_TSIG_BADTIME = 18,
    DNS_TSIG_BADMODE = 19,
    DNS_TSIG_BADNAME = 20,
    DNS_TSIG_BADALG = 21,
};

#define DNS_TSIG_FUDGE    300 /* seconds (RFC 8945 section 10) */
#define DNS_TKEY_MODE_GSS 3

struct dns_tsig {
    struct span key; /* names in wire form */
    struct span algorithm;
    uint64_t time; /* seconds since 1970, 48 bits */
    uint16_t fudge;
    struct span mac;
    uint16_t original_id;
    uint16_t error;
    struct span other;
};

struct dns_tkey {
    struct span algorithm;
    uint32_t inception, expiration; /* seconds since 1970 */
    uint16_t mode;
    uint16_t error;
    struct span key; /* the security token */
    struct span other;
};

/* A message that may be signed, or be an update: records of class ANY and NONE have no data where
 * RFC 2136 says so. */
struct dns_signed {
    struct dns_rr_list section[DNS_SECTION__COUNT]; /* OPT and TSIG left out */
    bool has_tsig;
    struct dns_tsig tsig;
    size_t tsig_at; /* where its record begins */
};

/* The message passed dns_query_parse. ERR_MALFORMED (also a signature that is not the last record),
 * ERR_LIMIT, ERR_NOMEM. Views are into the arena and msg. */
enum err dns_signed_parse(struct span msg, struct arena *a, struct dns_signed *out);

/* key: the record's owner. */
enum err dns_tsig_decode(struct span key, struct span rdata, struct dns_tsig *out);
enum err dns_tkey_decode(struct span rdata, struct dns_tkey *out);
void dns_tkey_put(struct builder *b, const struct dns_tkey *tkey);

/* What the signature of a request covers (RFC 8945 section 4.3.3). */
void dns_tsig_covers_request(struct builder *b, struct span msg, const struct dns_signed *m);
/* The same of a response without its signature; request_mac is empty where the request had none. */
void dns_tsig_covers_response(struct builder *b, struct span msg, const struct dns_tsig *tsig,
                              struct span request_mac);
/* msg is copied with the signature's record added. */
void dns_tsig_put(struct builder *b, struct span msg, const struct dns_tsig *tsig);

#endif
