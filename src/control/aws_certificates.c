/*
 * Certificates and LDAPS as AWS shows them (control_certificates.c).
 */
#include "control/aws_call.h"

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Our refusals in AWS's words for certificates. */
static enum err renamed(struct aws_call *call, enum err e)
{
    static const struct aws_renaming rows[] = {
        {REASON_CONTROL_CERTIFICATE, "InvalidCertificateException"},
        {REASON_CONTROL_CERTIFICATE_LIMIT, "CertificateLimitExceededException"},
        {REASON_CONTROL_CERTIFICATE_USED, "CertificateInUseException"},
        {REASON_CONTROL_EXISTS, "CertificateAlreadyExistsException"},
        {REASON_CONTROL_NO_OBJECT, "CertificateDoesNotExistException"},
        {REASON_CONTROL_LDAPS_NO_CERTIFICATE, "NoAvailableCertificateException"},
        {REASON_CONTROL_LDAPS_STATE, "InvalidLDAPSStatusException"}};
    return aws_renamed(call, e, rows, sizeof(rows) / sizeof(rows[0]));
}

enum err aws_register_certificate(struct aws_call *call)
{
    json_t *args, *result;
    if (span_eq(aws_text(call, "Type"), SPAN_LIT("ClientCertAuth")) ||
        json_object_get(call->in, "ClientCertAuthSettings"))
        return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
                          "Type: expected ClientLDAPS; there is no logon with certificates.");
    TRY(aws_directory_of(call));
    args = json_object();
    control_set_span(args, "certificate", aws_text(call, "CertificateData"));
    TRY(renamed(call, aws_do(call, OP_CERTIFICATE_REGISTER, args, &result)));
    call->out = json_pack("{s:O}", "CertificateId", json_object_get(result, "id"));
    json_decref(result);
    return ERR_OK;
}

static json_t *described(const json_t *one, bool whole)
{
    json_t *out = json_pack(
        "{s:O, s:O, s:O, s:O, s:o}", "CertificateId", json_object_get(one, "id"), "CommonName",
        json_object_get(one, "common_name"), "State", json_object_get(one, "state"), "Type",
        json_object_get(one, "type"), "ExpiryDateTime", aws_time(json_object_get(one, "expires")));
    if (whole)
        json_object_set_new(out, "RegisteredDateTime",
                            aws_time(json_object_get(one, "registered")));
    if (whole && member(one, "state_reason"))
        json_object_set(out, "StateReason", json_object_get(one, "state_reason"));
    return out;
}

enum err aws_describe_certificate(struct aws_call *call)
{
    struct span id = aws_text(call, "CertificateId");
    json_t *result, *one;
    size_t i;
    TRY(aws_directory_of(call));
    TRY(aws_do(call, OP_CERTIFICATE_LIST, json_object(), &result));
    json_array_foreach(result, i, one)
    {
        if (span_eq(span_str(member(one, "id")), id))
            call->out = json_pack("{s:o}", "Certificate", described(one, true));
    }
    json_decref(result);
    return call->out
               ? ERR_OK
               : aws_refuse(call, "CertificateDoesNotExistException", REASON_CONTROL_NO_OBJECT,
                            "There is no certificate %.*s.", SPAN_ARG(id));
}

enum err aws_list_certificates(struct aws_call *call)
{
    json_t *result, *one, *all;
    size_t i;
    TRY(aws_directory_of(call));
    TRY(aws_do(call, OP_CERTIFICATE_LIST, json_object(), &result));
    all = json_array();
    json_array_foreach(result, i, one) json_array_append_new(all, described(one, false));
    json_decref(result);
    return aws_page(call, all, "CertificateId", "CertificatesInfo");
}

enum err aws_deregister_certificate(struct aws_call *call)
{
    json_t *args;
    TRY(aws_directory_of(call));
    args = json_object();
    control_set_span(args, "id", aws_text(call, "CertificateId"));
    return renamed(call, aws_do(call, OP_CERTIFICATE_DEREGISTER, args, NULL));
}

enum err aws_enable_ldaps(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    return renamed(call, aws_do(call, OP_LDAPS_ENABLE, json_object(), NULL));
}

enum err aws_disable_ldaps(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    return renamed(call, aws_do(call, OP_LDAPS_DISABLE, json_object(), NULL));
}

/* As with AWS, nothing is told of a directory where it was never enabled. */
enum err aws_describe_ldaps_settings(struct aws_call *call)
{
    json_t *result, *all, *one;
    TRY(aws_directory_of(call));
    TRY(aws_do(call, OP_LDAPS_SHOW, json_object(), &result));
    all = json_array();
    if (member(result, "since")) {
        one = json_pack("{s:O, s:o}", "LDAPSStatus", json_object_get(result, "state"),
                        "LastUpdatedDateTime", aws_time(json_object_get(result, "since")));
        if (member(result, "state_reason"))
            json_object_set(one, "LDAPSStatusReason", json_object_get(result, "state_reason"));
        json_array_append_new(all, one);
    }
    json_decref(result);
    return aws_page(call, all, "LDAPSStatus", "LDAPSSettingsInfo");
}
