/* Filters, client connections, crowds, and what is logged. */
#include "plat/stream_peer_test.h"

#include <sys/resource.h>
#include <unistd.h>

/*
 * A filter that is no cipher but has the shape of one: a client begins with "HI", a server answers
 * "YO"; from then on bytes are XORed with 0x55, and '~' before that is an alert, and 0xfe on the
 * wire is the end.
 */
struct toy {
    bool client, ready, freed;
    size_t seen; /* bytes of the other side's greeting */
};

static enum err toy_greet(struct toy *t, struct span wire, struct builder *reply, size_t *used_out)
{
    const char *want = t->client ? "YO" : "HI";
    size_t i = 0;
    while (i < wire.len && t->seen < 2)
        if (wire.ptr[i++] != (uint8_t)want[t->seen++]) {
            builder_bytes(reply, "~", 1);
            return ERR_MALFORMED;
        }
    if (t->seen == 2) {
        t->ready = true;
        if (!t->client)
            builder_bytes(reply, "YO", 2);
    }
    *used_out = i;
    return ERR_OK;
}

static enum err toy_input(void *filter, struct span wire, struct builder *plain,
                          struct builder *reply)
{
    struct toy *t = filter;
    size_t i = 0;
    if (wire.len == 0 && t->client)
        builder_bytes(reply, "HI", 2);
    if (!t->ready)
        TRY(toy_greet(t, wire, reply, &i));
    for (; i < wire.len; i++) {
        if (wire.ptr[i] == 0xfe)
            return ERR_CLOSED;
        builder_u8(plain, wire.ptr[i] ^ 0x55);
    }
    return ERR_OK;
}

static enum err toy_output(void *filter, struct span plain, struct builder *wire)
{
    struct toy *t = filter;
    assert_true(plain.len <= PLAT_FILTER_PIECE);
    if (!t->ready)
        return ERR_BUSY;
    for (size_t i = 0; i < plain.len; i++)
        builder_u8(wire, plain.ptr[i] ^ 0x55);
    return ERR_OK;
}

static void toy_end(void *filter, struct builder *wire)
{
    if (((struct toy *)filter)->ready)
        builder_u8(wire, 0xfe);
}

static void toy_free(void *filter)
{
    ((struct toy *)filter)->freed = true;
}

static const struct plat_filter_ops toy_ops = {toy_input, toy_output, toy_end, toy_free};

static struct toy toy, client_toy;
static bool filter_at_begin;
static unsigned client_begun, client_finished;
static enum err client_error;
static struct span client_got;
static uint8_t client_text[MAX_REQUEST];

static enum err begin(struct plat_conn *c, void *session)
{
    (void)session;
    if (plat_conn_tag(c) == &client_text) {
        client_begun++;
        if (filter_at_begin)
            assert_ok(plat_conn_filter(c, &toy_ops, &client_toy));
        return send_text(c, SPAN_LIT("from client"));
    }
    seen.begun++;
    seen.conn = c;
    return filter_at_begin ? plat_conn_filter(c, &toy_ops, &toy) : ERR_OK;
}

static enum err consume(struct plat_conn *c, void *session, struct span message)
{
    (void)session;
    struct span text = span_sub(message, 2, message.len);
    if (plat_conn_tag(c) == &client_text) {
        memcpy(client_text, text.ptr, text.len);
        client_got = span_of(client_text, text.len);
        return ERR_CLOSED;
    }
    seen.consumed++;
    if (span_eq(text, SPAN_LIT("starttls"))) {
        TRY(send_text(c, SPAN_LIT("go")));
        assert_ok(plat_conn_filter(c, &toy_ops, &toy));
        assert_err(plat_conn_filter(c, &toy_ops, &toy), ERR_STATE);
        assert_ptr_equal(plat_conn_filter_state(c), &toy);
        return ERR_OK;
    }
    if (span_eq(text, SPAN_LIT("bye")))
        return ERR_CLOSED;
    return send_text(c, text);
}

static void finish(struct plat_conn *c, void *session, enum reason why)
{
    (void)session;
    if (plat_conn_tag(c) == &client_text) {
        client_finished++;
        client_error = plat_conn_error(c);
        return;
    }
    seen.finished++;
    seen.why = why;
}

static const struct plat_stream_ops ops = {
    .name = "test", .begin = begin, .frame = text_frame, .consume = consume, .finish = finish};

static unsigned events;
static enum reason last_reason;
static const char *last_event;

static void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    events++;
    last_reason = ev->reason;
    last_event = ev->name;
}

static const struct event_sink sink = {on_event, NULL};

static int setup(void **state)
{
    struct plat_stream_limits limits = small;
    toy = (struct toy){0};
    client_toy = (struct toy){.client = true};
    filter_at_begin = false;
    client_begun = client_finished = events = 0;
    client_got = SPAN_NONE;
    limits.max_conns = *state ? 600 : 8;
    limits.max_per_peer = *state ? 600 : 4;
    listen_on(&ops, &limits, &sink);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (server)
        stop();
    return 0;
}

static void xored(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] ^= 0x55;
}

static void write_xored(int fd, struct span text)
{
    uint8_t buf[64];
    memcpy(buf, text.ptr, text.len);
    xored(buf, text.len);
    write_bytes(fd, span_of(buf, text.len));
}

static void expect_xored(int fd, struct span text)
{
    uint8_t buf[64];
    assert_int_equal(read_bytes(fd, buf, text.len), text.len);
    xored(buf, text.len);
    assert_span_equal(span_of(buf, text.len), text);
}

static void expect_bytes(int fd, struct span want)
{
    uint8_t buf[64];
    assert_int_equal(read_bytes(fd, buf, want.len), want.len);
    assert_span_equal(span_of(buf, want.len), want);
}

static void an_upgrade_in_the_middle(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\1a\0\10starttls"));
    expect_text(fd, SPAN_LIT("a"));
    expect_text(fd, SPAN_LIT("go")); /* in the clear */
    write_bytes(fd, SPAN_LIT("H"));
    turn();
    write_bytes(fd, SPAN_LIT("I"));
    expect_bytes(fd, SPAN_LIT("YO"));
    write_xored(fd, SPAN_LIT("\0\6secret\0\3bye"));
    expect_xored(fd, SPAN_LIT("\0\6secret"));
    expect_bytes(fd, SPAN_LIT("\xfe"));
    expect_end(fd);
    until(&seen.finished, 1);
    assert_true(toy.freed);
    close(fd);
}

static void bytes_injected_before_the_handshake(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\10starttls\0\4evil"));
    expect_text(fd, SPAN_LIT("go"));
    expect_end(fd);
    close(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.consumed, 1);
    assert_int_equal(seen.why, REASON_WIRE_MALFORMED);
    assert_true(toy.freed);
    assert_int_equal(events, 1);
    assert_string_equal(last_event, "stream.close");
    assert_int_equal(last_reason, REASON_WIRE_MALFORMED);
}

static void a_failed_handshake_is_told(void **state)
{
    (void)state;
    filter_at_begin = true;
    int fd = client();
    write_bytes(fd, SPAN_LIT("GET /"));
    expect_bytes(fd, SPAN_LIT("~"));
    expect_end(fd);
    close(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_WIRE_MALFORMED);
}

static void the_filters_own_end(void **state)
{
    (void)state;
    filter_at_begin = true;
    int fd = client();
    write_bytes(fd, SPAN_LIT("HI"));
    expect_bytes(fd, SPAN_LIT("YO"));
    write_xored(fd, SPAN_LIT("\0\2ab"));
    write_bytes(fd, SPAN_LIT("\xfe"));
    expect_xored(fd, SPAN_LIT("\0\2ab"));
    expect_bytes(fd, SPAN_LIT("\xfe"));
    expect_end(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_NONE);
    close(fd);
}

static void a_handshake_that_drips(void **state)
{
    (void)state;
    plat_clock_freeze();
    filter_at_begin = true;
    int fd = client();
    write_bytes(fd, SPAN_LIT("H"));
    turn();
    plat_clock_step(61 * UTIME_SECOND);
    expect_end(fd);
    close(fd);
    until(&seen.finished, 1);
}

static void dialling_ourselves(void **state)
{
    (void)state;
    for (int filtered = 0; filtered < 2; filtered++) {
        filter_at_begin = filtered == 1;
        client_got = SPAN_NONE;
        assert_ok(plat_stream_dial(server, &at, 10 * UTIME_SECOND, &client_text, NULL));
        assert_int_equal(client_begun, filtered);
        until(&client_finished, (unsigned)filtered + 1);
        assert_span(client_got, "from client");
        assert_ok(client_error);
        until(&seen.finished, (unsigned)filtered + 1);
    }
    assert_true(client_toy.freed);
}

static void dialling_nobody(void **state)
{
    (void)state;
    int fd, ours;
    struct plat_addr closed = at;
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &closed));
    assert_ok(plat_tcp_listen(&closed, &fd));
    assert_ok(plat_sock_addr(fd, &closed));
    close(fd);
    enum err e = plat_stream_dial(server, &closed, 10 * UTIME_SECOND, &client_text, NULL);
    if (e == ERR_OK) {
        until(&client_finished, 1);
        e = client_error;
    }
    assert_err(e, ERR_CLOSED);
    assert_int_equal(client_begun, 0);
    assert_int_equal(events, 0); /* who dialled knows more about it */

    /* A listener whose queue is full answers no further SYN. */
    unsigned before = client_finished;
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &closed));
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &closed.sa, plat_addr_len(&closed)), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_ok(plat_sock_addr(fd, &closed));
    assert_ok(plat_tcp_dial_wait(&closed, plat_mono() + UTIME_SECOND, &ours));
    plat_clock_freeze();
    assert_ok(plat_stream_dial(server, &closed, 3 * UTIME_SECOND, &client_text, NULL));
    for (int i = 0; i < 5; i++)
        turn();
    assert_int_equal(client_finished, before);
    plat_clock_step(4 * UTIME_SECOND);
    until(&client_finished, before + 1);
    assert_err(client_error, ERR_TIMEOUT);
    close(ours);
    close(fd);
}

static void one_address_cannot_take_all(void **state)
{
    (void)state;
    int fd[4], fifth, other;
    for (int i = 0; i < 4; i++)
        fd[i] = client();
    assert_ok(plat_tcp_dial(NULL, &at, &fifth));
    expect_end(fifth);
    close(fifth);
    assert_int_equal(events, 1);
    assert_string_equal(last_event, "stream.refuse");
    assert_int_equal(last_reason, REASON_SERVER_BUSY);
    struct plat_addr from;
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.2"), 0, &from));
    assert_ok(plat_tcp_dial(&from, &at, &other));
    until(&seen.begun, 5);
    close(fd[0]);
    until(&seen.finished, 1);
    fd[0] = client();
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    close(other);
}

static void many_idle_connections_hold_no_buffers(void **state)
{
    (void)state;
    static int fd[500];
    for (int i = 0; i < 500; i++)
        fd[i] = client();
    assert_int_equal(plat_stream_conns(server), 500);
    assert_int_equal(server->buffered, 0);
    write_bytes(fd[250], SPAN_LIT("\0\2ok"));
    expect_text(fd[250], SPAN_LIT("ok"));
    turn();
    assert_int_equal(server->buffered, 0);
    for (int i = 0; i < 500; i++)
        close(fd[i]);
    until(&seen.finished, 500);
}

static void no_descriptors_left(void **state)
{
    (void)state;
    struct rlimit old, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int first = client(), waiting[2];
    assert_ok(plat_tcp_dial(NULL, &at, &waiting[0])); /* in the kernel's queue */
    low = (struct rlimit){(rlim_t)waiting[0] + 1, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int i = 0; i < 10; i++)
        turn();
    assert_int_equal(seen.begun, 1);
    write_bytes(first, SPAN_LIT("\0\2ok"));
    expect_text(first, SPAN_LIT("ok"));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    until(&seen.begun, 2); /* by the next tick */
    close(first);
    close(waiting[0]);
}

int main(void)
{
    static bool crowd = true;
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(an_upgrade_in_the_middle),
        CASE(bytes_injected_before_the_handshake),
        CASE(a_failed_handshake_is_told),
        CASE(the_filters_own_end),
        CASE(a_handshake_that_drips),
        CASE(dialling_ourselves),
        CASE(dialling_nobody),
        CASE(one_address_cannot_take_all),
        cmocka_unit_test_prestate_setup_teardown(many_idle_connections_hold_no_buffers, setup,
                                                 teardown, &crowd),
        CASE(no_descriptors_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
