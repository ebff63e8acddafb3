/*
 * Secrets ([MS-LSAD] 3.1.4.6): administrators' alone. Values travel under the session key of the
 * connection; what is kept is the present value and the former one, each with its time.
 */
#include "crypt/lsa_crypto.h"
#include "directory/account.h"
#include "directory/intent.h"
#include "rpc/lsa_service.h"
#include "wire/rpc/lsa_secret.h"

#define SECRET_NAME_MAX 128 /* characters (3.1.4.6.1) */

struct value {
    struct span bytes; /* ptr NULL: there is none */
    int64_t time;      /* FILETIME of its change; 0: never */
};
struct secret {
    struct value current, previous;
};

/* --- as it is kept ---------------------------------------------------------------------------- */

static struct value read_value(struct reader *r)
{
    struct value v = {.time = (int64_t)reader_le64(r)};
    bool there = reader_u8(r);
    struct span bytes = reader_span(r, reader_le32(r));

    if (there)
        v.bytes = bytes.ptr ? bytes : SPAN_LIT("");
    return v;
}

static void put_value(struct builder *b, const struct value *v)
{
    builder_le64(b, (uint64_t)v->time);
    builder_u8(b, v->bytes.ptr != NULL);
    builder_le32(b, (uint32_t)v->bytes.len);
    builder_span(b, v->bytes);
}

static uint32_t load(struct rpc_ctx *c, dir_id object, struct secret *out)
{
    struct dir_snap snap;
    struct dir_obj o;
    struct span kept;
    enum err e = dir_snap_begin(c->env->dir, &snap);

    if (e != ERR_OK)
        return lsa_status(e);
    e = dir_by_id(&snap, object, &o);
    if (e == ERR_OK && o.flags & DIR_OBJ_DELETED)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = dir_lsa_secret(&snap, object, c->arena, &kept);
    dir_snap_end(&snap);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NT_INVALID_HANDLE : lsa_status(e);
    struct reader r = reader_of(kept);
    struct secret s = {.current = read_value(&r), .previous = read_value(&r)};
    if (reader_end_whole(&r) != ERR_OK)
        return NT_INTERNAL_ERROR;
    *out = s;
    return NT_OK;
}

static uint32_t store(struct rpc_ctx *c, struct span name, dir_id object, const struct secret *s,
                      dir_id *id_out)
{
    struct intent in = {.kind = INTENT_LSA_SECRET, .target = name, .account = object};
    struct builder b;

    builder_in(&b, c->arena, 2 * LSA_SECRET_MAX + 64);
    put_value(&b, &s->current);
    put_value(&b, &s->previous);
    if (builder_done(&b, &in.trust.secret) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    return lsa_ask(c, "lsa.secret", &in, id_out);
}

/* --- handles ---------------------------------------------------------------------------------- */

static uint32_t check(struct rpc_ctx *c, const struct lsa_open_secret *o, uint32_t access)
{
    uint32_t status = lsa_policy_check(c, &o->policy, access);

    if (status == NT_OK && !lsa_administrator(c))
        status = lsa_deny(c, "lsa.secret");
    if (status == NT_OK && (!o->name.len || o->name.len > SECRET_NAME_MAX))
        status = NT_INVALID_PARAMETER;
    return status;
}

uint32_t lsa_create_secret(struct rpc_ctx *c, void *args)
{
    struct lsa_open_secret *o = args;
    struct secret none = {.current.time = 0};
    dir_id id;
    uint32_t status = check(c, o, LSA_POLICY_CREATE_SECRET);

    if (status == NT_OK)
        status = store(c, o->name, 0, &none, &id);
    return status == NT_OK
               ? lsa_status(rpc_handle_new(c, RPC_HANDLE_SECRET, o->access, id, &o->handle))
               : status;
}

static uint32_t find(struct rpc_ctx *c, struct span name, dir_id *id_out)
{
    struct span rdn = span_str(arena_printf(c->arena, "%.*s Secret", SPAN_ARG(name)));
    struct dir_obj container, o;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = dir_child(&v.snap, v.naming.domain_nc, SPAN_LIT("System"), &container);
    if (e == ERR_OK)
        e = dir_child(&v.snap, container.id, rdn, &o);
    if (e == ERR_OK)
        *id_out = o.id;
    lsa_view_end(&v);
    return lsa_status(e);
}

uint32_t lsa_open_secret(struct rpc_ctx *c, void *args)
{
    struct lsa_open_secret *o = args;
    dir_id id;
    uint32_t status = check(c, o, 0);

    if (status == NT_OK)
        status = find(c, o->name, &id);
    return status == NT_OK
               ? lsa_status(rpc_handle_new(c, RPC_HANDLE_SECRET, o->access, id, &o->handle))
               : status;
}

uint32_t lsa_secret_delete(struct rpc_ctx *c, const struct rpc_handle_state *h)
{
    struct intent in = {.kind = INTENT_DELETE};
    struct secret there;
    struct lsa_view v;
    uint32_t status = lsa_administrator(c) ? load(c, h->object, &there) : lsa_deny(c, "lsa.secret");

    if (status != NT_OK || (status = lsa_view_begin(c, &v)) != NT_OK)
        return status;
    enum err e = dir_dn(&v.snap, h->object, c->arena, &in.target);
    lsa_view_end(&v);
    return e == ERR_OK ? lsa_ask(c, "lsa.secret", &in, NULL) : lsa_status(e);
}

/* The secret of a handle; everything about it is an administrator's. */
static uint32_t of_handle(struct rpc_ctx *c, const struct rpc_handle *handle, dir_id *id_out,
                          struct secret *out)
{
    const struct rpc_handle_state *h = rpc_handle_get(c, handle, RPC_HANDLE_SECRET);

    if (!h)
        return NT_INVALID_HANDLE;
    if (!lsa_administrator(c))
        return lsa_deny(c, "lsa.secret");
    *id_out = h->object;
    return load(c, h->object, out);
}

/* --- values ----------------------------------------------------------------------------------- */

static uint32_t opened(struct rpc_ctx *c, const struct lsa_cipher *in, struct value *out)
{
    uint8_t *plain = arena_alloc(c->arena, in->length + 1);
    size_t len;

    if (!plain)
        return NT_INSUFFICIENT_RESOURCES;
    if (c->who->session_key.len != LSA_KEY_SIZE)
        return NT_INVALID_PARAMETER;
    enum err e =
        lsa_secret_decrypt(c->who->session_key.ptr, span_of(in->data, in->length), plain, &len);
    if (e != ERR_OK) {
        rpc_refused(c->server, c->who, "lsa.secret", REASON_LSA_SECRET, span_str(c->call));
        return e == ERR_UNSUPPORTED ? NT_UNKNOWN_REVISION : NT_INVALID_PARAMETER;
    }
    *out = (struct value){span_of(plain, len), utime_to_filetime(c->env->now())};
    return NT_OK;
}

/* 3.1.4.6.3: a value that is not given goes; the former one is then what was the present one. */
uint32_t lsa_set_secret(struct rpc_ctx *c, void *args)
{
    struct lsa_set_secret *x = args;
    struct secret was, now = {.current = {.time = utime_to_filetime(c->env->now())}};
    dir_id id;
    uint32_t status = of_handle(c, &x->handle, &id, &was);

    if (status != NT_OK)
        return status;
    now.previous = was.current;
    if (x->current)
        status = opened(c, x->current, &now.current);
    if (status == NT_OK && x->previous)
        status = opened(c, x->previous, &now.previous);
    if (status == NT_OK && !x->current && x->previous)
        now.current.time = now.previous.time;
    return status == NT_OK ? store(c, SPAN_NONE, id, &now, NULL) : status;
}

static uint32_t tell(struct rpc_ctx *c, const struct value *v, struct lsa_cipher_pointer *out)
{
    if (!out)
        return NT_OK;
    out->value = NULL;
    if (!v->bytes.ptr)
        return NT_OK;
    if (c->who->session_key.len != LSA_KEY_SIZE)
        return NT_INVALID_PARAMETER;
    struct lsa_cipher *sealed = arena_new(c->arena, struct lsa_cipher);
    size_t size = lsa_secret_size(v->bytes.len);
    uint8_t *data = arena_alloc(c->arena, size);
    if (!sealed || !data)
        return NT_INSUFFICIENT_RESOURCES;
    lsa_secret_encrypt(c->who->session_key.ptr, v->bytes, data);
    *sealed = (struct lsa_cipher){(uint32_t)size, (uint32_t)size, data};
    out->value = sealed;
    return NT_OK;
}

uint32_t lsa_query_secret(struct rpc_ctx *c, void *args)
{
    struct lsa_query_secret *q = args;
    struct secret s;
    dir_id id;
    uint32_t status = of_handle(c, &q->handle, &id, &s);

    if (status == NT_OK)
        status = tell(c, &s.current, q->current);
    if (status == NT_OK)
        status = tell(c, &s.previous, q->previous);
    if (status != NT_OK)
        return status;
    if (q->current_time)
        *q->current_time = s.current.time;
    if (q->previous_time)
        *q->previous_time = s.previous.time;
    return NT_OK;
}
