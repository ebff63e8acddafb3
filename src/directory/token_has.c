#include "directory/access_cache.h"
#include "directory/token.h"

static const struct sid sid_anonymous = {1, 1, {0, 0, 0, 0, 0, 5}, {7}};

/* Everyone does not include anonymous: that is Windows' default since 2003. */
const struct dir_token dir_token_anonymous = {.sids = &sid_anonymous, .count = 1};
const struct dir_token dir_token_system = {.system = true};

bool dir_token_has(const struct dir_token *t, const struct sid *sid)
{
    if (t->cache)
        return access_cache_has(t->cache, t, sid);
    for (unsigned i = 0; i < t->count; i++)
        if (sid_eq(&t->sids[i], sid))
            return true;
    return false;
}
