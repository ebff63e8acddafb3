#include "directory/intent.h"

#include "base/builder.h"
#include "base/reader.h"

/* "EI" and the version; "ER" for replies. A change of layout is a new version. */
#define INTENT_MAGIC 0x00024945u
#define REPLY_MAGIC  0x00015245u

/* Smallest encodings, so that a count can be checked against what is left before memory is taken.
 */
#define SPAN_MIN 4
#define SID_MIN  8
#define MOD_MIN  (1 + SPAN_MIN + 4)

static void put_span(struct builder *b, struct span s)
{
    if (s.len > INTENT_SIZE_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, (uint32_t)s.len);
    builder_span(b, s);
}

static struct span get_span(struct reader *r)
{
    return reader_span(r, reader_le32(r));
}

/* A count of things of at least unit bytes each. */
static unsigned get_count(struct reader *r, unsigned max, size_t unit)
{
    uint32_t n = reader_le32(r);
    if (n > max)
        reader_fail(r, ERR_LIMIT);
    else if (n > reader_left(r) / unit)
        reader_fail(r, ERR_MALFORMED);
    return reader_ok(r) ? n : 0;
}

static void put_count(struct builder *b, unsigned n, unsigned max)
{
    if (n > max)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, n);
}

static void *get_array(struct reader *r, struct arena *a, unsigned n, size_t size)
{
    void *mem = arena_array(a, n, size);
    if (!mem)
        reader_fail(r, ERR_NOMEM);
    return mem;
}

static void put_spans(struct builder *b, const struct span *s, unsigned n, unsigned max)
{
    put_count(b, n, max);
    for (unsigned i = 0; i < n && builder_ok(b); i++)
        put_span(b, s[i]);
}

static struct span *get_spans(struct reader *r, struct arena *a, unsigned max, unsigned *n_out)
{
    unsigned n = get_count(r, max, SPAN_MIN);
    struct span *s = get_array(r, a, n, sizeof *s);
    for (unsigned i = 0; i < n && reader_ok(r); i++)
        s[i] = get_span(r);
    *n_out = n;
    return s;
}

static void put_token(struct builder *b, const struct dir_token *t)
{
    builder_le32(b, t->account);
    put_count(b, t->count, INTENT_SIDS_MAX);
    for (unsigned i = 0; i < t->count && builder_ok(b); i++)
        sid_put(b, &t->sids[i]);
}

static void get_token(struct reader *r, struct arena *a, bool system, struct dir_token *t)
{
    t->account = reader_le32(r);
    t->count = get_count(r, INTENT_SIDS_MAX, SID_MIN);
    struct sid *sids = get_array(r, a, t->count, sizeof *sids);
    for (unsigned i = 0; i < t->count && reader_ok(r); i++)
        sid_read(r, &sids[i]);
    t->sids = sids;
    t->system = system;
}

static void put_mods(struct builder *b, const struct intent *in)
{
    unsigned left = INTENT_VALUES_MAX;
    put_count(b, in->mod_count, INTENT_MODS_MAX);
    for (unsigned i = 0; i < in->mod_count && builder_ok(b); i++) {
        const struct intent_mod *m = &in->mods[i];
        builder_u8(b, (uint8_t)m->op);
        put_span(b, m->attr);
        put_spans(b, m->values, m->count, left);
        left -= m->count <= left ? m->count : left;
    }
}

static void get_mods(struct reader *r, struct arena *a, struct intent *in)
{
    unsigned left = INTENT_VALUES_MAX;
    in->mod_count = get_count(r, INTENT_MODS_MAX, MOD_MIN);
    in->mods = get_array(r, a, in->mod_count, sizeof *in->mods);
    for (unsigned i = 0; i < in->mod_count && reader_ok(r); i++) {
        struct intent_mod *m = &in->mods[i];
        uint8_t op = reader_u8(r);
        if (op > MOD_REPLACE)
            reader_fail(r, ERR_MALFORMED);
        m->op = op;
        m->attr = get_span(r);
        m->values = get_spans(r, a, left, &m->count);
        left -= m->count;
    }
}

static void put_trust(struct builder *b, const struct intent_trust *t)
{
    put_span(b, t->dns_name);
    put_span(b, t->flat_name);
    /* A SID of no sub-authorities and revision 0 says "none"; any other is a whole one. */
    builder_u8(b, t->sid.revision);
    if (t->sid.revision)
        sid_put(b, &t->sid);
    builder_le32(b, t->direction);
    builder_le32(b, t->type);
    builder_le32(b, t->attributes);
    builder_le32(b, t->enctypes);
    put_span(b, t->password);
    put_span(b, t->incoming);
    put_span(b, t->outgoing);
    put_span(b, t->forest_info);
    put_span(b, t->secret);
    builder_le32(b, t->version);
    builder_le64(b, t->usn);
}

static void get_trust(struct reader *r, struct intent_trust *t)
{
    t->dns_name = get_span(r);
    t->flat_name = get_span(r);
    uint8_t revision = reader_u8(r);
    if (revision > 1)
        reader_fail(r, ERR_MALFORMED);
    if (revision && reader_ok(r))
        sid_read(r, &t->sid);
    t->direction = reader_le32(r);
    t->type = reader_le32(r);
    t->attributes = reader_le32(r);
    t->enctypes = reader_le32(r);
    t->password = get_span(r);
    t->incoming = get_span(r);
    t->outgoing = get_span(r);
    t->forest_info = get_span(r);
    t->secret = get_span(r);
    t->version = reader_le32(r);
    t->usn = reader_le64(r);
}

static void put_batch(struct builder *b, const struct intent *in)
{
    put_count(b, in->batch_count, INTENT_BATCH_MAX);
    for (unsigned i = 0; i < in->batch_count && builder_ok(b); i++) {
        builder_le32(b, in->batch_ids[i]);
        builder_le64(b, (uint64_t)in->batch_times[i]);
    }
}

static void get_batch(struct reader *r, struct arena *a, struct intent *in)
{
    in->batch_count = get_count(r, INTENT_BATCH_MAX, 12);
    dir_id *ids = get_array(r, a, in->batch_count, sizeof *ids);
    int64_t *times = get_array(r, a, in->batch_count, sizeof *times);
    for (unsigned i = 0; i < in->batch_count && reader_ok(r); i++) {
        ids[i] = reader_le32(r);
        times[i] = (int64_t)reader_le64(r);
    }
    in->batch_ids = ids;
    in->batch_times = times;
}

static bool kind_ok(unsigned kind)
{
    return kind >= INTENT_ADD && kind < INTENT_KIND_END;
}

enum err intent_encode(const struct intent *in, struct arena *a, struct span *out)
{
    if (!kind_ok(in->kind) || (in->flags & ~(unsigned)INTENT_FLAGS_ALL))
        return ERR_RANGE;
    struct builder b;
    builder_in(&b, a, INTENT_SIZE_MAX);
    builder_le32(&b, INTENT_MAGIC);
    builder_le32(&b, in->kind);
    builder_le32(&b, in->flags);
    put_token(&b, &in->token);
    put_span(&b, in->target);
    put_span(&b, in->new_rdn);
    put_span(&b, in->new_parent);
    builder_u8(&b, in->delete_old_rdn);
    builder_le32(&b, in->sd_parts);
    put_mods(&b, in);
    put_span(&b, in->old_password);
    put_span(&b, in->new_password);
    put_trust(&b, &in->trust);
    put_spans(&b, in->servers, in->server_count, INTENT_SERVERS_MAX);
    builder_le32(&b, in->account);
    builder_le64(&b, (uint64_t)in->when);
    put_batch(&b, in);
    put_span(&b, in->ldif);
    builder_le32(&b, in->first_line);
    return builder_done(&b, out);
}

enum err intent_decode(struct span bytes, struct arena *a, struct intent *out)
{
    if (bytes.len > INTENT_SIZE_MAX)
        return ERR_LIMIT;
    struct reader r = reader_of(bytes);
    struct intent in = {0};
    if (reader_le32(&r) != INTENT_MAGIC)
        reader_fail(&r, ERR_MALFORMED);
    uint32_t kind = reader_le32(&r);
    in.flags = reader_le32(&r);
    if (!kind_ok(kind) || (in.flags & ~(unsigned)INTENT_FLAGS_ALL))
        reader_fail(&r, ERR_MALFORMED);
    in.kind = kind;
    get_token(&r, a, in.flags & INTENT_SYSTEM, &in.token);
    in.target = get_span(&r);
    in.new_rdn = get_span(&r);
    in.new_parent = get_span(&r);
    uint8_t old = reader_u8(&r);
    if (old > 1)
        reader_fail(&r, ERR_MALFORMED);
    in.delete_old_rdn = old;
    in.sd_parts = reader_le32(&r);
    get_mods(&r, a, &in);
    in.old_password = get_span(&r);
    in.new_password = get_span(&r);
    get_trust(&r, &in.trust);
    in.servers = get_spans(&r, a, INTENT_SERVERS_MAX, &in.server_count);
    in.account = reader_le32(&r);
    in.when = (int64_t)reader_le64(&r);
    get_batch(&r, a, &in);
    in.ldif = get_span(&r);
    in.first_line = reader_le32(&r);
    TRY(reader_end(&r));
    *out = in;
    return ERR_OK;
}

enum err intent_reply_encode(const struct intent_reply *in, struct arena *a, struct span *out)
{
    if (in->err >= ERR__COUNT || in->reason >= REASON__COUNT)
        return ERR_RANGE;
    struct builder b;
    builder_in(&b, a, INTENT_SIZE_MAX);
    builder_le32(&b, REPLY_MAGIC);
    builder_le32(&b, in->err);
    /* The reason goes by its code, so that processes of two builds understand each other. */
    put_span(&b, in->reason == REASON_NONE ? SPAN_NONE : span_str(reason_row(in->reason)->code));
    builder_le64(&b, in->usn);
    builder_le32(&b, in->id);
    put_span(&b, in->text);
    put_span(&b, in->data);
    return builder_done(&b, out);
}

enum err intent_reply_decode(struct span bytes, struct arena *a, struct intent_reply *out)
{
    (void)a;
    if (bytes.len > INTENT_SIZE_MAX)
        return ERR_LIMIT;
    struct reader r = reader_of(bytes);
    struct intent_reply in = {0};
    if (reader_le32(&r) != REPLY_MAGIC)
        reader_fail(&r, ERR_MALFORMED);
    uint32_t e = reader_le32(&r);
    if (e >= ERR__COUNT)
        reader_fail(&r, ERR_MALFORMED);
    in.err = e;
    struct span code = get_span(&r);
    in.reason = code.len ? reason_by_code(code) : REASON_NONE;
    in.usn = reader_le64(&r);
    in.id = reader_le32(&r);
    in.text = get_span(&r);
    in.data = get_span(&r);
    TRY(reader_end(&r));
    *out = in;
    return ERR_OK;
}
