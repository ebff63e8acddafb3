/*
 * Inside wire/ldap only: readers inside readers. An element is entered, its contents read, and
 * left; the first error of the inner one becomes the outer one's, so a decoder checks once at its
 * end.
 */
#ifndef WIRE_LDAP_LDAP_BER_H
#define WIRE_LDAP_LDAP_BER_H

#include "wire/der/der.h"
#include "wire/ldap/ldap_message.h"

static inline enum err ldap_inner_error(enum err e)
{
    return e == ERR_TRUNCATED ? ERR_MALFORMED : e;
}

static inline struct reader ldap_enter(struct reader *r, uint8_t tag)
{
    struct reader inner = reader_of(der_read_tag(r, BER_RULES, tag));
    inner.err = r->err;
    return inner;
}

/* All of the inner one must have been read. */
static inline void ldap_leave(struct reader *r, struct reader *inner)
{
    enum err e = reader_end(inner);
    if (e != ERR_OK)
        reader_fail(r, ldap_inner_error(e));
}

static inline struct span ldap_octets(struct reader *r)
{
    return der_read_tag(r, BER_RULES, DER_OCTET_STRING);
}

/* An optional element: ptr NULL when it is absent. */
static inline struct span ldap_optional(struct reader *r, uint8_t tag)
{
    return der_next_is(r, tag) ? der_read_tag(r, BER_RULES, tag) : SPAN_NONE;
}

static inline int64_t ldap_int(struct reader *r, int64_t lo, int64_t hi)
{
    return der_read_int(r, BER_RULES, DER_INTEGER, lo, hi);
}

static inline int64_t ldap_enum(struct reader *r, int64_t lo, int64_t hi)
{
    return der_read_int(r, BER_RULES, DER_ENUMERATED, lo, hi);
}

/* Zeroed room for as many items of item_size as elements are left in r; NULL and r's error
 * otherwise. */
void *ldap_items(struct reader *r, struct arena *a, uint32_t max, size_t item_size,
                 uint32_t *count_out);
/* Elements of the element with this tag, each an OCTET STRING (or another tag of its own). */
struct span *ldap_octets_list(struct reader *r, struct arena *a, uint8_t tag, uint32_t max,
                              uint32_t *count_out);
void ldap_read_attribute(struct reader *r, struct arena *a, struct ldap_attribute *out);
/* A SEQUENCE OF attributes. */
struct ldap_attribute *ldap_read_attributes(struct reader *r, struct arena *a, uint32_t *count_out);
/* Controls, which may be absent, at the end of a message. */
struct ldap_control *ldap_read_controls(struct reader *r, struct arena *a, uint32_t *count_out);

/* An LDAPMessage: between begin and end the operation is read from contents. */
struct ldap_envelope {
    int32_t id;
    uint8_t op;
    struct reader body, contents;
};
enum err ldap_envelope_begin(struct span in, struct ldap_envelope *out);
enum err ldap_envelope_end(struct ldap_envelope *e, struct arena *a, struct ldap_control **controls,
                           uint32_t *count_out);

struct ldap_filter *ldap_read_filter(struct reader *r, struct arena *a);

/* Encoding shared by client and server. */
void ldap_put_octets(struct builder *b, struct span s);
void ldap_put_optional(struct builder *b, uint8_t tag, struct span s);
void ldap_put_controls(struct builder *b, const struct ldap_control *controls, uint32_t count);
void ldap_put_filter(struct builder *b, const struct ldap_filter *f, unsigned depth);

#endif
