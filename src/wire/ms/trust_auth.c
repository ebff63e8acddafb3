#include "wire/ms/trust_auth.h"

#include "base/reader.h"

#define HEADER_SIZE 12

static enum err read_infos(struct span bytes, unsigned count, struct trust_auth_info *out)
{
    struct reader r = reader_of(bytes);

    for (unsigned i = 0; i < count; i++) {
        out[i].time = (int64_t)reader_le64(&r);
        out[i].type = reader_le32(&r);
        out[i].data = reader_span(&r, reader_le32(&r));
        /* Some writers leave out the padding after the very last entry. */
        if (i + 1 < count || reader_left(&r) != 0)
            reader_align(&r, 4);
    }
    return reader_end_whole(&r);
}

enum err trust_auth_decode(struct span blob, struct trust_auth *out)
{
    struct reader r = reader_of(blob);
    uint32_t count = reader_le32(&r);
    uint32_t current = reader_le32(&r);
    uint32_t previous = reader_le32(&r);
    struct trust_auth auth = {.count = count};

    if (blob.len == 0 || (reader_ok(&r) && count == 0 && blob.len <= HEADER_SIZE)) {
        *out = (struct trust_auth){0};
        return ERR_OK;
    }
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (count > TRUST_AUTH_INFOS_MAX || blob.len > TRUST_AUTH_MAX)
        return ERR_LIMIT;
    if (count == 0 || current != HEADER_SIZE || previous < current || previous > blob.len)
        return ERR_MALFORMED;
    auth.previous_count = previous < blob.len ? count : 0;
    TRY(read_infos(span_sub(blob, current, previous - current), count, auth.current));
    TRY(read_infos(span_sub(blob, previous, SIZE_MAX), auth.previous_count, auth.previous));
    *out = auth;
    return ERR_OK;
}

static void put_infos(struct builder *b, size_t start, const struct trust_auth_info *infos,
                      unsigned count)
{
    for (unsigned i = 0; i < count && builder_ok(b); i++) {
        builder_le64(b, (uint64_t)infos[i].time);
        builder_le32(b, infos[i].type);
        builder_le32(b, (uint32_t)infos[i].data.len);
        builder_span(b, infos[i].data);
        if (builder_ok(b))
            builder_zeros(b, -(b->len - start) & 3);
    }
}

void trust_auth_put(struct builder *b, const struct trust_auth *auth)
{
    size_t start = b->len;

    if (auth->count > TRUST_AUTH_INFOS_MAX ||
        (auth->previous_count && auth->previous_count != auth->count))
        builder_fail(b, ERR_RANGE);
    builder_le32(b, auth->count);
    builder_le32(b, auth->count ? HEADER_SIZE : 0);
    builder_le32(b, 0);
    if (!builder_ok(b) || auth->count == 0)
        return;
    put_infos(b, start, auth->current, auth->count);
    if (builder_ok(b))
        builder_patch_le32(b, start + 8, (uint32_t)(b->len - start));
    put_infos(b, start, auth->previous, auth->previous_count);
}

const struct trust_auth_info *trust_auth_find(const struct trust_auth_info *infos, unsigned count,
                                              enum trust_auth_type type)
{
    for (unsigned i = 0; i < count; i++) {
        if (infos[i].type == type)
            return &infos[i];
    }
    return NULL;
}

uint32_t trust_auth_version(const struct trust_auth_info *infos, unsigned count)
{
    const struct trust_auth_info *info = trust_auth_find(infos, count, TRUST_AUTH_VERSION);
    struct reader r = reader_of(info ? info->data : SPAN_NONE);

    return info && info->data.len == 4 ? reader_le32(&r) : 0;
}

/* --- LSAPR_TRUSTED_DOMAIN_AUTH_BLOB --------------------------------------------------------- */

#define SIZES_SIZE 8

enum err trust_auth_pair_decode(struct span blob, struct trust_auth_pair *out)
{
    struct trust_auth_pair pair;
    struct reader sizes =
        reader_of(span_sub(blob, blob.len < SIZES_SIZE ? 0 : blob.len - SIZES_SIZE, SIZES_SIZE));
    uint32_t outgoing = reader_le32(&sizes);
    uint32_t incoming = reader_le32(&sizes);
    struct reader r = reader_of(blob);
    struct span part;

    if (blob.len > TRUST_AUTH_MAX)
        return ERR_LIMIT;
    reader_skip(&r, TRUST_AUTH_CONFOUNDER_SIZE);
    part = reader_span(&r, outgoing);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    TRY(trust_auth_decode(part, &pair.outgoing));
    part = reader_span(&r, incoming);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    TRY(trust_auth_decode(part, &pair.incoming));
    reader_skip(&r, SIZES_SIZE);
    TRY(reader_end_whole(&r));
    *out = pair;
    return ERR_OK;
}

void trust_auth_pair_put(struct builder *b, const uint8_t random[TRUST_AUTH_CONFOUNDER_SIZE],
                         const struct trust_auth_pair *pair)
{
    size_t start, middle, end;

    builder_bytes(b, random, TRUST_AUTH_CONFOUNDER_SIZE);
    start = b->len;
    trust_auth_put(b, &pair->outgoing);
    middle = b->len;
    trust_auth_put(b, &pair->incoming);
    end = b->len;
    builder_le32(b, (uint32_t)(middle - start));
    builder_le32(b, (uint32_t)(end - middle));
}
