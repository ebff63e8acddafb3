/*
 * A partner that lies. Referral tickets are forged with the real key of the trust, and what the KDC
 * makes of them is compared with tables written by hand from [MS-PAC] 4.1.2.2, not with our filter:
 * the exact SIDs of the service ticket, or the refusal. Samba's decoder reads every PAC besides.
 */
#include "kdc/kdc_forge_test.h"
#include "wire/ms/oracle.h"

utime test_now = INT64_C(1790000000) * UTIME_SECOND;
struct realm *test_realms[4];
unsigned test_replies;

#define OURS     "S-1-5-21-101-102-103"
#define PARTNER  "S-1-5-21-201-202-203"
#define CHILD    "S-1-5-21-301-302-303" /* an enabled domain of the partner's forest */
#define THIRD    "S-1-5-21-401-402-403"
#define DISABLED "S-1-5-21-501-502-503" /* a domain of the partner's forest, switched off */

#define CLOUD "CLOUD.EXAMPLE.COM"
#define CORP  "CORP.EXAMPLE.NET"
#define WEB   "http/web1.cloud.example.com"

static struct realm cloud;
static struct arena arena;
static struct krb_key trust_key, service_key;

static int setup(void **state)
{
    arena_init(&arena, 0, 256u << 20, ARENA_WIPE);
    forests_start(&cloud, "cloud.example.com", "NIMBUS", OURS);
    forests_service(&cloud, "web1", WEB);
    trust_key = forge_trust_key(TRUST_PASSWORD, CORP, CLOUD);
    service_key = forge_account_key(&cloud, "web1$", &arena);
    return oracle_start(state);
}

static int teardown(void **state)
{
    int status = oracle_stop(state);
    forests_stop(&cloud);
    arena_fini(&arena);
    return status;
}

/* --- trusts ------------------------------------------------------------------------------------
 */

enum boundary { WITHIN, QWITHIN, FOREST, EXTERNAL, QEXTERNAL, PIM, TREAT, BOUNDARIES };

static const struct {
    const char *name;
    uint32_t attributes, forced; /* forced: what the writer would not make */
} boundaries[BOUNDARIES] = {
    [WITHIN] = {"within", 0, TRUST_WITHIN_FOREST},
    [QWITHIN] = {"quarantined within", 0, TRUST_WITHIN_FOREST | TRUST_QUARANTINED},
    [FOREST] = {"forest", TRUST_FOREST_TRANSITIVE, 0},
    [EXTERNAL] = {"external", TRUST_NON_TRANSITIVE, 0},
    [QEXTERNAL] = {"quarantined external", TRUST_QUARANTINED, 0},
    [PIM] = {"PIM", TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_PIM, 0},
    [TREAT] = {"treat as external", TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, 0},
};

static struct span their_forest(void)
{
    const struct forest_record records[] = {
        {.type = FOREST_TLN, .name = SPAN_LIT("corp.example.net")},
        {.type = FOREST_TLN_EXCLUSION, .name = SPAN_LIT("shop.corp.example.net")},
        {.type = FOREST_DOMAIN,
         .name = SPAN_LIT("corp.example.net"),
         .flat_name = SPAN_LIT("CORP"),
         .sid = sid_of(PARTNER)},
        {.type = FOREST_DOMAIN,
         .name = SPAN_LIT("dev.corp.example.net"),
         .flat_name = SPAN_LIT("DEV"),
         .sid = sid_of(CHILD)},
        {.type = FOREST_DOMAIN,
         .flags = FOREST_SID_ADMIN_DISABLED,
         .name = SPAN_LIT("old.corp.example.net"),
         .flat_name = SPAN_LIT("OLD"),
         .sid = sid_of(DISABLED)},
    };
    struct builder b;
    struct span out;
    builder_in(&b, &arena, 4096);
    forest_info_put(&b, records, FORESTS_COUNT(records));
    assert_ok(builder_done(&b, &out));
    return out;
}

static void trust_as(enum boundary b, uint32_t more)
{
    struct forests_partner p = {"corp.example.net", "CORP", sid_of(PARTNER), their_forest()};
    forests_trust(&cloud, &p, TRUST_BOTH, boundaries[b].attributes | more);
    if (boundaries[b].forced)
        forests_force_attributes(&cloud, p.dns, boundaries[b].forced | more);
}

static void untrust(void)
{
    forests_untrust(&cloud, "corp.example.net");
}

/* --- the ticket of an honest partner; cases change it ------------------------------------------
 */

static struct sid *sid_new(const char *text)
{
    struct sid *s = arena_new(&arena, struct sid);
    *s = sid_of(text);
    return s;
}

static void add_extra(struct forge *f, const char *text)
{
    struct pac_logon_info *l = &f->logon;
    struct pac_sid *extra = arena_new_array(&arena, l->extra_count + 1, struct pac_sid);
    for (uint32_t i = 0; i < l->extra_count; i++)
        extra[i] = l->extra[i];
    extra[l->extra_count++] = (struct pac_sid){sid_new(text), PAC_GROUP_DEFAULT};
    l->extra = extra;
    l->user_flags |= PAC_FLAG_EXTRA_SIDS;
}

static struct forge honest(void)
{
    static struct pac_group groups[] = {{513, 7}, {512, 7}, {1300, 7}, {1300, 7}};
    struct forge f =
        forge_referral(CORP, CLOUD, sid_new(PARTNER), sid_new(PARTNER "-1105"), trust_key);
    f.flags |= KRB_TKT_FORWARDABLE;
    f.logon.groups = groups;
    f.logon.group_count = 4;
    return f;
}

static struct answer ask(const struct forge *f, const char *service)
{
    struct krb_ticket ticket;
    cloud.last.reason = REASON_NONE;
    struct forge_request q = forge_request(f, &ticket, service, &arena);
    q.options = KRB_OPT_CANONICALIZE;
    return forge_ask(&cloud, &q, &arena);
}

/* --- results as text ---------------------------------------------------------------------------
 */

static struct span sids_text(const struct pac_logon_info *l)
{
    struct builder b;
    struct span out;
    char text[SID_TEXT_SIZE];
    builder_in(&b, &arena, 1u << 20);
    sid_to_text(l->domain_sid, text);
    builder_printf(&b, "user %s-%u\nprimary %u\n", text, l->rid, l->primary_gid);
    for (uint32_t i = 0; i < l->group_count; i++)
        builder_printf(&b, "group %u\n", l->groups[i].rid);
    for (uint32_t i = 0; i < l->extra_count; i++) {
        sid_to_text(l->extra[i].sid, text);
        builder_printf(&b, "extra %s\n", text);
    }
    for (uint32_t i = 0; i < l->resource_count; i++) {
        sid_to_text(l->resource_domain, text);
        builder_printf(&b, "resource %s-%u\n", text, l->resource[i].rid);
    }
    assert_ok(builder_done(&b, &out));
    return out;
}

static void assert_granted(const struct answer *got, const char *where)
{
    if (got->error)
        fail_msg("%s: error %d, %s", where, got->error, reason_row(cloud.last.reason)->code);
}

static void assert_sids(const struct answer *got, const char *where, struct span want)
{
    struct opened t;
    assert_granted(got, where);
    forge_open(&got->rep->ticket, &service_key, &arena, &t);
    struct span have = sids_text(&t.logon);
    if (!span_eq(have, want))
        fail_msg("%s: got\n%.*swanted\n%.*s", where, SPAN_ARG(have), SPAN_ARG(want));
    assert_span_equal(oracle_pac_sids(&arena, t.pac_bytes), want);
    assert_false(pac_find(&t.pac, PAC_ATTRIBUTES));
    assert_false(pac_find(&t.pac, PAC_REQUESTOR_SID));
}

static void assert_refused(const struct answer *got, const char *where, int32_t error,
                           enum reason reason)
{
    if (got->error != error || cloud.last.reason != reason)
        fail_msg("%s: error %d, %s", where, got->error, reason_row(cloud.last.reason)->code);
}

/* --- every kind of SID over every kind of trust -------------------------------------------------
 */

/* Columns: within forest, quarantined within, forest, external, quarantined external, PIM. Treated
 * as external is as external. */
static const struct {
    const char *sid, *verdict;
} sids[] = {
    {"S-1-0-0", "------"},
    {"S-1-1-0", "------"},
    {"S-1-2-0", "------"},
    {"S-1-3-0", "------"},
    {"S-1-3-3", "------"},
    {"S-1-4-7", "KKKKKK"},
    {"S-1-5-2", "------"},
    {"S-1-5-5-0-77", "------"},
    {"S-1-5-7", "------"},
    {"S-1-5-9", "KK----"}, /* enterprise domain controllers */
    {"S-1-5-11", "------"},
    {"S-1-5-18", "------"},
    {"S-1-5-20", "------"},
    {"S-1-5-80-1-2-3-4-5", "------"},
    {"S-1-5-1000-7", "KKKKKK"},
    {"S-1-5-1001-7", "KKKKKK"},
    {"S-1-5-21", "------"},
    {"S-1-5-21-101", "------"},
    {"S-1-5-21-101-102", "------"},
    {OURS, "------"},
    {OURS "-512-1", "------"},
    {OURS "-500", "K----K"},
    {OURS "-512", "K----K"},
    {OURS "-519", "K----K"},
    {OURS "-1105", "K----K"},
    {PARTNER "-518", "KKKKKK"},
    {PARTNER "-1200", "KKKKKK"},
    {PARTNER "-1200", "------"}, /* the second time */
    {CHILD "-512", "K----K"},
    {CHILD "-1200", "K-KK-K"},
    {DISABLED "-1200", "K--K-K"},
    {THIRD "-500", "K----K"},
    {THIRD "-512", "K----K"},
    {THIRD "-999", "K----K"},
    {THIRD "-1000", "K--K-K"},
    {THIRD "-1200", "K--K-K"},
    {"S-1-5-21-0-0-0-496", "KKKKKK"},
    {"S-1-5-21-0-0-0-497", "KKKKKK"},
    {"S-1-5-32", "------"},
    {"S-1-5-32-544", "------"},
    {"S-1-5-32-544-1", "------"},
    {"S-1-5-64-10", "------"},
    {"S-1-6-1", "------"},
    {"S-1-7-1", "------"},
    {"S-1-8-1", "------"},
    {"S-1-9-1", "------"},
    {"S-1-10-3", "KKKKKK"},
    {"S-1-11-96-1", "------"},
    {"S-1-15-2-1", "------"},
    {"S-1-16-12288", "------"},
    {"S-1-18-1", "KKKKKK"},
    {"S-1-18-2", "KKKKKK"},
    {"S-1-18-3", "------"},
};

static struct span expected(enum boundary b)
{
    struct builder out;
    struct span text;
    builder_in(&out, &arena, 65536);
    builder_printf(&out, "user " PARTNER "-1105\nprimary 513\ngroup 513\ngroup 512\ngroup 1300\n");
    for (size_t i = 0; i < FORESTS_COUNT(sids); i++)
        if (sids[i].verdict[b == TREAT ? EXTERNAL : b] == 'K')
            builder_printf(&out, "extra %s\n", sids[i].sid);
    builder_printf(&out, "extra S-1-5-15\n");
    /* Where our Domain Admins pass they bring the local group that they are in: Denied RODC
     * Password Replication Group. */
    if (b == WITHIN || b == PIM)
        builder_printf(&out, "resource " OURS "-572\n");
    assert_ok(builder_done(&out, &text));
    return text;
}

static void test_every_sid_over_every_trust(void **state)
{
    struct forge f = honest();
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(sids); i++)
        add_extra(&f, sids[i].sid);
    for (enum boundary b = 0; b < BOUNDARIES; b++) {
        trust_as(b, 0);
        struct answer got = ask(&f, WEB);
        assert_sids(&got, boundaries[b].name, expected(b));
        untrust();
    }
}

/* The same through a TGT of ours: what was dropped does not come back. */
static void test_filtered_through_our_tgt(void **state)
{
    struct forge f = honest();
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(sids); i++)
        add_extra(&f, sids[i].sid);
    for (enum boundary b = FOREST; b < BOUNDARIES; b++) {
        trust_as(b, 0);
        struct answer tgt = ask(&f, "krbtgt/" CLOUD);
        assert_granted(&tgt, boundaries[b].name);
        struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
        struct answer got = forge_ask(&cloud, &q, &arena);
        assert_sids(&got, boundaries[b].name, expected(b));
        untrust();
    }
}

/* S-1-5-15 and S-1-5-1000 are ours to say. */
static void test_organization_is_ours_to_say(void **state)
{
    const char *base = "user " PARTNER "-1105\nprimary 513\ngroup 513\ngroup 512\ngroup 1300\n";
    struct forge f = honest();
    (void)state;
    add_extra(&f, "S-1-5-15");
    forests_rights(&cloud, "CN=web1,CN=Computers",
                   "O:DAG:DAD:(OA;;CR;68b1d179-0d15-4d4f-ab71-46152e79a7bc;;" PARTNER "-1105)");
    trust_as(FOREST, TRUST_CROSS_ORGANIZATION);
    struct answer got = ask(&f, WEB);
    assert_sids(&got, "this organization over a selective trust",
                span_str(arena_printf(&arena, "%sextra S-1-5-1000\n", base)));
    forests_rights(&cloud, "CN=web1,CN=Computers", "O:DAG:DAD:(A;;GA;;;DA)");
    got = ask(&f, WEB);
    assert_refused(&got, "without the right", KDC_ERR_POLICY, REASON_SELECTIVE_AUTH_DENIED);
    untrust();
    /* Who crossed a selective trust somewhere before stays the other organization. */
    add_extra(&f, "S-1-5-1000");
    trust_as(FOREST, 0);
    got = ask(&f, WEB);
    assert_refused(&got, "crossed one before", KDC_ERR_POLICY, REASON_SELECTIVE_AUTH_DENIED);
    untrust();
}

/* --- refusals -----------------------------------------------------------------------------------
 */

static void domain_is_ours(struct forge *f)
{
    f->logon.domain_sid = sid_new(OURS);
    f->requestor = NULL;
}

static void user_is_our_administrator(struct forge *f)
{
    f->logon.rid = 0;
    f->requestor = NULL;
    add_extra(f, OURS "-500");
}

static void user_is_builtin(struct forge *f)
{
    f->logon.rid = 0;
    f->requestor = NULL;
    add_extra(f, "S-1-5-32-544");
}

static void user_is_nobody(struct forge *f)
{
    f->logon.rid = 0;
    f->requestor = NULL;
}

static void user_of_third_domain(struct forge *f)
{
    f->logon.domain_sid = sid_new(THIRD);
    f->requestor = NULL;
}

static void administrator_of_third_domain(struct forge *f)
{
    user_of_third_domain(f);
    f->logon.rid = 500;
}

static void user_of_disabled_domain(struct forge *f)
{
    f->logon.domain_sid = sid_new(DISABLED);
    f->requestor = NULL;
}

static void domain_is_builtin(struct forge *f)
{
    f->logon.domain_sid = sid_new("S-1-5-32");
    f->requestor = NULL;
}

static void domain_is_none(struct forge *f)
{
    f->logon.domain_sid = NULL;
    f->requestor = NULL;
}

static void crealm_is_ours(struct forge *f)
{
    f->crealm = CLOUD;
}

static void crealm_is_foreign(struct forge *f)
{
    f->crealm = "EVIL.EXAMPLE.ORG";
}

static void crealm_is_excluded(struct forge *f)
{
    f->crealm = "SHOP.CORP.EXAMPLE.NET";
}

static void ticket_expired(struct forge *f)
{
    f->auth = f->start = test_now - 11 * UTIME_HOUR;
    f->end = test_now - UTIME_HOUR;
}

static void ticket_of_the_future(struct forge *f)
{
    f->auth = f->start = test_now + UTIME_HOUR;
    f->end = test_now + 2 * UTIME_HOUR;
}

static void ticket_invalid(struct forge *f)
{
    f->flags |= KRB_TKT_INVALID;
}

static void pac_of_an_older_logon(struct forge *f)
{
    f->pac_auth = test_now - UTIME_HOUR;
}

static void pac_of_another_client(struct forge *f)
{
    f->pac_client = "alice";
}

static void authenticator_of_another_client(struct forge *f)
{
    f->authenticator_client = "alice";
}

static void requestor_is_another(struct forge *f)
{
    f->requestor = sid_new(PARTNER "-1106");
}

static void pac_missing(struct forge *f)
{
    f->without_pac = true;
}

static void pac_unsigned(struct forge *f)
{
    f->without_signatures = true;
}

static void pac_altered(struct forge *f)
{
    f->flip = 0x120; /* inside of the logon information */
}

static void pac_signed_by_another(struct forge *f)
{
    f->signer = forge_session();
}

static void pac_signed_weakly(struct forge *f)
{
    f->signer = (struct krb_key){.etype = ETYPE_RC4_HMAC, .len = 16};
}

static void ticket_in_another_key(struct forge *f)
{
    f->key = forge_session();
}

static void ticket_in_the_other_directions_key(struct forge *f)
{
    f->key = forge_trust_key(TRUST_PASSWORD, CLOUD, CORP);
}

static void ticket_of_unknown_realm(struct forge *f)
{
    f->issuer = f->crealm = "EVIL.EXAMPLE.ORG";
}

static void ticket_for_another_realm(struct forge *f)
{
    f->target = "OTHER.EXAMPLE.COM";
}

static void ticket_as_if_ours(struct forge *f)
{
    f->issuer = f->crealm = CLOUD;
}

static void transited_not_claimed(struct forge *f)
{
    f->transited = SPAN_LIT("EVIL.EXAMPLE.ORG");
}

static void transited_garbage(struct forge *f)
{
    f->transited = SPAN_LIT(".,/,\\");
}

#define ALL        ((1u << BOUNDARIES) - 1)
#define B(x)       (1u << (x))
#define OUTSIDE    (B(FOREST) | B(EXTERNAL) | B(QEXTERNAL) | B(TREAT))
#define ONE_DOMAIN (B(EXTERNAL) | B(QEXTERNAL))

static const struct {
    void (*change)(struct forge *);
    unsigned over; /* boundaries */
    int32_t error;
    enum reason reason;
    const char *name;
} refusals[] = {
#define CASE(change, over, error, reason)                                                          \
    {                                                                                              \
        change, over, error, REASON_##reason, #change                                              \
    }
    CASE(domain_is_ours, OUTSIDE | B(PIM), KDC_ERR_POLICY, SID_LOGON_DOMAIN_LOCAL),
    CASE(domain_is_builtin, ALL, KDC_ERR_POLICY, SID_LOGON_DOMAIN_MISSING),
    CASE(domain_is_none, ALL, KDC_ERR_TGT_REVOKED, PAC_MALFORMED),
    CASE(user_is_our_administrator, OUTSIDE | B(QWITHIN), KDC_ERR_POLICY, SID_USER_FILTERED),
    CASE(user_is_builtin, ALL, KDC_ERR_POLICY, SID_USER_FILTERED),
    CASE(user_is_nobody, ALL, KDC_ERR_TGT_REVOKED, PAC_MALFORMED),
    CASE(user_of_third_domain, B(FOREST) | B(QEXTERNAL) | B(QWITHIN), KDC_ERR_POLICY,
         SID_USER_FILTERED),
    CASE(user_of_third_domain, B(EXTERNAL) | B(TREAT), KDC_ERR_POLICY, SID_PRIMARY_GROUP_FILTERED),
    CASE(administrator_of_third_domain, OUTSIDE | B(QWITHIN), KDC_ERR_POLICY, SID_USER_FILTERED),
    CASE(user_of_disabled_domain, B(FOREST) | B(QEXTERNAL), KDC_ERR_POLICY, SID_USER_FILTERED),
    CASE(crealm_is_ours, OUTSIDE | B(PIM), KDC_ERR_POLICY, CREALM_LOCAL),
    CASE(crealm_is_foreign, ONE_DOMAIN, KDC_ERR_POLICY, CREALM_NOT_PARTNER),
    CASE(crealm_is_foreign, B(FOREST) | B(TREAT) | B(PIM), KDC_ERR_POLICY, CREALM_NOT_CLAIMED),
    CASE(crealm_is_excluded, B(FOREST) | B(TREAT) | B(PIM), KDC_ERR_POLICY, CREALM_NOT_CLAIMED),
    CASE(ticket_expired, ALL, KRB_AP_ERR_TKT_EXPIRED, KDC_TICKET_EXPIRED),
    CASE(ticket_of_the_future, ALL, KRB_AP_ERR_TKT_NYV, KDC_TICKET_NOT_YET),
    CASE(ticket_invalid, ALL, KRB_AP_ERR_TKT_NYV, KDC_TICKET_NOT_YET),
    CASE(pac_of_an_older_logon, ALL, KDC_ERR_TGT_REVOKED, PAC_NOT_THIS_TICKET),
    CASE(pac_of_another_client, ALL, KDC_ERR_TGT_REVOKED, PAC_NOT_THIS_TICKET),
    CASE(authenticator_of_another_client, ALL, KRB_AP_ERR_BADMATCH, KDC_AUTHENTICATOR_BAD),
    CASE(requestor_is_another, ALL, KDC_ERR_TGT_REVOKED, PAC_REQUESTOR),
    CASE(pac_missing, ALL, KDC_ERR_TGT_REVOKED, PAC_MISSING),
    CASE(pac_unsigned, ALL, KRB_AP_ERR_MODIFIED, PAC_SIGNATURE),
    CASE(pac_altered, ALL, KRB_AP_ERR_MODIFIED, PAC_SIGNATURE),
    CASE(pac_signed_by_another, ALL, KRB_AP_ERR_MODIFIED, PAC_SIGNATURE),
    CASE(pac_signed_weakly, ALL, KRB_AP_ERR_MODIFIED, PAC_SIGNATURE),
    CASE(ticket_in_another_key, ALL, KRB_AP_ERR_BAD_INTEGRITY, KDC_REFERRAL_KEY),
    CASE(ticket_in_the_other_directions_key, ALL, KRB_AP_ERR_BAD_INTEGRITY, KDC_REFERRAL_KEY),
    CASE(ticket_of_unknown_realm, ALL, KDC_ERR_S_PRINCIPAL_UNKNOWN, KDC_REALM_UNKNOWN),
    CASE(ticket_for_another_realm, ALL, KRB_AP_ERR_NOT_US, KDC_TICKET_NOT_TGT),
    CASE(ticket_as_if_ours, ALL, KRB_AP_ERR_BAD_INTEGRITY, KDC_TICKET_NOT_OURS),
    CASE(transited_not_claimed, OUTSIDE, KDC_ERR_PATH_NOT_ACCEPTED, TRANSIT_NOT_CLAIMED),
    CASE(transited_garbage, ALL, KDC_ERR_PATH_NOT_ACCEPTED, KDC_TRANSITED_BAD),
#undef CASE
};

static void test_refusals(void **state)
{
    char where[128];
    (void)state;
    for (enum boundary b = 0; b < BOUNDARIES; b++) {
        trust_as(b, 0);
        for (size_t i = 0; i < FORESTS_COUNT(refusals); i++) {
            if (!(refusals[i].over & B(b)))
                continue;
            struct forge f = honest();
            refusals[i].change(&f);
            struct answer got = ask(&f, WEB);
            snprintf(where, sizeof(where), "%s over %s", refusals[i].name, boundaries[b].name);
            assert_refused(&got, where, refusals[i].error, refusals[i].reason);
        }
        untrust();
    }
}

/* A user of another domain of the partner's forest: its own well-known groups count, those of the
 * partner's root do not. */
static void test_user_of_the_partners_child(void **state)
{
    struct forge f = honest();
    (void)state;
    f.crealm = "DEV.CORP.EXAMPLE.NET";
    f.logon.domain_sid = sid_new(CHILD);
    f.requestor = sid_new(CHILD "-1105");
    add_extra(&f, PARTNER "-519");
    add_extra(&f, PARTNER "-1200");
    trust_as(FOREST, 0);
    struct answer got = ask(&f, WEB);
    assert_sids(&got, "child of the partner",
                SPAN_LIT("user " CHILD "-1105\nprimary 513\ngroup 513\ngroup 512\ngroup 1300\n"
                         "extra " PARTNER "-1200\nextra S-1-5-15\n"));
    untrust();
}

/* Resource groups of a referral, whosever they are, do not arrive. */
static void test_resource_groups_stay_behind(void **state)
{
    struct pac_group ours[] = {{1107, PAC_GROUP_RESOURCE}};
    struct forge f = honest();
    (void)state;
    f.logon.resource_domain = sid_new(OURS);
    f.logon.resource = ours;
    f.logon.resource_count = 1;
    f.logon.user_flags |= PAC_FLAG_RESOURCE_GROUPS;
    trust_as(FOREST, 0);
    struct answer got = ask(&f, WEB);
    assert_sids(&got, "resource groups",
                SPAN_LIT("user " PARTNER "-1105\nprimary 513\ngroup 513\ngroup 512\ngroup 1300\n"
                         "extra S-1-5-15\n"));
    untrust();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sid_over_every_trust),
        cmocka_unit_test(test_filtered_through_our_tgt),
        cmocka_unit_test(test_organization_is_ours_to_say),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_user_of_the_partners_child),
        cmocka_unit_test(test_resource_groups_stay_behind),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
