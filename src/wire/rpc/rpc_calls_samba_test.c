/*
 * Every call of every interface against Samba's NDR code, in both directions, on random values:
 * what we write Samba reads, and what Samba writes of it are the same bytes, which we read to the
 * same again.
 */
#include "wire/ms/oracle.h"
#include "wire/rpc/drs_types.h"
#include "wire/rpc/epm.h"
#include "wire/rpc/netlogon_logon.h"
#include "wire/rpc/netlogon_trust.h"
#include "wire/rpc/rpc_random.h"
#include "wire/rpc/samr_domain.h"
#include "wire/rpc/samr_user.h"

#define ROUNDS 25

struct peer_call {
    uint16_t opnum;
    const char *name; /* NULL: newer than the Samba at hand */
};

static const struct peer_call lsa_names[] = {
    {0, "lsa.Close"},
    {1, "lsa.Delete"},
    {2, "lsa.EnumPrivs"},
    {3, "lsa.QuerySecurity"},
    {6, "lsa.OpenPolicy"},
    {7, "lsa.QueryInfoPolicy"},
    {8, "lsa.SetInfoPolicy"},
    {10, "lsa.CreateAccount"},
    {11, "lsa.EnumAccounts"},
    {12, "lsa.CreateTrustedDomain"},
    {13, "lsa.EnumTrustDom"},
    {14, "lsa.LookupNames"},
    {15, "lsa.LookupSids"},
    {16, "lsa.CreateSecret"},
    {17, "lsa.OpenAccount"},
    {18, "lsa.EnumPrivsAccount"},
    {19, "lsa.AddPrivilegesToAccount"},
    {20, "lsa.RemovePrivilegesFromAccount"},
    {23, "lsa.GetSystemAccessAccount"},
    {24, "lsa.SetSystemAccessAccount"},
    {25, "lsa.OpenTrustedDomain"},
    {26, "lsa.QueryTrustedDomainInfo"},
    {27, "lsa.SetInformationTrustedDomain"},
    {28, "lsa.OpenSecret"},
    {29, "lsa.SetSecret"},
    {30, "lsa.QuerySecret"},
    {31, "lsa.LookupPrivValue"},
    {32, "lsa.LookupPrivName"},
    {33, "lsa.LookupPrivDisplayName"},
    {34, "lsa.DeleteObject"},
    {35, "lsa.EnumAccountsWithUserRight"},
    {36, "lsa.EnumAccountRights"},
    {37, "lsa.AddAccountRights"},
    {38, "lsa.RemoveAccountRights"},
    {39, "lsa.QueryTrustedDomainInfoBySid"},
    {40, "lsa.SetTrustedDomainInfo"},
    {41, "lsa.DeleteTrustedDomain"},
    {44, "lsa.OpenPolicy2"},
    {45, "lsa.GetUserName"},
    {46, "lsa.QueryInfoPolicy2"},
    {47, "lsa.SetInfoPolicy2"},
    {48, "lsa.QueryTrustedDomainInfoByName"},
    {49, "lsa.SetTrustedDomainInfoByName"},
    {50, "lsa.EnumTrustedDomainsEx"},
    {51, "lsa.CreateTrustedDomainEx"},
    {52, "lsa.CloseTrustedDomainEx"},
    {53, "lsa.QueryDomainInformationPolicy"},
    {54, "lsa.SetDomainInformationPolicy"},
    {55, "lsa.OpenTrustedDomainByName"},
    {57, "lsa.LookupSids2"},
    {58, "lsa.LookupNames2"},
    {59, "lsa.CreateTrustedDomainEx2"},
    {68, "lsa.LookupNames3"},
    {73, "lsa.lsaRQueryForestTrustInformation"},
    {74, "lsa.lsaRSetForestTrustInformation"},
    {76, "lsa.LookupSids3"},
    {77, "lsa.LookupNames4"},
    {129, NULL},
    {130, NULL},
};

static const struct peer_call netlogon_names[] = {
    {2, "netlogon.netr_LogonSamLogon"},
    {3, "netlogon.netr_LogonSamLogoff"},
    {4, "netlogon.netr_ServerReqChallenge"},
    {6, "netlogon.netr_ServerPasswordSet"},
    {11, "netlogon.netr_GetDcName"},
    {12, "netlogon.netr_LogonControl"},
    {13, "netlogon.netr_GetAnyDCName"},
    {14, "netlogon.netr_LogonControl2"},
    {15, "netlogon.netr_ServerAuthenticate2"},
    {18, "netlogon.netr_LogonControl2Ex"},
    {19, "netlogon.netr_NetrEnumerateTrustedDomains"},
    {20, "netlogon.netr_DsRGetDCName"},
    {21, "netlogon.netr_LogonGetCapabilities"},
    {26, "netlogon.netr_ServerAuthenticate3"},
    {27, "netlogon.netr_DsRGetDCNameEx"},
    {28, "netlogon.netr_DsRGetSiteName"},
    {29, "netlogon.netr_LogonGetDomainInfo"},
    {30, "netlogon.netr_ServerPasswordSet2"},
    {33, "netlogon.netr_DsRAddressToSitenamesW"},
    {34, "netlogon.netr_DsRGetDCNameEx2"},
    {36, "netlogon.netr_NetrEnumerateTrustedDomainsEx"},
    {37, "netlogon.netr_DsRAddressToSitenamesExW"},
    {38, "netlogon.netr_DsrGetDcSiteCoverageW"},
    {39, "netlogon.netr_LogonSamLogonEx"},
    {40, "netlogon.netr_DsrEnumerateDomainTrusts"},
    {41, "netlogon.netr_DsrDeregisterDNSHostRecords"},
    {42, "netlogon.netr_ServerTrustPasswordsGet"},
    {43, "netlogon.netr_DsRGetForestTrustInformation"},
    {44, "netlogon.netr_GetForestTrustInformation"},
    {45, "netlogon.netr_LogonSamLogonWithFlags"},
    {46, "netlogon.netr_ServerGetTrustInfo"},
};

static const struct peer_call epm_names[] = {
    {2, "epmapper.epm_Lookup"},
    {3, "epmapper.epm_Map"},
    {4, "epmapper.epm_LookupHandleFree"},
};

static const struct peer_call samr_names[] = {
    {0, "samr.Connect"},
    {1, "samr.Close"},
    {3, "samr.QuerySecurity"},
    {5, "samr.LookupDomain"},
    {6, "samr.EnumDomains"},
    {7, "samr.OpenDomain"},
    {8, "samr.QueryDomainInfo"},
    {9, "samr.SetDomainInfo"},
    {10, "samr.CreateDomainGroup"},
    {11, "samr.EnumDomainGroups"},
    {12, "samr.CreateUser"},
    {13, "samr.EnumDomainUsers"},
    {14, "samr.CreateDomAlias"},
    {15, "samr.EnumDomainAliases"},
    {16, "samr.GetAliasMembership"},
    {17, "samr.LookupNames"},
    {18, "samr.LookupRids"},
    {19, "samr.OpenGroup"},
    {20, "samr.QueryGroupInfo"},
    {21, "samr.SetGroupInfo"},
    {22, "samr.AddGroupMember"},
    {23, "samr.DeleteDomainGroup"},
    {24, "samr.DeleteGroupMember"},
    {25, "samr.QueryGroupMember"},
    {26, "samr.SetMemberAttributesOfGroup"},
    {27, "samr.OpenAlias"},
    {28, "samr.QueryAliasInfo"},
    {29, "samr.SetAliasInfo"},
    {30, "samr.DeleteDomAlias"},
    {31, "samr.AddAliasMember"},
    {32, "samr.DeleteAliasMember"},
    {33, "samr.GetMembersInAlias"},
    {34, "samr.OpenUser"},
    {35, "samr.DeleteUser"},
    {36, "samr.QueryUserInfo"},
    {37, "samr.SetUserInfo"},
    {39, "samr.GetGroupsForUser"},
    {40, "samr.QueryDisplayInfo"},
    {44, "samr.GetUserPwInfo"},
    {45, "samr.RemoveMemberFromForeignDomain"},
    {46, "samr.QueryDomainInfo2"},
    {47, "samr.QueryUserInfo2"},
    {48, "samr.QueryDisplayInfo2"},
    {50, "samr.CreateUser2"},
    {51, "samr.QueryDisplayInfo3"},
    {55, "samr.ChangePasswordUser2"},
    {56, "samr.GetDomPwInfo"},
    {57, "samr.Connect2"},
    {58, "samr.SetUserInfo2"},
    {61, "samr.Connect3"},
    {62, "samr.Connect4"},
    {63, "samr.ChangePasswordUser3"},
    {64, "samr.Connect5"},
    {65, "samr.RidToSid"},
    {73, "samr.ChangePasswordUser4"},
};

static const struct peer_call srvsvc_names[] = {
    {15, "srvsvc.NetShareEnumAll"}, {16, "srvsvc.NetShareGetInfo"}, {21, "srvsvc.NetSrvGetInfo"},
    {28, "srvsvc.NetRemoteTOD"},    {36, "srvsvc.NetShareEnum"},
};

static const struct peer_call wkssvc_names[] = {
    {0, "wkssvc.NetWkstaGetInfo"},
};

static const struct peer_call dssetup_names[] = {
    {0, NULL}, /* its Python module does not exist in Debian's Samba */
};

static const struct peer_call drs_names[] = {
    {0, NULL}, /* Samba gives the bytes of the extensions types */
    {1, "drsuapi.DsUnbind"},
    {12, "drsuapi.DsCrackNames"},
};

static const struct peer_call mgmt_names[] = {
    {0, "mgmt.inq_if_ids"},
    {1, NULL}, /* Samba has a number more in the question */
    {2, "mgmt.is_server_listening"},
    {3, "mgmt.stop_server_listening"},
    {4, NULL}, /* of an answer alone Samba cannot tell how large the array may be */
};

#define PEER(iface, names)                                                                         \
    {                                                                                              \
        &(iface), names, sizeof(names) / sizeof((names)[0])                                        \
    }
static const struct {
    const struct rpc_iface *iface;
    const struct peer_call *names; /* of all its calls */
    size_t count;
} peers[] = {
    PEER(lsa_iface, lsa_names),       PEER(netlogon_iface, netlogon_names),
    PEER(epm_iface, epm_names),       PEER(srvsvc_iface, srvsvc_names),
    PEER(wkssvc_iface, wkssvc_names), PEER(dssetup_iface, dssetup_names),
    PEER(samr_iface, samr_names),     PEER(drs_iface, drs_names),
    PEER(mgmt_iface, mgmt_names),
};
#define CALLS_MAX 200

/* Where Samba says more about a value than the table, or knows less. */
static const struct random_bound bounds[] = {
    {"LSAPR_POLICY_INFORMATION", 14, 0}, /* MACHINE_ACCOUNT */
    /* Its LSARPC does not say ms_union, which shows in arms shorter than their alignment. */
    {"LSAPR_POLICY_INFORMATION", 5, 0},        /* SERVER_ROLE */
    {"LSAPR_POLICY_INFORMATION", 9, 0},        /* AUDIT_FULL_SET */
    {"LSAPR_POLICY_INFORMATION", 10, 0},       /* AUDIT_FULL_QUERY */
    {"LSAPR_POLICY_DOMAIN_INFORMATION", 0, 0}, /* QUALITY */
    {"LSAPR_TRUSTED_DOMAIN_INFO", 13, 0},      /* AUTH_INTERNAL_AES */
    {"LSAPR_TRUSTED_DOMAIN_INFO", 14, 0},      /* FULL_INTERNAL_AES */
    {"ForestTrustData", 3, 0},                 /* FOREST_SCANNER */
    {"LsarEnumerateAccounts", 3, 8192},
    {"NETLOGON_VALIDATION_SAM_INFO4", 3, 0}, /* reserved texts, which Samba has as numbers */
    {"NETLOGON_CAPABILITIES", 1, 0},
};

static void random_tower(struct random_fill *f, struct epm_tower *out)
{
    struct rpc_tower t = {.kind = random_below(f, 2) ? RPC_TOWER_TCP : RPC_TOWER_PIPE};
    struct builder b;

    random_bytes(f, &t.interface, sizeof(t.interface));
    t.transfer = rpc_ndr32;
    t.port = (uint16_t)random_u32(f);
    random_bytes(f, t.address, sizeof(t.address));
    t.pipe = SPAN_LIT("\\PIPE\\lsass");
    t.host = SPAN_LIT("\\\\DC1");
    builder_over(&b, out->bytes, sizeof(out->bytes));
    rpc_tower_put(&b, &t);
    assert_ok(b.err);
    out->length = (uint32_t)b.len;
}

/* Samba has two counts for one. */
static bool special(struct random_fill *f, const struct ndr_type *type, void *out)
{
    if (type == &rpc_ndr_descriptor) {
        static uint8_t empty[] = {1, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

        *(struct rpc_bytes *)out = (struct rpc_bytes){sizeof(empty), empty};
        return true;
    }
    if (strcmp(type->name, "twr_t") == 0) {
        random_tower(f, out);
        return true;
    }
    if (strcmp(type->name, "ept_entry_t") == 0) {
        struct epm_entry *e = out;

        random_bytes(f, &e->object, sizeof(e->object));
        e->tower = random_below(f, 4) ? arena_new(f->arena, struct epm_tower) : NULL;
        if (e->tower)
            random_tower(f, e->tower);
        e->annotation_length = 1 + random_below(f, EPM_ANNOTATION_MAX);
        memset(e->annotation, 'a', e->annotation_length - 1);
        return true;
    }
    if (strcmp(type->name, "SAMPR_LOGON_HOURS") == 0) {
        struct samr_hours *h = out;

        h->length = random_below(f, RANDOM_BYTES_MAX);
        h->units = (uint16_t)(8 * h->length);
        h->bits = arena_alloc(f->arena, RANDOM_BYTES_MAX);
        random_bytes(f, h->bits, h->length);
        return true;
    }
    if (strcmp(type->name, "SAMPR_DOMAIN_DISPLAY_OEM_USER") == 0) { /* text of one byte a letter */
        struct samr_oem_entry *e = out;

        e->index = random_u32(f);
        e->length = (uint16_t)(1 + random_below(f, RANDOM_BYTES_MAX));
        e->size = e->length + 1;
        e->name = arena_alloc(f->arena, e->size);
        memset(e->name, 'a', e->length);
        return true;
    }
    if (strcmp(type->name, "DRS_MSG_CRACKREQ_V1") == 0) { /* never without a name */
        struct drs_crack_request *r = out;

        r->codepage = random_u32(f);
        r->language = random_u32(f);
        r->count = 1 + random_below(f, RANDOM_ITEMS_MAX);
        r->names = arena_alloc(f->arena, r->count * sizeof(*r->names));
        for (unsigned i = 0; i < r->count; i++)
            r->names[i].text = random_text(f, random_below(f, 12));
        return true;
    }
    if (strcmp(type->name, "STRING") == 0) {
        struct netlogon_response *r = out;

        r->length = r->size = (uint16_t)random_below(f, RANDOM_BYTES_MAX);
        r->data = arena_alloc(f->arena, RANDOM_BYTES_MAX);
        random_bytes(f, r->data, r->size);
        return true;
    }
    if (strcmp(type->name, "NL_GENERIC_RPC_DATA") == 0) {
        struct netlogon_generic_data *g = out;

        g->number_count = g->text_count = 1;
        g->numbers = arena_alloc(f->arena, sizeof(uint32_t));
        g->texts = arena_alloc(f->arena, sizeof(struct span));
        *g->numbers = random_u32(f);
        *g->texts = random_text(f, 7);
        return true;
    }
    return false;
}

static struct span put(struct arena *a, const struct ndr_type *call, unsigned direction,
                       const void *args)
{
    struct builder b;
    struct span out;

    builder_in(&b, a, ORACLE_ANSWER_MAX);
    ndr_put_call(&b, call, direction, args);
    if (builder_done(&b, &out) != ERR_OK)
        fail_msg("%s: cannot be written: %s", call->name, err_name(b.err));
    return out;
}

/* bytes are read, over args that hold the request, and written again as they were; no beginning of
 * them is enough. */
static void again(struct arena *a, const struct ndr_type *call, unsigned direction,
                  struct span bytes, void *args)
{
    struct span out;
    enum err e;

    for (size_t n = 0; n < bytes.len; n++) {
        if (ndr_decode_call(call, direction, span_sub(bytes, 0, n), a, args, NULL) == ERR_OK)
            fail_msg("%s: %zu of %zu bytes are enough", call->name, n, bytes.len);
    }
    e = ndr_decode_call(call, direction, bytes, a, args, NULL);
    if (e != ERR_OK)
        fail_msg("%s: cannot be read: %s\n%.*s", call->name, err_name(e),
                 SPAN_ARG(text_hex(a, bytes)));
    out = put(a, call, direction, args);
    if (!span_eq(out, bytes))
        fail_msg("%s: written again differs\n%.*s\n%.*s", call->name, SPAN_ARG(text_hex(a, bytes)),
                 SPAN_ARG(text_hex(a, out)));
}

/* Read and written by us. */
static struct span renumbered(struct arena *a, const struct ndr_type *type, const char *direction,
                              struct span bytes, struct span request)
{
    uint64_t args[RPC_ARGS_MAX / 8] = {0};

    assert_ok(ndr_decode_call(type, NDR_IN, request.len ? request : bytes, a, args, NULL));
    if (strcmp(direction, "in") == 0)
        return put(a, type, NDR_IN, args);
    assert_ok(ndr_decode_call(type, NDR_OUT, bytes, a, args, NULL));
    return put(a, type, NDR_OUT, args);
}

static void ask_samba(struct arena *a, const struct ndr_type *type, const char *name,
                      const char *direction, struct span bytes, struct span request)
{
    struct span theirs;

    if (!name)
        return;
    theirs = oracle_call(a, name, direction, bytes, request);
    if (type->name[0] ==
        'e') /* the endpoint mapper has full pointers, which Samba numbers otherwise */
        theirs = renumbered(a, type, direction, theirs, request);
    if (!span_eq(theirs, bytes))
        fail_msg("%s %s: Samba writes\n%.*s\ninstead of\n%.*s", name, direction,
                 SPAN_ARG(text_hex(a, theirs)), SPAN_ARG(text_hex(a, bytes)));
}

/* Where Samba has a number of another size, or bytes for numbers, which in our order is the same.
 */
static const char *const other_types[] = {"lsa.SetInfoPolicy", "lsa.SetInfoPolicy2",
                                          "netlogon.netr_LogonGetDomainInfo",
                                          "netlogon.netr_ServerPasswordSet2", "samr.SetDomainInfo"};

static bool typed_alike(const char *name)
{
    for (unsigned i = 0; i < sizeof(other_types) / sizeof(other_types[0]); i++) {
        if (strcmp(name, other_types[i]) == 0)
            return false;
    }
    return true;
}

/* A request that Samba writes big-endian is read as the same. */
static void other_order(struct arena *a, const struct ndr_type *type, const char *name,
                        struct span in)
{
    static uint64_t args[RPC_ARGS_MAX / 8];
    struct span big;

    if (!name || !typed_alike(name))
        return;
    big = oracle_call(a, name, "in-big", in, SPAN_NONE);
    memset(args, 0, sizeof(args));
    if (ndr_decode_call(type, NDR_IN | NDR_BIG_ENDIAN, big, a, args, NULL) != ERR_OK ||
        !span_eq(put(a, type, NDR_IN, args), in))
        fail_msg("%s: big-endian is not read as it is meant\n%.*s\n%.*s", name,
                 SPAN_ARG(text_hex(a, big)), SPAN_ARG(text_hex(a, in)));
}

static void one_round(const struct rpc_call *call, const char *name, uint64_t seed)
{
    static uint64_t args[RPC_ARGS_MAX / 8], back[RPC_ARGS_MAX / 8];
    struct arena a;
    struct random_fill f = {.state = seed,
                            .arena = &a,
                            .bounds = bounds,
                            .bound_count = sizeof(bounds) / sizeof(bounds[0]),
                            .special = special};
    struct span in, out;

    arena_init(&a, 0, 64 * ORACLE_ANSWER_MAX, 0);
    memset(args, 0, sizeof(args));
    memset(back, 0, sizeof(back));
    random_type(&f, call->type, args);
    in = put(&a, call->type, NDR_IN, args);
    out = put(&a, call->type, NDR_OUT, args);
    ask_samba(&a, call->type, name, "in", in, SPAN_NONE);
    again(&a, call->type, NDR_IN, in, back);
    other_order(&a, call->type, name, in);
    ask_samba(&a, call->type, name, "out", out, in);
    again(&a, call->type, NDR_OUT, out, back);
    arena_fini(&a);
}

/* Which calls a table has, and that it is well-formed. */
static void tables(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        const struct rpc_iface *iface = peers[i].iface;

        assert_int_equal(iface->count, peers[i].count);
        for (unsigned c = 0; c < iface->count; c++) {
            assert_int_equal(iface->calls[c].opnum, peers[i].names[c].opnum);
            assert_ptr_equal(rpc_iface_call(iface, iface->calls[c].opnum), &iface->calls[c]);
            assert_true(ndr_type_check(iface->calls[c].type));
            assert_true(iface->calls[c].type->size <= RPC_ARGS_MAX);
        }
        assert_null(rpc_iface_call(iface, 1000));
    }
}

struct one_call {
    const struct rpc_call *call;
    const char *name;
    uint64_t seed;
};

static void one_call(void **state)
{
    const struct one_call *c = *state;

    for (unsigned round = 0; round < ROUNDS; round++)
        one_round(c->call, c->name, oracle.seed + c->seed + round);
}

int main(void)
{
    static struct one_call calls[CALLS_MAX];
    static struct CMUnitTest tests[1 + CALLS_MAX] = {cmocka_unit_test(tables)};
    size_t n = 0;

    for (unsigned i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        for (unsigned c = 0; c < peers[i].count && c < peers[i].iface->count; c++, n++) {
            calls[n] =
                (struct one_call){&peers[i].iface->calls[c], peers[i].names[c].name, 1000 * n};
            tests[1 + n].name = calls[n].call->type->name;
            tests[1 + n].test_func = one_call;
            tests[1 + n].initial_state = &calls[n];
        }
    }
    return _cmocka_run_group_tests("calls", tests, 1 + n, oracle_start, oracle_stop);
}
