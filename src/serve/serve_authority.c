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
#define SERVER_LIFE  (825 * UTIME_DAY) /* what clients accept at most */
#define BACKDATE     UTIME_DAY         /* clients' clocks differ */

enum err serve_identity_load(const char *prefix, struct arena *a, struct x509_identity *out)
{
    struct x509_identity id;
    TRY(plat_file_read(arena_printf(a, "%s.pem", prefix), PEM_MAX, a, &id.cert_pem));
    TRY(plat_file_read_secret(arena_printf(a, "%s.key", prefix), PEM_MAX, a, &id.key_pem));
    *out = id;
    return ERR_OK;
}

bool serve_identity_ends(const struct x509_identity *id, utime now)
{
    utime until;
    return x509_expiry(id->cert_pem, &until) == ERR_OK && until < now + RENEW_BEFORE;
}

enum err serve_identity_store(const char *prefix, const struct x509_identity *id, struct arena *a)
{
    TRY(plat_file_write(arena_printf(a, "%s.key", prefix), id->key_pem, 0600));
    return plat_file_write(arena_printf(a, "%s.pem", prefix), id->cert_pem, 0644);
}

enum err serve_identity_make(const struct x509_identity *ca, const struct x509_names *names,
                             utime now, struct arena *a, struct x509_identity *out)
{
    return x509_make_server(ca, names, now - BACKDATE, now + SERVER_LIFE, a, out);
}

enum err serve_identity_lock(struct span folder, struct arena *a, int *fd_out)
{
    const char *path = arena_printf(a, "%.*s/ldap-tls.lock", SPAN_ARG(folder));
    return path ? plat_file_lock(path, fd_out) : ERR_NOMEM;
}

enum err serve_authority(const char *prefix, const char *common_name, utime now, struct arena *a,
                         struct x509_identity *out)
{
    enum err e = serve_identity_load(prefix, a, out);
    if (e != ERR_NOT_FOUND && (e != ERR_OK || !serve_identity_ends(out, now)))
        return e;
    TRY(x509_make_ca(span_str(common_name), now - BACKDATE, now + CA_LIFE, a, out));
    return serve_identity_store(prefix, out, a);
}
