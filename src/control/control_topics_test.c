#include "base/test.h"
#include "control/control_topics.h"

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *path;
        uint16_t port;
    } good[] = {{"http://127.0.0.1:9000/a/b?c=1", "127.0.0.1:9000", "/a/b?c=1", 9000},
                {"http://10.0.0.1", "10.0.0.1", "/", 80},
                {"http://[::1]:81/x", "[::1]:81", "/x", 81}};
    static const char *const bad[] = {"",
                                      "http://",
                                      "https://127.0.0.1/",
                                      "http://name.example.com/",
                                      "http://127.0.0.1/a b",
                                      "http://127.0.0.1/\r\nHost: x",
                                      "http://127.0.0.1:99999/"};
    struct plat_addr at;
    struct span host, path;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(control_topic_parse(span_str(good[i].url), &at, &host, &path), ERR_OK);
        assert_true(span_eq(host, span_str(good[i].host)));
        assert_true(span_eq(path, span_str(good[i].path)));
        assert_int_equal(plat_addr_port(&at), good[i].port);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_not_equal(control_topic_parse(span_str(bad[i]), &at, &host, &path), ERR_OK);
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
