#include "control/control_spec.h"

#include "base/builder.h"
#include "base/reader.h"

bool control_id_ok(struct span id)
{
    if (id.len < 3 || id.len > CONTROL_ID_MAX || memcmp(id.ptr, "d-", 2) != 0)
        return false;
    for (size_t i = 2; i < id.len; i++) {
        if (!memchr("0123456789abcdef", id.ptr[i], 16))
            return false;
    }
    return true;
}

static void put_text(struct builder *b, struct span s)
{
    if (s.len > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le16(b, (uint16_t)s.len);
    builder_span(b, s);
}

static struct span get_text(struct reader *r)
{
    return reader_span(r, reader_le16(r));
}

static void put_dc(struct builder *b, const struct control_dc *dc)
{
    put_text(b, dc->host);
    put_text(b, dc->interface);
    put_text(b, dc->site);
    builder_u8(b, (uint8_t)dc->prefix);
    builder_u8(b, (uint8_t)dc->address_count);
    for (unsigned j = 0; j < dc->address_count; j++)
        put_text(b, dc->address[j]);
}

enum err control_spec_encode(const struct control_spec *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    put_text(&b, in->id);
    put_text(&b, in->dns_name);
    put_text(&b, in->flat_name);
    put_text(&b, in->site);
    put_text(&b, in->admin_password);
    builder_u8(&b, in->managed);
    builder_u8(&b, (uint8_t)in->dc_count);
    for (unsigned i = 0; i < in->dc_count; i++)
        put_dc(&b, &in->dc[i]);
    return builder_done(&b, out);
}

static void get_dc(struct reader *r, struct control_dc *out)
{
    out->host = get_text(r);
    out->interface = get_text(r);
    out->site = get_text(r);
    out->prefix = reader_u8(r);
    out->address_count = reader_u8(r);
    if (out->address_count > CONTROL_DC_ADDRESSES_MAX)
        reader_fail(r, ERR_LIMIT);
    for (unsigned j = 0; reader_ok(r) && j < out->address_count; j++)
        out->address[j] = get_text(r);
}

static bool get_bool(struct reader *r)
{
    uint8_t byte = reader_u8(r);
    if (byte > 1)
        reader_fail(r, ERR_MALFORMED);
    return byte;
}

enum err control_spec_decode(struct span bytes, struct control_spec *out)
{
    struct reader r = reader_of(bytes);
    struct control_spec spec = {0};
    spec.id = get_text(&r);
    spec.dns_name = get_text(&r);
    spec.flat_name = get_text(&r);
    spec.site = get_text(&r);
    spec.admin_password = get_text(&r);
    spec.managed = get_bool(&r);
    spec.dc_count = reader_u8(&r);
    if (spec.dc_count > CONTROL_DCS_MAX || spec.id.len > CONTROL_ID_MAX)
        reader_fail(&r, ERR_LIMIT);
    for (unsigned i = 0; reader_ok(&r) && i < spec.dc_count; i++)
        get_dc(&r, &spec.dc[i]);
    TRY(reader_end(&r));
    *out = spec;
    return ERR_OK;
}

enum err control_outcome_encode(const struct control_outcome *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    builder_u8(&b, (uint8_t)in->err);
    put_text(&b, in->text);
    return builder_done(&b, out);
}

enum err control_outcome_decode(struct span bytes, struct control_outcome *out)
{
    struct reader r = reader_of(bytes);
    struct control_outcome outcome = {.err = reader_u8(&r)};
    outcome.text = get_text(&r);
    if (outcome.err >= ERR__COUNT)
        reader_fail(&r, ERR_MALFORMED);
    TRY(reader_end(&r));
    *out = outcome;
    return ERR_OK;
}

enum err control_status_encode(const struct control_status *in, struct arena *a, struct span *out)
{
    struct builder b;
    if (in->count > CONTROL_PROCESSES_MAX)
        return ERR_LIMIT;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    builder_u8(&b, (uint8_t)in->count);
    for (unsigned i = 0; i < in->count; i++) {
        put_text(&b, in->process[i].name);
        builder_le32(&b, in->process[i].pid);
        builder_le32(&b, in->process[i].restarts);
        builder_u8(&b, in->process[i].ready);
    }
    return builder_done(&b, out);
}

enum err control_status_decode(struct span bytes, struct arena *a, struct control_status *out)
{
    struct reader r = reader_of(bytes);
    struct control_status status = {.count = reader_u8(&r)};
    if (status.count > CONTROL_PROCESSES_MAX)
        return ERR_LIMIT;
    status.process = arena_new_array(a, status.count, struct control_process);
    if (!status.process)
        return ERR_NOMEM;
    for (unsigned i = 0; i < status.count; i++) {
        struct control_process *p = &status.process[i];
        p->name = get_text(&r);
        p->pid = reader_le32(&r);
        p->restarts = reader_le32(&r);
        p->ready = reader_u8(&r);
    }
    TRY(reader_end(&r));
    *out = status;
    return ERR_OK;
}

enum err control_notice_encode(const struct control_notice *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    put_text(&b, in->topic);
    put_text(&b, in->body);
    return builder_done(&b, out);
}

enum err control_notice_decode(struct span bytes, struct control_notice *out)
{
    struct reader r = reader_of(bytes);
    struct control_notice notice = {.topic = get_text(&r)};
    notice.body = get_text(&r);
    TRY(reader_end(&r));
    *out = notice;
    return ERR_OK;
}

enum err control_log_encode(const struct control_log *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    put_text(&b, in->id);
    put_text(&b, in->group);
    return builder_done(&b, out);
}

enum err control_log_decode(struct span bytes, struct control_log *out)
{
    struct reader r = reader_of(bytes);
    struct control_log log = {.id = get_text(&r)};
    log.group = get_text(&r);
    if (log.group.len > CONTROL_LOG_GROUP_MAX)
        reader_fail(&r, ERR_LIMIT);
    TRY(reader_end(&r));
    *out = log;
    return ERR_OK;
}

enum err control_copy_encode(const struct control_copy *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    put_text(&b, in->id);
    put_text(&b, in->path);
    return builder_done(&b, out);
}

enum err control_copy_decode(struct span bytes, struct control_copy *out)
{
    struct reader r = reader_of(bytes);
    struct control_copy copy = {.id = get_text(&r)};
    copy.path = get_text(&r);
    TRY(reader_end(&r));
    *out = copy;
    return ERR_OK;
}

enum err control_health_encode(const struct control_health *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, CONTROL_SPEC_MAX);
    put_text(&b, in->id);
    put_text(&b, in->host);
    builder_u8(&b, in->up);
    put_text(&b, in->text);
    return builder_done(&b, out);
}

enum err control_health_decode(struct span bytes, struct control_health *out)
{
    struct reader r = reader_of(bytes);
    struct control_health health = {.id = get_text(&r)};
    health.host = get_text(&r);
    health.up = get_bool(&r);
    health.text = get_text(&r);
    TRY(reader_end(&r));
    *out = health;
    return ERR_OK;
}
