/* Domain controllers join and leave a forest that is there. */
#include "directory/provision.h"
#include "plat/random.h"
#include "writer/values.h"

static enum err change(struct op *op, bool leaves)
{
    const struct intent *in = op->in;
    struct provision_dc_change c = {.leaves = leaves,
                                    .dc = {in->target, in->servers, in->server_count},
                                    .site = in->new_rdn,
                                    .now = op->now,
                                    .random = plat_random};
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "domain controllers are made by the service alone");
    if (!in->target.len || !in->server_count)
        return op_refuse(op, ERR_RANGE, REASON_DIR_SYNTAX,
                         "a domain controller has a name and an address");
    return provision_dc(op->w->dir, op->txn, &c);
}

enum err op_dc_join(struct op *op)
{
    op->c = NULL;
    enum err e = change(op, false);
    if (e == ERR_EXISTS)
        return op_refuse(op, e, REASON_DIR_EXISTS, "there is a domain controller or computer %.*s",
                         SPAN_ARG(op->in->target));
    return e;
}

/* Children first: settings, server, account. What is not there was taken away before. */
enum err op_dc_leave(struct op *op)
{
    struct span base, config;
    struct dir_obj o;
    int n = (int)op->in->target.len;
    const char *host = (const char *)op->in->target.ptr;
    TRY(change(op, true));
    TRY(dir_dn(op->s, op->naming.domain_nc, op->a, &base));
    TRY(dir_dn(op->s, op->naming.config_nc, op->a, &config));
    const char *server = arena_printf(op->a, "CN=%.*s,CN=Servers,CN=%.*s,CN=Sites,%.*s", n, host,
                                      SPAN_ARG(op->in->new_rdn), SPAN_ARG(config));
    const char *const dns[] = {
        server ? arena_printf(op->a, "CN=NTDS Settings,%s", server) : NULL, server,
        arena_printf(op->a, "CN=%.*s,OU=Domain Controllers,%.*s", n, host, SPAN_ARG(base))};
    for (size_t i = 0; i < sizeof dns / sizeof *dns; i++) {
        enum err e = dns[i] ? dir_by_dn(op->s, span_str(dns[i]), &o, NULL) : ERR_NOMEM;
        if (e == ERR_OK && !(o.flags & DIR_OBJ_DELETED))
            e = delete_unprotected(op, &o);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
    }
    return ERR_OK;
}
