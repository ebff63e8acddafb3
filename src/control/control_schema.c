#include "control/control_schema.h"

#include <unistd.h>

#include "base/text.h"
#include "control/control_files.h"
#include "control/control_lifecycle.h"
#include "control/control_snapshots.h"
#include "directory/change.h"
#include "directory/dir_schema.h"
#include "plat/files.h"
#include "plat/random.h"

#define WRITER_TRIES 6

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

static bool has_status(const json_t *extension, const char *status)
{
    return strcmp(text_of(extension, "status"), status) == 0;
}

static bool ended(const json_t *extension)
{
    return has_status(extension, "Completed") || has_status(extension, "Failed") ||
           has_status(extension, "Cancelled");
}

json_t *control_extensions(const struct control_directory *d)
{
    return json_object_get(d->record, "schema_extensions");
}

/* A new reference; NULL: none. */
static json_t *going_on(const struct control_directory *d)
{
    json_t *one;
    size_t i;
    json_array_foreach(control_extensions(d), i, one)
    {
        if (!ended(one))
            return json_incref(one);
    }
    return NULL;
}

static void enter(struct control *c, json_t *extension, const char *status, const char *reason)
{
    json_object_set_new(extension, "status", json_string(status));
    if (reason)
        json_object_set_new(extension, "reason", json_string(reason));
    if (ended(extension))
        json_object_set_new(extension, "ended", control_now());
    (void)control_save(c); /* a restart would come to the same */
}

/* --- what an administrator asks -------------------------------------------------------------- */

static enum err idle(struct control_call *call, bool snapshot)
{
    const struct control_directory *d = call->directory;
    json_t *other = going_on(d);
    json_decref(other);
    if (!control_in_state(d, "Active") && !control_in_state(d, "Impaired"))
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "the directory is in state %s", control_state(d));
    if (other || (snapshot && d->copying))
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "another extension of the schema, or a snapshot, is being made");
    return ERR_OK;
}

static json_t *new_extension(struct control_call *call, struct span description)
{
    uint8_t id[5];
    plat_random(id, sizeof id);
    json_t *out =
        json_pack("{s:o, s:s, s:o}", "id",
                  json_sprintf("e-%.*s", SPAN_ARG(text_hex(call->a, span_of(id, sizeof id)))),
                  "status", "Initializing", "started", control_now());
    control_set_span(out, "description", description);
    return out;
}

static json_t *list_of(struct control_directory *d)
{
    if (!control_extensions(d))
        json_object_set_new(d->record, "schema_extensions", json_array());
    return control_extensions(d);
}

enum err control_extension_begin(struct control_call *call, struct span description, bool snapshot,
                                 json_t **out)
{
    struct control_directory *d = call->directory;
    json_t *extension, *made = NULL, *list;
    TRY(idle(call, snapshot));
    if (snapshot)
        TRY(control_snapshot_begin(call, description, &made));
    extension = new_extension(call, description);
    if (made) {
        json_object_set(extension, "snapshot", json_object_get(made, "id"));
        json_object_set_new(extension, "status", json_string("CreatingSnapshot"));
    }
    list = list_of(d);
    if (json_array_size(list) >= CONTROL_EXTENSIONS_MAX)
        json_array_remove(list, 0);
    json_array_append_new(list, extension);
    enum err e = control_keep(call);
    if (e == ERR_OK)
        *out = extension;
    else
        json_array_remove(list, json_array_size(list) - 1);
    return e;
}

static json_t *by_id(const struct control_directory *d, struct span id)
{
    json_t *one;
    size_t i;
    json_array_foreach(control_extensions(d), i, one)
    {
        if (span_eq(span_str(text_of(one, "id")), id))
            return one;
    }
    return NULL;
}

enum err control_extension_cancel(struct control_call *call, struct span id)
{
    json_t *extension = by_id(call->directory, id);
    if (!extension)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no extension %.*s of the schema", SPAN_ARG(id));
    if (ended(extension) || has_status(extension, "UpdatingSchema"))
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "extension %.*s is in state %s", SPAN_ARG(id),
                              text_of(extension, "status"));
    enter(call->control, extension, "CancelInProgress", NULL);
    return ERR_OK;
}

/* --- doing it -------------------------------------------------------------------------------- */

/* Did the writer take it? */
static bool taken(struct control_call *call, const json_t *extension)
{
    struct span name;
    bool yes = control_read(call) == ERR_OK &&
               dir_meta(&call->snap, DIR_META_SCHEMA, &name) == ERR_OK &&
               span_eq(name, span_str(text_of(extension, "id")));
    control_read_end(call);
    return yes;
}

static enum err snapshot_first(struct control_call *call, const json_t *extension)
{
    struct span id = span_str(text_of(extension, "snapshot"));
    if (!id.len)
        return ERR_OK;
    (void)control_snapshots_finish(call->control, call->directory, call->a);
    const json_t *made = control_snapshot_by_id(call->directory, id);
    if (made && strcmp(text_of(made, "state"), "Completed") == 0)
        return ERR_OK;
    return control_refuse(call, 500, "SnapshotFailed", REASON_SERVER_FAILED,
                          "the snapshot before it could not be made");
}

/* Each try has memory of its own, which the text in its message fills. */
static enum err one_try(struct control_call *call, const json_t *extension, struct span ldif)
{
    struct intent in = {
        .kind = INTENT_SCHEMA, .target = span_str(text_of(extension, "id")), .ldif = ldif};
    struct intent_reply reply;
    struct arena a, *outer = call->a;
    arena_init(&a, 0, CONTROL_MEMORY, 0);
    call->a = &a;
    enum err e = control_intent(call, &in, &reply);
    if (e == ERR_REFUSED && call->message)
        call->message = arena_dup_str(outer, span_str(call->message));
    call->a = outer;
    arena_fini(&a);
    return e;
}

/* A large file takes longer than the writer is waited for. Asked again, it says that it has taken
 * this one, or refuses it for the same reason again. */
static enum err ask_writer(struct control_call *call, const json_t *extension, struct span ldif)
{
    for (unsigned tries = 0;; tries++) {
        enum err e = one_try(call, extension, ldif);
        if (e != ERR_REFUSED || call->reason != REASON_CONTROL_WRITER_AWAY)
            return e;
        if (taken(call, extension))
            return ERR_OK;
        if (tries == WRITER_TRIES || !call->directory->writer)
            return e;
    }
}

static enum err run(struct control_call *call, json_t *extension, struct span ldif)
{
    TRY(snapshot_first(call, extension));
    if (has_status(extension, "CancelInProgress")) {
        enter(call->control, extension, "Cancelled", NULL);
        return ERR_OK;
    }
    enter(call->control, extension, "UpdatingSchema", NULL);
    TRY(ask_writer(call, extension, ldif));
    enter(call->control, extension, "Completed", NULL);
    return ERR_OK;
}

enum err control_extension_run(struct control_call *call, struct span ldif)
{
    json_t *extension = going_on(call->directory);
    if (!extension)
        return ERR_STATE;
    enum err e = run(call, extension, ldif);
    if (e != ERR_OK)
        enter(call->control, extension, "Failed", call->message ? call->message : err_name(e));
    json_decref(extension);
    return e;
}

static void run_apart(struct control *c, struct control_directory *d, struct span ldif,
                      struct arena *a)
{
    struct control_call call = {.control = c, .a = a, .code = "Failed"};
    control_hold(&call, d);
    (void)control_extension_run(&call, ldif);
    control_done(&call);
}

enum err control_extension_apart(struct control *c, struct control_directory *d, struct span ldif)
{
    return control_apart(c, d, ldif, run_apart);
}

void control_extensions_settle(struct control *c, struct control_directory *d, struct arena *a)
{
    json_t *extension = going_on(d);
    struct control_call call = {.control = c, .a = a, .code = "Failed"};
    if (!extension)
        return;
    control_hold(&call, d);
    if (taken(&call, extension))
        enter(c, extension, "Completed", NULL);
    else
        enter(c, extension, "Failed", "the service was restarted before; nothing was changed");
    control_done(&call);
    json_decref(extension);
}

/* --- the operations -------------------------------------------------------------------------- */

static enum err read_ldif(struct control_call *call, struct span *out)
{
    const char *path = arena_dup_str(call->a, control_arg(call, "file"));
    uint8_t *text = arena_alloc(call->a, CONTROL_LDIF_MAX + 1);
    size_t got = 0;
    int fd;
    if (!path || !text)
        return ERR_NOMEM;
    TRY(control_file_open(call, path, &fd));
    enum err e = plat_file_fill(fd, text, CONTROL_LDIF_MAX + 1, &got);
    close(fd);
    if (e != ERR_OK || got > CONTROL_LDIF_MAX)
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "file: %s cannot be read by the service, or is larger than %d bytes",
                              path, CONTROL_LDIF_MAX);
    *out = span_of(text, got);
    return ERR_OK;
}

enum err control_schema_extend(struct control_call *call)
{
    struct span ldif;
    json_t *extension;
    TRY(read_ldif(call, &ldif));
    TRY(control_extension_begin(call, control_arg(call, "description"),
                                control_flag(call, "snapshot"), &extension));
    json_incref(extension);
    enum err e = control_extension_run(call, ldif);
    if (e == ERR_OK)
        call->result = json_deep_copy(extension);
    json_decref(extension);
    return e;
}

enum err control_schema_list(struct control_call *call)
{
    json_t *all = control_extensions(call->directory);
    call->result = all ? json_deep_copy(all) : json_array();
    return ERR_OK;
}
