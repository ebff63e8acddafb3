/* Files of SYSVOL as their clients change them, and what is refused. */
#include "smb/smb_lab_test.h"

static void test_written_and_read(void **state)
{
    struct smb2_read_response p;
    struct smb2_file_id id;
    (void)state;

    assert_int_equal(create("a.example\\New.txt", FULL, ALL_SHARED, SMB2_FILE_OPEN_IF, 0, &id),
                     NT_OK);
    assert_int_equal(created.action, SMB2_CREATE_ACTION_CREATED);
    assert_int_equal(write_at(id, 0, "hello"), NT_OK);
    assert_int_equal(run(SMB2_FLUSH, smb_do_flush, &(struct smb2_flush_request){.id = id}), NT_OK);
    close_file(id);
    assert_int_equal(
        create("A.example\\nEW.TXT", SMB2_READ_DATA, ALL_SHARED, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(created.file.size, 5);
    const struct smb2_read_request q = {.length = 64, .offset = 1, .id = id};
    assert_int_equal(run(SMB2_READ, smb_do_read, &q), NT_OK);
    assert_ok(smb2_decode(smb2_response_shape(SMB2_READ), answered, &p));
    assert_span(p.data, "ello");
    assert_int_equal(write_at(id, 0, "x"), NT_ACCESS_DENIED);
    assert_int_equal(run(SMB2_FLUSH, smb_do_flush, &(struct smb2_flush_request){.id = id}),
                     NT_ACCESS_DENIED);
    close_file(id);
    assert_int_equal(create("a.example\\new.txt", FULL, 0, SMB2_FILE_CREATE, 0, &id),
                     NT_OBJECT_NAME_COLLISION);
    assert_int_equal(create("a.example\\none", FULL, 0, SMB2_FILE_OVERWRITE, 0, &id),
                     NT_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(create("none\\none", FULL, 0, SMB2_FILE_CREATE, 0, &id),
                     NT_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(create("a.example\\new.txt", FULL, 0, SMB2_FILE_OVERWRITE, 0, &id), NT_OK);
    assert_int_equal(created.action, SMB2_CREATE_ACTION_OVERWRITTEN);
    assert_int_equal(created.file.size, 0);
    close_file(id);
}

static void test_names(void **state)
{
    static const char *const names[] = {"a.example\\nul", "a.example\\a:b", "a.example\\a.",
                                        "a.example\\*"};
    struct smb2_file_id id;
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(create(names[i], FULL, 0, SMB2_FILE_CREATE, 0, &id),
                         NT_OBJECT_NAME_INVALID);
    assert_int_equal(create("a.example\\..\\x", FULL, 0, SMB2_FILE_CREATE, 0, &id),
                     NT_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(create("\\a.example", FULL, 0, SMB2_FILE_OPEN, 0, &id), NT_INVALID_PARAMETER);
}

static void test_share_modes(void **state)
{
    struct smb2_file_id first, second;
    (void)state;

    make("a.example\\shared", false);
    assert_int_equal(create("a.example\\shared", SMB2_READ_DATA, SMB2_FILE_SHARE_READ,
                            SMB2_FILE_OPEN, 0, &first),
                     NT_OK);
    assert_int_equal(status_of("a.example\\shared", SMB2_WRITE_DATA), NT_SHARING_VIOLATION);
    assert_int_equal(status_of("a.example\\shared", SMB2_DELETE), NT_SHARING_VIOLATION);
    assert_int_equal(status_of("a.example\\shared", SMB2_READ_DATA), NT_OK);
    assert_int_equal(status_of("a.example\\shared", SMB2_READ_ATTRIBUTES), NT_OK);
    assert_int_equal(create("a.example\\shared", SMB2_READ_DATA, 0, SMB2_FILE_OPEN, 0, &second),
                     NT_SHARING_VIOLATION);
    close_file(first);
    assert_int_equal(status_of("a.example\\shared", SMB2_WRITE_DATA), NT_OK);
}

static void test_deletion_waits_for_the_last(void **state)
{
    struct smb2_file_id first, second;
    (void)state;

    make("a.example\\going", false);
    assert_int_equal(create("a.example\\going", FULL, ALL_SHARED, SMB2_FILE_OPEN, 0, &first),
                     NT_OK);
    assert_int_equal(create("a.example\\going", FULL, ALL_SHARED, SMB2_FILE_OPEN, 0, &second),
                     NT_OK);
    assert_int_equal(
        set_file(first, SMB2_FILE_DISPOSITION, (struct smb2_file_info){.delete_pending = 1}),
        NT_OK);
    close_file(first);
    assert_int_equal(status_of("a.example\\going", FULL), NT_DELETE_PENDING);
    close_file(second);
    assert_int_equal(status_of("a.example\\going", FULL), NT_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(create("a.example\\temporary", FULL, 0, SMB2_FILE_CREATE,
                            SMB2_OPTION_DELETE_ON_CLOSE, &first),
                     NT_OK);
    close_file(first);
    assert_int_equal(status_of("a.example\\temporary", FULL), NT_OBJECT_NAME_NOT_FOUND);
}

static void test_what_stays(void **state)
{
    const struct smb2_file_info gone = {.delete_pending = 1};
    struct smb2_file_id id;
    (void)state;

    make("a.example\\folder", true);
    make("a.example\\folder\\file", false);
    assert_int_equal(create("a.example\\folder", FULL, ALL_SHARED, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(set_file(id, SMB2_FILE_DISPOSITION, gone), NT_DIRECTORY_NOT_EMPTY);
    close_file(id);
    static const char *const fixed[] = {"", "a.example", "a.example\\policies",
                                        "a.example\\scripts"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(create(fixed[i], FULL, ALL_SHARED, SMB2_FILE_OPEN, 0, &id), NT_OK);
        assert_int_equal(set_file(id, SMB2_FILE_DISPOSITION, gone), NT_ACCESS_DENIED);
        assert_int_equal(told, REASON_SMB_FILE_DENIED);
        assert_int_equal(rename_to(id, "a.example\\elsewhere", false), NT_ACCESS_DENIED);
        close_file(id);
    }
    assert_int_equal(
        create("a.example\\folder", FULL, 7, SMB2_FILE_OPEN, SMB2_OPTION_NON_DIRECTORY, &id),
        NT_FILE_IS_A_DIRECTORY);
    assert_int_equal(
        create("a.example\\folder\\file", FULL, 7, SMB2_FILE_OPEN, SMB2_OPTION_DIRECTORY, &id),
        NT_NOT_A_DIRECTORY);
}

/* Another domain controller puts a file into a folder that is to go. */
static void test_a_folder_that_fills_up(void **state)
{
    const struct smb2_file_info gone = {.delete_pending = 1};
    char found[PLAT_TREE_NAME_MAX + 1];
    struct plat_tree_facts facts;
    struct smb2_file_id id, in;
    int above, folder, fd;
    (void)state;

    make("a.example\\filled", true);
    assert_int_equal(create("a.example\\filled", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(set_file(id, SMB2_FILE_DISPOSITION, gone), NT_OK);
    assert_int_equal(create("a.example\\filled\\x", FULL, 7, SMB2_FILE_CREATE, 0, &in),
                     NT_DELETE_PENDING);
    assert_ok(plat_tree_step(sv.root, SPAN_LIT("a.example"), found, &above, &facts));
    assert_ok(plat_tree_step(above, SPAN_LIT("filled"), found, &folder, &facts));
    assert_ok(plat_tree_make(folder, SPAN_LIT("x"), false, &fd, &facts));
    close(fd);
    close(folder);
    close(above);
    close_file(id);
    assert_int_equal(told, REASON_SMB_FILE_STAYS);
    assert_int_equal(status_of("a.example\\filled\\x", FULL), NT_OK);
}

static void test_renames(void **state)
{
    struct smb2_file_info info;
    struct smb2_file_id id, other;
    (void)state;

    make("a.example\\from", true);
    make("a.example\\to", true);
    make("a.example\\from\\file", false);
    make("a.example\\to\\there", false);
    assert_int_equal(create("a.example\\from\\file", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(create("a.example\\from", FULL, 7, SMB2_FILE_OPEN, 0, &other), NT_OK);
    assert_int_equal(rename_to(other, "a.example\\away", false), NT_ACCESS_DENIED); /* open below */
    assert_int_equal(rename_to(id, "a.example\\to\\there", false), NT_OBJECT_NAME_COLLISION);
    assert_int_equal(rename_to(id, "a.example\\none\\there", false), NT_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(rename_to(id, "a.example\\to\\con", false), NT_OBJECT_NAME_INVALID);
    assert_int_equal(rename_to(id, "a.example\\to\\there", true), NT_OK);
    assert_int_equal(rename_to(id, "a.example\\to\\THERE", false), NT_OK); /* another case */
    all_of(id, &info);
    assert_span_equal(info.name, wide("\\a.example\\to\\THERE"));
    close_file(id);
    assert_int_equal(rename_to(other, "a.example\\to\\below", false), NT_OK);
    assert_int_equal(rename_to(other, "a.example\\to\\below\\itself", false), NT_SHARING_VIOLATION);
    close_file(other);
    assert_int_equal(status_of("a.example\\to\\below", FULL), NT_OK);
    assert_int_equal(status_of("a.example\\from", FULL), NT_OBJECT_NAME_NOT_FOUND);
}

static void test_sizes_times_and_attributes(void **state)
{
    struct smb2_file_info info = {0};
    struct smb2_file_id id;
    (void)state;

    make("a.example\\facts", false);
    assert_int_equal(create("a.example\\facts", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(
        set_file(id, SMB2_FILE_END_OF_FILE, (struct smb2_file_info){.facts = {.size = 1000}}),
        NT_OK);
    assert_int_equal(
        set_file(id, SMB2_FILE_ALLOCATION, (struct smb2_file_info){.facts = {.allocated = 900}}),
        NT_OK);
    const uint64_t then = UINT64_C(132000000000000000);
    assert_int_equal(
        set_file(id, SMB2_FILE_BASIC, (struct smb2_file_info){.facts = {.written = then}}), NT_OK);
    all_of(id, &info);
    assert_int_equal(info.facts.size, 900);
    assert_int_equal(info.facts.written, then);
    assert_int_equal(info.access, FULL);
    assert_int_equal(
        set_file(id, SMB2_FILE_END_OF_FILE, (struct smb2_file_info){.facts = {.size = UINT64_MAX}}),
        NT_INVALID_PARAMETER);
    close_file(id);
}

static void test_limits(void **state)
{
    struct smb2_file_id id;
    (void)state;

    make("a.example\\limits", false);
    assert_int_equal(create("a.example\\limits", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    sv.space.bytes = SMB_BYTES_MAX - 4;
    assert_int_equal(write_at(id, 0, "1234"), NT_OK);
    assert_int_equal(write_at(id, 0, "12345"), NT_DISK_FULL);
    assert_int_equal(told, REASON_SMB_FULL);
    assert_int_equal(write_at(id, 0, "4321"), NT_OK);
    close_file(id);
    sv.space.files = SMB_FILES_MAX;
    assert_int_equal(create("a.example\\more", FULL, 7, SMB2_FILE_CREATE, 0, &id), NT_DISK_FULL);
    sv.space.counted = false;
}

static void test_who_may(void **state)
{
    struct smb2_file_id id;
    (void)state;

    make("a.example\\scripts\\logon.cmd", false);
    make(GPO, true);
    who.facts.token = &user;
    assert_int_equal(status_of("a.example\\scripts\\logon.cmd", 0x80000000), NT_OK);
    assert_int_equal(status_of("a.example\\scripts\\logon.cmd", SMB2_WRITE_DATA), NT_ACCESS_DENIED);
    assert_int_equal(told, REASON_SMB_FILE_DENIED);
    assert_int_equal(status_of("a.example\\scripts\\logon.cmd", SMB2_DELETE), NT_ACCESS_DENIED);
    assert_int_equal(create(GPO "\\x", SMB2_READ_DATA, 7, SMB2_FILE_CREATE, 0, &id),
                     NT_ACCESS_DENIED);
    assert_int_equal(told, REASON_SMB_FILE_DENIED);
    assert_int_equal(status_of("a.example\\scripts\\logon.cmd", SMB2_MAXIMUM_ALLOWED), NT_OK);
    assert_int_equal(status_of("a.example\\scripts\\logon.cmd", SMB2_ACCESS_SYSTEM_SECURITY),
                     NT_PRIVILEGE_NOT_HELD);
    who.facts.token = &creator;
    assert_int_equal(create(GPO "\\x", FULL, 7, SMB2_FILE_CREATE, 0, &id), NT_ACCESS_DENIED);
    assert_int_equal(
        create("a.example\\Policies\\{2}", FULL, 7, SMB2_FILE_CREATE, SMB2_OPTION_DIRECTORY, &id),
        NT_OK);
    close_file(id);
    who.facts.token = &administrator;
}

static void test_descriptors(void **state)
{
    struct smb2_file_id id;
    (void)state;

    if (!has_notes())
        skip();
    make("a.example\\Policies\\{3}", true);
    assert_int_equal(create("a.example\\Policies\\{3}", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(protect(id, SD_PART_DACL, descriptor("D:P(A;OICI;0x1f01ff;;;BA)")), NT_OK);
    assert_int_equal(protect(id, SD_PART_SACL, descriptor("D:P")), NT_PRIVILEGE_NOT_HELD);
    assert_int_equal(protect(id, SD_PART_DACL, SPAN_LIT("no descriptor")),
                     NT_INVALID_SECURITY_DESCR);
    close_file(id);
    make("a.example\\Policies\\{3}\\gpt.ini", false);
    who.facts.token = &user;
    assert_int_equal(status_of("a.example\\Policies\\{3}", SMB2_READ_DATA), NT_ACCESS_DENIED);
    assert_int_equal(status_of("a.example\\Policies\\{3}\\GPT.INI", SMB2_READ_DATA),
                     NT_ACCESS_DENIED);
    /* What one makes is one's own. */
    who.facts.token = &creator;
    assert_int_equal(
        create("a.example\\Policies\\{4}", FULL, 7, SMB2_FILE_CREATE, SMB2_OPTION_DIRECTORY, &id),
        NT_OK);
    assert_int_equal(protect(id, SD_PART_OWNER, descriptor("O:BA")), NT_INVALID_OWNER);
    close_file(id);
    make("a.example\\Policies\\{4}\\gpt.ini", false);
    assert_int_equal(status_of("a.example\\Policies\\{4}\\gpt.ini", FULL), NT_OK);
    who.facts.token = &administrator;
}

static void test_read_only_attribute(void **state)
{
    const struct smb2_file_info guarded = {.facts = {.attributes = SMB2_ATTRIBUTE_READONLY}};
    struct smb2_file_info info;
    struct smb2_file_id id;
    (void)state;

    if (!has_notes())
        skip();
    make("a.example\\guarded", false);
    assert_int_equal(create("a.example\\guarded", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(set_file(id, SMB2_FILE_BASIC, guarded), NT_OK);
    all_of(id, &info);
    assert_int_equal(info.facts.attributes, SMB2_ATTRIBUTE_READONLY);
    assert_int_equal(
        set_file(id, SMB2_FILE_DISPOSITION, (struct smb2_file_info){.delete_pending = 1}),
        NT_CANNOT_DELETE);
    close_file(id);
    assert_int_equal(status_of("a.example\\guarded", SMB2_WRITE_DATA), NT_ACCESS_DENIED);
    assert_int_equal(status_of("a.example\\guarded", SMB2_READ_DATA), NT_OK);
}

/* A record that cannot be read admits nobody. */
static void test_a_broken_record(void **state)
{
    char found[PLAT_TREE_NAME_MAX + 1];
    struct plat_tree_facts facts;
    int folder, fd;
    (void)state;

    if (!has_notes())
        skip();
    make("a.example\\broken", false);
    assert_ok(plat_tree_step(sv.root, SPAN_LIT("a.example"), found, &folder, &facts));
    assert_ok(plat_tree_step(folder, SPAN_LIT("broken"), found, &fd, &facts));
    assert_ok(plat_tree_set_note(fd, SPAN_LIT("\1\0\0")));
    close(fd);
    close(folder);
    assert_int_equal(status_of("a.example\\broken", SMB2_READ_DATA), NT_FILE_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_and_read), cmocka_unit_test(test_names),
        cmocka_unit_test(test_share_modes),      cmocka_unit_test(test_deletion_waits_for_the_last),
        cmocka_unit_test(test_what_stays),       cmocka_unit_test(test_a_folder_that_fills_up),
        cmocka_unit_test(test_renames),          cmocka_unit_test(test_sizes_times_and_attributes),
        cmocka_unit_test(test_limits),           cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_descriptors),      cmocka_unit_test(test_read_only_attribute),
        cmocka_unit_test(test_a_broken_record),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
