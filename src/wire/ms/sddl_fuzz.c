#include "wire/ms/fuzz.h"
#include "wire/ms/sddl.h"
#include "wire/ms/secdesc.h"

/* What parses is a good descriptor, and its text parses to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sid domain = SID_NT(21, 1, 2, 3), root = SID_NT(21, 4, 5, 6);
    const struct sddl_domain dom = {&domain, &root};
    struct arena a;
    struct builder b;
    struct span first, text;

    if (size > 4096)
        return 0;
    arena_init(&a, 0, FUZZ_MEMORY, 0);
    builder_in(&b, &a, SD_MAX);
    if (sddl_parse(span_of(data, size), &dom, &a, &b) == ERR_OK) {
        first = fuzz_bytes(&b);
        ENT_ASSERT(sd_check(first) == ERR_OK);
        builder_in(&b, &a, FUZZ_MEMORY / 8);
        ENT_ASSERT(sddl_print(first, &dom, &b) == ERR_OK);
        text = fuzz_bytes(&b);
        builder_in(&b, &a, SD_MAX);
        ENT_ASSERT(sddl_parse(text, &dom, &a, &b) == ERR_OK);
        ENT_ASSERT(span_eq(fuzz_bytes(&b), first));
    }
    arena_fini(&a);
    return 0;
}
