/*
 * May a ticket that leaves over a trust say ok-as-delegate? ([MS-KILE] 3.3.5.7.5, CVE-2019-0683)
 */
#ifndef TRUST_DELEGATION_H
#define TRUST_DELEGATION_H

#include "trust/trust.h"

/* source_ok: the ticket at hand has the flag. */
bool trust_ok_as_delegate(const struct trust *t, bool source_ok);

#endif
