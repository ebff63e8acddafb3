#include "trust/trust_report.h"

#include "trust/trust.h"

#define REPORT_VERSION 1

static void put_text(struct builder *b, struct span s)
{
    if (s.len > UINT16_MAX) {
        builder_fail(b, ERR_LIMIT);
        return;
    }
    builder_le16(b, (uint16_t)s.len);
    builder_span(b, s);
}

enum err trust_report_encode(const struct trust_report *report, struct arena *a, struct span *out)
{
    struct builder b;
    if (report->count > TRUST_CHECKS_MAX)
        return ERR_LIMIT;
    builder_in(&b, a, TRUST_REPORT_SIZE_MAX);
    builder_u8(&b, REPORT_VERSION);
    put_text(&b, report->flat_name);
    put_text(&b, report->dns_name);
    builder_u8(&b, report->sid.count > 0);
    if (report->sid.count > 0)
        sid_put(&b, &report->sid);
    builder_le16(&b, (uint16_t)report->count);
    for (unsigned i = 0; i < report->count; i++) {
        const struct trust_check *c = &report->checks[i];
        builder_u8(&b, (uint8_t)c->half);
        builder_u8(&b, (uint8_t)c->step);
        builder_u8(&b, (uint8_t)c->status);
        builder_le16(&b, (uint16_t)c->reason);
        put_text(&b, c->server);
        put_text(&b, c->detail);
    }
    return builder_done(&b, out);
}

static void read_check(struct reader *r, struct trust_check *c)
{
    c->half = reader_u8(r);
    c->step = reader_u8(r);
    c->status = reader_u8(r);
    c->reason = reader_le16(r);
    c->server = reader_span(r, reader_le16(r));
    c->detail = reader_span(r, reader_le16(r));
    if (c->half > TRUST_BOTH || c->step >= TRUST_STEP__COUNT || c->status >= TRUST_STATUS__COUNT ||
        c->reason >= REASON__COUNT)
        reader_fail(r, ERR_MALFORMED);
}

enum err trust_report_decode(struct span bytes, struct arena *a, struct trust_report *out)
{
    struct reader r = reader_of(bytes);
    struct trust_report report = {0};
    if (reader_u8(&r) != REPORT_VERSION)
        return ERR_MALFORMED;
    report.flat_name = reader_span(&r, reader_le16(&r));
    report.dns_name = reader_span(&r, reader_le16(&r));
    if (reader_u8(&r))
        sid_read(&r, &report.sid);
    report.count = reader_le16(&r);
    if (!reader_ok(&r) || report.count > TRUST_CHECKS_MAX)
        return ERR_MALFORMED;
    report.checks = arena_new_array(a, report.count, struct trust_check);
    if (!report.checks)
        return ERR_NOMEM;
    for (unsigned i = 0; i < report.count; i++)
        read_check(&r, &report.checks[i]);
    TRY(reader_end(&r));
    *out = report;
    return ERR_OK;
}

static bool is_unreached(const struct trust_check *c)
{
    if (c->status != TRUST_STATUS_FAIL || c->server.len == 0)
        return false;
    return c->reason == REASON_VERIFY_PORT_CLOSED || c->reason == REASON_VERIFY_PORT_SILENT;
}

/* What the step would have come to. */
static enum trust_step aim_of(const struct trust_check *c)
{
    return c->step == TRUST_STEP_CHANNEL ? TRUST_STEP_CHANNEL : TRUST_STEP_PROOF;
}

static bool has_another(const struct trust_report *report, const struct trust_check *c)
{
    for (unsigned i = 0; i < report->count; i++) {
        const struct trust_check *o = &report->checks[i];
        if (o->status == TRUST_STATUS_PASS && o->step == aim_of(c) && o->half == c->half &&
            span_eq(o->dc, c->dc))
            return true;
    }
    return false;
}

void trust_report_settle(struct trust_report *report)
{
    for (unsigned i = 0; i < report->count; i++) {
        struct trust_check *c = &report->checks[i];
        if (is_unreached(c) && has_another(report, c))
            c->status = TRUST_STATUS_WARN;
    }
}

enum trust_status trust_report_verdict(const struct trust_report *report, uint32_t direction,
                                       enum reason *reason_out)
{
    uint32_t proved = 0;
    enum reason warned = REASON_NONE;
    for (unsigned i = 0; i < report->count; i++) {
        const struct trust_check *c = &report->checks[i];
        if (c->status == TRUST_STATUS_FAIL) {
            *reason_out = c->reason;
            return TRUST_STATUS_FAIL;
        }
        if (c->status == TRUST_STATUS_PASS && c->step == TRUST_STEP_PROOF)
            proved |= c->half;
        if (c->status == TRUST_STATUS_WARN && warned == REASON_NONE)
            warned = c->reason;
    }
    bool all = direction != 0 && (proved & direction) == direction;
    *reason_out = all ? warned : REASON_NONE;
    if (!all)
        return TRUST_STATUS_UNKNOWN;
    return warned == REASON_NONE ? TRUST_STATUS_PASS : TRUST_STATUS_WARN;
}

const char *trust_step_name(enum trust_step step)
{
    static const char *const names[] = {"resolve", "reach",   "clock", "realm",
                                        "proof",   "channel", "ask"};
    return step < TRUST_STEP__COUNT ? names[step] : "unknown";
}

const char *trust_status_name(enum trust_status status)
{
    static const char *const names[] = {"pass", "fail", "skipped", "unknown", "warn"};
    return status < TRUST_STATUS__COUNT ? names[status] : "unknown";
}
