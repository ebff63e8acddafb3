#include "dns/dns_report.h"

#include "wire/dns/dns_name.h"

#define PER_SECOND 10

static bool allowed(struct dns_reporter *r, enum reason reason, utime now)
{
    if (now - r->allowance[reason].since >= UTIME_SECOND) {
        r->allowance[reason].since = now;
        r->allowance[reason].count = 0;
    }
    if (r->allowance[reason].count++ < PER_SECOND)
        return true;
    r->allowance[reason].suppressed++;
    return false;
}

static void put_name(struct event *ev, const char *field, struct span name, char out[DNS_TEXT_MAX])
{
    if (name.len > 0)
        event_text(ev, field, span_of(out, dns_name_to_text(name, out)));
}

static void put_addr(struct event *ev, const char *field, const struct plat_addr *addr,
                     char out[PLAT_ADDR_TEXT])
{
    if (addr)
        event_text(ev, field, plat_addr_text(addr, out));
}

void dns_report(struct dns_reporter *r, const struct dns_report *what, utime wall, utime now)
{
    struct event ev;
    char name[DNS_TEXT_MAX], suffix[DNS_TEXT_MAX];
    char client[PLAT_ADDR_TEXT], server[PLAT_ADDR_TEXT];
    if (!allowed(r, what->reason, now))
        return;
    event_init(&ev, wall, what->event, what->reason);
    put_name(&ev, "name", what->name, name);
    if (what->type > 0)
        event_num(&ev, "type", what->type);
    if (what->who.len > 0)
        event_text(&ev, "who", what->who);
    put_addr(&ev, "client", what->client, client);
    put_addr(&ev, "server", what->server, server);
    put_name(&ev, "forwarder", what->suffix, suffix);
    if (r->allowance[what->reason].suppressed > 0)
        event_num(&ev, "suppressed", (int64_t)r->allowance[what->reason].suppressed);
    r->allowance[what->reason].suppressed = 0;
    event_emit(r->sink, &ev);
}
