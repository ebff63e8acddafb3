#include "base/test.h"
#include "serve/zone_table.h"

static struct dns_name name(const char *text)
{
    struct dns_name n;
    assert_int_equal(dns_name_from_text(span_str(text), &n), ERR_OK);
    return n;
}

static void names_between_exist_without_records(void **state)
{
    struct zone_table t;
    struct dns_name apex = name("Aws.example.com"),
                    deep = name("_ldap._tcp.dc._msdcs.aws.EXAMPLE.com");
    struct dns_name between = name("dc._msdcs.aws.example.com"), other = name("x.aws.example.com");
    struct dns_record record = {.type = 33};
    uint32_t zone, found;
    (void)state;
    assert_int_equal(zone_table_init(&t, 4), ERR_OK);
    assert_int_equal(zone_table_add_zone(&t, &apex, &zone), ERR_OK);
    assert_int_equal(zone_table_add(&t, zone, &deep, &record, 1), ERR_OK);
    struct dns_name lower;
    dns_name_lower(dns_name_span(&deep), &lower);
    assert_int_equal(zone_table_find(&t, zone, dns_name_span(&lower))->count, 1);
    assert_int_equal(zone_table_find(&t, zone, dns_name_span(&between))->count, 0);
    assert_null(zone_table_find(&t, zone, dns_name_span(&other)));
    assert_true(zone_table_zone_of(&t, dns_name_span(&other), &found));
    assert_int_equal(found, zone);
    zone_table_fini(&t);
}

static void the_deepest_zone_answers(void **state)
{
    struct zone_table t;
    struct dns_name outer = name("example.com"), inner = name("_msdcs.example.com");
    struct dns_name in = name("dc._msdcs.example.com"), out = name("com");
    uint32_t a, b, found;
    (void)state;
    assert_int_equal(zone_table_init(&t, 0), ERR_OK);
    assert_int_equal(zone_table_add_zone(&t, &inner, &a), ERR_OK);
    assert_int_equal(zone_table_add_zone(&t, &outer, &b), ERR_OK);
    assert_true(zone_table_zone_of(&t, dns_name_span(&in), &found));
    assert_int_equal(found, a);
    assert_false(zone_table_zone_of(&t, dns_name_span(&out), &found));
    zone_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_between_exist_without_records),
        cmocka_unit_test(the_deepest_zone_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
