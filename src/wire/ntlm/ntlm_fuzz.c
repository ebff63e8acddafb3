/* Messages of any bytes: what decodes is written, and decodes again to the same. */
#include "base/arena.h"
#include "wire/ntlm/ntlm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writing may need more than a message may have, when fields overlap. */
static bool written(struct builder *b, struct span *out)
{
    return builder_done(b, out) == ERR_OK;
}

static void negotiate(struct span in, struct arena *a)
{
    struct ntlm_negotiate m, again;
    struct builder b;
    struct span out;
    if (ntlm_negotiate_decode(in, &m) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 18);
    ntlm_put_negotiate(&b, &m);
    if (!written(&b, &out))
        return;
    ENT_ASSERT(ntlm_negotiate_decode(out, &again) == ERR_OK && again.flags == m.flags);
    ENT_ASSERT(span_eq(again.domain, m.domain) && span_eq(again.workstation, m.workstation));
}

static void challenge(struct span in, struct arena *a)
{
    struct ntlm_challenge m, again;
    struct builder b;
    struct span out;
    if (ntlm_challenge_decode(in, &m) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 18);
    ntlm_put_challenge(&b, &m);
    if (!written(&b, &out))
        return;
    ENT_ASSERT(ntlm_challenge_decode(out, &again) == ERR_OK && again.flags == m.flags);
    ENT_ASSERT(span_eq(again.target, m.target) && span_eq(again.target_info, m.target_info));
}

static void authenticate(struct span in, struct arena *a)
{
    struct ntlm_authenticate m, again;
    struct builder b;
    struct span out;
    if (ntlm_authenticate_decode(in, &m) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 19);
    ntlm_put_authenticate(&b, &m, m.mic.ptr != NULL);
    if (!written(&b, &out))
        return;
    ENT_ASSERT(ntlm_authenticate_decode(out, &again) == ERR_OK && again.flags == m.flags);
    ENT_ASSERT(span_eq(again.lm, m.lm) && span_eq(again.nt, m.nt) && span_eq(again.user, m.user));
    ENT_ASSERT(span_eq(again.domain, m.domain) && span_eq(again.workstation, m.workstation));
    ENT_ASSERT(span_eq(again.session_key, m.session_key));
    struct ntlm_v2_response v2;
    (void)ntlm_v2_response_decode(m.nt, &v2);
}

static void response(struct span in, struct arena *a)
{
    struct ntlm_v2_response m, again;
    struct builder b;
    struct span out;
    if (ntlm_v2_response_decode(in, &m) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 20);
    builder_bytes(&b, m.proof, 16);
    ntlm_put_client_challenge(&b, m.timestamp, m.challenge, &m.info);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    ENT_ASSERT(ntlm_v2_response_decode(out, &again) == ERR_OK);
    ENT_ASSERT(again.info.flags == m.info.flags && again.info.timestamp == m.info.timestamp);
    ENT_ASSERT(span_eq(again.info.target, m.info.target));
    ENT_ASSERT(span_eq(again.info.binding, m.info.binding));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct span in = span_of(data, size);
    arena_init(&a, 0, 1 << 22, 0);
    negotiate(in, &a);
    challenge(in, &a);
    authenticate(in, &a);
    response(in, &a);
    arena_fini(&a);
    return 0;
}
