#include "kdc/kdc_fixture_test.h"

utime test_now = INT64_C(1790000000) * UTIME_SECOND;
struct realm *test_realms[4];
unsigned test_replies;

static struct realm cloud;
static krb5_context client;

static int setup(void **state)
{
    (void)state;
    fixture_forest(&cloud, "cloud.example.com", "NIMBUS");
    test_realms[0] = &cloud;
    client = fixture_client();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_client_end(client);
    fixture_forest_end(&cloud);
    return 0;
}

static void good(krb5_error_code e)
{
    if (e)
        fail_msg("%s (reason %s%s%.*s)", krb5_get_error_message(client, e),
                 reason_row(cloud.last.reason)->code, cloud.last.count ? ", " : "",
                 SPAN_ARG(cloud.last.fields[cloud.last.count ? cloud.last.count - 1 : 0].text));
}

static void test_password_gives_tgt(void **state)
{
    krb5_creds tgt;
    (void)state;
    good(fixture_kinit(client, "Administrator@CLOUD.EXAMPLE.COM", 0, ADMIN_PASSWORD, NULL, &tgt));
    assert_int_equal(tgt.times.endtime - tgt.times.authtime, 86400 > 36000 ? 36000 : 86400);
    assert_true(tgt.ticket_flags & TKT_FLG_PRE_AUTH);
    assert_true(tgt.ticket_flags & TKT_FLG_INITIAL);
    assert_true(tgt.ticket_flags & TKT_FLG_FORWARDABLE);
    assert_true(tgt.ticket_flags & TKT_FLG_RENEWABLE);
    assert_int_equal(tgt.keyblock.enctype, ENCTYPE_AES256_CTS_HMAC_SHA1_96);
    krb5_free_cred_contents(client, &tgt);
}

static void test_wrong_password(void **state)
{
    krb5_creds tgt;
    (void)state;
    assert_int_equal(
        fixture_kinit(client, "Administrator@CLOUD.EXAMPLE.COM", 0, "wrong", NULL, &tgt),
        KRB5KDC_ERR_PREAUTH_FAILED);
    assert_int_equal(cloud.last.reason, REASON_KDC_PASSWORD_WRONG);
}

static void test_unknown_client(void **state)
{
    krb5_creds tgt;
    (void)state;
    assert_int_equal(fixture_kinit(client, "nobody@CLOUD.EXAMPLE.COM", 0, "x", NULL, &tgt),
                     KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN);
    assert_int_equal(cloud.last.reason, REASON_KDC_CLIENT_UNKNOWN);
}

static void test_service_ticket(void **state)
{
    krb5_creds tgt, *out;
    (void)state;
    good(fixture_kinit(client, "Administrator@CLOUD.EXAMPLE.COM", 0, ADMIN_PASSWORD, NULL, &tgt));
    good(fixture_ticket(client, &tgt, "ldap/dc1.cloud.example.com@CLOUD.EXAMPLE.COM", 0, &out));
    assert_int_equal(out->keyblock.enctype, ENCTYPE_AES256_CTS_HMAC_SHA1_96);
    krb5_free_creds(client, out);
    assert_int_equal(
        fixture_ticket(client, &tgt, "http/nowhere.cloud.example.com@CLOUD.EXAMPLE.COM", 0, &out),
        KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN);
    assert_int_equal(cloud.last.reason, REASON_KDC_SERVICE_UNKNOWN);
    krb5_free_cred_contents(client, &tgt);
}

static void test_enterprise_and_case(void **state)
{
    krb5_creds tgt;
    char *name;
    (void)state;
    good(fixture_kinit(client, "ADMINISTRATOR@cloud.example.com", KRB5_PRINCIPAL_PARSE_ENTERPRISE,
                       ADMIN_PASSWORD, NULL, &tgt));
    good(krb5_unparse_name(client, tgt.client, &name));
    assert_string_equal(name, "Administrator@CLOUD.EXAMPLE.COM");
    krb5_free_unparsed_name(client, name);
    krb5_free_cred_contents(client, &tgt);
}

/* Told the KDC's time with the demand for pre-authentication, libkrb5 stamps by it. */
static void test_client_follows_the_clock_it_is_told(void **state)
{
    krb5_creds tgt;
    (void)state;
    test_now += 6 * UTIME_MINUTE;
    assert_int_equal(
        fixture_kinit(client, "Administrator@CLOUD.EXAMPLE.COM", 0, ADMIN_PASSWORD, NULL, &tgt), 0);
    krb5_free_cred_contents(client, &tgt);
    test_now -= 6 * UTIME_MINUTE;
}

static void test_changepw_ticket(void **state)
{
    krb5_creds creds;
    (void)state;
    good(fixture_kinit(client, "Administrator@CLOUD.EXAMPLE.COM", 0, ADMIN_PASSWORD,
                       "kadmin/changepw", &creds));
    krb5_free_cred_contents(client, &creds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_gives_tgt),
        cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_unknown_client),
        cmocka_unit_test(test_service_ticket),
        cmocka_unit_test(test_enterprise_and_case),
        cmocka_unit_test(test_client_follows_the_clock_it_is_told),
        cmocka_unit_test(test_changepw_ticket),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
