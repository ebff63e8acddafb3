#include "directory/settings.h"
#include "writer/op.h"

#include "base/text.h"

#include <arpa/inet.h>

/* Facts that the services themselves report, and settings. */

enum err op_lockout(struct op *op)
{
    struct dir_obj o;
    uint8_t when[8];
    struct builder b;
    enum err e = dir_by_id(op->s, op->in->account, &o);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && (o.flags & DIR_OBJ_DELETED)))
        return op_refuse(op, ERR_NOT_FOUND, REASON_DIR_NO_OBJECT, "there is no account %u",
                         op->in->account);
    TRY(e);
    if (!op_system(op) && !(op->in->flags & INTENT_LOGON))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "lockouts come from the services alone");
    builder_over(&b, when, sizeof when);
    builder_le64(&b, (uint64_t)op->in->when);
    const struct span value = span_of(when, sizeof when);
    change_set(op->c, o.id, ATTR_lockoutTime, &value, 1);
    op->reply->id = o.id;
    return ERR_OK;
}

/* lastLogonTimestamp follows real logons at a distance (msDS-LogonTimeSyncInterval, the services
 * keep it): what is older is no news, and accounts that went meanwhile are passed over. */
enum err op_logon_batch(struct op *op)
{
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS, "logons come from the services alone");
    for (unsigned i = 0; i < op->in->batch_count; i++) {
        struct dir_obj o;
        uint8_t when[8];
        struct builder b;
        enum err e = dir_by_id(op->s, op->in->batch_ids[i], &o);
        if (e == ERR_NOT_FOUND || (e == ERR_OK && (o.flags & DIR_OBJ_DELETED)))
            continue;
        TRY(e);
        if (op->in->batch_times[i] <= dir_attr_i64(&o, ATTR_lastLogonTimestamp, 0))
            continue;
        builder_over(&b, when, sizeof when);
        builder_le64(&b, (uint64_t)op->in->batch_times[i]);
        const struct span value = span_of(when, sizeof when);
        change_set(op->c, o.id, ATTR_lastLogonTimestamp, &value, 1);
    }
    return ERR_OK;
}

/* --- settings -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum { YES_NO, NUMBER, ADDRESS, NETWORK } kind;
} settings[] = {
    {"allow-rc4", YES_NO},       {"allow-cleartext-bind", YES_NO},
    {"tls-1-0", YES_NO},         {"tls-1-1", YES_NO},
    {"tls-3des", YES_NO},        {"tls-aes-128", YES_NO},
    {"udp-reply-limit", NUMBER}, {"forwarder", ADDRESS},
    {"network", NETWORK},
};

static int setting_index(struct span name)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (span_eq(name, span_str(settings[i].name)))
            return (int)i;
    return -1;
}

static bool address_ok(struct span text, uint64_t *bits_out)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t raw[16];
    if (!text.len || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *bits_out = inet_pton(AF_INET, copy, raw) == 1 ? 32 : 128;
    return *bits_out == 32 || inet_pton(AF_INET6, copy, raw) == 1;
}

static bool network_ok(struct span text)
{
    const uint8_t *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    size_t at = slash ? (size_t)(slash - text.ptr) : text.len;
    uint64_t most, bits;
    return address_ok(span_sub(text, 0, at), &most) &&
           (!slash || text_to_u64(span_sub(text, at + 1, text.len), most, &bits) == ERR_OK);
}

static bool value_ok(int index, struct span value)
{
    uint64_t n;
    switch (settings[index].kind) {
    case YES_NO:
        return text_to_u64(value, 1, &n) == ERR_OK;
    case NUMBER:
        return text_to_u64(value, 65000, &n) == ERR_OK;
    case ADDRESS:
        return address_ok(value, &n);
    default:
        return network_ok(value);
    }
}

static bool replaced(const struct op *op, struct span name)
{
    for (unsigned i = 0; i < op->in->mod_count; i++)
        if (span_eq(op->in->mods[i].attr, name))
            return true;
    return false;
}

/* The lines of the present settings that stay. */
static enum err lines_kept(struct op *op, struct builder *b)
{
    struct dir_settings now;
    struct span text;
    TRY(dir_settings(op->s, &now));
    TRY(dir_settings_encode(&now, op->a, &text));
    while (text.len) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        struct span line = span_sub(text, 0, end ? (size_t)(end - text.ptr) + 1 : text.len);
        const uint8_t *equals = memchr(line.ptr, '=', line.len);
        if (equals && !replaced(op, span_sub(line, 0, (size_t)(equals - line.ptr))))
            builder_span(b, line);
        text = span_sub(text, line.len, text.len);
    }
    return ERR_OK;
}

enum err op_settings(struct op *op)
{
    struct builder b;
    struct span text;
    struct dir_settings next;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS, "settings come from the service alone");
    builder_in(&b, op->a, 65536);
    TRY(lines_kept(op, &b));
    for (unsigned i = 0; i < op->in->mod_count; i++) {
        const struct intent_mod *m = &op->in->mods[i];
        int index = setting_index(m->attr);
        for (unsigned k = 0; index >= 0 && k < m->count; k++) {
            if (!value_ok(index, m->values[k]))
                index = -1;
            else
                builder_printf(&b, "%.*s=%.*s\n", SPAN_ARG(m->attr), SPAN_ARG(m->values[k]));
        }
        if (index < 0 || m->op != MOD_REPLACE)
            return op_refuse(op, ERR_RANGE, REASON_DIR_SETTING,
                             "\"%.*s\" is not a setting, or does not take this value",
                             SPAN_ARG(m->attr));
    }
    TRY(builder_done(&b, &text));
    if (dir_settings_decode(text, &next) != ERR_OK)
        return op_refuse(op, ERR_RANGE, REASON_DIR_SETTING, "there are too many values");
    TRY(dir_settings_encode(&next, op->a, &text));
    change_meta(op->c, DIR_META_SETTINGS, text);
    return ERR_OK;
}
