/*
 * http_load server=ADDRESS:PORT requests=FILE expect=FILE conns=N: requests that are ready, signed,
 * over kept connections with one outstanding on each; prints one line of JSON.
 *
 * The file has for each request a line "DUE LENGTH" (DUE: nanoseconds from the start) and its
 * bytes. A request is sent when it is due and a connection is free, the one that has been free for
 * longest. How long it took is counted from when it was due; when none has a time, from when it was
 * sent. Every reply must be 200 with the expected body, octet by octet. One thread; what cannot be
 * done ends the program with a sentence.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "load_common.h"

#define CONNS_MAX    512 /* what the service takes from one address */
#define REQUESTS_MAX 200000
#define FILE_LIMIT   ((size_t)1 << 30)
#define SILENCE_NS   5000000000u
#define BUFFER       (64 * 1024)

struct request {
    struct span bytes;
    uint64_t due, began, took;
};

struct conn {
    int fd;
    struct request *asked; /* NULL: free */
    size_t have;
    char in[BUFFER];
};

struct load {
    struct sockaddr_in server;
    struct span body; /* of every reply */
    struct request *request;
    unsigned count, conns, sent, got;
    bool paced;
    uint64_t reply_bytes;
    struct conn *conn;
    struct conn *idle[CONNS_MAX]; /* a ring: first in, first out */
    unsigned idle_first, idle_count;
    struct arena arena;
};

/* --- what is asked ------------------------------------------------------------------------------
 */

static const char *option(int argc, char **argv, const char *name)
{
    const char *s = load_option(argc, argv, name);
    if (!*s)
        ent_fatal("%s= is missing", name);
    return s;
}

/* With a zero behind it. */
static struct span whole_file(struct load *l, const char *path)
{
    FILE *f = fopen(path, "re");
    long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    char *text = size >= 0 ? arena_alloc(&l->arena, (size_t)size + 1) : NULL;
    if (!text || fseek(f, 0, SEEK_SET) != 0 || fread(text, 1, (size_t)size, f) != (size_t)size)
        ent_fatal("cannot read %s", path);
    text[size] = '\0';
    fclose(f);
    return span_of(text, (size_t)size);
}

static void read_requests(struct load *l, struct span file)
{
    const char *p = (const char *)file.ptr, *end = p + file.len;
    l->request = arena_new_array(&l->arena, REQUESTS_MAX, struct request);
    while (l->request && p < end && l->count < REQUESTS_MAX) {
        char *rest;
        struct request *r = &l->request[l->count++];
        r->due = strtoull(p, &rest, 10);
        size_t len = strtoul(rest, &rest, 10);
        if (*rest != '\n' || len == 0 || len > (size_t)(end - rest - 1))
            ent_fatal("request %u is not a line and so many bytes", l->count);
        r->bytes = span_of(rest + 1, len);
        l->paced |= r->due != 0;
        p = rest + 1 + len;
    }
    if (!l->count)
        ent_fatal("no requests");
}

/* --- the timed part -----------------------------------------------------------------------------
 */

static void set_idle(struct load *l, struct conn *c)
{
    c->asked = NULL;
    c->have = 0;
    l->idle[(l->idle_first + l->idle_count++) % CONNS_MAX] = c;
}

static void dial(struct load *l, struct conn *c, int epoll)
{
    int on = 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
        connect(c->fd, (const struct sockaddr *)&l->server, sizeof(l->server)) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev) < 0)
        ent_fatal("connect: %s", strerror(errno));
    set_idle(l, c);
}

static void ask_what_is_due(struct load *l, uint64_t start)
{
    uint64_t now = load_now_ns();
    while (l->idle_count && l->sent < l->count && start + l->request[l->sent].due <= now) {
        struct request *r = &l->request[l->sent++];
        struct conn *c = l->idle[l->idle_first];
        l->idle_first = (l->idle_first + 1) % CONNS_MAX;
        l->idle_count--;
        c->asked = r;
        r->began = l->paced ? start + r->due : now;
        if (send(c->fd, r->bytes.ptr, r->bytes.len, MSG_NOSIGNAL) != (ssize_t)r->bytes.len)
            ent_fatal("send: %s", strerror(errno));
        now = load_now_ns();
    }
}

/* True when the reply is whole, and it is what it should be. */
static bool take_reply(struct load *l, struct conn *c)
{
    const char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (!end)
        return false;
    struct span body = span_of(end + 4, c->have - (size_t)(end + 4 - c->in));
    if (strncmp(c->in, "HTTP/1.1 200 ", 13) != 0)
        ent_fatal("a reply is %.*s", (int)c->have, c->in);
    if (body.len < l->body.len)
        return false;
    if (!span_eq(body, l->body))
        ent_fatal("a reply has another body: %.*s", SPAN_ARG(body));
    l->reply_bytes += c->have;
    return true;
}

static void receive(struct load *l, struct conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, 0);
    if (n <= 0 || !c->asked)
        ent_fatal("recv: %s", n < 0 ? strerror(errno) : n ? "nothing was asked" : "closed early");
    c->have += (size_t)n;
    if (!take_reply(l, c))
        return;
    c->asked->took = load_now_ns() - c->asked->began;
    l->got++;
    set_idle(l, c);
}

/* What is paced looks at the clock all the time: to sleep would add a wakeup of ours to each
 * figure. */
static double run(struct load *l, int epoll)
{
    struct epoll_event events[CONNS_MAX];
    uint64_t start = load_now_ns(), heard = start;
    while (l->got < l->count) {
        ask_what_is_due(l, start);
        int n = epoll_wait(epoll, events, CONNS_MAX, l->paced ? 0 : SILENCE_NS / 1000000);
        uint64_t now = load_now_ns();
        if (n > 0 || l->idle_count == l->conns)
            heard = now;
        if (n < 0 || now - heard > SILENCE_NS)
            ent_fatal("%u of %u requests were answered", l->got, l->sent);
        for (int i = 0; i < n; i++)
            receive(l, events[i].data.ptr);
    }
    return (double)(load_now_ns() - start) / 1e9;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = ((const struct request *)a)->took, y = ((const struct request *)b)->took;
    return (x > y) - (x < y);
}

static void report(struct load *l, double seconds)
{
    qsort(l->request, l->count, sizeof(l->request[0]), by_size);
    printf("{\"replies\": %u, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"max_ms\": %.3f, \"reply_bytes\": %.0f}\n",
           l->count, seconds, (double)l->request[l->count / 2].took / 1e6,
           (double)l->request[l->count * 99ul / 100].took / 1e6,
           (double)l->request[l->count - 1].took / 1e6, (double)l->reply_bytes / l->count);
}

int main(int argc, char **argv)
{
    static struct load load;
    struct load *l = &load;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    arena_init(&l->arena, 1u << 20, FILE_LIMIT, 0);
    l->server = load_address(option(argc, argv, "server"));
    l->conns = (unsigned)strtoul(option(argc, argv, "conns"), NULL, 10);
    if (l->conns == 0 || l->conns > CONNS_MAX || epoll < 0)
        ent_fatal("conns: 1 to %d", CONNS_MAX);
    l->body = whole_file(l, option(argc, argv, "expect"));
    read_requests(l, whole_file(l, option(argc, argv, "requests")));
    l->conn = arena_new_array(&l->arena, l->conns, struct conn);
    if (!l->conn)
        ent_fatal("out of memory");
    for (unsigned i = 0; i < l->conns; i++)
        dial(l, &l->conn[i], epoll);
    report(l, run(l, epoll));
    arena_fini(&l->arena);
    return 0;
}
