/*
 * Which directories there are: control.json, written whole and atomically at each change. It holds
 * no secret.
 */
#include <errno.h>

#include "base/text.h"
#include "control/control_call.h"
#include "plat/clock.h"
#include "plat/files.h"

#define STATE_FORMAT  1
#define STATE_MAX     (8u << 20)
#define START_TIMEOUT (60 * UTIME_SECOND)

static void state_path(const struct control *c, char *out, size_t size)
{
    snprintf(out, size, "%s/control.json", c->env.state_dir);
}

struct control_directory *control_directory_add(struct control *c, json_t *record)
{
    struct control_directory *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->record = record;
    d->making = json_object();
    d->checking = json_object();
    struct control_directory **end = &c->directories;
    while (*end)
        end = &(*end)->next;
    *end = d;
    return d;
}

static void close_links(struct control_directory *d)
{
    if (d->writer)
        plat_channel_free(d->writer);
    d->writer = NULL;
    for (unsigned i = 0; i < CONTROL_DCS_MAX; i++) {
        struct plat_channel *ch = d->peer[i].channel;
        d->peer[i].channel = NULL;
        if (ch)
            plat_channel_free(ch);
    }
}

void control_directory_remove(struct control *c, struct control_directory *d)
{
    struct control_directory **at = &c->directories;
    while (*at && *at != d)
        at = &(*at)->next;
    if (*at)
        *at = d->next;
    close_links(d);
    d->removed = true;
    d->users++;
    control_release(d);
}

void control_release(struct control_directory *d)
{
    if (--d->users)
        return;
    dir_close(d->retired);
    d->retired = NULL;
    if (!d->removed)
        return;
    dir_close(d->dir);
    json_decref(d->record);
    json_decref(d->making);
    json_decref(d->checking);
    free(d);
}

static struct control_directory *find(struct control *c, const char *member, struct span value)
{
    for (struct control_directory *d = c->directories; d; d = d->next) {
        const char *text = json_string_value(json_object_get(d->record, member));
        if (text && ascii_eq_fold(span_str(text), value))
            return d;
    }
    return NULL;
}

struct control_directory *control_directory_named(struct control *c, struct span name)
{
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    struct control_directory *d = find(c, "name", name);
    return d ? d : find(c, "short_name", name);
}

struct control_directory *control_directory_by_id(struct control *c, struct span id)
{
    return find(c, "id", id);
}

static bool record_ok(const json_t *record)
{
    static const char *const texts[] = {"id", "name", "short_name", "state"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!json_is_string(json_object_get(record, texts[i])))
            return false;
    }
    if (!control_id_ok(span_str(json_string_value(json_object_get(record, "id")))))
        return false; /* its folder is removed with it */
    const json_t *dcs = json_object_get(record, "dcs");
    size_t i;
    json_t *dc;
    if (!json_is_array(dcs) || json_array_size(dcs) > CONTROL_DCS_KNOWN ||
        json_array_size(dcs) == 0)
        return false;
    json_array_foreach((json_t *)dcs, i, dc)
    {
        const json_t *addresses = json_object_get(dc, "addresses");
        if (!json_is_string(json_object_get(dc, "host")) || !json_is_array(addresses) ||
            json_array_size(addresses) > CONTROL_DC_ADDRESSES_MAX)
            return false;
    }
    return true;
}

static enum err take_state(struct control *c, const json_t *root)
{
    size_t i;
    json_t *record;
    const json_t *list = json_object_get(root, "directories");
    if (json_integer_value(json_object_get(root, "format")) != STATE_FORMAT)
        return ERR_UNSUPPORTED;
    if (!json_is_array(list) || json_array_size(list) > CONTROL_DIRECTORIES_MAX)
        return ERR_MALFORMED;
    json_array_foreach((json_t *)list, i, record)
    {
        if (!record_ok(record))
            return ERR_MALFORMED;
        if (!control_directory_add(c, json_incref(record)))
            return ERR_NOMEM;
    }
    return ERR_OK;
}

enum err control_load(struct control *c, const char **why_out)
{
    char path[600];
    struct arena a;
    struct span text;
    state_path(c, path, sizeof(path));
    arena_init(&a, 0, STATE_MAX * 2, 0);
    enum err e = plat_file_read(path, STATE_MAX, &a, &text);
    if (e == ERR_OK) {
        json_t *root = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
        e = root ? take_state(c, root) : ERR_MALFORMED;
        json_decref(root);
    }
    arena_fini(&a);
    *why_out = "control.json in the state directory cannot be used; restore it from a backup";
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err control_save(struct control *c)
{
    char path[600];
    json_t *list = json_array();
    for (struct control_directory *d = c->directories; d; d = d->next)
        json_array_append(list, d->record);
    json_t *root = json_pack("{s:i, s:o}", "format", STATE_FORMAT, "directories", list);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (!text)
        return ERR_NOMEM;
    state_path(c, path, sizeof(path));
    enum err e = plat_file_write(path, span_str(text), 0600);
    int saved = errno;
    free(text);
    errno = saved;
    return e;
}

enum err control_keep(struct control_call *call)
{
    return control_kept(call, control_save(call->control), "control.json");
}

enum err control_kept(struct control_call *call, enum err e, const char *file)
{
    bool full = e == ERR_IO && (errno == ENOSPC || errno == EDQUOT);
    if (e == ERR_OK)
        return ERR_OK;
    return control_refuse(call, 500, "NotSaved",
                          full ? REASON_SERVER_DISK_FULL : REASON_SERVER_FAILED,
                          "%s in the state directory cannot be written: %s", file,
                          e == ERR_IO ? strerror(errno) : err_name(e));
}

void control_directory_state(struct control *c, struct control_directory *d, const char *state,
                             const char *reason)
{
    struct event ev;
    char before[32];
    snprintf(before, sizeof(before), "%s", json_string_value(json_object_get(d->record, "state")));
    json_object_set_new(d->record, "state", json_string(state));
    if (reason)
        json_object_set_new(d->record, "state_reason", json_string(reason));
    else
        json_object_del(d->record, "state_reason");
    event_init(&ev, plat_now(), "control.directory_state", REASON_NONE);
    event_text(&ev, "name", span_str(json_string_value(json_object_get(d->record, "name"))));
    event_text(&ev, "state", span_str(state));
    if (reason)
        event_text(&ev, "text", span_str(reason));
    event_emit(c->env.events, &ev);
    if (strcmp(before, state) != 0)
        control_notices_tell(c, d, before);
}

static struct span member(const json_t *object, const char *name)
{
    return span_str(json_string_value(json_object_get(object, name)));
}

void control_dc_spec(const json_t *dc, struct control_dc *out)
{
    size_t i;
    json_t *address;
    *out = (struct control_dc){.host = member(dc, "host"),
                               .interface = member(dc, "interface"),
                               .site = member(dc, "site")};
    out->prefix = (unsigned)json_integer_value(json_object_get(dc, "prefix"));
    json_array_foreach(json_object_get(dc, "addresses"), i, address)
        out->address[out->address_count++] = span_str(json_string_value(address));
}

/* With its directory; one that was on its way to come or to go is gone on with afterwards. */
static bool dc_starts(const struct control_directory *d, const json_t *dc)
{
    const char *state = json_string_value(json_object_get(dc, "state"));
    const char *of_all = json_string_value(json_object_get(d->record, "state"));
    return !state || strcmp(of_all, "Creating") == 0 || strcmp(state, "Active") == 0 ||
           strcmp(state, "Impaired") == 0;
}

static void spec_of(const struct control_directory *d, struct span password,
                    struct control_spec *out)
{
    size_t i;
    json_t *dc;
    *out = (struct control_spec){.id = member(d->record, "id"),
                                 .dns_name = member(d->record, "name"),
                                 .flat_name = member(d->record, "short_name"),
                                 .site = member(d->record, "site"),
                                 .managed = json_is_true(json_object_get(d->record, "managed")),
                                 .admin_password = password};
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        if (dc_starts(d, dc))
            control_dc_spec(dc, &out->dc[out->dc_count++]);
    }
}

static enum err ask_serve(struct control *c, struct control_directory *d, enum control_message what,
                          struct span password, struct arena *a, struct control_outcome *out)
{
    struct control_spec spec;
    struct span bytes;
    struct plat_msg reply;
    spec_of(d, password, &spec);
    TRY(control_spec_encode(&spec, a, &bytes));
    TRY(plat_channel_call(c->env.serve, what, bytes, START_TIMEOUT, a, &reply));
    return control_outcome_decode(reply.payload, out);
}

enum err control_start(struct control *c, struct control_directory *d, struct span password,
                       struct arena *a, struct control_outcome *out)
{
    TRY(ask_serve(c, d, CONTROL_START, password, a, out));
    if (out->err == ERR_OK || out->err == ERR_EXISTS)
        control_log_tell(c, d, a);
    return ERR_OK;
}

enum err control_restart(struct control *c, struct control_directory *d, struct arena *a,
                         struct control_outcome *out)
{
    TRY(ask_serve(c, d, CONTROL_RESTART, SPAN_NONE, a, out));
    return out->err == ERR_NOT_FOUND ? control_start(c, d, SPAN_NONE, a, out) : ERR_OK;
}

enum err control_open(struct control *c, struct control_directory *d)
{
    char path[600], volatile_path[600];
    const char *id = json_string_value(json_object_get(d->record, "id"));
    struct dir_open_args args = {.path = path, .volatile_path = volatile_path};
    if (d->dir)
        return ERR_OK;
    /* Until the writer has put another file in its place, this would be the former one. */
    if (strcmp(json_string_value(json_object_get(d->record, "state")), "Restoring") == 0)
        return ERR_BUSY;
    snprintf(path, sizeof(path), "%s/%s", c->env.state_dir, id);
    snprintf(volatile_path, sizeof(volatile_path), "%s/%s.volatile", c->env.run_dir, id);
    return dir_open(&args, &d->dir);
}

json_t *control_trust_state(struct control_directory *d, struct span partner, bool create)
{
    json_t *trusts = json_object_get(d->record, "trusts");
    size_t i;
    json_t *entry;
    if (!trusts && create) {
        trusts = json_array();
        json_object_set_new(d->record, "trusts", trusts);
    }
    json_array_foreach(trusts, i, entry)
    {
        if (ascii_eq_fold(member(entry, "partner"), partner))
            return entry;
    }
    if (!create)
        return NULL;
    entry = json_object();
    json_object_set_new(entry, "partner", json_stringn((const char *)partner.ptr, partner.len));
    json_array_append_new(trusts, entry);
    return entry;
}
