#include "crypt/lsa_crypto.h"

#include "base/test.h"

/* RFC 6229, the key of 128 bits that counts up; twice gives the text again. */
static void rc4(void **state)
{
    static const uint8_t key[LSA_KEY_SIZE] = {1, 2,  3,  4,  5,  6,  7,  8,
                                              9, 10, 11, 12, 13, 14, 15, 16};
    static const uint8_t stream[16] = {0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7,
                                       0xb2, 0x93, 0x28, 0x99, 0xcd, 0xe4, 0x1b, 0x97};
    static const uint8_t zeros[16];
    uint8_t bytes[16] = {0};
    (void)state;

    lsa_rc4(key, bytes, sizeof(bytes));
    assert_memory_equal(bytes, stream, sizeof(bytes));
    lsa_rc4(key, bytes, sizeof(bytes));
    assert_memory_equal(bytes, zeros, sizeof(bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rc4)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
