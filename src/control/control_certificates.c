/*
 * Certificates of authorities that applications trust, and whether they would trust the LDAPS of
 * every domain controller. The record tells what is registered; the certificates themselves are
 * files in the directory's folder, beside those of the domain controllers. A state is never kept:
 * it is what comes out when it is looked at, so a renewed or replaced certificate shows at once.
 */
#include <unistd.h>

#include "base/text.h"
#include "control/control_call.h"
#include "control/control_lifecycle.h"
#include "crypt/x509.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"

#define CERTIFICATES_MAX 5
#define PEM_MAX          16384

static json_t *certificates(const struct control_directory *d)
{
    return json_object_get(d->record, "certificates");
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const char *path_of(struct control_call *call, const char *prefix, const char *name)
{
    return arena_printf(call->a, "%s/%s/%s%s.pem", call->control->env.state_dir,
                        member(call->directory->record, "id"), prefix, name);
}

static json_t *iso(utime t)
{
    char text[32];
    utime_to_iso(t, text);
    return json_string(text);
}

static bool expired(const json_t *certificate)
{
    return json_integer_value(json_object_get(certificate, "until")) <= plat_now() / UTIME_SECOND;
}

static json_t *shown(const json_t *c)
{
    json_t *out =
        json_pack("{s:O, s:s, s:O, s:s, s:O, s:o}", "id", json_object_get(c, "id"), "type",
                  "ClientLDAPS", "common_name", json_object_get(c, "common_name"), "state",
                  "Registered", "registered", json_object_get(c, "registered"), "expires",
                  iso(json_integer_value(json_object_get(c, "until")) * UTIME_SECOND));
    if (expired(c))
        json_object_set_new(out, "state_reason", json_string("The certificate has expired."));
    return out;
}

/* --- register, list, deregister ----------------------------------------------------------------
 */

static enum err check(struct control_call *call, struct span pem, struct x509_authority *out)
{
    static const char *const why[] = {"not one certificate in PEM",
                                      "a certificate that may not sign others"};
    utime now = plat_now();
    enum err e = x509_read_authority(pem, call->a, out);
    if (e == ERR_MALFORMED || e == ERR_UNSUPPORTED)
        return control_refuse(call, 400, "InvalidCertificate", REASON_CONTROL_CERTIFICATE,
                              "certificate: %s", why[e == ERR_UNSUPPORTED]);
    TRY(e);
    if (now >= out->until || now < out->from)
        return control_refuse(call, 400, "InvalidCertificate", REASON_CONTROL_CERTIFICATE,
                              "certificate: it %s",
                              now < out->from ? "is not valid yet" : "has expired");
    if (!out->common_name.len || !text_valid(out->common_name)) /* it could not be shown */
        return control_refuse(call, 400, "InvalidCertificate", REASON_CONTROL_CERTIFICATE,
                              "certificate: its name is not text");
    return ERR_OK;
}

static enum err check_others(struct control_call *call, const char *fingerprint)
{
    size_t i;
    json_t *one;
    json_array_foreach(certificates(call->directory), i, one)
    {
        if (strcmp(member(one, "fingerprint"), fingerprint) == 0)
            return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                                  "the certificate is registered as %s", member(one, "id"));
    }
    if (json_array_size(certificates(call->directory)) >= CERTIFICATES_MAX)
        return control_refuse(call, 400, "LimitExceeded", REASON_CONTROL_CERTIFICATE_LIMIT,
                              "there are %d certificates", CERTIFICATES_MAX);
    return ERR_OK;
}

static const char *hex(struct control_call *call, const uint8_t *bytes, size_t len)
{
    return arena_dup_str(call->a, text_hex(call->a, span_of(bytes, len)));
}

static enum err keep_new(struct control_call *call, struct span pem, json_t *one)
{
    struct control_directory *d = call->directory;
    const char *path = path_of(call, "certificate-", member(one, "id"));
    enum err e = control_kept(call, plat_file_write(path, pem, 0644), "a certificate");
    if (e == ERR_OK) {
        if (!certificates(d))
            json_object_set_new(d->record, "certificates", json_array());
        json_array_append(certificates(d), one);
        e = control_keep(call);
        if (e != ERR_OK) {
            json_array_remove(certificates(d), json_array_size(certificates(d)) - 1);
            (void)unlink(path);
        }
    }
    if (e == ERR_OK)
        call->result = shown(one);
    json_decref(one);
    return e;
}

enum err control_certificate_register(struct control_call *call)
{
    struct span pem = control_arg(call, "certificate");
    struct x509_authority found;
    uint8_t id[5];
    TRY(control_running(call));
    TRY(check(call, pem, &found));
    const char *fingerprint = hex(call, found.fingerprint, sizeof(found.fingerprint));
    TRY(check_others(call, fingerprint));
    plat_random(id, sizeof(id));
    json_t *one = json_pack("{s:s, s:s, s:o, s:I}", "id",
                            arena_printf(call->a, "c-%s", hex(call, id, sizeof(id))), "fingerprint",
                            fingerprint, "registered", control_now(), "until",
                            (json_int_t)(found.until / UTIME_SECOND));
    control_set_span(one, "common_name", found.common_name);
    return keep_new(call, pem, one);
}

enum err control_certificate_list(struct control_call *call)
{
    size_t i;
    json_t *one;
    call->result = json_array();
    json_array_foreach(certificates(call->directory), i, one)
        json_array_append_new(call->result, shown(one));
    return ERR_OK;
}

/* --- the check ---------------------------------------------------------------------------------
 */

/* Those that are valid now, one after the other; but for the one at without. */
static enum err authorities(struct control_call *call, size_t without, struct span *out)
{
    struct builder b;
    struct span pem;
    size_t i;
    json_t *one;
    builder_in(&b, call->a, CERTIFICATES_MAX * (PEM_MAX + 1));
    json_array_foreach(certificates(call->directory), i, one)
    {
        if (i == without || expired(one))
            continue;
        TRY(plat_file_read(path_of(call, "certificate-", member(one, "id")), PEM_MAX, call->a,
                           &pem));
        builder_span(&b, pem);
        builder_u8(&b, '\n');
    }
    return builder_done(&b, out);
}

/* NULL: every domain controller's certificate leads to one of them. */
static const char *untrusted(struct control_call *call, size_t without)
{
    struct span roots, chain;
    size_t i;
    json_t *dc;
    if (authorities(call, without, &roots) != ERR_OK || roots.len == 0)
        return "no certificate that is valid now is registered";
    json_array_foreach(json_object_get(call->directory->record, "dcs"), i, dc)
    {
        const char *host = member(dc, "host");
        enum err e = plat_file_read(path_of(call, "ldap-", host), PEM_MAX, call->a, &chain);
        if (e == ERR_OK)
            e = x509_leads_to(chain, roots);
        if (e != ERR_OK)
            return arena_printf(call->a, "the certificate of %s %s", host,
                                e == ERR_DENIED ? "leads to none of the registered authorities"
                                                : "cannot be read");
    }
    return NULL;
}

static bool enabled(const struct control_directory *d)
{
    return json_object_get(d->record, "ldaps_since");
}

enum err control_certificate_deregister(struct control_call *call)
{
    struct control_directory *d = call->directory;
    struct span id = control_arg(call, "id");
    json_t *list = certificates(d), *one;
    size_t at = 0;
    while ((one = json_array_get(list, at)) && !span_eq(span_str(member(one, "id")), id))
        at++;
    if (!one)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no certificate %.*s; entente certificate list shows all",
                              SPAN_ARG(id));
    const char *why = enabled(d) && !untrusted(call, SIZE_MAX) ? untrusted(call, at) : NULL;
    if (why)
        return control_refuse(call, 409, "InUse", REASON_CONTROL_CERTIFICATE_USED, "without it, %s",
                              why);
    json_incref(one);
    json_array_remove(list, at);
    enum err e = control_keep(call);
    if (e == ERR_OK)
        (void)unlink(path_of(call, "certificate-", member(one, "id")));
    else
        json_array_insert(list, at, one);
    json_decref(one);
    return e;
}

/* --- LDAPS for applications --------------------------------------------------------------------
 */

enum err control_ldaps_show(struct control_call *call)
{
    const struct control_directory *d = call->directory;
    const char *why = enabled(d) ? untrusted(call, SIZE_MAX) : NULL;
    json_t *at = json_object_get(d->record, enabled(d) ? "ldaps_since" : "ldaps_ended");
    call->result = json_pack("{s:s}", "state",
                             !enabled(d) ? "Disabled"
                             : why       ? "EnableFailed"
                                         : "Enabled");
    if (at)
        json_object_set(call->result, "since", at);
    if (why)
        json_object_set_new(call->result, "state_reason",
                            json_sprintf("%s (%s: %s)", why,
                                         reason_row(REASON_CONTROL_LDAPS_UNTRUSTED)->code,
                                         reason_row(REASON_CONTROL_LDAPS_UNTRUSTED)->remedy));
    return ERR_OK;
}

static enum err set(struct control_call *call, const char *gone, const char *come)
{
    json_t *record = call->directory->record, *before = json_object_get(record, gone);
    json_incref(before);
    json_object_del(record, gone);
    json_object_set_new(record, come, control_now());
    enum err e = control_keep(call);
    if (e == ERR_OK) {
        json_decref(before);
        return control_ldaps_show(call);
    }
    json_object_del(record, come);
    if (before)
        json_object_set_new(record, gone, before);
    return e;
}

enum err control_ldaps_enable(struct control_call *call)
{
    struct span roots;
    TRY(control_running(call));
    if (enabled(call->directory) && !untrusted(call, SIZE_MAX))
        return control_refuse(call, 409, "InvalidState", REASON_CONTROL_LDAPS_STATE,
                              "LDAPS for applications is enabled already");
    if (authorities(call, SIZE_MAX, &roots) != ERR_OK || roots.len == 0)
        return control_refuse(call, 400, "NoCertificate", REASON_CONTROL_LDAPS_NO_CERTIFICATE,
                              "no certificate that is valid now is registered");
    return set(call, "ldaps_ended", "ldaps_since");
}

enum err control_ldaps_disable(struct control_call *call)
{
    TRY(control_running(call));
    if (!enabled(call->directory))
        return control_refuse(call, 409, "InvalidState", REASON_CONTROL_LDAPS_STATE,
                              "LDAPS for applications is disabled already");
    return set(call, "ldaps_since", "ldaps_ended");
}
