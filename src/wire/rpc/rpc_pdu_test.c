#include "base/test.h"
#include "wire/rpc/rpc_reassembly.h"
#include "wire/rpc/rpc_tower.h"
#include "wire/rpc/rpc_verify.h"

#define MEMORY (256 * 1024)

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, MEMORY, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct span built(struct builder *b)
{
    struct span out;

    assert_ok(builder_done(b, &out));
    return out;
}

static struct rpc_pdu opened(struct span bytes)
{
    struct rpc_pdu p;

    assert_ok(rpc_pdu_open(bytes, &p));
    return p;
}

/* --- golden bytes ---------------------------------------------------------------------------- */

/* A bind for LSARPC 0.0 with NDR and the features, as a Windows or Samba client sends it. */
static const char bind_golden[] =
    "\x05\0\x0b\x03\x10\0\0\0\x74\0\0\0\x01\0\0\0"
    "\xb8\x10\xb8\x10\0\0\0\0\x02\0\0\0"
    "\0\0\x01\0\x78\x57\x34\x12\x34\x12\xcd\xab\xef\0\x01\x23\x45\x67\x89\xab\0\0\0\0"
    "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0"
    "\x01\0\x01\0\x78\x57\x34\x12\x34\x12\xcd\xab\xef\0\x01\x23\x45\x67\x89\xab\0\0\0\0"
    "\x2c\x1c\xb7\x6c\x12\x98\x40\x45\x03\0\0\0\0\0\0\0\x01\0\0\0";

static void bind_bytes(void **state)
{
    static const struct rpc_syntax lsarpc = {
        {{0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0, 1, 0x23, 0x45, 0x67, 0x89,
          0xab}},
        0,
        0,
    };
    struct span golden = span_of(bind_golden, sizeof(bind_golden) - 1);
    struct rpc_syntax ndr = rpc_ndr32;
    struct rpc_syntax features =
        rpc_features_syntax(RPC_FEATURE_MULTIPLEX | RPC_FEATURE_KEEP_ON_ORPHAN);
    struct rpc_context contexts[] = {{0, lsarpc, 1, &ndr}, {1, lsarpc, 1, &features}};
    struct rpc_bind v = {4280, 4280, 0, 2, contexts}, back;
    struct rpc_pdu p = opened(golden);
    struct builder b;
    uint64_t bits;
    (void)state;

    assert_ok(rpc_bind_decode(&p, &arena, &back));
    assert_int_equal(back.count, 2);
    assert_true(rpc_syntax_eq(&back.contexts[0].interface, &lsarpc));
    assert_true(rpc_syntax_eq(&back.contexts[0].transfers[0], &rpc_ndr32));
    assert_false(rpc_syntax_features(&back.contexts[0].transfers[0], &bits));
    assert_true(rpc_syntax_features(&back.contexts[1].transfers[0], &bits));
    assert_int_equal(bits, 3);
    builder_in(&b, &arena, 4096);
    rpc_bind_put(&b, RPC_BIND, RPC_FIRST | RPC_LAST, 1, &v, NULL);
    assert_span_equal(built(&b), golden);
}

static void bad_binds(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } rows[] = {
        {24, 0}, {24, 1}, {24, 3},   {24, 255}, /* contexts */
        {30, 0}, {30, 2}, {30, 255},            /* transfer syntaxes of the first */
    };
    uint8_t bytes[sizeof(bind_golden) - 1];
    struct rpc_bind back;
    struct rpc_pdu p;
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(bytes, bind_golden, sizeof(bytes));
        bytes[rows[i].at] = rows[i].value;
        p = opened(span_of(bytes, sizeof(bytes)));
        assert_err(rpc_bind_decode(&p, &arena, &back), ERR_MALFORMED);
    }
}

/* A request with object, sealed: the stub is padded to 16, the trailer has a token of 16. */
static const char request_golden[] =
    "\x05\0\0\x83\x10\0\0\0\x50\0\x10\0\x07\0\0\0"
    "\x05\0\0\0\x01\0\x2c\0"
    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
    "hello\0\0\0\0\0\0\0\0\0\0\0"
    "\x09\x06\x0b\0\x2a\0\0\0"
    "0123456789abcdef";

static void request_bytes(void **state)
{
    struct span golden = span_of(request_golden, sizeof(request_golden) - 1);
    struct rpc_auth auth = {RPC_AUTH_SPNEGO, RPC_LEVEL_PRIVACY, 42, SPAN_LIT("0123456789abcdef")};
    struct rpc_request v = {5,
                            1,
                            44,
                            true,
                            {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
                            SPAN_LIT("hello")};
    struct rpc_request back;
    struct rpc_pdu p = opened(golden);
    struct rpc_layout at;
    struct builder b;
    (void)state;

    assert_ok(rpc_request_decode(&p, &back));
    assert_span(back.stub, "hello");
    assert_int_equal(back.opnum, 44);
    assert_true(back.has_object && guid_eq(&back.object, &v.object));
    assert_int_equal(p.pad, 11);
    assert_int_equal(p.auth.level, RPC_LEVEL_PRIVACY);
    assert_int_equal(p.auth.context_id, 42);
    assert_span(p.auth.token, "0123456789abcdef");
    assert_int_equal(p.trailer_at, 56);
    builder_in(&b, &arena, 4096);
    builder_zeros(&b, 5); /* offsets are those of the builder, padding is the fragment's */
    rpc_request_put(&b, RPC_FIRST | RPC_LAST, 7, &v, &auth, &at);
    assert_span_equal(span_sub(built(&b), 5, SIZE_MAX), golden);
    assert_int_equal(at.start, 5);
    assert_int_equal(at.stub, 5 + 40);
    assert_int_equal(at.trailer, 5 + 56);
    assert_int_equal(at.token, 5 + 64);
    assert_int_equal(at.end, 5 + 80);
}

/* The same from a client whose numbers are big-endian: only those change. */
static void big_endian(void **state)
{
    static const char golden[] = "\x05\0\0\x83\0\0\0\0\0\x50\0\x10\0\0\0\x07"
                                 "\0\0\0\x05\0\x01\0\x2c"
                                 "\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
                                 "hello\0\0\0\0\0\0\0\0\0\0\0"
                                 "\x09\x06\x0b\0\0\0\0\x2a"
                                 "0123456789abcdef";
    static const struct guid object = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    static const char ack[] = "\x05\0\x0c\x03\0\0\0\0\0\x18\0\0\0\0\0\x09\0\0\0\0\0\0\0\0";
    struct rpc_pdu p = opened(span_of(golden, sizeof(golden) - 1));
    struct rpc_request q;
    struct rpc_response r;
    (void)state;

    assert_true(p.big);
    assert_int_equal(p.call_id, 7);
    assert_int_equal(p.auth.context_id, 42);
    assert_ok(rpc_request_decode(&p, &q));
    assert_span(q.stub, "hello");
    assert_true(q.big && guid_eq(&q.object, &object));
    assert_int_equal(q.opnum, 44);
    assert_int_equal(q.context_id, 1);
    p = opened(span_of(ack, sizeof(ack) - 1));
    assert_err(rpc_response_decode(&p, &r), ERR_UNSUPPORTED);
}

/* In each prefix and with each length changed the fragment is refused. */
static void bad_fragments(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
        enum err expected;
    } rows[] = {
        {0, 4, ERR_UNSUPPORTED},    /* version */
        {1, 2, ERR_UNSUPPORTED},    /* its minor */
        {4, 0x00, ERR_MALFORMED},   /* big-endian, which its lengths are not */
        {4, 0x20, ERR_UNSUPPORTED}, /* an order that there is not */
        {4, 0x11, ERR_UNSUPPORTED}, /* EBCDIC */
        {5, 1, ERR_UNSUPPORTED},    /* VAX floating point */
        {8, 15, ERR_MALFORMED},     /* shorter than its header */
        {8, 81, ERR_MALFORMED},     {8, 79, ERR_MALFORMED},
        {10, 57, ERR_MALFORMED}, /* a token that leaves no room for the trailer */
        {11, 1, ERR_MALFORMED},     {56, 0, ERR_MALFORMED},  /* a trailer of no authentication */
        {57, 1, ERR_MALFORMED},                              /* of no level */
        {57, 7, ERR_MALFORMED},     {58, 41, ERR_MALFORMED}, /* padding longer than the body */
    };
    uint8_t bytes[sizeof(request_golden) - 1];
    struct rpc_request q;
    struct rpc_pdu p;
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(bytes, request_golden, sizeof(bytes));
        bytes[rows[i].at] = rows[i].value;
        assert_err(rpc_pdu_open(span_of(bytes, sizeof(bytes)), &p), rows[i].expected);
    }
    for (size_t n = 0; n < sizeof(bytes); n++)
        assert_err(rpc_pdu_open(span_of(request_golden, n), &p), ERR_MALFORMED);
    memcpy(bytes, request_golden, sizeof(bytes));
    bytes[58] = 17; /* padding that reaches into the object */
    p = opened(span_of(bytes, sizeof(bytes)));
    assert_err(rpc_request_decode(&p, &q), ERR_MALFORMED);
}

static void framing(void **state)
{
    uint8_t bytes[RPC_HEADER_SIZE];
    uint32_t call = 0;
    size_t length = 0;
    (void)state;

    memcpy(bytes, request_golden, sizeof(bytes));
    assert_err(rpc_pdu_frame(span_of(bytes, 15), 4280, &length, &call), ERR_TRUNCATED);
    assert_ok(rpc_pdu_frame(span_of(bytes, 16), 80, &length, &call));
    assert_int_equal(length, 80);
    assert_int_equal(call, 7);
    assert_err(rpc_pdu_frame(span_of(bytes, 16), 79, &length, &call), ERR_LIMIT);
    bytes[4] = 0;
    memcpy(bytes + 8, "\0\x50\0\x10\x01\x02\x03\x04", 8);
    length = 0;
    assert_ok(rpc_pdu_frame(span_of(bytes, 16), 80, &length, &call));
    assert_int_equal(length, 80);
    assert_int_equal(call, 0x01020304);
}

static void small_fragments(void **state)
{
    static const char nak[] = "\x05\0\x0d\x03\x10\0\0\0\x18\0\0\0\x09\0\0\0\x08\0\x01\x05\0\0\0\0";
    static const char fault[] = "\x05\0\x03\x23\x10\0\0\0\x20\0\0\0\x09\0\0\0"
                                "\0\0\0\0\x02\0\0\0\x02\0\x01\x1c\0\0\0\0";
    static const char auth3[] = "\x05\0\x10\x03\x10\0\0\0\x1f\0\x03\0\x09\0\0\0"
                                "\0\0\0\0\x0a\x05\0\0\x01\0\0\0abc";
    struct rpc_auth auth = {RPC_AUTH_NTLM, RPC_LEVEL_INTEGRITY, 1, SPAN_LIT("abc")};
    struct rpc_fault f = {2, 0, RPC_FAULT_OPNUM}, back;
    struct builder b;
    struct rpc_pdu p;
    uint16_t reason;
    (void)state;

    builder_in(&b, &arena, 4096);
    rpc_bind_nak_put(&b, 9, RPC_NAK_AUTH_TYPE);
    assert_span_equal(built(&b), span_of(nak, sizeof(nak) - 1));
    p = opened(built(&b));
    assert_ok(rpc_bind_nak_decode(&p, &reason));
    assert_int_equal(reason, RPC_NAK_AUTH_TYPE);
    builder_in(&b, &arena, 4096);
    rpc_fault_put(&b, RPC_FIRST | RPC_LAST | RPC_DID_NOT_EXECUTE, 9, &f, NULL, NULL);
    assert_span_equal(built(&b), span_of(fault, sizeof(fault) - 1));
    p = opened(built(&b));
    assert_ok(rpc_fault_decode(&p, &back));
    assert_int_equal(back.status, RPC_FAULT_OPNUM);
    builder_in(&b, &arena, 4096);
    rpc_bare_put(&b, RPC_AUTH3, 9, &auth);
    assert_span_equal(built(&b), span_of(auth3, sizeof(auth3) - 1));
    builder_in(&b, &arena, 4096);
    rpc_bare_put(&b, RPC_SHUTDOWN, 9, NULL);
    assert_int_equal(built(&b).len, RPC_HEADER_SIZE);
}

static void room(void **state)
{
    (void)state;
    assert_int_equal(rpc_stub_room(4280, false, 0), 4256);
    assert_int_equal(rpc_stub_room(4280, true, 0), 4240);
    assert_int_equal(rpc_stub_room(4280, false, 16), 4224);
    assert_int_equal(rpc_stub_room(4280, false, 60), 4176);
    assert_int_equal(rpc_stub_room(40, false, 60), 0);
}

/* --- reassembly ------------------------------------------------------------------------------ */

static struct rpc_pdu fragment(unsigned flags)
{
    struct rpc_pdu p = {.type = RPC_REQUEST, .flags = (uint8_t)flags, .call_id = 3};

    p.auth.type = RPC_AUTH_SPNEGO;
    p.auth.level = RPC_LEVEL_INTEGRITY;
    p.auth.context_id = 5;
    return p;
}

static void joined(void **state)
{
    struct rpc_pdu first = fragment(RPC_FIRST), middle = fragment(0), last = fragment(RPC_LAST);
    struct rpc_pdu only = fragment(RPC_FIRST | RPC_LAST);
    struct span stub = SPAN_NONE, one = SPAN_LIT("one");
    struct rpc_reassembly r;
    bool complete = true;
    (void)state;

    rpc_reassembly_init(&r, &arena, 9);
    assert_ok(rpc_reassembly_add(&r, &first, 1, 2, one, &complete, &stub));
    assert_false(complete);
    assert_ok(rpc_reassembly_add(&r, &middle, 1, 2, SPAN_LIT(" two"), &complete, &stub));
    assert_false(complete);
    assert_ok(rpc_reassembly_add(&r, &last, 1, 2, SPAN_LIT(" 3"), &complete, &stub));
    assert_true(complete);
    assert_span(stub, "one two 3");
    assert_ok(rpc_reassembly_add(&r, &only, 1, 2, one, &complete, &stub));
    assert_true(complete && stub.ptr == one.ptr);
    /* One byte too many, in one fragment and in the last of several. */
    assert_err(rpc_reassembly_add(&r, &only, 1, 2, SPAN_LIT("0123456789"), &complete, &stub),
               ERR_LIMIT);
    assert_ok(rpc_reassembly_add(&r, &first, 1, 2, SPAN_LIT("012345678"), &complete, &stub));
    assert_err(rpc_reassembly_add(&r, &last, 1, 2, SPAN_LIT("9"), &complete, &stub), ERR_LIMIT);
    /* After a failure the call is gone. */
    assert_err(rpc_reassembly_add(&r, &last, 1, 2, one, &complete, &stub), ERR_MALFORMED);
    assert_ok(rpc_reassembly_add(&r, &first, 1, 2, one, &complete, &stub));
    assert_err(rpc_reassembly_add(&r, &first, 1, 2, one, &complete, &stub), ERR_MALFORMED);
}

/* A fragment that is put among those of a signed call must be of that call and as protected. */
static void cve_2021_23192(void **state)
{
    struct rpc_pdu first = fragment(RPC_FIRST), good = fragment(RPC_LAST), rows[7];
    struct span stub;
    struct rpc_reassembly r;
    bool complete;
    (void)state;

    for (unsigned i = 0; i < 7; i++)
        rows[i] = good;
    rows[0].auth = (struct rpc_auth){0};
    rows[1].auth.level = RPC_LEVEL_CONNECT;
    rows[2].auth.type = RPC_AUTH_NTLM;
    rows[3].auth.context_id = 6;
    rows[4].call_id = 4;
    rows[5].type = RPC_RESPONSE;
    rows[6].flags = RPC_FIRST | RPC_LAST;
    rpc_reassembly_init(&r, &arena, 100);
    for (unsigned i = 0; i < 7; i++) {
        assert_ok(rpc_reassembly_add(&r, &first, 1, 2, SPAN_LIT("a"), &complete, &stub));
        assert_err(rpc_reassembly_add(&r, &rows[i], 1, 2, SPAN_LIT("b"), &complete, &stub),
                   ERR_MALFORMED);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(rpc_reassembly_add(&r, &first, 1, 2, SPAN_LIT("a"), &complete, &stub));
        assert_err(rpc_reassembly_add(&r, &good, (uint16_t)i, (uint16_t)(2 + i), SPAN_LIT("b"),
                                      &complete, &stub),
                   ERR_MALFORMED);
    }
    assert_ok(rpc_reassembly_add(&r, &first, 1, 2, SPAN_LIT("a"), &complete, &stub));
    assert_ok(rpc_reassembly_add(&r, &good, 1, 2, SPAN_LIT("b"), &complete, &stub));
    assert_span(stub, "ab");
}

/* --- verification trailers ------------------------------------------------------------------- */

static void bad_trailers(void **state)
{
    static const char head[] = "\x8a\xe3\x13\x71\x02\xf4\x36\x71";
    static const struct {
        struct span commands;
        enum err expected;
    } rows[] = {
        {SPAN_LIT("\x09\x40\0\0"), ERR_OK},                    /* unknown */
        {SPAN_LIT("\x09\xc0\0\0"), ERR_UNSUPPORTED},           /* and to be understood */
        {SPAN_LIT("\x09\x00\0\0"), ERR_MALFORMED},             /* no end */
        {SPAN_LIT("\x09\x40\x01\0"), ERR_MALFORMED},           /* longer than there is */
        {SPAN_LIT("\x01\x40\x04\0\x01\0\0\0"), ERR_INTEGRITY}, /* signs headers, we do not */
        {SPAN_LIT("\x01\x40\x04\0\0\0\0\0"), ERR_OK},
        {SPAN_LIT("\x01\x40\x03\0\0\0\0"), ERR_MALFORMED},
        {SPAN_LIT("\x02\x40\x00\0"), ERR_MALFORMED},
        {SPAN_LIT("\x03\x40\x00\0"), ERR_MALFORMED},
    };
    struct rpc_verify v = {0};
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct builder b;

        builder_in(&b, &arena, 4096);
        builder_zeros(&b, 3);
        builder_zeros(&b, 1);
        builder_bytes(&b, head, sizeof(head) - 1);
        builder_span(&b, rows[i].commands);
        assert_err(rpc_verify_trailer(built(&b), 3, &v), rows[i].expected);
    }
    assert_ok(rpc_verify_trailer(SPAN_LIT("abc"), 3, &v));
    assert_ok(rpc_verify_trailer(SPAN_LIT("abc 0123456789abcdef"), 3, &v));
}

/* --- towers ---------------------------------------------------------------------------------- */

static void other_towers(void **state)
{
    struct rpc_tower t = {.kind = RPC_TOWER_TCP, .port = 135}, back;
    uint8_t bytes[RPC_TOWER_MAX];
    struct builder b;
    struct span out;
    (void)state;

    t.transfer = rpc_ndr32;
    builder_over(&b, bytes, sizeof(bytes));
    rpc_tower_put(&b, &t);
    out = built(&b);
    assert_int_equal(out.len, 75);
    bytes[52 + 2] = 0x0a; /* connectionless */
    assert_ok(rpc_tower_decode(out, &back));
    assert_int_equal(back.kind, RPC_TOWER_OTHER);
    assert_true(rpc_syntax_eq(&back.transfer, &rpc_ndr32));
    bytes[4] = 0x0e; /* no UUID in the first floor */
    assert_err(rpc_tower_decode(out, &back), ERR_MALFORMED);
    bytes[4] = 0x0d;
    bytes[0] = 9; /* floors */
    assert_err(rpc_tower_decode(out, &back), ERR_MALFORMED);
    t.kind = RPC_TOWER_OTHER;
    rpc_tower_put(&b, &t);
    assert_err(b.err, ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bind_bytes),      cmocka_unit_test(bad_binds),
        cmocka_unit_test(request_bytes),   cmocka_unit_test(big_endian),
        cmocka_unit_test(bad_fragments),   cmocka_unit_test(framing),
        cmocka_unit_test(small_fragments), cmocka_unit_test(room),
        cmocka_unit_test(joined),          cmocka_unit_test(cve_2021_23192),
        cmocka_unit_test(bad_trailers),    cmocka_unit_test(other_towers),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
