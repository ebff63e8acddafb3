/* Golden bytes of calls that the Samba at hand does not know. */
#include "base/test.h"
#include "wire/rpc/dssetup.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"

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

static void assert_written(const struct ndr_type *call, unsigned direction, const void *args,
                           struct span golden)
{
    struct builder b;
    struct span out;

    builder_in(&b, &arena, MEMORY);
    ndr_put_call(&b, call, direction, args);
    assert_ok(builder_done(&b, &out));
    assert_span_equal(out, golden);
}

/* [MS-LSAD] 3.1.4.4.9 */
static void open_policy3(void **state)
{
    static const char in[] = "\0\0\0\0"
                             "\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                             "\0\0\0\x02"
                             "\x01\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0";
    static const char out[] = "\x01\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0"
                              "\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                              "\0\0\0\0";
    struct lsa_open_policy3 c = {.attributes = {.length = 24},
                                 .access = 0x02000000,
                                 .in_version = 1,
                                 .in_revision.v1 = {1, 0},
                                 .out_version = 1,
                                 .out_revision.v1 = {1, LSA_FEATURE_TRUST_AES}};
    struct lsa_open_policy3 back = {0};
    (void)state;

    c.handle.id.b[0] = 7;
    assert_written(&lsa_ndr_open_policy3, NDR_IN, &c, span_of(in, sizeof(in) - 1));
    assert_written(&lsa_ndr_open_policy3, NDR_OUT, &c, span_of(out, sizeof(out) - 1));
    assert_ok(ndr_decode_call(&lsa_ndr_open_policy3, NDR_OUT, span_of(out, sizeof(out) - 1), &arena,
                              &back, NULL));
    assert_int_equal(back.out_revision.v1.features, LSA_FEATURE_TRUST_AES);
    assert_int_equal(back.handle.id.b[0], 7);
}

/* [MS-LSAD] 3.1.4.7.18: the secrets with their salt and tag, not behind a pointer. */
static void create_trusted_ex3(void **state)
{
    struct sid sid = SID_NT(21, 1, 2, 3);
    struct lsa_create_trusted_ex3 c = {.info = {.dns_name = SPAN_LIT("a.b"),
                                                .flat_name = SPAN_LIT("A"),
                                                .sid = &sid,
                                                .direction = 3,
                                                .type = 2,
                                                .attributes = 8},
                                       .auth.cipher = {3, (uint8_t *)"xyz"},
                                       .access = 0x10000000};
    struct lsa_create_trusted_ex3 back = {0};
    struct builder b;
    struct span bytes, tail;
    (void)state;

    memset(c.auth.auth, 0xaa, sizeof(c.auth.auth));
    memset(c.auth.salt, 0x55, sizeof(c.auth.salt));
    builder_in(&b, &arena, MEMORY);
    ndr_put_call(&b, &lsa_ndr_create_trusted_ex3, NDR_IN, &c);
    assert_ok(builder_done(&b, &bytes));
    tail = span_sub(bytes, bytes.len - 100, SIZE_MAX);
    assert_true(tail.ptr[0] == 0xaa && tail.ptr[63] == 0xaa && tail.ptr[64] == 0x55);
    assert_span_equal(span_sub(tail, 80, SIZE_MAX),
                      SPAN_LIT("\x03\0\0\0\x0c\0\x02\0\x03\0\0\0xyz\0\0\0\0\x10"));
    assert_ok(ndr_decode_call(&lsa_ndr_create_trusted_ex3, NDR_IN, bytes, &arena, &back, NULL));
    assert_span(back.info.dns_name, "a.b");
    assert_int_equal(back.info.attributes, 8);
}

/* The arms of LSA's unions begin where the longest of them would: at a multiple of 8. */
static void server_role(void **state)
{
    static const char out[] = "\0\0\x02\0\x06\0\0\0\x03\0\0\0\0\0\0\0";
    union lsa_policy_info info = {.role = {LSA_ROLE_PRIMARY}};
    struct lsa_query_policy c = {.level = LSA_POLICY_SERVER_ROLE, .info = &info};
    struct lsa_query_policy back = {.level = LSA_POLICY_SERVER_ROLE};
    (void)state;

    assert_written(&lsa_ndr_query_policy2, NDR_OUT, &c, span_of(out, sizeof(out) - 1));
    assert_ok(ndr_decode_call(&lsa_ndr_query_policy2, NDR_OUT, span_of(out, sizeof(out) - 1),
                              &arena, &back, NULL));
    assert_int_equal(back.info->role.role, LSA_ROLE_PRIMARY);
}

/* [MS-DSSP] 4.1: what a domain controller answers. */
static void dssetup_basic(void **state)
{
    static const char out[] = "\0\0\x02\0\x01\0\0\0\x05\0\0\0\x01\0\0\x01"
                              "\x04\0\x02\0\x08\0\x02\0\0\0\0\0"
                              "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
                              "\x02\0\0\0\0\0\0\0\x02\0\0\0A\0\0\0"
                              "\x04\0\0\0\0\0\0\0\x04\0\0\0a\0.\0b\0\0\0"
                              "\0\0\0\0";
    union dssetup_info info = {
        .basic = {.role = DSSETUP_PRIMARY_DC,
                  .flags = DSSETUP_RUNNING | DSSETUP_GUID_PRESENT,
                  .flat_name = SPAN_LIT("A"),
                  .dns_name = SPAN_LIT("a.b"),
                  .guid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}}};
    struct dssetup_get_info c = {.level = DSSETUP_BASIC, .info = &info}, back = {.level = 1};
    (void)state;

    assert_written(&dssetup_ndr_get_info, NDR_IN, &c, SPAN_LIT("\x01\0"));
    assert_written(&dssetup_ndr_get_info, NDR_OUT, &c, span_of(out, sizeof(out) - 1));
    assert_ok(ndr_decode_call(&dssetup_ndr_get_info, NDR_OUT, span_of(out, sizeof(out) - 1), &arena,
                              &back, NULL));
    assert_span(back.info->basic.dns_name, "a.b");
    assert_null(back.info->basic.forest.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_policy3),
        cmocka_unit_test(create_trusted_ex3),
        cmocka_unit_test(server_role),
        cmocka_unit_test(dssetup_basic),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
