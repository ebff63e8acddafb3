/*
 * Fragments and towers against Samba's NDR code, both ways: what Samba wrote is read with the same
 * meaning and written again as the same bytes.
 */
#include "wire/ms/oracle.h"
#include "wire/rpc/rpc_tower.h"
#include "wire/rpc/rpc_verify.h"

#define ROUNDS 60

static void guid_field(struct builder *b, const char *name, const struct guid *g)
{
    char text[GUID_TEXT_SIZE];

    guid_to_text(g, text);
    builder_printf(b, "%s=%s\n", name, text);
}

static void syntax_field(struct builder *b, const char *name, const struct rpc_syntax *s)
{
    char text[GUID_TEXT_SIZE];

    guid_to_text(&s->uuid, text);
    builder_printf(b, "%s=%s/%u.%u\n", name, text, s->major, s->minor);
}

static void bind_again(const struct rpc_pdu *p, struct arena *a, struct builder *fields,
                       struct builder *again)
{
    struct rpc_bind v;

    assert_ok(rpc_bind_decode(p, a, &v));
    builder_printf(fields, "head=%u/%u/%u\n", v.max_xmit, v.max_recv, v.group);
    for (unsigned i = 0; i < v.count; i++) {
        field_number(fields, "context", v.contexts[i].id);
        syntax_field(fields, "interface", &v.contexts[i].interface);
        for (unsigned t = 0; t < v.contexts[i].count; t++)
            syntax_field(fields, "transfer", &v.contexts[i].transfers[t]);
    }
    rpc_bind_put(again, p->type, p->flags, p->call_id, &v, NULL);
}

static void bind_ack_again(const struct rpc_pdu *p, struct arena *a, struct builder *fields,
                           struct builder *again)
{
    struct rpc_bind_ack v;

    assert_ok(rpc_bind_ack_decode(p, a, &v));
    builder_printf(fields, "head=%u/%u/%u\n", v.max_xmit, v.max_recv, v.group);
    builder_printf(fields, "address=%.*s\n", SPAN_ARG(v.address));
    for (unsigned i = 0; i < v.count; i++) {
        builder_printf(fields, "result=%u/%u\n", v.results[i].code, v.results[i].reason);
        syntax_field(fields, "transfer", &v.results[i].transfer);
    }
    rpc_bind_ack_put(again, p->type, p->flags, p->call_id, &v, NULL);
}

static void request_again(const struct rpc_pdu *p, struct arena *a, struct builder *fields,
                          struct builder *again)
{
    struct rpc_request v;
    (void)a;

    assert_ok(rpc_request_decode(p, &v));
    builder_printf(fields, "head=%u/%u/%u\n", v.alloc_hint, v.context_id, v.opnum);
    if (v.has_object)
        guid_field(fields, "object", &v.object);
    field_bytes(fields, "stub", v.stub.ptr, v.stub.len);
    rpc_request_put(again, p->flags, p->call_id, &v, NULL, NULL);
}

static void response_again(const struct rpc_pdu *p, struct arena *a, struct builder *fields,
                           struct builder *again)
{
    struct rpc_response v;
    (void)a;

    assert_ok(rpc_response_decode(p, &v));
    builder_printf(fields, "head=%u/%u/%u\n", v.alloc_hint, v.context_id, v.cancel_count);
    field_bytes(fields, "stub", v.stub.ptr, v.stub.len);
    rpc_response_put(again, p->flags, p->call_id, &v, NULL, NULL);
}

static void fault_again(const struct rpc_pdu *p, struct arena *a, struct builder *fields,
                        struct builder *again)
{
    struct rpc_fault v;
    (void)a;

    assert_ok(rpc_fault_decode(p, &v));
    builder_printf(fields, "head=%u/%u/%u\n", v.context_id, v.cancel_count, v.status);
    rpc_fault_put(again, p->flags, p->call_id, &v, NULL, NULL);
}

static void fragments(void **state)
{
    static const struct {
        const char *kind;
        void (*again)(const struct rpc_pdu *, struct arena *, struct builder *, struct builder *);
    } rows[] = {
        {"rpc_bind", bind_again},       {"rpc_bind_ack", bind_ack_again},
        {"rpc_request", request_again}, {"rpc_response", response_again},
        {"rpc_fault", fault_again},
    };
    (void)state;

    for (unsigned i = 0; i < ROUNDS * sizeof(rows) / sizeof(rows[0]); i++) {
        struct builder fields, again;
        struct span expected, bytes, out;
        struct rpc_pdu p;
        struct arena a;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, rows[i / ROUNDS].kind, i, &expected);
        assert_ok(rpc_pdu_open(bytes, &p));
        builder_in(&fields, &a, ORACLE_ANSWER_MAX);
        builder_in(&again, &a, ORACLE_ANSWER_MAX);
        builder_printf(&fields, "flags=%u\ncall=%u\n", p.flags, p.call_id);
        rows[i / ROUNDS].again(&p, &a, &fields, &again);
        assert_fields_equal(&fields, expected);
        assert_ok(builder_done(&again, &out));
        assert_span_equal(out, bytes);
        arena_fini(&a);
    }
}

static void towers(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct builder b;
        struct span expected, bytes, out;
        struct rpc_tower t;
        struct arena a;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "rpc_tower", round, &expected);
        assert_ok(rpc_tower_decode(bytes, &t));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        syntax_field(&b, "interface", &t.interface);
        syntax_field(&b, "transfer", &t.transfer);
        if (t.kind == RPC_TOWER_TCP)
            builder_printf(&b, "port=%u\naddress=%u.%u.%u.%u\n", t.port, t.address[0], t.address[1],
                           t.address[2], t.address[3]);
        else
            builder_printf(&b, "pipe=%.*s\nhost=%.*s\n", SPAN_ARG(t.pipe), SPAN_ARG(t.host));
        assert_fields_equal(&b, expected);
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        rpc_tower_put(&b, &t);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        for (size_t n = 0; n < bytes.len; n++)
            assert_err(rpc_tower_decode(span_sub(bytes, 0, n), &t), ERR_MALFORMED);
        arena_fini(&a);
    }
}

static void random_verify(struct rpc_verify *v, uint64_t seed)
{
    v->interface = rpc_ndr64;
    v->transfer = rpc_ndr32;
    v->interface.uuid.b[0] = (uint8_t)seed;
    v->call_id = (uint32_t)(seed * 2654435761u);
    v->context_id = (uint16_t)(seed * 7);
    v->opnum = (uint16_t)(seed * 31);
    v->header_sign = seed & 1;
}

static void read_syntax(const char *text, const char *name, struct rpc_syntax *out)
{
    const char *p = strstr(text, name);
    unsigned major, minor;

    assert_non_null(p);
    p += strlen(name);
    assert_ok(guid_from_text(span_of(p, GUID_TEXT_SIZE - 1), &out->uuid));
    assert_int_equal(sscanf(p + GUID_TEXT_SIZE - 1, "/%u.%u", &major, &minor), 2);
    out->major = (uint16_t)major;
    out->minor = (uint16_t)minor;
}

static void read_verify(struct span fields, struct rpc_verify *v)
{
    char text[1024];
    unsigned call, context, opnum, signs;
    const char *p;

    assert_true(fields.len < sizeof(text));
    memcpy(text, fields.ptr, fields.len);
    text[fields.len] = 0;
    read_syntax(text, "interface=", &v->interface);
    read_syntax(text, "transfer=", &v->transfer);
    p = strstr(text, "call=");
    assert_non_null(p);
    assert_int_equal(
        sscanf(p, "call=%u\ncontext=%u\nopnum=%u\nsigns=%u", &call, &context, &opnum, &signs), 4);
    v->call_id = call;
    v->context_id = (uint16_t)context;
    v->opnum = (uint16_t)opnum;
    v->header_sign = signs;
}

/* Behind arguments of every length, so that the padding varies. */
static void verification_trailers(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct rpc_verify v = {0}, wrong;
        struct builder b;
        struct span expected, theirs, stub;
        struct arena a;
        unsigned used = round % 5;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        random_verify(&v, oracle.seed + round);
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        builder_zeros(&b, used);
        rpc_verify_put(&b, 0, &v);
        assert_ok(builder_done(&b, &stub));
        assert_ok(rpc_verify_trailer(stub, used, &v));
        theirs = span_sub(stub, (used + 3) & ~3u, SIZE_MAX);
        assert_span_equal(oracle_again(&a, "rpc_verify", theirs), theirs);
        /* A fact that differs is found out. */
        wrong = v;
        if (round % 6 == 0)
            wrong.interface.uuid.b[15] ^= 1;
        else if (round % 6 == 1)
            wrong.transfer.minor ^= 1;
        else if (round % 6 == 2)
            wrong.call_id ^= 1;
        else if (round % 6 == 3)
            wrong.context_id ^= 1;
        else if (round % 6 == 4)
            wrong.opnum ^= 1;
        else
            wrong.header_sign = !v.header_sign;
        assert_err(rpc_verify_trailer(stub, used, &wrong),
                   round % 6 == 5 && !v.header_sign ? ERR_OK : ERR_INTEGRITY);
        theirs = oracle_random(&a, "rpc_verify", round, &expected);
        read_verify(expected, &v);
        assert_ok(rpc_verify_trailer(theirs, 0, &v));
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments),
        cmocka_unit_test(towers),
        cmocka_unit_test(verification_trailers),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
