#include "plat/stream_peer_test.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

/* "pause" is answered by the test, "bye" closes, "bad" is malformed, "big" gets 1000 texts of 1000
 * bytes, "flood" more than the output may hold, "busy" nothing before resume; all else comes back.
 */
struct session {
    unsigned big_left;
    bool was_busy;
};

static enum err begin(struct plat_conn *c, void *session)
{
    struct session *se = session;
    assert_int_equal(se->big_left, 0);
    assert_ptr_equal(plat_conn_session(c), session);
    assert_ptr_equal(plat_conn_ctx(c), &seen);
    seen.begun++;
    seen.conn = c;
    return ERR_OK;
}

static enum err produce(struct plat_conn *c, void *session)
{
    static const uint8_t filler[1000];
    struct session *se = session;
    while (se->big_left > 0 && !plat_conn_full(c)) {
        TRY(send_text(c, span_of(filler, sizeof(filler))));
        se->big_left--;
        size_t queued = stream_buf_len(&c->out);
        seen.most_queued = queued > seen.most_queued ? queued : seen.most_queued;
    }
    if (se->big_left > 0)
        plat_conn_want(c);
    return ERR_OK;
}

static enum err consume(struct plat_conn *c, void *session, struct span message)
{
    struct session *se = session;
    struct span text = span_sub(message, 2, message.len);
    if (span_eq(text, SPAN_LIT("busy")) && !se->was_busy) {
        se->was_busy = true;
        return ERR_BUSY;
    }
    seen.consumed++;
    if (span_eq(text, SPAN_LIT("bye")))
        return ERR_CLOSED;
    if (span_eq(text, SPAN_LIT("bad")))
        return ERR_INTEGRITY;
    if (span_eq(text, SPAN_LIT("pause"))) {
        plat_conn_pause(c);
        return ERR_OK;
    }
    if (span_eq(text, SPAN_LIT("flood"))) {
        while (plat_conn_send(c, message) == ERR_OK)
            ;
        return ERR_OK;
    }
    if (span_eq(text, SPAN_LIT("big"))) {
        se->big_left = 1000;
        return produce(c, session);
    }
    return send_text(c, text);
}

static void last_words(struct plat_conn *c, void *session, enum reason why)
{
    (void)session;
    seen.last_words++;
    (void)send_text(c, span_str(reason_row(why)->code));
}

static void finish(struct plat_conn *c, void *session, enum reason why)
{
    (void)session;
    assert_err(plat_conn_send(c, SPAN_LIT("x")), ERR_CLOSED);
    seen.finished++;
    seen.why = why;
    seen.conn = NULL;
}

static const struct plat_stream_ops ops = {
    "test", sizeof(struct session), begin, text_frame, consume, produce, last_words, finish};

static int setup(void **state)
{
    (void)state;
    listen_on(&ops, &small, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop();
    return 0;
}

static void a_message_and_its_answer(void **state)
{
    (void)state;
    int fd = client();
    struct plat_addr self;
    assert_ok(plat_sock_addr(fd, &self));
    assert_true(plat_addr_eq(plat_conn_peer(seen.conn), &self));
    assert_true(plat_addr_eq(plat_conn_local(seen.conn), &at));
    write_bytes(fd, SPAN_LIT("\0\5hello"));
    expect_text(fd, SPAN_LIT("hello"));
    close(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_NONE);
    assert_int_equal(server->buffered, 0);
}

static void byte_by_byte(void **state)
{
    (void)state;
    int fd = client();
    struct span bytes = SPAN_LIT("\0\5hello\0\3abc");
    for (size_t i = 0; i < bytes.len; i++) {
        write_bytes(fd, span_sub(bytes, i, 1));
        turn();
    }
    expect_text(fd, SPAN_LIT("hello"));
    expect_text(fd, SPAN_LIT("abc"));
    close(fd);
}

static void pipelined_messages_keep_their_order(void **state)
{
    (void)state;
    int fd = client();
    uint8_t bytes[4] = {0, 2};
    for (unsigned i = 0; i < 3000; i++) {
        bytes[2] = (uint8_t)i;
        bytes[3] = (uint8_t)(i >> 8);
        write_bytes(fd, span_of(bytes, 4));
    }
    for (unsigned i = 0; i < 3000; i++) {
        bytes[2] = (uint8_t)i;
        bytes[3] = (uint8_t)(i >> 8);
        expect_text(fd, span_of(bytes + 2, 2));
    }
    assert_int_equal(seen.consumed, 3000);
    close(fd);
}

static void the_largest_message(void **state)
{
    (void)state;
    int fd = client();
    static uint8_t bytes[MAX_REQUEST + 1];
    bytes[0] = (MAX_REQUEST - 2) >> 8;
    bytes[1] = (MAX_REQUEST - 2) & 255;
    write_bytes(fd, span_of(bytes, MAX_REQUEST));
    expect_text(fd, span_of(bytes + 2, MAX_REQUEST - 2));
    bytes[1]++;
    write_bytes(fd, span_of(bytes, MAX_REQUEST + 1));
    expect_text(fd, SPAN_LIT("WIRE_TOO_LARGE")); /* although we sent more than it read */
    expect_end(fd);
    close(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_WIRE_TOO_LARGE);
}

static void malformed_messages(void **state)
{
    (void)state;
    static const struct span rows[] = {SPAN_LIT("\xff\xff"), SPAN_LIT("\xff\xfe"),
                                       SPAN_LIT("\0\3bad\0\5never")};
    for (unsigned i = 0; i < 3; i++) {
        int fd = client();
        write_bytes(fd, rows[i]);
        expect_text(fd, SPAN_LIT("WIRE_MALFORMED"));
        expect_end(fd);
        close(fd);
        until(&seen.finished, i + 1);
        assert_int_equal(seen.why, REASON_WIRE_MALFORMED);
    }
    assert_int_equal(seen.consumed, 1);
}

static void the_service_closes(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\1a\0\3bye\0\1b"));
    expect_text(fd, SPAN_LIT("a"));
    expect_end(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.consumed, 2);
    assert_int_equal(seen.last_words, 0);
    close(fd);
}

static void a_half_closed_peer_is_answered(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\3big\0\4last"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    static uint8_t buf[1000 * 1002];
    assert_int_equal(read_bytes(fd, buf, sizeof(buf)), sizeof(buf));
    expect_text(fd, SPAN_LIT("last"));
    expect_end(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_NONE);
    close(fd);
    fd = client();
    write_bytes(fd, SPAN_LIT("\0\5hel"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_end(fd);
    until(&seen.finished, 2);
    assert_int_equal(seen.why, REASON_WIRE_MALFORMED);
    close(fd);
}

static void a_slow_reader_is_waited_for_in_bounds(void **state)
{
    (void)state;
    int fd = client();
    int size = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    write_bytes(fd, SPAN_LIT("\0\3big"));
    for (int i = 0; i < 20; i++)
        turn();
    uint8_t buf[1002];
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(read_bytes(fd, buf, sizeof(buf)), sizeof(buf));
        assert_int_equal(buf[0] << 8 | buf[1], 1000);
    }
    assert_in_range(seen.most_queued, 1000, small.output_high + 1002);
    write_bytes(fd, SPAN_LIT("\0\2ok"));
    expect_text(fd, SPAN_LIT("ok"));
    close(fd);
}

static void too_much_output_closes(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\5flood"));
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_SERVER_BUSY);
    close(fd);
}

static void one_exchange_ends_the_connection(void **state)
{
    (void)state;
    struct plat_stream_limits once = small;
    once.one_exchange = true;
    stop();
    listen_on(&ops, &once, NULL);
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\1a\0\1b\0\5he")); /* the rest of the third is on its way */
    expect_text(fd, SPAN_LIT("a"));
    expect_text(fd, SPAN_LIT("b"));
    write_bytes(fd, SPAN_LIT("llo"));
    expect_text(fd, SPAN_LIT("hello"));
    expect_end(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_NONE);
    close(fd);
    fd = client();
    write_bytes(fd, SPAN_LIT("\0\3big")); /* more than a socket takes at once */
    static uint8_t buf[1000 * 1002];
    assert_int_equal(read_bytes(fd, buf, sizeof(buf)), sizeof(buf));
    expect_end(fd);
    close(fd);
    fd = client();
    write_bytes(fd, SPAN_LIT("\0\5pause"));
    until(&seen.consumed, 5);
    assert_ok(send_text(seen.conn, SPAN_LIT("later")));
    plat_conn_resume(seen.conn);
    expect_text(fd, SPAN_LIT("later"));
    expect_end(fd);
    close(fd);
}

static void an_answer_that_comes_later(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\5pause\0\4next"));
    until(&seen.consumed, 1);
    for (int i = 0; i < 5; i++)
        turn();
    assert_int_equal(seen.consumed, 1);
    assert_ok(send_text(seen.conn, SPAN_LIT("later")));
    expect_text(fd, SPAN_LIT("later"));
    assert_int_equal(seen.consumed, 1);
    plat_conn_resume(seen.conn);
    expect_text(fd, SPAN_LIT("next"));
    close(fd);
}

static void a_message_offered_again(void **state)
{
    (void)state;
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\1a\0\4busy\0\1b"));
    expect_text(fd, SPAN_LIT("a"));
    for (int i = 0; i < 5; i++)
        turn();
    assert_int_equal(seen.consumed, 1);
    plat_conn_resume(seen.conn);
    expect_text(fd, SPAN_LIT("busy"));
    expect_text(fd, SPAN_LIT("b"));
    close(fd);
}

static void a_reset_ends_a_paused_connection(void **state)
{
    (void)state;
    int fd = client();
    struct linger now = {1, 0};
    write_bytes(fd, SPAN_LIT("\0\5pause"));
    until(&seen.consumed, 1);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    close(fd);
    until(&seen.finished, 1);
    assert_int_equal(server->count, 0);
}

static void a_slow_request_is_given_up(void **state)
{
    (void)state;
    plat_clock_freeze();
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\5he"));
    for (int i = 0; i < 5; i++)
        turn();
    plat_clock_step(9 * UTIME_SECOND);
    write_bytes(fd, SPAN_LIT("l")); /* a byte now and then does not help */
    for (int i = 0; i < 5; i++)
        turn();
    plat_clock_step(2 * UTIME_SECOND);
    expect_text(fd, SPAN_LIT("WIRE_TOO_SLOW"));
    expect_end(fd);
    close(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_WIRE_TOO_SLOW);
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    plat_clock_freeze();
    int fd = client(), longer = client();
    plat_conn_idle(seen.conn, 0);
    plat_clock_step(59 * UTIME_SECOND);
    write_bytes(fd, SPAN_LIT("\0\1a"));
    expect_text(fd, SPAN_LIT("a"));
    plat_clock_step(59 * UTIME_SECOND);
    write_bytes(fd, SPAN_LIT("\0\1b"));
    expect_text(fd, SPAN_LIT("b"));
    plat_clock_step(61 * UTIME_SECOND);
    expect_end(fd);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_NONE);
    assert_int_equal(plat_stream_conns(server), 1);
    close(fd);
    close(longer);
}

static void a_peer_that_takes_nothing(void **state)
{
    (void)state;
    plat_clock_freeze();
    int fd = client();
    write_bytes(fd, SPAN_LIT("\0\3big\0\3big\0\3big\0\3big\0\3big\0\3big\0\3big\0\3big"));
    for (int i = 0; i < 20; i++)
        turn();
    if (stream_buf_len(&seen.conn->out) == 0)
        skip(); /* this system takes 8 MB for a peer that does not read */
    plat_clock_step(19 * UTIME_SECOND);
    for (int i = 0; i < 5; i++)
        turn();
    assert_int_equal(seen.finished, 0);
    plat_clock_step(2 * UTIME_SECOND);
    until(&seen.finished, 1);
    assert_int_equal(seen.why, REASON_WIRE_TOO_SLOW);
    close(fd);
}

static void the_longest_idle_makes_room(void **state)
{
    (void)state;
    int fd[9];
    plat_clock_freeze();
    for (int i = 0; i < 8; i++) {
        fd[i] = client();
        plat_clock_step(UTIME_SECOND / 10);
    }
    write_bytes(fd[0], SPAN_LIT("\0\1a"));
    expect_text(fd[0], SPAN_LIT("a"));
    assert_ok(plat_tcp_dial(NULL, &at, &fd[8]));
    expect_end(fd[8]); /* nobody has been idle for a second */
    close(fd[8]);
    assert_int_equal(plat_stream_conns(server), 8);
    plat_clock_step(UTIME_SECOND / 2);
    fd[8] = client();
    assert_int_equal(seen.finished, 1);
    assert_int_equal(seen.why, REASON_SERVER_BUSY);
    expect_end(fd[1]);
    write_bytes(fd[0], SPAN_LIT("\0\1b"));
    expect_text(fd[0], SPAN_LIT("b"));
    for (int i = 0; i < 9; i++)
        close(fd[i]);
}

static void leaving_a_server_finishes_its_connections(void **state)
{
    (void)state;
    int a = client(), b = client();
    write_bytes(b, SPAN_LIT("\0\5pause"));
    until(&seen.consumed, 1);
    plat_stream_deafen(server);
    int late;
    assert_err(plat_tcp_dial_wait(&at, plat_mono() + UTIME_SECOND, &late), ERR_CLOSED);
    plat_stream_free(server);
    server = NULL;
    assert_int_equal(seen.finished, 2);
    close(a);
    close(b);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_message_and_its_answer),
        CASE(byte_by_byte),
        CASE(pipelined_messages_keep_their_order),
        CASE(the_largest_message),
        CASE(malformed_messages),
        CASE(the_service_closes),
        CASE(a_half_closed_peer_is_answered),
        CASE(a_slow_reader_is_waited_for_in_bounds),
        CASE(too_much_output_closes),
        CASE(one_exchange_ends_the_connection),
        CASE(an_answer_that_comes_later),
        CASE(a_message_offered_again),
        CASE(a_reset_ends_a_paused_connection),
        CASE(a_slow_request_is_given_up),
        CASE(an_idle_connection_is_closed),
        CASE(a_peer_that_takes_nothing),
        CASE(the_longest_idle_makes_room),
        CASE(leaving_a_server_finishes_its_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
