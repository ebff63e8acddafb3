/* Shared by the parts of token. */
#ifndef DIRECTORY_TOKEN_INTERNAL_H
#define DIRECTORY_TOKEN_INTERNAL_H

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
/* Adds everything above what the set holds. */
enum err token_close_upward(const struct dir_snap *s, unsigned scopes, struct idset *set,
                            struct idset *looked_at);
enum err token_object_sid(const struct dir_obj *o, struct sid *out);

/* The local groups of some SIDs and what they rest on. */
struct token_local {
    struct dir_group_sid *groups;
    unsigned count;
    const dir_id *visited; /* the principals and all groups looked at */
    unsigned visited_count;
    const unsigned *unknown; /* indexes of SIDs that nothing in the directory has */
    unsigned unknown_count;
};
/* domain NULL: BUILTIN's groups too. */
enum err token_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            const struct sid *domain, struct arena *a, struct token_local *out);
/* Does it still hold, when it was computed at this USN? */
bool token_local_current(const struct dir_snap *s, const struct sid *sids,
                         const struct token_local *l, uint64_t usn);

#endif
