/*
 * Refusals of the KDC that no other test is about: each made for real, with the reason that the
 * event tells and what the client gets, a Kerberos error and for Windows an NTSTATUS.
 */
#include "kdc/kdc_groups_test.h"
#include "kdc/kdc_lab_test.h"
#include "kdc/kdc_request.h"

static uint32_t ntstatus_of(const struct answer *got)
{
    struct krb_error_data *data;
    struct krb_ext_error ext;
    if (got->e_data.len == 0)
        return 0;
    assert_ok(krb_decode_error_data(got->e_data, &arena, &data));
    assert_ok(krb_ext_error_decode(data->data_value, &ext));
    return ext.status;
}

static void refused_with(const struct answer *got, const char *where, int32_t error,
                         uint32_t ntstatus, enum reason reason)
{
    refused(got, where, error, reason);
    assert_int_equal(ntstatus_of(got), ntstatus);
}

/* --- steps of a dialogue ------------------------------------------------------------------------
 */

/* They make no event, so the reason is looked at where it is decided. */
static enum reason decided(enum kdc_transport transport, struct span message)
{
    struct kdc_request *r = arena_new(&arena, struct kdc_request);
    struct krb_kdc_req *req;
    struct span reply;
    assert_ok(kdc_request_begin(cloud.kdc, transport, "kdc.as", &arena, r));
    assert_ok(krb_decode_kdc_req(message, &arena, &req));
    r->req = req;
    r->body = &req->req_body;
    r->padata = &req->padata;
    enum err e = kdc_as(r, &reply);
    enum reason reason = r->refusal.reason;
    assert_err(e, ERR_REFUSED);
    cloud.last.reason = REASON_NONE;
    kdc_request_end(r, e);
    assert_int_equal(cloud.last.reason, REASON_NONE);
    return reason;
}

static void test_the_password_comes_next(void **state)
{
    struct span message = forge_as_req(&cloud, "ada", NULL, NULL, &arena);
    struct krb_padata_list *methods;
    (void)state;
    assert_int_equal(decided(KDC_UDP, message), REASON_KDC_PREAUTH_REQUIRED);
    struct answer got = send_as(message);
    assert_int_equal(got.error, KDC_ERR_PREAUTH_REQUIRED);
    assert_ok(krb_decode_method_data(got.e_data, &arena, &methods));
    assert_non_null(krb_padata_find(methods, KRB_PA_ETYPE_INFO2));
    assert_non_null(krb_padata_find(methods, KRB_PA_ENC_TIMESTAMP));
    assert_non_null(krb_padata_find(methods, KRB_PA_FX_COOKIE));
}

static void test_tcp_comes_next(void **state)
{
    struct span message = forge_as_req(&cloud, "ada", &ada_key, NULL, &arena), reply;
    (void)state;
    assert_int_equal(decided(KDC_UDP, message), REASON_KDC_USE_TCP);
    kdc_answer(cloud.kdc, KDC_UDP, message, &arena, &reply);
    struct answer got = forge_read(reply, &ada_key, KRB_USAGE_AS_REP, &arena);
    assert_int_equal(got.error, KRB_ERR_RESPONSE_TOO_BIG);
    got = send_as(message);
    assert_int_equal(got.error, 0);
}

static void test_the_other_realm_comes_next(void **state)
{
    struct krb_kdc_req *req = as_request();
    struct span text = SPAN_LIT("bob@corp.example.net"), reply;
    struct krb_name name = {KRB_NT_ENTERPRISE, {&text, 1}};
    struct krb_error *error;
    (void)state;
    req->req_body.cname = &name;
    cloud.last.reason = REASON_NONE;
    kdc_answer(cloud.kdc, KDC_TCP, as_encoded(req), &arena, &reply);
    assert_ok(krb_decode_error(reply, &arena, &error));
    assert_int_equal(error->error_code, KDC_ERR_WRONG_REALM);
    assert_span(error->crealm, CORP);
    /* A referral, like those of the TGS: it is told. */
    assert_int_equal(cloud.last.reason, REASON_KDC_CLIENT_ELSEWHERE);
}

/* --- the client --------------------------------------------------------------------------------
 */

static void test_the_clients_clock(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    struct span message = forge_as_req(&cloud, "ada", &ada_key, NULL, &arena), reply;
    struct krb_error *error;
    (void)state;
    test_now += 6 * UTIME_MINUTE;
    struct answer got = send_as(message);
    refused(&got, "AS", KRB_AP_ERR_SKEW, REASON_KDC_CLOCK_SKEW);
    /* The server's time is in the error, so that a client can tell by how much. */
    kdc_answer(cloud.kdc, KDC_TCP, message, &arena, &reply);
    assert_ok(krb_decode_error(reply, &arena, &error));
    assert_int_equal(error->stime, test_now - test_now % UTIME_SECOND);
    test_now -= 6 * UTIME_MINUTE;
    for (int sign = -1; sign <= 1; sign += 2) {
        q.skew = sign * 4 * UTIME_MINUTE;
        got = ask(&q);
        assert_int_equal(got.error, 0);
        q.skew = sign * 6 * UTIME_MINUTE;
        got = ask(&q);
        refused(&got, "TGS", KRB_AP_ERR_SKEW, REASON_KDC_CLOCK_SKEW);
    }
}

static void set_password(const char *rdn, const char *password)
{
    const struct forests_value value = {"unicodePwd", password};
    forests_change(&cloud, INTENT_MODIFY, rdn, &value, 1);
}

static void test_a_former_password(void **state)
{
    (void)state;
    forests_user(&cloud, "olga");
    struct krb_key old = forge_account_key(&cloud, "olga", &arena);
    set_password("CN=olga,CN=Users", "An0ther-pa55word");
    struct answer got = forge_log_on(&cloud, "olga", &old, &arena);
    refused_with(&got, "former", KDC_ERR_PREAUTH_FAILED, 0xC000006A, REASON_KDC_PASSWORD_OLD);
}

/* What the writer refuses to make; a directory from elsewhere may have it. */
static void force(const char *sam, uint32_t attr, const char *text)
{
    struct dir_write w;
    struct dir_account account;
    struct span record, value = span_str(text);
    uint64_t usn;
    assert_ok(dir_write_begin(cloud.dir, &w));
    assert_ok(dir_account_by_sam(&w.snap, span_str(sam), &account));
    struct change *c = change_new(&arena, test_now);
    change_set(c, account.id, attr, &value, text ? 1 : 0);
    assert_ok(change_done(c, &record));
    assert_ok(dir_write_apply(&w, record, &usn));
    assert_ok(dir_write_commit(&w));
}

static void test_a_name_of_two(void **state)
{
    struct krb_kdc_req *req = as_request();
    struct span text = SPAN_LIT("both@cloud.example.com");
    struct krb_name name = {KRB_NT_ENTERPRISE, {&text, 1}};
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, "http/both.cloud.example.com");
    (void)state;
    forests_user(&cloud, "twin1");
    forests_user(&cloud, "twin2");
    force("twin1", ATTR_userPrincipalName, "both@cloud.example.com");
    force("twin2", ATTR_userPrincipalName, "both@cloud.example.com");
    force("twin1", ATTR_servicePrincipalName, "http/both.cloud.example.com");
    force("twin2", ATTR_servicePrincipalName, "http/both.cloud.example.com");
    req->req_body.cname = &name;
    struct answer got = send_as(as_encoded(req));
    refused(&got, "client", KDC_ERR_PRINCIPAL_NOT_UNIQUE, REASON_KDC_NAME_NOT_UNIQUE);
    got = ask(&q);
    refused(&got, "service", KDC_ERR_PRINCIPAL_NOT_UNIQUE, REASON_KDC_NAME_NOT_UNIQUE);
}

/* --- options and times -------------------------------------------------------------------------
 */

static void test_options(void **state)
{
    static const struct {
        uint32_t option;
        int32_t as, tgs; /* errors; 0: granted */
    } rows[] = {
        {KRB_OPT_FORWARDED, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_PROXY, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_RENEW, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_VALIDATE, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_ENC_TKT_IN_SKEY, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_CNAME_IN_ADDL_TKT, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_REQUEST_ANONYMOUS, KDC_ERR_BADOPTION, KDC_ERR_BADOPTION},
        {KRB_OPT_ALLOW_POSTDATE, KDC_ERR_CANNOT_POSTDATE, KDC_ERR_BADOPTION},
        {KRB_OPT_POSTDATED, KDC_ERR_CANNOT_POSTDATE, KDC_ERR_BADOPTION},
        {KRB_OPT_FORWARDABLE, 0, 0},
    };
    char where[32];
    struct krb_kdc_req *req = as_request();
    (void)state;
    req->req_body.kdc_options = 0;
    struct answer tgt = send_as(as_encoded(req));
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    for (size_t i = 0; i < FORESTS_COUNT(rows); i++) {
        snprintf(where, sizeof(where), "option %08x", rows[i].option);
        req->req_body.kdc_options = q.options = rows[i].option;
        struct answer got = send_as(as_encoded(req));
        refused(&got, where, rows[i].as, rows[i].as ? REASON_KDC_OPTION_REFUSED : REASON_NONE);
        got = ask(&q);
        refused(&got, where, rows[i].tgs, rows[i].tgs ? REASON_KDC_OPTION_REFUSED : REASON_NONE);
    }
    /* A service ticket is not renewed. */
    tgt = log_on("ada", &ada_key);
    q = forge_follow(&tgt, CLOUD, WEB);
    q.options = KRB_OPT_RENEW;
    struct answer got = ask(&q);
    refused(&got, "renew", KDC_ERR_BADOPTION, REASON_KDC_OPTION_REFUSED);
}

static void test_times(void **state)
{
    struct krb_kdc_req *req = as_request();
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    req->req_body.till = test_now - UTIME_HOUR;
    struct answer got = send_as(as_encoded(req));
    refused(&got, "AS", KDC_ERR_NEVER_VALID, REASON_KDC_NEVER_VALID);
    q.till = test_now - UTIME_HOUR;
    got = ask(&q);
    refused(&got, "TGS", KDC_ERR_NEVER_VALID, REASON_KDC_NEVER_VALID);
}

/* --- the service -------------------------------------------------------------------------------
 */

static void test_a_service_that_is_off(void **state)
{
    const struct forests_value off = {"userAccountControl", "4098"};
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, "http/idle.cloud.example.com");
    (void)state;
    forests_service(&cloud, "idle", "http/idle.cloud.example.com");
    struct answer got = ask(&q);
    assert_int_equal(got.error, 0);
    forests_change(&cloud, INTENT_MODIFY, "CN=idle,CN=Computers", &off, 1);
    got = ask(&q);
    refused(&got, "disabled", KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_DISABLED);
    q.service = "CORP$";
    got = ask(&q);
    refused(&got, "trust", KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_DISABLED);
}

/* --- the message -------------------------------------------------------------------------------
 */

static void test_what_a_tgs_request_is_made_of(void **state)
{
    static const int32_t s4u[] = {KRB_PA_FOR_USER, KRB_PA_S4U_X509_USER};
    struct answer tgt = log_on("ada", &ada_key);
    const struct forge_request whole = forge_follow(&tgt, CLOUD, WEB);
    struct forge_request q = whole;
    (void)state;
    q.body_changed = true;
    struct answer got = ask(&q);
    refused(&got, "body", KRB_AP_ERR_MODIFIED, REASON_KDC_BODY_CHANGED);
    q = whole;
    q.without_header = true;
    got = ask(&q);
    refused(&got, "header", KDC_ERR_PADATA_TYPE_NOSUPP, REASON_KDC_NO_HEADER);
    for (size_t i = 0; i < FORESTS_COUNT(s4u); i++) {
        struct krb_padata pa = {s4u[i], SPAN_LIT("for whom")};
        q = whole;
        q.more = &pa;
        got = ask(&q);
        refused(&got, "S4U", KDC_ERR_PADATA_TYPE_NOSUPP, REASON_KDC_S4U_REFUSED);
    }
}

/* --- groups ------------------------------------------------------------------------------------
 */

static void test_a_sid_that_may_not_come(void **state)
{
    struct krb_ticket ticket;
    struct sid domain = sid_of(PARTNER), bob = sid_of(PARTNER "-1105"),
               admins = sid_of(THIRD "-512");
    struct pac_sid extra = {&admins, PAC_GROUP_DEFAULT};
    struct forge f =
        forge_referral(CORP, CLOUD, &domain, &bob, forge_trust_key(TRUST_PASSWORD, CORP, CLOUD));
    struct forge_request q;
    (void)state;
    f.logon.extra = &extra;
    f.logon.extra_count = 1;
    f.logon.user_flags |= PAC_FLAG_EXTRA_SIDS;
    q = forge_request(&f, &ticket, WEB, &arena);
    cloud.first = REASON_NONE;
    struct answer got = ask(&q);
    assert_int_equal(got.error, 0);
    assert_int_equal(cloud.first, REASON_SID_FILTERED);
    assert_int_equal(cloud.last.reason, REASON_NONE);
}

/* More than a PAC holds, more than a directory follows, and more of the service's own. */
static void test_too_many_groups(void **state)
{
    static const unsigned counts[] = {2000, DIR_GROUPS_MAX + 1};
    char user[16];
    struct answer got, tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(counts); i++) {
        snprintf(user, sizeof(user), "full%zu", i);
        forests_user(&cloud, user);
        groups_many(&cloud, user, GROUPS_UNIVERSAL, counts[i], &arena);
        struct krb_key key = forge_account_key(&cloud, user, &arena);
        got = forge_log_on(&cloud, user, &key, &arena);
        refused(&got, user, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS);
    }
    groups_many(&cloud, "ada", GROUPS_LOCAL, DIR_GROUPS_MAX + 1, &arena);
    got = ask(&q);
    refused(&got, "local", KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_password_comes_next),
        cmocka_unit_test(test_tcp_comes_next),
        cmocka_unit_test(test_the_other_realm_comes_next),
        cmocka_unit_test(test_the_clients_clock),
        cmocka_unit_test(test_a_former_password),
        cmocka_unit_test(test_a_name_of_two),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_a_service_that_is_off),
        cmocka_unit_test(test_what_a_tgs_request_is_made_of),
        cmocka_unit_test(test_a_sid_that_may_not_come),
        cmocka_unit_test(test_too_many_groups),
    };
    return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
