/*
 * Fragments and towers against Samba's NDR code, both ways: what Samba wrote is read with the same
 * meaning and written again as the same bytes.
 */
#include "wire/ms/oracle.h"
#include "wire/rpc/rpc_tower.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments),
        cmocka_unit_test(towers),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
