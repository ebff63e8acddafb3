/*
 * Lists of accounts: enumeration by RID, in which a client goes on from the last object it was
 * given, and the lists for people, in which it goes on from a number ([MS-SAMR] 3.1.5.2, 3.1.5.3).
 */
#include "directory/index.h"
#include "rpc/samr_service.h"
#include "wire/rpc/samr_domain.h"
#include "wire/rpc/samr_user.h"

/* --- a walk over the accounts of some types ----------------------------------------------------
 */

#define TYPES_MAX 3

struct walk {
    uint32_t type[TYPES_MAX]; /* 0: no more */
    unsigned at;              /* the type at hand */
    struct dir_index_cursor cursor;
    bool open;
};

/* Where a walk stands, as a client keeps it: the type's number and the last object's id. */
#define RESUME_TYPE_SHIFT 30
#define RESUME_ID_MASK    ((1u << RESUME_TYPE_SHIFT) - 1)

static bool open_type(struct walk *w, dir_id last)
{
    const uint32_t type = w->type[w->at];
    uint8_t bytes[4] = {(uint8_t)type, (uint8_t)(type >> 8), (uint8_t)(type >> 16),
                        (uint8_t)(type >> 24)};

    w->open = dir_index_open(ATTR_sAMAccountType, INDEX_EQUAL, span_of(bytes, 4), false,
                             &w->cursor) == ERR_OK;
    if (last) {
        w->cursor.on_key = true;
        w->cursor.last = last;
    }
    return w->open;
}

static void walk_from(struct walk *w, uint32_t resume)
{
    w->at = resume >> RESUME_TYPE_SHIFT;
    if (w->at >= TYPES_MAX || !w->type[w->at] || !open_type(w, resume & RESUME_ID_MASK))
        w->at = TYPES_MAX;
}

static bool walk_next(struct walk *w, const struct dir_snap *s, dir_id *out)
{
    while (w->at < TYPES_MAX && w->type[w->at]) {
        if (dir_index_next(s, &w->cursor, out))
            return true;
        if (++w->at >= TYPES_MAX || !w->type[w->at] || !open_type(w, 0))
            return false;
    }
    return false;
}

/* --- enumeration -------------------------------------------------------------------------------
 */

static bool add(struct rpc_ctx *c, const struct samr_domain *d, dir_id id, uint32_t control,
                struct samr_entries *list)
{
    uint32_t type, rid;
    struct dir_reader r;
    struct dir_obj o;

    if (!samr_account(c, d, id, &o, &type, &rid))
        return false;
    dir_reader_init(&r, &d->view.snap, &o, c->who->token);
    uint32_t uac = (uint32_t)samr_i32(&r, ATTR_userAccountControl, 0);
    if (control && !(samr_control_of(uac) & control))
        return false;
    list->entries[list->count++] = (struct samr_entry){rid, samr_text(c, &r, ATTR_sAMAccountName)};
    return true;
}

static uint32_t fill(struct rpc_ctx *c, const struct samr_domain *d, struct walk *w,
                     struct samr_enum *x, struct samr_entries *list)
{
    dir_id id = 0;

    walk_from(w, x->resume);
    for (uint32_t looked = 1; walk_next(w, &d->view.snap, &id); looked++) {
        (void)add(c, d, id, x->control, list);
        x->resume = w->at << RESUME_TYPE_SHIFT | (id & RESUME_ID_MASK);
        if (list->count == SAMR_ENTRIES_MAX || looked == SAMR_LOOKED_MAX)
            return NT_MORE_ENTRIES;
    }
    return NT_OK;
}

static uint32_t enumerate(struct rpc_ctx *c, struct samr_enum *x, struct walk *w)
{
    struct samr_entries *list = arena_new(c->arena, struct samr_entries);
    struct samr_domain d;
    uint32_t status = samr_domain_begin(c, &x->handle, &d);

    if (status != NT_OK)
        return status;
    if (list)
        list->entries = arena_new_array(c->arena, SAMR_ENTRIES_MAX, struct samr_entry);
    status = list && list->entries ? fill(c, &d, w, x, list) : NT_INSUFFICIENT_RESOURCES;
    samr_domain_end(&d);
    if (status == NT_INSUFFICIENT_RESOURCES || arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    x->list = list;
    x->count = list->count;
    return status;
}

uint32_t samr_enum_users(struct rpc_ctx *c, void *args)
{
    struct walk w = {.type = {SAMR_TYPE_USER, SAMR_TYPE_MACHINE, SAMR_TYPE_TRUST}};

    return enumerate(c, args, &w);
}

uint32_t samr_enum_groups(struct rpc_ctx *c, void *args)
{
    struct walk w = {.type = {SAMR_TYPE_GROUP}};
    struct samr_enum *x = args;

    x->control = 0;
    return enumerate(c, x, &w);
}

uint32_t samr_enum_aliases(struct rpc_ctx *c, void *args)
{
    struct walk w = {.type = {SAMR_TYPE_ALIAS}};
    struct samr_enum *x = args;

    x->control = 0;
    return enumerate(c, x, &w);
}

/* --- lists for people --------------------------------------------------------------------------
 */

static uint32_t type_of_level(uint16_t level)
{
    switch (level) {
    case SAMR_DISPLAY_USER:
    case SAMR_DISPLAY_OEM_USER:
        return SAMR_TYPE_USER;
    case SAMR_DISPLAY_MACHINE:
        return SAMR_TYPE_MACHINE;
    default:
        return SAMR_TYPE_GROUP;
    }
}

#define GROUP_ATTRIBUTES 7 /* mandatory, enabled by default, enabled ([MS-SAMR] 2.2.1.10) */

static void describe(struct rpc_ctx *c, const struct samr_domain *d, const struct dir_obj *o,
                     uint32_t type, uint32_t rid, struct samr_display_entry *out)
{
    struct dir_reader r;

    dir_reader_init(&r, &d->view.snap, o, c->who->token);
    out->rid = rid;
    out->control = type == SAMR_TYPE_GROUP
                       ? GROUP_ATTRIBUTES
                       : samr_control_of((uint32_t)samr_i32(&r, ATTR_userAccountControl, 0));
    out->name = samr_text(c, &r, ATTR_sAMAccountName);
    out->comment = samr_text(c, &r, ATTR_description);
    out->full_name = samr_text(c, &r, ATTR_displayName);
}

/* From the x->index-th on; NT_MORE_ENTRIES when there are more. */
static uint32_t display(struct rpc_ctx *c, const struct samr_domain *d,
                        const struct samr_display *x, struct samr_display_entries *list)
{
    struct walk w = {.type = {type_of_level(x->level)}};
    uint32_t max = x->max_entries < SAMR_ENTRIES_MAX ? x->max_entries : SAMR_ENTRIES_MAX;
    uint32_t n = 0;
    dir_id id;

    walk_from(&w, 0);
    for (uint32_t i = 0; i < SAMR_DISPLAY_MAX && walk_next(&w, &d->view.snap, &id); i++) {
        uint32_t type, rid;
        struct dir_obj o;
        if (!samr_account(c, d, id, &o, &type, &rid))
            continue;
        if (n++ < x->index)
            continue;
        if (list->count == max)
            return NT_MORE_ENTRIES;
        list->entries[list->count].index = n;
        describe(c, d, &o, type, rid, &list->entries[list->count++]);
    }
    return NT_OK;
}

static uint32_t only_names(struct rpc_ctx *c, const struct samr_display_entries *from,
                           struct samr_oem_entries *out)
{
    struct samr_oem_entry *entries = arena_new_array(c->arena, from->count, struct samr_oem_entry);

    if (!entries)
        return NT_INSUFFICIENT_RESOURCES;
    for (uint32_t i = 0; i < from->count; i++) {
        struct span name = from->entries[i].name;
        entries[i] = (struct samr_oem_entry){from->entries[i].index, (uint16_t)name.len,
                                             (uint16_t)name.len, (uint8_t *)(uintptr_t)name.ptr};
    }
    *out = (struct samr_oem_entries){from->count, entries};
    return NT_OK;
}

uint32_t samr_display(struct rpc_ctx *c, void *args)
{
    struct samr_display *x = args;
    struct samr_display_entries list = {.count = 0};
    struct samr_domain d;

    if (x->level < SAMR_DISPLAY_USER || x->level > SAMR_DISPLAY_OEM_GROUP) {
        c->fault = RPC_FAULT_BAD_STUB; /* no answer has such a level */
        return NT_INVALID_INFO_CLASS;
    }
    uint32_t status = samr_domain_begin(c, &x->handle, &d);
    if (status != NT_OK)
        return status;
    list.entries = arena_new_array(c->arena, SAMR_ENTRIES_MAX, struct samr_display_entry);
    status = list.entries ? display(c, &d, x, &list) : NT_INSUFFICIENT_RESOURCES;
    samr_domain_end(&d);
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    x->total_size = x->returned_size = list.count * (uint32_t)sizeof(struct samr_display_entry);
    if (x->level < SAMR_DISPLAY_OEM_USER) {
        x->info.list = list;
        return status;
    }
    uint32_t made = only_names(c, &list, &x->info.oem);
    return made == NT_OK ? status : made;
}
