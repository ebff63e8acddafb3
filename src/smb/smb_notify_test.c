/* What clients are told of changes in folders that they have open. */
#include "smb/smb_lab_test.h"

#define ANYTHING 0x1ffu

static uint32_t notify(struct smb2_file_id id, bool tree, uint32_t filter, uint32_t max)
{
    const struct smb2_change_notify_request q = {
        .flags = tree ? SMB2_WATCH_TREE : 0, .max_output = max, .id = id, .filter = filter};

    return run(SMB2_CHANGE_NOTIFY, smb_do_change_notify, &q);
}

/* "1:a 3:b ": actions and names. */
static const char *changes(struct span message)
{
    struct smb2_output p;
    struct smb2_change c;
    const char *said = "";

    assert_ok(smb2_decode(smb2_response_shape(SMB2_CHANGE_NOTIFY), message, &p));
    while (p.data.len) {
        struct span name;
        assert_ok(smb2_change_next(&p.data, &c));
        assert_ok(text_from_utf16(c.name, &arena, &name));
        said = arena_printf(&arena, "%s%u:%.*s ", said, c.action, SPAN_ARG(name));
    }
    return said;
}

/* Between two frames those who wait are answered. */
static const char *told_now(uint32_t status)
{
    unsigned before = lates;

    smb_notify_send(&sv);
    if (lates == before)
        return NULL;
    assert_int_equal(late.command, SMB2_CHANGE_NOTIFY);
    assert_int_equal(late.status, status);
    return changes(late_message);
}

static struct smb2_file_id watched(const char *name)
{
    struct smb2_file_id id;

    assert_int_equal(create(name, SMB2_READ_DATA, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    return id;
}

static void test_changes(void **state)
{
    struct smb2_file_id folder, id;
    (void)state;

    folder = watched("a.example\\scripts");
    assert_int_equal(notify(folder, false, ANYTHING, 4096), NT_PENDING);
    assert_null(told_now(NT_OK));
    make("a.example\\elsewhere", true);
    assert_null(told_now(NT_OK));
    make("a.example\\scripts\\sub", true);
    assert_string_equal(told_now(NT_OK), "1:sub ");
    /* what happens while nobody waits is told to who asks next */
    make("a.example\\scripts\\sub\\deep", false);
    make("a.example\\scripts\\one", false);
    assert_int_equal(create("a.example\\scripts\\one", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(write_at(id, 0, "x"), NT_OK);
    assert_int_equal(rename_to(id, "a.example\\scripts\\Two", false), NT_OK);
    close_file(id);
    assert_int_equal(notify(folder, false, ANYTHING, 4096), NT_OK);
    assert_string_equal(changes(answered), "1:one 4:one 5:Two 3:Two ");
    assert_int_equal(notify(folder, false, ANYTHING, 4096), NT_PENDING);
    assert_int_equal(create("a.example\\scripts\\two", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(rename_to(id, "a.example\\elsewhere\\two", false), NT_OK);
    close_file(id);
    assert_string_equal(told_now(NT_OK), "2:Two ");
    lates = 0;
    assert_int_equal(notify(folder, false, ANYTHING, 4096), NT_PENDING);
    close_file(folder);
    assert_int_equal(lates, 1);
    assert_int_equal(late.status, NT_NOTIFY_CLEANUP);
}

static void test_trees_and_filters(void **state)
{
    struct smb2_file_id tree, names, id;
    (void)state;

    tree = watched("a.example");
    names = watched("a.example\\scripts");
    assert_int_equal(notify(tree, true, SMB2_OF_SECURITY | SMB2_OF_FOLDERS, 4096), NT_PENDING);
    assert_int_equal(notify(names, false, SMB2_OF_FILES, 4096), NT_PENDING);
    make("a.example\\scripts\\file", false);
    assert_string_equal(told_now(NT_OK), "1:file ");
    make("a.example\\scripts\\folder", true);
    assert_string_equal(told_now(NT_OK), "1:scripts\\folder ");
    assert_int_equal(notify(tree, false, ANYTHING, 4096), NT_PENDING); /* as it was at first */
    assert_int_equal(create("a.example\\scripts\\folder", FULL, 7, SMB2_FILE_OPEN,
                            SMB2_OPTION_DELETE_ON_CLOSE, &id),
                     NT_OK);
    close_file(id);
    assert_string_equal(told_now(NT_OK), "2:scripts\\folder ");
    close_file(tree);
    close_file(names);
}

static void test_more_than_there_is_room_for(void **state)
{
    struct smb2_file_id folder, id;
    char name[64];
    (void)state;

    make("a.example\\busy", true);
    folder = watched("a.example\\busy");
    assert_int_equal(notify(folder, false, ANYTHING, 16), NT_PENDING);
    make("a.example\\busy\\with a long name", false);
    assert_string_equal(told_now(NT_NOTIFY_ENUM_DIR), "");
    for (unsigned i = 0; i < SMB_WATCH_MAX / 16; i++) {
        snprintf(name, sizeof(name), "a.example\\busy\\%u", i);
        make(name, false);
    }
    assert_int_equal(notify(folder, false, ANYTHING, 65536), NT_NOTIFY_ENUM_DIR);
    make("a.example\\busy\\last", false);
    assert_int_equal(notify(folder, false, ANYTHING, 65536), NT_OK);
    assert_string_equal(changes(answered), "1:last ");
    close_file(folder);
    assert_int_equal(create("a.example\\busy\\last", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(notify(id, false, ANYTHING, 16), NT_INVALID_PARAMETER);
    close_file(id);
}

static void test_a_folder_that_goes(void **state)
{
    struct smb2_file_id folder, id;
    (void)state;

    make("a.example\\gone", true);
    folder = watched("a.example\\gone");
    assert_int_equal(notify(folder, false, ANYTHING, 4096), NT_PENDING);
    assert_int_equal(create("a.example\\gone", FULL, 7, SMB2_FILE_OPEN, 0, &id), NT_OK);
    lates = 0;
    assert_int_equal(
        set_file(id, SMB2_FILE_DISPOSITION, (struct smb2_file_info){.delete_pending = 1}), NT_OK);
    assert_int_equal(lates, 1);
    assert_int_equal(late.status, NT_DELETE_PENDING);
    assert_int_equal(notify(folder, false, ANYTHING, 4096), NT_DELETE_PENDING);
    close_file(id);
    close_file(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_trees_and_filters),
        cmocka_unit_test(test_more_than_there_is_room_for),
        cmocka_unit_test(test_a_folder_that_goes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
