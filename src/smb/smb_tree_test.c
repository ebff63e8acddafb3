/* What a session may connect to: shares for accounts, IPC$ alone for an anonymous one. */
#include "smb/smb_internal.h"

#include <stdlib.h>

#include "base/test.h"
#include "base/text.h"

static struct arena arena;
static enum reason told; /* of the last event */

static void keep_reason(void *ctx, const struct event *ev)
{
    (void)ctx;
    told = ev->reason;
}

static utime no_time(void)
{
    return 0;
}

/* TREE_CONNECT as a request with this session would bring it. */
static uint32_t tree_connect(struct smb_session *ss, const char *path)
{
    struct event_sink sink = {.write = keep_reason};
    struct smb_server sv = {.env = {.events = &sink, .now = no_time}, .root = 0};
    struct smb_conn c = {.server = &sv, .peer = "test"};
    struct smb_frame f = {.conn = &c};
    struct smb_request rq = {.frame = &f,
                             .conn = &c,
                             .server = &sv,
                             .arena = &arena,
                             .head = {.command = SMB2_TREE_CONNECT},
                             .session = ss};
    struct smb2_tree_connect_request q = {0};
    struct builder b;

    told = REASON_NONE;
    ss->conn = &c;
    assert_ok(text_to_utf16(span_str(path), &arena, &q.path));
    builder_in(&b, &arena, 4096);
    builder_zeros(&b, SMB2_HEADER_SIZE);
    smb2_put(&b, 0, smb2_request_shape(SMB2_TREE_CONNECT), &q);
    assert_ok(builder_done(&b, &rq.message));
    builder_in(&f.b, &arena, 4096);
    builder_zeros(&f.b, SMB2_HEADER_SIZE);
    return smb_do_tree_connect(&rq);
}

static void drop_trees(struct smb_session *ss)
{
    while (ss->trees) {
        struct smb_tree *t = ss->trees;
        ss->trees = t->next;
        free(t);
    }
}

static void test_shares(void **state)
{
    struct smb_identity who = {.facts = {.token = &dir_token_anonymous}};
    struct smb_session ss = {.who = &who};
    (void)state;

    assert_int_equal(tree_connect(&ss, "\\\\dc1\\sysvol"), NT_OK);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\NetLogon"), NT_OK);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\ipc$"), NT_OK);
    assert_int_equal(ss.tree_count, 3);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\C$"), NT_BAD_NETWORK_NAME);
    assert_int_equal(told, REASON_SMB_NO_SHARE);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\sysvol\\x"), NT_BAD_NETWORK_NAME);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\"), NT_BAD_NETWORK_NAME);
    assert_int_equal(tree_connect(&ss, "sysvol"), NT_BAD_NETWORK_NAME);
    assert_int_equal(tree_connect(&ss, ""), NT_BAD_NETWORK_NAME);
    drop_trees(&ss);
}

static void test_anonymous(void **state)
{
    struct smb_identity who = {.facts = {.token = &dir_token_anonymous, .anonymous = true}};
    struct smb_session ss = {.who = &who};
    (void)state;

    assert_int_equal(tree_connect(&ss, "\\\\dc1\\sysvol"), NT_ACCESS_DENIED);
    assert_int_equal(told, REASON_SMB_ANONYMOUS);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\NETLOGON"), NT_ACCESS_DENIED);
    assert_int_equal(ss.tree_count, 0);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\IPC$"), NT_OK);
    drop_trees(&ss);
}

static void test_limit(void **state)
{
    struct smb_identity who = {.facts = {.token = &dir_token_anonymous}};
    struct smb_session ss = {.who = &who};
    (void)state;

    for (unsigned i = 0; i < SMB_TREES_MAX; i++)
        assert_int_equal(tree_connect(&ss, "\\\\dc1\\IPC$"), NT_OK);
    assert_int_equal(tree_connect(&ss, "\\\\dc1\\IPC$"), NT_INSUFFICIENT_RESOURCES);
    assert_int_equal(told, REASON_SMB_LIMIT);
    drop_trees(&ss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_anonymous),
        cmocka_unit_test(test_limit),
    };

    arena_init(&arena, 0, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
