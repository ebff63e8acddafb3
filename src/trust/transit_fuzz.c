/* The transited field of a ticket. The first byte is the length of the client's realm, which
 * follows; the rest is the field. What is decoded can be written again and reads the same. */
#include "trust/transit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span rewrite(const struct span *realms, unsigned count, struct arena *a)
{
    struct span out = SPAN_NONE;

    for (unsigned i = 0; i < count; i++)
        if (transit_add(out, realms[i], SPAN_NONE, SPAN_NONE, a, &out) != ERR_OK)
            return SPAN_NONE;
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span *realms, *again, all = span_of(data, size);
    unsigned count, count_again;
    struct arena a;

    if (size < 1)
        return 0;
    arena_init(&a, 0, 4 << 20, 0);
    struct span client = span_sub(all, 1, data[0]), field = span_sub(all, 1 + data[0], SIZE_MAX);
    if (transit_decode(field, client, SPAN_LIT("CS.WASHINGTON.EDU"), &a, &realms, &count) ==
        ERR_OK) {
        ENT_ASSERT(count <= TRANSIT_REALMS_MAX);
        struct span written = rewrite(realms, count, &a);
        if (written.ptr) {
            ENT_ASSERT(transit_decode(written, SPAN_NONE, SPAN_NONE, &a, &again, &count_again) ==
                       ERR_OK);
            ENT_ASSERT(count_again <= count);
        }
    }
    arena_fini(&a);
    return 0;
}
