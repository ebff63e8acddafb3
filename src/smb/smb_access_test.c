/* Descriptors of files: what is inherited, and what the defaults let whom do. */
#include "smb/smb_access.h"

#include "base/test.h"
#include "base/text.h"
#include "directory/access.h"
#include "directory/schema.h"
#include "wire/ms/sddl.h"
#include "wire/smb2/smb2_body.h"

static struct arena arena;
static struct sid domain;
static struct smb_defaults defaults;

static struct span parse(const char *sddl)
{
    const struct sddl_domain names = {.domain = &domain, .forest_root = &domain};
    struct builder b;
    struct span out;

    builder_in(&b, &arena, SD_MAX);
    assert_ok(sddl_parse(span_str(sddl), &names, &arena, &b));
    assert_ok(builder_done(&b, &out));
    return out;
}

static const char *print(struct span sd)
{
    const struct sddl_domain names = {.domain = &domain, .forest_root = &domain};
    struct builder b;
    struct span out;

    builder_in(&b, &arena, 65536);
    assert_ok(sddl_print(sd, &names, &b));
    assert_ok(builder_done(&b, &out));
    return arena_dup_str(&arena, out);
}

static const char *inherited(const char *parent, bool is_folder)
{
    struct sid owner, group;
    struct span out;

    assert_ok(sid_append(&domain, 1100, &owner));
    assert_ok(sid_append(&domain, 513, &group));
    assert_ok(smb_sd_inherit(parse(parent), is_folder, &owner, &group, &arena, &out));
    assert_ok(sd_check(out));
    return strstr(print(out), "D:");
}

static void test_inheritance(void **state)
{
    (void)state;

    /* of both kinds, of one, of none */
    assert_string_equal(inherited("O:BAG:BAD:(A;OICI;RPWP;;;BA)(A;;RP;;;AU)", false),
                        "D:AI(A;ID;RPWP;;;BA)");
    assert_string_equal(inherited("O:BAG:BAD:(A;OICI;RPWP;;;BA)(A;;RP;;;AU)", true),
                        "D:AI(A;OICIID;RPWP;;;BA)");
    assert_string_equal(inherited("O:BAG:BAD:(A;OI;RP;;;BA)", true), "D:AI(A;OIIOID;RP;;;BA)");
    assert_string_equal(inherited("O:BAG:BAD:(A;CI;RP;;;BA)", false), "D:AI");
    /* what is inherited only applies below; what does not go on ends there */
    assert_string_equal(inherited("O:BAG:BAD:(A;OICIIO;RP;;;BA)", true), "D:AI(A;OICIID;RP;;;BA)");
    assert_string_equal(inherited("O:BAG:BAD:(A;OICINP;RP;;;BA)", true), "D:AI(A;ID;RP;;;BA)");
    assert_string_equal(inherited("O:BAG:BAD:(D;OICI;RP;;;AU)", false), "D:AI(D;ID;RP;;;AU)");
}

static void test_the_creator(void **state)
{
    (void)state;

    assert_non_null(strstr(inherited("O:BAG:BAD:(A;OICIIO;RP;;;CO)", false), "-1100)"));
    assert_null(strstr(inherited("O:BAG:BAD:(A;OICIIO;RP;;;CO)", false), "CO)"));
    const char *folder = inherited("O:BAG:BAD:(A;OICIIO;RP;;;CO)", true);
    assert_non_null(strstr(folder, "(A;ID;RP;;;S-1-5-21-1-2-3-1100)"));
    assert_non_null(strstr(folder, "(A;OICIIOID;RP;;;CO)"));
    /* Generic rights become those of files where they apply. */
    struct span sd, parent = parse("O:BAG:BAD:(A;OICI;GR;;;BA)");
    struct ace_iter it;
    struct ace ace;
    struct sd opened;
    assert_ok(smb_sd_inherit(parent, false, &defaults.owner, &defaults.group, &arena, &sd));
    assert_ok(sd_open(sd, &opened));
    ace_iter_init(&it, opened.dacl);
    assert_true(ace_next(&it, &ace));
    assert_int_equal(ace.mask, 0x120089);
}

static uint32_t granted(struct span sd, struct span folder, const struct sid *sid)
{
    const struct dir_token token = {.sids = sid, .count = 1};
    return smb_granted(sd, folder, &token);
}

static void test_defaults(void **state)
{
    struct sid users = SID_NT(11), administrators = SID_NT(32, 544), creators, delegates;
    (void)state;

    assert_ok(sid_append(&domain, 520, &creators));
    assert_ok(sid_append(&domain, 1200, &delegates));
    assert_int_equal(granted(defaults.root, SPAN_NONE, &administrators), SMB_FILE_ALL);
    assert_int_equal(granted(defaults.root, SPAN_NONE, &users), SMB_FILE_READ);
    assert_int_equal(granted(defaults.root, SPAN_NONE, &creators), 0);
    assert_int_equal(granted(defaults.policies, SPAN_NONE, &users), SMB_FILE_READ);
    assert_int_equal(granted(defaults.policies, SPAN_NONE, &creators), 0x1301bf);
    assert_int_equal(granted(defaults.policies, SPAN_NONE, &delegates), 0x1301bf);
    /* A policy of somebody else's is none of theirs. */
    struct span other;
    assert_ok(
        smb_sd_inherit(defaults.policies, true, &defaults.owner, &defaults.group, &arena, &other));
    assert_int_equal(granted(other, defaults.policies, &creators), SMB2_READ_ATTRIBUTES);
    assert_int_equal(granted(other, defaults.policies, &administrators), SMB_FILE_ALL);
}

static void test_the_folder_gives_deletion(void **state)
{
    struct sid who = SID_NT(11);
    struct span none = parse("O:BAG:BAD:P(A;;0x1;;;AU)"), file = parse("O:BAG:BAD:P(A;;0x2;;;AU)");
    (void)state;

    assert_int_equal(granted(file, none, &who) & SMB2_DELETE, 0);
    assert_true(granted(file, parse("O:BAG:BAD:P(A;;0x40;;;AU)"), &who) & SMB2_DELETE);
    assert_true(granted(file, none, &who) & SMB2_READ_ATTRIBUTES);
}

static void test_what_clients_set(void **state)
{
    struct span out;
    const char *many = "O:BAG:BAD:";
    (void)state;

    assert_ok(
        smb_sd_normal(parse("D:P(A;;GA;;;AU)"), &defaults.owner, &defaults.group, &arena, &out));
    assert_non_null(strstr(print(out), "O:BAG:DA"));
    assert_int_equal(
        granted(
            out, SPAN_NONE,
            &(struct sid){.revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 5}, .sub = {11}}),
        SMB_FILE_ALL);
    assert_err(smb_sd_normal(SPAN_LIT("x"), &defaults.owner, &defaults.group, &arena, &out),
               ERR_MALFORMED);
    for (unsigned i = 0; i <= SMB_ACES_MAX; i++)
        many = arena_printf(&arena, "%s(A;;RP;;;AU)", many);
    assert_err(smb_sd_normal(parse(many), &defaults.owner, &defaults.group, &arena, &out),
               ERR_LIMIT);
    assert_err(smb_sd_inherit(parse(many), true, &defaults.owner, &defaults.group, &arena, &out),
               ERR_LIMIT);
}

/* Of CN=Policies,CN=System in a managed directory. */
static struct span container(void)
{
    struct sid delegates;
    struct ace ace = {.type = ACE_ALLOWED_OBJECT, .known = true, .mask = ACCESS_CREATE_CHILD};
    const struct acl_build dacl = {.count = 1, .aces = &ace};
    const struct sd_build sd = {.dacl = &dacl};
    struct builder b;
    struct span out;

    assert_ok(sid_append(&domain, 1200, &delegates));
    ace.sid = delegates;
    ace.object_type = &schema_class(CLASS_groupPolicyContainer)->guid;
    builder_in(&b, &arena, SD_MAX);
    sd_put(&b, &sd);
    assert_ok(builder_done(&b, &out));
    return out;
}

/* As GPMC and samba-tool compare them. */
static void test_of_a_policy(void **state)
{
    struct span out;
    (void)state;

    assert_ok(smb_sd_of_policy(
        parse("O:DAG:DAD:P(A;CI;RPLCRC;;;AU)(A;;RPWPCCDCLCRC;;;DA)(A;CIIO;RPLC;;;CO)"), &arena,
        &out));
    assert_string_equal(print(out),
                        print(parse("O:DAG:DAD:P(A;OICI;0x1200a9;;;AU)(A;OICI;0x1201ff;;;DA)"
                                    "(A;OICIIO;0x1000a9;;;CO)")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inheritance),      cmocka_unit_test(test_the_creator),
        cmocka_unit_test(test_defaults),         cmocka_unit_test(test_the_folder_gives_deletion),
        cmocka_unit_test(test_what_clients_set), cmocka_unit_test(test_of_a_policy),
    };

    arena_init(&arena, 0, 4 << 20, 0);
    domain = SID_NT(21, 1, 2, 3);
    assert_ok(smb_defaults_make(&domain, container(), &arena, &defaults));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
