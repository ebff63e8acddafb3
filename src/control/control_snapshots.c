#include "control/control_snapshots.h"

#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "control/control_regions.h"
#include "directory/restore.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"
#include "plat/task.h"

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

static bool in_state(const json_t *snapshot, const char *state)
{
    return strcmp(text_of(snapshot, "state"), state) == 0;
}

static void directory_path(const struct control *c, const struct control_directory *d,
                           const char *below, char out[600])
{
    snprintf(out, 600, "%s/%s%s", c->env.state_dir, text_of(d->record, "id"), below);
}

static void snapshot_path(const struct control *c, const struct control_directory *d,
                          const json_t *snapshot, char out[600])
{
    char below[64];
    snprintf(below, sizeof below, "/snapshots/%.40s", text_of(snapshot, "id"));
    directory_path(c, d, below, out);
}

json_t *control_snapshots(const struct control_directory *d)
{
    return json_object_get(d->record, "snapshots");
}

json_t *control_snapshot_by_id(const struct control_directory *d, struct span id)
{
    json_t *snapshot;
    size_t i;
    json_array_foreach(control_snapshots(d), i, snapshot)
    {
        if (span_eq(span_str(text_of(snapshot, "id")), id))
            return snapshot;
    }
    return NULL;
}

/* --- what an administrator asks -------------------------------------------------------------- */

static void drop(struct control_directory *d, const json_t *snapshot)
{
    json_t *list = control_snapshots(d);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_array_get(list, i) == snapshot)
            json_array_remove(list, i--);
    }
}

static json_t *new_snapshot(struct control_call *call, struct span name)
{
    uint8_t id[5];
    char created[32];
    plat_random(id, sizeof id);
    utime_to_iso(plat_now(), created);
    json_t *out =
        json_pack("{s:o, s:s, s:s, s:s, s:o}", "id",
                  json_sprintf("s-%.*s", SPAN_ARG(text_hex(call->a, span_of(id, sizeof id)))),
                  "type", "Manual", "state", "Creating", "created", created, "dcs",
                  json_deep_copy(json_object_get(call->directory->record, "dcs")));
    control_set_span(out, "name", name);
    return out;
}

enum err control_snapshot_begin(struct control_call *call, struct span name, json_t **out)
{
    struct control_directory *d = call->directory;
    TRY(control_running(call));
    if (json_array_size(control_snapshots(d)) >= CONTROL_SNAPSHOTS_MAX)
        return control_refuse(call, 400, "SnapshotLimitExceeded", REASON_CONTROL_SNAPSHOT_LIMIT,
                              "the directory has %d snapshots", CONTROL_SNAPSHOTS_MAX);
    if (!control_snapshots(d))
        json_object_set_new(d->record, "snapshots", json_array());
    json_t *snapshot = new_snapshot(call, name);
    json_array_append_new(control_snapshots(d), snapshot);
    enum err e = control_keep(call);
    if (e != ERR_OK)
        drop(d, snapshot);
    else
        *out = snapshot;
    return e;
}

static enum err find(struct control_call *call, struct span id, json_t **out)
{
    *out = control_snapshot_by_id(call->directory, id);
    if (!*out)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no snapshot %.*s; entente snapshot list shows all",
                              SPAN_ARG(id));
    return ERR_OK;
}

enum err control_snapshot_begin_delete(struct control_call *call, struct span id)
{
    json_t *snapshot;
    TRY(find(call, id, &snapshot));
    json_t *before = json_incref(json_object_get(snapshot, "state"));
    json_object_set_new(snapshot, "state", json_string("Deleting"));
    enum err e = control_keep(call);
    if (e != ERR_OK)
        json_object_set(snapshot, "state", before);
    json_decref(before);
    return e;
}

enum err control_restore_begin(struct control_call *call, struct span id)
{
    struct control_directory *d = call->directory;
    json_t *snapshot;
    TRY(control_running(call));
    TRY(find(call, id, &snapshot));
    if (!in_state(snapshot, "Completed") || d->changing || d->retired)
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                              "snapshot %.*s is in state %s, or its directory is being changed",
                              SPAN_ARG(id), text_of(snapshot, "state"));
    json_object_set_new(d->record, "restoring", json_string(text_of(snapshot, "id")));
    enum err e = control_enter(call, "Restoring");
    if (e != ERR_OK)
        json_object_del(d->record, "restoring");
    return e;
}

/* --- copies ---------------------------------------------------------------------------------- */

struct copying {
    struct dir *dir;
    const char *folder;
    enum err err;
};

static void copy(void *ctx)
{
    struct copying *job = ctx;
    job->err = dir_copy(job->dir, job->folder);
}

/* Into a folder that appears under its name when it is whole. */
static enum err copy_to(struct dir *from, const char *folder)
{
    char fresh[620];
    struct copying job = {.dir = from, .folder = fresh};
    snprintf(fresh, sizeof fresh, "%s.new", folder);
    TRY(plat_dir_remove(fresh));
    TRY(plat_dir_remove(folder));
    TRY(plat_dir_make(fresh, 0750));
    plat_task_away(copy, &job);
    TRY(job.err);
    return rename(fresh, folder) == 0 ? ERR_OK : ERR_IO;
}

static enum err go_on(struct control *c, struct control_directory *d, json_t *snapshot)
{
    char path[600];
    snapshot_path(c, d, snapshot, path);
    if (in_state(snapshot, "Deleting")) {
        (void)plat_dir_remove(path);
        drop(d, snapshot);
        return control_save(c);
    }
    enum err e = control_open(c, d);
    if (e == ERR_OK)
        e = copy_to(d->dir, path);
    if (in_state(snapshot, "Creating"))
        json_object_set_new(snapshot, "state", json_string(e == ERR_OK ? "Completed" : "Failed"));
    (void)control_save(c);
    return e;
}

static json_t *next_begun(const struct control_directory *d)
{
    json_t *snapshot;
    size_t i;
    json_array_foreach(control_snapshots(d), i, snapshot)
    {
        if (in_state(snapshot, "Creating") || in_state(snapshot, "Deleting"))
            return json_incref(snapshot);
    }
    return NULL;
}

/* The state directory may come out of a backup, which has no snapshots. */
static void look_for_files(struct control *c, struct control_directory *d)
{
    char path[600], file[620];
    json_t *snapshot;
    size_t i;
    json_array_foreach(control_snapshots(d), i, snapshot)
    {
        snapshot_path(c, d, snapshot, path);
        snprintf(file, sizeof file, "%s/data.mdb", path);
        if (in_state(snapshot, "Completed") && access(file, F_OK) != 0)
            json_object_set_new(snapshot, "state", json_string("Failed"));
    }
}

enum err control_snapshots_finish(struct control *c, struct control_directory *d, struct arena *a)
{
    enum err e = ERR_OK;
    json_t *snapshot;
    (void)a;
    look_for_files(c, d);
    while (!d->copying && !d->removed && (snapshot = next_begun(d))) {
        d->copying = true;
        enum err one = go_on(c, d, snapshot);
        d->copying = false;
        json_decref(snapshot);
        if (one != ERR_OK)
            e = one;
    }
    return e;
}

static void finish_apart(struct control *c, struct control_directory *d, struct span secret,
                         struct arena *a)
{
    (void)secret;
    (void)control_snapshots_finish(c, d, a);
}

enum err control_snapshots_apart(struct control *c, struct control_directory *d)
{
    return control_apart(c, d, SPAN_NONE, finish_apart);
}

/* --- the way back ---------------------------------------------------------------------------- */

static bool same_dc(const json_t *a, const json_t *b)
{
    return ascii_eq_fold(span_str(text_of(a, "host")), span_str(text_of(b, "host"))) &&
           json_equal(json_object_get(a, "addresses"), json_object_get(b, "addresses"));
}

static const json_t *dc_of(const json_t *list, const json_t *wanted)
{
    json_t *dc;
    size_t i;
    json_array_foreach((json_t *)list, i, dc)
    {
        if (same_dc(dc, wanted))
            return dc;
    }
    return NULL;
}

/* Was it in the directory for certain? One that came or went while the copy was made may be in it
 * or not. */
static bool had_joined(const json_t *dc)
{
    return dc && (in_state(dc, "Active") || in_state(dc, "Impaired"));
}

/* Domain controllers that the snapshot does not know join again, and those that only it knows
 * leave: the list says so, and is gone on with when the directory runs. */
static void match_dcs(struct control_directory *d, const json_t *snapshot)
{
    json_t *now = json_object_get(d->record, "dcs"), *then = json_object_get(snapshot, "dcs"), *dc;
    size_t i;
    json_array_foreach(now, i, dc)
    {
        if (i && !had_joined(dc_of(then, dc)) && !in_state(dc, "Deleting"))
            json_object_set_new(dc, "state", json_string("Creating"));
    }
    json_array_foreach(then, i, dc)
    {
        if (dc_of(now, dc) || json_array_size(now) >= CONTROL_DCS_KNOWN)
            continue;
        json_t *stale = json_deep_copy(dc);
        json_object_set_new(stale, "state", json_string("Deleting"));
        json_array_append_new(now, stale);
        control_region_stale(d, stale);
    }
}

static enum err lay_ready(struct control *c, struct control_directory *d, const json_t *snapshot)
{
    char path[600], restore[600];
    struct dir_open_args args = {.path = path};
    struct dir *from;
    snapshot_path(c, d, snapshot, path);
    directory_path(c, d, "/" DIR_RESTORE_FOLDER, restore);
    TRY(dir_open(&args, &from));
    enum err e = copy_to(from, restore);
    dir_close(from);
    return e;
}

static enum err restart(struct control *c, struct control_directory *d, struct arena *a,
                        const char **why_out)
{
    struct control_outcome outcome;
    /* Requests that read hold the file as it was until they have ended. */
    d->retired = d->dir;
    d->dir = NULL;
    *why_out = "serve does not answer";
    TRY(control_restart(c, d, a, &outcome));
    *why_out = arena_dup_str(a, outcome.text);
    return outcome.err;
}

/* Does the writer say that it could not? */
static bool gave_up(struct control *c, struct control_directory *d)
{
    char path[600];
    directory_path(c, d, "/" DIR_RESTORE_FAILED, path);
    bool failed = access(path, F_OK) == 0;
    (void)plat_dir_remove(path);
    return failed;
}

/* *down_out: its processes were to be started again, and could not. */
static enum err go_back(struct control *c, struct control_directory *d, const json_t *snapshot,
                        struct arena *a, bool *down_out, const char **why_out)
{
    (void)gave_up(c, d);
    *why_out = "the snapshot's file cannot be copied";
    TRY(lay_ready(c, d, snapshot));
    match_dcs(d, snapshot);
    *down_out = true;
    TRY(restart(c, d, a, why_out));
    *down_out = false;
    *why_out = "the copy could not take the directory's place";
    return gave_up(c, d) ? ERR_INTEGRITY : ERR_OK;
}

enum err control_restore_finish(struct control *c, struct control_directory *d, struct arena *a,
                                const char **why_out)
{
    json_t *snapshot =
        json_incref(control_snapshot_by_id(d, span_str(text_of(d->record, "restoring"))));
    enum err e = ERR_NOT_FOUND;
    bool down = false;
    *why_out = "there is no such snapshot any more";
    if (snapshot)
        e = go_back(c, d, snapshot, a, &down, why_out);
    json_decref(snapshot);
    json_object_del(d->record, "restoring");
    if (down)
        control_start_again(c, d, *why_out);
    else
        control_directory_state(c, d, "Active", NULL);
    if (!down && d->writer) {
        (void)control_dcs_finish(c, d, a);
        control_dcs_summarize(c, d);
    }
    (void)control_save(c);
    return e;
}

static void restore_apart(struct control *c, struct control_directory *d, struct span secret,
                          struct arena *a)
{
    const char *why;
    (void)secret;
    (void)control_restore_finish(c, d, a, &why);
}

enum err control_restore_apart(struct control *c, struct control_directory *d)
{
    return control_apart(c, d, SPAN_NONE, restore_apart);
}

/* --- the operations -------------------------------------------------------------------------- */

static json_t *shown(const json_t *snapshot)
{
    json_t *out = json_deep_copy(snapshot);
    json_object_del(out, "dcs");
    return out;
}

enum err control_snapshot_create(struct control_call *call)
{
    json_t *snapshot;
    TRY(control_snapshot_begin(call, control_arg(call, "name"), &snapshot));
    json_incref(snapshot);
    (void)control_snapshots_finish(call->control, call->directory, call->a);
    call->result = shown(snapshot);
    bool failed = in_state(snapshot, "Failed");
    if (failed)
        drop(call->directory, snapshot);
    json_decref(snapshot);
    if (failed)
        return control_refuse(call, 500, "SnapshotFailed", REASON_SERVER_FAILED,
                              "the copy cannot be written");
    return ERR_OK;
}

enum err control_snapshot_list(struct control_call *call)
{
    json_t *snapshot;
    size_t i;
    call->result = json_array();
    json_array_foreach(control_snapshots(call->directory), i, snapshot)
        json_array_append_new(call->result, shown(snapshot));
    return ERR_OK;
}

enum err control_snapshot_delete(struct control_call *call)
{
    TRY(control_snapshot_begin_delete(call, control_arg(call, "id")));
    return control_snapshots_finish(call->control, call->directory, call->a);
}

enum err control_snapshot_restore(struct control_call *call)
{
    const char *why = "";
    TRY(control_restore_begin(call, control_arg(call, "id")));
    if (control_restore_finish(call->control, call->directory, call->a, &why) == ERR_OK)
        return ERR_OK;
    return control_refuse(call, 500, "RestoreFailed", REASON_CONTROL_RESTORE_FAILED,
                          control_in_state(call->directory, "Impaired")
                              ? "the directory does not run, and is started again: %s"
                              : "the directory is as it was: %s",
                          why);
}
