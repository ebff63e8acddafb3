#include "directory/intent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes must encode to the same bytes: the form is canonical. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct intent in;
    struct intent_reply reply;
    struct span again;
    arena_init(&a, 0, 64u << 20, ARENA_WIPE);
    if (intent_decode(span_of(data, size), &a, &in) == ERR_OK) {
        ENT_ASSERT(intent_encode(&in, &a, &again) == ERR_OK);
        ENT_ASSERT(span_eq(again, span_of(data, size)));
    }
    if (intent_reply_decode(span_of(data, size), &a, &reply) == ERR_OK)
        ENT_ASSERT(intent_reply_encode(&reply, &a, &again) == ERR_OK);
    arena_fini(&a);
    return 0;
}
