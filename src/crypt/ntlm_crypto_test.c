/*
 * NTLM version 2: the values that [MS-NLMP] 4.2.4 gives, and impacket on random ones.
 */
#include "crypt/ntlm_crypto.h"

#include "base/test.h"
#include "crypt/hex_test.h"
#include "crypt/krb_crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CASES     300
#define LINE_ROOM (64 * 1024)
#define WORDS     19

static struct arena arena;

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

static struct span utf16(struct span text)
{
    struct span out;
    assert_ok(text_to_utf16(text, &arena, &out));
    return out;
}

static struct span upper16(struct span text)
{
    struct span upper;
    assert_ok(text_upper(text, &arena, &upper));
    return utf16(upper);
}

/* --- the specification's values --------------------------------------------------------------- */

static void keys_of_the_specification(void **state)
{
    uint8_t nt[16], owf[16], proof[16], base[16], random[16], encrypted[16];
    struct span temp =
        unhex(&arena, "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00"
                      "610069006e0001000c005300650072007600650072000000000000000000");
    (void)state;

    assert_ok(nt_hash(SPAN_LIT("Password"), nt));
    ntlm_owf_v2(nt, upper16(SPAN_LIT("User")), utf16(SPAN_LIT("Domain")), owf);
    assert_hex(owf, 16, "0c868a403bfd7a93a3001ef22ef02e3f");
    ntlm_proof(owf, unhex(&arena, "0123456789abcdef").ptr, temp, proof);
    assert_hex(proof, 16, "68cd0ab851e51c96aabc927bebef6a1c");
    ntlm_base_key(owf, proof, base);
    assert_hex(base, 16, "8de40ccadbc14a82f15cb0ad0de95ca3");
    memset(random, 0x55, sizeof(random));
    ntlm_exchange(base, random, encrypted);
    assert_hex(encrypted, 16, "c5dad2544fc9799094ce1ce90bc9d03e");
    ntlm_exchange(base, encrypted, encrypted);
    assert_memory_equal(encrypted, random, 16);
}

static void sealing_of_the_specification(void **state)
{
    uint8_t exported[16], signature[16], text[18];
    struct span plain = utf16(SPAN_LIT("Plaintext")), part = span_of(text, sizeof(text));
    struct ntlm_stream s;
    (void)state;

    memset(exported, 0x55, sizeof(exported));
    memcpy(text, plain.ptr, plain.len);
    ntlm_stream_init(&s, exported, NTLM_CLIENT, true);
    ntlm_seal(&s, &part, 1, text, sizeof(text), signature);
    assert_hex(text, sizeof(text), "54e50165bf1936dc996020c1811b0f06fb5f");
    assert_hex(signature, 16, "010000007fb38ec5c55d497600000000");
    ntlm_stream_wipe(&s);

    ntlm_stream_init(&s, exported, NTLM_CLIENT, true);
    assert_ok(ntlm_unseal(&s, &part, 1, text, sizeof(text), signature));
    assert_memory_equal(text, plain.ptr, plain.len);
    ntlm_stream_wipe(&s);
}

/* --- against impacket ------------------------------------------------------------------------- */

enum word {
    NT_HASH,
    USER,
    DOMAIN,
    CHALLENGE,
    TEMP,
    PROOF,
    BASE,
    EXPORTED,
    ENCRYPTED,
    MIC_MESSAGE,
    MIC,
    SIDE,
    EXCHANGED,
    MESSAGE,
    SIGNATURE_1,
    HEADER,
    SECRET,
    SEALED,
    SIGNATURE_2,
};

static struct span words[WORDS];

static void check_keys(void)
{
    uint8_t owf[16], proof[16], base[16], encrypted[16], mic[16];
    struct span message = words[MIC_MESSAGE];
    struct span parts[] = {span_sub(message, 0, 7), span_sub(message, 7, message.len)};

    ntlm_owf_v2(words[NT_HASH].ptr, upper16(words[USER]), utf16(words[DOMAIN]), owf);
    ntlm_proof(owf, words[CHALLENGE].ptr, words[TEMP], proof);
    assert_memory_equal(proof, words[PROOF].ptr, 16);
    ntlm_base_key(owf, proof, base);
    assert_memory_equal(base, words[BASE].ptr, 16);
    ntlm_exchange(base, words[EXPORTED].ptr, encrypted);
    assert_memory_equal(encrypted, words[ENCRYPTED].ptr, 16);
    ntlm_mic(words[EXPORTED].ptr, parts, 2, mic);
    assert_memory_equal(mic, words[MIC].ptr, 16);
}

static void start(struct ntlm_stream *s)
{
    ntlm_stream_init(s, words[EXPORTED].ptr, *words[SIDE].ptr ? NTLM_SERVER : NTLM_CLIENT,
                     *words[EXCHANGED].ptr);
}

static void check_messages(void)
{
    struct ntlm_stream s;
    uint8_t signature[16], wrong[16];
    struct span secret = words[SECRET];
    uint8_t *bytes = arena_dup(&arena, secret.ptr, secret.len);
    struct span parts[] = {words[HEADER], span_of(bytes, secret.len)};

    start(&s);
    ntlm_sign(&s, &words[MESSAGE], 1, signature);
    assert_memory_equal(signature, words[SIGNATURE_1].ptr, 16);
    ntlm_seal(&s, parts, 2, bytes, secret.len, signature);
    assert_memory_equal(bytes, words[SEALED].ptr, secret.len);
    assert_memory_equal(signature, words[SIGNATURE_2].ptr, 16);

    start(&s);
    assert_ok(ntlm_verify(&s, &words[MESSAGE], 1, words[SIGNATURE_1].ptr));
    assert_ok(ntlm_unseal(&s, parts, 2, bytes, secret.len, signature));
    assert_memory_equal(bytes, secret.ptr, secret.len);

    start(&s); /* the same message again has another number */
    assert_ok(ntlm_verify(&s, &words[MESSAGE], 1, words[SIGNATURE_1].ptr));
    assert_err(ntlm_verify(&s, &words[MESSAGE], 1, words[SIGNATURE_1].ptr), ERR_INTEGRITY);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(wrong, words[SIGNATURE_1].ptr, 16);
        wrong[i] ^= 0x20;
        start(&s);
        assert_err(ntlm_verify(&s, &words[MESSAGE], 1, wrong), ERR_INTEGRITY);
    }
    start(&s); /* out of order; what cannot be trusted is not left behind */
    assert_err(ntlm_unseal(&s, parts, 2, bytes, secret.len, signature), ERR_INTEGRITY);
    for (size_t i = 0; i < secret.len; i++)
        assert_int_equal(bytes[i], 0);
    ntlm_stream_wipe(&s);
}

/* What SPNEGO's signatures leave behind: the same key stream, the next number. */
static void a_restart_keeps_the_numbers(void **state)
{
    static const uint8_t exported[16] = {7};
    struct span message = SPAN_LIT("message");
    uint8_t first[16], second[16];
    struct ntlm_stream s, fresh;
    (void)state;

    ntlm_stream_init(&s, exported, NTLM_SERVER, true);
    ntlm_sign(&s, &message, 1, first);
    ntlm_stream_restart(&s);
    ntlm_sign(&s, &message, 1, second);
    assert_hex(second + 12, 4, "01000000");
    ntlm_stream_init(&fresh, exported, NTLM_SERVER, true);
    fresh.number = 1;
    ntlm_sign(&fresh, &message, 1, first);
    assert_memory_equal(first, second, 16);
}

static unsigned split(char *line)
{
    char *save = NULL;
    unsigned n = 0;

    for (char *at = strtok_r(line, " \n", &save); at && n < WORDS;
         at = strtok_r(NULL, " \n", &save)) {
        words[n] = SPAN_LIT("");
        if (strcmp(at, "-") != 0)
            words[n] = unhex(&arena, at);
        n++;
    }
    return n;
}

static void random_values(void **state)
{
    static char line[LINE_ROOM];
    const char *given = getenv("ENTENTE_SEED"), *folder = getenv("ENTENTE_SOURCE");
    unsigned long seed = given ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
    unsigned cases = 0;
    char command[4096];
    (void)state;

    print_message("ENTENTE_SEED=%lu\n", seed);
    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/ntlm_crypto_oracle.py %lu %u",
             folder ? folder : ".", seed, CASES);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof(line), f) && split(line) == WORDS; cases++) {
        check_keys();
        check_messages();
        arena_reset(&arena);
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(cases, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_of_the_specification, setup, teardown),
        cmocka_unit_test_setup_teardown(sealing_of_the_specification, setup, teardown),
        cmocka_unit_test_setup_teardown(random_values, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_keeps_the_numbers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
