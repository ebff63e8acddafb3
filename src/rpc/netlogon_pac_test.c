/* Which keys of krbtgt's a PAC may be signed with: each that is kept, and nothing else. */
#include "base/test.h"
#include "rpc/netlogon_logon.h"
#include "wire/ms/pac_request.h"

static const uint8_t server_sum[12] = "the server's";

static struct dir_account_keys keys;

static int make_keys(void **state)
{
    static const int32_t etypes[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1};
    uint8_t bytes[32] = {0};

    (void)state;
    keys.versions = 3;
    for (unsigned v = 0; v < 3; v++) {
        keys.version[v].count = 2;
        for (unsigned i = 0; i < 2; i++) {
            bytes[0]++;
            assert_ok(
                krb_key_make(etypes[i], span_of(bytes, i ? 16 : 32), &keys.version[v].key[i]));
        }
    }
    return 0;
}

static bool accepted(const struct krb_key *key, uint32_t usage, int32_t type_off, unsigned change)
{
    struct pac_request q = {.server = span_of(server_sum, sizeof(server_sum))};
    uint8_t sum[KRB_CKSUM_MAX];
    struct krb_usage u;

    assert_ok(krb_usage_init(&u, key, usage));
    q.kdc = span_of(sum, krb_checksum(&u, &q.server, 1, sum));
    q.kdc_cksumtype = krb_etype_cksum(key->etype) + type_off;
    sum[0] ^= (uint8_t)change;
    return netlogon_pac_signed(&q, &keys);
}

static void test_each_that_is_kept(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 3; v++) {
        for (unsigned i = 0; i < 2; i++)
            assert_true(accepted(&keys.version[v].key[i], PAC_KEY_USAGE, 0, 0));
    }
}

static void test_nothing_else(void **state)
{
    const struct krb_key *good = &keys.version[0].key[0];
    struct krb_key other = *good;

    (void)state;
    other.bytes[31] ^= 1;
    assert_false(accepted(&other, PAC_KEY_USAGE, 0, 0));
    assert_false(accepted(good, PAC_KEY_USAGE + 1, 0, 0));
    assert_false(accepted(good, PAC_KEY_USAGE, -1, 0)); /* of AES-128 */
    assert_false(accepted(good, PAC_KEY_USAGE, 100, 0));
    assert_false(accepted(good, PAC_KEY_USAGE, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_that_is_kept),
        cmocka_unit_test(test_nothing_else),
    };

    return cmocka_run_group_tests(tests, make_keys, NULL);
}
