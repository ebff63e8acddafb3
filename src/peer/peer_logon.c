/*
 * The secure channel of a partner to us, proved by a logon: our machine logs on by NTLM at the SMB
 * service of one of the partner's domain controllers, which cannot judge the response but has to
 * pass it on to us over that channel ([MS-APDS] 3.1.5, [MS-NRPC] 3.5.4.5). Nobody remembers an
 * outcome of NTLM, so each time it is asked anew; what looks up one of our SIDs would be, but may
 * be answered out of a cache.
 *
 * A refusal may be about NTLM, about the account or about the channel: only what names the channel
 * speaks against the trust.
 */
#include "base/text.h"
#include "peer/peer_run.h"
#include "peer/peer_smb.h"

#define SMB_PORT 445

/* NTSTATUS codes, [MS-ERREF] 2.3.1. What comes after the answer of our own domain controller proves
 * the channel as well. */
static const struct {
    uint32_t code;
    enum trust_status status;
    enum reason reason;
} codes[] = {
    {0x00000000, TRUST_STATUS_PASS, REASON_NONE},
    {0xc000015b, TRUST_STATUS_PASS, REASON_NONE},                   /* no right to log on there */
    {0xc0000413, TRUST_STATUS_PASS, REASON_NONE},                   /* authenticated selectively */
    {0xc000005e, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED}, /* no logon servers */
    {0xc00000b5, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED}, /* too late */
    {0xc0000233, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_UNREACHED}, /* no domain controller */
    {0xc000018a, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_REFUSED},   /* no secret of the trust */
    {0xc000018b, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_REFUSED},   /* no account of the trust */
    {0xc000018c, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_REFUSED},   /* the trusted domain */
    {0xc000018d, TRUST_STATUS_FAIL, REASON_CHANNEL_BACK_REFUSED},   /* the trust relationship */
};

static struct peer_back judge(struct peer_run *r, uint32_t status)
{
    struct peer_back back = {TRUST_STATUS_UNKNOWN, REASON_CHANNEL_BACK_NOT_ASKED, NULL};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].code == status)
            back = (struct peer_back){codes[i].status, codes[i].reason, NULL};
    }
    back.detail = back.status == TRUST_STATUS_PASS
                      ? "it asked us over its own channel about a logon of our machine"
                      : arena_printf(r->a,
                                     "a logon of our machine by NTLM, about which it has to ask us "
                                     "over its channel: 0x%08x",
                                     status);
    return back;
}

static struct peer_back not_asked(struct peer_run *r, const char *detail)
{
    return (struct peer_back){TRUST_STATUS_UNKNOWN, REASON_CHANNEL_BACK_NOT_ASKED,
                              arena_printf(r->a, "not asked: %s", detail)};
}

struct peer_back peer_logon_prove(struct peer_run *r, const struct peer_dc *dc, utime deadline,
                                  struct arena *a)
{
    struct peer_failure f = {.detail = "no memory"};
    struct peer_ntlm who = {.account = r->incoming.cname.parts.items[0],
                            .domain = r->local.flat_name,
                            .nt_hash = r->incoming.nt_hash,
                            .partner = r->partner,
                            .host = dc->host};
    struct plat_addr at = dc->addr;
    uint32_t status;
    if (!r->incoming.has_hash)
        return not_asked(r, "our machine has no key for NTLM");
    plat_addr_set_port(&at, SMB_PORT);
    if (peer_smb_try_ntlm(r->env->loop, &at, &who, deadline, a, &status, &f) == ERR_OK)
        return judge(r, status);
    return not_asked(r, f.detail);
}
