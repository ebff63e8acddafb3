/*
 * The invariants of a stored directory, checked in full: every object has its place in the tree,
 * every index entry its object and back, links are there both ways, descriptors are counted right.
 * For `doctor`, for a restored backup, and for tests. Reads everything once: minutes for millions
 * of objects.
 */
#ifndef DIRECTORY_CHECK_H
#define DIRECTORY_CHECK_H

#include "directory/directory.h"

/* ERR_INTEGRITY when an invariant does not hold: *problem_out (in the arena) says which, for which
 * object. */
enum err dir_check(const struct dir_snap *s, struct arena *a, const char **problem_out);

#endif
