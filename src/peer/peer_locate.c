/*
 * Finding the partner: SRV records through our own DNS service, as every client here does, so that
 * a missing forwarder shows with its name; then the NetLogon ping.
 */
#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "peer/peer_dns.h"
#include "peer/peer_run.h"
#include "plat/net.h"
#include "wire/ldap/ldap_client.h"
#include "wire/ms/netlogon_ping.h"

#define LDAP_PORT 389
#define NTVER     (NETLOGON_V5 | NETLOGON_V5EX)

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
    peer_tell(r, TRUST_DISABLED, TRUST_STEP_RESOLVE, TRUST_STATUS_FAIL, reason, resolver,
              "%s: %.*s %s", name, SPAN_ARG(resolver), what);
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
        k->host = arena_dup_span(r->a, span_str(host));
        k->addr = s->addrs[i];
        k->label = span_str(arena_printf(r->a, "%s (%.*s)", host, SPAN_ARG(at)));
    }
    if (s->addr_count == 0)
        peer_tell(r, TRUST_DISABLED, TRUST_STEP_RESOLVE, TRUST_STATUS_FAIL,
                  REASON_VERIFY_NAME_UNKNOWN, span_str(arena_printf(r->a, "%s", host)),
                  "%s: %.*s knows no address of it", host, SPAN_ARG(resolver_text(r)));
}

static bool locate(struct peer_run *r, const char *name, struct peer_dns_services *found)
{
    struct dns_name wire;
    utime deadline = plat_mono() + PEER_RESOLVE_TIMEOUT;
    if (dns_name_from_text(span_str(name), &wire) != ERR_OK) {
        tell_failure(r, name, ERR_MALFORMED, 0);
        return false;
    }
    enum err e = peer_dns_locate(&r->env->dns, dns_name_span(&wire), deadline, r->a, found);
    if (e == ERR_OK && found->rcode == 0 && found->count > 0)
        return true;
    tell_failure(r, name, e, e == ERR_OK ? (unsigned)found->rcode : 0);
    return false;
}

bool peer_locate_kdcs(struct peer_run *r, struct span partner)
{
    struct peer_dns_services found;
    const char *name = arena_printf(r->a, "_kerberos._tcp.%.*s", SPAN_ARG(partner));
    if (!name || !locate(r, name, &found))
        return false;
    for (size_t i = 0; i < found.count; i++)
        add_kdc(r, &found.list[i]);
    if (r->kdc_count)
        peer_tell(r, TRUST_DISABLED, TRUST_STEP_RESOLVE, TRUST_STATUS_PASS, REASON_NONE,
                  resolver_text(r), "%s: %u domain controllers", name, r->kdc_count);
    return r->kdc_count > 0;
}

/* One datagram out, one in. */
static enum err ping(const struct plat_addr *to, struct span request, utime deadline,
                     struct arena *a, struct span *out)
{
    int fd;
    size_t len;
    uint8_t *buffer = arena_alloc(a, LDAP_DATAGRAM_MAX);
    if (!buffer)
        return ERR_NOMEM;
    TRY(plat_udp_dial(NULL, to, &fd));
    enum err e = plat_send_wait(fd, request, deadline);
    if (e == ERR_OK)
        e = plat_recv_wait(fd, buffer, LDAP_DATAGRAM_MAX, deadline, &len);
    close(fd);
    TRY(e);
    *out = span_of(buffer, len);
    return ERR_OK;
}

static enum err read_pong(struct peer_run *r, struct span bytes, struct netlogon_answer *out)
{
    struct ldap_response *response;
    size_t len;
    TRY(ldap_peek(bytes, LDAP_DATAGRAM_MAX, &len));
    TRY(ldap_decode_response(span_sub(bytes, 0, len), r->a, &response));
    const struct ldap_attribute *netlogon = ldap_response_attr(response, "netlogon");
    if (!netlogon || netlogon->count != 1)
        return ERR_NOT_FOUND;
    return netlogon_answer_decode(netlogon->values[0], r->a, out);
}

static bool ask_one(struct peer_run *r, struct plat_addr at, struct span partner, struct span label)
{
    struct ldap_ping q = {.dns_domain = partner, .nt_version = NTVER};
    struct netlogon_answer answer;
    struct builder b;
    struct span request, reply;
    plat_addr_set_port(&at, LDAP_PORT);
    builder_in(&b, r->a, LDAP_DATAGRAM_MAX);
    ldap_put_ping(&b, 1, &q);
    if (builder_done(&b, &request) != ERR_OK)
        return false;
    enum err e = ping(&at, request, peer_deadline(r), r->a, &reply);
    if (e == ERR_OK && read_pong(r, reply, &answer) == ERR_OK) {
        r->report->flat_name = answer.flat_domain;
        r->report->dns_name = answer.dns_domain;
        peer_tell(r, TRUST_DISABLED, TRUST_STEP_REACH, TRUST_STATUS_PASS, REASON_NONE, label,
                  "%.*s", SPAN_ARG(answer.flat_domain));
        return true;
    }
    peer_tell(r, TRUST_DISABLED, TRUST_STEP_REACH, TRUST_STATUS_FAIL,
              e == ERR_CLOSED ? REASON_VERIFY_PORT_CLOSED : REASON_VERIFY_PORT_SILENT, label,
              "port 389/udp %s", e == ERR_CLOSED ? "is closed" : "gives no answer");
    return false;
}

enum err peer_ask_names(struct peer_run *r, struct span partner)
{
    if (!peer_locate_kdcs(r, partner))
        return ERR_OK;
    for (unsigned i = 0; i < r->kdc_count; i++) {
        if (ask_one(r, r->kdc[i].addr, partner, r->kdc[i].label))
            break;
    }
    return ERR_OK;
}
