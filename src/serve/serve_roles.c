#include "plat/sandbox.h"
#include "serve/serve.h"

#define ACCOUNT (1u << DIR_SECRET_ACCOUNT)
#define SERVICE (1u << DIR_SECRET_SERVICE)
#define BIND    (1u << DIR_SECRET_BIND)

/* Every role reads and writes memory maps of its directory; LMDB's reader table wants file locks.
 */
#define READER (PLAT_CALLS_BASE | PLAT_CALLS_FILES_READ | PLAT_CALLS_FILES_WRITE)

static const struct serve_role_row rows[ROLE__COUNT] = {
    [ROLE_CONTROL] = {.name = "control",
                      .calls = READER | PLAT_CALLS_SERVE | PLAT_CALLS_THREADS,
                      .begin = serve_begin_control,
                      .told = serve_told_control,
                      .linked = serve_linked_control},
    [ROLE_WRITER] = {.name = "writer",
                     .secrets = ACCOUNT | SERVICE | BIND,
                     .audited = true,
                     .calls = READER | PLAT_CALLS_SERVE,
                     .begin = serve_begin_writer,
                     .told = serve_told_writer,
                     .linked = serve_linked_writer},
    [ROLE_DNS] = {.name = "dns",
                  .secrets = SERVICE,
                  .calls = READER | PLAT_CALLS_SERVE | PLAT_CALLS_DIAL,
                  .per_dc = true,
                  .writes = true,
                  .ports = {{53, true}, {53, false}},
                  .begin = serve_begin_dns},
    [ROLE_KDC] = {.name = "kdc",
                  .secrets = ACCOUNT,
                  .audited = true,
                  .calls = READER | PLAT_CALLS_SERVE,
                  .per_dc = true,
                  .writes = true,
                  .system = true,
                  .ports = {{88, true}, {88, false}},
                  .begin = serve_begin_kdc},
    [ROLE_KPASSWD] = {.name = "kpasswd",
                      .secrets = ACCOUNT,
                      .audited = true,
                      .calls = READER | PLAT_CALLS_SERVE,
                      .per_dc = true,
                      .writes = true,
                      .system = true,
                      .ports = {{464, true}, {464, false}},
                      .begin = serve_begin_kpasswd},
    [ROLE_PEER] = {.name = "peer",
                   .secrets = ACCOUNT,
                   .audited = true,
                   .calls = READER | PLAT_CALLS_SERVE | PLAT_CALLS_DIAL,
                   .per_dc = true,
                   .writes = true,
                   .system = true,
                   .begin = serve_begin_peer,
                   .linked = serve_linked_peer},
    [ROLE_NOTIFY] = {.name = "notify",
                     .calls = PLAT_CALLS_BASE | PLAT_CALLS_SERVE | PLAT_CALLS_DIAL |
                              PLAT_CALLS_FILES_READ,
                     .begin = serve_begin_notify,
                     .linked = serve_linked_notify},
    [ROLE_FILES] = {.name = "files",
                    .calls = READER | PLAT_CALLS_SERVE | PLAT_CALLS_THREADS,
                    .begin = serve_begin_files,
                    .linked = serve_linked_files},
    [ROLE_LDAP] = {.name = "ldap",
                   .secrets = SERVICE | BIND,
                   .audited = true,
                   .calls = READER | PLAT_CALLS_SERVE,
                   .per_dc = true,
                   .writes = true,
                   .ports = {{389, true}, {389, false}, {636, false}, {3268, false}, {3269, false}},
                   .begin = serve_begin_ldap},
    [ROLE_RPC] = {.name = "rpc",
                  .secrets = ACCOUNT | SERVICE,
                  .audited = true,
                  .calls = READER | PLAT_CALLS_SERVE | PLAT_CALLS_THREADS, /* one waits for disks */
                  .per_dc = true,
                  .writes = true,
                  .system = true,
                  .ports = {{445, false}, {135, false}, {49152, false}},
                  .begin = serve_begin_rpc,
                  .linked = serve_linked_rpc},
};

const struct serve_role_row *serve_role(enum serve_role role)
{
    ENT_ASSERT(role < ROLE__COUNT);
    return &rows[role];
}

enum serve_role serve_role_by_name(struct span name)
{
    for (unsigned i = 0; i < ROLE__COUNT; i++) {
        if (span_eq(span_str(rows[i].name), name))
            return i;
    }
    return ROLE__COUNT;
}
