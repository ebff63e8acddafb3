/*
 * The numbers of DNS that this project uses, under the names of their registries (RFC 6895). Values
 * are those of the wire, so an unknown one is simply a number that no enumerator names.
 */
#ifndef WIRE_DNS_DNS_TYPES_H
#define WIRE_DNS_DNS_TYPES_H

enum dns_rr_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_NS = 2,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_HINFO = 13,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_SRV = 33,
    DNS_TYPE_DNAME = 39,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_APL = 42,
    DNS_TYPE_TKEY = 249,
    DNS_TYPE_TSIG = 250,
    DNS_TYPE_IXFR = 251,
    DNS_TYPE_AXFR = 252,
    DNS_TYPE_MAILB = 253,
    DNS_TYPE_MAILA = 254,
    DNS_TYPE_ANY = 255,
};

enum dns_class {
    DNS_CLASS_IN = 1,
    DNS_CLASS_CH = 3,
    DNS_CLASS_NONE = 254,
    DNS_CLASS_ANY = 255,
};

enum dns_opcode {
    DNS_OPCODE_QUERY = 0,
    DNS_OPCODE_NOTIFY = 4,
    DNS_OPCODE_UPDATE = 5,
};

enum dns_rcode {
    DNS_RCODE_NOERROR = 0,
    DNS_RCODE_FORMERR = 1,
    DNS_RCODE_SERVFAIL = 2,
    DNS_RCODE_NXDOMAIN = 3,
    DNS_RCODE_NOTIMP = 4,
    DNS_RCODE_REFUSED = 5,
    DNS_RCODE_YXDOMAIN = 6, /* the name exists: of updates, as those below (RFC 2136 2.2) */
    DNS_RCODE_YXRRSET = 7,
    DNS_RCODE_NXRRSET = 8,
    DNS_RCODE_NOTAUTH = 9,
    DNS_RCODE_NOTZONE = 10,
    DNS_RCODE_BADVERS = 16, /* extended: its upper bits travel in the OPT record */
};

enum dns_section {
    DNS_SECTION_ANSWER,
    DNS_SECTION_AUTHORITY,
    DNS_SECTION_ADDITIONAL,
    DNS_SECTION__COUNT,
    DNS_SECTION_PREREQUISITE = DNS_SECTION_ANSWER, /* of an update */
    DNS_SECTION_UPDATE = DNS_SECTION_AUTHORITY,
};

/* Bits of the header's second 16-bit word (RFC 1035 section 4.1.1, RFC 4035 section 3). */
#define DNS_FLAG_QR          0x8000
#define DNS_FLAG_AA          0x0400
#define DNS_FLAG_TC          0x0200
#define DNS_FLAG_RD          0x0100
#define DNS_FLAG_RA          0x0080
#define DNS_FLAG_AD          0x0020
#define DNS_FLAG_CD          0x0010
#define DNS_FLAG_OPCODE_MASK 0x7800
#define DNS_FLAG_RCODE_MASK  0x000f
#define DNS_EDNS_FLAG_DO     0x8000

#define DNS_HEADER_SIZE 12
#define DNS_UDP_MIN     512   /* what every client takes without EDNS */
#define DNS_UDP_SAFE    1232  /* fits an IPv6 path without fragments; also our own EDNS size */
#define DNS_MSG_MAX     65535 /* what the length before a TCP message can say */
#define DNS_OPT_SIZE    11    /* an OPT record without options */
#define DNS_RRS_MAX     1024  /* records taken from one response */

#endif
