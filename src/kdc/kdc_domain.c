#include "kdc/kdc_domain.h"

#include "directory/policy_facts.h"

#define NAMES_MEMORY (256u << 10)
#define TRUST_MEMORY (16u << 20)

void kdc_domain_init(struct kdc_domain *d)
{
    *d = (struct kdc_domain){0};
    arena_init(&d->names, 0, NAMES_MEMORY, 0);
    arena_init(&d->trust_memory, 0, TRUST_MEMORY, 0);
}

void kdc_domain_fini(struct kdc_domain *d)
{
    arena_fini(&d->names);
    arena_fini(&d->trust_memory);
}

static enum err keep_names(struct kdc_domain *d)
{
    struct span *const names[] = {&d->naming.dns_name, &d->naming.realm, &d->naming.flat_name,
                                  &d->naming.forest_name};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        *names[i] = arena_dup_span(&d->names, *names[i]);
    return arena_failed(&d->names) ? ERR_NOMEM : ERR_OK;
}

static enum err read_names(struct kdc_domain *d, const struct dir_snap *s)
{
    if (d->names_known && d->names_epoch == s->epochs.naming)
        return ERR_OK;
    d->names_known = false;
    arena_reset(&d->names);
    TRY(dir_naming(s, &d->naming));
    TRY(keep_names(d));
    TRY(dir_settings(s, &d->settings));
    TRY(auth_trust_local(s, &d->naming, &d->names, &d->local));
    d->names_epoch = s->epochs.naming;
    d->names_known = true;
    return ERR_OK;
}

enum err kdc_domain_look(struct kdc_domain *d, const struct dir_snap *s)
{
    if (d->seen.id == s->id && d->seen.dir == s->dir)
        return ERR_OK;
    d->seen = (struct dir_snap){0};
    TRY(read_names(d, s));
    TRY(policy_domain_settings(s, &d->policy));
    d->has_psos = policy_has_psos(s);
    TRY(dir_snap_err(s));
    d->seen = *s;
    d->seen.txn = NULL;
    return ERR_OK;
}

enum err kdc_domain_trusts(struct kdc_domain *d, const struct dir_snap *s)
{
    if (d->trusts_known && d->trusts_epoch == s->epochs.trusts)
        return ERR_OK;
    d->trusts_known = false;
    arena_reset(&d->trust_memory);
    TRY(auth_trusts(s, &d->trust_memory, &d->trusts, &d->trust_count));
    d->trusts_epoch = s->epochs.trusts;
    d->trusts_known = true;
    return ERR_OK;
}
