/* The access check and inheritance by the specification's own tables, in SDDL. */
#include "directory/access.h"

#include "base/test.h"
#include "base/text.h"
#include "wire/ms/sddl.h"
#include "wire/ms/secdesc.h"

#define CLASS_A "11111111-1111-1111-1111-111111111111"
#define CLASS_B "22222222-2222-2222-2222-222222222222"
#define SET     "33333333-3333-3333-3333-333333333333"
#define PROP    "44444444-4444-4444-4444-444444444444"
#define OTHER   "55555555-5555-5555-5555-555555555555"
#define USER    "S-1-5-21-1-2-3-1104"
#define OWNER   "S-1-5-21-1-2-3-1105"

static struct arena arena;
static struct sid domain;
static struct sddl_domain sddl = {&domain, &domain};

static struct span sd_of(const char *text)
{
    struct builder b;
    struct span out;

    builder_in(&b, &arena, SD_MAX);
    if (sddl_parse(span_str(text), &sddl, &arena, &b) != ERR_OK || builder_done(&b, &out) != ERR_OK)
        fail_msg("no SDDL: %s", text);
    return out;
}

static struct guid guid_of(const char *text)
{
    struct guid g;

    assert_ok(guid_from_text(span_str(text), &g));
    return g;
}

static struct sid sid_of(const char *text)
{
    struct sid sid;

    assert_ok(sid_from_text(span_str(text), &sid));
    return sid;
}

/* What user S-1-5-21-1-2-3-1104, one of Everyone, may do to the object as a whole or to a property.
 */
static uint32_t rights(const char *text, bool property, const char *self)
{
    struct guid class = guid_of(CLASS_A), set = guid_of(SET), prop = guid_of(PROP);
    struct access_target t = {&class, property ? &set : NULL, property ? &prop : NULL};
    struct sid sids[] = {sid_of(USER), sid_of("S-1-1-0")};
    struct dir_token token = {.sids = sids, .count = 2};
    struct sid self_sid;

    if (self)
        self_sid = sid_of(self);
    return access_granted(sd_of(text), &token, &t, self ? &self_sid : NULL);
}

struct check {
    const char *sddl;
    uint32_t object, property;
};

static void run(const struct check *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t object = rights(table[i].sddl, false, NULL);
        uint32_t property = rights(table[i].sddl, true, NULL);

        if (object != table[i].object || property != table[i].property)
            fail_msg("%s: object %x, not %x; property %x, not %x", table[i].sddl, object,
                     table[i].object, property, table[i].property);
    }
}

#define RUN(table) run(table, sizeof(table) / sizeof(table[0]))

static void order_and_inherit_only(void **state)
{
    static const struct check table[] = {
        {"O:BAD:", 0, 0},
        {"O:BAD:(A;;RPWP;;;WD)", 0x30, 0x30},
        {"O:BAD:(A;IO;RPWP;;;WD)", 0, 0},
        {"O:BAD:(A;CI;RPWP;;;WD)", 0x30, 0x30},
        {"O:BAD:(A;;RP;;;BA)", 0, 0},
        {"O:BAD:(D;;RP;;;WD)(A;;RPWP;;;WD)", 0x20, 0x20},
        {"O:BAD:(A;;RPWP;;;WD)(D;;RP;;;WD)", 0x30, 0x30},
        {"O:BAD:(A;;GR;;;WD)", 0x20094, 0x20094},
        {"O:BAD:(A;;GA;;;WD)", 0xF01FF, 0xF01FF},
        {"O:BAD:(D;;GW;;;WD)(A;;GA;;;WD)", 0xF01FF & ~0x20028u, 0xF01FF & ~0x20028u},
    };

    (void)state;
    RUN(table);
}

static void object_types(void **state)
{
    static const struct check table[] = {
        {"O:BAD:(OA;;RP;" PROP ";;WD)", 0, 0x10},
        {"O:BAD:(OA;;RP;" SET ";;WD)", 0, 0x10},
        {"O:BAD:(OA;;RP;" CLASS_A ";;WD)", 0x10, 0x10},
        {"O:BAD:(OA;;RP;" OTHER ";;WD)", 0, 0},
        {"O:BAD:(OA;;RP;;;WD)", 0x10, 0x10},
        {"O:BAD:(OD;;RP;" SET ";;WD)(A;;RP;;;WD)", 0x10, 0},
        {"O:BAD:(OD;;RP;" SET ";;WD)(OA;;RP;" PROP ";;WD)", 0, 0},
        {"O:BAD:(OA;;RP;" PROP ";;WD)(OD;;RP;" SET ";;WD)", 0, 0x10},
        {"O:BAD:(OD;;RP;" OTHER ";;WD)(A;;RP;;;WD)", 0x10, 0x10},
        /* the inherited object type of an effective ACE does not restrict it */
        {"O:BAD:(OA;;RP;" PROP ";" CLASS_B ";WD)", 0, 0x10},
        {"O:BAD:(OA;;CR;" PROP ";;WD)", 0, 0x100},
        {"O:BAD:(OD;;CR;" PROP ";;WD)(OA;;CRRP;;;WD)", 0x110, 0x10},
    };

    (void)state;
    RUN(table);
}

static void owners(void **state)
{
    static const struct check table[] = {
        {"O:" USER "D:", 0x60000, 0x60000},
        {"O:" USER "D:(D;;RCWD;;;WD)", 0x60000, 0x60000},
        {"O:" USER "D:(A;;RP;;;OW)", 0x10, 0x10},
        {"O:" USER "D:(A;IO;RP;;;OW)", 0x60000, 0x60000},
        {"O:" USER "D:(D;;WD;;;OW)(A;;RCWD;;;WD)", 0x20000, 0x20000},
        {"O:" OWNER "D:(A;;RP;;;OW)", 0, 0},
        {"D:(A;;RP;;;OW)", 0, 0},
    };

    (void)state;
    RUN(table);
}

static void principal_self(void **state)
{
    const char *sd = "O:BAD:(A;;RP;;;PS)(D;;WP;;;PS)(A;;WP;;;WD)";

    (void)state;
    assert_int_equal(rights(sd, false, USER), 0x10);
    assert_int_equal(rights(sd, false, OWNER), 0x20);
    assert_int_equal(rights(sd, false, NULL), 0x20);
}

static void absent_and_broken_descriptors(void **state)
{
    struct sid user = sid_of(USER);
    struct dir_token token = {.sids = &user, .count = 1};
    struct span good = sd_of("O:BAG:BAD:(A;;RPWP;;;" USER ")");

    (void)state;
    assert_int_equal(access_granted(sd_of("O:BAG:BA"), &token, NULL, NULL), 0xF01FF);
    assert_true(access_check(good, &token, 0x30, NULL, NULL));
    assert_false(access_check(SPAN_NONE, &token, 0x10, NULL, NULL));
    for (size_t n = 0; n < good.len; n++)
        assert_false(access_check(span_of(good.ptr, n), &token, 0x30, NULL, NULL));
    assert_true(access_check(SPAN_NONE, &dir_token_system, 0x30, NULL, NULL));
    assert_false(access_check(good, &dir_token_anonymous, 0x10, NULL, NULL));
}

/* A condition is not evaluated: what it would allow is not granted, what it would deny is. */
static void conditional_aces(void **state)
{
    struct sid user = sid_of(USER);
    struct dir_token token = {.sids = &user, .count = 1};
    struct ace aces[2] = {
        {.type = ACE_ALLOWED_CALLBACK, .known = true, .mask = 0x20, .sid = user},
        {.type = ACE_ALLOWED, .known = true, .mask = 0x10, .sid = user},
    };
    struct acl_build acl = {.count = 2, .aces = aces};
    struct sd_build build = {.dacl = &acl};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct builder b;
        struct span sd;

        builder_in(&b, &arena, SD_MAX);
        sd_put(&b, &build);
        assert_ok(builder_done(&b, &sd));
        assert_int_equal(access_granted(sd, &token, NULL, NULL), i == 0 ? 0x10 : 0);
        aces[0].type = ACE_DENIED_CALLBACK;
        aces[0].mask = 0x10;
    }
}

static void privileges(void **state)
{
    struct sid admin = sid_of("S-1-5-32-544"), user = sid_of(USER);
    struct dir_token token = {.sids = &admin, .count = 1};
    struct span sd = sd_of("O:SYG:SYD:");

    (void)state;
    assert_true(access_check(sd, &token, ACCESS_SYSTEM_SECURITY | ACCESS_WRITE_OWNER, NULL, NULL));
    assert_false(access_check(sd, &token, ACCESS_WRITE_DAC, NULL, NULL));
    token.sids = &user;
    assert_false(
        access_check(sd_of("O:SYG:SYD:(A;;GA;;;WD)"), &token, ACCESS_SYSTEM_SECURITY, NULL, NULL));
}

static void a_thousand_sids(void **state)
{
    struct sid sids[1000];
    struct dir_token token = {.sids = sids, .count = 1000};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        assert_ok(sid_append(&domain, 2000 + i, &sids[i]));
    assert_ok(access_cache_attach(&token, &arena));
    for (uint32_t i = 1990; i < 3010; i++) {
        struct sid sid;

        assert_ok(sid_append(&domain, i, &sid));
        assert_int_equal(dir_token_has(&token, &sid), i >= 2000 && i < 3000);
    }
}

/* --- inheritance
 * ---------------------------------------------------------------------------------- */

static void assert_dacl(struct span sd, const char *want, const char *what)
{
    struct builder b;
    struct span text, expected = sd_of(want);
    struct sd got, exp;

    assert_ok(sd_check(sd));
    assert_ok(sd_open(sd, &got));
    assert_ok(sd_open(expected, &exp));
    builder_in(&b, &arena, SD_MAX);
    assert_ok(sddl_print(sd, &sddl, &b));
    assert_ok(builder_done(&b, &text));
    if (!span_eq(span_sub(got.dacl, 8, SD_MAX), span_sub(exp.dacl, 8, SD_MAX)) ||
        acl_count(got.dacl) != acl_count(exp.dacl) || got.control != exp.control)
        fail_msg("%s: %.*s, not %s", what, SPAN_ARG(text), want);
}

struct inheritance {
    const char *parent; /* one ACE */
    const char *child;  /* what a child of class A gets */
};

static void inheritance_table(void **state)
{
    static const struct inheritance table[] = {
        /* the table of [MS-DTYP] 2.5.3.4.4, for a container */
        {"(A;;RP;;;WD)", ""},
        {"(A;IO;RP;;;WD)", ""},
        {"(A;OI;RP;;;WD)", "(A;OIIOID;RP;;;WD)"},
        {"(A;OINP;RP;;;WD)", ""},
        {"(A;CI;RP;;;WD)", "(A;CIID;RP;;;WD)"},
        {"(A;CINP;RP;;;WD)", "(A;ID;RP;;;WD)"},
        {"(A;OICI;RP;;;WD)", "(A;OICIID;RP;;;WD)"},
        {"(A;OICINP;RP;;;WD)", "(A;ID;RP;;;WD)"},
        /* inherit-only and inherited play no part in the decision */
        {"(A;CIIO;RP;;;WD)", "(A;CIID;RP;;;WD)"},
        {"(A;CIIOID;RP;;;WD)", "(A;CIID;RP;;;WD)"},
        {"(D;CI;WP;;;WD)", "(D;CIID;WP;;;WD)"},
        /* for one class */
        {"(OA;CIIO;RP;" PROP ";" CLASS_A ";WD)", "(OA;CIID;RP;" PROP ";" CLASS_A ";WD)"},
        {"(OA;CIIO;RP;" PROP ";" CLASS_B ";WD)", "(OA;CIIOID;RP;" PROP ";" CLASS_B ";WD)"},
        {"(OA;CIIONP;RP;" PROP ";" CLASS_A ";WD)", "(OA;ID;RP;" PROP ";;WD)"},
        {"(OA;CIIONP;RP;" PROP ";" CLASS_B ";WD)", ""},
        {"(OA;CINP;RP;;" CLASS_A ";WD)", "(A;ID;RP;;;WD)"},
        {"(OA;CI;CC;" CLASS_B ";;WD)", "(OA;CIID;CC;" CLASS_B ";;WD)"},
        /* creators */
        {"(A;CI;RP;;;CO)", "(A;ID;RP;;;" OWNER ")(A;CIIOID;RP;;;CO)"},
        {"(A;CINP;RP;;;CO)", "(A;ID;RP;;;" OWNER ")"},
        {"(A;CIIO;RP;;;CG)", "(A;ID;RP;;;DU)(A;CIIOID;RP;;;CG)"},
        {"(OA;CIIO;RP;;" CLASS_B ";CO)", "(OA;CIIOID;RP;;" CLASS_B ";CO)"},
        {"(OA;CIIO;WP;" PROP ";" CLASS_A ";CO)",
         "(OA;ID;WP;" PROP ";;" OWNER ")(OA;CIIOID;WP;" PROP ";" CLASS_A ";CO)"},
        /* generic rights */
        {"(A;CI;GR;;;WD)", "(A;CIID;RPLCLORC;;;WD)"},
    };
    struct guid class = guid_of(CLASS_A);

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct access_create in = {
            .parent_sd = sd_of(arena_printf(&arena, "O:BAG:BAD:%s", table[i].parent)),
            .class_default = sd_of("O:BAG:BAD:(A;;RC;;;AU)"),
            .object_class = &class,
            .owner = sid_of(OWNER),
        };
        struct span sd;

        assert_ok(sid_append(&domain, 513, &in.group));
        assert_ok(access_create_sd(&in, &arena, &sd));
        assert_dacl(sd, arena_printf(&arena, "D:AI(A;;RC;;;AU)%s", table[i].child),
                    table[i].parent);
        /* the same again by re-inheritance changes nothing */
        assert_ok(access_inherit_sd(in.parent_sd, sd, &class, &arena, &sd));
        assert_dacl(sd, arena_printf(&arena, "D:AI(A;;RC;;;AU)%s", table[i].child),
                    table[i].parent);
    }
}

static struct span create(const char *parent, const char *creator, const char *fallback)
{
    struct guid class = guid_of(CLASS_A);
    struct access_create in = {
        .parent_sd = sd_of(parent), .object_class = &class, .owner = sid_of(OWNER)};
    struct span sd;

    if (creator)
        in.creator_sd = sd_of(creator);
    if (fallback)
        in.class_default = sd_of(fallback);
    in.group = in.owner;
    assert_ok(access_create_sd(&in, &arena, &sd));
    return sd;
}

static void what_the_creator_says(void **state)
{
    const char *parent = "O:BAG:BAD:(A;CI;RP;;;WD)", *fallback = "D:(A;;RC;;;AU)";
    struct sd sd;

    (void)state;
    assert_dacl(create(parent, NULL, fallback), "D:AI(A;;RC;;;AU)(A;CIID;RP;;;WD)", "default");
    assert_dacl(create(parent, NULL, NULL), "D:AI(A;CIID;RP;;;WD)", "no default");
    assert_dacl(create(parent, NULL, "D:P(A;;RC;;;AU)"), "D:P(A;;RC;;;AU)", "protected default");
    assert_dacl(create(parent, "D:(A;;WP;;;WD)", fallback), "D:AI(A;;WP;;;WD)(A;CIID;RP;;;WD)",
                "given");
    assert_dacl(create(parent, "D:(A;;WP;;;WD)(A;CIID;LC;;;WD)", fallback),
                "D:AI(A;;WP;;;WD)(A;CIID;RP;;;WD)", "the client's inherited ACEs are not believed");
    assert_dacl(create(parent, "D:P(A;;WP;;;WD)(A;CIID;LC;;;WD)", fallback),
                "D:P(A;;WP;;;WD)(A;CI;LC;;;WD)", "protected");
    assert_dacl(create(parent, "D:", fallback), "D:AI(A;CIID;RP;;;WD)", "empty");
    assert_dacl(create(parent, "D:(A;CI;GX;;;CO)", fallback),
                "D:AI(A;;LCRC;;;" OWNER ")(A;CIIO;LCRC;;;CO)(A;CIID;RP;;;WD)", "creator owner");
    assert_ok(sd_open(create(parent, "O:BAG:SYD:", fallback), &sd));
    assert_int_equal(sd.owner.sub[1], 544);
    assert_int_equal(sd.group.sub[0], 18);
    assert_ok(sd_open(create(parent, "D:", fallback), &sd));
    assert_int_equal(sd.owner.sub[4], 1105);
}

static void re_inheriting(void **state)
{
    struct guid class = guid_of(CLASS_A);
    struct span child = sd_of("O:" OWNER "G:" OWNER "D:AI(D;;WP;;;WD)(A;CIID;RP;;;WD)"), sd;

    (void)state;
    assert_ok(access_inherit_sd(sd_of("O:BAG:BAD:(A;CI;LC;;;AU)"), child, &class, &arena, &sd));
    assert_dacl(sd, "D:AI(D;;WP;;;WD)(A;CIID;LC;;;AU)", "new parent");
    child = sd_of("O:" OWNER "G:" OWNER "D:P(A;;RP;;;WD)");
    assert_ok(access_inherit_sd(sd_of("O:BAG:BAD:(A;CI;LC;;;AU)"), child, &class, &arena, &sd));
    assert_dacl(sd, "D:P(A;;RP;;;WD)", "protected");
}

static void audit_aces_inherit_too(void **state)
{
    struct span sd = create("O:BAG:BAD:S:(AU;CISA;WP;;;WD)", NULL, "D:");
    struct builder b;
    struct span text;

    (void)state;
    builder_in(&b, &arena, SD_MAX);
    assert_ok(sddl_print(sd, &sddl, &b));
    assert_ok(builder_done(&b, &text));
    assert_span(text, "O:" OWNER "G:" OWNER "D:AIS:AI(AU;CIIDSA;WP;;;WD)");
}

static void parts_of_descriptors(void **state)
{
    struct span full = sd_of("O:BAG:SYD:P(A;;RP;;;WD)S:(AU;SA;WP;;;WD)"), sd;
    struct sd v;

    (void)state;
    assert_ok(access_sd_select(full, SD_PART_OWNER | SD_PART_DACL, &arena, &sd));
    assert_ok(sd_open(sd, &v));
    assert_true(v.has_owner && !v.has_group && v.dacl.ptr && !v.sacl.ptr);
    assert_int_equal(v.control, SD_SELF_RELATIVE | SD_DACL_PRESENT | SD_DACL_PROTECTED);
    assert_ok(access_sd_select(full, SD_PART_GROUP | SD_PART_SACL, &arena, &sd));
    assert_ok(sd_open(sd, &v));
    assert_true(!v.has_owner && v.has_group && !v.dacl.ptr && v.sacl.ptr);
    assert_ok(access_sd_merge(full, sd_of("O:WDG:WDD:(A;;WP;;;AU)"), SD_PART_DACL, &arena, &sd));
    assert_dacl(sd, "D:(A;;WP;;;AU)S:(AU;SA;WP;;;WD)", "merged");
    assert_ok(sd_open(sd, &v));
    assert_int_equal(v.owner.sub[1], 544);
    assert_ok(access_sd_merge(full, sd_of("O:WDG:WDD:(A;;WP;;;AU)"), SD_PART_OWNER, &arena, &sd));
    assert_ok(sd_open(sd, &v));
    assert_int_equal(v.owner.authority[5], 1);
    assert_dacl(sd, "D:P(A;;RP;;;WD)S:(AU;SA;WP;;;WD)", "only the owner");
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20, 64 << 20, 0);
    domain = sid_of("S-1-5-21-1-2-3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_inherit_only),
        cmocka_unit_test(object_types),
        cmocka_unit_test(owners),
        cmocka_unit_test(principal_self),
        cmocka_unit_test(absent_and_broken_descriptors),
        cmocka_unit_test(conditional_aces),
        cmocka_unit_test(privileges),
        cmocka_unit_test(a_thousand_sids),
        cmocka_unit_test(inheritance_table),
        cmocka_unit_test(what_the_creator_says),
        cmocka_unit_test(re_inheriting),
        cmocka_unit_test(audit_aces_inherit_too),
        cmocka_unit_test(parts_of_descriptors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
