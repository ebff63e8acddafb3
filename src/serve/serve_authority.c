/*
 * A certificate authority in two files, PREFIX.pem for the clients and PREFIX.key, made when there
 * is none.
 */
#include "crypt/x509.h"
#include "plat/files.h"
#include "serve/serve.h"

#define PEM_MAX      16384
#define CA_LIFE      (3650 * UTIME_DAY)
#define RENEW_BEFORE (60 * UTIME_DAY)
#define BACKDATE     UTIME_DAY /* clients' clocks differ */

/* ERR_NOT_FOUND: none, or one that ends soon. */
enum err serve_identity_load(const char *prefix, utime now, struct arena *a,
                             struct x509_identity *out)
{
    utime until;
    TRY(plat_file_read(arena_printf(a, "%s.pem", prefix), PEM_MAX, a, &out->cert_pem));
    TRY(plat_file_read_secret(arena_printf(a, "%s.key", prefix), PEM_MAX, a, &out->key_pem));
    TRY(x509_expiry(out->cert_pem, &until));
    return until < now + RENEW_BEFORE ? ERR_NOT_FOUND : ERR_OK;
}

enum err serve_identity_store(const char *prefix, const struct x509_identity *id, struct arena *a)
{
    TRY(plat_file_write(arena_printf(a, "%s.key", prefix), id->key_pem, 0600));
    return plat_file_write(arena_printf(a, "%s.pem", prefix), id->cert_pem, 0644);
}

enum err serve_authority(const char *prefix, const char *common_name, utime now, struct arena *a,
                         struct x509_identity *out)
{
    enum err e = serve_identity_load(prefix, now, a, out);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(x509_make_ca(span_str(common_name), now - BACKDATE, now + CA_LIFE, a, out));
    return serve_identity_store(prefix, out, a);
}
