/* One domain controller of a forest that is there: what provisioning makes for each, made later or
 * taken away. */
#include "base/text.h"
#include "directory/provision_internal.h"

#define NAMES_MAX   (1u << 20)
#define SCRATCH_MAX (16u << 20)

static enum err naming(struct provision *p, const struct dir_naming *n)
{
    struct dir_obj head;
    p->sid = n->domain_sid;
    p->domain = n->domain_nc;
    p->config = n->config_nc;
    p->schema = n->schema_nc;
    TRY(dir_by_id(&p->txn->snap, n->domain_nc, &head));
    p->guid = head.guid;
    p->sds = new_sd_new(&p->sid, &p->sid);
    return p->sds ? provision_names(p) : ERR_NOMEM;
}

static enum err expanded(struct provision *p, const char *dn, struct dir_obj *there,
                         struct span *dn_out)
{
    TRY(provision_expand(p, dn, &p->names, dn_out));
    return dir_by_dn(&p->txn->snap, *dn_out, there, NULL);
}

/* The first domain controller of a site brings it: linked to the others by the default link, as
 * long as there is that. */
static enum err make_site(struct provision *p)
{
    struct provision_object o;
    struct dir_obj there;
    struct span dn;
    TRY(provision_table_rows(p, &provision_site_objects));
    enum err e =
        expanded(p, "CN=DEFAULTIPSITELINK,CN=IP,CN=Inter-Site Transports,CN=Sites,%C", &there, &dn);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    TRY(provision_begin_update(p, dn, &o));
    TRY(provision_lines(&o, "siteList: CN=%s,CN=Sites,%C\n"));
    return provision_end(&o);
}

static enum err lead_site(struct provision *p)
{
    static const struct provision_row row = {"CN=NTDS Site Settings,CN=%s,CN=Sites,%C", NULL, NULL,
                                             "interSiteTopologyGenerator: %o\n"};
    return provision_row(p, &row);
}

static enum err join(struct provision *p)
{
    struct dir_obj there;
    struct span dn;
    enum err e = expanded(p, "CN=%s,CN=Sites,%C", &there, &dn);
    bool fresh = e == ERR_NOT_FOUND;
    if (fresh)
        e = make_site(p);
    TRY(e);
    TRY(provision_dc_identity(p, 0));
    TRY(provision_dc_accounts(p));
    TRY(provision_dc_servers(p));
    if (fresh)
        TRY(lead_site(p));
    return provision_zones(p);
}

/* Its name in _msdcs is the GUID of its settings. */
static enum err leave(struct provision *p)
{
    struct dir_obj settings;
    enum err e = dir_by_dn(&p->txn->snap, p->ntds_dn, &settings, NULL);
    if (e == ERR_OK)
        p->dc_ntds_guid[0] = settings.guid;
    else if (e != ERR_NOT_FOUND)
        return e;
    return provision_zones(p);
}

enum err provision_dc(struct dir *d, struct dir_write *txn, const struct provision_dc_change *in)
{
    struct dir_naming n;
    TRY(dir_naming(&txn->snap, &n));
    struct provision_args args = {.dns_name = n.dns_name,
                                  .flat_name = n.flat_name,
                                  .site = in->site,
                                  .dcs = &in->dc,
                                  .dc_count = 1,
                                  .now = in->now,
                                  .random = in->random};
    struct provision *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->args = &args;
    p->mode = in->leaves ? PROVISION_LEAVE : PROVISION_JOIN;
    p->dir = d;
    p->txn = txn;
    arena_init(&p->names, 64 << 10, NAMES_MAX, 0);
    arena_init(&p->scratch, 256 << 10, SCRATCH_MAX, ARENA_WIPE);
    enum err e = naming(p, &n);
    if (e == ERR_OK)
        e = in->leaves ? leave(p) : join(p);
    new_sd_free(p->sds);
    arena_fini(&p->names);
    arena_fini(&p->scratch);
    free(p);
    return e;
}
