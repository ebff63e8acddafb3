/*
 * Certificates of a directory's own: a certificate authority on ECDSA P-256 that is made with the
 * directory, and the server certificates of its domain controllers (RFC 5280). For LDAPS and
 * StartTLS.
 *
 * Keys and serial numbers are drawn by GnuTLS; times come from the caller. Results live in the
 * caller's arena, which must wipe (ARENA_WIPE): they hold private keys. Nothing here is on a hot
 * path.
 */
#ifndef CRYPT_X509_H
#define CRYPT_X509_H

#include "base/arena.h"
#include "base/times.h"

#define X509_NAMES_MAX 32

struct x509_identity {
    struct span cert_pem;
    struct span key_pem; /* PKCS #8, not encrypted */
};

/* A self-signed authority that signs server certificates and nothing below it. ERR_RANGE: an empty
 * or overlong name, or until not after from; ERR_NOMEM; ERR_IO: GnuTLS refused. */
enum err x509_make_ca(struct span common_name, utime from, utime until, struct arena *a,
                      struct x509_identity *out);

struct x509_names {
    const struct span *dns; /* the first one is the subject's common name */
    unsigned dns_count;     /* at least 1 */
    const struct span *ip;  /* 4 or 16 bytes each, network order */
    unsigned ip_count;
};

/* A server certificate with these names as subject alternative names. ERR_MALFORMED: ca is no
 * certificate and key; otherwise as above. */
enum err x509_make_server(const struct x509_identity *ca, const struct x509_names *names,
                          utime from, utime until, struct arena *a, struct x509_identity *out);

/* The same names as those of a certificate that ends, the first one of cert_pem. In the arena.
 * ERR_MALFORMED: it has no DNS name among them, or too many. */
enum err x509_names_of(struct span cert_pem, struct arena *a, struct x509_names *out);

/* When the first certificate of pem ends. ERR_MALFORMED. */
enum err x509_expiry(struct span cert_pem, utime *out);

/* An authority of somebody else. */
struct x509_authority {
    struct span common_name; /* or the whole name, when it has none; in the arena */
    utime from, until;
    uint8_t fingerprint[32]; /* SHA-256 of the certificate */
};
/* ERR_MALFORMED: not one certificate in PEM; ERR_UNSUPPORTED: one that may not sign others. */
enum err x509_read_authority(struct span pem, struct arena *a, struct x509_authority *out);
/* Do the server's certificates, in their order, lead to one of these authorities? Times are not
 * looked at. ERR_DENIED: no; ERR_MALFORMED. */
enum err x509_leads_to(struct span chain_pem, struct span authorities_pem);

#endif
