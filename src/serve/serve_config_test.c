#include "base/test.h"
#include "serve/serve.h"

static struct arena arena;

static enum err parse(const char *text, struct serve_config *config, const char **why)
{
    serve_config_default(config);
    return serve_config_parse(span_str(text), config, &arena, why);
}

static void takes_settings_and_comments(void **state)
{
    struct serve_config c;
    const char *why;
    (void)state;
    assert_int_equal(
        parse("# a comment\n\n state-dir = /srv/x \r\nuser=svc\nkdc-workers = 4\nlog = -", &c,
              &why),
        ERR_OK);
    assert_string_equal(c.state_dir, "/srv/x");
    assert_string_equal(c.user, "svc");
    assert_int_equal(c.kdc_workers, 4);
    assert_string_equal(c.log, "-");
    assert_string_equal(c.log_groups, "");
    assert_false(serve_log_is_text(&c));
    assert_string_equal(c.run_dir, "/run/entente");
    assert_int_equal(c.pools.count, 0);
    assert_int_equal(parse("subnet-a = 10.1.0.0/24 zone-a eth0\nsubnet-b=fd00::/64", &c, &why),
                     ERR_OK);
    assert_int_equal(c.pools.count, 2);
    assert_string_equal(c.pools.pool[0].interface, "eth0");
    assert_int_equal(parse("topic-a = http://127.0.0.1:9/x", &c, &why), ERR_OK);
    assert_string_equal(c.topics.topic[0].url, "http://127.0.0.1:9/x");
    assert_int_equal(
        parse("topic-a = https://hooks.example.com/x\ntopic-authorities = /etc/x.pem", &c, &why),
        ERR_OK);
    assert_string_equal(c.topic_authorities, "/etc/x.pem");
    assert_int_equal(parse("topic-a = ldaps://127.0.0.1/x", &c, &why), ERR_RANGE);
    assert_int_equal(parse("log-group-/aws/x = udp://10.0.0.9", &c, &why), ERR_OK);
    assert_int_equal(
        parse("log-group-aws/x = tcp://[::1]:601\nlog-group-b=unix:///dev/log", &c, &why), ERR_OK);
    assert_int_equal(c.collectors.count, 2);
    assert_string_equal(serve_collector_of(&c.collectors, SPAN_LIT("/aws/x"))->url,
                        "tcp://[::1]:601");
    assert_null(serve_collector_of(&c.collectors, SPAN_LIT("aws")));
    assert_int_equal(parse("api = [::1]:8053", &c, &why), ERR_OK);
    assert_string_equal(c.api, "[::1]:8053");
    assert_int_equal(parse("log-format = text\nmetrics = 127.0.0.1:9464", &c, &why), ERR_OK);
    assert_true(serve_log_is_text(&c));
    assert_string_equal(c.metrics, "127.0.0.1:9464");
}

static void a_collector_is_an_address_or_a_socket(void **state)
{
    static const char *const wrong[] = {
        "log-group-a = /dev/log",          "log-group-a = unix://dev/log",
        "log-group-a = udp://collector:9", "log-group-a = tcp://",
        "log-group-a = https://127.0.0.1", "log-group-/ = udp://127.0.0.1",
        "log-group- = udp://127.0.0.1",    "log-group-a b = udp://127.0.0.1",
    };
    struct serve_collector_at at;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct serve_config c;
        const char *why;
        assert_int_equal(parse(wrong[i], &c, &why), ERR_RANGE);
    }
    assert_ok(serve_collector_parse(SPAN_LIT("udp://10.0.0.9"), &at));
    assert_int_equal(at.type, SOCK_DGRAM);
    assert_int_equal(plat_addr_port(&at.to), 514);
    assert_ok(serve_collector_parse(SPAN_LIT("tcp://[::1]:601"), &at));
    assert_int_equal(at.type, SOCK_STREAM);
    assert_int_equal(plat_addr_port(&at.to), 601);
    assert_ok(serve_collector_parse(SPAN_LIT("unix:///dev/log"), &at));
    assert_string_equal(at.path, "/dev/log");
}

/* TLS wherever the network could listen, and on demand. */
static void api_says_where_and_whether_with_tls(void **state)
{
    static const struct {
        const char *text;
        bool tls;
    } rows[] = {
        {"api = 127.0.0.1:8053", false},       {"api = http://[::1]:8053", false},
        {"api = https://127.0.0.1:443", true}, {"api = 10.1.2.3:8443", true},
        {"api = https://[fd00::1]:443", true}, {"api = https://0.0.0.0:443", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct serve_config c;
        struct plat_addr at;
        const char *why;
        bool tls = !rows[i].tls;
        assert_int_equal(parse(rows[i].text, &c, &why), ERR_OK);
        serve_config_api(&c, &at, &tls);
        assert_int_equal(tls, rows[i].tls);
        assert_int_not_equal(plat_addr_port(&at), 0);
    }
}

static void a_certificate_has_a_key_and_an_api_with_tls(void **state)
{
    static const struct {
        const char *text, *word;
    } rows[] = {
        {"api = https://10.1.2.3:8443\napi-certificate = /x.pem", "both or none"},
        {"api = https://10.1.2.3:8443\napi-key = /x.key", "both or none"},
        {"api = 127.0.0.1:8053\napi-certificate = /x.pem\napi-key = /x.key", "https://"},
        {"api-certificate = /x.pem\napi-key = /x.key", "https://"},
        {"api = https://[::1]:1\napi-certificate = /no/x.pem\napi-key = /no/x.key", "/no/x.pem"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct serve_config c;
        const char *why = "";
        assert_int_equal(parse(rows[i].text, &c, &why), ERR_OK);
        assert_int_equal(serve_config_check(&c, &arena, &why), ERR_RANGE);
        if (!strstr(why, rows[i].word))
            fail_msg("\"%s\" does not say %s", why, rows[i].word);
    }
}

static void refuses_with_line_and_remedy(void **state)
{
    static const struct {
        const char *text, *line, *word;
    } rows[] = {
        {"user = a\nnonsense\n", "line 2", "name = value"},
        {"colour = red\n", "line 1", "state-dir"},
        {"state-dir = relative\n", "line 1", "absolute"},
        {"log = \n", "line 1", "log"},
        {"user = a/b\n", "line 1", "user"},
        {"\n\nkdc-workers = 0\n", "line 3", "1 to 64"},
        {"dns-workers = 65\n", "line 1", "1 to 64"},
        {"subnet-a = 10.1.0.1/24\n", "line 1", "NETWORK"},
        {"metrics = 10.1.2.3:9464\n", "line 1", "loopback"},
        {"log-format = xml\n", "line 1", "json or text"},
        {"api = http://10.1.2.3:8053\n", "line 1", "loopback"},
        {"api = https://10.1.2.3\n", "line 1", "port"},
        {"api-key = key.pem\n", "line 1", "absolute"},
        {"api-name = a b\n", "line 1", "DNS name"},
        {"api = 127.0.0.1\n", "line 1", "loopback"},
        {"ldap-workers = two\n", "line 1", "1 to 64"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct serve_config c;
        const char *why = "";
        assert_int_equal(parse(rows[i].text, &c, &why), ERR_RANGE);
        if (!strstr(why, rows[i].line) || !strstr(why, rows[i].word))
            fail_msg("\"%s\" names neither %s nor %s", why, rows[i].line, rows[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_settings_and_comments),
        cmocka_unit_test(a_collector_is_an_address_or_a_socket),
        cmocka_unit_test(api_says_where_and_whether_with_tls),
        cmocka_unit_test(a_certificate_has_a_key_and_an_api_with_tls),
        cmocka_unit_test(refuses_with_line_and_remedy),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
