#include "directory/keys.h"

#include "base/builder.h"
#include "base/reader.h"
#include "base/text.h"

#define KEYS_FORM 1
#define KEYS_SIZE 65536

static void put_set(struct builder *b, const struct dir_keyset *s)
{
    if (s->count > DIR_KEYS_MAX || s->salt.len > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, s->kvno);
    builder_le64(b, (uint64_t)s->changed);
    builder_le16(b, (uint16_t)s->salt.len);
    builder_span(b, s->salt);
    builder_u8(b, (uint8_t)s->count);
    for (unsigned i = 0; i < s->count && builder_ok(b); i++) {
        if (s->key[i].len != krb_key_size(s->key[i].etype) || s->key[i].etype > UINT8_MAX)
            builder_fail(b, ERR_RANGE);
        builder_u8(b, (uint8_t)s->key[i].etype);
        builder_bytes(b, s->key[i].bytes, builder_ok(b) ? s->key[i].len : 0);
    }
}

static void get_set(struct reader *r, struct dir_keyset *s)
{
    s->kvno = reader_le32(r);
    s->changed = (utime)reader_le64(r);
    s->salt = reader_span(r, reader_le16(r));
    s->count = reader_u8(r);
    if (s->count > DIR_KEYS_MAX) {
        reader_fail(r, ERR_MALFORMED);
        s->count = 0;
    }
    for (unsigned i = 0; i < s->count && reader_ok(r); i++) {
        s->key[i].etype = reader_u8(r);
        s->key[i].len = (uint32_t)krb_key_size(s->key[i].etype);
        if (!s->key[i].len)
            reader_fail(r, ERR_MALFORMED);
        reader_copy(r, s->key[i].bytes, s->key[i].len);
    }
}

enum err dir_keys_encode(const struct dir_account_keys *k, struct arena *a, struct span *out)
{
    struct builder b;
    if (k->versions > DIR_KEY_VERSIONS_MAX ||
        k->history.len > DIR_HISTORY_MAX * DIR_HISTORY_ENTRY || k->history.len % DIR_HISTORY_ENTRY)
        return ERR_LIMIT;
    builder_in(&b, a, KEYS_SIZE);
    builder_u8(&b, KEYS_FORM);
    builder_u8(&b, k->have_nt);
    if (k->have_nt)
        builder_bytes(&b, k->nt_hash, sizeof k->nt_hash);
    builder_u8(&b, (uint8_t)k->versions);
    for (unsigned i = 0; i < k->versions; i++)
        put_set(&b, &k->version[i]);
    builder_le16(&b, (uint16_t)(k->history.len / DIR_HISTORY_ENTRY));
    builder_span(&b, k->history);
    return builder_done(&b, out);
}

enum err dir_keys_decode(struct span bytes, struct dir_account_keys *out)
{
    struct reader r = reader_of(bytes);
    struct dir_account_keys k = {0};
    if (reader_u8(&r) != KEYS_FORM)
        return bytes.len ? ERR_UNSUPPORTED : ERR_MALFORMED;
    uint8_t nt = reader_u8(&r);
    if (nt > 1)
        reader_fail(&r, ERR_MALFORMED);
    k.have_nt = nt;
    if (nt)
        reader_copy(&r, k.nt_hash, sizeof k.nt_hash);
    k.versions = reader_u8(&r);
    if (k.versions > DIR_KEY_VERSIONS_MAX) {
        reader_fail(&r, ERR_MALFORMED);
        k.versions = 0;
    }
    for (unsigned i = 0; i < k.versions && reader_ok(&r); i++)
        get_set(&r, &k.version[i]);
    unsigned history = reader_le16(&r);
    if (history > DIR_HISTORY_MAX)
        reader_fail(&r, ERR_MALFORMED);
    k.history = reader_span(&r, (size_t)history * DIR_HISTORY_ENTRY);
    enum err e = reader_end(&r);
    if (e == ERR_OK)
        *out = k;
    mem_wipe(&k, sizeof k);
    return e;
}

const struct krb_key *dir_keys_find(const struct dir_account_keys *k, uint32_t kvno, int32_t etype)
{
    for (unsigned v = 0; v < k->versions; v++) {
        if (kvno && k->version[v].kvno != kvno)
            continue;
        for (unsigned i = 0; i < k->version[v].count; i++)
            if (k->version[v].key[i].etype == etype)
                return &k->version[v].key[i];
        if (!kvno)
            break;
    }
    return NULL;
}

void dir_keys_wipe(struct dir_account_keys *k)
{
    mem_wipe(k, sizeof *k);
}
