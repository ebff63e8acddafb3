#include "control/control_topics.h"

#define SCHEME SPAN_LIT("http://")

static bool letters_ok(struct span s, const char *others)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i], lower = c | 32;
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') &&
            !memchr(others, c, strlen(others)))
            return false;
    }
    return s.len > 0;
}

enum err control_topic_parse(struct span url, struct plat_addr *at_out, struct span *host_out,
                             struct span *path_out)
{
    if (url.len <= SCHEME.len || !span_eq(span_sub(url, 0, SCHEME.len), SCHEME))
        return ERR_MALFORMED;
    struct span rest = span_sub(url, SCHEME.len, url.len);
    const uint8_t *slash = memchr(rest.ptr, '/', rest.len);
    size_t len = slash ? (size_t)(slash - rest.ptr) : rest.len;
    struct span path = slash ? span_sub(rest, len, rest.len) : SPAN_LIT("/");
    if (!letters_ok(path, "/-._~?=&%+:@,;"))
        return ERR_MALFORMED;
    TRY(plat_addr_parse(span_sub(rest, 0, len), 80, at_out));
    *host_out = span_sub(rest, 0, len);
    *path_out = path;
    return ERR_OK;
}

enum err control_topics_set(struct control_topics *topics, struct span name, struct span url,
                            const char **why_out)
{
    struct control_topic topic = {0};
    struct plat_addr at;
    struct span host, path;
    *why_out = "expected http://ADDRESS[:PORT]/PATH, the address as a number, as in "
               "http://127.0.0.1:9000/directory; the topic's name of letters, digits, - and _";
    if (name.len >= sizeof(topic.name) || url.len >= sizeof(topic.url) || !letters_ok(name, "-_") ||
        control_topic_parse(url, &at, &host, &path) != ERR_OK)
        return ERR_RANGE;
    memcpy(topic.name, name.ptr, name.len);
    memcpy(topic.url, url.ptr, url.len);
    for (unsigned i = 0; i < topics->count; i++) {
        if (strcmp(topics->topic[i].name, topic.name) == 0) {
            topics->topic[i] = topic;
            return ERR_OK;
        }
    }
    *why_out = "expected no more than 16 topics";
    if (topics->count == CONTROL_TOPICS_MAX)
        return ERR_RANGE;
    topics->topic[topics->count++] = topic;
    return ERR_OK;
}

const struct control_topic *control_topic_named(const struct control_topics *topics,
                                                struct span name)
{
    for (unsigned i = 0; i < topics->count; i++) {
        if (span_eq(span_str(topics->topic[i].name), name))
            return &topics->topic[i];
    }
    return NULL;
}
