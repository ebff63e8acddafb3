/*
 * Authorization data on its way through the TGS: what a client asks for, what a ticket had before,
 * and what nobody but a KDC may put there.
 */
#include "kdc/kdc_lab_test.h"

/* --- elements ----------------------------------------------------------------------------------
 */

static struct krb_authdata_list one(int32_t type, struct span data)
{
    struct krb_authdata_list out = {arena_new(&arena, struct krb_authdata), 1};
    *out.items = (struct krb_authdata){type, data};
    return out;
}

static struct krb_authdata_list both(struct krb_authdata_list a, struct krb_authdata_list b)
{
    return forge_joined(&a, &b, &arena);
}

static struct krb_authdata_list boxed(struct krb_authdata_list inside)
{
    struct span bytes;
    assert_ok(krb_encode_authdata(&inside, &arena, &bytes));
    return one(KRB_AD_IF_RELEVANT, bytes);
}

#define LOOPBACK one(KRB_AD_LOCAL, SPAN_LIT("this machine"))
#define LIMIT    one(4711, SPAN_LIT("read only"))
#define PAC      one(KRB_AD_WIN2K_PAC, SPAN_LIT("I am the administrator"))

/* Types and data as text: "4711:read only 1(142:this machine)", the PAC as "PAC". */
static void put(struct builder *b, const struct krb_authdata_list *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        const struct krb_authdata *item = &l->items[i];
        struct krb_authdata_list *inside;
        builder_printf(b, i ? " " : "");
        if (item->ad_type == KRB_AD_IF_RELEVANT) {
            assert_ok(krb_decode_authdata(item->ad_data, &arena, &inside));
            builder_printf(b, "1(");
            put(b, inside);
            builder_printf(b, ")");
        } else if (item->ad_type == KRB_AD_WIN2K_PAC && item->ad_data.len > 100) {
            builder_printf(b, "PAC");
        } else {
            builder_printf(b, "%d:%.*s", item->ad_type, SPAN_ARG(item->ad_data));
        }
    }
}

static void assert_holds(const struct krb_authdata_list *l, const char *want)
{
    struct builder b;
    struct span out;
    builder_in(&b, &arena, 65536);
    put(&b, l);
    builder_u8(&b, 0);
    assert_ok(builder_done(&b, &out));
    assert_string_equal((const char *)out.ptr, want);
}

/* --- what came out ------------------------------------------------------------------------------
 */

static void granted(const struct answer *got, const struct krb_key *key, const char *want)
{
    struct opened t;
    if (got->error)
        fail_msg("error %d, %s", got->error, reason_row(cloud.last.reason)->code);
    forge_open(&got->rep->ticket, key, &arena, &t);
    assert_holds(&t.part->authorization_data, want);
}

/* --- what passes -------------------------------------------------------------------------------
 */

/* Behind the PAC, in the client's order, in either key; the signature over the ticket covers it. */
static void test_asked_data_is_in_the_ticket(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct krb_usage u;
    struct opened t;
    struct span covered;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
        q.subkey = i ? &subkey : NULL;
        q.authdata = both(LIMIT, boxed(LOOPBACK));
        struct answer got = ask(&q);
        granted(&got, &service_key, "1(PAC) 4711:read only 1(142:this machine)");
        forge_open(&got.rep->ticket, &service_key, &arena, &t);
        assert_ok(krb_usage_init(&u, &krbtgt_key, PAC_KEY_USAGE));
        assert_ok(krb_ticket_signed_bytes(t.part, &arena, &covered));
        assert_ok(pac_verify_ticket(&t.pac, &u, &covered, 1));
        t.part->authorization_data.count--;
        assert_ok(krb_ticket_signed_bytes(t.part, &arena, &covered));
        assert_err(pac_verify_ticket(&t.pac, &u, &covered, 1), ERR_INTEGRITY);
    }
}

/* A restriction that a TGT got stays in whatever comes of that TGT. */
static void test_data_of_a_tgt_stays(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, "krbtgt/" CLOUD);
    (void)state;
    q.options = KRB_OPT_FORWARDED | KRB_OPT_FORWARDABLE | KRB_OPT_RENEWABLE;
    q.authdata = boxed(LIMIT);
    struct answer limited = ask(&q);
    granted(&limited, &krbtgt_key, "1(PAC) 1(4711:read only)");
    q = forge_follow(&limited, CLOUD, WEB);
    struct answer got = ask(&q);
    granted(&got, &service_key, "1(PAC) 1(4711:read only)");
    q.authdata = LOOPBACK;
    got = ask(&q);
    granted(&got, &service_key, "1(PAC) 1(4711:read only) 142:this machine");
    q = forge_follow(&limited, CLOUD, "krbtgt/" CLOUD);
    q.options = KRB_OPT_RENEW;
    got = ask(&q);
    granted(&got, &krbtgt_key, "1(PAC) 1(4711:read only)");
    struct krb_key trust_key = forge_trust_key(TRUST_PASSWORD, CLOUD, CORP);
    q = forge_follow(&limited, CLOUD, "krbtgt/" CORP);
    got = ask(&q);
    granted(&got, &trust_key, "1(PAC) 1(4711:read only)");
}

/* A service that gets no PAC still gets what restricts the client. */
static void test_data_without_a_pac(void **state)
{
    struct krb_pa_pac_request no = {.include_pac = false};
    struct krb_padata pa = {.padata_type = KRB_PA_PAC_REQUEST};
    struct span reply, plain;
    struct krb_enc_ticket_part *part;
    (void)state;
    assert_ok(krb_encode_pa_pac_request(&no, &arena, &pa.padata_value));
    kdc_answer(cloud.kdc, KDC_TCP, forge_as_req(&cloud, "ada", &ada_key, &pa, &arena), &arena,
               &reply);
    struct answer tgt = forge_read(reply, &ada_key, KRB_USAGE_AS_REP, &arena);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    q.authdata = LIMIT;
    struct answer got = ask(&q);
    assert_int_equal(got.error, 0);
    assert_ok(forge_decrypt(&arena, &service_key, KRB_USAGE_TICKET, got.rep->ticket.enc_part.cipher,
                            &plain));
    assert_ok(krb_decode_enc_ticket_part(plain, &arena, &part));
    assert_holds(&part->authorization_data, "4711:read only");
}

/* --- what a client may not ask for -------------------------------------------------------------
 */

static void test_nothing_that_only_a_kdc_says(void **state)
{
    static const int32_t issued[] = {KRB_AD_WIN2K_PAC, KRB_AD_SIGNTICKET, KRB_AD_KDC_ISSUED,
                                     KRB_AD_CAMMAC, KRB_AD_AUTHENTICATION_INDICATOR};
    static const int32_t unknown[] = {KRB_AD_MANDATORY_FOR_KDC, KRB_AD_AND_OR};
    char where[32];
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    for (size_t i = 0; i < FORESTS_COUNT(issued) + FORESTS_COUNT(unknown); i++) {
        bool is_issued = i < FORESTS_COUNT(issued);
        int32_t type = is_issued ? issued[i] : unknown[i - FORESTS_COUNT(issued)];
        struct krb_authdata_list bad = one(type, SPAN_LIT("x"));
        const struct krb_authdata_list ways[] = {bad, boxed(bad), both(LIMIT, boxed(bad)),
                                                 boxed(both(LOOPBACK, bad)), boxed(boxed(bad))};
        for (size_t k = 0; k < FORESTS_COUNT(ways); k++) {
            snprintf(where, sizeof(where), "type %d, way %zu", type, k);
            q.authdata = ways[k];
            struct answer got = ask(&q);
            refused(&got, where, KDC_ERR_POLICY,
                    is_issued ? REASON_KDC_AUTHDATA_FORGED : REASON_KDC_AUTHDATA_UNKNOWN);
        }
    }
}

static void test_nothing_unreadable(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    struct krb_authdata_list deep = LIMIT;
    (void)state;
    q.authdata = one(KRB_AD_IF_RELEVANT, SPAN_LIT("no list"));
    struct answer got = ask(&q);
    refused(&got, "no list inside", KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    q.authdata_bytes = SPAN_LIT("no list");
    got = ask(&q);
    refused(&got, "no list", KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    q.authdata_bytes = SPAN_NONE;
    for (unsigned i = 0; i < 4; i++)
        deep = boxed(deep);
    q.authdata = deep;
    got = ask(&q);
    granted(&got, &service_key, "1(PAC) 1(1(1(1(4711:read only))))");
    q.authdata = boxed(deep);
    got = ask(&q);
    refused(&got, "too deep", KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
}

/* With a subkey it is the subkey, RFC 4120 section 5.4.1: one rule, so that nobody can choose. */
static void test_only_the_key_of_the_exchange(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    q.authdata = LIMIT;
    q.authdata_key = &subkey;
    struct answer got = ask(&q);
    refused(&got, "another key", KRB_AP_ERR_BAD_INTEGRITY, REASON_KDC_AUTHDATA_KEY);
    q.subkey = &subkey;
    q.authdata_key = &q.session;
    got = ask(&q);
    refused(&got, "session key", KRB_AP_ERR_BAD_INTEGRITY, REASON_KDC_AUTHDATA_KEY);
}

/* --- what a partner's ticket may not bring ------------------------------------------------------
 */

static struct forge referral(void)
{
    static struct sid domain, bob;
    domain = sid_of(PARTNER);
    bob = sid_of(PARTNER "-1105");
    return forge_referral(CORP, CLOUD, &domain, &bob, forge_trust_key(TRUST_PASSWORD, CORP, CLOUD));
}

static struct answer arrive(const struct forge *f)
{
    struct krb_ticket ticket;
    struct forge_request q = forge_request(f, &ticket, WEB, &arena);
    return ask(&q);
}

static void test_a_partners_word_ends_here(void **state)
{
    struct forge f = referral();
    (void)state;
    f.more = both(boxed(both(one(KRB_AD_CAMMAC, SPAN_LIT("x")), LIMIT)),
                  both(PAC, both(boxed(one(KRB_AD_SIGNTICKET, SPAN_LIT("x"))), LOOPBACK)));
    struct answer got = arrive(&f);
    granted(&got, &service_key, "1(PAC) 1(4711:read only) 142:this machine");
    /* Which of two PACs? None. */
    f.more = boxed(PAC);
    got = arrive(&f);
    refused(&got, "two PACs", KDC_ERR_TGT_REVOKED, REASON_PAC_MISSING);
    f.more = one(KRB_AD_MANDATORY_FOR_KDC, SPAN_LIT("x"));
    got = arrive(&f);
    refused(&got, "mandatory", KDC_ERR_POLICY, REASON_KDC_AUTHDATA_UNKNOWN);
}

/* --- FAST's elements ---------------------------------------------------------------------------
 */

static void test_armour_gives_no_ticket(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, "krbtgt/" CLOUD);
    (void)state;
    q.own = one(KRB_AD_FX_FAST_ARMOR, SPAN_LIT(""));
    struct answer got = ask(&q);
    refused(&got, "authenticator", KRB_ERR_GENERIC, REASON_KDC_ARMOR_ONLY);
    q.own = boxed(q.own);
    got = ask(&q);
    refused(&got, "authenticator, boxed", KRB_ERR_GENERIC, REASON_KDC_ARMOR_ONLY);
    /* A client may make such a ticket of its own. */
    q.own.count = 0;
    q.options = KRB_OPT_FORWARDED;
    q.authdata = one(KRB_AD_FX_FAST_ARMOR, SPAN_LIT(""));
    struct answer armor = ask(&q);
    granted(&armor, &krbtgt_key, "1(PAC) 71:");
    q = forge_follow(&armor, CLOUD, WEB);
    got = ask(&q);
    refused(&got, "ticket", KRB_ERR_GENERIC, REASON_KDC_ARMOR_ONLY);
}

/* Whoever took the armour off on the way is noticed. */
static void test_armour_that_is_gone(void **state)
{
    struct answer tgt = log_on("ada", &ada_key);
    struct forge_request q = forge_follow(&tgt, CLOUD, WEB);
    (void)state;
    q.own = one(KRB_AD_FX_FAST_USED, SPAN_LIT(""));
    struct answer got = ask(&q);
    refused(&got, "authenticator", KRB_AP_ERR_MODIFIED, REASON_KDC_BODY_CHANGED);
}

/* --- the same by stock libkrb5 ------------------------------------------------------------------
 */

static krb5_error_code with_libkrb5(krb5_context c, krb5_creds *tgt, krb5_authdata **asked,
                                    krb5_creds **out)
{
    krb5_ccache cache;
    krb5_creds in = {.client = tgt->client, .authdata = asked};
    assert_int_equal(krb5_cc_new_unique(c, "MEMORY", NULL, &cache), 0);
    assert_int_equal(krb5_cc_initialize(c, cache, tgt->client), 0);
    assert_int_equal(krb5_cc_store_cred(c, cache, tgt), 0);
    assert_int_equal(krb5_parse_name(c, WEB "@" CLOUD, &in.server), 0);
    cloud.first = REASON_NONE;
    krb5_error_code e = krb5_get_credentials(c, 0, cache, &in, out);
    krb5_free_principal(c, in.server);
    krb5_cc_destroy(c, cache);
    return e;
}

static krb5_keyblock keyblock(const struct krb_key *k)
{
    return (krb5_keyblock){
        .enctype = k->etype, .length = k->len, .contents = (krb5_octet *)k->bytes};
}

static void decrypt(krb5_context c, const krb5_keyblock *key, krb5_ticket *ticket)
{
    krb5_keytab table;
    krb5_keytab_entry entry = {
        .principal = ticket->server, .vno = ticket->enc_part.kvno, .key = *key};
    assert_int_equal(krb5_kt_resolve(c, "MEMORY:service", &table), 0);
    assert_int_equal(krb5_kt_add_entry(c, table, &entry), 0);
    assert_int_equal(krb5_server_decrypt_ticket_keytab(c, table, ticket), 0);
    krb5_kt_close(c, table);
}

/* libkrb5 itself reads the ticket and verifies the signatures of the PAC in it. */
static void test_stock_client(void **state)
{
    static char limit[] = "read only";
    krb5_context c = fixture_client();
    krb5_creds tgt, *out;
    krb5_ticket *ticket;
    krb5_pac pac;
    krb5_authdata item = {
        .ad_type = 4711, .length = sizeof(limit) - 1, .contents = (krb5_octet *)limit};
    krb5_authdata *asked[] = {&item, NULL}, **found;
    krb5_keyblock service = keyblock(&service_key), krbtgt = keyblock(&krbtgt_key);
    (void)state;
    assert_int_equal(fixture_kinit(c, "ada@" CLOUD, 0, USER_PASSWORD, NULL, &tgt), 0);
    assert_int_equal(with_libkrb5(c, &tgt, asked, &out), 0);
    assert_int_equal(krb5_decode_ticket(&out->ticket, &ticket), 0);
    decrypt(c, &service, ticket);
    assert_int_equal(
        krb5_find_authdata(c, ticket->enc_part2->authorization_data, NULL, 4711, &found), 0);
    assert_non_null(found);
    assert_int_equal(found[0]->length, sizeof(limit) - 1);
    assert_memory_equal(found[0]->contents, limit, sizeof(limit) - 1);
    assert_int_equal(
        krb5_kdc_verify_ticket(c, ticket->enc_part2, ticket->server, &service, &krbtgt, &pac), 0);
    krb5_pac_free(c, pac);
    krb5_free_authdata(c, found);
    krb5_free_ticket(c, ticket);
    krb5_free_creds(c, out);
    item.ad_type = KRB5_AUTHDATA_WIN2K_PAC;
    assert_int_equal(with_libkrb5(c, &tgt, asked, &out), KRB5KDC_ERR_POLICY);
    assert_int_equal(cloud.first, REASON_KDC_AUTHDATA_FORGED);
    krb5_free_cred_contents(c, &tgt);
    fixture_client_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked_data_is_in_the_ticket),
        cmocka_unit_test(test_data_of_a_tgt_stays),
        cmocka_unit_test(test_data_without_a_pac),
        cmocka_unit_test(test_nothing_that_only_a_kdc_says),
        cmocka_unit_test(test_nothing_unreadable),
        cmocka_unit_test(test_only_the_key_of_the_exchange),
        cmocka_unit_test(test_a_partners_word_ends_here),
        cmocka_unit_test(test_armour_gives_no_ticket),
        cmocka_unit_test(test_armour_that_is_gone),
        cmocka_unit_test(test_stock_client),
    };
    return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
