#include "base/text.h"
#include "control/control_call.h"
#include "directory/check.h"
#include "directory/settings.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"
#include "plat/task.h"

#define STATUS_TIMEOUT (2 * UTIME_SECOND)

/* --- create, delete
 * ------------------------------------------------------------------------------- */

_Static_assert(OPERATION_ADDRESSES_MAX <= CONTROL_DC_ADDRESSES_MAX, "each finds its place");

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

static json_t *dcs_of(struct control_call *call)
{
    const json_t *addresses = control_list(call, "address"), *hosts = control_list(call, "host");
    json_t *list = json_array(), *address;
    size_t i;
    json_array_foreach((json_t *)addresses, i, address)
    {
        json_t *host = json_array_get(hosts, i);
        json_t *name = host ? json_incref(host) : json_sprintf("dc%zu", i + 1);
        json_array_append_new(list, json_pack("{s:o, s:o}", "host", name, "addresses",
                                              addresses_of(json_string_value(address))));
    }
    return list;
}

static json_t *new_record(struct control_call *call)
{
    struct span name = ascii_lower(call->a, control_arg(call, "name"));
    struct span flat = ascii_upper(call->a, control_arg(call, "short_name"));
    struct span site = control_arg(call, "site");
    char created[32];
    uint8_t id[5];
    plat_random(id, sizeof(id));
    utime_to_iso(plat_now(), created);
    json_t *record = json_pack(
        "{s:o, s:s, s:s, s:s, s:o}", "id",
        json_sprintf("d-%.*s", SPAN_ARG(text_hex(call->a, span_of(id, sizeof(id))))), "created",
        created, "state", "Creating", "site",
        site.len ? arena_dup_str(call->a, site) : "Default-First-Site-Name", "dcs", dcs_of(call));
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    control_set_span(record, "name", name);
    control_set_span(record, "short_name", flat);
    return record;
}

static enum err check_new(struct control_call *call)
{
    struct control *c = call->control;
    struct span name = control_arg(call, "name"), flat = control_arg(call, "short_name");
    if (control_directory_named(c, name) || control_directory_named(c, flat))
        return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                              "a directory with this DNS or NetBIOS name exists");
    if (json_array_size(control_list(call, "address")) > CONTROL_DCS_MAX)
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "address: at most %d domain controllers", CONTROL_DCS_MAX);
    return ERR_OK;
}

/* The result of a directory: its record without what is internal. */
static json_t *shown(const struct control_directory *d)
{
    json_t *out = json_deep_copy(d->record), *addresses = json_array(), *dc, *address;
    size_t i, j;
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
        json_array_foreach(json_object_get(dc, "addresses"), j, address)
            json_array_append(addresses, address);
    json_object_del(out, "trusts");
    json_object_set_new(out, "addresses", addresses);
    return out;
}

enum err control_directory_create(struct control_call *call)
{
    struct control *c = call->control;
    struct control_outcome outcome = {.text = SPAN_LIT("serve does not answer")};
    TRY(check_new(call));
    struct control_directory *d = control_directory_add(c, new_record(call));
    if (!d)
        return ERR_NOMEM;
    control_hold(call, d);
    d->started = true;
    enum err e = control_keep(call);
    if (e != ERR_OK) {
        control_directory_remove(c, d);
        return e;
    }
    e = control_start(c, d, control_arg(call, "admin_password"), call->a, &outcome);
    if (e == ERR_OK)
        e = outcome.err;
    if (e != ERR_OK) {
        /* Nothing half-made is left to be found later. */
        struct span text = arena_dup_span(call->a, outcome.text);
        control_directory_remove(c, d);
        (void)control_save(c);
        return control_refuse(call, e == ERR_RANGE ? 400 : 500, "CreateFailed",
                              REASON_CONTROL_START_FAILED, "the directory cannot be created: %.*s",
                              SPAN_ARG(text));
    }
    /* Without this one the next start finds it in state Creating, and starts it. */
    control_directory_state(c, d, "Active", NULL);
    (void)control_save(c);
    if (control_list(call, "default_forwarder") || control_list(call, "network"))
        TRY(control_directory_set(call));
    json_decref(call->result);
    call->result = shown(d);
    return ERR_OK;
}

enum err control_directory_delete(struct control_call *call)
{
    struct control *c = call->control;
    struct control_directory *d = call->directory;
    struct plat_msg reply;
    struct span id = span_str(json_string_value(json_object_get(d->record, "id")));
    char path[600];
    snprintf(path, sizeof(path), "%s/%.*s", c->env.state_dir, SPAN_ARG(id));
    if (strcmp(json_string_value(json_object_get(d->record, "state")), "Creating") == 0)
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "the directory is being created");
    TRY(plat_channel_call(c->env.serve, CONTROL_STOP, id, 30 * UTIME_SECOND, call->a, &reply));
    if (d->removed) /* somebody else wanted the same */
        return ERR_OK;
    control_directory_remove(c, d);
    (void)plat_dir_remove(path);
    return control_keep(call);
}

/* --- list, show
 * ----------------------------------------------------------------------------------- */

enum err control_directory_list(struct control_call *call)
{
    call->result = json_array();
    for (struct control_directory *d = call->control->directories; d; d = d->next)
        json_array_append_new(call->result, shown(d));
    return ERR_OK;
}

static enum err add_processes(struct control_call *call, json_t *into)
{
    struct plat_msg reply;
    struct control_status status;
    struct span id = span_str(json_string_value(json_object_get(call->directory->record, "id")));
    json_t *list = json_array();
    json_object_set_new(into, "processes", list);
    TRY(plat_channel_call(call->control->env.serve, CONTROL_STATUS, id, STATUS_TIMEOUT, call->a,
                          &reply));
    TRY(control_status_decode(reply.payload, call->a, &status));
    for (unsigned i = 0; i < status.count; i++) {
        const struct control_process *p = &status.process[i];
        json_t *entry = json_pack("{s:i, s:i, s:b}", "pid", (int)p->pid, "restarts",
                                  (int)p->restarts, "ready", (int)p->ready);
        control_set_span(entry, "name", p->name);
        json_array_append_new(list, entry);
    }
    return ERR_OK;
}

static json_t *texts(const char *first, size_t stride, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(list, json_string(first + i * stride));
    return list;
}

static enum err add_settings(struct control_call *call, json_t *into)
{
    struct dir_settings s;
    struct dir_naming naming;
    char sid[SID_TEXT_SIZE];
    TRY(control_read(call));
    TRY(dir_settings(&call->snap, &s));
    TRY(dir_naming(&call->snap, &naming));
    sid_to_text(&naming.domain_sid, sid);
    json_object_set_new(into, "domain_sid", json_string(sid));
    json_object_set_new(into, "settings",
                        json_pack("{s:b, s:b, s:i, s:o, s:o}", "allow_rc4", (int)s.allow_rc4,
                                  "allow_cleartext_bind", (int)s.allow_cleartext_bind,
                                  "udp_reply_limit", (int)s.udp_reply_limit, "default_forwarder",
                                  texts(s.forwarder[0], sizeof(s.forwarder[0]), s.forwarder_count),
                                  "network",
                                  texts(s.network[0], sizeof(s.network[0]), s.network_count)));
    return ERR_OK;
}

enum err control_directory_show(struct control_call *call)
{
    call->result = shown(call->directory);
    if (add_settings(call, call->result) != ERR_OK)
        json_object_set_new(call->result, "sentence",
                            json_string("Its files cannot be read now: see the state's reason."));
    return add_processes(call, call->result);
}

struct checking {
    struct control_call *call;
    const char *problem;
    enum err err;
};

static void check(void *ctx)
{
    struct checking *c = ctx;
    c->err = dir_check(&c->call->snap, c->call->a, &c->problem);
}

enum err control_directory_check(struct control_call *call)
{
    struct checking c = {.call = call};
    TRY(control_read(call));
    plat_task_away(check, &c);
    if (c.err == ERR_INTEGRITY)
        return control_refuse(call, 500, "Damaged", REASON_CONTROL_DAMAGED, "%s", c.problem);
    TRY(c.err);
    call->verdict = "pass";
    call->result = json_pack("{s:s, s:I}", "sentence", "Nothing in its file contradicts itself.",
                             "usn", (json_int_t)dir_snap_usn(&call->snap));
    return ERR_OK;
}

/* --- settings
 * --------------------------------------------------------------------------------------- */

static void mod_bool(struct control_call *call, struct control_mods *m, const char *member,
                     const char *name)
{
    const json_t *value = json_object_get(call->args, member);
    if (value)
        control_mod(m, MOD_REPLACE, name, json_is_true(value) ? SPAN_LIT("1") : SPAN_LIT("0"));
}

enum err control_directory_set(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_SETTINGS, .mods = m.mod};
    struct intent_reply reply;
    const json_t *limit = json_object_get(call->args, "udp_reply_limit");
    mod_bool(call, &m, "allow_rc4", "allow-rc4");
    mod_bool(call, &m, "allow_cleartext_bind", "allow-cleartext-bind");
    if (limit)
        control_mod(&m, MOD_REPLACE, "udp-reply-limit",
                    span_str(arena_printf(call->a, "%d", (int)json_integer_value(limit))));
    if (control_list(call, "default_forwarder"))
        control_mod_list(&m, MOD_REPLACE, "forwarder", control_list(call, "default_forwarder"));
    if (control_list(call, "network"))
        control_mod_list(&m, MOD_REPLACE, "network", control_list(call, "network"));
    if (m.count == 0)
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "nothing to set: entente directory set --help lists the settings");
    in.mod_count = m.count;
    TRY(control_intent(call, &in, &reply));
    call->result = json_object();
    return add_settings(call, call->result);
}
