#include "directory/account.h"
#include "directory/dir_internal.h"
#include "directory/record.h"

static const struct record_attr *find(const struct record *r, uint32_t attr)
{
    for (unsigned i = 0; i < r->attr_count; i++) {
        if (r->attrs[i].attr == attr)
            return &r->attrs[i];
    }
    return NULL;
}

static uint64_t number(const struct record *r, uint32_t attr)
{
    const struct record_attr *a = find(r, attr);
    if (!a || (a->values[0].len != 4 && a->values[0].len != 8))
        return 0;
    return a->values[0].len == 4 ? le32_at(a->values[0].ptr) : le64_at(a->values[0].ptr);
}

/* An account is what can log on: it has a name, a SID and userAccountControl. Groups have no block.
 */
static bool is_account(const struct record *r)
{
    const struct record_attr *sid = find(r, ATTR_objectSid);
    struct sid parsed;
    return find(r, ATTR_sAMAccountName) && find(r, ATTR_userAccountControl) && sid &&
           sid_from_bytes(sid->values[0], &parsed) == ERR_OK;
}

static size_t values_size(const struct record_attr *a)
{
    if (a->count == 1)
        return a->values[0].len;
    size_t n = 4;
    for (uint32_t i = 0; i < a->count; i++)
        n += 4 + a->values[i].len;
    return n;
}

/* Where the only value of attr will lie, from the start of attrs; 0, 0 when there is none. */
static void put_place(struct builder *b, const struct record *r, uint32_t attr)
{
    size_t at = (size_t)r->attr_count * RECORD_TABLE_ENTRY;
    for (unsigned i = 0; i < r->attr_count; i++) {
        if (r->attrs[i].attr == attr && r->attrs[i].count == 1) {
            builder_le32(b, (uint32_t)at);
            builder_le32(b, (uint32_t)r->attrs[i].values[0].len);
            return;
        }
        at += values_size(&r->attrs[i]);
    }
    builder_le64(b, 0);
}

static void put_account(struct builder *b, const struct record *r)
{
    builder_le32(b, (uint32_t)number(r, ATTR_userAccountControl));
    builder_le32(b, (uint32_t)number(r, ATTR_msDS_SupportedEncryptionTypes));
    builder_le32(b, (uint32_t)number(r, ATTR_primaryGroupID));
    builder_le32(b, 0);
    builder_le64(b, number(r, ATTR_pwdLastSet));
    builder_le64(b, number(r, ATTR_accountExpires));
    builder_le64(b, number(r, ATTR_lockoutTime));
    put_place(b, r, ATTR_objectSid);
    put_place(b, r, ATTR_sAMAccountName);
    put_place(b, r, ATTR_userPrincipalName);
    put_place(b, r, ATTR_logonHours);
}

static void put_header(struct builder *b, const struct record *r, bool account)
{
    builder_le32(b, r->parent);
    builder_le32(b, r->class_id);
    builder_le32(b, r->flags);
    builder_le32(b, r->sd_id);
    builder_bytes(b, r->guid.b, sizeof(r->guid.b));
    builder_le64(b, r->usn_created);
    builder_le64(b, r->usn_changed);
    builder_le64(b, (uint64_t)r->when_created);
    builder_le64(b, (uint64_t)r->when_changed);
    builder_le16(b, (uint16_t)r->rdn.len);
    builder_le16(b, account ? ACCOUNT_BLOCK_SIZE : 0);
    builder_le32(b, r->attr_count);
    if (account)
        put_account(b, r);
    builder_span(b, r->rdn);
}

static void put_values(struct builder *b, const struct record_attr *a)
{
    if (a->count == 1) {
        builder_span(b, a->values[0]);
        return;
    }
    builder_le32(b, a->count);
    for (uint32_t i = 0; i < a->count; i++) {
        builder_le32(b, (uint32_t)a->values[i].len);
        builder_span(b, a->values[i]);
    }
}

enum err record_encode(const struct record *r, struct arena *a, struct span *out)
{
    struct builder b;
    size_t place = 0;
    if (r->rdn.len > RECORD_RDN_MAX || r->attr_count > RECORD_ATTRS_MAX)
        return ERR_LIMIT;
    builder_in(&b, a, RECORD_SIZE_MAX);
    put_header(&b, r, is_account(r));
    for (unsigned i = 0; i < r->attr_count; i++) {
        ENT_ASSERT(r->attrs[i].count > 0 && (i == 0 || r->attrs[i].attr > r->attrs[i - 1].attr));
        if (r->attrs[i].count > RECORD_VALUES_MAX || place > RECORD_SIZE_MAX)
            return ERR_LIMIT;
        builder_le32(&b, r->attrs[i].attr);
        builder_le32(&b, (uint32_t)place | (r->attrs[i].count > 1 ? RECORD_LIST : 0));
        place += values_size(&r->attrs[i]);
    }
    for (unsigned i = 0; i < r->attr_count; i++)
        put_values(&b, &r->attrs[i]);
    return builder_done(&b, out);
}
