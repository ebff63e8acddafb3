/*
 * Where candidates come from: streams of object ids in ascending order, each object once, so that
 * they can be merged, intersected and resumed after any id. Internal to search.
 */
#ifndef DIRECTORY_SEARCH_PLAN_H
#define DIRECTORY_SEARCH_PLAN_H

#include "directory/index.h"
#include "directory/links.h"
#include "directory/search.h"

#define PLAN_UNION_MAX     64 /* alternatives of an or that are looked up; beyond: scan */
#define PLAN_INTERSECT_MAX 4
#define PLAN_LIST_MAX      16384      /* ids that an index range may give to be sorted */
#define PLAN_COUNT_MAX     (1u << 20) /* estimates are counted up to here */

enum plan_kind {
    PLAN_INDEX,     /* one value of one index */
    PLAN_LINKS,     /* targets of a forward link */
    PLAN_BACKLINKS, /* sources of one */
    PLAN_LIST,      /* ids known when planning */
    PLAN_UNION,
    PLAN_INTERSECT,
};

struct plan_stream {
    enum plan_kind kind;
    uint64_t estimate;
    dir_id head; /* the next id, when valid */
    bool valid;
    struct dir_index_cursor *index; /* PLAN_INDEX: live objects */
    uint32_t attr;                  /* PLAN_INDEX, PLAN_LINKS, PLAN_BACKLINKS */
    dir_id object;
    struct dir_link_cursor links;
    const dir_id *list; /* PLAN_LIST, sorted */
    unsigned list_count, list_at;
    struct plan_stream **part; /* PLAN_UNION, PLAN_INTERSECT */
    unsigned part_count;
};

/* The best stream that gives every object that can match, or NULL when only a scan does. deleted:
 * the index of tombstones is to be asked too. ERR_NOMEM. */
enum err plan_make(const struct dir_snap *s, const struct dir_filter *f, bool deleted,
                   struct arena *a, struct plan_stream **out);
/* The smallest id of the stream that is greater than `after`; false at the end. after never
 * decreases. */
bool plan_next(const struct dir_snap *s, struct plan_stream *p, dir_id after, dir_id *out);

#endif
