/*
 * Values of one attribute, from where each kind is kept: the record, the link tables, the
 * descriptor, or computed.
 */
#include "base/text.h"
#include "directory/links.h"
#include "directory/volatile.h"
#include "ldap/ldap_internal.h"

/* "member;range=0-1499"; the last piece says "*" ([MS-ADTS] 3.1.1.3.1.3.3). */
static struct span ranged_name(const struct ldap_wanted *w, uint64_t low, uint64_t high, bool last,
                               struct arena *a)
{
    const char *text =
        last ? arena_printf(a, "%s;range=%llu-*", w->attr->name, (unsigned long long)low)
             : arena_printf(a, "%s;range=%llu-%llu", w->attr->name, (unsigned long long)low,
                            (unsigned long long)high);
    return span_str(text);
}

void ldap_put_attr_name(struct ldap_entry *e, const struct ldap_wanted *w, struct arena *a)
{
    if (w->option.len)
        ldap_entry_attr(e,
                        span_str(arena_printf(a, "%s;%.*s", w->attr->name, SPAN_ARG(w->option))));
    else
        ldap_entry_attr(e, w->name);
}

/* Which of count values go out, and the attribute's name for them. False: none. */
static bool begin_range(struct ldap_request *rq, const struct ldap_wanted *w, uint64_t count,
                        struct ldap_entry *e, uint64_t *low_out, uint64_t *end_out)
{
    uint64_t low = w->range ? w->low : 0;
    uint64_t end = w->range && w->high != UINT32_MAX ? (uint64_t)w->high + 1 : count;
    if (count == 0 || low >= count)
        return false;
    if (end > count)
        end = count;
    if (end <= low)
        return false;
    if (end - low > LDAP_VALUES_RANGE)
        end = low + LDAP_VALUES_RANGE;
    if (w->range || end < count)
        ldap_entry_attr(e, ranged_name(w, low, end - 1, end == count, &rq->values));
    else
        ldap_put_attr_name(e, w, &rq->values);
    *low_out = low;
    *end_out = rq->m->search.types_only ? low : end;
    return true;
}

/* --- names --------------------------------------------------------------------------------------
 */

static enum err extended_prefix(struct ldap_request *rq, dir_id id, struct builder *b,
                                struct arena *a)
{
    struct dir_obj o;
    struct span sid;
    char text[SID_TEXT_SIZE];
    TRY(dir_by_id(&rq->snap, id, &o));
    if (rq->options.extended_text) {
        guid_to_text(&o.guid, text);
        builder_printf(b, "<GUID=%s>;", text);
    } else {
        builder_printf(b, "<GUID=%.*s>;", SPAN_ARG(text_hex(a, span_of(o.guid.b, 16))));
    }
    struct sid decoded;
    if (!dir_attr_first(&o, ATTR_objectSid, &sid) || sid_from_bytes(sid, &decoded) != ERR_OK)
        return ERR_OK;
    if (rq->options.extended_text) {
        sid_to_text(&decoded, text);
        builder_printf(b, "<SID=%s>;", text);
    } else {
        builder_printf(b, "<SID=%.*s>;", SPAN_ARG(text_hex(a, sid)));
    }
    return ERR_OK;
}

enum err ldap_dn_text(struct ldap_request *rq, dir_id id, struct arena *a, struct span *out)
{
    struct span dn;
    struct builder b;
    TRY(dir_dn(&rq->snap, id, a, &dn));
    if (!rq->options.extended_dn) {
        *out = dn;
        return ERR_OK;
    }
    builder_in(&b, a, 32768);
    TRY(extended_prefix(rq, id, &b, a));
    builder_span(&b, dn);
    return builder_done(&b, out);
}

static bool begins_with_id(const struct schema_attr *a)
{
    return a->syntax == SYNTAX_DN || a->syntax == SYNTAX_DN_BINARY || a->syntax == SYNTAX_DN_STRING;
}

/* "B:8:0000000D:" comes before the name in DN-Binary: the prefix goes behind the third colon. */
static enum err extended_data(struct ldap_request *rq, dir_id id, struct span plain,
                              struct span *out)
{
    struct builder b;
    size_t at = 0;
    for (unsigned colons = 0; at < plain.len && colons < 3; at++)
        colons += plain.ptr[at] == ':';
    builder_in(&b, &rq->values, 1 << 20);
    builder_span(&b, span_sub(plain, 0, at));
    TRY(extended_prefix(rq, id, &b, &rq->values));
    builder_span(&b, span_sub(plain, at, plain.len));
    return builder_done(&b, out);
}

static enum err stored_text(struct ldap_request *rq, const struct schema_attr *attr,
                            struct span stored, struct span *out)
{
    dir_id id = 0;
    if (rq->options.extended_dn && begins_with_id(attr) && stored.len >= 4) {
        memcpy(&id, stored.ptr, 4);
        if (attr->syntax == SYNTAX_DN)
            return ldap_dn_text(rq, id, &rq->values, out);
    }
    TRY(dir_value_to_text(&rq->snap, attr->id, stored, &rq->values, out));
    return id ? extended_data(rq, id, *out, out) : ERR_OK;
}

/* --- the record ---------------------------------------------------------------------------------
 */

/* As most attributes are. */
static enum err put_single(struct ldap_request *rq, const struct ldap_wanted *w,
                           struct dir_values *v, struct ldap_entry *e)
{
    struct span stored, text;
    if (!dir_values_next(v, &stored))
        return ERR_OK;
    ldap_put_attr_name(e, w, &rq->values);
    if (rq->m->search.types_only)
        return ERR_OK;
    TRY(stored_text(rq, w->attr, stored, &text));
    ldap_entry_value(e, text);
    return ERR_OK;
}

enum err ldap_put_stored(struct ldap_request *rq, const struct dir_obj *o,
                         const struct ldap_wanted *w, struct ldap_entry *e)
{
    struct dir_values v;
    struct span stored, text;
    uint64_t low, end;
    if (!dir_attr(o, w->attr->id, &v))
        return ERR_OK;
    if (v.left == 1 && !w->range)
        return put_single(rq, w, &v, e);
    if (!begin_range(rq, w, v.left, e, &low, &end))
        return ERR_OK;
    for (uint64_t i = 0; i < end && dir_values_next(&v, &stored); i++) {
        if (i < low)
            continue;
        TRY(stored_text(rq, w->attr, stored, &text));
        ldap_entry_value(e, text);
    }
    return ERR_OK;
}

/* What changes on every logon is not in the record (volatile.h). */
bool ldap_is_volatile(uint32_t attr)
{
    return attr == ATTR_badPwdCount || attr == ATTR_badPasswordTime || attr == ATTR_lastLogon ||
           attr == ATTR_logonCount;
}

enum err ldap_put_volatile(struct ldap_request *rq, const struct dir_obj *o,
                           const struct ldap_wanted *w, struct ldap_entry *e)
{
    struct vol_state v;
    uint64_t low, end;
    if (o->account.len == 0)
        return ldap_put_stored(rq, o, w, e);
    vol_get(rq->session->server->env.dir, o->id, &v);
    int64_t number = w->attr->id == ATTR_badPwdCount       ? (int64_t)v.bad_count
                     : w->attr->id == ATTR_badPasswordTime ? v.bad_time
                     : w->attr->id == ATTR_lastLogon       ? v.last_logon
                                                           : (int64_t)v.logon_count;
    if (begin_range(rq, w, 1, e, &low, &end) && end > low)
        ldap_entry_value(e, span_str(arena_printf(&rq->values, "%lld", (long long)number)));
    return ERR_OK;
}

/* --- links --------------------------------------------------------------------------------------
 */

static enum err put_link(struct ldap_request *rq, const struct schema_attr *attr, dir_id other,
                         struct span data, struct ldap_entry *e)
{
    struct span text;
    if (attr->syntax == SYNTAX_DN) {
        TRY(ldap_dn_text(rq, other, &rq->values, &text));
    } else {
        struct builder b;
        struct span stored;
        builder_in(&b, &rq->values, 1 << 20);
        builder_le32(&b, other);
        builder_span(&b, data);
        TRY(builder_done(&b, &stored));
        TRY(stored_text(rq, attr, stored, &text));
    }
    ldap_entry_value(e, text);
    return ERR_OK;
}

enum err ldap_put_links(struct ldap_request *rq, const struct dir_obj *o,
                        const struct ldap_wanted *w, struct ldap_entry *e)
{
    bool back = w->attr->flags & SCHEMA_BACKLINK;
    uint32_t forward = back ? w->attr->partner : w->attr->id;
    struct dir_link_cursor c = {0};
    uint64_t count = back ? dir_backlink_count(&rq->snap, forward, o->id)
                          : dir_link_count(&rq->snap, forward, o->id);
    uint64_t low, end;
    struct span data = SPAN_NONE;
    dir_id other;
    if (w->range && count && w->low >= count && !rq->options.range_quiet)
        return ERR_RANGE;
    if (!begin_range(rq, w, count, e, &low, &end))
        return ERR_OK;
    for (uint64_t i = 0; i < end; i++) {
        bool more = back ? dir_backlink_next(&rq->snap, forward, o->id, &c, &other)
                         : dir_link_next(&rq->snap, forward, o->id, &c, &other, &data);
        if (!more)
            break;
        if (i >= low)
            TRY(put_link(rq, w->attr, other, data, e));
    }
    return ERR_OK;
}

/* --- computed -----------------------------------------------------------------------------------
 */

enum err ldap_put_constructed(struct ldap_request *rq, const struct dir_obj *o,
                              const struct ldap_wanted *w, struct ldap_entry *e)
{
    struct span *values;
    unsigned count;
    uint64_t low, end;
    enum err found = dir_constructed(&rq->snap, o, w->attr->id, &rq->session->who.token,
                                     rq->session->server->env.now(), &rq->values, &values, &count);
    if (found == ERR_NOT_FOUND || found == ERR_UNSUPPORTED)
        return ERR_OK;
    TRY(found);
    if (!begin_range(rq, w, count, e, &low, &end))
        return ERR_OK;
    for (uint64_t i = low; i < end; i++)
        ldap_entry_value(e, values[i]);
    return ERR_OK;
}

/* The SACL is for those who hold the privilege: administrators ([MS-ADTS] 5.1.3.2). */
static bool may_see_sacl(const struct dir_token *t)
{
    const struct sid administrators = SID_NT(32, 544);
    return t->system || dir_token_has(t, &administrators);
}

enum err ldap_put_descriptor(struct ldap_request *rq, const struct dir_obj *o,
                             const struct ldap_wanted *w, struct ldap_entry *e)
{
    struct span sd;
    unsigned parts = rq->options.sd_flags & 15 ? rq->options.sd_flags & 15 : 15;
    if (o->sd_id == 0 || ((parts & SD_PART_SACL) && !may_see_sacl(&rq->session->who.token)))
        return ERR_OK;
    TRY(dir_sd(&rq->snap, o->sd_id, &sd));
    TRY(access_sd_select(sd, parts, &rq->values, &sd));
    ldap_put_attr_name(e, w, &rq->values);
    if (!rq->m->search.types_only)
        ldap_entry_value(e, sd);
    return ERR_OK;
}
