/*
 * The signature of a request, and of its answer (RFC 8945 sections 5.2 and 5.3).
 */
#ifndef DNS_DNS_SIGNATURE_H
#define DNS_DNS_SIGNATURE_H

#include "dns/dns_request.h"
#include "wire/dns/dns_tsig.h"

/* Of GSS they have 28 to 60 bytes; longer ones are wrong. */
#define DNS_SIGNATURE_MAC_MAX 256

/* What goes with a request's signature into its answer. */
struct dns_signature {
    struct dns_context *context; /* NULL: the answer is not signed */
    struct dns_tsig tsig;        /* the request's */
};

/* Looks the key up and checks the signature and its time. ERR_OK: *out is set. Otherwise it has
 * been answered. */
enum err dns_signature_check(const struct dns_request *rq, struct span bytes,
                             const struct dns_signed *m, struct dns_signature *out);

/* An answer without records, signed if its request was, with its event when it is refused. */
void dns_signature_answer(const struct dns_request *rq, const struct dns_signature *signature,
                          enum dns_rcode rcode, enum reason reason);

/* Adds the signature to msg, an answer's bytes. error: what of the request's signature was wrong,
 * which only BADTIME lets us sign. */
enum err dns_signature_add(struct dns_service *s, const struct dns_signature *signature,
                           uint16_t error, struct span msg, struct arena *a, struct builder *reply);

#endif
