/*
 * The list of attributes that a search asks for. Programs send the same few lists again and again:
 * the last ones are remembered, and one that comes again is not looked up in the schema.
 */
#include "base/text.h"
#include "directory/schema_more.h"
#include "ldap/ldap_internal.h"

#define LISTS      16 /* a power of two */
#define LIST_BYTES 240
#define LIST_NAMES 12

struct want_slot {
    uint16_t len;   /* 0: free */
    uint16_t first; /* length of the first name */
    uint8_t bytes[LIST_BYTES];
    struct ldap_want want;
    struct ldap_wanted list[LIST_NAMES];
};

struct ldap_wants {
    const struct schema_more *schema; /* that the names were looked up in */
    struct want_slot slot[LISTS];
};

/* "range=0-*", "range=1500-2999". */
static bool parse_range(struct span option, struct ldap_wanted *w)
{
    const struct span word = SPAN_LIT("range=");
    uint64_t low, high = UINT32_MAX;
    if (option.len <= word.len || !ascii_eq_fold(span_sub(option, 0, word.len), word))
        return false;
    struct span rest = span_sub(option, word.len, option.len);
    const uint8_t *dash = memchr(rest.ptr, '-', rest.len);
    if (!dash)
        return false;
    struct span first = span_sub(rest, 0, (size_t)(dash - rest.ptr));
    struct span last = span_sub(rest, first.len + 1, rest.len);
    if (text_to_u64(first, UINT32_MAX - 1, &low) != ERR_OK)
        return false;
    if (!span_eq(last, SPAN_LIT("*")) && text_to_u64(last, UINT32_MAX - 1, &high) != ERR_OK)
        return false;
    w->range = true;
    w->low = (uint32_t)low;
    w->high = (uint32_t)high;
    return true;
}

/* False: nothing that the schema knows. */
static bool parse_wanted(struct span name, struct ldap_wanted *w)
{
    const uint8_t *semicolon = name.len ? memchr(name.ptr, ';', name.len) : NULL;
    struct span base = semicolon ? span_sub(name, 0, (size_t)(semicolon - name.ptr)) : name;
    w->attr = schema_attr_by_name(base);
    if (!w->attr)
        return false;
    w->name = span_str(w->attr->name);
    if (!semicolon)
        return true;
    struct span option = span_sub(name, base.len + 1, name.len);
    if (parse_range(option, w))
        return true;
    w->option = option;
    return ascii_eq_fold(option, SPAN_LIT("binary"));
}

enum err ldap_want_parse(const struct ldap_search *in, struct arena *a, struct ldap_want *out)
{
    struct ldap_want want = {.all = in->attr_count == 0};
    want.list = arena_new_array(a, in->attr_count, struct ldap_wanted);
    if (!want.list)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < in->attr_count; i++) {
        struct ldap_wanted w = {0};
        if (span_eq(in->attrs[i], SPAN_LIT("*")) || span_eq(in->attrs[i], SPAN_LIT("+")))
            want.all = true;
        else if (parse_wanted(in->attrs[i], &w))
            want.list[want.count++] = w;
    }
    *out = want;
    return ERR_OK;
}

/* --- remembered ---------------------------------------------------------------------------------
 */

struct ldap_wants *ldap_wants_new(void)
{
    return calloc(1, sizeof(struct ldap_wants));
}

/* The names lie one behind the other in the message, each with its length before it: what is equal
 * from the first to the last is the same list. The first one's length has to be compared besides,
 * or one name that looks like a list would stand for that list in everybody's searches. */
static struct span list_bytes(const struct ldap_search *in)
{
    if (in->attr_count == 0 || in->attr_count > LIST_NAMES)
        return SPAN_NONE;
    const struct span *first = &in->attrs[0], *last = &in->attrs[in->attr_count - 1];
    return span_of(first->ptr, (size_t)(last->ptr + last->len - first->ptr));
}

static struct want_slot *slot_of(struct ldap_wants *w, struct span bytes)
{
    uint32_t h = (uint32_t)bytes.len;
    for (size_t i = 0; i < bytes.len; i += 3)
        h = (h ^ bytes.ptr[i]) * 16777619u;
    return &w->slot[(h ^ h >> 16) & (LISTS - 1)];
}

/* Options are views into the message: lists that have some are not kept. */
static bool may_keep(const struct ldap_want *want)
{
    for (unsigned i = 0; i < want->count; i++) {
        if (want->list[i].option.len)
            return false;
    }
    return true;
}

static void keep(struct want_slot *slot, struct span bytes, size_t first,
                 const struct ldap_want *want)
{
    memcpy(slot->bytes, bytes.ptr, bytes.len);
    slot->len = (uint16_t)bytes.len;
    slot->first = (uint16_t)first;
    slot->want = *want;
    memcpy(slot->list, want->list, want->count * sizeof(want->list[0]));
}

enum err ldap_want_find(struct ldap_wants *wants, const struct ldap_search *in, struct arena *a,
                        struct ldap_want *out)
{
    struct span bytes = list_bytes(in);
    if (bytes.len == 0 || bytes.len > LIST_BYTES)
        return ldap_want_parse(in, a, out);
    if (wants->schema != schema_used()) { /* it may know more of the names now */
        memset(wants->slot, 0, sizeof(wants->slot));
        wants->schema = schema_used();
    }
    struct want_slot *slot = slot_of(wants, bytes);
    size_t first = in->attrs[0].len;
    if (slot->first != first || !span_eq(span_of(slot->bytes, slot->len), bytes)) {
        TRY(ldap_want_parse(in, a, out));
        if (may_keep(out))
            keep(slot, bytes, first, out);
        return ERR_OK;
    }
    /* A copy: the slot may be another list's before a search ends that goes on by and by. */
    struct ldap_want want = slot->want;
    want.list = arena_dup(a, slot->list, want.count * sizeof(want.list[0]));
    if (!want.list)
        return ERR_NOMEM;
    *out = want;
    return ERR_OK;
}
