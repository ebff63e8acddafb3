/*
 * Domain controllers of a directory that is there: more of them, fewer, and how they are. In the
 * record each has id, host, addresses, state (Creating, Active, Impaired, Deleting, Failed) with
 * state_reason, and created. What was begun is on disk before it is done, and is gone on with after
 * a restart.
 */
#ifndef CONTROL_CONTROL_DCS_H
#define CONTROL_CONTROL_DCS_H

#include "control/control_lifecycle.h"

/* Adds records, in state Creating, and keeps them; takes the reference over. They are of
 * control_dcs_at or control_dcs_from_pools, with host names that control_dc_next tells or that are
 * given. Refused: CONTROL_EXISTS, CONTROL_DC_LIMIT, CONTROL_BUSY (the directory is not Active or
 * Impaired). */
enum err control_dcs_begin_add(struct control_call *call, json_t *dcs);
/* The number of the next host name, behind all there are: 3 for dc3. */
unsigned control_dc_next(const struct control_directory *d);
/* Deleting, kept. The first domain controller has the roles that only one can have, and stays.
 * Refused: CONTROL_NO_OBJECT, CONTROL_DC_FIRST. */
enum err control_dcs_begin_remove(struct control_call *call, struct span host);
/* The host of the one of a region (empty: the primary one) that was added last, which goes first;
 * NULL: none but the directory's first is left. */
const char *control_dc_last(const struct control_directory *d, struct span region);
/* All of a further region are Deleting; not kept yet. */
void control_dcs_leave(struct control *c, struct control_directory *d, struct span region);
/* The states of before, a copy of the record's list that nothing was added to or taken from. */
void control_dcs_back(struct control *c, struct control_directory *d, const json_t *before);
/* An intent of the service itself, outside of any request: the writer's answer, with its sentence
 * in the arena. */
enum err control_dcs_ask(struct control_directory *d, struct intent *in, struct arena *a,
                         const char **why_out);
/* Does what was begun, one after the other: Creating becomes Active, or Failed with a reason and
 * nothing of it in the directory; what is Deleting goes. Waits. ERR: one of them failed. */
enum err control_dcs_finish(struct control *c, struct control_directory *d, struct arena *a);
/* The same in a task of its own. */
enum err control_dcs_apart(struct control *c, struct control_directory *d);

/* Those in a state become Active: they were made or started with their directory. */
void control_dcs_active(struct control *c, struct control_directory *d, const char *from);
/* Active or Impaired, as its parts are. */
/* CONTROL_HEALTH has come. */
void control_dcs_told(struct control *c, struct span payload);
void control_dcs_summarize(struct control *c, struct control_directory *d);

json_t *control_dc_named(const struct control_directory *d, struct span host);
/* How many there are in a region that are not going. */
unsigned control_dc_count(const struct control_directory *d, struct span region);

#endif
