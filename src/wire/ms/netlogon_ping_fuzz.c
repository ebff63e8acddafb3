#include "wire/ms/fuzz.h"
#include "wire/ms/netlogon_ping.h"

/* An answer that decoded, if its names can be written, decodes from the copy. Names with dots
 * inside a label, or too long when written out, cannot. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct span attributes[] = {
        SPAN_LIT("NtVer"),      SPAN_LIT("AAC"),  SPAN_LIT("DomainSid"),
        SPAN_LIT("DomainGuid"), SPAN_LIT("User"),
    };
    struct span bytes = span_of(data, size), out;
    struct netlogon_request request = {0};
    struct netlogon_answer answer;
    struct arena a;
    struct builder b;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    for (unsigned i = 0; i < 5; i++)
        (void)netlogon_request_add(&request, attributes[i], bytes);
    if (netlogon_answer_decode(bytes, &a, &answer) == ERR_OK) {
        builder_in(&b, &a, NETLOGON_ANSWER_MAX);
        netlogon_answer_put(&b, &answer);
        if (builder_done(&b, &out) == ERR_OK)
            ENT_ASSERT(netlogon_answer_decode(out, &a, &answer) == ERR_OK);
    }
    arena_fini(&a);
    return 0;
}
