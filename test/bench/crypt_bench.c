/*
 * What one request of a KDC costs in cryptography, per enctype, beside libk5crypto with its own
 * cached keys (krb5_k_*). Prints microseconds of CPU time, the best of five rounds: other load on
 * the machine only makes rounds worse.
 *
 *     ninja -C build test/bench/crypt_bench && build/test/bench/crypt_bench
 */
#include "crypt/krb_crypto.h"

#include <krb5.h>
#include <stdio.h>

#define TICKET    1200 /* bytes of a ticket with a PAC */
#define TIMESTAMP 28   /* bytes of an encrypted timestamp */
#define PAC       800
#define CALLS     20000
#define ROUNDS    5

struct bench {
    struct krb_key key;
    struct krb_usage usage;
    krb5_context ctx;
    krb5_key theirs;
    uint8_t plain[TICKET], cipher[TICKET + KRB_OVERHEAD_MAX], out[TICKET + KRB_OVERHEAD_MAX];
    size_t len, cipher_len;
};

typedef void (*work_fn)(struct bench *b);

static double cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double best_of(struct bench *b, work_fn work)
{
    double best = 1e9;

    for (int r = 0; r < ROUNDS; r++) {
        double start = cpu_now();

        for (int i = 0; i < CALLS; i++)
            work(b);
        double each = (cpu_now() - start) / CALLS;
        best = each < best ? each : best;
    }
    return best;
}

static void ours_prepare(struct bench *b)
{
    b->key.bytes[0]++;
    krb_usage_init(&b->usage, &b->key, 2);
}

static void ours_encrypt(struct bench *b)
{
    static const uint8_t confounder[KRB_CONFOUNDER_MAX];

    krb_encrypt(&b->usage, confounder, span_of(b->plain, b->len), b->cipher);
}

static void ours_decrypt(struct bench *b)
{
    struct span plain;

    ENT_ASSERT(krb_decrypt(&b->usage, span_of(b->cipher, b->cipher_len), b->out, &plain) == ERR_OK);
}

static void ours_sum(struct bench *b)
{
    struct span text = span_of(b->plain, b->len);

    krb_checksum(&b->usage, &text, 1, b->out);
}

static krb5_data data_of(void *ptr, size_t len)
{
    return (krb5_data){.data = ptr, .length = (unsigned)len};
}

static void theirs_encrypt(struct bench *b)
{
    krb5_data plain = data_of(b->plain, b->len);
    krb5_enc_data cipher = {.enctype = b->key.etype, .ciphertext = data_of(b->out, sizeof(b->out))};

    ENT_ASSERT(krb5_k_encrypt(b->ctx, b->theirs, 2, NULL, &plain, &cipher) == 0);
}

static void theirs_decrypt(struct bench *b)
{
    krb5_data plain = data_of(b->out, sizeof(b->out));
    krb5_enc_data cipher = {.enctype = b->key.etype,
                            .ciphertext = data_of(b->cipher, b->cipher_len)};

    ENT_ASSERT(krb5_k_decrypt(b->ctx, b->theirs, 2, NULL, &cipher, &plain) == 0);
}

static void theirs_sum(struct bench *b)
{
    krb5_data text = data_of(b->plain, b->len);
    krb5_checksum sum;

    ENT_ASSERT(krb5_k_make_checksum(b->ctx, 0, b->theirs, 2, &text, &sum) == 0);
    krb5_free_checksum_contents(b->ctx, &sum);
}

static void set_length(struct bench *b, size_t len)
{
    b->len = len;
    b->cipher_len = krb_encrypted_size(&b->usage, len);
    ours_encrypt(b);
}

static void row(struct bench *b, const char *what, work_fn ours, work_fn theirs)
{
    double us = best_of(b, ours);

    if (!theirs) {
        printf("  %-28s %8.2f\n", what, us);
        return;
    }
    double them = best_of(b, theirs);
    printf("  %-28s %8.2f %8.2f %7.1fx\n", what, us, them, them / us);
}

static void bench_etype(krb5_context ctx, int32_t etype)
{
    static struct bench b;
    krb5_keyblock block = {
        .enctype = etype, .length = (unsigned)krb_key_size(etype), .contents = b.key.bytes};

    b = (struct bench){.ctx = ctx, .key = {.etype = etype, .len = (uint32_t)krb_key_size(etype)}};
    printf("%s\n  %-28s %8s %8s\n", krb_etype_name(etype), "microseconds", "ours", "MIT");
    row(&b, "prepare a key for a usage", ours_prepare, NULL);
    krb_usage_init(&b.usage, &b.key, 2);
    ENT_ASSERT(krb5_k_create_key(ctx, &block, &b.theirs) == 0);
    set_length(&b, TIMESTAMP);
    row(&b, "decrypt a timestamp", ours_decrypt, theirs_decrypt);
    set_length(&b, TICKET);
    row(&b, "encrypt a ticket, 1200 bytes", ours_encrypt, theirs_encrypt);
    row(&b, "decrypt a ticket, 1200 bytes", ours_decrypt, theirs_decrypt);
    set_length(&b, PAC);
    row(&b, "sign a PAC, 800 bytes", ours_sum, theirs_sum);
    krb5_k_free_key(ctx, b.theirs);
    krb_usage_wipe(&b.usage);
}

int main(void)
{
    static const int32_t etypes[] = {18, 17, 20, 19, 23};
    krb5_context ctx;

    if (krb5_init_context(&ctx) != 0)
        return 1;
    for (size_t i = 0; i < sizeof(etypes) / sizeof(etypes[0]); i++)
        bench_etype(ctx, etypes[i]);
    krb5_free_context(ctx);
    return 0;
}
