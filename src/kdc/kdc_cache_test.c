/*
 * What the KDC keeps from request to request is never older than the directory: after every kind of
 * change the KDC that has answered before and one that starts with nothing say the same at once,
 * and something else than was said before the change.
 */
#include "kdc/kdc_forge_test.h"
#include "kdc/kdc_groups_test.h"
#include "kdc/kdc_request.h"

utime test_now = INT64_C(1790000000) * UTIME_SECOND; /* a Monday, 14:13 UTC */
struct realm *test_realms[4];
unsigned test_replies;

#define OURS    "S-1-5-21-101-102-103"
#define PARTNER "S-1-5-21-201-202-203"
#define CLOUD   "CLOUD.EXAMPLE.COM"
#define CORP    "CORP.EXAMPLE.NET"
#define WEB     "http/web1.cloud.example.com"
#define ADA     "CN=ada,CN=Users"

static struct realm cloud;
static struct arena arena;
static struct sid partner_sid, bob_sid;
static struct krb_key ada_key, trust_key;
static struct answer tgt;
static struct kdc *fresh;

static void start_fresh(void)
{
    struct kdc_env env = {.dir = cloud.dir,
                          .events = &cloud.sink,
                          .dc_name = SPAN_LIT("DC1"),
                          .now = fixture_now,
                          .random = fixture_random,
                          .intent = fixture_intent,
                          .ctx = &cloud};
    kdc_free(fresh);
    assert_ok(kdc_new(&env, &fresh));
}

static int setup(void **state)
{
    (void)state;
    partner_sid = sid_of(PARTNER);
    bob_sid = sid_of(PARTNER "-1105");
    arena_init(&arena, 0, 512u << 20, ARENA_WIPE);
    forests_start(&cloud, "cloud.example.com", "NIMBUS", OURS);
    forests_service(&cloud, "web1", WEB);
    forests_service(&cloud, "web2", "http/web2.cloud.example.com");
    forests_user(&cloud, "ada");
    struct forests_partner p = {"corp.example.net", "CORP", partner_sid,
                                forests_info(&arena, "corp.example.net", "CORP", &partner_sid)};
    forests_trust(&cloud, &p, TRUST_BOTH, TRUST_FOREST_TRANSITIVE);
    ada_key = forge_account_key(&cloud, "ada", &arena);
    trust_key = forge_trust_key(TRUST_PASSWORD, CORP, CLOUD);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kdc_free(fresh);
    forests_stop(&cloud);
    arena_fini(&arena);
    return 0;
}

/* --- what was said ------------------------------------------------------------------------------
 */

enum exchange { LOGON, SERVICE, REFERRAL, FOREIGN, EXCHANGES };
static const char *const exchange_names[] = {"logon", "service", "referral", "foreign"};

struct said {
    int32_t error;
    enum reason reason;
    uint32_t flags, kvno;
    int32_t etype;
    utime end;
    int opened_by;    /* index into openers; -1: by none of them */
    struct span name; /* of the client */
    struct span pac;  /* all but signatures and counts */
};

/* Whose keys an issued ticket may be in. */
static const char *const openers[] = {"krbtgt", "web1$", "web2$"};

/* What the contents of a PAC say, as one text: signatures are over other keys each time, counts
 * grow with each logon. */
static struct span text_of_pac(const struct pac *p)
{
    static const enum pac_type types[] = {PAC_LOGON_INFO, PAC_CLIENT_INFO, PAC_UPN_DNS,
                                          PAC_ATTRIBUTES, PAC_REQUESTOR_SID};
    struct builder b;
    struct span out;
    builder_in(&b, &arena, PAC_MAX);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct span contents = pac_contents(p, types[i]);
        builder_le32(&b, (uint32_t)contents.len);
        size_t at = b.len;
        builder_span(&b, contents);
        if (types[i] == PAC_LOGON_INFO)
            builder_patch_le32(&b, at + 20 + 96, 0);
    }
    assert_ok(builder_done(&b, &out));
    return out;
}

static struct said open_ticket(const struct krb_ticket *ticket, struct said s)
{
    s.opened_by = -1;
    for (int i = 0; i < (int)(sizeof(openers) / sizeof(openers[0])); i++) {
        struct krb_key key = forge_account_key(&cloud, openers[i], &arena);
        struct span plain;
        struct opened o;
        if (key.etype != ticket->enc_part.etype ||
            forge_decrypt(&arena, &key, KRB_USAGE_TICKET, ticket->enc_part.cipher, &plain) !=
                ERR_OK)
            continue;
        s.opened_by = i;
        forge_open(ticket, &key, &arena, &o);
        s.flags = o.part->flags;
        s.end = o.part->endtime;
        s.pac = text_of_pac(&o.pac);
    }
    return s;
}

static struct span question(enum exchange x)
{
    static struct krb_ticket ticket;
    struct forge_request q;
    if (x == LOGON)
        return forge_as_req(&cloud, "ada", &ada_key, NULL, &arena);
    if (x == FOREIGN) {
        struct forge f = forge_referral(CORP, CLOUD, &partner_sid, &bob_sid, trust_key);
        q = forge_request(&f, &ticket, WEB, &arena);
    } else {
        q = forge_follow(&tgt, CLOUD, x == SERVICE ? WEB : "krbtgt/" CORP);
    }
    return forge_tgs_req(&q, &arena);
}

static struct said ask(struct kdc *k, enum exchange x, struct span message)
{
    struct span reply;
    struct krb_error *error;
    struct krb_kdc_rep *rep;
    struct said s = {0};
    cloud.last.reason = REASON_NONE;
    kdc_answer(k, KDC_TCP, message, &arena, &reply);
    s.reason = cloud.last.reason;
    if (krb_decode_error(reply, &arena, &error) == ERR_OK) {
        s.error = error->error_code;
        return s;
    }
    assert_ok(krb_decode_kdc_rep(reply, &arena, &rep));
    s.etype = rep->ticket.enc_part.etype;
    s.kvno = rep->ticket.enc_part.kvno;
    s.name = krb_unparse(&rep->cname, rep->crealm, &arena);
    return x == REFERRAL ? s : open_ticket(&rep->ticket, s);
}

static bool same(const struct said *a, const struct said *b)
{
    return a->error == b->error && a->reason == b->reason && a->flags == b->flags &&
           a->kvno == b->kvno && a->etype == b->etype && a->end == b->end &&
           a->opened_by == b->opened_by && span_eq(a->name, b->name) && span_eq(a->pac, b->pac);
}

/* --- changes ------------------------------------------------------------------------------------
 */

static void set(const char *rdn, const char *attr, const char *value)
{
    const struct forests_value v = {attr, value};
    forests_change(&cloud, INTENT_MODIFY, rdn, &v, 1);
}

static void clear(const char *rdn, const char *attr)
{
    struct intent_mod mod = {.op = MOD_REPLACE, .attr = span_str(attr)};
    struct intent in = {.kind = INTENT_MODIFY, .mods = &mod, .mod_count = 1};
    in.target = forests_dn(&cloud, &arena, rdn);
    forests_write(&cloud, &in);
}

static const char *dn(const char *rdn)
{
    return arena_dup_str(&arena, forests_dn(&cloud, &arena, rdn));
}

/* An empty group of this type, in decimal. */
static void make_group(const char *rdn, const char *name, const char *type)
{
    const struct forests_value v[] = {
        {"objectClass", "group"}, {"sAMAccountName", name}, {"groupType", type}};
    forests_change(&cloud, INTENT_ADD, rdn, v, FORESTS_COUNT(v));
}

#define TYPE_GLOBAL    "-2147483646"
#define TYPE_LOCAL     "-2147483644"
#define TYPE_UNIVERSAL "-2147483640"
#define TYPE_MAIL      "2"

static void delete (const char *rdn)
{
    struct intent in = {.kind = INTENT_DELETE, .target = forests_dn(&cloud, &arena, rdn)};
    forests_write(&cloud, &in);
}

static void move(const char *rdn, const char *new_rdn, const char *parent)
{
    struct intent in = {.kind = INTENT_MODIFY_DN,
                        .target = forests_dn(&cloud, &arena, rdn),
                        .new_rdn = span_str(new_rdn),
                        .new_parent = forests_dn(&cloud, &arena, parent),
                        .delete_old_rdn = true};
    forests_write(&cloud, &in);
}

static void prepare_groups(void)
{
    make_group("CN=g1,CN=Users", "g1", TYPE_GLOBAL);
    make_group("CN=g2,CN=Users", "g2", TYPE_GLOBAL);
    make_group("CN=g3,CN=Users", "g3", TYPE_UNIVERSAL);
    make_group("CN=g4,CN=Users", "g4", TYPE_UNIVERSAL);
    make_group("CN=mail,CN=Users", "mail", TYPE_MAIL);
    make_group("CN=l1,CN=Users", "l1", TYPE_LOCAL);
    make_group("CN=l2,CN=Users", "l2", TYPE_LOCAL);
    set("CN=mail,CN=Users", "member", dn(ADA));
}

static void first_group(void)
{
    set("CN=g1,CN=Users", "member", dn(ADA));
}

static void nested_group(void)
{
    set("CN=g2,CN=Users", "member", dn("CN=g1,CN=Users"));
}

static void third_level(void)
{
    set("CN=g3,CN=Users", "member", dn("CN=g2,CN=Users"));
}

static void fourth_level(void)
{
    set("CN=g4,CN=Users", "member", dn("CN=g3,CN=Users"));
}

static void list_of_mail_becomes_secure(void)
{
    set("CN=mail,CN=Users", "groupType", TYPE_GLOBAL);
}

static void second_level_cut(void)
{
    clear("CN=g2,CN=Users", "member");
}

static void group_deleted(void)
{
    delete ("CN=g1,CN=Users");
}

static void group_renamed(void)
{
    move("CN=mail,CN=Users", "CN=post", "CN=Users");
}

static void primary_group(void)
{
    set("CN=Domain Guests,CN=Users", "member", dn(ADA));
    set(ADA, "primaryGroupID", "514");
}

static void local_group(void)
{
    set("CN=l1,CN=Users", "member", dn(ADA));
}

static void local_group_nested(void)
{
    set("CN=l2,CN=Users", "member", dn("CN=l1,CN=Users"));
}

static void local_group_emptied(void)
{
    clear("CN=l1,CN=Users", "member");
}

static void display_name(void)
{
    set(ADA, "displayName", "Ada, Countess of Lovelace");
}

static void upn(void)
{
    set(ADA, "userPrincipalName", "ada.lovelace@cloud.example.com");
}

static void disabled(void)
{
    set(ADA, "userAccountControl", "514");
}

static void enabled(void)
{
    set(ADA, "userAccountControl", "512");
}

static void not_delegated(void)
{
    set(ADA, "userAccountControl", "1049088");
}

static void expires(void)
{
    set(ADA, "accountExpires", "130000000000000000");
}

static void expires_never(void)
{
    set(ADA, "accountExpires", "0");
}

static void logon_hours(void)
{
    set(ADA, "logonHours", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1");
}

static void all_hours(void)
{
    clear(ADA, "logonHours");
}

static void locked(void)
{
    struct dir_snap s;
    struct dir_account account;
    struct intent in = {.kind = INTENT_LOCKOUT, .when = utime_to_filetime(test_now)};
    set("", "lockoutThreshold", "5");
    assert_ok(dir_snap_begin(cloud.dir, &s));
    assert_ok(dir_account_by_sam(&s, SPAN_LIT("ada"), &account));
    in.account = account.id;
    dir_snap_end(&s);
    forests_write(&cloud, &in);
}

static void unlocked(void)
{
    set(ADA, "lockoutTime", "0");
}

static void minimum_age(void)
{
    set("", "minPwdAge", "-1728000000000");
}

static void maximum_age(void)
{
    set("", "maxPwdAge", "-17280000000000");
}

static void own_policy(void)
{
    const struct forests_value v[] = {{"objectClass", "msDS-PasswordSettings"},
                                      {"msDS-PasswordSettingsPrecedence", "1"},
                                      {"msDS-PasswordReversibleEncryptionEnabled", "FALSE"},
                                      {"msDS-PasswordComplexityEnabled", "FALSE"},
                                      {"msDS-PasswordHistoryLength", "0"},
                                      {"msDS-MinimumPasswordLength", "0"},
                                      {"msDS-MinimumPasswordAge", "-864000000000"},
                                      {"msDS-MaximumPasswordAge", "-8640000000000"},
                                      {"msDS-LockoutThreshold", "0"},
                                      {"msDS-LockoutObservationWindow", "-18000000000"},
                                      {"msDS-LockoutDuration", "-18000000000"},
                                      {"msDS-PSOAppliesTo", dn(ADA)}};
    forests_change(&cloud, INTENT_ADD, "CN=strict,CN=Password Settings Container,CN=System", v,
                   FORESTS_COUNT(v));
}

static void own_policy_changes(void)
{
    set("CN=strict,CN=Password Settings Container,CN=System", "msDS-MaximumPasswordAge",
        "-9504000000000");
}

static void own_policy_goes(void)
{
    delete ("CN=strict,CN=Password Settings Container,CN=System");
}

static void password(void)
{
    set(ADA, "unicodePwd", "An0ther-pa55word");
}

static void password_is_known(void)
{
    ada_key = forge_account_key(&cloud, "ada", &arena);
}

static void into_other_unit(void)
{
    const struct forests_value v[] = {{"objectClass", "organizationalUnit"}};
    forests_change(&cloud, INTENT_ADD, "OU=Poets", v, 1);
    move(ADA, "CN=ada", "OU=Poets");
}

static void back_again(void)
{
    move("CN=ada,OU=Poets", "CN=ada", "CN=Users");
}

static void service_enctypes(void)
{
    set("CN=web1,CN=Computers", "msDS-SupportedEncryptionTypes", "4");
}

static void rc4_allowed(void)
{
    struct span one = SPAN_LIT("1");
    struct intent_mod mod = {MOD_REPLACE, SPAN_LIT("allow-rc4"), &one, 1};
    struct intent in = {.kind = INTENT_SETTINGS, .mods = &mod, .mod_count = 1};
    forests_write(&cloud, &in);
}

static void service_enctypes_again(void)
{
    set("CN=web1,CN=Computers", "msDS-SupportedEncryptionTypes", "24");
}

static void service_trusted(void)
{
    set("CN=web1,CN=Computers", "userAccountControl", "528384");
}

static void service_uncompressed(void)
{
    set("CN=web1,CN=Computers", "msDS-SupportedEncryptionTypes", "524312");
}

static void service_disabled(void)
{
    set("CN=web1,CN=Computers", "userAccountControl", "4098");
}

static void service_enabled(void)
{
    set("CN=web1,CN=Computers", "userAccountControl", "4096");
}

static void service_password(void)
{
    set("CN=web1,CN=Computers", "unicodePwd", "An0ther-machine-pa55word");
}

static void spn_gone(void)
{
    clear("CN=web1,CN=Computers", "servicePrincipalName");
}

static void spn_moved(void)
{
    set("CN=web2,CN=Computers", "servicePrincipalName", WEB);
}

static void account_renamed(void)
{
    set(ADA, "sAMAccountName", "countess");
}

static void name_taken_by_another(void)
{
    forests_user(&cloud, "babbage");
    set("CN=babbage,CN=Users", "sAMAccountName", "ada");
}

static void name_given_back(void)
{
    set("CN=babbage,CN=Users", "sAMAccountName", "babbage");
    set(ADA, "sAMAccountName", "ada");
}

static void krbtgt_password(void)
{
    set("CN=krbtgt,CN=Users", "unicodePwd", "Krbtgt-pa55word-2");
}

static void trust_put(struct intent_trust t)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = SPAN_LIT("corp.example.net")};
    in.trust = t;
    in.trust.dns_name = in.target;
    if (in.trust.password.len == 0)
        in.trust.password = SPAN_LIT(TRUST_PASSWORD);
    forests_write(&cloud, &in);
}

static void trust_one_way(void)
{
    trust_put((struct intent_trust){
        .direction = TRUST_OUTBOUND, .type = TRUST_UPLEVEL, .attributes = TRUST_FOREST_TRANSITIVE});
}

static void trust_other_way(void)
{
    trust_put((struct intent_trust){
        .direction = TRUST_INBOUND, .type = TRUST_UPLEVEL, .attributes = TRUST_FOREST_TRANSITIVE});
}

static void trust_selective(void)
{
    trust_put(
        (struct intent_trust){.direction = TRUST_BOTH,
                              .type = TRUST_UPLEVEL,
                              .attributes = TRUST_FOREST_TRANSITIVE | TRUST_CROSS_ORGANIZATION});
}

/* Who came over a selective trust may use the service from now on. */
static void service_lets_all_in(void)
{
    forests_rights(&cloud, "CN=web2,CN=Computers",
                   "O:DAG:DAD:(A;;GA;;;SY)(OA;;CR;68b1d179-0d15-4d4f-ab71-46152e79a7bc;;WD)");
}

static void trust_both_ways(void)
{
    trust_put((struct intent_trust){
        .direction = TRUST_BOTH, .type = TRUST_UPLEVEL, .attributes = TRUST_FOREST_TRANSITIVE});
}

static void foreign_member(void)
{
    set("CN=l2,CN=Users", "member", "<SID=" PARTNER "-1105>");
}

static void trust_password(void)
{
    trust_put((struct intent_trust){.password = SPAN_LIT("another secret of two forests")});
}

static void trust_gone(void)
{
    forests_untrust(&cloud, "corp.example.net");
}

static void account_deleted(void)
{
    delete (ADA);
}

/* --- the test -----------------------------------------------------------------------------------
 */

#define ON(x) (1u << (x))

static const struct change_row {
    const char *name;
    void (*make)(void);
    unsigned seen_by; /* exchanges whose answer it changes */
} rows[] = {
    {"a group", first_group, ON(LOGON)},
    {"a group in a group", nested_group, ON(LOGON)},
    {"at the third level", third_level, ON(LOGON)},
    {"at the fourth level", fourth_level, ON(LOGON)},
    {"a list becomes a group", list_of_mail_becomes_secure, ON(LOGON)},
    {"a group of another name", group_renamed, 0},
    {"the second level goes", second_level_cut, ON(LOGON)},
    {"the group goes", group_deleted, ON(LOGON)},
    {"the primary group", primary_group, ON(LOGON)},
    {"a domain-local group", local_group, ON(SERVICE)},
    {"one that holds it", local_group_nested, ON(SERVICE)},
    {"a service without compression", service_uncompressed, ON(SERVICE)},
    {"the local group loses its member", local_group_emptied, ON(SERVICE)},
    {"the display name", display_name, ON(LOGON)},
    {"the principal name", upn, ON(LOGON)},
    {"disabled", disabled, ON(LOGON)},
    {"enabled", enabled, ON(LOGON)},
    {"not delegated", not_delegated, ON(LOGON)},
    {"expired", expires, ON(LOGON)},
    {"not expired", expires_never, ON(LOGON)},
    {"outside of its hours", logon_hours, ON(LOGON)},
    {"at all hours", all_hours, ON(LOGON)},
    {"locked", locked, ON(LOGON)},
    {"unlocked", unlocked, ON(LOGON)},
    {"the domain's minimum age", minimum_age, ON(LOGON)},
    {"the domain's maximum age", maximum_age, ON(LOGON)},
    {"a policy of its own", own_policy, ON(LOGON)},
    {"which changes", own_policy_changes, ON(LOGON)},
    {"and goes", own_policy_goes, ON(LOGON)},
    {"moved to another unit", into_other_unit, 0},
    {"and back", back_again, 0},
    {"the password", password, ON(LOGON)},
    {"the new password", password_is_known, ON(LOGON)},
    {"enctypes of a service", service_enctypes, ON(SERVICE) | ON(FOREIGN)},
    {"RC4", rc4_allowed, ON(SERVICE) | ON(FOREIGN)},
    {"enctypes again", service_enctypes_again, ON(SERVICE) | ON(FOREIGN)},
    {"a service that may delegate", service_trusted, ON(SERVICE) | ON(FOREIGN)},
    {"a service that is disabled", service_disabled, ON(SERVICE) | ON(FOREIGN)},
    {"and enabled", service_enabled, ON(SERVICE) | ON(FOREIGN)},
    {"a service's password", service_password, ON(SERVICE) | ON(FOREIGN)},
    {"a service without its name", spn_gone, ON(SERVICE) | ON(FOREIGN)},
    {"the name moves", spn_moved, ON(SERVICE) | ON(FOREIGN)},
    {"another logon name", account_renamed, ON(LOGON) | ON(SERVICE) | ON(REFERRAL)},
    {"which another takes", name_taken_by_another, ON(LOGON)},
    {"and gives back", name_given_back, ON(LOGON) | ON(SERVICE) | ON(REFERRAL)},
    {"krbtgt's password", krbtgt_password, ON(LOGON)},
    {"the trust one way", trust_one_way, ON(REFERRAL)},
    {"the trust the other way", trust_other_way, ON(REFERRAL) | ON(FOREIGN)},
    {"the trust is selective", trust_selective, ON(FOREIGN)},
    {"the service lets all in", service_lets_all_in, ON(FOREIGN)},
    {"the trust both ways", trust_both_ways, ON(FOREIGN)},
    {"a foreigner in a local group", foreign_member, ON(FOREIGN)},
    {"the trust's password", trust_password, ON(FOREIGN)},
    {"no trust", trust_gone, ON(REFERRAL) | ON(FOREIGN)},
    {"deleted", account_deleted, ON(LOGON) | ON(SERVICE)},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void check(const char *change, enum exchange x, const struct said *before, bool differs)
{
    struct span message = question(x);
    struct said warm = ask(cloud.kdc, x, message), cold = ask(fresh, x, message);
    if (!same(&warm, &cold))
        fail_msg("%s, %s: %d %s instead of %d %s", change, exchange_names[x], warm.error,
                 reason_row(warm.reason)->code, cold.error, reason_row(cold.reason)->code);
    if (same(&warm, before) == differs)
        fail_msg("%s, %s: %s (%d %s)", change, exchange_names[x],
                 differs ? "nothing changed" : "something changed", warm.error,
                 reason_row(warm.reason)->code);
}

static void every_change_is_seen(void **state)
{
    (void)state;
    prepare_groups();
    tgt = forge_log_on(&cloud, "ada", &ada_key, &arena);
    assert_int_equal(tgt.error, 0);
    for (size_t i = 0; i < ROWS; i++) {
        struct said before[EXCHANGES];
        for (unsigned x = 0; x < EXCHANGES; x++)
            before[x] = ask(cloud.kdc, x, question(x));
        rows[i].make();
        start_fresh();
        for (unsigned x = 0; x < EXCHANGES; x++)
            check(rows[i].name, x, &before[x], rows[i].seen_by >> x & 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_is_seen),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
