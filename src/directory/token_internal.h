/* Shared by the parts of token. */
#ifndef DIRECTORY_TOKEN_INTERNAL_H
#define DIRECTORY_TOKEN_INTERNAL_H

#include "directory/token.h"

/* dir_local_groups, of the given domain only; NULL: of BUILTIN too. */
enum err token_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            const struct sid *domain, struct arena *a, struct dir_group_sid **out,
                            unsigned *count_out);

#endif
