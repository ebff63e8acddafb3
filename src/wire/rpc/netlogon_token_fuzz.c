/* Tokens of the secure channel: what is understood is written again, and means the same. */
#include "wire/ms/fuzz.h"
#include "wire/rpc/netlogon_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netlogon_token t, again;
    struct arena a;
    struct builder b;
    struct span bytes;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    if (netlogon_token_decode(span_of(data, size), &a, &t) == ERR_OK) {
        builder_in(&b, &a, NETLOGON_TOKEN_MAX);
        netlogon_token_put(&b, &t);
        if (builder_done(&b, &bytes) == ERR_OK) /* a label may hold a dot, or a zero */
            ENT_ASSERT(netlogon_token_decode(bytes, &a, &again) == ERR_OK &&
                       span_eq(again.computer, t.computer) && span_eq(again.domain, t.domain) &&
                       span_eq(again.dns_domain, t.dns_domain));
    }
    arena_fini(&a);
    return 0;
}
