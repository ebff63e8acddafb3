#include "crypt/netlogon_crypto.h"

#include <nettle/aes.h>
#include <nettle/cfb.h>
#include <nettle/des.h>

#include "base/builder.h"
#include "base/text.h"

#define PARTS_MAX     16
#define CHECKSUM_SIZE 8
#define HEAD_SIZE     8 /* of a token, up to the sequence number */
#define SEQUENCE_AT   8
#define CHECKSUM_AT   16
#define CONFOUNDER_AT 24
#define CLIENT_SENDS  0x80 /* in the sequence number */

void netlogon_session_key(const uint8_t nt_hash[16],
                          const uint8_t client_challenge[NETLOGON_CREDENTIAL_SIZE],
                          const uint8_t server_challenge[NETLOGON_CREDENTIAL_SIZE],
                          uint8_t key_out[NETLOGON_KEY_SIZE])
{
    struct span parts[] = {span_of(client_challenge, NETLOGON_CREDENTIAL_SIZE),
                           span_of(server_challenge, NETLOGON_CREDENTIAL_SIZE)};
    uint8_t mac[HASH_SIZE_MAX];

    hmac_once(HASH_SHA256, span_of(nt_hash, 16), parts, 2, mac);
    memcpy(key_out, mac, NETLOGON_KEY_SIZE);
    mem_wipe(mac, sizeof(mac));
}

/* --- ciphers --------------------------------------------------------------------------------- */

struct run {
    struct aes128_ctx aes;
    uint8_t iv[AES_BLOCK_SIZE];
};

/* iv: 8 bytes, taken twice; NULL: zeros. */
static void run_begin(struct run *c, const uint8_t key[NETLOGON_KEY_SIZE], const uint8_t *iv)
{
    aes128_set_encrypt_key(&c->aes, key);
    memset(c->iv, 0, sizeof(c->iv));
    if (iv) {
        memcpy(c->iv, iv, 8);
        memcpy(c->iv + 8, iv, 8);
    }
}

static void run_encrypt(struct run *c, uint8_t *bytes, size_t len)
{
    cfb8_encrypt(&c->aes, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE, c->iv, len, bytes,
                 bytes);
}

static void run_decrypt(struct run *c, uint8_t *bytes, size_t len)
{
    cfb8_decrypt(&c->aes, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE, c->iv, len, bytes,
                 bytes);
}

void netlogon_encrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t *bytes, size_t len)
{
    struct run c;

    run_begin(&c, key, NULL);
    run_encrypt(&c, bytes, len);
    mem_wipe(&c, sizeof(c));
}

void netlogon_decrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t *bytes, size_t len)
{
    struct run c;

    run_begin(&c, key, NULL);
    run_decrypt(&c, bytes, len);
    mem_wipe(&c, sizeof(c));
}

/* Seven bytes of key as DES wants them: seven bits a byte, the lowest free for a parity that nobody
 * checks. */
static void des_key_of(const uint8_t seven[7], struct des_ctx *out)
{
    uint8_t key[DES_KEY_SIZE];
    uint64_t bits = 0;

    for (unsigned i = 0; i < 7; i++)
        bits = bits << 8 | seven[i];
    for (unsigned i = 0; i < 8; i++)
        key[i] = (uint8_t)(bits >> (49 - 7 * i) << 1);
    (void)des_set_key(out, key);
    mem_wipe(key, sizeof(key));
}

static void hash_crypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t hash[16],
                       void (*crypt)(const struct des_ctx *, size_t, uint8_t *, const uint8_t *))
{
    struct des_ctx des;

    for (unsigned half = 0; half < 2; half++) {
        des_key_of(key + 7 * half, &des);
        crypt(&des, DES_BLOCK_SIZE, hash + 8 * half, hash + 8 * half);
    }
    mem_wipe(&des, sizeof(des));
}

void netlogon_hash_encrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t hash[16])
{
    hash_crypt(key, hash, des_encrypt);
}

void netlogon_hash_decrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t hash[16])
{
    hash_crypt(key, hash, des_decrypt);
}

/* --- credentials ----------------------------------------------------------------------------- */

void netlogon_credential_make(const uint8_t key[NETLOGON_KEY_SIZE],
                              const uint8_t in[NETLOGON_CREDENTIAL_SIZE],
                              uint8_t out[NETLOGON_CREDENTIAL_SIZE])
{
    memmove(out, in, NETLOGON_CREDENTIAL_SIZE);
    netlogon_encrypt(key, out, NETLOGON_CREDENTIAL_SIZE);
}

bool netlogon_challenge_weak(const uint8_t challenge[NETLOGON_CREDENTIAL_SIZE])
{
    for (unsigned i = 1; i < 5; i++) {
        if (challenge[i] != challenge[0])
            return false;
    }
    return true;
}

/* The upper half never changes. */
static void add(uint8_t credential[NETLOGON_CREDENTIAL_SIZE], uint32_t more)
{
    uint32_t low = 0;

    for (unsigned i = 4; i-- > 0;)
        low = low << 8 | credential[i];
    builder_store_le(credential, low + more, 4);
}

void netlogon_chain_ask(struct netlogon_chain *c, uint32_t timestamp,
                        uint8_t credential_out[NETLOGON_CREDENTIAL_SIZE])
{
    add(c->stored, timestamp);
    netlogon_credential_make(c->key, c->stored, credential_out);
}

enum err netlogon_chain_answer(struct netlogon_chain *c, uint32_t timestamp,
                               const uint8_t credential[NETLOGON_CREDENTIAL_SIZE],
                               uint8_t credential_out[NETLOGON_CREDENTIAL_SIZE])
{
    struct netlogon_chain next = *c;
    uint8_t expected[NETLOGON_CREDENTIAL_SIZE];
    enum err e = ERR_INTEGRITY;

    netlogon_chain_ask(&next, timestamp, expected);
    if (mem_eq_ct(expected, credential, sizeof(expected)) && !netlogon_challenge_weak(expected)) {
        add(next.stored, 1);
        netlogon_credential_make(next.key, next.stored, credential_out);
        *c = next;
        e = ERR_OK;
    }
    mem_wipe(&next, sizeof(next));
    return e;
}

enum err netlogon_chain_confirm(struct netlogon_chain *c,
                                const uint8_t credential[NETLOGON_CREDENTIAL_SIZE])
{
    uint8_t expected[NETLOGON_CREDENTIAL_SIZE];

    add(c->stored, 1);
    netlogon_credential_make(c->key, c->stored, expected);
    return mem_eq_ct(expected, credential, sizeof(expected)) ? ERR_OK : ERR_INTEGRITY;
}

/* --- tokens ---------------------------------------------------------------------------------- */

static const uint8_t sealed_head[HEAD_SIZE] = {0x13, 0, 0x1a, 0, 0xff, 0xff, 0, 0};
static const uint8_t signed_head[HEAD_SIZE] = {0x13, 0, 0xff, 0xff, 0xff, 0xff, 0, 0};

static void next_number(struct netlogon_schannel *s, bool from_client, uint8_t out[8])
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(s->number >> (24 - 8 * i));
        out[4 + i] = (uint8_t)(s->number >> (56 - 8 * i));
    }
    if (from_client)
        out[4] |= CLIENT_SENDS;
    s->number++;
}

/* confounder: SPAN_NONE when nothing is encrypted. */
static void checksum(const struct netlogon_schannel *s, const uint8_t head[HEAD_SIZE],
                     struct span confounder, const struct span *parts, unsigned count,
                     uint8_t out[CHECKSUM_SIZE])
{
    struct span all[2 + PARTS_MAX] = {span_of(head, HEAD_SIZE), confounder};
    uint8_t mac[HASH_SIZE_MAX];

    ENT_ASSERT(count <= PARTS_MAX);
    memcpy(all + 2, parts, count * sizeof(*parts));
    hmac_once(HASH_SHA256, span_of(s->key, sizeof(s->key)), all, count + 2, mac);
    memcpy(out, mac, CHECKSUM_SIZE);
}

static void number_crypt(const struct netlogon_schannel *s, const uint8_t sum[CHECKSUM_SIZE],
                         bool encrypt, uint8_t number[8])
{
    struct run c;

    run_begin(&c, s->key, sum);
    if (encrypt)
        run_encrypt(&c, number, 8);
    else
        run_decrypt(&c, number, 8);
    mem_wipe(&c, sizeof(c));
}

/* The cipher of a fragment: confounder first, then the data. */
static void data_begin(const struct netlogon_schannel *s, const uint8_t number[8], struct run *out)
{
    uint8_t key[NETLOGON_KEY_SIZE];

    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = s->key[i] ^ 0xf0;
    run_begin(out, key, number);
    mem_wipe(key, sizeof(key));
}

void netlogon_seal(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                   uint8_t *secret, size_t len, const uint8_t confounder[NETLOGON_CONFOUNDER_SIZE],
                   uint8_t token_out[NETLOGON_SEAL_TOKEN])
{
    uint8_t *number = token_out + SEQUENCE_AT, *sum = token_out + CHECKSUM_AT;
    struct run c;

    memset(token_out, 0, NETLOGON_SEAL_TOKEN);
    memcpy(token_out, sealed_head, HEAD_SIZE);
    memcpy(token_out + CONFOUNDER_AT, confounder, NETLOGON_CONFOUNDER_SIZE);
    checksum(s, sealed_head, span_of(confounder, NETLOGON_CONFOUNDER_SIZE), parts, count, sum);
    next_number(s, s->client, number);
    data_begin(s, number, &c);
    run_encrypt(&c, token_out + CONFOUNDER_AT, NETLOGON_CONFOUNDER_SIZE);
    run_encrypt(&c, secret, len);
    number_crypt(s, sum, true, number);
    mem_wipe(&c, sizeof(c));
}

/* Algorithms and padding must be ours; flags are not looked at, but are signed as they came. */
static enum err open_token(struct netlogon_schannel *s, struct span token, size_t least,
                           const uint8_t head[HEAD_SIZE], uint8_t number_out[8])
{
    uint8_t got[8];

    if (token.len < least || memcmp(token.ptr, head, HEAD_SIZE - 2) != 0)
        return ERR_INTEGRITY;
    memcpy(got, token.ptr + SEQUENCE_AT, sizeof(got));
    number_crypt(s, token.ptr + CHECKSUM_AT, false, got);
    next_number(s, !s->client, number_out);
    return mem_eq_ct(got, number_out, sizeof(got)) ? ERR_OK : ERR_INTEGRITY;
}

enum err netlogon_unseal(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                         uint8_t *secret, size_t len, struct span token)
{
    uint8_t number[8], confounder[NETLOGON_CONFOUNDER_SIZE], sum[CHECKSUM_SIZE];
    struct run c;

    if (open_token(s, token, NETLOGON_SEAL_TOKEN_MIN, sealed_head, number) == ERR_OK) {
        memcpy(confounder, token.ptr + CONFOUNDER_AT, sizeof(confounder));
        data_begin(s, number, &c);
        run_decrypt(&c, confounder, sizeof(confounder));
        run_decrypt(&c, secret, len);
        mem_wipe(&c, sizeof(c));
        checksum(s, token.ptr, span_of(confounder, sizeof(confounder)), parts, count, sum);
        if (mem_eq_ct(sum, token.ptr + CHECKSUM_AT, sizeof(sum)))
            return ERR_OK;
    }
    mem_wipe(secret, len);
    return ERR_INTEGRITY;
}

void netlogon_sign(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                   uint8_t token_out[NETLOGON_SIGN_TOKEN])
{
    memset(token_out, 0, NETLOGON_SIGN_TOKEN);
    memcpy(token_out, signed_head, HEAD_SIZE);
    checksum(s, signed_head, SPAN_NONE, parts, count, token_out + CHECKSUM_AT);
    next_number(s, s->client, token_out + SEQUENCE_AT);
    number_crypt(s, token_out + CHECKSUM_AT, true, token_out + SEQUENCE_AT);
}

enum err netlogon_verify(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                         struct span token)
{
    uint8_t number[8], sum[CHECKSUM_SIZE];

    TRY(open_token(s, token, NETLOGON_SIGN_TOKEN_MIN, signed_head, number));
    checksum(s, token.ptr, SPAN_NONE, parts, count, sum);
    return mem_eq_ct(sum, token.ptr + CHECKSUM_AT, sizeof(sum)) ? ERR_OK : ERR_INTEGRITY;
}
