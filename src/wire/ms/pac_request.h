/*
 * KERB_VERIFY_PAC_REQUEST ([MS-APDS] 2.2.4.1): what a member sends to its domain controller to have
 * the KDC's signature of a PAC verified, since it has no key of the KDC's.
 */
#ifndef WIRE_MS_PAC_REQUEST_H
#define WIRE_MS_PAC_REQUEST_H

#include "wire/ms/pac_sign.h"

struct pac_request {
    struct span server; /* the signature of the server, which that of the KDC is over */
    int32_t kdc_cksumtype;
    struct span kdc;
};

/* Views into bytes, all of which have to be the request's. ERR_MALFORMED, ERR_TRUNCATED; ERR_LIMIT:
 * a signature beyond PAC_SIGNATURE_MAX. */
enum err pac_request_decode(struct span bytes, struct pac_request *out);

/* kdc: a key of krbtgt, prepared for PAC_KEY_USAGE. ERR_UNSUPPORTED: the signature is not of its
 * type; ERR_INTEGRITY. */
enum err pac_request_verify(const struct pac_request *r, const struct krb_usage *kdc);

#endif
