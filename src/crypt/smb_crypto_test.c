/*
 * SMB's keys, signatures and encryption: the worked examples that Microsoft's specification team
 * published for 3.0 ("Encryption in SMB 3.0: a protocol perspective") and 3.1.1
 * ("Pre-authentication integrity", "Encryption in Windows 10"), and OpenSSL on random values.
 */
#include "crypt/smb_crypto.h"

#include "base/test.h"
#include "crypt/hex_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CASES     300
#define LINE_ROOM (64 * 1024)
#define WORDS     9

static struct arena arena;

static struct span hex(const char *text)
{
    return unhex(&arena, text);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1 << 22, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* --- published examples ---------------------------------------------------------------------- */

static void test_preauth(void **state)
{
    uint8_t hash[SMB_PREAUTH_SIZE] = {0};
    (void)state;

    smb_preauth_add(
        hash,
        hex("fe534d4240000100000000000000800000000000000000000100000000000000fffe000000000000000000"
            "0000"
            "0000000000000000000000000000000000000024000500000000003f000000ecd86f326276024f9f7752b8"
            "9bb3"
            "3f3a70000000020000000202100200030203110300000100260000000000010020000100fa49e6578f1f3a"
            "9f4c"
            "d3e9cc14a67aa884b3d05844e0e5a118225c15887f32ff00000200060000000000020002000100"));
    assert_hex(hash, sizeof(hash),
               "dd94efc5321bb618a2e208ba8920d2f422992526947a409b5037de1e0fe8c7362b8c47122594cde0"
               "ce26aa9dfc8bcdbde0621957672623351a7540f1e54a0426");
}

/* From the hash after the last request of the session's setup to the signing key. */
static void test_keys_311(void **state)
{
    struct span preauth =
        hex("0dd13628cc3ed218ef9df9772d436d0887ab9814bfae63a80aa845f36909db7928622ddd"
            "ad522d9751640a459762c5a9d6bb084cbb3ce6bdadef5d5bce3c6c01");
    struct smb_keys keys;
    (void)state;

    smb_keys_derive(SMB_GENERATION_311, SMB_CIPHER_AES128_GCM,
                    hex("270e1ba896585eeb7af3472d3b4c75a7"), preauth.ptr, &keys);
    assert_hex(keys.sign, SMB_KEY_SIZE, "73fe7a9a77bef0bde49c650d8ccb5f76");

    preauth = hex("b23f3cbfd69487d9832b79b1594a367cdd950909b774c3a4c412b4fcea9edddba7db256ba2ea30e9"
                  "77f11f9b113247578e0e915c6d2a513b8f2fca5707dc8770");
    smb_keys_derive(SMB_GENERATION_311, SMB_CIPHER_AES128_GCM,
                    hex("419fddf34c1e001909d362ae7fb6af79"), preauth.ptr, &keys);
    assert_hex(keys.to_server, SMB_KEY_SIZE, "a2f5e80e5d59103034f32e52f698e5ec");
    assert_hex(keys.to_client, SMB_KEY_SIZE, "748c50868c90f302962a5c35f5f9a8bf");
}

static void test_keys_30(void **state)
{
    struct smb_keys keys;
    (void)state;

    smb_keys_derive(SMB_GENERATION_30, SMB_CIPHER_AES128_CCM,
                    hex("b4546771b515f766a86735532dd6c4f0"), NULL, &keys);
    assert_hex(keys.to_server, SMB_KEY_SIZE, "261b72350558f2e9dcf613070383edbf");
    assert_hex(keys.to_client, SMB_KEY_SIZE, "8fe2b57ec34d2db5b1a9727f526bbdb5");
}

/* The whole transformed message is what the example has; it opens again, and with any bit changed
 * that matters it does not. */
static void check_example(enum smb_cipher cipher, const char *key, const char *plain,
                          const char *transformed)
{
    struct span want = hex(transformed), in = hex(plain);
    struct span sealed = span_sub(want, SMB_TRANSFORM_BYTES, want.len);
    uint8_t header[SMB_TRANSFORM_BYTES], out[256];
    struct smb_cipher_key k;

    smb_cipher_key_init(&k, cipher, hex(key).ptr);
    memcpy(header, want.ptr, sizeof(header));
    memset(header + 4, 0, SMB_SIGNATURE_SIZE);
    smb_encrypt(&k, header, in, out);
    assert_memory_equal(header, want.ptr, sizeof(header));
    assert_int_equal(in.len, sealed.len);
    assert_memory_equal(out, sealed.ptr, sealed.len);
    assert_ok(smb_decrypt(&k, header, span_of(out, in.len), out)); /* in place */
    assert_memory_equal(out, in.ptr, in.len);
    for (unsigned at = 4; at < SMB_TRANSFORM_BYTES; at++) {
        header[at] ^= 0x10;
        assert_err(smb_decrypt(&k, header, sealed, out), ERR_INTEGRITY);
        for (size_t i = 0; i < sealed.len; i++)
            assert_int_equal(out[i], 0);
        header[at] ^= 0x10;
    }
    uint8_t *bad = arena_dup(&arena, sealed.ptr, sealed.len);
    bad[sealed.len - 1] ^= 1;
    assert_err(smb_decrypt(&k, header, span_of(bad, sealed.len), out), ERR_INTEGRITY);
    smb_cipher_key_wipe(&k);
}

static void test_ccm_example(void **state)
{
    (void)state;
    check_example(
        SMB_CIPHER_AES128_CCM, "261b72350558f2e9dcf613070383edbf",
        "fe534d4240000100000000000900400008000000000000000400000000000000fffe0000010000001100001400"
        "e40800000000000000000000000000000000003100700017000000000000000000000015010000390000020100"
        "00003902000000000000000000007000000000000000536d623320656e6372797074696f6e2074657374696e6"
        "7",
        "fd534d4281a286535415445dae393921e44fa42e66e69a111892584fb5ed524a744da3ee870000000000010011"
        "00001400e4080025c8fee16605a437832d1cd52da9f4645333482a175fe5384563f45fcdafaef38bc62ba4d5c6"
        "2897996625a44c29be5658de2e6117585779e7b59ffd971278d08580d7fa899e410e910eabf5aa1db43050b33b"
        "49182637759ac15d84bfcdf5b6b238993c0f4cf4d6012023f6c627297075d84b7803912d0a9639634453595ef3"
        "e33ffe4e7ac2ab");
}

static void test_gcm_example(void **state)
{
    (void)state;
    check_example(
        SMB_CIPHER_AES128_GCM, "a2f5e80e5d59103034f32e52f698e5ec",
        "fe534d4240000100000000000900010008000000000000000500000000000000fffe0000010000002500000000"
        "100000000000000000000000000000000000003100700017000000000000000000000006000000040000000100"
        "00000400000000000000000000007000000000000000536d623320656e6372797074696f6e2074657374696e6"
        "7",
        "fd534d42bd73d97d2bc9001bcafac0fdff5feebcc7d6822d269caf48904c664c00000000870000000000010025"
        "000000001000006ecdd2a7afc7b47763057a041b8fd4daffe990b70c9e09d36c084e02d14ef247f8bde38acf62"
        "56f8b1d3b56f77fbdeb312fea5e92cbcc1ed8fb2ebbfaa75e49a4a394bb44576545567c24d4c014d47c9fbdfda"
        "fd2c4f9b72f8d256452620a299f48e29e53d6b61d1c13a19e91af013f00d17e3abc2fc3d36c8c1b6b939732538"
        "52dbd442e46ee8");
}

/* --- against OpenSSL ------------------------------------------------------------------------- */

static struct span words[WORDS];

static struct span word(unsigned n)
{
    struct span out = SPAN_NONE;

    if (!span_eq(words[n], SPAN_LIT("-")))
        assert_ok(text_unhex(words[n], &arena, &out));
    return out;
}

static unsigned number(unsigned n)
{
    return (unsigned)strtoul((const char *)words[n].ptr, NULL, 10);
}

static void check_keys(void)
{
    struct smb_keys keys;

    smb_keys_derive(number(1), number(2), word(3), word(4).ptr, &keys);
    assert_memory_equal(keys.sign, word(5).ptr, sizeof(keys.sign));
    assert_memory_equal(keys.application, word(6).ptr, sizeof(keys.application));
    assert_memory_equal(keys.to_server, word(7).ptr, sizeof(keys.to_server));
    assert_memory_equal(keys.to_client, word(8).ptr, sizeof(keys.to_client));
}

static void check_sign(void)
{
    struct span message = word(3), want = word(4);
    uint8_t *bytes = arena_dup(&arena, message.ptr, message.len), out[SMB_SIGNATURE_SIZE];
    struct smb_sign_key k;

    smb_sign_key_init(&k, number(1), word(2).ptr);
    smb_sign(&k, message, out);
    assert_memory_equal(out, want.ptr, sizeof(out));
    assert_false(smb_signature_good(&k, message));
    memcpy(bytes + 48, out, sizeof(out));
    assert_true(smb_signature_good(&k, span_of(bytes, message.len)));
    bytes[message.len - 1] ^= 0x80; /* in the signature, if there is nothing behind the header */
    assert_false(smb_signature_good(&k, span_of(bytes, message.len)));
    smb_sign_key_wipe(&k);
}

static void check_seal(void)
{
    struct span want = word(3), plain = word(4), sealed = word(5);
    uint8_t *header = arena_dup(&arena, want.ptr, want.len), *out = arena_alloc(&arena, plain.len);
    struct smb_cipher_key k;

    assert_int_equal(want.len, SMB_TRANSFORM_BYTES);
    smb_cipher_key_init(&k, number(1), word(2).ptr);
    memset(header + 4, 0xee, SMB_SIGNATURE_SIZE);
    smb_encrypt(&k, header, plain, out);
    assert_memory_equal(header, want.ptr, want.len);
    assert_memory_equal(out, sealed.ptr, plain.len);
    assert_ok(smb_decrypt(&k, header, sealed, out));
    assert_memory_equal(out, plain.ptr, plain.len);
    header[4]++;
    assert_err(smb_decrypt(&k, header, sealed, out), ERR_INTEGRITY);
    smb_cipher_key_wipe(&k);
}

static unsigned split(char *line)
{
    char *save = NULL;
    unsigned n = 0;

    for (char *at = strtok_r(line, " \n", &save); at && n < WORDS;
         at = strtok_r(NULL, " \n", &save))
        words[n++] = span_str(at);
    return n;
}

static void test_oracle(void **state)
{
    static char line[LINE_ROOM];
    const char *given = getenv("ENTENTE_SEED"), *folder = getenv("ENTENTE_SOURCE");
    unsigned long seed = given ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
    unsigned cases = 0;
    char command[4096];
    (void)state;

    print_message("ENTENTE_SEED=%lu\n", seed);
    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/smb_crypto_oracle.py %lu %u",
             folder ? folder : ".", seed, CASES);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof(line), f) && split(line) >= 5; cases++) {
        arena_reset(&arena);
        if (span_eq(words[0], SPAN_LIT("keys")))
            check_keys();
        else if (span_eq(words[0], SPAN_LIT("sign")))
            check_sign();
        else
            check_seal();
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(cases, 3 * CASES);
}

static void test_no_message_is_not_signed(void **state)
{
    static const uint8_t zeros[SMB_HEADER_BYTES];
    struct smb_sign_key k;
    (void)state;

    smb_sign_key_init(&k, SMB_SIGNING_AES_CMAC, zeros);
    assert_false(smb_signature_good(&k, SPAN_NONE));
    assert_false(smb_signature_good(&k, span_of(zeros, SMB_HEADER_BYTES - 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_preauth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_311, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_30, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ccm_example, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gcm_example, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oracle, setup, teardown),
        cmocka_unit_test(test_no_message_is_not_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
