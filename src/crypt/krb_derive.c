/* From one key to others: n-fold and DK (RFC 3961), KDF-HMAC-SHA2 (RFC 8009), the pseudo-random
 * function and the combination of keys (RFC 6113 5.1). */
#include "crypt/krb_etype.h"

#include "base/text.h"

#include <endian.h>
#include <nettle/memxor.h>

#define FOLD_IN_MAX 8

static void store_be64(uint8_t *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof(v));
}

static void store_bits(uint8_t out[4], size_t bytes)
{
    uint32_t v = htobe32((uint32_t)(8 * bytes));
    memcpy(out, &v, sizeof(v));
}

/* Copies of the input, each turned right by 13 bits more than the one before, laid end to end up to
 * the common multiple of both lengths, and its 128-bit pieces added in ones' complement. That is
 * arithmetic modulo 2^128 - 1, so nothing has to be laid out: to append a copy is to turn the sum
 * left by its length and add. Inlined, so that the usual length is a constant. */
static inline __attribute__((always_inline)) unsigned __int128 fold(uint64_t v, unsigned bits)
{
    uint64_t all = UINT64_MAX >> (64 - bits);
    unsigned copies = 128 / (bits & -bits), turn = 13 % bits;
    unsigned __int128 sum = 0;

    for (unsigned i = 0; i < copies; i++) {
        sum = sum << bits | sum >> (128 - bits);
        sum += v;
        sum += sum < v;
        v = (v >> turn | v << (bits - turn)) & all;
    }
    return sum;
}

/* Every key usage folds five bytes, twice or thrice: in servers that do it bit by bit it shows in
 * profiles. */
void krb_nfold128(struct span in, uint8_t out[16])
{
    unsigned __int128 sum;
    uint64_t v = 0;

    ENT_ASSERT(in.len >= 1 && in.len <= FOLD_IN_MAX);
    for (size_t i = 0; i < in.len; i++)
        v = v << 8 | in.ptr[i];
    sum = in.len == 5 ? fold(v, 40) : fold(v, 8 * (unsigned)in.len);
    store_be64(out, (uint64_t)(sum >> 64));
    store_be64(out + 8, (uint64_t)sum);
}

void krb_dk(const union krb_aes *base, size_t key_size, struct span constant, uint8_t *out,
            size_t len)
{
    uint8_t block[AES_BLOCK_SIZE];

    krb_nfold128(constant, block);
    for (size_t at = 0; at < len; at += sizeof(block)) {
        krb_aes_block(base, key_size, block, block);
        memcpy(out + at, block, len - at < sizeof(block) ? len - at : sizeof(block));
    }
    mem_wipe(block, sizeof(block));
}

void krb_kdf_sha2(const struct hmac_key *base, struct span label, struct span context, uint8_t *out,
                  size_t len)
{
    static const uint8_t one[4] = {0, 0, 0, 1}, zero[1] = {0};
    uint8_t bits[4], mac[HASH_SIZE_MAX];
    struct span parts[] = {span_of(one, 4), label, span_of(zero, 1), context, span_of(bits, 4)};

    ENT_ASSERT(len <= hash_size(base->alg));
    store_bits(bits, len);
    hmac_parts(base, parts, 5, mac);
    memcpy(out, mac, len);
    mem_wipe(mac, sizeof(mac));
}

/* --- the pseudo-random function ----------------------------------------------------------------
 */

/* A key ready for any number of calls: KRB-FX-CF2 makes two or three with each. */
struct prf {
    const struct krb_etype_info *info;
    union krb_aes cipher;
    struct hmac_key hmac;
};

static enum err prf_init(struct prf *p, const struct krb_key *key)
{
    p->info = krb_etype_info(key->etype);
    if (!p->info)
        return ERR_UNSUPPORTED;
    if (key->len != p->info->key_size)
        return ERR_RANGE;
    if (p->info->family == FAMILY_SHA1) {
        uint8_t derived[KRB_KEY_MAX];

        krb_aes_set_encrypt(&p->cipher, key->bytes, key->len);
        krb_dk(&p->cipher, key->len, SPAN_LIT("prf"), derived, key->len);
        krb_aes_set_encrypt(&p->cipher, derived, key->len);
        mem_wipe(derived, sizeof(derived));
        return ERR_OK;
    }
    hmac_key_init(&p->hmac, p->info->family == FAMILY_RC4 ? HASH_SHA1 : p->info->hash,
                  span_of(key->bytes, key->len));
    return ERR_OK;
}

static void prf_run(const struct prf *p, struct span before, struct span input, uint8_t *out)
{
    struct span label[] = {span_of("\0\0\0\1prf\0", 8), before, input, SPAN_NONE};
    uint8_t bits[4], sum[HASH_SIZE_MAX];

    switch (p->info->family) {
    case FAMILY_SHA1: /* one block: the hash, truncated to a multiple of the block size */
        hash_parts(HASH_SHA1, &label[1], 2, sum);
        krb_aes_block(&p->cipher, p->info->key_size, sum, out);
        break;
    case FAMILY_SHA2: /* KDF-HMAC-SHA2(key, "prf", input, all bits of the hash or 256) */
        store_bits(bits, p->info->prf_size);
        label[3] = span_of(bits, 4);
        hmac_parts(&p->hmac, label, 4, sum);
        memcpy(out, sum, p->info->prf_size);
        break;
    case FAMILY_RC4:
        hmac_parts(&p->hmac, &label[1], 2, out);
        break;
    }
    mem_wipe(sum, sizeof(sum));
}

enum err krb_prf(const struct krb_key *key, struct span input, uint8_t *out)
{
    struct prf p;

    TRY(prf_init(&p, key));
    prf_run(&p, SPAN_NONE, input, out);
    mem_wipe(&p, sizeof(p));
    return ERR_OK;
}

/* PRF+(key, pepper): the function over a counting byte and the pepper, as often as len wants; added
 * into out by exclusive or. */
static enum err prf_plus_xor(const struct krb_key *key, struct span pepper, uint8_t *out,
                             size_t len)
{
    uint8_t block[KRB_PRF_MAX], count = 0;
    struct prf p;

    TRY(prf_init(&p, key));
    for (size_t at = 0; at < len; at += p.info->prf_size) {
        size_t n = len - at < p.info->prf_size ? len - at : p.info->prf_size;

        count++;
        prf_run(&p, span_of(&count, 1), pepper, block);
        memxor(out + at, block, n);
    }
    mem_wipe(block, sizeof(block));
    mem_wipe(&p, sizeof(p));
    return ERR_OK;
}

enum err krb_cf2(const struct krb_key *k1, const struct krb_key *k2, struct span pepper1,
                 struct span pepper2, struct krb_key *out)
{
    uint8_t mixed[KRB_KEY_MAX] = {0};
    size_t len = krb_key_size(k1->etype);

    enum err e = prf_plus_xor(k1, pepper1, mixed, len);
    if (e == ERR_OK)
        e = prf_plus_xor(k2, pepper2, mixed, len);
    if (e == ERR_OK)
        e = krb_random_to_key(k1->etype, span_of(mixed, len), out);
    mem_wipe(mixed, sizeof(mixed));
    return e;
}
