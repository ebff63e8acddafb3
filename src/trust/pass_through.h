/*
 * Logons by NTLM that cross a trust ([MS-NRPC] 3.5.4.5.1, [MS-APDS] 3.1.5): whose domain
 * controllers are asked, what may be believed of their answer beside its SIDs (sid_filter.h), and
 * which logons a partner may ask us for. Pure functions.
 */
#ifndef TRUST_PASS_THROUGH_H
#define TRUST_PASS_THROUGH_H

#include "trust/routing.h"

/* May the partner's domain controllers say who logs on here? */
enum reason trust_may_pass(const struct trust *t);

/* The names that an answer gives the account's domain; dns_name may be empty. A partner that called
 * its user one of another domain would make a member take it for somebody else. */
enum reason trust_answer_domain(const struct trust *t, const struct trust_local *l,
                                struct span flat_name, struct span dns_name);

/* The domain of the server that a client wanted to reach, as the response that a partner hands us
 * says: one that the partner may speak for? Else somebody relays a logon that was meant for another
 * forest, or for ours (CVE-2022-21857). dns_name may be empty. */
bool trust_target_domain(const struct route_facts *f, const struct trust *partner,
                         struct span flat_name, struct span dns_name);

#endif
