#include "trust/trust_ask.h"

static void put_name(struct builder *b, struct span name)
{
    if (name.len > TRUST_PARTNER_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_u8(b, (uint8_t)name.len);
    builder_span(b, name);
}

static void put_stub(struct builder *b, struct span stub)
{
    if (stub.len > TRUST_STUB_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, (uint32_t)stub.len);
    builder_span(b, stub);
}

static struct span read_name(struct reader *r)
{
    return reader_span(r, reader_u8(r));
}

static struct span read_stub(struct reader *r)
{
    uint32_t len = reader_le32(r);
    if (len > TRUST_STUB_MAX)
        reader_fail(r, ERR_MALFORMED);
    return reader_span(r, len);
}

static enum reason read_reason(struct reader *r)
{
    uint16_t reason = reader_le16(r);
    if (reason >= REASON__COUNT)
        reader_fail(r, ERR_MALFORMED);
    return reason;
}

enum err trust_call_encode(const struct trust_call *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    put_name(&b, in->partner);
    builder_u8(&b, in->interface);
    builder_le16(&b, in->opnum);
    put_stub(&b, in->stub);
    return builder_done(&b, out);
}

enum err trust_call_decode(struct span bytes, struct trust_call *out)
{
    struct reader r = reader_of(bytes);
    struct trust_call call = {.partner = read_name(&r)};
    call.interface = reader_u8(&r);
    call.opnum = reader_le16(&r);
    call.stub = read_stub(&r);
    if (call.interface >= TRUST_INTERFACE__COUNT)
        reader_fail(&r, ERR_MALFORMED);
    TRY(reader_end(&r));
    *out = call;
    return ERR_OK;
}

enum err trust_answer_encode(const struct trust_answer *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    builder_le32(&b, in->status);
    builder_le16(&b, (uint16_t)in->reason);
    put_name(&b, in->server);
    put_stub(&b, in->stub);
    return builder_done(&b, out);
}

enum err trust_answer_decode(struct span bytes, struct trust_answer *out)
{
    struct reader r = reader_of(bytes);
    struct trust_answer answer = {.status = reader_le32(&r)};
    answer.reason = read_reason(&r);
    answer.server = read_name(&r);
    answer.stub = read_stub(&r);
    TRY(reader_end(&r));
    *out = answer;
    return ERR_OK;
}

enum err trust_reset_encode(const struct trust_reset *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    put_name(&b, in->partner);
    put_name(&b, in->server);
    return builder_done(&b, out);
}

enum err trust_reset_decode(struct span bytes, struct trust_reset *out)
{
    struct reader r = reader_of(bytes);
    struct trust_reset reset = {.partner = read_name(&r)};
    reset.server = read_name(&r);
    TRY(reader_end(&r));
    *out = reset;
    return ERR_OK;
}

enum err trust_lookup_encode(const struct trust_lookup *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    put_name(&b, in->partner);
    put_name(&b, in->name);
    return builder_done(&b, out);
}

enum err trust_lookup_decode(struct span bytes, struct trust_lookup *out)
{
    struct reader r = reader_of(bytes);
    struct trust_lookup lookup = {.partner = read_name(&r)};
    lookup.name = read_name(&r);
    TRY(reader_end(&r));
    *out = lookup;
    return ERR_OK;
}

enum err trust_channel_encode(const struct trust_channel *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    builder_u8(&b, in->up);
    builder_u8(&b, in->former);
    builder_le64(&b, (uint64_t)in->since);
    builder_le32(&b, in->status);
    builder_le16(&b, (uint16_t)in->reason);
    put_name(&b, in->server);
    return builder_done(&b, out);
}

enum err trust_channel_decode(struct span bytes, struct trust_channel *out)
{
    struct reader r = reader_of(bytes);
    uint8_t up = reader_u8(&r), former = reader_u8(&r);
    struct trust_channel state = {
        .up = up == 1, .former = former == 1, .since = (utime)reader_le64(&r)};
    state.status = reader_le32(&r);
    state.reason = read_reason(&r);
    state.server = read_name(&r);
    if (up > 1 || former > 1)
        reader_fail(&r, ERR_MALFORMED);
    TRY(reader_end(&r));
    *out = state;
    return ERR_OK;
}

enum err trust_told_encode(const struct trust_told *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    builder_u8(&b, in->now);
    builder_le32(&b, in->version);
    builder_le64(&b, (uint64_t)in->changed);
    return builder_done(&b, out);
}

enum err trust_told_decode(struct span bytes, struct trust_told *out)
{
    struct reader r = reader_of(bytes);
    uint8_t now = reader_u8(&r);
    struct trust_told told = {.now = now == 1, .version = reader_le32(&r)};
    told.changed = (int64_t)reader_le64(&r);
    if (now > 1)
        reader_fail(&r, ERR_MALFORMED);
    TRY(reader_end(&r));
    *out = told;
    return ERR_OK;
}

enum err trust_remote_encode(const struct trust_remote *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    put_name(&b, in->partner);
    put_stub(&b, in->admin);
    put_stub(&b, in->admin_password);
    put_stub(&b, in->password);
    builder_le32(&b, in->direction);
    builder_le32(&b, in->attributes);
    builder_u8(&b, (uint8_t)in->act);
    return builder_done(&b, out);
}

enum err trust_remote_decode(struct span bytes, struct trust_remote *out)
{
    struct reader r = reader_of(bytes);
    struct trust_remote remote = {.partner = read_name(&r)};
    remote.admin = read_stub(&r);
    remote.admin_password = read_stub(&r);
    remote.password = read_stub(&r);
    remote.direction = reader_le32(&r);
    remote.attributes = reader_le32(&r);
    remote.act = reader_u8(&r);
    if (remote.act >= TRUST_REMOTE_ACT__COUNT)
        reader_fail(&r, ERR_MALFORMED);
    TRY(reader_end(&r));
    *out = remote;
    return ERR_OK;
}

enum err trust_identity_encode(const struct trust_identity *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_ASK_MAX);
    put_name(&b, in->flat_name);
    sid_put(&b, &in->sid);
    return builder_done(&b, out);
}

enum err trust_identity_decode(struct span bytes, struct trust_identity *out)
{
    struct reader r = reader_of(bytes);
    struct trust_identity identity = {.flat_name = read_name(&r)};
    sid_read(&r, &identity.sid);
    TRY(reader_end(&r));
    *out = identity;
    return ERR_OK;
}
