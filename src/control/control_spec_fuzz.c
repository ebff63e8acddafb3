#include "control/control_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the message; what decodes as a description encodes again to the same
 * bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct control_spec spec;
    struct control_status status;
    struct control_outcome outcome;
    struct control_health health;
    struct control_log log;
    struct control_notice notice;
    struct control_copy copy;
    struct span again, bytes = size ? span_of(data + 1, size - 1) : SPAN_NONE;
    arena_init(&a, 0, 1 << 20, 0);
    if (size && data[0] % 4 == 0) {
        if (control_spec_decode(bytes, &spec) == ERR_OK &&
            control_spec_encode(&spec, &a, &again) == ERR_OK)
            ENT_ASSERT(span_eq(again, bytes));
    } else if (size && data[0] % 4 == 1) {
        (void)control_status_decode(bytes, &a, &status);
    } else if (size && data[0] % 4 == 2) {
        (void)control_health_decode(bytes, &health);
    } else {
        (void)control_outcome_decode(bytes, &outcome);
        (void)control_log_decode(bytes, &log);
        (void)control_notice_decode(bytes, &notice);
        (void)control_copy_decode(bytes, &copy);
    }
    arena_fini(&a);
    return 0;
}
