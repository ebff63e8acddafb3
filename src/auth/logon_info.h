/*
 * What a domain controller says of who has logged on: KERB_VALIDATION_INFO ([MS-PAC] 2.5), in a
 * ticket's PAC and in Netlogon's answers alike. Made here from an account, filtered here when it
 * came over a trust, and completed here with the groups of our own domain, so that a session by
 * NTLM and one by Kerberos cannot differ in who somebody is.
 *
 * Nothing is logged and nothing is kept; memory is the caller's arena.
 */
#ifndef AUTH_LOGON_INFO_H
#define AUTH_LOGON_INFO_H

#include "directory/account.h"
#include "directory/policy.h"
#include "directory/token.h"
#include "directory/volatile.h"
#include "trust/sid_filter.h"
#include "trust/trust.h"

struct auth_logon {
    const struct dir_snap *snap;
    const struct dir_naming *naming;
    struct span server; /* NetBIOS name of this domain controller */
    const struct dir_account *account;
    const struct dir_memberships *groups;
    const struct policy_settings *policy; /* the account's */
    int64_t now;
    const struct sid *asserted; /* one more of the extra SIDs; NULL: none */
};
/* *out points into the facts and the snapshot. ERR_LIMIT: more groups than there is room for. */
enum err auth_logon_info(const struct auth_logon *l, struct arena *a, struct pac_logon_info *out);
/* As much of a count of logons as there is room for. */
uint16_t auth_logon_count(const struct vol_state *state);

/* Who it is: the domain's SID with the RID, or the first extra SID when the RID is 0.
 * ERR_MALFORMED: nobody. */
enum err auth_logon_user(const struct pac_logon_info *l, struct sid *out);
/* All SIDs, the user first. */
enum err auth_logon_sids(const struct pac_logon_info *l, struct arena *a, struct sid **out,
                         unsigned *count_out);

/* --- domain-local groups of our own domain ------------------------------------------------------
 */

enum auth_logon_form {
    AUTH_LOGON_COMPRESSED, /* as resource groups */
    AUTH_LOGON_SPELT_OUT,  /* as extra SIDs */
    AUTH_LOGON_FORMS
};
/* Adds groups that were found for the SIDs of l. */
enum err auth_logon_add_groups(struct pac_logon_info *l, const struct dir_group_sid *groups,
                               unsigned count, const struct sid *domain, enum auth_logon_form form,
                               struct arena *a);
/* Finds them, and adds them. ERR_LIMIT: too many. */
enum err auth_logon_add_local(struct pac_logon_info *l, const struct dir_snap *s,
                              const struct sid *domain, enum auth_logon_form form, struct arena *a);

/* --- what came over a trust ---------------------------------------------------------------------
 */

struct auth_logon_filter {
    const struct trust *trust;
    const struct trust_local *local;
    /* Tells of each SID that is left out. */
    void (*dropped)(void *ctx, const struct sid *sid, enum sid_rule rule);
    void *ctx;
};
/* Leaves in *l what the trust lets pass, without resource groups, which are of services of the
 * domain that it comes from. *why_out: REASON_NONE, or nothing of it is to be believed. */
enum err auth_logon_filter(const struct auth_logon_filter *f, struct pac_logon_info *l,
                           struct arena *a, enum reason *why_out);
/* S-1-5-15 or S-1-5-1000, one of them, in the place of whatever was there (trust/selective.h).
 * crossed NULL: it came over no trust. *other_out: it is the latter. */
enum err auth_logon_organization(const struct trust *crossed, struct pac_logon_info *l,
                                 struct arena *a, bool *other_out);
/* May these SIDs, which have S-1-5-1000, authenticate to the account of a service? */
enum err auth_logon_allowed(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            uint32_t sd_id, const struct sid *service, struct arena *a,
                            bool *allowed_out);

#endif
