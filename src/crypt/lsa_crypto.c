#include "crypt/lsa_crypto.h"

#include <nettle/arcfour.h>

#include "base/text.h"

void lsa_rc4(const uint8_t key[LSA_KEY_SIZE], uint8_t *bytes, size_t len)
{
    struct arcfour_ctx c;

    arcfour128_set_key(&c, key);
    arcfour_crypt(&c, len, bytes, bytes);
    mem_wipe(&c, sizeof(c));
}
