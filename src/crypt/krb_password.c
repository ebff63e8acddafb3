/* From passwords to keys: string-to-key of each enctype (RFC 3962, RFC 8009, RFC 4757) and the NT
 * hash. */
#include "crypt/krb_etype.h"

#include "base/text.h"

#include <nettle/pbkdf2.h>

#define ITERATIONS_MAX 1000000
/* Active Directory takes 256 characters; trust and machine passwords have 120 to 256. */
#define PASSWORD_UTF16_MAX 2048
/* Realm and name of a principal; RFC 8009 section 4 puts the name of the enctype and a zero before
 * them. */
#define SALT_MAX   2048
#define PREFIX_MAX 32

enum err nt_hash(struct span password_utf8, uint8_t out[16])
{
    uint8_t wide[PASSWORD_UTF16_MAX];
    struct builder b;
    struct span s;

    builder_over(&b, wide, sizeof(wide));
    text_put_utf16(&b, password_utf8);
    enum err e = builder_done(&b, &s);
    if (e == ERR_OK)
        hash_one(HASH_MD4, s, out);
    mem_wipe(wide, sizeof(wide));
    return e;
}

void nt_hash_utf16(struct span password_utf16, uint8_t out[16])
{
    hash_one(HASH_MD4, password_utf16, out);
}

static void key_of_sha1(const struct krb_etype_info *info, struct span password, struct span salt,
                        uint32_t iterations, uint8_t *out)
{
    uint8_t stretched[KRB_KEY_MAX];
    union krb_aes base;

    pbkdf2_hmac_sha1(password.len, password.ptr, iterations, salt.len, salt.ptr, info->key_size,
                     stretched);
    krb_aes_set_encrypt(&base, stretched, info->key_size);
    krb_dk(&base, info->key_size, SPAN_LIT("kerberos"), out, info->key_size);
    mem_wipe(&base, sizeof(base));
    mem_wipe(stretched, sizeof(stretched));
}

static enum err key_of_sha2(const struct krb_etype_info *info, struct span password,
                            struct span salt, uint32_t iterations, uint8_t *out)
{
    uint8_t long_salt[PREFIX_MAX + SALT_MAX], stretched[KRB_KEY_MAX];
    struct builder b;
    struct span s;
    struct hmac_key base;

    builder_over(&b, long_salt, sizeof(long_salt));
    builder_span(&b, span_str(info->name));
    builder_u8(&b, 0);
    builder_span(&b, salt);
    TRY(builder_done(&b, &s));
    if (info->hash == HASH_SHA256)
        pbkdf2_hmac_sha256(password.len, password.ptr, iterations, s.len, s.ptr, info->key_size,
                           stretched);
    else
        pbkdf2_hmac_sha384(password.len, password.ptr, iterations, s.len, s.ptr, info->key_size,
                           stretched);
    hmac_key_init(&base, info->hash, span_of(stretched, info->key_size));
    krb_kdf_sha2(&base, SPAN_LIT("kerberos"), SPAN_NONE, out, info->key_size);
    hmac_key_wipe(&base);
    mem_wipe(stretched, sizeof(stretched));
    return ERR_OK;
}

enum err krb_string_to_key(int32_t etype, struct span password, struct span salt,
                           uint32_t iterations, struct krb_key *out)
{
    const struct krb_etype_info *info = krb_etype_info(etype);
    uint8_t bytes[KRB_KEY_MAX];
    enum err e = ERR_OK;

    if (!info)
        return ERR_UNSUPPORTED;
    if (iterations > ITERATIONS_MAX || salt.len > SALT_MAX)
        return ERR_RANGE;
    if (iterations == 0)
        iterations = info->iterations;
    if (info->family == FAMILY_RC4)
        e = nt_hash(password, bytes);
    else if (info->family == FAMILY_SHA2)
        e = key_of_sha2(info, password, salt, iterations, bytes);
    else
        key_of_sha1(info, password, salt, iterations, bytes);
    if (e == ERR_OK)
        e = krb_key_make(etype, span_of(bytes, info->key_size), out);
    mem_wipe(bytes, sizeof(bytes));
    return e;
}
