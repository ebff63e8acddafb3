/*
 * The settings of a directory's security as AWS names them. Those that LDAPS, Kerberos and LDAP
 * have here are the directory's own (directory/settings.h): a request is in force for every
 * connection that begins after its answer. What is disabled for good can be told to be so; nothing
 * else can be said of it.
 *
 * Of a request the record keeps what was wanted and when; what is in force is always read from the
 * directory. So a status cannot claim what is not the case: after a snapshot was restored, or
 * `entente directory set` said otherwise, the request has Failed.
 */
#include "control/aws_call.h"
#include "control/control_lifecycle.h"
#include "plat/clock.h"

struct setting {
    const char *name, *type;
    const char *member; /* of directory set; NULL: disabled for good */
    bool normal;
};

/* NTLM_V1 and what stands without a member: there is no code for it. TLS 1.2, 1.3 and AES-256
 * cannot be disabled, and are not in AWS's list either. */
static const struct setting settings[] = {
    {"AES_128_128", "Cipher", "tls_aes_128", true},
    {"3DES_168_168", "Cipher", "tls_3des", false},
    {"DES_56_56", "Cipher", NULL, false},
    {"RC2_40_128", "Cipher", NULL, false},
    {"RC2_56_128", "Cipher", NULL, false},
    {"RC2_128_128", "Cipher", NULL, false},
    {"RC4_40_128", "Cipher", NULL, false},
    {"RC4_56_128", "Cipher", NULL, false},
    {"RC4_64_128", "Cipher", NULL, false},
    {"RC4_128_128", "Cipher", NULL, false},
    {"PCT_1_0", "Protocol", NULL, false},
    {"SSL_2_0", "Protocol", NULL, false},
    {"SSL_3_0", "Protocol", NULL, false},
    {"TLS_1_0", "Protocol", "tls_1_0", false},
    {"TLS_1_1", "Protocol", "tls_1_1", false},
    {"NTLM_V1", "Authentication", NULL, false},
    {"KERBEROS_RC4", "Authentication", "allow_rc4", false},
    {"LDAP_CLEARTEXT_BIND", "Authentication", "allow_cleartext_bind", false},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const char *word(bool on)
{
    return on ? "Enable" : "Disable";
}

static const struct setting *setting_of(struct span name)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (span_eq(span_str(settings[i].name), name))
            return &settings[i];
    }
    return NULL;
}

static bool in_force(const struct setting *s, const json_t *shown)
{
    return s->member && json_is_true(json_object_get(shown, s->member));
}

/* --- DescribeSettings --------------------------------------------------------------------------
 */

/* Without a request: Default, or Updated when entente directory set has changed it. */
static const char *status_of(const struct setting *s, const json_t *request, const char *applied)
{
    const char *wanted = json_string_value(json_object_get(request, "value"));
    if (wanted)
        return strcmp(wanted, applied) == 0 ? "Updated" : "Failed";
    return strcmp(word(s->normal), applied) == 0 ? "Default" : "Updated";
}

static void add_request(const json_t *request, const char *status, json_t *entry)
{
    json_t *at = json_object_get(request, "at");
    if (!request)
        return;
    json_object_set(entry, "RequestedValue", json_object_get(request, "value"));
    json_object_set(entry, "LastRequestedDateTime", at);
    json_object_set(entry, "LastUpdatedDateTime", at);
    if (strcmp(status, "Failed") == 0)
        json_object_set_new(entry, "RequestStatusMessage",
                            json_string("Another value is in force: a snapshot was restored, or "
                                        "entente directory set was used, after this request."));
}

static json_t *entry_of(const struct aws_call *call, const struct setting *s, const json_t *shown)
{
    const json_t *notes = json_object_get(call->c.directory->record, "aws");
    const json_t *request = json_object_get(json_object_get(notes, "settings"), s->name);
    const char *region = json_string_value(json_object_get(notes, "region"));
    const char *applied = word(in_force(s, shown));
    const char *status = status_of(s, request, applied);
    json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "Type", s->type, "Name", s->name,
                              "DataType", "Boolean", "AllowedValues",
                              s->member ? "[\"Enable\",\"Disable\"]" : "[\"Disable\"]",
                              "AppliedValue", applied, "RequestStatus", status);
    json_t *detailed = json_object();
    if (region)
        json_object_set_new(detailed, region, json_string(status));
    json_object_set_new(entry, "RequestDetailedStatus", detailed);
    add_request(request, status, entry);
    return entry;
}

enum err aws_describe_settings(struct aws_call *call)
{
    struct span wanted = aws_text(call, "Status");
    json_t *directory, *all;
    TRY(aws_directory_of(call));
    TRY(aws_do(call, OP_DIRECTORY_SHOW, json_object(), &directory));
    const json_t *shown = json_object_get(directory, "settings");
    if (!shown) {
        json_decref(directory);
        return aws_refuse(call, aws_error(call->op, AWS_UNAVAILABLE), REASON_CONTROL_BUSY,
                          "The directory is %s: its settings cannot be read now.",
                          control_state(call->c.directory));
    }
    all = json_array();
    for (size_t i = 0; i < SETTINGS; i++) {
        json_t *entry = entry_of(call, &settings[i], shown);
        const char *status = json_string_value(json_object_get(entry, "RequestStatus"));
        if (!wanted.len || span_eq(wanted, span_str(status)))
            json_array_append(all, entry);
        json_decref(entry);
    }
    json_decref(directory);
    call->out = json_object();
    control_set_span(call->out, "DirectoryId", aws_text(call, "DirectoryId"));
    return aws_page(call, all, "Name", "SettingEntries");
}

/* --- UpdateSettings ----------------------------------------------------------------------------
 */

/* Collects what directory set is told, and what the record keeps. */
static enum err take(struct aws_call *call, const json_t *asked, json_t *args, json_t *requests)
{
    const char *name = json_string_value(json_object_get(asked, "Name"));
    const char *value = json_string_value(json_object_get(asked, "Value"));
    const struct setting *s = setting_of(span_str(name));
    const json_t *earlier = json_object_get(json_object_get(requests, name), "value");
    bool on = strcmp(value, "Enable") == 0;
    if (!s)
        return aws_refuse(call, "UnsupportedSettingsException", REASON_API_SETTING,
                          "%s: this directory has no such setting.", name);
    if (!on && strcmp(value, "Disable") != 0)
        return aws_refuse(call, "InvalidParameterException", REASON_API_SETTING,
                          "%s: expected Enable or Disable.", name);
    if (on && !s->member)
        return aws_refuse(call, "UnsupportedSettingsException", REASON_API_SETTING,
                          "%s: expected Disable; the domain controllers cannot do it.", name);
    if (earlier && strcmp(json_string_value(earlier), value) != 0)
        return aws_refuse(call, "IncompatibleSettingsException", REASON_API_SETTING,
                          "%s: asked to be enabled and disabled at once.", name);
    if (s->member)
        json_object_set_new(args, s->member, json_boolean(on));
    json_object_set_new(
        requests, name,
        json_pack("{s:s, s:I}", "value", value, "at", (json_int_t)(plat_now() / UTIME_SECOND)));
    return ERR_OK;
}

static enum err take_all(struct aws_call *call, json_t *args, json_t *requests)
{
    const json_t *list = json_object_get(call->in, "Settings");
    size_t i;
    json_t *one;
    if (json_array_size(list) == 0)
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "Settings: expected at least one.");
    json_array_foreach((json_t *)list, i, one) TRY(take(call, one, args, requests));
    return ERR_OK;
}

static enum err apply(struct aws_call *call, json_t *args, const json_t *requests)
{
    json_t *notes = aws_notes(call->c.directory), *before, *after;
    if (json_object_size(args))
        TRY(aws_do(call, OP_DIRECTORY_SET, json_incref(args), NULL));
    before = json_object_get(notes, "settings");
    after = before ? json_deep_copy(before) : json_object();
    before = before ? json_incref(before) : json_object();
    json_object_update(after, (json_t *)requests);
    json_object_set_new(notes, "settings", after);
    enum err e = control_keep(&call->c);
    if (e == ERR_OK)
        json_decref(before);
    else
        json_object_set_new(notes, "settings", before);
    return e;
}

enum err aws_update_settings(struct aws_call *call)
{
    json_t *args = json_object(), *requests = json_object();
    enum err e = aws_directory_of(call);
    if (e == ERR_OK)
        e = aws_active(call);
    if (e == ERR_OK)
        e = take_all(call, args, requests);
    if (e == ERR_OK)
        e = apply(call, args, requests);
    json_decref(args);
    json_decref(requests);
    if (e == ERR_OK) {
        call->out = json_object();
        control_set_span(call->out, "DirectoryId", aws_text(call, "DirectoryId"));
    }
    return e;
}
