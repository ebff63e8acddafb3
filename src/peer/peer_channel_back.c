/*
 * The incoming half by NETLOGON. The secure channel of a partner that trusts us is the partner's:
 * its domain controllers make it, to one of ours. So each of them is asked what our forest claims
 * (DsrGetForestTrustInformation, [MS-NRPC] 3.5.4.7.5), which it cannot know but has to ask us over
 * that channel. Every authenticated user may ask it so (NETLOGON_FTINFO_ACCESS, 2.2.1.4.18), and we
 * are one by the trust itself: our machine, with the referral that proves the half by Kerberos.
 * NetrLogonControl2Ex would say the same of any trust, but to administrators alone.
 *
 * An external trust has no names to ask for, and who authenticates selectively gives our machine no
 * ticket to ask with: there it logs on in a way about which that domain controller has to ask us
 * (peer_logon.c). Not so in any case: many refuse NTLM.
 *
 * What keeps us from asking says nothing of the trust: the row is unknown. Who fails the proof by
 * Kerberos gives us no ticket to ask with, and has no row.
 */
#include "base/text.h"
#include "peer/peer_channel.h"
#include "peer/peer_run.h"
#include "peer/peer_smb.h"
#include "trust/trust_attributes.h"
#include "wire/rpc/netlogon_trust.h"

#define SMB_PORT     445
#define BACK_TIMEOUT (8 * UTIME_SECOND) /* it has to find us, and to make a channel */
#define BACK_MEMORY  (4u << 20)

struct back {
    struct peer_run *run;
    const struct peer_kdc *kdc;
    struct arena a;
    utime deadline;
    struct peer_dc dc;
    struct peer_smb smb;
};

/* --- what it says ------------------------------------------------------------------------------
 */

/* WIN32 codes, [MS-ERREF] 2.2. */
static const struct {
    uint32_t code;
    enum trust_status status;
    enum reason reason;
} codes[] = {
    {1, TRUST_STATUS_UNKNOWN, REASON_CHANNEL_NOT_OFFERED},    /* its forest is of an older level */
    {50, TRUST_STATUS_UNKNOWN, REASON_CHANNEL_NOT_OFFERED},   /* not supported */
    {53, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED},   /* no such network path */
    {121, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED},  /* too late */
    {1311, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED}, /* no logon servers */
    {1355, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED}, /* no such domain */
    {1722, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED}, /* the RPC server */
};

static struct peer_back judge_status(struct back *b, uint32_t code)
{
    struct peer_back o = {TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_REFUSED, NULL};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].code == code)
            o = (struct peer_back){codes[i].status, codes[i].reason, NULL};
    }
    o.detail =
        arena_printf(b->run->a, "asked for our names over its channel to us: error %u", code);
    return o;
}

static bool names_us(const struct back *b, const struct lsa_forest_info *info)
{
    for (uint32_t i = 0; info && i < info->count; i++) {
        const struct lsa_forest_record *r = info->entries[i].record;
        if (r && r->type == FOREST_TLN && ascii_eq_fold(r->data.name, b->run->local.dns_name))
            return true;
    }
    return false;
}

static struct peer_back judge_answer(struct back *b, const struct netlogon_dsr_forest_info *q)
{
    if (q->status)
        return judge_status(b, q->status);
    if (!names_us(b, q->info))
        return (struct peer_back){TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_REFUSED,
                                  "what it heard over its channel does not name our forest"};
    return (struct peer_back){TRUST_STATUS_PASS, REASON_NONE,
                              "its NETLOGON was told our names over its own channel to us"};
}

/* --- asking ------------------------------------------------------------------------------------
 */

static struct peer_back not_asked(struct back *b, enum reason reason, const char *detail)
{
    return (struct peer_back){TRUST_STATUS_UNKNOWN, reason,
                              arena_printf(b->run->a, "not asked: %s", detail)};
}

static struct peer_back call_over(struct back *b)
{
    static const uint8_t no_key[NETLOGON_KEY_SIZE];
    struct netlogon_dsr_forest_info q = {.server = span_str(b->dc.host),
                                         .domain = b->run->local.dns_name};
    struct peer_rpc rpc = {.transport = &peer_rpc_over_smb, .ctx = &b->smb};
    enum err e = peer_rpc_bind(&rpc, &netlogon_iface, SPAN_NONE, no_key, &b->a);
    if (e != ERR_OK)
        return not_asked(b, REASON_CHANNEL_BACK_NOT_ASKED, "the pipe of NETLOGON cannot be used");
    e = peer_rpc_invoke(&rpc, NETLOGON_DSR_FOREST_INFO, &q, &b->a);
    if (e == ERR_TIMEOUT)
        return (struct peer_back){TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED,
                                  "it did not say in time whether it reaches us"};
    if (e == ERR_REFUSED)
        return not_asked(b, REASON_CHANNEL_NOT_OFFERED,
                         arena_printf(&b->a, "RPC fault 0x%08x", rpc.fault));
    return e == ERR_OK ? judge_answer(b, &q)
                       : not_asked(b, REASON_CHANNEL_BACK_NOT_ASKED, "its answer cannot be read");
}

static struct peer_back over_smb(struct back *b, struct span token, const struct krb_key *key)
{
    struct peer_failure f = {.detail = "no memory"};
    struct peer_smb_target to = {
        .addr = b->dc.addr, .host = b->dc.host, .pipe = "netlogon", .token = token, .key = key};
    plat_addr_set_port(&to.addr, SMB_PORT);
    if (peer_smb_connect(&b->smb, b->run->env->loop, &to, b->deadline, &b->a, &f) != ERR_OK)
        return not_asked(b, REASON_CHANNEL_BACK_NOT_ASKED, f.detail);
    struct peer_back o = call_over(b);
    peer_smb_close(&b->smb);
    return o;
}

static struct peer_back prove(struct back *b)
{
    struct peer_run *r = b->run;
    struct peer_failure f = {.detail = "no memory"};
    struct krb_key key;
    struct span token;
    struct peer_tgs with = {.ticket = &r->incoming.referral,
                            .session = &r->incoming.session,
                            .crealm = r->local.realm,
                            .cname = &r->incoming.cname};
    struct peer_admin who = {
        .name = r->incoming.cname.parts.items[0], .realm = r->partner_realm, .with = &with};
    if (!(r->trust.attributes & TRUST_FOREST_TRANSITIVE))
        return peer_logon_prove(r, &b->dc, b->deadline, &b->a);
    if (peer_admin_token(r->env, &b->dc, &who, b->deadline, &b->a, &token, &key, &f) == ERR_OK) {
        struct peer_back o = over_smb(b, token, &key);
        krb_key_wipe(&key);
        return o;
    }
    bool known = f.reason == REASON_PARTNER_SELECTIVE || f.reason == REASON_PARTNER_NOT_A_DC;
    if (f.reason == REASON_PARTNER_SELECTIVE) {
        struct peer_back o = peer_logon_prove(r, &b->dc, b->deadline, &b->a);
        if (o.status != TRUST_STATUS_UNKNOWN)
            return o;
    }
    return not_asked(b, known ? f.reason : REASON_CHANNEL_BACK_NOT_ASKED, f.detail);
}

/* --- the task ----------------------------------------------------------------------------------
 */

static void tell(struct back *b, const struct peer_back *o)
{
    b->run->back_row[b->run->back_rows++] = (struct trust_check){.half = TRUST_INBOUND,
                                                                 .step = TRUST_STEP_CHANNEL,
                                                                 .status = o->status,
                                                                 .reason = o->reason,
                                                                 .server = b->kdc->label,
                                                                 .detail = span_str(o->detail)};
    peer_one_less(b->run);
}

static void task(void *ctx)
{
    struct back *b = ctx;
    struct peer_run *r = b->run;
    struct peer_back o = prove(b);
    r->tasks--;
    if (!r->cancelled)
        tell(b, &o);
    arena_fini(&b->a);
    free(b);
    peer_free_run(r);
}

void peer_begin_channel_back(struct peer_run *r, const struct peer_kdc *kdc)
{
    struct back *b = calloc(1, sizeof(*b));
    if (!b)
        ent_fatal("the peer has no memory for a question");
    *b = (struct back){.run = r,
                       .kdc = kdc,
                       .deadline = plat_mono() + peer_patience(r, BACK_TIMEOUT),
                       .dc.addr = kdc->addr};
    arena_init(&b->a, 0, BACK_MEMORY, ARENA_WIPE);
    snprintf(b->dc.host, sizeof(b->dc.host), "%.*s", SPAN_ARG(kdc->host));
    r->tasks++;
    r->pending++;
    if (plat_task_start(r->env->loop, task, b) != ERR_OK)
        ent_fatal("the peer has no memory for a question");
}
