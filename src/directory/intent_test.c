#include "base/test.h"
#include "directory/intent.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 64u << 20, ARENA_WIPE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct sid sids[2];
static struct span values[3] = {SPAN_LIT("user"), SPAN_LIT(""), SPAN_LIT("p\xc3\xa9tur")};
static struct span servers[2] = {SPAN_LIT("10.99.1.10"), SPAN_LIT("fd00::1")};
static struct intent_mod mods[2];
static const dir_id ids[2] = {7, 4000000000u};
static const int64_t times[2] = {FILETIME_NEVER, -1};

static struct intent full(void)
{
    sids[0] = SID_NT(21, 1, 2, 3, 1104);
    sids[1] = SID_NT(32, 544);
    mods[0] = (struct intent_mod){MOD_REPLACE, SPAN_LIT("objectClass"), values, 3};
    mods[1] = (struct intent_mod){MOD_DELETE, SPAN_LIT("description"), NULL, 0};
    return (struct intent){
        .kind = INTENT_TRUST_PUT,
        .flags = INTENT_PERMISSIVE | INTENT_PROTECTED,
        .token = {.sids = sids, .count = 2, .account = 99},
        .target = SPAN_LIT("CN=x,DC=aws,DC=example,DC=com"),
        .new_rdn = SPAN_LIT("CN=y"),
        .new_parent = SPAN_LIT("OU=z"),
        .delete_old_rdn = true,
        .sd_parts = 4,
        .mods = mods,
        .mod_count = 2,
        .old_password = SPAN_LIT("old"),
        .new_password = SPAN_LIT("new"),
        .trust = {.dns_name = SPAN_LIT("corp.example.com"),
                  .flat_name = SPAN_LIT("CORP"),
                  .sid = SID_NT(21, 9, 8, 7),
                  .direction = 3,
                  .type = 2,
                  .attributes = 8,
                  .enctypes = 24,
                  .password = SPAN_LIT("shared"),
                  .incoming = SPAN_LIT("in"),
                  .outgoing = SPAN_LIT("out"),
                  .forest_info = SPAN_LIT("fti"),
                  .secret = SPAN_LIT("s\0"),
                  .version = 4,
                  .usn = UINT64_C(0x100000002)},
        .servers = servers,
        .server_count = 2,
        .account = 12,
        .when = 133000000000000000,
        .batch_ids = ids,
        .batch_times = times,
        .batch_count = 2,
        .ldif = SPAN_LIT("dn: x\n"),
        .first_line = 3,
    };
}

#define SAME(a, b) assert_true(span_eq((a), (b)))

static void keeps_everything(void **state)
{
    (void)state;
    struct intent in = full(), out;
    struct span bytes;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_OK);
    assert_int_equal(intent_decode(bytes, &arena, &out), ERR_OK);
    assert_int_equal(out.kind, in.kind);
    assert_int_equal(out.flags, in.flags);
    assert_int_equal(out.token.count, 2);
    assert_true(sid_eq(&out.token.sids[1], &sids[1]));
    assert_int_equal(out.token.account, 99);
    SAME(out.target, in.target);
    SAME(out.new_rdn, in.new_rdn);
    SAME(out.new_parent, in.new_parent);
    assert_true(out.delete_old_rdn);
    assert_int_equal(out.sd_parts, 4);
    assert_int_equal(out.mod_count, 2);
    assert_int_equal(out.mods[0].op, MOD_REPLACE);
    assert_int_equal(out.mods[0].count, 3);
    SAME(out.mods[0].values[2], values[2]);
    SAME(out.mods[1].attr, mods[1].attr);
    SAME(out.old_password, in.old_password);
    SAME(out.new_password, in.new_password);
    SAME(out.trust.dns_name, in.trust.dns_name);
    SAME(out.trust.flat_name, in.trust.flat_name);
    assert_true(sid_eq(&out.trust.sid, &in.trust.sid));
    assert_int_equal(out.trust.direction, 3);
    assert_int_equal(out.trust.type, 2);
    assert_int_equal(out.trust.attributes, 8);
    assert_int_equal(out.trust.enctypes, 24);
    SAME(out.trust.password, in.trust.password);
    SAME(out.trust.incoming, in.trust.incoming);
    SAME(out.trust.outgoing, in.trust.outgoing);
    SAME(out.trust.forest_info, in.trust.forest_info);
    assert_true(out.trust.usn == in.trust.usn);
    SAME(out.trust.secret, in.trust.secret);
    assert_int_equal(out.trust.version, 4);
    assert_int_equal(out.server_count, 2);
    SAME(out.servers[1], servers[1]);
    assert_int_equal(out.account, 12);
    assert_int_equal(out.when, in.when);
    assert_int_equal(out.batch_count, 2);
    assert_int_equal(out.batch_ids[1], ids[1]);
    assert_true(out.batch_times[0] == FILETIME_NEVER && out.batch_times[1] == -1);
    SAME(out.ldif, in.ldif);
    assert_int_equal(out.first_line, 3);
}

/* The right to skip the access check travels as a flag, which the channel can refuse, never in the
 * token. */
static void system_is_a_flag(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_DELETE, .token = {.system = true}}, out;
    struct span bytes;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_OK);
    assert_int_equal(intent_decode(bytes, &arena, &out), ERR_OK);
    assert_false(out.token.system);
    in.flags = INTENT_SYSTEM;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_OK);
    assert_int_equal(intent_decode(bytes, &arena, &out), ERR_OK);
    assert_true(out.token.system);
}

static void refuses_every_prefix_and_a_tail(void **state)
{
    (void)state;
    struct intent in = full(), out;
    struct span bytes;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_OK);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(intent_decode(span_sub(bytes, 0, n), &arena, &out), ERR_OK);
    uint8_t *longer = arena_alloc(&arena, bytes.len + 1);
    memcpy(longer, bytes.ptr, bytes.len);
    assert_int_equal(intent_decode(span_of(longer, bytes.len + 1), &arena, &out), ERR_MALFORMED);
}

static void refuses_what_is_unknown(void **state)
{
    (void)state;
    struct intent in = full(), out;
    struct span bytes;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_OK);
    uint8_t *copy = arena_dup(&arena, bytes.ptr, bytes.len);
    copy[3] = 2; /* version */
    assert_int_equal(intent_decode(span_of(copy, bytes.len), &arena, &out), ERR_MALFORMED);
    copy = arena_dup(&arena, bytes.ptr, bytes.len);
    copy[4] = INTENT_KIND_END;
    assert_int_equal(intent_decode(span_of(copy, bytes.len), &arena, &out), ERR_MALFORMED);
    copy = arena_dup(&arena, bytes.ptr, bytes.len);
    copy[9] = 8; /* flag 2048 */
    assert_int_equal(intent_decode(span_of(copy, bytes.len), &arena, &out), ERR_MALFORMED);
    in.kind = 0;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_RANGE);
}

static void bounds_every_list(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_ADD};
    struct span bytes;
    in.mod_count = INTENT_MODS_MAX + 1;
    in.mods = arena_array(&arena, in.mod_count, sizeof *in.mods);
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_LIMIT);

    struct span *many = arena_array(&arena, INTENT_VALUES_MAX, sizeof *many);
    struct intent_mod two[2] = {{MOD_ADD, SPAN_LIT("a"), many, INTENT_VALUES_MAX},
                                {MOD_ADD, SPAN_LIT("b"), many, 1}};
    in.mods = two;
    in.mod_count = 2;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_LIMIT);
    in.mod_count = 1;
    assert_int_equal(intent_encode(&in, &arena, &bytes), ERR_OK);
}

static void reply_keeps_everything(void **state)
{
    (void)state;
    struct intent_reply in = {.err = ERR_CONSTRAINT,
                              .reason = REASON_WIRE_TOO_LARGE,
                              .usn = UINT64_C(1) << 40,
                              .id = 77,
                              .text = SPAN_LIT("why"),
                              .data = SPAN_LIT("\x05\x02")},
                        out;
    struct span bytes;
    assert_int_equal(intent_reply_encode(&in, &arena, &bytes), ERR_OK);
    assert_int_equal(intent_reply_decode(bytes, &arena, &out), ERR_OK);
    assert_int_equal(out.err, in.err);
    assert_int_equal(out.reason, in.reason);
    assert_true(out.usn == in.usn && out.id == 77);
    SAME(out.text, in.text);
    SAME(out.data, in.data);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(intent_reply_decode(span_sub(bytes, 0, n), &arena, &out), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(system_is_a_flag, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_every_prefix_and_a_tail, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_every_list, setup, teardown),
        cmocka_unit_test_setup_teardown(reply_keeps_everything, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
