/*
 * LDAP responses, encoded straight into a builder: no tree between the store and the wire.
 *
 * A search entry is written as it is found:
 *
 *     struct ldap_entry e;
 *     ldap_entry_begin(&e, b, id, dn);
 *     ldap_entry_attr(&e, SPAN_LIT("cn"));
 *     ldap_entry_value(&e, value);              any number of attributes and values
 *     ldap_entry_end(&e, NULL, 0);              or ldap_entry_cancel(&e): as if it had never begun
 *
 * Lengths that are not known in advance take the long form of four octets, as in answers of
 * Windows. Errors are the builder's, sticky; check once. Not thread-safe on one builder.
 */
#ifndef WIRE_LDAP_LDAP_WRITE_H
#define WIRE_LDAP_LDAP_WRITE_H

#include "base/builder.h"
#include "wire/ldap/ldap_message.h"

struct ldap_result {
    uint32_t code; /* enum ldap_code */
    struct span matched_dn;
    struct span message;          /* diagnosticMessage */
    const struct span *referrals; /* URLs, with LDAP_REFERRAL */
    uint32_t referral_count;
};

/* Any response that is an LDAPResult alone: op is LDAP_SEARCH_DONE, LDAP_MODIFY_RESPONSE, ... */
void ldap_put_result(struct builder *b, int32_t id, enum ldap_op op, const struct ldap_result *r,
                     const struct ldap_control *controls, uint32_t control_count);
/* sasl_creds.ptr NULL: none. */
void ldap_put_bind_response(struct builder *b, int32_t id, const struct ldap_result *r,
                            struct span sasl_creds, const struct ldap_control *controls,
                            uint32_t control_count);
/* oid and value may have ptr NULL: none. */
void ldap_put_extended_response(struct builder *b, int32_t id, const struct ldap_result *r,
                                struct span oid, struct span value);
void ldap_put_search_reference(struct builder *b, int32_t id, const struct span *urls,
                               uint32_t count);
/* Message id 0, RFC 4511 section 4.4.1; sent before the server closes on its own. */
void ldap_put_disconnect_notice(struct builder *b, uint32_t code, struct span message);

struct ldap_entry {
    struct builder *b;
    size_t start;              /* length of the builder before the entry */
    size_t message, op, attrs; /* marks of what is open */
    size_t attr, values;
    size_t value;
    bool in_attr;
};

void ldap_entry_begin(struct ldap_entry *e, struct builder *b, int32_t id, struct span dn);
/* Begins an attribute (and ends the one before). Values may follow or not (typesOnly). */
void ldap_entry_attr(struct ldap_entry *e, struct span name);
void ldap_entry_value(struct ldap_entry *e, struct span value);
/* A value of known length for the caller to fill in at once; NULL on failure (builder_room). */
uint8_t *ldap_entry_value_room(struct ldap_entry *e, size_t len);
/* A value of unknown length: write it to the builder between the two. */
void ldap_entry_value_begin(struct ldap_entry *e);
void ldap_entry_value_end(struct ldap_entry *e);
void ldap_entry_end(struct ldap_entry *e, const struct ldap_control *controls,
                    uint32_t control_count);
/* Takes back all that was written since ldap_entry_begin. */
void ldap_entry_cancel(struct ldap_entry *e);

#endif
