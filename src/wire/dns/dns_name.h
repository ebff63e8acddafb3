/*
 * Domain names in wire form: labels with their lengths, ended by the empty root label, never
 * compressed (RFC 1035 section 3.1). A name travels as a span over such bytes; struct dns_name is
 * storage of its own for one. All functions take well-formed names (from dns_name_check, from text,
 * or from the parsers of this folder) and are pure and thread-safe.
 *
 * Case is kept by everything except dns_name_lower; comparison ignores ASCII case (RFC 4343).
 */
#ifndef WIRE_DNS_DNS_NAME_H
#define WIRE_DNS_DNS_NAME_H

#include "base/err.h"
#include "base/reader.h"

#define DNS_NAME_MAX   255
#define DNS_LABEL_MAX  63
#define DNS_LABELS_MAX 127
/* Text of any name with escapes (four characters for one byte), and a terminating zero. */
#define DNS_TEXT_MAX 1008

struct dns_name {
    uint8_t len; /* with the root label: 1 for the root itself */
    uint8_t wire[DNS_NAME_MAX];
};

static inline struct span dns_name_span(const struct dns_name *n)
{
    return span_of(n->wire, n->len);
}

/* ERR_OK when the whole span is one well-formed name. */
enum err dns_name_check(struct span wire);

/* "dc1.aws.example.com", with or without the last dot; "." is the root; \. and \DDD are understood.
 * ERR_MALFORMED on an empty or too long name or label. */
enum err dns_name_from_text(struct span text, struct dns_name *out);
/* Zero-terminated text without the last dot ("." for the root); bytes that are not plain in a host
 * name are escaped. Returns its length. */
size_t dns_name_to_text(struct span name, char out[DNS_TEXT_MAX]);

void dns_name_copy(struct span name, struct dns_name *out);
void dns_name_lower(struct span name, struct dns_name *out);

bool dns_name_eq(struct span a, struct span b);
/* name equals suffix or lies below it. */
bool dns_name_in(struct span name, struct span suffix);
/* The labels without the root: 0 for the root. */
unsigned dns_name_labels(struct span name);
/* The name without its first label, a view into name; the root is its own parent. */
struct span dns_name_parent(struct span name);
/* The name without its first labels, at most down to the root; a view into name. */
struct span dns_name_skip(struct span name, unsigned labels);
/* "*.encloser"; ERR_LIMIT when that is longer than a name can be. */
enum err dns_name_wildcard(struct span encloser, struct dns_name *out);
/* prefix's labels followed by suffix (DNAME, relative names); ERR_LIMIT as above. */
enum err dns_name_join(struct span prefix_labels, struct span suffix, struct dns_name *out);

/* Flips the case of each letter by one bit of random, for 0x20 encoding; random has 32 bytes. */
void dns_name_mix_case(struct dns_name *n, const uint8_t random[32]);

/* A name that is not compressed, as questions have it and what we store: a view of its octets.
 * ERR_MALFORMED in r. */
struct span dns_read_name(struct reader *r);

#endif
