/*
 * Trusts are proved again, without anybody asking: those that are not proved soon, and at once when
 * their partner was heard, the others now and then. One timer looks over all directories; each
 * check is a task of its own, which waits for the peer while others are served.
 */
#include "control/control_lifecycle.h"
#include "control/control_trusts.h"

#include "base/text.h"
#include "directory/volatile.h"
#include "plat/clock.h"
#include "plat/task.h"

#define LOOK_EVERY   UTIME_SECOND       /* a trust that was made through the LSA is found so */
#define HEAR_EVERY   (UTIME_SECOND / 4) /* one number of each directory */
#define CHECKS_MAX   16                 /* at the same time, of all directories */
#define CHECKS_EACH  4                  /* of one, whose partners may all be silent */
#define DUE_MAX      (2 * UTIME_HOUR)   /* beyond: the clock was set back */
#define LOOK_MEMORY  (4u << 20)
#define CHECK_MEMORY (16u << 20)

struct check {
    struct control *control;
    struct control_directory *directory;
    bool counted; /* nobody asked for it */
    char partner[256];
};

/* In "checking", besides true: */
#define ASKED "asked" /* somebody waits for the outcome */
#define AGAIN "again" /* somebody asked meanwhile: what was seen may be older than that */

static bool asked_again(struct check *k)
{
    const char *how = json_string_value(json_object_get(k->directory->checking, k->partner));
    if (!how || strcmp(how, AGAIN) != 0)
        return false;
    json_object_set_new(k->directory->checking, k->partner, json_string(ASKED));
    return true;
}

static bool differs(const struct control_call *call, const struct trust *t)
{
    const json_t *entry = control_trust_state(call->directory, t->dns_name, false);
    const char *reason = json_string_value(json_object_get(entry, "reason"));
    return reason && strcmp(reason, reason_row(REASON_VERIFY_PASSWORD_DIFFERENT)->code) == 0;
}

/* A change of the password that was cut short looks like a password that differs, and is completed
 * by telling the partner once more. */
static enum err check_trust(struct control_call *call, struct trust *t, bool background)
{
    struct trust_report report;
    enum trust_status verdict;
    TRY(control_trust_prove(call, t, background, &report, &verdict));
    bool passed = verdict == TRUST_STATUS_PASS || verdict == TRUST_STATUS_WARN;
    if (!passed && !differs(call, t))
        return ERR_OK;
    TRY(control_trust_age(call, t));
    return passed ? ERR_OK : control_trust_prove(call, t, background, &report, &verdict);
}

static void run(void *ctx)
{
    struct check *k = ctx;
    struct arena a;
    struct trust t;
    arena_init(&a, 1 << 16, CHECK_MEMORY, ARENA_WIPE);
    struct control_call call = {
        .control = k->control, .op = operation_of(OP_TRUST_VERIFY), .a = &a, .code = "Failed"};
    control_hold(&call, k->directory);
    do {
        bool background = json_is_true(json_object_get(k->directory->checking, k->partner));
        /* What goes wrong on our own side says nothing about the trust: its turn comes again. */
        if (control_trust_named(&call, span_str(k->partner), &t) == ERR_OK)
            (void)check_trust(&call, &t, background);
        control_read_end(&call);
        arena_reset(&a);
    } while (asked_again(k));
    json_object_del(k->directory->checking, k->partner);
    k->control->checks -= k->counted;
    k->directory->checks -= k->counted;
    control_release(k->directory);
    arena_fini(&a);
    free(k);
}

static void start(struct control *c, struct control_directory *d, struct span partner, json_t *how)
{
    struct check *k = calloc(1, sizeof(*k));
    if (!k) {
        json_decref(how);
        return;
    }
    *k = (struct check){.control = c, .directory = d, .counted = json_is_true(how)};
    snprintf(k->partner, sizeof(k->partner), "%.*s", SPAN_ARG(partner));
    json_object_set_new(d->checking, k->partner, how);
    c->checks += k->counted;
    d->checks += k->counted;
    if (plat_task_start(c->env.loop, run, k) == ERR_OK)
        return;
    json_object_del(d->checking, k->partner);
    c->checks -= k->counted;
    d->checks -= k->counted;
    free(k);
}

void control_trust_check(struct control *c, struct control_directory *d, struct span partner)
{
    char name[sizeof(((struct check *)0)->partner)];
    snprintf(name, sizeof(name), "%.*s", SPAN_ARG(partner));
    if (json_object_get(d->checking, name))
        json_object_set_new(d->checking, name, json_string(AGAIN));
    else
        start(c, d, partner, json_string(ASKED));
}

static bool is_due(struct control_call *call, const struct trust *t, utime now)
{
    const struct control_directory *d = call->directory;
    const json_t *entry = control_trust_state(call->directory, t->dns_name, false);
    const char *partner = arena_dup_str(call->a, t->dns_name);
    if (!partner || !(t->direction & TRUST_BOTH) || json_object_get(d->checking, partner) ||
        json_object_get(d->making, partner))
        return false;
    utime due = json_integer_value(json_object_get(entry, "due"));
    return !entry || json_integer_value(json_object_get(entry, "object")) != t->object ||
           due <= now || due > now + DUE_MAX || control_trust_is_heard(call, t);
}

/* What is known of trusts that were deleted through the LSA. */
static void forget_deleted(struct control_directory *d, const struct trust *list, unsigned count)
{
    json_t *trusts = json_object_get(d->record, "trusts");
    for (size_t i = json_array_size(trusts); i-- > 0;) {
        const char *name = json_string_value(json_object_get(json_array_get(trusts, i), "partner"));
        if (name && !json_object_get(d->making, name) &&
            !auth_trust_named(list, count, span_str(name)))
            json_array_remove(trusts, i);
    }
}

static bool room(const struct control *c, const struct control_directory *d)
{
    return c->checks < CHECKS_MAX && d->checks < CHECKS_EACH;
}

static void look_at(struct control *c, struct control_directory *d)
{
    struct arena a;
    struct trust *list;
    unsigned count = 0;
    struct control_call call = {.control = c, .a = &a};
    arena_init(&a, 0, LOOK_MEMORY, 0);
    control_hold(&call, d);
    if (control_read(&call) == ERR_OK && auth_trusts(&call.snap, &a, &list, &count) == ERR_OK)
        forget_deleted(d, list, count);
    for (unsigned i = 0; i < count; i++) {
        if (!is_due(&call, &list[i], plat_now()))
            list[i].dns_name = SPAN_NONE;
    }
    control_read_end(&call); /* the list is in the arena */
    for (unsigned i = 0; i < count && room(c, d); i++) {
        if (list[i].dns_name.len)
            start(c, d, list[i].dns_name, json_true());
    }
    control_release(d);
    arena_fini(&a);
}

static void look_at_all(struct control *c)
{
    unsigned count = control_directory_count(c), first = count ? c->looks++ % count : 0, i;
    /* Each time from another one on: where many are due, all have their turn. */
    for (unsigned round = 0; round < 2; round++) {
        i = 0;
        for (struct control_directory *d = c->directories; d; d = d->next, i++) {
            if ((i >= first) == !round && control_peer(d, NULL) && room(c, d))
                look_at(c, d);
        }
    }
}

static bool hears(struct control_directory *d)
{
    int64_t heard = d->dir ? vol_heard_at(d->dir, 0) : 0;
    bool news = heard != d->heard;
    d->heard = heard;
    return news;
}

static void look(void *ctx)
{
    struct control *c = ctx;
    bool all = plat_mono() >= c->look_due;
    if (all) {
        c->look_due = plat_mono() + LOOK_EVERY;
        look_at_all(c);
        return;
    }
    for (struct control_directory *d = c->directories; d; d = d->next) {
        if (hears(d) && control_peer(d, NULL) && room(c, d))
            look_at(c, d);
    }
}

enum err control_watch_start(struct control *c)
{
    c->watch = plat_timer_new(c->env.loop, look, c);
    if (!c->watch)
        return ERR_NOMEM;
    plat_timer_start(c->watch, HEAR_EVERY, HEAR_EVERY);
    return ERR_OK;
}
