/*
 * The files that SYSVOL begins with: the folders of a domain, and in them those of the two group
 * policies that every domain has in its directory from the start. Clients that apply policies take
 * a policy without its files for a broken one, and let nobody log on (SSSD does, unless told not
 * to).
 */
#ifndef SERVE_SERVE_SYSVOL_H
#define SERVE_SERVE_SYSVOL_H

#include "base/arena.h"

/* DIRECTORY/sysvol; NULL: no memory. */
const char *serve_sysvol_path(struct span directory, struct arena *a);
/* Makes what is missing there; what is there stays as it is. Before anybody serves it. */
enum err serve_sysvol_make(const char *sysvol, struct span domain, struct arena *a);

#endif
