#include "crypt/hash.h"

#include "crypt/hex_test.h"

static void test_hashes_of_abc(void **state)
{
    (void)state;
    static const struct {
        enum hash_alg alg;
        const char *sum;
    } rows[] = {
        {HASH_MD4, "a448017aaf21d8525fc10ae87aa6729d"},
        {HASH_MD5, "900150983cd24fb0d6963f7d28e17f72"},
        {HASH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {HASH_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {HASH_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                      "8086072ba1e7cc2358baeca134c825a7"},
        {HASH_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    };
    struct span parts[] = {SPAN_LIT("a"), SPAN_NONE, SPAN_LIT("bc")};
    uint8_t out[HASH_SIZE_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hash_parts(rows[i].alg, parts, 3, out);
        assert_hex(out, hash_size(rows[i].alg), rows[i].sum);
    }
}

/* RFC 2202 and RFC 4231, test case 2: key "Jefe". */
static void test_hmac_short_key(void **state)
{
    (void)state;
    static const struct {
        enum hash_alg alg;
        const char *sum;
    } rows[] = {
        {HASH_MD5, "750c783e6ab0b503eaa86e310a5db738"},
        {HASH_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {HASH_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {HASH_SHA384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                      "8e2240ca5e69e2c78b3239ecfab21649"},
        {HASH_SHA512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    };
    struct span parts[] = {SPAN_LIT("what do ya want "), SPAN_LIT("for nothing?")};
    uint8_t out[HASH_SIZE_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hmac_once(rows[i].alg, SPAN_LIT("Jefe"), parts, 2, out);
        assert_hex(out, hash_size(rows[i].alg), rows[i].sum);
    }
}

/* RFC 4231, test case 6: a key longer than a block is hashed first. */
static void test_hmac_long_key(void **state)
{
    (void)state;
    uint8_t key[131], out[HASH_SIZE_MAX];
    struct span text = SPAN_LIT("Test Using Larger Than Block-Size Key - Hash Key First");

    memset(key, 0xaa, sizeof(key));
    hmac_once(HASH_SHA256, span_of(key, sizeof(key)), &text, 1, out);
    assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_once(HASH_SHA512, span_of(key, sizeof(key)), &text, 1, out);
    assert_hex(out, 64,
               "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
               "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

/* A kept key gives the same sum every time and is wiped on request. */
static void test_hmac_key_is_reusable(void **state)
{
    (void)state;
    static const struct hmac_key zero;
    struct hmac_key k;
    uint8_t first[20], second[20];
    struct span text = SPAN_LIT("twice");

    hmac_key_init(&k, HASH_SHA1, SPAN_LIT("kept"));
    hmac_parts(&k, &text, 1, first);
    hmac_parts(&k, &text, 1, second);
    assert_memory_equal(first, second, 20);
    hmac_key_wipe(&k);
    assert_memory_equal(&k, &zero, sizeof(k));
}

/* RFC 5869, test cases 1 and 3. */
static void test_hkdf(void **state)
{
    (void)state;
    struct arena a;
    uint8_t out[42];

    arena_init(&a, 0, 4096, 0);
    struct span secret = unhex(&a, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    assert_int_equal(hkdf_sha256(secret, unhex(&a, "000102030405060708090a0b0c"),
                                 unhex(&a, "f0f1f2f3f4f5f6f7f8f9"), out, 42),
                     ERR_OK);
    assert_hex(
        out, 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_int_equal(hkdf_sha256(secret, SPAN_NONE, SPAN_NONE, out, 42), ERR_OK);
    assert_hex(
        out, 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    assert_int_equal(hkdf_sha256(secret, SPAN_NONE, SPAN_NONE, out, 255 * 32 + 1), ERR_RANGE);
    arena_fini(&a);
}

static void stretched(struct arena *a, const char *secret, const char *salt, uint64_t rounds,
                      uint32_t step, const char *begins)
{
    struct hash_stretch s;
    struct span expected = unhex(a, begins);
    unsigned steps = 1;

    hash_stretch_begin(&s, span_str(secret), span_str(salt), rounds);
    while (!hash_stretch_go(&s, step))
        steps++;
    assert_memory_equal(s.sum, expected.ptr, expected.len);
    assert_int_equal(steps, rounds == 1 ? 1 : (rounds - 1 + step - 1) / step);
    hash_stretch_wipe(&s);
}

/* The vectors of RFC 6070 with SHA-512, as several implementations have them. */
static void test_stretch(void **state)
{
    struct arena memory;

    (void)state;
    arena_init(&memory, 0, 1 << 16, 0);
    stretched(&memory, "password", "salt", 1, 1,
              "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad9"
              "99bfe943c08f050235d7d68b1da55e63f73b60a57fce");
    stretched(&memory, "password", "salt", 2, 1,
              "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f004071");
    for (uint32_t step = 1; step < 5000; step *= 7)
        stretched(&memory, "password", "salt", 4096, step,
                  "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5");
    arena_fini(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_of_abc), cmocka_unit_test(test_hmac_short_key),
        cmocka_unit_test(test_hmac_long_key), cmocka_unit_test(test_hmac_key_is_reusable),
        cmocka_unit_test(test_hkdf),          cmocka_unit_test(test_stretch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
