#include "writer/ldif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every call moves on, so that the reader ends, and lines are counted upwards. */
static void read_all(struct span text, bool modifies)
{
    struct arena a;
    struct ldif_reader r = {.modifies = modifies, .rest = text, .line = 1};
    struct ldif_record rec;
    enum err e;
    arena_init(&a, 0, 64u << 20, 0);
    do {
        size_t before = r.rest.len;
        e = ldif_next(&r, &a, &rec);
        ENT_ASSERT(e == ERR_NOT_FOUND || r.rest.len < before);
        ENT_ASSERT(e != ERR_OK || modifies || !rec.modify);
        arena_reset(&a);
    } while (e != ERR_NOT_FOUND);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(span_of(data, size), false);
    read_all(span_of(data, size), true);
    return 0;
}
