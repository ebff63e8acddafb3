#include "wire/smb2/smb2_dfs.h"

#define HEADER_SIZE   8
#define ENTRY_SIZE    34 /* of both kinds: a name list is padded to the size of a target */
#define ENTRY_MINIMUM 18 /* a name list without the padding */

/* A name that ends with a zero, from here on. */
static struct span name_here(struct reader *r)
{
    struct span rest = reader_rest(r);

    for (size_t i = 0; i + 1 < rest.len; i += 2)
        if (rest.ptr[i] == 0 && rest.ptr[i + 1] == 0)
            return span_sub(rest, 0, i);
    reader_fail(r, ERR_MALFORMED);
    return SPAN_NONE;
}

static void put_name(struct builder *b, struct span name)
{
    builder_span(b, name);
    builder_le16(b, 0);
}

enum err smb2_dfs_request_decode(struct span bytes, struct smb2_dfs_request *out)
{
    struct reader r = reader_of(bytes);
    struct smb2_dfs_request q;

    q.max_level = reader_le16(&r);
    q.path = name_here(&r);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    *out = q;
    return ERR_OK;
}

void smb2_dfs_request_put(struct builder *b, const struct smb2_dfs_request *q)
{
    builder_le16(b, q->max_level);
    put_name(b, q->path);
}

/* --- responses ------------------------------------------------------------------------------- */

/* The name at an offset from the entry's start. */
static struct span name_at(struct span from_entry, size_t offset)
{
    struct reader r = reader_of(from_entry);

    reader_seek(&r, offset);
    return offset ? name_here(&r) : SPAN_NONE;
}

static bool is_name(struct span from_entry, size_t offset, struct span *out)
{
    *out = name_at(from_entry, offset);
    return out->ptr != NULL;
}

/* The names of the domain controllers stand one behind the other. */
static enum err read_names(struct span from_entry, size_t offset, unsigned count,
                           struct smb2_dfs_referral *out)
{
    if (count > SMB2_DFS_NAMES_MAX)
        return ERR_LIMIT;
    for (unsigned i = 0; i < count; i++) {
        if (!is_name(from_entry, offset, &out->names[i]))
            return ERR_MALFORMED;
        offset += out->names[i].len + 2;
    }
    out->name_count = count;
    return ERR_OK;
}

static enum err read_entry(struct span from_entry, size_t *size_out, struct smb2_dfs_referral *out)
{
    struct reader r = reader_of(from_entry);
    unsigned one, two, three;

    out->version = reader_le16(&r);
    *size_out = reader_le16(&r);
    out->server_type = reader_le16(&r);
    out->flags = reader_le16(&r);
    out->ttl = reader_le32(&r);
    one = reader_le16(&r);
    two = reader_le16(&r);
    three = reader_le16(&r);
    if (!reader_ok(&r) || *size_out < ENTRY_MINIMUM || *size_out > from_entry.len)
        return ERR_MALFORMED;
    if (out->version != 3 && out->version != 4)
        return ERR_UNSUPPORTED;
    if (out->flags & SMB2_DFS_NAME_LIST) {
        if (!is_name(from_entry, one, &out->special))
            return ERR_MALFORMED;
        return read_names(from_entry, three, two, out);
    }
    if (!is_name(from_entry, one, &out->path) || !is_name(from_entry, two, &out->alternate) ||
        !is_name(from_entry, three, &out->target))
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err smb2_dfs_response_decode(struct span bytes, struct arena *a, struct smb2_dfs_response *out)
{
    struct reader r = reader_of(bytes);
    struct smb2_dfs_response p = {0};
    size_t at = HEADER_SIZE, size;

    p.path_consumed = reader_le16(&r);
    p.count = reader_le16(&r);
    p.flags = reader_le32(&r);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (p.count > SMB2_DFS_REFERRALS_MAX)
        return ERR_LIMIT;
    p.referrals = arena_new_array(a, p.count, struct smb2_dfs_referral);
    if (!p.referrals)
        return ERR_NOMEM;
    for (unsigned i = 0; i < p.count; i++, at += size)
        TRY(read_entry(span_sub(bytes, at, bytes.len), &size, &p.referrals[i]));
    *out = p;
    return ERR_OK;
}

static size_t names_size(const struct smb2_dfs_referral *f)
{
    size_t sum = 0;

    if (!(f->flags & SMB2_DFS_NAME_LIST))
        return f->path.len + f->alternate.len + f->target.len + 6;
    for (unsigned i = 0; i < f->name_count; i++)
        sum += f->names[i].len + 2;
    return sum + f->special.len + 2;
}

/* names: where this entry's names begin, from the entry's start. */
static void put_entry(struct builder *b, const struct smb2_dfs_referral *f, size_t names)
{
    bool list = f->flags & SMB2_DFS_NAME_LIST;
    struct span first = list ? f->special : f->path;
    size_t second = names + first.len + 2;

    builder_le16(b, f->version);
    builder_le16(b, ENTRY_SIZE);
    builder_le16(b, f->server_type);
    builder_le16(b, f->flags);
    builder_le32(b, f->ttl);
    builder_le16(b, (uint16_t)names);
    builder_le16(b, (uint16_t)(list ? f->name_count : second));
    builder_le16(b, (uint16_t)(list ? second : second + f->alternate.len + 2));
    builder_zeros(b, 16); /* the site of the target, which nobody fills in; padding */
    if (names + names_size(f) > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
}

void smb2_dfs_response_put(struct builder *b, const struct smb2_dfs_response *p)
{
    size_t names = (size_t)p->count * ENTRY_SIZE;

    builder_le16(b, p->path_consumed);
    builder_le16(b, (uint16_t)p->count);
    builder_le32(b, p->flags);
    for (unsigned i = 0; i < p->count; i++) {
        put_entry(b, &p->referrals[i], names);
        names += names_size(&p->referrals[i]) - ENTRY_SIZE;
    }
    for (unsigned i = 0; i < p->count; i++) {
        const struct smb2_dfs_referral *f = &p->referrals[i];
        bool list = f->flags & SMB2_DFS_NAME_LIST;

        put_name(b, list ? f->special : f->path);
        for (unsigned n = 0; list && n < f->name_count; n++)
            put_name(b, f->names[n]);
        if (!list) {
            put_name(b, f->alternate);
            put_name(b, f->target);
        }
    }
}
