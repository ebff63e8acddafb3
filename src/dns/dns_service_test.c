/* The server in its loop, with real sockets, against peers that misbehave. */
#include <sys/socket.h>

#include "dns/dns_service.h"
#include "dns/dns_test_peer.h"

#define OWN_ZONES                                                                                  \
    "zone aws.example.com\n"                                                                       \
    "@ 3600 SOA dc1.aws.example.com hostmaster.aws.example.com 7 900 600 86400 300\n"              \
    "dc1 3600 A 127.0.1.10\n"                                                                      \
    "dc2 3600 A 127.0.1.11\n"                                                                      \
    "_ldap._tcp 600 SRV 0 100 389 dc1.aws.example.com\n"                                           \
    "_ldap._tcp 600 SRV 0 100 389 dc2.aws.example.com\n"                                           \
    "out 60 CNAME host.corp.example.com\n"                                                         \
    "lost 60 CNAME host.nowhere.example\n"

#define CORP_ZONES                                                                                 \
    "zone corp.example.com\n"                                                                      \
    "@ 3600 SOA dc.corp.example.com hostmaster.corp.example.com 7 900 600 86400 120\n"             \
    "host 500 A 192.0.2.1\n"                                                                       \
    "alias 400 CNAME host.corp.example.com\n"                                                      \
    "home 400 CNAME dc2.aws.example.com\n"                                                         \
    "zone aws.example.com\n"                                                                       \
    "dc2 400 A 203.0.113.66\n"

struct fixture {
    struct plat_loop *loop;
    struct test_zones zones;
    struct dns_service *s;
    struct plat_addr addr;
    struct peer peers[2];
    unsigned peer_count;
    struct client c, other;
    struct arena a;
    unsigned events[REASON__COUNT];
    struct dns_response resp;
};

static void count_event(void *ctx, const struct event *ev)
{
    struct fixture *f = ctx;
    f->events[ev->reason]++;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = plat_loop_new();
    test_zones_init(&f->zones);
    test_zones_text(&f->zones, span_str(OWN_ZONES));
    arena_init(&f->a, 0, 16 << 20, 0);
    f->c.fd = f->other.fd = -1;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    dns_service_free(f->s);
    for (unsigned i = 0; i < f->peer_count; i++)
        peer_stop(&f->peers[i]);
    close(f->c.fd);
    if (f->other.fd >= 0)
        close(f->other.fd);
    plat_loop_free(f->loop);
    test_zones_fini(&f->zones);
    arena_fini(&f->a);
    free(f);
    return 0;
}

static void bind_service(struct fixture *f)
{
    int fd;
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &f->addr));
    assert_ok(plat_tcp_listen(&f->addr, &fd));
    assert_ok(plat_sock_addr(fd, &f->addr));
    assert_ok(dns_service_tcp(f->s, fd));
    assert_ok(plat_udp_bind(&f->addr, &fd));
    assert_ok(dns_service_udp(f->s, fd));
}

/* Everybody is in this one process, which a busy machine may not run for a while: where the peers
 * answer, no wait of the forwarder may end before they do. */
static void serve_waiting(struct fixture *f, struct dns_config *config, utime first_wait,
                          utime deadline)
{
    struct dns_zones zones = {&test_zone_ops, &f->zones};
    struct event_sink sink = {count_event, f};
    static struct event_sink kept;
    kept = sink;
    assert_ok(dns_networks_add(&config->recursion, SPAN_LIT("127.0.0.0/24")));
    config->forward.first_wait = first_wait;
    config->forward.deadline = deadline;
    assert_ok(dns_service_new(f->loop, &zones, config, &kept, &f->s));
    bind_service(f);
    client_start(&f->c, "127.0.0.2", &f->addr);
}

static void serve_with(struct fixture *f, struct dns_config *config)
{
    serve_waiting(f, config, 20 * UTIME_SECOND, UTIME_MINUTE);
}

static void serve(struct fixture *f)
{
    struct dns_config config;
    dns_config_default(&config);
    serve_with(f, &config);
}

/* Where a peer is silent or late. */
static void serve_hastily(struct fixture *f)
{
    struct dns_config config;
    dns_config_default(&config);
    serve_waiting(f, &config, UTIME_SECOND / 10, 3 * UTIME_SECOND / 2);
}

static struct peer *add_peer_at(struct fixture *f, const char *host, enum peer_mode mode)
{
    struct peer *p = &f->peers[f->peer_count++];
    peer_start(p, f->loop, host, CORP_ZONES);
    p->mode = mode;
    return p;
}

static struct peer *add_peer(struct fixture *f, enum peer_mode mode)
{
    return add_peer_at(f, f->peer_count == 0 ? "127.0.3.1" : "127.0.3.2", mode);
}

static void forward_to(struct fixture *f, const char *suffix)
{
    char line[300], a[PLAT_ADDR_TEXT], b[PLAT_ADDR_TEXT] = "";
    struct span first = plat_addr_text(&f->peers[0].addr, a);
    struct span second = f->peer_count > 1 ? plat_addr_text(&f->peers[1].addr, b) : SPAN_NONE;
    int len = snprintf(line, sizeof(line), "forward %s %.*s %.*s", suffix, SPAN_ARG(first),
                       SPAN_ARG(second));
    test_zones_line(&f->zones, span_of(line, (size_t)len));
    f->zones.epochs.routes++;
}

static void receive(struct fixture *f, enum dns_rcode rcode, size_t answers)
{
    struct span msg = client_receive(&f->c, f->loop);
    assert_ok(dns_response_parse(msg, &f->a, &f->resp));
    assert_int_equal(f->resp.rcode, rcode);
    assert_int_equal(f->resp.section[DNS_SECTION_ANSWER].count, answers);
}

static void ask(struct fixture *f, const char *name, uint16_t type, enum dns_rcode rcode,
                size_t answers)
{
    static uint16_t id = 100;
    client_send(&f->c, name, type, ++id);
    receive(f, rcode, answers);
    assert_int_equal(f->resp.id, id);
}

static const struct dns_rr *rr(const struct fixture *f, size_t i)
{
    return &f->resp.section[DNS_SECTION_ANSWER].rrs[i];
}

/* --- our own zones ---------------------------------------------------------------------------- */

static void own_names(void **state)
{
    struct fixture *f = *state;
    serve(f);
    ask(f, "DC1.aws.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(f->resp.flags, 0x8500);
    assert_span(rr(f, 0)->rdata, "\x7f\0\1\x0a");
    ask(f, "dc1.aws.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(dns_service_counts(f->s)->looked_up, 1);
    assert_int_equal(dns_service_counts(f->s)->compiled, 1);
    ask(f, "no.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0);
    ask(f, "dc1.aws.example.com", DNS_TYPE_TXT, 0, 0);
}

static void servers_take_turns(void **state)
{
    struct fixture *f = *state;
    serve(f);
    unsigned firsts[2] = {0};
    for (int i = 0; i < 20; i++) {
        ask(f, "_ldap._tcp.aws.example.com", DNS_TYPE_SRV, 0, 2);
        struct dns_srv srv;
        assert_ok(dns_rdata_srv(rr(f, 0)->rdata, &srv));
        firsts[srv.target.ptr[3] - '1']++;
    }
    assert_int_equal(firsts[0], 10);
    assert_int_equal(firsts[1], 10);
}

static void a_new_epoch_is_seen(void **state)
{
    struct fixture *f = *state;
    serve(f);
    ask(f, "new.aws.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0);
    ask(f, "dc1.aws.example.com", DNS_TYPE_A, 0, 1);
    test_add_record(&f->zones, SPAN_LIT("dc1"), SPAN_LIT("60 A 192.0.2.9"));
    f->zones.zone_count = 1;
    ask(f, "dc1.aws.example.com", DNS_TYPE_A, 0, 1);
    f->zones.epochs.data++;
    ask(f, "dc1.aws.example.com", DNS_TYPE_A, 0, 2);
}

static void what_is_refused(void **state)
{
    struct fixture *f = *state;
    serve(f);
    static const struct {
        const char *name;
        uint16_t type;
        enum dns_rcode rcode;
        enum reason reason;
    } rows[] = {
        {"aws.example.com", DNS_TYPE_AXFR, DNS_RCODE_REFUSED, REASON_DNS_TRANSFER_REFUSED},
        {"aws.example.com", DNS_TYPE_IXFR, DNS_RCODE_REFUSED, REASON_DNS_TRANSFER_REFUSED},
        {"aws.example.com", DNS_TYPE_TKEY, DNS_RCODE_REFUSED, REASON_DNS_CLASS_REFUSED},
        {"elsewhere.example", DNS_TYPE_A, DNS_RCODE_REFUSED, REASON_DNS_NO_FORWARDER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ask(f, rows[i].name, rows[i].type, rows[i].rcode, 0);
        assert_true(f->events[rows[i].reason] > 0);
    }
    ask(f, "lost.aws.example.com", DNS_TYPE_A, 0, 1); /* what we know of it */
    f->zones.fail = ERR_IO;
    ask(f, "dc1.aws.example.com", DNS_TYPE_A, DNS_RCODE_SERVFAIL, 0);
    assert_int_equal(f->events[REASON_SERVER_FAILED], 1);
}

static void send_raw(struct fixture *f, struct span bytes)
{
    f->c.len = 0;
    assert_int_equal(write(f->c.fd, bytes.ptr, bytes.len), bytes.len);
}

static void odd_requests(void **state)
{
    struct fixture *f = *state;
    serve(f);
    send_raw(f, SPAN_LIT("\0\1\x28\0\0\1\0\0\0\0\0\0\3aws\7example\3com\0\0\6\0\1"));
    receive(f, DNS_RCODE_NOTIMP, 0);
    send_raw(f, SPAN_LIT("\0\1\x20\0\0\1\0\0\0\0\0\0\3aws\7example\3com\0\0\6\0\1"));
    receive(f, DNS_RCODE_NOTIMP, 0);
    assert_int_equal(f->events[REASON_DNS_OPERATION_REFUSED], 2);
    send_raw(f, SPAN_LIT("\0\1\0\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\x10\0\3"));
    receive(f, DNS_RCODE_REFUSED, 0);
    send_raw(f, SPAN_LIT("\0\1\0\0\0\2\0\0\0\0\0\0\3aws\0\0\6\0\1\3aws\0\0\6\0\1"));
    receive(f, DNS_RCODE_FORMERR, 0);
    send_raw(f, SPAN_LIT("x"));
    send_raw(f, SPAN_LIT("\0\1\x80\0\0\1\0\0\0\0\0\0\3aws\0\0\6\0\1"));
    ask(f, "dc1.aws.example.com", DNS_TYPE_A, 0, 1); /* no answer to either came before */
    assert_int_equal(dns_service_counts(f->s)->dropped, 2);
    assert_int_equal(f->events[REASON_DNS_MALFORMED], 3);
}

static void strangers_get_no_recursion(void **state)
{
    struct fixture *f = *state;
    add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    serve(f);
    close(f->c.fd);
    client_start(&f->c, "127.0.9.9", &f->addr);
    ask(f, "host.corp.example.com", DNS_TYPE_A, DNS_RCODE_REFUSED, 0);
    assert_false(f->resp.flags & DNS_FLAG_RA);
    assert_int_equal(f->events[REASON_DNS_RECURSION_REFUSED], 1);
    ask(f, "out.aws.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(f->peers[0].udp_seen, 0);
}

static void a_flood_is_limited(void **state)
{
    struct fixture *f = *state;
    struct dns_config config;
    unsigned answers = 0, cut = 0;
    dns_config_default(&config);
    config.answers_per_second = 20;
    serve_with(f, &config);
    for (unsigned i = 0; i < 200; i++) {
        client_send(&f->c, "dc1.aws.example.com", DNS_TYPE_A, (uint16_t)i);
        for (unsigned turn = 0; turn < 3; turn++)
            plat_loop_turn(f->loop, false);
        for (ssize_t len; (len = recv(f->c.fd, f->c.buf, sizeof(f->c.buf), MSG_DONTWAIT)) > 0;) {
            answers += f->c.buf[7] == 1;
            cut += (f->c.buf[2] & 2) != 0;
        }
    }
    assert_in_range(answers, 40, 60);
    assert_in_range(cut, 60, 80);
    assert_true(f->events[REASON_DNS_RATE_LIMITED] > 0);
}

/* --- names of others -------------------------------------------------------------------------- */

static void forwarded_and_kept(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    serve(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(f->resp.flags, 0x8180); /* not authoritative, recursion available */
    assert_int_equal(rr(f, 0)->ttl, 500);
    ask(f, "Host.Corp.example.com", DNS_TYPE_A, 0, 1);
    ask(f, "alias.corp.example.com", DNS_TYPE_A, 0, 2);
    ask(f, "alias.corp.example.com", DNS_TYPE_A, 0, 2);
    ask(f, "none.corp.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0);
    ask(f, "none.corp.example.com", DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0);
    assert_int_equal(f->resp.section[DNS_SECTION_AUTHORITY].count, 1);
    assert_int_equal(p->udp_seen, 3);
    assert_int_equal(dns_service_counts(f->s)->cached, 3);
    char host[PLAT_ADDR_TEXT];
    assert_true(plat_addr_port(&p->last_from) >= 1024);
    plat_addr_set_port(&p->last_from, 0);
    assert_span(plat_addr_text(&p->last_from, host), "127.0.0.1");
    forward_to(f, "other.example"); /* new routes: nothing old is served */
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(p->udp_seen, 4);
}

/* Every name of the answer, spelt as in text: letters of the question's random case are in none. */
static void ask_spelt(struct fixture *f, const char *name, const char *owner, const char *target)
{
    struct dns_name n;
    ask(f, name, DNS_TYPE_A, 0, 2);
    assert_ok(dns_name_from_text(span_str(name), &n));
    assert_true(span_eq(rr(f, 0)->owner, dns_name_span(&n)));
    assert_ok(dns_name_from_text(span_str(target), &n));
    assert_true(span_eq(rr(f, 0)->rdata, dns_name_span(&n)));
    assert_true(span_eq(rr(f, 1)->owner, dns_name_span(&n)));
    ask(f, name, DNS_TYPE_SOA, 0, 1); /* the alias: its target has no SOA */
    const struct dns_rr_list *authority = &f->resp.section[DNS_SECTION_AUTHORITY];
    assert_int_equal(authority->count, 1);
    assert_ok(dns_name_from_text(span_str(owner), &n));
    assert_true(span_eq(authority->rrs[0].owner, dns_name_span(&n)));
}

static void no_answer_has_the_case_of_our_question(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    serve(f);
    for (unsigned i = 0; i < 2; i++) { /* from the server, then from the cache */
        ask_spelt(f, "alias.corp.example.com", "corp.example.com", "host.corp.example.com");
        ask_spelt(f, "ALIAS.Corp.example.COM", "Corp.example.COM", "host.Corp.example.COM");
        assert_int_equal(p->udp_seen, 2);
    }
    p->mode = PEER_TRUNCATES;
    forward_to(f, "other.example"); /* nothing old is served */
    ask_spelt(f, "alias.corp.example.com", "corp.example.com", "host.corp.example.com");
    assert_int_equal(p->tcp_seen, 2);
}

static void the_question_is_unpredictable(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    serve(f);
    struct dns_name seen[8];
    uint16_t ports[8];
    unsigned equal_names = 0, equal_ports = 0;
    for (unsigned i = 0; i < 8; i++) {
        char name[64];
        snprintf(name, sizeof(name), "none%u.corp.example.com", i);
        ask(f, name, DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0);
        dns_name_copy(dns_name_skip(dns_name_span(&p->last_name), 1), &seen[i]);
        ports[i] = plat_addr_port(&p->last_from);
        for (unsigned k = 0; k < i; k++) {
            equal_names += span_eq(dns_name_span(&seen[i]), dns_name_span(&seen[k]));
            equal_ports += ports[i] == ports[k];
        }
    }
    assert_true(equal_names < 3);
    assert_true(equal_ports < 3);
}

static void a_dead_server_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct peer *silent = add_peer(f, PEER_SILENT), *good = add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    serve_hastily(f);
    for (unsigned i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof(name), "none%u.corp.example.com", i);
        ask(f, name, DNS_TYPE_A, DNS_RCODE_NXDOMAIN, 0);
    }
    assert_int_equal(silent->udp_seen, 3); /* then it was known to be down */
    assert_int_equal(good->udp_seen, 6);
    assert_int_equal(f->events[REASON_DNS_FORWARDER_UNREACHABLE], 1);
}

static void a_closed_port_costs_no_time(void **state)
{
    struct fixture *f = *state;
    add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    f->zones.forwarders[0].count = 1;
    struct plat_addr *servers = (struct plat_addr *)(uintptr_t)f->zones.forwarders[0].servers;
    servers[1] = servers[0];
    plat_addr_set_port(&servers[0], 1);
    serve(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, DNS_RCODE_SERVFAIL, 0);
    assert_int_equal(f->events[REASON_DNS_FORWARDER_UNREACHABLE], 1);
    assert_int_equal(f->events[REASON_DNS_FORWARD_FAILED], 1);
    f->zones.forwarders[0].count = 2;
    f->zones.epochs.routes++;
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
}

static void all_servers_silent(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_SILENT);
    forward_to(f, "corp.example.com");
    serve_hastily(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, DNS_RCODE_SERVFAIL, 0);
    assert_int_equal(p->udp_seen, 3);
    ask(f, "host.corp.example.com", DNS_TYPE_A, DNS_RCODE_SERVFAIL, 0); /* kept for a moment */
    assert_int_equal(p->udp_seen, 3);
}

static void a_slow_server_is_heard(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_LATE);
    forward_to(f, "corp.example.com");
    serve_hastily(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(p->udp_seen, 2);
}

/* Each of these peers is asked in the second way and then answers. */
static void over_tcp(void **state)
{
    static const enum peer_mode modes[] = {PEER_TRUNCATES, PEER_WRONG_CASE, PEER_GUESSES};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct fixture *f = *state;
        struct peer *p = add_peer(f, modes[i]);
        forward_to(f, "corp.example.com");
        serve(f);
        ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
        assert_span(rr(f, 0)->rdata, "\xc0\0\2\1");
        assert_int_equal(p->tcp_seen, 1);
        assert_int_equal(f->events[REASON_DNS_ANSWER_FORGED], modes[i] == PEER_GUESSES);
        tear_down(state);
        set_up(state);
    }
    struct fixture *f = *state;
    serve(f);
}

static void over_ipv6(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer_at(f, "::1", PEER_TRUNCATES);
    forward_to(f, "corp.example.com");
    serve(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(p->udp_seen, 1);
    assert_int_equal(p->tcp_seen, 1);
}

static void a_forged_name_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_WRONG_NAME);
    forward_to(f, "corp.example.com");
    serve(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(p->udp_seen, 1);
    assert_int_equal(p->tcp_seen, 0);
}

static void servers_without_edns(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_NO_EDNS);
    forward_to(f, "corp.example.com");
    serve(f);
    ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
    assert_int_equal(p->udp_seen, 2);
    ask(f, "alias.corp.example.com", DNS_TYPE_A, 0, 2);
    assert_int_equal(p->udp_seen, 3); /* remembered */
    assert_int_equal(p->plain_seen, 2);
}

static void useless_answers(void **state)
{
    static const enum peer_mode modes[] = {PEER_REFUSES, PEER_REFERS, PEER_NONSENSE};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct fixture *f = *state;
        struct peer *bad = add_peer(f, modes[i]), *good = add_peer(f, PEER_GOOD);
        forward_to(f, "corp.example.com");
        serve(f);
        ask(f, "host.corp.example.com", DNS_TYPE_A, 0, 1);
        assert_int_equal(bad->udp_seen, 1);
        assert_int_equal(good->udp_seen, 1);
        assert_int_equal(f->events[REASON_DNS_FORWARDER_REFUSED], 1);
        tear_down(state);
        set_up(state);
    }
    struct fixture *f = *state;
    serve(f);
}

static void aliases_across_the_border(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_GOOD);
    forward_to(f, "corp.example.com");
    serve(f);
    ask(f, "out.aws.example.com", DNS_TYPE_A, 0, 2);
    assert_true(f->resp.flags & DNS_FLAG_AA);
    assert_span(rr(f, 1)->rdata, "\xc0\0\2\1");
    ask(f, "out.aws.example.com", DNS_TYPE_A, 0, 2);
    assert_int_equal(p->udp_seen, 1);
    /* The partner says where our dc2 is: he is not believed. */
    ask(f, "home.corp.example.com", DNS_TYPE_A, 0, 2);
    assert_span(rr(f, 1)->rdata, "\x7f\0\1\x0b");
}

static void one_question_for_many(void **state)
{
    struct fixture *f = *state;
    struct peer *p = add_peer(f, PEER_LATE);
    forward_to(f, "corp.example.com");
    serve_hastily(f);
    client_start(&f->other, "127.0.0.3", &f->addr);
    client_send(&f->c, "host.corp.example.com", DNS_TYPE_A, 1);
    client_send(&f->c, "host.corp.example.com", DNS_TYPE_A, 1); /* a repetition */
    client_send(&f->other, "HOST.corp.example.com", DNS_TYPE_A, 2);
    receive(f, 0, 1);
    struct span msg = client_receive(&f->other, f->loop);
    assert_memory_equal(msg.ptr + 12, "\4HOST", 5);
    assert_memory_equal(msg.ptr, "\0\2", 2);
    assert_int_equal(p->udp_seen, 2);
    for (int i = 0; i < 20; i++)
        plat_loop_turn(f->loop, false);
    assert_true(recv(f->c.fd, f->c.buf, sizeof(f->c.buf), MSG_DONTWAIT) < 0);
}

static void mutual_forwarders(void **state)
{
    struct fixture *f = *state;
    add_peer(f, PEER_SILENT);
    forward_to(f, "corp.example.com");
    serve(f);
    client_start(&f->other, "127.0.0.3", &f->addr);
    client_send(&f->c, "host.corp.example.com", DNS_TYPE_A, 1);
    while (f->peers[0].udp_seen == 0)
        plat_loop_turn(f->loop, true);
    /* The partner sends our own question back, as it was spelt. */
    uint8_t out[DNS_QUERY_MAX] = "\0\7\1\0\0\1\0\0\0\0\0";
    struct span sent = dns_name_span(&f->peers[0].last_name);
    size_t len = sent.len;
    memcpy(out + 12, sent.ptr, len);
    memcpy(out + 12 + len, "\0\1\0\1", 4);
    f->other.len = 0;
    assert_int_equal(write(f->other.fd, out, 12 + len + 4), 12 + len + 4);
    struct span msg = client_receive(&f->other, f->loop);
    assert_int_equal(msg.ptr[3] & 15, DNS_RCODE_SERVFAIL);
    assert_int_equal(f->events[REASON_DNS_FORWARD_LOOP], 1);
}

static void the_partner_asks_what_we_ask_him(void **state)
{
    struct fixture *f = *state;
    add_peer(f, PEER_SILENT);
    forward_to(f, "corp.example.com");
    struct dns_config config;
    dns_config_default(&config);
    assert_ok(dns_networks_add(&config.recursion, SPAN_LIT("127.0.3.0/24")));
    serve_with(f, &config);
    client_start(&f->other, "127.0.3.1", &f->addr);
    client_send(&f->c, "host.corp.example.com", DNS_TYPE_A, 1);
    while (f->peers[0].udp_seen == 0)
        plat_loop_turn(f->loop, true);
    client_send(&f->other, "host.corp.example.com", DNS_TYPE_A, 2);
    struct span msg = client_receive(&f->other, f->loop);
    assert_int_equal(msg.ptr[3] & 15, DNS_RCODE_SERVFAIL);
    assert_int_equal(f->events[REASON_DNS_FORWARD_LOOP], 1);
}

static void we_never_ask_ourselves(void **state)
{
    struct fixture *f = *state;
    struct dns_config config;
    dns_config_default(&config);
    test_zones_line(&f->zones, SPAN_LIT("forward corp.example.com 127.0.0.1:5353"));
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1:5353"), 0, &config.self[0]));
    config.self_count = 1;
    serve_with(f, &config);
    ask(f, "host.corp.example.com", DNS_TYPE_A, DNS_RCODE_REFUSED, 0);
    assert_int_equal(f->events[REASON_DNS_FORWARDER_SELF], 1);
    assert_int_equal(f->events[REASON_DNS_NO_FORWARDER], 1);
}

static void limits_of_waiting(void **state)
{
    struct fixture *f = *state;
    struct dns_config config;
    dns_config_default(&config);
    config.forward.jobs_max = 4;
    add_peer(f, PEER_SILENT);
    forward_to(f, "corp.example.com");
    serve_with(f, &config);
    for (uint16_t i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof(name), "none%u.corp.example.com", i);
        client_send(&f->c, name, DNS_TYPE_A, i);
    }
    receive(f, DNS_RCODE_SERVFAIL, 0);
    assert_int_equal(f->resp.id, 4);
    assert_int_equal(f->events[REASON_SERVER_BUSY], 1);
}

/* --- TCP -------------------------------------------------------------------------------------- */

static size_t tcp_read(struct fixture *f, int fd, uint8_t *buf, size_t want)
{
    size_t have = 0;
    for (unsigned i = 0; i < PEER_TURNS_MAX && have < want; i++) {
        plat_loop_turn(f->loop, false);
        ssize_t len = recv(fd, buf + have, want - have, MSG_DONTWAIT);
        if (len == 0)
            break;
        have += len > 0 ? (size_t)len : 0;
        if (len < 0)
            usleep(1000);
    }
    return have;
}

static void pipelined_over_tcp(void **state)
{
    struct fixture *f = *state;
    add_peer(f, PEER_LATE);
    forward_to(f, "corp.example.com");
    serve_hastily(f);
    int fd;
    uint8_t out[200], in[600];
    size_t len = 0;
    static const char *const names[] = {"host.corp.example.com", "none.aws.example.com",
                                        "dc1.aws.example.com"};
    for (uint8_t i = 0; i < 3; i++) {
        struct dns_name n;
        assert_ok(dns_name_from_text(span_str(names[i]), &n));
        uint8_t head[14] = {0, (uint8_t)(16 + n.len), 0, i, 1, 0, 0, 1};
        memcpy(out + len, head, sizeof(head));
        memcpy(out + len + sizeof(head), n.wire, n.len);
        memcpy(out + len + sizeof(head) + n.len, "\0\1\0\1", 4);
        len += sizeof(head) + n.len + 4;
    }
    assert_ok(plat_tcp_dial(NULL, &f->addr, &fd));
    for (size_t i = 0; i < len; i++) { /* a byte at a time */
        while (write(fd, out + i, 1) != 1)
            usleep(1000);
        plat_loop_turn(f->loop, false);
    }
    static const uint8_t order[] = {1, 2, 0}; /* what waits for others comes last */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(tcp_read(f, fd, in, 2), 2);
        size_t msg_len = (size_t)(in[0] << 8 | in[1]);
        assert_int_equal(tcp_read(f, fd, in, msg_len), msg_len);
        assert_int_equal(in[1], order[i]);
    }
    close(fd);
}

static void a_connection_ends_while_it_waits(void **state)
{
    struct fixture *f = *state;
    add_peer(f, PEER_SILENT);
    forward_to(f, "corp.example.com");
    serve_hastily(f);
    int fd;
    assert_ok(plat_tcp_dial(NULL, &f->addr, &fd));
    static const char question[] =
        "\0\x27\0\1\1\0\0\1\0\0\0\0\0\0\4host\4corp\7example\3com\0\0\1\0\1";
    while (write(fd, question, sizeof(question) - 1) < 0)
        usleep(1000);
    while (f->peers[0].udp_seen == 0)
        plat_loop_turn(f->loop, true);
    close(fd);
    for (unsigned i = 0; i < PEER_TURNS_MAX && f->events[REASON_DNS_FORWARD_FAILED] == 0; i++)
        plat_loop_turn(f->loop, UTIME_SECOND / 100);
    assert_int_equal(f->events[REASON_DNS_FORWARD_FAILED], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(own_names),
        TEST(servers_take_turns),
        TEST(a_new_epoch_is_seen),
        TEST(what_is_refused),
        TEST(odd_requests),
        TEST(strangers_get_no_recursion),
        TEST(a_flood_is_limited),
        TEST(forwarded_and_kept),
        TEST(no_answer_has_the_case_of_our_question),
        TEST(the_question_is_unpredictable),
        TEST(a_dead_server_is_passed_over),
        TEST(a_closed_port_costs_no_time),
        TEST(all_servers_silent),
        TEST(a_slow_server_is_heard),
        TEST(over_tcp),
        TEST(over_ipv6),
        TEST(a_forged_name_is_not_taken),
        TEST(servers_without_edns),
        TEST(useless_answers),
        TEST(aliases_across_the_border),
        TEST(one_question_for_many),
        TEST(mutual_forwarders),
        TEST(the_partner_asks_what_we_ask_him),
        TEST(we_never_ask_ourselves),
        TEST(limits_of_waiting),
        TEST(pipelined_over_tcp),
        TEST(a_connection_ends_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
