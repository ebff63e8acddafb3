/*
 * TLS on memory (GnuTLS; TLS 1.2 and 1.3, older ones on demand): bytes of the
 * wire in, plain bytes out, and the reverse. No sockets and no clock: whoever has the connection
 * moves the bytes. The four functions of a session have the shape of plat's stream filter.
 *
 * struct tls_config is made once from a certificate and its key and then shared by all sessions of
 * a process; each keeps it, so another may take its place meanwhile. A session belongs to one
 * thread. Clients are not asked for certificates, sessions are not resumed, renegotiation is
 * refused. A client's session (tls_client_new) is used by the same functions.
 *
 * A session costs the heap (about 20 KiB during a handshake): a connection with TLS is no hot path.
 */
#ifndef CRYPT_TLS_H
#define CRYPT_TLS_H

#include "base/builder.h"
#include "base/err.h"

struct tls_config;
struct tls;

/* The largest piece that tls_output takes, and what it grows by at most. */
#define TLS_PIECE_MAX     16384
#define TLS_OVERHEAD_MAX  256
#define TLS_END_POINT_MAX 64

/* cert_pem: the server's certificate, then those that lead to the authority; key_pem: PKCS #8.
 * ERR_MALFORMED: no certificate and key, or they do not belong together; ERR_NOMEM. */
enum err tls_config_new(struct span cert_pem, struct span key_pem, struct tls_config **out);
/* It goes with its last session. */
void tls_config_free(struct tls_config *c);

/* The channel binding "tls-server-end-point" (RFC 5929 4.1): the hash of the certificate. Channel
 * bindings of GSS-API put the text "tls-server-end-point:" before it. A view into the config, and
 * the same of a server's session. */
struct span tls_config_end_point(const struct tls_config *c);
struct span tls_end_point(const void *tls);

/* What a session does otherwise than TLS 1.2 and 1.3 with the ciphers of today. */
enum tls_option { TLS_WITH_1_0 = 1, TLS_WITH_1_1 = 2, TLS_WITH_3DES = 4, TLS_WITHOUT_AES_128 = 8 };
#define TLS_OPTIONS_ALL 15
/* options: a sum of enum tls_option. */
enum err tls_new(struct tls_config *c, unsigned options, struct tls **out);
void tls_free(void *tls);

/* Whom a client believes: made once, shared, outlives its sessions. */
struct tls_trust;
/* authorities_pem: certificates; empty: those of the system. ERR_MALFORMED: there is none;
 * ERR_NOMEM. */
enum err tls_trust_new(struct span authorities_pem, struct tls_trust **out);
void tls_trust_free(struct tls_trust *t);
#define TLS_HOST_MAX 255
/* A client of this host, a DNS name or an address as text, which the server's certificate has to
 * be for. Its handshake begins with the first tls_input, which may be empty. ERR_RANGE: a host that
 * is too long. */
enum err tls_client_new(const struct tls_trust *trust, struct span host, struct tls **out);
/* Why a client does not believe the server's certificate, as a sentence; false: that is not what
 * ended it. */
bool tls_distrusts(const void *tls, char *why, size_t size);

/* Bytes came in. plain receives what they mean, reply what has to be sent (handshake, alerts); an
 * incomplete record is kept. ERR_CLOSED: the client has ended the session; what it sent before is
 * in plain. ERR_MALFORMED, ERR_INTEGRITY, ERR_UNSUPPORTED (no common version or cipher),
 * ERR_DENIED (a client does not believe the server's certificate), ERR_NOMEM,
 * or what a builder says: the session is dead, and reply may hold an alert. */
enum err tls_input(void *tls, struct span wire, struct builder *plain, struct builder *reply);
/* Encrypts at most TLS_PIECE_MAX bytes. ERR_BUSY: the handshake is not over. */
enum err tls_output(void *tls, struct span plain, struct builder *wire);
/* A close_notify, if there is anything to close. */
void tls_end(void *tls, struct builder *wire);

/* True once the handshake is over. */
bool tls_established(const void *tls);

#endif
