#include "base/reader.h"
#include "directory/change.h"
#include "directory/record.h"

#define CHANGE_FORM     1
#define CHANGE_NAME_MAX UINT16_MAX

struct change {
    struct builder b;
};

struct change *change_new(struct arena *a, utime when)
{
    struct change *c = arena_new(a, struct change);
    if (!c)
        return NULL;
    change_begin(&c->b, a, when);
    return c;
}

void change_begin(struct builder *b, struct arena *a, utime when)
{
    builder_in(b, a, CHANGE_RECORD_MAX);
    builder_u8(b, CHANGE_FORM);
    builder_le64(b, (uint64_t)when);
}

/* Every call tolerates NULL, which change_done tells, so that callers check once. */
static bool begin(struct change *c, enum change_op op)
{
    if (!c)
        return false;
    builder_u8(&c->b, (uint8_t)op);
    return true;
}

static void put_name(struct builder *b, struct span s)
{
    if (s.len > CHANGE_NAME_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le16(b, (uint16_t)s.len);
    builder_span(b, s);
}

static void put_data(struct builder *b, struct span s)
{
    if (s.len > CHANGE_RECORD_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, (uint32_t)s.len);
    builder_span(b, s);
}

void change_create(struct change *c, dir_id id, dir_id parent, uint32_t class_id,
                   const struct guid *guid, uint32_t flags, struct span rdn)
{
    if (!begin(c, CHANGE_CREATE))
        return;
    builder_le32(&c->b, id);
    builder_le32(&c->b, parent);
    builder_le32(&c->b, class_id);
    builder_le32(&c->b, flags);
    builder_bytes(&c->b, guid->b, sizeof(guid->b));
    put_name(&c->b, rdn);
}

void change_set(struct change *c, dir_id id, uint32_t attr, const struct span *stored,
                unsigned count)
{
    if (!begin(c, CHANGE_SET))
        return;
    builder_le32(&c->b, id);
    builder_le32(&c->b, attr);
    builder_le32(&c->b, count);
    for (unsigned i = 0; i < count; i++)
        put_data(&c->b, stored[i]);
}

void change_move(struct change *c, dir_id id, dir_id parent, struct span rdn)
{
    if (!begin(c, CHANGE_MOVE))
        return;
    builder_le32(&c->b, id);
    builder_le32(&c->b, parent);
    put_name(&c->b, rdn);
}

void change_flags(struct change *c, dir_id id, uint32_t flags)
{
    if (!begin(c, CHANGE_FLAGS))
        return;
    builder_le32(&c->b, id);
    builder_le32(&c->b, flags);
}

void change_sd(struct change *c, dir_id id, struct span sd)
{
    if (!begin(c, CHANGE_SD))
        return;
    builder_le32(&c->b, id);
    put_data(&c->b, sd);
}

void change_sd_like(struct change *c, dir_id id, dir_id like)
{
    if (!begin(c, CHANGE_SD_LIKE))
        return;
    builder_le32(&c->b, id);
    builder_le32(&c->b, like);
}

static void put_link(struct change *c, enum change_op op, uint32_t attr, dir_id source,
                     dir_id target, struct span data)
{
    if (!begin(c, op))
        return;
    builder_le32(&c->b, attr);
    builder_le32(&c->b, source);
    builder_le32(&c->b, target);
    put_data(&c->b, data);
}

void change_link(struct change *c, uint32_t attr, dir_id source, dir_id target, struct span data)
{
    put_link(c, CHANGE_LINK, attr, source, target, data);
}

void change_unlink(struct change *c, uint32_t attr, dir_id source, dir_id target, struct span data)
{
    put_link(c, CHANGE_UNLINK, attr, source, target, data);
}

void change_secret(struct change *c, enum dir_secret_store store, dir_id id, struct span sealed)
{
    if (!begin(c, CHANGE_SECRET))
        return;
    builder_u8(&c->b, (uint8_t)store);
    builder_le32(&c->b, id);
    put_data(&c->b, sealed);
}

void change_meta(struct change *c, struct span key, struct span value)
{
    if (!begin(c, CHANGE_META))
        return;
    put_name(&c->b, key);
    put_data(&c->b, value);
}

void change_remove(struct change *c, dir_id id)
{
    if (begin(c, CHANGE_REMOVE))
        builder_le32(&c->b, id);
}

enum err change_done(struct change *c, struct span *record_out)
{
    return c ? builder_done(&c->b, record_out) : ERR_NOMEM;
}

/* --- reading ------------------------------------------------------------------------------------
 */

enum err change_read(struct span record, struct change_reader *out)
{
    struct reader r = reader_of(record);
    uint8_t form = reader_u8(&r);
    utime when = (utime)reader_le64(&r);
    if (!reader_ok(&r) || record.len > CHANGE_RECORD_MAX)
        return ERR_MALFORMED;
    if (form != CHANGE_FORM)
        return ERR_UNSUPPORTED;
    *out = (struct change_reader){reader_rest(&r), when};
    return ERR_OK;
}

static struct span get_name(struct reader *r)
{
    return reader_span(r, reader_le16(r));
}

static struct span get_data(struct reader *r)
{
    return reader_span(r, reader_le32(r));
}

/* The list stays in place; it is walked once here so that later steps cannot fail. */
static void get_values(struct reader *r, struct dir_values *out)
{
    uint32_t count = reader_le32(r);
    size_t start = r->pos;
    if (count > RECORD_VALUES_MAX)
        reader_fail(r, ERR_MALFORMED);
    for (uint32_t i = 0; i < count && reader_ok(r); i++)
        get_data(r);
    if (reader_ok(r))
        *out = (struct dir_values){span_of(r->base + start, r->pos - start), count, 0};
}

static void get_create(struct reader *r, struct change_item *i)
{
    i->id = reader_le32(r);
    i->parent = reader_le32(r);
    i->class_id = reader_le32(r);
    i->flags = reader_le32(r);
    reader_copy(r, i->guid.b, sizeof(i->guid.b));
    i->rdn = get_name(r);
}

static void get_item(struct reader *r, struct change_item *i)
{
    switch (i->op) {
    case CHANGE_CREATE:
        get_create(r, i);
        return;
    case CHANGE_SET:
        i->id = reader_le32(r);
        i->attr = reader_le32(r);
        get_values(r, &i->values);
        return;
    case CHANGE_MOVE:
        i->id = reader_le32(r);
        i->parent = reader_le32(r);
        i->rdn = get_name(r);
        return;
    case CHANGE_FLAGS:
        i->id = reader_le32(r);
        i->flags = reader_le32(r);
        return;
    case CHANGE_SD:
        i->id = reader_le32(r);
        i->data = get_data(r);
        return;
    case CHANGE_LINK:
    case CHANGE_UNLINK:
        i->attr = reader_le32(r);
        i->id = reader_le32(r);
        i->target = reader_le32(r);
        i->data = get_data(r);
        return;
    case CHANGE_SECRET:
        i->store = reader_u8(r);
        i->id = reader_le32(r);
        i->data = get_data(r);
        if ((unsigned)i->store >= DIR_SECRET__COUNT)
            reader_fail(r, ERR_MALFORMED);
        return;
    case CHANGE_META:
        i->key = get_name(r);
        i->data = get_data(r);
        return;
    case CHANGE_REMOVE:
        i->id = reader_le32(r);
        return;
    case CHANGE_SD_LIKE:
        i->id = reader_le32(r);
        i->target = reader_le32(r);
        return;
    }
    reader_fail(r, ERR_MALFORMED);
}

enum err change_next(struct change_reader *r, struct change_item *out)
{
    struct reader in = reader_of(r->rest);
    struct change_item item = {0};
    if (!r->rest.len)
        return ERR_NOT_FOUND;
    item.op = reader_u8(&in);
    get_item(&in, &item);
    if (!reader_ok(&in))
        return ERR_MALFORMED;
    r->rest = reader_rest(&in);
    *out = item;
    return ERR_OK;
}
