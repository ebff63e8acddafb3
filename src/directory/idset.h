/*
 * A set of object ids that remembers the order of insertion: what a walk over links visits, which
 * is at once its cycle guard and its queue. Grows in an arena; zeroed but for the arena it is
 * empty.
 */
#ifndef DIRECTORY_IDSET_H
#define DIRECTORY_IDSET_H

#include "directory/directory.h"

struct idset {
    struct arena *arena;
    unsigned max; /* members at most; 0: IDSET_MAX */
    dir_id *ids;  /* in order of insertion */
    unsigned count;
    dir_id *slots; /* open addressing; 0 is free */
    unsigned slot_count;
};

#define IDSET_MAX (1u << 20)

/* ERR_OK (also when it was there), ERR_LIMIT, ERR_NOMEM. */
enum err idset_add(struct idset *s, dir_id id);
bool idset_has(const struct idset *s, dir_id id);
/* ids in ascending order; the order of insertion is lost. */
void idset_sort(struct idset *s);

#endif
