#include "control/control_dcs.h"

#include "base/text.h"
#include "control/control_regions.h"
#include "plat/clock.h"
#include "plat/task.h"

#define DC_TIMEOUT     (60 * UTIME_SECOND)
#define INTENT_TIMEOUT (10 * UTIME_SECOND)

static struct span text_of(const json_t *dc, const char *member)
{
    return span_str(json_string_value(json_object_get(dc, member)));
}

static bool in_state(const json_t *dc, const char *state)
{
    return span_eq(text_of(dc, "state"), span_str(state));
}

static json_t *dcs_of(const struct control_directory *d)
{
    return json_object_get(d->record, "dcs");
}

json_t *control_dc_named(const struct control_directory *d, struct span host)
{
    json_t *dc;
    size_t i;
    json_array_foreach(dcs_of(d), i, dc)
    {
        if (ascii_eq_fold(text_of(dc, "host"), host))
            return dc;
    }
    return NULL;
}

unsigned control_dc_count(const struct control_directory *d, struct span region)
{
    json_t *dc;
    size_t i;
    unsigned count = 0;
    json_array_foreach(dcs_of(d), i, dc) count +=
        !in_state(dc, "Deleting") && control_dc_in(dc, region);
    return count;
}

unsigned control_dc_next(const struct control_directory *d)
{
    char host[16];
    unsigned number = (unsigned)json_array_size(dcs_of(d));
    do
        snprintf(host, sizeof host, "dc%u", ++number);
    while (control_dc_named(d, span_str(host)));
    return number;
}

const char *control_dc_last(const struct control_directory *d, struct span region)
{
    json_t *list = dcs_of(d);
    for (size_t i = json_array_size(list); i-- > 1;) {
        json_t *dc = json_array_get(list, i);
        if (!in_state(dc, "Deleting") && control_dc_in(dc, region))
            return json_string_value(json_object_get(dc, "host"));
    }
    return NULL;
}

static void set_state(struct control *c, struct control_directory *d, json_t *dc, const char *state,
                      const char *reason)
{
    struct event ev;
    json_object_set_new(dc, "state", json_string(state));
    if (reason)
        json_object_set_new(dc, "state_reason", json_string(reason));
    else
        json_object_del(dc, "state_reason");
    event_init(&ev, plat_now(), "control.dc_state", REASON_NONE);
    event_text(&ev, "name", text_of(d->record, "name"));
    event_text(&ev, "dc", text_of(dc, "host"));
    event_text(&ev, "state", span_str(state));
    if (reason)
        event_text(&ev, "text", span_str(reason));
    event_emit(c->env.events, &ev);
}

/* --- what an administrator asks -------------------------------------------------------------- */

static enum err check_added(struct control_call *call, const json_t *dcs)
{
    struct control_directory *d = call->directory;
    json_t *dc;
    size_t i;
    TRY(control_running(call));
    if (json_array_size(dcs_of(d)) + json_array_size(dcs) > CONTROL_DCS_MAX)
        return control_refuse(call, 400, "DomainControllerLimitExceeded", REASON_CONTROL_DC_LIMIT,
                              "a directory has at most %d domain controllers on a machine",
                              CONTROL_DCS_MAX);
    json_array_foreach((json_t *)dcs, i, dc)
    {
        if (control_dc_named(d, text_of(dc, "host")))
            return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                                  "there is a domain controller %.*s",
                                  SPAN_ARG(text_of(dc, "host")));
    }
    return ERR_OK;
}

enum err control_dcs_begin_add(struct control_call *call, json_t *dcs)
{
    json_t *list = dcs_of(call->directory);
    size_t before = json_array_size(list);
    enum err e = check_added(call, dcs);
    if (e == ERR_OK) {
        json_array_extend(list, dcs);
        e = control_keep(call);
        while (e != ERR_OK && json_array_size(list) > before)
            json_array_remove(list, json_array_size(list) - 1);
    }
    json_decref(dcs);
    return e;
}

enum err control_dcs_begin_remove(struct control_call *call, struct span host)
{
    struct control_directory *d = call->directory;
    json_t *dc = control_dc_named(d, host);
    TRY(control_running(call));
    if (!dc)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no domain controller %.*s; entente dc list shows all",
                              SPAN_ARG(host));
    if (dc == json_array_get(dcs_of(d), 0))
        return control_refuse(call, 400, "FirstDomainController", REASON_CONTROL_DC_FIRST,
                              "%.*s is the directory's first domain controller", SPAN_ARG(host));
    json_t *before = json_incref(json_object_get(dc, "state"));
    json_t *why = json_incref(json_object_get(dc, "state_reason"));
    set_state(call->control, d, dc, "Deleting", NULL);
    enum err e = control_keep(call);
    if (e != ERR_OK)
        set_state(call->control, d, dc, json_string_value(before), json_string_value(why));
    json_decref(before);
    json_decref(why);
    return e;
}

void control_dcs_leave(struct control *c, struct control_directory *d, struct span region)
{
    size_t i;
    json_t *dc;
    json_array_foreach(dcs_of(d), i, dc)
    {
        if (control_dc_in(dc, region) && !in_state(dc, "Deleting"))
            set_state(c, d, dc, "Deleting", NULL);
    }
}

void control_dcs_back(struct control *c, struct control_directory *d, const json_t *before)
{
    size_t i;
    json_t *dc;
    json_array_foreach(dcs_of(d), i, dc)
    {
        const json_t *was = json_array_get(before, i);
        const char *why = json_string_value(json_object_get(was, "state_reason"));
        if (was && !json_equal(dc, was))
            set_state(c, d, dc, json_string_value(json_object_get(was, "state")), why);
    }
}

/* --- what becomes of it ---------------------------------------------------------------------- */

enum err control_dcs_ask(struct control_directory *d, struct intent *in, struct arena *a,
                         const char **why_out)
{
    struct span bytes;
    struct plat_msg msg;
    struct intent_reply reply;
    in->flags |= INTENT_SYSTEM | INTENT_PROTECTED;
    in->token = dir_token_system;
    *why_out = "the directory's writer does not answer";
    if (!d->writer)
        return ERR_CLOSED;
    TRY(intent_encode(in, a, &bytes));
    TRY(plat_channel_call(d->writer, INTENT_MESSAGE, bytes, INTENT_TIMEOUT, a, &msg));
    TRY(intent_reply_decode(msg.payload, a, &reply));
    *why_out = arena_dup_str(a, reply.text);
    return reply.err;
}

static enum err intent(struct control_directory *d, const json_t *dc, enum intent_kind kind,
                       struct arena *a, const char **why_out)
{
    struct span addresses[CONTROL_DC_ADDRESSES_MAX], site = text_of(dc, "site");
    struct intent in = {.kind = kind,
                        .target = text_of(dc, "host"),
                        .new_rdn = site.len ? site : text_of(d->record, "site"),
                        .servers = addresses};
    json_t *address;
    size_t i;
    json_array_foreach(json_object_get(dc, "addresses"), i, address) addresses[in.server_count++] =
        span_str(json_string_value(address));
    return control_dcs_ask(d, &in, a, why_out);
}

static enum err ask_serve(struct control *c, struct control_directory *d, const json_t *dc,
                          enum control_message what, struct arena *a, const char **why_out)
{
    struct control_spec spec = {.id = text_of(d->record, "id"), .dc_count = 1};
    struct control_outcome outcome;
    struct plat_msg reply;
    struct span bytes;
    control_dc_spec(dc, &spec.dc[0]);
    *why_out = "serve does not answer";
    TRY(control_spec_encode(&spec, a, &bytes));
    TRY(plat_channel_call(c->env.serve, what, bytes, DC_TIMEOUT, a, &reply));
    TRY(control_outcome_decode(reply.payload, &outcome));
    *why_out = arena_dup_str(a, outcome.text);
    return outcome.err;
}

/* The directory first: its processes read there who they are. One that cannot start is taken out
 * again. A join that was cut short is there whole, or is undone and done again. */
static enum err make(struct control *c, struct control_directory *d, const json_t *dc,
                     struct arena *a, const char **why_out)
{
    const char *ignored;
    enum err e = intent(d, dc, INTENT_DC_JOIN, a, why_out);
    if (e == ERR_EXISTS) {
        TRY(intent(d, dc, INTENT_DC_LEAVE, a, why_out));
        e = intent(d, dc, INTENT_DC_JOIN, a, why_out);
    }
    if (e == ERR_OK)
        e = control_region_enter(c, d, dc, a, why_out);
    if (e == ERR_OK)
        e = ask_serve(c, d, dc, CONTROL_DC_START, a, why_out);
    if (e == ERR_OK || e == ERR_EXISTS)
        return ERR_OK;
    /* One whose processes never begin would keep its ports, and others from starting. */
    (void)ask_serve(c, d, dc, CONTROL_DC_STOP, a, &ignored);
    (void)intent(d, dc, INTENT_DC_LEAVE, a, &ignored);
    return e;
}

static void drop(struct control_directory *d, const json_t *dc)
{
    json_t *list = dcs_of(d);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_array_get(list, i) == dc)
            json_array_remove(list, i--);
    }
}

/* Clients are not sent there any more before it ends. */
static enum err unmake(struct control *c, struct control_directory *d, const json_t *dc,
                       struct arena *a, const char **why_out)
{
    TRY(intent(d, dc, INTENT_DC_LEAVE, a, why_out));
    return ask_serve(c, d, dc, CONTROL_DC_STOP, a, why_out);
}

/* A reference of its own: the list may change while this waits. What goes first makes place for
 * what comes under the same name. */
static json_t *next_begun(const struct control_directory *d)
{
    json_t *dc, *comes = NULL;
    size_t i;
    json_array_foreach(dcs_of(d), i, dc)
    {
        if (in_state(dc, "Deleting"))
            return json_incref(dc);
        if (!comes && in_state(dc, "Creating"))
            comes = dc;
    }
    return json_incref(comes);
}

static enum err go_on(struct control *c, struct control_directory *d, json_t *dc, struct arena *a)
{
    bool goes = in_state(dc, "Deleting");
    const char *why = NULL;
    enum err e = goes ? unmake(c, d, dc, a, &why) : make(c, d, dc, a, &why);
    if (e != ERR_OK && (goes || in_state(dc, "Creating")))
        set_state(c, d, dc, "Failed", why && *why ? why : err_name(e));
    else if (e == ERR_OK && goes)
        drop(d, dc);
    else if (e == ERR_OK && in_state(dc, "Creating")) /* it may have been told to go meanwhile */
        set_state(c, d, dc, "Active", NULL);
    (void)control_save(c);
    return e;
}

enum err control_dcs_finish(struct control *c, struct control_directory *d, struct arena *a)
{
    enum err e = ERR_OK;
    json_t *dc, *region;
    while (!d->changing && !d->removed) {
        dc = next_begun(d);
        region = dc ? NULL : control_region_leaving(d);
        if (!dc && !region)
            break;
        d->changing = true;
        enum err one = dc ? go_on(c, d, dc, a) : control_region_leave(c, d, region, a);
        d->changing = false;
        json_decref(dc);
        json_decref(region);
        if (one != ERR_OK)
            e = one;
    }
    return e;
}

static void finish_apart(struct control *c, struct control_directory *d, struct span secret,
                         struct arena *a)
{
    (void)secret;
    (void)control_dcs_finish(c, d, a);
}

enum err control_dcs_apart(struct control *c, struct control_directory *d)
{
    return control_apart(c, d, SPAN_NONE, finish_apart);
}

/* --- how they are ---------------------------------------------------------------------------- */

/* The directory is impaired while a part of it is. */
void control_dcs_summarize(struct control *c, struct control_directory *d)
{
    json_t *dc, *down = d->writer_down ? d->record : NULL;
    size_t i;
    char reason[160];
    json_array_foreach(dcs_of(d), i, dc)
    {
        if (in_state(dc, "Impaired"))
            down = dc;
    }
    if (!down && control_in_state(d, "Impaired"))
        control_directory_state(c, d, "Active", NULL);
    if (!down || !control_in_state(d, "Active"))
        return;
    snprintf(reason, sizeof reason, "%.*s does not run; it is started again",
             SPAN_ARG(text_of(down, down == d->record ? "name" : "host")));
    control_directory_state(c, d, "Impaired",
                            down == d->record ? "the writer does not run; it is started again"
                                              : reason);
}

void control_dcs_active(struct control *c, struct control_directory *d, const char *from)
{
    json_t *dc;
    size_t i;
    json_array_foreach(dcs_of(d), i, dc)
    {
        if (in_state(dc, from))
            set_state(c, d, dc, "Active", NULL);
    }
}

void control_dcs_told(struct control *c, struct span payload)
{
    struct control_health health;
    char reason[160];
    if (control_health_decode(payload, &health) != ERR_OK)
        return;
    struct control_directory *d = control_directory_by_id(c, health.id);
    json_t *dc = d && health.host.len ? control_dc_named(d, health.host) : NULL;
    if (!d || (health.host.len && !dc))
        return;
    snprintf(reason, sizeof reason, "the process %.*s does not run; it is started again",
             SPAN_ARG(health.text));
    if (!dc)
        d->writer_down = !health.up;
    else if (health.up && in_state(dc, "Impaired"))
        set_state(c, d, dc, "Active", NULL);
    else if (!health.up && in_state(dc, "Active"))
        set_state(c, d, dc, "Impaired", reason);
    control_dcs_summarize(c, d);
}

/* --- the operations -------------------------------------------------------------------------- */

static enum err failed(struct control_call *call, const char *host)
{
    json_t *dc = control_dc_named(call->directory, span_str(host));
    const char *why = json_string_value(json_object_get(dc, "state_reason"));
    char text[600];
    snprintf(text, sizeof text, "%s", why ? why : "it was taken away meanwhile");
    if (dc && in_state(dc, "Failed")) /* who asked is told: the record need not say it later */
        drop(call->directory, dc);
    (void)control_save(call->control);
    return control_refuse(call, 500, "StartFailed", REASON_CONTROL_START_FAILED, "%s: %s", host,
                          text);
}

static enum err added(struct control_call *call, json_t **out)
{
    unsigned number = control_dc_next(call->directory);
    struct span host = control_arg(call, "host");
    json_t *addresses = json_object_get(call->args, "address"), *dcs;
    if (json_is_string(addresses)) {
        json_t *list = json_pack("[O]", addresses);
        dcs = control_dcs_at(call, list, NULL);
        json_decref(list);
    } else {
        json_t *subnets = control_arg(call, "subnet").len
                              ? json_pack("[O]", json_object_get(call->args, "subnet"))
                              : NULL;
        enum err e = control_dcs_from_pools(call, subnets, number, 1, &dcs);
        json_decref(subnets);
        TRY(e);
    }
    json_object_set_new(json_array_get(dcs, 0), "host",
                        host.len ? json_stringn((const char *)host.ptr, host.len)
                                 : json_sprintf("dc%u", number));
    *out = dcs;
    return ERR_OK;
}

enum err control_dc_add(struct control_call *call)
{
    json_t *dcs = NULL;
    TRY(added(call, &dcs));
    const char *host = arena_dup_str(call->a, text_of(json_array_get(dcs, 0), "host"));
    TRY(control_dcs_begin_add(call, dcs));
    (void)control_dcs_finish(call->control, call->directory, call->a);
    json_t *dc = control_dc_named(call->directory, span_str(host));
    if (!dc || !in_state(dc, "Active"))
        return failed(call, host);
    call->result = json_deep_copy(dc);
    return ERR_OK;
}

enum err control_dc_remove(struct control_call *call)
{
    const char *host = arena_dup_str(call->a, control_arg(call, "host"));
    TRY(control_dcs_begin_remove(call, span_str(host)));
    (void)control_dcs_finish(call->control, call->directory, call->a);
    return control_dc_named(call->directory, span_str(host)) ? failed(call, host) : ERR_OK;
}

enum err control_dc_list(struct control_call *call)
{
    call->result = json_deep_copy(dcs_of(call->directory));
    return call->result ? ERR_OK : ERR_NOMEM;
}
