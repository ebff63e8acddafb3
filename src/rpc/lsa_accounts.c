/*
 * Accounts of the LSA, their rights, and privileges ([MS-LSAD] 3.1.4.5, 3.1.4.8). An account is a
 * SID that rights are kept for; everybody may look, administrators change.
 */
#include "base/text.h"
#include "directory/user_rights.h"
#include "rpc/lsa_service.h"
#include "wire/rpc/lsa_account.h"

#define MAXIMUM_ALLOWED 0x02000000
#define LOGON_RIGHTS    0xc3f7 /* every bit of system access that there is */

struct accounts {
    struct user_rights_account *list;
    unsigned count;
};

static uint32_t read_accounts(struct rpc_ctx *c, struct accounts *out)
{
    struct dir_snap snap;
    enum err e = dir_snap_begin(c->env->dir, &snap);

    if (e != ERR_OK)
        return lsa_status(e);
    e = dir_user_rights(&snap, c->arena, &out->list, &out->count);
    dir_snap_end(&snap);
    return lsa_status(e);
}

static uint32_t find(struct rpc_ctx *c, const struct sid *sid, uint64_t *rights_out)
{
    struct accounts a;
    uint32_t status = read_accounts(c, &a);

    for (unsigned i = 0; status == NT_OK && i < a.count; i++) {
        if (sid_eq(&a.list[i].sid, sid)) {
            *rights_out = a.list[i].rights;
            return NT_OK;
        }
    }
    return status == NT_OK ? NT_OBJECT_NAME_NOT_FOUND : status;
}

/* Asks the writer. names NULL: the account itself. */
static uint32_t change(struct rpc_ctx *c, enum intent_mod_op op, const struct sid *sid,
                       struct span *names, unsigned count)
{
    struct intent_mod mod = {.op = op, .values = names, .count = count};
    struct intent in = {.kind = INTENT_USER_RIGHTS, .mods = &mod, .mod_count = 1};
    char text[SID_TEXT_SIZE];

    sid_to_text(sid, text);
    in.target = span_str(text);
    return lsa_ask(c, "lsa.rights", &in, NULL);
}

static uint32_t change_bits(struct rpc_ctx *c, enum intent_mod_op op, const struct sid *sid,
                            uint64_t rights)
{
    struct span *names = arena_new_array(c->arena, user_right_count, struct span);
    unsigned count = 0;

    if (!names)
        return NT_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < user_right_count; i++) {
        if (rights >> i & 1)
            names[count++] = span_str(user_rights[i].name);
    }
    return count ? change(c, op, sid, names, count) : NT_OK;
}

/* --- handles ---------------------------------------------------------------------------------- */

static uint32_t open_account(struct rpc_ctx *c, const struct lsa_create_account *o,
                             struct rpc_handle *out)
{
    bool reads = (o->access & ~(0x1 | 0x00020000 | MAXIMUM_ALLOWED)) == 0;

    if (!reads && !lsa_administrator(c))
        return lsa_deny(c, "lsa.rights");
    enum err e = rpc_handle_new(c, RPC_HANDLE_ACCOUNT, o->access, 0, out);
    if (e == ERR_OK)
        rpc_handle_get(c, out, RPC_HANDLE_ACCOUNT)->sid = *o->sid;
    return lsa_status(e);
}

uint32_t lsa_create_account(struct rpc_ctx *c, void *args)
{
    struct lsa_create_account *o = args;
    uint32_t status = lsa_policy_check(c, &o->policy, LSA_POLICY_CREATE_ACCOUNT);
    uint64_t rights;

    if (status != NT_OK)
        return status;
    if (!lsa_administrator(c))
        return lsa_deny(c, "lsa.rights");
    if ((status = find(c, o->sid, &rights)) != NT_OBJECT_NAME_NOT_FOUND)
        return status == NT_OK ? NT_OBJECT_NAME_COLLISION : status;
    status = change(c, MOD_ADD, o->sid, NULL, 0);
    return status == NT_OK ? open_account(c, o, &o->handle) : status;
}

uint32_t lsa_open_account(struct rpc_ctx *c, void *args)
{
    struct lsa_create_account *o = args;
    uint32_t status = lsa_policy_check(c, &o->policy, LSA_POLICY_VIEW_LOCAL);
    uint64_t rights;

    if (status == NT_OK)
        status = find(c, o->sid, &rights);
    return status == NT_OK ? open_account(c, o, &o->handle) : status;
}

uint32_t lsa_account_delete(struct rpc_ctx *c, const struct rpc_handle_state *h)
{
    return lsa_administrator(c) ? change(c, MOD_DELETE, &h->sid, NULL, 0)
                                : lsa_deny(c, "lsa.rights");
}

uint32_t lsa_enum_accounts(struct rpc_ctx *c, void *args)
{
    struct lsa_enum_accounts *e = args;
    struct accounts a;
    uint32_t status = lsa_policy_check(c, &e->handle, LSA_POLICY_VIEW_LOCAL);

    if (status != NT_OK || (status = read_accounts(c, &a)) != NT_OK)
        return status;
    if (!(e->list.sids = arena_new_array(c->arena, a.count, struct lsa_sid)))
        return NT_INSUFFICIENT_RESOURCES;
    while (e->resume < a.count && (e->list.count == 0 || e->list.count < e->max_size))
        e->list.sids[e->list.count++].sid = &a.list[e->resume++].sid;
    return e->list.count ? NT_OK : NT_NO_MORE_ENTRIES;
}

/* --- rights of an account by its handle ------------------------------------------------------- */

static uint32_t by_handle(struct rpc_ctx *c, const struct rpc_handle *handle, bool changes,
                          const struct sid **sid_out, uint64_t *rights_out)
{
    const struct rpc_handle_state *h = rpc_handle_get(c, handle, RPC_HANDLE_ACCOUNT);

    if (!h)
        return NT_INVALID_HANDLE;
    if (changes && !lsa_administrator(c))
        return lsa_deny(c, "lsa.rights");
    *sid_out = &h->sid;
    return find(c, &h->sid, rights_out);
}

uint32_t lsa_account_privileges(struct rpc_ctx *c, void *args)
{
    struct lsa_account_privileges *p = args;
    struct lsa_privilege_set *set = arena_new(c->arena, struct lsa_privilege_set);
    const struct sid *sid;
    uint64_t rights;
    uint32_t status = by_handle(c, &p->handle, false, &sid, &rights);

    if (status != NT_OK)
        return status;
    if (!set)
        return NT_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < user_right_count; i++) {
        if (rights >> i & 1 && user_rights[i].luid)
            set->privileges[set->count++].luid.low = user_rights[i].luid;
    }
    p->set = set;
    return NT_OK;
}

static uint32_t bits_of(const struct lsa_privilege_set *set, uint64_t *rights_out)
{
    uint64_t rights = 0;

    for (uint32_t i = 0; i < set->count; i++) {
        const struct lsa_luid *l = &set->privileges[i].luid;
        int at = user_right_of_luid((uint64_t)l->high << 32 | l->low);
        if (at < 0)
            return NT_NO_SUCH_PRIVILEGE;
        rights |= 1ull << at;
    }
    *rights_out = rights;
    return NT_OK;
}

uint32_t lsa_add_privileges(struct rpc_ctx *c, void *args)
{
    struct lsa_change_privileges *x = args;
    const struct sid *sid;
    uint64_t has, rights;
    uint32_t status = by_handle(c, &x->handle, true, &sid, &has);

    if (status == NT_OK)
        status = bits_of(x->set, &rights);
    return status == NT_OK ? change_bits(c, MOD_ADD, sid, rights & ~has) : status;
}

static uint64_t all_privileges(void)
{
    uint64_t rights = 0;

    for (unsigned i = 0; i < user_right_count; i++)
        rights |= user_rights[i].luid ? 1ull << i : 0;
    return rights;
}

uint32_t lsa_remove_privileges(struct rpc_ctx *c, void *args)
{
    struct lsa_change_privileges *x = args;
    const struct sid *sid;
    uint64_t has, rights = all_privileges();
    uint32_t status = by_handle(c, &x->handle, true, &sid, &has);

    if (status != NT_OK)
        return status;
    if (!x->all == !x->set)
        return NT_INVALID_PARAMETER;
    if (!x->all)
        status = bits_of(x->set, &rights);
    return status == NT_OK ? change_bits(c, MOD_DELETE, sid, rights & has) : status;
}

uint32_t lsa_get_system_access(struct rpc_ctx *c, void *args)
{
    struct lsa_system_access *x = args;
    const struct sid *sid;
    uint64_t rights;
    uint32_t status = by_handle(c, &x->handle, false, &sid, &rights);

    for (unsigned i = 0; status == NT_OK && i < user_right_count; i++)
        x->access |= rights >> i & 1 ? user_rights[i].access : 0;
    return status;
}

uint32_t lsa_set_system_access(struct rpc_ctx *c, void *args)
{
    struct lsa_system_access *x = args;
    const struct sid *sid;
    uint64_t has, wanted = 0, all = ~all_privileges();
    uint32_t status = by_handle(c, &x->handle, true, &sid, &has);

    if (status != NT_OK)
        return status;
    if (x->access & ~(uint32_t)LOGON_RIGHTS)
        return NT_INVALID_PARAMETER;
    for (unsigned i = 0; i < user_right_count; i++)
        wanted |= user_rights[i].access & x->access ? 1ull << i : 0;
    status = change_bits(c, MOD_ADD, sid, wanted & ~has);
    return status == NT_OK ? change_bits(c, MOD_DELETE, sid, has & all & ~wanted) : status;
}

/* --- rights of an account by its SID ---------------------------------------------------------- */

uint32_t lsa_accounts_with_right(struct rpc_ctx *c, void *args)
{
    struct lsa_accounts_with_right *x = args;
    int at = x->right ? user_right_named(*x->right) : 0;
    struct accounts a;
    uint32_t status = lsa_policy_check(c, &x->handle, LSA_POLICY_LOOKUP_NAMES);

    if (status != NT_OK || (status = read_accounts(c, &a)) != NT_OK)
        return status;
    if (at < 0)
        return NT_NO_SUCH_PRIVILEGE;
    if (!(x->accounts.sids = arena_new_array(c->arena, a.count, struct lsa_sid)))
        return NT_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < a.count; i++) {
        if (!x->right || a.list[i].rights >> at & 1)
            x->accounts.sids[x->accounts.count++].sid = &a.list[i].sid;
    }
    return x->accounts.count ? NT_OK : NT_NO_MORE_ENTRIES;
}

uint32_t lsa_account_rights(struct rpc_ctx *c, void *args)
{
    struct lsa_account_rights *x = args;
    uint64_t rights;
    uint32_t status = lsa_policy_check(c, &x->handle, LSA_POLICY_LOOKUP_NAMES);

    if (status == NT_OK)
        status = find(c, x->sid, &rights);
    if (status != NT_OK)
        return status;
    if (!(x->rights.names = arena_new_array(c->arena, user_right_count, struct span)))
        return NT_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < user_right_count; i++) {
        if (rights >> i & 1)
            x->rights.names[x->rights.count++] = span_str(user_rights[i].name);
    }
    return NT_OK;
}

static uint32_t check_names(struct rpc_ctx *c, const struct rpc_handle *policy,
                            const struct lsa_rights *r)
{
    uint32_t status = lsa_policy_check(c, policy, LSA_POLICY_LOOKUP_NAMES);

    if (status == NT_OK && !lsa_administrator(c))
        status = lsa_deny(c, "lsa.rights");
    for (uint32_t i = 0; status == NT_OK && i < r->count; i++) {
        if (user_right_named(r->names[i]) < 0)
            status = NT_NO_SUCH_PRIVILEGE;
    }
    return status;
}

uint32_t lsa_add_rights(struct rpc_ctx *c, void *args)
{
    struct lsa_account_rights *x = args;
    uint32_t status = check_names(c, &x->handle, &x->rights);

    return status == NT_OK ? change(c, MOD_ADD, x->sid, x->rights.names, x->rights.count) : status;
}

/* When all of them go, so does the account (3.1.4.5.12). */
uint32_t lsa_remove_rights(struct rpc_ctx *c, void *args)
{
    struct lsa_remove_rights *x = args;
    uint32_t status = check_names(c, &x->handle, &x->rights);
    uint64_t rights;

    if (status == NT_OK)
        status = find(c, x->sid, &rights);
    if (status != NT_OK)
        return status;
    if (!x->all && !x->rights.count)
        return NT_OK;
    return change(c, MOD_DELETE, x->sid, x->rights.names, x->all ? 0 : x->rights.count);
}

/* --- privileges ------------------------------------------------------------------------------- */

uint32_t lsa_enum_privileges(struct rpc_ctx *c, void *args)
{
    struct lsa_enum_privileges *e = args;
    uint32_t status = lsa_policy_check(c, &e->handle, LSA_POLICY_VIEW_LOCAL);

    if (status != NT_OK)
        return status;
    if (!(e->list.privileges = arena_new_array(c->arena, user_right_count, struct lsa_privilege)))
        return NT_INSUFFICIENT_RESOURCES;
    for (; e->resume < user_right_count && (e->list.count == 0 || e->list.count < e->max_size);
         e->resume++) {
        const struct user_right *r = &user_rights[e->resume];
        if (r->luid)
            e->list.privileges[e->list.count++] =
                (struct lsa_privilege){span_str(r->name), {r->luid, 0}};
    }
    return e->list.count ? NT_OK : NT_NO_MORE_ENTRIES;
}

uint32_t lsa_privilege_value(struct rpc_ctx *c, void *args)
{
    struct lsa_privilege_value *x = args;
    uint32_t status = lsa_policy_check(c, &x->handle, LSA_POLICY_LOOKUP_NAMES);
    int at = user_right_named(x->name);

    if (status != NT_OK)
        return status;
    if (at < 0 || !user_rights[at].luid)
        return NT_NO_SUCH_PRIVILEGE;
    x->luid.low = user_rights[at].luid;
    return NT_OK;
}

static uint32_t text_out(struct rpc_ctx *c, const char *text, struct span **out)
{
    struct span *s = arena_new(c->arena, struct span);

    if (!s)
        return NT_INSUFFICIENT_RESOURCES;
    *s = span_str(text);
    *out = s;
    return NT_OK;
}

uint32_t lsa_privilege_name(struct rpc_ctx *c, void *args)
{
    struct lsa_privilege_name *x = args;
    uint32_t status = lsa_policy_check(c, &x->handle, LSA_POLICY_LOOKUP_NAMES);
    int at = user_right_of_luid((uint64_t)x->luid.high << 32 | x->luid.low);

    if (status != NT_OK)
        return status;
    return at < 0 ? NT_NO_SUCH_PRIVILEGE : text_out(c, user_rights[at].name, &x->name);
}

#define ENGLISH 0x0409

uint32_t lsa_privilege_display(struct rpc_ctx *c, void *args)
{
    struct lsa_privilege_display *x = args;
    uint32_t status = lsa_policy_check(c, &x->handle, LSA_POLICY_LOOKUP_NAMES);
    int at = user_right_named(x->name);

    if (status != NT_OK)
        return status;
    x->language_returned = ENGLISH;
    return at < 0 ? NT_NO_SUCH_PRIVILEGE : text_out(c, user_rights[at].display, &x->display);
}
