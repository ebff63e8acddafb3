/*
 * Changes.
 */
#include "ldap/ldap_internal.h"

enum err ldap_do_change(struct ldap_request *rq)
{
    return ldap_reply(rq, LDAP_UNWILLING_TO_PERFORM, NULL, SPAN_NONE);
}

void ldap_abandon_change(struct ldap_request *rq)
{
    ldap_request_free(rq);
}
