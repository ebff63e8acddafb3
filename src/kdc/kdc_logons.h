/*
 * What the logon information of a PAC becomes on its way through the TGS, kept from request to
 * request: the SIDs that it says, what is left of it behind a trust's filter, and what it is with
 * the domain-local groups of our domain. A user asks for one service after the other with the same
 * TGT, and what differs between two TGTs of a user is a time and two counts.
 *
 * Nothing is believed because it stands here: each ticket's signatures, names, times and requestor
 * are checked as if nothing were kept. An entry only says what follows from bytes that were
 * believed, and is found by all of those bytes (but LogonTime and counts, which pass unchanged) and
 * by the trust they came over. Why that is still so:
 *
 * - reading, filtering and the organization's SID follow from the bytes, the trust and the names of
 *   our own forest: epochs.trusts and epochs.naming, kept in the entry;
 * - whom domain-local groups hold: dir_local_set_current, by the epochs of all groups that were
 *   looked at;
 * - what a filter drops leaves an event each time: such an entry serves its request and is not
 * found again.
 *
 * Not thread-safe; entries stay until the end of the request.
 */
#ifndef KDC_KDC_LOGONS_H
#define KDC_KDC_LOGONS_H

#include "auth/logon_info.h"
#include "kdc/kdc_domain.h"
#include "kdc/kdc_table.h"
#include "wire/ms/pac.h"

#define KDC_LOGONS_BYTES (4u << 20)

struct kdc_logon {
    struct kdc_node node;
    dir_id trust; /* 0: our own TGT */
    bool once;    /* serves one request */
    uint64_t trusts_epoch, names_epoch;
    struct span came;       /* the bytes that it is found by */
    struct sid user;        /* who the client is */
    const struct sid *sids; /* all that passed, the user first */
    unsigned sid_count;
    bool other_organization;       /* S-1-5-1000 is among them */
    struct span passed;            /* for a TGT or a referral */
    struct kdc_logon_local *local; /* NULL: not asked for yet */
};

void kdc_logons_init(struct kdc_table *t);

/* NULL: not known. trust 0: our own. */
struct kdc_logon *kdc_logons_find(struct kdc_table *t, const struct kdc_domain *d, dir_id trust,
                                  const struct dir_snap *s, struct span came);

/* Takes copies. passed is what pac_put_logon_info wrote. */
enum err kdc_logons_add(struct kdc_table *t, const struct kdc_domain *d, const struct dir_snap *s,
                        const struct kdc_logon *head, struct kdc_logon **out);

/* The logon information for a service of our domain. ERR_LIMIT: too many groups for a PAC. */
enum err kdc_logons_for_service(struct kdc_table *t, struct kdc_logon *l, const struct dir_snap *s,
                                const struct sid *domain, enum auth_logon_form form,
                                struct arena *scratch, struct span *out);

#endif
