/*
 * The life of a directory: from a request to running domain controllers, and its end. The
 * operations of the command line and of the AWS API both come here.
 *
 * A record in control.json precedes everything that it stands for, so whatever is interrupted is
 * found again by it. States are those of the API: Creating, Active, Impaired, Deleting, Failed; a
 * reason (state_reason) stands beside the last two and Impaired. What is interrupted while it is
 * Creating becomes Active when the forest was on disk already, and Failed otherwise, since the
 * password was never stored; while it is Deleting, it is deleted at the next start.
 */
#ifndef CONTROL_CONTROL_LIFECYCLE_H
#define CONTROL_CONTROL_LIFECYCLE_H

#include "control/control_call.h"

struct control_new {
    struct span name, short_name;
    struct span site; /* empty: Default-First-Site-Name */
    bool managed;
    /* A reference that is taken over: [{"id","host","addresses",...}], made by one of the two. */
    json_t *dcs;
    const json_t *notes; /* kept in the record as "aws"; may be NULL */
};

/* Domain controllers at given addresses: lists of texts, each of one or several addresses parted by
 * commas; hosts may be NULL or shorter. */
json_t *control_dcs_at(struct control_call *call, const json_t *addresses, const json_t *hosts);
/* count domain controllers, whose addresses come in turn from the named pools (NULL: all of them)
 * and belong to nobody. first is the number of the first one's host name. Refused: POOL_UNKNOWN,
 * POOL_EMPTY. */
enum err control_dcs_from_pools(struct control_call *call, const json_t *subnets, unsigned first,
                                unsigned count, json_t **out);

/* Makes the record, in state Creating, and keeps it; the call's directory is the new one. Refused:
 * CONTROL_EXISTS, CONTROL_DIRECTORIES. */
enum err control_new_directory(struct control_call *call, const struct control_new *in);
/* Makes the forest and starts its domain controllers: Active, or an error with a sentence in the
 * arena; then nothing is left but the record, in state Failed. Waits. */
enum err control_make_directory(struct control *c, struct control_directory *d,
                                struct span password, struct arena *a, const char **why_out);
/* The same in a task of its own, which this does not wait for. */
enum err control_make_apart(struct control *c, struct control_directory *d, struct span password);

/* Deleting, which is kept; then control_finish_delete stops it, removes its files and its record.
 * Refused: CONTROL_BUSY while it is being created. */
enum err control_begin_delete(struct control_call *call);
enum err control_finish_delete(struct control *c, struct control_directory *d, struct arena *a);
enum err control_delete_apart(struct control *c, struct control_directory *d);

/* fn in a task of its own, with the directory held, a copy of the secret, and an arena that wipes.
 */
typedef void (*control_job)(struct control *c, struct control_directory *d, struct span secret,
                            struct arena *a);
enum err control_apart(struct control *c, struct control_directory *d, struct span secret,
                       control_job fn);

/* Puts the directory in another state and keeps that; refused when it cannot be kept, and then it
 * is in its former state. */
enum err control_enter(struct control_call *call, const char *state);
/* Refuses with CONTROL_BUSY unless the directory is in service: Active or Impaired. */
enum err control_running(struct control_call *call);
/* The time, as records tell it; a new reference. */
json_t *control_now(void);
const char *control_state(const struct control_directory *d);
bool control_in_state(const struct control_directory *d, const char *state);
unsigned control_directory_count(const struct control *c);

#endif
