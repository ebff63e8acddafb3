/*
 * The secure channel's cryptography: the values that [MS-NRPC] 4.3 gives, and impacket on
 * random ones.
 */
#include "crypt/netlogon_crypto.h"

#include "base/builder.h"
#include "base/reader.h"
#include "base/test.h"
#include "crypt/hex_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CASES     300
#define LINE_ROOM (64 * 1024)

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

/* --- the specification's values --------------------------------------------------------------- */

static const char message_hex[] =
    "3000000000000000000000000000000030000000000000005c005c00570049004e002d004500550034005500"
    "47003800370048003200490056002e00320033003000360066006500760032002e006e007400740065007300"
    "74002e006d006900630072006f0073006f00660074002e0063006f006d000000000002000000000010000000"
    "0000000000000000000000001000000000000000570049004e002d004400310049005400420046004d003400"
    "410038005500000085bb1511fd09786d3b61b064000000000000000000000000010000000000000000000000"
    "00000000";
static const char sealed_hex[] =
    "c930c9a079d95c78bea6a3150908c11f4b68e41219bcb91680ead287da211eec66bc27df2bc9a0f4ecf25c88"
    "624e493c59cdec6bc7b08bed84b97c33138ae3c8377cb327f3ea6076da91c5d23dbf1b2f4066a455332716b7"
    "b64f2ec9a944702d20a85035de3b231a5216b7a6c9102bd17c7d6ab1b379445eb5a5276e360d3bcef93b5359"
    "d36b0006b0c10bc2fec73777816a383a4614494b7b18bc34cd5447681eb48f8132a0a08a50d752826cff068c"
    "76959d49767557e503d509fa3c18b0860a22a7e2bae50e812c5d71c31f9f1dfd143333b3043f6bf906e5d912"
    "07f1d988";

static void start(struct netlogon_schannel *s, bool client)
{
    *s = (struct netlogon_schannel){.client = client};
    memcpy(s->key, unhex(&arena, "0cb6948805f797bf2a82807973b89537").ptr, sizeof(s->key));
}

/* With and without the headers of the fragment under the signature. */
static void token_of_the_specification(bool with_headers, const char *token_hex)
{
    struct span plain = unhex(&arena, message_hex);
    uint8_t *bytes = arena_dup(&arena, plain.ptr, plain.len), token[NETLOGON_SEAL_TOKEN];
    struct span all[] = {unhex(&arena, "0500000310000000380138000c000000d400000001001500"),
                         span_of(bytes, plain.len), unhex(&arena, "44060c0003000000")};
    const struct span *parts = with_headers ? all : all + 1;
    unsigned count = with_headers ? 3 : 1;
    struct netlogon_schannel s;

    start(&s, true);
    netlogon_seal(&s, parts, count, bytes, plain.len, unhex(&arena, "717f5076c5902bcd").ptr, token);
    assert_hex(bytes, plain.len, sealed_hex);
    assert_hex(token, NETLOGON_SEAL_TOKEN_MIN, token_hex);
    assert_hex(token + NETLOGON_SEAL_TOKEN_MIN, 24,
               "000000000000000000000000000000000000000000000000");

    start(&s, false);
    assert_ok(netlogon_unseal(&s, parts, count, bytes, plain.len, span_of(token, sizeof(token))));
    assert_memory_equal(bytes, plain.ptr, plain.len);
}

static void tokens_of_the_specification(void **state)
{
    (void)state;
    token_of_the_specification(false,
                               "13001a00ffff0000b37c1f0ec86468f086761f2f86f4f4c1632d1f547d2cf6ff");
    token_of_the_specification(true,
                               "13001a00ffff00005d69950dfde45ae9f092ae5c3c55aacd632d1f547d2cf6ff");
}

/* --- chains ----------------------------------------------------------------------------------- */

static void a_chain_steps_on_both_sides(void **state)
{
    struct netlogon_chain client = {.key = {1, 2, 3}, .stored = {0xfe, 0xff, 0xff, 0xff, 5}};
    struct netlogon_chain server = client, before;
    uint8_t asked[8], answered[8], wrong[8];
    (void)state;

    for (uint32_t stamp = 1700000000; stamp < 1700000005; stamp++) {
        netlogon_chain_ask(&client, stamp, asked);
        memcpy(wrong, asked, sizeof(wrong));
        wrong[7] ^= 1;
        before = server;
        assert_err(netlogon_chain_answer(&server, stamp, wrong, answered), ERR_INTEGRITY);
        assert_err(netlogon_chain_answer(&server, stamp + 1, asked, answered), ERR_INTEGRITY);
        assert_memory_equal(&before, &server, sizeof(server));
        assert_ok(netlogon_chain_answer(&server, stamp, asked, answered));
        assert_err(netlogon_chain_answer(&server, stamp, asked, wrong), ERR_INTEGRITY); /* again */
        assert_ok(netlogon_chain_confirm(&client, answered));
    }
    assert_err(netlogon_chain_confirm(&client, answered), ERR_INTEGRITY);
}

/* CVE-2020-1472: with one key in 256 the credential of zeros is zeros, and so is the chain. */
static void zeros_prove_nothing(void **state)
{
    static const uint8_t zeros[8], nearly[8] = {9, 9, 9, 9, 9, 1, 2, 3}, good[8] = {0, 0, 0, 0, 1};
    struct netlogon_chain c = {.key = {0}};
    uint8_t got[8] = {1};
    (void)state;

    assert_true(netlogon_challenge_weak(zeros));
    assert_true(netlogon_challenge_weak(nearly));
    assert_false(netlogon_challenge_weak(good));
    for (unsigned i = 0; got[0] != 0; i++) {
        assert_true(i < 65536);
        builder_store_le(c.key, i, 4);
        netlogon_credential_make(c.key, zeros, got);
    }
    assert_memory_equal(got, zeros, 8);
    assert_err(netlogon_chain_answer(&c, 0, zeros, got), ERR_INTEGRITY);
}

/* --- fragments -------------------------------------------------------------------------------- */

static void what_was_changed_is_refused(void **state)
{
    uint8_t bytes[24] = "in both directions", token[NETLOGON_SEAL_TOKEN], wrong[sizeof(token)];
    struct span part = span_of(bytes, sizeof(bytes)), all = span_of(token, sizeof(token));
    static const uint8_t confounder[8] = {7};
    struct netlogon_schannel client, server, again;
    uint8_t sealed[sizeof(bytes)];
    (void)state;

    start(&client, true);
    start(&server, false);
    netlogon_seal(&client, &part, 1, bytes, sizeof(bytes), confounder, token);
    memcpy(sealed, bytes, sizeof(bytes));
    for (unsigned i = 0; i < NETLOGON_SEAL_TOKEN_MIN; i++) {
        memcpy(wrong, token, sizeof(wrong));
        wrong[i] ^= 0x20;
        memcpy(bytes, sealed, sizeof(bytes));
        again = server;
        assert_err(
            netlogon_unseal(&again, &part, 1, bytes, sizeof(bytes), span_of(wrong, sizeof(wrong))),
            ERR_INTEGRITY);
        for (unsigned k = 0; k < sizeof(bytes); k++)
            assert_int_equal(bytes[k], 0);
    }
    again = server;
    assert_err(netlogon_unseal(&again, &part, 1, bytes, sizeof(bytes), span_sub(all, 0, 31)),
               ERR_INTEGRITY);
    memcpy(bytes, sealed, sizeof(bytes)); /* as if the server had sent it */
    start(&again, true);
    assert_err(netlogon_unseal(&again, &part, 1, bytes, sizeof(bytes), all), ERR_INTEGRITY);
    memcpy(bytes, sealed, sizeof(bytes)); /* the reserved bytes may be missing */
    assert_ok(netlogon_unseal(&server, &part, 1, bytes, sizeof(bytes), span_sub(all, 0, 32)));
    assert_string_equal((char *)bytes, "in both directions");
    memcpy(bytes, sealed, sizeof(bytes)); /* a second time */
    assert_err(netlogon_unseal(&server, &part, 1, bytes, sizeof(bytes), all), ERR_INTEGRITY);
}

static void signatures_number_both_directions(void **state)
{
    struct netlogon_schannel client, server;
    uint8_t token[NETLOGON_SIGN_TOKEN];
    struct span part = SPAN_LIT("plain"), other = SPAN_LIT("plein");
    struct span all = span_of(token, sizeof(token));
    (void)state;

    start(&client, true);
    start(&server, false);
    for (unsigned i = 0; i < 3; i++) {
        netlogon_sign(&client, &part, 1, token);
        assert_ok(netlogon_verify(&server, &part, 1, all));
        netlogon_sign(&server, &part, 1, token);
        assert_ok(netlogon_verify(&client, &part, 1, all));
    }
    netlogon_sign(&client, &part, 1, token);
    assert_err(netlogon_verify(&server, &other, 1, all), ERR_INTEGRITY);
}

/* --- against impacket ------------------------------------------------------------------------- */

enum word {
    NT_HASH,
    CLIENT,
    SERVER,
    KEY,
    CREDENTIAL,
    HASH,
    STAMP,
    AUTHENTICATOR,
    NUMBER,
    HEADER,
    SECRET,
    CONFOUNDER,
    SEALED,
    TOKEN,
    WORDS,
};

static struct span words[WORDS];

static uint64_t number_of(struct span little)
{
    struct reader r = reader_of(little);
    return little.len == 4 ? reader_le32(&r) : reader_le64(&r);
}

static void check_credentials(uint8_t key[16])
{
    struct netlogon_chain chain;
    uint8_t credential[8], hash[16];

    netlogon_session_key(words[NT_HASH].ptr, words[CLIENT].ptr, words[SERVER].ptr, key);
    assert_memory_equal(key, words[KEY].ptr, 16);
    netlogon_credential_make(key, words[CLIENT].ptr, credential);
    assert_memory_equal(credential, words[CREDENTIAL].ptr, 8);
    memcpy(chain.key, key, 16);
    memcpy(chain.stored, credential, 8);
    netlogon_chain_ask(&chain, (uint32_t)number_of(words[STAMP]), credential);
    assert_memory_equal(credential, words[AUTHENTICATOR].ptr, 8);
    memcpy(hash, words[NT_HASH].ptr, 16);
    netlogon_hash_encrypt(key, hash);
    assert_memory_equal(hash, words[HASH].ptr, 16);
    netlogon_hash_decrypt(key, hash);
    assert_memory_equal(hash, words[NT_HASH].ptr, 16);
    netlogon_encrypt(key, hash, 16);
    assert_memory_not_equal(hash, words[NT_HASH].ptr, 16);
    netlogon_decrypt(key, hash, 16);
    assert_memory_equal(hash, words[NT_HASH].ptr, 16);
}

static void check_fragment(const uint8_t key[16])
{
    struct span secret = words[SECRET];
    uint8_t *bytes = arena_dup(&arena, secret.ptr, secret.len), token[NETLOGON_SEAL_TOKEN];
    struct span parts[] = {words[HEADER], span_of(bytes, secret.len)};
    struct netlogon_schannel s = {.number = number_of(words[NUMBER]), .client = true};

    memcpy(s.key, key, 16);
    netlogon_seal(&s, parts, 2, bytes, secret.len, words[CONFOUNDER].ptr, token);
    assert_memory_equal(bytes, words[SEALED].ptr, secret.len);
    /* impacket leaves the confounder in the place of the reserved bytes' first eight, plain. */
    assert_memory_equal(token, words[TOKEN].ptr, 24);
    s = (struct netlogon_schannel){.number = number_of(words[NUMBER])};
    memcpy(s.key, key, 16);
    assert_ok(netlogon_unseal(&s, parts, 2, bytes, secret.len, span_of(token, sizeof(token))));
    assert_memory_equal(bytes, secret.ptr, secret.len);
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
    uint8_t key[16];
    char command[4096];
    (void)state;

    print_message("ENTENTE_SEED=%lu\n", seed);
    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/netlogon_crypto_oracle.py %lu %u",
             folder ? folder : ".", seed, CASES);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof(line), f) && split(line) == WORDS; cases++) {
        check_credentials(key);
        check_fragment(key);
        arena_reset(&arena);
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(cases, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tokens_of_the_specification, setup, teardown),
        cmocka_unit_test_setup_teardown(a_chain_steps_on_both_sides, setup, teardown),
        cmocka_unit_test_setup_teardown(zeros_prove_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_changed_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(signatures_number_both_directions, setup, teardown),
        cmocka_unit_test_setup_teardown(random_values, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
