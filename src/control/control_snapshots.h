/*
 * Snapshots: consistent copies of a directory's file beside it, and the way back to one
 * (directory/restore.h says what stays as it is). In the directory's record each has id ("s-" and
 * ten hexadecimal digits), name, type (Manual), state (Creating, Completed, Failed, Deleting),
 * created, and dcs, the domain controllers that it knows. What was begun is on disk before it is
 * done, and is gone on with after a restart.
 */
#ifndef CONTROL_CONTROL_SNAPSHOTS_H
#define CONTROL_CONTROL_SNAPSHOTS_H

#include "control/control_dcs.h"

#define CONTROL_SNAPSHOTS_MAX 5 /* of a directory, as AWS has it */

/* The records, or NULL. */
json_t *control_snapshots(const struct control_directory *d);
json_t *control_snapshot_by_id(const struct control_directory *d, struct span id);
/* A record in state Creating, kept; *out is the record's own. Refused: CONTROL_SNAPSHOT_LIMIT,
 * CONTROL_BUSY (the directory does not run). */
enum err control_snapshot_begin(struct control_call *call, struct span name, json_t **out);
/* Deleting, kept. Refused: CONTROL_NO_OBJECT. */
enum err control_snapshot_begin_delete(struct control_call *call, struct span id);
/* Makes and removes what was begun. Waits; the copying is another thread's. */
enum err control_snapshots_finish(struct control *c, struct control_directory *d, struct arena *a);
enum err control_snapshots_apart(struct control *c, struct control_directory *d);

/* The directory is Restoring, kept. Refused: CONTROL_NO_OBJECT, CONTROL_BUSY. */
enum err control_restore_begin(struct control_call *call, struct span id);
/* Its processes are started again behind a writer that goes back: Active. On an error it is as it
 * was, or Impaired, with the reason, when they could not be started. Waits. */
enum err control_restore_finish(struct control *c, struct control_directory *d, struct arena *a,
                                const char **why_out);
enum err control_restore_apart(struct control *c, struct control_directory *d);

#endif
