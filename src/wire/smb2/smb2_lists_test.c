/*
 * What is not one struct: frames, compounds, SMB1's negotiation, contexts, entries of directories,
 * referrals; and what each refuses.
 */
#include "wire/smb2/smb2_context.h"
#include "wire/smb2/smb2_dfs.h"
#include "wire/smb2/smb2_info.h"

#include "base/test.h"
#include "base/text.h"

static struct arena arena;

static struct span bytes_of(const char *hex)
{
    struct span out;

    assert_ok(text_unhex(span_str(hex), &arena, &out));
    return out;
}

static struct builder *fresh(void)
{
    static struct builder b;

    builder_in(&b, &arena, 1 << 20);
    return &b;
}

static struct span done(struct builder *b)
{
    struct span out;

    assert_ok(builder_done(b, &out));
    return out;
}

static struct span utf16(const char *text)
{
    struct span out;

    assert_ok(text_to_utf16(span_str(text), &arena, &out));
    return out;
}

static void test_frame(void **state)
{
    uint8_t head[SMB2_FRAME_SIZE];
    size_t len = 7;
    (void)state;

    smb2_frame_put(head, 0x010203);
    assert_ok(smb2_frame(span_of(head, 4), 0x010203, &len));
    assert_int_equal(len, 0x010203 + 4);
    assert_err(smb2_frame(span_of(head, 4), 0x010202, &len), ERR_LIMIT);
    assert_err(smb2_frame(span_of(head, 3), 0x010203, &len), ERR_TRUNCATED);
    assert_err(smb2_frame(span_of("\x85\0\0\0", 4), 100, &len), ERR_MALFORMED);
    assert_err(smb2_frame(span_of("\0\0\0\0", 4), 100, &len), ERR_MALFORMED);
    assert_err(smb2_frame(SPAN_LIT("\x81"), 100, &len), ERR_MALFORMED);
}

static void put_echo(struct builder *b, uint32_t next, size_t size)
{
    struct smb2_header h = {.command = SMB2_ECHO, .next = next, .message_id = 9};
    struct smb2_empty e = {0};
    size_t at = b->len;

    smb2_header_put(b, &h);
    smb2_put(b, at, smb2_request_shape(SMB2_ECHO), &e);
    builder_zeros(b, size - (b->len - at));
}

static void test_compound(void **state)
{
    struct smb2_header h;
    struct span rest, message;
    struct builder *b = fresh();
    (void)state;

    put_echo(b, 72, 72);
    put_echo(b, 0, 68);
    rest = done(b);
    assert_ok(smb2_next(&rest, &h, &message));
    assert_int_equal(message.len, 72);
    assert_ok(smb2_next(&rest, &h, &message));
    assert_int_equal(message.len, 68);
    assert_int_equal(rest.len, 0);
    static const uint32_t bad[] = {4, 8, 56, 68, 76, 144, 0x80000000u, 0xfffffff8u};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        b = fresh();
        put_echo(b, bad[i], 72);
        rest = done(b);
        assert_err(smb2_next(&rest, &h, &message), ERR_MALFORMED);
        assert_int_equal(rest.len, 72);
    }
    /* The next message begins where there is none. */
    b = fresh();
    put_echo(b, 72, 72);
    rest = done(b);
    assert_ok(smb2_next(&rest, &h, &message));
    assert_err(smb2_next(&rest, &h, &message), ERR_MALFORMED);
}

static void test_kinds(void **state)
{
    (void)state;
    assert_int_equal(smb2_kind_of(SPAN_LIT("\xfeSMB")), SMB2_KIND_PLAIN);
    assert_int_equal(smb2_kind_of(SPAN_LIT("\xfdSMB..")), SMB2_KIND_TRANSFORM);
    assert_int_equal(smb2_kind_of(SPAN_LIT("\xfcSMB")), SMB2_KIND_COMPRESSED);
    assert_int_equal(smb2_kind_of(SPAN_LIT("\xffSMB")), SMB2_KIND_SMB1);
    assert_int_equal(smb2_kind_of(SPAN_LIT("\xfeSM")), SMB2_KIND_UNKNOWN);
    assert_int_equal(smb2_kind_of(SPAN_LIT("GET / HTTP/1.1")), SMB2_KIND_UNKNOWN);
    assert_null(smb2_request_shape(SMB2_COMMANDS));
    assert_null(smb2_response_shape(SMB2_COMMANDS));
    assert_null(smb2_response_shape(SMB2_CANCEL));
}

static void test_smb1(void **state)
{
    struct smb1_negotiate n = {.smb2_any = true}, got;
    struct builder *b = fresh();
    (void)state;

    smb1_negotiate_put(b, &n);
    struct span bytes = done(b);
    assert_ok(smb1_negotiate_decode(bytes, &got));
    assert_true(got.smb2_any && !got.smb2_002);
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_err(smb1_negotiate_decode(span_sub(bytes, 0, cut), &got), ERR_MALFORMED);
    /* As smbclient of Samba 4.17 sends it, which offers dialects of SMB1, too. */
    bytes = bytes_of("ff534d4272000000000843c80000000000000000000000000000fffe00000000"
                     "002200024e54204c4d20302e31320002534d4220322e3030320002534d4220322e3f3f3f00");
    assert_ok(smb1_negotiate_decode(bytes, &got));
    assert_true(got.smb2_any && got.smb2_002);
    bytes = bytes_of("ff534d4272000000000843c80000000000000000000000000000fffe00000000"
                     "000c00024e54204c4d20302e313200");
    assert_ok(smb1_negotiate_decode(bytes, &got));
    assert_false(got.smb2_any || got.smb2_002);
}

static void test_negotiate_contexts(void **state)
{
    struct smb2_negotiate_contexts c = {.hashes = {true, 1, {1}},
                                        .salt = SPAN_LIT("0123456789abcdef0123456789abcde"),
                                        .ciphers = {true, 4, {4, 2, 3, 1}},
                                        .signing = {true, 3, {2, 1, 0}},
                                        .netname = utf16("dc1.aws.example.com")},
                                   got;
    struct builder *b = fresh();
    (void)state;

    assert_int_equal(smb2_negotiate_contexts_put(b, &c), 4);
    struct span bytes = done(b);
    assert_ok(smb2_negotiate_contexts_decode(bytes, 4, &got));
    assert_span_equal(got.salt, c.salt);
    assert_span_equal(got.netname, c.netname);
    assert_memory_equal(&got.ciphers, &c.ciphers, sizeof(c.ciphers));
    assert_memory_equal(&got.signing, &c.signing, sizeof(c.signing));
    assert_err(smb2_negotiate_contexts_decode(bytes, 5, &got), ERR_MALFORMED);
    assert_err(smb2_negotiate_contexts_decode(bytes, SMB2_NEGOTIATE_CONTEXTS_MAX + 1, &got),
               ERR_LIMIT);
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_err(smb2_negotiate_contexts_decode(span_sub(bytes, 0, cut), 4, &got), ERR_MALFORMED);
    /* Twice, without an algorithm, with too many; others are passed over. */
    assert_err(smb2_negotiate_contexts_decode(
                   bytes_of("020004000000000001000200000000000200040000000000010002000000000000"),
                   2, &got),
               ERR_MALFORMED);
    assert_err(smb2_negotiate_contexts_decode(bytes_of("02000200000000000000"), 1, &got),
               ERR_MALFORMED);
    assert_err(smb2_negotiate_contexts_decode(bytes_of("08000400000000001100"
                                                       "0100"),
                                              1, &got),
               ERR_LIMIT);
    assert_ok(
        smb2_negotiate_contexts_decode(bytes_of("03000a000000000001000000000000000100"), 1, &got));
    assert_false(got.hashes.present || got.ciphers.present);
}

static void test_create_contexts(void **state)
{
    struct smb2_create_context in[] = {{SPAN_LIT("MxAc"), SPAN_NONE},
                                       {SPAN_LIT("RqLs"), SPAN_LIT("0123456789abcdef0123")},
                                       {SPAN_LIT("QFid"), SPAN_NONE}},
                               out[SMB2_CREATE_CONTEXTS_MAX];
    struct builder *b = fresh();
    unsigned count;
    (void)state;

    smb2_create_contexts_put(b, in, 3);
    struct span bytes = done(b);
    assert_ok(smb2_create_contexts_decode(bytes, out, &count));
    assert_int_equal(count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_span_equal(out[i].name, in[i].name);
        assert_span_equal(out[i].data, in[i].data);
    }
    assert_ok(smb2_create_contexts_decode(SPAN_NONE, out, &count));
    assert_int_equal(count, 0);
    for (size_t cut = 1; cut < bytes.len; cut++)
        assert_err(smb2_create_contexts_decode(span_sub(bytes, 0, cut), out, &count),
                   ERR_MALFORMED);
    b = fresh();
    for (unsigned i = 0; i <= SMB2_CREATE_CONTEXTS_MAX; i++) {
        struct smb2_create_context one[2] = {in[0], in[0]};
        size_t at = b->len;
        smb2_create_contexts_put(b, one, 2);
        b->len = at + 24; /* without the second, which the first still points to */
    }
    smb2_create_contexts_put(b, in, 1);
    assert_err(smb2_create_contexts_decode(done(b), out, &count), ERR_LIMIT);
    /* A name or data inside the head. */
    assert_err(smb2_create_contexts_decode(bytes_of("0000000008000400000000000000000041424344"),
                                           out, &count),
               ERR_MALFORMED);
}

static void test_entries(void **state)
{
    static const unsigned levels[] = {SMB2_FILE_DIRECTORY,         SMB2_FILE_FULL_DIRECTORY,
                                      SMB2_FILE_BOTH_DIRECTORY,    SMB2_FILE_NAMES,
                                      SMB2_FILE_ID_BOTH_DIRECTORY, SMB2_FILE_ID_FULL_DIRECTORY};
    struct smb2_entry e[] = {
        {.name = utf16(".")}, {.name = utf16("Policies")}, {.name = utf16("x")}};
    (void)state;

    for (unsigned l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
        struct builder *b = fresh();
        struct smb2_entry got;
        size_t start, last = 0;

        builder_zeros(b, 72); /* a header and the fixed part of its answer */
        start = b->len;
        for (unsigned i = 0; i < 3; i++)
            assert_true(smb2_entry_put(b, start, 1000, levels[l], &e[i], &last));
        size_t end = b->len;
        assert_false(smb2_entry_put(b, start, end - start + 4, levels[l], &e[1], &last));
        assert_int_equal(b->len, end);
        struct span list = span_sub(done(b), start, end);
        for (unsigned i = 0; i < 3; i++) {
            assert_ok(smb2_entry_next(&list, levels[l], &got));
            assert_span_equal(got.name, e[i].name);
        }
        assert_int_equal(list.len, 0);
        assert_err(smb2_entry_next(&list, levels[l], &got), ERR_MALFORMED);
    }
    assert_null(smb2_entry_shape(SMB2_FILE_BASIC));
    assert_null(smb2_file_shape(SMB2_FILE_DIRECTORY));
    assert_null(smb2_fs_shape(0));
    assert_null(smb2_fs_shape(10000));
}

static void test_changes(void **state)
{
    struct span list = bytes_of("1000000001000000020000006100000000000000030000000200000062");
    struct smb2_change c;
    (void)state;

    assert_ok(smb2_change_next(&list, &c));
    assert_int_equal(c.action, 1);
    assert_span_equal(c.name, utf16("a"));
    assert_err(smb2_change_next(&list, &c), ERR_MALFORMED);
}

/* A domain's controllers and a share's targets, laid out as [MS-DFSC] 2.2.4 and 2.2.5.3 say. */
static void test_dfs(void **state)
{
    struct smb2_dfs_referral list[2] = {{.version = 3,
                                         .server_type = 1,
                                         .ttl = 600,
                                         .path = utf16("\\A\\b"),
                                         .alternate = utf16("\\A\\b"),
                                         .target = utf16("\\d\\b")},
                                        {.version = 3, .ttl = 600, .flags = SMB2_DFS_NAME_LIST}};
    struct smb2_dfs_response in = {.path_consumed = 8, .flags = 2, .count = 1, .referrals = list},
                             out;
    struct builder *b = fresh();
    (void)state;

    smb2_dfs_response_put(b, &in);
    struct span bytes = done(b);
    assert_span_equal(bytes,
                      bytes_of("0800010002000000"             /* consumed, one, storage servers */
                               "0300220001000000580200002200" /* version ... first name at 34 */
                               "2c003600"                     /* 44, 54 */
                               "00000000000000000000000000000000"
                               "5c0041005c0062000000"
                               "5c0041005c0062000000"
                               "5c0064005c0062000000"));
    assert_ok(smb2_dfs_response_decode(bytes, &arena, &out));
    assert_span_equal(out.referrals[0].target, list[0].target);
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_err(smb2_dfs_response_decode(span_sub(bytes, 0, cut), &arena, &out), ERR_MALFORMED);

    list[1].special = utf16("\\aws.example.com");
    list[1].names[0] = utf16("\\dc1.aws.example.com");
    list[1].names[1] = utf16("\\dc2.aws.example.com");
    list[1].name_count = in.count = 2;
    b = fresh();
    smb2_dfs_response_put(b, &in);
    assert_ok(smb2_dfs_response_decode(done(b), &arena, &out));
    assert_int_equal(out.count, 2);
    assert_int_equal(out.referrals[1].name_count, 2);
    assert_span_equal(out.referrals[1].special, list[1].special);
    assert_span_equal(out.referrals[1].names[1], list[1].names[1]);
    assert_span_equal(out.referrals[0].alternate, list[0].alternate);
}

static void test_dfs_limits(void **state)
{
    struct smb2_dfs_request q;
    struct smb2_dfs_response out;
    (void)state;

    assert_ok(smb2_dfs_request_decode(bytes_of("0400"
                                               "5c0061000000"),
                                      &q));
    assert_int_equal(q.max_level, 4);
    assert_span_equal(q.path, utf16("\\a"));
    assert_err(smb2_dfs_request_decode(bytes_of("04005c006100"), &q), ERR_MALFORMED);
    assert_err(smb2_dfs_request_decode(bytes_of("04"), &q), ERR_MALFORMED);
    struct builder *b = fresh();
    smb2_dfs_request_put(b, &q);
    assert_span_equal(done(b), bytes_of("04005c0061000000"));
    assert_err(smb2_dfs_response_decode(bytes_of("0000ffff00000000"), &arena, &out), ERR_LIMIT);
    assert_err(smb2_dfs_response_decode(bytes_of("0000010000000000"
                                                 "0200120000000000000000001200120012000000"),
                                        &arena, &out),
               ERR_UNSUPPORTED);
    /* More names than we take. */
    assert_err(smb2_dfs_response_decode(bytes_of("0000010000000000"
                                                 "030012000000020000000000120021001200"
                                                 "0000"),
                                        &arena, &out),
               ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame),
        cmocka_unit_test(test_compound),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_smb1),
        cmocka_unit_test(test_negotiate_contexts),
        cmocka_unit_test(test_create_contexts),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_dfs),
        cmocka_unit_test(test_dfs_limits),
    };

    arena_init(&arena, 0, 1 << 22, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
