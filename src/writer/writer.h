/*
 * The writer: the one process that changes a directory on this machine. It takes intents, validates
 * each whole against the schema, uniqueness, rights and policy as Active Directory does
 * ([MS-ADTS] 3.1.1.5, [MS-SAMR] 3.1.1), turns each into one change record, and commits many in one
 * transaction: an answer means that the change is durable. An intent that is refused does not spoil
 * the others of its batch.
 *
 * Life: one struct writer per directory and process; the struct dir was opened writable and with
 * every key. One thread. The clock and random bytes come from plat, so that a test may stop time.
 */
#ifndef WRITER_WRITER_H
#define WRITER_WRITER_H

#include "base/event.h"
#include "directory/change.h"
#include "directory/intent.h"

struct writer;

struct writer_args {
    struct dir *dir;
    const struct event_sink *events; /* one event per intent; NULL: none */
    struct dir_log_limits log; /* what the change log keeps; zeros: DIR_LOG_RECORDS and _AGE */
};

/* ERR_NOMEM. */
enum err writer_new(const struct writer_args *args, struct writer **out);
void writer_free(struct writer *w);

#define WRITER_BATCH_MAX 256
/* Old records of the change log that a commit forgets: more than it adds, so that the log shrinks
 * to its limits. */
#define WRITER_TRIM_STEP (2 * WRITER_BATCH_MAX)

struct writer_item {
    const struct intent *intent;
    struct intent_reply reply; /* views are in the batch's arena */
};

/* Handles up to WRITER_BATCH_MAX intents in order and commits once. Every reply is filled, also
 * when this returns an error: the transaction could not be begun or committed, nothing was changed,
 * and all replies say so. The arena receives the replies' texts and data (keytabs: give one that
 * wipes). */
enum err writer_handle_batch(struct writer *w, struct writer_item *items, unsigned count,
                             struct arena *a);

/* The same for encoded intents, as they came over a channel that may use the given flags (of
 * INTENT_SYSTEM): an intent that claims more is refused. So is one whose sender has stopped waiting
 * (deadline, of plat_mono; 0: none): it was told that nothing is known of the change, may have made
 * a newer one by another way, and must not find the older one on top of that later. */
struct writer_message {
    struct span bytes;
    utime deadline;
    unsigned allowed_flags;
    struct span reply_out;
};
enum err writer_handle_messages(struct writer *w, struct writer_message *messages, unsigned count,
                                struct arena *a);

#endif
