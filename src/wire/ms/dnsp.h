/*
 * DNS data as Active Directory stores it: values of dnsRecord ([MS-DNSP] 2.3.2.2) and dnsProperty
 * (2.3.2.1.1). Names inside are in DNS wire form, never compressed: labels with their lengths and
 * the root's zero; decoded names are views into the value.
 */
#ifndef WIRE_MS_DNSP_H
#define WIRE_MS_DNSP_H

#include "base/builder.h"
#include "base/reader.h"

enum dnsp_type {
    DNSP_TOMBSTONE = 0,
    DNSP_A = 1,
    DNSP_NS = 2,
    DNSP_CNAME = 5,
    DNSP_SOA = 6,
    DNSP_PTR = 12,
    DNSP_MX = 15,
    DNSP_TXT = 16,
    DNSP_AAAA = 28,
    DNSP_SRV = 33,
};

#define DNSP_RANK_ZONE    0xf0 /* authoritative data of the zone */
#define DNSP_RANK_GLUE    0x80
#define DNSP_RANK_NS_GLUE 0x82
#define DNSP_NAME_MAX     255
#define DNSP_RECORD_MAX   65535

struct dnsp_record {
    uint16_t type;
    uint8_t rank;
    uint32_t serial;    /* of the zone when the record was made */
    uint32_t ttl;       /* seconds */
    uint32_t timestamp; /* hours since 1601, 0: static */
    struct span name;   /* NS, CNAME, PTR, MX and SRV target, SOA primary server */
    struct span mail;   /* SOA */
    uint16_t priority;  /* MX, SRV */
    uint16_t weight, port;
    uint32_t soa_serial, refresh, retry, expire, minimum;
    struct span data; /* A, AAAA, TXT, unknown types: as it lies */
};

/* ERR_MALFORMED. */
enum err dnsp_record_decode(struct span value, struct dnsp_record *out);
void dnsp_record_put(struct builder *b, const struct dnsp_record *r);
/* The same type and data, names whatever their case; times and serials may differ. */
bool dnsp_record_same(const struct dnsp_record *a, const struct dnsp_record *b);

/* Text ("dc1.example.com", a final dot allowed, no escapes) to wire form. ERR_MALFORMED: an empty
 * or too long label or name. */
enum err dnsp_name_from_text(struct span text, struct arena *a, struct span *out);
/* True when wire is one whole name and nothing else. */
bool dnsp_name_valid(struct span wire);

enum dnsp_property_id {
    DNSP_PROPERTY_ZONE_TYPE = 0x01,
    DNSP_PROPERTY_ALLOW_UPDATE = 0x02,
    DNSP_PROPERTY_SECURE_TIME = 0x08,
    DNSP_PROPERTY_NOREFRESH = 0x10,
    DNSP_PROPERTY_REFRESH = 0x20,
    DNSP_PROPERTY_AGING = 0x40,
    DNSP_PROPERTY_MASTERS_IP4 = 0x81,
    DNSP_PROPERTY_MASTERS = 0x91,
};
enum dnsp_zone_type {
    DNSP_ZONE_CACHE = 0,
    DNSP_ZONE_PRIMARY = 1,
    DNSP_ZONE_SECONDARY = 2,
    DNSP_ZONE_STUB = 3,
    DNSP_ZONE_FORWARDER = 4,
};
enum dnsp_zone_update { DNSP_UPDATE_OFF = 0, DNSP_UPDATE_UNSECURE = 1, DNSP_UPDATE_SECURE = 2 };

struct dnsp_property {
    uint32_t id;
    struct span data; /* little-endian, as its id says */
};
enum err dnsp_property_decode(struct span value, struct dnsp_property *out);
void dnsp_property_put(struct builder *b, uint32_t id, struct span data);
void dnsp_property_put_u32(struct builder *b, uint32_t id, uint32_t value);

/* An address of a master server: 4 or 16 bytes. */
struct dnsp_address {
    uint8_t bytes[16];
    uint8_t len;
};
#define DNSP_MASTERS_MAX 64
/* The data of DNSP_PROPERTY_MASTERS (DNS_ADDR_ARRAY, 2.2.3.2.3) and of DNSP_PROPERTY_MASTERS_IP4.
 */
void dnsp_masters_put(struct builder *b, const struct dnsp_address *list, unsigned count);
enum err dnsp_masters_decode(const struct dnsp_property *p,
                             struct dnsp_address out[DNSP_MASTERS_MAX], unsigned *count_out);

#endif
