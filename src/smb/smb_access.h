/*
 * Who may do what with a file of SYSVOL: descriptors by inheritance ([MS-DTYP] 2.5.3.4), and rights
 * as files have them ([MS-SMB2] 2.2.13.1).
 */
#ifndef SMB_SMB_ACCESS_H
#define SMB_SMB_ACCESS_H

#include "directory/token.h"
#include "wire/ms/secdesc.h"

#define SMB_FILE_ALL  0x001f01ffu
#define SMB_FILE_READ 0x001200a9u /* FILE_GENERIC_READ and FILE_GENERIC_EXECUTE */
#define SMB_ACES_MAX  128         /* of a list that is inherited from or set */

/* What files have that nobody gave a descriptor. */
struct smb_defaults {
    struct sid owner, group; /* Administrators, Domain Admins */
    struct span root;
    struct span policies; /* of DOMAIN/Policies */
    /* of the policies in it that every domain begins with, which the service makes */
    struct smb_policy {
        const char *name;
        struct span sd;
    } policy[2];
    unsigned policy_count;
};
/* container: the descriptor of CN=Policies,CN=System, or nothing: who may make policies there makes
 * their folders, too. */
enum err smb_defaults_make(const struct sid *domain, struct span container, struct arena *a,
                           struct smb_defaults *out);

/* The descriptor of what is new in a folder with this one. ERR_LIMIT, ERR_MALFORMED, ERR_NOMEM. */
enum err smb_sd_inherit(struct span parent, bool is_folder, const struct sid *owner,
                        const struct sid *group, struct arena *a, struct span *out);
/* Generic rights become those of files. */
uint32_t smb_rights(uint32_t mask);
/* A descriptor that a client sets: rights mapped, owner and group filled in, in the arena.
 * ERR_MALFORMED, ERR_LIMIT. */
enum err smb_sd_normal(struct span sd, const struct sid *owner, const struct sid *group,
                       struct arena *a, struct span *out);
/* The descriptor of a policy's folder, from that of its object: who may read, change or delete the
 * one may do so with the other. ERR_MALFORMED, ERR_LIMIT, ERR_NOMEM. */
enum err smb_sd_of_policy(struct span object, struct arena *a, struct span *out);
/* All rights to something with this descriptor in a folder with that one, which may let its
 * children be deleted and lets be seen what they are ([MS-FSA] 2.1.4.14). folder_sd empty: none. */
uint32_t smb_granted(struct span sd, struct span folder_sd, const struct dir_token *token);

#endif
