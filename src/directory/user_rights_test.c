#include "base/test.h"
#include "directory/user_rights.h"

static struct arena arena;

static void test_round_trip(void **state)
{
    const struct user_rights_account list[] = {{SID_NT(32, 544), 5}, {SID_NT(21, 1, 2, 3, 500), 0}};
    struct user_rights_account *back;
    struct span stored;
    unsigned count;
    (void)state;
    assert_ok(user_rights_encode(list, 2, &arena, &stored));
    assert_ok(user_rights_decode(stored, &arena, &back, &count));
    assert_int_equal(count, 2);
    assert_true(sid_eq(&back[1].sid, &list[1].sid));
    assert_int_equal(back[0].rights, 5);
    for (size_t n = 0; n < stored.len; n++) /* the version alone: nobody has any */
        assert_int_equal(user_rights_decode(span_sub(stored, 0, n), &arena, &back, &count),
                         n == 1 || n == 25 ? ERR_OK : ERR_MALFORMED);
    assert_int_equal(user_rights_encode(list, USER_RIGHTS_ACCOUNTS_MAX + 1, &arena, &stored),
                     ERR_LIMIT);
}

/* By the numbers of [MS-LSAD] 3.1.1.2.1, and each name once. */
static void test_the_table(void **state)
{
    (void)state;
    assert_true(user_right_count <= 64);
    assert_int_equal(user_right_named(SPAN_LIT("sebackupprivilege")), user_right_of_luid(17));
    assert_string_equal(user_rights[user_right_of_luid(35)].name, "SeCreateSymbolicLinkPrivilege");
    assert_int_equal(user_right_of_luid(0), -1);
    assert_int_equal(user_right_of_luid(1ull << 32 | 17), -1);
    assert_int_equal(user_right_named(SPAN_LIT("SeBackup")), -1);
    for (unsigned i = 0; i < user_right_count; i++) {
        assert_int_equal(user_right_named(span_str(user_rights[i].name)), i);
        assert_true(!user_rights[i].luid != !user_rights[i].access);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_the_table),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
