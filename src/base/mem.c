#include "base/text.h"

void mem_wipe(void *ptr, size_t len)
{
    if (len == 0)
        return;
    explicit_bzero(ptr, len);
}

bool mem_eq_ct(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t diff = 0;
    for (size_t i = 0; i < len; i++)
        diff |= x[i] ^ y[i];
    return diff == 0;
}
