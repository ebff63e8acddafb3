#include "writer/trust_secret.h"

#include "base/text.h"
#include "plat/random.h"
#include "trust/trust_keys.h"
#include "wire/ms/trust_auth.h"
#include "writer/password.h"
#include "writer/values.h"

#define SECRET_UNITS     120 /* of a password of our own making, as Windows makes them */
#define SECRET_BYTES_MAX 504 /* what NL_TRUST_PASSWORD has room for beside the version */

/* --- secrets --------------------------------------------------------------------------------- */

/* One direction's blob after an administrator's reset. The version goes up, and the previous
 * entries are a copy of the current ones, which is how the blob says that there is no history
 * ([MS-ADTS] 6.1.6.9.1): both sides are told the new password by hand, so the hour in which a
 * rollover keeps on encrypting with the former one would only prolong the fault that the reset
 * mends. A former password that is known to others is worth nothing from then on, either. */
static enum err reset_blob(struct op *op, struct span old, struct span utf16, struct span *out)
{
    struct trust_auth was, now = {.count = 2, .previous_count = 2};
    struct builder b, v;
    uint8_t *version = arena_alloc(op->a, 4);
    if (!version)
        return ERR_NOMEM;
    TRY(trust_auth_decode(old, &was));
    builder_over(&v, version, 4);
    builder_le32(&v, trust_auth_version(was.current, was.count) + 1);
    int64_t time = utime_to_filetime(op->now);
    now.current[0] = (struct trust_auth_info){time, TRUST_AUTH_CLEAR, utf16};
    now.current[1] = (struct trust_auth_info){time, TRUST_AUTH_VERSION, span_of(version, 4)};
    memcpy(now.previous, now.current, sizeof now.previous);
    builder_in(&b, op->a, TRUST_AUTH_MAX);
    trust_auth_put(&b, &now);
    return builder_done(&b, out);
}

static enum err account_password(struct op *op, struct trust_secrets *s)
{
    struct trust_auth auth;
    TRY(trust_auth_decode(s->incoming, &auth));
    const struct trust_auth_info *clear =
        trust_auth_find(auth.current, auth.count, TRUST_AUTH_CLEAR);
    return clear ? trust_password_utf8(clear->data, op->a, &s->account_password) : ERR_OK;
}

enum err trust_new_secrets(struct op *op, const struct dir_obj *tdo, uint32_t direction,
                           struct trust_secrets *s)
{
    const struct intent_trust *in = &op->in->trust;
    struct span utf16;
    struct trust_auth unused;
    if (tdo) {
        enum err e = dir_trust_secrets(op->s, tdo->id, op->a, &s->incoming, &s->outgoing);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
    }
    if (in->password.len) {
        if (text_to_utf16(in->password, op->a, &utf16) != ERR_OK)
            return op_refuse(op, ERR_CONSTRAINT, REASON_PASSWORD_NOT_TEXT,
                             "the trust's password is not text");
        TRY(reset_blob(op, s->incoming, utf16, &s->incoming));
        TRY(reset_blob(op, s->outgoing, utf16, &s->outgoing));
        s->changed = true;
    }
    if (in->incoming.len || in->outgoing.len) {
        if (trust_auth_decode(in->incoming, &unused) != ERR_OK ||
            trust_auth_decode(in->outgoing, &unused) != ERR_OK)
            return op_refuse(op, ERR_MALFORMED, REASON_DIR_TRUST_INVALID,
                             "the trust's secrets are malformed");
        s->incoming = in->incoming.len ? in->incoming : s->incoming;
        s->outgoing = in->outgoing.len ? in->outgoing : s->outgoing;
        s->changed = true;
    }
    if (!(direction & TRUST_INBOUND))
        s->incoming = SPAN_NONE;
    if (!(direction & TRUST_OUTBOUND))
        s->outgoing = SPAN_NONE;
    if (((direction & TRUST_INBOUND) && !s->incoming.len) ||
        ((direction & TRUST_OUTBOUND) && !s->outgoing.len))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_TRUST_NO_SECRET,
                         "the trust with %.*s needs its shared password", SPAN_ARG(op->in->target));
    return s->changed || !tdo ? account_password(op, s) : ERR_OK;
}

/* --- the account FLATNAME$ (6.1.6.8) --------------------------------------------------------- */

static struct span account_name(struct op *op, struct span flat)
{
    return span_str(arena_printf(op->a, "%.*s$", SPAN_ARG(ascii_upper(op->a, flat))));
}

static enum err find_account(struct op *op, struct span flat, struct dir_obj *out)
{
    enum err e = dir_by_value(op->s, ATTR_sAMAccountName, account_name(op, flat), out);
    if (e == ERR_OK &&
        !((uint32_t)dir_attr_i32(out, ATTR_userAccountControl, 0) & UAC_INTERDOMAIN_TRUST_ACCOUNT))
        return op_refuse(op, ERR_EXISTS, REASON_DIR_ACCOUNT_NAME_TAKEN,
                         "an account %.*s$ exists that is not a trust's", SPAN_ARG(flat));
    return e;
}

static enum err make_account(struct op *op, struct span flat, struct draft *d)
{
    struct dir_obj users;
    struct span name = account_name(op, flat);
    TRY(dir_child(op->s, op->naming.domain_nc, SPAN_LIT("Users"), &users));
    draft_begin(op, users.id, schema_class(CLASS_user), name, d);
    TRY(draft_set(d, ATTR_sAMAccountName, name));
    TRY(draft_set_i32(d, ATTR_userAccountControl,
                      UAC_INTERDOMAIN_TRUST_ACCOUNT | UAC_PASSWD_NOTREQD));
    TRY(draft_set_bool(d, ATTR_isCriticalSystemObject, true));
    TRY(object_defaults(d));
    TRY(descriptor_new(d, &users, SPAN_NONE));
    return object_check(d);
}

static enum err put_account(struct op *op, const struct trust *t, const struct trust_secrets *s)
{
    struct dir_obj o;
    struct draft d;
    enum err e = find_account(op, t->flat_name, &o);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (!(t->direction & TRUST_INBOUND))
        return e == ERR_OK ? delete_object(op, &o) : ERR_OK;
    if (e == ERR_OK)
        TRY(draft_load(op, &o, &d));
    else
        TRY(make_account(op, t->flat_name, &d));
    if (s->account_password.len)
        TRY(password_set(&d, s->account_password, PASSWORD_FREE));
    draft_write(&d);
    return draft_secrets(&d);
}

enum err trust_delete_account(struct op *op, const struct dir_obj *tdo)
{
    struct dir_obj o;
    struct span flat;
    if (!dir_attr_first(tdo, ATTR_flatName, &flat))
        return ERR_OK;
    enum err e = find_account(op, flat, &o);
    if (e == ERR_NOT_FOUND || e == ERR_EXISTS)
        return ERR_OK;
    return e == ERR_OK ? delete_object(op, &o) : e;
}

/* --- rollover ----------------------------------------------------------------------------------
 */

/* Every unit but zero and the surrogates, so that the password is text to whoever takes it for
 * that. */
static struct span random_secret(struct op *op)
{
    uint8_t *bytes = arena_alloc(op->a, 2 * SECRET_UNITS);
    for (unsigned i = 0; bytes && i < SECRET_UNITS; i++) {
        uint32_t unit = 1 + plat_random_below(0xD7FF);
        bytes[2 * i] = (uint8_t)unit;
        bytes[2 * i + 1] = (uint8_t)(unit >> 8);
    }
    return bytes ? span_of(bytes, 2 * SECRET_UNITS) : SPAN_NONE;
}

/* The password of one array and its version, of which the second may be missing in a blob that an
 * administrator's tool made. */
static bool password_entries(const struct trust_auth_info *from, unsigned count,
                             struct trust_auth_info to[2])
{
    static const uint8_t zero[4] = {0};
    const struct trust_auth_info *clear = trust_auth_find(from, count, TRUST_AUTH_CLEAR);
    const struct trust_auth_info *hash = trust_auth_find(from, count, TRUST_AUTH_NT_HASH);
    const struct trust_auth_info *version = trust_auth_find(from, count, TRUST_AUTH_VERSION);
    if (!clear && !hash)
        return false;
    to[0] = clear ? *clear : *hash;
    to[1] = version ? *version
                    : (struct trust_auth_info){to[0].time, TRUST_AUTH_VERSION, span_of(zero, 4)};
    return true;
}

/* The former password may still be in use under tickets that the KDCs gave out, so there must not
 * be a third one too soon: only the service's own rollovers wait, those of the partner are its own
 * affair. */
static bool rolled_lately(struct op *op, const struct trust_auth *was)
{
    struct trust_auth_info now[2], former[2];
    return password_entries(was->current, was->count, now) &&
           password_entries(was->previous, was->previous_count, former) &&
           !span_eq(now[0].data, former[0].data) &&
           op->now - utime_from_filetime(now[0].time) < INTENT_TRUST_ROLL_WAIT;
}

static enum err rolled_blob(struct op *op, const struct trust_auth *was, struct span secret,
                            struct span *out)
{
    const struct intent_trust *in = &op->in->trust;
    struct trust_auth now = {.count = 2, .previous_count = 2};
    struct builder b, v;
    uint8_t *version = arena_alloc(op->a, 4);
    int64_t time = utime_to_filetime(op->now);
    if (!version)
        return ERR_NOMEM;
    builder_over(&v, version, 4);
    builder_le32(&v, in->version ? in->version : trust_auth_version(was->current, was->count) + 1);
    now.current[0] = (struct trust_auth_info){time, TRUST_AUTH_CLEAR, secret};
    now.current[1] = (struct trust_auth_info){time, TRUST_AUTH_VERSION, span_of(version, 4)};
    if (!password_entries(was->current, was->count, now.previous))
        now.previous_count = 0;
    builder_in(&b, op->a, TRUST_AUTH_MAX);
    trust_auth_put(&b, &now);
    return builder_done(&b, out);
}

static bool is_current(const struct trust_auth *auth, struct span secret)
{
    const struct trust_auth_info *clear =
        trust_auth_find(auth->current, auth->count, TRUST_AUTH_CLEAR);
    return clear && span_eq(clear->data, secret);
}

static enum err roll_half(struct op *op, const struct trust *t, struct span *half,
                          struct trust_secrets *s)
{
    struct trust_auth was;
    struct span secret = op->in->trust.secret;
    TRY(trust_auth_decode(*half, &was));
    if (!secret.len && rolled_lately(op, &was))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_TRUST_ROLLED_LATELY,
                         "the password of the trust with %.*s was changed less than %d hours ago",
                         SPAN_ARG(t->dns_name), (int)(INTENT_TRUST_ROLL_WAIT / UTIME_HOUR));
    if (!secret.len)
        secret = random_secret(op);
    if (!secret.len)
        return ERR_NOMEM;
    /* The partner says it again when it has not heard our answer: the former password must not be
     * lost by that. */
    if (is_current(&was, secret))
        return ERR_OK;
    s->changed = true;
    return rolled_blob(op, &was, secret, half);
}

enum err trust_roll_secret(struct op *op, const struct trust *t, struct trust_secrets *out)
{
    struct trust_secrets s = {.changed = false};
    uint32_t half = op->in->trust.direction;
    struct span secret = op->in->trust.secret;
    if ((half != TRUST_INBOUND && half != TRUST_OUTBOUND) || !(t->direction & half))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_TRUST_NO_HALF,
                         "the trust with %.*s has no such half", SPAN_ARG(t->dns_name));
    if (secret.len % 2 || secret.len > SECRET_BYTES_MAX || (half == TRUST_INBOUND && !secret.len))
        return op_refuse(op, ERR_CONSTRAINT, REASON_PASSWORD_NOT_TEXT,
                         "the trust's password is not 1 to %d UTF-16 units", SECRET_BYTES_MAX / 2);
    TRY(dir_trust_secrets(op->s, t->object, op->a, &s.incoming, &s.outgoing));
    TRY(roll_half(op, t, half == TRUST_INBOUND ? &s.incoming : &s.outgoing, &s));
    if (half == TRUST_INBOUND && s.changed)
        TRY(account_password(op, &s));
    *out = s;
    return ERR_OK;
}

/* --- both --------------------------------------------------------------------------------------
 */

enum err trust_put_secrets(struct op *op, dir_id tdo, const struct trust *t,
                           const struct trust_secrets *s)
{
    struct span plain;
    TRY(dir_trust_secrets_encode(s->incoming, s->outgoing, op->a, &plain));
    TRY(op_secret(op, DIR_SECRET_ACCOUNT, tdo, plain));
    return put_account(op, t, s);
}
