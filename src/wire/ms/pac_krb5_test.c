/* Signatures, client name and time of PACs against MIT's library, both ways, for every enctype. */
#include "base/test.h"
#include "base/times.h"
#include "wire/ms/pac_sign.h"

#include <krb5/krb5.h>
#include <stdlib.h>

#define MEMORY   65536
#define AUTHTIME 1700000000

static krb5_context context;
static krb5_principal alice, bob;

static int setup(void **state)
{
    (void)state;
    assert_int_equal(krb5_init_context(&context), 0);
    assert_int_equal(krb5_parse_name(context,
                                     "al\xc3\xaf"
                                     "ce@CORP.EXAMPLE.COM",
                                     &alice),
                     0);
    assert_int_equal(krb5_parse_name(context, "bob@CORP.EXAMPLE.COM", &bob), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    krb5_free_principal(context, alice);
    krb5_free_principal(context, bob);
    krb5_free_context(context);
    return 0;
}

/* The same random key for both. */
static void make_key(krb5_enctype etype, krb5_keyblock *theirs, struct krb_usage *ours)
{
    struct krb_key key;

    assert_int_equal(krb5_c_make_random_key(context, etype, theirs), 0);
    assert_ok(krb_key_make(etype, span_of(theirs->contents, theirs->length), &key));
    assert_ok(krb_usage_init(ours, &key, PAC_KEY_USAGE));
}

static const krb5_enctype etypes[] = {17, 18, 19, 20, 23};
#define PAIRS 25

struct keys {
    krb5_keyblock server, kdc;
    struct krb_usage our_server, our_kdc;
};

static void make_pair(unsigned pair, struct keys *k)
{
    make_key(etypes[pair % 5], &k->server, &k->our_server);
    make_key(etypes[pair / 5], &k->kdc, &k->our_kdc);
}

static void free_pair(struct keys *k)
{
    krb5_free_keyblock_contents(context, &k->server);
    krb5_free_keyblock_contents(context, &k->kdc);
}

/* Our PAC of alice at AUTHTIME, not signed yet. */
static struct span build(struct arena *a, const struct keys *k, bool all, struct pac_layout *layout)
{
    static const struct pac_client_info client = {0, SPAN_LIT("al\xc3\xaf"
                                                              "ce")};
    struct sid requestor = SID_NT(21, 1, 2, 3, 1104);
    struct pac_content c = {
        .client = &client,
        .requestor = &requestor,
        .server_cksumtype = krb_etype_cksum(k->our_server.etype),
        .kdc_cksumtype = krb_etype_cksum(k->our_kdc.etype),
        .ticket_signature = all,
        .full_signature = all,
    };
    struct builder b;
    struct span out;

    /* MIT wants a logon information, whatever it says. */
    c.raw[PAC_LOGON_INFO] = SPAN_LIT("not looked at");
    builder_in(&b, a, PAC_MAX);
    pac_build(&b, &c, layout);
    assert_ok(builder_done(&b, &out));
    return out;
}

static krb5_error_code mit_verify(struct span bytes, krb5_timestamp authtime, krb5_principal who,
                                  const krb5_keyblock *server, const krb5_keyblock *kdc)
{
    krb5_error_code ret;
    krb5_pac pac;

    assert_int_equal(krb5_pac_parse(context, bytes.ptr, bytes.len, &pac), 0);
    ret = krb5_pac_verify(context, pac, authtime, who, server, kdc);
    krb5_pac_free(context, pac);
    return ret;
}

static void ours_verified_by_mit(void **state)
{
    static const struct span ticket = SPAN_LIT("a ticket");
    (void)state;

    for (unsigned pair = 0; pair < 2 * PAIRS; pair++) {
        struct keys k;
        struct arena a;
        struct pac_layout layout;
        struct span bytes;
        uint8_t copy[2048];

        make_pair(pair % PAIRS, &k);
        arena_init(&a, 0, MEMORY, 0);
        bytes = build(&a, &k, pair >= PAIRS, &layout);
        memcpy(copy, bytes.ptr, bytes.len);
        bytes.ptr = copy;
        pac_set_times(copy, &layout, utime_to_filetime(AUTHTIME * UTIME_SECOND), true);
        assert_ok(pac_sign(copy, &layout, &k.our_server, &k.our_kdc, &ticket, 1));
        assert_int_equal(mit_verify(bytes, AUTHTIME, alice, &k.server, &k.kdc), 0);
        assert_int_not_equal(mit_verify(bytes, AUTHTIME + 1, alice, &k.server, &k.kdc), 0);
        assert_int_not_equal(mit_verify(bytes, AUTHTIME, bob, &k.server, &k.kdc), 0);
        copy[layout.client_name_at - 3] ^= 1;
        assert_int_not_equal(mit_verify(bytes, 0, NULL, &k.server, NULL), 0);
        free_pair(&k);
        arena_fini(&a);
    }
}

static void mits_verified_by_us(void **state)
{
    (void)state;

    for (unsigned pair = 0; pair < PAIRS; pair++) {
        char logon[] = "not looked at";
        krb5_data in = {.length = sizeof(logon), .data = logon}, out;
        struct pac_client_info client;
        struct keys k;
        struct arena a;
        struct pac p;
        krb5_pac pac;

        make_pair(pair, &k);
        arena_init(&a, 0, MEMORY, 0);
        assert_int_equal(krb5_pac_init(context, &pac), 0);
        assert_int_equal(krb5_pac_add_buffer(context, pac, KRB5_PAC_LOGON_INFO, &in), 0);
        assert_int_equal(krb5_pac_sign(context, pac, AUTHTIME, alice, &k.server, &k.kdc, &out), 0);
        assert_ok(pac_open(span_of(out.data, out.length), &p));
        assert_ok(pac_verify_server(&p, &k.our_server));
        assert_ok(pac_verify_kdc(&p, &k.our_kdc));
        assert_ok(pac_client_info(pac_contents(&p, PAC_CLIENT_INFO), &a, &client));
        assert_true(client.authtime == utime_to_filetime(AUTHTIME * UTIME_SECOND));
        assert_span(client.name, "al\xc3\xaf"
                                 "ce");
        out.data[pac_find(&p, PAC_CLIENT_INFO)->offset] ^= 1;
        assert_err(pac_verify_server(&p, &k.our_server), ERR_INTEGRITY);
        assert_ok(pac_verify_kdc(&p, &k.our_kdc));
        krb5_free_data_contents(context, &out);
        krb5_pac_free(context, pac);
        free_pair(&k);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_verified_by_mit),
        cmocka_unit_test(mits_verified_by_us),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
