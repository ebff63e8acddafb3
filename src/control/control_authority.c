/*
 * The authority that signed the AWS API's certificate, for the clients. serve made it; its key is
 * not ours to read.
 */
#include "base/text.h"
#include "control/control_call.h"
#include "crypt/x509.h"
#include "plat/files.h"

#define PEM_MAX 16384

static const char *path_of(const struct control *c, struct arena *a)
{
    return arena_printf(a, "%s/api-ca.pem", c->env.state_dir);
}

/* Its file outlives its use: a certificate that the operator gives takes its place, or plain HTTP.
 */
void control_ca_look(struct control *c, struct span identity)
{
    struct arena a;
    struct span pem;
    arena_init(&a, 0, 4 * PEM_MAX, 0);
    const char *path = path_of(c, &a);
    c->own_authority = identity.len && path && plat_file_read(path, PEM_MAX, &a, &pem) == ERR_OK &&
                       x509_leads_to(identity, pem) == ERR_OK;
    arena_fini(&a);
}

enum err control_ca_show(struct control_call *call)
{
    const char *path = path_of(call->control, call->a);
    struct span pem;
    utime until;
    char text[32];
    if (!call->control->own_authority)
        return control_refuse(call, 404, "NotFound", REASON_API_NO_AUTHORITY,
                              "the AWS API has no certificate of the service's own");
    TRY(path ? plat_file_read(path, PEM_MAX, call->a, &pem) : ERR_NOMEM);
    TRY(x509_expiry(pem, &until));
    utime_to_iso(until, text);
    call->result = json_pack("{s:s, s:s}", "file", path, "expires", text);
    control_set_span(call->result, "data", text_base64(call->a, pem));
    return ERR_OK;
}
