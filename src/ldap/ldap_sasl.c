/*
 * SASL binds.
 */
#include "ldap/ldap_internal.h"

void ldap_sasl_free(struct ldap_acceptor *sasl)
{
    (void)sasl;
}

enum err ldap_bind_sasl(struct ldap_request *rq)
{
    return ldap_reply(rq, LDAP_AUTH_METHOD_NOT_SUPPORTED, NULL, SPAN_NONE);
}
