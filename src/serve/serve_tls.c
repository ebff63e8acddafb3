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

#define TLS_MEMORY    (1u << 20)
#define LOCK_ATTEMPTS 400
#define LOCK_PAUSE_MS 25

struct making {
    struct serve_child *child;
    struct arena memory;
    utime now;
};

static const char *file(struct making *m, const char *name)
{
    return arena_printf(&m->memory, "%.*s/ldap-%s", SPAN_ARG(m->child->setup.path), name);
}

static enum err authority(struct making *m, struct x509_identity *out)
{
    const char *name = arena_printf(&m->memory, "%.*s directory authority",
                                    SPAN_ARG(m->child->setup.spec.dns_name));
    return serve_authority(file(m, "ca"), name, m->now, &m->memory, out);
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
    return serve_identity_make(ca, &names, m->now, &m->memory, out);
}

static enum err server(struct making *m, struct tls_config **out)
{
    struct x509_identity ca, id;
    const char *prefix = file(m, arena_dup_str(&m->memory, serve_child_dc(m->child)->host));
    TRY(authority(m, &ca));
    enum err e = serve_identity_load(prefix, &m->memory, &id);
    bool ends = e == ERR_OK && serve_identity_ends(&id, m->now) &&
                x509_leads_to(id.cert_pem, ca.cert_pem) == ERR_OK;
    if (e == ERR_NOT_FOUND || ends) {
        TRY(make_server(m, &ca, &id));
        e = serve_identity_store(prefix, &id, &m->memory);
    }
    TRY(e);
    return tls_config_new(id.cert_pem, id.key_pem, out);
}

static enum err lock(struct making *m, int *fd_out)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    enum err e = ERR_BUSY;
    for (unsigned i = 0; i < LOCK_ATTEMPTS && e == ERR_BUSY; i++) {
        e = serve_identity_lock(m->child->setup.path, &m->memory, fd_out);
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
