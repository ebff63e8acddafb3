/* TLS and certificates with GnuTLS' client at the other end, byte by byte and in large pieces. */
#include "crypt/tls.h"

#include "base/test.h"
#include "crypt/x509.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define FROM      (INT64_C(1700000000) * UTIME_SECOND)
#define UNTIL     (INT64_C(2000000000) * UTIME_SECOND)
#define PIPE_SIZE (1 << 20)

static struct arena arena;
static struct x509_identity ca, server;
static struct tls_config *config;

/* Bytes under way in one direction. */
struct pipe {
    uint8_t bytes[PIPE_SIZE];
    size_t len, read;
};

static struct pipe to_server, to_client, plain_in;

static ssize_t client_pull(gnutls_transport_ptr_t ptr, void *out, size_t len)
{
    size_t left = to_client.len - to_client.read, n = len < left ? len : left;

    if (n == 0) {
        gnutls_transport_set_errno(ptr, EAGAIN);
        return -1;
    }
    memcpy(out, to_client.bytes + to_client.read, n);
    to_client.read += n;
    return (ssize_t)n;
}

static int client_pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    (void)ptr, (void)ms;
    return to_client.len > to_client.read;
}

static ssize_t client_push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
    (void)ptr;
    assert_true(to_server.len + len <= PIPE_SIZE);
    memcpy(to_server.bytes + to_server.len, data, len);
    to_server.len += len;
    return (ssize_t)len;
}

static gnutls_certificate_credentials_t client_credentials;

static gnutls_session_t client_new(const char *priorities, const char *host)
{
    gnutls_session_t s;

    to_server.len = to_server.read = to_client.len = to_client.read = plain_in.len = plain_in.read =
        0;
    assert_int_equal(gnutls_init(&s, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    assert_int_equal(gnutls_priority_set_direct(s, priorities, NULL), 0);
    assert_int_equal(gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, client_credentials), 0);
    if (host)
        gnutls_session_set_verify_cert(s, host, 0);
    gnutls_handshake_set_timeout(s, GNUTLS_INDEFINITE_TIMEOUT);
    gnutls_transport_set_ptr(s, s);
    gnutls_transport_set_pull_function(s, client_pull);
    gnutls_transport_set_pull_timeout_function(s, client_pull_timeout);
    gnutls_transport_set_push_function(s, client_push);
    return s;
}

static void append(struct pipe *p, struct span s)
{
    assert_true(p->len + s.len <= PIPE_SIZE);
    memcpy(p->bytes + p->len, s.ptr, s.len);
    p->len += s.len;
}

/* Gives the server what the client sent, at most step bytes at a time. */
static enum err serve(struct tls *t, size_t step)
{
    static uint8_t plain_mem[PIPE_SIZE], reply_mem[PIPE_SIZE];

    while (to_server.read < to_server.len) {
        struct span wire = span_sub(span_of(to_server.bytes, to_server.len), to_server.read, step),
                    got, reply;
        struct builder p, r;

        builder_over(&p, plain_mem, sizeof(plain_mem));
        builder_over(&r, reply_mem, sizeof(reply_mem));
        to_server.read += wire.len;
        enum err e = tls_input(t, wire, &p, &r);
        assert_ok(builder_done(&p, &got));
        assert_ok(builder_done(&r, &reply));
        append(&plain_in, got);
        append(&to_client, reply);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

static int handshake(gnutls_session_t client, struct tls *t, size_t step, enum err *server_err)
{
    int code = GNUTLS_E_AGAIN;

    *server_err = ERR_OK;
    for (int turn = 0; turn < 10 && *server_err == ERR_OK && (code == GNUTLS_E_AGAIN || code == 0);
         turn++) {
        code = gnutls_handshake(client);
        *server_err = serve(t, step);
        if (code == 0 && tls_established(t))
            return 0;
    }
    return code == GNUTLS_E_AGAIN ? gnutls_handshake(client) : code;
}

static void send_to_client(struct tls *t, struct span plain)
{
    static uint8_t mem[TLS_PIECE_MAX + TLS_OVERHEAD_MAX];
    struct builder b;
    struct span wire;

    builder_over(&b, mem, sizeof(mem));
    assert_ok(tls_output(t, plain, &b));
    assert_ok(builder_done(&b, &wire));
    append(&to_client, wire);
}

static void talk(const char *priorities, size_t step, const char *host)
{
    gnutls_session_t client = client_new(priorities, host);
    struct tls *t;
    enum err e;
    char back[64];

    assert_ok(tls_new(config, 0, &t));
    assert_false(tls_established(t));
    int code = handshake(client, t, step, &e);
    if (code != 0)
        fail_msg("%s, step %zu: %s", priorities, step, gnutls_strerror(code));
    assert_ok(e);
    assert_int_equal(gnutls_record_send(client, "ping", 4), 4);
    assert_ok(serve(t, step));
    assert_int_equal(plain_in.len, 4);
    assert_memory_equal(plain_in.bytes, "ping", 4);
    send_to_client(t, SPAN_LIT("pong!"));
    assert_int_equal(gnutls_record_recv(client, back, sizeof(back)), 5);
    assert_memory_equal(back, "pong!", 5);

    gnutls_bye(client, GNUTLS_SHUT_WR);
    assert_err(serve(t, step), ERR_CLOSED);
    gnutls_deinit(client);
    tls_free(t);
}

static void test_versions_and_steps(void **state)
{
    (void)state;
    static const char *const priorities[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                             "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL"};
    static const size_t steps[] = {1, 7, 4096, PIPE_SIZE};

    for (int p = 0; p < 3; p++)
        for (int s = 0; s < 4; s++)
            talk(priorities[p], steps[s], NULL);
}

/* What a client that knows nothing else gets: only what the options allow. */
static void test_options(void **state)
{
    (void)state;
    static const struct {
        const char *client;
        unsigned with, without;
    } rows[] = {
        {"NORMAL:-VERS-ALL:+VERS-TLS1.0", TLS_WITH_1_0, TLS_WITH_1_1},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.1", TLS_WITH_1_1, TLS_WITH_1_0},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC", TLS_WITH_3DES, 0},
        {"NORMAL:-CIPHER-ALL:+AES-128-GCM", TLS_WITH_1_0, TLS_WITHOUT_AES_128},
        {"NORMAL:-CIPHER-ALL:+AES-256-GCM", TLS_WITHOUT_AES_128, TLS_OPTIONS_ALL + 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned good = 0; good < 2; good++) {
            unsigned options = good ? rows[i].with : rows[i].without;
            gnutls_session_t client = client_new(rows[i].client, NULL);
            struct tls *t;
            enum err e;

            if (options > TLS_OPTIONS_ALL) {
                gnutls_deinit(client);
                continue;
            }
            assert_ok(tls_new(config, options, &t));
            int code = handshake(client, t, PIPE_SIZE, &e);
            if ((code == 0) != (good == 1))
                fail_msg("%s, options %u: %s", rows[i].client, options, gnutls_strerror(code));
            gnutls_deinit(client);
            tls_free(t);
        }
    }
}

/* The client believes our authority, for each of the server's names and for no other. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool good;
    } rows[] = {{"dc1.aws.example.com", true}, {"aws.example.com", true},
                {"127.0.1.10", true},          {"::1", true},
                {"corp.example.com", false},   {"127.0.1.11", false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        gnutls_session_t client = client_new("NORMAL", rows[i].host);
        struct tls *t;
        enum err e;

        assert_ok(tls_new(config, 0, &t));
        int code = handshake(client, t, PIPE_SIZE, &e);
        if ((code == 0) != rows[i].good)
            fail_msg("%s: %s", rows[i].host, gnutls_strerror(code));
        gnutls_deinit(client);
        tls_free(t);
    }
}

static void test_channel_binding(void **state)
{
    (void)state;
    gnutls_session_t client = client_new("NORMAL", NULL);
    gnutls_datum_t binding;
    struct tls *t;
    enum err e;

    assert_ok(tls_new(config, 0, &t));
    assert_int_equal(handshake(client, t, PIPE_SIZE, &e), 0);
    assert_int_equal(
        gnutls_session_channel_binding(client, GNUTLS_CB_TLS_SERVER_END_POINT, &binding), 0);
    assert_span_equal(tls_config_end_point(config), span_of(binding.data, binding.size));
    assert_int_equal(binding.size, 32);
    gnutls_free(binding.data);
    gnutls_deinit(client);
    tls_free(t);
}

/* Large pieces both ways. */
static void test_volume(void **state)
{
    (void)state;
    static uint8_t data[TLS_PIECE_MAX], back[TLS_PIECE_MAX];
    gnutls_session_t client = client_new("NORMAL", NULL);
    struct tls *t;
    enum err e;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    assert_ok(tls_new(config, 0, &t));
    assert_int_equal(handshake(client, t, PIPE_SIZE, &e), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(gnutls_record_send(client, data, sizeof(data)), sizeof(data));
        send_to_client(t, span_of(data, sizeof(data)));
        assert_int_equal(gnutls_record_recv(client, back, sizeof(back)), sizeof(back));
        assert_memory_equal(back, data, sizeof(data));
    }
    assert_ok(serve(t, 1000));
    assert_int_equal(plain_in.len, 20 * sizeof(data));
    assert_memory_equal(plain_in.bytes + 19 * sizeof(data), data, sizeof(data));
    gnutls_deinit(client);
    tls_free(t);
}

static void test_order_of_calls(void **state)
{
    (void)state;
    uint8_t mem[64], big[TLS_PIECE_MAX + 1] = {0};
    gnutls_session_t client = client_new("NORMAL", NULL);
    struct builder b;
    struct tls *t;
    enum err e;

    builder_over(&b, mem, sizeof(mem));
    assert_ok(tls_new(config, 0, &t));
    assert_err(tls_output(t, SPAN_LIT("early"), &b), ERR_BUSY);
    tls_end(t, &b);
    assert_int_equal(b.len, 0);
    assert_int_equal(handshake(client, t, PIPE_SIZE, &e), 0);
    assert_err(tls_output(t, span_of(big, sizeof(big)), &b), ERR_LIMIT);
    assert_ok(tls_output(t, SPAN_NONE, &b));
    assert_int_equal(b.len, 0);
    tls_end(t, &b);
    assert_true(b.len > 0);
    append(&to_client, span_of(mem, b.len));
    assert_int_equal(gnutls_record_recv(client, big, sizeof(big)), 0);
    assert_err(tls_output(t, SPAN_LIT("late"), &b), ERR_CLOSED);
    assert_err(tls_input(t, SPAN_LIT("late"), &b, &b), ERR_CLOSED);
    gnutls_deinit(client);
    tls_free(t);
}

/* A builder without room ends the session with the builder's error. */
static void test_no_room(void **state)
{
    (void)state;
    uint8_t tiny[10], mem[65536];
    gnutls_session_t client = client_new("NORMAL", NULL);
    struct builder p, r;
    struct tls *t;
    enum err e;

    assert_ok(tls_new(config, 0, &t));
    assert_int_equal(gnutls_handshake(client), GNUTLS_E_AGAIN);
    builder_over(&p, mem, sizeof(mem));
    builder_over(&r, tiny, sizeof(tiny));
    assert_err(tls_input(t, span_of(to_server.bytes, to_server.len), &p, &r), ERR_LIMIT);
    assert_err(tls_input(t, SPAN_LIT("x"), &p, &r), ERR_CLOSED);
    gnutls_deinit(client);
    tls_free(t);

    client = client_new("NORMAL", NULL);
    assert_ok(tls_new(config, 0, &t));
    assert_int_equal(handshake(client, t, PIPE_SIZE, &e), 0);
    builder_over(&r, tiny, sizeof(tiny));
    assert_err(tls_output(t, SPAN_LIT("does not fit"), &r), ERR_LIMIT);
    gnutls_deinit(client);
    tls_free(t);
}

static enum err throw(struct span garbage) {
    uint8_t plain[1024], reply[1024]; struct builder p, r; struct tls * t;

    builder_over(&p, plain, sizeof(plain));
    builder_over(&r, reply, sizeof(reply));
    assert_ok(tls_new(config, 0, &t));
    enum err e = tls_input(t, garbage, &p, &r);
    if (e != ERR_OK) assert_err(tls_input(t, garbage, &p, &r), ERR_CLOSED);
    tls_free(t);
    return e;
}

static void test_garbage(void **state)
{
    (void)state;
    uint8_t mem[600];

    assert_err(throw(SPAN_LIT("GET / HTTP/1.0\r\n\r\n and more and more")), ERR_MALFORMED);
    memset(mem, 0x30, sizeof(mem)); /* LDAP without TLS begins like this */
    assert_err(throw(span_of(mem, sizeof(mem))), ERR_MALFORMED);
    memset(mem, 0xff, sizeof(mem));
    assert_err(throw(span_of(mem, sizeof(mem))), ERR_MALFORMED);
    assert_err(throw(SPAN_LIT("\x16\x03\x01\x00\x04\x01\x00\x00\x00")), ERR_MALFORMED);
    assert_ok(throw(SPAN_LIT("\x16\x03")));
    assert_ok(throw(SPAN_NONE));
}

/* A record that was changed on its way. */
static void test_changed_record(void **state)
{
    (void)state;
    gnutls_session_t client = client_new("NORMAL", NULL);
    struct tls *t;
    enum err e;

    assert_ok(tls_new(config, 0, &t));
    assert_int_equal(handshake(client, t, PIPE_SIZE, &e), 0);
    assert_int_equal(gnutls_record_send(client, "ping", 4), 4);
    to_server.bytes[to_server.len - 1] ^= 1;
    assert_err(serve(t, PIPE_SIZE), ERR_INTEGRITY);
    assert_int_equal(plain_in.len, 0);
    gnutls_deinit(client);
    tls_free(t);
}

static void test_old_version_refused(void **state)
{
    (void)state;
    gnutls_session_t client = client_new("NORMAL:-VERS-ALL:+VERS-TLS1.1:+SHA1:+AES-256-CBC", NULL);
    struct tls *t;
    enum err e;

    assert_ok(tls_new(config, 0, &t));
    int code = handshake(client, t, PIPE_SIZE, &e);
    assert_err(e, ERR_UNSUPPORTED);
    assert_int_equal(code, GNUTLS_E_FATAL_ALERT_RECEIVED);
    gnutls_deinit(client);
    tls_free(t);
}

static void test_config_refuses(void **state)
{
    (void)state;
    struct tls_config *c = NULL;

    assert_err(tls_config_new(SPAN_LIT("no certificate"), server.key_pem, &c), ERR_MALFORMED);
    assert_err(tls_config_new(server.cert_pem, ca.key_pem, &c), ERR_MALFORMED);
    assert_err(tls_config_new(server.cert_pem, SPAN_NONE, &c), ERR_MALFORMED);
    assert_null(c);
}

/* --- certificates -------------------------------------------------------------------------------
 */

static gnutls_x509_crt_t parse(struct span pem)
{
    gnutls_datum_t d = {(unsigned char *)pem.ptr, (unsigned)pem.len};
    gnutls_x509_crt_t cert;

    assert_int_equal(gnutls_x509_crt_init(&cert), 0);
    assert_int_equal(gnutls_x509_crt_import(cert, &d, GNUTLS_X509_FMT_PEM), 0);
    return cert;
}

static void test_certificates(void **state)
{
    (void)state;
    gnutls_x509_crt_t c = parse(ca.cert_pem), s = parse(server.cert_pem);
    unsigned critical, status = 1, usage, is_ca;
    int path;

    assert_int_equal(gnutls_x509_crt_get_basic_constraints(c, &critical, &is_ca, &path), 1);
    assert_int_equal(path, 0);
    assert_true(critical);
    assert_int_equal(gnutls_x509_crt_get_basic_constraints(s, &critical, &is_ca, &path), 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(s, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(s, &usage), GNUTLS_PK_ECDSA);
    assert_int_equal(usage, 256);
    assert_int_equal(gnutls_x509_crt_get_activation_time(s), FROM / UTIME_SECOND);
    assert_int_equal(gnutls_x509_crt_list_verify(&s, 1, &c, 1, NULL, 0,
                                                 GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status),
                     0);
    assert_int_equal(status, 0);
    gnutls_x509_crt_deinit(c);
    gnutls_x509_crt_deinit(s);
}

static void test_expiry(void **state)
{
    (void)state;
    utime t = 0;

    assert_ok(x509_expiry(server.cert_pem, &t));
    assert_int_equal(t, UNTIL);
    assert_err(x509_expiry(SPAN_LIT("nothing"), &t), ERR_MALFORMED);
    assert_err(x509_expiry(SPAN_NONE, &t), ERR_MALFORMED);
}

static void test_names_are_found_again(void **state)
{
    (void)state;
    struct x509_names names = {0};
    struct x509_identity again;

    assert_ok(x509_names_of(server.cert_pem, &arena, &names));
    assert_int_equal(names.dns_count, 2);
    assert_span(names.dns[0], "dc1.aws.example.com");
    assert_int_equal(names.ip_count, 2);
    assert_int_equal(names.ip[0].len, 4);
    assert_int_equal(names.ip[1].len, 16);
    assert_ok(x509_make_server(&ca, &names, FROM, UNTIL, &arena, &again));
    assert_ok(x509_leads_to(again.cert_pem, ca.cert_pem));
    assert_err(x509_names_of(ca.cert_pem, &arena, &names), ERR_MALFORMED);
    assert_err(x509_names_of(SPAN_LIT("nothing"), &arena, &names), ERR_MALFORMED);
}

static void test_authorities(void **state)
{
    (void)state;
    struct x509_authority found;
    struct x509_identity other;
    struct builder b;
    struct span both;

    assert_ok(x509_make_ca(SPAN_LIT("another authority"), FROM, UNTIL, &arena, &other));
    assert_ok(x509_read_authority(other.cert_pem, &arena, &found));
    assert_span_equal(found.common_name, SPAN_LIT("another authority"));
    assert_true(found.from == FROM && found.until == UNTIL);
    assert_err(x509_read_authority(server.cert_pem, &arena, &found), ERR_UNSUPPORTED);
    assert_err(x509_read_authority(SPAN_LIT("no certificate"), &arena, &found), ERR_MALFORMED);
    assert_err(x509_read_authority(other.key_pem, &arena, &found), ERR_MALFORMED);
    builder_in(&b, &arena, 65536);
    builder_span(&b, other.cert_pem);
    builder_span(&b, ca.cert_pem);
    assert_ok(builder_done(&b, &both));
    assert_err(x509_read_authority(both, &arena, &found), ERR_MALFORMED);
    assert_ok(x509_leads_to(server.cert_pem, ca.cert_pem));
    assert_ok(x509_leads_to(server.cert_pem, both));
    assert_err(x509_leads_to(server.cert_pem, other.cert_pem), ERR_DENIED);
    assert_err(x509_leads_to(server.cert_pem, SPAN_LIT("none")), ERR_MALFORMED);
    assert_err(x509_leads_to(SPAN_LIT("none"), ca.cert_pem), ERR_MALFORMED);
}

static void test_x509_refuses(void **state)
{
    (void)state;
    struct span dns = SPAN_LIT("a.example"), ip = SPAN_LIT("abc");
    char long_name[65];
    struct x509_names none = {0}, bad_ip = {&dns, 1, &ip, 1}, good = {&dns, 1, NULL, 0};
    struct x509_identity out = {0}, not_ca = {ca.cert_pem, SPAN_LIT("no key")};

    memset(long_name, 'x', sizeof(long_name));
    assert_err(x509_make_ca(SPAN_NONE, FROM, UNTIL, &arena, &out), ERR_RANGE);
    assert_err(x509_make_ca(span_of(long_name, 65), FROM, UNTIL, &arena, &out), ERR_RANGE);
    assert_err(x509_make_ca(SPAN_LIT("x"), UNTIL, FROM, &arena, &out), ERR_RANGE);
    assert_err(x509_make_server(&ca, &none, FROM, UNTIL, &arena, &out), ERR_RANGE);
    assert_err(x509_make_server(&ca, &bad_ip, FROM, UNTIL, &arena, &out), ERR_RANGE);
    assert_err(x509_make_server(&not_ca, &good, FROM, UNTIL, &arena, &out), ERR_MALFORMED);
    assert_null(out.cert_pem.ptr);
}

/* --- our own client ------------------------------------------------------------------------------
 */

/* What one side sends goes to the other, until neither has anything to say. */
static enum err pass(struct tls *client, struct tls *with)
{
    static uint8_t plain_mem[PIPE_SIZE], wire_mem[2][PIPE_SIZE];
    struct span wire = SPAN_NONE, got;

    for (int turn = 0; turn < 20; turn++) {
        struct builder plain, reply;

        builder_over(&plain, plain_mem, sizeof(plain_mem));
        builder_over(&reply, wire_mem[turn % 2], PIPE_SIZE);
        enum err e = tls_input(turn % 2 ? with : client, wire, &plain, &reply);
        assert_ok(builder_done(&plain, &got));
        assert_ok(builder_done(&reply, &wire));
        append(&plain_in, got);
        if (e != ERR_OK && turn % 2 == 0)
            return e;
        if (wire.len == 0 && turn > 1)
            return ERR_OK;
    }
    return ERR_STATE;
}

static enum err client_talks(const struct tls_trust *trust, const char *host, char *why,
                             size_t size)
{
    struct tls *client, *with;
    struct builder b;
    static uint8_t mem[TLS_PIECE_MAX + TLS_OVERHEAD_MAX];

    plain_in.len = 0;
    assert_ok(tls_new(config, 0, &with));
    assert_ok(tls_client_new(trust, span_str(host), &client));
    enum err e = pass(client, with);
    assert_int_equal(tls_established(client), e == ERR_OK);
    assert_int_equal(tls_distrusts(client, why, size), e == ERR_DENIED);
    if (e == ERR_OK) {
        struct builder plain, reply;
        struct span wire;

        builder_over(&b, mem, sizeof(mem));
        assert_ok(tls_output(client, SPAN_LIT("ping"), &b));
        assert_ok(builder_done(&b, &wire));
        builder_over(&plain, plain_in.bytes, PIPE_SIZE);
        builder_over(&reply, to_client.bytes, PIPE_SIZE);
        assert_ok(tls_input(with, wire, &plain, &reply));
        assert_ok(builder_done(&plain, &wire));
        assert_span(wire, "ping");
    }
    tls_free(client);
    tls_free(with);
    return e;
}

static void test_a_client_believes_whom_it_should(void **state)
{
    (void)state;
    struct x509_identity other;
    struct tls_trust *ours, *others, *none = NULL;
    char why[256] = "";

    assert_ok(x509_make_ca(SPAN_LIT("another"), FROM, UNTIL, &arena, &other));
    assert_ok(tls_trust_new(ca.cert_pem, &ours));
    assert_ok(tls_trust_new(other.cert_pem, &others));
    assert_err(tls_trust_new(SPAN_LIT("nothing"), &none), ERR_MALFORMED);
    assert_ok(client_talks(ours, "dc1.aws.example.com", why, sizeof(why)));
    assert_ok(client_talks(ours, "127.0.1.10", why, sizeof(why)));
    assert_ok(client_talks(ours, "::1", why, sizeof(why)));
    assert_string_equal(why, "");
    assert_err(client_talks(ours, "dc2.aws.example.com", why, sizeof(why)), ERR_DENIED);
    assert_non_null(strstr(why, "name"));
    assert_err(client_talks(ours, "127.0.0.11", why, sizeof(why)), ERR_DENIED);
    assert_err(client_talks(others, "dc1.aws.example.com", why, sizeof(why)), ERR_DENIED);
    assert_non_null(strstr(why, "issuer"));
    tls_trust_free(ours);
    tls_trust_free(others);
}

static int setup(void **state)
{
    (void)state;
    struct span dns[] = {SPAN_LIT("dc1.aws.example.com"), SPAN_LIT("aws.example.com")};
    uint8_t v6[16] = {0};
    v6[15] = 1;
    struct span ip[] = {span_of("\x7f\0\1\x0a", 4), span_of(v6, 16)};
    struct x509_names names = {dns, 2, ip, 2};

    arena_init(&arena, 0, 1 << 20, ARENA_WIPE);
    assert_ok(
        x509_make_ca(SPAN_LIT("aws.example.com directory authority"), FROM, UNTIL, &arena, &ca));
    assert_ok(x509_make_server(&ca, &names, FROM, UNTIL, &arena, &server));
    assert_ok(tls_config_new(server.cert_pem, server.key_pem, &config));
    gnutls_datum_t root = {(unsigned char *)ca.cert_pem.ptr, (unsigned)ca.cert_pem.len};
    assert_int_equal(gnutls_certificate_allocate_credentials(&client_credentials), 0);
    assert_int_equal(
        gnutls_certificate_set_x509_trust_mem(client_credentials, &root, GNUTLS_X509_FMT_PEM), 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gnutls_certificate_free_credentials(client_credentials);
    tls_config_free(config);
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_names_are_found_again),
        cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_x509_refuses),
        cmocka_unit_test(test_config_refuses),
        cmocka_unit_test(test_versions_and_steps),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_channel_binding),
        cmocka_unit_test(test_volume),
        cmocka_unit_test(test_order_of_calls),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_changed_record),
        cmocka_unit_test(test_old_version_refused),
        cmocka_unit_test(test_a_client_believes_whom_it_should),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
