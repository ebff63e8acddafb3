#include "base/test.h"
#include "plat/sandbox.h"
#include "serve/serve.h"

static struct arena arena;

static void comes_back_whole_and_in_no_prefix(void **state)
{
    (void)state;
    struct serve_setup back, setup = {
                                 .role = ROLE_KDC,
                                 .uid = 7,
                                 .gid = 8,
                                 .dc = 1,
                                 .path = SPAN_LIT("/var/x"),
                                 .volatile_path = SPAN_LIT("/run/x"),
                                 .keyring = {.have = {true}, .key = {{1, 2, 3}}},
                                 .spec = {.id = SPAN_LIT("d-1"),
                                          .dc_count = 2,
                                          .dc = {{SPAN_LIT("a"), 1, {SPAN_LIT("127.0.0.1")}},
                                                 {SPAN_LIT("b"), 1, {SPAN_LIT("::1")}}}},
                                 .pools = control_pools_default,
                                 .authorities = SPAN_LIT("/etc/x.pem"),
                                 .topics = {1, {{"a", "http://127.0.0.1/"}}},
                             };
    struct span bytes;
    assert_int_equal(serve_setup_encode(&setup, &arena, &bytes), ERR_OK);
    assert_int_equal(serve_setup_decode(bytes, &back), ERR_OK);
    assert_int_equal(back.role, ROLE_KDC);
    assert_int_equal(back.uid, 7);
    assert_true(back.keyring.have[0] && !back.keyring.have[1]);
    assert_memory_equal(back.keyring.key, setup.keyring.key, sizeof(setup.keyring.key));
    assert_true(span_eq(back.spec.dc[1].address[0], SPAN_LIT("::1")));
    assert_memory_equal(&back.pools, &setup.pools, sizeof back.pools);
    assert_true(span_eq(back.authorities, setup.authorities));
    assert_memory_equal(&back.topics, &setup.topics, sizeof back.topics);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(serve_setup_decode(span_sub(bytes, 0, n), &back), ERR_OK);
}

static void refuses_a_role_or_dc_that_is_not_there(void **state)
{
    struct serve_setup back, setup = {.role = ROLE__COUNT};
    struct span bytes;
    (void)state;
    assert_int_equal(serve_setup_encode(&setup, &arena, &bytes), ERR_OK);
    assert_int_equal(serve_setup_decode(bytes, &back), ERR_MALFORMED);
    setup = (struct serve_setup){.role = ROLE_KDC, .dc = 1, .spec = {.dc_count = 1}};
    assert_int_equal(serve_setup_encode(&setup, &arena, &bytes), ERR_OK);
    assert_int_equal(serve_setup_decode(bytes, &back), ERR_MALFORMED);
}

/* What the table of roles must hold: nobody but the writer opens every store, DNS and control none.
 */
static void roles_know_no_more_than_they_need(void **state)
{
    (void)state;
    unsigned account = 1u << DIR_SECRET_ACCOUNT;
    assert_int_equal(serve_role(ROLE_CONTROL)->secrets, 0);
    assert_int_equal(serve_role(ROLE_NOTIFY)->secrets, 0);
    assert_false(serve_role(ROLE_NOTIFY)->calls & PLAT_CALLS_FILES_WRITE);
    assert_int_equal(serve_role(ROLE_DNS)->secrets, 1u << DIR_SECRET_SERVICE);
    assert_int_equal(serve_role(ROLE_KDC)->secrets, account);
    assert_int_equal(serve_role(ROLE_WRITER)->secrets, (1u << DIR_SECRET__COUNT) - 1);
    assert_false(serve_role(ROLE_LDAP)->secrets & account);
    assert_false(serve_role(ROLE_LDAP)->system);
    assert_int_equal(serve_role_by_name(SPAN_LIT("kdc")), ROLE_KDC);
    assert_int_equal(serve_role_by_name(SPAN_LIT("nothing")), ROLE__COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_whole_and_in_no_prefix),
        cmocka_unit_test(refuses_a_role_or_dc_that_is_not_there),
        cmocka_unit_test(roles_know_no_more_than_they_need),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
