#include "control/control_dcs.h"

#include "base/text.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"
#include "plat/task.h"

#define STOP_TIMEOUT (30 * UTIME_SECOND)
#define TASK_MEMORY  (4u << 20) /* the largest extension of a schema among it */

const char *control_state(const struct control_directory *d)
{
    return json_string_value(json_object_get(d->record, "state"));
}

bool control_in_state(const struct control_directory *d, const char *state)
{
    return strcmp(control_state(d), state) == 0;
}

enum err control_enter(struct control_call *call, const char *state)
{
    struct control_directory *d = call->directory;
    json_t *before = json_incref(json_object_get(d->record, "state"));
    json_t *why = json_incref(json_object_get(d->record, "state_reason"));
    control_directory_state(call->control, d, state, NULL);
    enum err e = control_keep(call);
    if (e != ERR_OK)
        control_directory_state(call->control, d, json_string_value(before),
                                json_string_value(why));
    json_decref(before);
    json_decref(why);
    return e;
}

unsigned control_directory_count(const struct control *c)
{
    unsigned count = 0;
    for (const struct control_directory *d = c->directories; d; d = d->next)
        count++;
    return count;
}

static json_t *new_id(struct control_call *call, const char *prefix)
{
    uint8_t id[5];
    plat_random(id, sizeof id);
    return json_sprintf("%s%.*s", prefix, SPAN_ARG(text_hex(call->a, span_of(id, sizeof id))));
}

json_t *control_now(void)
{
    char text[32];
    utime_to_iso(plat_now(), text);
    return json_string(text);
}

static json_t *new_dc(struct control_call *call, json_t *host, json_t *addresses)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:o}", "id", new_id(call, "dc-"), "host", host,
                     "addresses", addresses, "state", "Creating", "created", control_now());
}

/* --- addresses ------------------------------------------------------------------------------- */

/* "127.0.1.10,fd00::10", which the operation's arguments were checked for. */
static json_t *addresses_of(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t len = strcspn(text, ",");
        json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ',');
    }
    return list;
}

json_t *control_dcs_at(struct control_call *call, const json_t *addresses, const json_t *hosts)
{
    json_t *list = json_array(), *address;
    size_t i;
    json_array_foreach((json_t *)addresses, i, address)
    {
        json_t *host = json_array_get(hosts, i);
        json_t *name = host ? json_incref(host) : json_sprintf("dc%zu", i + 1);
        json_array_append_new(list, new_dc(call, name, addresses_of(json_string_value(address))));
    }
    return list;
}

static bool dcs_have(const json_t *dcs, const char *address)
{
    json_t *dc, *value;
    size_t i, j;
    json_array_foreach((json_t *)dcs, i, dc)
        json_array_foreach(json_object_get(dc, "addresses"), j, value)
    {
        if (strcmp(json_string_value(value), address) == 0)
            return true;
    }
    return false;
}

static bool taken(const struct control *c, const json_t *beside, const char *address)
{
    for (const struct control_directory *d = c->directories; d; d = d->next) {
        if (dcs_have(json_object_get(d->record, "dcs"), address))
            return true;
    }
    return dcs_have(beside, address);
}

static const char *free_address(struct control_call *call, const struct control_pool *pool,
                                const json_t *beside)
{
    const char *address;
    for (unsigned i = 0; (address = control_pool_address(pool, i, call->a)); i++) {
        if (!taken(call->control, beside, address))
            return address;
    }
    return NULL;
}

static enum err pool_dc(struct control_call *call, const struct control_pool *pool, unsigned number,
                        json_t *dcs)
{
    const char *address = free_address(call, pool, dcs);
    if (!address)
        return control_refuse(call, 400, "PoolEmpty", REASON_CONTROL_POOL_EMPTY,
                              "subnet %s has no free address", pool->name);
    json_t *dc = new_dc(call, json_sprintf("dc%u", number), json_pack("[s]", address));
    json_object_set_new(dc, "subnet", json_string(pool->name));
    json_object_set_new(dc, "zone", json_string(pool->zone));
    if (*pool->interface) {
        json_object_set_new(dc, "interface", json_string(pool->interface));
        json_object_set_new(dc, "prefix", json_integer(pool->prefix));
    }
    json_array_append_new(dcs, dc);
    return ERR_OK;
}

static enum err pool_of(struct control_call *call, const json_t *subnets, unsigned index,
                        const struct control_pool **out)
{
    const struct control_pools *pools = call->control->env.pools;
    size_t named = json_array_size(subnets);
    if (!named) {
        *out = &pools->pool[index % pools->count];
        return ERR_OK;
    }
    const char *name = json_string_value(json_array_get(subnets, index % named));
    *out = control_pool_named(pools, span_str(name));
    if (*out)
        return ERR_OK;
    return control_refuse(call, 400, "PoolUnknown", REASON_CONTROL_POOL_UNKNOWN,
                          "there is no subnet %s", name);
}

enum err control_dcs_from_pools(struct control_call *call, const json_t *subnets, unsigned first,
                                unsigned count, json_t **out)
{
    json_t *dcs = json_array();
    enum err e = ERR_OK;
    for (unsigned i = 0; i < count && e == ERR_OK; i++) {
        const struct control_pool *pool;
        e = pool_of(call, subnets, i, &pool);
        if (e == ERR_OK)
            e = pool_dc(call, pool, first + i, dcs);
    }
    if (e == ERR_OK)
        *out = dcs;
    else
        json_decref(dcs);
    return e;
}

/* --- creation -------------------------------------------------------------------------------- */

static enum err check_new(struct control_call *call, const struct control_new *in)
{
    struct control *c = call->control;
    if (control_directory_named(c, in->name) || control_directory_named(c, in->short_name))
        return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                              "a directory with this DNS or NetBIOS name exists");
    if (json_array_size(in->dcs) > CONTROL_DCS_MAX)
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "address: at most %d domain controllers", CONTROL_DCS_MAX);
    /* More than this the next start would not take. */
    if (control_directory_count(c) >= CONTROL_DIRECTORIES_MAX)
        return control_refuse(call, 400, "DirectoryLimitExceeded", REASON_CONTROL_DIRECTORIES,
                              "there are %d directories already", CONTROL_DIRECTORIES_MAX);
    return ERR_OK;
}

static json_t *new_record(struct control_call *call, const struct control_new *in)
{
    struct span name = ascii_lower(call->a, in->name), flat = ascii_upper(call->a, in->short_name);
    const char *site = in->site.len ? arena_dup_str(call->a, in->site) : "Default-First-Site-Name";
    json_t *record = json_pack("{s:o, s:o, s:s, s:s, s:O}", "id", new_id(call, "d-"), "created",
                               control_now(), "state", "Creating", "site", site, "dcs", in->dcs);
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    control_set_span(record, "name", name);
    control_set_span(record, "short_name", flat);
    if (in->notes)
        json_object_set(record, "aws", (json_t *)(uintptr_t)in->notes);
    if (in->managed)
        json_object_set_new(record, "managed", json_true());
    return record;
}

enum err control_new_directory(struct control_call *call, const struct control_new *in)
{
    struct control *c = call->control;
    struct control_directory *d = NULL;
    enum err e = check_new(call, in);
    if (e == ERR_OK)
        d = control_directory_add(c, new_record(call, in));
    json_decref(in->dcs);
    TRY(e);
    if (!d)
        return ERR_NOMEM;
    control_hold(call, d);
    d->started = true;
    e = control_keep(call);
    if (e != ERR_OK)
        control_directory_remove(c, d);
    return e;
}

static void remove_files(struct control *c, struct control_directory *d)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/%s", c->env.state_dir,
             json_string_value(json_object_get(d->record, "id")));
    (void)plat_dir_remove(path);
}

static enum err stop(struct control *c, struct control_directory *d, struct arena *a)
{
    struct plat_msg reply;
    struct span id = span_str(json_string_value(json_object_get(d->record, "id")));
    return plat_channel_call(c->env.serve, CONTROL_STOP, id, STOP_TIMEOUT, a, &reply);
}

enum err control_make_directory(struct control *c, struct control_directory *d,
                                struct span password, struct arena *a, const char **why_out)
{
    struct control_outcome outcome = {.text = SPAN_LIT("serve does not answer")};
    enum err e = control_start(c, d, password, a, &outcome);
    if (e == ERR_OK)
        e = outcome.err;
    if (e == ERR_OK || e == ERR_EXISTS) { /* it runs already, and control was restarted */
        /* Without the record the next start finds it in state Creating, and starts it. */
        control_directory_state(c, d, "Active", NULL);
        control_dcs_active(c, d, "Creating");
        (void)control_save(c);
        return ERR_OK;
    }
    const char *why = password.len ? arena_dup_str(a, outcome.text)
                                   : "its creation was interrupted: delete it, and create it again";
    if (e == ERR_TIMEOUT) /* it may be there yet: no process is to hold files that are gone */
        (void)stop(c, d, a);
    remove_files(c, d);
    control_directory_state(c, d, "Failed", why ? why : "no memory");
    (void)control_save(c);
    *why_out = why;
    return e;
}

/* --- the same without a caller --------------------------------------------------------------- */

struct apart {
    struct control *control;
    struct control_directory *directory;
    control_job fn;
    struct arena a; /* wipes: the secret */
    struct span secret;
};

static void run_apart(void *ctx)
{
    struct apart *job = ctx;
    job->fn(job->control, job->directory, job->secret, &job->a);
    control_release(job->directory);
    arena_fini(&job->a);
    free(job);
}

enum err control_apart(struct control *c, struct control_directory *d, struct span secret,
                       control_job fn)
{
    struct apart *job = calloc(1, sizeof *job);
    if (!job)
        return ERR_NOMEM;
    arena_init(&job->a, 0, TASK_MEMORY, ARENA_WIPE);
    job->control = c;
    job->directory = d;
    job->fn = fn;
    job->secret = arena_dup_span(&job->a, secret);
    d->users++;
    enum err e = arena_failed(&job->a) ? ERR_NOMEM : plat_task_start(c->env.loop, run_apart, job);
    if (e == ERR_OK)
        return ERR_OK;
    control_release(d);
    arena_fini(&job->a);
    free(job);
    return e;
}

static void make_apart(struct control *c, struct control_directory *d, struct span secret,
                       struct arena *a)
{
    const char *why;
    (void)control_make_directory(c, d, secret, a, &why);
}

enum err control_make_apart(struct control *c, struct control_directory *d, struct span password)
{
    return control_apart(c, d, password, make_apart);
}

static void delete_apart(struct control *c, struct control_directory *d, struct span secret,
                         struct arena *a)
{
    (void)secret;
    (void)control_finish_delete(c, d, a);
}

enum err control_delete_apart(struct control *c, struct control_directory *d)
{
    return control_apart(c, d, SPAN_NONE, delete_apart);
}

enum err control_running(struct control_call *call)
{
    if (control_in_state(call->directory, "Active") ||
        control_in_state(call->directory, "Impaired"))
        return ERR_OK;
    return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY, "the directory is in state %s",
                          control_state(call->directory));
}

/* --- deletion -------------------------------------------------------------------------------- */

enum err control_begin_delete(struct control_call *call)
{
    struct control_directory *d = call->directory;
    if (control_in_state(d, "Creating"))
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "the directory is being created");
    /* What copies its files would leave some behind. */
    if (control_in_state(d, "Restoring") || d->copying)
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "a snapshot of the directory is being made or restored");
    return control_enter(call, "Deleting");
}

enum err control_finish_delete(struct control *c, struct control_directory *d, struct arena *a)
{
    TRY(stop(c, d, a));
    if (d->removed) /* somebody else wanted the same */
        return ERR_OK;
    remove_files(c, d);
    control_directory_remove(c, d);
    return control_save(c);
}
