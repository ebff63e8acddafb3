#include "base/test_arena.h"
#include "wire/spnego/spnego.h"

static struct builder b;

static struct span built(void)
{
    struct span out = SPAN_NONE;
    assert_ok(builder_done(&b, &out));
    return out;
}

static void assert_hex(const char *want)
{
    assert_span_equal(text_hex(&arena, built()), span_str(want));
}

static void begin(void)
{
    builder_in(&b, &arena, 4096);
}

static struct spnego_token decode(const char *text)
{
    struct spnego_token t = {0};
    assert_ok(spnego_decode(hex(text), &arena, &t));
    return t;
}

static const char *impacket_init =
    "603006062b0601050502a0263024a019301706092a864882f712010202060a2b06010401823702020aa2070405746f"
    "6b656e";
/* What Windows' SMB2 server offers first: five mechanisms and the hint. */
static const char *windows_init2 =
    "607606062b0601050502a06c306aa03c303a060a2b06010401823702021e06092a864882f71201020206092a864886"
    "f712010202060a2a864886f71201020203060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65"
    "645f696e5f5246433431373840706c656173655f69676e6f7265";
static const char *impacket_resp = "a11d301ba0030a0101a10c060a2b06010401823702020aa20604046368616c";
static const char *samba_ntlm =
    "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a04284e544c4d535350000100000005"
    "82086200000000280000000000000028000000060100000000000f";

static void mechanisms(void **state)
{
    (void)state;
    for (unsigned m = 1; m < SPNEGO_MECH__COUNT; m++) {
        assert_int_equal(spnego_mech_of(spnego_mech_oid(m)), m);
        assert_true(spnego_mech_oid(m).len > 0);
    }
    assert_int_equal(spnego_mech_of(SPAN_LIT("\x2a\x03")), SPNEGO_MECH_OTHER);
    assert_int_equal(spnego_mech_of(SPAN_NONE), SPNEGO_MECH_OTHER);
    assert_string_equal(spnego_mech_name(SPNEGO_MECH_MS_KRB5), "ms-krb5");
}

static void initial_tokens(void **state)
{
    (void)state;
    struct spnego_token t = decode(impacket_init);
    assert_int_equal(t.kind, SPNEGO_INIT);
    assert_int_equal(t.init.mech_types.count, 2);
    assert_int_equal(spnego_mech_of(t.init.mech_types.items[0]), SPNEGO_MECH_MS_KRB5);
    assert_int_equal(spnego_mech_of(t.init.mech_types.items[1]), SPNEGO_MECH_NTLMSSP);
    assert_span(t.init.mech_token, "token");
    assert_null(t.init.mech_list_mic.ptr);
    assert_false(t.init.has_req_flags);
    assert_span_equal(t.init.mech_types.raw,
                      hex("301706092a864882f712010202060a2b06010401823702020a"));
    t = decode(samba_ntlm);
    assert_int_equal(t.init.mech_types.count, 1);
    assert_int_equal(t.init.mech_token.len, 40);
}

static void hints(void **state)
{
    (void)state;
    struct spnego_token t = decode(windows_init2);
    assert_int_equal(t.init.mech_types.count, 5);
    assert_int_equal(spnego_mech_of(t.init.mech_types.items[0]), SPNEGO_MECH_NEGOEX);
    assert_int_equal(spnego_mech_of(t.init.mech_types.items[3]), SPNEGO_MECH_KRB5_U2U);
    assert_span(t.init.hint_name, "not_defined_in_RFC4178@please_ignore");
    assert_null(t.init.mech_token.ptr);
    begin();
    spnego_put_init2(&b, &t.init);
    assert_hex(windows_init2);
}

static void initial_tokens_written(void **state)
{
    (void)state;
    struct spnego_token t = decode(impacket_init);
    begin();
    spnego_put_init(&b, &t.init);
    assert_hex(impacket_init);
    begin();
    spnego_put_mech_list(&b, &t.init.mech_types);
    assert_span_equal(built(), t.init.mech_types.raw);
    t.init.mech_list_mic = SPAN_LIT("mic");
    begin();
    spnego_put_init(&b, &t.init);
    struct spnego_token again;
    assert_ok(spnego_decode(built(), &arena, &again));
    assert_span(again.init.mech_list_mic, "mic");
    assert_null(again.init.hint_name.ptr);
    t.init.hint_name = SPAN_LIT("hint");
    begin();
    spnego_put_init2(&b, &t.init);
    assert_ok(spnego_decode(built(), &arena, &again));
    assert_span(again.init.mech_list_mic, "mic");
    assert_span(again.init.hint_name, "hint");
    t.init.mech_types.count = 0;
    begin();
    spnego_put_init(&b, &t.init);
    assert_err(b.err, ERR_RANGE);
}

static void responses(void **state)
{
    (void)state;
    struct spnego_token t = decode(impacket_resp);
    assert_int_equal(t.kind, SPNEGO_RESP);
    assert_true(t.resp.has_state);
    assert_int_equal(t.resp.state, SPNEGO_ACCEPT_INCOMPLETE);
    assert_int_equal(spnego_mech_of(t.resp.supported_mech), SPNEGO_MECH_NTLMSSP);
    assert_span(t.resp.response_token, "chal");
    begin();
    spnego_put_resp(&b, &t.resp);
    assert_hex(impacket_resp);
    struct spnego_resp done = {.has_state = true, .mech_list_mic = SPAN_LIT("m")};
    begin();
    spnego_put_resp(&b, &done);
    assert_hex("a10c300aa0030a0100a30304016d");
    t = decode("a1023000");
    assert_false(t.resp.has_state);
}

static void other_shapes(void **state)
{
    (void)state;
    struct spnego_token t = decode("600f06092a864886f71201020201006e00");
    assert_int_equal(t.kind, SPNEGO_RAW_MECH);
    assert_int_equal(t.raw_mech, SPNEGO_MECH_KRB5);
    t = decode("4e544c4d5353500001000000");
    assert_int_equal(t.kind, SPNEGO_RAW_NTLM);
    assert_int_equal(t.raw_mech, SPNEGO_MECH_NTLMSSP);
}

static void tokens_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err want;
    } rows[] = {
        {"", ERR_TRUNCATED},
        {"4e544c4d535350", ERR_UNSUPPORTED},
        {"6e00", ERR_UNSUPPORTED},
        {"6000", ERR_MALFORMED},
        {"6080060000", ERR_MALFORMED},
        {"600806062b0601050502", ERR_MALFORMED},             /* nothing after the OID */
        {"600a06062b0601050502a000", ERR_MALFORMED},         /* no SEQUENCE */
        {"600c06062b0601050502a0023000", ERR_MALFORMED},     /* no mechanisms */
        {"601006062b0601050502a0063004a0023000", ERR_RANGE}, /* an empty list of them */
        {"603006062b0601050502a0263024a019301706092a864882f712010202060a2b06010401823702020aa207040"
         "5"
         "746f6b65",
         ERR_TRUNCATED},
        {"a107"
         "3005a0030a0104",
         ERR_RANGE}, /* unknown state */
        {"a1053003a0010a", ERR_MALFORMED},
        {"a102300000", ERR_MALFORMED},
        {"601e06062b0601050502a0143012a0053003060161a30404026d6da40304016d", ERR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct spnego_token t;
        enum err e = spnego_decode(hex(rows[i].text), &arena, &t);
        if (e != rows[i].want)
            fail_msg("row %zu: %s", i, err_name(e));
    }
}

static void mechanisms_have_a_limit(void **state)
{
    (void)state;
    struct span oids[SPNEGO_MECHS_MAX + 1];
    for (unsigned i = 0; i <= SPNEGO_MECHS_MAX; i++)
        oids[i] = SPAN_LIT("\x2a\x03");
    struct spnego_init i = {.mech_types = {oids, SPNEGO_MECHS_MAX, SPAN_NONE}};
    struct spnego_token t;
    begin();
    spnego_put_init(&b, &i);
    assert_ok(spnego_decode(built(), &arena, &t));
    uint8_t copy[512];
    struct builder list;
    builder_over(&list, copy, sizeof(copy));
    builder_span(&list, hex("60819806062b0601050502a0818d30818aa08187308184"));
    for (unsigned n = 0; n <= SPNEGO_MECHS_MAX; n++)
        builder_span(&list, hex("06022a03"));
    struct span in;
    assert_ok(builder_done(&list, &in));
    assert_err(spnego_decode(in, &arena, &t), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mechanisms),
        cmocka_unit_test(initial_tokens),
        cmocka_unit_test(hints),
        cmocka_unit_test(initial_tokens_written),
        cmocka_unit_test(responses),
        cmocka_unit_test(other_shapes),
        cmocka_unit_test(tokens_that_are_refused),
        cmocka_unit_test(mechanisms_have_a_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
