#include "control/control_metrics.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypt/x509.h"
#include "plat/clock.h"
#include "plat/counters_share.h"
#include "plat/files.h"

#define STATUS_TIMEOUT   (2 * UTIME_SECOND)
#define METRICS_MEMORY   (64u << 20)
#define PEM_MAX          16384
#define CERTIFICATE_ENDS "certificate_expiry_timestamp_seconds"

struct asked {
    struct control *c;
    struct arena a;
    struct control_sample *first, **last;
};

void control_metrics_family(FILE *out, const char *name, const char *kind, const char *help)
{
    fprintf(out, "# HELP entente_%s %s.\n# TYPE entente_%s %s\n", name, help, name, kind);
}

static void put_value(FILE *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            fputs("\\n", out);
        else if (*value == '\\' || *value == '"')
            fprintf(out, "\\%c", *value);
        else
            fputc(*value, out);
    }
}

void control_metrics_name(FILE *out, const char *name, ...)
{
    const char *label;
    unsigned count = 0;
    va_list args;
    fprintf(out, "entente_%s", name);
    va_start(args, name);
    while ((label = va_arg(args, const char *))) {
        const char *value = va_arg(args, const char *);
        if (!value)
            continue;
        fprintf(out, "%s%s=\"", count++ ? "," : "{", label);
        put_value(out, value);
        fputc('"', out);
    }
    va_end(args);
    fputs(count ? "} " : " ", out);
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

static void put_directories(const struct control *c, FILE *out)
{
    control_metrics_family(out, "directory_state", "gauge", "The state of a directory: always 1");
    for (const struct control_directory *d = c->directories; d; d = d->next) {
        control_metrics_name(out, "directory_state", "directory", text_of(d->record, "name"),
                             "state", text_of(d->record, "state"), NULL);
        fputs("1\n", out);
    }
    control_metrics_family(out, "directory_size_bytes", "gauge",
                           "What the file of a directory takes on disk");
    for (const struct control_directory *d = c->directories; d; d = d->next) {
        char path[700];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%s/data.mdb", c->env.state_dir, text_of(d->record, "id"));
        if (stat(path, &st) != 0)
            continue;
        control_metrics_name(out, "directory_size_bytes", "directory", text_of(d->record, "name"),
                             NULL);
        fprintf(out, "%lld\n", (long long)st.st_blocks * 512);
    }
}

static void put_dcs(const struct control *c, FILE *out)
{
    control_metrics_family(out, "domain_controller_state", "gauge",
                           "The state of a domain controller: always 1");
    for (const struct control_directory *d = c->directories; d; d = d->next) {
        size_t i;
        json_t *dc;
        json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
        {
            control_metrics_name(out, "domain_controller_state", "directory",
                                 text_of(d->record, "name"), "dc", text_of(dc, "host"), "state",
                                 text_of(dc, "state"), NULL);
            fputs("1\n", out);
        }
    }
}

static void put_certificate(const struct control *c, const struct control_directory *d,
                            const char *name, FILE *out)
{
    struct arena a;
    struct span pem;
    utime until;
    arena_init(&a, 0, 4 * PEM_MAX, 0);
    const char *path =
        arena_printf(&a, "%s/%s/%s.pem", c->env.state_dir, text_of(d->record, "id"), name);
    if (path && plat_file_read(path, PEM_MAX, &a, &pem) == ERR_OK &&
        x509_expiry(pem, &until) == ERR_OK) {
        control_metrics_name(out, CERTIFICATE_ENDS, "directory", text_of(d->record, "name"),
                             "certificate", name, NULL);
        fprintf(out, "%lld\n", (long long)(until / UTIME_SECOND));
    }
    arena_fini(&a);
}

/* Those of LDAPS, by the names of their files, and those of authorities that were registered. */
static void put_certificates(const struct control *c, FILE *out)
{
    size_t i;
    json_t *one;
    char name[256];
    control_metrics_family(out, CERTIFICATE_ENDS, "gauge", "When a certificate ends");
    for (const struct control_directory *d = c->directories; d; d = d->next) {
        put_certificate(c, d, "ldap-ca", out);
        json_array_foreach(json_object_get(d->record, "dcs"), i, one)
        {
            snprintf(name, sizeof(name), "ldap-%s", text_of(one, "host"));
            put_certificate(c, d, name, out);
        }
        json_array_foreach(json_object_get(d->record, "certificates"), i, one)
        {
            snprintf(name, sizeof(name), "certificate-%s", text_of(one, "id"));
            put_certificate(c, d, name, out);
        }
    }
}

/* value: of a trust's entry; NULL: its state is a label, and the value 1. */
static void put_trusts(const struct control *c, const char *name, const char *value, FILE *out)
{
    for (const struct control_directory *d = c->directories; d; d = d->next) {
        size_t i;
        json_t *trust;
        json_array_foreach(json_object_get(d->record, "trusts"), i, trust)
        {
            const json_t *number = value ? json_object_get(trust, value) : NULL;
            const char *state = value ? NULL : json_string_value(json_object_get(trust, "state"));
            if (!number && !state)
                continue;
            control_metrics_name(out, name, "directory", text_of(d->record, "name"), "partner",
                                 text_of(trust, "partner"), "state", state, NULL);
            fprintf(out, "%lld\n",
                    number ? (long long)(json_integer_value(number) / UTIME_SECOND) : 1);
        }
    }
}

static void put_all_trusts(const struct control *c, FILE *out)
{
    control_metrics_family(out, "trust_state", "gauge", "The state of a trust: always 1");
    put_trusts(c, "trust_state", NULL, out);
    control_metrics_family(out, "trust_verified_timestamp_seconds", "gauge",
                           "When a trust was proved last");
    put_trusts(c, "trust_verified_timestamp_seconds", "proved", out);
    control_metrics_family(out, "trust_password_changed_timestamp_seconds", "gauge",
                           "When the password of a trust was changed last");
    put_trusts(c, "trust_password_changed_timestamp_seconds", "password_changed", out);
}

/* Of "kdc d-1/dc1" or "kdc d-1/dc1-2" it is dc1: the longest host name that the rest begins with,
 * since those may have hyphens, too. */
static const char *dc_of(struct asked *q, const struct control_directory *d, struct span process)
{
    const uint8_t *slash = process.len ? memchr(process.ptr, '/', process.len) : NULL;
    const char *found = NULL;
    size_t i;
    json_t *dc;
    if (!slash)
        return NULL;
    struct span rest = span_sub(process, (size_t)(slash - process.ptr) + 1, process.len);
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        const char *host = text_of(dc, "host");
        size_t len = strlen(host);
        bool begins = len <= rest.len && memcmp(rest.ptr, host, len) == 0 &&
                      (len == rest.len || rest.ptr[len] == '-');
        if (begins && (!found || len > strlen(found)))
            found = host;
    }
    return found ? arena_dup_str(&q->a, span_str(found)) : NULL;
}

static void add_sample(struct asked *q, const struct control_directory *d,
                       const struct control_process *p)
{
    char path[700];
    struct control_sample *s = arena_new(&q->a, struct control_sample);
    const uint8_t *blank = p->name.len ? memchr(p->name.ptr, ' ', p->name.len) : NULL;
    if (!s)
        return;
    size_t role = blank ? (size_t)(blank - p->name.ptr) : p->name.len;
    s->directory = arena_dup_str(&q->a, span_str(text_of(d->record, "name")));
    s->dc = dc_of(q, d, p->name);
    s->process = arena_dup_str(&q->a, p->name);
    s->role = arena_dup_str(&q->a, span_sub(p->name, 0, role));
    s->status = *p;
    if (!s->directory || !s->process || !s->role ||
        plat_counters_path(q->c->env.run_dir, p->name, path, sizeof(path)) != ERR_OK)
        return;
    (void)plat_counters_read(path, &s->counted); /* one that never began has counted nothing */
    *q->last = s;
    q->last = &s->next;
}

static void ask_directory(struct asked *q, struct control_directory *d)
{
    struct span id = span_str(text_of(d->record, "id"));
    struct control_status status = {0};
    struct plat_msg reply;
    d->users++;
    if (plat_channel_call(q->c->env.serve, CONTROL_STATUS, id, STATUS_TIMEOUT, &q->a, &reply) ==
            ERR_OK &&
        control_status_decode(reply.payload, &q->a, &status) == ERR_OK && !d->removed) {
        for (unsigned i = 0; i < status.count; i++)
            add_sample(q, d, &status.process[i]);
    }
    control_release(d);
}

/* Others may change the list while this waits: each directory is found by its id. */
static void ask(struct asked *q)
{
    json_t *ids = json_array(), *id;
    size_t i;
    for (const struct control_directory *d = q->c->directories; d; d = d->next)
        json_array_append(ids, json_object_get(d->record, "id"));
    json_array_foreach(ids, i, id)
    {
        struct control_directory *d =
            control_directory_by_id(q->c, span_str(json_string_value(id)));
        if (d)
            ask_directory(q, d);
    }
    json_decref(ids);
}

static void add_myself(struct asked *q)
{
    struct control_sample *s = arena_new(&q->a, struct control_sample);
    if (!s)
        return;
    s->process = s->role = "control";
    s->status.pid = (uint32_t)getpid();
    s->status.ready = true;
    s->counted = *counters_here;
    *q->last = s;
    q->last = &s->next;
}

char *control_metrics_text(struct control *c)
{
    char *text = NULL;
    size_t size;
    struct asked q = {.c = c};
    arena_init(&q.a, 1 << 16, METRICS_MEMORY, 0);
    q.last = &q.first;
    add_myself(&q);
    ask(&q);
    FILE *out = arena_failed(&q.a) ? NULL : open_memstream(&text, &size);
    if (out) {
        put_directories(c, out);
        put_dcs(c, out);
        put_all_trusts(c, out);
        put_certificates(c, out);
        control_metrics_processes(q.first, out);
        fclose(out);
    }
    arena_fini(&q.a);
    return text;
}

enum err control_metrics_show(struct control_call *call)
{
    char *text = control_metrics_text(call->control);
    call->result = text ? json_string(text) : NULL;
    free(text);
    return call->result ? ERR_OK : ERR_NOMEM;
}
