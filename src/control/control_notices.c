/*
 * Notices: what topics are told of changes of a directory's state. They wait in one bounded queue;
 * of one topic they go in their order, one after the other, so a topic that does not answer holds
 * up nobody else. One that cannot be delivered is tried again, less and less often, and given up
 * after a quarter of an hour. The queue is in memory: what it holds when the service ends is lost,
 * while the registrations, which are in the directory's record, are not.
 */
#include "base/text.h"
#include "control/control_call.h"
#include "plat/clock.h"
#include "plat/random.h"
#include "plat/task.h"

#define NOTICES_MAX    256
#define SENDERS        4
#define NOTIFY_TIMEOUT (15 * UTIME_SECOND)
#define ATTEMPTS_MAX   10 /* after 1, 2, 4 ... seconds */
#define PERIOD         (UTIME_SECOND / 2)

struct notice {
    char id[CONTROL_ID_MAX + 1], topic[CONTROL_TOPIC_NAME_MAX + 1];
    char *body;
    unsigned attempts;
    utime next;
    bool sending;
};

struct control_notices {
    struct control *control;
    struct plat_timer *timer;
    unsigned count, senders;
    struct notice *notice[NOTICES_MAX];
};

static void log_away(struct control_notices *n, const struct notice *one, const char *why,
                     bool lost)
{
    struct event ev;
    event_init(&ev, plat_now(), lost ? "control.notice_lost" : "control.notice_failed",
               REASON_CONTROL_TOPIC_AWAY);
    event_text(&ev, "directory", span_str(one->id));
    event_text(&ev, "topic", span_str(one->topic));
    event_text(&ev, "text", span_str(why));
    event_emit(n->control->env.events, &ev);
}

/* The registration in the directory's record; NULL: one of them is gone. */
static json_t *registration(const struct control_notices *n, const struct notice *one)
{
    struct control_directory *d = control_directory_by_id(n->control, span_str(one->id));
    json_t *topics = d ? json_object_get(d->record, "topics") : NULL, *topic;
    size_t i;
    json_array_foreach(topics, i, topic)
    {
        if (strcmp(json_string_value(json_object_get(topic, "name")), one->topic) == 0)
            return topic;
    }
    return NULL;
}

/* Kept with the record whenever that is written. */
static void set_failed(struct control_notices *n, const struct notice *one, const char *why)
{
    json_t *topic = registration(n, one);
    if (topic && why && !json_object_get(topic, "failed"))
        log_away(n, one, why, false);
    if (topic && why)
        json_object_set_new(topic, "failed", json_string(why));
    else if (topic)
        json_object_del(topic, "failed");
}

static void drop(struct control_notices *n, unsigned at)
{
    free(n->notice[at]->body);
    free(n->notice[at]);
    n->count--;
    memmove(&n->notice[at], &n->notice[at + 1], (n->count - at) * sizeof(n->notice[0]));
}

/* --- sending -----------------------------------------------------------------------------------
 */

/* Nothing before it is for the same topic. */
static bool is_first(const struct control_notices *n, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        if (strcmp(n->notice[i]->topic, n->notice[at]->topic) == 0)
            return false;
    }
    return true;
}

static struct notice *next_due(struct control_notices *n)
{
    utime now = plat_mono();
    for (unsigned i = 0; i < n->count; i++) {
        struct notice *one = n->notice[i];
        if (!one->sending && one->next <= now && is_first(n, i))
            return one;
    }
    return NULL;
}

static enum err send_one(struct control_notices *n, const struct notice *one, struct arena *a,
                         const char **why_out)
{
    struct control_notice notice = {span_str(one->topic), span_str(one->body)};
    struct control_outcome outcome;
    struct plat_msg reply;
    struct span bytes;
    *why_out = "the notifier does not answer";
    if (!n->control->notifier)
        return ERR_CLOSED;
    TRY(control_notice_encode(&notice, a, &bytes));
    TRY(plat_channel_call(n->control->notifier, CONTROL_NOTIFY, bytes, NOTIFY_TIMEOUT, a, &reply));
    TRY(control_outcome_decode(reply.payload, &outcome));
    *why_out = arena_dup_str(a, outcome.text);
    return outcome.err;
}

/* Nobody is registered any more. What a directory that is gone had to say at last is told. */
static bool unwanted(const struct control_notices *n, const struct notice *one)
{
    return control_directory_by_id(n->control, span_str(one->id)) && !registration(n, one);
}

static void settle(struct control_notices *n, struct notice *one, enum err e, const char *why)
{
    unsigned at = 0;
    one->sending = false;
    set_failed(n, one, e == ERR_OK ? NULL : why ? why : err_name(e));
    one->next = plat_mono() + (UTIME_SECOND << one->attempts);
    bool wanted = e != ERR_OK && !unwanted(n, one);
    if (wanted && ++one->attempts < ATTEMPTS_MAX)
        return;
    if (wanted)
        log_away(n, one, why ? why : err_name(e), true);
    while (n->notice[at] != one)
        at++;
    drop(n, at);
}

static void sender(void *ctx)
{
    struct control_notices *n = ctx;
    struct notice *one;
    while ((one = next_due(n))) {
        struct arena a;
        const char *why = NULL;
        one->sending = true;
        arena_init(&a, 0, 4 * CONTROL_SPEC_MAX, 0);
        enum err e = send_one(n, one, &a, &why);
        settle(n, one, e, why);
        arena_fini(&a);
    }
    n->senders--;
}

static void tick(void *ctx)
{
    struct control_notices *n = ctx;
    while (n->senders < SENDERS && next_due(n)) {
        n->senders++;
        if (plat_task_start(n->control->env.loop, sender, n) != ERR_OK) {
            n->senders--;
            return;
        }
    }
    if (n->count == 0)
        plat_timer_stop(n->timer);
}

/* --- what is told ------------------------------------------------------------------------------
 */

static struct control_notices *notices(struct control *c)
{
    struct control_notices *n = c->notices;
    if (n)
        return n;
    n = calloc(1, sizeof(*n));
    struct plat_timer *timer = n ? plat_timer_new(c->env.loop, tick, n) : NULL;
    if (!timer) {
        free(n);
        return NULL;
    }
    *n = (struct control_notices){.control = c, .timer = timer};
    c->notices = n;
    return n;
}

static char *body_of(const struct control_directory *d, const char *topic, const char *before)
{
    const char *id = json_string_value(json_object_get(d->record, "id"));
    const char *state = json_string_value(json_object_get(d->record, "state"));
    json_t *why = json_object_get(d->record, "state_reason");
    char now[32];
    uint8_t drawn[8];
    uint64_t number;
    plat_random(drawn, sizeof(drawn));
    memcpy(&number, drawn, sizeof(number));
    utime_to_iso(plat_now(), now);
    json_t *body = json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:o, s:s, s:O, s:s, s:s}", "Type", "Notification", "MessageId",
        json_sprintf("%016llx", (unsigned long long)number), "TopicName", topic, "Timestamp", now,
        "Subject", json_sprintf("Directory %s is %s", id, state), "Message",
        json_sprintf("The state of your directory %s has changed from %s to %s.", id, before,
                     state),
        "DirectoryId", id, "Name", json_object_get(d->record, "name"), "Stage", state,
        "PreviousStage", before);
    if (why)
        json_object_set(body, "StageReason", why);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

static void add(struct control_notices *n, const struct control_directory *d, const char *topic,
                const char *before)
{
    struct notice *one = calloc(1, sizeof(*one));
    unsigned oldest = 0;
    if (!one || !(one->body = body_of(d, topic, before))) {
        free(one);
        return;
    }
    snprintf(one->id, sizeof(one->id), "%s", json_string_value(json_object_get(d->record, "id")));
    snprintf(one->topic, sizeof(one->topic), "%s", topic);
    while (n->count == NOTICES_MAX && oldest < SENDERS && n->notice[oldest]->sending)
        oldest++;
    if (n->count == NOTICES_MAX) {
        log_away(n, n->notice[oldest], "too many wait", true);
        drop(n, oldest);
    }
    n->notice[n->count++] = one;
    plat_timer_start(n->timer, 0, PERIOD);
}

void control_notices_tell(struct control *c, const struct control_directory *d, const char *before)
{
    json_t *topics = json_object_get(d->record, "topics"), *topic;
    struct control_notices *n = json_array_size(topics) ? notices(c) : NULL;
    size_t i;
    if (!n)
        return;
    json_array_foreach(topics, i, topic)
        add(n, d, json_string_value(json_object_get(topic, "name")), before);
}

void control_notices_withdraw(struct control *c)
{
    struct control_notices *n = c->notices;
    for (unsigned i = n ? n->count : 0; i-- > 0;) {
        if (!n->notice[i]->sending && unwanted(n, n->notice[i]))
            drop(n, i);
    }
}

void control_notices_free(struct control *c)
{
    struct control_notices *n = c->notices;
    if (!n)
        return;
    while (n->count)
        drop(n, n->count - 1);
    plat_timer_free(n->timer);
    free(n);
    c->notices = NULL;
}
