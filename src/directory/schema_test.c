#include "directory/schema_more.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_numbers_of_2016(void **state)
{
    (void)state;
    assert_int_equal(schema_attr_count(), 1498);
    assert_int_equal(schema_class_count(), 269);
    /* ATTRTYPs that other implementations hard-code ([MS-DRSR] 5.14 examples, drsuapi.idl). */
    assert_int_equal(ATTR_objectClass, 0);
    assert_int_equal(ATTR_unicodePwd, 0x0009005A);
    assert_int_equal(ATTR_sAMAccountName, 0x000900DD);
    assert_int_equal(ATTR_objectSid, 0x00090092);
    assert_int_equal(ATTR_member, 0x0000001F);
    assert_int_equal(CLASS_user, 0x000A0009);
    assert_int_equal(CLASS_top, 0x00010000);
}

static void test_every_row_is_found_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        const struct schema_attr *a = schema_attr_at(i);
        assert_ptr_equal(schema_attr(a->id), a);
        assert_ptr_equal(schema_attr_by_name(span_str(a->name)), a);
        assert_ptr_equal(schema_attr_by_name(span_str(a->oid)), a);
        assert_ptr_equal(schema_attr_by_guid(&a->guid), a);
        assert_int_equal(schema_attr_index(a), i);
        char oid[SCHEMA_OID_TEXT];
        assert_true(span_eq(span_of(oid, schema_id_to_oid(a->id, oid)), span_str(a->oid)));
    }
    for (unsigned i = 0; i < schema_class_count(); i++) {
        const struct schema_class *c = schema_class_at(i);
        assert_ptr_equal(schema_class(c->id), c);
        assert_ptr_equal(schema_class_by_name(span_str(c->name)), c);
        assert_ptr_equal(schema_class_by_name(span_str(c->oid)), c);
        assert_ptr_equal(schema_class_by_guid(&c->guid), c);
    }
}

static void test_names_are_case_insensitive_and_exact(void **state)
{
    (void)state;
    assert_ptr_equal(schema_attr_by_name(SPAN_LIT("SAMACCOUNTNAME")),
                     schema_attr(ATTR_sAMAccountName));
    assert_ptr_equal(schema_attr_by_name(SPAN_LIT("OID.2.5.4.31")), schema_attr(ATTR_member));
    static const char *const none[] = {"",          "sAMAccountNam", "sAMAccountName ",
                                       "2.5.4",     "2.5.4.",        "2.5.4.031",
                                       "2.5.4.31.", "9.9.9.9",       "user"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(schema_attr_by_name(span_str(none[i])));
    assert_null(schema_attr(0xffffffff));
    assert_null(schema_class(0));
}

static void test_links_pair_up(void **state)
{
    (void)state;
    assert_int_equal(schema_attr(ATTR_member)->partner, ATTR_memberOf);
    assert_int_equal(schema_attr(ATTR_memberOf)->partner, ATTR_member);
    assert_true(schema_attr(ATTR_member)->flags & SCHEMA_LINK);
    assert_true(schema_attr(ATTR_memberOf)->flags & SCHEMA_BACKLINK);
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        const struct schema_attr *a = schema_attr_at(i);
        if (a->partner)
            assert_int_equal(schema_attr(a->partner)->partner, a->id);
        assert_false((a->flags & SCHEMA_INDEXED) && a->link_id);
    }
}

static void test_classes(void **state)
{
    (void)state;
    const struct schema_class *user = schema_class(CLASS_user);
    static const uint32_t chain[] = {CLASS_top, CLASS_person, CLASS_organizationalPerson,
                                     CLASS_user};
    assert_int_equal(user->chain.count, 4);
    assert_memory_equal(user->chain.id, chain, sizeof(chain));
    assert_true(schema_list_has(&user->all_aux, CLASS_securityPrincipal));
    assert_true(schema_list_has(&user->all_must, ATTR_sAMAccountName));
    assert_false(schema_list_has(&user->all_may, ATTR_sAMAccountName));
    assert_true(schema_class_allows(user, schema_attr(ATTR_servicePrincipalName)));
    assert_false(schema_class_allows(user, schema_attr(ATTR_trustPartner)));
    assert_int_equal(user->rdn_attr, ATTR_cn);
    assert_int_equal(user->default_category, CLASS_person);
    assert_true(schema_class_is(schema_class(CLASS_computer), CLASS_user));
    assert_false(schema_class_is(user, CLASS_computer));
    assert_true(schema_list_has(&user->all_superiors, CLASS_organizationalUnit));
    assert_true(schema_list_has(&user->all_superiors, CLASS_domainDNS));
    assert_true(schema_list_has(&user->all_superiors, CLASS_container));
    assert_false(schema_list_has(&user->all_superiors, CLASS_user));
    assert_true(
        schema_list_has(&schema_class(CLASS_organizationalUnit)->inferiors, CLASS_computer));
    assert_int_equal(schema_class(CLASS_organizationalUnit)->rdn_attr, ATTR_ou);
}

static void test_flags(void **state)
{
    (void)state;
    assert_true(schema_attr(ATTR_sAMAccountName)->flags & SCHEMA_INDEXED);
    assert_true(schema_attr(ATTR_sAMAccountName)->flags & SCHEMA_SINGLE);
    assert_true(schema_attr(ATTR_unicodePwd)->flags & SCHEMA_SECRET);
    assert_true(schema_attr(ATTR_tokenGroups)->flags & SCHEMA_CONSTRUCTED);
    assert_true(schema_attr(ATTR_msTPM_OwnerInformation)->flags & SCHEMA_CONFIDENTIAL);
    assert_true(schema_attr(ATTR_dnsRoot)->flags & SCHEMA_INDEXED);
    assert_false(schema_attr(ATTR_description)->flags & SCHEMA_INDEXED);
    assert_int_equal(schema_attr(ATTR_sAMAccountName)->range_upper, 256);
    assert_int_equal(schema_attr(ATTR_objectSid)->syntax, SYNTAX_SID);
    assert_int_equal(schema_attr(ATTR_wellKnownObjects)->syntax, SYNTAX_DN_BINARY);
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        const struct schema_syntax_row *row = schema_syntax(schema_attr_at(i)->syntax);
        assert_non_null(row->name);
        assert_int_equal(row->om_class.len != 0, schema_attr_at(i)->om_syntax == 127);
    }
}

/* What schema_derive.c makes of the declarations is what tools/gen_schema.py made of them. */
static void test_derived_as_compiled(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 0, 16 << 20, 0);
    struct schema_drafts d = {.count = schema_class_count(), .arena = &a};
    d.row = arena_array(&a, d.count, sizeof *d.row);
    assert_non_null(d.row);
    for (unsigned i = 0; i < d.count; i++) {
        d.row[i] = *schema_class_at(i);
        assert_int_equal(d.row[i].index, i);
        d.row[i].chain = d.row[i].all_aux = d.row[i].all_must = (struct schema_list){0};
        d.row[i].all_may = d.row[i].all_superiors = d.row[i].inferiors = (struct schema_list){0};
    }
    assert_int_equal(schema_derive(&d), ERR_OK);
    for (unsigned i = 0; i < d.count; i++)
        assert_true(schema_same_lists(&d.row[i], schema_class_at(i)));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_of_2016),
        cmocka_unit_test(test_every_row_is_found_again),
        cmocka_unit_test(test_names_are_case_insensitive_and_exact),
        cmocka_unit_test(test_links_pair_up),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_derived_as_compiled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
