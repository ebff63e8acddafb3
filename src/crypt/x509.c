#include "crypt/x509.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define COMMON_NAME_MAX 64 /* ub-common-name */
#define PEM_MAX         16384
#define SERIAL_SIZE     16
#define KEY_ID_SIZE     20

/* A certificate and its key while they are made. */
struct draft {
    gnutls_x509_crt_t cert;
    gnutls_x509_privkey_t key;
};

static void draft_fini(struct draft *d)
{
    if (d->cert)
        gnutls_x509_crt_deinit(d->cert);
    if (d->key)
        gnutls_x509_privkey_deinit(d->key);
}

static enum err made(int code)
{
    if (code >= 0)
        return ERR_OK;
    return code == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_IO;
}

static gnutls_datum_t datum(struct span s)
{
    return (gnutls_datum_t){(unsigned char *)s.ptr, (unsigned)s.len};
}

static enum err draft_init(struct draft *d)
{
    *d = (struct draft){0};
    TRY(made(gnutls_x509_crt_init(&d->cert)));
    return made(gnutls_x509_privkey_init(&d->key));
}

static enum err set_serial(gnutls_x509_crt_t cert)
{
    uint8_t serial[SERIAL_SIZE];

    TRY(made(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial))));
    serial[0] = (serial[0] & 0x7F) | 0x40; /* positive, and never short */
    return made(gnutls_x509_crt_set_serial(cert, serial, sizeof(serial)));
}

static enum err set_key_id(gnutls_x509_crt_t cert)
{
    uint8_t id[KEY_ID_SIZE];
    size_t size = sizeof(id);

    TRY(made(gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA1, id, &size)));
    return made(gnutls_x509_crt_set_subject_key_id(cert, id, size));
}

static bool valid_times(utime from, utime until)
{
    return from >= 0 && until > from && until / UTIME_SECOND > from / UTIME_SECOND;
}

/* What both kinds have: a fresh key, version, serial, times, subject. */
static enum err draft_start(struct draft *d, struct span common_name, utime from, utime until)
{
    unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);

    if (common_name.len == 0 || common_name.len > COMMON_NAME_MAX || !valid_times(from, until))
        return ERR_RANGE;
    TRY(made(gnutls_x509_privkey_generate(d->key, GNUTLS_PK_ECDSA, bits, 0)));
    TRY(made(gnutls_x509_crt_set_version(d->cert, 3)));
    TRY(set_serial(d->cert));
    TRY(made(gnutls_x509_crt_set_activation_time(d->cert, (time_t)(from / UTIME_SECOND))));
    TRY(made(gnutls_x509_crt_set_expiration_time(d->cert, (time_t)(until / UTIME_SECOND))));
    TRY(made(gnutls_x509_crt_set_key(d->cert, d->key)));
    TRY(made(gnutls_x509_crt_set_dn_by_oid(d->cert, GNUTLS_OID_X520_COMMON_NAME, 0, common_name.ptr,
                                           (unsigned)common_name.len)));
    return set_key_id(d->cert);
}

static enum err export_pem(struct arena *a, int code, gnutls_datum_t *pem, struct span *out)
{
    TRY(made(code));
    *out = arena_dup_span(a, span_of(pem->data, pem->size));
    gnutls_memset(pem->data, 0, pem->size);
    gnutls_free(pem->data);
    return out->ptr ? ERR_OK : ERR_NOMEM;
}

static enum err draft_export(const struct draft *d, struct arena *a, struct x509_identity *out)
{
    struct x509_identity id;
    gnutls_datum_t pem = {0};

    TRY(export_pem(a, gnutls_x509_crt_export2(d->cert, GNUTLS_X509_FMT_PEM, &pem), &pem,
                   &id.cert_pem));
    TRY(export_pem(a,
                   gnutls_x509_privkey_export2_pkcs8(d->key, GNUTLS_X509_FMT_PEM, NULL,
                                                     GNUTLS_PKCS_PLAIN, &pem),
                   &pem, &id.key_pem));
    *out = id;
    return ERR_OK;
}

static enum err draft_ca(struct draft *d, struct span common_name, utime from, utime until)
{
    TRY(draft_init(d));
    TRY(draft_start(d, common_name, from, until));
    TRY(made(gnutls_x509_crt_set_basic_constraints(d->cert, 1, 0)));
    TRY(made(
        gnutls_x509_crt_set_key_usage(d->cert, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)));
    return made(gnutls_x509_crt_sign2(d->cert, d->cert, d->key, GNUTLS_DIG_SHA256, 0));
}

enum err x509_make_ca(struct span common_name, utime from, utime until, struct arena *a,
                      struct x509_identity *out)
{
    struct draft d = {0};

    enum err e = draft_ca(&d, common_name, from, until);
    if (e == ERR_OK)
        e = draft_export(&d, a, out);
    draft_fini(&d);
    return e;
}

static enum err import(const struct x509_identity *id, struct draft *out)
{
    gnutls_datum_t cert = datum(id->cert_pem), key = datum(id->key_pem);

    TRY(draft_init(out));
    if (id->cert_pem.len > PEM_MAX || id->key_pem.len > PEM_MAX)
        return ERR_MALFORMED;
    if (gnutls_x509_crt_import(out->cert, &cert, GNUTLS_X509_FMT_PEM) < 0 ||
        gnutls_x509_privkey_import2(out->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0) < 0)
        return ERR_MALFORMED;
    return ERR_OK;
}

static enum err set_names(gnutls_x509_crt_t cert, const struct x509_names *names)
{
    for (unsigned i = 0; i < names->dns_count; i++)
        TRY(made(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, names->dns[i].ptr,
                                                      (unsigned)names->dns[i].len,
                                                      GNUTLS_FSAN_APPEND)));
    for (unsigned i = 0; i < names->ip_count; i++) {
        if (names->ip[i].len != 4 && names->ip[i].len != 16)
            return ERR_RANGE;
        TRY(made(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, names->ip[i].ptr,
                                                      (unsigned)names->ip[i].len,
                                                      GNUTLS_FSAN_APPEND)));
    }
    return ERR_OK;
}

static enum err set_issuer_key_id(gnutls_x509_crt_t cert, gnutls_x509_crt_t ca)
{
    uint8_t id[KEY_ID_SIZE];
    size_t size = sizeof(id);

    TRY(made(gnutls_x509_crt_get_subject_key_id(ca, id, &size, NULL)));
    return made(gnutls_x509_crt_set_authority_key_id(cert, id, size));
}

static enum err draft_server(struct draft *d, const struct draft *ca,
                             const struct x509_names *names, utime from, utime until)
{
    if (names->dns_count == 0 || names->dns_count > X509_NAMES_MAX ||
        names->ip_count > X509_NAMES_MAX)
        return ERR_RANGE;
    TRY(draft_init(d));
    TRY(draft_start(d, span_sub(names->dns[0], 0, COMMON_NAME_MAX), from, until));
    TRY(set_names(d->cert, names));
    TRY(made(gnutls_x509_crt_set_basic_constraints(d->cert, 0, -1)));
    TRY(made(gnutls_x509_crt_set_key_usage(d->cert, GNUTLS_KEY_DIGITAL_SIGNATURE)));
    TRY(made(gnutls_x509_crt_set_key_purpose_oid(d->cert, GNUTLS_KP_TLS_WWW_SERVER, 0)));
    TRY(set_issuer_key_id(d->cert, ca->cert));
    return made(gnutls_x509_crt_sign2(d->cert, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0));
}

enum err x509_make_server(const struct x509_identity *ca, const struct x509_names *names,
                          utime from, utime until, struct arena *a, struct x509_identity *out)
{
    struct draft issuer = {0}, d = {0};

    enum err e = import(ca, &issuer);
    if (e == ERR_OK)
        e = draft_server(&d, &issuer, names, from, until);
    if (e == ERR_OK)
        e = draft_export(&d, a, out);
    draft_fini(&issuer);
    draft_fini(&d);
    return e;
}

/* One name of a certificate; false: there is none at this place. */
static bool name_at(gnutls_x509_crt_t cert, unsigned at, struct arena *a, unsigned *kind_out,
                    struct span *out)
{
    uint8_t name[256];
    size_t size = sizeof(name);
    int kind = gnutls_x509_crt_get_subject_alt_name2(cert, at, name, &size, kind_out, NULL);

    if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return false;
    *out = kind < 0 ? SPAN_NONE : arena_dup_span(a, span_of(name, size));
    return true;
}

static enum err collect_names(gnutls_x509_crt_t cert, struct arena *a, struct x509_names *out)
{
    struct span *dns = arena_alloc(a, X509_NAMES_MAX * sizeof(*dns)), name;
    struct span *ip = arena_alloc(a, X509_NAMES_MAX * sizeof(*ip));
    struct x509_names names = {.dns = dns, .ip = ip};
    unsigned kind = 0;

    if (!dns || !ip)
        return ERR_NOMEM;
    for (unsigned i = 0; name_at(cert, i, a, &kind, &name); i++) {
        if (i == X509_NAMES_MAX || name.len == 0)
            return arena_failed(a) ? ERR_NOMEM : ERR_MALFORMED;
        if (kind == GNUTLS_SAN_DNSNAME)
            dns[names.dns_count++] = name;
        else if (kind == GNUTLS_SAN_IPADDRESS)
            ip[names.ip_count++] = name;
    }
    if (names.dns_count == 0)
        return ERR_MALFORMED;
    *out = names;
    return ERR_OK;
}

enum err x509_names_of(struct span cert_pem, struct arena *a, struct x509_names *out)
{
    gnutls_datum_t pem = datum(cert_pem);
    gnutls_x509_crt_t cert;

    if (cert_pem.len > PEM_MAX || gnutls_x509_crt_init(&cert) < 0)
        return ERR_MALFORMED;
    enum err e = gnutls_x509_crt_import(cert, &pem, GNUTLS_X509_FMT_PEM) < 0
                     ? ERR_MALFORMED
                     : collect_names(cert, a, out);
    gnutls_x509_crt_deinit(cert);
    return e;
}

enum err x509_expiry(struct span cert_pem, utime *out)
{
    gnutls_datum_t pem = datum(cert_pem);
    gnutls_x509_crt_t cert;
    time_t t = -1;

    if (cert_pem.len > PEM_MAX || gnutls_x509_crt_init(&cert) < 0)
        return ERR_MALFORMED;
    if (gnutls_x509_crt_import(cert, &pem, GNUTLS_X509_FMT_PEM) >= 0)
        t = gnutls_x509_crt_get_expiration_time(cert);
    gnutls_x509_crt_deinit(cert);
    if (t == (time_t)-1)
        return ERR_MALFORMED;
    *out = (utime)t * UTIME_SECOND;
    return ERR_OK;
}

/* --- authorities of others ---------------------------------------------------------------------
 */

#define CHAIN_MAX       8
#define AUTHORITIES_MAX (64u << 10)

static enum err name_of(gnutls_x509_crt_t cert, struct arena *a, struct span *out)
{
    char text[512];
    size_t size = sizeof(text);

    if (gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) < 0) {
        size = sizeof(text);
        if (gnutls_x509_crt_get_dn(cert, text, &size) < 0)
            return ERR_MALFORMED;
    }
    *out = arena_dup_span(a, span_of(text, size));
    return out->ptr || size == 0 ? ERR_OK : ERR_NOMEM;
}

static bool may_sign(gnutls_x509_crt_t cert)
{
    unsigned usage = 0, critical;

    if (gnutls_x509_crt_get_ca_status(cert, &critical) <= 0)
        return false;
    return gnutls_x509_crt_get_key_usage(cert, &usage, &critical) < 0 ||
           (usage & GNUTLS_KEY_KEY_CERT_SIGN);
}

static enum err describe(gnutls_x509_crt_t cert, struct arena *a, struct x509_authority *out)
{
    struct x509_authority found = {0};
    size_t size = sizeof(found.fingerprint);
    time_t from = gnutls_x509_crt_get_activation_time(cert);
    time_t until = gnutls_x509_crt_get_expiration_time(cert);

    if (from == (time_t)-1 || until == (time_t)-1 ||
        gnutls_x509_crt_get_fingerprint(cert, GNUTLS_DIG_SHA256, found.fingerprint, &size) < 0)
        return ERR_MALFORMED;
    if (!may_sign(cert))
        return ERR_UNSUPPORTED;
    TRY(name_of(cert, a, &found.common_name));
    found.from = (utime)from * UTIME_SECOND;
    found.until = (utime)until * UTIME_SECOND;
    *out = found;
    return ERR_OK;
}

static void free_list(gnutls_x509_crt_t *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
}

static enum err import_list(struct span pem, size_t most, gnutls_x509_crt_t **list_out,
                            unsigned *count_out)
{
    gnutls_datum_t data = datum(pem);

    if (pem.len > most ||
        gnutls_x509_crt_list_import2(list_out, count_out, &data, GNUTLS_X509_FMT_PEM, 0) < 0)
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err x509_read_authority(struct span pem, struct arena *a, struct x509_authority *out)
{
    gnutls_x509_crt_t *list;
    unsigned count;

    TRY(import_list(pem, PEM_MAX, &list, &count));
    enum err e = count == 1 ? describe(list[0], a, out) : ERR_MALFORMED;
    free_list(list, count);
    return e;
}

enum err x509_leads_to(struct span chain_pem, struct span authorities_pem)
{
    gnutls_x509_crt_t *chain, *roots;
    unsigned length, count, verdict = ~0u;

    TRY(import_list(chain_pem, PEM_MAX, &chain, &length));
    enum err e = length > CHAIN_MAX ? ERR_MALFORMED
                                    : import_list(authorities_pem, AUTHORITIES_MAX, &roots, &count);
    if (e == ERR_OK) {
        if (gnutls_x509_crt_list_verify(chain, (int)length, roots, (int)count, NULL, 0,
                                        GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &verdict) < 0 ||
            verdict != 0)
            e = ERR_DENIED;
        free_list(roots, count);
    }
    free_list(chain, length);
    return e;
}
