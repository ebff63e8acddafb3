#include "base/text.h"
#include "writer/import.h"
#include "writer/password.h"

static enum err refuse_line(struct op *op, const char *what)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_IMPORT_RECORD, "%s", what);
}

/* "kvno etype hex" */
static enum err ready_key(struct op *op, struct span v, struct import_given *s)
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
static bool own_value(struct op *op, const struct ldif_value *v, struct import_given *s,
                      enum err *e_out)
{
    struct span bytes;
    *e_out = ERR_OK;
    if (ascii_eq_fold(v->name, SPAN_LIT("userPassword"))) {
        s->clear = v->value;
    } else if (ascii_eq_fold(v->name, SPAN_LIT("memberOf"))) {
        s->groups[s->group_count++] = v->value;
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

enum err import_gather(struct op *op, const struct ldif_record *rec, struct intent *in,
                       struct import_given *s)
{
    struct intent_mod *mods = arena_array(op->a, rec->count, sizeof *mods);
    struct span *values = arena_array(op->a, rec->count, sizeof *values);
    bool *done = arena_array(op->a, rec->count, sizeof *done);
    unsigned used = 0;
    enum err e;
    s->groups = arena_array(op->a, rec->count, sizeof *s->groups);
    if (!mods || !values || !done || !s->groups)
        return ERR_NOMEM;
    for (unsigned i = 0; i < rec->count; i++) {
        if (done[i])
            continue;
        if (own_value(op, &rec->values[i], s, &e)) {
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

enum err import_secrets(struct draft *d, struct import_given *s)
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
