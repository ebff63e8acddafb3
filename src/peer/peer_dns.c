#include "peer/peer_dns.h"

#include <errno.h>
#include <unistd.h>

#include "base/builder.h"
#include "plat/net.h"
#include "plat/random.h"

#define FIRST_WAIT  (UTIME_SECOND / 2)
#define UDP_TRIES   3
#define PORT_FIRST  1024
#define PORT_TRIES  8
#define GUESSES_MAX 16
#define UDP_BUFFER  4096

static enum err dial_udp(const struct plat_addr *server, int *fd_out)
{
    struct plat_addr from = {0};
    enum err e = ERR_IO;
    from.sa.sa_family = server->sa.sa_family;
    for (unsigned i = 0; i < PORT_TRIES && e != ERR_OK; i++) {
        plat_addr_set_port(&from, (uint16_t)(PORT_FIRST + plat_random_below(65536 - PORT_FIRST)));
        e = plat_udp_dial(&from, server, fd_out);
        if (e != ERR_OK && errno != EADDRINUSE)
            break;
    }
    return e;
}

static utime earlier(utime a, utime b)
{
    return a < b ? a : b;
}

/* Sends once and listens until the time is over or something is to be done. */
static enum err try_udp(const struct dns_exchange *x, int fd, utime until, uint8_t *buf,
                        struct span *msg_out, enum dns_fit *fit_out)
{
    uint8_t query[DNS_QUERY_MAX];
    size_t len = dns_exchange_query(x, query, sizeof(query));
    TRY(plat_send_wait(fd, span_of(query, len), until));
    for (unsigned guesses = 0; guesses < GUESSES_MAX; guesses++) {
        TRY(plat_recv_wait(fd, buf, UDP_BUFFER, until, &len));
        enum dns_fit fit = dns_exchange_fit(x, span_of(buf, len), false);
        if (fit == DNS_FIT_FOREIGN)
            continue;
        *msg_out = span_of(buf, len);
        *fit_out = fit;
        return ERR_OK;
    }
    *fit_out = DNS_FIT_CASE; /* somebody guesses: TCP will show who the server is */
    return ERR_OK;
}

static enum err ask_udp(struct dns_exchange *x, int fd, utime deadline, uint8_t *buf,
                        struct span *msg_out, enum dns_fit *fit_out)
{
    enum err e = ERR_TIMEOUT;
    for (unsigned i = 0; i < UDP_TRIES && e == ERR_TIMEOUT && plat_mono() < deadline; i++) {
        utime until =
            i + 1 == UDP_TRIES ? deadline : earlier(deadline, plat_mono() + (FIRST_WAIT << i));
        e = try_udp(x, fd, until, buf, msg_out, fit_out);
        if (e == ERR_OK && *fit_out == DNS_FIT_NO_EDNS) {
            dns_exchange_plain(x);
            e = ERR_TIMEOUT;
        }
    }
    return e;
}

static enum err ask_tcp_on(const struct dns_exchange *x, int fd, utime deadline, struct arena *a,
                           struct span *msg_out)
{
    uint8_t query[2 + DNS_QUERY_MAX], head[2];
    size_t len = dns_exchange_query(x, query + 2, DNS_QUERY_MAX);
    query[0] = (uint8_t)(len >> 8);
    query[1] = (uint8_t)len;
    TRY(plat_send_wait(fd, span_of(query, len + 2), deadline));
    TRY(plat_recv_all_wait(fd, head, sizeof(head), deadline));
    len = (size_t)head[0] << 8 | head[1];
    uint8_t *msg = arena_alloc(a, len);
    if (!msg)
        return ERR_NOMEM;
    TRY(plat_recv_all_wait(fd, msg, len, deadline));
    *msg_out = span_of(msg, len);
    return ERR_OK;
}

static enum err ask_tcp(struct dns_exchange *x, const struct plat_addr *server, utime deadline,
                        struct arena *a, struct span *msg_out)
{
    for (unsigned i = 0; i < 2; i++) { /* again without EDNS */
        int fd;
        TRY(plat_tcp_dial_wait(server, deadline, &fd));
        enum err e = ask_tcp_on(x, fd, deadline, a, msg_out);
        close(fd);
        TRY(e);
        enum dns_fit fit = dns_exchange_fit(x, *msg_out, true);
        if (fit == DNS_FIT_ANSWER)
            return ERR_OK;
        if (fit != DNS_FIT_NO_EDNS)
            return ERR_MALFORMED;
        dns_exchange_plain(x);
    }
    return ERR_MALFORMED;
}

enum err peer_dns_ask(const struct plat_addr *server, struct span name, uint16_t type,
                      utime deadline, struct arena *a, struct dns_response *out)
{
    struct dns_exchange x;
    struct span msg = SPAN_NONE;
    enum dns_fit fit = DNS_FIT_CASE;
    uint8_t random[DNS_EXCHANGE_RANDOM], buf[UDP_BUFFER];
    int fd;
    plat_random(random, sizeof(random));
    dns_exchange_begin(&x, name, type, true, true, random);
    TRY(dial_udp(server, &fd));
    enum err e = ask_udp(&x, fd, deadline, buf, &msg, &fit);
    close(fd);
    TRY(e);
    if (fit != DNS_FIT_ANSWER)
        TRY(ask_tcp(&x, server, deadline, a, &msg));
    return dns_response_parse(msg, a, out);
}

/* --- services and their addresses ------------------------------------------------------------- */

static void add_addresses(const struct dns_rr_list *records, uint16_t port, struct plat_addr *addrs,
                          size_t max, size_t *count)
{
    for (size_t i = 0; i < records->count && *count < max; i++) {
        struct plat_addr addr;
        if (plat_addr_from_bytes(records->rrs[i].rdata, port, &addr) == ERR_OK)
            addrs[(*count)++] = addr;
    }
}

enum err peer_dns_addresses(const struct plat_addr *server, struct span host, uint16_t port,
                            utime deadline, struct arena *a, struct plat_addr *addrs, size_t max,
                            size_t *count_out)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        struct dns_response resp;
        struct dns_found found;
        TRY(peer_dns_ask(server, host, types[i], deadline, a, &resp));
        TRY(dns_find(&resp.section[DNS_SECTION_ANSWER], host, types[i], SPAN_LIT("\0"), a, &found));
        add_addresses(&found.records, port, addrs, max, &count);
    }
    *count_out = count;
    return ERR_OK;
}

static size_t read_srvs(const struct dns_found *found, struct dns_srv srvs[PEER_DNS_SERVICES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < found->records.count && count < PEER_DNS_SERVICES_MAX; i++) {
        if (dns_rdata_srv(found->records.rrs[i].rdata, &srvs[count]) == ERR_OK &&
            srvs[count].target.len > 1)
            count++;
    }
    return count;
}

static void find_addresses(const struct plat_addr *server, const struct dns_response *resp,
                           const struct dns_srv *srv, utime deadline, struct arena *a,
                           struct peer_dns_service *out)
{
    struct dns_found found;
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (dns_find(&resp->section[DNS_SECTION_ADDITIONAL], srv->target, types[i], SPAN_LIT("\0"),
                     a, &found) == ERR_OK)
            add_addresses(&found.records, srv->port, out->addrs, PEER_DNS_ADDRESSES_MAX,
                          &out->addr_count);
    }
    if (out->addr_count == 0)
        (void)peer_dns_addresses(server, srv->target, srv->port, deadline, a, out->addrs,
                                 PEER_DNS_ADDRESSES_MAX, &out->addr_count);
}

enum err peer_dns_locate(const struct plat_addr *server, struct span name, utime deadline,
                         struct arena *a, struct peer_dns_services *out)
{
    struct dns_response resp;
    struct dns_found found;
    struct dns_srv srvs[PEER_DNS_SERVICES_MAX];
    TRY(peer_dns_ask(server, name, DNS_TYPE_SRV, deadline, a, &resp));
    TRY(dns_find(&resp.section[DNS_SECTION_ANSWER], name, DNS_TYPE_SRV, SPAN_LIT("\0"), a, &found));
    size_t count = read_srvs(&found, srvs);
    dns_srv_order(srvs, count, plat_random_u64());
    for (size_t i = 0; i < count; i++) {
        out->list[i] = (struct peer_dns_service){
            .host = srvs[i].target, .priority = srvs[i].priority, .weight = srvs[i].weight};
        find_addresses(server, &resp, &srvs[i], deadline, a, &out->list[i]);
    }
    out->rcode = resp.rcode;
    out->count = count;
    return ERR_OK;
}
