/*
 * The set of SIDs of a principal, by what each group's scope allows it to be used for, and the token an
 * access check takes.
 */
#ifndef DIRECTORY_TOKEN_H
#define DIRECTORY_TOKEN_H

#include "directory/directory.h"

struct dir_group_sid {
    struct sid sid;
    uint32_t attributes; /* SE_GROUP_*: 7 for a group, 0x20000007 for a resource group */
};

/* Transitive memberships of one account in its own domain ([MS-KILE] 3.3.5.6.4.1): what an AS puts into
 * the PAC: primary group first, then global groups (by RID) and universal groups. */
struct dir_memberships {
    struct dir_group_sid *global; /* primary and global groups of the account's domain */
    unsigned global_count;
    struct dir_group_sid *universal; /* universal groups, any domain of the forest */
    unsigned universal_count;
    bool protected_user;
};
enum err dir_memberships(const struct dir_snap *s, dir_id account, struct arena *a,
                         struct dir_memberships *out);

/* Domain-local groups of this domain that hold, directly or through nesting, any of these SIDs, foreign
 * ones through their foreignSecurityPrincipal. What a service ticket adds ([MS-KILE] 3.3.5.7.3). */
enum err dir_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                          struct arena *a, struct dir_group_sid **out, unsigned *count_out);

struct access_cache;

/* The principal of an access check. sids[0] is the user itself. */
struct dir_token {
    const struct sid *sids;
    unsigned count;
    bool system; /* the service itself: every right */
    dir_id account; /* 0 for a foreign principal or anonymous */
    struct access_cache *cache; /* access_cache_attach (access.h); NULL: none */
};
/* Does the token hold this SID? One hash lookup with a cache, a linear search without. */
bool dir_token_has(const struct dir_token *t, const struct sid *sid);
/* Everything above plus domain-local, built-in and well-known SIDs (World, Authenticated Users, ...). */
enum err dir_token_for_account(const struct dir_snap *s, dir_id account, struct arena *a,
                               struct dir_token *out);
/* The same for a set of SIDs that came out of a PAC, filtered already. */
enum err dir_token_for_sids(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            struct arena *a, struct dir_token *out);
extern const struct dir_token dir_token_anonymous;
extern const struct dir_token dir_token_system;

#endif
