/*
 * DRSUAPI ([MS-DRSR]): names of objects from one form into another (4.1.4), which joins ask for.
 * Nothing is replicated by it: no implementation of ours has a partner here.
 */
#include "base/text.h"
#include "directory/access.h"
#include "directory/account.h"
#include "directory/search.h"
#include "rpc/lsa_find.h"
#include "wire/rpc/drs_types.h"

#define ERROR_ACCESS_DENIED     5
#define ERROR_INVALID_HANDLE    6
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_INVALID_PARAMETER 87

#define EXTENSION_BASE 1
#define EXTENSIONS     28 /* bytes of DRS_EXTENSIONS_INT as of Windows 2000 (5.39) */

static uint32_t drs_bind(struct rpc_ctx *c, void *args)
{
    struct drs_bind *b = args;

    if (!(b->answer = arena_new(c->arena, struct drs_extensions)))
        return ERROR_NOT_ENOUGH_MEMORY;
    b->answer->count = EXTENSIONS;
    b->answer->bytes[0] = EXTENSION_BASE;
    enum err e = rpc_handle_new(c, RPC_HANDLE_DRS, 0, 0, &b->handle);
    return e == ERR_OK ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

static uint32_t drs_unbind(struct rpc_ctx *c, void *args)
{
    struct drs_unbind *u = args;

    if (!rpc_handle_get(c, &u->handle, RPC_HANDLE_DRS))
        return ERROR_INVALID_HANDLE;
    rpc_handle_close(c, &u->handle);
    return 0;
}

/* --- from a name to the object ---------------------------------------------------------------- */

static enum err by_sid(const struct lsa_view *v, const struct sid *sid, struct dir_obj *out)
{
    if (sid_eq(sid, &v->naming.domain_sid))
        return dir_by_id(&v->snap, v->naming.domain_nc, out);
    return dir_by_sid(&v->snap, sid, out);
}

/* "dns.name/": the domain itself; nothing below it is found in this form. */
static enum err by_canonical(const struct lsa_view *v, struct span text, struct dir_obj *out)
{
    if (!text.len || text.ptr[text.len - 1] != '/' ||
        !ascii_eq_fold(span_sub(text, 0, text.len - 1), v->naming.dns_name))
        return ERR_NOT_FOUND;
    return dir_by_id(&v->snap, v->naming.domain_nc, out);
}

/* "DOMAIN\account", "DOMAIN\", "account@domain": what the LSA finds under these names. */
static enum err by_account(struct lsa_finder *f, struct span text, struct dir_obj *out)
{
    struct lsa_found found;

    TRY(lsa_find_name(f, text, &found));
    return found.use == LSA_SID_UNKNOWN ? ERR_NOT_FOUND : by_sid(&f->view, &found.sid, out);
}

static enum err find(struct lsa_finder *f, uint32_t format, struct span text, struct dir_obj *out)
{
    const struct lsa_view *v = &f->view;
    struct guid guid;
    struct sid sid;

    switch (format) {
    case DRS_FQDN:
        return dir_by_dn(&v->snap, text, out, NULL);
    case DRS_SID:
        TRY(sid_from_text(text, &sid));
        return by_sid(v, &sid, out);
    case DRS_GUID:
        TRY(guid_from_text(text, &guid));
        return dir_by_guid(&v->snap, &guid, out);
    case DRS_CANONICAL:
        return by_canonical(v, text, out);
    case DRS_NT4:
    case DRS_UPN:
        return by_account(f, text, out);
    default:
        return ERR_NOT_FOUND;
    }
}

/* --- and to another name ---------------------------------------------------------------------- */

static enum err nt4_name(struct rpc_ctx *c, const struct lsa_view *v, const struct dir_obj *o,
                         struct span *out)
{
    struct span name = SPAN_NONE;

    if (o->id != v->naming.domain_nc && !dir_attr_first(o, ATTR_sAMAccountName, &name))
        return ERR_NOT_FOUND;
    *out = span_str(
        arena_printf(c->arena, "%.*s\\%.*s", SPAN_ARG(v->naming.flat_name), SPAN_ARG(name)));
    return ERR_OK;
}

static enum err print(struct rpc_ctx *c, const struct lsa_view *v, uint32_t format,
                      const struct dir_obj *o, struct span *out)
{
    char guid[GUID_TEXT_SIZE];
    struct span upn;

    switch (format) {
    case DRS_FQDN:
        return dir_dn(&v->snap, o->id, c->arena, out);
    case DRS_NT4:
        return nt4_name(c, v, o, out);
    case DRS_GUID:
        guid_to_text(&o->guid, guid);
        *out = span_str(arena_printf(c->arena, "{%s}", guid));
        return ERR_OK;
    case DRS_UPN:
        if (!dir_attr_first(o, ATTR_userPrincipalName, &upn))
            return ERR_NOT_FOUND;
        *out = arena_dup_span(c->arena, upn);
        return ERR_OK;
    default:
        return ERR_NOT_FOUND;
    }
}

/* Which attribute the form shows, if any; names of objects and GUIDs are told of all that are seen.
 */
static bool shown(struct rpc_ctx *c, const struct lsa_view *v, uint32_t format,
                  const struct dir_obj *o)
{
    uint32_t attr = format == DRS_UPN ? ATTR_userPrincipalName : ATTR_sAMAccountName;

    return (format != DRS_NT4 && format != DRS_UPN) || o->id == v->naming.domain_nc ||
           dir_attr_readable(&v->snap, o, attr, c->who->token);
}

/* Who may not be seen is not there, and a name that may not be read is none. */
static enum err crack(struct rpc_ctx *c, struct lsa_finder *f, const struct drs_crack_request *q,
                      struct span text, struct drs_cracked *out)
{
    const struct lsa_view *v = &f->view;
    struct dir_obj o;
    enum err e = find(f, q->offered, text, &o);

    *out = (struct drs_cracked){.status = DRS_NAME_NOT_FOUND};
    if (e == ERR_NOMEM || e == ERR_IO)
        return e;
    if (e != ERR_OK || o.flags & DIR_OBJ_DELETED || !access_visible(&v->snap, &o, c->who->token) ||
        !shown(c, v, q->offered, &o))
        return ERR_OK;
    e = shown(c, v, q->desired, &o) ? print(c, v, q->desired, &o, &out->name) : ERR_NOT_FOUND;
    out->status = e == ERR_OK ? DRS_NAME_OK : DRS_NAME_NO_MAPPING;
    out->domain = arena_dup_span(c->arena, v->naming.dns_name);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static uint32_t crack_names(struct rpc_ctx *c, void *args)
{
    struct drs_crack_names *x = args;
    const struct drs_crack_request *q = &x->in.v1;
    struct drs_crack_result *r = arena_new(c->arena, struct drs_crack_result);
    struct lsa_finder f;
    enum err e = ERR_OK;

    x->out_version = 1;
    if (!rpc_handle_get(c, &x->handle, RPC_HANDLE_DRS))
        return ERROR_INVALID_HANDLE;
    if (!r || !(r->items = arena_new_array(c->arena, q->count, struct drs_cracked)) ||
        lsa_finder_begin(c, &f) != NT_OK)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (; e == ERR_OK && r->count < q->count; r->count++)
        e = crack(c, &f, q, q->names[r->count].text, &r->items[r->count]);
    lsa_finder_end(&f);
    if (e != ERR_OK || arena_failed(c->arena))
        return ERROR_NOT_ENOUGH_MEMORY;
    x->out.v1.result = r;
    return 0;
}

static const struct rpc_handler handlers[] = {
    {DRS_BIND, 0, drs_bind},
    {DRS_UNBIND, 0, drs_unbind},
    {DRS_CRACK_NAMES, 0, crack_names},
};
const struct rpc_service rpc_drs_service = {.iface = &drs_iface,
                                            .note = "Directory replication",
                                            .pipes = {"lsass", "drsuapi"},
                                            .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                            .tcp_level = RPC_LEVEL_INTEGRITY,
                                            .handlers = handlers,
                                            .count = sizeof(handlers) / sizeof(handlers[0])};
