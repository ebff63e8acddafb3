/*
 * What changes on every logon and may be lost with the machine: a table of fixed slots, indexed by
 * object id, in a sparse file under /run that every process of the directory maps shared. Slots are
 * updated with atomic operations only: no lock, so that a killed process cannot leave one. A
 * lockout is not here: it is an intent, durable before it is acted on.
 */
#ifndef DIRECTORY_VOLATILE_H
#define DIRECTORY_VOLATILE_H

#include "directory/directory.h"

struct vol_state {
    uint32_t bad_count;
    int64_t bad_time;   /* FILETIME of the last bad password */
    int64_t last_logon; /* FILETIME */
    uint32_t logon_count;
};

/* Counts one bad password, restarting the count when the last one is older than window (100 ns
 * units; lockOutObservationWindow). Returns the new count: exactly one caller sees each value of
 * one run (CVE-2021-20251). */
uint32_t vol_bad_password(struct dir *d, dir_id id, int64_t now_filetime, int64_t window);
void vol_good_logon(struct dir *d, dir_id id, int64_t now_filetime);
void vol_reset_bad(struct dir *d, dir_id id);
void vol_get(const struct dir *d, dir_id id, struct vol_state *out);

/* A partner has shown that it has the secret of a trust; id is the trust's object, or its account.
 * When that was last, of one or (id 0) of any of them; 0: never. What comes within a tenth of a
 * second counts as one, so that a trust that is used much costs its readers nothing. */
void vol_heard(struct dir *d, dir_id id, int64_t now_filetime);
int64_t vol_heard_at(const struct dir *d, dir_id id);

#endif
