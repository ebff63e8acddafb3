/*
 * Linked attributes ([MS-ADTS] 3.1.1.1.6): pairs of ids kept both ways, so that member and memberOf
 * are two readings of one table. A link may carry data (DN-Binary syntax).
 */
#ifndef DIRECTORY_LINKS_H
#define DIRECTORY_LINKS_H

#include "directory/directory.h"

/* Start with a zeroed cursor; it stays good across snapshots. */
struct dir_link_cursor {
    dir_id last;
    uint64_t tag; /* of the data, where one pair may be linked more than once */
};

/* Targets of source's forward link (attr: the forward attribute), in id order. data is empty for
 * attributes of syntax DN; it may be NULL. */
bool dir_link_next(const struct dir_snap *s, uint32_t attr, dir_id source,
                   struct dir_link_cursor *c, dir_id *target, struct span *data);
/* Sources that point at target through the forward attribute attr, each once. */
bool dir_backlink_next(const struct dir_snap *s, uint32_t attr, dir_id target,
                       struct dir_link_cursor *c, dir_id *source);
bool dir_link_exists(const struct dir_snap *s, uint32_t attr, dir_id source, dir_id target);
uint64_t dir_link_count(const struct dir_snap *s, uint32_t attr, dir_id source);
uint64_t dir_backlink_count(const struct dir_snap *s, uint32_t attr, dir_id target);

/* The forward attributes that source has links of, and those through which target is pointed at.
 * *attr is where to go on from; *started is false at first. */
bool dir_link_attr_next(const struct dir_snap *s, dir_id source, bool *started, uint32_t *attr);
bool dir_backlink_attr_next(const struct dir_snap *s, dir_id target, bool *started, uint32_t *attr);

/* The update sequence number at which what points at this object last changed (an account's or
 * group's memberOf, for instance); 0: never. A transitive set computed at USN u still holds when
 * epochs.links <= u, or else when the epoch of every object in it is <= u. */
uint64_t dir_link_epoch(const struct dir_snap *s, dir_id target);

#endif
