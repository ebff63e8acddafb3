/*
 * Which site a client is in, as LDAP's pings and NETLOGON tell it.
 */
#ifndef AUTH_SITE_H
#define AUTH_SITE_H

#include "directory/directory.h"

/* The site of a client, by its address of 4 or 16 bytes: that of the smallest subnet object around
 * it ([MS-ADTS] 6.1.1.2.2.2.1); empty when there is none. As long as there are no subnets at all
 * there is nothing to tell places apart by, and it is own. subnet_out (may be NULL) is that
 * subnet's name, and untouched when none told. Views of the snapshot. */
struct span auth_site_of(const struct dir_snap *s, dir_id config_nc, struct span client,
                         struct span own, struct span *subnet_out);

#endif
