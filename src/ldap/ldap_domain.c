#include "directory/policy_facts.h"
#include "directory/settings.h"
#include "ldap/ldap_internal.h"

enum err ldap_domain_look(struct ldap_request *rq)
{
    struct ldap_domain *d = &rq->session->server->domain;
    struct dir_settings settings;
    TRY(ldap_request_read(rq));
    if (d->id == rq->snap.id)
        return ERR_OK;
    d->id = 0;
    TRY(dir_settings(&rq->snap, &settings));
    TRY(policy_domain_settings(&rq->snap, &d->policy));
    d->allow_cleartext_bind = settings.allow_cleartext_bind;
    d->has_psos = policy_has_psos(&rq->snap);
    TRY(dir_snap_err(&rq->snap));
    d->id = rq->snap.id;
    return ERR_OK;
}
