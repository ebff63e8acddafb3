#include "writer/ldif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every call moves on, so that the reader ends, and lines are counted upwards. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct ldif_reader r = {.rest = {data, size}, .line = 1};
    struct ldif_record rec;
    enum err e;
    arena_init(&a, 0, 64u << 20, 0);
    do {
        size_t before = r.rest.len;
        e = ldif_next(&r, &a, &rec);
        ENT_ASSERT(e == ERR_NOT_FOUND || r.rest.len < before);
        arena_reset(&a);
    } while (e != ERR_NOT_FOUND);
    arena_fini(&a);
    return 0;
}
