#include "directory/controllers.h"

#include "directory/index.h"

enum err dir_controllers(const struct dir_snap *s, struct arena *a, struct span *out, unsigned max,
                         unsigned *count_out)
{
    uint32_t class_id = CLASS_server;
    struct dir_index_cursor cursor;
    unsigned count = 0;
    dir_id id;
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(&class_id, sizeof(class_id)), false,
                       &cursor));
    while (count < max && dir_index_next(s, &cursor, &id)) {
        struct dir_obj o;
        struct span host;
        TRY(dir_by_id(s, id, &o));
        if (!(o.flags & DIR_OBJ_DELETED) && dir_attr_first(&o, ATTR_dNSHostName, &host))
            out[count++] = arena_dup_span(a, host);
    }
    TRY(dir_snap_err(s));
    if (arena_failed(a))
        return ERR_NOMEM;
    *count_out = count;
    return ERR_OK;
}
