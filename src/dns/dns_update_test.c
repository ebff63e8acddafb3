/* Keys and updates against a mechanism that is no secret: what is signed, and what is not taken. */
#include <sys/socket.h>

#include "dns/dns_signature.h"
#include "dns/dns_test_peer.h"
#include "plat/clock.h"

#define ZONES                                                                                      \
    "zone aws.example.com\n"                                                                       \
    "@ 3600 SOA dc1.aws.example.com hostmaster.aws.example.com 7 900 600 86400 300\n"              \
    "dc1 3600 A 127.0.1.10\n"                                                                      \
    "dc1 3600 A 127.0.1.11\n"                                                                      \
    "_s 3600 SRV 1 2 3 Mail.aws.example.com\n"

#define MAC_SIZE 12

/* A context counts what it signs and remembers the last that it verified. */
struct gss {
    unsigned steps;
    uint8_t last[MAC_SIZE];
};

struct fixture {
    struct plat_loop *loop;
    struct test_zones zones;
    struct dns_service *s;
    struct plat_addr addr;
    struct client c;
    struct arena a;
    unsigned events[REASON__COUNT];
    struct dns_signed answer;
    unsigned rcode;
    struct span bytes; /* of the answer */
    unsigned contexts;
    struct dns_apply *applying; /* what waits for the writer */
    char changes[512];
    uint64_t epoch;
    bool cancelled;
};
static struct fixture *f;

/* --- the mechanism -----------------------------------------------------------------------------
 */

static void mac_of(struct span message, char who, uint8_t mac[MAC_SIZE])
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < message.len; i++)
        h = (h ^ message.ptr[i]) * 1099511628211u;
    memset(mac, who, MAC_SIZE);
    memcpy(mac, &h, sizeof(h));
}

static enum err open_gss(void *ctx, void **out)
{
    (void)ctx;
    f->contexts++;
    *out = calloc(1, sizeof(struct gss));
    return ERR_OK;
}

static void close_gss(void *ctx, void *gss)
{
    (void)ctx;
    f->contexts--;
    free(gss);
}

static enum err step(void *ctx, void *gss, struct span token, struct arena *a, struct span *out,
                     bool *done)
{
    struct gss *g = gss;
    (void)ctx, (void)a;
    g->steps++;
    *out = SPAN_LIT("answer");
    if (span_eq(token, SPAN_LIT("bad")))
        return ERR_REFUSED;
    *done = !span_eq(token, SPAN_LIT("half"));
    return ERR_OK;
}

static enum reason reason_of(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
    return REASON_AUTH_MESSAGE_INTEGRITY;
}

static struct span who(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
    return SPAN_LIT("HOST$@AWS");
}

static utime ends(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
    return plat_now() + 2 * DNS_CONTEXT_LIFETIME;
}

static enum err sign(void *ctx, void *gss, struct span message, struct arena *a, struct span *out)
{
    uint8_t *mac = arena_alloc(a, MAC_SIZE);
    (void)ctx, (void)gss;
    mac_of(message, 's', mac);
    *out = span_of(mac, MAC_SIZE);
    return ERR_OK;
}

static enum err verify(void *ctx, void *gss, struct span message, struct span mac)
{
    struct gss *g = gss;
    uint8_t want[MAC_SIZE];
    (void)ctx;
    mac_of(message, 'c', want);
    if (!span_eq(mac, span_of(want, MAC_SIZE)) || memcmp(g->last, want, MAC_SIZE) == 0)
        return ERR_REFUSED;
    memcpy(g->last, want, MAC_SIZE);
    return ERR_OK;
}

static enum err apply(void *ctx, void *gss, const struct dns_changes *changes, struct arena *a,
                      struct dns_apply *x)
{
    static const char *const kinds[] = {"add", "delete", "delete-type", "delete-name"};
    struct builder b;
    struct span said;
    (void)ctx, (void)gss, (void)a;
    builder_over(&b, f->changes, sizeof(f->changes) - 1);
    for (unsigned i = 0; i < changes->count; i++) {
        char name[DNS_TEXT_MAX];
        const struct dns_change *c = &changes->list[i];
        if (c->type == 99)
            return ERR_UNSUPPORTED;
        dns_name_to_text(c->name, name);
        builder_printf(&b, "%s %s %u %u %zu;", kinds[c->kind], name, c->type, c->ttl, c->rdata.len);
    }
    assert_ok(builder_done(&b, &said));
    f->changes[said.len] = 0;
    f->epoch = changes->epoch;
    f->applying = x;
    return ERR_OK;
}

static void cancel(void *ctx, struct dns_apply *x)
{
    (void)ctx;
    assert_ptr_equal(x, f->applying);
    f->applying = NULL;
    f->cancelled = true;
}

static const struct dns_update_ops ops = {open_gss, close_gss, step,   reason_of, who,
                                          ends,     sign,      verify, apply,     cancel};

/* --- the service -------------------------------------------------------------------------------
 */

static void count_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    f->events[ev->reason]++;
}

static int set_up(void **state)
{
    static struct event_sink sink = {count_event, NULL};
    struct dns_config config;
    int fd;
    f = calloc(1, sizeof(*f));
    *state = f;
    f->loop = plat_loop_new();
    test_zones_init(&f->zones);
    test_zones_text(&f->zones, SPAN_LIT(ZONES));
    f->zones.epochs.data = 77;
    arena_init(&f->a, 0, 16 << 20, 0);
    dns_config_default(&config);
    config.answers_per_second = 0;
    config.updates = (struct dns_updates){&ops, NULL};
    struct dns_zones zones = {&test_zone_ops, &f->zones};
    assert_ok(dns_service_new(f->loop, &zones, &config, &sink, &f->s));
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &f->addr));
    assert_ok(plat_udp_bind(&f->addr, &fd));
    assert_ok(plat_sock_addr(fd, &f->addr));
    assert_ok(dns_service_udp(f->s, fd));
    client_start(&f->c, "127.0.0.2", &f->addr);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dns_service_free(f->s);
    assert_int_equal(f->contexts, 0);
    close(f->c.fd);
    plat_loop_free(f->loop);
    test_zones_fini(&f->zones);
    arena_fini(&f->a);
    free(f);
    return 0;
}

static void send_bytes(struct span msg)
{
    f->c.len = 0;
    assert_int_equal(write(f->c.fd, msg.ptr, msg.len), msg.len);
}

static void receive(unsigned rcode)
{
    struct span msg = client_receive(&f->c, f->loop);
    f->bytes = arena_dup_span(&f->a, msg);
    assert_ok(dns_signed_parse(f->bytes, &f->a, &f->answer));
    f->rcode = f->bytes.ptr[3] & 15;
    assert_int_equal(f->rcode, rcode);
}

/* --- messages ----------------------------------------------------------------------------------
 */

#define ALGORITHM "\x08gss-tsig\0"
#define KEY       "\3KEY\0"
#define APEX      "\3aws\7example\3com\0"

static struct dns_tkey negotiate(const char *key, const char *algorithm, uint16_t mode,
                                 const char *token)
{
    struct dns_name name, alg;
    struct builder b;
    struct span msg;
    struct dns_tkey reply;
    assert_ok(dns_name_from_text(span_str(key), &name));
    assert_ok(dns_name_from_text(span_str(algorithm), &alg));
    builder_in(&b, &f->a, 4096);
    builder_span(&b, SPAN_LIT("\x11\x22\0\0\0\1\0\0\0\0\0\1"));
    builder_span(&b, dns_name_span(&name));
    builder_span(&b, SPAN_LIT("\0\xf9\0\xff\xc0\x0c\0\xf9\0\xff\0\0\0\0"));
    struct dns_tkey tkey = {.algorithm = dns_name_span(&alg), .mode = mode, .key = span_str(token)};
    size_t at = b.len;
    builder_be16(&b, 0);
    dns_tkey_put(&b, &tkey);
    builder_patch_be16(&b, at, (uint16_t)(b.len - at - 2));
    assert_ok(builder_done(&b, &msg));
    send_bytes(msg);
    receive(DNS_RCODE_NOERROR);
    assert_int_equal(f->answer.section[DNS_SECTION_ANSWER].count, 1);
    assert_ok(dns_tkey_decode(f->answer.section[DNS_SECTION_ANSWER].rrs[0].rdata, &reply));
    return reply;
}

static void agree(void)
{
    struct dns_tkey tkey = negotiate("key", "gss-tsig", 3, "token");
    assert_int_equal(tkey.error, 0);
    assert_span(tkey.key, "answer");
    assert_true(tkey.expiration > tkey.inception && f->answer.has_tsig);
}

/* The answer's signature is ours, over the request's MAC. */
static void assert_signed(struct span request_mac)
{
    struct builder b;
    struct span covered, msg;
    uint8_t want[MAC_SIZE];
    assert_true(f->answer.has_tsig);
    builder_in(&b, &f->a, 4096);
    builder_span(&b, span_sub(f->bytes, 0, 10));
    builder_be16(&b, (uint16_t)(f->bytes.ptr[11] - 1));
    builder_span(&b, span_sub(f->bytes, 12, f->answer.tsig_at - 12));
    assert_ok(builder_done(&b, &msg));
    builder_in(&b, &f->a, 4096);
    dns_tsig_covers_response(&b, msg, &f->answer.tsig, request_mac);
    assert_ok(builder_done(&b, &covered));
    mac_of(covered, 's', want);
    assert_span_equal(f->answer.tsig.mac, span_of(want, MAC_SIZE));
}

/* An update with sections of records as they lie. */
static struct span update(unsigned needs, struct span prerequisites, unsigned count,
                          struct span records)
{
    struct builder b;
    struct span out;
    builder_in(&b, &f->a, DNS_MSG_MAX);
    builder_span(&b, SPAN_LIT("\x33\x44\x28\0\0\1"));
    builder_be16(&b, (uint16_t)needs);
    builder_be16(&b, (uint16_t)count);
    builder_be16(&b, 0);
    builder_span(&b, SPAN_LIT(APEX "\0\6\0\1"));
    builder_span(&b, prerequisites);
    builder_span(&b, records);
    assert_ok(builder_done(&b, &out));
    return out;
}

static struct span mac;

static struct span signed_by(struct span msg, const char *key, int64_t ahead, char who_signs)
{
    struct dns_name name;
    struct builder b;
    struct span covered, out;
    static uint8_t bytes[MAC_SIZE];
    assert_ok(dns_name_from_text(span_str(key), &name));
    struct dns_tsig tsig = {.key = dns_name_span(&name),
                            .algorithm = SPAN_LIT(ALGORITHM),
                            .time = (uint64_t)(plat_now() / UTIME_SECOND + ahead),
                            .fudge = 300,
                            .original_id = 0x3344};
    builder_in(&b, &f->a, DNS_MSG_MAX);
    dns_tsig_covers_response(&b, msg, &tsig, SPAN_NONE); /* the same without a request's MAC */
    assert_ok(builder_done(&b, &covered));
    mac_of(covered, who_signs, bytes);
    tsig.mac = mac = span_of(bytes, MAC_SIZE);
    builder_in(&b, &f->a, DNS_MSG_MAX);
    dns_tsig_put(&b, msg, &tsig);
    assert_ok(builder_done(&b, &out));
    return out;
}

#define ADD "\1h\xc0\x0c\0\1\0\1\0\0\2\x58\0\4\x7f\0\0\1"

static struct span plain_update(void)
{
    return update(0, SPAN_NONE, 1, SPAN_LIT(ADD));
}

/* Until the service handed an update over. */
static void wait_applying(void)
{
    for (unsigned i = 0; i < PEER_TURNS_MAX && !f->applying; i++) {
        plat_loop_turn(f->loop, false);
        usleep(1000);
    }
    assert_non_null(f->applying);
}

static void conclude(unsigned rcode, enum reason reason)
{
    struct dns_apply *x = f->applying;
    f->applying = NULL;
    x->done(x, (enum dns_rcode)rcode, reason);
    receive(rcode);
}

/* --- keys --------------------------------------------------------------------------------------
 */

static void keys_are_agreed(void **state)
{
    (void)state;
    assert_int_equal(negotiate("key", "gss-tsig", 3, "half").error, 0);
    assert_false(f->answer.has_tsig);
    agree();
    assert_signed(SPAN_NONE);
    assert_int_equal(f->contexts, 1);
    assert_int_equal(negotiate("KEY", "gss-tsig", 3, "token").error, DNS_TSIG_BADNAME);
    assert_int_equal(f->events[REASON_DNS_KEY_TAKEN], 1);
    assert_int_equal(negotiate("other", "gss.microsoft.com", 3, "token").error, 0);
}

static void keys_that_are_not(void **state)
{
    (void)state;
    assert_int_equal(negotiate("a", "hmac-md5", 3, "token").error, DNS_TSIG_BADALG);
    assert_int_equal(negotiate("a", "gss-tsig", 2, "token").error, DNS_TSIG_BADMODE);
    assert_int_equal(f->events[REASON_DNS_KEY_MODE], 2);
    struct dns_tkey tkey = negotiate("a", "gss-tsig", 3, "bad");
    assert_int_equal(tkey.error, DNS_TSIG_BADKEY);
    assert_span(tkey.key, "answer");
    assert_int_equal(f->contexts, 0);
    send_bytes(SPAN_LIT("\0\1\0\0\0\1\0\0\0\0\0\0" KEY "\0\xf9\0\xff"));
    receive(DNS_RCODE_FORMERR);
}

static void keys_have_a_maximum(void **state)
{
    char name[16];
    (void)state;
    for (unsigned i = 0; i < DNS_CONTEXTS_PER_HOST; i++) {
        snprintf(name, sizeof(name), "k%u", i);
        negotiate(name, "gss-tsig", 3, "token");
    }
    assert_int_equal(f->contexts, DNS_CONTEXTS_PER_HOST);
    send_bytes(SPAN_LIT("\0\1\0\0\0\1\0\0\0\0\0\1" KEY
                        "\0\xf9\0\xff\xc0\x0c\0\xf9\0\xff\0\0\0\0\0\x1a" ALGORITHM
                        "\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0"));
    receive(DNS_RCODE_SERVFAIL);
    assert_int_equal(f->events[REASON_SERVER_BUSY], 1);
}

static void who_only_begins_keeps_nobody_out(void **state)
{
    char name[16];
    (void)state;
    agree();
    for (unsigned i = 0; i < 2 * DNS_CONTEXTS_PER_HOST; i++) {
        snprintf(name, sizeof(name), "h%u", i);
        assert_int_equal(negotiate(name, "gss-tsig", 3, "half").error, 0);
    }
    assert_int_equal(f->contexts, DNS_CONTEXTS_PER_HOST);
    assert_int_equal(negotiate("late", "gss-tsig", 3, "token").error, 0);
    assert_int_equal(f->contexts, DNS_CONTEXTS_PER_HOST);
    assert_int_equal(negotiate("key", "gss-tsig", 3, "token").error, DNS_TSIG_BADNAME);
}

/* As if from as many addresses as it takes: a key that is agreed stays, and another can be. */
static void nor_from_many_addresses(void **state)
{
    struct dns_contexts *c = dns_contexts_new(&f->s->config.updates);
    struct dns_context *x = NULL, *agreed = NULL;
    struct plat_addr client;
    struct dns_name name;
    (void)state;
    assert_non_null(c);
    for (unsigned i = 0; i < 2 * DNS_CONTEXTS_MAX; i++) {
        const char *from = arena_printf(&f->a, "127.0.%u.%u", i / 200, i % 200 + 1);
        assert_ok(plat_addr_parse(span_str(from), 53, &client));
        assert_ok(dns_name_from_text(span_str(arena_printf(&f->a, "k%u", i)), &name));
        assert_ok(dns_contexts_add(c, dns_name_span(&name), &client, 1, i, &x));
        agreed = agreed ? agreed : x;
        agreed->ready = true;
    }
    assert_int_equal(f->contexts, DNS_CONTEXTS_MAX);
    assert_ok(dns_name_from_text(SPAN_LIT("k0"), &name));
    assert_ptr_equal(dns_contexts_find(c, dns_name_span(&name), &client, 1, 0), agreed);
    dns_contexts_free(c);
}

/* --- updates -----------------------------------------------------------------------------------
 */

static void a_signed_update(void **state)
{
    (void)state;
    agree();
    send_bytes(signed_by(update(0, SPAN_NONE, 4,
                                SPAN_LIT(ADD "\1h\xc0\x0c\0\1\0\xff\0\0\0\0\0\0"
                                             "\1h\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0"
                                             "\1h\xc0\x0c\0\1\0\xfe\0\0\0\0\0\4\x7f\0\0\2")),
                         "key", 0, 'c'));
    wait_applying();
    assert_string_equal(f->changes, "add h.aws.example.com 1 600 4;"
                                    "delete-type h.aws.example.com 1 0 0;"
                                    "delete-name h.aws.example.com 255 0 0;"
                                    "delete h.aws.example.com 1 0 4;");
    assert_int_equal(f->epoch, 0);
    conclude(DNS_RCODE_NOERROR, REASON_NONE);
    assert_signed(mac);
    send_bytes(signed_by(plain_update(), "key", 1, 'c'));
    wait_applying();
    conclude(DNS_RCODE_REFUSED, REASON_DNS_UPDATE_DENIED);
    assert_signed(mac);
    assert_int_equal(f->events[REASON_DNS_UPDATE_DENIED], 1);
}

static void signatures_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int64_t ahead;
        char who;
        unsigned error;
        enum reason reason;
    } rows[] = {
        {"other", 0, 'c', DNS_TSIG_BADKEY, REASON_DNS_KEY_UNKNOWN},
        {"key", 0, 'x', DNS_TSIG_BADSIG, REASON_AUTH_MESSAGE_INTEGRITY},
        {"key", 400, 'c', DNS_TSIG_BADTIME, REASON_DNS_SIGNATURE_TIME},
        {"key", -400, 'c', DNS_TSIG_BADTIME, REASON_DNS_SIGNATURE_TIME},
    };
    agree();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        unsigned before = f->events[rows[i].reason];
        send_bytes(signed_by(plain_update(), rows[i].key, rows[i].ahead, rows[i].who));
        receive(DNS_RCODE_NOTAUTH);
        assert_int_equal(f->answer.tsig.error, rows[i].error);
        assert_int_equal(f->events[rows[i].reason], before + 1);
        assert_int_equal(f->answer.tsig.mac.len > 0, rows[i].error == DNS_TSIG_BADTIME);
    }
    assert_int_equal(f->answer.tsig.other.len, 6);
    struct span twice = signed_by(plain_update(), "key", 0, 'c');
    send_bytes(twice);
    wait_applying();
    conclude(DNS_RCODE_NOERROR, REASON_NONE);
    send_bytes(twice);
    receive(DNS_RCODE_NOTAUTH);
    assert_int_equal(f->answer.tsig.error, DNS_TSIG_BADSIG);
    /* A key whose negotiation goes on signs nothing. */
    negotiate("half", "gss-tsig", 3, "half");
    send_bytes(signed_by(plain_update(), "half", 0, 'c'));
    receive(DNS_RCODE_NOTAUTH);
    assert_int_equal(f->answer.tsig.error, DNS_TSIG_BADKEY);
}

static void unsigned_updates(void **state)
{
    (void)state;
    send_bytes(plain_update());
    receive(DNS_RCODE_REFUSED);
    assert_int_equal(f->events[REASON_DNS_UPDATE_UNSIGNED], 1);
    send_bytes(update(0, SPAN_NONE, 0, SPAN_NONE)); /* changes nothing */
    receive(DNS_RCODE_NOERROR);
}

static void prerequisites(void **state)
{
    (void)state;
#define DC1 "\3DC1\xc0\x0c"
    static const struct {
        unsigned count;
        struct span records;
        unsigned rcode;
    } rows[] = {
        {1, SPAN_LIT(DC1 "\0\xff\0\xff\0\0\0\0\0\0"), DNS_RCODE_NOERROR},
        {1, SPAN_LIT("\1x\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0"), DNS_RCODE_NXDOMAIN},
        {1, SPAN_LIT(DC1 "\0\1\0\xff\0\0\0\0\0\0"), DNS_RCODE_NOERROR},
        {1, SPAN_LIT(DC1 "\0\x1c\0\xff\0\0\0\0\0\0"), DNS_RCODE_NXRRSET},
        {1, SPAN_LIT("\1x\xc0\x0c\0\xff\0\xfe\0\0\0\0\0\0"), DNS_RCODE_NOERROR},
        {1, SPAN_LIT(DC1 "\0\xff\0\xfe\0\0\0\0\0\0"), DNS_RCODE_YXDOMAIN},
        {1, SPAN_LIT(DC1 "\0\5\0\xfe\0\0\0\0\0\0"), DNS_RCODE_NOERROR},
        {1, SPAN_LIT(DC1 "\0\1\0\xfe\0\0\0\0\0\0"), DNS_RCODE_YXRRSET},
        {1, SPAN_LIT(DC1 "\0\1\0\1\0\0\0\0\0\4\x7f\0\1\x0a"), DNS_RCODE_NXRRSET}, /* one of two */
        {3,
         SPAN_LIT(DC1 "\0\1\0\1\0\0\0\0\0\4\x7f\0\1\x0a" DC1 "\0\1\0\1\0\0\0\0\0\4\x7f\0\1\x0b" DC1
                      "\0\1\0\1\0\0\0\0\0\4\x7f\0\1\x0b"),
         DNS_RCODE_NOERROR},
        {2, SPAN_LIT(DC1 "\0\1\0\1\0\0\0\0\0\4\x7f\0\1\x0a" DC1 "\0\1\0\1\0\0\0\0\0\4\x7f\0\1\x0c"),
         DNS_RCODE_NXRRSET},
        {1, SPAN_LIT("\2_s\xc0\x0c\0\x21\0\1\0\0\0\0\0\x0d\0\1\0\2\0\3\4mAIL\xc0\x0c"),
         DNS_RCODE_NOERROR},
        {1, SPAN_LIT(DC1 "\0\1\0\xff\0\0\0\1\0\0"), DNS_RCODE_FORMERR},           /* a TTL */
        {1, SPAN_LIT(DC1 "\0\1\0\xff\0\0\0\0\0\4\x7f\0\0\1"), DNS_RCODE_FORMERR}, /* data */
        {1, SPAN_LIT(DC1 "\0\1\0\3\0\0\0\0\0\4\x7f\0\0\1"), DNS_RCODE_FORMERR},   /* CHAOS */
        {1, SPAN_LIT("\1x\0\0\xff\0\xff\0\0\0\0\0\0"), DNS_RCODE_NOTZONE},
    };
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        send_bytes(update(rows[i].count, rows[i].records, 0, SPAN_NONE));
        receive(rows[i].rcode);
        refused += rows[i].rcode != DNS_RCODE_NOERROR;
    }
    assert_int_equal(f->events[REASON_DNS_UPDATE_PREREQUISITE], refused);
    /* What was looked at is told to who makes the changes. */
    agree();
    send_bytes(signed_by(update(1, rows[0].records, 1, SPAN_LIT(ADD)), "key", 0, 'c'));
    wait_applying();
    assert_int_equal(f->epoch, 77);
    conclude(DNS_RCODE_NOERROR, REASON_NONE);
}

static void what_is_no_update(void **state)
{
    (void)state;
    static const struct {
        struct span record;
        unsigned rcode;
    } rows[] = {
        {SPAN_LIT("\1h\0\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1"), DNS_RCODE_NOTZONE},
        {SPAN_LIT("\1h\xc0\x0c\0\xff\0\1\0\0\0\1\0\1x"),
         DNS_RCODE_FORMERR}, /* ANY cannot be added */
        {SPAN_LIT("\1h\xc0\x0c\0\xff\0\xfe\0\0\0\0\0\1x"), DNS_RCODE_FORMERR},
        {SPAN_LIT("\1h\xc0\x0c\0\1\0\xff\0\0\0\1\0\0"), DNS_RCODE_FORMERR},
        {SPAN_LIT("\1h\xc0\x0c\0\1\0\xfe\0\0\0\0\0\0"), DNS_RCODE_FORMERR},  /* which one? */
        {SPAN_LIT("\1h\xc0\x0c\0\x63\0\1\0\0\0\1\0\1x"), DNS_RCODE_REFUSED}, /* SPF */
    };
    agree();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        send_bytes(signed_by(update(0, SPAN_NONE, 1, rows[i].record), "key", (int64_t)i, 'c'));
        receive(rows[i].rcode);
        assert_true(f->answer.has_tsig);
        assert_int_equal(f->events[REASON_DNS_UPDATE_RECORD], i + 1);
    }
    send_bytes(SPAN_LIT("\0\1\x28\0\0\1\0\0\0\0\0\0\7example\3com\0\0\6\0\1"));
    receive(DNS_RCODE_NOTAUTH);
    send_bytes(SPAN_LIT("\0\1\x28\0\0\1\0\0\0\0\0\0\3dc1" APEX "\0\6\0\1")); /* in it, not it */
    receive(DNS_RCODE_NOTAUTH);
    assert_int_equal(f->events[REASON_DNS_UPDATE_ZONE], 2);
    send_bytes(SPAN_LIT("\0\1\x28\0\0\1\0\0\0\0\0\0" APEX "\0\1\0\1"));
    receive(DNS_RCODE_FORMERR);
}

static void too_many_records(void **state)
{
    struct builder b;
    struct span needs;
    (void)state;
    builder_in(&b, &f->a, 8192);
    for (unsigned i = 0; i <= DNS_PREREQUISITES_MAX; i++)
        builder_span(&b, SPAN_LIT(DC1 "\0\xff\0\xff\0\0\0\0\0\0"));
    assert_ok(builder_done(&b, &needs));
    send_bytes(update(DNS_PREREQUISITES_MAX + 1, needs, 0, SPAN_NONE));
    receive(DNS_RCODE_REFUSED);
    assert_int_equal(f->events[REASON_DNS_UPDATE_TOO_LARGE], 1);
}

/* The service ends while the writer has an update: nobody waits for it any more. */
static void an_update_at_the_end(void **state)
{
    (void)state;
    agree();
    send_bytes(signed_by(plain_update(), "key", 0, 'c'));
    wait_applying();
    dns_service_free(f->s);
    f->s = NULL;
    assert_true(f->cancelled);
    assert_int_equal(f->contexts, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_agreed),
        TEST(keys_that_are_not),
        TEST(keys_have_a_maximum),
        TEST(who_only_begins_keeps_nobody_out),
        TEST(nor_from_many_addresses),
        TEST(a_signed_update),
        TEST(signatures_that_are_wrong),
        TEST(unsigned_updates),
        TEST(prerequisites),
        TEST(what_is_no_update),
        TEST(too_many_records),
        TEST(an_update_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
