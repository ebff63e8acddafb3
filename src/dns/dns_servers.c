#include "dns/dns_servers.h"

#define PAUSE_FIRST    (1 * UTIME_SECOND)
#define PAUSE_MAX      (60 * UTIME_SECOND)
#define PATIENCE_MIN   (200 * UTIME_SECOND / 1000)
#define PATIENCE_MAX   (1500 * UTIME_SECOND / 1000)
#define QUIRK_MEMORY   (10 * UTIME_MINUTE)
#define CASE_TOLERANCE 3

struct dns_server *dns_servers_get(struct dns_servers *s, const struct plat_addr *addr)
{
    for (size_t i = 0; i < s->count; i++) {
        if (plat_addr_eq(&s->list[i].addr, addr))
            return &s->list[i];
    }
    if (s->count >= DNS_SERVERS_MAX)
        return NULL;
    struct dns_server *new_one = &s->list[s->count++];
    *new_one = (struct dns_server){.addr = *addr};
    return new_one;
}

bool dns_server_answered(struct dns_server *s, utime round_trip)
{
    bool was_down = !dns_server_up(s);
    s->strikes = 0;
    s->pause = 0;
    s->round_trip = s->round_trip ? (7 * s->round_trip + round_trip) / 8 : round_trip;
    return was_down;
}

static void rest(struct dns_server *s, utime now)
{
    s->pause = s->pause == 0 ? PAUSE_FIRST : s->pause * 2 > PAUSE_MAX ? PAUSE_MAX : s->pause * 2;
    s->try_again = now + s->pause;
}

bool dns_server_failed(struct dns_server *s, unsigned count, utime now)
{
    bool was_up = dns_server_up(s);
    s->strikes = count > DNS_SERVER_STRIKES - s->strikes || !was_up ? DNS_SERVER_STRIKES
                                                                    : s->strikes + count;
    if (dns_server_up(s))
        return false;
    if (was_up || now >= s->try_again) {
        s->pause = s->pause == 0              ? PAUSE_FIRST
                   : s->pause * 2 > PAUSE_MAX ? PAUSE_MAX
                                              : s->pause * 2;
        s->try_again = now + s->pause;
    }
    return was_up;
}

void dns_server_changed_case(struct dns_server *s, utime now)
{
    if (++s->case_changes < CASE_TOLERANCE)
        return;
    s->case_changes = 0;
    s->unmixed_until = now + QUIRK_MEMORY;
}

void dns_server_refused_edns(struct dns_server *s, utime now)
{
    s->plain_until = now + QUIRK_MEMORY;
}

utime dns_server_patience(const struct dns_server *s, utime first)
{
    if (s->round_trip == 0)
        return first;
    utime t = 4 * s->round_trip;
    return t < PATIENCE_MIN ? PATIENCE_MIN : t > PATIENCE_MAX ? PATIENCE_MAX : t;
}

static bool before(const struct dns_server *a, const struct dns_server *b)
{
    if (dns_server_up(a) || dns_server_up(b))
        return dns_server_up(a) && !dns_server_up(b);
    return a->try_again < b->try_again;
}

void dns_servers_order(struct dns_server **list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct dns_server *moved = list[i];
        size_t at = i;
        for (; at > 0 && before(moved, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = moved;
    }
}

struct dns_server *dns_servers_due(struct dns_server *const *list, size_t count, utime now)
{
    for (size_t i = 0; i < count; i++) {
        if (!dns_server_up(list[i]) && now >= list[i]->try_again) {
            rest(list[i], now);
            return list[i];
        }
    }
    return NULL;
}
