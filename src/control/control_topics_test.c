#include "base/test.h"
#include "control/control_topics.h"

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *authority, *host, *path;
        uint16_t port;
        bool tls, numeric;
    } good[] = {
        {"http://127.0.0.1:9000/a/b?c=1", "127.0.0.1:9000", "127.0.0.1", "/a/b?c=1", 9000, false,
         true},
        {"http://10.0.0.1", "10.0.0.1", "10.0.0.1", "/", 80, false, true},
        {"http://[::1]:81/x", "[::1]:81", "::1", "/x", 81, false, true},
        {"https://[fd00::1]/", "[fd00::1]", "fd00::1", "/", 443, true, true},
        {"https://10.0.0.1/", "10.0.0.1", "10.0.0.1", "/", 443, true, true},
        {"https://hooks.example.com/x", "hooks.example.com", "hooks.example.com", "/x", 443, true,
         false},
        {"http://hooks:8080", "hooks:8080", "hooks", "/", 8080, false, false},
    };
    static const char *const bad[] = {"",
                                      "http://",
                                      "https://",
                                      "https:///x",
                                      "ftp://127.0.0.1/",
                                      "http://127.0.0.1/a b",
                                      "http://127.0.0.1/\r\nHost: x",
                                      "http://127.0.0.1:99999/",
                                      "http://300.1.1.1/",
                                      "https://name:0/",
                                      "https://name:x/",
                                      "https://name:/",
                                      "https://user@name/",
                                      "https://a b/",
                                      "https://:443/",
                                      "https://[::1/",
                                      "https://name:65536/"};
    struct control_topic_url u;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(control_topic_parse(span_str(good[i].url), &u), ERR_OK);
        assert_true(span_eq(u.authority, span_str(good[i].authority)));
        assert_true(span_eq(u.host, span_str(good[i].host)));
        assert_true(span_eq(u.path, span_str(good[i].path)));
        assert_int_equal(u.port, good[i].port);
        assert_int_equal(u.tls, good[i].tls);
        assert_int_equal(u.numeric, good[i].numeric);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (control_topic_parse(span_str(bad[i]), &u) == ERR_OK)
            fail_msg("%s was taken", bad[i]);
    }
}

static void test_topics(void **state)
{
    (void)state;
    struct control_topics topics = {0};
    struct span url = SPAN_LIT("http://127.0.0.1/");
    const char *why = "";
    char name[8];
    for (unsigned i = 0; i < CONTROL_TOPICS_MAX; i++) {
        snprintf(name, sizeof(name), "t%u", i);
        assert_int_equal(control_topics_set(&topics, span_str(name), url, &why), ERR_OK);
    }
    assert_int_equal(control_topics_set(&topics, SPAN_LIT("t3"), SPAN_LIT("http://[::1]/x"), &why),
                     ERR_OK);
    assert_int_equal(topics.count, CONTROL_TOPICS_MAX);
    assert_string_equal(control_topic_named(&topics, SPAN_LIT("t3"))->url, "http://[::1]/x");
    assert_null(control_topic_named(&topics, SPAN_LIT("t")));
    assert_int_equal(control_topics_set(&topics, SPAN_LIT("one-more"), url, &why), ERR_RANGE);
    assert_non_null(strstr(why, "16"));
    topics.count = 0;
    assert_int_equal(control_topics_set(&topics, SPAN_LIT("a b"), url, &why), ERR_RANGE);
    assert_int_equal(control_topics_set(&topics, SPAN_NONE, url, &why), ERR_RANGE);
    assert_int_equal(control_topics_set(&topics, SPAN_LIT("a"), SPAN_LIT("ftp://x"), &why),
                     ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
