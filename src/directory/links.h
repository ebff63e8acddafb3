/*
 * Linked attributes ([MS-ADTS] 3.1.1.1.6): pairs of ids kept both ways, so that member and memberOf are
 * two readings of one table. A link may carry data (DN-Binary syntax).
 */
#ifndef DIRECTORY_LINKS_H
#define DIRECTORY_LINKS_H

#include "directory/directory.h"

struct dir_link_cursor {
    dir_id last; /* start with 0 */
};

/* Targets of source's forward link (attr: the forward attribute), in id order. */
bool dir_link_next(const struct dir_snap *s, uint32_t attr, dir_id source, struct dir_link_cursor *c,
                   dir_id *target, struct span *data);
/* Sources that point at target through the forward attribute attr. */
bool dir_backlink_next(const struct dir_snap *s, uint32_t attr, dir_id target,
                       struct dir_link_cursor *c, dir_id *source);
bool dir_link_exists(const struct dir_snap *s, uint32_t attr, dir_id source, dir_id target);

#endif
