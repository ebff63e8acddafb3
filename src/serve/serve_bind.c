/*
 * Ports: bound by the parent before any child exists, so that a port in use or an address that is
 * not there is refused at once, and a restarted child finds the very same socket.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "plat/interface.h"
#include "plat/net.h"
#include "serve/serve_parent.h"

static enum err complain(struct arena *a, struct span address, const struct serve_port *port,
                         const char **why_out)
{
    const char *remedy = "look at the system's log";
    if (errno == EADDRINUSE)
        remedy = "stop what uses the port (ss -lnp shows it), or give the domain controller "
                 "another address";
    else if (errno == EADDRNOTAVAIL)
        remedy =
            "add the address to an interface of this machine (ip address add), or give another one";
    else if (errno == EMFILE)
        remedy = "give the service more descriptors (LimitNOFILE of its unit, ulimit -Hn)";
    else if (errno == EACCES || errno == EPERM)
        remedy = "run entente serve as root";
    *why_out = arena_printf(a, "%.*s port %u/%s cannot be bound: %s; remedy: %s", SPAN_ARG(address),
                            port->number, port->udp ? "udp" : "tcp", strerror(errno), remedy);
    return ERR_BUSY;
}

static enum err bind_one(struct serve_directory *d, unsigned dc, unsigned index,
                         const struct serve_port *port, struct arena *a, const char **why_out)
{
    struct plat_addr at;
    struct span address = d->spec.dc[dc].address[index];
    int fd;
    if (plat_addr_parse(address, port->number, &at) != ERR_OK) {
        *why_out = arena_printf(a, "%.*s is no IP address", SPAN_ARG(address));
        return ERR_RANGE;
    }
    if (d->socket_count == SERVE_SOCKETS_MAX)
        return ERR_LIMIT;
    enum err e = port->udp ? plat_udp_bind(&at, &fd) : plat_tcp_listen(&at, &fd);
    if (e != ERR_OK)
        return complain(a, address, port, why_out);
    d->socket[d->socket_count++] = (struct serve_socket){dc, port->number, port->udp, index, fd};
    return ERR_OK;
}

/* Workers share a port by a socket each; other processes must not join: they would steal requests.
 */
static enum err check_free(struct serve_directory *d, unsigned dc, unsigned index,
                           const struct serve_port *port, struct arena *a, const char **why_out)
{
    struct plat_addr at;
    struct span address = d->spec.dc[dc].address[index];
    if (plat_addr_parse(address, port->number, &at) != ERR_OK)
        return ERR_OK; /* bind_one says it */
    int fd = socket(at.sa.sa_family, (port->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0)
        return ERR_IO;
    if (!port->udp)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at.sa.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    int failed = bind(fd, &at.sa, plat_addr_len(&at));
    enum err e = failed ? complain(a, address, port, why_out) : ERR_OK;
    close(fd);
    return e;
}

unsigned serve_workers(const struct serve_directory *d, enum serve_role role)
{
    const struct serve_config *c = d->parent->config;
    switch (role) {
    case ROLE_KDC:
        return c->kdc_workers;
    case ROLE_LDAP:
        return c->ldap_workers;
    case ROLE_DNS:
        return c->dns_workers;
    default:
        return 1;
    }
}

static enum err bind_role(struct serve_directory *d, enum serve_role role, unsigned dc,
                          struct arena *a, const char **why_out)
{
    for (const struct serve_port *port = serve_role(role)->ports; port->number; port++) {
        for (unsigned i = 0; i < d->spec.dc[dc].address_count; i++) {
            TRY(check_free(d, dc, i, port, a, why_out));
            for (unsigned w = 0; w < serve_workers(d, role); w++)
                TRY(bind_one(d, dc, i, port, a, why_out));
        }
    }
    return ERR_OK;
}

/* Addresses of a subnet with an interface are there while somebody serves them. */
static enum err place(struct serve_directory *d, unsigned dc, bool there, struct arena *a,
                      const char **why_out)
{
    const struct control_dc *spec = &d->spec.dc[dc];
    const char *name = spec->interface.len ? arena_dup_str(a, spec->interface) : NULL;
    struct plat_addr at;
    enum err e = ERR_OK;
    for (unsigned i = 0; name && i < spec->address_count && e == ERR_OK; i++) {
        e = plat_addr_parse(spec->address[i], 0, &at);
        if (e == ERR_OK)
            e = there ? plat_interface_add(name, &at, spec->prefix)
                      : plat_interface_remove(name, &at, spec->prefix);
    }
    if (e == ERR_NOT_FOUND)
        *why_out = arena_printf(a,
                                "there is no interface %s; remedy: name another one for the "
                                "subnet in entente.conf (ip link shows all)",
                                name);
    else if (e != ERR_OK)
        *why_out = arena_printf(a,
                                "interface %s does not take the address: %s; remedy: let entente "
                                "serve have CAP_NET_ADMIN, or add the address yourself and name "
                                "no interface",
                                name, strerror(errno));
    return e;
}

enum err serve_bind_dc(struct serve_directory *d, unsigned dc, struct arena *a,
                       const char **why_out)
{
    TRY(place(d, dc, true, a, why_out));
    for (unsigned role = 0; role < ROLE__COUNT; role++) {
        if (serve_role(role)->per_dc)
            TRY(bind_role(d, role, dc, a, why_out));
    }
    return ERR_OK;
}

enum err serve_bind(struct serve_directory *d, struct arena *a, const char **why_out)
{
    for (unsigned dc = 0; dc < d->spec.dc_count; dc++)
        TRY(serve_bind_dc(d, dc, a, why_out));
    return ERR_OK;
}

void serve_unbind(struct serve_directory *d)
{
    for (unsigned dc = 0; dc < d->spec.dc_count; dc++)
        serve_unbind_dc(d, dc);
}

void serve_unbind_dc(struct serve_directory *d, unsigned dc)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < d->socket_count; i++) {
        if (d->socket[i].dc == dc)
            close(d->socket[i].fd);
        else
            d->socket[kept++] = d->socket[i];
    }
    d->socket_count = kept;
    const char *ignored;
    struct arena a;
    arena_init(&a, 0, 4096, 0);
    (void)place(d, dc, false, &a, &ignored);
    arena_fini(&a);
}

static bool role_has(enum serve_role role, const struct serve_socket *s)
{
    for (const struct serve_port *port = serve_role(role)->ports; port->number; port++) {
        if (port->number == s->port && port->udp == s->udp)
            return true;
    }
    return false;
}

void serve_give_sockets(struct serve_process *process)
{
    struct serve_directory *d = process->directory;
    unsigned count = serve_workers(d, process->role);
    unsigned seen = 0;
    for (unsigned i = 0; i < d->socket_count; i++) {
        const struct serve_socket *s = &d->socket[i];
        char name[32];
        if (s->dc != process->dc || !role_has(process->role, s))
            continue;
        /* The sockets of one port and address lie in the order of the workers. */
        if (seen++ % count != process->worker)
            continue;
        snprintf(name, sizeof(name), "%s%u-%u", s->udp ? "udp" : "tcp", s->port, s->index);
        (void)plat_child_give(process->child, name, s->fd);
    }
}
