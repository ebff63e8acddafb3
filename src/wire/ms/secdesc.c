#include "wire/ms/secdesc.h"

#define SD_REVISION     1
#define SD_HEADER_SIZE  20
#define ACL_HEADER_SIZE 8
#define ACE_HEADER_SIZE 4
#define OBJECT_TYPE     1
#define INHERITED_TYPE  2

/* What the bytes of an ACE mean by its type. */
enum ace_form { FORM_OPAQUE, FORM_PLAIN, FORM_OBJECT };

static enum ace_form form_of(uint8_t type)
{
    static const uint8_t forms[] = {
        [ACE_ALLOWED] = FORM_PLAIN,
        [ACE_DENIED] = FORM_PLAIN,
        [ACE_AUDIT] = FORM_PLAIN,
        [ACE_ALARM] = FORM_PLAIN,
        [ACE_ALLOWED_OBJECT] = FORM_OBJECT,
        [ACE_DENIED_OBJECT] = FORM_OBJECT,
        [ACE_AUDIT_OBJECT] = FORM_OBJECT,
        [ACE_ALARM_OBJECT] = FORM_OBJECT,
        [ACE_ALLOWED_CALLBACK] = FORM_PLAIN,
        [ACE_DENIED_CALLBACK] = FORM_PLAIN,
        [ACE_ALLOWED_CALLBACK_OBJECT] = FORM_OBJECT,
        [ACE_DENIED_CALLBACK_OBJECT] = FORM_OBJECT,
        [ACE_AUDIT_CALLBACK] = FORM_PLAIN,
        [ACE_AUDIT_CALLBACK_OBJECT] = FORM_OBJECT,
        [ACE_MANDATORY_LABEL] = FORM_PLAIN,
        [ACE_RESOURCE_ATTRIBUTE] = FORM_PLAIN,
        [ACE_SCOPED_POLICY] = FORM_PLAIN,
    };

    return type < sizeof(forms) ? (enum ace_form)forms[type] : FORM_OPAQUE;
}

bool ace_type_is_object(uint8_t type)
{
    return form_of(type) == FORM_OBJECT;
}

/* --- reading -------------------------------------------------------------------------------- */

/* The owner or group at an offset; 0 is absent. */
static enum err sid_at(struct span bytes, uint32_t offset, bool *has_out, struct sid *out)
{
    struct reader r = reader_of(bytes);

    *has_out = offset != 0;
    if (offset == 0)
        return ERR_OK;
    if (offset < SD_HEADER_SIZE)
        return ERR_MALFORMED;
    reader_seek(&r, offset);
    sid_read(&r, out);
    return reader_ok(&r) ? ERR_OK : ERR_MALFORMED;
}

/* The list at an offset, cut to its own size. */
static enum err acl_at(struct span bytes, uint32_t offset, struct span *out)
{
    struct reader r = reader_of(bytes);
    struct span acl;
    uint16_t size, count;
    uint8_t revision;

    if (offset == 0)
        return ERR_OK;
    if (offset < SD_HEADER_SIZE)
        return ERR_MALFORMED;
    reader_seek(&r, offset);
    revision = reader_u8(&r);
    reader_skip(&r, 1);
    size = reader_le16(&r);
    count = reader_le16(&r);
    reader_seek(&r, offset);
    acl = reader_span(&r, size);
    if (!reader_ok(&r) || size < ACL_HEADER_SIZE)
        return ERR_MALFORMED;
    if (revision < ACL_REVISION_NT || revision > ACL_REVISION_AD)
        return ERR_UNSUPPORTED;
    if (count > ACES_MAX)
        return ERR_LIMIT;
    *out = acl;
    return ERR_OK;
}

enum err sd_open(struct span bytes, struct sd *out)
{
    struct reader r = reader_of(bytes);
    uint8_t revision = reader_u8(&r);
    uint32_t owner, group, sacl, dacl;
    struct sd sd = {0};

    reader_skip(&r, 1);
    sd.control = reader_le16(&r);
    owner = reader_le32(&r);
    group = reader_le32(&r);
    sacl = reader_le32(&r);
    dacl = reader_le32(&r);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (bytes.len > SD_MAX)
        return ERR_LIMIT;
    if (revision != SD_REVISION || !(sd.control & SD_SELF_RELATIVE))
        return ERR_UNSUPPORTED;
    TRY(sid_at(bytes, owner, &sd.has_owner, &sd.owner));
    TRY(sid_at(bytes, group, &sd.has_group, &sd.group));
    if (sd.control & SD_SACL_PRESENT)
        TRY(acl_at(bytes, sacl, &sd.sacl));
    if (sd.control & SD_DACL_PRESENT)
        TRY(acl_at(bytes, dacl, &sd.dacl));
    *out = sd;
    return ERR_OK;
}

static enum err check_list(struct span acl)
{
    struct ace_iter it;
    struct ace ace;

    ace_iter_init(&it, acl);
    while (ace_next(&it, &ace))
        ;
    return ace_iter_err(&it);
}

enum err sd_check(struct span bytes)
{
    struct sd sd;

    TRY(sd_open(bytes, &sd));
    TRY(check_list(sd.sacl));
    return check_list(sd.dacl);
}

uint8_t acl_revision(struct span acl)
{
    struct reader r = reader_of(acl);

    return reader_u8(&r);
}

unsigned acl_count(struct span acl)
{
    struct reader r = reader_of(acl);

    reader_skip(&r, 4);
    return reader_le16(&r);
}

void ace_iter_init(struct ace_iter *it, struct span acl)
{
    it->r = reader_of(acl);
    it->left = 0;
    if (acl.len == 0)
        return;
    it->left = acl_count(acl);
    reader_skip(&it->r, ACL_HEADER_SIZE);
    if (!reader_ok(&it->r))
        it->left = 0;
}

static const struct guid *guid_view(struct reader *r)
{
    struct span s = reader_span(r, sizeof(struct guid));

    return reader_ok(r) ? (const struct guid *)(const void *)s.ptr : NULL;
}

static void read_object_types(struct reader *r, struct ace *ace)
{
    uint32_t present = reader_le32(r);

    if (present & OBJECT_TYPE)
        ace->object_type = guid_view(r);
    if (present & INHERITED_TYPE)
        ace->inherited_type = guid_view(r);
}

bool ace_next(struct ace_iter *it, struct ace *out)
{
    struct ace ace = {0};
    struct reader r;
    size_t start = it->r.pos;
    uint16_t size;

    if (it->left == 0 || !reader_ok(&it->r))
        return false;
    ace.type = reader_u8(&it->r);
    ace.flags = reader_u8(&it->r);
    size = reader_le16(&it->r);
    if (size < ACE_HEADER_SIZE)
        reader_fail(&it->r, ERR_MALFORMED);
    r = reader_of(reader_span(&it->r, (size_t)size - ACE_HEADER_SIZE));
    ace.known = form_of(ace.type) != FORM_OPAQUE;
    if (ace.known)
        ace.mask = reader_le32(&r);
    if (ace_type_is_object(ace.type))
        read_object_types(&r, &ace);
    if (ace.known)
        sid_read(&r, &ace.sid);
    ace.extra = reader_rest(&r);
    if (!reader_ok(&r) || !reader_ok(&it->r)) {
        it->r.err = ERR_MALFORMED;
        return false;
    }
    ace.bytes = span_of(it->r.base + start, size);
    it->left--;
    *out = ace;
    return true;
}

/* --- writing -------------------------------------------------------------------------------- */

void ace_put(struct builder *b, const struct ace *ace)
{
    size_t start = b->len;
    bool object = ace_type_is_object(ace->type);

    builder_u8(b, ace->type);
    builder_u8(b, ace->flags);
    builder_le16(b, 0);
    if (form_of(ace->type) != FORM_OPAQUE)
        builder_le32(b, ace->mask);
    if (object) {
        builder_le32(b, (ace->object_type ? OBJECT_TYPE : 0) |
                            (ace->inherited_type ? INHERITED_TYPE : 0));
        builder_bytes(b, ace->object_type, ace->object_type ? sizeof(struct guid) : 0);
        builder_bytes(b, ace->inherited_type, ace->inherited_type ? sizeof(struct guid) : 0);
    } else if (ace->object_type || ace->inherited_type) {
        builder_fail(b, ERR_RANGE);
    }
    if (form_of(ace->type) != FORM_OPAQUE)
        sid_put(b, &ace->sid);
    builder_span(b, ace->extra);
    if (!builder_ok(b))
        return;
    builder_zeros(b, -(b->len - start) & 3);
    if (b->len - start > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    if (builder_ok(b))
        builder_patch_le16(b, start + 2, (uint16_t)(b->len - start));
}

static uint8_t revision_for(const struct acl_build *acl)
{
    for (unsigned i = 0; i < acl->count; i++) {
        if (ace_type_is_object(acl->aces[i].type))
            return ACL_REVISION_AD;
    }
    return ACL_REVISION_NT;
}

void acl_put(struct builder *b, const struct acl_build *acl)
{
    size_t start = b->len;

    if (acl->count > ACES_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_u8(b, acl->revision ? acl->revision : revision_for(acl));
    builder_u8(b, 0);
    builder_le16(b, 0);
    builder_le16(b, (uint16_t)acl->count);
    builder_le16(b, 0);
    for (unsigned i = 0; i < acl->count && builder_ok(b); i++)
        ace_put(b, &acl->aces[i]);
    if (builder_ok(b) && b->len - start > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    if (builder_ok(b))
        builder_patch_le16(b, start + 2, (uint16_t)(b->len - start));
}

static void put_part(struct builder *b, size_t start, size_t field, const struct sid *sid,
                     const struct acl_build *acl)
{
    size_t offset = b->len - start;

    if ((!sid && !acl) || !builder_ok(b))
        return;
    builder_patch_le32(b, start + field, (uint32_t)offset);
    if (sid)
        sid_put(b, sid);
    else
        acl_put(b, acl);
}

void sd_put(struct builder *b, const struct sd_build *sd)
{
    size_t start = b->len;
    uint16_t control = sd->control | SD_SELF_RELATIVE;

    if (sd->dacl)
        control |= SD_DACL_PRESENT;
    if (sd->sacl)
        control |= SD_SACL_PRESENT;
    builder_u8(b, SD_REVISION);
    builder_u8(b, 0);
    builder_le16(b, control);
    builder_zeros(b, 16);
    put_part(b, start, 12, NULL, sd->sacl);
    put_part(b, start, 16, NULL, sd->dacl);
    put_part(b, start, 4, sd->owner, NULL);
    put_part(b, start, 8, sd->group, NULL);
    if (builder_ok(b) && b->len - start > SD_MAX)
        builder_fail(b, ERR_LIMIT);
}
