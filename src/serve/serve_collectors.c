#include "serve/serve_collectors.h"

static bool take(struct span *url, const char *scheme)
{
    size_t len = strlen(scheme);
    if (url->len <= len || memcmp(url->ptr, scheme, len) != 0)
        return false;
    *url = span_sub(*url, len, url->len);
    return true;
}

enum err serve_collector_parse(struct span url, struct serve_collector_at *out)
{
    struct serve_collector_at at = {.type = SOCK_DGRAM};
    if (take(&url, "unix://")) {
        if (url.ptr[0] != '/' || url.len >= sizeof(at.path) || memchr(url.ptr, '\0', url.len))
            return ERR_MALFORMED;
        memcpy(at.path, url.ptr, url.len);
    } else {
        bool tcp = take(&url, "tcp://");
        if (!tcp && !take(&url, "udp://"))
            return ERR_MALFORMED;
        at.type = tcp ? SOCK_STREAM : SOCK_DGRAM;
        TRY(plat_addr_parse(url, SERVE_SYSLOG_PORT, &at.to));
    }
    *out = at;
    return ERR_OK;
}

/* AWS's names begin with a slash, paths below log-groups do not: both are the same group. */
static struct span without_slashes(struct span group)
{
    while (group.len && group.ptr[0] == '/')
        group = span_sub(group, 1, group.len);
    return group;
}

/* What AWS takes as the name of a log group, but for '#', which begins a comment elsewhere. */
static bool name_ok(struct span group)
{
    for (size_t i = 0; i < group.len; i++) {
        uint8_t c = group.ptr[i], lower = c | 32;
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && !memchr("-._/", c, 4))
            return false;
    }
    return group.len > 0 && group.len < sizeof(((struct serve_collector *)0)->group);
}

enum err serve_collectors_set(struct serve_collectors *all, struct span group, struct span url,
                              const char **why_out)
{
    struct serve_collector one = {0};
    struct serve_collector_at at;
    unsigned i = 0;
    group = without_slashes(group);
    *why_out =
        "expected unix:///PATH of a syslog socket, as unix:///dev/log, or udp://ADDRESS[:PORT] or "
        "tcp://ADDRESS[:PORT], the address as a number; the group's name of letters, digits "
        "and -._/";
    if (!name_ok(group) || url.len >= sizeof(one.url) || serve_collector_parse(url, &at) != ERR_OK)
        return ERR_RANGE;
    memcpy(one.group, group.ptr, group.len);
    memcpy(one.url, url.ptr, url.len);
    while (i < all->count && strcmp(all->of[i].group, one.group) != 0)
        i++;
    *why_out = "expected no more than 16 log groups that go to syslog";
    if (i == SERVE_COLLECTORS_MAX)
        return ERR_RANGE;
    all->of[i] = one;
    all->count += i == all->count;
    return ERR_OK;
}

const struct serve_collector *serve_collector_of(const struct serve_collectors *all,
                                                 struct span group)
{
    group = without_slashes(group);
    for (unsigned i = 0; i < all->count; i++) {
        if (span_eq(span_str(all->of[i].group), group))
            return &all->of[i];
    }
    return NULL;
}
