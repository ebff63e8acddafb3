/*
 * Finding the partner: SRV records through our own DNS service, as every client here does, so that
 * a missing forwarder shows with its name; then the NetLogon ping.
 */
#include "base/text.h"
#include "peer/peer_ping.h"
#include "peer/peer_run.h"

static struct span resolver_text(struct peer_run *r)
{
    char text[PLAT_ADDR_TEXT];
    struct plat_addr at = r->env->dns;
    plat_addr_set_port(&at, 0);
    return arena_dup_span(r->a, plat_addr_text(&at, text));
}

/* Why a question got no usable answer. */
static void tell_failure(struct peer_run *r, const char *name, enum err e, unsigned rcode)
{
    struct span resolver = resolver_text(r);
    const char *what = "has no such records";
    enum reason reason = REASON_VERIFY_NAME_UNKNOWN;
    if (e != ERR_OK) {
        what = e == ERR_TIMEOUT ? "did not answer" : "cannot be asked";
        reason = REASON_VERIFY_RESOLVER_SILENT;
    } else if (rcode == 3) {
        what = "says that the name does not exist";
    } else if (rcode == 2) {
        what = "could not find out: its forwarder does not answer";
        reason = REASON_VERIFY_FORWARDER_SILENT;
    } else if (rcode == 5) {
        what = "refuses the name: it has no forwarder for it";
    }
    peer_tell(r, TRUST_STEP_RESOLVE, TRUST_STATUS_FAIL, reason, resolver, "%s: %.*s %s", name,
              SPAN_ARG(resolver), what);
}

static void add_kdc(struct peer_run *r, const struct peer_dns_service *s)
{
    char host[DNS_TEXT_MAX], text[PLAT_ADDR_TEXT];
    struct plat_addr bare;
    dns_name_to_text(s->host, host);
    for (size_t i = 0; i < s->addr_count && r->kdc_count < PEER_KDCS_MAX; i++) {
        struct peer_kdc *k = &r->kdc[r->kdc_count++];
        bare = s->addrs[i];
        plat_addr_set_port(&bare, 0);
        struct span at = plat_addr_text(&bare, text);
        k->addr = s->addrs[i];
        k->host = span_str(arena_printf(r->a, "%s", host));
        k->label = span_str(arena_printf(r->a, "%s (%.*s)", host, SPAN_ARG(at)));
    }
    if (s->addr_count == 0)
        peer_tell(r, TRUST_STEP_RESOLVE, TRUST_STATUS_FAIL, REASON_VERIFY_NAME_UNKNOWN,
                  span_str(arena_printf(r->a, "%s", host)), "%s: %.*s knows no address of it", host,
                  SPAN_ARG(resolver_text(r)));
}

static const char *question(struct peer_run *r)
{
    return arena_printf(r->a, "_kerberos._tcp.%.*s", SPAN_ARG(r->partner));
}

static void located(struct peer_dns_locator *l, enum err e)
{
    struct peer_run *r = l->ctx;
    const char *name = question(r);
    if (e != ERR_OK || l->found.rcode != 0 || l->found.count == 0)
        tell_failure(r, name, e, e == ERR_OK ? (unsigned)l->found.rcode : 0);
    else
        for (size_t i = 0; i < l->found.count; i++)
            add_kdc(r, &l->found.list[i]);
    if (r->kdc_count)
        peer_tell(r, TRUST_STEP_RESOLVE, TRUST_STATUS_PASS, REASON_NONE, resolver_text(r),
                  "%s: %u domain controllers", name, r->kdc_count);
    r->located(r);
}

void peer_locate_kdcs(struct peer_run *r, void (*then)(struct peer_run *r))
{
    struct peer_dns_locator *l = &r->locator;
    const char *name = question(r);
    r->located = then;
    l->ctx = r;
    l->done = located;
    l->question.ask.loop = r->env->loop;
    l->question.ask.a = r->a;
    if (name && dns_name_from_text(span_str(name), &r->locator_name) == ERR_OK) {
        peer_dns_locate(l, &r->env->dns, dns_name_span(&r->locator_name),
                        plat_mono() + PEER_RESOLVE_TIMEOUT);
        return;
    }
    tell_failure(r, name ? name : "", ERR_MALFORMED, 0);
    plat_timer_start(r->end, 0, 0);
}

/* --- the ping ----------------------------------------------------------------------------------
 */

static void ponged(struct peer_ask *ask, enum err e, struct span reply)
{
    struct peer_proof *p = (struct peer_proof *)ask;
    struct netlogon_answer answer;
    struct trust_report *report = &p->run->report;
    if (e == ERR_OK && peer_ping_read(reply, ask->a, &answer) == ERR_OK) {
        report->flat_name = answer.flat_domain;
        report->dns_name = answer.dns_domain;
        peer_proof_end(p, TRUST_STEP_REACH, TRUST_STATUS_PASS, REASON_NONE, "%.*s",
                       SPAN_ARG(answer.flat_domain));
    } else {
        peer_proof_end(p, TRUST_STEP_REACH, TRUST_STATUS_FAIL,
                       e == ERR_CLOSED ? REASON_VERIFY_PORT_CLOSED : REASON_VERIFY_PORT_SILENT,
                       "port %d/udp %s", PEER_PING_PORT,
                       e == ERR_CLOSED ? "is closed" : "gives no answer");
    }
}

void peer_ask_names(struct peer_run *r)
{
    struct span request;
    if (peer_ping_request(r->partner, r->a, &request) != ERR_OK || r->kdc_count == 0) {
        plat_timer_start(r->end, 0, 0);
        return;
    }
    for (unsigned i = 0; i < r->kdc_count; i++) {
        struct peer_proof *p = &r->proof[r->proofs++];
        struct plat_addr at = r->kdc[i].addr;
        plat_addr_set_port(&at, PEER_PING_PORT);
        *p = (struct peer_proof){.run = r, .kdc = &r->kdc[i], .half = TRUST_DISABLED};
        p->ask = (struct peer_ask){.loop = r->env->loop, .a = r->a, .done = ponged};
        r->pending++;
        peer_ask_datagram(&p->ask, &at, request, peer_patience(r, PEER_ANSWER_TIMEOUT));
    }
}
