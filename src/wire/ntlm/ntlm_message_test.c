/*
 * NTLM's messages: the bytes of [MS-NLMP] 4.2.4.3 and of Samba's client, and what is refused.
 */
#include "base/test_arena.h"
#include "wire/ntlm/ntlm.h"

#define CHALLENGE_HEX                                                                              \
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044"   \
    "000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c005300"   \
    "6500720076006500720000000000"
#define TEMP_HEX                                                                                   \
    "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00"     \
    "01000c005300650072007600650072000000000000000000"
#define NT_HEX "68cd0ab851e51c96aabc927bebef6a1c" TEMP_HEX
#define AUTHENTICATE_HEX                                                                           \
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000"     \
    "100010005c00000010001000d8000000358288e20501280a0000000f"                                     \
    "44006f006d00610069006e0055007300650072004300"                                                 \
    "4f004d0050005500540045005200"                                                                 \
    "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa" NT_HEX "c5dad2544fc9799094ce1ce90bc9d03e"

static struct span text16(const char *text)
{
    struct span out;
    assert_ok(text_to_utf16(span_str(text), &arena, &out));
    return out;
}

static struct span done(struct builder *b)
{
    struct span out;
    assert_ok(builder_done(b, &out));
    return out;
}

/* What we write says another version than the specification's example: eight bytes at `at`. */
static void assert_same_but_version(struct span got, struct span want, size_t at)
{
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.ptr, want.ptr, at);
    assert_memory_equal(got.ptr + at + 8, want.ptr + at + 8, want.len - at - 8);
}

static void challenge_of_the_specification(void **state)
{
    struct span bytes = hex(CHALLENGE_HEX);
    struct ntlm_challenge m;
    struct ntlm_target_info i;
    struct builder b;
    (void)state;

    assert_ok(ntlm_challenge_decode(bytes, &m));
    assert_int_equal(m.flags, 0xe28a8233);
    assert_span_equal(span_of(m.challenge, 8), hex("0123456789abcdef"));
    assert_span_equal(m.target, text16("Server"));
    assert_ok(ntlm_target_info_decode(m.target_info, &i));
    assert_span_equal(i.computer, text16("Server"));
    assert_span_equal(i.domain, text16("Domain"));
    assert_true(!i.dns_computer.ptr && !i.target.ptr && !i.binding.ptr && !i.has_flags);
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_challenge(&b, &m);
    assert_same_but_version(done(&b), bytes, 48);
}

static void authenticate_of_the_specification(void **state)
{
    struct span bytes = hex(AUTHENTICATE_HEX);
    struct ntlm_authenticate m;
    struct ntlm_v2_response v2;
    struct builder b;
    (void)state;

    assert_ok(ntlm_authenticate_decode(bytes, &m));
    assert_int_equal(m.flags, 0xe2888235);
    assert_span_equal(m.user, text16("User"));
    assert_span_equal(m.domain, text16("Domain"));
    assert_span_equal(m.workstation, text16("COMPUTER"));
    assert_int_equal(m.lm.len, 24);
    assert_span_equal(m.session_key, hex("c5dad2544fc9799094ce1ce90bc9d03e"));
    assert_null(m.mic.ptr); /* its place is the domain's name */
    assert_ok(ntlm_v2_response_decode(m.nt, &v2));
    assert_span_equal(span_of(v2.proof, 16), hex("68cd0ab851e51c96aabc927bebef6a1c"));
    assert_span_equal(v2.temp, hex(TEMP_HEX));
    assert_span_equal(v2.info.domain, text16("Domain"));
    assert_int_equal(v2.timestamp, 0);
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_authenticate(&b, &m, false);
    assert_same_but_version(done(&b), bytes, 64);
}

static void client_challenge_of_the_specification(void **state)
{
    struct ntlm_target_info info;
    struct builder b;
    struct span pairs = hex("02000c0044006f006d00610069006e0001000c00530065007200760065007200");
    (void)state;

    /* The example's list has the domain first; ours is in the order of the numbers. */
    info = (struct ntlm_target_info){.domain = text16("Domain")};
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_client_challenge(&b, 0, hex("aaaaaaaaaaaaaaaa").ptr, &info);
    assert_span_equal(done(&b), hex("01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c"
                                    "0044006f006d00610069006e000000000000000000"));
    /* Without its end a list is none. */
    assert_err(ntlm_target_info_decode(pairs, &info), ERR_MALFORMED);
}

static void mic_has_its_place(void **state)
{
    struct ntlm_authenticate m = {.flags = NTLM_UNICODE | NTLM_VERSION, .user = text16("ada")}, got;
    struct builder b;
    (void)state;

    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_authenticate(&b, &m, true);
    struct span bytes = done(&b);
    assert_ok(ntlm_authenticate_decode(bytes, &got));
    assert_ptr_equal(got.mic.ptr, bytes.ptr + NTLM_MIC_AT);
    assert_int_equal(got.mic.len, NTLM_MIC_SIZE);
    assert_span_equal(got.user, text16("ada"));
}

static void negotiate_of_samba(void **state)
{
    struct span bytes =
        hex("4e544c4d53535000010000003582086200000000280000000000000028000000060100000000000f");
    struct ntlm_negotiate m;
    struct builder b;
    (void)state;

    assert_ok(ntlm_negotiate_decode(bytes, &m));
    assert_int_equal(m.flags, NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_SIGN | NTLM_SEAL |
                                  NTLM_NTLM | NTLM_ALWAYS_SIGN | NTLM_EXTENDED_SECURITY |
                                  NTLM_VERSION | NTLM_128 | NTLM_KEY_EXCHANGE);
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_negotiate(&b, &m);
    assert_same_but_version(done(&b), bytes, 32);
    assert_ok(ntlm_negotiate_decode(span_sub(bytes, 0, 16), &m)); /* as in the nineties */
}

static void every_pair(void **state)
{
    struct ntlm_target_info i = {.computer = text16("DC1"),
                                 .domain = text16("CLOUD"),
                                 .dns_computer = text16("dc1.cloud.example.com"),
                                 .dns_domain = text16("cloud.example.com"),
                                 .dns_tree = text16("example.com"),
                                 .has_flags = true,
                                 .flags = NTLM_AV_MIC,
                                 .has_timestamp = true,
                                 .timestamp = 0x1dc5f0123456789,
                                 .single = hex("3000000000000000"),
                                 .target = SPAN_LIT(""),
                                 .binding = hex("00112233445566778899aabbccddeeff")},
                            got;
    struct builder b;
    (void)state;

    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_target_info(&b, &i);
    assert_ok(ntlm_target_info_decode(done(&b), &got));
    assert_span_equal(got.computer, i.computer);
    assert_span_equal(got.domain, i.domain);
    assert_span_equal(got.dns_computer, i.dns_computer);
    assert_span_equal(got.dns_domain, i.dns_domain);
    assert_span_equal(got.dns_tree, i.dns_tree);
    assert_span_equal(got.single, i.single);
    assert_true(got.target.ptr && got.target.len == 0);
    assert_span_equal(got.binding, i.binding);
    assert_true(got.has_flags && got.flags == i.flags);
    assert_true(got.has_timestamp && got.timestamp == i.timestamp);
}

static void pairs_refused(void **state)
{
    static const char *const bad[] = {
        "",                                 /* no end */
        "0000",                             /* half an end */
        "010004004100",                     /* longer than what is there */
        "01000200410001000200420000000000", /* twice */
        "06000200010000000000",             /* flags of two bytes */
        "0700040001000000"
        "00000000",                 /* half a time */
        "0a000400aabbccdd00000000", /* half a hash */
    };
    struct ntlm_target_info i;
    struct builder b;
    (void)state;

    for (unsigned n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
        assert_err(ntlm_target_info_decode(hex(bad[n]), &i), ERR_MALFORMED);
    assert_ok(ntlm_target_info_decode(hex("ff00020041000000000000000000"), &i)); /* unknown */
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    for (unsigned n = 0; n < NTLM_PAIRS_MAX; n++) {
        builder_le16(&b, 100);
        builder_le16(&b, 0);
    }
    builder_zeros(&b, 4);
    assert_err(ntlm_target_info_decode(done(&b), &i), ERR_MALFORMED);
}

static void messages_refused(void **state)
{
    struct span good = hex(AUTHENTICATE_HEX);
    uint8_t *bytes = arena_dup(&arena, good.ptr, good.len);
    struct ntlm_authenticate m;
    struct ntlm_challenge c;
    struct ntlm_v2_response v2;
    enum ntlm_kind kind;
    (void)state;

    for (size_t len = 0; len < good.len; len++)
        assert_err(ntlm_authenticate_decode(span_of(bytes, len), &m), ERR_MALFORMED);
    assert_err(ntlm_challenge_decode(good, &c), ERR_MALFORMED); /* another kind */
    bytes[7] = 'X';
    assert_err(ntlm_kind(span_of(bytes, good.len), &kind), ERR_MALFORMED);
    bytes[7] = 0;
    bytes[16] = 63; /* LmChallengeResponse in the fixed part */
    assert_err(ntlm_authenticate_decode(span_of(bytes, good.len), &m), ERR_MALFORMED);
    bytes[19] = 0xff; /* ... and far outside */
    assert_err(ntlm_authenticate_decode(span_of(bytes, good.len), &m), ERR_MALFORMED);
    bytes = arena_alloc(&arena, NTLM_MESSAGE_MAX + 1);
    memcpy(bytes, good.ptr, good.len);
    assert_err(ntlm_authenticate_decode(span_of(bytes, NTLM_MESSAGE_MAX + 1), &m), ERR_LIMIT);
    assert_err(ntlm_v2_response_decode(hex("68cd0ab851e51c96aabc927bebef6a1c0201"), &v2),
               ERR_MALFORMED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(challenge_of_the_specification),
        CASE(authenticate_of_the_specification),
        CASE(client_challenge_of_the_specification),
        CASE(mic_has_its_place),
        CASE(negotiate_of_samba),
        CASE(every_pair),
        CASE(pairs_refused),
        CASE(messages_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
