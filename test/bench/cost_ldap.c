#include "cost_ldap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "ldap/ldap.h"
#include "wire/ldap/ldap_client.h"

#define READER   "reader"
#define PIPELINE 16 /* requests that are sent at once */
#define WAIT     (10 * UTIME_SECOND)

struct cost_ldap {
    struct realm *realm;
    struct plat_loop *loop;
    struct ldap_server *server;
    struct arena arena;
    unsigned users;
    int fd;
    size_t have;
    uint8_t in[4u << 20];
};

static struct plat_channel *no_writer(void *ctx)
{
    (void)ctx;
    return NULL;
}

static int listening(struct sockaddr_in *at)
{
    socklen_t size = sizeof(*at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)at, size) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)at, &size) < 0)
        ent_fatal("listen: %s", strerror(errno));
    return fd;
}

/* What has come so far; nothing to read is no error. */
static void take(struct cost_ldap *c)
{
    ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, MSG_DONTWAIT);
    if (n > 0)
        c->have += (size_t)n;
}

static struct span encoded(struct cost_ldap *c, const struct ldap_message *m)
{
    struct builder b;
    struct span out;
    builder_in(&b, &c->arena, 4096);
    ldap_put_request(&b, m);
    assert_ok(builder_done(&b, &out));
    return out;
}

static void send_all(struct cost_ldap *c, struct span bytes)
{
    if (send(c->fd, bytes.ptr, bytes.len, 0) != (ssize_t)bytes.len)
        ent_fatal("send: %s", strerror(errno));
}

/* Turns until the answers have this many bytes. */
static void turn_until(struct cost_ldap *c, size_t bytes)
{
    while (c->have < bytes) {
        plat_loop_turn(c->loop, WAIT);
        take(c);
    }
}

/* The answers of one request, which come at once: up to the message that ends it. */
static size_t answer_size(struct cost_ldap *c, struct span request, unsigned *entries_out)
{
    struct ldap_response *r = NULL;
    size_t used = 0, len;
    c->have = 0;
    *entries_out = 0;
    send_all(c, request);
    for (;;) {
        turn_until(c, used + 1);
        enum err e = ldap_peek(span_of(c->in + used, c->have - used), sizeof(c->in), &len);
        if (e == ERR_TRUNCATED || (e == ERR_OK && used + len > c->have)) {
            turn_until(c, c->have + 1);
            continue;
        }
        assert_ok(e);
        assert_ok(ldap_decode_response(span_of(c->in + used, len), &c->arena, &r));
        used += len;
        if (r->op == LDAP_SEARCH_ENTRY)
            *entries_out += 1;
        else if (r->op != LDAP_SEARCH_REFERENCE)
            break;
    }
    if (r->code != LDAP_SUCCESS)
        ent_fatal("result %u: %.*s", r->code, SPAN_ARG(r->message));
    return used;
}

struct cost_ldap *cost_ldap_start(struct realm *r, unsigned users)
{
    static struct cost_ldap c;
    struct sockaddr_in at;
    struct intent_mod mod = {MOD_REPLACE, SPAN_LIT("allow-cleartext-bind"),
                             &(struct span)SPAN_LIT("1"), 1};
    struct intent settings = {.kind = INTENT_SETTINGS, .mods = &mod, .mod_count = 1};
    unsigned entries;
    c = (struct cost_ldap){.realm = r, .users = users, .loop = plat_loop_new()};
    arena_init(&c.arena, 0, 256u << 20, 0);
    forests_write(r, &settings);
    forests_user(r, READER);
    struct ldap_env env = {.loop = c.loop,
                           .dir = r->dir,
                           .events = &r->sink,
                           .host = SPAN_LIT("dc1"),
                           .site = SPAN_LIT("Default-First-Site-Name"),
                           .now = fixture_now,
                           .random = fixture_random,
                           .intent = fixture_intent,
                           .writer = no_writer,
                           .ctx = r};
    assert_ok(ldap_server_new(&env, &c.server));
    assert_ok(ldap_server_listen(c.server, listening(&at)));
    c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c.fd < 0 || connect(c.fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        ent_fatal("connect: %s", strerror(errno));
    struct ldap_message bind = {.id = 1, .op = LDAP_BIND_REQUEST};
    bind.bind = (struct ldap_bind){.version = 3,
                                   .name = forests_dn(r, &c.arena, "CN=" READER ",CN=Users"),
                                   .auth = LDAP_AUTH_SIMPLE,
                                   .password = SPAN_LIT(USER_PASSWORD)};
    answer_size(&c, encoded(&c, &bind), &entries);
    return &c;
}

static struct span search(struct cost_ldap *c, const char *kind, unsigned user)
{
    static struct span attrs[] = {SPAN_LIT("cn"), SPAN_LIT("sAMAccountName"),
                                  SPAN_LIT("userAccountControl"), SPAN_LIT("objectSid"),
                                  SPAN_LIT("whenCreated")};
    bool base = strcmp(kind, "base") == 0;
    const char *name = arena_printf(&c->arena, "user%05u", user);
    struct ldap_filter by_name = {
        .kind = LDAP_FILTER_EQUAL, .attr = SPAN_LIT("sAMAccountName"), .value = span_str(name)};
    struct ldap_filter any = {.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("objectClass")};
    struct ldap_message m = {.id = 1000 + (int32_t)user, .op = LDAP_SEARCH_REQUEST};
    const char *rdn = base ? arena_printf(&c->arena, "CN=%s,CN=Users", name) : "";
    m.search = (struct ldap_search){.base = forests_dn(c->realm, &c->arena, rdn),
                                    .scope = base ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE,
                                    .filter = base ? &any : &by_name,
                                    .attrs = attrs,
                                    .attr_count = sizeof(attrs) / sizeof(attrs[0])};
    return encoded(c, &m);
}

void search_all(struct cost_ldap *c, const struct span *batch, const size_t *answers,
                unsigned batches);

/* Counted: the client's part is a send and a few reads for each batch. */
__attribute__((noinline)) void search_all(struct cost_ldap *c, const struct span *batch,
                                          const size_t *answers, unsigned batches)
{
    for (unsigned i = 0; i < batches; i++) {
        c->have = 0;
        send_all(c, batch[i]);
        turn_until(c, answers[i]);
    }
}

void cost_ldap_run(struct cost_ldap *c, const char *kind, unsigned count)
{
    unsigned batches = count / PIPELINE, entries, user = 0;
    struct span *batch = arena_new_array(&c->arena, batches, struct span);
    size_t *answers = arena_new_array(&c->arena, batches, size_t);
    for (unsigned i = 0; i < batches; i++) {
        struct builder b;
        builder_in(&b, &c->arena, 65536);
        for (unsigned j = 0; j < PIPELINE; j++, user = (user + 1) % c->users) {
            struct span one = search(c, kind, user);
            answers[i] += answer_size(c, one, &entries);
            if (entries != 1)
                ent_fatal("%s: %u entries", kind, entries);
            builder_span(&b, one);
        }
        assert_ok(builder_done(&b, &batch[i]));
    }
    search_all(c, batch, answers, batches);
    if (c->have != answers[batches - 1])
        ent_fatal("%s: more was answered than asked", kind);
}

void cost_ldap_stop(struct cost_ldap *c)
{
    close(c->fd);
    ldap_server_free(c->server);
    plat_loop_turn(c->loop, 1);
    plat_loop_free(c->loop);
    arena_fini(&c->arena);
}
