/*
 * Gathers the facts that policy.h decides on from a snapshot: which settings apply to an account,
 * and an account as a logon sees it.
 */
#ifndef DIRECTORY_POLICY_FACTS_H
#define DIRECTORY_POLICY_FACTS_H

#include "directory/account.h"
#include "directory/policy.h"
#include "directory/token.h"

/* The domain's own settings. ERR_NOT_FOUND before a forest was provisioned. */
enum err policy_domain_settings(const struct dir_snap *s, struct policy_settings *out);

/* The account's: those of the password settings object that wins, else the domain's
 * ([MS-SAMR] 3.1.1.5, [MS-ADTS] 3.1.1.4.5.36). *pso_out (may be NULL) is that object, or 0. Without
 * any password settings object in the directory this is two look-ups and no memory; else the
 * account's groups are expanded in scratch. */
enum err policy_settings_for(const struct dir_snap *s, dir_id account, struct arena *scratch,
                             struct policy_settings *out, dir_id *pso_out);

/* Is there any password settings object at all? Without one the domain's settings are everybody's.
 */
bool policy_has_psos(const struct dir_snap *s);

/* Fills what the directory knows of a logon: uac, times, hours, workstations. kind, now,
 * workstation, smartcard, ntlm, protected_user, password_change and settings stay the caller's. */
void policy_logon_facts(const struct dir_account *acc, const struct dir_obj *o,
                        struct policy_logon *l);
/* The same without workstations, which the account's block does not hold. */
void policy_account_facts(const struct dir_account *acc, struct policy_logon *l);

/* Does the count of wrong passwords say that the account should be locked already? Then the writer
 * was away when it was asked to: it is asked again before any password is looked at, because who
 * cannot be locked durably is not let on either. */
bool policy_lockout_missed(const struct dir *d, const struct dir_account *acc, int64_t now,
                           const struct policy_settings *settings);

#endif
