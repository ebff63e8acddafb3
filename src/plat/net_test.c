#include "base/test.h"
#include "plat/net.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static utime soon(void)
{
    return plat_mono() + 10 * UTIME_SECOND;
}

static void addresses_of_all_forms(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1:88"},
        {"10.1.2.3:53", "10.1.2.3:53"},
        {"::1", "[::1]:88"},
        {"[2001:db8::1]:389", "[2001:db8::1]:389"},
        {"[::1]", "[::1]:88"},
        {"1.2.3.4:0", "1.2.3.4"},
        {"[::1]:0", "::1"},
        {"::ffff:1.2.3.4", "[::ffff:1.2.3.4]:88"},
        {"fe80::1%lo", "[fe80::1%lo]:88"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plat_addr a;
        char text[PLAT_ADDR_TEXT];
        assert_ok(plat_addr_parse(span_str(rows[i].in), 88, &a));
        assert_span_equal(plat_addr_text(&a, text), span_str(rows[i].out));
    }
    static const char *const bad[] = {
        "",
        ":",
        "[]",
        "[::1",
        "[::1]x",
        "[::1]:",
        "1.2.3.4:",
        "1.2.3.4:65536",
        "1.2.3.4:x",
        "1.2.3",
        "localhost",
        "[1.2.3.4]",
        "[1.2.3.4]:5",
        "::1%nosuchlink",
        ":88",
        "1.2.3.4 ",
        "01.2.3.4.5",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct plat_addr a;
        assert_err(plat_addr_parse(span_str(bad[i]), 88, &a), ERR_MALFORMED);
    }
    struct plat_addr a;
    assert_err(plat_addr_parse(SPAN_LIT("1.2.3.4\0x"), 88, &a), ERR_MALFORMED);
}

static struct plat_addr addr(const char *text)
{
    struct plat_addr a;
    assert_ok(plat_addr_parse(span_str(text), 0, &a));
    return a;
}

static void comparing_addresses(void **state)
{
    (void)state;
    struct plat_addr v4 = addr("127.1.2.3:5"), mapped = addr("[::ffff:127.1.2.3]:6"),
                     v6 = addr("::1");
    assert_true(plat_addr_same_host(&v4, &mapped));
    assert_false(plat_addr_eq(&v4, &mapped));
    assert_false(plat_addr_same_host(&v4, &v6));
    assert_true(plat_addr_is_loopback(&v4));
    assert_true(plat_addr_is_loopback(&mapped));
    assert_true(plat_addr_is_loopback(&v6));
    struct plat_addr far = addr("128.0.0.1"), back;
    assert_false(plat_addr_is_loopback(&far));
    assert_ok(plat_addr_from_bytes(plat_addr_host(&v6), 7, &back));
    assert_true(plat_addr_same_host(&back, &v6));
    assert_int_equal(plat_addr_port(&back), 7);
    assert_ok(plat_addr_from_bytes(SPAN_LIT("\x7f\1\2\3"), 5, &back));
    assert_true(plat_addr_eq(&back, &v4));
    assert_err(plat_addr_from_bytes(SPAN_LIT("12345"), 5, &back), ERR_MALFORMED);
}

static void udp_there_and_back(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        struct plat_addr at = addr(hosts[i]), from = {0};
        int server, twin, client;
        uint8_t buf[100];
        size_t len;
        assert_ok(plat_udp_bind(&at, &server));
        assert_ok(plat_sock_addr(server, &at));
        assert_ok(plat_udp_bind(&at, &twin)); /* SO_REUSEPORT */
        close(twin);
        assert_ok(plat_udp_dial(NULL, &at, &client));
        assert_ok(plat_send_wait(client, SPAN_LIT("ping"), soon()));
        assert_ok(plat_send_wait(client, SPAN_NONE, soon()));
        socklen_t slen = sizeof(from);
        ssize_t n;
        do
            n = recvfrom(server, buf, sizeof(buf), 0, &from.sa, &slen);
        while (n < 0 && errno == EAGAIN);
        assert_int_equal(n, 4);
        assert_ok(plat_recv_wait(server, buf, sizeof(buf), soon(), &len));
        assert_int_equal(len, 0); /* an empty datagram is no end */
        assert_int_equal(sendto(server, "pong", 4, 0, &from.sa, plat_addr_len(&from)), 4);
        assert_ok(plat_recv_wait(client, buf, sizeof(buf), soon(), &len));
        assert_span_equal(span_of(buf, len), SPAN_LIT("pong"));
        assert_err(plat_recv_wait(client, buf, sizeof(buf), plat_mono() + 1000, &len), ERR_TIMEOUT);
        close(server);
        close(client);
    }
}

static void udp_to_nobody_is_closed(void **state)
{
    (void)state;
    struct plat_addr at = addr("127.0.0.1");
    int fd, client;
    uint8_t buf[10];
    size_t len;
    assert_ok(plat_udp_bind(&at, &fd));
    assert_ok(plat_sock_addr(fd, &at));
    close(fd);
    assert_ok(plat_udp_dial(NULL, &at, &client));
    assert_ok(plat_send_wait(client, SPAN_LIT("x"), soon()));
    assert_err(plat_recv_wait(client, buf, sizeof(buf), soon(), &len), ERR_CLOSED);
    close(client);
}

static void tcp_there_and_back(void **state)
{
    (void)state;
    struct plat_addr at = addr("127.0.0.1");
    int server, client, conn;
    uint8_t buf[10];
    size_t len;
    assert_ok(plat_tcp_listen(&at, &server));
    assert_ok(plat_sock_addr(server, &at));
    assert_ok(plat_tcp_dial_wait(&at, soon(), &client));
    while ((conn = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
        assert_int_equal(errno, EAGAIN);
    assert_int_equal(fcntl(client, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(client, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_ok(plat_send_wait(conn, SPAN_LIT("hello"), soon()));
    assert_ok(plat_recv_all_wait(client, buf, 5, soon()));
    assert_memory_equal(buf, "hello", 5);
    assert_err(plat_recv_all_wait(client, buf, 1, plat_mono() + 1000), ERR_TIMEOUT);
    close(conn);
    assert_err(plat_recv_wait(client, buf, 5, soon(), &len), ERR_CLOSED);
    close(client);
    close(server);
    assert_err(plat_tcp_dial_wait(&at, soon(), &client), ERR_CLOSED);
    assert_int_equal(errno, ECONNREFUSED);
}

static void a_full_peer_times_out(void **state)
{
    (void)state;
    struct plat_addr at = addr("127.0.0.1");
    int server, client;
    static uint8_t big[16 << 20];
    assert_ok(plat_tcp_listen(&at, &server));
    assert_ok(plat_sock_addr(server, &at));
    assert_ok(plat_tcp_dial_wait(&at, soon(), &client));
    assert_err(plat_send_wait(client, span_of(big, sizeof(big)), plat_mono() + 50000), ERR_TIMEOUT);
    close(client);
    close(server);
}

static void unix_sockets(void **state)
{
    (void)state;
    char path[64];
    int server, client, again;
    struct stat st;
    snprintf(path, sizeof(path), "/tmp/entente-net-%d.sock", (int)getpid());
    assert_err(plat_unix_dial(path, &client), ERR_NOT_FOUND);
    assert_ok(plat_unix_listen(path, 0660, &server));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_ok(plat_unix_dial(path, &client));
    close(client);
    close(server);
    assert_err(plat_unix_dial(path, &client), ERR_CLOSED);
    assert_ok(plat_unix_listen(path, 0600, &again)); /* the file of a dead server */
    close(again);
    unlink(path);
    char huge[200];
    memset(huge, 'x', sizeof(huge));
    huge[199] = 0;
    assert_err(plat_unix_listen(huge, 0600, &server), ERR_IO);
}

static void an_address_in_use(void **state)
{
    (void)state;
    struct plat_addr at = addr("192.0.2.1:9999");
    int fd = -1;
    assert_err(plat_tcp_listen(&at, &fd), ERR_IO);
    assert_int_equal(errno, EADDRNOTAVAIL);
    assert_err(plat_udp_bind(&at, &fd), ERR_IO);
    assert_int_equal(fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_all_forms), cmocka_unit_test(comparing_addresses),
        cmocka_unit_test(udp_there_and_back),     cmocka_unit_test(udp_to_nobody_is_closed),
        cmocka_unit_test(tcp_there_and_back),     cmocka_unit_test(a_full_peer_times_out),
        cmocka_unit_test(unix_sockets),           cmocka_unit_test(an_address_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
