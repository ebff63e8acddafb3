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

static enum err join(struct provision *p)
{
    TRY(provision_dc_identity(p, 0));
    TRY(provision_dc_accounts(p));
    TRY(provision_dc_servers(p));
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
