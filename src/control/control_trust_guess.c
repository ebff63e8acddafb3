#include "control/control_trusts.h"

#include "base/text.h"
#include "crypt/hash.h"
#include "crypt/seal.h"
#include "plat/random.h"

#define FLAT_NAME_MAX    15
#define DISCOVER_TIMEOUT (20 * UTIME_SECOND)

struct span control_trust_guess(struct control_call *call, struct span partner, bool second)
{
    uint8_t digest[32];
    size_t len = 0;
    if (second) {
        hash_one(HASH_SHA256, partner, digest);
        return span_str(
            arena_printf(call->a, "T-%.*s",
                         SPAN_ARG(ascii_upper(call->a, text_hex(call->a, span_of(digest, 5))))));
    }
    while (len < partner.len && len < FLAT_NAME_MAX && partner.ptr[len] != '.')
        len++;
    return ascii_upper(call->a, span_sub(partner, 0, len));
}

/* What the seal is tied to: a trust that is made again is another one, and none of it. */
static struct span tied_to(struct control_call *call, const struct trust *t)
{
    return span_str(
        arena_printf(call->a, "%.*s/%u", SPAN_ARG(ascii_lower(call->a, t->dns_name)), t->object));
}

static enum err sealed_text(struct control_call *call, struct span to, struct span password,
                            struct span *out)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    struct seal_key key;
    uint8_t *sealed = arena_alloc(call->a, password.len + SEAL_OVERHEAD);
    if (!sealed)
        return ERR_NOMEM;
    plat_random(nonce, sizeof(nonce));
    seal_key_init(&key, call->control->env.seal_key);
    seal(&key, nonce, to, password, sealed);
    seal_key_wipe(&key);
    *out = text_base64(call->a, span_of(sealed, password.len + SEAL_OVERHEAD));
    return out->ptr ? ERR_OK : ERR_NOMEM;
}

static enum err unsealed(struct control_call *call, struct span to, const char *text,
                         struct span *out)
{
    struct seal_key key;
    struct span sealed;
    TRY(text_unbase64(span_str(text), call->a, &sealed));
    if (sealed.len < SEAL_OVERHEAD)
        return ERR_INTEGRITY;
    uint8_t *plain = arena_alloc(call->a, sealed.len);
    if (!plain)
        return ERR_NOMEM;
    seal_key_init(&key, call->control->env.seal_key);
    enum err e = unseal(&key, to, sealed, plain);
    seal_key_wipe(&key);
    *out = span_of(plain, sealed.len - SEAL_OVERHEAD);
    return e;
}

enum err control_trust_guessed(struct control_call *call, const struct trust *t,
                               struct span password)
{
    struct trust stored;
    struct span sealed;
    TRY(control_trust_named(call, t->dns_name, &stored)); /* one that is made has its object now */
    TRY(sealed_text(call, tied_to(call, &stored), password, &sealed));
    control_set_span(control_trust_state(call->directory, t->dns_name, true), "guess", sealed);
    return control_keep(call);
}

static enum err heard(struct control_call *call, struct trust *t, struct span flat_name)
{
    json_t *entry = control_trust_state(call->directory, t->dns_name, false);
    const char *guess = json_string_value(json_object_get(entry, "guess"));
    struct span password;
    if (!guess) /* it was settled meanwhile */
        return ERR_OK;
    if (!ascii_eq_fold(t->flat_name, flat_name)) {
        enum err e = unsealed(call, tied_to(call, t), guess, &password);
        if (e == ERR_OK) {
            t->flat_name = ascii_upper(call->a, flat_name);
            TRY(control_trust_rename(call, t, password));
            entry = control_trust_state(call->directory, t->dns_name, false);
        } else if (e != ERR_INTEGRITY) { /* that is the guess of a trust that was deleted */
            return e;
        }
    }
    json_object_del(entry, "guess");
    return control_keep(call);
}

enum err control_trust_ask_name(struct control_call *call, struct trust *t)
{
    struct trust_report report;
    enum err e = ERR_OK;
    if (!json_object_get(control_trust_state(call->directory, t->dns_name, false), "guess"))
        return ERR_OK;
    TRY(control_trust_ask_peer(call, TRUST_MESSAGE_DISCOVER, t->dns_name, DISCOVER_TIMEOUT,
                               &report));
    for (unsigned i = 0; i < CONTROL_TRUST_TRIES; i++) { /* another proof may hear it, too */
        TRY(control_trust_named(call, t->dns_name, t));
        e = report.flat_name.len ? heard(call, t, report.flat_name) : ERR_OK;
        if (e != ERR_REFUSED || call->reason != REASON_DIR_TRUST_STALE)
            return e;
    }
    return e;
}
