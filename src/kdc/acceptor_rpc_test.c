/*
 * Protection of DCE/RPC fragments under Kerberos: MIT's gss_wrap_iov and gss_get_mic_iov in DCE
 * style are the other side.
 */
#include "kdc/acceptor_fixture_test.h"

#define DCE      (GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_DCE_STYLE)
#define BODY_MAX 5840

struct fragment {
    uint8_t header[24], body[BODY_MAX], trailer[8], token[ACCEPTOR_RPC_TOKEN_MAX];
    uint8_t clear[BODY_MAX];
    size_t body_len;
    bool seal, sign_header;
};

static void fill(struct fragment *f, size_t body_len, bool seal, bool sign_header)
{
    fixture_random(f->header, sizeof(f->header));
    fixture_random(f->trailer, sizeof(f->trailer));
    fixture_random(f->clear, body_len);
    memcpy(f->body, f->clear, body_len);
    f->body_len = body_len;
    f->seal = seal;
    f->sign_header = sign_header;
}

static struct acceptor_rpc ours(struct fragment *f)
{
    return (struct acceptor_rpc){.seal = f->seal,
                                 .sign_header = f->sign_header,
                                 .header = span_of(f->header, sizeof(f->header)),
                                 .trailer = span_of(f->trailer, sizeof(f->trailer)),
                                 .body = f->body,
                                 .body_len = f->body_len};
}

/* The token's buffer is last, as in a fragment. */
static int theirs(struct fragment *f, gss_iov_buffer_desc iov[4], size_t token_len)
{
    OM_uint32 type = f->sign_header ? GSS_IOV_BUFFER_TYPE_SIGN_ONLY : GSS_IOV_BUFFER_TYPE_EMPTY;
    iov[0] = (gss_iov_buffer_desc){type, {sizeof(f->header), f->header}};
    iov[1] = (gss_iov_buffer_desc){GSS_IOV_BUFFER_TYPE_DATA, {f->body_len, f->body}};
    iov[2] = (gss_iov_buffer_desc){type, {sizeof(f->trailer), f->trailer}};
    iov[3] =
        (gss_iov_buffer_desc){f->seal ? GSS_IOV_BUFFER_TYPE_HEADER : GSS_IOV_BUFFER_TYPE_MIC_TOKEN,
                              {token_len, f->token}};
    return 4;
}

static size_t client_protects(struct pair *p, struct fragment *f)
{
    gss_iov_buffer_desc iov[4];
    OM_uint32 minor, major;
    int conf, count = theirs(f, iov, 0);
    major = f->seal ? gss_wrap_iov_length(&minor, p->gss, 1, 0, &conf, iov, count)
                    : gss_get_mic_iov_length(&minor, p->gss, 0, iov, count);
    assert_int_equal(major, 0);
    assert_true(iov[3].buffer.length <= sizeof(f->token));
    size_t len = iov[3].buffer.length;
    count = theirs(f, iov, len);
    major = f->seal ? gss_wrap_iov(&minor, p->gss, 1, 0, &conf, iov, count)
                    : gss_get_mic_iov(&minor, p->gss, 0, iov, count);
    assert_int_equal(major, 0);
    return len;
}

static void client_opens(struct pair *p, struct fragment *f, size_t len)
{
    gss_iov_buffer_desc iov[4];
    OM_uint32 minor, major;
    int conf = 0, count = theirs(f, iov, len);
    major = f->seal ? gss_unwrap_iov(&minor, p->gss, &conf, NULL, iov, count)
                    : gss_verify_mic_iov(&minor, p->gss, NULL, iov, count);
    assert_int_equal(major, 0);
    assert_int_equal(conf, f->seal);
}

static void both_ways(struct pair *p, size_t body_len, bool seal, bool sign_header)
{
    static struct fragment f;
    struct acceptor_rpc m;

    fill(&f, body_len, seal, sign_header);
    size_t len = client_protects(p, &f);
    m = ours(&f);
    assert_int_equal(acceptor_rpc_open(p->server, &m, span_of(f.token, len), &arena), ERR_OK);
    assert_memory_equal(f.body, f.clear, body_len);

    fill(&f, body_len, seal, sign_header);
    m = ours(&f);
    len = acceptor_rpc_token_size(p->server, seal);
    assert_true(len <= sizeof(f.token));
    assert_int_equal(acceptor_rpc_protect(p->server, &m, &arena, f.token), ERR_OK);
    if (seal)
        assert_memory_not_equal(f.body, f.clear, body_len);
    client_opens(p, &f, len);
    assert_memory_equal(f.body, f.clear, body_len);
}

static void converse(gss_OID mech)
{
    static const size_t lengths[] = {16, 32, 48, 1024, 5808};
    struct pair p;

    pair_begin(&p, mech, DCE | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG, ticket);
    establish(&p);
    assert_true(acceptor_session(p.server)->flags & GSS_FLAG_DCE_STYLE);
    for (unsigned i = 0; i < 4 * sizeof(lengths) / sizeof(lengths[0]); i++)
        both_ways(&p, lengths[i / 4], i & 1, i & 2);
    pair_end(&p);
}

static void test_bare(void **state)
{
    (void)state;
    converse(&krb5_oid);
}

static void test_spnego(void **state)
{
    (void)state;
    converse(&spnego_oid);
}

/* Each part that is protected, with one bit changed. */
static void test_changes(void **state)
{
    static struct fragment f;
    (void)state;

    for (unsigned i = 0; i < 16; i++) {
        struct pair p;
        bool seal = i & 1, sign_header = i & 2;
        pair_begin(&p, &krb5_oid, DCE, ticket);
        establish(&p);
        fill(&f, 64, seal, sign_header);
        size_t len = client_protects(&p, &f);
        uint8_t *const parts[] = {f.header + 3, f.body + 9, f.trailer + 1, f.token + len - 1};
        *parts[i / 4] ^= 0x10;
        struct acceptor_rpc m = ours(&f);
        bool covered = sign_header || i / 4 == 1 || i / 4 == 3;
        assert_int_equal(acceptor_rpc_open(p.server, &m, span_of(f.token, len), &arena),
                         covered ? ERR_REFUSED : ERR_OK);
        if (covered)
            assert_int_equal(acceptor_reason(p.server), REASON_AUTH_MESSAGE_INTEGRITY);
        pair_end(&p);
    }
}

static void test_order(void **state)
{
    static struct fragment first, second;
    struct pair p;
    (void)state;

    pair_begin(&p, &krb5_oid, DCE, ticket);
    establish(&p);
    fill(&first, 32, true, true);
    size_t len = client_protects(&p, &first);
    second = first;
    struct acceptor_rpc m = ours(&first), again = ours(&second);
    assert_int_equal(acceptor_rpc_open(p.server, &m, span_of(first.token, len), &arena), ERR_OK);
    assert_int_equal(acceptor_rpc_open(p.server, &again, span_of(second.token, len), &arena),
                     ERR_REFUSED);
    assert_int_equal(acceptor_reason(p.server), REASON_AUTH_MESSAGE_SEQUENCE);
    for (size_t cut = 0; cut < len; cut += 15) {
        assert_int_equal(acceptor_rpc_open(p.server, &again, span_of(second.token, cut), &arena),
                         ERR_REFUSED);
        assert_int_equal(acceptor_reason(p.server), REASON_AUTH_MESSAGE_MALFORMED);
    }
    pair_end(&p);
}

/* The third message says that the client has read the second: one of another session, or none. */
static void test_third_message(void **state)
{
    struct pair p, q;
    struct span out, other;
    bool done;
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        pair_begin(&q, &krb5_oid, DCE, ticket);
        assert_int_equal(server_step(&q, client_step(&q, SPAN_NONE), &out, &done), ERR_OK);
        other = client_step(&q, out);
        pair_begin(&p, &krb5_oid, DCE, ticket);
        assert_int_equal(server_step(&p, client_step(&p, SPAN_NONE), &out, &done), ERR_OK);
        assert_false(done);
        assert_null(acceptor_session(p.server));
        (void)client_step(&p, out);
        must_be_refused(&p, i ? out : other, REASON_AUTH_THIRD_MESSAGE, 0);
        acceptor_context_free(q.server);
        OM_uint32 minor;
        gss_delete_sec_context(&minor, &q.gss, GSS_C_NO_BUFFER);
        gss_release_cred(&minor, &q.cred);
        gss_release_name(&minor, &q.name);
        krb5_cc_destroy(client, q.cache);
        pair_end(&p);
    }
}

/* One mechanism from the first message to the last. */
static void test_mechanisms_do_not_mix(void **state)
{
    struct pair p;
    struct span out;
    bool done;
    (void)state;

    pair_begin(&p, &krb5_oid, DCE, ticket);
    assert_int_equal(server_step(&p, client_step(&p, SPAN_NONE), &out, &done), ERR_OK);
    assert_false(done);
    must_be_refused(&p, SPAN_LIT("NTLMSSP\0\1\0\0\0"), REASON_AUTH_NEGOTIATION, 0);
    pair_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bare),          cmocka_unit_test(test_spnego),
        cmocka_unit_test(test_changes),       cmocka_unit_test(test_order),
        cmocka_unit_test(test_third_message), cmocka_unit_test(test_mechanisms_do_not_mix),
    };
    return cmocka_run_group_tests(tests, acceptor_setup, acceptor_teardown);
}
