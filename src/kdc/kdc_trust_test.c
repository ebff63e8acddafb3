/*
 * Two forests and stock libkrb5 between them: it walks referrals over every kind of trust, and is
 * refused with the right reason where there is no way.
 */
#include "kdc/kdc_forge_test.h"

utime test_now = INT64_C(1790000000) * UTIME_SECOND;
struct realm *test_realms[4];
unsigned test_replies;

static struct realm cloud, corp;
static krb5_context client;

#define ADA   "ada@CLOUD.EXAMPLE.COM"
#define BOB   "bob@CORP.EXAMPLE.NET"
#define WEB   "http/web1.cloud.example.com"
#define FILES "cifs/files.corp.example.net"

/* Through the client's own realm, which refers, and straight through the service's. */
#define WEB_REFERRED   WEB "@CORP.EXAMPLE.NET"
#define WEB_DIRECT     WEB "@CLOUD.EXAMPLE.COM"
#define FILES_REFERRED FILES "@CLOUD.EXAMPLE.COM"
#define FILES_DIRECT   FILES "@CORP.EXAMPLE.NET"

static int setup(void **state)
{
    (void)state;
    forests_start(&cloud, "cloud.example.com", "NIMBUS", "S-1-5-21-101-102-103");
    forests_start(&corp, "corp.example.net", "CORP", "S-1-5-21-201-202-203");
    test_realms[0] = &cloud;
    test_realms[1] = &corp;
    forests_user(&cloud, "ada");
    forests_user(&corp, "bob");
    forests_service(&cloud, "web1", WEB);
    forests_service(&corp, "files", FILES);
    client = fixture_client();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_client_end(client);
    forests_stop(&corp);
    forests_stop(&cloud);
    return 0;
}

static void walk(const char *who, const char *service)
{
    krb5_creds tgt, *ticket;
    krb5_error_code e = fixture_kinit(client, who, 0, USER_PASSWORD, NULL, &tgt);
    if (e == 0)
        e = fixture_ticket(client, &tgt, service, 0, &ticket);
    if (e)
        fail_msg("%s to %s: %s (cloud: %s, corp: %s)", who, service,
                 krb5_get_error_message(client, e), reason_row(cloud.last.reason)->code,
                 reason_row(corp.last.reason)->code);
    assert_int_equal(ticket->keyblock.enctype, ENCTYPE_AES256_CTS_HMAC_SHA1_96);
    krb5_free_creds(client, ticket);
    krb5_free_cred_contents(client, &tgt);
}

/* The KDC that refused, its error and its reason. */
static void blocked(const char *who, const char *service, krb5_error_code error,
                    const struct realm *by, enum reason reason)
{
    krb5_creds tgt, *ticket;
    assert_int_equal(fixture_kinit(client, who, 0, USER_PASSWORD, NULL, &tgt), 0);
    cloud.first = corp.first = REASON_NONE;
    krb5_error_code e = fixture_ticket(client, &tgt, service, 0, &ticket);
    if (e != error)
        fail_msg("%s to %s: %s (cloud: %s, corp: %s)", who, service,
                 e ? krb5_get_error_message(client, e) : "granted", reason_row(cloud.first)->code,
                 reason_row(corp.first)->code);
    assert_string_equal(reason_row(by->first)->code, reason_row(reason)->code);
    krb5_free_cred_contents(client, &tgt);
}

static void test_forest_both_ways(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    walk(ADA, FILES_REFERRED);
    walk(ADA, FILES_DIRECT);
    walk(BOB, WEB_REFERRED);
    walk(BOB, WEB_DIRECT);
    forests_part(&cloud, &corp);
}

static void test_external_both_ways(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_QUARANTINED, &corp, 0);
    walk(ADA, FILES_REFERRED);
    walk(BOB, WEB_REFERRED);
    walk(ADA, FILES_DIRECT);
    walk(BOB, WEB_DIRECT);
    forests_part(&cloud, &corp);
}

/* Corp trusts cloud: ada may go there; bob's own KDC knows no way to cloud. */
static void one_way_in(uint32_t attributes)
{
    forests_relate(&cloud, TRUST_INBOUND, attributes, &corp, attributes);
    walk(ADA, FILES_REFERRED);
    walk(ADA, FILES_DIRECT);
    blocked(BOB, WEB_REFERRED, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &corp,
            REASON_ROUTE_TRUST_OUTGOING_ONLY);
    blocked(BOB, WEB_DIRECT, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &corp, REASON_TRANSIT_NOT_INCOMING);
    forests_part(&cloud, &corp);
}

static void one_way_out(uint32_t attributes)
{
    forests_relate(&cloud, TRUST_OUTBOUND, attributes, &corp, attributes);
    walk(BOB, WEB_REFERRED);
    walk(BOB, WEB_DIRECT);
    blocked(ADA, FILES_REFERRED, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &cloud,
            REASON_ROUTE_TRUST_OUTGOING_ONLY);
    blocked(ADA, FILES_DIRECT, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &cloud,
            REASON_TRANSIT_NOT_INCOMING);
    forests_part(&cloud, &corp);
}

static void test_one_way(void **state)
{
    (void)state;
    one_way_in(TRUST_FOREST_TRANSITIVE);
    one_way_in(TRUST_QUARANTINED);
    one_way_out(TRUST_FOREST_TRANSITIVE);
    one_way_out(TRUST_QUARANTINED);
}

/* The resource side alone closes the trust: the partner still refers, and is not heard. */
static void test_closed_by_one_side(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    struct forests_partner p = {corp.dns, corp.flat, corp.sid, SPAN_NONE};
    forests_trust(&cloud, &p, TRUST_INBOUND, TRUST_FOREST_TRANSITIVE);
    blocked(BOB, WEB_REFERRED, KRB5KDC_ERR_POLICY, &cloud, REASON_TRANSIT_NOT_OUTGOING);
    forests_part(&cloud, &corp);
}

static void test_disabled(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_DISABLED, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    blocked(ADA, FILES_REFERRED, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &cloud, REASON_ROUTE_TRUST_OFF);
    blocked(BOB, WEB_REFERRED, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &corp, REASON_ROUTE_TRUST_OFF);
    forests_part(&cloud, &corp);
}

static void test_no_trust(void **state)
{
    (void)state;
    blocked(ADA, FILES_DIRECT, KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, &cloud, REASON_KDC_REALM_UNKNOWN);
}

/* Other secrets on the two sides: the referral opens with no key. */
static void test_secrets_differ(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = span_str(corp.dns)};
    in.trust.password = SPAN_LIT("another secret");
    forests_write(&cloud, &in);
    blocked(BOB, WEB_REFERRED, KRB5KRB_AP_ERR_BAD_INTEGRITY, &cloud, REASON_KDC_REFERRAL_KEY);
    forests_part(&cloud, &corp);
}

static void secret_at(struct trust_auth_info info[2], int64_t time, const char *password,
                      uint8_t version[4], struct arena *a)
{
    info[0] = (struct trust_auth_info){.time = time, .type = TRUST_AUTH_CLEAR};
    info[1] = (struct trust_auth_info){time, TRUST_AUTH_VERSION, span_of(version, 4)};
    assert_ok(text_to_utf16(span_str(password), a, &info[0].data));
}

/* The blob after a rollover just now. */
static struct span rolled_over(const char *password, struct arena *a)
{
    uint8_t first[4] = {1}, second[4] = {2};
    struct trust_auth auth = {.count = 2, .previous_count = 2};
    struct builder b;
    struct span blob;
    int64_t now = utime_to_filetime(test_now);
    secret_at(auth.current, now, password, second, a);
    secret_at(auth.previous, utime_to_filetime(test_now - UTIME_DAY), TRUST_PASSWORD, first, a);
    builder_in(&b, a, TRUST_AUTH_MAX);
    trust_auth_put(&b, &auth);
    assert_ok(builder_done(&b, &blob));
    return blob;
}

/* A rollover of which the partner has not heard yet: what comes in is opened with the former
 * secret, and what goes out still bears it. */
static void test_secret_rolls_over(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = span_str(corp.dns)};
    struct arena a;
    arena_init(&a, 0, 1u << 16, ARENA_WIPE);
    in.trust.incoming = in.trust.outgoing = rolled_over("a rolled secret", &a);
    forests_write(&cloud, &in);
    arena_fini(&a);
    walk(BOB, WEB_REFERRED);
    walk(ADA, FILES_REFERRED);
    forests_part(&cloud, &corp);
}

static void test_unknown_sid(void **state)
{
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_QUARANTINED, &corp, TRUST_QUARANTINED);
    forests_untrust(&cloud, corp.dns);
    struct forests_partner p = {.dns = corp.dns, .flat = corp.flat};
    forests_trust(&cloud, &p, TRUST_BOTH, TRUST_QUARANTINED);
    blocked(BOB, WEB_REFERRED, KRB5KDC_ERR_POLICY, &cloud, REASON_TRUST_SID_UNKNOWN);
    forests_part(&cloud, &corp);
}

/* Only who holds Allowed-To-Authenticate on the service gets in, over either kind of trust. */
static void test_selective(void **state)
{
    static const uint32_t kinds[] = {TRUST_FOREST_TRANSITIVE, TRUST_QUARANTINED};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        forests_relate(&cloud, TRUST_BOTH, kinds[i] | TRUST_CROSS_ORGANIZATION, &corp, kinds[i]);
        forests_rights(&cloud, "CN=web1,CN=Computers", "O:DAG:DAD:(A;;GA;;;DA)(A;;RPLCLORC;;;AU)");
        blocked(BOB, WEB_REFERRED, KRB5KDC_ERR_POLICY, &cloud, REASON_SELECTIVE_AUTH_DENIED);
        walk(ADA, FILES_REFERRED); /* the partner asks for no right */
        forests_rights(&cloud, "CN=web1,CN=Computers",
                       "O:DAG:DAD:(A;;GA;;;DA)"
                       "(OA;;CR;68b1d179-0d15-4d4f-ab71-46152e79a7bc;;S-1-5-21-201-202-203-513)");
        walk(BOB, WEB_REFERRED);
        forests_part(&cloud, &corp);
    }
}

/* kinit -E at the wrong KDC: it names the realm, libkrb5 follows (RFC 6806 section 7). */
static void test_enterprise_name_elsewhere(void **state)
{
    krb5_creds tgt;
    char *name;
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    assert_int_equal(fixture_kinit(client, "bob@corp.example.net", KRB5_PRINCIPAL_PARSE_ENTERPRISE,
                                   USER_PASSWORD, NULL, &tgt),
                     0);
    assert_int_equal(krb5_unparse_name(client, tgt.client, &name), 0);
    assert_string_equal(name, BOB);
    krb5_free_unparsed_name(client, name);
    krb5_free_cred_contents(client, &tgt);
    assert_int_equal(fixture_kinit(client, "bob@unknown.example", KRB5_PRINCIPAL_PARSE_ENTERPRISE,
                                   USER_PASSWORD, NULL, &tgt),
                     KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN);
    forests_part(&cloud, &corp);
    assert_int_equal(fixture_kinit(client, "bob@corp.example.net", KRB5_PRINCIPAL_PARSE_ENTERPRISE,
                                   USER_PASSWORD, NULL, &tgt),
                     KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN);
}

/* A TGT of ours in the hands of a foreign user: renewed, forwarded, used, and worth nothing once
 * the trust is gone. */
static void test_foreign_user_with_our_tgt(void **state)
{
    struct arena a;
    arena_init(&a, 0, 16u << 20, ARENA_WIPE);
    struct krb_key bob = forge_account_key(&corp, "bob", &a);
    (void)state;
    forests_relate(&cloud, TRUST_BOTH, TRUST_FOREST_TRANSITIVE, &corp, TRUST_FOREST_TRANSITIVE);
    struct answer home = forge_log_on(&corp, "bob", &bob, &a);
    assert_int_equal(home.error, 0);
    struct forge_request q = forge_follow(&home, "CORP.EXAMPLE.NET", "krbtgt/CLOUD.EXAMPLE.COM");
    q.options = KRB_OPT_FORWARDABLE | KRB_OPT_RENEWABLE;
    struct answer referral = forge_ask(&corp, &q, &a);
    assert_int_equal(referral.error, 0);
    q = forge_follow(&referral, "CLOUD.EXAMPLE.COM", "krbtgt/CLOUD.EXAMPLE.COM");
    q.options = KRB_OPT_FORWARDABLE | KRB_OPT_RENEWABLE;
    struct answer ours = forge_ask(&cloud, &q, &a);
    assert_int_equal(ours.error, 0);
    assert_true(ours.part->flags & KRB_TKT_RENEWABLE);
    q = forge_follow(&ours, "CLOUD.EXAMPLE.COM", "krbtgt/CLOUD.EXAMPLE.COM");
    q.options = KRB_OPT_RENEW;
    struct answer renewed = forge_ask(&cloud, &q, &a);
    assert_int_equal(renewed.error, 0);
    q = forge_follow(&renewed, "CLOUD.EXAMPLE.COM", "krbtgt/CLOUD.EXAMPLE.COM");
    q.options = KRB_OPT_FORWARDED | KRB_OPT_FORWARDABLE;
    struct answer forwarded = forge_ask(&cloud, &q, &a);
    assert_int_equal(forwarded.error, 0);
    assert_true(forwarded.part->flags & KRB_TKT_FORWARDED);
    q = forge_follow(&forwarded, "CLOUD.EXAMPLE.COM", WEB);
    struct answer got = forge_ask(&cloud, &q, &a);
    assert_int_equal(got.error, 0);
    assert_span(got.rep->crealm, "CORP.EXAMPLE.NET");
    forests_part(&cloud, &corp);
    got = forge_ask(&cloud, &q, &a);
    assert_int_equal(got.error, KDC_ERR_PATH_NOT_ACCEPTED);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_trust),
        cmocka_unit_test(test_forest_both_ways),
        cmocka_unit_test(test_external_both_ways),
        cmocka_unit_test(test_one_way),
        cmocka_unit_test(test_closed_by_one_side),
        cmocka_unit_test(test_disabled),
        cmocka_unit_test(test_secrets_differ),
        cmocka_unit_test(test_secret_rolls_over),
        cmocka_unit_test(test_unknown_sid),
        cmocka_unit_test(test_selective),
        cmocka_unit_test(test_enterprise_name_elsewhere),
        cmocka_unit_test(test_foreign_user_with_our_tgt),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
