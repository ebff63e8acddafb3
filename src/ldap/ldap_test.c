/*
 * What needs no socket: filters, controls, the root and the ping, over a forest in a temporary
 * folder.
 */
#include <unistd.h>

#include "base/test.h"
#include "base/text.h"
#include "directory/account.h"
#include "directory/change.h"
#include "directory/provision.h"
#include "ldap/ldap_internal.h"
#include "wire/ldap/ldap_client.h"
#include "wire/ms/netlogon_ping.h"

#define NOW (INT64_C(1790000000) * UTIME_SECOND)

static struct {
    char path[64];
    struct dir *dir;
    struct ldap_server server;
    struct arena arena;
} f;

static utime now(void)
{
    return NOW;
}

static void some_random(void *out, size_t len)
{
    static uint64_t seed = 88172645463325252u;
    for (size_t i = 0; i < len; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        ((uint8_t *)out)[i] = (uint8_t)(seed >> 32);
    }
}

static int make_forest(void **state)
{
    static const uint8_t master[32] = {4, 5, 6};
    struct span address = SPAN_LIT("127.0.0.7");
    struct provision_dc dc = {SPAN_LIT("dc1"), &address, 1};
    struct provision_args args = {.dns_name = SPAN_LIT("unit.example"),
                                  .flat_name = SPAN_LIT("UNIT"),
                                  .site = SPAN_LIT("Default-First-Site-Name"),
                                  .admin_password = SPAN_LIT("Adm1n-Pa55word"),
                                  .dcs = &dc,
                                  .dc_count = 1,
                                  .now = NOW,
                                  .random = some_random};
    struct dir_open_args open = {.path = f.path, .writable = true};
    const char *why = "";
    (void)state;
    snprintf(f.path, sizeof(f.path), "/tmp/entente-ldap-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    assert_ok(dir_create_empty(f.path));
    dir_keyring_derive(master, 7, &open.keyring);
    assert_ok(dir_open(&open, &f.dir));
    assert_ok(provision_check(&args, &why));
    assert_ok(provision_forest(f.dir, &args));
    f.server.env = (struct ldap_env){.dir = f.dir,
                                     .host = SPAN_LIT("dc1"),
                                     .site = SPAN_LIT("Default-First-Site-Name"),
                                     .address = {127, 0, 0, 7},
                                     .now = now};
    arena_init(&f.arena, 0, 16 << 20, 0);
    return 0;
}

static int remove_forest(void **state)
{
    char file[96];
    (void)state;
    arena_fini(&f.arena);
    dir_close(f.dir);
    snprintf(file, sizeof(file), "%s/data.mdb", f.path);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", f.path);
    unlink(file);
    rmdir(f.path);
    return 0;
}

/* --- filters -----------------------------------------------------------------------------------
 */

static void names_become_ids(void **state)
{
    struct ldap_filter leaf = {
        .kind = LDAP_FILTER_EQUAL, .attr = SPAN_LIT("SAMACCOUNTNAME"), .value = SPAN_LIT("x")};
    struct ldap_filter odd = {.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("noSuchThing")};
    struct ldap_filter both = {.kind = LDAP_FILTER_AND, .child = &leaf};
    struct dir_filter *out;
    (void)state;
    leaf.next = &odd;
    assert_ok(ldap_translate(&both, &f.arena, &out));
    assert_int_equal(out->op, FILTER_AND);
    assert_int_equal(out->child->op, FILTER_EQUAL);
    assert_int_equal(out->child->attr, ATTR_sAMAccountName);
    assert_span(out->child->value, "x");
    assert_int_equal(out->child->next->op, FILTER_UNDEFINED);
    assert_null(out->child->next->next);
}

static void rules_become_operations(void **state)
{
    struct ldap_filter in = {.kind = LDAP_FILTER_EXTENSIBLE,
                             .attr = SPAN_LIT("userAccountControl"),
                             .rule = SPAN_LIT(LDAP_RULE_BIT_AND),
                             .value = SPAN_LIT("2")};
    struct dir_filter *out;
    (void)state;
    assert_ok(ldap_translate(&in, &f.arena, &out));
    assert_int_equal(out->op, FILTER_BIT_AND);
    in.rule = SPAN_LIT("1.2.3");
    assert_ok(ldap_translate(&in, &f.arena, &out));
    assert_int_equal(out->op, FILTER_UNDEFINED);
    in.rule = SPAN_NONE;
    assert_ok(ldap_translate(&in, &f.arena, &out));
    assert_int_equal(out->op, FILTER_EQUAL);
    in.dn_attributes = true; /* is passed over */
    assert_ok(ldap_translate(&in, &f.arena, &out));
    assert_int_equal(out->op, FILTER_EQUAL);
    in.attr = SPAN_NONE;
    assert_ok(ldap_translate(&in, &f.arena, &out));
    assert_int_equal(out->op, FILTER_UNDEFINED);
}

static void depth_is_bounded(void **state)
{
    struct ldap_filter chain[DIR_FILTER_DEPTH_MAX + 1] = {{0}};
    struct dir_filter *out;
    (void)state;
    for (unsigned i = 0; i < DIR_FILTER_DEPTH_MAX; i++)
        chain[i] = (struct ldap_filter){.kind = LDAP_FILTER_NOT, .child = &chain[i + 1]};
    chain[DIR_FILTER_DEPTH_MAX] =
        (struct ldap_filter){.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("cn")};
    assert_err(ldap_translate(chain, &f.arena, &out), ERR_LIMIT);
    assert_ok(ldap_translate(chain + 1, &f.arena, &out));
}

/* --- controls and attribute lists --------------------------------------------------------------
 */

static void controls_are_known_or_refused(void **state)
{
    const uint8_t sd[] = {0x30, 3, 2, 1, 4};
    struct ldap_control list[] = {{.oid = SPAN_LIT("1.2.3")},
                                  {.oid = SPAN_LIT(LDAP_CONTROL_SD_FLAGS),
                                   .critical = true,
                                   .value = span_of(sd, sizeof(sd))}};
    struct ldap_message m = {.op = LDAP_SEARCH_REQUEST, .controls = list, .control_count = 2};
    struct ldap_options o;
    (void)state;
    assert_int_equal(ldap_options_read(&m, &f.arena, &o), LDAP_SUCCESS);
    assert_true(o.has_sd_flags);
    assert_int_equal(o.sd_flags, 4);
    list[0].critical = true;
    assert_int_equal(ldap_options_read(&m, &f.arena, &o), LDAP_UNAVAILABLE_CRITICAL_EXTENSION);
    list[0].critical = false;
    list[1].value = SPAN_NONE;
    assert_int_equal(ldap_options_read(&m, &f.arena, &o), LDAP_PROTOCOL_ERROR);
}

static void attribute_lists(void **state)
{
    struct span names[] = {SPAN_LIT("Member;range=1500-2999"),
                           SPAN_LIT("1.1"),
                           SPAN_LIT("cn"),
                           SPAN_LIT("userCertificate;binary"),
                           SPAN_LIT("member;range=9-x"),
                           SPAN_LIT("member;Range=0-*")};
    struct ldap_search in = {.attrs = names, .attr_count = 6};
    struct ldap_want want;
    (void)state;
    assert_ok(ldap_want_parse(&in, &f.arena, &want));
    assert_false(want.all);
    assert_int_equal(want.count, 4);
    assert_int_equal(want.list[0].attr->id, ATTR_member);
    assert_int_equal(want.list[0].low, 1500);
    assert_int_equal(want.list[0].high, 2999);
    assert_int_equal(want.list[1].attr->id, ATTR_cn);
    assert_span(want.list[2].option, "binary");
    assert_true(want.list[3].range);
    assert_int_equal(want.list[3].high, UINT32_MAX);
    in.attr_count = 0;
    assert_ok(ldap_want_parse(&in, &f.arena, &want));
    assert_true(want.all);
}

/* As if they stood in a message: one behind the other. */
static struct ldap_search names_in(const char *bytes, struct span names[], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t len = strcspn(bytes, " ");
        names[i] = span_of(bytes, len);
        bytes += len + 1;
    }
    return (struct ldap_search){.attrs = names, .attr_count = count};
}

static void attribute_lists_that_come_again(void **state)
{
    struct ldap_wants *wants = ldap_wants_new();
    struct span names[3];
    struct ldap_want first, again;
    (void)state;
    assert_non_null(wants);
    for (unsigned round = 0; round < 200; round++) {
        char bytes[64], other[] = "sn mail;binary *";
        snprintf(bytes, sizeof(bytes), "cn member nothing%u", round % 20);
        struct ldap_search in = names_in(bytes, names, 3);
        assert_ok(ldap_want_parse(&in, &f.arena, &first));
        assert_ok(ldap_want_find(wants, &in, &f.arena, &again));
        assert_int_equal(again.count, 2);
        assert_false(again.all);
        assert_memory_equal(again.list, first.list, 2 * sizeof(first.list[0]));
        assert_ptr_not_equal(again.list, first.list);
        in = names_in(other, names, 3);
        assert_ok(ldap_want_find(wants, &in, &f.arena, &again));
        assert_true(again.all);
        assert_int_equal(again.count, 2);
        assert_ptr_equal(again.list[1].option.ptr, other + 8);
    }
    free(wants);
}

/* A name may hold what looks like the next name's header: it is one name all the same. */
static void one_name_is_no_list(void **state)
{
    static const char bytes[] = "cn\x04\x02sn";
    struct ldap_wants *wants = ldap_wants_new();
    struct span one = span_of(bytes, 6), two[] = {span_of(bytes, 2), span_of(bytes + 4, 2)};
    struct ldap_search in = {.attrs = &one, .attr_count = 1};
    struct ldap_want want;
    (void)state;
    assert_non_null(wants);
    assert_ok(ldap_want_find(wants, &in, &f.arena, &want));
    assert_int_equal(want.count, 0);
    in = (struct ldap_search){.attrs = two, .attr_count = 2};
    assert_ok(ldap_want_find(wants, &in, &f.arena, &want));
    assert_int_equal(want.count, 2);
    free(wants);
}

/* --- who a session is --------------------------------------------------------------------------
 */

static dir_id administrator(void)
{
    struct dir_account acc;
    struct dir_snap s;
    assert_ok(dir_snap_begin(f.dir, &s));
    assert_ok(dir_account_by_sam(&s, SPAN_LIT("administrator"), &acc));
    dir_snap_end(&s);
    return acc.id;
}

static void a_token_is_made_when_it_is_needed(void **state)
{
    struct ldap_session ss = {.server = &f.server, .who.token = dir_token_anonymous};
    struct ldap_request rq = {.session = &ss};
    const struct sid admins = SID_NT(32, 544);
    (void)state;
    arena_init(&ss.who.memory, 0, LDAP_IDENTITY_MAX, ARENA_WIPE);
    assert_err(ldap_identity_ready(&rq), ERR_DENIED);
    ldap_identity_account(&ss, administrator(), SPAN_LIT("UNIT\\Administrator"));
    assert_int_equal(ss.who.token.account, 0);
    assert_ok(ldap_identity_ready(&rq));
    assert_false(rq.has_snap);
    assert_true(dir_token_has(&ss.who.token, &admins));
    assert_ok(ldap_identity_ready(&rq));
    ldap_identity_account(&ss, 4000000, SPAN_LIT("UNIT\\deleted"));
    assert_false(dir_token_has(&ss.who.token, &admins));
    assert_err(ldap_identity_ready(&rq), ERR_DENIED);
    assert_false(ss.who.bound);
    assert_int_equal(ss.who.name.len, 0);
    arena_fini(&ss.who.memory);
}

/* --- the root ----------------------------------------------------------------------------------
 */

static struct ldap_response *ask(struct span request, struct ldap_response **done_out)
{
    struct ldap_message *m;
    struct ldap_response *first, *second = NULL;
    struct dir_snap s;
    struct builder b;
    struct span bytes;
    size_t len;
    assert_ok(ldap_decode(request, &f.arena, &m));
    assert_ok(dir_snap_begin(f.dir, &s));
    builder_in(&b, &f.arena, 1 << 16);
    assert_ok(ldap_rootdse(&f.server, &s, m, SPAN_LIT("\x7f\0\0\1"), &f.arena, &b));
    assert_ok(builder_done(&b, &bytes));
    bytes = arena_dup_span(&f.arena, bytes);
    dir_snap_end(&s);
    assert_ok(ldap_peek(bytes, bytes.len, &len));
    assert_ok(ldap_decode_response(span_sub(bytes, 0, len), &f.arena, &first));
    if (len < bytes.len)
        assert_ok(ldap_decode_response(span_sub(bytes, len, bytes.len), &f.arena, &second));
    *done_out = second ? second : first;
    return second ? first : NULL;
}

static struct span filtered_request(struct ldap_filter *filter, const char *attr)
{
    struct span name = span_str(attr), bytes;
    struct ldap_message m = {
        .id = 7,
        .op = LDAP_SEARCH_REQUEST,
        .search = {.filter = filter, .attrs = &name, .attr_count = attr ? 1 : 0}};
    struct builder b;
    builder_in(&b, &f.arena, 1024);
    ldap_put_request(&b, &m);
    assert_ok(builder_done(&b, &bytes));
    return bytes;
}

static struct span search_request(const char *attr, const char *present)
{
    struct ldap_filter filter = {.kind = LDAP_FILTER_PRESENT, .attr = span_str(present)};
    return filtered_request(&filter, attr);
}

static bool finds_root(struct ldap_filter *filter)
{
    struct ldap_response *done;
    return ask(filtered_request(filter, "dnsHostName"), &done) != NULL;
}

static struct span only_value(const struct ldap_response *r, const char *name)
{
    const struct ldap_attribute *a = ldap_response_attr(r, name);
    assert_non_null(a);
    assert_int_equal(a->count, 1);
    return a->values[0];
}

static void root_tells_what_clients_read(void **state)
{
    struct ldap_response *done;
    struct ldap_response *e = ask(search_request(NULL, "objectClass"), &done);
    (void)state;
    assert_non_null(e);
    assert_int_equal(e->id, 7);
    assert_int_equal(done->code, LDAP_SUCCESS);
    assert_span(only_value(e, "dnsHostName"), "dc1.unit.example");
    assert_span(only_value(e, "defaultNamingContext"), "DC=unit,DC=example");
    assert_span(only_value(e, "ldapServiceName"), "unit.example:dc1$@UNIT.EXAMPLE");
    assert_span(only_value(e, "dsServiceName"),
                "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,"
                "CN=Configuration,DC=unit,DC=example");
    assert_int_equal(ldap_response_attr(e, "namingContexts")->count, 5);
    /* Without a certificate there is no StartTLS to offer. */
    assert_span(only_value(e, "supportedExtension"), LDAP_EXOP_WHOAMI);
}

static void root_gives_what_was_asked(void **state)
{
    struct ldap_response *done;
    struct ldap_response *e = ask(search_request("HIGHESTCOMMITTEDUSN", "objectclass"), &done);
    (void)state;
    assert_non_null(e);
    assert_int_equal(e->attr_count, 1);
    assert_null(ask(search_request(NULL, "cn"), &done));
    assert_int_equal(done->code, LDAP_SUCCESS);
}

static void root_is_there_for_every_way_of_asking(void **state)
{
    struct ldap_filter class = {.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("objectClass")};
    struct ldap_filter name = {.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("distinguishedName")};
    struct ldap_filter cn = {.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("cn")};
    struct ldap_filter list = {.kind = LDAP_FILTER_OR, .child = &class};
    struct ldap_filter no = {.kind = LDAP_FILTER_NOT, .child = &cn};
    (void)state;
    class.next = &name;
    assert_true(finds_root(&list));
    list.kind = LDAP_FILTER_AND;
    assert_true(finds_root(&list));
    name.next = &cn;
    assert_false(finds_root(&list));
    list.kind = LDAP_FILTER_OR;
    assert_true(finds_root(&list));
    list.child = &cn;
    assert_false(finds_root(&list));
    assert_false(finds_root(&no));
}

/* --- the ping ----------------------------------------------------------------------------------
 */

static bool ping(struct ldap_ping p, struct netlogon_answer *out)
{
    struct ldap_response *done;
    struct builder b;
    struct span bytes;
    p.nt_version = NETLOGON_V5 | NETLOGON_V5EX | NETLOGON_V5EX_WITH_IP;
    builder_in(&b, &f.arena, 1024);
    ldap_put_ping(&b, 3, &p);
    assert_ok(builder_done(&b, &bytes));
    struct ldap_response *e = ask(bytes, &done);
    assert_int_equal(done->code, LDAP_SUCCESS);
    if (e)
        assert_ok(netlogon_answer_decode(only_value(e, "netlogon"), &f.arena, out));
    return e != NULL;
}

static void ping_finds_the_domain(void **state)
{
    struct netlogon_answer a;
    (void)state;
    assert_true(ping((struct ldap_ping){.dns_domain = SPAN_LIT("UNIT.example.")}, &a));
    assert_int_equal(a.opcode, NETLOGON_LOGON_RESPONSE);
    assert_span(a.dns_domain, "unit.example");
    assert_span(a.dns_host, "dc1.unit.example");
    assert_span(a.flat_domain, "UNIT");
    assert_span(a.dc_site, "Default-First-Site-Name");
    assert_int_equal(a.flags & (DS_PDC_FLAG | DS_GC_FLAG | DS_KDC_FLAG | DS_WRITABLE_FLAG),
                     DS_PDC_FLAG | DS_GC_FLAG | DS_KDC_FLAG | DS_WRITABLE_FLAG);
    assert_memory_equal(a.address, f.server.env.address, 4);
    assert_false(ping((struct ldap_ping){.dns_domain = SPAN_LIT("other.example")}, &a));
}

static void ping_knows_accounts(void **state)
{
    struct netlogon_answer a;
    struct ldap_ping p = {.user = SPAN_LIT("administrator"), .has_aac = true, .aac = 0x10};
    (void)state;
    assert_true(ping(p, &a));
    assert_int_equal(a.opcode, NETLOGON_LOGON_RESPONSE);
    p.aac = 0x100; /* no server's account has that name */
    assert_true(ping(p, &a));
    assert_int_equal(a.opcode, NETLOGON_USER_UNKNOWN);
    p.user = SPAN_LIT("guest"); /* disabled */
    p.aac = 0x10;
    assert_true(ping(p, &a));
    assert_int_equal(a.opcode, NETLOGON_USER_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_ids),
        cmocka_unit_test(rules_become_operations),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(controls_are_known_or_refused),
        cmocka_unit_test(attribute_lists),
        cmocka_unit_test(attribute_lists_that_come_again),
        cmocka_unit_test(one_name_is_no_list),
        cmocka_unit_test(a_token_is_made_when_it_is_needed),
        cmocka_unit_test(root_tells_what_clients_read),
        cmocka_unit_test(root_gives_what_was_asked),
        cmocka_unit_test(root_is_there_for_every_way_of_asking),
        cmocka_unit_test(ping_finds_the_domain),
        cmocka_unit_test(ping_knows_accounts),
    };
    return cmocka_run_group_tests(tests, make_forest, remove_forest);
}
