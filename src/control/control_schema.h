/*
 * Extensions of the schema: a file of LDIF that the writer takes whole or not at all
 * (INTENT_SCHEMA). In the directory's record each has id ("e-" and ten hexadecimal digits),
 * description, status and reason (the API's words), started, ended, and snapshot, the id of the one
 * that is made first. One at a time; what a restart interrupts is Completed when the writer had
 * taken it, and Failed otherwise, since the text is not kept.
 */
#ifndef CONTROL_CONTROL_SCHEMA_H
#define CONTROL_CONTROL_SCHEMA_H

#include "control/control_call.h"

#define CONTROL_LDIF_MAX       500000 /* as AWS has it */
#define CONTROL_EXTENSIONS_MAX 50     /* records; the oldest go */

/* The records, or NULL. */
json_t *control_extensions(const struct control_directory *d);
/* A record, kept. Refused: CONTROL_BUSY (the directory does not run, or another one goes on),
 * CONTROL_SNAPSHOT_LIMIT. */
enum err control_extension_begin(struct control_call *call, struct span description, bool snapshot,
                                 json_t **out);
/* Does what was begun. Refused, and the record Failed, when the writer refused. Waits. */
enum err control_extension_run(struct control_call *call, struct span ldif);
enum err control_extension_apart(struct control *c, struct control_directory *d, struct span ldif);
/* One that the writer was not asked for yet is given up. Refused: CONTROL_NO_OBJECT, CONTROL_BUSY
 * (too late). */
enum err control_extension_cancel(struct control_call *call, struct span id);
/* After a restart: what became of what went on. */
void control_extensions_settle(struct control *c, struct control_directory *d, struct arena *a);

#endif
