/* A damaged record gives errors or fewer values, never a view outside; one that passes the check
 * opens and encodes to itself. */
#include "directory/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct dir_obj *o)
{
    size_t pos = 0;
    uint32_t attr;
    struct dir_values v;
    struct span one;
    uint8_t sum = 0;
    while (dir_attr_next(o, &pos, &attr, &v)) {
        while (dir_values_next(&v, &one)) {
            for (size_t i = 0; i < one.len; i++)
                sum ^= one.ptr[i];
        }
    }
    /* The reads must happen. */
    __asm__ volatile("" ::"r"(sum));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct dir_obj o;
    struct record r;
    struct span again;
    if (record_view(1, span_of(data, size), &o) != ERR_OK)
        return 0;
    walk(&o);
    arena_init(&a, 0, 64 << 20, 0);
    if (record_check(span_of(data, size)) == ERR_OK) {
        ENT_ASSERT(record_open(&o, &a, &r) == ERR_OK);
        bool empty = false;
        for (unsigned i = 0; i < r.attr_count; i++)
            empty = empty || !r.attrs[i].count;
        if (!empty && r.rdn.len <= RECORD_RDN_MAX) {
            ENT_ASSERT(record_encode(&r, &a, &again) == ERR_OK);
            ENT_ASSERT(record_check(again) == ERR_OK);
        }
    }
    arena_fini(&a);
    return 0;
}
