#include "crypt/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define PRIORITIES     "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define PRIORITIES_MAX 256
#define PEM_MAX        65536
#define RECORD_MAX     16384

struct tls_config {
    unsigned users; /* its owner, and sessions */
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities[TLS_OPTIONS_ALL + 1];
    uint8_t end_point[TLS_END_POINT_MAX];
    size_t end_point_len;
};

struct tls_trust {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
};

struct tls {
    gnutls_session_t session;
    struct tls_config *config;   /* of a server */
    char host[TLS_HOST_MAX + 1]; /* of a client: GnuTLS keeps no copy */
    struct span wire;            /* what is not yet read of the call's input */
    struct builder *sink;        /* where the call's output goes; NULL between calls */
    bool established, dead;      /* dead: closed or failed */
    bool distrusts;              /* failed by the server's certificate */
};

/* --- configuration ------------------------------------------------------------------------------
 */

/* RFC 5929 4.1: the hash of the certificate's signature, but SHA-256 for MD5 and SHA-1. */
static gnutls_digest_algorithm_t end_point_hash(gnutls_x509_crt_t cert)
{
    gnutls_digest_algorithm_t hash = gnutls_sign_get_hash_algorithm(
        (gnutls_sign_algorithm_t)gnutls_x509_crt_get_signature_algorithm(cert));

    return hash == GNUTLS_DIG_SHA384 || hash == GNUTLS_DIG_SHA512 ? hash : GNUTLS_DIG_SHA256;
}

static enum err set_end_point(struct tls_config *c, gnutls_datum_t *pem)
{
    gnutls_x509_crt_t cert;

    if (gnutls_x509_crt_init(&cert) < 0)
        return ERR_NOMEM;
    c->end_point_len = sizeof(c->end_point);
    int code = gnutls_x509_crt_import(cert, pem, GNUTLS_X509_FMT_PEM);
    if (code >= 0)
        code = gnutls_x509_crt_get_fingerprint(cert, end_point_hash(cert), c->end_point,
                                               &c->end_point_len);
    gnutls_x509_crt_deinit(cert);
    return code < 0 ? ERR_MALFORMED : ERR_OK;
}

static enum err set_priorities(struct tls_config *c)
{
    static const struct {
        unsigned option;
        const char *words;
    } rows[] = {{TLS_WITH_1_1, ":+VERS-TLS1.1"},
                {TLS_WITH_1_0, ":+VERS-TLS1.0"},
                {TLS_WITH_3DES, ":+3DES-CBC"},
                {TLS_WITHOUT_AES_128, ":-AES-128-GCM:-AES-128-CCM:-AES-128-CBC"}};

    for (unsigned options = 0; options <= TLS_OPTIONS_ALL; options++) {
        char words[PRIORITIES_MAX] = PRIORITIES;
        size_t len = strlen(words);

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            if (options & rows[i].option)
                len += (size_t)snprintf(words + len, sizeof(words) - len, "%s", rows[i].words);
        snprintf(words + len, sizeof(words) - len, ":%%SERVER_PRECEDENCE");
        if (gnutls_priority_init(&c->priorities[options], words, NULL) < 0)
            return ERR_NOMEM;
    }
    return ERR_OK;
}

static enum err config_fill(struct tls_config *c, struct span cert_pem, struct span key_pem)
{
    gnutls_datum_t cert = {(unsigned char *)cert_pem.ptr, (unsigned)cert_pem.len};
    gnutls_datum_t key = {(unsigned char *)key_pem.ptr, (unsigned)key_pem.len};

    if (cert_pem.len > PEM_MAX || key_pem.len > PEM_MAX)
        return ERR_MALFORMED;
    if (gnutls_certificate_allocate_credentials(&c->credentials) < 0)
        return ERR_NOMEM;
    TRY(set_priorities(c));
    if (gnutls_certificate_set_x509_key_mem(c->credentials, &cert, &key, GNUTLS_X509_FMT_PEM) < 0)
        return ERR_MALFORMED;
    return set_end_point(c, &cert);
}

enum err tls_config_new(struct span cert_pem, struct span key_pem, struct tls_config **out)
{
    struct tls_config *c = calloc(1, sizeof(*c));

    if (!c)
        return ERR_NOMEM;
    c->users = 1;
    enum err e = config_fill(c, cert_pem, key_pem);
    if (e == ERR_OK)
        *out = c;
    else
        tls_config_free(c);
    return e;
}

void tls_config_free(struct tls_config *c)
{
    if (!c || --c->users > 0)
        return;
    if (c->credentials)
        gnutls_certificate_free_credentials(c->credentials);
    for (unsigned i = 0; i <= TLS_OPTIONS_ALL; i++)
        if (c->priorities[i])
            gnutls_priority_deinit(c->priorities[i]);
    free(c);
}

struct span tls_config_end_point(const struct tls_config *c)
{
    return span_of(c->end_point, c->end_point_len);
}

struct span tls_end_point(const void *tls)
{
    return tls_config_end_point(((const struct tls *)tls)->config);
}

/* --- a session ----------------------------------------------------------------------------------
 */

static ssize_t pull(gnutls_transport_ptr_t ptr, void *out, size_t len)
{
    struct tls *t = ptr;

    if (t->wire.len == 0) {
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    struct span piece = span_sub(t->wire, 0, len);
    memcpy(out, piece.ptr, piece.len);
    t->wire = span_sub(t->wire, piece.len, SIZE_MAX);
    return (ssize_t)piece.len;
}

/* GnuTLS asks whether a read would wait; with memory it never does. */
static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    const struct tls *t = ptr;

    (void)ms;
    return t->wire.len > 0;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
    struct tls *t = ptr;

    if (t->sink)
        builder_bytes(t->sink, data, len);
    if (!t->sink || !builder_ok(t->sink)) {
        gnutls_transport_set_errno(t->session, EIO);
        return -1;
    }
    return (ssize_t)len;
}

static void use_memory(struct tls *t)
{
    gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
    gnutls_transport_set_push_function(t->session, push);
}

enum err tls_new(struct tls_config *c, unsigned options, struct tls **out)
{
    struct tls *t = calloc(1, sizeof(*t));

    if (!t)
        return ERR_NOMEM;
    if (gnutls_init(&t->session,
                    GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) < 0) {
        free(t);
        return ERR_NOMEM;
    }
    if (gnutls_priority_set(t->session, c->priorities[options & TLS_OPTIONS_ALL]) < 0 ||
        gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, c->credentials) < 0) {
        tls_free(t);
        return ERR_NOMEM;
    }
    t->config = c;
    c->users++;
    gnutls_certificate_server_set_request(t->session, GNUTLS_CERT_IGNORE);
    use_memory(t);
    *out = t;
    return ERR_OK;
}

/* --- a client's ---------------------------------------------------------------------------------
 */

static enum err trust_fill(struct tls_trust *t, struct span pem)
{
    gnutls_datum_t authorities = {(unsigned char *)pem.ptr, (unsigned)pem.len};

    if (gnutls_certificate_allocate_credentials(&t->credentials) < 0 ||
        gnutls_priority_init(&t->priorities, PRIORITIES, NULL) < 0)
        return ERR_NOMEM;
    int found = pem.len ? gnutls_certificate_set_x509_trust_mem(t->credentials, &authorities,
                                                                GNUTLS_X509_FMT_PEM)
                        : gnutls_certificate_set_x509_system_trust(t->credentials);
    return found > 0 ? ERR_OK : ERR_MALFORMED;
}

enum err tls_trust_new(struct span authorities_pem, struct tls_trust **out)
{
    struct tls_trust *t = calloc(1, sizeof(*t));

    if (!t)
        return ERR_NOMEM;
    enum err e = trust_fill(t, authorities_pem);
    if (e == ERR_OK)
        *out = t;
    else
        tls_trust_free(t);
    return e;
}

void tls_trust_free(struct tls_trust *t)
{
    if (!t)
        return;
    if (t->credentials)
        gnutls_certificate_free_credentials(t->credentials);
    if (t->priorities)
        gnutls_priority_deinit(t->priorities);
    free(t);
}

/* RFC 6066 3: an address is no server name. */
static bool is_address(const char *host)
{
    return strchr(host, ':') || strspn(host, "0123456789.") == strlen(host);
}

enum err tls_client_new(const struct tls_trust *trust, struct span host, struct tls **out)
{
    if (host.len == 0 || host.len > TLS_HOST_MAX)
        return ERR_RANGE;
    struct tls *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_NOMEM;
    memcpy(t->host, host.ptr, host.len);
    if (gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
        free(t);
        return ERR_NOMEM;
    }
    if (gnutls_priority_set(t->session, trust->priorities) < 0 ||
        gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, trust->credentials) < 0 ||
        (!is_address(t->host) &&
         gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->host, host.len) < 0)) {
        tls_free(t);
        return ERR_NOMEM;
    }
    gnutls_session_set_verify_cert(t->session, t->host, 0);
    use_memory(t);
    *out = t;
    return ERR_OK;
}

bool tls_distrusts(const void *tls, char *why, size_t size)
{
    const struct tls *t = tls;
    gnutls_datum_t text;
    unsigned status;

    if (!t->distrusts)
        return false;
    snprintf(why, size, "its certificate is not trusted");
    status = gnutls_session_get_verify_cert_status(t->session);
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) >= 0) {
        snprintf(why, size, "%s", (const char *)text.data);
        gnutls_free(text.data);
    }
    return true;
}

/* --- both ---------------------------------------------------------------------------------------
 */

void tls_free(void *tls)
{
    struct tls *t = tls;

    if (!t)
        return;
    gnutls_deinit(t->session);
    tls_config_free(t->config);
    free(t);
}

bool tls_established(const void *tls)
{
    return ((const struct tls *)tls)->established;
}

static bool again(int code)
{
    return code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED;
}

static enum err error_of(int code)
{
    switch (code) {
    case GNUTLS_E_MEMORY_ERROR:
        return ERR_NOMEM;
    case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
        return ERR_DENIED;
    case GNUTLS_E_DECRYPTION_FAILED:
    case GNUTLS_E_BAD_COOKIE:
        return ERR_INTEGRITY;
    case GNUTLS_E_NO_CIPHER_SUITES:
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
    case GNUTLS_E_NO_COMMON_KEY_SHARE:
    case GNUTLS_E_INAPPROPRIATE_FALLBACK:
    case GNUTLS_E_REHANDSHAKE:
        return ERR_UNSUPPORTED;
    default:
        return ERR_MALFORMED;
    }
}

/* The session is over. The other side learns why, unless it was the one who said so. */
static enum err fail(struct tls *t, int code)
{
    enum err e = error_of(code);

    t->dead = true;
    t->distrusts = e == ERR_DENIED;
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return ERR_CLOSED;
    if (builder_ok(t->sink))
        gnutls_alert_send_appropriate(t->session, code);
    return t->sink->err != ERR_OK ? t->sink->err : e;
}

static enum err shake(struct tls *t)
{
    int code;

    do
        code = gnutls_handshake(t->session);
    while (code < 0 && !gnutls_error_is_fatal(code) && !again(code));
    if (again(code))
        return ERR_OK;
    if (code < 0)
        return fail(t, code);
    t->established = true;
    return ERR_OK;
}

static enum err receive(struct tls *t, struct builder *plain)
{
    uint8_t piece[RECORD_MAX];

    for (;;) {
        size_t left = t->wire.len;
        ssize_t n = gnutls_record_recv(t->session, piece, sizeof(piece));

        if (n > 0) {
            builder_bytes(plain, piece, (size_t)n);
            if (!builder_ok(plain))
                return plain->err;
        } else if (n == 0 || n == GNUTLS_E_PREMATURE_TERMINATION) {
            t->dead = true;
            return ERR_CLOSED;
        } else if (again((int)n)) {
            if (t->wire.len == 0 || t->wire.len == left)
                return ERR_OK; /* else it was a ticket, and more is behind it */
        } else if (gnutls_error_is_fatal((int)n) || n == GNUTLS_E_REHANDSHAKE) {
            return fail(t, (int)n);
        }
    }
}

enum err tls_input(void *tls, struct span wire, struct builder *plain, struct builder *reply)
{
    struct tls *t = tls;
    enum err e = ERR_OK;

    if (t->dead)
        return ERR_CLOSED;
    t->wire = wire;
    t->sink = reply;
    if (!t->established)
        e = shake(t);
    if (e == ERR_OK && t->established)
        e = receive(t, plain);
    t->wire = SPAN_NONE;
    t->sink = NULL;
    return e;
}

enum err tls_output(void *tls, struct span plain, struct builder *wire)
{
    struct tls *t = tls;

    if (t->dead)
        return ERR_CLOSED;
    if (!t->established)
        return ERR_BUSY;
    if (plain.len > TLS_PIECE_MAX)
        return ERR_LIMIT;
    if (plain.len == 0)
        return ERR_OK;
    t->sink = wire;
    ssize_t n = gnutls_record_send(t->session, plain.ptr, plain.len);
    t->sink = NULL;
    if (n == (ssize_t)plain.len)
        return ERR_OK;
    t->dead = true;
    return builder_ok(wire) ? ERR_STATE : wire->err;
}

void tls_end(void *tls, struct builder *wire)
{
    struct tls *t = tls;

    if (t->dead || !t->established)
        return;
    t->sink = wire;
    gnutls_bye(t->session, GNUTLS_SHUT_WR);
    t->sink = NULL;
    t->dead = true;
}
