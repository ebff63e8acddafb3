#include "wire/ms/fuzz.h"
#include "wire/ms/supplemental.h"

/* The first byte chooses between the attribute and the value of one property. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct supplemental_property *p;
    struct supplemental_kerberos k;
    unsigned count;
    struct arena a;
    struct builder b;
    struct span bytes;

    if (size == 0)
        return 0;
    bytes = span_of(data + 1, size - 1);
    arena_init(&a, 0, FUZZ_MEMORY, 0);
    builder_in(&b, &a, 4 * SUPPLEMENTAL_MAX);
    if (data[0] & 1) {
        if (supplemental_decode(bytes, &a, &p, &count) == ERR_OK) {
            supplemental_put(&b, p, count);
            ENT_ASSERT(supplemental_decode(fuzz_bytes(&b), &a, &p, &count) == ERR_OK);
        }
    } else if (supplemental_kerberos_decode(bytes, &a, &k) == ERR_OK && !arena_failed(&a)) {
        supplemental_kerberos_put(&b, &k);
        /* Overlapping keys of what was read may make the copy longer than is allowed. */
        if (b.err == ERR_OK && b.len <= SUPPLEMENTAL_MAX)
            ENT_ASSERT(supplemental_kerberos_decode(fuzz_bytes(&b), &a, &k) == ERR_OK);
    }
    arena_fini(&a);
    return 0;
}
