#include "serve/dns_updates.h"

#include <stdlib.h>

#include "auth/acceptor.h"
#include "base/text.h"
#include "directory/intent.h"
#include "plat/clock.h"
#include "plat/random.h"
#include "wire/dns/dns_name.h"
#include "wire/dns/dns_rdata.h"
#include "wire/ms/dnsp.h"

struct updates {
    struct serve_child *child;
    struct acceptor *acceptor;
};

struct context {
    struct acceptor_context *c;
    bool weak; /* it would not notice a replay */
};

/* A change that the writer has. */
struct applying {
    struct plat_call call;   /* first: done gets it */
    struct dns_apply *waits; /* NULL: nobody does any more */
};

/* --- contexts ----------------------------------------------------------------------------------
 */

static enum err open_context(void *ctx, void **gss_out)
{
    struct updates *u = ctx;
    struct context *x = calloc(1, sizeof(*x));
    if (!x)
        return ERR_NOMEM;
    enum err e = acceptor_context_new(u->acceptor, &x->c);
    if (e != ERR_OK) {
        free(x);
        return e;
    }
    *gss_out = x;
    return ERR_OK;
}

static void close_context(void *ctx, void *gss)
{
    struct context *x = gss;
    (void)ctx;
    acceptor_context_free(x->c);
    free(x);
}

/* Tickets are opened on the way: what the acceptor works in is wiped, what goes out is copied. */
static enum err step(void *ctx, void *gss, struct span token, struct arena *a, struct span *out,
                     bool *done)
{
    struct context *x = gss;
    struct arena memory;
    struct span answer = SPAN_NONE;
    bool made = false;
    (void)ctx;
    arena_init(&memory, ACCEPTOR_ARENA_FIRST, ACCEPTOR_ARENA_MAX, ARENA_WIPE);
    enum err e = acceptor_step(x->c, token, SPAN_NONE, &memory, &answer, &made);
    *out = arena_dup_span(a, answer);
    if (answer.len > 0 && !out->ptr)
        e = ERR_NOMEM;
    arena_fini(&memory);
    TRY(e);
    x->weak = made && !(acceptor_session(x->c)->flags & (GSS_FLAG_REPLAY | GSS_FLAG_SEQUENCE));
    if (x->weak)
        return ERR_REFUSED;
    *done = made;
    return ERR_OK;
}

static enum reason reason_of(void *ctx, void *gss)
{
    const struct context *x = gss;
    (void)ctx;
    return x->weak ? REASON_DNS_KEY_WEAK : acceptor_reason(x->c);
}

static struct span who(void *ctx, void *gss)
{
    const struct context *x = gss;
    (void)ctx;
    return acceptor_principal(x->c);
}

static utime ends(void *ctx, void *gss)
{
    const struct context *x = gss;
    (void)ctx;
    return acceptor_session(x->c)->endtime;
}

static enum err sign(void *ctx, void *gss, struct span message, struct arena *a, struct span *out)
{
    struct context *x = gss;
    (void)ctx;
    return acceptor_get_mic(x->c, message, a, out);
}

static enum err verify(void *ctx, void *gss, struct span message, struct span mac)
{
    struct context *x = gss;
    (void)ctx;
    return acceptor_verify_mic(x->c, message, mac);
}

/* --- changes, as the writer takes them ---------------------------------------------------------
 */

/* As the node's object is called: relative to the zone, in lower case. */
static enum err node_name(struct span name, struct span apex, struct arena *a, struct span *out)
{
    struct dns_name relative;
    char text[DNS_TEXT_MAX];
    dns_name_lower(name, &relative);
    size_t len = (size_t)relative.len - apex.len;
    relative.wire[len] = 0;
    relative.len = (uint8_t)(len + 1);
    struct span said = span_of(text, dns_name_to_text(dns_name_span(&relative), text));
    *out = arena_dup_span(a, len > 0 ? said : SPAN_LIT("@"));
    return out->ptr ? ERR_OK : ERR_NOMEM;
}

static enum err read_rdata(const struct dns_change *c, struct dnsp_record *r)
{
    struct dns_srv srv;
    switch (c->type) {
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        r->name = c->rdata;
        return ERR_OK;
    case DNS_TYPE_MX: {
        struct reader in = reader_of(c->rdata);
        r->priority = reader_be16(&in);
        r->name = reader_rest(&in);
        return ERR_OK;
    }
    case DNS_TYPE_SRV:
        TRY(dns_rdata_srv(c->rdata, &srv));
        r->priority = srv.priority;
        r->weight = srv.weight;
        r->port = srv.port;
        r->name = srv.target;
        return ERR_OK;
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
    case DNS_TYPE_TXT:
        r->data = c->rdata;
        return ERR_OK;
    default:
        return ERR_UNSUPPORTED;
    }
}

/* Hours since 1601 in the record say when it was refreshed. */
static enum err record_value(const struct dns_change *c, struct arena *a, struct span *out)
{
    struct dnsp_record r = {.type = c->type,
                            .rank = DNSP_RANK_ZONE,
                            .ttl = c->ttl,
                            .timestamp = (uint32_t)(utime_to_filetime(plat_now()) / 36000000000)};
    struct builder b;
    TRY(read_rdata(c, &r));
    builder_in(&b, a, DNSP_RECORD_MAX);
    dnsp_record_put(&b, &r);
    return builder_done(&b, out);
}

static enum err type_value(uint16_t type, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, 2);
    builder_le16(&b, type);
    return builder_done(&b, out);
}

/* Of a type that no update can add, there is nothing to delete. */
static enum err change_mod(const struct dns_change *c, struct span apex, struct arena *a,
                           struct intent_mod *m)
{
    struct span *value = arena_new(a, struct span);
    if (!value)
        return ERR_NOMEM;
    TRY(node_name(c->name, apex, a, &m->attr));
    m->values = value;
    m->count = 1;
    switch (c->kind) {
    case DNS_CHANGE_ADD:
        m->op = MOD_ADD;
        return record_value(c, a, value);
    case DNS_CHANGE_DELETE:
        m->op = MOD_DELETE;
        return record_value(c, a, value);
    case DNS_CHANGE_DELETE_TYPE:
        m->op = MOD_REPLACE;
        return type_value(c->type, a, value);
    default:
        m->op = MOD_DELETE;
        m->count = 0;
        return ERR_OK;
    }
}

static enum err encode(const struct context *x, const struct dns_changes *changes, struct arena *a,
                       struct span *out)
{
    char zone[DNS_TEXT_MAX];
    struct intent in = {.kind = INTENT_ZONE_UPDATE,
                        .token = *acceptor_session(x->c)->token,
                        .target = span_of(zone, dns_name_to_text(changes->apex, zone)),
                        .mods = arena_new_array(a, changes->count, struct intent_mod),
                        .when = (int64_t)changes->epoch};
    if (!in.mods)
        return ERR_NOMEM;
    for (unsigned i = 0; i < changes->count; i++) {
        enum err e = change_mod(&changes->list[i], changes->apex, a, &in.mods[in.mod_count]);
        bool nothing = e == ERR_UNSUPPORTED && changes->list[i].kind == DNS_CHANGE_DELETE;
        if (!nothing)
            TRY(e);
        in.mod_count += !nothing;
    }
    return intent_encode(&in, a, out);
}

/* --- the writer --------------------------------------------------------------------------------
 */

static enum dns_rcode rcode_of(const struct intent_reply *reply)
{
    switch (reply->reason) {
    case REASON_NONE:
        return DNS_RCODE_NOERROR;
    case REASON_DNS_UPDATE_ZONE:
        return DNS_RCODE_NOTAUTH;
    case REASON_DNS_UPDATE_DENIED:
    case REASON_DNS_UPDATE_NAME_NOT_OWN:
    case REASON_DNS_UPDATE_RECORD:
    case REASON_DNS_UPDATE_TOO_LARGE:
        return DNS_RCODE_REFUSED;
    default:
        return DNS_RCODE_SERVFAIL;
    }
}

static void answered(struct plat_call *call, enum err err, struct plat_msg *msg)
{
    struct applying *x = (struct applying *)call;
    struct dns_apply *waits = x->waits;
    struct intent_reply reply = {.reason = REASON_SERVER_BUSY};
    struct arena a;
    free(x);
    if (!waits)
        return;
    arena_init(&a, 0, INTENT_SIZE_MAX, 0);
    if (err == ERR_OK)
        err = intent_reply_decode(msg->payload, &a, &reply);
    waits->done(waits, err == ERR_OK ? rcode_of(&reply) : DNS_RCODE_SERVFAIL, reply.reason);
    arena_fini(&a);
}

static enum err apply(void *ctx, void *gss, const struct dns_changes *changes, struct arena *a,
                      struct dns_apply *waits)
{
    struct updates *u = ctx;
    struct plat_channel *writer = u->child->writer;
    struct span bytes;
    if (!writer)
        return ERR_CLOSED;
    TRY(encode(gss, changes, a, &bytes));
    struct applying *x = calloc(1, sizeof(*x));
    if (!x)
        return ERR_NOMEM;
    *x = (struct applying){.call = {.done = answered}, .waits = waits};
    enum err e = plat_channel_start(writer, INTENT_MESSAGE, bytes, SERVE_INTENT_TIMEOUT, &x->call);
    if (e != ERR_OK) {
        free(x);
        return e;
    }
    waits->own = x;
    return ERR_OK;
}

/* The writer's answer is still to come, and frees it. */
static void cancel(void *ctx, struct dns_apply *waits)
{
    struct applying *x = waits->own;
    (void)ctx;
    x->waits = NULL;
}

static const struct dns_update_ops ops = {.open = open_context,
                                          .close = close_context,
                                          .step = step,
                                          .reason = reason_of,
                                          .who = who,
                                          .ends = ends,
                                          .sign = sign,
                                          .verify = verify,
                                          .apply = apply,
                                          .cancel = cancel};

enum err dns_updates_new(struct serve_child *child, struct dns_updates *out)
{
    struct updates *u = arena_new(&child->memory, struct updates);
    if (!u)
        return ERR_NOMEM;
    struct acceptor_env env = {
        .dir = child->dir,
        .dc_name = ascii_upper(&child->memory, span_sub(serve_child_dc(child)->host, 0, 15)),
        .now = plat_now,
        .random = plat_random};
    u->child = child;
    TRY(acceptor_new(&env, &u->acceptor));
    *out = (struct dns_updates){.ops = &ops, .ctx = u};
    return ERR_OK;
}
