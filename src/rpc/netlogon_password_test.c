/* New passwords of secure channels: what is one, and what was never encrypted. */
#include "base/test.h"
#include "crypt/netlogon_crypto.h"
#include "rpc/netlogon_password.h"

static uint8_t key[NETLOGON_KEY_SIZE];
static struct netlogon_new_password out;

/* filler: what stands before the password. */
static enum reason opened(uint8_t filler, uint8_t unit, uint32_t len)
{
    struct netlogon_trust_password in;
    uint8_t clear[sizeof(out.bytes)];
    struct builder b;
    struct reader r = reader_of(span_of(clear, sizeof(clear)));

    memset(clear, filler, sizeof(clear));
    for (uint32_t i = 0; i < len && i < NETLOGON_PASSWORD_BYTES; i++)
        clear[NETLOGON_PASSWORD_BYTES - 1 - i] = unit;
    builder_over(&b, clear + NETLOGON_PASSWORD_BYTES, 4);
    builder_le32(&b, len);
    netlogon_encrypt(key, clear, sizeof(clear));
    for (unsigned i = 0; i < NETLOGON_PASSWORD_UNITS; i++)
        in.buffer[i] = reader_le16(&r);
    in.length = reader_le32(&r);
    return netlogon_password_open(key, &in, &out);
}

/* Under which zeros are encrypted to zeros: one key of 256. */
static void find_key(void)
{
    uint8_t sum = 1;

    memset(key, 0, sizeof(key));
    for (unsigned i = 0; sum != 0; i++) {
        assert_true(i < 1u << 16);
        key[0] = (uint8_t)i;
        key[1] = (uint8_t)(i >> 8);
        sum = 0;
        netlogon_encrypt(key, &sum, 1);
    }
}

static void test_lengths(void **state)
{
    (void)state;
    memset(key, 7, sizeof(key));
    for (uint32_t len = 2; len <= NETLOGON_PASSWORD_BYTES; len += 2) {
        assert_int_equal(opened('x', 'p', len), REASON_NONE);
        assert_int_equal(out.utf16.len, len);
        assert_int_equal(out.utf16.ptr[0], 'p');
        assert_int_equal(out.version, 0);
    }
    assert_int_equal(opened('x', 'p', 0), REASON_PASSWORD_NOT_TEXT);
    assert_int_equal(opened('x', 'p', 3), REASON_PASSWORD_NOT_TEXT);
    assert_int_equal(opened('x', 'p', NETLOGON_PASSWORD_BYTES + 2), REASON_PASSWORD_NOT_TEXT);
    assert_int_equal(opened('x', 0, 16), REASON_NETLOGON_NOT_ENCRYPTED);
}

static void test_cve_2020_1472(void **state)
{
    (void)state;
    find_key();
    assert_int_equal(opened('x', 'p', 32), REASON_NONE);
    assert_int_equal(opened(0, 'p', 32), REASON_NETLOGON_NOT_ENCRYPTED);
    assert_int_equal(opened(0, 0, NETLOGON_PASSWORD_BYTES), REASON_NETLOGON_NOT_ENCRYPTED);
    assert_int_equal(opened(0, 'p', NETLOGON_PASSWORD_BYTES - 2), REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_cve_2020_1472),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
