/* The timed part: sockets and the server's CPU time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "krb_load.h"
#include "wire/krb/krb_frame.h"

#define SILENCE_MS 3000 /* after which a reply is counted as lost */
#define LOST_MAX   3    /* a reply that is lost costs a silence */
#define WINDOW_MAX 256

static int dial(const struct sockaddr_in *to, int type)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), size = 4 << 20;
    if (fd < 0)
        ent_fatal("socket: %s", strerror(errno));
    struct timeval silence = {.tv_sec = SILENCE_MS / 1000};
    if (type == SOCK_DGRAM)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
        ent_fatal("connect: %s", strerror(errno));
    return fd;
}

static bool wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, SILENCE_MS) == 1;
}

struct span load_ask(struct load *l, const struct sockaddr_in *to, struct span request)
{
    static uint8_t buf[LOAD_REPLY_MAX];
    int fd = dial(to, SOCK_DGRAM);
    if (send(fd, request.ptr, request.len, 0) < 0 || !wait_readable(fd))
        ent_fatal("no reply from the server");
    ssize_t n = recv(fd, buf, sizeof(buf), 0);
    close(fd);
    if (n <= 0)
        ent_fatal("no reply from the server");
    return arena_dup_span(&l->arena, span_of(buf, (size_t)n));
}

/* Every reply is of the right kind, or the figures mean nothing. */
static void take_reply(struct load *l, unsigned i, struct span reply)
{
    bool refused = strcmp(l->kind, "refused") == 0, error = krb_message_type(reply) == KRB_ERROR;
    struct krb_error *e;
    if (reply.len == 0 || refused != error) {
        if (error && krb_decode_error(reply, &l->arena, &e) == ERR_OK)
            ent_fatal("reply %u: %s", i, krb_error_name(e->error_code));
        ent_fatal("reply %u is not of the right kind", i);
    }
    l->reply_bytes += reply.len;
    unsigned each = l->count / LOAD_SAMPLES_MAX + 1;
    if (i % each == 0 && l->samples < LOAD_SAMPLES_MAX)
        l->sample[l->samples++] = arena_dup_span(&l->arena, reply);
}

static void send_one(int fd, struct span s)
{
    if (send(fd, s.ptr, s.len, 0) != (ssize_t)s.len)
        ent_fatal("send: %s", strerror(errno));
}

static bool any_readable(const int *fd, unsigned count)
{
    struct pollfd p[LOAD_SOCKETS_MAX];
    for (unsigned i = 0; i < count; i++)
        p[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
    return poll(p, count, SILENCE_MS) > 0;
}

/* Takes one reply of each socket that has one; each makes room for a request. */
static unsigned take_round(struct load *l, const int *fd, unsigned got, unsigned *sent)
{
    static uint8_t buf[LOAD_REPLY_MAX];
    unsigned more = 0;
    for (unsigned i = 0; i < l->sockets; i++) {
        ssize_t n = recv(fd[i], buf, sizeof(buf), MSG_DONTWAIT);
        if (n <= 0)
            continue;
        take_reply(l, got + more++, span_of(buf, (size_t)n));
        if (*sent < l->count)
            send_one(fd[i], l->request[(*sent)++].bytes);
    }
    return more;
}

uint64_t load_run_udp(struct load *l)
{
    int fd[LOAD_SOCKETS_MAX];
    unsigned sent = 0, got = 0, lost = 0;
    for (unsigned i = 0; i < l->sockets; i++)
        fd[i] = dial(&l->server, SOCK_DGRAM);
    uint64_t before = load_cpu_ns(&l->pids);
    for (; sent < l->count && sent < l->window; sent++)
        send_one(fd[sent % l->sockets], l->request[sent].bytes);
    while (got + lost < l->count) {
        unsigned more = take_round(l, fd, got, &sent);
        got += more;
        if (more || any_readable(fd, l->sockets))
            continue;
        lost = sent - got;
        if (lost > LOST_MAX)
            ent_fatal("%u replies lost", lost);
        for (; sent < l->count && sent - got - lost < l->window; sent++)
            send_one(fd[sent % l->sockets], l->request[sent].bytes);
    }
    uint64_t after = load_cpu_ns(&l->pids);
    for (unsigned i = 0; i < l->sockets; i++)
        close(fd[i]);
    return after - before;
}

static int64_t now_us(void)
{
    return (int64_t)(load_now_ns() / 1000);
}

uint64_t load_run_paced(struct load *l)
{
    static uint8_t buf[LOAD_REPLY_MAX];
    int fd = dial(&l->server, SOCK_DGRAM);
    unsigned sent = 0, got = 0;
    l->waited = arena_new_array(&l->arena, l->count, uint32_t);
    if (!l->waited)
        ent_fatal("out of memory");
    uint64_t before = load_cpu_ns(&l->pids);
    int64_t start = now_us(), heard = start;
    while (got < l->count) {
        int64_t now = now_us();
        for (; sent < l->count && start + (int64_t)sent * 1000000 / l->rate <= now; sent++)
            send_one(fd, l->request[sent].bytes);
        ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
        now = now_us();
        if (n <= 0 && now - heard > SILENCE_MS * 1000)
            ent_fatal("%u replies lost", sent - got);
        if (n <= 0)
            continue;
        heard = now;
        l->waited[got] = (uint32_t)(now - (start + (int64_t)got * 1000000 / l->rate));
        take_reply(l, got++, span_of(buf, (size_t)n));
    }
    uint64_t after = load_cpu_ns(&l->pids);
    close(fd);
    return after - before;
}

static int tcp_start(struct load *l, unsigned i)
{
    uint8_t frame[KRB_TCP_HEADER + 4096];
    struct builder b;
    struct span out;
    int fd = dial(&l->server, SOCK_STREAM);
    builder_over(&b, frame, sizeof(frame));
    krb_put_tcp_length(&b, (uint32_t)l->request[i].bytes.len);
    builder_span(&b, l->request[i].bytes);
    if (builder_done(&b, &out) != ERR_OK)
        ent_fatal("a request is too long");
    send_one(fd, out);
    return fd;
}

/* Replies are shorter than the socket's buffer: the rest of one is never far. */
static void tcp_finish(struct load *l, unsigned got, int fd)
{
    static uint8_t buf[LOAD_REPLY_MAX];
    size_t have = 0, want = KRB_TCP_HEADER;
    while (have < want) {
        ssize_t n = recv(fd, buf + have, sizeof(buf) - have, 0);
        if (n <= 0)
            ent_fatal("reply %u over TCP: %s", got, n ? strerror(errno) : "closed early");
        have += (size_t)n;
        size_t len;
        if (have >= KRB_TCP_HEADER && want == KRB_TCP_HEADER) {
            if (krb_tcp_length(span_of(buf, have), sizeof(buf) - KRB_TCP_HEADER, &len) != ERR_OK)
                ent_fatal("a reply's length is wrong");
            want += len;
        }
    }
    close(fd);
    take_reply(l, got, span_of(buf + KRB_TCP_HEADER, want - KRB_TCP_HEADER));
}

uint64_t load_run_tcp(struct load *l)
{
    struct pollfd slot[WINDOW_MAX];
    unsigned sent = 0, got = 0, window = l->window < WINDOW_MAX ? l->window : WINDOW_MAX;
    uint64_t before = load_cpu_ns(&l->pids);
    for (unsigned i = 0; i < window; i++)
        slot[i] = (struct pollfd){.fd = tcp_start(l, sent++), .events = POLLIN};
    while (got < l->count) {
        if (poll(slot, window, SILENCE_MS) <= 0)
            ent_fatal("no reply from the server");
        for (unsigned i = 0; i < window; i++) {
            if (slot[i].fd < 0 || !slot[i].revents)
                continue;
            tcp_finish(l, got++, slot[i].fd);
            slot[i].fd = sent < l->count ? tcp_start(l, sent++) : -1;
        }
    }
    return load_cpu_ns(&l->pids) - before;
}
