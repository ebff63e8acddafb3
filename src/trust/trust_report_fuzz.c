#include "trust/trust_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes encodes to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct trust_report report;
    struct span again;
    arena_init(&a, 0, 1 << 22, 0);
    if (trust_report_decode(span_of(data, size), &a, &report) == ERR_OK &&
        trust_report_encode(&report, &a, &again) == ERR_OK)
        ENT_ASSERT(again.len <= size);
    arena_fini(&a);
    return 0;
}
