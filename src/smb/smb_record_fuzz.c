/* What is kept beside files: read, written again, and read as the same. */
#include "smb/smb_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smb_record first, second;
    struct builder b;
    struct span bytes;
    struct arena a;

    if (size > 1 << 16 || smb_record_decode(span_of(data, size), &first) != ERR_OK)
        return 0;
    arena_init(&a, 0, 1 << 20, 0);
    builder_in(&b, &a, 1 << 17);
    smb_record_put(&b, &first);
    ENT_ASSERT(builder_done(&b, &bytes) == ERR_OK && span_eq(bytes, span_of(data, size)));
    ENT_ASSERT(smb_record_decode(bytes, &second) == ERR_OK && second.created == first.created &&
               second.attributes == first.attributes && span_eq(second.sd, first.sd));
    arena_fini(&a);
    return 0;
}
