/* PACs against Samba's decoder and encoder, on random values. */
#include "wire/ms/oracle.h"
#include "wire/ms/pac.h"

#define ROUNDS 60

static void field_sid(struct builder *b, const char *name, const struct sid *s)
{
    char text[SID_TEXT_SIZE];

    sid_to_text(s, text);
    builder_printf(b, "%s=%s\n", name, text);
}

static void field_groups(struct builder *b, const char *name, const struct pac_group *g,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        builder_printf(b, "%s=%u/%u\n", name, g[i].rid, g[i].attributes);
}

static void logon_fields(struct builder *b, const struct pac_logon_info *i)
{
    char text[SID_TEXT_SIZE];

    field_number(b, "logon_time", i->logon_time);
    field_number(b, "logoff_time", i->logoff_time);
    field_number(b, "kickoff_time", i->kickoff_time);
    field_number(b, "last_password_change", i->password_last_set);
    field_number(b, "allow_password_change", i->password_can_change);
    field_number(b, "force_password_change", i->password_must_change);
    field_text(b, "account_name", i->account_name);
    field_text(b, "full_name", i->full_name);
    field_text(b, "logon_script", i->logon_script);
    field_text(b, "profile_path", i->profile_path);
    field_text(b, "home_directory", i->home_directory);
    field_text(b, "home_drive", i->home_drive);
    field_number(b, "logon_count", i->logon_count);
    field_number(b, "bad_password_count", i->bad_password_count);
    field_number(b, "rid", i->rid);
    field_number(b, "primary_gid", i->primary_gid);
    field_groups(b, "group", i->groups, i->group_count);
    field_number(b, "user_flags", i->user_flags);
    field_bytes(b, "key", i->session_key, 16);
    field_text(b, "logon_server", i->logon_server);
    field_text(b, "logon_domain", i->logon_domain);
    field_sid(b, "domain_sid", i->domain_sid);
    field_number(b, "acct_flags", i->user_account_control);
    field_number(b, "sub_auth_status", i->sub_auth_status);
    field_number(b, "last_success", i->last_success);
    field_number(b, "last_failure", i->last_failure);
    field_number(b, "failed_count", i->failed_count);
    for (uint32_t n = 0; n < i->extra_count; n++) {
        sid_to_text(i->extra[n].sid, text);
        builder_printf(b, "extra=%s/%u\n", text, i->extra[n].attributes);
    }
    if (i->resource_domain)
        field_sid(b, "resource_domain", i->resource_domain);
    field_groups(b, "resource", i->resource, i->resource_count);
}

static void delegation_fields(struct builder *b, const struct pac_delegation *d)
{
    field_text(b, "target", d->target);
    for (uint32_t i = 0; i < d->count; i++)
        field_text(b, "service", d->services[i]);
}

static void upn_fields(struct builder *b, const struct pac_upn_dns *u)
{
    field_text(b, "upn", u->upn);
    field_text(b, "dns", u->dns_domain);
    field_number(b, "upn_flags", u->flags);
    if (u->sid) {
        field_text(b, "sam", u->sam_name);
        field_sid(b, "sid", u->sid);
    }
}

static void logon_info_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, out, bytes;
        struct pac_logon_info info;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "logon_info", round, &fields);
        /* Samba's value starts at the pointer; a PAC has the two headers before it. */
        builder_in(&b, &a, PAC_MAX);
        builder_bytes(&b, "\x01\x10\x08\x00\xcc\xcc\xcc\xcc", 8);
        builder_le32(&b, (uint32_t)(bytes.len + 7) & ~7u);
        builder_le32(&b, 0);
        builder_span(&b, bytes);
        builder_align(&b, 8);
        assert_ok(builder_done(&b, &bytes));
        assert_ok(pac_logon_info(bytes, &a, &info));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        logon_fields(&b, &info);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, PAC_MAX);
        pac_put_logon_info(&b, &info);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        arena_fini(&a);
    }
}

struct decoded {
    struct pac_logon_info logon;
    struct pac_client_info client;
    struct pac_upn_dns upn;
    struct pac_delegation delegation;
    struct sid requestor;
};

/* Every buffer of the PAC as fields and as the contents of a new one. */
static void decode_all(const struct pac *p, struct arena *a, struct decoded *d,
                       struct pac_content *c, struct builder *b)
{
    struct pac_layout layout;

    assert_ok(pac_logon_info(pac_contents(p, PAC_LOGON_INFO), a, &d->logon));
    logon_fields(b, &d->logon);
    c->logon = &d->logon;
    assert_ok(pac_client_info(pac_contents(p, PAC_CLIENT_INFO), a, &d->client));
    field_number(b, "authtime", d->client.authtime);
    field_text(b, "name", d->client.name);
    c->client = &d->client;
    assert_ok(pac_upn_dns(pac_contents(p, PAC_UPN_DNS), a, &d->upn));
    upn_fields(b, &d->upn);
    c->upn_dns = &d->upn;
    if (pac_find(p, PAC_DELEGATION)) {
        assert_ok(pac_delegation(pac_contents(p, PAC_DELEGATION), a, &d->delegation));
        delegation_fields(b, &d->delegation);
        c->delegation = &d->delegation;
    }
    if (pac_find(p, PAC_ATTRIBUTES)) {
        assert_ok(pac_attributes(pac_contents(p, PAC_ATTRIBUTES), &c->attributes));
        field_number(b, "attributes", c->attributes);
        c->has_attributes = true;
        assert_ok(pac_requestor_sid(pac_contents(p, PAC_REQUESTOR_SID), &d->requestor));
        field_sid(b, "requestor", &d->requestor);
        c->requestor = &d->requestor;
    }
    assert_ok(pac_layout_of(p, &layout));
    c->server_cksumtype = layout.sigs[PAC_SIG_SERVER].cksumtype;
    c->kdc_cksumtype = layout.sigs[PAC_SIG_KDC].cksumtype;
    c->ticket_signature = pac_find(p, PAC_TICKET_CHECKSUM) != NULL;
    c->full_signature = pac_find(p, PAC_FULL_CHECKSUM) != NULL;
    field_number(b, "server", c->server_cksumtype);
    field_number(b, "kdc", c->kdc_cksumtype);
}

static void whole_pac_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct pac p;
        struct decoded d = {0};
        struct pac_content c = {0};
        struct pac_layout built, found;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "pac", round, &fields);
        assert_ok(pac_open(bytes, &p));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        decode_all(&p, &a, &d, &c, &b);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, 2 * PAC_MAX);
        builder_zeros(&b, 5); /* the PAC may begin anywhere */
        pac_build(&b, &c, &built);
        assert_ok(builder_done(&b, &out));
        out = span_sub(out, 5, SIZE_MAX);
        assert_span_equal(out, bytes);
        assert_ok(pac_layout_of(&p, &found));
        assert_memory_equal(&built, &found, sizeof(built));
        assert_span_equal(oracle_again(&a, "pac", out), out);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logon_info_both_ways),
        cmocka_unit_test(whole_pac_both_ways),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
