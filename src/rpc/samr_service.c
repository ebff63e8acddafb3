/*
 * The server of SAMR, its two domains, and what the calls about accounts share.
 */
#include "rpc/samr_service.h"

#include "base/text.h"
#include "directory/access.h"

static struct sid builtin(void)
{
    return SID_NT(32);
}

/* --- domains ---------------------------------------------------------------------------------- */

uint32_t samr_domain_begin(struct rpc_ctx *c, const struct rpc_handle *h, struct samr_domain *out)
{
    const struct rpc_handle_state *s = rpc_handle_get(c, h, RPC_HANDLE_SAM_DOMAIN);

    if (!s)
        return NT_INVALID_HANDLE;
    uint32_t status = lsa_view_begin(c, &out->view);
    struct sid base = builtin();
    out->sid = s->sid;
    out->builtin = sid_eq(&s->sid, &base);
    return status;
}

void samr_domain_end(struct samr_domain *d)
{
    lsa_view_end(&d->view);
}

struct span samr_domain_name(const struct samr_domain *d)
{
    return d->builtin ? SPAN_LIT("Builtin") : d->view.naming.flat_name;
}

/* --- objects ---------------------------------------------------------------------------------- */

static uint32_t gone(enum rpc_handle_kind kind)
{
    return kind == RPC_HANDLE_SAM_USER    ? NT_NO_SUCH_USER
           : kind == RPC_HANDLE_SAM_GROUP ? NT_NO_SUCH_GROUP
                                          : NT_NO_SUCH_ALIAS;
}

static bool sid_of(const struct dir_obj *o, struct sid *out)
{
    struct span bytes;

    return dir_attr_first(o, ATTR_objectSid, &bytes) && sid_from_bytes(bytes, out) == ERR_OK;
}

uint32_t samr_object_begin(struct rpc_ctx *c, const struct rpc_handle *h, enum rpc_handle_kind kind,
                           struct samr_object *out)
{
    const struct rpc_handle_state *s = rpc_handle_get(c, h, kind);
    struct sid domain;

    if (!s)
        return NT_INVALID_HANDLE;
    uint32_t status = lsa_view_begin(c, &out->view);
    if (status != NT_OK)
        return status;
    enum err e = dir_by_id(&out->view.snap, s->object, &out->o);
    if (e != ERR_OK || out->o.flags & DIR_OBJ_DELETED || !sid_of(&out->o, &out->sid) ||
        sid_split(&out->sid, &domain, &out->rid) != ERR_OK) {
        lsa_view_end(&out->view);
        return e != ERR_OK && e != ERR_NOT_FOUND ? lsa_status(e) : gone(kind);
    }
    dir_reader_init(&out->reader, &out->view.snap, &out->o, c->who->token);
    return NT_OK;
}

void samr_object_end(struct samr_object *x)
{
    lsa_view_end(&x->view);
}

static bool may(struct dir_reader *r, uint32_t attr)
{
    return dir_reader_may(r, schema_attr(attr));
}

struct span samr_text(struct rpc_ctx *c, struct dir_reader *r, uint32_t attr)
{
    struct span value;

    return dir_attr_first(r->obj, attr, &value) && may(r, attr) ? arena_dup_span(c->arena, value)
                                                                : SPAN_LIT("");
}

int32_t samr_i32(struct dir_reader *r, uint32_t attr, int32_t otherwise)
{
    return may(r, attr) ? dir_attr_i32(r->obj, attr, otherwise) : otherwise;
}

int64_t samr_i64(struct dir_reader *r, uint32_t attr, int64_t otherwise)
{
    return may(r, attr) ? dir_attr_i64(r->obj, attr, otherwise) : otherwise;
}

bool samr_account(struct rpc_ctx *c, const struct samr_domain *d, dir_id id, struct dir_obj *o_out,
                  uint32_t *type_out, uint32_t *rid_out)
{
    const struct dir_snap *s = &d->view.snap;
    struct sid sid;

    if (dir_by_id(s, id, o_out) != ERR_OK || o_out->flags & DIR_OBJ_DELETED ||
        !sid_of(o_out, &sid) || !sid_in_domain(&sid, &d->sid, rid_out) ||
        !access_visible(s, o_out, c->who->token) ||
        !dir_attr_readable(s, o_out, ATTR_sAMAccountName, c->who->token))
        return false;
    *type_out = (uint32_t)dir_attr_i32(o_out, ATTR_sAMAccountType, 0);
    return *type_out != 0;
}

/* [MS-SAMR] 3.1.5.14.2: the same things under other numbers. */
static const struct {
    uint32_t control, uac;
} bits[] = {
    {0x1, UAC_ACCOUNTDISABLE},
    {0x4, UAC_PASSWD_NOTREQD},
    {0x10, UAC_NORMAL_ACCOUNT},
    {0x40, UAC_INTERDOMAIN_TRUST_ACCOUNT},
    {0x80, UAC_WORKSTATION_TRUST_ACCOUNT},
    {0x100, UAC_SERVER_TRUST_ACCOUNT},
    {0x200, UAC_DONT_EXPIRE_PASSWORD},
    {0x1000, UAC_SMARTCARD_REQUIRED},
    {0x2000, UAC_TRUSTED_FOR_DELEGATION},
    {0x4000, UAC_NOT_DELEGATED},
    {0x8000, UAC_USE_DES_KEY_ONLY},
    {0x10000, UAC_DONT_REQ_PREAUTH},
    {0x40000, UAC_TRUSTED_TO_AUTH_FOR_DELEGATION},
    {0x80000, UAC_NO_AUTH_DATA_REQUIRED},
};

uint32_t samr_control_of(uint32_t uac)
{
    uint32_t control = 0;

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        control |= uac & bits[i].uac ? bits[i].control : 0;
    return control;
}

uint32_t samr_uac_of(uint32_t control, uint32_t *mask_out)
{
    uint32_t uac = 0, mask = 0;

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        uac |= control & bits[i].control ? bits[i].uac : 0;
        mask |= bits[i].uac;
    }
    *mask_out = mask;
    return uac;
}

/* --- the server ------------------------------------------------------------------------------- */

uint32_t samr_connect(struct rpc_ctx *c, void *args)
{
    struct samr_connect *x = args;

    return lsa_status(rpc_handle_new(c, RPC_HANDLE_SAM_SERVER, x->access, 0, &x->handle));
}

uint32_t samr_connect2(struct rpc_ctx *c, void *args)
{
    struct samr_connect2 *x = args;

    return lsa_status(rpc_handle_new(c, RPC_HANDLE_SAM_SERVER, x->access, 0, &x->handle));
}

#define USE_AES 0x10 /* for passwords (2.2.7.15) */

uint32_t samr_connect5(struct rpc_ctx *c, void *args)
{
    struct samr_connect5 *x = args;

    x->out_version = 1;
    x->out_revision.v1 = (struct samr_revision1){.revision = 3, .features = USE_AES};
    return lsa_status(rpc_handle_new(c, RPC_HANDLE_SAM_SERVER, x->access, 0, &x->handle));
}

uint32_t samr_close(struct rpc_ctx *c, void *args)
{
    struct samr_close *x = args;

    rpc_handle_close(c, &x->handle);
    return NT_OK;
}

uint32_t samr_enum_domains(struct rpc_ctx *c, void *args)
{
    struct samr_enum *x = args;
    struct samr_entries *list = arena_new(c->arena, struct samr_entries);
    struct lsa_view v;

    if (!rpc_handle_get(c, &x->handle, RPC_HANDLE_SAM_SERVER))
        return NT_INVALID_HANDLE;
    uint32_t status = lsa_view_begin(c, &v);
    if (status != NT_OK)
        return status;
    struct span flat = arena_dup_span(c->arena, v.naming.flat_name);
    lsa_view_end(&v);
    struct samr_entry *entries = arena_new_array(c->arena, 2, struct samr_entry);
    if (!list || !entries)
        return NT_INSUFFICIENT_RESOURCES;
    entries[0].name = flat;
    entries[1].name = SPAN_LIT("Builtin");
    uint32_t from = x->resume < 2 ? x->resume : 2;
    *list = (struct samr_entries){2 - from, entries + from};
    x->list = list;
    x->count = list->count;
    x->resume = 2;
    return NT_OK;
}

uint32_t samr_lookup_domain(struct rpc_ctx *c, void *args)
{
    struct samr_lookup_domain *x = args;
    struct sid *sid = arena_new(c->arena, struct sid);
    struct lsa_view v;

    if (!rpc_handle_get(c, &x->handle, RPC_HANDLE_SAM_SERVER))
        return NT_INVALID_HANDLE;
    if (!x->name.len)
        return NT_INVALID_PARAMETER;
    uint32_t status = lsa_view_begin(c, &v);
    if (status != NT_OK)
        return status;
    bool account =
        text_eq_fold(x->name, v.naming.flat_name) || ascii_eq_fold(x->name, v.naming.dns_name);
    bool known = account || text_eq_fold(x->name, SPAN_LIT("Builtin"));
    if (sid)
        *sid = account ? v.naming.domain_sid : builtin();
    lsa_view_end(&v);
    if (!known)
        return NT_NO_SUCH_DOMAIN;
    x->sid = sid;
    return sid ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}

uint32_t samr_open_domain(struct rpc_ctx *c, void *args)
{
    struct samr_open_domain *x = args;
    struct sid base = builtin();
    struct lsa_view v;

    if (!rpc_handle_get(c, &x->server, RPC_HANDLE_SAM_SERVER))
        return NT_INVALID_HANDLE;
    uint32_t status = lsa_view_begin(c, &v);
    if (status != NT_OK)
        return status;
    bool known = sid_eq(x->sid, &v.naming.domain_sid) || sid_eq(x->sid, &base);
    lsa_view_end(&v);
    if (!known)
        return NT_NO_SUCH_DOMAIN;
    enum err e = rpc_handle_new(c, RPC_HANDLE_SAM_DOMAIN, x->access, 0, &x->handle);
    if (e == ERR_OK)
        rpc_handle_get(c, &x->handle, RPC_HANDLE_SAM_DOMAIN)->sid = *x->sid;
    return lsa_status(e);
}

/* Whose password has expired has no session to change it in ([MS-SAMR] 3.1.5.10). */
#define FOR_EXPIRED (RPC_FOR_NOBODY | RPC_BARE)

static const struct rpc_handler handlers[] = {
    {SAMR_CONNECT, 0, samr_connect},
    {SAMR_CLOSE, 0, samr_close},
    {SAMR_QUERY_SECURITY, 0, samr_query_security},
    {SAMR_LOOKUP_DOMAIN, 0, samr_lookup_domain},
    {SAMR_ENUM_DOMAINS, 0, samr_enum_domains},
    {SAMR_OPEN_DOMAIN, 0, samr_open_domain},
    {SAMR_QUERY_DOMAIN, 0, samr_query_domain},
    {SAMR_SET_DOMAIN, 0, samr_set_domain},
    {SAMR_CREATE_GROUP, 0, samr_create_group},
    {SAMR_ENUM_GROUPS, 0, samr_enum_groups},
    {SAMR_CREATE_USER, 0, samr_create_user},
    {SAMR_ENUM_USERS, 0, samr_enum_users},
    {SAMR_CREATE_ALIAS, 0, samr_create_alias},
    {SAMR_ENUM_ALIASES, 0, samr_enum_aliases},
    {SAMR_ALIAS_MEMBERSHIP, 0, samr_alias_membership},
    {SAMR_LOOKUP_NAMES, 0, samr_lookup_names},
    {SAMR_LOOKUP_RIDS, 0, samr_lookup_rids},
    {SAMR_OPEN_GROUP, 0, samr_open_group},
    {SAMR_QUERY_GROUP, 0, samr_query_group},
    {SAMR_SET_GROUP, 0, samr_set_group},
    {SAMR_ADD_GROUP_MEMBER, 0, samr_add_group_member},
    {SAMR_DELETE_GROUP, 0, samr_delete_group},
    {SAMR_REMOVE_GROUP_MEMBER, 0, samr_remove_group_member},
    {SAMR_GROUP_MEMBERS, 0, samr_group_members},
    {SAMR_SET_MEMBER_ATTRIBUTES, 0, samr_set_member_attributes},
    {SAMR_OPEN_ALIAS, 0, samr_open_alias},
    {SAMR_QUERY_ALIAS, 0, samr_query_alias},
    {SAMR_SET_ALIAS, 0, samr_set_alias},
    {SAMR_DELETE_ALIAS, 0, samr_delete_alias},
    {SAMR_ADD_ALIAS_MEMBER, 0, samr_add_alias_member},
    {SAMR_REMOVE_ALIAS_MEMBER, 0, samr_remove_alias_member},
    {SAMR_ALIAS_MEMBERS, 0, samr_alias_members},
    {SAMR_OPEN_USER, 0, samr_open_user},
    {SAMR_DELETE_USER, 0, samr_delete_user},
    {SAMR_QUERY_USER, 0, samr_query_user},
    {SAMR_SET_USER, 0, samr_set_user},
    {SAMR_GROUPS_FOR_USER, 0, samr_groups_for_user},
    {SAMR_DISPLAY, 0, samr_display},
    {SAMR_USER_PASSWORD_INFO, 0, samr_user_password_info},
    {SAMR_REMOVE_FOREIGN, 0, samr_remove_foreign},
    {SAMR_QUERY_DOMAIN2, 0, samr_query_domain},
    {SAMR_QUERY_USER2, 0, samr_query_user},
    {SAMR_DISPLAY2, 0, samr_display},
    {SAMR_CREATE_USER2, 0, samr_create_user2},
    {SAMR_DISPLAY3, 0, samr_display},
    {SAMR_CHANGE_PASSWORD2, FOR_EXPIRED, samr_change_password2},
    {SAMR_DOMAIN_PASSWORD_INFO, 0, samr_domain_password_info},
    {SAMR_CONNECT2, 0, samr_connect2},
    {SAMR_SET_USER2, 0, samr_set_user},
    {SAMR_CONNECT3, 0, samr_connect2},
    {SAMR_CONNECT4, 0, samr_connect2},
    {SAMR_CHANGE_PASSWORD3, FOR_EXPIRED, samr_change_password3},
    {SAMR_CONNECT5, 0, samr_connect5},
    {SAMR_RID_TO_SID, 0, samr_rid_to_sid},
    {SAMR_CHANGE_PASSWORD4, FOR_EXPIRED | RPC_WAITS, samr_change_password4},
};
const struct rpc_service rpc_samr_service = {.iface = &samr_iface,
                                             .note = "SAM",
                                             .pipes = {"samr"},
                                             .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                             .tcp_level = RPC_LEVEL_INTEGRITY,
                                             .handlers = handlers,
                                             .count = sizeof(handlers) / sizeof(handlers[0])};
