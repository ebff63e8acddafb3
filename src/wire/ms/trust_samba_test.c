/* Trust secrets and forest trust information against Samba, on random values; and their bounds. */
#include "wire/ms/forest_info.h"
#include "wire/ms/oracle.h"
#include "wire/ms/trust_auth.h"

#define ROUNDS 60

static void infos_fields(struct builder *b, const char *name, const struct trust_auth *auth)
{
    for (unsigned i = 0; i < auth->count + auth->previous_count; i++) {
        bool old = i >= auth->count;
        const struct trust_auth_info *info =
            old ? &auth->previous[i - auth->count] : &auth->current[i];

        builder_printf(b, "%s%s=%lld/%u/", name, old ? "_previous" : "", (long long)info->time,
                       info->type);
        for (size_t k = 0; k < info->data.len; k++)
            builder_printf(b, "%02x", info->data.ptr[k]);
        builder_u8(b, '\n');
    }
}

static void trust_auth_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct trust_auth auth;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "trust_auth", round, &fields);
        assert_ok(trust_auth_decode(bytes, &auth));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        infos_fields(&b, "info", &auth);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, TRUST_AUTH_MAX);
        trust_auth_put(&b, &auth);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        arena_fini(&a);
    }
}

static void trust_auth_pair_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct trust_auth_pair pair;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "trust_auth_pair", round, &fields);
        assert_ok(trust_auth_pair_decode(bytes, &pair));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        infos_fields(&b, "outgoing", &pair.outgoing);
        infos_fields(&b, "incoming", &pair.incoming);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, TRUST_AUTH_MAX);
        trust_auth_pair_put(&b, bytes.ptr, &pair);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(oracle_again(&a, "trust_auth_pair", out),
                          oracle_again(&a, "trust_auth_pair", bytes));
        arena_fini(&a);
    }
}

static void record_fields(struct builder *b, const struct forest_record *r)
{
    char text[SID_TEXT_SIZE];

    builder_printf(b, "record=%d/%u/%lld\n", r->type, r->flags, (long long)r->time);
    if (r->type <= FOREST_TLN_EXCLUSION) {
        field_text(b, "name", r->name);
    } else if (r->type == FOREST_DOMAIN) {
        sid_to_text(&r->sid, text);
        builder_printf(b, "sid=%s\n", text);
        field_text(b, "name", r->name);
        field_text(b, "flat", r->flat_name);
    } else {
        field_bytes(b, "data", r->data.ptr, r->data.len);
    }
}

static void forest_info_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct forest_record *records;
        unsigned count;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "forest_info", round, &fields);
        assert_ok(forest_info_decode(bytes, &a, &records, &count));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        for (unsigned i = 0; i < count; i++)
            record_fields(&b, &records[i]);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, FOREST_INFO_MAX);
        forest_info_put(&b, records, count);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        arena_fini(&a);
    }
}

/* Every prefix of a good blob is refused. */
static void prefixes(void **state)
{
    struct arena a;
    struct span fields, bytes;
    struct trust_auth auth;
    struct trust_auth_pair pair;
    struct forest_record *records;
    unsigned count;
    (void)state;

    arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
    for (unsigned round = 0; round < 10; round++) {
        bytes = oracle_random(&a, "forest_info", round, &fields);
        for (size_t n = 0; n < bytes.len; n++)
            assert_err(forest_info_decode(span_sub(bytes, 0, n), &a, &records, &count),
                       ERR_MALFORMED);
        bytes = oracle_random(&a, "trust_auth_pair", round, &fields);
        /* The sizes come last, so from here on a prefix may be a pair of empty halves. */
        for (size_t n = 0; n < TRUST_AUTH_CONFOUNDER_SIZE + 8; n++)
            assert_int_not_equal(trust_auth_pair_decode(span_sub(bytes, 0, n), &pair), ERR_OK);
    }
    assert_ok(trust_auth_decode(SPAN_NONE, &auth));
    assert_int_equal(auth.count, 0);
    arena_fini(&a);
}

static void refused(void **state)
{
    static const uint8_t version[] = {2, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t many[] = {1, 0, 0, 0, 0xA1, 0x0F, 0, 0};
    static const uint8_t trailing[] = {1, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t bad_name[] = {1, 0, 0, 0, 1, 0, 0, 0, 18, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 1, 0, 0, 0, 0xFF};
    static const uint8_t infos[] = {9, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t backwards[] = {1, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0};
    struct arena a;
    struct forest_record *records;
    struct trust_auth auth;
    unsigned count;
    (void)state;

    arena_init(&a, 0, 65536, 0);
    assert_err(forest_info_decode(span_of(version, 8), &a, &records, &count), ERR_UNSUPPORTED);
    assert_err(forest_info_decode(span_of(many, 8), &a, &records, &count), ERR_LIMIT);
    assert_err(forest_info_decode(span_of(trailing, 9), &a, &records, &count), ERR_MALFORMED);
    assert_err(forest_info_decode(span_of(bad_name, sizeof(bad_name)), &a, &records, &count),
               ERR_MALFORMED);
    assert_err(trust_auth_decode(span_of(infos, sizeof(infos)), &auth), ERR_LIMIT);
    assert_err(trust_auth_decode(span_of(backwards, sizeof(backwards)), &auth), ERR_MALFORMED);
    arena_fini(&a);
}

static void versions(void **state)
{
    static const uint8_t seven[] = {7, 0, 0, 0};
    struct trust_auth_info infos[] = {
        {0, TRUST_AUTH_CLEAR, SPAN_LIT("xx")},
        {0, TRUST_AUTH_VERSION, {seven, 4}},
    };
    (void)state;

    assert_int_equal(trust_auth_version(infos, 2), 7);
    assert_int_equal(trust_auth_version(infos, 1), 0);
    assert_ptr_equal(trust_auth_find(infos, 2, TRUST_AUTH_CLEAR), &infos[0]);
    assert_null(trust_auth_find(infos, 2, TRUST_AUTH_NT_HASH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_auth_both_ways),
        cmocka_unit_test(trust_auth_pair_both_ways),
        cmocka_unit_test(forest_info_both_ways),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(refused),
        cmocka_unit_test(versions),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
