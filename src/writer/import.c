#include "base/text.h"
#include "writer/ldif.h"
#include "writer/password.h"
#include "writer/values.h"

/* Bulk load (docs/IMPORT.md): a piece of LDIF, each record an add of its own. What one record
 * refuses does not hinder the others; all of a piece are one commit. */

#define REFUSALS_MAX 20 /* told one by one; the rest are counted */

struct tally {
    uint32_t added, refused;
    struct builder text;
};

/* What a record says of its account's secrets; not attributes of the schema. */
struct given_secrets {
    struct span clear; /* userPassword: the password in the clear */
    struct dir_account_keys keys;
    bool ready; /* keys were given */
};

static enum err refuse_line(struct op *op, const char *what)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_IMPORT_RECORD, "%s", what);
}

/* "kvno etype hex" */
static enum err ready_key(struct op *op, struct span v, struct given_secrets *s)
{
    struct span part[3], bytes;
    uint64_t kvno, etype;
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *space = i < 2 && v.len ? memchr(v.ptr, ' ', v.len) : NULL;
        size_t len = space ? (size_t)(space - v.ptr) : v.len;
        part[i] = span_sub(v, 0, len);
        v = span_sub(v, len + 1, v.len);
    }
    struct dir_keyset *set = &s->keys.version[0];
    if (text_to_u64(part[0], UINT32_MAX, &kvno) != ERR_OK ||
        text_to_u64(part[1], 255, &etype) != ERR_OK ||
        text_unhex(part[2], op->a, &bytes) != ERR_OK || set->count == DIR_KEYS_MAX ||
        krb_key_make((int32_t)etype, bytes, &set->key[set->count]) != ERR_OK)
        return refuse_line(op,
                           "entente-key wants \"kvno etype hex\" with a key of the right length");
    if (!kvno || (set->count && set->kvno != kvno))
        return refuse_line(op,
                           "entente-key: all keys of an account have one version number above 0");
    set->kvno = (uint32_t)kvno;
    set->count++;
    s->keys.versions = 1;
    s->ready = true;
    return ERR_OK;
}

/* True when the value is one of ours; then *e_out tells. */
static bool secret_value(struct op *op, const struct ldif_value *v, struct given_secrets *s,
                         enum err *e_out)
{
    struct span bytes;
    *e_out = ERR_OK;
    if (ascii_eq_fold(v->name, SPAN_LIT("userPassword"))) {
        s->clear = v->value;
    } else if (ascii_eq_fold(v->name, SPAN_LIT("entente-key"))) {
        *e_out = ready_key(op, v->value, s);
    } else if (ascii_eq_fold(v->name, SPAN_LIT("entente-salt"))) {
        s->keys.version[0].salt = v->value;
    } else if (ascii_eq_fold(v->name, SPAN_LIT("entente-nt-hash"))) {
        if (text_unhex(v->value, op->a, &bytes) != ERR_OK || bytes.len != 16) {
            *e_out = refuse_line(op, "entente-nt-hash wants 32 hexadecimal digits");
        } else {
            memcpy(s->keys.nt_hash, bytes.ptr, 16);
            s->keys.have_nt = s->ready = true;
        }
    } else {
        return false;
    }
    return true;
}

/* Values of one attribute stand together in an intent, wherever they stood in the record. */
static enum err gather(struct op *op, const struct ldif_record *rec, struct intent *in,
                       struct given_secrets *s)
{
    struct intent_mod *mods = arena_array(op->a, rec->count, sizeof *mods);
    struct span *values = arena_array(op->a, rec->count, sizeof *values);
    bool *done = arena_array(op->a, rec->count, sizeof *done);
    unsigned used = 0;
    enum err e;
    if (!mods || !values || !done)
        return ERR_NOMEM;
    for (unsigned i = 0; i < rec->count; i++) {
        if (done[i])
            continue;
        if (secret_value(op, &rec->values[i], s, &e)) {
            TRY(e);
            continue;
        }
        struct intent_mod *m = &mods[in->mod_count++];
        *m = (struct intent_mod){MOD_ADD, rec->values[i].name, &values[used], 0};
        for (unsigned k = i; k < rec->count; k++)
            if (!done[k] && ascii_eq_fold(rec->values[k].name, m->attr)) {
                done[k] = true;
                m->values[m->count++] = rec->values[k].value;
            }
        used += m->count;
    }
    in->mods = mods;
    return ERR_OK;
}

static enum err put_secrets(struct draft *d, struct given_secrets *s)
{
    if (s->ready) {
        s->keys.version[0].changed = d->op->now;
        if (!s->keys.version[0].salt.len)
            s->keys.version[0].salt = password_salt(d);
        if (s->clear.len && !s->keys.have_nt) {
            TRY(nt_hash(s->clear, s->keys.nt_hash));
            s->keys.have_nt = true;
        }
        TRY(password_set_keys(d, &s->keys));
        return s->clear.len ? password_verifier(d, s->clear) : ERR_OK;
    }
    return s->clear.len ? password_set(d, s->clear, PASSWORD_FREE | PASSWORD_COMMON) : ERR_OK;
}

static enum err one(struct op *op, const struct ldif_record *rec)
{
    struct intent in = {.kind = INTENT_ADD,
                        .flags = op->in->flags | INTENT_BULK | INTENT_PROTECTED,
                        .token = op->in->token,
                        .target = rec->dn};
    struct given_secrets s = {.ready = false};
    struct draft d;
    op->in = &in;
    TRY(op_start(op));
    TRY(gather(op, rec, &in, &s));
    TRY(add_object(op, &d));
    TRY(password_request(&d));
    TRY(put_secrets(&d, &s));
    draft_write(&d);
    TRY(draft_secrets(&d));
    return op_apply(op);
}

static void tell(struct tally *t, uint32_t line, struct span why)
{
    if (t->refused++ < REFUSALS_MAX)
        builder_printf(&t->text, "line %u: %.*s\n", line, SPAN_ARG(why));
}

static void record(struct op *op, const struct ldif_record *rec, uint32_t line, struct tally *t)
{
    struct op sub = *op;
    struct intent_reply reply = {0};
    sub.reply = &reply;
    sub.a = &op->w->record;
    enum err e = one(&sub, rec);
    if (e == ERR_OK)
        t->added++;
    else
        tell(t, line, reply.text.len ? reply.text : span_str(err_name(e)));
    if (e == ERR_OK)
        op->reply->usn = reply.usn;
}

static enum err answer(struct op *op, struct tally *t)
{
    struct builder b;
    builder_in(&b, op->out, 8);
    builder_le32(&b, t->added);
    builder_le32(&b, t->refused);
    TRY(builder_done(&b, &op->reply->data));
    if (!t->refused)
        return ERR_OK;
    op->reply->reason = REASON_DIR_IMPORT_RECORD;
    return builder_done(&t->text, &op->reply->text);
}

enum err op_import(struct op *op)
{
    struct ldif_reader r = {.rest = op->in->ldif,
                            .line = op->in->first_line ? op->in->first_line : 1};
    struct tally t = {.added = 0};
    struct ldif_record rec;
    enum err e;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS, "imports come from the service alone");
    op->c = NULL;
    builder_in(&t.text, op->out, 64u << 10);
    while ((e = ldif_next(&r, &op->w->record, &rec)) != ERR_NOT_FOUND) {
        if (e == ERR_MALFORMED)
            tell(&t, r.bad_line, span_str(r.why));
        else
            record(op, &rec, rec.line, &t);
        arena_reset(&op->w->record);
    }
    return answer(op, &t);
}
