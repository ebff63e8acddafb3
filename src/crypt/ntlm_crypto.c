#include "crypt/ntlm_crypto.h"

#include "base/builder.h"
#include "base/text.h"

#define CHECKSUM_SIZE 8
#define PARTS_MAX     16

void ntlm_owf_v2(const uint8_t nt_hash[16], struct span user_upper, struct span domain,
                 uint8_t out[NTLM_KEY_SIZE])
{
    struct span parts[] = {user_upper, domain};
    hmac_once(HASH_MD5, span_of(nt_hash, 16), parts, 2, out);
}

void ntlm_proof(const uint8_t owf[NTLM_KEY_SIZE], const uint8_t server_challenge[8],
                struct span temp, uint8_t out[16])
{
    struct span parts[] = {span_of(server_challenge, NTLM_CHALLENGE_SIZE), temp};
    hmac_once(HASH_MD5, span_of(owf, NTLM_KEY_SIZE), parts, 2, out);
}

void ntlm_base_key(const uint8_t owf[NTLM_KEY_SIZE], const uint8_t proof[16],
                   uint8_t out[NTLM_KEY_SIZE])
{
    struct span part = span_of(proof, 16);
    hmac_once(HASH_MD5, span_of(owf, NTLM_KEY_SIZE), &part, 1, out);
}

void ntlm_exchange(const uint8_t kx_key[NTLM_KEY_SIZE], const uint8_t in[NTLM_KEY_SIZE],
                   uint8_t out[NTLM_KEY_SIZE])
{
    struct arcfour_ctx c;
    arcfour128_set_key(&c, kx_key);
    arcfour_crypt(&c, NTLM_KEY_SIZE, out, in);
    mem_wipe(&c, sizeof(c));
}

void ntlm_mic(const uint8_t exported[NTLM_KEY_SIZE], const struct span *parts, unsigned count,
              uint8_t out[16])
{
    hmac_once(HASH_MD5, span_of(exported, NTLM_KEY_SIZE), parts, count, out);
}

/* --- streams ----------------------------------------------------------------------------------
 */

/* SIGNKEY and SEALKEY: the constants are hashed with their terminating zero. */
static void derive(const uint8_t exported[NTLM_KEY_SIZE], const char *constant,
                   uint8_t out[NTLM_KEY_SIZE])
{
    struct span parts[] = {span_of(exported, NTLM_KEY_SIZE),
                           span_of(constant, strlen(constant) + 1)};
    hash_parts(HASH_MD5, parts, 2, out);
}

void ntlm_stream_init(struct ntlm_stream *s, const uint8_t exported[NTLM_KEY_SIZE],
                      enum ntlm_sender sender, bool exchanged)
{
    static const char *const sign[] = {
        [NTLM_CLIENT] = "session key to client-to-server signing key magic constant",
        [NTLM_SERVER] = "session key to server-to-client signing key magic constant"};
    static const char *const seal[] = {
        [NTLM_CLIENT] = "session key to client-to-server sealing key magic constant",
        [NTLM_SERVER] = "session key to server-to-client sealing key magic constant"};
    uint8_t key[NTLM_KEY_SIZE];
    derive(exported, sign[sender], key);
    hmac_key_init(&s->sign, HASH_MD5, span_of(key, sizeof(key)));
    mem_wipe(key, sizeof(key));
    derive(exported, seal[sender], s->seal_key);
    s->number = 0;
    s->exchanged = exchanged;
    ntlm_stream_restart(s);
}

void ntlm_stream_wipe(struct ntlm_stream *s)
{
    mem_wipe(s, sizeof(*s));
}

void ntlm_stream_restart(struct ntlm_stream *s)
{
    arcfour128_set_key(&s->seal, s->seal_key);
}

/* HMAC-MD5 over the number and the message; 16 bytes, of which a signature has eight. */
static void checksum(const struct ntlm_stream *s, const struct span *parts, unsigned count,
                     uint8_t out[16])
{
    uint8_t number[4];
    struct span all[1 + PARTS_MAX] = {span_of(number, sizeof(number))};
    ENT_ASSERT(count <= PARTS_MAX);
    builder_store_le(number, s->number, sizeof(number));
    memcpy(all + 1, parts, count * sizeof(*parts));
    hmac_parts(&s->sign, all, count + 1, out);
}

/* NTLMSSP_MESSAGE_SIGNATURE, [MS-NLMP] 2.2.2.9.2: version, checksum, number. */
static void put_signature(struct ntlm_stream *s, uint8_t sum[16], uint8_t out[NTLM_SIGNATURE_SIZE])
{
    if (s->exchanged)
        arcfour_crypt(&s->seal, CHECKSUM_SIZE, sum, sum);
    builder_store_le(out, 1, 4);
    memcpy(out + 4, sum, CHECKSUM_SIZE);
    builder_store_le(out + 12, s->number++, 4);
}

void ntlm_sign(struct ntlm_stream *s, const struct span *parts, unsigned count,
               uint8_t out[NTLM_SIGNATURE_SIZE])
{
    ntlm_seal(s, parts, count, NULL, 0, out);
}

enum err ntlm_verify(struct ntlm_stream *s, const struct span *parts, unsigned count,
                     const uint8_t signature[NTLM_SIGNATURE_SIZE])
{
    return ntlm_unseal(s, parts, count, NULL, 0, signature);
}

void ntlm_seal(struct ntlm_stream *s, const struct span *parts, unsigned count, uint8_t *secret,
               size_t len, uint8_t out[NTLM_SIGNATURE_SIZE])
{
    uint8_t sum[16];
    checksum(s, parts, count, sum);
    if (len)
        arcfour_crypt(&s->seal, len, secret, secret);
    put_signature(s, sum, out);
}

enum err ntlm_unseal(struct ntlm_stream *s, const struct span *parts, unsigned count,
                     uint8_t *secret, size_t len, const uint8_t signature[NTLM_SIGNATURE_SIZE])
{
    uint8_t sum[16], expected[NTLM_SIGNATURE_SIZE];
    if (len)
        arcfour_crypt(&s->seal, len, secret, secret);
    checksum(s, parts, count, sum);
    put_signature(s, sum, expected);
    if (mem_eq_ct(expected, signature, sizeof(expected)))
        return ERR_OK;
    if (len)
        mem_wipe(secret, len);
    return ERR_INTEGRITY;
}
