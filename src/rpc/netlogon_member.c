/*
 * NETLOGON, what a member says of itself when it begins ([MS-NRPC] 3.5.4.4.10): its operating
 * system is the service's to note; its DNS name and the service names that follow from it are
 * written with the member's own rights, which let it have its own name alone. What is not taken is
 * an event, and does not keep the member from its answer.
 */
#include "rpc/netlogon_member.h"
#include "base/text.h"

#define MODS_MAX 3

/* OSVERSIONINFOEX: five numbers, the first its own size, then a text of 128 letters (2.2.1.3.6). */
#define OS_TEXT    128
#define OS_NUMBERS 5

struct os {
    struct span name, version, service_pack; /* UTF-8; empty: not told */
};

struct member {
    struct span dn, sam, host, os_name, os_version, service_pack;
};

/* --- what is said ------------------------------------------------------------------------------
 */

static enum err open_version(struct rpc_ctx *c, struct span bytes, struct os *out)
{
    struct reader r = reader_of(bytes);
    uint32_t numbers[OS_NUMBERS];
    struct span text;

    for (unsigned i = 0; i < OS_NUMBERS; i++)
        numbers[i] = reader_le32(&r);
    text = reader_span(&r, (size_t)2 * OS_TEXT);
    if (!reader_ok(&r)) /* none, or one that nobody knows */
        return ERR_OK;
    size_t len = 0;
    while (len < text.len && (text.ptr[len] || text.ptr[len + 1]))
        len += 2;
    enum err e = text_from_utf16(span_sub(text, 0, len), c->arena, &out->service_pack);
    if (e == ERR_NOMEM)
        return e;
    out->version =
        span_str(arena_printf(c->arena, "%u.%u (%u)", numbers[1], numbers[2], numbers[3]));
    return arena_failed(c->arena) ? ERR_NOMEM : ERR_OK;
}

/* --- what is known -----------------------------------------------------------------------------
 */

static struct span text_of(struct rpc_ctx *c, const struct dir_obj *o, uint32_t attr)
{
    struct span value;

    return dir_attr_first(o, attr, &value) ? arena_dup_span(c->arena, value) : SPAN_NONE;
}

static uint32_t learn(struct rpc_ctx *c, const struct netlogon_session *s, struct member *out)
{
    struct lsa_view v;
    struct dir_obj o;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = dir_by_id(&v.snap, s->account, &o);
    if (e == ERR_OK)
        e = dir_dn_of(&v.snap, &o, c->arena, &out->dn);
    if (e == ERR_OK)
        *out = (struct member){.dn = out->dn,
                               .sam = text_of(c, &o, ATTR_sAMAccountName),
                               .host = text_of(c, &o, ATTR_dNSHostName),
                               .os_name = text_of(c, &o, ATTR_operatingSystem),
                               .os_version = text_of(c, &o, ATTR_operatingSystemVersion),
                               .service_pack = text_of(c, &o, ATTR_operatingSystemServicePack)};
    lsa_view_end(&v);
    return e == ERR_OK && arena_failed(c->arena) ? NT_INSUFFICIENT_RESOURCES : lsa_status(e);
}

/* --- what is written ---------------------------------------------------------------------------
 */

static void note(struct intent *in, const char *attr, struct span known, struct span *said)
{
    if (said->len && !span_eq(known, *said))
        in->mods[in->mod_count++] = (struct intent_mod){MOD_REPLACE, span_str(attr), said, 1};
}

static void write_system(struct rpc_ctx *c, const struct member *m, struct os *os)
{
    struct intent_mod mods[MODS_MAX];
    struct intent in = {.kind = INTENT_MODIFY, .target = m->dn, .mods = mods};

    note(&in, "operatingSystem", m->os_name, &os->name);
    note(&in, "operatingSystemVersion", m->os_version, &os->version);
    note(&in, "operatingSystemServicePack", m->service_pack, &os->service_pack);
    if (in.mod_count)
        (void)lsa_ask(c, "netlogon.member", &in, NULL);
}

/* The writer looks at both as at every computer's own (validated writes). */
static void write_names(struct rpc_ctx *c, const struct member *m, struct span host)
{
    struct span machine = span_sub(m->sam, 0, m->sam.len ? m->sam.len - 1 : 0);
    struct span spns[] = {
        span_str(arena_printf(c->arena, "HOST/%.*s", SPAN_ARG(host))),
        span_str(arena_printf(c->arena, "HOST/%.*s", SPAN_ARG(machine))),
    };
    struct intent_mod mods[] = {{MOD_REPLACE, SPAN_LIT("dNSHostName"), &host, 1},
                                {MOD_ADD, SPAN_LIT("servicePrincipalName"), spns, 2}};
    struct intent in = {.kind = INTENT_MODIFY,
                        .flags = INTENT_PERMISSIVE,
                        .target = m->dn,
                        .mods = mods,
                        .mod_count = 2,
                        .token = *c->who->token};
    struct intent_reply reply = {.reason = REASON_NONE};

    if (arena_failed(c->arena))
        return;
    enum err e = c->env->intent(c->env->intent_ctx, &in, c->arena, &reply);
    netlogon_event(c, "netlogon.member", e == ERR_OK ? reply.reason : REASON_SERVER_FAILED, m->sam,
                   host);
}

uint32_t netlogon_member_says(struct rpc_ctx *c, const struct netlogon_session *s,
                              const struct netlogon_workstation *w)
{
    struct os os = {.name = w->os_name};
    struct member m;

    if (s->tdo) /* a partner's domain controller is none of ours */
        return NT_OK;
    uint32_t status = learn(c, s, &m);
    if (status != NT_OK)
        return status;
    enum err e = open_version(c, w->os_version, &os);
    if (e != ERR_OK)
        return lsa_status(e);
    write_system(c, &m, &os);
    if (w->dns_host.len && !(w->flags & NETLOGON_WORKSTATION_UPDATES_SPNS) &&
        !ascii_eq_fold(w->dns_host, m.host))
        write_names(c, &m, w->dns_host);
    return NT_OK;
}
