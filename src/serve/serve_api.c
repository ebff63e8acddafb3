/*
 * Where the AWS API listens, and its certificate: the operator's, or one that an authority of the
 * service signs, whose certificate is api-ca.pem in the state directory. The authority's key stays
 * with the parent; control, which answers clients, is told the server's and keeps no file of it.
 */
#include <unistd.h>

#include "base/text.h"
#include "crypt/tls.h"
#include "crypt/x509.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "serve/serve_parent.h"

#define PEM_MAX      65536
#define API_MEMORY   (1u << 20)
#define SERVER_LIFE  (90 * UTIME_DAY) /* made again at each start */
#define RENEW_BEFORE (30 * UTIME_DAY)
#define BACKDATE     UTIME_DAY /* clients' clocks differ */
#define LOOK_PERIOD  (UTIME_DAY / 2)
#define HOST_MAX     64

/* --- the operator's certificate ----------------------------------------------------------------
 */

static enum err read_given(const struct serve_config *config, struct arena *a,
                           struct x509_identity *out, const char **why_out)
{
    struct tls_config *tls;
    *why_out = arena_printf(a, "api-certificate: %s cannot be read", config->api_certificate);
    TRY(plat_file_read(config->api_certificate, PEM_MAX, a, &out->cert_pem));
    *why_out = arena_printf(a,
                            "api-key: %s cannot be read, or can be by others; remedy: chmod 600, "
                            "chown root",
                            config->api_key);
    TRY(plat_file_read_secret(config->api_key, PEM_MAX, a, &out->key_pem));
    *why_out = "api-certificate, api-key: expected a certificate and its own key, both PEM, the "
               "key without a password";
    TRY(tls_config_new(out->cert_pem, out->key_pem, &tls));
    tls_config_free(tls);
    return ERR_OK;
}

enum err serve_config_check(const struct serve_config *config, struct arena *a,
                            const char **why_out)
{
    struct plat_addr at;
    struct x509_identity id;
    struct arena secret;
    const char *why;
    bool tls = false;
    if (*config->api)
        serve_config_api(config, &at, &tls);
    *why_out = "api-certificate, api-key: expected both or none";
    if (!*config->api_certificate != !*config->api_key)
        return ERR_RANGE;
    *why_out = "api-certificate, api-key: they are for TLS, and api says none: api = https://...";
    if (*config->api_certificate && !tls)
        return ERR_RANGE;
    if (!*config->api_certificate)
        return ERR_OK;
    arena_init(&secret, 0, API_MEMORY, ARENA_WIPE);
    enum err e = read_given(config, &secret, &id, &why);
    if (e != ERR_OK)
        *why_out = arena_dup_str(a, span_str(why));
    arena_fini(&secret);
    return e == ERR_OK ? ERR_OK : ERR_RANGE;
}

/* --- one of our own ----------------------------------------------------------------------------
 */

struct own_names {
    struct x509_names names;
    struct span dns[3], ip[4];
    struct plat_addr given, at;
};

static void add_ip(struct own_names *n, struct span ip)
{
    n->ip[n->names.ip_count++] = ip;
}

static bool is_wildcard(const struct plat_addr *at)
{
    static const uint8_t zeros[16];
    struct span host = plat_addr_host(at);
    return memcmp(host.ptr, zeros, host.len) == 0;
}

/* What clients may call it: what the operator says, the machine's name, where it listens. */
static void collect_names(const struct serve_config *config, const char *host, struct own_names *n)
{
    static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    struct span name = span_str(config->api_name);
    bool tls;
    serve_config_api(config, &n->at, &tls);
    if (name.len && plat_addr_parse(name, 0, &n->given) == ERR_OK)
        add_ip(n, plat_addr_host(&n->given));
    else if (name.len)
        n->dns[n->names.dns_count++] = name;
    n->dns[n->names.dns_count++] = span_str(host);
    n->dns[n->names.dns_count++] = SPAN_LIT("localhost");
    if (!is_wildcard(&n->at))
        add_ip(n, plat_addr_host(&n->at));
    add_ip(n, span_of(v4, sizeof(v4)));
    add_ip(n, span_of(v6, sizeof(v6)));
    n->names.dns = n->dns;
    n->names.ip = n->ip;
}

static enum err make_own(const struct serve_config *config, struct arena *a,
                         struct x509_identity *out, const char **why_out)
{
    struct x509_identity ca;
    struct own_names names = {0};
    char host[HOST_MAX + 1] = "";
    utime now = plat_now();
    const char *prefix = arena_printf(a, "%s/api-ca", config->state_dir);
    if (gethostname(host, sizeof(host)) != 0 || host[HOST_MAX] || !*host)
        snprintf(host, sizeof(host), "localhost");
    collect_names(config, host, &names);
    *why_out =
        arena_printf(a, "the authority %s.pem, %s.key cannot be read or made", prefix, prefix);
    TRY(serve_authority(prefix, "Entente API authority", now, a, &ca));
    *why_out = "the certificate cannot be made";
    return x509_make_server(&ca, &names.names, now - BACKDATE, now + SERVER_LIFE, a, out);
}

/* --- what is in force --------------------------------------------------------------------------
 */

/* What control needs stays in p->api_memory: in one text, the certificates and the key. */
static enum err take_identity(struct serve_parent *p, struct arena *a, const char **why_out)
{
    struct x509_identity id;
    struct arena kept;
    utime until;
    TRY(*p->config->api_certificate ? read_given(p->config, a, &id, why_out)
                                    : make_own(p->config, a, &id, why_out));
    *why_out = "the certificate cannot be read";
    TRY(x509_expiry(id.cert_pem, &until));
    *why_out = "the certificate has expired; remedy: put a newer one there";
    if (until <= plat_now())
        return ERR_RANGE;
    arena_init(&kept, 0, API_MEMORY, ARENA_WIPE);
    struct span identity =
        span_str(arena_printf(&kept, "%.*s\n%.*s", SPAN_ARG(id.cert_pem), SPAN_ARG(id.key_pem)));
    *why_out = "no memory";
    if (!identity.len) {
        arena_fini(&kept);
        return ERR_NOMEM;
    }
    arena_fini(&p->api_memory);
    p->api_memory = kept;
    p->api_identity = identity;
    p->api_until = until;
    return ERR_OK;
}

static void tell_log(struct serve_parent *p, enum reason reason, const char *text)
{
    struct event ev;
    char until[32];
    event_init(&ev, plat_now(), "serve.api_certificate", reason);
    utime_to_iso(p->api_until, until);
    event_text(&ev, "until", span_str(until));
    if (text)
        event_text(&ev, "text", span_str(text));
    event_emit(plat_eventlog_sink(p->log), &ev);
    plat_eventlog_flush(p->log);
}

/* What cannot be used leaves the one that is in force. */
void serve_api_renew(struct serve_parent *p)
{
    struct arena a;
    const char *why = "";
    if (p->api_fd < 0 || !p->api_identity.len)
        return;
    arena_init(&a, 0, API_MEMORY, ARENA_WIPE);
    enum err e = take_identity(p, &a, &why);
    tell_log(p, e == ERR_OK ? REASON_NONE : REASON_API_CERTIFICATE, e == ERR_OK ? NULL : why);
    if (e == ERR_OK && p->control->channel)
        (void)plat_channel_send(p->control->channel, CONTROL_CERTIFICATE, p->api_identity, -1);
    arena_fini(&a);
}

/* The operator's is looked for again, too: somebody may have put a newer one there. */
static void look(void *ctx)
{
    struct serve_parent *p = ctx;
    if (p->api_until < plat_now() + RENEW_BEFORE)
        serve_api_renew(p);
}

static void begin_tls(struct serve_parent *p)
{
    struct arena a;
    const char *why = "";
    arena_init(&a, 0, API_MEMORY, ARENA_WIPE);
    if (take_identity(p, &a, &why) != ERR_OK)
        ent_fatal("api: %s", why);
    arena_fini(&a);
    p->api_timer = plat_timer_new(p->loop, look, p);
    if (!p->api_timer)
        ent_fatal("no memory");
    plat_timer_background(p->api_timer);
    plat_timer_start(p->api_timer, LOOK_PERIOD, LOOK_PERIOD);
    tell_log(p, REASON_NONE, NULL);
}

void serve_api_begin(struct serve_parent *p)
{
    struct plat_addr at;
    bool tls;
    p->api_fd = -1;
    if (!*p->config->api)
        return;
    serve_config_api(p->config, &at, &tls);
    p->api_fd = serve_listen("api", &at);
    if (tls)
        begin_tls(p);
}

void serve_api_end(struct serve_parent *p)
{
    if (p->api_timer)
        plat_timer_free(p->api_timer);
    if (p->api_fd >= 0)
        close(p->api_fd);
    arena_fini(&p->api_memory);
}
