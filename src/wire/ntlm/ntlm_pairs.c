/*
 * AV pairs, and the response of version 2 that carries them back: [MS-NLMP] 2.2.2.1, 2.2.2.7.
 */
#include "base/reader.h"
#include "wire/ntlm/ntlm.h"

enum pair { /* MsvAv... */
            PAIR_END,
            PAIR_COMPUTER,
            PAIR_DOMAIN,
            PAIR_DNS_COMPUTER,
            PAIR_DNS_DOMAIN,
            PAIR_DNS_TREE,
            PAIR_FLAGS,
            PAIR_TIMESTAMP,
            PAIR_SINGLE_HOST,
            PAIR_TARGET_NAME,
            PAIR_BINDING,
            PAIR__COUNT
};

#define BINDING_SIZE 16

static void take_pair(struct reader *r, unsigned id, struct span value, struct ntlm_target_info *i)
{
    struct span *const spans[PAIR__COUNT] = {
        [PAIR_COMPUTER] = &i->computer,         [PAIR_DOMAIN] = &i->domain,
        [PAIR_DNS_COMPUTER] = &i->dns_computer, [PAIR_DNS_DOMAIN] = &i->dns_domain,
        [PAIR_DNS_TREE] = &i->dns_tree,         [PAIR_SINGLE_HOST] = &i->single,
        [PAIR_TARGET_NAME] = &i->target,        [PAIR_BINDING] = &i->binding,
    };
    struct reader v = reader_of(value);
    if (id == PAIR_FLAGS) {
        i->has_flags = true;
        i->flags = reader_le32(&v);
    } else if (id == PAIR_TIMESTAMP) {
        i->has_timestamp = true;
        i->timestamp = (int64_t)reader_le64(&v);
    } else {
        *spans[id] = value;
        if (id == PAIR_BINDING && value.len != BINDING_SIZE)
            reader_fail(r, ERR_MALFORMED);
        return;
    }
    if (reader_end(&v) != ERR_OK)
        reader_fail(r, ERR_MALFORMED);
}

enum err ntlm_target_info_decode(struct span in, struct ntlm_target_info *out)
{
    struct reader r = reader_of(in);
    struct ntlm_target_info info = {0};
    unsigned seen = 0;
    for (unsigned n = 0; reader_ok(&r); n++) {
        unsigned id = reader_le16(&r), len = reader_le16(&r);
        struct span value = reader_span(&r, len);
        if (!reader_ok(&r) || n == NTLM_PAIRS_MAX)
            return ERR_MALFORMED;
        if (id == PAIR_END)
            break;
        if (id >= PAIR__COUNT)
            continue;
        if (seen & 1u << id)
            return ERR_MALFORMED;
        seen |= 1u << id;
        take_pair(&r, id, value, &info);
    }
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    *out = info;
    return ERR_OK;
}

static void put_head(struct builder *b, enum pair id, size_t len)
{
    if (len > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le16(b, id);
    builder_le16(b, (uint16_t)len);
}

static void put_span(struct builder *b, enum pair id, struct span value)
{
    if (!value.ptr)
        return;
    put_head(b, id, value.len);
    builder_span(b, value);
}

void ntlm_put_target_info(struct builder *b, const struct ntlm_target_info *i)
{
    put_span(b, PAIR_COMPUTER, i->computer);
    put_span(b, PAIR_DOMAIN, i->domain);
    put_span(b, PAIR_DNS_COMPUTER, i->dns_computer);
    put_span(b, PAIR_DNS_DOMAIN, i->dns_domain);
    put_span(b, PAIR_DNS_TREE, i->dns_tree);
    if (i->has_flags) {
        put_head(b, PAIR_FLAGS, 4);
        builder_le32(b, i->flags);
    }
    if (i->has_timestamp) {
        put_head(b, PAIR_TIMESTAMP, 8);
        builder_le64(b, (uint64_t)i->timestamp);
    }
    put_span(b, PAIR_SINGLE_HOST, i->single);
    put_span(b, PAIR_TARGET_NAME, i->target);
    put_span(b, PAIR_BINDING, i->binding);
    put_head(b, PAIR_END, 0);
}

/* --- the response of version 2 ------------------------------------------------------------------
 */

enum err ntlm_v2_response_decode(struct span in, struct ntlm_v2_response *out)
{
    struct reader r = reader_of(in);
    struct ntlm_v2_response m = {0};
    m.proof = reader_take(&r, 16);
    m.temp = span_sub(in, 16, in.len);
    uint8_t type = reader_u8(&r), highest = reader_u8(&r);
    reader_skip(&r, 6);
    m.timestamp = (int64_t)reader_le64(&r);
    m.challenge = reader_take(&r, 8);
    reader_skip(&r, 4);
    if (!reader_ok(&r) || type != 1 || highest != 1)
        return ERR_MALFORMED;
    TRY(ntlm_target_info_decode(reader_rest(&r), &m.info));
    *out = m;
    return ERR_OK;
}

void ntlm_put_client_challenge(struct builder *b, int64_t timestamp, const uint8_t challenge[8],
                               const struct ntlm_target_info *info)
{
    builder_u8(b, 1);
    builder_u8(b, 1);
    builder_zeros(b, 6);
    builder_le64(b, (uint64_t)timestamp);
    builder_bytes(b, challenge, 8);
    builder_zeros(b, 4);
    ntlm_put_target_info(b, info);
    builder_zeros(b, 4);
}
