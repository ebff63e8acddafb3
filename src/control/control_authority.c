/*
 * The authority that signed the AWS API's certificate, for the clients. serve made it; its key is
 * not ours to read.
 */
#include "base/text.h"
#include "control/control_call.h"
#include "crypt/x509.h"
#include "plat/files.h"

#define PEM_MAX 16384

enum err control_ca_show(struct control_call *call)
{
    const char *path = arena_printf(call->a, "%s/api-ca.pem", call->control->env.state_dir);
    struct span pem;
    utime until;
    char text[32];
    enum err e = path ? plat_file_read(path, PEM_MAX, call->a, &pem) : ERR_NOMEM;
    if (e == ERR_NOT_FOUND)
        return control_refuse(call, 404, "NotFound", REASON_API_NO_AUTHORITY,
                              "there is no %s: the AWS API has no certificate of the service's own",
                              path);
    TRY(e);
    TRY(x509_expiry(pem, &until));
    utime_to_iso(until, text);
    call->result = json_pack("{s:s, s:s}", "file", path, "expires", text);
    control_set_span(call->result, "data", text_base64(call->a, pem));
    return ERR_OK;
}
