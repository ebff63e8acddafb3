/*
 * ASN.1 bytes one element at a time: tags, lengths, the primitive values. Two sets of rules:
 *
 *   DER_RULES  X.690 section 10: Kerberos, SPNEGO. Lengths and integers as short as they can be.
 *   BER_RULES  what RFC 4511 section 5.1 leaves of BER: definite lengths only, but padded lengths
 * (which Windows writes always: 30 84 00 00 00 2d) and padded integers are accepted.
 *
 * Under both, an indefinite length, a length of more than four octets and a tag number above 30 are
 * refused. Reading is on a struct reader, with its sticky error; writing on a struct builder.
 * Whole messages are better described by tables (der_table.h); this layer is for what does not fit
 * one: LDAP's choices and streams, GSS frames.
 *
 * Pure functions, no state, thread-safe. Spans are views into the input.
 */
#ifndef WIRE_DER_DER_H
#define WIRE_DER_DER_H

#include "base/builder.h"
#include "base/reader.h"

enum der_rules { DER_RULES, BER_RULES };

/* Whole tag octets: class, constructed bit and number. */
enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_GENERALIZED_TIME = 0x18,
    DER_GENERAL_STRING = 0x1b,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
#define DER_APP(n)           (0x60 | (n)) /* constructed */
#define DER_APP_PRIMITIVE(n) (0x40 | (n))
#define DER_CTX(n)           (0xa0 | (n)) /* constructed */
#define DER_CTX_PRIMITIVE(n) (0x80 | (n))

/* Tag octet, 0x84 and four length octets: the longest header. */
#define DER_HEADER_MAX 6

struct der_tlv {
    uint8_t tag;
    struct span body;  /* the contents octets */
    struct span whole; /* with tag and length */
};

/* The number bits of a tag octet; all set, the number needs more octets: no protocol here has them.
 */
#define DER_TAG_NUMBER 0x1f

/* Any element, however long: the long way of der_read. */
bool der_read_any(struct reader *r, enum der_rules rules, struct der_tlv *out);

/* The next element, whatever its tag. False (and the reader's sticky error) when there is none.
 * Nine in ten are whole, with a length of one octet and nothing wrong: those are read here. */
static inline bool der_read(struct reader *r, enum der_rules rules, struct der_tlv *out)
{
    const uint8_t *p = reader_peek(r, 2);
    if (!p || p[1] >= 0x80 || p[0] == 0 || (p[0] & DER_TAG_NUMBER) == DER_TAG_NUMBER ||
        !reader_peek(r, 2 + (size_t)p[1]))
        return der_read_any(r, rules, out);
    size_t len = 2 + (size_t)p[1];
    out->tag = p[0];
    out->body = span_of(p + 2, len - 2);
    out->whole = span_of(reader_take(r, len), len);
    return true;
}

/* The contents of the next element, which must have this tag: otherwise the empty span and
 * ERR_MALFORMED in the reader. */
struct span der_read_tag(struct reader *r, enum der_rules rules, uint8_t tag);
/* Is there a next element, and has it this tag? Consumes nothing. */
static inline bool der_next_is(const struct reader *r, uint8_t tag)
{
    const uint8_t *p = reader_peek(r, 1);
    return p && *p == tag;
}
/* How many elements stand side by side in body. ERR_LIMIT beyond max, ERR_MALFORMED. */
enum err der_count(struct span body, enum der_rules rules, uint32_t max, uint32_t *count_out);

/*
 * The length of the element that a stream begins with, header included, from the bytes received so
 * far. ERR_TRUNCATED: not enough of them to know; ERR_LIMIT: longer than max; ERR_MALFORMED: no
 * such element can follow (wrong tag, indefinite or oversized length). Framing for LDAP and
 * Kerberos over TCP tools.
 */
enum err der_peek(struct span received, enum der_rules rules, uint8_t tag, size_t max,
                  size_t *len_out);

/* Contents octets to values. ERR_MALFORMED: not a value of the type; ERR_RANGE: does not fit. */
enum err der_get_int(struct span body, enum der_rules rules, int64_t *out);
enum err der_get_bool(struct span body, enum der_rules rules, bool *out);
/* The first 32 bits of a BIT STRING, bit 0 as 0x80000000; absent bits are zero, later bits ignored.
 */
enum err der_get_flags(struct span body, uint32_t *out);

/* An INTEGER or ENUMERATED (tag says which) in lo..hi from a reader; 0 and a sticky error if not.
 */
int64_t der_read_int(struct reader *r, enum der_rules rules, uint8_t tag, int64_t lo, int64_t hi);
bool der_read_bool(struct reader *r, enum der_rules rules, uint8_t tag);

/* Sizes of encodings, headers included. */
size_t der_size_tlv(size_t body_len);
size_t der_size_int(int64_t v);

/* Written forward, lengths known. */
void der_put_header(struct builder *b, uint8_t tag, size_t body_len);
void der_put_span(struct builder *b, uint8_t tag, struct span body);
void der_put_int(struct builder *b, uint8_t tag, int64_t v);
void der_put_bool(struct builder *b, uint8_t tag, bool v);

/*
 * Written forward, length not known yet: the header takes six octets, as in every message of
 * Windows, and the length is filled in at the end; nothing moves. That is BER, not DER: for LDAP
 * only. The mark is for der_end and stays valid while the builder grows; pairs nest.
 */
size_t der_begin(struct builder *b, uint8_t tag);
void der_end(struct builder *b, size_t mark);

#endif
