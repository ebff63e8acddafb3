#include "base/event.h"
#include "base/test.h"

static void success_as_json(void **state)
{
    (void)state;
    struct event ev;
    char out[512];
    event_init(&ev, INT64_C(1784730615) * UTIME_SECOND, "kdc.as", REASON_NONE);
    event_text(&ev, "client", SPAN_LIT("al\"i\\ce\n\x7f \xc3\xbc \xff"));
    event_num(&ev, "etype", -18);
    event_text(&ev, "empty", SPAN_NONE);
    size_t len = event_to_json(&ev, out, sizeof(out));
    assert_span(
        span_of(out, len),
        "{\"time\":\"2026-07-22T14:30:15.000000Z\",\"event\":\"kdc.as\",\"reason\":\"NONE\","
        "\"client\":\"al\\\"i\\\\ce\\u000a\\u007f \xc3\xbc \xef\xbf\xbd\",\"etype\":-18,"
        "\"empty\":\"\"}");
}

static void a_refusal_names_its_side(void **state)
{
    (void)state;
    struct event ev;
    char out[512];
    event_init(&ev, 0, "ldap.read", REASON_WIRE_MALFORMED);
    size_t len = event_to_json(&ev, out, sizeof(out));
    assert_span(span_of(out, len),
                "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"event\":\"ldap.read\",\"reason\":"
                "\"WIRE_MALFORMED\",\"severity\":\"error\",\"side\":\"client\"}");
}

static void a_line_for_people(void **state)
{
    (void)state;
    struct event ev;
    char out[512];
    static const char whole[] =
        "1970-01-01T00:00:00.000000Z ldap.read reason=WIRE_MALFORMED severity=error side=client "
        "who=alice@X.Y text=\"two words\" sum=\"a=b\" forged=\"a\\u000ab\" umlaut=\"\xc3\xbc\" "
        "none=\"\" n=-7";
    event_init(&ev, 0, "ldap.read", REASON_WIRE_MALFORMED);
    event_text(&ev, "who", SPAN_LIT("alice@X.Y"));
    event_text(&ev, "text", SPAN_LIT("two words"));
    event_text(&ev, "sum", SPAN_LIT("a=b"));
    event_text(&ev, "forged", SPAN_LIT("a\nb"));
    event_text(&ev, "umlaut", SPAN_LIT("\xc3\xbc"));
    event_text(&ev, "none", SPAN_NONE);
    event_num(&ev, "n", -7);
    assert_int_equal(event_to_line(&ev, out, sizeof(out)), sizeof(whole) - 1);
    assert_memory_equal(out, whole, sizeof(whole) - 1);
    for (size_t cap = 0; cap < sizeof(whole); cap++) {
        memset(out, '#', sizeof(out));
        size_t len = event_to_line(&ev, out, cap);
        assert_true(len <= cap);
        assert_int_equal(out[cap], '#');
        assert_memory_equal(out, whole, len);
        assert_true(len == 0 || whole[len] == ' ' || whole[len] == '\0');
    }
    event_init(&ev, 0, "kdc.as", REASON_NONE);
    assert_span(span_of(out, event_to_line(&ev, out, sizeof(out))),
                "1970-01-01T00:00:00.000000Z kdc.as");
}

static void cut_at_a_field_at_every_length(void **state)
{
    (void)state;
    struct event ev;
    char whole[512], out[512];
    event_init(&ev, 0, "x", REASON_NONE);
    event_text(&ev, "a", SPAN_LIT("1\"\xff"));
    event_num(&ev, "b", 2);
    event_num(&ev, "c", 3);
    size_t full = event_to_json(&ev, whole, sizeof(whole));
    for (size_t cap = 0; cap <= full; cap++) {
        memset(out, '#', sizeof(out));
        size_t len = event_to_json(&ev, out, cap);
        assert_true(len <= cap);
        assert_int_equal(out[cap], '#');
        if (len == 0)
            continue;
        assert_int_equal(out[len - 1], '}');
        assert_memory_equal(out, whole, len - 1);
        assert_true(whole[len - 1] == ',' || len == full);
    }
    assert_int_equal(event_to_json(&ev, out, full), full);
    assert_int_equal(event_to_json(&ev, out, full - 1), full - 6);
}

static void fields_beyond_the_maximum_are_dropped(void **state)
{
    (void)state;
    struct event ev;
    event_init(&ev, 0, "x", REASON_NONE);
    for (int i = 0; i < EVENT_FIELDS_MAX + 3; i++) {
        event_num(&ev, "n", i);
        event_text(&ev, "t", SPAN_LIT("v"));
    }
    assert_int_equal(ev.count, EVENT_FIELDS_MAX);
}

static void count(void *ctx, const struct event *ev)
{
    (void)ev;
    ++*(int *)ctx;
}

static void sinks(void **state)
{
    (void)state;
    struct event ev;
    int n = 0;
    event_init(&ev, 0, "x", REASON_NONE);
    event_emit(NULL, &ev);
    event_emit(&(struct event_sink){NULL, NULL}, &ev);
    event_emit(&(struct event_sink){count, &n}, &ev);
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_as_json),
        cmocka_unit_test(a_refusal_names_its_side),
        cmocka_unit_test(a_line_for_people),
        cmocka_unit_test(cut_at_a_field_at_every_length),
        cmocka_unit_test(fields_beyond_the_maximum_are_dropped),
        cmocka_unit_test(sinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
