/*
 * The set of SIDs of a principal, by what each group's scope allows it to be used for, and the
 * token an access check takes.
 *
 * What is linked is followed: from an account upward through global and universal security groups,
 * and from any SID upward through domain-local ones. Distribution groups are neither counted nor
 * followed. Cycles are harmless. More than DIR_GROUPS_MAX groups are ERR_LIMIT.
 */
#ifndef DIRECTORY_TOKEN_H
#define DIRECTORY_TOKEN_H

#include "directory/directory.h"

#define DIR_GROUPS_MAX 16384

struct dir_group_sid {
    struct sid sid;
    uint32_t attributes; /* SE_GROUP_*: 7 for a group, 0x20000007 for a resource group */
};

/* Transitive memberships of one account in its own domain ([MS-KILE] 3.3.5.6.4.1): what an AS puts
 * into the PAC: primary group first, then global groups (by RID) and universal groups. */
struct dir_memberships {
    struct dir_group_sid *global; /* primary and global groups of the account's domain */
    unsigned global_count;
    struct dir_group_sid *universal; /* universal groups, any domain of the forest */
    unsigned universal_count;
    struct dir_group_sid *history; /* sIDHistory of the account and of these groups */
    unsigned history_count;
    bool protected_user;
    /* What was looked at, the account first and more groups than count, for
     * dir_memberships_current. */
    const dir_id *visited;
    unsigned visited_count;
};
enum err dir_memberships(const struct dir_snap *s, dir_id account, struct arena *a,
                         struct dir_memberships *out);
/* Does what was computed at USN `usn` from these objects still hold in this snapshot? Costs nothing
 * while no group changes anywhere, else one look-up per object: other groups' changes do not make
 * it false. */
bool dir_memberships_current(const struct dir_snap *s, const dir_id *visited, unsigned count,
                             uint64_t usn);

/* Memberships kept per account, and local groups kept per set of SIDs. It belongs to one thread;
 * entries is rounded up to a power of two, and memory is bounded by max_bytes: what does not fit is
 * computed each time. */
struct dir_member_cache;
enum err dir_member_cache_new(unsigned entries, size_t max_bytes, struct dir_member_cache **out);
void dir_member_cache_free(struct dir_member_cache *c);
/* As dir_memberships; *out points into the cache or the scratch arena and is valid until the next
 * call on the cache or a reset of the arena. */
enum err dir_member_cache_get(struct dir_member_cache *c, const struct dir_snap *s, dir_id account,
                              struct arena *scratch, struct dir_memberships *out);

/* Domain-local groups of this domain that hold, directly or through nesting, any of these SIDs,
 * foreign ones through their foreignSecurityPrincipal, sorted by RID. What a service ticket adds
 * ([MS-KILE] 3.3.5.7.3): groups of BUILTIN are left out, each server has its own. */
enum err dir_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                          struct arena *a, struct dir_group_sid **out, unsigned *count_out);

/* The same with what it rests on, for who keeps it. */
struct dir_local_set {
    struct dir_group_sid *groups;
    unsigned count;
    const dir_id *visited; /* the principals and all groups looked at */
    unsigned visited_count;
    const unsigned *unknown; /* indexes of SIDs that nothing in the directory has */
    unsigned unknown_count;
};
enum err dir_local_set_make(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            struct arena *a, struct dir_local_set *out);
/* Does it still hold, when it was computed at this USN from these SIDs? */
bool dir_local_set_current(const struct dir_snap *s, const struct sid *sids,
                           const struct dir_local_set *l, uint64_t usn);

/* dir_local_groups from the cache: *out points into it or the scratch arena, valid as above. The
 * order of the SIDs is part of the question. */
enum err dir_member_cache_local(struct dir_member_cache *c, const struct dir_snap *s,
                                const struct sid *sids, unsigned count, struct arena *scratch,
                                struct dir_group_sid **out, unsigned *count_out);

struct access_cache;

/* The principal of an access check. sids[0] is the user itself. */
struct dir_token {
    const struct sid *sids;
    unsigned count;
    bool system;                /* the service itself: every right */
    dir_id account;             /* 0 for a foreign principal or anonymous */
    struct access_cache *cache; /* access_cache_attach (access.h); NULL: none */
};
/* Does the token hold this SID? One hash lookup with a cache, a linear search without. */
bool dir_token_has(const struct dir_token *t, const struct sid *sid);

/* Everything above plus domain-local, built-in and well-known SIDs (World, Authenticated Users,
 * ...). All of it is in the arena; no cache is attached. ERR_NOT_FOUND: no account, or one that was
 * deleted. */
enum err dir_token_for_account(const struct dir_snap *s, dir_id account, struct arena *a,
                               struct dir_token *out);
/* The same for a set of SIDs that came out of a PAC, filtered already. The first is the user. */
enum err dir_token_for_sids(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            struct arena *a, struct dir_token *out);
extern const struct dir_token dir_token_anonymous;
extern const struct dir_token dir_token_system;

#endif
