#include "base/text.h"
#include "directory/account.h"
#include "directory/dir_fixture_test.h"

static const uint8_t nonce[12] = {9, 9, 9};

static struct span sealed_keys(struct fixture *f, enum dir_secret_store store, dir_id id)
{
    struct dir_account_keys k = {.versions = 1, .have_nt = true, .nt_hash = {1, 2, 3}};
    struct span plain, sealed;
    k.version[0] =
        (struct dir_keyset){.kvno = 5, .salt = SPAN_LIT("AWS.EXAMPLE.COMalice"), .count = 1};
    k.version[0].key[0] = (struct krb_key){ETYPE_AES256_SHA1, 32, {7}};
    assert_int_equal(dir_keys_encode(&k, &f->arena, &plain), ERR_OK);
    assert_int_equal(dir_secret_seal(f->dir, store, id, nonce, plain, &f->arena, &sealed), ERR_OK);
    return sealed;
}

static void test_keys_open_only_where_they_belong(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    struct dir_account_keys k;
    struct span alice = sealed_keys(f, DIR_SECRET_ACCOUNT, ID_ALICE);
    change_secret(c, DIR_SECRET_ACCOUNT, ID_ALICE, alice);
    change_secret(c, DIR_SECRET_ACCOUNT, ID_WEB, alice);   /* another account's */
    change_secret(c, DIR_SECRET_SERVICE, ID_ALICE, alice); /* another store's */
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s;
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    assert_int_equal(dir_account_keys(&s, DIR_SECRET_ACCOUNT, ID_ALICE, &f->arena, &k), ERR_OK);
    assert_int_equal(k.version[0].kvno, 5);
    assert_int_equal(k.version[0].key[0].bytes[0], 7);
    assert_true(k.have_nt);
    assert_int_equal(dir_account_keys(&s, DIR_SECRET_ACCOUNT, ID_WEB, &f->arena, &k),
                     ERR_INTEGRITY);
    assert_int_equal(dir_account_keys(&s, DIR_SECRET_SERVICE, ID_ALICE, &f->arena, &k),
                     ERR_INTEGRITY);
    assert_int_equal(dir_account_keys(&s, DIR_SECRET_ACCOUNT, ID_GROUP, &f->arena, &k),
                     ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static void test_a_keyring_fits_or_not(void **state)
{
    struct fixture *f = *state;
    static const uint8_t other[32] = {3, 2, 1};
    struct dir_open_args args = {.path = f->path, .writable = true};
    struct change *c = fixture_change(f);
    struct dir_snap s;
    change_secret(c, DIR_SECRET_SERVICE, ID_ALICE, sealed_keys(f, DIR_SECRET_SERVICE, ID_ALICE));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    assert_int_equal(dir_keyring_fits(&s, DIR_SECRET_SERVICE, &f->arena), ERR_OK);
    assert_int_equal(dir_keyring_fits(&s, DIR_SECRET_ACCOUNT, &f->arena), ERR_NOT_FOUND);
    assert_int_equal(dir_keyring_fits(&s, DIR_SECRET_BIND, &f->arena), ERR_NOT_FOUND);
    dir_snap_end(&s);
    dir_close(f->dir); /* LMDB: one open of a folder in a process */
    dir_keyring_derive(other, 1 << DIR_SECRET_SERVICE, &args.keyring);
    assert_int_equal(dir_open(&args, &f->dir), ERR_OK);
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    assert_int_equal(dir_keyring_fits(&s, DIR_SECRET_SERVICE, &f->arena), ERR_INTEGRITY);
    dir_snap_end(&s);
}

static void test_a_process_opens_only_the_stores_it_was_given(void **state)
{
    struct fixture *f = *state;
    static const uint8_t master[32] = {1, 2, 3};
    struct dir_open_args args = {.path = f->path};
    struct change *c = fixture_change(f);
    uint8_t verifier[DIR_BIND_VERIFIER_SIZE];
    struct dir_account_keys k;
    struct dir_snap s;
    struct dir *ldap;
    change_secret(c, DIR_SECRET_ACCOUNT, ID_ALICE, sealed_keys(f, DIR_SECRET_ACCOUNT, ID_ALICE));
    change_secret(c, DIR_SECRET_SERVICE, ID_WEB, sealed_keys(f, DIR_SECRET_SERVICE, ID_WEB));
    assert_int_equal(dir_bind_verifier(f->dir, ID_ALICE, SPAN_LIT("Passw0rd"), verifier), ERR_OK);
    change_secret(c, DIR_SECRET_BIND, ID_ALICE, span_of(verifier, sizeof(verifier)));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    dir_close(f->dir); /* LMDB: one open of a folder in a process */
    dir_keyring_derive(master, 1 << DIR_SECRET_SERVICE | 1 << DIR_SECRET_BIND, &args.keyring);
    assert_int_equal(dir_open(&args, &ldap), ERR_OK);
    assert_int_equal(dir_snap_begin(ldap, &s), ERR_OK);
    assert_int_equal(dir_account_keys(&s, DIR_SECRET_ACCOUNT, ID_ALICE, &f->arena, &k), ERR_DENIED);
    assert_int_equal(dir_account_keys(&s, DIR_SECRET_SERVICE, ID_WEB, &f->arena, &k), ERR_OK);
    assert_int_equal(dir_bind_verify(&s, ID_ALICE, SPAN_LIT("Passw0rd")), ERR_OK);
    assert_int_equal(dir_bind_verify(&s, ID_ALICE, SPAN_LIT("passw0rd")), ERR_INTEGRITY);
    assert_int_equal(dir_bind_verify(&s, ID_ALICE, SPAN_NONE), ERR_INTEGRITY);
    assert_int_equal(dir_bind_verify(&s, ID_WEB, SPAN_LIT("Passw0rd")), ERR_NOT_FOUND);
    dir_snap_end(&s);
    dir_close(ldap);
    args.keyring = (struct dir_keyring){0};
    args.writable = true;
    assert_int_equal(dir_open(&args, &f->dir), ERR_OK);
    assert_int_equal(dir_bind_verifier(f->dir, ID_ALICE, SPAN_LIT("x"), verifier), ERR_DENIED);
}

static void test_trust_secrets(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    struct span plain, sealed, in, out;
    struct dir_snap s;
    uint64_t usn;
    create(c, ID_NEXT, ID_AWS, CLASS_trustedDomain, 0, "corp.example.com");
    assert_int_equal(dir_trust_secrets_encode(SPAN_LIT("in"), SPAN_NONE, &f->arena, &plain),
                     ERR_OK);
    assert_int_equal(
        dir_secret_seal(f->dir, DIR_SECRET_ACCOUNT, ID_NEXT, nonce, plain, &f->arena, &sealed),
        ERR_OK);
    change_secret(c, DIR_SECRET_ACCOUNT, ID_NEXT, sealed);
    assert_int_equal(fixture_apply(f, c, &usn), ERR_OK);
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    assert_int_equal(s.epochs.trusts, usn);
    assert_int_equal(dir_trust_secrets(&s, ID_NEXT, &f->arena, &in, &out), ERR_OK);
    assert_true(span_eq(in, SPAN_LIT("in")));
    assert_int_equal(out.len, 0);
    dir_snap_end(&s);
    c = fixture_change(f);
    change_remove(c, ID_NEXT);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    assert_int_equal(dir_trust_secrets(&s, ID_NEXT, &f->arena, &in, &out), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_keys_open_only_where_they_belong),
        T(test_a_process_opens_only_the_stores_it_was_given),
        T(test_a_keyring_fits_or_not),
        T(test_trust_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
