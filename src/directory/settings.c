#include "directory/settings.h"

#include "base/text.h"
#include "directory/change.h"

void dir_settings_default(struct dir_settings *out)
{
    *out = (struct dir_settings){.udp_reply_limit = DIR_UDP_REPLY_LIMIT, .tls_aes_128 = true};
}

static enum err take_text(struct span value, char *slot, size_t size)
{
    if (value.len == 0 || value.len >= size || !text_is_ascii(value))
        return ERR_MALFORMED;
    memcpy(slot, value.ptr, value.len);
    slot[value.len] = '\0';
    return ERR_OK;
}

static enum err take_bool(struct span value, bool *out)
{
    uint64_t number;
    TRY(text_to_u64(value, 1, &number));
    *out = number;
    return ERR_OK;
}

static const struct {
    const char *name;
    size_t offset;
} switches[] = {
    {"allow-rc4", offsetof(struct dir_settings, allow_rc4)},
    {"allow-cleartext-bind", offsetof(struct dir_settings, allow_cleartext_bind)},
    {"tls-1-0", offsetof(struct dir_settings, tls_1_0)},
    {"tls-1-1", offsetof(struct dir_settings, tls_1_1)},
    {"tls-3des", offsetof(struct dir_settings, tls_3des)},
    {"tls-aes-128", offsetof(struct dir_settings, tls_aes_128)},
};

#define SWITCHES (sizeof(switches) / sizeof(switches[0]))

/* Unknown names are a newer version's: they are passed over. */
static enum err take_line(struct span name, struct span value, struct dir_settings *out)
{
    uint64_t number;
    for (size_t i = 0; i < SWITCHES; i++) {
        if (span_eq(name, span_str(switches[i].name)))
            return take_bool(value, (bool *)((char *)out + switches[i].offset));
    }
    if (span_eq(name, SPAN_LIT("udp-reply-limit"))) {
        TRY(text_to_u64(value, 65000, &number));
        out->udp_reply_limit = (uint32_t)number;
        return ERR_OK;
    }
    if (span_eq(name, SPAN_LIT("forwarder"))) {
        if (out->forwarder_count == DIR_SETTINGS_FORWARDERS_MAX)
            return ERR_LIMIT;
        return take_text(value, out->forwarder[out->forwarder_count++], sizeof(out->forwarder[0]));
    }
    if (span_eq(name, SPAN_LIT("network"))) {
        if (out->network_count == DIR_SETTINGS_NETWORKS_MAX)
            return ERR_LIMIT;
        return take_text(value, out->network[out->network_count++], sizeof(out->network[0]));
    }
    return ERR_OK;
}

enum err dir_settings_decode(struct span stored, struct dir_settings *out)
{
    struct dir_settings settings;
    dir_settings_default(&settings);
    while (stored.len > 0) {
        const uint8_t *end = memchr(stored.ptr, '\n', stored.len);
        struct span line = span_sub(stored, 0, end ? (size_t)(end - stored.ptr) : stored.len);
        const uint8_t *equal = line.len ? memchr(line.ptr, '=', line.len) : NULL;
        if (!end || !equal)
            return ERR_MALFORMED;
        size_t at = (size_t)(equal - line.ptr);
        TRY(take_line(span_sub(line, 0, at), span_sub(line, at + 1, line.len), &settings));
        stored = span_sub(stored, line.len + 1, stored.len);
    }
    *out = settings;
    return ERR_OK;
}

enum err dir_settings_encode(const struct dir_settings *in, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, 16384);
    for (size_t i = 0; i < SWITCHES; i++)
        builder_printf(&b, "%s=%d\n", switches[i].name,
                       *(const bool *)((const char *)in + switches[i].offset));
    builder_printf(&b, "udp-reply-limit=%u\n", in->udp_reply_limit);
    for (unsigned i = 0; i < in->forwarder_count; i++)
        builder_printf(&b, "forwarder=%s\n", in->forwarder[i]);
    for (unsigned i = 0; i < in->network_count; i++)
        builder_printf(&b, "network=%s\n", in->network[i]);
    return builder_done(&b, out);
}

enum err dir_settings(const struct dir_snap *s, struct dir_settings *out)
{
    struct span stored;
    enum err e = dir_meta(s, DIR_META_SETTINGS, &stored);
    if (e == ERR_NOT_FOUND) {
        dir_settings_default(out);
        return ERR_OK;
    }
    TRY(e);
    return dir_settings_decode(stored, out);
}
