/*
 * What a dnsZone object says of itself in dnsProperty ([MS-DNSP] 2.3.2.1): its type and, for a
 * conditional forwarder, the servers of the other side.
 */
#ifndef DIRECTORY_ZONES_H
#define DIRECTORY_ZONES_H

#include "directory/directory.h"
#include "wire/ms/dnsp.h"

/* enum dnsp_zone_type; a zone that does not say is a primary one. */
uint32_t dir_zone_type(const struct dir_obj *zone);
/* How many addresses were written to out; a zone without readable ones has none. */
unsigned dir_zone_masters(const struct dir_obj *zone, struct dnsp_address out[DNSP_MASTERS_MAX]);

#endif
