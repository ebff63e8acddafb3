/*
 * The LDAP service of one domain controller (RFC 4511, [MS-ADTS] 3.1.1.3 and 5.1.1): LDAP over TCP
 * and TLS, the global catalog's ports, and the connectionless ping. It serves the sockets it is
 * given; everything else of the outside world is in struct ldap_env, so that tests own the clock.
 *
 * A request costs one snapshot of the directory, which is ended whenever the client has to be
 * waited for, and memory out of a pool. Changes are sent to the writer as intents with the rights
 * of the session; nothing here writes.
 *
 * Not thread-safe: one struct ldap_server a process.
 */
#ifndef LDAP_LDAP_H
#define LDAP_LDAP_H

#include "base/event.h"
#include "crypt/tls.h"
#include "directory/directory.h"
#include "directory/intent.h"
#include "plat/channel.h"
#include "plat/loop.h"

struct ldap_env {
    struct plat_loop *loop;
    struct dir *dir; /* with the SERVICE and BIND secrets */
    const struct event_sink *events;
    struct span host; /* first label of the domain controller's name */
    struct span site;
    uint8_t address[4]; /* IPv4, network order; zeros: none */
    utime (*now)(void);
    void (*random)(void *out, size_t len);
    struct tls_config *tls; /* NULL: no TLS; the server's from now on */
    /* Asks the writer and waits briefly: for lockouts, which must be durable before they are acted
     * on. */
    enum err (*intent)(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out);
    /* The channel to the writer, NULL while there is none. */
    struct plat_channel *(*writer)(void *ctx);
    void *ctx;
};

struct ldap_server;

/* Keeps env's views. ERR_NOMEM, ERR_IO. */
enum err ldap_server_new(const struct ldap_env *env, struct ldap_server **out);
void ldap_server_free(struct ldap_server *s);
/* The certificate of connections from now on; takes it over. */
void ldap_server_certificate(struct ldap_server *s, struct tls_config *tls);
/* Takes over a listening socket of port 389, 636, 3268 or 3269. */
enum err ldap_server_listen(struct ldap_server *s, int fd);
/* Takes over a bound datagram socket. */
enum err ldap_server_datagrams(struct ldap_server *s, int fd);

#endif
