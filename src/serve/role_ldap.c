/*
 * The LDAP service's sockets, certificate and way to the writer.
 */
#include "ldap/ldap.h"
#include "plat/address.h"
#include "plat/clock.h"
#include "plat/random.h"
#include "serve/serve.h"

static struct plat_channel *writer_of(void *ctx)
{
    const struct serve_child *child = ctx;
    return child->writer;
}

/* What a ping tells a client that wants an address: the DC's first IPv4 one. */
static void set_address(const struct control_dc *dc, struct ldap_env *env)
{
    for (unsigned i = 0; i < dc->address_count; i++) {
        struct plat_addr at;
        if (plat_addr_parse(dc->address[i], 0, &at) != ERR_OK || plat_addr_is_v6(&at))
            continue;
        memcpy(env->address, plat_addr_host(&at).ptr, 4);
        return;
    }
}

static enum err listen_all(struct ldap_server *server)
{
    for (const struct serve_port *port = serve_role(ROLE_LDAP)->ports; port->number; port++) {
        for (unsigned i = 0; i < CONTROL_DC_ADDRESSES_MAX; i++) {
            int fd = serve_child_socket(port->number, port->udp, i);
            if (fd >= 0)
                TRY(port->udp ? ldap_server_datagrams(server, fd) : ldap_server_listen(server, fd));
        }
    }
    return ERR_OK;
}

static void use_certificate(void *ctx, struct tls_config *tls)
{
    ldap_server_certificate(ctx, tls);
}

enum err serve_begin_ldap(struct serve_child *child, const char **why_out)
{
    struct ldap_server *server;
    struct tls_config *tls;
    struct ldap_env env = {.loop = child->loop,
                           .dir = child->dir,
                           .events = child->events,
                           .host = serve_child_dc(child)->host,
                           .site = serve_child_site(child),
                           .now = plat_now,
                           .random = plat_random,
                           .intent = serve_intent,
                           .writer = writer_of,
                           .ctx = child};
    set_address(serve_child_dc(child), &env);
    *why_out = "the certificate of the LDAP service cannot be made or read";
    TRY(serve_tls(child, &tls));
    env.tls = tls;
    *why_out = "the LDAP service cannot listen";
    TRY(ldap_server_new(&env, &server));
    child->state = server;
    TRY(serve_renewal_watch(child, use_certificate, server));
    return listen_all(server);
}
