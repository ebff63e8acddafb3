/*
 * Values that Samba made, member by member: that a member of our structs means what Samba calls by
 * that name. That the bytes agree is shown for every call in rpc_calls_samba_test.c; here are those
 * on which a trust depends.
 */
#include "wire/ms/oracle.h"
#include "wire/rpc/lsa_lookup.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"
#include "wire/rpc/netlogon_channel.h"
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

static void authenticate3_in(struct builder *b, const void *args)
{
    const struct netlogon_authenticate3 *c = args;

    field_text(b, "server", c->server);
    field_text(b, "account", c->account);
    field_number(b, "type", c->channel_type);
    field_text(b, "computer", c->computer);
    field_bytes(b, "credential", c->client_credential.bytes, 8);
    field_number(b, "flags", c->flags);
}

static void authenticate3_out(struct builder *b, const void *args)
{
    const struct netlogon_authenticate3 *c = args;

    field_bytes(b, "credential", c->server_credential.bytes, 8);
    field_number(b, "flags", c->flags);
    field_number(b, "rid", c->rid);
    field_number(b, "status", c->status);
}

static void translated(struct builder *b, const struct lsa_translated_sids_ex2 *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct lsa_translated_sid_ex2 *t = &list->sids[i];

        builder_printf(b, "translated=%u/%u/%u\n", t->use, t->domain, t->flags);
        if (t->sid)
            sid_field(b, "sid", t->sid);
    }
}

static void lookup_names4_in(struct builder *b, const void *args)
{
    const struct lsa_lookup_names3 *c = args;

    for (uint32_t i = 0; i < c->count; i++)
        field_text(b, "name", c->names[i]);
    translated(b, &c->sids);
    field_number(b, "level", c->level);
    field_number(b, "count", c->mapped);
    field_number(b, "options", c->options);
    field_number(b, "revision", c->revision);
}

static void lookup_names4_out(struct builder *b, const void *args)
{
    const struct lsa_lookup_names3 *c = args;

    for (uint32_t i = 0; c->domains && i < c->domains->count; i++) {
        field_text(b, "domain", c->domains->domains[i].name);
        if (c->domains->domains[i].sid)
            sid_field(b, "domain_sid", c->domains->domains[i].sid);
    }
    if (c->domains)
        field_number(b, "max_size", c->domains->max_entries);
    translated(b, &c->sids);
    field_number(b, "count", c->mapped);
    field_number(b, "status", c->status);
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
        {"authenticate3_in", &netlogon_ndr_authenticate3, NDR_IN, authenticate3_in},
        {"authenticate3_out", &netlogon_ndr_authenticate3, NDR_OUT, authenticate3_out},
        {"lookup_names4_in", &lsa_ndr_lookup_names4, NDR_IN, lookup_names4_in},
        {"lookup_names4_out", &lsa_ndr_lookup_names4, NDR_OUT, lookup_names4_out},
        {"netlogon_dc_name", &netlogon_ndr_dsr_get_dc_name_ex2, NDR_OUT, dc_name},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned round = 0; round < ROUNDS; round++)
            one(&rows[i], round);
    }
}

static void forest_record(struct builder *b, const struct lsa_forest_record *r)
{
    builder_printf(b, "record=%u/%u/%llu\n", r->flags, r->type, (unsigned long long)r->time);
    if (r->type < FOREST_DOMAIN) {
        field_text(b, "name", r->data.name);
    } else if (r->type == FOREST_DOMAIN) {
        sid_field(b, "sid", r->data.domain.sid);
        field_text(b, "dns", r->data.domain.dns_name);
        field_text(b, "flat", r->data.domain.flat_name);
    } else {
        field_bytes(b, "data", r->data.data.data, r->data.data.length);
    }
}

static void forest_info(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct lsa_forest_info info;
        struct span expected, bytes, out;
        struct builder b;
        struct arena a;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "lsa_forest_info", round, &expected);
        assert_ok(ndr_decode(&lsa_ndr_forest_info, bytes, &a, &info));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        for (uint32_t i = 0; i < info.count; i++)
            forest_record(&b, info.entries[i].record);
        assert_fields_equal(&b, expected);
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        ndr_put(&b, &lsa_ndr_forest_info, &info);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name),
        cmocka_unit_test(forest_info),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
