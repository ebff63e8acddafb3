#include "base/text.h"
#include "wire/ms/pac.h"

/* --- PAC_CLIENT_INFO ([MS-PAC] 2.7) ---------------------------------------------------------- */

enum err pac_client_info(struct span contents, struct arena *a, struct pac_client_info *out)
{
    struct reader r = reader_of(contents);
    struct pac_client_info info;
    struct span name;

    info.authtime = (int64_t)reader_le64(&r);
    name = reader_span(&r, reader_le16(&r));
    TRY(reader_end_whole(&r));
    TRY(text_from_utf16(name, a, &info.name));
    *out = info;
    return ERR_OK;
}

void pac_put_client_info(struct builder *b, const struct pac_client_info *info)
{
    size_t length_at, start;

    builder_le64(b, (uint64_t)info->authtime);
    length_at = b->len;
    builder_le16(b, 0);
    start = b->len;
    text_put_utf16(b, info->name);
    if (builder_ok(b) && b->len - start > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    if (builder_ok(b))
        builder_patch_le16(b, length_at, (uint16_t)(b->len - start));
}

/* --- UPN_DNS_INFO (2.10) --------------------------------------------------------------------- */

#define UPN_HEADER_SIZE          12
#define UPN_HEADER_SIZE_EXTENDED 20

/* A length and an offset, and the bytes they mean. */
static struct span upn_part(struct reader *r, struct span contents, size_t header)
{
    size_t length = reader_le16(r);
    size_t offset = reader_le16(r);

    if (!reader_ok(r))
        return SPAN_NONE;
    if (length && (offset < header || offset > contents.len || length > contents.len - offset)) {
        reader_fail(r, ERR_MALFORMED);
        return SPAN_NONE;
    }
    return span_sub(contents, offset, length);
}

enum err pac_upn_dns(struct span contents, struct arena *a, struct pac_upn_dns *out)
{
    struct reader r = reader_of(contents);
    struct span upn = upn_part(&r, contents, UPN_HEADER_SIZE);
    struct span dns = upn_part(&r, contents, UPN_HEADER_SIZE);
    struct pac_upn_dns info = {.flags = reader_le32(&r)};
    struct sid *sid;

    if (reader_ok(&r) && info.flags & PAC_UPN_EXTENDED) {
        struct span sam = upn_part(&r, contents, UPN_HEADER_SIZE_EXTENDED);
        struct span sid_bytes = upn_part(&r, contents, UPN_HEADER_SIZE_EXTENDED);

        sid = arena_new(a, struct sid);
        if (!sid)
            return ERR_NOMEM;
        if (reader_ok(&r))
            TRY(sid_from_bytes(sid_bytes, sid));
        TRY(text_from_utf16(sam, a, &info.sam_name));
        info.sid = sid;
    }
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    TRY(text_from_utf16(upn, a, &info.upn));
    TRY(text_from_utf16(dns, a, &info.dns_domain));
    *out = info;
    return ERR_OK;
}

static void upn_align(struct builder *b, size_t start)
{
    if (builder_ok(b))
        builder_zeros(b, -(b->len - start) & 7);
}

/* Fills in the header's entry at `at` for the bytes from `from` to the end, then pads. */
static void upn_entry(struct builder *b, size_t start, size_t at, size_t from)
{
    if (builder_ok(b) && b->len - start > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    if (!builder_ok(b))
        return;
    builder_patch_le16(b, at, (uint16_t)(b->len - from));
    builder_patch_le16(b, at + 2, (uint16_t)(from - start));
    upn_align(b, start);
}

void pac_put_upn_dns(struct builder *b, const struct pac_upn_dns *info)
{
    size_t start = b->len, from;
    bool extended = info->sid != NULL;

    builder_zeros(b, 8);
    builder_le32(b, extended ? info->flags | PAC_UPN_EXTENDED : info->flags & ~PAC_UPN_EXTENDED);
    builder_zeros(b, extended ? UPN_HEADER_SIZE_EXTENDED - UPN_HEADER_SIZE : 0);
    upn_align(b, start);
    from = b->len;
    text_put_utf16(b, info->upn);
    upn_entry(b, start, start, from);
    from = b->len;
    text_put_utf16(b, info->dns_domain);
    upn_entry(b, start, start + 4, from);
    if (!extended)
        return;
    from = b->len;
    text_put_utf16(b, info->sam_name);
    upn_entry(b, start, start + 12, from);
    from = b->len;
    sid_put(b, info->sid);
    upn_entry(b, start, start + 16, from);
}

/* --- PAC_ATTRIBUTES_INFO (2.14), PAC_REQUESTOR_SID (2.15), PAC_REQUESTOR_GUID (2.16) --------- */

#define ATTRIBUTES_BITS_DEFINED 2
#define ATTRIBUTES_BITS_MAX     1024

enum err pac_attributes(struct span contents, uint32_t *flags_out)
{
    struct reader r = reader_of(contents);
    uint32_t bits = reader_le32(&r);
    uint32_t flags = bits ? reader_le32(&r) : 0;

    if (bits > ATTRIBUTES_BITS_MAX)
        return ERR_LIMIT;
    if (bits > 32)
        reader_skip(&r, (bits - 1) / 32 * 4);
    TRY(reader_end_whole(&r));
    *flags_out = flags;
    return ERR_OK;
}

void pac_put_attributes(struct builder *b, uint32_t flags)
{
    builder_le32(b, ATTRIBUTES_BITS_DEFINED);
    builder_le32(b, flags);
}

enum err pac_requestor_sid(struct span contents, struct sid *out)
{
    return sid_from_bytes(contents, out);
}

enum err pac_requestor_guid(struct span contents, struct guid *out)
{
    if (contents.len != sizeof(out->b))
        return ERR_MALFORMED;
    memcpy(out->b, contents.ptr, sizeof(out->b));
    return ERR_OK;
}
