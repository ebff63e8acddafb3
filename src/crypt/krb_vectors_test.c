/* Published vectors: RFC 3961, RFC 3962, RFC 8009, and those that MIT ships for what no RFC pins.
 */
#include "crypt/krb_etype.h"

#include "crypt/hex_test.h"

static int setup(void **state)
{
    static struct arena a;

    arena_init(&a, 4096, 1 << 20, 0);
    *state = &a;
    return 0;
}

static int teardown(void **state)
{
    arena_fini(*state);
    return 0;
}

static struct krb_key key_of(struct arena *a, int32_t etype, const char *hex)
{
    struct krb_key k;

    assert_int_equal(krb_key_make(etype, unhex(a, hex), &k), ERR_OK);
    return k;
}

/* RFC 3961 A.1 has one 128-bit fold of an input that we fold. */
static void test_nfold(void **state)
{
    (void)state;
    uint8_t out[16];

    krb_nfold128(SPAN_LIT("kerberos"), out);
    assert_hex(out, 16, "6b65726265726f737b9b5b2b93132b93");
}

static void test_string_to_key(void **state)
{
    static const struct {
        int32_t etype;
        const char *password, *salt; /* hex */
        uint32_t iterations;
        const char *key;
    } rows[] = {
        /* RFC 3962 appendix B */
        {17, "70617373776f7264", "415448454e412e4d49542e4544557261656275726e", 1,
         "42263c6e89f4fc28b8df68ee09799f15"},
        {18, "70617373776f7264", "415448454e412e4d49542e4544557261656275726e", 1,
         "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161"},
        {17, "70617373776f7264", "415448454e412e4d49542e4544557261656275726e", 2,
         "c651bf29e2300ac27fa469d693bdda13"},
        {18, "70617373776f7264", "415448454e412e4d49542e4544557261656275726e", 2,
         "a2e16d16b36069c135d5e9d2e25f896102685618b95914b467c67622225824ff"},
        {17, "70617373776f7264", "415448454e412e4d49542e4544557261656275726e", 1200,
         "4c01cd46d632d01e6dbe230a01ed642a"},
        {18, "70617373776f7264", "415448454e412e4d49542e4544557261656275726e", 1200,
         "55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a"},
        {17, "70617373776f7264", "1234567878563412", 5, "e9b23d52273747dd5c35cb55be619d8e"},
        {18, "70617373776f7264", "1234567878563412", 5,
         "97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31"},
        {17, "f09d849e", "4558414d504c452e434f4d7069616e697374", 50,
         "f149c1f2e154a73452d43e7fe62a56e5"},
        {18, "f09d849e", "4558414d504c452e434f4d7069616e697374", 50,
         "4b6d9839f84406df1f09cc166db4b83c571848b784a3d6bdc346589a3e393f9e"},
        /* RFC 8009 appendix A */
        {19, "70617373776f7264",
         "10df9dd783e5bc8acea1730e74355f61415448454e412e4d49542e4544557261656275726e", 32768,
         "089bca48b105ea6ea77ca5d2f39dc5e7"},
        {20, "70617373776f7264",
         "10df9dd783e5bc8acea1730e74355f61415448454e412e4d49542e4544557261656275726e", 0,
         "45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467"},
        /* MS-NLMP 4.2.2.1.2: the NT hash of "Password" */
        {23, "50617373776f7264", "", 0, "a4f49c406510bdcab6824ee7c30fd852"},
    };
    struct krb_key k;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(krb_string_to_key(rows[i].etype, unhex(*state, rows[i].password),
                                           unhex(*state, rows[i].salt), rows[i].iterations, &k),
                         ERR_OK);
        assert_int_equal(k.etype, rows[i].etype);
        assert_hex(k.bytes, k.len, rows[i].key);
    }
}

/* The input of RFC 3962 appendix B, in full; each vector takes a prefix. */
#define CTS_INPUT                                                                                  \
    "4920776f756c64206c696b65207468652047656e6572616c20476175277320436869636b656e2c20706c656173"   \
    "652c20616e6420776f6e746f6e20736f75702e"

static void test_cts(void **state)
{
    static const struct {
        size_t len;
        const char *cipher;
    } rows[] = {
        {17, "c6353568f2bf8cb4d8a580362da7ff7f97"},
        {31, "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"},
        {32, "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"},
        {47, "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e"
             "39312523a78662d5be7fcbcc98ebf5"},
        {48, "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd8"
             "39312523a78662d5be7fcbcc98ebf5a8"},
        {64, "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8"
             "4807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8"},
    };
    struct span key = unhex(*state, "636869636b656e207465726979616b69");
    struct span input = unhex(*state, CTS_INPUT);
    union krb_aes enc, dec;
    uint8_t out[64];

    krb_aes_set_encrypt(&enc, key.ptr, key.len);
    krb_aes_invert(&dec, &enc, key.len);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        krb_cts_encrypt(&enc, key.len, input.ptr, span_sub(input, 16, rows[i].len - 16), out);
        assert_hex(out, rows[i].len, rows[i].cipher);
        krb_cts_decrypt(&dec, key.len, span_of(out, rows[i].len), out);
        assert_memory_equal(out, input.ptr, rows[i].len);
    }
}

static void test_messages(void **state)
{
    static const struct {
        int32_t etype;
        uint32_t usage;
        const char *key, *plain, *cipher;
    } rows[] = {
        /* RFC 8009 appendix A */
        {19, 2, "3705d96080c17728a0e800eab6e0d23c", "",
         "ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718"},
        {19, 2, "3705d96080c17728a0e800eab6e0d23c", "000102030405",
         "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c"},
        {19, 2, "3705d96080c17728a0e800eab6e0d23c", "000102030405060708090a0b0c0d0e0f",
         "3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37e"
         "ebe6b0d3"},
        {19, 2, "3705d96080c17728a0e800eab6e0d23c", "000102030405060708090a0b0c0d0e0f1011121314",
         "720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92"
         "ca9b8334a287ffcbfc"},
        {20, 2, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52", "",
         "41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c"},
        {20, 2, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52", "000102030405",
         "4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d"
         "10f2"},
        {20, 2, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
         "000102030405060708090a0b0c0d0e0f",
         "bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df57"
         "4d1f932e40c4ff255b36a266"},
        {20, 2, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
         "000102030405060708090a0b0c0d0e0f1011121314",
         "40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d629"
         "5fae077a1feb517508d2c16b4192e01f62"},
        /* MIT t_decrypt.c */
        {17, 0, "5a5c0f0ba54f3828b2195e66ca24a289", "",
         "49ff8e11c173d9583a3254fbe7b1f1df36c538e8416784a1672e6676"},
        {17, 2, "9062430c8cda3388922e6d6a509f5b7a", "392062797465737373",
         "68fb9679601f45c78857b2bf820fd6e53eca8d42fd4b1d7024a09205abb7cd2ec26c355d2f"},
        {18, 1, "b9477e1ff0329c0050e20ce6c72d2dff27e8fe541ab0954429a9cb5b4f7b1e2a", "31",
         "406150b97aeb76d43b36b62cc1ecdfbe6f40e95755e0beb5c27825f3a4"},
        {18, 4, "f1c795e9248a09338d82c3f8d5b567040b0110736845041347235b1404231398",
         "333020627974657320627974657320627974657320627974657320627974",
         "d1137a4d634cfece924dbc3bf6790648bd5cff7de0e7b99460211d0daef3d79a295c688858f3b34b9cbd6eeb"
         "ae81daf6b734d4d498b6714f1c1d"},
        {23, 1, "67d1300d281223867f9647ff48721273", "31",
         "6156e0cc04e0a0874f9fda008f498a7adbbc80b70b14dddbc0"},
        {23, 3, "4ba2fbf0379faed87a254d3b353d5a7e", "31332062797465732062797465",
         "612c57568b17a70352bae8cf26fb9459a6f3353cd35fd439db3107cbec765d326dfc04c1dd"},
    };
    uint8_t out[128], confounder[16];
    struct krb_usage u;
    struct span plain;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct krb_key k = key_of(*state, rows[i].etype, rows[i].key);
        struct span cipher = unhex(*state, rows[i].cipher);

        assert_int_equal(krb_usage_init(&u, &k, rows[i].usage), ERR_OK);
        assert_int_equal(krb_decrypt(&u, cipher, out, &plain), ERR_OK);
        assert_hex(plain.ptr, plain.len, rows[i].plain);
        size_t size = krb_confounder_size(rows[i].etype);
        memcpy(confounder, plain.ptr - size, size);
        assert_int_equal(krb_encrypted_size(&u, plain.len), cipher.len);
        krb_encrypt(&u, confounder, unhex(*state, rows[i].plain), out);
        assert_memory_equal(out, cipher.ptr, cipher.len);
    }
}

/* RFC 8009 appendix A; RFC 4757 has none. */
static void test_checksums(void **state)
{
    static const struct {
        int32_t etype;
        const char *key, *sum;
    } rows[] = {
        {19, "3705d96080c17728a0e800eab6e0d23c", "d78367186643d67b411cba9139fc1dee"},
        {20, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
         "45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a"},
    };
    struct span text = unhex(*state, "000102030405060708090a0b0c0d0e0f1011121314");
    uint8_t out[KRB_CKSUM_MAX];
    struct krb_usage u;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct krb_key k = key_of(*state, rows[i].etype, rows[i].key);

        assert_int_equal(krb_usage_init_for(&u, &k, 2, KRB_FOR_CHECKSUM), ERR_OK);
        size_t len = krb_checksum(&u, &text, 1, out);
        assert_hex(out, len, rows[i].sum);
    }
}

/* RFC 8009 appendix A, MIT t_prf.c */
static void test_prf(void **state)
{
    static const struct {
        int32_t etype;
        const char *key, *input, *out;
    } rows[] = {
        {17, "ae272e7cdec86ac5138cdb196d8e297d", "0161", "77b39a37a868920f2a51f9dd150c5717"},
        {17, "67ab1cfef35e4c27ffdeac60385a3e9c", "0162", "e06c0dd31ff02091994f2ef5178bfe3d"},
        {18, "c01f157211f7b77eaaf457c3e156690127ee127d810ba6392e97baa243eb0616", "0161",
         "b2628c788e2e9c4a9bb4644678c29f2f"},
        {18, "9d520d2d980aa7cb6b693682b62da258b333867951642ce647ae62b1e5e0b5e9", "0262",
         "0d674dd0f9a6806525a4d92e828bd15a"},
        {19, "3705d96080c17728a0e800eab6e0d23c", "74657374",
         "9d188616f63852fe86915bb840b4a886ff3e6bb0f819b49b893393d393854295"},
        {20, "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52", "74657374",
         "9801f69a368c2bf675e59521e177d9a07f67efe1cfde8d3c8d6f6a0256e3b17db3c1b62ad1b8553360d17367"
         "eb1514d2"},
    };
    uint8_t out[KRB_PRF_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct krb_key k = key_of(*state, rows[i].etype, rows[i].key);

        assert_int_equal(krb_prf(&k, unhex(*state, rows[i].input), out), ERR_OK);
        assert_hex(out, krb_prf_size(rows[i].etype), rows[i].out);
    }
}

/* RFC 6113 appendix A and MIT t_cf2: keys from the passwords "key1" and "key2", salted with
 * themselves. */
static void test_cf2(void **state)
{
    (void)state;
    static const struct {
        int32_t etype;
        const char *out;
    } rows[] = {
        {17, "97df97e4b798b29eb31ed7280287a92a"},
        {18, "4d6ca4e629785c1f01baf55e2e548566b9617ae3a96868c337cb93b5e72b1c7b"},
        {23, "24d7f6b6bae4e5c00d2082c5ebab3672"},
    };
    struct krb_key k1, k2, out;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            krb_string_to_key(rows[i].etype, SPAN_LIT("key1"), SPAN_LIT("key1"), 0, &k1), ERR_OK);
        assert_int_equal(
            krb_string_to_key(rows[i].etype, SPAN_LIT("key2"), SPAN_LIT("key2"), 0, &k2), ERR_OK);
        assert_int_equal(krb_cf2(&k1, &k2, SPAN_LIT("a"), SPAN_LIT("b"), &out), ERR_OK);
        assert_int_equal(out.etype, rows[i].etype);
        assert_hex(out.bytes, out.len, rows[i].out);
    }
}

static void test_nt_hash(void **state)
{
    uint8_t out[16], again[16];

    assert_int_equal(nt_hash(SPAN_LIT(""), out), ERR_OK);
    assert_hex(out, 16, "31d6cfe0d16ae931b73c59d7e0c089c0");
    assert_int_equal(nt_hash(SPAN_LIT("Password"), out), ERR_OK);
    nt_hash_utf16(unhex(*state, "500061007300730077006f0072006400"), again);
    assert_memory_equal(out, again, 16);
    memset(again, 7, 16);
    assert_int_equal(nt_hash(span_of("\xff", 1), again), ERR_MALFORMED);
    assert_int_equal(again[0], 7);
}

static void test_limits_of_passwords(void **state)
{
    (void)state;
    static uint8_t text[4096];
    struct krb_key k;
    uint8_t out[16];

    memset(text, 'x', sizeof(text));
    assert_int_equal(nt_hash(span_of(text, 1024), out), ERR_OK);
    assert_int_equal(nt_hash(span_of(text, 1025), out), ERR_LIMIT);
    assert_int_equal(krb_string_to_key(23, span_of(text, 1025), SPAN_NONE, 0, &k), ERR_LIMIT);
    for (int32_t etype = 17; etype <= 20; etype++) {
        assert_int_equal(krb_string_to_key(etype, SPAN_LIT("p"), span_of(text, 2048), 1, &k),
                         ERR_OK);
        assert_int_equal(krb_string_to_key(etype, SPAN_LIT("p"), span_of(text, 2049), 1, &k),
                         ERR_RANGE);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    uint8_t zeros[64] = {0};
    struct krb_key k = {0};
    struct krb_usage u;
    struct span plain = SPAN_NONE;

    assert_int_equal(krb_key_make(16, span_of(zeros, 24), &k), ERR_UNSUPPORTED);
    assert_int_equal(krb_key_make(18, span_of(zeros, 31), &k), ERR_RANGE);
    assert_int_equal(krb_key_make(22, span_of(zeros, 16), &k), ERR_UNSUPPORTED);
    assert_int_equal(krb_string_to_key(18, SPAN_NONE, SPAN_NONE, 1000001, &k), ERR_RANGE);
    assert_int_equal(krb_string_to_key(3, SPAN_NONE, SPAN_NONE, 0, &k), ERR_UNSUPPORTED);
    assert_int_equal(k.etype, 0);
    assert_int_equal(krb_usage_init(&u, &k, 1), ERR_UNSUPPORTED);
    for (int32_t etype = 17; etype <= 23; etype++) {
        if (!krb_etype_known(etype))
            continue;
        assert_int_equal(krb_key_make(etype, span_of(zeros, krb_key_size(etype)), &k), ERR_OK);
        assert_int_equal(krb_usage_init(&u, &k, 1), ERR_OK);
        size_t least = krb_encrypted_size(&u, 0);
        assert_int_equal(krb_decrypt(&u, span_of(zeros, least - 1), zeros, &plain), ERR_MALFORMED);
        assert_int_equal(krb_decrypt(&u, span_of(zeros, least), zeros, &plain), ERR_INTEGRITY);
        assert_null(plain.ptr);
        assert_int_equal(krb_checksum_verify(&u, 7, NULL, 0, SPAN_NONE), ERR_UNSUPPORTED);
    }
}

/* With the plaintext as what is summed it is the ordinary encryption, which vectors pin. */
static void test_summed(void **state)
{
    static const uint8_t zeros[KRB_KEY_MAX], confounder[KRB_CONFOUNDER_MAX] = {1, 2, 3};
    (void)state;

    for (int32_t etype = 17; etype <= 23; etype++) {
        struct span plain = SPAN_LIT("more than one block of plaintext"), got;
        struct span halves[] = {span_sub(plain, 0, 9), span_sub(plain, 9, plain.len)};
        uint8_t ours[96], theirs[96], out[96];
        struct krb_key k;
        struct krb_usage u;

        if (!krb_etype_known(etype))
            continue;
        assert_int_equal(krb_key_make(etype, span_of(zeros, krb_key_size(etype)), &k), ERR_OK);
        assert_int_equal(krb_usage_init(&u, &k, 22), ERR_OK);
        size_t size = krb_encrypted_size(&u, plain.len);
        enum err want = etype > 18 ? ERR_UNSUPPORTED : ERR_OK;
        assert_int_equal(krb_encrypt_summed(&u, confounder, plain, halves, 2, ours), want);
        krb_encrypt(&u, confounder, plain, theirs);
        struct span in_out = span_of(out + krb_plain_offset(&u), plain.len);
        assert_int_equal(krb_decrypt_summed(&u, span_of(theirs, size), &in_out, 1, out), want);
        if (want != ERR_OK)
            continue;
        assert_memory_equal(ours, theirs, size);
        assert_memory_equal(in_out.ptr, plain.ptr, plain.len);
        assert_int_equal(krb_decrypt(&u, span_of(ours, size), out, &got), ERR_OK);
        assert_int_equal(krb_decrypt_summed(&u, span_of(ours, size), halves, 1, out),
                         ERR_INTEGRITY);
        assert_memory_equal(out, zeros, KRB_KEY_MAX);
        assert_int_equal(krb_decrypt_summed(&u, span_of(ours, 27), halves, 1, out), ERR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nfold),
        cmocka_unit_test(test_string_to_key),
        cmocka_unit_test(test_cts),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_prf),
        cmocka_unit_test(test_cf2),
        cmocka_unit_test(test_nt_hash),
        cmocka_unit_test(test_limits_of_passwords),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_summed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
