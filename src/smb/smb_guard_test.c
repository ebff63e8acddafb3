/* What a second reader looked for: where files could be lost, laid bare, or keep others waiting. */
#include <sys/stat.h>

#include "smb/smb_lab_test.h"

/* The name of what is replaced, in whatever case it is: it must not lie there beside the new one.
 */
static void test_replaced_in_another_case(void **state)
{
    struct smb2_file_id id;
    (void)state;

    make("a.example\\scripts\\Logon.cmd", false);
    make("a.example\\scripts\\new", false);
    assert_int_equal(create("a.example\\scripts\\new", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(write_at(id, 0, "new"), NT_OK);
    assert_int_equal(rename_to(id, "a.example\\scripts\\LOGON.CMD", true), NT_OK);
    close_file(id);
    assert_int_equal(entries_of("a.example", "scripts"), 1);
    assert_int_equal(create("a.example\\scripts\\logon.cmd", FULL, 7, SMB2_FILE_OPEN,
                            SMB2_OPTION_DELETE_ON_CLOSE, &id),
                     NT_OK);
    assert_int_equal(created.file.size, 3);
    close_file(id);
    assert_int_equal(entries_of("a.example", "scripts"), 0);
}

/* It is emptied by an open that keeps no right to write, too. */
static void test_overwriting_respects_share_modes(void **state)
{
    static const uint32_t dispositions[] = {SMB2_FILE_SUPERSEDE, SMB2_FILE_OVERWRITE,
                                            SMB2_FILE_OVERWRITE_IF};
    struct smb2_file_id held, id;
    struct smb2_file_info info;
    (void)state;

    make("a.example\\held", false);
    assert_int_equal(create("a.example\\held", FULL, 0, SMB2_FILE_OPEN, 0, &held), NT_OK);
    assert_int_equal(write_at(held, 0, "kept"), NT_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            create("a.example\\held", SMB2_READ_ATTRIBUTES, 7, dispositions[i], 0, &id),
            NT_SHARING_VIOLATION);
    all_of(held, &info);
    assert_int_equal(info.facts.size, 4);
    close_file(held);
}

static void test_appending_leaves_what_is_there(void **state)
{
    struct smb2_file_id id;
    struct smb2_file_info info;
    (void)state;

    make("a.example\\log", false);
    assert_int_equal(create("a.example\\log", SMB2_APPEND_DATA | SMB2_READ_ATTRIBUTES, 7,
                            SMB2_FILE_OPEN, 0, &id),
                     NT_OK);
    assert_int_equal(write_at(id, 0, "first"), NT_OK);
    assert_int_equal(write_at(id, 4, "X"), NT_ACCESS_DENIED);
    assert_int_equal(write_at(id, 5, " second"), NT_OK);
    all_of(id, &info);
    assert_int_equal(info.facts.size, 12);
    close_file(id);
    assert_int_equal(create("a.example\\log", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(write_at(id, SMB_OFFSET_MAX, "X"), NT_INVALID_PARAMETER);
    assert_int_equal(write_at(id, SMB_OFFSET_MAX, ""), NT_OK);
    close_file(id);
}

/* Descriptors of the process are left for those who only want pipes. */
static void test_files_open_at_once(void **state)
{
    struct smb2_file_id id;
    (void)state;

    sv.file_opens = SMB_FILE_OPENS_MAX - 1;
    assert_int_equal(create("", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(status_of("", SMB2_READ_DATA), NT_INSUFFICIENT_RESOURCES);
    assert_int_equal(told, REASON_SMB_LIMIT);
    close_file(id);
    assert_int_equal(status_of("", SMB2_READ_DATA), NT_OK);
    assert_int_equal(sv.file_opens, SMB_FILE_OPENS_MAX - 1);
    /* one account's part */
    struct smb_identity other = {.principal = SPAN_LIT("other")};
    struct smb_session many = {.who = &who, .open_count = SMB_FILE_OPENS_MAX / 16 + 1};
    sv.all = &many;
    assert_int_equal(status_of("", SMB2_READ_DATA), NT_INSUFFICIENT_RESOURCES);
    many.who = &other;
    assert_int_equal(status_of("", SMB2_READ_DATA), NT_OK);
    many.who = &who;
    sv.file_opens = SMB_FILE_OPENS_MAX / 2 - 1;
    assert_int_equal(status_of("", SMB2_READ_DATA), NT_OK);
    sv.all = NULL;
    sv.file_opens = 0;
}

/* The clock of this test stands still: a tree is not walked again for each request that it refuses,
 * and again when the clock was set back. */
static void test_a_tree_that_cannot_be_counted(void **state)
{
    struct smb2_file_id id;
    (void)state;

    sv.space = (struct smb_space){.counted = true, .outcome = ERR_LIMIT};
    assert_int_equal(create("a.example\\x", FULL, 7, SMB2_FILE_CREATE, 0, &id), NT_DISK_FULL);
    assert_int_equal(told, REASON_SMB_FULL);
    sv.space.at = UTIME_SECOND;
    assert_int_equal(create("a.example\\x", FULL, 7, SMB2_FILE_CREATE, 0, &id), NT_OK);
    close_file(id);
}

/* A folder of this name elsewhere is as secret as what it is in. */
static void test_policies_of_another_place(void **state)
{
    struct smb2_file_id id;
    (void)state;

    if (!has_notes())
        skip();
    make("private", true);
    assert_int_equal(create("private", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(protect(id, SD_PART_DACL, descriptor("D:P(A;OICI;0x1f01ff;;;BA)")), NT_OK);
    close_file(id);
    put_there("private", "Policies", true);
    who.facts.token = &user;
    assert_int_equal(status_of("private\\Policies", SMB2_READ_DATA), NT_ACCESS_DENIED);
    assert_int_equal(status_of("a.example\\Policies", SMB2_READ_DATA), NT_OK);
    who.facts.token = &administrator;
}

static void test_nobody_makes_a_group_the_owner(void **state)
{
    struct smb2_file_id id;
    (void)state;

    if (!has_notes())
        skip();
    who.facts.token = &creator;
    assert_int_equal(
        create("a.example\\Policies\\{5}", FULL, 7, SMB2_FILE_CREATE, SMB2_OPTION_DIRECTORY, &id),
        NT_OK);
    assert_int_equal(protect(id, SD_PART_OWNER, descriptor("O:PA")), NT_INVALID_OWNER);
    close_file(id);
    who.facts.token = &administrator;
    assert_int_equal(create("a.example\\Policies\\{5}", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(protect(id, SD_PART_OWNER, descriptor("O:PA")), NT_OK);
    close_file(id);
}

/* Locked out by the descriptor, an administrator takes the ownership and is in again. */
static void test_administrators_take_ownership(void **state)
{
    struct smb2_file_id id;
    (void)state;

    if (!has_notes())
        skip();
    who.facts.token = &creator;
    assert_int_equal(
        create("a.example\\Policies\\{6}", FULL, 7, SMB2_FILE_CREATE, SMB2_OPTION_DIRECTORY, &id),
        NT_OK);
    assert_int_equal(protect(id, SD_PART_DACL, descriptor("D:P(A;OICI;0x1f01ff;;;PS)")), NT_OK);
    close_file(id);
    who.facts.token = &user;
    assert_int_equal(status_of("a.example\\Policies\\{6}", SMB2_WRITE_OWNER), NT_ACCESS_DENIED);
    who.facts.token = &administrator;
    assert_int_equal(status_of("a.example\\Policies\\{6}", SMB2_WRITE_DAC), NT_ACCESS_DENIED);
    assert_int_equal(
        create("a.example\\Policies\\{6}", SMB2_WRITE_OWNER, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(protect(id, SD_PART_OWNER, descriptor("O:BA")), NT_OK);
    close_file(id);
    assert_int_equal(status_of("a.example\\Policies\\{6}", SMB2_WRITE_DAC), NT_OK);
}

/* Room that was not taken when the size was set is taken when something is written there. */
static void test_holes_take_room(void **state)
{
    struct smb2_file_id id;
    (void)state;

    assert_int_equal(create("a.example\\holes", FULL, 7, SMB2_FILE_CREATE, 0, &id), NT_OK);
    assert_int_equal(
        set_file(id, SMB2_FILE_END_OF_FILE, (struct smb2_file_info){.facts = {.size = 1 << 20}}),
        NT_OK);
    sv.space.bytes = SMB_BYTES_MAX - 1;
    assert_int_equal(write_at(id, 4096, "12"), NT_DISK_FULL);
    assert_int_equal(write_at(id, 4096, "1"), NT_OK);
    close_file(id);
    sv.space.counted = false;
}

/* To ask for all that is allowed is no way to something of which nothing is. */
static void test_nothing_is_allowed(void **state)
{
    struct smb2_file_id id;
    (void)state;

    if (!has_notes())
        skip();
    make("a.example\\scripts\\shut", true);
    assert_int_equal(create("a.example\\scripts\\shut", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(protect(id, SD_PART_DACL, descriptor("D:P(A;OICI;0x1f01ff;;;BA)")), NT_OK);
    close_file(id);
    make("a.example\\scripts\\shut\\secret", false);
    who.facts.token = &user;
    assert_int_equal(status_of("a.example\\scripts\\shut\\secret", SMB2_MAXIMUM_ALLOWED),
                     NT_ACCESS_DENIED);
    who.facts.token = &administrator;
}

/* The service makes its folder, without a descriptor: it has that of the object, and no other
 * place. */
static void test_default_policies(void **state)
{
    struct dir_token admins = {.sids = &sv.defaults.group, .count = 1};
    char place[256];
    (void)state;

    sv.defaults.policy[0] =
        (struct smb_policy){.name = "{7}", .sd = descriptor("O:DAG:DAD:P(A;OICI;0x1f01ff;;;DA)")};
    sv.defaults.policy_count = 1;
    who.facts.token = &user;
    put_there("a.example", "{7}", true);
    assert_int_equal(status_of("a.example\\{7}", SMB2_READ_DATA), NT_OK);
    snprintf(place, sizeof(place), "%s/a.example/Policies/{7}/MACHINE", root);
    assert_ok(plat_dir_make(place, 0700));
    assert_int_equal(status_of("a.example\\policies\\{7}", SMB2_READ_DATA), NT_ACCESS_DENIED);
    assert_int_equal(status_of("a.example\\policies\\{7}\\machine", SMB2_READ_DATA),
                     NT_ACCESS_DENIED);
    who.facts.token = &admins;
    assert_int_equal(status_of("a.example\\policies\\{7}\\machine", FULL), NT_OK);
    who.facts.token = &administrator;
    sv.defaults.policy_count = 0;
}

/* --- lists ----------------------------------------------------------------------------------- */

static uint32_t ask(struct smb2_file_id id, const char *pattern, uint32_t max, struct span *out)
{
    const struct smb2_query_directory_request q = {
        .level = SMB2_FILE_NAMES, .id = id, .max_output = max, .name = wide(pattern)};
    struct smb2_output p;
    uint32_t status = run(SMB2_QUERY_DIRECTORY, smb_do_query_directory, &q);

    if (status == NT_OK) {
        assert_ok(smb2_decode(smb2_response_shape(SMB2_QUERY_DIRECTORY), answered, &p));
        *out = p.data;
    }
    return status;
}

static unsigned count_of(struct smb2_file_id id, const char *pattern, uint32_t max)
{
    struct smb2_entry e;
    struct span list;
    unsigned count = 0;
    uint32_t status;

    while ((status = ask(id, pattern, max, &list)) == NT_OK)
        for (; list.len; count++)
            assert_ok(smb2_entry_next(&list, SMB2_FILE_NAMES, &e));
    assert_int_equal(status, count ? NT_NO_MORE_FILES : NT_NO_SUCH_FILE);
    return count;
}

static unsigned listed(const char *pattern, uint32_t max)
{
    struct smb2_file_id id;

    assert_int_equal(create("a.example\\scripts\\list", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    unsigned count = count_of(id, pattern, max);
    close_file(id);
    return count;
}

/* Each entry once, however little fits into an answer; what links elsewhere is not told. */
static void test_lists(void **state)
{
    char name[64];
    (void)state;

    make("a.example\\scripts\\list", true);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "a.example\\scripts\\list\\File number %u.txt", i);
        make(name, false);
    }
    make("a.example\\scripts\\list\\Übersicht", true);
    snprintf(name, sizeof(name), "%s/a.example/scripts/list/link", root);
    assert_int_equal(symlink("/etc", name), 0);
    snprintf(name, sizeof(name), "%s/a.example/scripts/list/a\\..\\b", root);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(listed("*", 4096), 53);
    assert_int_equal(listed("*", 100), 53);
    assert_int_equal(listed("FILE NUMBER ?.TXT", 4096), 10);
    assert_int_equal(listed("*1.t?t", 64), 5);
    assert_int_equal(listed("?BERS*T", 4096), 1);
    assert_int_equal(listed("übersicht", 4096), 1);
    assert_int_equal(listed("link", 4096), 0);
}

static void test_patterns_have_a_limit(void **state)
{
    char pattern[SMB_PATTERN_MAX + 2];
    struct smb2_file_id id;
    struct span list;
    (void)state;

    memset(pattern, '*', sizeof(pattern));
    pattern[sizeof(pattern) - 1] = 0;
    assert_int_equal(create("", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(ask(id, pattern, 4096, &list), NT_OBJECT_NAME_INVALID);
    assert_int_equal(ask(id, "*", 1, &list), NT_INFO_LENGTH_MISMATCH);
    close_file(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaced_in_another_case),
        cmocka_unit_test(test_overwriting_respects_share_modes),
        cmocka_unit_test(test_appending_leaves_what_is_there),
        cmocka_unit_test(test_files_open_at_once),
        cmocka_unit_test(test_a_tree_that_cannot_be_counted),
        cmocka_unit_test(test_policies_of_another_place),
        cmocka_unit_test(test_nobody_makes_a_group_the_owner),
        cmocka_unit_test(test_administrators_take_ownership),
        cmocka_unit_test(test_holes_take_room),
        cmocka_unit_test(test_nothing_is_allowed),
        cmocka_unit_test(test_default_policies),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_patterns_have_a_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
