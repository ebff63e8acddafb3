/*
 * DNS zones and forwarders out of the directory ([MS-ADTS] 6.1.7, [MS-DNSP] 2.3): the zone_ops that
 * the DNS service is given.
 *
 * All nodes are kept in memory, keyed by their whole name, and read again when the directory's
 * epoch of zones has moved: some thousand names take milliseconds, and no question then costs more
 * than a hash lookup. Names between a zone's top and a node exist too, without records.
 */
#ifndef SERVE_ZONE_DIRECTORY_H
#define SERVE_ZONE_DIRECTORY_H

#include "directory/directory.h"
#include "dns/dns_zone.h"

struct zone_directory;

/* Keeps dir. */
enum err zone_directory_new(struct dir *dir, struct zone_directory **out);
void zone_directory_free(struct zone_directory *z);
struct dns_zones zone_directory_zones(struct zone_directory *z);

#endif
