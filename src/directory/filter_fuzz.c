/* Filter text of any kind: parsing ends within its limits. */
#include "directory/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned depth(const struct dir_filter *f)
{
    unsigned deepest = 0;

    for (const struct dir_filter *c = f->child; c; c = c->next) {
        unsigned d = depth(c);

        deepest = d > deepest ? d : deepest;
    }
    return deepest + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dir_filter *f;
    struct arena a;

    arena_init(&a, 0, 16 << 20, 0);
    if (dir_filter_parse(span_of(data, size), &a, &f) == ERR_OK)
        ENT_ASSERT(depth(f) <= DIR_FILTER_DEPTH_MAX);
    arena_fini(&a);
    return 0;
}
