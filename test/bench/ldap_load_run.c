/* The timed part: sockets and the server's CPU time. */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ldap_load.h"

#define SILENCE_MS 5000
#define BUFFER     (256 * 1024)

struct conn {
    int fd;
    unsigned outstanding;
    size_t have;
    uint8_t in[BUFFER];
};

static struct conn conns[LOAD_CONNS_MAX];

static void dial(const struct load *l, struct conn *c)
{
    int on = 1;
    struct timeval silence = {.tv_sec = SILENCE_MS / 1000};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->outstanding = 0;
    c->have = 0;
    if (c->fd < 0)
        ent_fatal("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
    if (connect(c->fd, (const struct sockaddr *)&l->server, sizeof(l->server)) < 0)
        ent_fatal("connect: %s", strerror(errno));
}

static void send_all(const struct conn *c, const uint8_t *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);
        if (n <= 0)
            ent_fatal("send: %s", strerror(errno));
        p += n;
        len -= (size_t)n;
    }
}

/* As many requests as the window has room for, in one piece. */
static void top_up(struct load *l, struct conn *c, unsigned *sent)
{
    static uint8_t piece[BUFFER];
    size_t len = 0;
    uint64_t now = load_now_ns();
    while (c->outstanding < l->window && *sent < l->count) {
        struct load_request *r = &l->request[*sent];
        if (r->bytes.len > sizeof(piece) - len)
            break;
        memcpy(piece + len, r->bytes.ptr, r->bytes.len);
        len += r->bytes.len;
        r->sent = now;
        c->outstanding++;
        (*sent)++;
    }
    send_all(c, piece, len);
}

/* What is whole of what was received. Returns how many requests it ends. */
static unsigned take_messages(struct load *l, struct conn *c)
{
    size_t pos = 0, len;
    unsigned ended = 0, which;
    uint64_t now = load_now_ns();
    while (pos < c->have) {
        enum err e = ldap_peek(span_of(c->in + pos, c->have - pos), BUFFER, &len);
        if (e == ERR_TRUNCATED || (e == ERR_OK && len > c->have - pos))
            break;
        if (e != ERR_OK)
            ent_fatal("what came is not LDAP");
        if (load_take_reply(l, span_of(c->in + pos, len), &which)) {
            l->request[which].took = now - l->request[which].sent + 1;
            ended++;
        }
        pos += len;
    }
    memmove(c->in, c->in + pos, c->have - pos);
    c->have -= pos;
    c->outstanding -= ended;
    return ended;
}

static unsigned receive(struct load *l, struct conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->have, BUFFER - c->have, 0);
    if (n <= 0)
        ent_fatal("recv: %s", n ? strerror(errno) : "closed early");
    c->have += (size_t)n;
    return take_messages(l, c);
}

static void authenticate(struct load *l, struct conn *c)
{
    struct span bind = load_bind_request(l, 1, l->bind_dn, l->bind_password);
    struct ldap_response *r;
    dial(l, c);
    if (l->kind == LOAD_BIND)
        return;
    send_all(c, bind.ptr, bind.len);
    ssize_t n = recv(c->fd, c->in, BUFFER, 0);
    if (n <= 0 || ldap_decode_response(span_of(c->in, (size_t)n), &l->arena, &r) != ERR_OK)
        ent_fatal("no answer to the bind");
    if (r->code != LDAP_SUCCESS)
        ent_fatal("the bind was answered %s: %.*s", ldap_code_name(r->code), SPAN_ARG(r->message));
}

static void run_kept(struct load *l)
{
    struct pollfd slot[LOAD_CONNS_MAX];
    unsigned sent = 0, got = 0;
    for (unsigned i = 0; i < l->conns; i++) {
        top_up(l, &conns[i], &sent);
        slot[i] = (struct pollfd){.fd = conns[i].fd, .events = POLLIN};
    }
    while (got < l->count) {
        /* With one connection the wait is the read's. */
        if (l->conns > 1 && poll(slot, l->conns, SILENCE_MS) <= 0)
            ent_fatal("no reply from the server");
        for (unsigned i = 0; i < l->conns; i++) {
            if (l->conns > 1 && !slot[i].revents)
                continue;
            got += receive(l, &conns[i]);
            top_up(l, &conns[i], &sent);
        }
    }
}

static void begin_one(struct load *l, struct conn *c, struct pollfd *slot, unsigned *sent)
{
    slot->fd = -1;
    if (*sent == l->count)
        return;
    uint64_t began = load_now_ns();
    unsigned which = *sent;
    dial(l, c);
    top_up(l, c, sent);
    l->request[which].sent = began;
    *slot = (struct pollfd){.fd = c->fd, .events = POLLIN};
}

/* Each request over a connection of its own, some at a time. */
static void run_connecting(struct load *l)
{
    static const uint8_t unbind[] = {0x30, 0x05, 0x02, 0x01, 0x7f, 0x42, 0x00};
    struct pollfd slot[LOAD_CONNS_MAX];
    unsigned sent = 0, got = 0;
    l->window = 1;
    for (unsigned i = 0; i < l->conns; i++)
        begin_one(l, &conns[i], &slot[i], &sent);
    while (got < l->count) {
        if (poll(slot, l->conns, SILENCE_MS) <= 0)
            ent_fatal("no reply from the server");
        for (unsigned i = 0; i < l->conns; i++) {
            if (slot[i].fd < 0 || !slot[i].revents || !receive(l, &conns[i]))
                continue;
            got++;
            send_all(&conns[i], unbind, sizeof(unbind));
            close(conns[i].fd);
            begin_one(l, &conns[i], &slot[i], &sent);
        }
    }
}

void load_run(struct load *l, struct load_times *out)
{
    bool connecting = l->kind == LOAD_CONNECT;
    for (unsigned i = 0; i < l->conns && !connecting; i++)
        authenticate(l, &conns[i]);
    uint64_t cpu = load_cpu_ns(&l->pids), wall = load_now_ns();
    if (connecting)
        run_connecting(l);
    else
        run_kept(l);
    out->wall = load_now_ns() - wall;
    out->cpu = load_cpu_ns(&l->pids) - cpu;
    for (unsigned i = 0; i < l->conns && !connecting; i++)
        close(conns[i].fd);
}
