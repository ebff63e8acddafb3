/*
 * What is believed of a trusted domain's answer to a logon: a partner that lies, or is silent.
 */
#include "auth/trust_facts.h"
#include "base/test.h"
#include "directory/forest_fixture_test.h"
#include "rpc/netlogon_logon.h"
#include "rpc/rpc_later.h"
#include "trust/trust_ask.h"

#define OURS   SID_NT(21, 1000, 2000, 3000)
#define THEIRS SID_NT(21, 7, 8, 9)

static struct forest forest;
static struct arena memory; /* of the test */
static struct rpc_assoc assoc;
static struct rpc_server *server;
static struct plat_loop *loop;
static dir_id member, tdo;
static struct sid member_sid;

/* What was told of the logon, and how many SIDs were left out. */
static enum reason told;
static unsigned filtered;

static void write_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    if (ev->reason == REASON_SID_FILTERED)
        filtered++;
    else
        told = ev->reason;
}
static const struct event_sink sink = {.write = write_event};

static utime clock_now(void)
{
    return FOREST_NOW;
}

/* --- what stands for the peer process ----------------------------------------------------------
 */

static struct netlogon_sam_logon_ex asked;
static enum err link_state;

static enum err ask(void *ctx, uint32_t type, struct span payload, utime timeout,
                    struct plat_call *call)
{
    struct trust_call q;

    (void)ctx, (void)timeout, (void)call;
    if (link_state != ERR_OK)
        return link_state;
    assert_int_equal(type, TRUST_MESSAGE_CALL);
    assert_ok(trust_call_decode(payload, &q));
    assert_span(q.partner, "corp.example.com");
    assert_int_equal(q.interface, TRUST_NETLOGON);
    assert_int_equal(q.opnum, NETLOGON_SAM_LOGON_EX);
    asked = (struct netlogon_sam_logon_ex){.flags = 0};
    assert_ok(ndr_decode_call(&netlogon_ndr_sam_logon_ex, NDR_IN, arena_dup_span(&memory, q.stub),
                              &memory, &asked, NULL));
    return ERR_OK;
}

static void ask_cancel(void *ctx, struct plat_call *call)
{
    (void)ctx, (void)call;
}

/* --- one logon ---------------------------------------------------------------------------------
 */

struct lie { /* what the partner says */
    struct sid domain;
    bool no_domain, nothing;
    const char *flat, *dns;
    uint32_t rid;
    struct sid extra[3];
    unsigned extra_count;
    uint32_t status;
    uint8_t authoritative;
    bool garbage;
};

struct outcome {
    uint32_t status;
    uint8_t authoritative;
    struct pac_logon_info info; /* validation level 3 */
};

static struct span encode(const struct lie *lie)
{
    struct pac_group *group = arena_new(&memory, struct pac_group);
    struct netlogon_sam_info4 *said = arena_new(&memory, struct netlogon_sam_info4);
    struct netlogon_sam_logon_ex out = {.validation_level = NETLOGON_VALIDATION_SAM4,
                                        .authoritative = lie->authoritative,
                                        .status = lie->status};
    struct pac_sid *extra = arena_new_array(&memory, 3, struct pac_sid);
    struct trust_answer answer = {.server = SPAN_LIT("dc1.corp.example.com")};
    struct span message;
    struct builder b;

    *group = (struct pac_group){513, PAC_GROUP_DEFAULT};
    for (unsigned i = 0; i < lie->extra_count; i++)
        extra[i] = (struct pac_sid){&lie->extra[i], PAC_GROUP_DEFAULT};
    *said = (struct netlogon_sam_info4){.base = {.account_name = SPAN_LIT("carol"),
                                                 .rid = lie->rid,
                                                 .primary_gid = 513,
                                                 .group_count = 1,
                                                 .groups = group,
                                                 .session_key = {1, 2, 3},
                                                 .logon_domain = span_str(lie->flat),
                                                 .domain_sid = lie->no_domain ? NULL : &lie->domain,
                                                 .extra_count = lie->extra_count,
                                                 .extra = extra},
                                        .dns_domain = span_str(lie->dns)};
    out.validation.sam4 = lie->nothing || lie->status ? NULL : said;
    builder_in(&b, &memory, 1 << 16);
    ndr_put_call(&b, &netlogon_ndr_sam_logon_ex, NDR_OUT, &out);
    assert_ok(builder_done(&b, &answer.stub));
    if (lie->garbage)
        answer.stub = span_sub(answer.stub, 0, answer.stub.len - 8);
    assert_ok(trust_answer_encode(&answer, &memory, &message));
    return message;
}

static struct rpc_later *begin(void)
{
    struct rpc_later prepared = {.assoc = &assoc};

    prepared.ctx = (struct rpc_ctx){
        .server = server, .env = &server->env, .assoc = &assoc, .call = "NetrLogonSamLogonEx"};
    struct rpc_later *l = rpc_later_new(&prepared);
    assert_non_null(l);
    return l;
}

static uint32_t pass(struct rpc_later *l, struct netlogon_sam_logon_ex *args)
{
    struct netlogon_network_logon *n = arena_new(&l->arena, struct netlogon_network_logon);
    struct netlogon_logon *logon = arena_new(&l->arena, struct netlogon_logon);
    const struct trust *t;

    n->identity = (struct netlogon_identity){
        .domain = SPAN_LIT("CORP"), .account = SPAN_LIT("carol"), .workstation = SPAN_LIT("PC1")};
    *logon = (struct netlogon_logon){.key = {9, 9},
                                     .server = member,
                                     .server_sid = member_sid,
                                     .level = NETLOGON_NETWORK,
                                     .what.network = n,
                                     .who = &n->identity,
                                     .validation_level = NETLOGON_VALIDATION_SAM2,
                                     .validation = &args->validation,
                                     .authoritative = &args->authoritative};
    args->authoritative = 1;
    l->args = args;
    assert_int_equal(lsa_trust_of_object(&l->ctx, tdo, &t), NT_OK);
    told = REASON_NONE;
    filtered = 0;
    return netlogon_pass(&l->ctx, logon, t);
}

/* reply: of the peer; the info is copied, its lists are in the arena of the test. */
static struct outcome answered(enum err e, struct span reply)
{
    static const uint8_t key[NETLOGON_KEY_SIZE] = {9, 9};
    struct netlogon_sam_logon_ex *args = arena_new(&memory, struct netlogon_sam_logon_ex);
    struct rpc_later *l = begin();
    struct outcome o = {.status = pass(l, args)};

    if (o.status == RPC_LATER)
        o.status = l->then(&l->ctx, args, e, reply);
    o.authoritative = args->authoritative;
    if (o.status == NT_OK) {
        o.info = *args->validation.sam;
        netlogon_decrypt(key, o.info.session_key, sizeof(o.info.session_key));
        o.info.extra = arena_new_array(&memory, o.info.extra_count, struct pac_sid);
        for (uint32_t i = 0; i < o.info.extra_count; i++)
            o.info.extra[i].sid =
                arena_dup(&memory, args->validation.sam->extra[i].sid, sizeof(struct sid));
    }
    rpc_later_free(l);
    return o;
}

static struct outcome partner_says(const struct lie *lie)
{
    return answered(ERR_OK, encode(lie));
}

static struct lie truth(void)
{
    return (struct lie){.domain = THEIRS,
                        .flat = "CORP",
                        .dns = "corp.example.com",
                        .rid = 1105,
                        .authoritative = 1};
}

static bool has(const struct outcome *o, struct sid sid)
{
    for (uint32_t i = 0; i < o->info.extra_count; i++) {
        if (sid_eq(o->info.extra[i].sid, &sid))
            return true;
    }
    return false;
}

static int start(void **state)
{
    struct dir_snap s;
    struct dir_obj o;
    struct dir_account acc;

    (void)state;
    arena_init(&memory, 0, 16 << 20, 0);
    forest_init(&forest);
    dir_id computers = forest_find(&forest, "CN=Computers," FOREST_DN);
    member = forest_account(&forest, computers, CLASS_computer, "PC1$");
    tdo = forest_trust(&forest, "corp.example.com", "CORP", THEIRS, TRUST_FOREST_TRANSITIVE);
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    assert_ok(dir_by_id(&s, member, &o));
    assert_ok(dir_account_of(&s, &o, &acc));
    member_sid = acc.sid;
    dir_snap_end(&s);
    loop = plat_loop_new();
    struct rpc_env env = {.loop = loop,
                          .dir = forest.base.dir,
                          .events = &sink,
                          .host = SPAN_LIT("dc-a"),
                          .now = clock_now,
                          .random = forest_random,
                          .ask = ask,
                          .ask_cancel = ask_cancel};
    assert_ok(rpc_server_new(&env, &server));
    assoc = (struct rpc_assoc){.server = server, .who.user = SPAN_LIT("PC1$")};
    link_state = ERR_OK;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rpc_server_free(server);
    plat_loop_free(loop);
    forest_fini(&forest);
    arena_fini(&memory);
    return 0;
}

/* --- the tests ---------------------------------------------------------------------------------
 */

static void test_the_truth(void **state)
{
    struct lie lie = truth();
    (void)state;
    lie.extra[lie.extra_count++] = SID_NT(21, 7, 8, 9, 1200);
    struct outcome o = partner_says(&lie);

    assert_int_equal(o.status, NT_OK);
    assert_int_equal(told, REASON_NONE);
    assert_int_equal(o.authoritative, 1);
    assert_int_equal(asked.logon_level, NETLOGON_NETWORK_TRANSITIVE);
    assert_int_equal(asked.validation_level, NETLOGON_VALIDATION_SAM4);
    assert_span(asked.computer, "DC-A");
    assert_span(asked.logon.network->identity.account, "carol");
    assert_int_equal(o.info.extra_count, 2);
    assert_true(has(&o, SID_NT(21, 7, 8, 9, 1200)) && has(&o, SID_NT(15)));
    assert_memory_equal(o.info.session_key, ((uint8_t[16]){1, 2, 3}), 16);
}

static void test_sids_that_are_not_its_own(void **state)
{
    struct lie lie = truth();
    (void)state;
    lie.extra[lie.extra_count++] = SID_NT(21, 1000, 2000, 3000, 512);
    lie.extra[lie.extra_count++] = SID_NT(32, 544);
    struct outcome o = partner_says(&lie);

    assert_int_equal(o.status, NT_OK);
    assert_int_equal(filtered, 2);
    assert_int_equal(o.info.extra_count, 1);
    assert_true(has(&o, SID_NT(15)));
}

static void refused(const struct lie *lie, enum reason why)
{
    struct outcome o = partner_says(lie);

    assert_int_equal(o.status, NT_LOGON_FAILURE);
    assert_int_equal(told, why);
}

static void test_somebody_of_ours(void **state)
{
    struct lie lie = truth();
    (void)state;
    lie.domain = OURS;
    lie.rid = 500;
    refused(&lie, REASON_SID_LOGON_DOMAIN_LOCAL);
    lie = truth();
    lie.no_domain = true;
    refused(&lie, REASON_SID_LOGON_DOMAIN_MISSING);
    lie = truth();
    lie.rid = 0;
    lie.extra[lie.extra_count++] = SID_NT(21, 1000, 2000, 3000, 500);
    refused(&lie, REASON_SID_USER_FILTERED);
}

static void test_names_that_are_not_its_own(void **state)
{
    struct lie lie = truth();
    (void)state;
    lie.flat = "AWS";
    refused(&lie, REASON_NETLOGON_ANSWER_DOMAIN);
    lie = truth();
    lie.dns = "aws.example.com";
    refused(&lie, REASON_NETLOGON_ANSWER_DOMAIN);
    lie.dns = "stranger.example";
    refused(&lie, REASON_NETLOGON_ANSWER_DOMAIN);
}

static void test_selective(void **state)
{
    struct lie lie = truth();
    (void)state;
    lie.extra[lie.extra_count++] = SID_NT(1000);
    struct outcome o = partner_says(&lie);

    assert_int_equal(o.status, NT_AUTHENTICATION_FIREWALL_FAILED);
    assert_int_equal(told, REASON_SELECTIVE_AUTH_DENIED);
}

static void test_a_trust_that_changed(void **state)
{
    struct lie lie = truth();
    bool own = forest_step(&forest);
    (void)state;
    set_u32(forest.change, tdo, ATTR_trustDirection, TRUST_INBOUND);
    forest_apply(&forest, own);
    refused(&lie, REASON_TRANSIT_NOT_OUTGOING);
}

static void test_it_refuses(void **state)
{
    struct lie lie = truth();
    (void)state;
    lie.status = NT_WRONG_PASSWORD;
    struct outcome o = partner_says(&lie);
    assert_int_equal(o.status, NT_WRONG_PASSWORD);
    assert_int_equal(told, REASON_NETLOGON_PARTNER_REFUSED);
    assert_int_equal(o.authoritative, 1);
    lie.authoritative = 0;
    lie.status = NT_ACCESS_DENIED; /* of the channel between us: the member's is good */
    o = partner_says(&lie);
    assert_int_equal(o.status, NT_TRUSTED_DOMAIN_FAILURE);
    assert_int_equal(o.authoritative, 0);
}

static void no_channel(enum err e, struct span reply, enum reason why, uint32_t status)
{
    struct outcome o = answered(e, reply);

    assert_int_equal(o.status, status);
    assert_int_equal(told, why);
}

static void unreachable(enum err e, struct span reply, enum reason why)
{
    no_channel(e, reply, why, NT_NO_LOGON_SERVERS);
}

static void test_no_answer(void **state)
{
    struct trust_answer refusal = {.status = NT_ACCESS_DENIED, .reason = REASON_CHANNEL_REFUSED};
    struct lie lie = truth();
    struct span message;

    (void)state;
    unreachable(ERR_TIMEOUT, SPAN_NONE, REASON_SERVER_FAILED);
    assert_ok(trust_answer_encode(&refusal, &memory, &message));
    no_channel(ERR_OK, message, REASON_CHANNEL_REFUSED, NT_TRUSTED_DOMAIN_FAILURE);
    refusal =
        (struct trust_answer){.status = NT_NO_LOGON_SERVERS, .reason = REASON_VERIFY_PORT_SILENT};
    assert_ok(trust_answer_encode(&refusal, &memory, &message));
    unreachable(ERR_OK, message, REASON_VERIFY_PORT_SILENT);
    lie.nothing = true;
    unreachable(ERR_OK, encode(&lie), REASON_CHANNEL_BROKEN);
    lie = truth();
    lie.garbage = true;
    assert_int_equal(partner_says(&lie).status, NT_NO_LOGON_SERVERS);
    link_state = ERR_CLOSED;
    unreachable(ERR_OK, SPAN_NONE, REASON_SERVER_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_truth, start, stop),
        cmocka_unit_test_setup_teardown(test_sids_that_are_not_its_own, start, stop),
        cmocka_unit_test_setup_teardown(test_somebody_of_ours, start, stop),
        cmocka_unit_test_setup_teardown(test_names_that_are_not_its_own, start, stop),
        cmocka_unit_test_setup_teardown(test_selective, start, stop),
        cmocka_unit_test_setup_teardown(test_a_trust_that_changed, start, stop),
        cmocka_unit_test_setup_teardown(test_it_refuses, start, stop),
        cmocka_unit_test_setup_teardown(test_no_answer, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
