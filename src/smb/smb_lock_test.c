/* Who keeps others from a file, and for how long: locks, exclusive opens, and the disk. */
#include "smb/smb_lab_test.h"

#define SHARED    1u
#define EXCLUSIVE 2u
#define UNLOCK    4u
#define AT_ONCE   0x10u

static uint32_t lock(struct smb2_file_id id, uint64_t offset, uint64_t length, uint32_t flags)
{
    const struct smb2_lock one = {.offset = offset, .length = length, .flags = flags};
    struct smb2_lock_request q = {.id = id};
    struct builder b;

    builder_in(&b, &arena, SMB2_LOCK_SIZE);
    smb2_part_put(&b, &smb2_lock_shape, &one);
    assert_ok(builder_done(&b, &q.locks));
    return run(SMB2_LOCK, smb_do_lock, &q);
}

static uint32_t read_at(struct smb2_file_id id, uint64_t offset)
{
    return run(SMB2_READ, smb_do_read,
               &(struct smb2_read_request){.length = 1, .offset = offset, .id = id});
}

static void open_two(const char *name, struct smb2_file_id *a, struct smb2_file_id *b)
{
    assert_int_equal(create(name, FULL, 7, SMB2_FILE_OVERWRITE_IF, 0, a), NT_OK);
    assert_int_equal(create(name, FULL, 7, SMB2_FILE_OPEN, 0, b), NT_OK);
    assert_int_equal(write_at(*a, 0, "0123456789"), NT_OK);
}

static void test_locks_keep_others_out(void **state)
{
    struct smb2_file_id a, b;
    (void)state;

    open_two("a.example\\locked", &a, &b);
    assert_int_equal(lock(a, 2, 4, EXCLUSIVE), NT_OK);
    assert_int_equal(lock(b, 5, 1, SHARED | AT_ONCE), NT_LOCK_NOT_GRANTED);
    assert_int_equal(lock(a, 2, 4, EXCLUSIVE | AT_ONCE), NT_LOCK_NOT_GRANTED);
    assert_int_equal(read_at(b, 5), NT_FILE_LOCK_CONFLICT);
    assert_int_equal(write_at(b, 5, "x"), NT_FILE_LOCK_CONFLICT);
    assert_int_equal(read_at(b, 6), NT_OK);
    assert_int_equal(read_at(a, 5), NT_OK);
    assert_int_equal(write_at(a, 5, "x"), NT_OK);
    assert_int_equal(lock(b, 2, 4, UNLOCK), NT_RANGE_NOT_LOCKED);
    assert_int_equal(lock(a, 2, 3, UNLOCK), NT_RANGE_NOT_LOCKED);
    assert_int_equal(lock(a, 2, 4, UNLOCK), NT_OK);
    assert_int_equal(lock(a, 0, 9, SHARED), NT_OK);
    assert_int_equal(lock(b, 0, 9, SHARED), NT_OK);
    assert_int_equal(read_at(b, 0), NT_OK);
    assert_int_equal(write_at(a, 0, "x"), NT_FILE_LOCK_CONFLICT);
    close_file(a);
    assert_int_equal(lock(b, 0, 9, UNLOCK), NT_OK);
    assert_int_equal(write_at(b, 0, "x"), NT_OK);
    close_file(b);
}

static void test_malformed_locks(void **state)
{
    struct smb2_file_id a, folder;
    (void)state;

    assert_int_equal(create("a.example\\odd", FULL, 7, SMB2_FILE_CREATE, 0, &a), NT_OK);
    assert_int_equal(create("a.example", FULL, 7, SMB2_FILE_OPEN, 0, &folder), NT_OK);
    assert_int_equal(lock(a, 0, 1, 0), NT_INVALID_PARAMETER);
    assert_int_equal(lock(a, 0, 1, SHARED | EXCLUSIVE), NT_INVALID_PARAMETER);
    assert_int_equal(lock(a, 0, 1, UNLOCK | AT_ONCE), NT_INVALID_PARAMETER);
    assert_int_equal(lock(a, UINT64_MAX, 2, EXCLUSIVE), NT_INVALID_LOCK_RANGE);
    assert_int_equal(lock(folder, 0, 1, SHARED), NT_INVALID_PARAMETER);
    for (unsigned i = 0; i < SMB_LOCKS_MAX; i++)
        assert_int_equal(lock(a, i, 1, SHARED), NT_OK);
    assert_int_equal(lock(a, 0, 1, SHARED | AT_ONCE), NT_INSUFFICIENT_RESOURCES);
    close_file(folder);
    close_file(a);
}

/* It is answered when what was in its way has gone, or the file is closed. */
static void test_locks_that_wait(void **state)
{
    struct smb2_file_id a, b;
    (void)state;

    open_two("a.example\\queue", &a, &b);
    assert_int_equal(lock(a, 0, 10, EXCLUSIVE), NT_OK);
    assert_int_equal(lock(b, 5, 10, EXCLUSIVE), NT_PENDING);
    lates = 0;
    assert_int_equal(lock(a, 0, 10, UNLOCK), NT_OK);
    assert_int_equal(lates, 1);
    assert_int_equal(late.status, NT_OK);
    assert_int_equal(lock(a, 0, 10, SHARED), NT_PENDING);
    close_file(b);
    assert_int_equal(lates, 2);
    assert_int_equal(late.status, NT_OK);
    assert_int_equal(create("a.example\\queue", FULL, 7, SMB2_FILE_OPEN, 0, &b), NT_OK);
    assert_int_equal(lock(b, 9, 1, EXCLUSIVE), NT_PENDING);
    close_file(b);
    assert_int_equal(lates, 3);
    assert_int_equal(late.status, NT_RANGE_NOT_LOCKED);
    close_file(a);
}

/* Anybody may read logon scripts and policies, and nobody could if that were enough to hold them.
 */
static void test_readers_keep_nobody_out(void **state)
{
    struct smb2_file_id held, id;
    (void)state;

    make("a.example\\scripts\\all.cmd", false);
    who.facts.token = &user;
    assert_int_equal(
        create("a.example\\scripts\\all.cmd", SMB2_READ_DATA, 0, SMB2_FILE_OPEN, 0, &held), NT_OK);
    assert_int_equal(lock(held, 0, UINT64_MAX, EXCLUSIVE | AT_ONCE), NT_ACCESS_DENIED);
    assert_int_equal(status_of("a.example\\scripts\\all.cmd", SMB2_READ_DATA), NT_OK);
    who.facts.token = &administrator;
    assert_int_equal(create("a.example\\scripts\\all.cmd", FULL, 7, SMB2_FILE_OPEN,
                            SMB2_OPTION_DELETE_ON_CLOSE, &id),
                     NT_OK);
    close_file(id);
    /* Who may write it may read it alone. */
    make("a.example\\scripts\\mine.cmd", false);
    assert_int_equal(
        create("a.example\\scripts\\mine.cmd", SMB2_READ_DATA, 0, SMB2_FILE_OPEN, 0, &id), NT_OK);
    assert_int_equal(status_of("a.example\\scripts\\mine.cmd", SMB2_READ_DATA),
                     NT_SHARING_VIOLATION);
    close_file(id);
    who.facts.token = &user;
    close_file(held);
    who.facts.token = &administrator;
}

/* The request waits for the disk, and nobody else does; the file may be closed meanwhile. */
static void test_flushes_wait_alone(void **state)
{
    struct smb2_file_id id, other;
    (void)state;

    open_two("a.example\\slow", &id, &other);
    disk_is_slow = true;
    lates = 0;
    assert_int_equal(run(SMB2_FLUSH, smb_do_flush, &(struct smb2_flush_request){.id = id}),
                     NT_PENDING);
    assert_int_equal(write_at(id, 0, "more"), NT_OK);
    close_file(id);
    assert_int_equal(lates, 0);
    disk_fn(disk_ctx);
    assert_int_equal(lates, 1);
    assert_int_equal(late.status, NT_OK);
    assert_int_equal(late.command, SMB2_FLUSH);
    const struct smb2_write_request q = {
        .id = other, .flags = SMB2_WRITE_THROUGH, .data = SPAN_LIT("kept")};
    assert_int_equal(run(SMB2_WRITE, smb_do_write, &q), NT_PENDING);
    smb_flush_forget(&conn); /* as when the client goes */
    disk_fn(disk_ctx);
    assert_int_equal(lates, 1);
    smb_pending_remove(conn.pending);
    disk_is_slow = false;
    assert_int_equal(run(SMB2_WRITE, smb_do_write, &q), NT_OK);
    close_file(other);
}

static void test_flushes_have_a_limit(void **state)
{
    struct smb2_file_id id;
    (void)state;

    assert_int_equal(create("a.example\\flushed", FULL, 7, SMB2_FILE_CREATE, 0, &id), NT_OK);
    sv.flush_count = SMB_FLUSHES_MAX;
    assert_int_equal(run(SMB2_FLUSH, smb_do_flush, &(struct smb2_flush_request){.id = id}),
                     NT_INSUFFICIENT_RESOURCES);
    assert_int_equal(told, REASON_SMB_LIMIT);
    sv.flush_count = 0;
    close_file(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks_keep_others_out),
        cmocka_unit_test(test_malformed_locks),
        cmocka_unit_test(test_locks_that_wait),
        cmocka_unit_test(test_readers_keep_nobody_out),
        cmocka_unit_test(test_flushes_wait_alone),
        cmocka_unit_test(test_flushes_have_a_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
