/* Decryption of arbitrary bytes under each enctype. The first byte picks the enctype, the second
 * the usage; with an odd third byte the rest is encrypted first, so that the path behind the
 * checksum is reached. */
#include "crypt/krb_crypto.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int32_t etypes[] = {17, 18, 19, 20, 23};
    static uint8_t out[TEXT_MAX + KRB_OVERHEAD_MAX];
    static const uint8_t confounder[KRB_CONFOUNDER_MAX];
    struct krb_key key = {0};
    struct krb_usage u;
    struct span plain;

    if (size < 3 || size - 3 > TEXT_MAX)
        return 0;
    key.etype = etypes[data[0] % 5];
    key.len = (uint32_t)krb_key_size(key.etype);
    ENT_ASSERT(krb_usage_init(&u, &key, data[1]) == ERR_OK);
    struct span text = span_of(data + 3, size - 3);
    if (data[2] & 1) {
        size_t len = krb_encrypted_size(&u, text.len);

        krb_encrypt(&u, confounder, text, out);
        ENT_ASSERT(krb_decrypt(&u, span_of(out, len), out, &plain) == ERR_OK);
        ENT_ASSERT(span_eq(plain, text));
        return 0;
    }
    if (krb_decrypt(&u, text, out, &plain) == ERR_OK)
        ENT_ASSERT(plain.len < text.len);
    return 0;
}
