/*
 * What every request wants to know of the directory itself: names, settings, password policy,
 * trusts. Kept by the process and read again only when it may have changed, which a snapshot tells
 * without a look-up:
 *
 * - nothing has changed while the snapshot's id is the one that was looked at;
 * - names, settings and suffixes hold while epochs.naming stands still: every change of a head of a
 *   naming context, of a crossRef, of their container and of the directory's settings moves it;
 * - trusts hold while epochs.trusts stands still: every change of a trusted domain object or of its
 *   secret moves it;
 * - policy has no epoch: it is read again with each new id (one object, one count).
 *
 * Everything is in memory of its own, so that it outlives the snapshot it was read in. It is only
 * replaced between requests. Not thread-safe.
 */
#ifndef KDC_KDC_DOMAIN_H
#define KDC_KDC_DOMAIN_H

#include "auth/trust_facts.h"
#include "directory/policy.h"
#include "directory/settings.h"
#include "trust/trust.h"

struct kdc_domain {
    struct dir_snap seen; /* the last snapshot; only its id and epochs count */
    struct dir_naming naming;
    struct trust_local local; /* the same, as the trust rules want it */
    struct dir_settings settings;
    struct policy_settings policy; /* of accounts without a password settings object */
    bool has_psos;                 /* an account may have a policy of its own */
    struct arena names;
    bool names_known, trusts_known;
    uint64_t names_epoch, trusts_epoch;
    struct arena trust_memory;
    struct trust *trusts; /* kdc_domain_trusts */
    unsigned trust_count;
};

void kdc_domain_init(struct kdc_domain *d);
void kdc_domain_fini(struct kdc_domain *d);

/* Makes d what the snapshot says. On failure nothing of d may be used. */
enum err kdc_domain_look(struct kdc_domain *d, const struct dir_snap *s);
/* The trusts too; only requests that meet another realm need them. */
enum err kdc_domain_trusts(struct kdc_domain *d, const struct dir_snap *s);

#endif
