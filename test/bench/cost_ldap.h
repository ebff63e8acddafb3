/* LDAP in this process, for request_cost: a session over a socket of this very loop. */
#ifndef BENCH_COST_LDAP_H
#define BENCH_COST_LDAP_H

#include "kdc/kdc_forests_test.h"

struct cost_ldap;

/* Binds as a user that it makes; users: user00000 and so on are there. */
struct cost_ldap *cost_ldap_start(struct realm *r, unsigned users);
/* kind is base or equality. The function search_all, called once, is what is counted. */
void cost_ldap_run(struct cost_ldap *c, const char *kind, unsigned count);
void cost_ldap_stop(struct cost_ldap *c);

#endif
