/*
 * Selective authentication: who is of this organization and who of another, and what follows for
 * the service ([MS-KILE] 3.3.5.7 and 3.3.5.7.5, [MS-APDS] 3.1.5, [MS-DTYP] 2.4.2.4).
 *
 * The two SIDs exclude each other. OTHER_ORGANIZATION, once there, stays: a partner's claim that
 * its user is of this organization is worth nothing once a trust with TRUST_CROSS_ORGANIZATION was
 * crossed.
 */
#ifndef TRUST_SELECTIVE_H
#define TRUST_SELECTIVE_H

#include "trust/trust.h"

enum trust_organization { ORGANIZATION_THIS, ORGANIZATION_OTHER };

extern const struct sid trust_sid_this_organization;  /* S-1-5-15 */
extern const struct sid trust_sid_other_organization; /* S-1-5-1000 */

/* 68b1d179-0d15-4d4f-ab71-46152e79a7bc, Allowed-To-Authenticate, in wire order. */
extern const uint8_t trust_right_allowed_to_authenticate[16];

/* crossed: the trust that the ticket came over, or NULL; had_other: its PAC has S-1-5-1000. Whoever
 * builds the new PAC drops both SIDs and adds the one of the result. */
enum trust_organization trust_organization_of(const struct trust *crossed, bool had_other);
const struct sid *trust_organization_sid(enum trust_organization o);

/* Is the access check for Allowed-To-Authenticate on the service's account needed? */
bool trust_selective_applies(enum trust_organization o);
/* granted: what the access check said; not looked at when none is needed. */
enum reason trust_selective_check(enum trust_organization o, bool granted);

#endif
