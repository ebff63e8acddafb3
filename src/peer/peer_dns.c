#include "peer/peer_dns.h"

#include "plat/random.h"

#define GUESSES_MAX 16

/* --- one question ------------------------------------------------------------------------------
 */

static void next_step(struct peer_dns_question *q, bool plain);

static utime left(const struct peer_dns_question *q)
{
    utime now = plat_mono();
    return q->deadline > now ? q->deadline - now : 0;
}

static void answered(struct peer_dns_question *q, struct span msg)
{
    struct dns_response response;
    enum err e = dns_response_parse(msg, q->ask.a, &response);
    q->done(q,
            e == ERR_NOMEM ? e
            : e != ERR_OK  ? ERR_MALFORMED
                           : ERR_OK,
            e == ERR_OK ? &response : NULL);
}

/* Many that do not fit are somebody guessing: TCP will show who the server is. */
static bool fits(struct peer_ask *ask, struct span datagram)
{
    struct peer_dns_question *q = (struct peer_dns_question *)ask;
    return dns_exchange_fit(&q->x, datagram, false) != DNS_FIT_FOREIGN ||
           ++q->guesses == GUESSES_MAX;
}

static void replied(struct peer_ask *ask, enum err e, struct span msg)
{
    struct peer_dns_question *q = (struct peer_dns_question *)ask;
    if (e != ERR_OK) {
        q->done(q, e, NULL);
        return;
    }
    enum dns_fit fit = dns_exchange_fit(&q->x, msg, q->tcp);
    if (fit == DNS_FIT_ANSWER)
        answered(q, msg);
    else
        next_step(q, fit == DNS_FIT_NO_EDNS);
}

static void send_query(struct peer_dns_question *q)
{
    struct span query = span_of(q->query, dns_exchange_query(&q->x, q->query, sizeof(q->query)));
    if (!q->tcp)
        peer_ask_datagram(&q->ask, q->server, query, left(q));
    else
        peer_ask_stream(&q->ask, q->server, 2, query, left(q));
}

/* UDP, UDP without EDNS, TCP, TCP without EDNS: each at most once. */
static void next_step(struct peer_dns_question *q, bool plain)
{
    if (plain && q->x.edns) {
        dns_exchange_plain(&q->x);
    } else if (!q->tcp) {
        q->tcp = true;
    } else {
        q->done(q, ERR_MALFORMED, NULL);
        return;
    }
    send_query(q);
}

void peer_dns_ask(struct peer_dns_question *q, const struct plat_addr *server, struct span name,
                  uint16_t type, utime deadline)
{
    uint8_t random[DNS_EXCHANGE_RANDOM];
    plat_random(random, sizeof(random));
    dns_exchange_begin(&q->x, name, type, true, true, random);
    q->ask.done = replied;
    q->ask.fits = fits;
    /* The server is the domain controller's own, which may look names up for few others: the
     * system's choice may be another address of the machine. */
    q->ask.from = server;
    q->server = server;
    q->tcp = false;
    q->guesses = 0;
    q->deadline = deadline;
    send_query(q);
}

/* --- services and their addresses ------------------------------------------------------------- */

static const uint16_t address_types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};

static void add_addresses(const struct dns_rr_list *section, uint16_t type, uint16_t port,
                          struct arena *a, struct peer_dns_service *out)
{
    struct dns_found found;
    if (dns_find(section, out->host, type, SPAN_LIT("\0"), a, &found) != ERR_OK)
        return;
    for (size_t i = 0; i < found.records.count && out->addr_count < PEER_DNS_ADDRESSES_MAX; i++) {
        struct plat_addr *addr = &out->addrs[out->addr_count];
        if (plat_addr_from_bytes(found.records.rrs[i].rdata, port, addr) == ERR_OK)
            out->addr_count++;
    }
}

/* The next host without addresses is asked about, A first; when there is none left, it is over. */
static void ask_host(struct peer_dns_locator *l, uint16_t type);

static void next_host(struct peer_dns_locator *l)
{
    while (l->at < l->found.count && l->found.list[l->at].addr_count > 0)
        l->at++;
    if (l->at < l->found.count)
        ask_host(l, DNS_TYPE_A);
    else
        l->done(l, ERR_OK);
}

static void host_answered(struct peer_dns_question *q, enum err e,
                          const struct dns_response *response)
{
    struct peer_dns_locator *l = (struct peer_dns_locator *)q;
    if (e == ERR_OK)
        add_addresses(&response->section[DNS_SECTION_ANSWER], q->x.type, l->port[l->at], q->ask.a,
                      &l->found.list[l->at]);
    if (q->x.type == DNS_TYPE_A && e == ERR_OK) {
        ask_host(l, DNS_TYPE_AAAA);
        return;
    }
    l->at++;
    next_host(l);
}

static void ask_host(struct peer_dns_locator *l, uint16_t type)
{
    l->question.done = host_answered;
    peer_dns_ask(&l->question, l->server, l->found.list[l->at].host, type, l->deadline);
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

static enum err read_services(struct peer_dns_locator *l, const struct dns_response *response)
{
    struct dns_found found;
    struct dns_srv srvs[PEER_DNS_SERVICES_MAX];
    struct arena *a = l->question.ask.a;
    TRY(dns_find(&response->section[DNS_SECTION_ANSWER], l->name, DNS_TYPE_SRV, SPAN_LIT("\0"), a,
                 &found));
    l->found.rcode = response->rcode;
    l->found.count = read_srvs(&found, srvs);
    dns_srv_order(srvs, l->found.count, plat_random_u64());
    for (size_t i = 0; i < l->found.count; i++) {
        struct peer_dns_service *s = &l->found.list[i];
        *s = (struct peer_dns_service){
            .host = srvs[i].target, .priority = srvs[i].priority, .weight = srvs[i].weight};
        l->port[i] = srvs[i].port;
        for (size_t j = 0; j < 2; j++)
            add_addresses(&response->section[DNS_SECTION_ADDITIONAL], address_types[j], l->port[i],
                          a, s);
    }
    return ERR_OK;
}

static void services_answered(struct peer_dns_question *q, enum err e,
                              const struct dns_response *response)
{
    struct peer_dns_locator *l = (struct peer_dns_locator *)q;
    if (e == ERR_OK)
        e = read_services(l, response);
    if (e == ERR_OK)
        next_host(l);
    else
        l->done(l, e);
}

void peer_dns_locate(struct peer_dns_locator *l, const struct plat_addr *server, struct span name,
                     utime deadline)
{
    l->server = server;
    l->name = name;
    l->deadline = deadline;
    l->found.count = 0;
    l->at = 0;
    l->question.done = services_answered;
    peer_dns_ask(&l->question, server, name, DNS_TYPE_SRV, deadline);
}
