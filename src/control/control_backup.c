/*
 * A backup of the whole service: a folder that another service can begin with as its state
 * directory, once the key file is beside it. The key is not in it: control has none, and it does
 * not belong beside what it opens.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/text.h"
#include "control/control_files.h"
#include "control/control_lifecycle.h"

static enum err refuse(struct control_call *call, const char *folder, enum err e, const char *why)
{
    return control_refuse(call, 500, "BackupFailed",
                          e == ERR_LIMIT ? REASON_SERVER_DISK_FULL : REASON_CONTROL_BACKUP_FAILED,
                          "%s cannot be written: %s", folder, why);
}

/* One that is being made has nothing yet that anybody could want back. */
static bool has_file(const struct control_directory *d)
{
    return !control_in_state(d, "Creating") && !control_in_state(d, "Failed") &&
           !control_in_state(d, "Deleting");
}

static enum err directories(struct control_call *call, const char *folder, unsigned *count_out)
{
    struct control_directory *d = call->control->directories;
    const char *why;
    *count_out = 0;
    while (d) {
        control_hold(call, d);
        if (control_in_state(d, "Restoring"))
            return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                                  "%s goes back to a snapshot",
                                  json_string_value(json_object_get(d->record, "name")));
        if (has_file(d)) {
            struct span id = span_str(json_string_value(json_object_get(d->record, "id")));
            enum err e = control_file_copy(call, id, folder, &why);
            if (e != ERR_OK)
                return refuse(call, folder, e, why);
            ++*count_out;
        }
        if (d->removed)
            return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                                  "a directory was deleted meanwhile");
        d = d->next;
    }
    return ERR_OK;
}

/* Whatever links and dots lead there; one that is not there is refused later. */
static bool is_inside(const char *folder, const char *of)
{
    char inner[PATH_MAX], outer[PATH_MAX];
    size_t len;
    if (!realpath(folder, inner) || !realpath(of, outer))
        return false;
    len = strlen(outer);
    return strncmp(inner, outer, len) == 0 && (inner[len] == '/' || !inner[len]);
}

static enum err back_up(struct control_call *call, const char *folder)
{
    const char *why;
    unsigned count;
    enum err e = control_file_copy(call, SPAN_NONE, folder, &why);
    if (e != ERR_OK)
        return refuse(call, folder, e, why);
    TRY(directories(call, folder, &count));
    call->result = json_pack("{s:i, s:s}", "directories", (int)count, "sentence",
                             "The key file is not in it: keep a copy of that elsewhere.");
    return ERR_OK;
}

enum err control_backup_create(struct control_call *call)
{
    const char *folder = arena_dup_str(call->a, control_arg(call, "folder"));
    if (!folder || folder[0] != '/')
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "folder: expected an absolute path");
    if (is_inside(folder, call->control->env.state_dir))
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "folder: expected one that is not in the state directory, which is "
                              "what is copied");
    if (call->control->backing_up)
        return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY, "another backup goes on");
    call->control->backing_up = true;
    enum err e = back_up(call, folder);
    call->control->backing_up = false;
    return e;
}
