#include "base/reader.h"
#include "base/text.h"
#include "directory/account.h"
#include "directory/dir_internal.h"

#define TRUST_SECRETS_MAX 65536
#define SECRET_AAD_SIZE   13

/* A sealed secret opens only as what it is, for the object it belongs to. */
static void secret_aad(enum dir_secret_store store, dir_id id, uint8_t out[SECRET_AAD_SIZE])
{
    memcpy(out, "entente1", 8);
    out[8] = (uint8_t)store;
    le32_to(out + 9, id);
}

enum err dir_secret_seal(const struct dir *d, enum dir_secret_store store, dir_id id,
                         const uint8_t nonce[12], struct span plain, struct arena *a,
                         struct span *out)
{
    uint8_t aad[SECRET_AAD_SIZE];
    if (!d->keyring.have[store])
        return ERR_DENIED;
    uint8_t *p = arena_alloc(a, plain.len + SEAL_OVERHEAD);
    if (!p)
        return ERR_NOMEM;
    secret_aad(store, id, aad);
    seal(&d->seal[store], nonce, span_of(aad, sizeof(aad)), plain, p);
    *out = span_of(p, plain.len + SEAL_OVERHEAD);
    return ERR_OK;
}

static enum err get_secret(const struct dir_snap *s, enum dir_secret_store store, dir_id id,
                           struct span *out)
{
    struct store_key k;
    store_key_init(&k);
    store_key_u8(&k, (uint8_t)store);
    store_key_u32(&k, id);
    if (!store_get(s->txn, DB_SECRET, store_key_span(&k), out))
        return dir_snap_err(s) ? ERR_IO : ERR_NOT_FOUND;
    return ERR_OK;
}

static enum err open_secret(const struct dir_snap *s, enum dir_secret_store store, dir_id id,
                            struct arena *a, struct span *out)
{
    uint8_t aad[SECRET_AAD_SIZE];
    struct span sealed;
    if (!s->dir->keyring.have[store])
        return ERR_DENIED;
    TRY(get_secret(s, store, id, &sealed));
    if (sealed.len < SEAL_OVERHEAD)
        return ERR_INTEGRITY;
    uint8_t *p = arena_alloc(a, sealed.len - SEAL_OVERHEAD);
    if (!p)
        return ERR_NOMEM;
    secret_aad(store, id, aad);
    TRY(unseal(&s->dir->seal[store], span_of(aad, sizeof(aad)), sealed, p));
    *out = span_of(p, sealed.len - SEAL_OVERHEAD);
    return ERR_OK;
}

enum err dir_keyring_fits(const struct dir_snap *s, enum dir_secret_store store, struct arena *a)
{
    struct store_key from;
    struct span key, sealed, plain;
    store_key_init(&from);
    store_key_u8(&from, (uint8_t)store);
    if (!store_from(s->txn, DB_SECRET, store_key_span(&from), &key, &sealed))
        return dir_snap_err(s) ? ERR_IO : ERR_NOT_FOUND;
    struct reader r = reader_of(key);
    uint8_t found = reader_u8(&r);
    dir_id id = reader_be32(&r);
    TRY(reader_end(&r));
    return found == store ? open_secret(s, store, id, a, &plain) : ERR_NOT_FOUND;
}

enum err dir_account_keys(const struct dir_snap *s, enum dir_secret_store store, dir_id id,
                          struct arena *a, struct dir_account_keys *out)
{
    struct span plain;
    TRY(open_secret(s, store, id, a, &plain));
    return dir_keys_decode(plain, out);
}

/* --- trusts -------------------------------------------------------------------------------------
 */

enum err dir_trust_secrets_encode(struct span incoming, struct span outgoing, struct arena *a,
                                  struct span *out)
{
    struct builder b;
    builder_in(&b, a, TRUST_SECRETS_MAX);
    builder_le32(&b, (uint32_t)incoming.len);
    builder_span(&b, incoming);
    builder_le32(&b, (uint32_t)outgoing.len);
    builder_span(&b, outgoing);
    return builder_done(&b, out);
}

enum err dir_trust_secrets(const struct dir_snap *s, dir_id tdo, struct arena *a,
                           struct span *incoming_out, struct span *outgoing_out)
{
    struct span plain;
    TRY(open_secret(s, DIR_SECRET_ACCOUNT, tdo, a, &plain));
    struct reader r = reader_of(plain);
    struct span incoming = reader_span(&r, reader_le32(&r));
    struct span outgoing = reader_span(&r, reader_le32(&r));
    TRY(reader_end(&r));
    *incoming_out = incoming;
    *outgoing_out = outgoing;
    return ERR_OK;
}

enum err dir_lsa_secret(const struct dir_snap *s, dir_id object, struct arena *a, struct span *out)
{
    return open_secret(s, DIR_SECRET_ACCOUNT, object, a, out);
}

/* --- simple bind --------------------------------------------------------------------------------
 */

enum err dir_bind_verifier(const struct dir *d, dir_id id, struct span password_utf8,
                           uint8_t out[DIR_BIND_VERIFIER_SIZE])
{
    uint8_t id_bytes[4];
    if (!d->keyring.have[DIR_SECRET_BIND])
        return ERR_DENIED;
    le32_to(id_bytes, id);
    struct span parts[] = {span_of(id_bytes, 4), password_utf8};
    hmac_parts(&d->bind_mac, parts, 2, out);
    return ERR_OK;
}

enum err dir_bind_verify(const struct dir_snap *s, dir_id id, struct span password_utf8)
{
    uint8_t want[DIR_BIND_VERIFIER_SIZE];
    struct span kept;
    TRY(dir_bind_verifier(s->dir, id, password_utf8, want));
    TRY(get_secret(s, DIR_SECRET_BIND, id, &kept));
    bool good = kept.len == sizeof(want) && mem_eq_ct(kept.ptr, want, sizeof(want));
    mem_wipe(want, sizeof(want));
    return good ? ERR_OK : ERR_INTEGRITY;
}
