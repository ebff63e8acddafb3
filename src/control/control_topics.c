#include "control/control_topics.h"

#include "base/text.h"

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

static bool take(struct span *url, struct span scheme)
{
    if (url->len <= scheme.len || memcmp(url->ptr, scheme.ptr, scheme.len) != 0)
        return false;
    *url = span_sub(*url, scheme.len, url->len);
    return true;
}

/* A name has a letter, so that no address with a mistake in it is taken for one. */
static bool is_name(struct span host)
{
    bool letter = false;
    for (size_t i = 0; i < host.len; i++)
        letter = letter || (host.ptr[i] | 32) >= 'a';
    return letter && host.len <= 253 && letters_ok(host, "-.");
}

static enum err parse_host(struct span authority, struct control_topic_url *u)
{
    uint64_t port = u->tls ? 443 : 80;
    u->authority = u->host = authority;
    if (plat_addr_parse(authority, (uint16_t)port, &u->at) == ERR_OK) {
        const uint8_t *bracket = memchr(authority.ptr, ']', authority.len);
        const uint8_t *colon = memchr(authority.ptr, ':', authority.len);
        u->numeric = true;
        u->port = plat_addr_port(&u->at);
        if (authority.ptr[0] == '[' && bracket)
            u->host = span_sub(authority, 1, (size_t)(bracket - authority.ptr) - 1);
        else if (!plat_addr_is_v6(&u->at) && colon)
            u->host = span_sub(authority, 0, (size_t)(colon - authority.ptr));
        return ERR_OK;
    }
    const uint8_t *colon = authority.len ? memchr(authority.ptr, ':', authority.len) : NULL;
    if (colon) {
        size_t len = (size_t)(colon - authority.ptr);
        TRY(text_to_u64(span_sub(authority, len + 1, authority.len), 65535, &port));
        u->host = span_sub(authority, 0, len);
    }
    u->port = (uint16_t)port;
    return port > 0 && is_name(u->host) ? ERR_OK : ERR_MALFORMED;
}

enum err control_topic_parse(struct span url, struct control_topic_url *out)
{
    struct control_topic_url u = {.tls = take(&url, SPAN_LIT("https://"))};
    if (!u.tls && !take(&url, SPAN_LIT("http://")))
        return ERR_MALFORMED;
    const uint8_t *slash = memchr(url.ptr, '/', url.len);
    size_t len = slash ? (size_t)(slash - url.ptr) : url.len;
    u.path = slash ? span_sub(url, len, url.len) : SPAN_LIT("/");
    if (!letters_ok(u.path, "/-._~?=&%+:@,;") || parse_host(span_sub(url, 0, len), &u) != ERR_OK)
        return ERR_MALFORMED;
    *out = u;
    return ERR_OK;
}

enum err control_topics_set(struct control_topics *topics, struct span name, struct span url,
                            const char **why_out)
{
    struct control_topic topic = {0};
    struct control_topic_url parsed;
    *why_out = "expected https://HOST[:PORT]/PATH or http://HOST[:PORT]/PATH, as in "
               "https://hooks.example.com/directory; the topic's name of letters, digits, - and _";
    if (name.len >= sizeof(topic.name) || url.len >= sizeof(topic.url) || !letters_ok(name, "-_") ||
        control_topic_parse(url, &parsed) != ERR_OK)
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
