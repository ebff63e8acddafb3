#include <malloc.h>
#include <unistd.h>

#include "base/text.h"
#include "control/aws_data.h"
#include "control/control_http.h"
#include "control/control_schema.h"
#include "control/control_snapshots.h"
#include "plat/clock.h"
#include "plat/task.h"

#define START_MEMORY    (1u << 20)
#define START_AGAIN     (5 * UTIME_SECOND) /* and so much longer each time */
#define START_AGAIN_MAX 12                 /* times that */
#define STARTERS        4                  /* directories that start at the same time */

/* The place of a domain controller's peer: the one that it has, or a free one. */
static struct plat_channel **peer_of(struct control_directory *d, struct span host)
{
    struct control_peer *place = NULL;
    for (unsigned i = 0; i < CONTROL_DCS_MAX; i++) {
        struct control_peer *p = &d->peer[i];
        if (p->channel && ascii_eq_fold(span_str(p->host), host))
            return &p->channel;
        if (!p->channel && !place)
            place = p;
    }
    if (!place || host.len >= sizeof(place->host))
        return NULL;
    snprintf(place->host, sizeof(place->host), "%.*s", SPAN_ARG(host));
    return &place->channel;
}

static void link_gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct control_directory *d = ctx;
    (void)why;
    if (d->writer == ch)
        d->writer = NULL;
    for (unsigned i = 0; i < CONTROL_DCS_MAX; i++) {
        if (d->peer[i].channel == ch)
            d->peer[i].channel = NULL;
    }
    plat_channel_free(ch);
}

/* Writers and peers only answer. */
static void link_spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    (void)msg;
    link_gone(ctx, ch, ERR_MALFORMED);
}

static struct plat_channel **link_of(struct control_directory *d, uint32_t type, struct span host)
{
    if (type == CONTROL_LINK_WRITER)
        return &d->writer;
    return type == CONTROL_LINK_PEER ? peer_of(d, host) : NULL;
}

static void service_gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct control *c = ctx;
    (void)why;
    if (c->notifier == ch)
        c->notifier = NULL;
    if (c->files == ch)
        c->files = NULL;
    plat_channel_free(ch);
}

static void service_spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    (void)msg;
    service_gone(ctx, ch, ERR_MALFORMED);
}

/* To the notifier, or to the process that opens files. */
static void link_service(struct control *c, struct plat_channel **link, int fd)
{
    static const struct plat_channel_ops ops = {.message = service_spoke, .closed = service_gone};
    if (*link)
        plat_channel_free(*link);
    *link = NULL;
    if (plat_channel_new(c->env.loop, fd, &ops, c, link) != ERR_OK)
        close(fd);
}

static void link_directory(struct control *c, uint32_t type, struct span whose, int fd)
{
    static const struct plat_channel_ops ops = {.message = link_spoke, .closed = link_gone};
    const uint8_t *slash = whose.len ? memchr(whose.ptr, '/', whose.len) : NULL;
    size_t id = slash ? (size_t)(slash - whose.ptr) : whose.len;
    struct control_directory *d = control_directory_by_id(c, span_sub(whose, 0, id));
    struct plat_channel **link =
        d ? link_of(d, type, span_sub(whose, id + (slash != NULL), whose.len)) : NULL;
    struct plat_channel *ch;
    if (!link || plat_channel_new(c->env.loop, fd, &ops, d, &ch) != ERR_OK) {
        close(fd);
        return;
    }
    if (*link)
        plat_channel_free(*link);
    *link = ch;
}

void control_linked(struct control *c, uint32_t type, struct span whose, int fd)
{
    if (type == CONTROL_LINK_NOTIFY)
        link_service(c, &c->notifier, fd);
    else if (type == CONTROL_LINK_FILES)
        link_service(c, &c->files, fd);
    else
        link_directory(c, type, whose, fd);
}

void control_start_again(struct control *c, struct control_directory *d, const char *why)
{
    const char *before = json_string_value(json_object_get(d->record, "state_reason"));
    d->start_failures += d->start_failures < START_AGAIN_MAX;
    /* The timer, which is not as exact, comes then or later. */
    d->start_due = plat_mono() + START_AGAIN * d->start_failures - UTIME_SECOND;
    plat_timer_start(c->starter, START_AGAIN, 0);
    if (!why || !before || strcmp(why, before) != 0 || !control_in_state(d, "Impaired"))
        control_directory_state(c, d, "Impaired", why);
}

/* After control itself was restarted serve runs the directories already: that is fine too. */
static void start_one(struct control *c, struct control_directory *d, struct arena *a)
{
    struct control_outcome outcome = {.text = SPAN_LIT("serve does not answer")};
    bool cut_short = control_in_state(d, "Creating");
    if (control_in_state(d, "Failed"))
        return;
    if (control_in_state(d, "Deleting")) {
        (void)control_finish_delete(c, d, a);
        return;
    }
    /* What was cut short is there or it is not; only a new creation has the password to go on. */
    if (cut_short) {
        const char *why;
        (void)control_make_directory(c, d, SPAN_NONE, a, &why);
        return;
    }
    if (control_in_state(d, "Restoring")) {
        const char *why;
        if (control_restore_finish(c, d, a, &why) == ERR_OK)
            return;
        if (!control_in_state(d, "Active"))
            return; /* it is tried again */
        /* Its snapshot is gone, or there is no room for it: the directory is as it was. */
    }
    enum err e = control_start(c, d, SPAN_NONE, a, &outcome);
    if (d->removed || control_in_state(d, "Deleting"))
        return;
    if (e != ERR_OK || (outcome.err != ERR_OK && outcome.err != ERR_EXISTS)) {
        control_start_again(c, d, arena_dup_str(a, outcome.text));
        return;
    }
    d->start_failures = 0;
    control_directory_state(c, d, "Active", NULL);
    if (outcome.err == ERR_EXISTS)
        control_dcs_summarize(c, d); /* serve has told how they are */
    else
        control_dcs_active(c, d, "Impaired");
    (void)control_dcs_finish(c, d, a);
    (void)control_snapshots_finish(c, d, a);
    control_extensions_settle(c, d, a);
}

static struct control_directory *next_to_start(struct control *c)
{
    struct control_directory *d = c->directories;
    while (d && d->started)
        d = d->next;
    return d;
}

static void start_in_turn(void *ctx)
{
    struct control *c = ctx;
    struct control_directory *d;
    while ((d = next_to_start(c))) {
        d->started = true;
        struct arena a;
        arena_init(&a, 0, START_MEMORY, 0);
        d->users++;
        const char *before = arena_dup_str(&a, span_str(control_state(d)));
        start_one(c, d, &a);
        if (!d->removed && before && !control_in_state(d, before))
            (void)control_save(c);
        control_release(d);
        arena_fini(&a);
    }
}

static void start_all(void *ctx)
{
    struct control *c = ctx;
    utime now = plat_mono();
    bool waits = false;
    for (struct control_directory *d = c->directories; d; d = d->next) {
        waits |= d->start_due > now;
        if (!d->start_due || d->start_due > now)
            continue;
        d->started = false;
        d->start_due = 0;
    }
    if (waits)
        plat_timer_start(c->starter, START_AGAIN, 0);
    for (unsigned i = 0; i < STARTERS; i++) {
        if (plat_task_start(c->env.loop, start_in_turn, c) != ERR_OK)
            break;
    }
}

static enum err listen_api(struct control *c, struct span identity)
{
    TRY(control_http_start(c, c->env.loop, c->env.api_fd, &aws_http_ops, identity, &c->api));
    control_ca_look(c, identity);
    return ERR_OK;
}

static enum err listen_all(struct control *c, const char **why_out)
{
    *why_out = "the control socket cannot be served";
    TRY(control_http_start(c, c->env.loop, c->env.listen_fd, &control_local_ops, SPAN_NONE,
                           &c->local));
    *why_out = "metrics cannot be served";
    if (c->env.metrics_fd >= 0)
        TRY(control_http_start(c, c->env.loop, c->env.metrics_fd, &control_metrics_ops, SPAN_NONE,
                               &c->metrics));
    *why_out = "the AWS API cannot be served";
    return c->env.api_fd < 0 ? ERR_OK : listen_api(c, c->env.api_identity);
}

/* Who is connected goes on with the old certificate. */
static void renew_certificate(struct control *c, struct span identity)
{
    struct control_http *old = c->api;
    if (old && identity.len && listen_api(c, identity) == ERR_OK)
        control_http_retire(old);
}

void control_told(struct control *c, uint32_t type, struct span payload)
{
    if (type == CONTROL_HEALTH)
        control_dcs_told(c, payload);
    else if (type == CONTROL_CERTIFICATE)
        renew_certificate(c, payload);
}

/* Requests and answers hold passwords: what the JSON library lets go of is wiped. */
static void free_wiped(void *memory)
{
    if (memory)
        mem_wipe(memory, malloc_usable_size(memory));
    free(memory);
}

enum err control_new(const struct control_env *env, struct control **out, const char **why_out)
{
    struct control *c = calloc(1, sizeof(*c));
    *why_out = "no memory";
    if (!c)
        return ERR_NOMEM;
    c->env = *env;
    json_set_alloc_funcs(malloc, free_wiped);
    enum err e = control_load(c, why_out);
    if (e == ERR_OK)
        e = control_keys_load(c, why_out);
    if (e == ERR_OK)
        e = aws_tokens_load(c);
    if (e == ERR_OK)
        e = listen_all(c, why_out);
    if (e == ERR_OK)
        e = control_watch_start(c);
    if (e != ERR_OK) {
        control_free(c);
        return e;
    }
    c->starter = plat_timer_new(env->loop, start_all, c);
    plat_timer_start(c->starter, 0, 0);
    *out = c;
    return ERR_OK;
}

void control_free(struct control *c)
{
    control_http_stop(c->local);
    control_http_stop(c->metrics);
    control_http_stop(c->api);
    if (c->starter)
        plat_timer_free(c->starter);
    if (c->watch)
        plat_timer_free(c->watch);
    while (c->directories)
        control_directory_remove(c, c->directories);
    control_notices_free(c);
    if (c->notifier)
        plat_channel_free(c->notifier);
    if (c->files)
        plat_channel_free(c->files);
    json_decref(c->keys);
    aws_tokens_free(c->tokens);
    mem_wipe(c->env.seal_key, sizeof(c->env.seal_key));
    free(c);
}
