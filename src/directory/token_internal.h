/* Shared by the parts of token. */
#ifndef DIRECTORY_TOKEN_INTERNAL_H
#define DIRECTORY_TOKEN_INTERNAL_H

#include "directory/dir_internal.h"
#include "directory/idset.h"
#include "directory/token.h"

/* groupType ([MS-ADTS] 2.2.12) */
#define GROUP_GLOBAL    0x2u
#define GROUP_LOCAL     0x4u
#define GROUP_UNIVERSAL 0x8u
#define GROUP_SECURITY  0x80000000u

/* Adds the security groups of the given scopes that list the object as a member. What was looked at
 * is more: a group of another scope counts as soon as its scope changes. */
enum err token_add_holders(const struct dir_snap *s, dir_id member, unsigned scopes,
                           struct idset *set, struct idset *looked_at);
/* Adds everything above what the set holds; up to `from` are no groups, or done already. */
enum err token_close_upward(const struct dir_snap *s, unsigned scopes, unsigned from,
                            struct idset *set, struct idset *looked_at);
/* What a group is, and what it is in: read once a commit. Groups only; of what is none it says that
 * it is no group. */
enum err token_group(const struct dir_snap *s, dir_id id, struct dir_group *out);
enum err token_object_sid(const struct dir_obj *o, struct sid *out);

/* domain NULL: BUILTIN's groups too. */
enum err token_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            const struct sid *domain, struct arena *a, struct dir_local_set *out);

#endif
