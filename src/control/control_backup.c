/*
 * A backup of the whole service: a folder that another service can begin with as its state
 * directory, once the key file is beside it. The key is not in it: control has none, and it does
 * not belong beside what it opens.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "control/control_snapshots.h"
#include "directory/restore.h"
#include "plat/files.h"
#include "plat/task.h"

struct backup {
    struct control *control;
    const char *folder;
    struct dir *dir;
    const char *below; /* of folder: the directory's own */
    enum err err;
    int error; /* errno */
};

/* The key file and the key of the AWS API's authority are root's: another machine makes an
 * authority of its own. Directories' files are copied as they are at one moment, with a
 * transaction; snapshots stay where they are. */
static bool wanted(const char *name, unsigned depth)
{
    size_t len = strlen(name);
    /* What is being written is not whole; key files (key, key.next, key.new of a crash) are root's.
     */
    if (depth <= 1 && len > 4 && strcmp(name + len - 4, ".new") == 0)
        return false;
    if (depth == 0)
        return strcmp(name, "key") != 0 && strncmp(name, "key.", 4) != 0 &&
               strcmp(name, "lock") != 0 && strncmp(name, "api-ca.", 7) != 0;
    if (depth == 1 && (strcmp(name, "snapshots") == 0 || strncmp(name, "restore", 7) == 0))
        return false;
    return depth > 1 || len < 4 || strcmp(name + len - 4, ".mdb") != 0;
}

static void copy_files(void *ctx)
{
    struct backup *b = ctx;
    b->err = plat_dir_copy(b->control->env.state_dir, b->folder, wanted);
    b->error = errno;
}

static void copy_directory(void *ctx)
{
    struct backup *b = ctx;
    b->err = dir_copy(b->dir, b->below);
    b->error = errno;
}

static enum err refuse(struct control_call *call, const struct backup *b)
{
    bool full = b->err == ERR_IO && (b->error == ENOSPC || b->error == EDQUOT);
    return control_refuse(call, 500, "BackupFailed",
                          full ? REASON_SERVER_DISK_FULL : REASON_CONTROL_BACKUP_FAILED,
                          "%s cannot be written: %s", b->folder,
                          b->err == ERR_IO ? strerror(b->error) : err_name(b->err));
}

/* One that is being made has nothing yet that anybody could want back. */
static bool has_file(const struct control_directory *d)
{
    return !control_in_state(d, "Creating") && !control_in_state(d, "Failed") &&
           !control_in_state(d, "Deleting");
}

static enum err directories(struct control_call *call, struct backup *b, unsigned *count_out)
{
    struct control_directory *d = call->control->directories;
    *count_out = 0;
    while (d) {
        b->below = arena_printf(call->a, "%s/%s", b->folder,
                                json_string_value(json_object_get(d->record, "id")));
        control_hold(call, d);
        if (control_in_state(d, "Restoring"))
            return control_refuse(call, 409, "Busy", REASON_CONTROL_BUSY,
                                  "%s goes back to a snapshot",
                                  json_string_value(json_object_get(d->record, "name")));
        if (has_file(d)) {
            TRY(control_open(call->control, d));
            b->dir = d->dir;
            plat_task_away(copy_directory, b);
            if (b->err != ERR_OK)
                return refuse(call, b);
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

enum err control_backup_create(struct control_call *call)
{
    struct backup b = {.control = call->control,
                       .folder = arena_dup_str(call->a, control_arg(call, "folder"))};
    unsigned count;
    if (!b.folder || b.folder[0] != '/')
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "folder: expected an absolute path");
    if (is_inside(b.folder, b.control->env.state_dir))
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "folder: expected one that is not in the state directory, which is "
                              "what is copied");
    plat_task_away(copy_files, &b);
    if (b.err != ERR_OK)
        return refuse(call, &b);
    TRY(directories(call, &b, &count));
    call->result = json_pack("{s:i, s:s}", "directories", (int)count, "sentence",
                             "The key file is not in it: keep a copy of that elsewhere.");
    return ERR_OK;
}
