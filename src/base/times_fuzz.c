/* Generalized time: what is accepted is in range and prints to the same second. */
#include "base/times.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    utime t, again;
    if (utime_from_generalized(span_of(data, size), &t) != ERR_OK)
        return 0;
    char text[20];
    size_t len = utime_to_generalized(t, size % 2, text);
    ENT_ASSERT(utime_from_generalized(span_of(text, len), &again) == ERR_OK);
    /* An offset may carry the first and the last day out of the years that can be printed. */
    if (t >= -INT64_C(62167219200) * UTIME_SECOND && t < INT64_C(253402300800) * UTIME_SECOND)
        ENT_ASSERT(t - again >= 0 && t - again < UTIME_SECOND);
    return 0;
}
