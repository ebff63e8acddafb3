#include "base/text.h"
#include "directory/keys.h"

/* Strongest first: the order in which a KDC tries them. The SHA-1 types stand before the SHA-2 ones
 * because every client of Active Directory has them. */
static const int32_t all_types[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1, ETYPE_AES256_SHA384,
                                    ETYPE_AES128_SHA256};
#define COMMON_TYPES 2

static enum err make_set(const struct dir_key_recipe *r, uint32_t kvno, struct dir_keyset *out)
{
    struct dir_keyset s = {.kvno = kvno, .changed = r->now, .salt = r->salt};
    unsigned n = r->common_only ? COMMON_TYPES : sizeof all_types / sizeof *all_types;
    for (unsigned i = 0; i < n; i++)
        TRY(krb_string_to_key(all_types[i], r->password, r->salt, 0, &s.key[s.count++]));
    *out = s;
    mem_wipe(&s, sizeof s);
    return ERR_OK;
}

/* The hash that was current moves to the front. */
static enum err push_history(const struct dir_account_keys *old, unsigned keep, struct arena *a,
                             struct span *out)
{
    unsigned former = (unsigned)(old->history.len / DIR_HISTORY_ENTRY);
    if (keep > DIR_HISTORY_MAX)
        keep = DIR_HISTORY_MAX;
    if (!keep || !old->have_nt) {
        *out = span_sub(old->history, 0, (size_t)keep * DIR_HISTORY_ENTRY);
        return ERR_OK;
    }
    if (former > keep - 1)
        former = keep - 1;
    struct builder b;
    builder_in(&b, a, DIR_HISTORY_MAX * DIR_HISTORY_ENTRY);
    builder_bytes(&b, old->nt_hash, DIR_HISTORY_ENTRY);
    builder_span(&b, span_sub(old->history, 0, (size_t)former * DIR_HISTORY_ENTRY));
    return builder_done(&b, out);
}

enum err dir_keys_make(const struct dir_key_recipe *r, const struct dir_account_keys *old,
                       struct arena *a, struct dir_account_keys *out)
{
    struct dir_account_keys k = {.versions = 1, .have_nt = r->want_nt};
    uint32_t kvno = old && old->versions ? old->version[0].kvno + 1 : 1;
    enum err e = make_set(r, kvno, &k.version[0]);
    if (e == ERR_OK && r->nt_hash)
        memcpy(k.nt_hash, r->nt_hash, sizeof k.nt_hash);
    else if (e == ERR_OK)
        e = nt_hash(r->password, k.nt_hash);
    if (e == ERR_OK && old) {
        for (unsigned i = 0; i < old->versions && k.versions < DIR_KEY_VERSIONS_MAX; i++)
            k.version[k.versions++] = old->version[i];
        e = push_history(old, r->history, a, &k.history);
    }
    if (!k.have_nt)
        mem_wipe(k.nt_hash, sizeof k.nt_hash);
    if (e == ERR_OK)
        *out = k;
    mem_wipe(&k, sizeof k);
    return e;
}

bool dir_keys_match(const struct dir_account_keys *k, struct span password)
{
    struct krb_key key;
    if (!k->versions || !k->version[0].count)
        return false;
    const struct krb_key *want = &k->version[0].key[0];
    if (krb_string_to_key(want->etype, password, k->version[0].salt, 0, &key) != ERR_OK)
        return false;
    bool same = key.len == want->len && mem_eq_ct(key.bytes, want->bytes, key.len);
    krb_key_wipe(&key);
    return same;
}

struct span dir_keys_salt(enum dir_salt_kind kind, struct span realm, struct span dns_domain,
                          struct span sam_name, struct arena *a)
{
    struct span bare = sam_name;
    if (bare.len && bare.ptr[bare.len - 1] == '$')
        bare.len--;
    char *text = NULL;
    if (kind == DIR_SALT_USER)
        text = arena_printf(a, "%.*s%.*s", SPAN_ARG(realm), SPAN_ARG(sam_name));
    else if (kind == DIR_SALT_TRUST)
        text = arena_printf(a, "%.*skrbtgt%.*s", SPAN_ARG(realm), SPAN_ARG(bare));
    else
        text = arena_printf(a, "%.*shost%.*s.%.*s", SPAN_ARG(realm), SPAN_ARG(ascii_lower(a, bare)),
                            SPAN_ARG(dns_domain));
    return span_str(text);
}
