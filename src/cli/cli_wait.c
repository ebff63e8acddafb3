/*
 * Waiting for the state that an operation leads to: what describes it is asked again after pauses
 * that grow, as the record says (struct operation_wait).
 */
#include <time.h>

#include "base/text.h"
#include "cli/cli.h"

#define PAUSE_FIRST 50   /* ms: most states come at once */
#define PAUSE_MOST  2000 /* as often as the service itself looks after its trusts */

struct waiting {
    const struct cli_request *request;
    const struct operation_wait *wait;
    const char *name; /* of what is waited for, or NULL: the only one */
    FILE *err;
    json_t *seen;   /* the last description; NULL: none yet, or it is gone */
    bool described; /* was the last question answered? */
};

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static const char *first_of(const char *one, const char *other)
{
    return one ? one : other;
}

/* The arguments of the describing operation that were given to this one, too. */
static json_t *question(const struct waiting *w, const struct operation *by)
{
    struct arena a;
    json_t *args = json_object();
    arena_init(&a, 0, 1 << 16, 0);
    for (const struct operation_arg *arg = by->args; arg->name; arg++) {
        const char *member = operation_member(arg, &a);
        json_t *given = member ? json_object_get(w->request->args, member) : NULL;
        if (given)
            json_object_set(args, member, given);
    }
    arena_fini(&a);
    return args;
}

/* The description among those of a list. */
static json_t *among(const struct waiting *w, const json_t *result)
{
    size_t i;
    json_t *one;
    if (!json_is_array(result))
        return json_is_object(result) ? (json_t *)(uintptr_t)result : NULL;
    if (!w->name)
        return json_array_size(result) == 1 ? json_array_get(result, 0) : NULL;
    json_array_foreach((json_t *)(uintptr_t)result, i, one)
    {
        const char *name = text_of(one, w->wait->key);
        if (name && ascii_eq_fold(span_str(name), span_str(w->name)))
            return one;
    }
    return NULL;
}

static const char *reason_of(const json_t *seen)
{
    return first_of(text_of(seen, "state_reason"), text_of(seen, "reason"));
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *subject(const struct waiting *w)
{
    return first_of(w->name, first_of(text_of(w->seen, w->wait->key), "it"));
}

static void print_change(const struct waiting *w)
{
    const char *state = text_of(w->seen, w->wait->state);
    const char *reason = reason_of(w->seen), *detail = text_of(w->seen, "detail");
    fprintf(w->err, "%s: %s%s%s%s%s\n", subject(w), w->seen ? first_of(state, "-") : "gone",
            reason ? ": " : "", first_of(reason, ""), detail && *detail ? ": " : "",
            first_of(detail, ""));
    fflush(w->err);
}

static void see(struct waiting *w, json_t *seen)
{
    json_t *before = w->seen;
    bool changed = !w->described || !before != !seen ||
                   !same(text_of(before, w->wait->state), text_of(seen, w->wait->state)) ||
                   !same(reason_of(before), reason_of(seen));
    w->seen = json_incref(seen);
    json_decref(before);
    w->described = true;
    if (changed)
        print_change(w);
}

/* A service that starts again goes on with what it had begun: while nobody answers, nothing is
 * known. */
static void look(struct waiting *w, const char *socket_path)
{
    struct cli_request ask = {.op = operation_of(w->wait->by)};
    struct cli_reply reply;
    ask.args = question(w, ask.op);
    enum err e = cli_call(socket_path, &ask, &reply);
    json_decref(ask.args);
    if (e != ERR_OK)
        return;
    if (reply.status == 200 || reply.status == 404)
        see(w, among(w, json_object_get(reply.body, "result")));
    json_decref(reply.body);
}

/* EXIT_UNKNOWN: on its way. */
static enum cli_exit come_to(const struct waiting *w)
{
    const char *state = text_of(w->seen, w->wait->state);
    if (!w->described)
        return EXIT_UNKNOWN;
    if (!w->seen)
        return w->wait->end ? EXIT_NO : EXIT_GOOD;
    if (state && same(state, w->wait->end))
        return EXIT_GOOD;
    return state && same(state, w->wait->failed) ? EXIT_NO : EXIT_UNKNOWN;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_for(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static void print_end(const struct waiting *w)
{
    const struct operation *by = operation_of(w->wait->by);
    const char *state = w->seen ? text_of(w->seen, w->wait->state) : NULL;
    fprintf(w->err,
            "entente: %s is not %s after %u s, but %s; it goes on all the same, and entente %s %s "
            "tells how far it is\n",
            subject(w), first_of(w->wait->end, "gone"), w->request->wait_seconds,
            w->described ? first_of(state, "-") : "nobody tells its state", by->noun, by->verb);
}

static void bring_up_to_date(const struct waiting *w, json_t *result, enum cli_exit code)
{
    if (!json_is_object(result) || !w->seen)
        return;
    if (code == EXIT_GOOD) /* nor what was to be done until then */
        json_object_clear(result);
    json_object_update(result, w->seen);
}

enum cli_exit cli_wait(const char *socket_path, const struct cli_request *request,
                       struct cli_reply *reply, FILE *err)
{
    struct waiting w = {.request = request, .wait = request->wait, .err = err};
    json_t *result = json_object_get(reply->body, "result");
    const char *name =
        first_of(text_of(result, w.wait->key), text_of(request->args, w.wait->given));
    char *kept = name ? strdup(name) : NULL; /* the result is written over */
    int64_t end = now_ms() + (int64_t)request->wait_seconds * 1000, pause = PAUSE_FIRST, left;
    enum cli_exit code;
    w.name = kept;
    for (;;) {
        look(&w, socket_path);
        code = come_to(&w);
        left = end - now_ms();
        if (code != EXIT_UNKNOWN || left <= 0)
            break;
        pause_for(pause < left ? pause : left);
        pause = pause * 3 / 2 < PAUSE_MOST ? pause * 3 / 2 : PAUSE_MOST;
    }
    if (code == EXIT_UNKNOWN)
        print_end(&w);
    bring_up_to_date(&w, result, code);
    json_decref(w.seen);
    free(kept);
    return code;
}
