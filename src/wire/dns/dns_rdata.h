/*
 * Record data of the types that we interpret, in its uncompressed wire form: writers for who fills
 * a zone or a test, readers for who follows a record. Readers check everything and consume all.
 */
#ifndef WIRE_DNS_DNS_RDATA_H
#define WIRE_DNS_DNS_RDATA_H

#include "base/builder.h"
#include "wire/dns/dns_name.h"

struct dns_srv { /* RFC 2782 */
    uint16_t priority;
    uint16_t weight;
    uint16_t port;
    struct span target;
};

struct dns_soa { /* RFC 1035 section 3.3.13; times in seconds */
    struct span mname;
    struct span rname;
    uint32_t serial;
    uint32_t refresh;
    uint32_t retry;
    uint32_t expire;
    uint32_t minimum;
};

void dns_rdata_put_srv(struct builder *b, const struct dns_srv *srv);
void dns_rdata_put_soa(struct builder *b, const struct dns_soa *soa);
/* One character string of at most 255 bytes (longer is the builder's error); call again for more.
 */
void dns_rdata_put_txt(struct builder *b, struct span text);

/* The names in the results are views into rdata. */
enum err dns_rdata_srv(struct span rdata, struct dns_srv *out);
enum err dns_rdata_soa(struct span rdata, struct dns_soa *out);
/* NS, CNAME, PTR, DNAME: the one name. */
enum err dns_rdata_name(struct span rdata, struct span *name_out);

/* The name that a record points at and whose addresses belong into the additional section (NS, MX,
 * SRV); the empty span for every other type and for malformed data. */
struct span dns_rdata_target(uint16_t type, struct span rdata);

/* Two well-formed values are the same: names in them whatever their case. */
bool dns_rdata_same(uint16_t type, struct span a, struct span b);

/* True when rdata is a well-formed value of its type: names whole and uncompressed, fixed parts
 * there, nothing left over; any bytes do for a type that libknot does not know. Who takes records
 * from a store or a peer asks this before using them: dns_body_build relies on it. */
bool dns_rdata_valid(uint16_t type, struct span rdata);

#endif
