/*
 * DNS as the directory stores it: values of dnsRecord and dnsProperty ([MS-DNSP] 2.3.2.1, 2.3.2.2).
 * A dnsRecord's data is DNS wire data with two changes: names are counted
 * (DNS_COUNT_NAME, 2.2.2.2.2), and an SOA has its numbers before its names. So data is handed over
 * as rdata of RFC 1035 section 3.3, uncompressed, and taken so; names in it are whole labels ending
 * in the empty one.
 */
#ifndef WIRE_MS_DNS_RECORD_H
#define WIRE_MS_DNS_RECORD_H

#include "base/builder.h"
#include "base/reader.h"

#define DNS_RECORD_DATA_MAX   65535
#define DNS_PROPERTY_DATA_MAX 65535

enum dns_record_type {
    DNS_RECORD_TOMBSTONE = 0, /* data: FILETIME of the deletion, little-endian, in both forms */
    DNS_RECORD_A = 1,
    DNS_RECORD_NS = 2,
    DNS_RECORD_CNAME = 5,
    DNS_RECORD_SOA = 6,
    DNS_RECORD_PTR = 12,
    DNS_RECORD_MX = 15,
    DNS_RECORD_TXT = 16,
    DNS_RECORD_AAAA = 28,
    DNS_RECORD_SRV = 33,
};

enum dns_record_rank {
    DNS_RANK_ROOT_HINT = 8,
    DNS_RANK_OUTSIDE_GLUE = 32,
    DNS_RANK_GLUE = 128,
    DNS_RANK_NS_GLUE = 130,
    DNS_RANK_ZONE = 240,
};

struct dns_record {
    uint16_t type;
    uint8_t rank;
    uint32_t serial;
    uint32_t ttl;     /* seconds */
    uint32_t stamp;   /* hours since 1601 of the last refresh; 0: static, never aged */
    struct span data; /* as stored: a view */
};

/* Checks the data of the types that hold names. ERR_MALFORMED; ERR_UNSUPPORTED: a version not 5. */
enum err dns_record_decode(struct span value, struct dns_record *out);
/* The data of a decoded record as rdata. */
void dns_record_put_rdata(struct builder *b, const struct dns_record *rec);

/* A value of dnsRecord; rec->data is not used, rdata is. ERR_MALFORMED (sticky): rdata of a type
 * that holds names is not in its form. */
void dns_record_put(struct builder *b, const struct dns_record *rec, struct span rdata);

enum dns_property_id {
    DNS_PROPERTY_ZONE_TYPE = 0x01,
    DNS_PROPERTY_ALLOW_UPDATE = 0x02,
    DNS_PROPERTY_SECURE_TIME = 0x08,
    DNS_PROPERTY_NOREFRESH_INTERVAL = 0x10,
    DNS_PROPERTY_SCAVENGING_SERVERS = 0x11,
    DNS_PROPERTY_AGING_ENABLED_TIME = 0x12,
    DNS_PROPERTY_REFRESH_INTERVAL = 0x20,
    DNS_PROPERTY_AGING_STATE = 0x40,
    DNS_PROPERTY_MASTER_SERVERS = 0x81,
    DNS_PROPERTY_MASTER_SERVERS_DA = 0x91,
    DNS_PROPERTY_NODE_DBFLAGS = 0x100,
};

struct dns_property {
    uint32_t id;
    struct span data; /* little-endian numbers, arrays of addresses; empty: the id's default */
};

enum err dns_property_decode(struct span value, struct dns_property *out);
void dns_property_put(struct builder *b, const struct dns_property *prop);
/* The number in a property's data of 1, 4 or 8 bytes; the fallback when it is empty or of another
 * size. */
uint64_t dns_property_number(const struct dns_property *prop, uint64_t fallback);

#endif
