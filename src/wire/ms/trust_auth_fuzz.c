#include "wire/ms/fuzz.h"
#include "wire/ms/trust_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size), first;
    struct trust_auth auth;
    struct trust_auth_pair pair;
    struct arena a;
    struct builder b;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    if (trust_auth_decode(bytes, &auth) == ERR_OK) {
        builder_in(&b, &a, 2 * TRUST_AUTH_MAX);
        trust_auth_put(&b, &auth);
        first = fuzz_bytes(&b);
        ENT_ASSERT(first.len > TRUST_AUTH_MAX || trust_auth_decode(first, &auth) == ERR_OK);
    }
    if (trust_auth_pair_decode(bytes, &pair) == ERR_OK) {
        builder_in(&b, &a, 4 * TRUST_AUTH_MAX);
        trust_auth_pair_put(&b, data, &pair);
        first = fuzz_bytes(&b);
        ENT_ASSERT(first.len > TRUST_AUTH_MAX || trust_auth_pair_decode(first, &pair) == ERR_OK);
    }
    arena_fini(&a);
    return 0;
}
