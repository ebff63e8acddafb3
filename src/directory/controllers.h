/*
 * The domain controllers of the domain, as the configuration has them: those that were added later
 * are there at once, and those that were removed are not.
 */
#ifndef DIRECTORY_CONTROLLERS_H
#define DIRECTORY_CONTROLLERS_H

#include "directory/directory.h"

/* Their DNS names, in the arena, in the order in which they were made; at most max of them. */
enum err dir_controllers(const struct dir_snap *s, struct arena *a, struct span *out, unsigned max,
                         unsigned *count_out);

#endif
