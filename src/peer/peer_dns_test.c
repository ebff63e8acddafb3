/* The lookups against a server of this test, in a process of its own. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "peer/peer_dns.h"
#include "plat/net.h"

enum mode {
    GOOD,
    SILENT,
    TRUNCATES,
    LOWERS_CASE,
    NO_EDNS,
    GUESSES,
    FORGETS_ONE, /* answers only the second datagram */
};

struct server {
    struct plat_addr addr;
    int udp, tcp;
    pid_t pid;
};

static struct span wire_name(struct arena *a, const char *text)
{
    struct dns_name n;
    ENT_ASSERT(dns_name_from_text(span_str(text), &n) == ERR_OK);
    return arena_dup_span(a, dns_name_span(&n));
}

static void add(struct arena *a, struct dns_rr_list *list, const char *owner, uint16_t type,
                struct span rdata)
{
    struct dns_rr rr = {wire_name(a, owner), type, DNS_CLASS_IN, 60, rdata};
    ENT_ASSERT(dns_rr_add(list, a, &rr) == ERR_OK);
}

static struct span srv(struct arena *a, uint16_t priority, uint16_t port, const char *target)
{
    struct builder b;
    struct span out;
    builder_in(&b, a, 300);
    dns_rdata_put_srv(&b, &(struct dns_srv){priority, 1, port, wire_name(a, target)});
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    return out;
}

/* _ldap._tcp.corp.ex: dc1 with its addresses beside it, dc2 without; everything else is NXDOMAIN.
 */
static size_t answer(struct span request, enum mode mode, uint8_t *out)
{
    struct arena a;
    struct dns_query q;
    struct dns_answer ans = {.rcode = DNS_RCODE_NXDOMAIN};
    struct dns_body body;
    struct builder b;
    struct span done;
    char name[DNS_TEXT_MAX];
    arena_init(&a, 0, 1 << 20, 0);
    ENT_ASSERT(dns_query_parse(request, &q) == DNS_TAKE_ANSWER);
    dns_name_to_text(dns_name_span(&q.name), name);
    struct dns_rr_list *answers = &ans.section[DNS_SECTION_ANSWER];
    if (strcmp(name, "_ldap._tcp.corp.ex") == 0 && q.type == DNS_TYPE_SRV) {
        add(&a, answers, name, DNS_TYPE_SRV, srv(&a, 10, 389, "dc2.corp.ex"));
        add(&a, answers, name, DNS_TYPE_SRV, srv(&a, 0, 3389, "dc1.corp.ex"));
        struct dns_rr_list *more = &ans.section[DNS_SECTION_ADDITIONAL];
        add(&a, more, "dc1.corp.ex", DNS_TYPE_A, SPAN_LIT("\xc0\0\2\1"));
        add(&a, more, "dc1.corp.ex", DNS_TYPE_AAAA, SPAN_LIT("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
    } else if (strcmp(name, "dc2.corp.ex") == 0 && q.type == DNS_TYPE_A) {
        add(&a, answers, name, DNS_TYPE_A, SPAN_LIT("\xc0\0\2\2"));
    } else if (strcmp(name, "off._tcp.corp.ex") == 0) {
        add(&a, answers, name, DNS_TYPE_SRV, srv(&a, 0, 0, "."));
    }
    if (answers->count > 0 || strcmp(name, "dc2.corp.ex") == 0)
        ans.rcode = DNS_RCODE_NOERROR;
    builder_over(&b, out, DNS_MSG_MAX);
    ENT_ASSERT(dns_body_build(&ans, dns_name_span(&q.name), q.type, &a, &body) == ERR_OK);
    if (mode == NO_EDNS && q.edns)
        dns_query_error(&q, DNS_RCODE_FORMERR, 0, &b);
    else
        dns_body_emit(&body, &q, 0, 0, DNS_MSG_MAX, &b);
    ENT_ASSERT(builder_done(&b, &done) == ERR_OK);
    arena_fini(&a);
    return done.len;
}

/* A domain controller's DNS server: it is asked from its own address, whatever others there are. */
static bool is_own(const struct server *s, const struct plat_addr *from)
{
    return span_eq(plat_addr_host(from), plat_addr_host(&s->addr));
}

static void serve_udp(const struct server *s, enum mode mode)
{
    static uint8_t in[2000], out[DNS_MSG_MAX];
    static unsigned count;
    struct plat_addr from;
    socklen_t from_len = sizeof(from);
    ssize_t got = recvfrom(s->udp, in, sizeof(in), 0, &from.sa, &from_len);
    if (got <= 0 || mode == SILENT || !is_own(s, &from) || (mode == FORGETS_ONE && count++ == 0))
        return;
    size_t len = answer(span_of(in, (size_t)got), mode, out);
    if (mode == TRUNCATES)
        out[2] |= DNS_FLAG_TC >> 8;
    for (size_t i = 12; mode == LOWERS_CASE && i < 30; i++)
        out[i] |= out[i] >= 'A' && out[i] <= 'Z' ? 0x20 : 0;
    for (unsigned i = 0; i < (mode == GUESSES ? 50 : 1); i++) {
        out[1] += mode == GUESSES;
        (void)!sendto(s->udp, out, len, 0, &from.sa, from_len);
    }
}

static void serve_tcp(const struct server *s, enum mode mode)
{
    static uint8_t in[2000], out[2 + DNS_MSG_MAX];
    struct plat_addr from;
    socklen_t from_len = sizeof(from);
    int c = accept(s->tcp, &from.sa, &from_len);
    utime deadline = plat_mono() + 5 * UTIME_SECOND;
    if (c < 0 || !is_own(s, &from) || plat_recv_all_wait(c, in, 2, deadline) != ERR_OK)
        return;
    size_t len = (size_t)in[0] << 8 | in[1];
    if (plat_recv_all_wait(c, in, len, deadline) == ERR_OK) {
        size_t out_len = answer(span_of(in, len), mode, out + 2);
        out[0] = (uint8_t)(out_len >> 8);
        out[1] = (uint8_t)out_len;
        (void)plat_send_wait(c, span_of(out, out_len + 2), deadline);
    }
    close(c);
}

static void start(struct server *s, enum mode mode)
{
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.7"), 0, &s->addr));
    assert_ok(plat_tcp_listen(&s->addr, &s->tcp));
    assert_ok(plat_sock_addr(s->tcp, &s->addr));
    assert_ok(plat_udp_bind(&s->addr, &s->udp));
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid > 0)
        return;
    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(s->udp, &set);
        FD_SET(s->tcp, &set);
        if (select((s->udp > s->tcp ? s->udp : s->tcp) + 1, &set, NULL, NULL, NULL) < 0)
            _exit(1);
        if (FD_ISSET(s->udp, &set))
            serve_udp(s, mode);
        if (FD_ISSET(s->tcp, &set))
            serve_tcp(s, mode);
    }
}

static void stop(struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    close(s->udp);
    close(s->tcp);
}

static utime in(unsigned milliseconds)
{
    return plat_mono() + milliseconds * UTIME_SECOND / 1000;
}

/* Turns a loop until the lookup is over. */
struct lookup {
    struct peer_dns_locator locator;
    struct plat_loop *loop;
    struct arena a;
    bool over;
    enum err err;
};

static void lookup_begin(struct lookup *l)
{
    *l = (struct lookup){.loop = plat_loop_new()};
    arena_init(&l->a, 0, 1 << 20, 0);
    l->locator.question.ask.loop = l->loop;
    l->locator.question.ask.a = &l->a;
}

static void lookup_end(struct lookup *l)
{
    arena_fini(&l->a);
    plat_loop_free(l->loop);
}

static enum err turn(struct lookup *l)
{
    while (!l->over) {
        bool more = plat_loop_turn(l->loop, UTIME_SECOND);
        assert_true(more || l->over);
    }
    return l->err;
}

static void located(struct peer_dns_locator *locator, enum err e)
{
    struct lookup *l = (struct lookup *)locator;
    l->over = true;
    l->err = e;
}

static enum err locate(struct lookup *l, const struct server *s, const char *name)
{
    l->over = false;
    l->locator.done = located;
    peer_dns_locate(&l->locator, &s->addr, wire_name(&l->a, name), in(8000));
    assert_false(l->over);
    return turn(l);
}

static void responded(struct peer_dns_question *q, enum err e, const struct dns_response *response)
{
    (void)response;
    located((struct peer_dns_locator *)q, e);
}

static enum err ask(struct lookup *l, const struct server *s, unsigned milliseconds)
{
    l->over = false;
    l->locator.question.done = responded;
    peer_dns_ask(&l->locator.question, &s->addr, wire_name(&l->a, "dc1.corp.ex"), DNS_TYPE_A,
                 in(milliseconds));
    return turn(l);
}

static void services_in_order_with_addresses(void **state)
{
    (void)state;
    static const enum mode modes[] = {GOOD, TRUNCATES, LOWERS_CASE, NO_EDNS, GUESSES, FORGETS_ONE};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct server s;
        struct lookup l;
        struct peer_dns_services *found = &l.locator.found;
        char text[PLAT_ADDR_TEXT];
        lookup_begin(&l);
        start(&s, modes[i]);
        assert_ok(locate(&l, &s, "_LDAP._tcp.Corp.ex"));
        assert_int_equal(found->rcode, DNS_RCODE_NOERROR);
        assert_int_equal(found->count, 2);
        assert_int_equal(found->list[0].priority, 0);
        assert_int_equal(found->list[0].addr_count, 2);
        assert_span(plat_addr_text(&found->list[0].addrs[0], text), "192.0.2.1:3389");
        assert_span(plat_addr_text(&found->list[0].addrs[1], text), "[fd00::1]:3389");
        assert_int_equal(found->list[1].addr_count, 1);
        assert_span(plat_addr_text(&found->list[1].addrs[0], text), "192.0.2.2:389");
        stop(&s);
        lookup_end(&l);
    }
}

static void names_that_are_not_there(void **state)
{
    (void)state;
    struct server s;
    struct lookup l;
    lookup_begin(&l);
    start(&s, GOOD);
    assert_ok(locate(&l, &s, "_ldap._tcp.no.ex"));
    assert_int_equal(l.locator.found.rcode, DNS_RCODE_NXDOMAIN);
    assert_int_equal(l.locator.found.count, 0);
    assert_ok(locate(&l, &s, "off._tcp.corp.ex"));
    assert_int_equal(l.locator.found.rcode, DNS_RCODE_NOERROR);
    assert_int_equal(l.locator.found.count, 0);
    stop(&s);
    lookup_end(&l);
}

static void silence_and_closed_ports(void **state)
{
    (void)state;
    struct server s;
    struct lookup l;
    lookup_begin(&l);
    start(&s, SILENT);
    assert_err(ask(&l, &s, 200), ERR_TIMEOUT);
    stop(&s);
    assert_err(ask(&l, &s, 5000), ERR_CLOSED);
    lookup_end(&l);
}

/* What is given up leaves nothing on the loop. */
static void a_lookup_is_cancelled(void **state)
{
    (void)state;
    struct server s;
    struct lookup l;
    lookup_begin(&l);
    start(&s, SILENT);
    l.locator.done = located;
    peer_dns_locate(&l.locator, &s.addr, wire_name(&l.a, "_ldap._tcp.corp.ex"), in(8000));
    peer_ask_cancel(&l.locator.question.ask);
    plat_loop_run(l.loop);
    assert_false(l.over);
    stop(&s);
    lookup_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_in_order_with_addresses),
        cmocka_unit_test(names_that_are_not_there),
        cmocka_unit_test(silence_and_closed_ports),
        cmocka_unit_test(a_lookup_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
