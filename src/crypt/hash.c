#include "crypt/hash.h"

#include "base/text.h"

static const struct hash_info {
    uint8_t size, block, chain; /* bytes; chain: of the chaining value */
} hash_infos[] = {
    [HASH_MD4] = {16, 64, 16},    [HASH_MD5] = {16, 64, 16},     [HASH_SHA1] = {20, 64, 20},
    [HASH_SHA256] = {32, 64, 32}, [HASH_SHA384] = {48, 128, 64}, [HASH_SHA512] = {64, 128, 64},
};

size_t hash_size(enum hash_alg alg)
{
    return hash_infos[alg].size;
}

void hash_begin(struct hash_run *r, enum hash_alg alg)
{
    r->alg = alg;
    switch (alg) {
    case HASH_MD4:
        md4_init(&r->ctx.md4);
        return;
    case HASH_MD5:
        md5_init(&r->ctx.md5);
        return;
    case HASH_SHA1:
        sha1_init(&r->ctx.sha1);
        return;
    case HASH_SHA256:
        sha256_init(&r->ctx.sha256);
        return;
    case HASH_SHA384:
        sha384_init(&r->ctx.sha512);
        return;
    case HASH_SHA512:
        sha512_init(&r->ctx.sha512);
        return;
    }
}

void hash_add(struct hash_run *r, struct span s)
{
    switch (r->alg) {
    case HASH_MD4:
        md4_update(&r->ctx.md4, s.len, s.ptr);
        return;
    case HASH_MD5:
        md5_update(&r->ctx.md5, s.len, s.ptr);
        return;
    case HASH_SHA1:
        sha1_update(&r->ctx.sha1, s.len, s.ptr);
        return;
    case HASH_SHA256:
        sha256_update(&r->ctx.sha256, s.len, s.ptr);
        return;
    case HASH_SHA384:
    case HASH_SHA512:
        sha512_update(&r->ctx.sha512, s.len, s.ptr);
        return;
    }
}

void hash_end(struct hash_run *r, uint8_t *out)
{
    switch (r->alg) {
    case HASH_MD4:
        md4_digest(&r->ctx.md4, MD4_DIGEST_SIZE, out);
        return;
    case HASH_MD5:
        md5_digest(&r->ctx.md5, MD5_DIGEST_SIZE, out);
        return;
    case HASH_SHA1:
        sha1_digest(&r->ctx.sha1, SHA1_DIGEST_SIZE, out);
        return;
    case HASH_SHA256:
        sha256_digest(&r->ctx.sha256, SHA256_DIGEST_SIZE, out);
        return;
    case HASH_SHA384:
        sha384_digest(&r->ctx.sha512, SHA384_DIGEST_SIZE, out);
        return;
    case HASH_SHA512:
        sha512_digest(&r->ctx.sha512, SHA512_DIGEST_SIZE, out);
        return;
    }
}

void hash_parts(enum hash_alg alg, const struct span *parts, unsigned count, uint8_t *out)
{
    struct hash_run r;

    hash_begin(&r, alg);
    for (unsigned i = 0; i < count; i++)
        hash_add(&r, parts[i]);
    hash_end(&r, out);
}

static void *run_chain(struct hash_run *r)
{
    switch (r->alg) {
    case HASH_MD4:
        return r->ctx.md4.state;
    case HASH_MD5:
        return r->ctx.md5.state;
    case HASH_SHA1:
        return r->ctx.sha1.state;
    case HASH_SHA256:
        return r->ctx.sha256.state;
    case HASH_SHA384:
    case HASH_SHA512:
        break;
    }
    return r->ctx.sha512.state;
}

/* A run that has absorbed exactly one block, whose result is chain. Built by hand because copying
 * 20 to 64 bytes of state beats keeping and copying whole contexts with their empty block buffers.
 */
static void run_resume(struct hash_run *r, enum hash_alg alg, const void *chain)
{
    r->alg = alg;
    memcpy(run_chain(r), chain, hash_infos[alg].chain);
    switch (alg) {
    case HASH_MD4:
        r->ctx.md4.count = 1;
        r->ctx.md4.index = 0;
        return;
    case HASH_MD5:
        r->ctx.md5.count = 1;
        r->ctx.md5.index = 0;
        return;
    case HASH_SHA1:
        r->ctx.sha1.count = 1;
        r->ctx.sha1.index = 0;
        return;
    case HASH_SHA256:
        r->ctx.sha256.count = 1;
        r->ctx.sha256.index = 0;
        return;
    case HASH_SHA384:
    case HASH_SHA512:
        r->ctx.sha512.count_low = 1;
        r->ctx.sha512.count_high = 0;
        r->ctx.sha512.index = 0;
        return;
    }
}

/* The chaining value after one block. */
static void absorb(struct hash_run *r, enum hash_alg alg, const void *block, void *chain_out)
{
    hash_begin(r, alg);
    hash_add(r, span_of(block, hash_infos[alg].block));
    memcpy(chain_out, run_chain(r), hash_infos[alg].chain);
}

/* By words: each derived key is absorbed twice. */
static void turn_pad(uint64_t *block, uint8_t pad)
{
    for (unsigned i = 0; i < HASH_BLOCK_MAX / sizeof(*block); i++)
        block[i] ^= pad * UINT64_C(0x0101010101010101);
}

void hmac_key_init(struct hmac_key *k, enum hash_alg alg, struct span key)
{
    uint64_t block[HASH_BLOCK_MAX / sizeof(uint64_t)] = {0};
    struct hash_run r;

    if (key.len > hash_infos[alg].block)
        hash_one(alg, key, (uint8_t *)block);
    else if (key.len)
        memcpy(block, key.ptr, key.len);
    *k = (struct hmac_key){.alg = alg};
    turn_pad(block, 0x36);
    absorb(&r, alg, block, &k->inner);
    turn_pad(block, 0x36 ^ 0x5c);
    absorb(&r, alg, block, &k->outer);
    mem_wipe(block, sizeof(block));
    mem_wipe(&r, sizeof(r));
}

void hmac_key_wipe(struct hmac_key *k)
{
    mem_wipe(k, sizeof(*k));
}

void hmac_parts(const struct hmac_key *k, const struct span *parts, unsigned count, uint8_t *out)
{
    struct hash_run r;
    uint8_t inner[HASH_SIZE_MAX];

    run_resume(&r, k->alg, &k->inner);
    for (unsigned i = 0; i < count; i++)
        hash_add(&r, parts[i]);
    hash_end(&r, inner);
    run_resume(&r, k->alg, &k->outer);
    hash_add(&r, span_of(inner, hash_infos[k->alg].size));
    hash_end(&r, out);
}

void hmac_once(enum hash_alg alg, struct span key, const struct span *parts, unsigned count,
               uint8_t *out)
{
    struct hmac_key k;

    hmac_key_init(&k, alg, key);
    hmac_parts(&k, parts, count, out);
    hmac_key_wipe(&k);
}

void hash_stretch_begin(struct hash_stretch *s, struct span secret, struct span salt,
                        uint64_t rounds)
{
    static const uint8_t first_block[] = {0, 0, 0, 1};
    struct span parts[] = {salt, span_of(first_block, sizeof(first_block))};

    hmac_key_init(&s->key, HASH_SHA512, secret);
    hmac_parts(&s->key, parts, 2, s->last);
    memcpy(s->sum, s->last, sizeof(s->sum));
    s->left = rounds - 1;
}

bool hash_stretch_go(struct hash_stretch *s, uint32_t max)
{
    struct span last = span_of(s->last, sizeof(s->last));

    for (; s->left && max; s->left--, max--) {
        hmac_parts(&s->key, &last, 1, s->last);
        for (unsigned i = 0; i < sizeof(s->sum); i++)
            s->sum[i] ^= s->last[i];
    }
    return s->left == 0;
}

void hash_stretch_wipe(struct hash_stretch *s)
{
    mem_wipe(s, sizeof(*s));
}

enum err hkdf_sha256(struct span secret, struct span salt, struct span info, uint8_t *out,
                     size_t len)
{
    uint8_t block[SHA256_DIGEST_SIZE], index = 0;
    struct hmac_key k;

    if (len > 255 * SHA256_DIGEST_SIZE)
        return ERR_RANGE;
    hmac_once(HASH_SHA256, salt, &secret, 1, block);
    hmac_key_init(&k, HASH_SHA256, span_of(block, sizeof(block)));
    for (size_t at = 0; at < len; at += sizeof(block)) {
        struct span parts[] = {span_of(block, index ? sizeof(block) : 0), info, span_of(&index, 1)};
        size_t n = len - at < sizeof(block) ? len - at : sizeof(block);

        index++;
        hmac_parts(&k, parts, 3, block);
        memcpy(out + at, block, n);
    }
    hmac_key_wipe(&k);
    mem_wipe(block, sizeof(block));
    return ERR_OK;
}
