/*
 * What went wrong in other KDCs, by the name under which it became known.
 */
#include "directory/volatile.h"
#include "kdc/kdc_lab_test.h"

static struct sid ours, ada;

static int setup(void **state)
{
    struct dir_snap s;
    struct dir_account account;
    lab_setup(state);
    ours = sid_of(OURS);
    assert_ok(dir_snap_begin(cloud.dir, &s));
    assert_ok(dir_account_by_sam(&s, SPAN_LIT("ada"), &account));
    ada = account.sid;
    dir_snap_end(&s);
    return 0;
}

static struct answer go_on(const struct answer *tgt, const char *service, uint32_t options)
{
    struct forge_request q = forge_follow(tgt, CLOUD, service);
    q.options = options;
    cloud.last.reason = REASON_NONE;
    return forge_ask(&cloud, &q, &arena);
}

static void service_ticket(const struct answer *tgt, struct opened *out)
{
    struct answer got = go_on(tgt, WEB, 0);
    if (got.error)
        fail_msg("error %d, %s", got.error, reason_row(cloud.last.reason)->code);
    forge_open(&got.rep->ticket, &service_key, &arena, out);
}

/* A TGT of ours for ada as somebody with the key of krbtgt could make it. */
static struct forge golden(void)
{
    static struct pac_group groups[] = {{513, 7}};
    struct forge f = {.issuer = CLOUD,
                      .target = CLOUD,
                      .client = "ada",
                      .crealm = CLOUD,
                      .auth = test_now,
                      .start = test_now,
                      .end = test_now + UTIME_HOUR,
                      .flags = KRB_TKT_PRE_AUTHENT | KRB_TKT_INITIAL | KRB_TKT_FORWARDABLE,
                      .key = krbtgt_key,
                      .signer = krbtgt_key,
                      .kdc_signer = krbtgt_key,
                      .requestor = &ada};
    f.logon = (struct pac_logon_info){.logon_time = utime_to_filetime(test_now),
                                      .logoff_time = FILETIME_NEVER,
                                      .kickoff_time = FILETIME_NEVER,
                                      .account_name = SPAN_LIT("ada"),
                                      .full_name = SPAN_LIT(""),
                                      .logon_server = SPAN_LIT("DC1"),
                                      .logon_domain = SPAN_LIT("NIMBUS"),
                                      .rid = ada.sub[ada.count - 1],
                                      .primary_gid = 513,
                                      .domain_sid = &ours,
                                      .groups = groups,
                                      .group_count = 1};
    return f;
}

static struct answer use(const struct forge *f, const char *service)
{
    struct krb_ticket ticket;
    struct forge_request q = forge_request(f, &ticket, service, &arena);
    q.options = KRB_OPT_CANONICALIZE;
    cloud.last.reason = REASON_NONE;
    return forge_ask(&cloud, &q, &arena);
}

/* A PAC signed with an unkeyed checksum, and a PAC that the client sends along by itself. */
static void cve_2014_6324_forged_pac(void **state)
{
    static const int32_t unkeyed[] = {1 /* CRC32 */, 7 /* MD5 */, 14 /* SHA1 */, 0};
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(unkeyed); i++) {
        struct forge f = golden();
        f.claimed = unkeyed[i] ? unkeyed[i] : -1;
        struct answer got = use(&f, WEB);
        refused(&got, __func__, KRB_AP_ERR_MODIFIED, REASON_PAC_SIGNATURE);
    }
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    struct forge f = golden();
    f.logon.groups[0].rid = 512;
    f.signer = f.kdc_signer = q.session;
    forge_pac(&f, &arena, &q.authdata);
    f.logon.groups[0].rid = 513;
    struct answer got = forge_ask(&cloud, &q, &arena);
    refused(&got, __func__, KDC_ERR_POLICY, REASON_KDC_AUTHDATA_FORGED);
}

/* The bronze bit: the ticket signature binds flags and times of a service ticket. */
static void cve_2020_17049_ticket_signature(void **state)
{
    struct opened t;
    struct krb_usage u;
    struct span bytes;
    struct answer tgt = log_on("ada", &ada_key);
    (void)state;
    service_ticket(&tgt, &t);
    assert_non_null(pac_find(&t.pac, PAC_TICKET_CHECKSUM));
    assert_ok(krb_usage_init(&u, &krbtgt_key, PAC_KEY_USAGE));
    assert_ok(krb_ticket_signed_bytes(t.part, &arena, &bytes));
    assert_ok(pac_verify_ticket(&t.pac, &u, &bytes, 1));
    t.part->flags ^= KRB_TKT_FORWARDABLE;
    assert_ok(krb_ticket_signed_bytes(t.part, &arena, &bytes));
    assert_err(pac_verify_ticket(&t.pac, &u, &bytes, 1), ERR_INTEGRITY);
}

/* Whoever has the service's key can sign a changed PAC anew, but not its full checksum. */
static void cve_2022_37967_full_checksum(void **state)
{
    struct opened t;
    struct krb_usage u, service;
    struct pac_layout layout;
    struct answer tgt = log_on("ada", &ada_key);
    (void)state;
    service_ticket(&tgt, &t);
    assert_ok(krb_usage_init(&u, &krbtgt_key, PAC_KEY_USAGE));
    assert_ok(krb_usage_init(&service, &service_key, PAC_KEY_USAGE));
    assert_ok(pac_verify_server(&t.pac, &service));
    assert_ok(pac_verify_kdc(&t.pac, &u));
    assert_ok(pac_verify_full(&t.pac, &u));
    uint8_t *changed = arena_dup(&arena, t.pac_bytes.ptr, t.pac_bytes.len);
    assert_ok(pac_layout_of(&t.pac, &layout));
    changed[pac_find(&t.pac, PAC_LOGON_INFO)->offset + 100] ^= 1;
    assert_ok(pac_open(span_of(changed, t.pac_bytes.len), &t.pac));
    assert_err(pac_verify_full(&t.pac, &u), ERR_INTEGRITY);
}

/* A TGT of ours says for whom it was made, and that must be who is in it. */
static void cve_2021_42287_requestor(void **state)
{
    struct sid other = SID_NT(21, 101, 102, 103, 500);
    struct forge f = golden();
    (void)state;
    struct answer got = use(&f, WEB);
    assert_int_equal(got.error, 0);
    f.requestor = NULL;
    got = use(&f, WEB);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_REQUESTOR);
    f.requestor = &other;
    got = use(&f, WEB);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_REQUESTOR);
    /* The name leads to ada, the PAC to somebody else. */
    f.logon.rid = 500;
    got = use(&f, WEB);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_NAME_MOVED);
    f.logon.rid = 4999;
    other.sub[4] = 4999;
    got = use(&f, WEB);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_ACCOUNT_GONE);
}

static void rename_account(const char *rdn, const char *sam)
{
    const struct forests_value value = {"sAMAccountName", sam};
    forests_change(&cloud, INTENT_MODIFY, rdn, &value, 1);
}

/* A TGT for a name that is given up afterwards. (That it cannot be a machine's name without its '$'
 * is the writer's rule DIR_MACHINE_NAME.) */
static void cve_2021_42278_renamed_account(void **state)
{
    (void)state;
    forests_service(&cloud, "ghost", "http/ghost.cloud.example.com");
    forests_user(&cloud, "mallory");
    struct krb_key key = forge_account_key(&cloud, "mallory", &arena);
    rename_account("CN=mallory,CN=Users", "phantom");
    struct answer tgt = log_on("phantom", &key);
    struct answer got = go_on(&tgt, WEB, 0);
    assert_int_equal(got.error, 0);
    rename_account("CN=mallory,CN=Users", "mallory");
    got = go_on(&tgt, WEB, 0);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_NAME_MOVED);
    got = go_on(&tgt, "krbtgt/" CLOUD, 0);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_NAME_MOVED);
    /* "ghost" is not "ghost$". */
    key = forge_account_key(&cloud, "ghost$", &arena);
    log_on("ghost$", &key);
    got = forge_log_on(&cloud, "ghost", &key, &arena);
    refused(&got, __func__, KDC_ERR_C_PRINCIPAL_UNKNOWN, REASON_KDC_CLIENT_UNKNOWN);
    /* Somebody else who takes the name over does not take the ticket over. */
    rename_account("CN=ada,CN=Users", "phantom");
    got = go_on(&tgt, WEB, 0);
    refused(&got, __func__, KDC_ERR_TGT_REVOKED, REASON_PAC_NAME_MOVED);
    rename_account("CN=ada,CN=Users", "ada");
}

/* Every bad password counts, the one too many locks durably, and then the right one is too late. */
static void cve_2021_20251_lockout(void **state)
{
    const struct forests_value three = {"lockoutThreshold", "3"}, none = {"lockoutThreshold", "0"};
    struct krb_key wrong = ada_key;
    (void)state;
    wrong.bytes[0] ^= 1;
    forests_change(&cloud, INTENT_MODIFY, "", &three, 1);
    struct answer got = forge_log_on(&cloud, "ada", &ada_key, &arena);
    assert_int_equal(got.error, 0);
    cloud.intents = 0;
    for (unsigned i = 1; i < 3; i++) {
        got = forge_log_on(&cloud, "ada", &wrong, &arena);
        refused(&got, __func__, KDC_ERR_PREAUTH_FAILED, REASON_KDC_PASSWORD_WRONG);
    }
    assert_int_equal(cloud.intents, 0);
    got = forge_log_on(&cloud, "ada", &wrong, &arena);
    refused(&got, __func__, KDC_ERR_CLIENT_REVOKED, REASON_KDC_LOCKED_NOW);
    assert_int_equal(cloud.intents, 1);
    assert_int_equal(cloud.asked.kind, INTENT_LOCKOUT);
    got = forge_log_on(&cloud, "ada", &ada_key, &arena);
    assert_int_equal(got.error, KDC_ERR_CLIENT_REVOKED);
    const struct forests_value unlock = {"lockoutTime", "0"};
    forests_change(&cloud, INTENT_MODIFY, "CN=ada,CN=Users", &unlock, 1);
    forests_change(&cloud, INTENT_MODIFY, "", &none, 1);
    got = forge_log_on(&cloud, "ada", &ada_key, &arena);
    assert_int_equal(got.error, 0);
}

/* The writer is away: the account that should be locked is not let in either. */
static void cve_2021_20251_lockout_not_stored(void **state)
{
    const struct forests_value one = {"lockoutThreshold", "1"}, none = {"lockoutThreshold", "0"};
    struct krb_key wrong = ada_key;
    (void)state;
    wrong.bytes[0] ^= 1;
    forests_change(&cloud, INTENT_MODIFY, "", &one, 1);
    cloud.carry_out = NULL;
    cloud.intent_err = ERR_IO;
    struct answer got = forge_log_on(&cloud, "ada", &wrong, &arena);
    refused(&got, __func__, KDC_ERR_SVC_UNAVAILABLE, REASON_KDC_LOCKOUT_NOT_STORED);
    got = forge_log_on(&cloud, "ada", &ada_key, &arena);
    refused(&got, __func__, KDC_ERR_SVC_UNAVAILABLE, REASON_KDC_LOCKOUT_NOT_STORED);
    cloud.carry_out = forests_carry_out;
    cloud.intent_err = ERR_OK;
    forests_change(&cloud, INTENT_MODIFY, "", &none, 1);
    got = forge_log_on(&cloud, "ada", &ada_key, &arena);
    assert_int_equal(got.error, 0);
}

static void allow_rc4(const char *value)
{
    struct span text = span_str(value);
    struct intent_mod mod = {MOD_REPLACE, SPAN_LIT("allow-rc4"), &text, 1};
    struct intent in = {.kind = INTENT_SETTINGS, .mods = &mod, .mod_count = 1};
    forests_write(&cloud, &in);
}

/* Session keys are AES wherever both ends can, whatever the order and whatever key the ticket has;
 * RC4 alone gets nothing by default. */
static void cve_2022_37966_session_keys(void **state)
{
    const struct forests_value rc4 = {"msDS-SupportedEncryptionTypes", "36"}, /* RC4, AES256-SK */
        aes = {"msDS-SupportedEncryptionTypes", "24"};
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    q.etypes[0] = ETYPE_RC4_HMAC;
    q.etype_count = 1;
    struct answer got = forge_ask(&cloud, &q, &arena);
    refused(&got, __func__, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    q.etypes[1] = ETYPE_AES128_SHA1;
    q.etypes[2] = ETYPE_AES256_SHA1;
    q.etype_count = 3;
    got = forge_ask(&cloud, &q, &arena);
    assert_int_equal(got.error, 0);
    assert_int_equal(got.part->key.keytype, ETYPE_AES256_SHA1);
    assert_int_equal(got.rep->ticket.enc_part.etype, ETYPE_AES256_SHA1);
    /* A service that has no AES key but takes AES sessions. */
    forests_change(&cloud, INTENT_MODIFY, "CN=web1,CN=Computers", &rc4, 1);
    got = forge_ask(&cloud, &q, &arena);
    refused(&got, __func__, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_SERVICE_WITHOUT_KEY);
    allow_rc4("1");
    got = forge_ask(&cloud, &q, &arena);
    assert_int_equal(got.error, 0);
    assert_int_equal(got.rep->ticket.enc_part.etype, ETYPE_RC4_HMAC);
    assert_int_equal(got.part->key.keytype, ETYPE_AES256_SHA1);
    allow_rc4("0");
    forests_change(&cloud, INTENT_MODIFY, "CN=web1,CN=Computers", &aes, 1);
}

/* RC4 is what nobody gets that did not ask the directory's administrator for it. */
static void cve_2026_20833_no_rc4_for_users(void **state)
{
    static int32_t rc4[] = {ETYPE_RC4_HMAC}, both[] = {ETYPE_RC4_HMAC, ETYPE_AES256_SHA1};
    struct krb_kdc_req *req = as_request();
    struct krb_padata_list *methods;
    struct krb_etype_info2 *info;
    (void)state;
    req->req_body.etype = (struct krb_ints){rc4, 1};
    struct answer got = send_as(as_encoded(req));
    refused(&got, "RC4 alone", KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    req->req_body.etype = (struct krb_ints){both, 2};
    req->padata.count = 0;
    got = send_as(as_encoded(req));
    assert_int_equal(got.error, KDC_ERR_PREAUTH_REQUIRED);
    assert_ok(krb_decode_method_data(got.e_data, &arena, &methods));
    const struct krb_padata *pa = krb_padata_find(methods, KRB_PA_ETYPE_INFO2);
    assert_ok(krb_decode_etype_info2(pa->padata_value, &arena, &info));
    assert_int_equal(info->count, 1);
    assert_int_equal(info->items[0].etype, ETYPE_AES256_SHA1);
}

/* A service that names RC4 alone has no key for a ticket; a trust that names nothing has AES. */
static void cve_2026_20833_no_rc4_for_services_and_trusts(void **state)
{
    const struct forests_value rc4 = {"msDS-SupportedEncryptionTypes", "4"},
                               aes = {"msDS-SupportedEncryptionTypes", "24"};
    struct sid domain = sid_of(PARTNER), bob = sid_of(PARTNER "-1105");
    struct answer tgt = log_on("ada", &ada_key);
    struct krb_key weak;
    (void)state;
    forests_change(&cloud, INTENT_MODIFY, "CN=web1,CN=Computers", &rc4, 1);
    struct answer got = go_on(&tgt, WEB, 0);
    refused(&got, "service", KDC_ERR_ETYPE_NOSUPP, REASON_KDC_SERVICE_WITHOUT_KEY);
    forests_change(&cloud, INTENT_MODIFY, "CN=web1,CN=Computers", &aes, 1);
    got = go_on(&tgt, "krbtgt/" CORP, 0);
    assert_int_equal(got.error, 0);
    assert_int_equal(got.rep->ticket.enc_part.etype, ETYPE_AES256_SHA1);
    assert_ok(krb_string_to_key(ETYPE_RC4_HMAC, SPAN_LIT(TRUST_PASSWORD), SPAN_NONE, 0, &weak));
    struct forge f = forge_referral(CORP, CLOUD, &domain, &bob, weak);
    got = use(&f, WEB);
    refused(&got, "referral", KDC_ERR_ETYPE_NOSUPP, REASON_TRUST_NO_COMMON_ENCTYPE);
}

/* Whether a TGT may be delegated across a trust is said by the trust alone. */
static void cve_2019_0683_tgt_delegation(void **state)
{
    static const struct {
        uint32_t attributes;
        bool delegate;
    } rows[] = {
        {TRUST_FOREST_TRANSITIVE, false},
        {TRUST_FOREST_TRANSITIVE | TRUST_ENABLE_TGT_DELEGATION, true},
        {TRUST_FOREST_TRANSITIVE | TRUST_ENABLE_TGT_DELEGATION | TRUST_NO_TGT_DELEGATION, false},
        {TRUST_QUARANTINED | TRUST_ENABLE_TGT_DELEGATION, false},
        {TRUST_NON_TRANSITIVE, false},
        {TRUST_NON_TRANSITIVE | TRUST_ENABLE_TGT_DELEGATION, true},
    };
    struct forge f = golden();
    (void)state;
    for (size_t i = 0; i < 2 * FORESTS_COUNT(rows); i++) {
        bool source_ok = i % 2;
        f.flags = (f.flags & ~KRB_TKT_OK_AS_DELEGATE) | (source_ok ? KRB_TKT_OK_AS_DELEGATE : 0);
        forests_untrust(&cloud, "corp.example.net");
        lab_trust(rows[i / 2].attributes);
        struct answer got = use(&f, "krbtgt/" CORP);
        assert_int_equal(got.error, 0);
        bool given = got.part->flags & KRB_TKT_OK_AS_DELEGATE;
        if (given != (source_ok && rows[i / 2].delegate))
            fail_msg("row %zu, source %d: %d", i / 2, source_ok, given);
    }
}

/* --- requests that broke MIT's KDC ------------------------------------------------------------ */

/* No enctype in common, none at all. */
static void cve_2012_1015_no_usable_enctype(void **state)
{
    static int32_t odd[] = {1, 3, 99999, -133};
    struct krb_kdc_req *req;
    struct span message = forge_as_req(&cloud, "ada", &ada_key, NULL, &arena), again;
    (void)state;
    assert_ok(krb_decode_as_req(message, &arena, &req));
    req->req_body.etype = (struct krb_ints){odd, 4};
    assert_ok(krb_encode_as_req(req, &arena, &again));
    struct answer got = send_as(again);
    refused(&got, __func__, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
}

/* Service names of one part, of an empty part, of the realm alone. */
static void cve_2013_1416_short_names(void **state)
{
    static const char *const names[] = {"krbtgt", "krbtgt/", "/",      "kadmin",
                                        "http",   "host/",   "a/b/c/d"};
    struct answer tgt = log_on("ada", &ada_key);
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(names); i++) {
        struct forge_request q = forge_follow(&tgt, CLOUD, names[i]);
        q.options = KRB_OPT_CANONICALIZE;
        struct answer got = forge_ask(&cloud, &q, &arena);
        if (strcmp(names[i], "krbtgt") != 0)
            assert_int_equal(got.error, KDC_ERR_S_PRINCIPAL_UNKNOWN);
    }
}

/* Hosts and realms of one label, which have no suffix to be routed by. */
static void cve_2013_1417_single_labels(void **state)
{
    static const char *const names[] = {"host/web",   "host/web.",   "host/.",    "host/..",
                                        "krbtgt/COM", "krbtgt/COM.", "http/.com", "http/com."};
    struct answer tgt = log_on("ada", &ada_key);
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(names); i++) {
        struct answer got = go_on(&tgt, names[i], KRB_OPT_CANONICALIZE);
        assert_int_equal(got.error, KDC_ERR_S_PRINCIPAL_UNKNOWN);
    }
}

/* An AS request that fails before anything of it was looked at still gets a whole error. */
static void cve_2012_1014_nothing_to_answer_with(void **state)
{
    struct krb_kdc_req *req = as_request();
    struct krb_error *error;
    struct span reply;
    (void)state;
    req->req_body.cname = NULL;
    req->req_body.sname = NULL;
    kdc_answer(cloud.kdc, KDC_TCP, as_encoded(req), &arena, &reply);
    assert_ok(krb_decode_error(reply, &arena, &error));
    assert_int_equal(error->error_code, KRB_ERR_GENERIC);
    assert_span(error->realm, CLOUD);
    assert_span(krb_name_plain(&error->sname, &arena), "krbtgt/" CLOUD);
    assert_int_equal(cloud.last.reason, REASON_WIRE_MALFORMED);
}

/* The encrypted challenge belongs into armour; outside of it, and empty, it is nothing. */
static void cve_2021_36222_challenge_without_armour(void **state)
{
    struct krb_padata empty = {KRB_PA_ENCRYPTED_CHALLENGE, SPAN_LIT("")};
    (void)state;
    struct answer got = send_as(forge_as_req(&cloud, "ada", NULL, &empty, &arena));
    assert_int_equal(got.error, KDC_ERR_PREAUTH_REQUIRED);
    empty.padata_type = KRB_PA_ENC_TIMESTAMP;
    got = send_as(forge_as_req(&cloud, "ada", NULL, &empty, &arena));
    assert_int_equal(got.error, KDC_ERR_PREAUTH_REQUIRED);
    empty.padata_type = KRB_PA_FX_FAST;
    got = send_as(forge_as_req(&cloud, "ada", NULL, &empty, &arena));
    assert_true(got.error != 0);
}

/* A TGS request, and an AS request, without a service. */
static void cve_2021_37750_no_service(void **state)
{
    struct krb_kdc_req *req;
    struct span again;
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    assert_ok(krb_decode_as_req(forge_as_req(&cloud, "ada", &ada_key, NULL, &arena), &arena, &req));
    req->req_body.sname = NULL;
    assert_ok(krb_encode_as_req(req, &arena, &again));
    struct answer got = send_as(again);
    refused(&got, __func__, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    q.service = NULL;
    got = forge_ask(&cloud, &q, &arena);
    refused(&got, __func__, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
}

/* The reply is nothing, an error, or (where a byte that nobody guards was changed) a ticket. */
static void harmless(struct span message, enum krb_msg_type good)
{
    struct arena a;
    struct span reply;
    arena_init(&a, KDC_ARENA_FIRST, KDC_ARENA_MAX, ARENA_WIPE);
    kdc_answer(cloud.kdc, KDC_TCP, message, &a, &reply);
    if (reply.len) {
        enum krb_msg_type type = krb_message_type(reply);
        assert_true(type == KRB_ERROR || type == good);
    }
    arena_fini(&a);
}

static void every_byte_cut_and_changed(struct span message, enum krb_msg_type good)
{
    uint8_t *copy = arena_dup(&arena, message.ptr, message.len);
    for (size_t i = 0; i < message.len; i++) {
        /* A copy of its own size, so that a read behind its end shows. */
        uint8_t *cut = malloc(i ? i : 1);
        memcpy(cut, message.ptr, i);
        harmless(span_of(cut, i), 0);
        free(cut);
        for (unsigned bit = 0; bit < 8; bit += 3) {
            copy[i] ^= (uint8_t)(1u << bit);
            harmless(span_of(copy, message.len), good);
            copy[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void malformed_requests(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    every_byte_cut_and_changed(forge_as_req(&cloud, "ada", &ada_key, NULL, &arena), KRB_AS_REP);
    every_byte_cut_and_changed(forge_tgs_req(&q, &arena), KRB_TGS_REP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cve_2014_6324_forged_pac),
        cmocka_unit_test(cve_2020_17049_ticket_signature),
        cmocka_unit_test(cve_2022_37967_full_checksum),
        cmocka_unit_test(cve_2021_42287_requestor),
        cmocka_unit_test(cve_2021_42278_renamed_account),
        cmocka_unit_test(cve_2021_20251_lockout),
        cmocka_unit_test(cve_2021_20251_lockout_not_stored),
        cmocka_unit_test(cve_2022_37966_session_keys),
        cmocka_unit_test(cve_2026_20833_no_rc4_for_users),
        cmocka_unit_test(cve_2026_20833_no_rc4_for_services_and_trusts),
        cmocka_unit_test(cve_2019_0683_tgt_delegation),
        cmocka_unit_test(cve_2012_1015_no_usable_enctype),
        cmocka_unit_test(cve_2013_1416_short_names),
        cmocka_unit_test(cve_2013_1417_single_labels),
        cmocka_unit_test(cve_2012_1014_nothing_to_answer_with),
        cmocka_unit_test(cve_2021_36222_challenge_without_armour),
        cmocka_unit_test(cve_2021_37750_no_service),
        cmocka_unit_test(malformed_requests),
    };
    return cmocka_run_group_tests(tests, setup, lab_teardown);
}
