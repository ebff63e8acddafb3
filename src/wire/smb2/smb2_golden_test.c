/*
 * Messages that Windows sent, from the worked example of "SMB 3.1.1 Pre-authentication integrity in
 * Windows 10" by Microsoft's specification team: read, and written to the same bytes.
 */
#include "wire/smb2/smb2_context.h"

#include "base/test.h"
#include "base/text.h"

static struct arena arena;

static struct span bytes_of(const char *hex)
{
    struct span out;

    assert_ok(text_unhex(span_str(hex), &arena, &out));
    return out;
}

static struct span done(struct builder *b)
{
    struct span out;

    assert_ok(builder_done(b, &out));
    return out;
}

/* The message from its parts again. */
static void assert_again(struct span message, const struct smb2_header *h,
                         const struct smb2_shape *shape, const void *body)
{
    struct builder b;

    builder_in(&b, &arena, 1 << 16);
    smb2_header_put(&b, h);
    smb2_put(&b, 0, shape, body);
    assert_span_equal(done(&b), message);
}

static void assert_contexts_again(struct span contexts, const struct smb2_negotiate_contexts *c,
                                  unsigned count)
{
    struct builder b;

    builder_in(&b, &arena, 1 << 16);
    assert_int_equal(smb2_negotiate_contexts_put(&b, c), count);
    assert_span_equal(done(&b), contexts);
}

static const char negotiate_request[] =
    "fe534d4240000100000000000000800000000000000000000100000000000000fffe0000000000000000000000"
    "0000000000000000000000000000000000000024000500000000003f000000ecd86f326276024f9f7752b89bb3"
    "3f3a70000000020000000202100200030203110300000100260000000000010020000100fa49e6578f1f3a9f4c"
    "d3e9cc14a67aa884b3d05844e0e5a118225c15887f32ff00000200060000000000020002000100";

static void test_negotiate_request(void **state)
{
    static const uint16_t dialects[] = {0x202, 0x210, 0x300, 0x302, 0x311};
    struct span message = bytes_of(negotiate_request);
    struct smb2_negotiate_contexts c;
    struct smb2_negotiate_request q;
    struct smb2_header h;
    (void)state;

    assert_ok(smb2_header_decode(message, &h));
    assert_int_equal(h.command, SMB2_NEGOTIATE);
    assert_int_equal(h.credits, 128);
    assert_int_equal(h.message_id, 1);
    assert_ok(smb2_decode(smb2_request_shape(h.command), message, &q));
    assert_int_equal(q.capabilities, 0x3f);
    assert_int_equal(smb2_dialect_count(q.dialects), 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(smb2_dialect_at(q.dialects, i), dialects[i]);
    assert_int_equal(q.context_count, 2);
    assert_ok(smb2_negotiate_contexts_decode(q.contexts, q.context_count, &c));
    assert_int_equal(c.hashes.count, 1);
    assert_int_equal(c.hashes.ids[0], SMB2_HASH_SHA512);
    assert_int_equal(c.salt.len, 32);
    assert_int_equal(c.ciphers.count, 2);
    assert_int_equal(c.ciphers.ids[0], 2);
    assert_int_equal(c.ciphers.ids[1], 1);
    assert_false(c.signing.present);
    assert_again(message, &h, smb2_request_shape(h.command), &q);
    assert_contexts_again(q.contexts, &c, 2);
}

static void test_negotiate_response(void **state)
{
    struct span message = bytes_of(
        "fe534d4240000100000000000000010001000000000000000100000000000000fffe0000000000000000000000"
        "00000000000000000000000000000000000000410001001103020039cbcaf329714942bdce5d60f09ab3fb2f00"
        "0000000080000000800000008000d8dae5adcbaed00109094ab095aed00180004001c00100006082013c06062b"
        "0601050502a08201303082012ca01a3018060a2b06010401823702021e060a2b06010401823702020aa282010c"
        "048201084e45474f45585453010000000000000060000000700000007c7cc0fd06d6362d02dde1cf343bfe2929"
        "00f49750b4aa97934d9c4296b26e51fd370471b235e15a50dae15bd5489c870000000000000000600000000100"
        "000000000000000000005c33530deaf90d4db2ec4ae3786ec3084e45474f455854530300000001000000400000"
        "00980000007c7cc0fd06d6362d02dde1cf343bfe295c33530deaf90d4db2ec4ae3786ec3084000000058000000"
        "3056a05430523027802530233121301f06035504031318546f6b656e205369676e696e67205075626c6963204b"
        "6579302780253023"
        "3121301f06035504031318546f6b656e205369676e696e67205075626c6963204b657901002600000000000100"
        "2000010060a3c3b95c3c7ccd51ec536648d9b3ac74c483ca5b65385a251117beb30712e5000002000400000000"
        "0001000200");
    struct smb2_negotiate_contexts c;
    struct smb2_negotiate_response p;
    struct smb2_header h;
    (void)state;

    assert_ok(smb2_header_decode(message, &h));
    assert_int_equal(h.flags, SMB2_FLAG_RESPONSE);
    assert_ok(smb2_decode(smb2_response_shape(h.command), message, &p));
    assert_int_equal(p.dialect, SMB2_DIALECT_311);
    assert_int_equal(p.max_read, 0x800000);
    assert_int_equal(p.security.len, 0x140);
    assert_ok(smb2_negotiate_contexts_decode(p.contexts, p.context_count, &c));
    assert_int_equal(c.ciphers.count, 1);
    assert_int_equal(c.ciphers.ids[0], 2);
    assert_again(message, &h, smb2_response_shape(h.command), &p);
    assert_contexts_again(p.contexts, &c, 2);
}

static void test_session_setup(void **state)
{
    struct span message = bytes_of(
        "fe534d4240000100000000000100800000000000000000000200000000000000fffe0000000000000000000000"
        "0000000000000000000000000000000000000019000001010000000000000058004a0000000000000000006048"
        "06062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a04284e544c4d535350000100000097"
        "8208e200000000000000000000000000000000060380250000000f");
    struct smb2_session_setup_request q;
    struct smb2_session_setup_response p;
    struct smb2_header h;
    (void)state;

    assert_ok(smb2_header_decode(message, &h));
    assert_ok(smb2_decode(smb2_request_shape(h.command), message, &q));
    assert_int_equal(q.security_mode, SMB2_SIGNING_ENABLED);
    assert_int_equal(q.security.len, 0x4a);
    assert_again(message, &h, smb2_request_shape(h.command), &q);
    message = bytes_of(
        "fe534d4240000100160000c00100010001000000000000000200000000000000fffe0000000000001900000000"
        "10000000000000000000000000000000000000090000004800b300a181b03081ada0030a0101a10c060a2b0601"
        "0401823702020aa281970481944e544c4d53535000020000000c000c003800000015828ae20d1d8ba31179d008"
        "000000000000000050005000440000000a0092270000000f53005500540033003100310002000c005300550054"
        "0033003100310001000c0053005500540033003100310004000c0053005500540033003100310003000c005300"
        "5500540033003100310007000800a1a1f5adcbaed00100000000");
    assert_ok(smb2_header_decode(message, &h));
    assert_int_equal(h.status, 0xc0000016); /* STATUS_MORE_PROCESSING_REQUIRED */
    assert_int_equal(h.session_id, 0x100000000019);
    assert_ok(smb2_decode(smb2_response_shape(h.command), message, &p));
    assert_int_equal(p.security.len, 0xb3);
    assert_again(message, &h, smb2_response_shape(h.command), &p);
}

/* From "Encryption in SMB 3.0": inside the transform header. */
static void test_write_request(void **state)
{
    struct span message = bytes_of(
        "fe534d4240000100000000000900400008000000000000000400000000000000fffe0000010000001100001400"
        "e40800000000000000000000000000000000003100700017000000000000000000000015010000390000020100"
        "000039020000000000000000000070000000000000005"
        "36d623320656e6372797074696f6e2074657374696e67");
    struct smb2_write_request q;
    struct smb2_header h;
    (void)state;

    assert_ok(smb2_header_decode(message, &h));
    assert_int_equal(h.tree_id, 1);
    assert_ok(smb2_decode(smb2_request_shape(h.command), message, &q));
    assert_span(q.data, "Smb3 encryption testing");
    assert_int_equal(q.id.lasting, 0x200003900000115);
    assert_int_equal(q.id.volatil, 0x23900000001);
    assert_again(message, &h, smb2_request_shape(h.command), &q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_negotiate_request),
        cmocka_unit_test(test_negotiate_response),
        cmocka_unit_test(test_session_setup),
        cmocka_unit_test(test_write_request),
    };

    arena_init(&arena, 0, 1 << 22, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
