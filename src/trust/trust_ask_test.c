#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "trust/trust_ask.h"

static struct arena arena;

/* No prefix decodes. */
#define REFUSES_PREFIXES(decode, bytes, into)                                                      \
    for (size_t n = 0; n < (bytes).len; n++)                                                       \
    assert_int_not_equal(decode(span_sub(bytes, 0, n), into), ERR_OK)

static void test_a_call_and_its_answer(void **state)
{
    struct trust_call call = {.partner = SPAN_LIT("corp.example.com"),
                              .interface = TRUST_LSARPC,
                              .opnum = 77,
                              .stub = SPAN_LIT("in")};
    struct trust_answer answer = {.status = 0xc0000022u,
                                  .reason = REASON_SERVER_BUSY,
                                  .server = SPAN_LIT("dc1.corp.example.com"),
                                  .stub = SPAN_LIT("out")};
    struct trust_call call_back;
    struct trust_answer answer_back;
    struct span bytes;
    (void)state;
    assert_int_equal(trust_call_encode(&call, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_call_decode(bytes, &call_back), ERR_OK);
    assert_true(span_eq(call_back.partner, call.partner) && span_eq(call_back.stub, call.stub));
    assert_int_equal(call_back.interface, TRUST_LSARPC);
    assert_int_equal(call_back.opnum, 77);
    REFUSES_PREFIXES(trust_call_decode, bytes, &call_back);

    assert_int_equal(trust_answer_encode(&answer, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_answer_decode(bytes, &answer_back), ERR_OK);
    assert_int_equal(answer_back.status, 0xc0000022u);
    assert_int_equal(answer_back.reason, REASON_SERVER_BUSY);
    assert_true(span_eq(answer_back.server, answer.server));
    assert_true(span_eq(answer_back.stub, answer.stub));
    REFUSES_PREFIXES(trust_answer_decode, bytes, &answer_back);
}

static void test_the_state_of_a_channel(void **state)
{
    struct trust_reset reset = {.partner = SPAN_LIT("corp.example.com"), .server = SPAN_LIT("dc2")};
    struct trust_channel channel = {
        .up = true, .former = true, .since = 12345, .server = SPAN_LIT("dc2")};
    struct trust_reset reset_back;
    struct trust_channel channel_back;
    struct span bytes;
    (void)state;
    assert_int_equal(trust_reset_encode(&reset, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_reset_decode(bytes, &reset_back), ERR_OK);
    assert_true(span_eq(reset_back.server, reset.server));
    REFUSES_PREFIXES(trust_reset_decode, bytes, &reset_back);

    struct trust_lookup lookup = {SPAN_LIT("corp.example.com"), SPAN_LIT("CORP\\alice")};
    struct trust_lookup lookup_back;
    assert_int_equal(trust_lookup_encode(&lookup, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_lookup_decode(bytes, &lookup_back), ERR_OK);
    assert_true(span_eq(lookup_back.partner, lookup.partner));
    assert_true(span_eq(lookup_back.name, lookup.name));
    REFUSES_PREFIXES(trust_lookup_decode, bytes, &lookup_back);

    assert_int_equal(trust_channel_encode(&channel, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_channel_decode(bytes, &channel_back), ERR_OK);
    assert_true(channel_back.up && channel_back.former && channel_back.since == 12345);
    assert_true(span_eq(channel_back.server, channel.server));
    REFUSES_PREFIXES(trust_channel_decode, bytes, &channel_back);
}

static void test_what_was_told(void **state)
{
    struct trust_told told = {.now = true, .version = 7, .changed = -2}, back;
    struct span bytes;
    (void)state;
    assert_int_equal(trust_told_encode(&told, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_told_decode(bytes, &back), ERR_OK);
    assert_true(back.now && back.version == 7 && back.changed == -2);
    REFUSES_PREFIXES(trust_told_decode, bytes, &back);
}

static void test_what_is_made_over_there(void **state)
{
    struct trust_remote remote = {.partner = SPAN_LIT("corp.example.com"),
                                  .admin = SPAN_LIT("Administrator"),
                                  .admin_password = SPAN_LIT("secret"),
                                  .password = SPAN_LIT("shared"),
                                  .direction = 2,
                                  .attributes = 8,
                                  .act = TRUST_REMOTE_UNDO};
    struct trust_identity identity = {.flat_name = SPAN_LIT("CORP"), .sid = SID_NT(21, 9, 8, 7)};
    struct trust_remote remote_back;
    struct trust_identity identity_back;
    struct span bytes;
    (void)state;
    assert_int_equal(trust_remote_encode(&remote, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_remote_decode(bytes, &remote_back), ERR_OK);
    assert_true(span_eq(remote_back.admin_password, remote.admin_password));
    assert_true(span_eq(remote_back.password, remote.password) && remote_back.act == remote.act);
    assert_true(remote_back.direction == 2 && remote_back.attributes == 8);
    REFUSES_PREFIXES(trust_remote_decode, bytes, &remote_back);
    assert_int_equal(trust_identity_encode(&identity, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_identity_decode(bytes, &identity_back), ERR_OK);
    assert_true(span_eq(identity_back.flat_name, identity.flat_name));
    assert_true(sid_eq(&identity_back.sid, &identity.sid));
    REFUSES_PREFIXES(trust_identity_decode, bytes, &identity_back);
}

static void test_limits(void **state)
{
    static const uint8_t big[TRUST_STUB_MAX + 1];
    struct trust_call call = {.partner = span_of(big, TRUST_PARTNER_MAX + 1)};
    struct span bytes;
    (void)state;
    assert_int_equal(trust_call_encode(&call, &arena, &bytes), ERR_LIMIT);
    call = (struct trust_call){.stub = span_of(big, sizeof(big))};
    assert_int_equal(trust_call_encode(&call, &arena, &bytes), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_and_its_answer),
        cmocka_unit_test(test_the_state_of_a_channel),
        cmocka_unit_test(test_what_was_told),
        cmocka_unit_test(test_what_is_made_over_there),
        cmocka_unit_test(test_limits),
    };
    arena_init(&arena, 4096, 1 << 22, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
