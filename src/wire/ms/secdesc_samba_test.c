/* Security descriptors and SDDL against Samba: random ones, and the schema's own. */
#include "wire/ms/oracle.h"
#include "wire/ms/sddl.h"
#include "wire/ms/secdesc.h"

#define ROUNDS        80
#define SCHEMA_ROUNDS 60

static void sid_field(struct builder *b, const char *name, const struct sid *s)
{
    char text[SID_TEXT_SIZE];

    sid_to_text(s, text);
    builder_printf(b, "%s=%s\n", name, text);
}

static const char *guid_or_dash(const struct guid *g, char text[GUID_TEXT_SIZE])
{
    if (!g)
        return "-";
    guid_to_text(g, text);
    return text;
}

/* The ACEs of a list as fields and into a table; returns how many. */
static unsigned list_fields(struct builder *b, const char *name, struct span acl, struct ace *aces)
{
    struct ace_iter it;
    unsigned n = 0;

    ace_iter_init(&it, acl);
    while (ace_next(&it, &aces[n])) {
        const struct ace *ace = &aces[n++];
        char object[GUID_TEXT_SIZE], inherited[GUID_TEXT_SIZE], sid[SID_TEXT_SIZE];

        sid_to_text(&ace->sid, sid);
        builder_printf(b, "%s=%u/%u/%u/%s/%s/%s\n", name, ace->type, ace->flags, ace->mask,
                       guid_or_dash(ace->object_type, object),
                       guid_or_dash(ace->inherited_type, inherited), sid);
    }
    assert_ok(ace_iter_err(&it));
    assert_int_equal(n, acl.len ? acl_count(acl) : 0);
    return n;
}

static void descriptor_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct sd sd;
        struct ace sacl_aces[32], dacl_aces[32];
        struct acl_build sacl = {.aces = sacl_aces}, dacl = {.aces = dacl_aces};
        struct sd_build build = {0};

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "sd", round, &fields);
        assert_ok(sd_check(bytes));
        assert_ok(sd_open(bytes, &sd));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        if (sd.has_owner)
            sid_field(&b, "owner", &sd.owner);
        if (sd.has_group)
            sid_field(&b, "group", &sd.group);
        sacl.count = list_fields(&b, "sacl", sd.sacl, sacl_aces);
        dacl.count = list_fields(&b, "dacl", sd.dacl, dacl_aces);
        field_number(&b, "control", sd.control);
        assert_fields_equal(&b, fields);
        build.control = sd.control;
        build.owner = sd.has_owner ? &sd.owner : NULL;
        build.group = sd.has_group ? &sd.group : NULL;
        sacl.revision = acl_revision(sd.sacl);
        dacl.revision = acl_revision(sd.dacl);
        build.sacl = sd.sacl.ptr ? &sacl : NULL;
        build.dacl = sd.dacl.ptr ? &dacl : NULL;
        builder_in(&b, &a, SD_MAX);
        sd_put(&b, &build);
        assert_ok(builder_done(&b, &out));
        assert_ok(sd_check(out));
        assert_span_equal(oracle_again(&a, "sd", out), bytes);
        /* A prefix is never a descriptor: its last part is cut. */
        for (size_t n = 0; n < out.len; n++)
            assert_int_not_equal(sd_check(span_sub(out, 0, n)), ERR_OK);
        arena_fini(&a);
    }
}

static struct span next_field(struct span *fields, struct span name)
{
    const uint8_t *end = memchr(fields->ptr, '\n', fields->len);
    struct span line = span_of(fields->ptr, (size_t)(end - fields->ptr));

    *fields = span_sub(*fields, line.len + 1, SIZE_MAX);
    assert_true(span_eq(span_sub(line, 0, name.len), name));
    return span_sub(line, name.len, SIZE_MAX);
}

/* Samba's text through our parser, our text through Samba's: all four descriptors are the same. */
static void check_text(const char *kind, unsigned round)
{
    struct arena a;
    struct builder b;
    struct span fields, bytes, text, ours, printed, domain_text;
    struct sid domain;
    struct sddl_domain dom = {&domain, &domain};

    arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
    bytes = oracle_random(&a, kind, round, &fields);
    domain_text = next_field(&fields, SPAN_LIT("domain="));
    text = next_field(&fields, SPAN_LIT("sddl="));
    assert_ok(sid_from_text(domain_text, &domain));
    builder_in(&b, &a, SD_MAX);
    if (sddl_parse(text, &dom, &a, &b) != ERR_OK)
        fail_msg("not parsed: %.*s", SPAN_ARG(text));
    assert_ok(builder_done(&b, &ours));
    assert_span_equal(oracle_again(&a, "sd", ours), bytes);
    builder_in(&b, &a, ORACLE_ANSWER_MAX);
    builder_printf(&b, "%.*s\n", SPAN_ARG(domain_text));
    assert_ok(sddl_print(ours, &dom, &b));
    assert_ok(builder_done(&b, &printed));
    assert_span_equal(oracle_again(&a, "sddl", printed), bytes);
    arena_fini(&a);
}

static void sddl_both_ways(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++)
        check_text("sddl", round);
}

static void sddl_of_the_schema(void **state)
{
    (void)state;
    for (unsigned round = 0; round < SCHEMA_ROUNDS; round++)
        check_text("schema_sddl", round);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptor_both_ways),
        cmocka_unit_test(sddl_both_ways),
        cmocka_unit_test(sddl_of_the_schema),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
