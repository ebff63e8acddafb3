/* Groups are in many accounts' way: what an expansion asks of one is remembered until the next
 * commit (dir_memo.c). */
#include "directory/token_internal.h"

#include "directory/links.h"

static void find_holders(const struct dir_snap *s, struct dir_group *g)
{
    struct dir_link_cursor c = {0};
    dir_id id;

    while (dir_backlink_next(s, ATTR_member, g->id, &c, &id)) {
        if (g->holder_count == DIR_GROUP_HOLDERS)
            return;
        g->holder[g->holder_count++] = id;
    }
    g->holders_known = true;
}

enum err token_group(const struct dir_snap *s, dir_id id, struct dir_group *out)
{
    struct dir_obj o;
    struct dir_values v;
    struct dir_group g = {.id = id};

    if (dir_memo_group(s, id, out))
        return ERR_OK;
    TRY(dir_by_id(s, id, &o));
    g.flags = o.flags;
    g.type = (uint32_t)dir_attr_i32(&o, ATTR_groupType, 0);
    g.has_sid = token_object_sid(&o, &g.sid) == ERR_OK;
    g.has_history = dir_attr(&o, ATTR_sIDHistory, &v);
    if (s->memo) /* worth it only when it is remembered */
        find_holders(s, &g);
    TRY(dir_snap_err(s));
    dir_memo_keep_group(s, &g);
    *out = g;
    return ERR_OK;
}
