/*
 * The process that speaks Windows' own protocols: SMB, and over its pipes DCE/RPC. One for each
 * domain controller, because handles and associations span connections.
 */
#include <stdio.h>

#include "auth/acceptor.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"
#include "serve/serve.h"
#include "smb/smb.h"

struct rpc_role {
    struct smb_server *smb;
    char sysvol[1024];
    struct span hosts[CONTROL_DCS_MAX];
    struct acceptor_ntlm_ops ntlm;
};

/* DIRECTORY/sysvol/DOMAIN/{Policies,scripts}: empty until somebody puts files there. */
static enum err make_sysvol(const struct serve_child *child, struct rpc_role *role)
{
    static const char *const folders[] = {"Policies", "scripts"};
    char path[sizeof(role->sysvol) + 512];

    int len =
        snprintf(role->sysvol, sizeof(role->sysvol), "%.*s/sysvol", SPAN_ARG(child->setup.path));
    if (len < 0 || (size_t)len >= sizeof(role->sysvol))
        return ERR_LIMIT;
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/%.*s/%s", role->sysvol,
                 SPAN_ARG(child->setup.spec.dns_name), folders[i]);
        TRY(plat_dir_make(path, 0755));
    }
    return ERR_OK;
}

static enum err listen_all(struct smb_server *smb)
{
    for (unsigned i = 0; i < CONTROL_DC_ADDRESSES_MAX; i++) {
        int fd = serve_child_socket(445, false, i);
        if (fd >= 0)
            TRY(smb_server_listen(smb, fd));
    }
    return ERR_OK;
}

enum err serve_begin_rpc(struct serve_child *child, const char **why_out)
{
    const struct control_spec *spec = &child->setup.spec;
    struct rpc_role *role = arena_new(&child->memory, struct rpc_role);

    *why_out = "the folder of SYSVOL cannot be made";
    if (!role)
        return ERR_NOMEM;
    TRY(make_sysvol(child, role));
    for (unsigned i = 0; i < spec->dc_count; i++)
        role->hosts[i] = spec->dc[i].host;
    role->ntlm = (struct acceptor_ntlm_ops){.ctx = child,
                                            .intent = serve_intent,
                                            .names = serve_child_dc(child)->address,
                                            .name_count = serve_child_dc(child)->address_count,
                                            .anonymous = true};
    struct smb_env env = {.loop = child->loop,
                          .dir = child->dir,
                          .events = child->events,
                          .domain = spec->dns_name,
                          .host = serve_child_dc(child)->host,
                          .hosts = role->hosts,
                          .host_count = spec->dc_count,
                          .sysvol = role->sysvol,
                          .ntlm = &role->ntlm,
                          .now = plat_now,
                          .random = plat_random};
    *why_out = "the SMB service cannot listen";
    TRY(smb_server_new(&env, &role->smb));
    child->state = role;
    return listen_all(role->smb);
}
