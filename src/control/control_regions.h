/*
 * Regions of a directory: the place it was made in, which is the primary one, and further ones,
 * each a site of the directory (named after the region) with domain controllers of its own in
 * subnets of its own. Clients of these subnets find those first.
 *
 * A further region is {"name", "vpc_id", "subnet_ids", "created"} of the record's "regions"; its
 * domain controllers have its name as "region" and "site". Its state is theirs; that it goes is
 * kept as "state". The site and its subnets are made with the first domain controller and go after
 * the last one.
 */
#ifndef CONTROL_CONTROL_REGIONS_H
#define CONTROL_CONTROL_REGIONS_H

#include "control/control_call.h"

/* Domain controllers that a new region begins with; and how many regions a machine has those for,
 * the primary one among them. */
#define CONTROL_REGION_DCS  2
#define CONTROL_REGIONS_MAX (CONTROL_DCS_MAX / CONTROL_REGION_DCS)

struct control_new_region {
    struct span name;
    json_t *subnets; /* borrowed: the names of two */
    const char *vpc; /* NULL: none */
};

/* NULL: there is only the primary one. */
json_t *control_regions(const struct control_directory *d);
json_t *control_region_named(const struct control_directory *d, struct span name);
/* NULL: the directory was made without one. */
const char *control_region_primary(const struct control_directory *d);
/* Is the domain controller in this region? An empty name is the primary one. */
bool control_dc_in(const json_t *dc, struct span region);
/* Creating, Active, Impaired, Failed, Deleting. */
const char *control_region_state(const struct control_directory *d, const json_t *region);

/* Kept, with its domain controllers, which control_dcs_finish makes. Refused: CONTROL_EXISTS,
 * CONTROL_REGION_LIMIT, CONTROL_REGION_SUBNET, CONTROL_ARGUMENT, and what control_dcs_from_pools
 * and control_dcs_begin_add refuse. */
enum err control_region_begin_add(struct control_call *call, const struct control_new_region *in);
/* Kept: it and its domain controllers are Deleting. Refused: CONTROL_NO_OBJECT,
 * CONTROL_REGION_PRIMARY. */
enum err control_region_begin_remove(struct control_call *call, struct span name);

/* --- for control_dcs.c ---------------------------------------------------------------------- */

/* The subnets of all regions become objects, after this domain controller has brought its site. A
 * directory of one region has none. */
enum err control_region_enter(struct control *c, struct control_directory *d,
                              const json_t *entering, struct arena *a, const char **why_out);
/* One that goes and has no domain controller left, a new reference; NULL. */
json_t *control_region_leaving(const struct control_directory *d);
/* Takes its site and subnets away, and it from the record; or it is Failed, with a reason. */
enum err control_region_leave(struct control *c, struct control_directory *d, json_t *region,
                              struct arena *a);
/* A snapshot knew this domain controller, and the record does not: its region goes with it. */
void control_region_stale(struct control_directory *d, const json_t *dc);

#endif
