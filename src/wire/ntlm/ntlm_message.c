/*
 * The three messages: a fixed part whose fields point into what follows it, [MS-NLMP] 2.2.1.
 */
#include "base/reader.h"
#include "wire/ntlm/ntlm.h"

#define SIGNATURE       SPAN_LIT("NTLMSSP\0")
#define NEGOTIATE_FIXED 40
#define CHALLENGE_FIXED 56
#define NTLM_REVISION   15
/* What we say that we are, where a version is asked for: debugging, says the specification. */
#define MAJOR 10
#define BUILD 14393

enum err ntlm_kind(struct span in, enum ntlm_kind *out)
{
    struct reader r = reader_of(in);
    struct span signature = reader_span(&r, SIGNATURE.len);
    uint32_t kind = reader_le32(&r);
    if (in.len > NTLM_MESSAGE_MAX)
        return ERR_LIMIT;
    if (!reader_ok(&r) || !span_eq(signature, SIGNATURE) || kind < NTLM_NEGOTIATE ||
        kind > NTLM_AUTHENTICATE)
        return ERR_MALFORMED;
    *out = (enum ntlm_kind)kind;
    return ERR_OK;
}

/* A reader behind signature and kind. */
static enum err begin(struct span in, enum ntlm_kind want, struct reader *r)
{
    enum ntlm_kind kind;
    TRY(ntlm_kind(in, &kind));
    *r = reader_of(in);
    reader_skip(r, SIGNATURE.len + 4);
    return kind == want ? ERR_OK : ERR_MALFORMED;
}

/* Length, maximum (ignored), offset. Where an empty field would be does not matter. *lowest: the
 * first byte that a field stands on. */
static struct span field(struct reader *r, size_t *lowest)
{
    uint16_t len = reader_le16(r);
    reader_skip(r, 2);
    uint32_t at = reader_le32(r);
    struct reader whole = *r;
    if (len == 0)
        return SPAN_NONE;
    reader_seek(&whole, at);
    struct span s = reader_span(&whole, len);
    if (!reader_ok(&whole))
        reader_fail(r, ERR_MALFORMED);
    if (at < *lowest)
        *lowest = at;
    return s;
}

/* Fields stand behind the fixed part. */
static enum err finish(struct reader *r, size_t fixed, size_t lowest)
{
    if (!reader_ok(r) || lowest < fixed)
        return ERR_MALFORMED;
    return ERR_OK;
}

/* --- writing: the fixed part with fields as they come, then what they point to ------------------
 */

struct writer {
    struct builder *b;
    size_t start; /* of the message */
    size_t at;    /* offset of the next field's bytes */
};

static struct writer put_begin(struct builder *b, enum ntlm_kind kind, size_t fixed)
{
    struct writer w = {b, b->len, fixed};
    builder_span(b, SIGNATURE);
    builder_le32(b, kind);
    return w;
}

static void put_field(struct writer *w, struct span s)
{
    if (s.len > UINT16_MAX)
        builder_fail(w->b, ERR_LIMIT);
    builder_le16(w->b, (uint16_t)s.len);
    builder_le16(w->b, (uint16_t)s.len);
    builder_le32(w->b, (uint32_t)w->at);
    w->at += s.len;
}

static void put_version(struct builder *b, uint32_t flags)
{
    bool told = flags & NTLM_VERSION;
    builder_u8(b, told ? MAJOR : 0);
    builder_u8(b, 0);
    builder_le16(b, told ? BUILD : 0);
    builder_le32(b, told ? (uint32_t)NTLM_REVISION << 24 : 0);
}

static void put_end(struct writer *w)
{
    if (builder_ok(w->b) && w->b->len - w->start > NTLM_MESSAGE_MAX)
        builder_fail(w->b, ERR_LIMIT);
}

/* --- NEGOTIATE -------------------------------------------------------------------------------- */

enum err ntlm_negotiate_decode(struct span in, struct ntlm_negotiate *out)
{
    struct reader r;
    size_t lowest = SIZE_MAX;
    TRY(begin(in, NTLM_NEGOTIATE, &r));
    struct ntlm_negotiate m = {.flags = reader_le32(&r)};
    if (reader_left(&r) >= 16) {
        struct span domain = field(&r, &lowest), workstation = field(&r, &lowest);
        m.domain = m.flags & NTLM_DOMAIN_SUPPLIED ? domain : SPAN_NONE;
        m.workstation = m.flags & NTLM_WORKSTATION_SUPPLIED ? workstation : SPAN_NONE;
    }
    TRY(finish(&r, 32, lowest));
    *out = m;
    return ERR_OK;
}

void ntlm_put_negotiate(struct builder *b, const struct ntlm_negotiate *m)
{
    struct writer w = put_begin(b, NTLM_NEGOTIATE, NEGOTIATE_FIXED);
    builder_le32(b, m->flags);
    put_field(&w, m->domain);
    put_field(&w, m->workstation);
    put_version(b, m->flags);
    builder_span(b, m->domain);
    builder_span(b, m->workstation);
    put_end(&w);
}

/* --- CHALLENGE -------------------------------------------------------------------------------- */

enum err ntlm_challenge_decode(struct span in, struct ntlm_challenge *out)
{
    struct reader r;
    struct ntlm_challenge m = {0};
    size_t lowest = SIZE_MAX;
    TRY(begin(in, NTLM_CHALLENGE, &r));
    m.target = field(&r, &lowest);
    m.flags = reader_le32(&r);
    reader_copy(&r, m.challenge, sizeof(m.challenge));
    reader_skip(&r, 8);
    m.target_info = field(&r, &lowest);
    TRY(finish(&r, 48, lowest));
    *out = m;
    return ERR_OK;
}

void ntlm_put_challenge(struct builder *b, const struct ntlm_challenge *m)
{
    struct writer w = put_begin(b, NTLM_CHALLENGE, CHALLENGE_FIXED);
    put_field(&w, m->target);
    builder_le32(b, m->flags);
    builder_bytes(b, m->challenge, sizeof(m->challenge));
    builder_zeros(b, 8);
    put_field(&w, m->target_info);
    put_version(b, m->flags);
    builder_span(b, m->target);
    builder_span(b, m->target_info);
    put_end(&w);
}

/* --- AUTHENTICATE ----------------------------------------------------------------------------- */

enum err ntlm_authenticate_decode(struct span in, struct ntlm_authenticate *out)
{
    struct reader r;
    struct ntlm_authenticate m = {0};
    size_t lowest = SIZE_MAX;
    TRY(begin(in, NTLM_AUTHENTICATE, &r));
    m.lm = field(&r, &lowest);
    m.nt = field(&r, &lowest);
    m.domain = field(&r, &lowest);
    m.user = field(&r, &lowest);
    m.workstation = field(&r, &lowest);
    m.session_key = field(&r, &lowest);
    m.flags = reader_le32(&r);
    TRY(finish(&r, 64, lowest));
    if (lowest >= NTLM_MIC_AT + NTLM_MIC_SIZE && in.len >= NTLM_MIC_AT + NTLM_MIC_SIZE)
        m.mic = span_sub(in, NTLM_MIC_AT, NTLM_MIC_SIZE);
    *out = m;
    return ERR_OK;
}

void ntlm_put_authenticate(struct builder *b, const struct ntlm_authenticate *m, bool with_mic)
{
    size_t room = with_mic ? NTLM_MIC_SIZE : 0;
    struct writer w = put_begin(b, NTLM_AUTHENTICATE, NTLM_MIC_AT + room);
    struct span order[] = {m->domain, m->user, m->workstation, m->lm, m->nt, m->session_key};
    struct writer names = w, responses = w;
    responses.at += m->domain.len + m->user.len + m->workstation.len;
    put_field(&responses, m->lm);
    put_field(&responses, m->nt);
    put_field(&names, m->domain);
    put_field(&names, m->user);
    put_field(&names, m->workstation);
    put_field(&responses, m->session_key);
    builder_le32(b, m->flags);
    put_version(b, m->flags);
    builder_zeros(b, room);
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        builder_span(b, order[i]);
    put_end(&w);
}
