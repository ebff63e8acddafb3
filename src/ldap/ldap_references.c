/*
 * Where a subtree goes on: the naming contexts below its base ([MS-ADTS] 3.1.1.3.1.3.2). Most
 * clients search from the head of the domain, so the last answer is kept until the next commit.
 */
#include "ldap/ldap_internal.h"

static enum err add(struct ldap_request *rq, const struct dir_naming *n, const struct dir_obj *nc,
                    const char *host, struct ldap_references *r)
{
    struct ldap_url *url = &r->url[r->count];
    struct span dn;
    TRY(dir_dn_of(&rq->snap, nc, &rq->values, &dn));
    /* One level goes on at the base of the other (RFC 4511 4.5.3). */
    int len = snprintf(url->text, sizeof(url->text), "ldap://%s%.*s/%.*s%s", host,
                       SPAN_ARG(n->dns_name), SPAN_ARG(dn), r->one ? "??base" : "");
    if (len < 0 || (size_t)len >= sizeof(url->text))
        return ERR_LIMIT;
    url->len = (uint16_t)len;
    r->count++;
    return ERR_OK;
}

static enum err read_references(struct ldap_request *rq, struct ldap_references *r)
{
    struct dir_naming n;
    TRY(dir_naming(&rq->snap, &n));
    const struct {
        dir_id id;
        const char *host;
    } nc[LDAP_REFERENCES] = {{n.forest_dns_nc, "ForestDnsZones."},
                             {n.domain_dns_nc, "DomainDnsZones."},
                             {n.config_nc, ""},
                             {n.schema_nc, ""}};
    for (unsigned i = 0; i < LDAP_REFERENCES; i++) {
        struct dir_obj o;
        /* A naming context lies below the head of another one. */
        if (nc[i].id && dir_by_id(&rq->snap, nc[i].id, &o) == ERR_OK && o.parent == r->base)
            TRY(add(rq, &n, &o, nc[i].host, r));
    }
    return dir_snap_err(&rq->snap);
}

/* ERR_OK: *r is about this search. */
static enum err look(struct ldap_request *rq, struct ldap_references *r)
{
    bool one = rq->q.scope == DIR_ONE;
    if (r->id == rq->snap.id && r->base == rq->q.base && r->one == one)
        return ERR_OK;
    r->id = 0;
    r->base = rq->q.base;
    r->one = one;
    r->count = 0;
    TRY(read_references(rq, r));
    r->id = rq->snap.id;
    return ERR_OK;
}

enum err ldap_put_references(struct ldap_request *rq)
{
    struct ldap_references *r = &rq->session->server->references;
    struct builder b;
    if (rq->q.cross_nc || rq->options.domain_scope || rq->q.scope == DIR_BASE)
        return ERR_OK;
    TRY(look(rq, r));
    if (r->count == 0)
        return ERR_OK;
    ldap_response(rq, &b);
    for (unsigned i = 0; i < r->count; i++) {
        struct span url = span_of(r->url[i].text, r->url[i].len);
        ldap_put_search_reference(&b, rq->id, &url, 1);
    }
    return ldap_send(rq->session, &b);
}
