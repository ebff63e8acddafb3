#include "rpc/netlogon_account.h"

#include "base/text.h"
#include "directory/account.h"
#include "plat/clock.h"
#include "trust/trust_keys.h"

#define SECRETS_MEMORY (256u << 10) /* for the keys of one account */

/* Which kind of account a channel of this type rests on; 0: none that is served. */
static uint32_t kind_of(uint16_t channel_type)
{
    switch (channel_type) {
    case NETLOGON_CHANNEL_WORKSTATION:
        return UAC_WORKSTATION_TRUST_ACCOUNT;
    case NETLOGON_CHANNEL_SERVER:
        return UAC_SERVER_TRUST_ACCOUNT;
    case NETLOGON_CHANNEL_DNS_DOMAIN:
    case NETLOGON_CHANNEL_DOMAIN:
        return UAC_INTERDOMAIN_TRUST_ACCOUNT;
    default:
        return 0;
    }
}

static bool usable(const struct dir_account *acc, uint32_t kind)
{
    return acc->uac & kind && !(acc->uac & UAC_ACCOUNTDISABLE);
}

/* --- secrets --------------------------------------------------------------------------------- */

static void add_hash(const struct trust_auth_info *infos, unsigned n, uint8_t hash[][16],
                     unsigned *count)
{
    const struct trust_auth_info *clear = trust_auth_find(infos, n, TRUST_AUTH_CLEAR);
    const struct trust_auth_info *nt = trust_auth_find(infos, n, TRUST_AUTH_NT_HASH);

    if (clear)
        nt_hash_utf16(clear->data, hash[(*count)++]);
    else if (nt && nt->data.len == 16)
        memcpy(hash[(*count)++], nt->data.ptr, 16);
}

static bool former_counts(const struct trust_auth *auth)
{
    return auth->count &&
           trust_former_counts(utime_from_filetime(auth->current[0].time), plat_now());
}

enum err netlogon_trust_hashes(const struct dir_snap *s, dir_id tdo, uint32_t direction,
                               struct arena *a, uint8_t hash_out[NETLOGON_SECRETS_MAX][16],
                               unsigned *count_out)
{
    struct span incoming, outgoing;
    struct trust_auth auth;
    unsigned count = 0;

    enum err e = dir_trust_secrets(s, tdo, a, &incoming, &outgoing);
    if (e == ERR_NOT_FOUND)
        incoming = outgoing = SPAN_NONE;
    else
        TRY(e);
    TRY(trust_auth_decode(direction == TRUST_INBOUND ? incoming : outgoing, &auth));
    add_hash(auth.current, auth.count, hash_out, &count);
    if (count && former_counts(&auth))
        add_hash(auth.previous, auth.previous_count, hash_out, &count);
    *count_out = count;
    return ERR_OK;
}

static enum err own_hash(const struct dir_snap *s, dir_id account, struct arena *a,
                         struct netlogon_account *out)
{
    struct dir_account_keys *keys = arena_new(a, struct dir_account_keys);

    if (!keys)
        return ERR_NOMEM;
    TRY(dir_account_keys(s, DIR_SECRET_ACCOUNT, account, a, keys));
    if (keys->have_nt)
        memcpy(out->nt_hash[out->count++], keys->nt_hash, 16);
    dir_keys_wipe(keys);
    return ERR_OK;
}

/* --- accounts -------------------------------------------------------------------------------- */

static enum err take(const struct dir_snap *s, struct span name, uint32_t kind, struct arena *a,
                     struct netlogon_account *out)
{
    struct dir_account acc;

    TRY(dir_account_by_sam(s, name, &acc));
    if (!usable(&acc, kind))
        return ERR_NOT_FOUND;
    out->account = acc.id;
    out->sid = acc.sid;
    out->name = arena_dup_span(a, acc.sam_name);
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

static struct span without_dot(struct span name)
{
    return name.len && name.ptr[name.len - 1] == '.' ? span_sub(name, 0, name.len - 1) : name;
}

/* Channels of type DNS_DOMAIN name the trust by its DNS name, those of type DOMAIN by its account.
 */
static bool is_named(const struct trust *t, uint16_t channel_type, struct span name)
{
    if (channel_type == NETLOGON_CHANNEL_DNS_DOMAIN)
        return ascii_eq_fold(t->dns_name, without_dot(name));
    return name.len && name.ptr[name.len - 1] == '$' &&
           ascii_eq_fold(t->flat_name, span_sub(name, 0, name.len - 1));
}

static enum err find_trust(const struct dir_snap *s, uint16_t channel_type, struct span name,
                           struct arena *a, struct netlogon_account *out)
{
    struct trust *trusts;
    unsigned count, i = 0;

    TRY(auth_trusts(s, a, &trusts, &count));
    while (i < count && !is_named(&trusts[i], channel_type, name))
        i++;
    /* It is the partner that trusts us, so the half is the incoming one. */
    if (i == count || !(trusts[i].direction & TRUST_INBOUND))
        return ERR_NOT_FOUND;
    out->trust = &trusts[i];
    out->tdo = trusts[i].object;
    const char *account = arena_printf(a, "%.*s$", SPAN_ARG(trusts[i].flat_name));
    TRY(account ? ERR_OK : ERR_NOMEM);
    TRY(take(s, span_str(account), UAC_INTERDOMAIN_TRUST_ACCOUNT, a, out));
    return netlogon_trust_hashes(s, out->tdo, TRUST_INBOUND, a, out->nt_hash, &out->count);
}

static enum err find(const struct dir_snap *s, uint16_t channel_type, struct span name,
                     struct arena *a, struct netlogon_account *out)
{
    uint32_t kind = kind_of(channel_type);

    if (!kind)
        return ERR_NOT_FOUND;
    if (kind == UAC_INTERDOMAIN_TRUST_ACCOUNT) {
        TRY(find_trust(s, channel_type, name, a, out));
    } else {
        TRY(take(s, name, kind, a, out));
        TRY(own_hash(s, out->account, a, out));
    }
    return out->count ? ERR_OK : ERR_NOT_FOUND;
}

enum err netlogon_account_find(const struct dir_snap *s, uint16_t channel_type, struct span name,
                               struct arena *a, struct netlogon_account *out)
{
    struct netlogon_account found = {0};
    enum err e = find(s, channel_type, name, a, &found);

    if (e == ERR_OK)
        *out = found;
    mem_wipe(&found, sizeof(found));
    return e;
}

static bool stands(const struct dir_snap *s, const struct netlogon_session *session)
{
    struct dir_account acc;
    struct dir_obj o;

    if (dir_by_id(s, session->account, &o) != ERR_OK || o.flags & DIR_OBJ_DELETED ||
        dir_account_of(s, &o, &acc) != ERR_OK || !usable(&acc, kind_of(session->channel_type)))
        return false;
    if (!session->tdo)
        return true;
    return dir_by_id(s, session->tdo, &o) == ERR_OK && !(o.flags & DIR_OBJ_DELETED) &&
           (uint32_t)dir_attr_i32(&o, ATTR_trustDirection, 0) & TRUST_INBOUND;
}

static bool is_secret(const struct netlogon_account *acc, const uint8_t hash[16])
{
    bool found = false;

    for (unsigned i = 0; i < acc->count; i++)
        found |= mem_eq_ct(acc->nt_hash[i], hash, 16);
    return found;
}

enum reason netlogon_account_check(const struct dir_snap *s, const struct netlogon_session *session)
{
    struct netlogon_account acc = {0};
    struct arena a;

    if (!stands(s, session))
        return REASON_NETLOGON_ACCOUNT;
    arena_init(&a, 4096, SECRETS_MEMORY, ARENA_WIPE);
    enum err e = session->tdo ? netlogon_trust_hashes(s, session->tdo, TRUST_INBOUND, &a,
                                                      acc.nt_hash, &acc.count)
                              : own_hash(s, session->account, &a, &acc);
    bool proved = e == ERR_OK && is_secret(&acc, session->nt_hash);
    mem_wipe(&acc, sizeof(acc));
    arena_fini(&a);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return REASON_SERVER_FAILED;
    return proved ? REASON_NONE : REASON_NETLOGON_PASSWORD_CHANGED;
}
