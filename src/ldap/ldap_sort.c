/*
 * Server-side sort (RFC 2891, [MS-ADTS] 3.1.1.3.4.1.13) and views of a part of what is sorted
 * (virtual list views, 3.1.1.3.4.1.17).
 *
 * All that matches is gathered first, each object as its id and a key whose bytes compare as the
 * attribute's values do; then the keys are sorted, and the search goes on in their order. One key,
 * as in AD, in the order in which values compare here: text by folded code points, not by the
 * customs of a language, so that of the ordering rules only the default one (United States English)
 * is accepted, as the approximation that it is.
 *
 * Memory is what bounds it: a search that finds more than AD's MaxTempTableSize is not sorted. When
 * sorting is critical it is refused, otherwise the entries come in the order of the directory and
 * the response control tells. A view is not kept between requests: each gathers anew, so the client
 * pays with time for what it would otherwise pay for with our memory, and contextID is never given.
 */
#include "base/text.h"
#include "ldap/ldap_internal.h"

#define SORT_ROWS_FIRST 256
#define RULE_ENGLISH    "1.2.840.113556.1.4.1499"

struct sort_row {
    struct span key;
    dir_id id;
    bool missing; /* no value, or none that may be read: after all others (RFC 2891 2.2) */
};

struct ldap_sorting {
    const struct schema_attr *attr;
    bool reverse, sorted;
    struct sort_row *rows;
    uint32_t count, cap, at, end;
    size_t key_bytes;
};

/* --- keys --------------------------------------------------------------------------------------
 */

static enum err number_key(struct span stored, struct arena *a, struct span *out)
{
    struct reader r = reader_of(stored);
    struct builder b;
    int64_t n = stored.len == 8   ? (int64_t)reader_le64(&r)
                : stored.len == 4 ? (int32_t)reader_le32(&r)
                                  : reader_u8(&r);
    builder_in(&b, a, 8);
    builder_be64(&b, (uint64_t)n ^ UINT64_C(1) << 63);
    return builder_done(&b, out);
}

static enum err key_of(const struct schema_attr *attr, struct span stored, struct arena *a,
                       struct span *out)
{
    switch (schema_syntax(attr->syntax)->rule) {
    case RULE_BOOL:
    case RULE_INTEGER:
    case RULE_TIME:
        return number_key(stored, a, out);
    case RULE_NO_CASE:
    case RULE_UNICODE:
        return text_fold(stored, a, out);
    default:
        *out = stored;
        return ERR_OK;
    }
}

/* The least of several values is the one that counts (RFC 2891 2.2). */
static enum err least_key(struct ldap_request *rq, const struct dir_obj *o, struct span *out)
{
    const struct schema_attr *attr = rq->sorting->attr;
    struct dir_reader reader;
    struct dir_values values;
    struct span stored, key, least = SPAN_NONE;
    bool found = false;
    dir_reader_init(&reader, &rq->snap, o, &rq->session->who.token);
    if (!dir_reader_may(&reader, attr) || !dir_attr(o, attr->id, &values))
        return ERR_NOT_FOUND;
    while (dir_values_next(&values, &stored)) {
        TRY(key_of(attr, stored, &rq->scratch, &key));
        if (!found || span_cmp(key, least) < 0)
            least = key;
        found = true;
    }
    *out = least;
    return found ? ERR_OK : ERR_NOT_FOUND;
}

static int by_key(const void *left, const void *right)
{
    const struct sort_row *x = left, *y = right;
    int c = x->missing - y->missing;
    if (!c && !x->missing)
        c = span_cmp(x->key, y->key);
    return c ? c : (x->id > y->id) - (x->id < y->id);
}

/* --- gathering ---------------------------------------------------------------------------------
 */

static enum err room_for_one(struct ldap_request *rq)
{
    struct ldap_sorting *so = rq->sorting;
    if (so->count < so->cap)
        return ERR_OK;
    if (so->count == LDAP_SORT_ROWS_MAX)
        return ERR_LIMIT;
    uint32_t cap = so->cap ? 2 * so->cap : SORT_ROWS_FIRST;
    if (cap > LDAP_SORT_ROWS_MAX)
        cap = LDAP_SORT_ROWS_MAX;
    struct sort_row *rows =
        arena_grow(&rq->arena, so->rows, so->cap * sizeof(*rows), cap * sizeof(*rows));
    if (!rows)
        return ERR_NOMEM;
    so->rows = rows;
    so->cap = cap;
    return ERR_OK;
}

static enum err gather(struct ldap_request *rq, const struct dir_obj *o)
{
    struct ldap_sorting *so = rq->sorting;
    struct sort_row row = {.id = o->id};
    enum err e = least_key(rq, o, &row.key);
    row.missing = e == ERR_NOT_FOUND;
    if (e != ERR_OK && !row.missing)
        return e;
    if (row.missing && rq->options.has_vlv)
        return ERR_OK; /* a view leaves out what has no key */
    TRY(room_for_one(rq));
    so->key_bytes += row.key.len;
    if (so->key_bytes > LDAP_SORT_BYTES_MAX)
        return ERR_LIMIT;
    row.key = arena_dup_span(&rq->arena, row.key);
    if (arena_failed(&rq->arena))
        return ERR_NOMEM;
    so->rows[so->count++] = row;
    return ERR_OK;
}

static void sort(struct ldap_sorting *so)
{
    if (so->count > 1)
        qsort(so->rows, so->count, sizeof(*so->rows), by_key);
    for (uint32_t i = 0; so->reverse && i < so->count / 2; i++) {
        struct sort_row other = so->rows[so->count - 1 - i];
        so->rows[so->count - 1 - i] = so->rows[i];
        so->rows[i] = other;
    }
    so->end = so->count;
    so->sorted = true;
}

/* --- views -------------------------------------------------------------------------------------
 */

/* The first position, from 1, whose key is not before the asserted one; count + 1: none. */
static enum err position_of_value(struct ldap_request *rq, uint32_t *out)
{
    const struct ldap_sorting *so = rq->sorting;
    struct span stored, key;
    uint32_t at = 0;
    TRY(dir_value_from_text(&rq->snap, so->attr->id, rq->options.vlv.assertion, &rq->arena,
                            &stored));
    TRY(key_of(so->attr, stored, &rq->arena, &key));
    while (at < so->count) {
        int c = span_cmp(so->rows[at].key, key);
        if (so->reverse ? c <= 0 : c >= 0)
            break;
        at++;
    }
    *out = at + 1;
    return ERR_OK;
}

/* The client's idea of the list may be another than ours: what it wants is the same place in
 * proportion. */
static uint32_t position_of_offset(const struct ldap_vlv *v, uint32_t count)
{
    uint64_t at = v->offset;
    if (v->content_count && v->offset > 1)
        at = v->offset >= v->content_count ? count : (uint64_t)count * v->offset / v->content_count;
    if (at > count)
        at = count;
    return at || !count ? (uint32_t)at : 1;
}

static enum ldap_vlv_code find_target(struct ldap_request *rq)
{
    const struct ldap_vlv *v = &rq->options.vlv;
    uint32_t count = rq->sorting->count;
    if (!v->by_offset)
        return position_of_value(rq, &rq->vlv_position) == ERR_OK ? LDAP_VLV_OK : LDAP_VLV_OTHER;
    if (v->offset == 0 && v->content_count)
        return LDAP_VLV_OFFSET_RANGE;
    rq->vlv_position = position_of_offset(v, count);
    return LDAP_VLV_OK;
}

static enum err open_view(struct ldap_request *rq)
{
    struct ldap_sorting *so = rq->sorting;
    const struct ldap_vlv *v = &rq->options.vlv;
    rq->vlv_count = so->count;
    rq->vlv_code = find_target(rq);
    if (rq->vlv_code != LDAP_VLV_OK)
        return ERR_REFUSED;
    uint64_t target = rq->vlv_position ? rq->vlv_position - 1 : 0;
    so->at = target > v->before ? (uint32_t)(target - v->before) : 0;
    uint64_t end = target + v->after + 1;
    so->end = end < so->count ? (uint32_t)end : so->count;
    return ERR_OK;
}

/* --- the search's side -------------------------------------------------------------------------
 */

/* Too much to sort. ERR_LIMIT: the search begins anew, without. */
static enum err give_up(struct ldap_request *rq)
{
    rq->sort_code = LDAP_ADMIN_LIMIT_EXCEEDED;
    rq->sorting = NULL;
    rq->q.plan = NULL;
    if (rq->options.has_vlv)
        rq->vlv_code = LDAP_VLV_ADMIN_LIMIT;
    return rq->options.sort_critical || rq->options.has_vlv ? ERR_REFUSED : ERR_LIMIT;
}

static enum err gather_next(struct ldap_request *rq, unsigned examine)
{
    struct dir_obj o;
    enum err e = dir_search_next(&rq->snap, &rq->q, examine, &o);
    if (e == ERR_NOT_FOUND) {
        TRY(dir_snap_err(&rq->snap));
        sort(rq->sorting);
        TRY(rq->options.has_vlv ? open_view(rq) : ERR_OK);
        return ERR_LIMIT;
    }
    TRY(e);
    e = gather(rq, &o);
    return e == ERR_LIMIT ? give_up(rq) : e == ERR_OK ? ERR_LIMIT : e;
}

enum err ldap_sort_next(struct ldap_request *rq, unsigned examine, struct dir_obj *out)
{
    struct ldap_sorting *so = rq->sorting;
    if (!so->sorted)
        return gather_next(rq, examine);
    while (so->at < so->end) {
        struct dir_obj o;
        enum err e = dir_by_id(&rq->snap, so->rows[so->at++].id, &o);
        if (e == ERR_NOT_FOUND)
            continue;
        TRY(e);
        /* The directory may have changed since it was gathered. */
        arena_reset(&rq->scratch);
        if (((o.flags & DIR_OBJ_DELETED) && !rq->q.show_deleted) ||
            !access_visible(&rq->snap, &o, rq->q.token) ||
            !dir_filter_match(&rq->snap, rq->q.filter, &o, rq->q.token, &rq->scratch))
            continue;
        *out = o;
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

static bool sortable(const struct schema_attr *attr)
{
    const uint32_t elsewhere = SCHEMA_LINK | SCHEMA_BACKLINK | SCHEMA_CONSTRUCTED | SCHEMA_SECRET;
    return schema_syntax(attr->syntax)->ordered && !(attr->flags & elsewhere) &&
           !dir_attr_is_constructed(attr->id);
}

/* Codes of RFC 2891 1.2. */
static uint32_t check(struct ldap_request *rq, const struct ldap_sort *s,
                      const struct schema_attr **attr_out)
{
    const struct schema_attr *attr = schema_attr_by_name(s->keys[0].attr);
    if (s->count > 1)
        return LDAP_UNWILLING_TO_PERFORM;
    if (!attr || (rq->session->gc && !(attr->flags & SCHEMA_GC)))
        return LDAP_NO_SUCH_ATTRIBUTE;
    if (!sortable(attr) ||
        (s->keys[0].rule.len && !span_eq(s->keys[0].rule, SPAN_LIT(RULE_ENGLISH))))
        return LDAP_INAPPROPRIATE_MATCHING;
    *attr_out = attr;
    return LDAP_SUCCESS;
}

enum err ldap_sort_begin(struct ldap_request *rq)
{
    const struct ldap_options *o = &rq->options;
    const struct schema_attr *attr;
    if (o->has_vlv && (!o->has_sort || o->paged)) { /* a view is a page of its own */
        rq->vlv_code = o->has_sort ? LDAP_VLV_UNWILLING : LDAP_VLV_SORT_MISSING;
        return ERR_REFUSED;
    }
    if (!o->has_sort)
        return ERR_OK;
    rq->sort_code = check(rq, &o->sort, &attr);
    if (rq->sort_code == LDAP_SUCCESS) {
        rq->sorting = arena_new(&rq->arena, struct ldap_sorting);
        if (!rq->sorting)
            return ERR_NOMEM;
        *rq->sorting = (struct ldap_sorting){.attr = attr, .reverse = o->sort.keys[0].reverse};
        return ERR_OK;
    }
    if (o->has_vlv)
        rq->vlv_code = LDAP_VLV_UNWILLING;
    return o->sort_critical || o->has_vlv ? ERR_REFUSED : ERR_OK;
}

uint32_t ldap_sort_refusal(const struct ldap_request *rq)
{
    return rq->sort_code && rq->options.sort_critical ? LDAP_UNAVAILABLE_CRITICAL_EXTENSION
                                                      : LDAP_VLV_ERROR;
}

enum err ldap_sort_controls(struct ldap_request *rq, struct ldap_control *list, uint32_t *count)
{
    struct builder b;
    if (rq->options.has_sort) {
        struct ldap_control *c = &list[(*count)++];
        *c = (struct ldap_control){.oid = SPAN_LIT(LDAP_CONTROL_SORT_RESPONSE)};
        builder_in(&b, &rq->values, 1024);
        ldap_put_sort_response(&b, rq->sort_code,
                               rq->sort_code ? rq->options.sort.keys[0].attr : SPAN_NONE);
        TRY(builder_done(&b, &c->value));
    }
    if (rq->options.has_vlv) {
        struct ldap_control *c = &list[(*count)++];
        *c = (struct ldap_control){.oid = SPAN_LIT(LDAP_CONTROL_VLV_RESPONSE)};
        builder_in(&b, &rq->values, 64);
        ldap_put_vlv_response(&b, rq->vlv_position, rq->vlv_count, rq->vlv_code, SPAN_NONE);
        TRY(builder_done(&b, &c->value));
    }
    return ERR_OK;
}
