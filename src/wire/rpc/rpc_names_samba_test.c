/*
 * Values that Samba made, member by member: that a member of our structs means what Samba calls by
 * that name. That the bytes agree is shown for every call in rpc_calls_samba_test.c; here are those
 * on which a trust depends.
 */
#include "wire/ms/oracle.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"
#include "wire/rpc/netlogon_locate.h"
#include "wire/rpc/netlogon_logon.h"
#include "wire/rpc/netlogon_trust.h"

#define ROUNDS 20

static void guid_field(struct builder *b, const char *name, const struct guid *g)
{
    char text[GUID_TEXT_SIZE];

    guid_to_text(g, text);
    builder_printf(b, "%s=%s\n", name, text);
}

static void sid_field(struct builder *b, const char *name, const struct sid *sid)
{
    char text[SID_TEXT_SIZE];

    sid_to_text(sid, text);
    builder_printf(b, "%s=%s\n", name, text);
}

static void create_trusted(struct builder *b, const void *args)
{
    const struct lsa_create_trusted_ex2 *c = args;

    guid_field(b, "policy", &c->policy.id);
    field_text(b, "dns", c->info.dns_name);
    field_text(b, "flat", c->info.flat_name);
    sid_field(b, "sid", c->info.sid);
    field_number(b, "direction", c->info.direction);
    field_number(b, "type", c->info.type);
    field_number(b, "attributes", c->info.attributes);
    field_bytes(b, "blob", c->auth.blob.data, c->auth.blob.length);
    field_number(b, "access", c->access);
}

static void dns_domain(struct builder *b, const void *args)
{
    const struct lsa_query_policy *c = args;

    field_text(b, "name", c->info->dns.name);
    field_text(b, "dns", c->info->dns.dns_domain);
    field_text(b, "forest", c->info->dns.dns_forest);
    guid_field(b, "guid", &c->info->dns.guid);
    sid_field(b, "sid", c->info->dns.sid);
    field_number(b, "status", c->status);
}

static void network_logon(struct builder *b, const void *args)
{
    const struct netlogon_sam_logon_ex *c = args;
    const struct netlogon_network_logon *n = c->logon.network;

    assert_int_equal(c->logon_level, NETLOGON_NETWORK_TRANSITIVE);
    field_text(b, "server", c->server);
    field_text(b, "computer", c->computer);
    field_text(b, "domain", n->identity.domain);
    field_number(b, "control", n->identity.parameter_control);
    field_text(b, "account", n->identity.account);
    field_text(b, "workstation", n->identity.workstation);
    field_bytes(b, "challenge", n->challenge, sizeof(n->challenge));
    field_bytes(b, "nt", n->nt.data, n->nt.length);
    field_bytes(b, "lm", n->lm.data, n->lm.length);
    field_number(b, "validation", c->validation_level);
    field_number(b, "flags", c->flags);
}

static void trust_info(struct builder *b, const void *args)
{
    const struct netlogon_get_trust_info *c = args;

    field_bytes(b, "credential", c->return_authenticator.credential.bytes, 8);
    field_number(b, "timestamp", c->return_authenticator.timestamp);
    field_bytes(b, "current", c->current.bytes, 16);
    field_bytes(b, "previous", c->previous.bytes, 16);
    assert_int_equal(c->info->number_count, 1);
    field_number(b, "attributes", c->info->numbers[0]);
}

static void dc_name(struct builder *b, const void *args)
{
    const struct netlogon_dc_info *i = ((const struct netlogon_dsr_get_dc_name_ex2 *)args)->info;

    field_text(b, "dc", i->dc_name);
    field_text(b, "address", i->dc_address);
    field_number(b, "type", i->address_type);
    guid_field(b, "guid", &i->domain_guid);
    field_text(b, "domain", i->domain);
    field_text(b, "forest", i->forest);
    field_number(b, "flags", i->flags);
    field_text(b, "dc_site", i->dc_site);
    field_text(b, "client_site", i->client_site);
}

struct row {
    const char *kind;
    const struct ndr_type *type;
    unsigned direction;
    void (*fields)(struct builder *, const void *);
};

static void one(const struct row *row, unsigned round)
{
    uint64_t args[RPC_ARGS_MAX / 8] = {0};
    struct span expected, bytes, out;
    struct builder b;
    struct arena a;

    /* What an answer's unions go by comes with the request. */
    if (row->type == &lsa_ndr_query_policy2)
        ((struct lsa_query_policy *)args)->level = LSA_POLICY_DNS_DOMAIN;
    arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
    bytes = oracle_random(&a, row->kind, round, &expected);
    assert_ok(ndr_decode_call(row->type, row->direction, bytes, &a, args, NULL));
    builder_in(&b, &a, ORACLE_ANSWER_MAX);
    row->fields(&b, args);
    assert_fields_equal(&b, expected);
    builder_in(&b, &a, ORACLE_ANSWER_MAX);
    ndr_put_call(&b, row->type, row->direction, args);
    assert_ok(builder_done(&b, &out));
    assert_span_equal(out, bytes);
    arena_fini(&a);
}

static void by_name(void **state)
{
    static const struct row rows[] = {
        {"lsa_create_trusted", &lsa_ndr_create_trusted_ex2, NDR_IN, create_trusted},
        {"lsa_dns_domain", &lsa_ndr_query_policy2, NDR_OUT, dns_domain},
        {"netlogon_network_logon", &netlogon_ndr_sam_logon_ex, NDR_IN, network_logon},
        {"netlogon_trust_info", &netlogon_ndr_get_trust_info, NDR_OUT, trust_info},
        {"netlogon_dc_name", &netlogon_ndr_dsr_get_dc_name_ex2, NDR_OUT, dc_name},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned round = 0; round < ROUNDS; round++)
            one(&rows[i], round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
