/*
 * For tests: a DNS server that misbehaves on request, and a client, in the loop of the test.
 */
#ifndef DNS_DNS_TEST_PEER_H
#define DNS_DNS_TEST_PEER_H

#include <unistd.h>

#include "base/test.h"
#include "dns/dns_lookup.h"
#include "dns/dns_test_zone.h"
#include "plat/datagram.h"
#include "plat/net.h"
#include "plat/stream.h"
#include "wire/dns/dns_exchange.h"

#define PEER_TURNS_MAX 4000 /* of the loop, before a test gives up */

enum peer_mode {
    PEER_GOOD,
    PEER_SILENT,
    PEER_LATE,       /* over UDP answers the first question only when the second comes */
    PEER_TRUNCATES,  /* over UDP */
    PEER_WRONG_CASE, /* over UDP */
    PEER_NO_EDNS,    /* FORMERR to EDNS */
    PEER_REFUSES,
    PEER_GUESSES,    /* over UDP: many answers with wrong ids */
    PEER_WRONG_NAME, /* one forged answer for another name, then the good one */
    PEER_REFERS,
    PEER_NONSENSE, /* right id and question, broken records */
};

struct peer {
    enum peer_mode mode;
    struct test_zones zones;
    struct plat_addr addr;
    struct plat_udp *udp;
    struct plat_stream *tcp;
    struct arena a;
    unsigned udp_seen, tcp_seen, plain_seen;
    struct dns_name last_name; /* as it was spelt */
    struct plat_addr last_from;
    uint8_t late[1500];
    size_t late_len;
    struct plat_addr late_to;
};

static inline void peer_answer(struct peer *p, struct span bytes, struct builder *b)
{
    struct dns_query q;
    struct dns_zones zones = {&test_zone_ops, &p->zones};
    struct dns_lookup l;
    struct dns_body body;
    assert_int_equal(dns_query_parse(bytes, &q), DNS_TAKE_ANSWER);
    assert_true(q.flags & DNS_FLAG_RD);
    p->plain_seen += !q.edns;
    if (p->mode == PEER_NO_EDNS && q.edns) {
        q.edns = false;
        dns_query_error(&q, DNS_RCODE_FORMERR, 0, b);
        return;
    }
    if (p->mode == PEER_REFUSES) {
        dns_query_error(&q, DNS_RCODE_REFUSED, 0, b);
        return;
    }
    assert_ok(dns_zones_begin(&zones));
    assert_ok(dns_lookup(&zones, dns_name_span(&q.name), q.type, &p->a, &l));
    if (p->mode == PEER_REFERS) {
        l.answer = (struct dns_answer){.referral = true};
        struct dns_rr ns = {SPAN_LIT("\0"), DNS_TYPE_NS, DNS_CLASS_IN, 60, SPAN_LIT("\1a\0")};
        assert_ok(dns_rr_add(&l.answer.section[DNS_SECTION_AUTHORITY], &p->a, &ns));
    }
    assert_ok(dns_body_build(&l.answer, dns_name_span(&q.name), q.type, &p->a, &body));
    dns_body_emit(&body, &q, DNS_FLAG_RA, 0, DNS_MSG_MAX, b);
    dns_zones_end(&zones);
}

/* An answer with changed ids, or to another question, sent beside the real one. */
static inline void peer_forge(struct peer *p, const struct plat_udp_request *rq, unsigned count,
                              size_t change_at)
{
    uint8_t forged[1500];
    struct builder b;
    struct span done;
    builder_over(&b, forged, sizeof(forged));
    peer_answer(p, rq->bytes, &b);
    assert_ok(builder_done(&b, &done));
    for (unsigned i = 0; i < count; i++) {
        forged[change_at]++;
        assert_ok(plat_udp_send(p->udp, rq->socket, rq->from, done));
    }
}

static inline void peer_datagram(void *ctx, const struct plat_udp_request *rq, struct builder *b)
{
    struct peer *p = ctx;
    p->udp_seen++;
    p->last_from = *rq->from;
    struct dns_query q;
    if (dns_query_parse(rq->bytes, &q) == DNS_TAKE_ANSWER)
        dns_name_copy(span_sub(q.question, 0, q.name.len), &p->last_name);
    if (p->mode == PEER_SILENT)
        return;
    if (p->mode == PEER_GUESSES) {
        peer_forge(p, rq, 100, 1);
        return;
    }
    if (p->mode == PEER_WRONG_NAME)
        peer_forge(p, rq, 1, DNS_HEADER_SIZE + 1);
    peer_answer(p, rq->bytes, b);
    if (p->mode == PEER_TRUNCATES)
        b->base[2] |= DNS_FLAG_TC >> 8;
    if (p->mode == PEER_NONSENSE)
        b->len -= 5;
    for (size_t i = 0; p->mode == PEER_WRONG_CASE && i < p->last_name.len; i++) {
        uint8_t c = b->base[DNS_HEADER_SIZE + i];
        if (c >= 'A' && c <= 'Z')
            b->base[DNS_HEADER_SIZE + i] = c | 0x20;
    }
    if (p->mode == PEER_LATE) {
        if (p->late_len > 0) {
            assert_ok(plat_udp_send(p->udp, 0, &p->late_to, span_of(p->late, p->late_len)));
        } else {
            memcpy(p->late, b->base, b->len);
            p->late_len = b->len;
            p->late_to = *rq->from;
        }
        b->len = 0;
    }
}

static inline enum err peer_frame(void *session, struct span head, size_t *len_out)
{
    (void)session;
    if (head.len < 2)
        return ERR_TRUNCATED;
    *len_out = 2 + (size_t)(head.ptr[0] << 8 | head.ptr[1]);
    return ERR_OK;
}

static inline enum err peer_consume(struct plat_conn *c, void *session, struct span message)
{
    struct peer *p = plat_conn_ctx(c);
    struct builder b;
    struct span done;
    (void)session;
    p->tcp_seen++;
    if (p->mode == PEER_SILENT)
        return ERR_OK;
    builder_in(&b, &p->a, DNS_MSG_MAX);
    builder_be16(&b, 0);
    peer_answer(p, span_sub(message, 2, message.len), &b);
    builder_patch_be16(&b, 0, (uint16_t)(b.len - 2));
    assert_ok(builder_done(&b, &done));
    return plat_conn_send(c, done);
}

static inline void peer_start(struct peer *p, struct plat_loop *loop, const char *host,
                              const char *zones)
{
    static const struct plat_udp_ops udp_ops = {.name = "peer", .answer = peer_datagram};
    static const struct plat_udp_limits udp_limits = {1500, 1500, 4096, 1 << 20};
    static const struct plat_stream_ops tcp_ops = {
        .name = "peer", .session_size = 8, .frame = peer_frame, .consume = peer_consume};
    static const struct plat_stream_limits tcp_limits = {
        16, 0, 65537, 1 << 20, 65537, 1 << 20, UTIME_MINUTE, UTIME_MINUTE, UTIME_MINUTE};
    int fd;
    memset(p, 0, sizeof(*p));
    test_zones_init(&p->zones);
    test_zones_text(&p->zones, span_str(zones));
    arena_init(&p->a, 0, 64 << 20, 0);
    assert_ok(plat_addr_parse(span_str(host), 0, &p->addr));
    assert_ok(plat_udp_new(loop, &udp_ops, &udp_limits, p, &p->udp));
    assert_ok(plat_stream_new(loop, &tcp_ops, &tcp_limits, NULL, p, &p->tcp));
    assert_ok(plat_tcp_listen(&p->addr, &fd));
    assert_ok(plat_sock_addr(fd, &p->addr));
    assert_ok(plat_stream_listen(p->tcp, fd));
    assert_ok(plat_udp_bind(&p->addr, &fd));
    assert_ok(plat_udp_add(p->udp, fd));
}

static inline void peer_stop(struct peer *p)
{
    plat_udp_free(p->udp);
    plat_stream_free(p->tcp);
    test_zones_fini(&p->zones);
    arena_fini(&p->a);
}

/* --- a client --------------------------------------------------------------------------------- */

struct client {
    int fd;
    uint8_t buf[5000];
    size_t len;
};

static inline void client_start(struct client *c, const char *host, const struct plat_addr *to)
{
    struct plat_addr from;
    assert_ok(plat_addr_parse(span_str(host), 0, &from));
    assert_ok(plat_udp_dial(&from, to, &c->fd));
}

static inline void client_send(struct client *c, const char *name, uint16_t type, uint16_t id)
{
    struct dns_name n;
    struct dns_exchange x;
    uint8_t out[DNS_QUERY_MAX], random[DNS_EXCHANGE_RANDOM] = {(uint8_t)(id >> 8), (uint8_t)id};
    assert_ok(dns_name_from_text(span_str(name), &n));
    dns_exchange_begin(&x, dns_name_span(&n), type, true, false, random);
    x.name = n;
    size_t len = dns_exchange_query(&x, out, sizeof(out));
    c->len = 0;
    assert_int_equal(write(c->fd, out, len), len);
}

/* Turns the loop until an answer is there. */
static inline struct span client_receive(struct client *c, struct plat_loop *loop)
{
    for (unsigned i = 0; i < PEER_TURNS_MAX && c->len == 0; i++) {
        plat_loop_turn(loop, false);
        ssize_t len = read(c->fd, c->buf, sizeof(c->buf));
        c->len = len > 0 ? (size_t)len : 0;
        if (c->len == 0)
            usleep(1000);
    }
    assert_true(c->len > 0);
    return span_of(c->buf, c->len);
}

#endif
