#include "base/text.h"
#include "control/control_lifecycle.h"
#include "directory/check.h"
#include "directory/settings.h"
#include "plat/clock.h"
#include "plat/task.h"

#define STATUS_TIMEOUT (2 * UTIME_SECOND)
#define DCS_DEFAULT    2 /* as many as AWS makes */

/* --- create, delete ------------------------------------------------------------------------ */

_Static_assert(OPERATION_ADDRESSES_MAX <= CONTROL_DC_ADDRESSES_MAX, "each finds its place");

/* The result of a directory: its record without what is internal. */
static json_t *shown(const struct control_directory *d)
{
    json_t *out = json_deep_copy(d->record), *addresses = json_array(), *dc, *address;
    size_t i, j;
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
        json_array_foreach(json_object_get(dc, "addresses"), j, address)
            json_array_append(addresses, address);
    json_object_del(out, "trusts");
    json_object_del(out, "aws");
    json_object_del(out, "snapshots");
    json_object_del(out, "schema_extensions");
    json_object_set_new(out, "addresses", addresses);
    return out;
}

static enum err new_dcs(struct control_call *call, json_t **out)
{
    const json_t *count = json_object_get(call->args, "domain_controllers");
    if (!control_list(call, "address"))
        return control_dcs_from_pools(call, control_list(call, "subnet"), 1,
                                      count ? (unsigned)json_integer_value(count) : DCS_DEFAULT,
                                      out);
    if (count || control_list(call, "subnet"))
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "address: not together with subnet or domain-controllers");
    *out = control_dcs_at(call, control_list(call, "address"), control_list(call, "host"));
    return ERR_OK;
}

static enum err make(struct control_call *call)
{
    struct control *c = call->control;
    struct control_directory *d = call->directory;
    const char *why = NULL;
    enum err e = control_make_directory(c, d, control_arg(call, "admin_password"), call->a, &why);
    if (e == ERR_OK)
        return ERR_OK;
    /* Who asked is told: there is no need for the record to say it later. */
    control_directory_remove(c, d);
    (void)control_save(c);
    return control_refuse(call, e == ERR_RANGE ? 400 : 500, "CreateFailed",
                          REASON_CONTROL_START_FAILED, "the directory cannot be created: %s", why);
}

enum err control_directory_create(struct control_call *call)
{
    struct control_new in = {.name = control_arg(call, "name"),
                             .short_name = control_arg(call, "short_name"),
                             .site = control_arg(call, "site"),
                             .managed = control_flag(call, "managed")};
    TRY(new_dcs(call, &in.dcs));
    TRY(control_new_directory(call, &in));
    TRY(make(call));
    if (control_list(call, "default_forwarder") || control_list(call, "network"))
        TRY(control_directory_set(call));
    json_decref(call->result);
    call->result = shown(call->directory);
    return ERR_OK;
}

enum err control_directory_delete(struct control_call *call)
{
    TRY(control_begin_delete(call));
    return control_finish_delete(call->control, call->directory, call->a);
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
    json_object_set_new(
        into, "settings",
        json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:o, s:o}", "allow_rc4", (int)s.allow_rc4,
                  "allow_cleartext_bind", (int)s.allow_cleartext_bind, "tls_1_0", (int)s.tls_1_0,
                  "tls_1_1", (int)s.tls_1_1, "tls_3des", (int)s.tls_3des, "tls_aes_128",
                  (int)s.tls_aes_128, "udp_reply_limit", (int)s.udp_reply_limit,
                  "default_forwarder",
                  texts(s.forwarder[0], sizeof(s.forwarder[0]), s.forwarder_count), "network",
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
    mod_bool(call, &m, "tls_1_0", "tls-1-0");
    mod_bool(call, &m, "tls_1_1", "tls-1-1");
    mod_bool(call, &m, "tls_3des", "tls-3des");
    mod_bool(call, &m, "tls_aes_128", "tls-aes-128");
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
