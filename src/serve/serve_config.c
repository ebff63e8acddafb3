/*
 * The configuration file: "name = value", one a line. What is wrong is refused with its line and
 * the remedy.
 */
#include "base/text.h"
#include "serve/serve.h"

struct setting {
    const char *name;
    size_t offset, size; /* of a text; size 0: a number of workers */
    const char *expected;
};

#define TEXT(name_, member, expected_)                                                             \
    {                                                                                              \
        name_, offsetof(struct serve_config, member), sizeof(((struct serve_config *)0)->member),  \
            expected_                                                                              \
    }
#define WORKERS(name_, member)                                                                     \
    {                                                                                              \
        name_, offsetof(struct serve_config, member), 0, "a number of processes from 1 to 64"      \
    }

static const struct setting settings[] = {
    TEXT("state-dir", state_dir, "an absolute path: where directories are kept"),
    TEXT("run-dir", run_dir, "an absolute path: sockets and volatile data"),
    TEXT("user", user, "a user name: what the services run as"),
    TEXT("api", api,
         "an address and a port, as https://10.0.0.5:8443, or http:// with a loopback address "
         "(elsewhere passwords would cross the network, and what was signed could be sent again): "
         "where the AWS API listens"),
    TEXT("api-name", api_name, "a DNS name or an address that clients of the AWS API connect to"),
    TEXT("api-certificate", api_certificate,
         "an absolute path: the AWS API's certificate and those that lead to its authority, PEM"),
    TEXT("api-key", api_key, "an absolute path: the private key of that certificate, PEM"),
    TEXT("metrics", metrics,
         "a loopback address and a port, as 127.0.0.1:9464: where metrics are asked for"),
    TEXT("log", log, "an absolute path, or - for standard error"),
    TEXT("log-format", log_format, "json or text: what each line of the log is"),
    TEXT("log-groups", log_groups, "an absolute path: the folder of the log groups"),
    TEXT("topic-authorities", topic_authorities,
         "an absolute path: the authorities that topics' certificates lead to, PEM"),
    WORKERS("kdc-workers", kdc_workers),
    WORKERS("ldap-workers", ldap_workers),
    WORKERS("dns-workers", dns_workers),
};

void serve_config_default(struct serve_config *out)
{
    *out = (struct serve_config){.state_dir = "/var/lib/entente",
                                 .run_dir = "/run/entente",
                                 .user = "entente",
                                 .log = "-",
                                 .log_format = "json",
                                 .kdc_workers = 1,
                                 .ldap_workers = 1,
                                 .dns_workers = 1};
}

bool serve_log_is_text(const struct serve_config *config)
{
    return strcmp(config->log_format, "text") == 0;
}

static bool starts(struct span s, struct span with)
{
    return s.len > with.len && memcmp(s.ptr, with.ptr, with.len) == 0;
}

/* Without a scheme a loopback address is served in plain, any other with TLS. */
static bool parse_api(struct span value, struct plat_addr *at, bool *tls)
{
    const struct span https = SPAN_LIT("https://"), http = SPAN_LIT("http://");
    bool secure = starts(value, https), plain = starts(value, http);
    if (secure || plain)
        value = span_sub(value, secure ? https.len : http.len, value.len);
    if (plat_addr_parse(value, 0, at) != ERR_OK || plat_addr_port(at) == 0)
        return false;
    *tls = secure || (!plain && !plat_addr_is_loopback(at));
    return *tls || plat_addr_is_loopback(at);
}

void serve_config_api(const struct serve_config *config, struct plat_addr *at_out, bool *tls_out)
{
    ENT_ASSERT(parse_api(span_str(config->api), at_out, tls_out));
}

static bool good_text(const struct setting *s, struct span value)
{
    struct plat_addr at;
    bool tls;
    if (value.len == 0 || value.len >= s->size || !text_valid(value) ||
        memchr(value.ptr, '\0', value.len))
        return false;
    if (strcmp(s->name, "user") == 0)
        return !memchr(value.ptr, '/', value.len);
    if (strcmp(s->name, "log-format") == 0)
        return span_eq(value, SPAN_LIT("json")) || span_eq(value, SPAN_LIT("text"));
    if (strcmp(s->name, "api") == 0)
        return parse_api(value, &at, &tls);
    if (strcmp(s->name, "metrics") == 0)
        return plat_addr_parse(value, 0, &at) == ERR_OK && plat_addr_port(&at) != 0 &&
               plat_addr_is_loopback(&at);
    if (strcmp(s->name, "api-name") == 0)
        return !memchr(value.ptr, '/', value.len) && !memchr(value.ptr, ' ', value.len);
    return value.ptr[0] == '/' || (strcmp(s->name, "log") == 0 && span_eq(value, SPAN_LIT("-")));
}

#define SUBNET SPAN_LIT("subnet-")

static enum err set_subnet(struct serve_config *config, struct span name, struct span value,
                           struct arena *a, const char **why_out)
{
    const char *why;
    if (control_pools_set(&config->pools, name, value, &why) == ERR_OK)
        return ERR_OK;
    *why_out = arena_printf(a, "%.*s: %s", SPAN_ARG(name), why);
    return ERR_RANGE;
}

#define TOPIC SPAN_LIT("topic-")

static enum err set_topic(struct serve_config *config, struct span name, struct span value,
                          struct arena *a, const char **why_out)
{
    const char *why;
    if (control_topics_set(&config->topics, span_sub(name, TOPIC.len, name.len), value, &why) ==
        ERR_OK)
        return ERR_OK;
    *why_out = arena_printf(a, "%.*s: %s", SPAN_ARG(name), why);
    return ERR_RANGE;
}

#define LOG_GROUP SPAN_LIT("log-group-")

static enum err set_collector(struct serve_config *config, struct span name, struct span value,
                              struct arena *a, const char **why_out)
{
    const char *why;
    struct span group = span_sub(name, LOG_GROUP.len, name.len);
    if (serve_collectors_set(&config->collectors, group, value, &why) == ERR_OK)
        return ERR_OK;
    *why_out = arena_printf(a, "%.*s: %s", SPAN_ARG(name), why);
    return ERR_RANGE;
}

enum err serve_config_set(struct serve_config *config, struct span name, struct span value,
                          struct arena *a, const char **why_out)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const struct setting *s = &settings[i];
        char *at = (char *)config + s->offset;
        uint64_t number;
        if (!span_eq(span_str(s->name), name))
            continue;
        if (s->size && good_text(s, value)) {
            memcpy(at, value.ptr, value.len);
            at[value.len] = '\0';
            return ERR_OK;
        }
        if (!s->size && text_to_u64(value, 64, &number) == ERR_OK && number > 0) {
            *(unsigned *)(void *)at = (unsigned)number;
            return ERR_OK;
        }
        *why_out = arena_printf(a, "%s: expected %s", s->name, s->expected);
        return ERR_RANGE;
    }
    if (starts(name, SUBNET))
        return set_subnet(config, name, value, a, why_out);
    if (starts(name, TOPIC))
        return set_topic(config, name, value, a, why_out);
    if (starts(name, LOG_GROUP))
        return set_collector(config, name, value, a, why_out);
    *why_out = arena_printf(
        a,
        "%.*s: no setting has this name; known are state-dir, run-dir, user, api, api-name, "
        "api-certificate, api-key, metrics, log, log-format, log-groups, topic-authorities, "
        "kdc-workers, "
        "ldap-workers, dns-workers, subnet-NAME, topic-NAME, log-group-NAME",
        SPAN_ARG(name));
    return ERR_RANGE;
}

static struct span trim(struct span s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = span_sub(s, 1, s.len);
    while (s.len &&
           (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' || s.ptr[s.len - 1] == '\r'))
        s.len--;
    return s;
}

static enum err parse_line(struct span line, struct serve_config *config, struct arena *a,
                           const char **why_out)
{
    line = trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return ERR_OK;
    const uint8_t *equal = memchr(line.ptr, '=', line.len);
    if (!equal) {
        *why_out = "expected name = value";
        return ERR_RANGE;
    }
    size_t at = (size_t)(equal - line.ptr);
    return serve_config_set(config, trim(span_sub(line, 0, at)),
                            trim(span_sub(line, at + 1, line.len)), a, why_out);
}

enum err serve_config_parse(struct span text, struct serve_config *config, struct arena *a,
                            const char **why_out)
{
    for (unsigned number = 1; text.len > 0; number++) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        const char *why;
        if (parse_line(span_sub(text, 0, len), config, a, &why) != ERR_OK) {
            *why_out = arena_printf(a, "line %u: %s", number, why);
            return ERR_RANGE;
        }
        text = span_sub(text, len + 1, text.len);
    }
    return ERR_OK;
}

json_t *serve_config_json(const struct serve_config *config)
{
    const struct control_pools *pools =
        config->pools.count ? &config->pools : &control_pools_default;
    struct arena a;
    char name[sizeof(config->collectors.of[0].group) + 12];
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const struct setting *s = &settings[i];
        const char *at = (const char *)config + s->offset;
        json_object_set_new(out, s->name,
                            s->size ? json_string(at)
                                    : json_integer(*(const unsigned *)(const void *)at));
    }
    arena_init(&a, 0, 65536, 0);
    for (unsigned i = 0; i < pools->count; i++)
        json_object_set_new(out, pools->pool[i].name,
                            json_string(control_pool_text(&pools->pool[i], &a)));
    arena_fini(&a);
    for (unsigned i = 0; i < config->topics.count; i++) {
        snprintf(name, sizeof name, "topic-%s", config->topics.topic[i].name);
        json_object_set_new(out, name, json_string(config->topics.topic[i].url));
    }
    for (unsigned i = 0; i < config->collectors.count; i++) {
        snprintf(name, sizeof name, "log-group-%s", config->collectors.of[i].group);
        json_object_set_new(out, name, json_string(config->collectors.of[i].url));
    }
    return out;
}
