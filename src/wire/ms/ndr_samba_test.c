/*
 * The NDR engine against Samba's on structures that other interfaces will need: a union behind an
 * array of pointers, calls with their arguments in both directions.
 */
#include "wire/ms/guid.h"
#include "wire/ms/ndr_types.h"
#include "wire/ms/oracle.h"
#include "wire/ms/sid.h"

#define ROUNDS 60
#define U32(T, m)                                                                                  \
    {                                                                                              \
        .kind = NDR_U32, .at = offsetof(T, m)                                                      \
    }
#define U16(T, m)                                                                                  \
    {                                                                                              \
        .kind = NDR_U16, .at = offsetof(T, m)                                                      \
    }
#define LARGE(T, m)                                                                                \
    {                                                                                              \
        .kind = NDR_USTR, .flags = NDR_USTR_LARGE, .at = offsetof(T, m)                            \
    }
#define SID_PTR(T, m)                                                                              \
    {                                                                                              \
        .kind = NDR_STRUCT, .pointer = NDR_UNIQUE, .type = &ndr_sid, .at = offsetof(T, m)          \
    }

/* --- LSA_FOREST_TRUST_INFORMATION ([MS-LSAD] 2.2.7.25) --------------------------------------- */

struct domain_info {
    const struct sid *sid;
    struct span dns, flat;
};
static const struct ndr_row domain_info_rows[] = {
    SID_PTR(struct domain_info, sid),
    LARGE(struct domain_info, dns),
    LARGE(struct domain_info, flat),
};
static const struct ndr_type domain_info_type =
    NDR_TYPE("LSA_FOREST_TRUST_DOMAIN_INFO", STRUCT, 4, struct domain_info, domain_info_rows);

struct binary {
    uint32_t length;
    uint8_t *data;
};
static const struct ndr_row binary_rows[] = {
    U32(struct binary, length),
    {.kind = NDR_U8,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     .at = offsetof(struct binary, data),
     .size_is = NDR_MEMBER(struct binary, length)},
};
static const struct ndr_type binary_type =
    NDR_TYPE("LSA_FOREST_TRUST_BINARY_DATA", STRUCT, 4, struct binary, binary_rows);

union record_data {
    struct span name;
    struct domain_info domain;
    struct binary binary;
};
static const struct ndr_row data_rows[] = {
    {.kind = NDR_USTR, .flags = NDR_USTR_LARGE, .arm = 0},
    {.kind = NDR_USTR, .flags = NDR_USTR_LARGE, .arm = 1},
    {.kind = NDR_STRUCT, .type = &domain_info_type, .arm = 2},
    {.kind = NDR_STRUCT, .type = &binary_type, .flags = NDR_DEFAULT},
};
static const struct ndr_type data_type =
    NDR_TYPE("ForestTrustData", UNION, 4, union record_data, data_rows);

struct record {
    uint32_t flags, type;
    uint64_t time;
    union record_data data;
};
static const struct ndr_row record_rows[] = {
    U32(struct record, flags),
    U32(struct record, type),
    {.kind = NDR_U64, .at = offsetof(struct record, time)},
    {.kind = NDR_UNION,
     .type = &data_type,
     .at = offsetof(struct record, data),
     .switch_is = NDR_MEMBER(struct record, type)},
};
static const struct ndr_type record_type =
    NDR_TYPE("LSA_FOREST_TRUST_RECORD", STRUCT, 8, struct record, record_rows);

struct record_pointer {
    struct record *record;
};
static const struct ndr_row record_pointer_rows[] = {
    {.kind = NDR_STRUCT, .pointer = NDR_UNIQUE, .type = &record_type},
};
static const struct ndr_type record_pointer_type =
    NDR_TYPE("PLSA_FOREST_TRUST_RECORD", STRUCT, 4, struct record_pointer, record_pointer_rows);

struct forest_info {
    uint32_t count;
    struct record_pointer *entries;
};
static const struct ndr_row forest_info_rows[] = {
    U32(struct forest_info, count),
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     .type = &record_pointer_type,
     .at = offsetof(struct forest_info, entries),
     .size_is = NDR_MEMBER(struct forest_info, count),
     .limit = 4000},
};
static const struct ndr_type forest_info_type =
    NDR_TYPE("LSA_FOREST_TRUST_INFORMATION", STRUCT, 4, struct forest_info, forest_info_rows);

static void sid_field(struct builder *b, const char *name, const struct sid *sid)
{
    char text[SID_TEXT_SIZE];

    sid_to_text(sid, text);
    builder_printf(b, "%s=%s\n", name, text);
}

static void record_fields(struct builder *b, const struct record *r)
{
    builder_printf(b, "record=%u/%u/%llu\n", r->flags, r->type, (unsigned long long)r->time);
    if (r->type < 2) {
        field_text(b, "name", r->data.name);
    } else if (r->type == 2) {
        sid_field(b, "sid", r->data.domain.sid);
        field_text(b, "dns", r->data.domain.dns);
        field_text(b, "flat", r->data.domain.flat);
    } else {
        field_bytes(b, "data", r->data.binary.data, r->data.binary.length);
    }
}

static void a_union_behind_pointers(void **state)
{
    (void)state;

    assert_true(ndr_type_check(&forest_info_type));
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct forest_info info;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "lsa_forest_info", round, &fields);
        assert_ok(ndr_decode(&forest_info_type, bytes, &a, &info));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        for (uint32_t i = 0; i < info.count; i++)
            record_fields(&b, info.entries[i].record);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        builder_zeros(&b, 3);
        ndr_put(&b, &forest_info_type, &info);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(span_sub(out, 3, SIZE_MAX), bytes);
        for (size_t n = 0; n < bytes.len; n++)
            assert_err(ndr_decode(&forest_info_type, span_sub(bytes, 0, n), &a, &info),
                       ERR_MALFORMED);
        arena_fini(&a);
    }
}

/* --- NetrServerAuthenticate3 ([MS-NRPC] 3.5.4.4.2) ------------------------------------------- */

struct authenticate3 {
    struct span server, account, computer;
    uint16_t type;
    uint8_t credential[8], answer[8];
    uint32_t flags, rid, status;
};
#define AUTH(m) .at = offsetof(struct authenticate3, m)
static const struct ndr_row authenticate3_rows[] = {
    {.kind = NDR_WSTR, .pointer = NDR_UNIQUE, .flags = NDR_IN, AUTH(server)},
    {.kind = NDR_WSTR, .pointer = NDR_REF, .flags = NDR_IN, AUTH(account)},
    {.kind = NDR_U16, .flags = NDR_IN, AUTH(type)},
    {.kind = NDR_WSTR, .pointer = NDR_REF, .flags = NDR_IN, AUTH(computer)},
    {.kind = NDR_U8, .shape = NDR_FIXED, .limit = 8, .flags = NDR_IN, AUTH(credential)},
    {.kind = NDR_U8, .shape = NDR_FIXED, .limit = 8, .flags = NDR_OUT, AUTH(answer)},
    {.kind = NDR_U32, .flags = NDR_IN | NDR_OUT, AUTH(flags)},
    {.kind = NDR_U32, .flags = NDR_OUT, AUTH(rid)},
    {.kind = NDR_U32, .flags = NDR_OUT, AUTH(status)},
};
static const struct ndr_type authenticate3 =
    NDR_TYPE("NetrServerAuthenticate3", CALL, 1, struct authenticate3, authenticate3_rows);

static void authenticate3_fields(struct builder *b, unsigned direction, const void *args)
{
    const struct authenticate3 *c = args;

    if (direction == NDR_OUT) {
        field_bytes(b, "credential", c->answer, 8);
        field_number(b, "flags", c->flags);
        field_number(b, "rid", c->rid);
        field_number(b, "status", c->status);
        return;
    }
    field_text(b, "server", c->server);
    field_text(b, "account", c->account);
    field_number(b, "type", c->type);
    field_text(b, "computer", c->computer);
    field_bytes(b, "credential", c->credential, 8);
    field_number(b, "flags", c->flags);
}

/* --- LsarLookupNames4 ([MS-LSAT] 3.1.4.5) ---------------------------------------------------- */

struct lookup_domain {
    struct span name;
    const struct sid *sid;
};
static const struct ndr_row lookup_domain_rows[] = {
    LARGE(struct lookup_domain, name),
    SID_PTR(struct lookup_domain, sid),
};
static const struct ndr_type lookup_domain_type =
    NDR_TYPE("LSAPR_TRUST_INFORMATION", STRUCT, 4, struct lookup_domain, lookup_domain_rows);

struct domain_list {
    uint32_t count;
    struct lookup_domain *domains;
    uint32_t max_size;
};
static const struct ndr_row domain_list_rows[] = {
    U32(struct domain_list, count),
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     .type = &lookup_domain_type,
     .at = offsetof(struct domain_list, domains),
     .size_is = NDR_MEMBER(struct domain_list, count)},
    U32(struct domain_list, max_size),
};
static const struct ndr_type domain_list_type =
    NDR_TYPE("LSAPR_REFERENCED_DOMAIN_LIST", STRUCT, 4, struct domain_list, domain_list_rows);

struct translated {
    uint16_t type;
    const struct sid *sid;
    uint32_t index, flags;
};
static const struct ndr_row translated_rows[] = {
    U16(struct translated, type),
    SID_PTR(struct translated, sid),
    U32(struct translated, index),
    U32(struct translated, flags),
};
static const struct ndr_type translated_type =
    NDR_TYPE("LSAPR_TRANSLATED_SID_EX2", STRUCT, 4, struct translated, translated_rows);

struct translated_list {
    uint32_t count;
    struct translated *sids;
};
static const struct ndr_row translated_list_rows[] = {
    U32(struct translated_list, count),
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     .type = &translated_type,
     .at = offsetof(struct translated_list, sids),
     .size_is = NDR_MEMBER(struct translated_list, count)},
};
static const struct ndr_type translated_list_type =
    NDR_TYPE("LSAPR_TRANSLATED_SIDS_EX2", STRUCT, 4, struct translated_list, translated_list_rows);

struct lookup_names4 {
    uint32_t count_names;
    struct span *names;
    struct domain_list *domains;
    struct translated_list sids;
    uint16_t level;
    uint32_t count, options, revision, status;
};
#define LOOKUP(m) .at = offsetof(struct lookup_names4, m)
static const struct ndr_row lookup_names4_rows[] = {
    {.kind = NDR_U32, .flags = NDR_IN, LOOKUP(count_names)},
    {.kind = NDR_USTR,
     .pointer = NDR_REF,
     .shape = NDR_CONF,
     .flags = NDR_IN,
     LOOKUP(names),
     .size_is = NDR_MEMBER(struct lookup_names4, count_names),
     .limit = 1000},
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .flags = NDR_OUT,
     .type = &domain_list_type,
     LOOKUP(domains)},
    {.kind = NDR_STRUCT, .flags = NDR_IN | NDR_OUT, .type = &translated_list_type, LOOKUP(sids)},
    {.kind = NDR_U16, .flags = NDR_IN, LOOKUP(level)},
    {.kind = NDR_U32, .flags = NDR_IN | NDR_OUT, LOOKUP(count)},
    {.kind = NDR_U32, .flags = NDR_IN, LOOKUP(options)},
    {.kind = NDR_U32, .flags = NDR_IN, LOOKUP(revision)},
    {.kind = NDR_U32, .flags = NDR_OUT, LOOKUP(status)},
};
static const struct ndr_type lookup_names4 =
    NDR_TYPE("LsarLookupNames4", CALL, 1, struct lookup_names4, lookup_names4_rows);

static void translated_fields(struct builder *b, const struct translated_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct translated *t = &list->sids[i];

        builder_printf(b, "translated=%u/%u/%u\n", t->type, t->index, t->flags);
        if (t->sid)
            sid_field(b, "sid", t->sid);
    }
}

static void lookup_names4_fields(struct builder *b, unsigned direction, const void *args)
{
    const struct lookup_names4 *c = args;

    if (direction == NDR_IN) {
        for (uint32_t i = 0; i < c->count_names; i++)
            field_text(b, "name", c->names[i]);
        translated_fields(b, &c->sids);
        field_number(b, "level", c->level);
        field_number(b, "count", c->count);
        field_number(b, "options", c->options);
        field_number(b, "revision", c->revision);
        return;
    }
    for (uint32_t i = 0; c->domains && i < c->domains->count; i++) {
        field_text(b, "domain", c->domains->domains[i].name);
        if (c->domains->domains[i].sid)
            sid_field(b, "domain_sid", c->domains->domains[i].sid);
    }
    if (c->domains)
        field_number(b, "max_size", c->domains->max_size);
    translated_fields(b, &c->sids);
    field_number(b, "count", c->count);
    field_number(b, "status", c->status);
}

/* --- calls ---------------------------------------------------------------------------------- */

static void call_both_ways(const char *kind, const struct ndr_type *call, unsigned direction,
                           void (*write)(struct builder *, unsigned, const void *))
{
    assert_true(ndr_type_check(call));
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t args[32] = {0};
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        size_t used = 0;

        assert_true(call->size <= sizeof(args));
        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, kind, round, &fields);
        for (size_t n = 0; n < bytes.len; n++)
            assert_err(ndr_decode_call(call, direction, span_sub(bytes, 0, n), &a, args, NULL),
                       ERR_MALFORMED);
        assert_ok(ndr_decode_call(call, direction, bytes, &a, args, NULL));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        write(&b, direction, args);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        ndr_put_call(&b, call, direction, args);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        builder_u8(&b, 0);
        assert_ok(builder_done(&b, &out));
        assert_err(ndr_decode_call(call, direction, out, &a, args, NULL), ERR_MALFORMED);
        assert_ok(ndr_decode_call(call, direction, out, &a, args, &used));
        assert_int_equal(used, bytes.len);
        arena_fini(&a);
    }
}

static void authenticate3_call(void **state)
{
    (void)state;
    call_both_ways("authenticate3_in", &authenticate3, NDR_IN, authenticate3_fields);
    call_both_ways("authenticate3_out", &authenticate3, NDR_OUT, authenticate3_fields);
}

static void lookup_names4_call(void **state)
{
    (void)state;
    call_both_ways("lookup_names4_in", &lookup_names4, NDR_IN, lookup_names4_fields);
    call_both_ways("lookup_names4_out", &lookup_names4, NDR_OUT, lookup_names4_fields);
}

static void shared_types(void **state)
{
    (void)state;
    assert_true(ndr_type_check(&ndr_sid));
    assert_true(ndr_type_check(&ndr_guid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_union_behind_pointers),
        cmocka_unit_test(authenticate3_call),
        cmocka_unit_test(lookup_names4_call),
        cmocka_unit_test(shared_types),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
