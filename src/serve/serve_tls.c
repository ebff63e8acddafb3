/*
 * The certificate of a domain controller: signed by an authority that is made with the directory
 * and kept in its folder, where the administrator takes ldap-ca.pem for the clients. Several
 * workers begin at once, so files are looked at and made under a lock.
 */
#include <time.h>
#include <unistd.h>

#include "crypt/tls.h"
#include "crypt/x509.h"
#include "plat/address.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "serve/serve.h"

#define PEM_MAX       16384
#define TLS_MEMORY    (1u << 20)
#define CA_LIFE       (3650 * UTIME_DAY)
#define SERVER_LIFE   (825 * UTIME_DAY) /* what clients accept at most */
#define RENEW_BEFORE  (60 * UTIME_DAY)
#define BACKDATE      UTIME_DAY /* clients' clocks differ */
#define LOCK_ATTEMPTS 400
#define LOCK_PAUSE_MS 25

struct making {
    struct serve_child *child;
    struct arena memory;
    utime now;
};

static const char *file(struct making *m, const char *name, const char *ending)
{
    return arena_printf(&m->memory, "%.*s/ldap-%s.%s", SPAN_ARG(m->child->setup.path), name,
                        ending);
}

/* ERR_NOT_FOUND: none, or one that ends soon. */
static enum err load(struct making *m, const char *name, struct x509_identity *out)
{
    utime until;
    TRY(plat_file_read(file(m, name, "pem"), PEM_MAX, &m->memory, &out->cert_pem));
    TRY(plat_file_read_secret(file(m, name, "key"), PEM_MAX, &m->memory, &out->key_pem));
    TRY(x509_expiry(out->cert_pem, &until));
    return until < m->now + RENEW_BEFORE ? ERR_NOT_FOUND : ERR_OK;
}

static enum err store(struct making *m, const char *name, const struct x509_identity *id)
{
    TRY(plat_file_write(file(m, name, "key"), id->key_pem, 0600));
    return plat_file_write(file(m, name, "pem"), id->cert_pem, 0644);
}

static enum err authority(struct making *m, struct x509_identity *out)
{
    enum err e = load(m, "ca", out);
    if (e != ERR_NOT_FOUND)
        return e;
    const char *name = arena_printf(&m->memory, "%.*s directory authority",
                                    SPAN_ARG(m->child->setup.spec.dns_name));
    TRY(x509_make_ca(span_str(name), m->now - BACKDATE, m->now + CA_LIFE, &m->memory, out));
    return store(m, "ca", out);
}

/* Clients connect to the host, to the domain's name, or to an address. */
static enum err make_server(struct making *m, const struct x509_identity *ca,
                            struct x509_identity *out)
{
    const struct control_dc *dc = serve_child_dc(m->child);
    struct span domain = m->child->setup.spec.dns_name, ip[CONTROL_DC_ADDRESSES_MAX];
    struct plat_addr at[CONTROL_DC_ADDRESSES_MAX];
    const struct span dns[] = {
        span_str(arena_printf(&m->memory, "%.*s.%.*s", SPAN_ARG(dc->host), SPAN_ARG(domain))),
        domain, dc->host};
    struct x509_names names = {.dns = dns, .dns_count = 3, .ip = ip};
    for (unsigned i = 0; i < dc->address_count; i++) {
        TRY(plat_addr_parse(dc->address[i], 0, &at[i]));
        ip[names.ip_count++] = plat_addr_host(&at[i]);
    }
    return x509_make_server(ca, &names, m->now - BACKDATE, m->now + SERVER_LIFE, &m->memory, out);
}

static enum err server(struct making *m, struct tls_config **out)
{
    struct x509_identity ca, id;
    const char *name = arena_dup_str(&m->memory, serve_child_dc(m->child)->host);
    TRY(authority(m, &ca));
    enum err e = load(m, name, &id);
    if (e == ERR_NOT_FOUND) {
        TRY(make_server(m, &ca, &id));
        e = store(m, name, &id);
    }
    TRY(e);
    return tls_config_new(id.cert_pem, id.key_pem, out);
}

static enum err lock(struct making *m, int *fd_out)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    const char *path = file(m, "tls", "lock");
    enum err e = ERR_BUSY;
    for (unsigned i = 0; i < LOCK_ATTEMPTS && e == ERR_BUSY; i++) {
        e = plat_file_lock(path, fd_out);
        if (e == ERR_BUSY)
            (void)nanosleep(&pause, NULL);
    }
    return e;
}

enum err serve_tls(struct serve_child *child, struct tls_config **out)
{
    struct making m = {.child = child, .now = plat_now()};
    int fd;
    arena_init(&m.memory, 0, TLS_MEMORY, ARENA_WIPE);
    enum err e = lock(&m, &fd);
    if (e == ERR_OK) {
        e = server(&m, out);
        close(fd);
    }
    arena_fini(&m.memory);
    return e;
}
