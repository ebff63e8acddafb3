/*
 * User rights ([MS-LSAD] 3.1.1.2.1): which accounts hold which privileges and may log on in which
 * way, as the LSA's callers ask and set them. They are kept and told; no service of ours decides by
 * them, because they are about what one may do on a machine, and this is none.
 */
#ifndef DIRECTORY_USER_RIGHTS_H
#define DIRECTORY_USER_RIGHTS_H

#include "directory/directory.h"

#define USER_RIGHTS_ACCOUNTS_MAX 512
#define DIR_META_USER_RIGHTS     SPAN_LIT("user-rights")

struct user_right {
    const char *name, *display;
    uint32_t luid;   /* of a privilege; 0: a right to log on */
    uint32_t access; /* of a right to log on: its bit of an account's system access */
};
/* A right's place in the table is its bit in what is stored: new ones come last. */
extern const struct user_right user_rights[];
extern const unsigned user_right_count; /* at most 64 */

/* Its place; -1: there is none of this name. */
int user_right_named(struct span name);
int user_right_of_luid(uint64_t luid);

struct user_rights_account {
    struct sid sid;
    uint64_t rights; /* bit i: user_rights[i] */
};

/* Of a snapshot, in the arena; what Windows gives when nothing is stored. */
enum err dir_user_rights(const struct dir_snap *s, struct arena *a,
                         struct user_rights_account **list_out, unsigned *count_out);
/* The stored form. ERR_MALFORMED, ERR_LIMIT. */
enum err user_rights_decode(struct span stored, struct arena *a,
                            struct user_rights_account **list_out, unsigned *count_out);
enum err user_rights_encode(const struct user_rights_account *list, unsigned count, struct arena *a,
                            struct span *out);

#endif
