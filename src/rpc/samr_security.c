/*
 * The descriptor of whatever a handle stands for ([MS-SAMR] 3.1.5.12.2): rights of SAMR's own,
 * which say what the calls let whom do. They are decided by the directory's descriptors, so these
 * here are told and never looked at; of a user it says besides whether it may change its password.
 */
#include "directory/access.h"
#include "rpc/samr_service.h"
#include "wire/ms/sddl.h"

/* Everyone may look; Administrators, and Account Operators but for administrators' own, do all. */
#define SERVER    "(A;;0x20031;;;WD)(A;;0xf003f;;;BA)"
#define DOMAIN    "(A;;0x20385;;;WD)(A;;0xf07ff;;;BA)(A;;0x203f5;;;AO)"
#define GROUP     "(A;;0x20011;;;WD)(A;;0xf001f;;;BA)"
#define ALIAS     "(A;;0x2000c;;;WD)(A;;0xf001f;;;BA)"
#define OPERATORS "(A;;0xf001f;;;AO)"

#define DESCRIPTOR_MAX 1024

static const struct guid change_password = {{0x53, 0x1a, 0x72, 0xab, 0x2f, 0x1e, 0xd0, 0x11, 0x98,
                                             0x19, 0x00, 0xaa, 0x00, 0x40, 0x52, 0x9b}};

/* adminCount marks who is protected from Account Operators ([MS-ADTS] 3.1.1.6.1). */
static bool protected(const struct samr_object *x)
{
    return dir_attr_i32(&x->o, ATTR_adminCount, 0) != 0;
}

static bool may_change(struct rpc_ctx *c, const struct samr_object *x)
{
    struct dir_token self;

    return dir_token_for_account(&x->view.snap, x->o.id, c->arena, &self) == ERR_OK &&
           access_object_guid(&x->view.snap, &x->o, &self, ACCESS_CONTROL, &change_password) ==
               ERR_OK;
}

static const char *of_user(struct rpc_ctx *c, const struct samr_object *x)
{
    bool change = protected(x) || may_change(c, x);
    char sid[SID_TEXT_SIZE];

    sid_to_text(&x->sid, sid);
    return arena_printf(c->arena, "(A;;%s;;;WD)(A;;0xf07ff;;;BA)%s(A;;%s;;;%s)",
                        change ? "0x2035b" : "0x2031b", protected(x) ? "" : "(A;;0xf07ff;;;AO)",
                        change ? "0x20044" : "0x20004", sid);
}

static const char *of_object(struct rpc_ctx *c, const struct samr_object *x,
                             enum rpc_handle_kind kind)
{
    if (kind == RPC_HANDLE_SAM_USER)
        return of_user(c, x);
    return arena_printf(c->arena, "%s%s", kind == RPC_HANDLE_SAM_GROUP ? GROUP : ALIAS,
                        protected(x) ? "" : OPERATORS);
}

static uint32_t list_of(struct rpc_ctx *c, const struct lsa_query_security *q, const char **out)
{
    const struct rpc_handle_state *h = rpc_handle_get(c, &q->handle, 0);
    struct samr_object x;

    if (!h)
        return NT_INVALID_HANDLE;
    *out = h->kind == RPC_HANDLE_SAM_SERVER ? SERVER : DOMAIN;
    if (h->kind == RPC_HANDLE_SAM_SERVER || h->kind == RPC_HANDLE_SAM_DOMAIN)
        return NT_OK;
    uint32_t status = samr_object_begin(c, &q->handle, h->kind, &x);
    if (status != NT_OK)
        return status;
    *out = of_object(c, &x, h->kind);
    samr_object_end(&x);
    return *out ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}

uint32_t samr_query_security(struct rpc_ctx *c, void *args)
{
    static const struct sddl_domain none;
    struct lsa_query_security *q = args;
    struct rpc_bytes *out = arena_new(c->arena, struct rpc_bytes);
    const char *list;
    struct span bytes;
    struct builder b;

    if (q->parts & SD_PART_SACL) /* nobody's handle has it */
        return NT_ACCESS_DENIED;
    uint32_t status = list_of(c, q, &list);
    if (status != NT_OK)
        return status;
    const char *text =
        arena_printf(c->arena, "%s%s%s%s", q->parts & SD_PART_OWNER ? "O:BA" : "",
                     q->parts & SD_PART_GROUP ? "G:BA" : "", q->parts & SD_PART_DACL ? "D:" : "",
                     q->parts & SD_PART_DACL ? list : "");
    builder_in(&b, c->arena, DESCRIPTOR_MAX);
    if (!out || !text || sddl_parse(span_str(text), &none, c->arena, &b) != ERR_OK ||
        builder_done(&b, &bytes) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    *out = (struct rpc_bytes){(uint32_t)bytes.len, (uint8_t *)(uintptr_t)bytes.ptr};
    q->descriptor = out;
    return NT_OK;
}
