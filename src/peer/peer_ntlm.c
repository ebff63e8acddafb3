#include "peer/peer_ntlm.h"

#include "base/text.h"
#include "plat/clock.h"
#include "plat/random.h"
#include "wire/ntlm/ntlm.h"
#include "wire/spnego/spnego.h"

#define REQUIRED (NTLM_UNICODE | NTLM_NTLM | NTLM_EXTENDED_SECURITY | NTLM_128 | NTLM_TARGET_INFO)
#define WANTED   (REQUIRED | NTLM_REQUEST_TARGET | NTLM_SIGN | NTLM_ALWAYS_SIGN | NTLM_VERSION)

enum err peer_ntlm_begin(struct peer_ntlm *n, struct arena *a, struct span *token_out)
{
    struct ntlm_negotiate m = {.flags = WANTED};
    struct span mech = spnego_mech_oid(SPNEGO_MECH_NTLMSSP);
    struct spnego_init init = {.mech_types = {.items = &mech, .count = 1}};
    struct builder b;
    builder_in(&b, a, SPNEGO_TOKEN_MAX);
    spnego_put_mech_list(&b, &init.mech_types);
    TRY(builder_done(&b, &n->mechs));
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    ntlm_put_negotiate(&b, &m);
    TRY(builder_done(&b, &n->negotiate));
    init.mech_token = n->negotiate;
    builder_in(&b, a, SPNEGO_TOKEN_MAX);
    spnego_put_init(&b, &init);
    return builder_done(&b, token_out);
}

/* --- the answer ----------------------------------------------------------------------------------
 */

struct answer {
    const struct peer_ntlm *who;
    struct arena *a;
    struct span challenge; /* the whole message */
    struct ntlm_challenge m;
    struct ntlm_target_info info;
    struct span user, domain; /* UTF-16LE */
    uint8_t key[NTLM_KEY_SIZE];
};

static enum err wide(struct answer *x, struct span text, struct span *out)
{
    return text_to_utf16(text, x->a, out);
}

static enum err check_target(struct answer *x)
{
    struct span domain;
    if (text_from_utf16(x->info.dns_domain, x->a, &domain) != ERR_OK)
        return ERR_MALFORMED;
    return ascii_eq_fold(domain, x->who->partner) ? ERR_OK : ERR_DENIED;
}

static enum err read_challenge(struct answer *x, struct span token)
{
    struct spnego_token outer;
    TRY(spnego_decode(token, x->a, &outer));
    if (outer.kind != SPNEGO_RESP || !outer.resp.response_token.len)
        return ERR_MALFORMED;
    x->challenge = outer.resp.response_token;
    TRY(ntlm_challenge_decode(x->challenge, &x->m));
    if ((x->m.flags & REQUIRED) != REQUIRED)
        return ERR_UNSUPPORTED;
    TRY(ntlm_target_info_decode(x->m.target_info, &x->info));
    return check_target(x);
}

/* The time is the server's where it tells one. */
static enum err client_challenge(struct answer *x, struct span *out)
{
    struct ntlm_target_info *i = &x->info;
    uint8_t challenge[8];
    struct builder b;
    plat_random(challenge, sizeof(challenge));
    if (!i->has_timestamp)
        i->timestamp = utime_to_filetime(plat_now());
    i->has_timestamp = i->has_flags = true;
    i->flags = NTLM_AV_MIC;
    TRY(wide(x, span_str(arena_printf(x->a, "cifs/%s", x->who->host)), &i->target));
    builder_in(&b, x->a, NTLM_MESSAGE_MAX);
    ntlm_put_client_challenge(&b, i->timestamp, challenge, i);
    return builder_done(&b, out);
}

static enum err response(struct answer *x, struct span *out)
{
    uint8_t owf[NTLM_KEY_SIZE], proof[16];
    struct span upper, temp;
    struct builder b;
    TRY(text_upper(x->who->account, x->a, &upper));
    TRY(wide(x, upper, &upper));
    TRY(client_challenge(x, &temp));
    ntlm_owf_v2(x->who->nt_hash, upper, x->domain, owf);
    ntlm_proof(owf, x->m.challenge, temp, proof);
    ntlm_base_key(owf, proof, x->key);
    mem_wipe(owf, sizeof(owf));
    builder_in(&b, x->a, NTLM_MESSAGE_MAX);
    builder_bytes(&b, proof, sizeof(proof));
    builder_span(&b, temp);
    return builder_done(&b, out);
}

/* No key is exchanged: the session has the one that the response makes. */
static enum err authenticate(struct answer *x, struct span *out)
{
    struct ntlm_authenticate m = {.flags = x->m.flags & WANTED};
    uint8_t mic[NTLM_MIC_SIZE];
    struct builder b;
    TRY(wide(x, x->who->account, &x->user));
    TRY(wide(x, x->who->domain, &x->domain));
    TRY(response(x, &m.nt));
    m.user = x->user;
    m.domain = x->domain;
    builder_in(&b, x->a, NTLM_MESSAGE_MAX);
    ntlm_put_authenticate(&b, &m, true);
    TRY(builder_done(&b, out));
    struct span parts[] = {x->who->negotiate, x->challenge, *out};
    ntlm_mic(x->key, parts, 3, mic);
    /* memory of our own arena */
    memcpy((uint8_t *)(uintptr_t)out->ptr + NTLM_MIC_AT, mic, sizeof(mic));
    return ERR_OK;
}

/* Who knows of the MIC in AUTHENTICATE wants one of what SPNEGO offered, too ([MS-SPNG] 3.1.5.1).
 */
static void sign_mechs(const struct answer *x, uint8_t out[NTLM_SIGNATURE_SIZE])
{
    struct ntlm_stream s;
    ntlm_stream_init(&s, x->key, NTLM_CLIENT, false);
    ntlm_sign(&s, &x->who->mechs, 1, out);
    ntlm_stream_wipe(&s);
}

enum err peer_ntlm_answer(struct peer_ntlm *n, struct span token, struct arena *a,
                          struct span *token_out, uint8_t key_out[NTLM_KEY_SIZE])
{
    struct answer *x = arena_new(a, struct answer);
    uint8_t mic[NTLM_SIGNATURE_SIZE];
    struct spnego_resp resp = {.mech_list_mic = span_of(mic, sizeof(mic))};
    struct builder b;
    if (!x)
        return ERR_NOMEM;
    *x = (struct answer){.who = n, .a = a};
    TRY(read_challenge(x, token));
    TRY(authenticate(x, &resp.response_token));
    sign_mechs(x, mic);
    builder_in(&b, a, SPNEGO_TOKEN_MAX);
    spnego_put_resp(&b, &resp);
    TRY(builder_done(&b, token_out));
    memcpy(key_out, x->key, NTLM_KEY_SIZE);
    return ERR_OK;
}
