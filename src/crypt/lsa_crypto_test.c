#include "crypt/lsa_crypto.h"

#include "base/test.h"
#include "crypt/hex_test.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena arena;

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

/* [MS-LSAD] 5.1.4. */
static void secrets(void **state)
{
    static const uint8_t text[] = "P\0a\0s\0s\0w\0o\0r\0d\0\x31\0\x32\0\x33";
    struct span cipher =
        unhex(&arena, "af784403fba092278c95fc7e88564ccd7cd0c241da6f14415626cda581e9223d");
    struct span key = unhex(&arena, "4e98c910b2a988d792fb5aa33e8ef786");
    uint8_t out[32];
    size_t len = 0;
    (void)state;

    assert_int_equal(lsa_secret_size(22), 32);
    lsa_secret_encrypt(key.ptr, span_of(text, 22), out);
    assert_memory_equal(out, cipher.ptr, 32);
    assert_ok(lsa_secret_decrypt(key.ptr, cipher, out, &len));
    assert_int_equal(len, 22);
    assert_memory_equal(out, text, 22);
    memcpy(out, cipher.ptr, 32);
    out[0]++;
    assert_int_equal(lsa_secret_decrypt(key.ptr, span_of(out, 32), out, &len), ERR_UNSUPPORTED);
    assert_int_equal(lsa_secret_decrypt(key.ptr, span_sub(cipher, 0, 24), out, &len),
                     ERR_MALFORMED);
    assert_int_equal(lsa_secret_decrypt(key.ptr, span_sub(cipher, 0, 31), out, &len),
                     ERR_MALFORMED);
    assert_int_equal(lsa_secret_decrypt(key.ptr, SPAN_NONE, out, &len), ERR_MALFORMED);
}

typedef enum err opening(const uint8_t *key, const uint8_t *tag, const uint8_t *salt,
                         uint8_t *bytes, size_t len, size_t *len_out);

static void aes_of(const char *labels, opening *open, opening *other)
{
    static const char text[] = "000102030405060708090a0b0c0d0e0f1011";
    static const char key_text[] = "4e98c910b2a988d792fb5aa33e8ef786";
    struct span key = unhex(&arena, key_text), plain = unhex(&arena, text);
    char command[4096], line[1024];
    size_t len = 0;

    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/lsa_crypto_oracle.py %s %s %s",
             getenv("ENTENTE_SOURCE"), labels, key_text, text);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof(line), f));
    assert_int_equal(pclose(f), 0);
    line[strcspn(line, "\n")] = 0;
    struct span all = unhex(&arena, line);
    uint8_t *bytes = arena_dup(&arena, all.ptr, all.len), *cipher = bytes + 80;
    assert_int_equal(all.len, 80 + 32);
    bytes[3] ^= 1;
    assert_int_equal(open(key.ptr, bytes, bytes + 64, cipher, 32, &len), ERR_INTEGRITY);
    bytes[3] ^= 1;
    assert_int_equal(other(key.ptr, bytes, bytes + 64, cipher, 32, &len), ERR_INTEGRITY);
    assert_int_equal(open(key.ptr, bytes, bytes + 64, cipher, 31, &len), ERR_INTEGRITY);
    assert_int_equal(open(key.ptr, bytes, bytes + 64, cipher, 0, &len), ERR_INTEGRITY);
    assert_ok(open(key.ptr, bytes, bytes + 64, cipher, 32, &len));
    assert_span_equal(span_of(cipher, len), plain);
}

static void aes(void **state)
{
    (void)state;
    aes_of("LSAD", lsa_aes_open, lsa_aes_open_sam);
    aes_of("SAM", lsa_aes_open_sam, lsa_aes_open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rc4), cmocka_unit_test(secrets),
                                       cmocka_unit_test(aes)};

    arena_init(&arena, 0, 1 << 16, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
