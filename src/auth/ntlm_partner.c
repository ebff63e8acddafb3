#include "auth/ntlm_partner.h"

#include "auth/logon_info.h"
#include "auth/partner_call.h"
#include "auth/trust_facts.h"
#include "trust/pass_through.h"
#include "trust/selective.h"

#define STATUS_ACCESS_DENIED    0xC0000022u
#define STATUS_NO_LOGON_SERVERS 0xC000005Eu
#define STATUS_NO_SUCH_USER     0xC0000064u
#define STATUS_LOGON_FAILURE    0xC000006Du
#define STATUS_ACCOUNT_DISABLED 0xC0000072u
#define STATUS_NO_TRUST_ACCOUNT 0xC000018Bu
#define STATUS_TRUSTED_DOMAIN   0xC000018Cu /* STATUS_TRUSTED_DOMAIN_FAILURE */
#define STATUS_FIREWALL_FAILED  0xC0000413u

/* --- the question -------------------------------------------------------------------------------
 */

static uint16_t transitive(uint16_t level)
{
    return (uint16_t)(level < NETLOGON_GENERIC ? level + NETLOGON_GENERIC : level);
}

enum err ntlm_partner_ask(struct span partner, struct span server, uint16_t level,
                          union netlogon_level what, struct arena *a, struct span *out)
{
    struct trust_call call = {
        .partner = partner, .interface = TRUST_NETLOGON, .opnum = NETLOGON_SAM_LOGON_EX};
    struct netlogon_sam_logon_ex args = {.computer = server,
                                         .logon_level = transitive(level),
                                         .logon = what,
                                         .validation_level = NETLOGON_VALIDATION_SAM4};
    return partner_call(&call, &netlogon_ndr_sam_logon_ex, &args, a, out);
}

/* --- what is believed ---------------------------------------------------------------------------
 */

struct believing {
    const struct ntlm_crossing *x;
    const struct dir_snap *snap;
    const struct dir_naming *naming;
    const struct trust *trust;
    struct arena *a;
    struct netlogon_sam_info4 *said;
    enum reason why; /* REASON_NONE: it is */
};

static void dropped(void *ctx, const struct sid *sid, enum sid_rule rule)
{
    const struct believing *b = ctx;
    char text[SID_TEXT_SIZE];
    struct event ev;
    sid_to_text(sid, text);
    event_init(&ev, b->x->now, "netlogon.sid_filtered", REASON_SID_FILTERED);
    event_text(&ev, "sid", span_str(text));
    event_text(&ev, "rule", span_str(trust_sid_rule_name(rule)));
    event_text(&ev, "trust", b->trust->dns_name);
    event_emit(b->x->events, &ev);
}

/* Who came over a trust with selective authentication needs a right on the very server. */
static enum err check_selective(struct believing *b)
{
    struct dir_obj server;
    struct sid *sids;
    unsigned count;
    bool allowed;
    TRY(dir_by_id(b->snap, b->x->server, &server));
    TRY(auth_logon_sids(&b->said->base, b->a, &sids, &count));
    TRY(auth_logon_allowed(b->snap, sids, count, server.sd_id, &b->x->server_sid, b->a, &allowed));
    b->why = trust_selective_check(ORGANIZATION_OTHER, allowed);
    return ERR_OK;
}

static enum err check_sids(struct believing *b, const struct trust_local *local)
{
    struct auth_logon_filter filter = {b->trust, local, dropped, b};
    struct pac_logon_info *info = &b->said->base;
    bool other;
    TRY(auth_logon_filter(&filter, info, b->a, &b->why));
    if (b->why != REASON_NONE)
        return ERR_OK;
    TRY(auth_logon_organization(b->trust, info, b->a, &other));
    if (other)
        TRY(check_selective(b));
    if (b->why != REASON_NONE)
        return ERR_OK;
    return auth_logon_add_local(info, b->snap, &b->naming->domain_sid, AUTH_LOGON_SPELT_OUT, b->a);
}

static enum err believe(struct believing *b)
{
    struct trust_local local;
    TRY(auth_trust_local(b->snap, b->naming, b->a, &local));
    b->why = trust_may_pass(b->trust);
    if (b->why == REASON_NONE)
        b->why =
            trust_answer_domain(b->trust, &local, b->said->base.logon_domain, b->said->dns_domain);
    return b->why == REASON_NONE ? check_sids(b, &local) : ERR_OK;
}

/* --- the verdict --------------------------------------------------------------------------------
 */

static void refuse(struct ntlm_partner_verdict *v, enum reason reason, uint32_t ntstatus)
{
    v->reason = reason;
    v->ntstatus = ntstatus;
    v->info = NULL;
}

/* Statuses about the way to the partner would tell a member that its own channel is broken. */
static uint32_t about_logon(uint32_t status)
{
    return status == STATUS_ACCESS_DENIED ? STATUS_TRUSTED_DOMAIN : status;
}

/* No channel: refused by a partner that was reached, or not even that. */
static uint32_t about_channel(uint32_t status)
{
    switch (status) {
    case STATUS_ACCESS_DENIED:
    case STATUS_ACCOUNT_DISABLED:
    case STATUS_NO_TRUST_ACCOUNT:
    case STATUS_TRUSTED_DOMAIN:
        return STATUS_TRUSTED_DOMAIN;
    default:
        return STATUS_NO_LOGON_SERVERS;
    }
}

static enum err weigh(struct believing *b, struct ntlm_partner_verdict *v)
{
    struct trust *trusts;
    unsigned count;
    TRY(auth_trusts(b->snap, b->a, &trusts, &count));
    for (unsigned i = 0; i < count && !b->trust; i++)
        b->trust = trusts[i].object == b->x->trust ? &trusts[i] : NULL;
    if (!b->trust) { /* it was deleted meanwhile */
        refuse(v, REASON_NETLOGON_DOMAIN, STATUS_NO_SUCH_USER);
        v->authoritative = false;
        return ERR_OK;
    }
    TRY(believe(b));
    if (b->why != REASON_NONE)
        refuse(v, b->why,
               b->why == REASON_SELECTIVE_AUTH_DENIED ? STATUS_FIREWALL_FAILED
                                                      : STATUS_LOGON_FAILURE);
    return ERR_OK;
}

static enum err take(const struct ntlm_crossing *x, struct arena *a, struct ntlm_partner_verdict *v)
{
    struct dir_naming *naming = arena_new(a, struct dir_naming);
    struct dir_snap s;
    if (!naming)
        return ERR_NOMEM;
    TRY(dir_snap_begin(x->dir, &s));
    struct believing b = {.x = x, .snap = &s, .naming = naming, .a = a, .said = v->info};
    enum err e = dir_naming(&s, naming);
    if (e == ERR_OK)
        e = weigh(&b, v);
    dir_snap_end(&s); /* of what is kept, nothing points into it */
    return e;
}

enum err ntlm_partner_judge(const struct ntlm_crossing *x, enum err e, struct span reply,
                            struct arena *a, struct ntlm_partner_verdict *out)
{
    struct ntlm_partner_verdict v = {.authoritative = true};
    struct netlogon_sam_logon_ex said = {.validation_level = NETLOGON_VALIDATION_SAM4};
    struct trust_answer how = {.reason = REASON_NONE};
    e = partner_call_answer(e, reply, &netlogon_ndr_sam_logon_ex, a, &said, &how);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK) {
        refuse(&v, how.reason ? how.reason : REASON_SERVER_FAILED, about_channel(how.status));
        *out = v;
        return ERR_OK;
    }
    v.authoritative = said.authoritative;
    v.info = said.validation.sam4;
    if (said.status != 0)
        refuse(&v, REASON_NETLOGON_PARTNER_REFUSED, about_logon(said.status));
    else if (!v.info)
        refuse(&v, REASON_CHANNEL_BROKEN, STATUS_NO_LOGON_SERVERS);
    else
        TRY(take(x, a, &v));
    *out = v;
    return ERR_OK;
}
