/* Every enctype against libk5crypto, on random keys, usages, lengths and contents from a printed
 * seed. */
#include "crypt/krb_crypto.h"

#include "base/text.h"

#include <krb5.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PLAIN_MAX 5000
#define ROUNDS    150

static const int32_t etypes[] = {17, 18, 19, 20, 23};
#define ETYPES (sizeof(etypes) / sizeof(etypes[0]))

static krb5_context ctx;
static uint64_t seed;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void fill(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(next() >> 32);
}

static krb5_data data_of(const void *ptr, size_t len)
{
    return (krb5_data){.length = (unsigned)len, .data = (char *)ptr};
}

/* Usages that protocols use, and some others. */
static uint32_t random_usage(void)
{
    return next() % 4 ? (uint32_t)(next() % 60) : (uint32_t)(next() % 1100);
}

struct pair {
    struct krb_key ours;
    krb5_keyblock *theirs;
};

static struct pair make_pair(int32_t etype)
{
    struct pair p = {.ours = {.etype = etype, .len = (uint32_t)krb_key_size(etype)}};

    fill(p.ours.bytes, p.ours.len);
    assert_int_equal(krb5_init_keyblock(ctx, etype, p.ours.len, &p.theirs), 0);
    memcpy(p.theirs->contents, p.ours.bytes, p.ours.len);
    return p;
}

static void check_message(int32_t etype, size_t len)
{
    static uint8_t plain[PLAIN_MAX], theirs[PLAIN_MAX + 64], ours[PLAIN_MAX + 64];
    struct pair p = make_pair(etype);
    uint32_t usage = random_usage();
    struct krb_usage u;
    struct span back;
    size_t size;

    fill(plain, len);
    krb5_data in = data_of(plain, len);
    assert_int_equal(krb5_c_encrypt_length(ctx, etype, len, &size), 0);
    krb5_enc_data enc = {.enctype = etype, .ciphertext = data_of(theirs, size)};
    assert_int_equal(krb5_c_encrypt(ctx, p.theirs, (krb5_keyusage)usage, NULL, &in, &enc), 0);

    assert_int_equal(krb_usage_init(&u, &p.ours, usage), ERR_OK);
    assert_int_equal(krb_encrypted_size(&u, len), enc.ciphertext.length);
    assert_int_equal(krb_decrypt(&u, span_of(theirs, size), ours, &back), ERR_OK);
    assert_int_equal(back.len, len);
    assert_memory_equal(back.ptr, plain, len);

    /* With their confounder, theirs to the byte; in place. */
    uint8_t confounder[16];
    memcpy(confounder, back.ptr - krb_confounder_size(etype), krb_confounder_size(etype));
    memmove(ours + krb_plain_offset(&u), plain, len);
    krb_encrypt(&u, confounder, span_of(ours + krb_plain_offset(&u), len), ours);
    assert_memory_equal(ours, theirs, size);

    /* In place again, then with one bit changed. */
    uint64_t bit = next() % (8 * size);
    assert_int_equal(krb_decrypt(&u, span_of(ours, size), ours, &back), ERR_OK);
    assert_memory_equal(back.ptr, plain, len);
    theirs[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_equal(krb_decrypt(&u, span_of(theirs, size), ours, &back), ERR_INTEGRITY);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(ours[i], 0);
    krb_usage_wipe(&u);
    krb5_free_keyblock(ctx, p.theirs);
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t e = 0; e < ETYPES; e++) {
        for (size_t len = 0; len <= 65; len++)
            check_message(etypes[e], len);
        for (int i = 0; i < ROUNDS; i++)
            check_message(etypes[e], next() % (PLAIN_MAX + 1));
    }
}

static void check_sum(struct pair *p, int32_t type, uint32_t usage)
{
    static uint8_t text[PLAIN_MAX];
    size_t len = next() % (PLAIN_MAX + 1), cut = len ? next() % len : 0;
    struct span parts[] = {span_of(text, cut), span_of(text + cut, len - cut)};
    krb5_data in = data_of(text, len);
    uint8_t out[KRB_CKSUM_MAX];
    krb5_checksum sum;
    struct krb_usage u;

    fill(text, len);
    assert_int_equal(krb5_c_make_checksum(ctx, type, p->theirs, (krb5_keyusage)usage, &in, &sum),
                     0);
    if (type == krb_etype_cksum(p->ours.etype)) {
        assert_int_equal(krb_usage_init_for(&u, &p->ours, usage, KRB_FOR_CHECKSUM), ERR_OK);
        assert_int_equal(krb_checksum(&u, parts, 2, out), sum.length);
        assert_int_equal(sum.length, krb_cksum_size(type));
        assert_memory_equal(out, sum.contents, sum.length);
        assert_int_equal(krb_checksum_verify(&u, type, parts, 2, span_of(out, sum.length)), ERR_OK);
        assert_int_equal(krb_checksum_verify(&u, type, parts, 2, span_of(out, sum.length - 1)),
                         ERR_INTEGRITY);
        out[next() % sum.length] ^= 1;
        assert_int_equal(krb_checksum_verify(&u, type, parts, 2, span_of(out, sum.length)),
                         ERR_INTEGRITY);
    }
    if (type == CKSUM_HMAC_MD5) {
        krb_hmac_md5(&p->ours, usage, parts, 2, out);
        assert_memory_equal(out, sum.contents, KRB_HMAC_MD5_SIZE);
    }
    krb5_free_checksum_contents(ctx, &sum);
}

static void test_checksums(void **state)
{
    (void)state;
    for (size_t e = 0; e < ETYPES; e++)
        for (int i = 0; i < ROUNDS; i++) {
            struct pair p = make_pair(etypes[e]);
            uint32_t usage = random_usage();

            check_sum(&p, krb_etype_cksum(etypes[e]), usage);
            check_sum(&p, CKSUM_HMAC_MD5, usage);
            krb5_free_keyblock(ctx, p.theirs);
        }
}

/* Passwords are text, so that RC4 can take them: code points of one to four bytes. */
static size_t random_text(uint8_t *out, size_t chars)
{
    static const char *const letters[] = {
        "a", "Z", "7", " ", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9d\x84\x9e"};
    size_t len = 0;

    for (size_t i = 0; i < chars; i++) {
        const char *l = letters[next() % 7];

        memcpy(out + len, l, strlen(l));
        len += strlen(l);
    }
    return len;
}

static void test_string_to_key(void **state)
{
    (void)state;
    for (size_t e = 0; e < ETYPES; e++)
        for (int i = 0; i < 8; i++) {
            uint8_t password[1024], salt[256];
            /* libk5crypto takes no fewer iterations than the default. */
            uint32_t iterations = (etypes[e] >= 19 ? 32768 : 4096) + (uint32_t)(next() % 50);
            uint8_t param[4] = {0, 0, (uint8_t)(iterations >> 8), (uint8_t)iterations};
            size_t password_len = random_text(password, next() % 250),
                   salt_len = next() % sizeof(salt);
            krb5_data pw = data_of(password, password_len), sl = data_of(salt, salt_len),
                      params = data_of(param, 4);
            krb5_keyblock theirs = {0};
            struct krb_key ours;

            fill(salt, salt_len);
            assert_int_equal(krb5_c_string_to_key_with_params(ctx, etypes[e], &pw, &sl,
                                                              etypes[e] == 23 ? NULL : &params,
                                                              &theirs),
                             0);
            assert_int_equal(krb_string_to_key(etypes[e], span_of(password, password_len),
                                               span_of(salt, salt_len), iterations, &ours),
                             ERR_OK);
            assert_int_equal(theirs.length, ours.len);
            assert_memory_equal(theirs.contents, ours.bytes, ours.len);
            krb5_free_keyblock_contents(ctx, &theirs);
        }
}

static void test_default_iterations(void **state)
{
    (void)state;
    for (size_t e = 0; e < ETYPES; e++) {
        krb5_data pw = data_of("pass", 4), salt = data_of("REALMname", 9);
        krb5_keyblock theirs = {0};
        struct krb_key ours;

        assert_int_equal(krb5_c_string_to_key(ctx, etypes[e], &pw, &salt, &theirs), 0);
        assert_int_equal(
            krb_string_to_key(etypes[e], SPAN_LIT("pass"), SPAN_LIT("REALMname"), 0, &ours),
            ERR_OK);
        assert_memory_equal(theirs.contents, ours.bytes, ours.len);
        krb5_free_keyblock_contents(ctx, &theirs);
    }
}

static void test_prf(void **state)
{
    (void)state;
    for (size_t e = 0; e < ETYPES; e++)
        for (int i = 0; i < ROUNDS; i++) {
            struct pair p = make_pair(etypes[e]);
            uint8_t input[200], ours[KRB_PRF_MAX], theirs[KRB_PRF_MAX];
            size_t len = next() % sizeof(input), size;
            krb5_data in = data_of(input, len);

            fill(input, len);
            assert_int_equal(krb5_c_prf_length(ctx, etypes[e], &size), 0);
            assert_int_equal(size, krb_prf_size(etypes[e]));
            krb5_data out = data_of(theirs, size);
            assert_int_equal(krb5_c_prf(ctx, p.theirs, &in, &out), 0);
            assert_int_equal(krb_prf(&p.ours, span_of(input, len), ours), ERR_OK);
            assert_memory_equal(ours, theirs, size);
            krb5_free_keyblock(ctx, p.theirs);
        }
}

/* Keys of different types combine too: an armour key has the type of the subkey. */
static void test_cf2(void **state)
{
    (void)state;
    for (size_t e = 0; e < ETYPES; e++)
        for (size_t f = 0; f < ETYPES; f++)
            for (int i = 0; i < 10; i++) {
                struct pair p = make_pair(etypes[e]), q = make_pair(etypes[f]);
                krb5_keyblock *theirs;
                struct krb_key ours;

                assert_int_equal(krb5_c_fx_cf2_simple(ctx, p.theirs, "subkeyarmor", q.theirs,
                                                      "ticketarmor", &theirs),
                                 0);
                assert_int_equal(krb_cf2(&p.ours, &q.ours, SPAN_LIT("subkeyarmor"),
                                         SPAN_LIT("ticketarmor"), &ours),
                                 ERR_OK);
                assert_int_equal(ours.etype, theirs->enctype);
                assert_int_equal(ours.len, theirs->length);
                assert_memory_equal(ours.bytes, theirs->contents, ours.len);
                krb5_free_keyblock(ctx, theirs);
                krb5_free_keyblock(ctx, p.theirs);
                krb5_free_keyblock(ctx, q.theirs);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),      cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_string_to_key), cmocka_unit_test(test_default_iterations),
        cmocka_unit_test(test_prf),           cmocka_unit_test(test_cf2),
    };
    const char *given = getenv("ENTENTE_SEED");

    if (!given || text_to_u64(span_str(given), UINT64_MAX, &seed) != ERR_OK || seed == 0)
        seed = (uint64_t)time(NULL) * 2654435761u + 1;
    printf("ENTENTE_SEED=%llu\n", (unsigned long long)seed);
    if (krb5_init_context(&ctx) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    krb5_free_context(ctx);
    return failed;
}
