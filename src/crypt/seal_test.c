#include "crypt/seal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The GCM specification's test case 16 (McGrew and Viega, appendix B): AES-256 with associated
 * data. */
static void test_vector(void **state)
{
    (void)state;
    static const uint8_t key[32] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                                    0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
                                    0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                                    0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08};
    static const uint8_t nonce[12] = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce,
                                      0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};
    static const uint8_t aad[20] = {0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed,
                                    0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2};
    static const uint8_t plain[60] = {
        0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26,
        0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31,
        0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49,
        0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39};
    static const uint8_t tag[16] = {0x76, 0xfc, 0x6e, 0xce, 0x0f, 0x4e, 0x17, 0x68,
                                    0xcd, 0xdf, 0x88, 0x53, 0xbb, 0x2d, 0x55, 0x1b};
    struct seal_key k;
    uint8_t sealed[sizeof(plain) + SEAL_OVERHEAD], back[sizeof(plain)];
    seal_key_init(&k, key);
    seal(&k, nonce, span_of(aad, sizeof(aad)), span_of(plain, sizeof(plain)), sealed);
    assert_memory_equal(sealed, nonce, sizeof(nonce));
    assert_int_equal(sealed[12], 0x52);
    assert_memory_equal(sealed + 12 + sizeof(plain), tag, sizeof(tag));
    assert_int_equal(unseal(&k, span_of(aad, sizeof(aad)), span_of(sealed, sizeof(sealed)), back),
                     ERR_OK);
    assert_memory_equal(back, plain, sizeof(plain));
    seal_key_wipe(&k);
}

static void test_any_changed_bit_is_noticed(void **state)
{
    (void)state;
    static const uint8_t key[32] = {1}, nonce[12] = {2}, zero[5];
    struct seal_key k;
    uint8_t sealed[5 + SEAL_OVERHEAD], back[5];
    seal_key_init(&k, key);
    seal(&k, nonce, SPAN_LIT("here"), SPAN_LIT("hello"), sealed);
    for (size_t bit = 0; bit < sizeof(sealed) * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(back, 0xaa, sizeof(back));
        assert_int_equal(unseal(&k, SPAN_LIT("here"), span_of(sealed, sizeof(sealed)), back),
                         ERR_INTEGRITY);
        assert_memory_equal(back, zero, sizeof(back));
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(unseal(&k, SPAN_LIT("there"), span_of(sealed, sizeof(sealed)), back),
                     ERR_INTEGRITY);
    assert_int_equal(unseal(&k, SPAN_LIT("here"), span_of(sealed, SEAL_OVERHEAD - 1), back),
                     ERR_MALFORMED);
    assert_int_equal(unseal(&k, SPAN_LIT("here"), span_of(sealed, sizeof(sealed)), back), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_any_changed_bit_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
