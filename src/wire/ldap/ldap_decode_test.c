/* Requests as OpenLDAP's tools, impacket and Windows send them. */
#include "wire/ldap/ldap_client.h"
#include "wire/ldap/ldap_controls.h"
#include "wire/ldap/ldap_test.h"

static struct ldap_message *decode(const char *text)
{
    struct ldap_message *m = NULL;
    assert_ok(ldap_decode(hex(text), &arena, &m));
    return m;
}

static void assert_refused(const char *text, enum err want)
{
    struct ldap_message *m = NULL;
    assert_err(ldap_decode(hex(text), &arena, &m), want);
    assert_null(m);
}

static void simple_bind(void **state)
{
    (void)state;
    struct ldap_message *m = decode("301a02010160150201030408636e3d61646d696e8006736563726574");
    assert_int_equal(m->id, 1);
    assert_int_equal(m->op, LDAP_BIND_REQUEST);
    assert_int_equal(m->bind.version, 3);
    assert_int_equal(m->bind.auth, LDAP_AUTH_SIMPLE);
    assert_span(m->bind.name, "cn=admin");
    assert_span(m->bind.password, "secret");
    assert_int_equal(m->control_count, 0);
}

static void sasl_bind(void **state)
{
    (void)state;
    struct ldap_message *m =
        decode("30840000002402010560840000001b0201030400a384000000100406475353415049"
               "04060102030405"
               "06");
    assert_int_equal(m->bind.auth, LDAP_AUTH_SASL);
    assert_span(m->bind.mechanism, "GSSAPI");
    assert_span(m->bind.credentials, "\1\2\3\4\5\6");
    m = decode("3015020105"
               "6010"
               "020103"
               "0400"
               "a309"
               "0407"
               "44494745535431");
    assert_span(m->bind.mechanism, "DIGEST1");
    assert_null(m->bind.credentials.ptr);
}

static void other_binds(void **state)
{
    (void)state;
    struct ldap_message *m = decode("300c020102600702010304008900");
    assert_int_equal(m->bind.auth, LDAP_AUTH_SICILY_DISCOVERY);
    assert_int_equal(m->bind.credentials.len, 0);
    m = decode("300d020102600802010304008a0161");
    assert_int_equal(m->bind.auth, LDAP_AUTH_SICILY_NEGOTIATE);
    assert_span(m->bind.credentials, "a");
    m = decode("300d020102600802010304008101ff");
    assert_int_equal(m->bind.auth, 0x81);
}

/* ldapsearch -l 5 -z 10 -E pr=100 -E !sss=cn/2.5.13.3 -E mv=(cn=*) with a filter of every kind */
static const char *every_filter =
    "3082012c0201026381ab040464633d780a01020a010002010a020105010100a08188a12ca40f0402636e3009800161"
    "810162820163a5070402736e040178a6070402736e040179a8070402636e04017aa20d870b6f626a656374436c6173"
    "73a92f8116312e322e3834302e3131333535362e312e342e3830338212757365724163636f756e74436f6e74726f6c"
    "830132a90a8202636e8301718401ffa40c04046d61696c30048202407830090402636e0403312e31a0793021041731"
    "2e322e3832362e302e312e333334343831302e322e33040630048702636e30210416312e322e3834302e3131333535"
    "362e312e342e333139040730050201640400"
    "30310416312e322e3834302e3131333535362e312e342e3437330101"
    "ff0414301230040402636e300a0408322e352e31332e33";

static void search(void **state)
{
    (void)state;
    struct ldap_message *m = decode(every_filter);
    struct ldap_search *s = &m->search;
    assert_int_equal(m->op, LDAP_SEARCH_REQUEST);
    assert_span(s->base, "dc=x");
    assert_int_equal(s->scope, LDAP_SCOPE_SUBTREE);
    assert_int_equal(s->deref, LDAP_DEREF_NEVER);
    assert_int_equal(s->size_limit, 10);
    assert_int_equal(s->time_limit, 5);
    assert_false(s->types_only);
    assert_int_equal(s->attr_count, 2);
    assert_span(s->attrs[0], "cn");
    assert_span(s->attrs[1], "1.1");
}

static void filters(void **state)
{
    (void)state;
    struct ldap_filter *and = decode(every_filter)->search.filter;
    assert_int_equal(and->kind, LDAP_FILTER_AND);
    assert_null(and->next);
    struct ldap_filter * or = and->child;
    assert_int_equal(or->kind, LDAP_FILTER_OR);
    struct ldap_filter *f = or->child;
    assert_int_equal(f->kind, LDAP_FILTER_SUBSTRING);
    assert_span(f->initial, "a");
    assert_int_equal(f->any_count, 1);
    assert_span(f->any[0], "b");
    assert_span(f->final, "c");
    f = f->next;
    assert_int_equal(f->kind, LDAP_FILTER_GE);
    assert_span(f->value, "x");
    f = f->next;
    assert_int_equal(f->kind, LDAP_FILTER_LE);
    f = f->next;
    assert_int_equal(f->kind, LDAP_FILTER_APPROX);
    assert_span(f->attr, "cn");
    assert_null(f->next);
    f = or->next;
    assert_int_equal(f->kind, LDAP_FILTER_NOT);
    assert_int_equal(f->child->kind, LDAP_FILTER_PRESENT);
    assert_span(f->child->attr, "objectClass");
    f = f->next;
    assert_int_equal(f->kind, LDAP_FILTER_EXTENSIBLE);
    assert_span(f->rule, LDAP_RULE_BIT_AND);
    assert_span(f->attr, "userAccountControl");
    assert_span(f->value, "2");
    assert_false(f->dn_attributes);
    f = f->next;
    assert_true(f->dn_attributes);
    assert_null(f->rule.ptr);
    f = f->next;
    assert_null(f->initial.ptr);
    assert_int_equal(f->any_count, 0);
    assert_span(f->final, "@x");
    assert_null(f->next);
}

static void controls(void **state)
{
    (void)state;
    struct ldap_message *m = decode(every_filter);
    assert_int_equal(m->control_count, 3);
    const struct ldap_control *c = ldap_control_find(m, LDAP_CONTROL_PAGED);
    assert_false(c->critical);
    struct ldap_paged p;
    assert_ok(ldap_paged_decode(c->value, &p));
    assert_int_equal(p.size, 100);
    assert_int_equal(p.cookie.len, 0);
    c = ldap_control_find(m, LDAP_CONTROL_SORT);
    assert_true(c->critical);
    assert_null(ldap_control_find(m, LDAP_CONTROL_ASQ));
}

static void writes(void **state)
{
    (void)state;
    struct ldap_message *m = decode(
        "303902010268340409636e3d612c64633d783027301a040b6f626a656374436c617373310b0403746f7004"
        "047573657230090402636e3103040161");
    assert_int_equal(m->op, LDAP_ADD_REQUEST);
    assert_span(m->add.dn, "cn=a,dc=x");
    assert_int_equal(m->add.count, 2);
    assert_span(m->add.attrs[0].name, "objectClass");
    assert_int_equal(m->add.attrs[0].count, 2);
    assert_span(m->add.attrs[0].values[1], "user");
    m = decode(
        "304602010366410409636e3d612c64633d78303430120a0100300d04046d61696c31050403614078300b0a0101"
        "30060402736e310030110a0102300c0402636e3106040162040163");
    assert_int_equal(m->op, LDAP_MODIFY_REQUEST);
    assert_int_equal(m->modify.count, 3);
    assert_int_equal(m->modify.changes[1].op, LDAP_CHANGE_DELETE);
    assert_span(m->modify.changes[1].attr.name, "sn");
    assert_int_equal(m->modify.changes[1].attr.count, 0);
    assert_int_equal(m->modify.changes[2].op, LDAP_CHANGE_REPLACE);
    assert_span(m->modify.changes[2].attr.values[1], "c");
    m = decode("301f0201046c1a0409636e3d612c64633d780404636e3d620101ff800464633d79");
    assert_int_equal(m->op, LDAP_MODIFY_DN_REQUEST);
    assert_span(m->modify_dn.new_rdn, "cn=b");
    assert_true(m->modify_dn.delete_old_rdn);
    assert_span(m->modify_dn.new_superior, "dc=y");
    m = decode("300e0201054a09636e3d622c64633d79");
    assert_int_equal(m->op, LDAP_DELETE_REQUEST);
    assert_span(m->delete_dn, "cn=b,dc=y");
}

static void the_rest(void **state)
{
    (void)state;
    struct ldap_message *m = decode("30190201026e140409636e3d612c64633d7830070402636e040161");
    assert_int_equal(m->op, LDAP_COMPARE_REQUEST);
    assert_span(m->compare.attr, "cn");
    assert_span(m->compare.value, "a");
    m = decode("301e02010277198017312e332e362e312e342e312e343230332e312e31312e33");
    assert_int_equal(m->op, LDAP_EXTENDED_REQUEST);
    assert_span(m->extended.oid, LDAP_EXOP_WHOAMI);
    assert_null(m->extended.value.ptr);
    m = decode("301d02010177188016312e332e362e312e342e312e313436362e3230303337");
    assert_span(m->extended.oid, LDAP_EXOP_START_TLS);
    m = decode(
        "3033020102772e8017312e332e362e312e342e312e343230332e312e31312e318113301180057569643d788103"
        "6f6c6482036e6577");
    struct ldap_passwd_modify p;
    assert_span(m->extended.oid, LDAP_EXOP_PASSWORD_MODIFY);
    assert_ok(ldap_passwd_modify_decode(m->extended.value, &p));
    assert_span(p.user, "uid=x");
    assert_span(p.old_password, "old");
    assert_span(p.new_password, "new");
    m = decode("30050201034200");
    assert_int_equal(m->op, LDAP_UNBIND_REQUEST);
    m = decode("30840000000602010150010"
               "7");
    assert_int_equal(m->op, LDAP_ABANDON_REQUEST);
    assert_int_equal(m->abandon_id, 7);
}

/* [MS-ADTS] 6.3.3's example, in the search that Windows puts it in. */
static void windows_ping(void **state)
{
    (void)state;
    struct ldap_message *m = decode(
        "3084000000d802010163"
        "84000000cf"
        "0400"
        "0a0100"
        "0a0100"
        "020100"
        "020100"
        "010100"
        "a084000000a8a384000000250409446e73446f6d61696e041861626364652e636f72702e6d6963726f736f"
        "66742e636f6da384000000140404486f7374040c61626364656667682d646576a384000000150404557365"
        "72040d61626364656667682d64657624a3840000000b0403414143040480000000a3840000001e040a446f"
        "6d61696e4775696404103bb021cad36dd1118a7db8dfb156871fa3840000000d04054e7456657204040600"
        "0000"
        "30840000000a04086e65746c6f676f6e");
    struct ldap_ping_request p;
    assert_ok(ldap_ping_from_filter(m->search.filter, &p));
    assert_span(p.dns_domain, "abcde.corp.microsoft.com");
    assert_span(p.host, "abcdefgh-dev");
    assert_span(p.user, "abcdefgh-dev$");
    assert_true(p.has_aac);
    assert_int_equal(p.aac, 0x80);
    assert_int_equal(p.domain_guid.len, 16);
    assert_int_equal(p.nt_version, 6);
    assert_null(p.domain_sid.ptr);
}

static void malformed(void **state)
{
    (void)state;
    static const char *bad[] = {
        "30050201034201"
        "00",               /* longer than its message */
        "3006020103420100", /* unbind with contents */
        "300d020101600702010304008000"
        "00",                           /* bytes after the operation */
        "300c02010160070201030400a300", /* SASL without a mechanism */
        "3009020101600402010304",       /* bind ends early */
        "301a02010160150201030408636e3d61646d696e80067365637265"
        "74ff",
        "3080020101420000000000", /* indefinite */
        "3005020103"
        "4280",                         /* indefinite inside */
        "300c040101600702010304008000", /* id is no INTEGER */
        "302502010163200400"
        "0a0100"
        "0a0100"
        "020100"
        "020100"
        "010100"
        "ab0b6f626a656374436c617373"
        "3000",
        "302502010163200400"
        "0a0100"
        "0a0100"
        "020100"
        "020100"
        "010100"
        "a70b6f626a656374436c617373"
        "3000",
        "301802010163130400"
        "0a0100"
        "0a0100"
        "020100"
        "020100"
        "010100"
        "3000",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ldap_message *m;
        enum err e = ldap_decode(hex(bad[i]), &arena, &m);
        if (e != ERR_MALFORMED)
            fail_msg("row %zu: %s", i, err_name(e));
    }
}

static void ranges_and_wrong_operations(void **state)
{
    (void)state;
    assert_refused("300c020101600702010004008000", ERR_RANGE);       /* version 0 */
    assert_refused("300f0204ffffffff600702010304008000", ERR_RANGE); /* negative id */
    assert_refused("30100205008000000060070201030400"
                   "8000",
                   ERR_RANGE); /* id of 2^31 */
    assert_refused("3005020103"
                   "6500",
                   ERR_UNSUPPORTED);
    assert_refused("3005020103"
                   "3000",
                   ERR_UNSUPPORTED);
    assert_refused("302502010163200400"
                   "0a0103"
                   "0a0100"
                   "020100"
                   "020100"
                   "010100"
                   "870b6f626a656374436c617373"
                   "3000",
                   ERR_RANGE); /* scope 3 */
    assert_refused("3005020103"
                   "42",
                   ERR_TRUNCATED);
}

/* and, or, not, each around the same test `depth` times */
static struct span nested(uint8_t tag, unsigned depth)
{
    struct ldap_filter *f = arena_new_array(&arena, depth, struct ldap_filter);
    for (unsigned i = 0; i + 1 < depth; i++)
        f[i] = (struct ldap_filter){.kind = tag & 0x1f, .child = &f[i + 1]};
    f[depth - 1] = (struct ldap_filter){.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("a")};
    struct ldap_message m = {.id = 1, .op = LDAP_SEARCH_REQUEST, .search.filter = f};
    struct builder b;
    builder_in(&b, &arena, 1 << 16);
    ldap_put_request(&b, &m);
    return built(&b);
}

static void filter_depth_has_a_limit(void **state)
{
    (void)state;
    struct ldap_message *m;
    for (uint8_t tag = 0xa0; tag <= 0xa2; tag++)
        assert_ok(ldap_decode(nested(tag, LDAP_FILTER_DEPTH_MAX), &arena, &m));
    /* One more than the encoder agrees to: written by hand, inside out. */
    uint8_t deep[512] = {0};
    size_t at = sizeof(deep);
    deep[--at] = 'a';
    deep[--at] = 1;
    deep[--at] = 0x87;
    for (unsigned i = 0; i < LDAP_FILTER_DEPTH_MAX; i++) {
        size_t len = sizeof(deep) - at;
        deep[--at] = (uint8_t)len;
        if (len > 127)
            deep[--at] = 0x81;
        deep[--at] = 0xa2;
    }
    struct builder b;
    builder_in(&b, &arena, 4096);
    struct span head = hex("04000a01000a0100020100020100010100");
    size_t filter = sizeof(deep) - at;
    struct span op_and_id = hex("020101");
    builder_u8(&b, 0x30);
    builder_u8(&b, 0x82);
    builder_be16(&b, (uint16_t)(op_and_id.len + 4 + head.len + filter + 2));
    builder_span(&b, op_and_id);
    builder_u8(&b, 0x63);
    builder_u8(&b, 0x82);
    builder_be16(&b, (uint16_t)(head.len + filter + 2));
    builder_span(&b, head);
    builder_bytes(&b, deep + at, filter);
    builder_span(&b, hex("3000"));
    assert_err(ldap_decode(built(&b), &arena, &m), ERR_LIMIT);
}

static void filter_nodes_have_a_limit(void **state)
{
    (void)state;
    struct ldap_filter *f = arena_new_array(&arena, LDAP_FILTER_NODES_MAX + 1, struct ldap_filter);
    for (unsigned i = 1; i <= LDAP_FILTER_NODES_MAX; i++)
        f[i] = (struct ldap_filter){
            .kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("a"), .next = &f[i + 1]};
    f[0] = (struct ldap_filter){.kind = LDAP_FILTER_OR, .child = &f[1]};
    f[LDAP_FILTER_NODES_MAX].next = NULL;
    struct ldap_message m = {.id = 1, .op = LDAP_SEARCH_REQUEST, .search.filter = f}, *out;
    struct builder b;
    builder_in(&b, &arena, 1 << 17);
    ldap_put_request(&b, &m);
    assert_err(ldap_decode(built(&b), &arena, &out), ERR_LIMIT);
    f[LDAP_FILTER_NODES_MAX - 1].next = NULL;
    builder_in(&b, &arena, 1 << 17);
    ldap_put_request(&b, &m);
    assert_ok(ldap_decode(built(&b), &arena, &out));
}

static enum err decode_filter(const char *filter)
{
    struct builder b;
    struct ldap_message *m;
    struct span f = hex(filter), head = hex("04000a01000a0100020100020100010100");
    builder_in(&b, &arena, 4096);
    builder_u8(&b, 0x30);
    builder_u8(&b, (uint8_t)(3 + 2 + head.len + f.len + 2));
    builder_span(&b, hex("020101"));
    builder_u8(&b, 0x63);
    builder_u8(&b, (uint8_t)(head.len + f.len + 2));
    builder_span(&b, head);
    builder_span(&b, f);
    builder_span(&b, hex("3000"));
    return ldap_decode(built(&b), &arena, &m);
}

static void filters_that_are_refused(void **state)
{
    (void)state;
    assert_ok(decode_filter("a000")); /* true, RFC 4526 */
    assert_ok(decode_filter("a100")); /* false */
    assert_ok(decode_filter("a40a0402636e3004"
                            "80026162"));
    static const char *bad[] = {
        "a200", /* NOT of nothing */
        "a206870161"
        "870161",           /* NOT of two */
        "a4060402636e3000", /* no substrings */
        "a40c0402636e3006"
        "8201618001"
        "62", /* final before initial */
        "a40c0402636e3006"
        "8001618001"
        "62", /* two initials */
        "a40c0402636e3006"
        "8201618201"
        "62", /* two finals */
        "a4090402636e3003"
        "830161",       /* unknown part */
        "a3040402636e", /* no value */
        "a30a0402636e040161"
        "040161",     /* two values */
        "a903830161", /* neither rule nor attribute */
        "a9058202636e"
        "00", /* no value */
        "a9098202636e830161"
        "840102"
        "ff",
        "8000",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        enum err e = decode_filter(bad[i]);
        if (e != ERR_MALFORMED)
            fail_msg("row %zu: %s", i, err_name(e));
    }
}

static void lists_have_limits(void **state)
{
    (void)state;
    struct ldap_control *c = arena_new_array(&arena, LDAP_CONTROLS_MAX + 1, struct ldap_control);
    for (unsigned i = 0; i <= LDAP_CONTROLS_MAX; i++)
        c[i].oid = SPAN_LIT("1.2");
    struct ldap_message m = {
        .id = 1, .op = LDAP_UNBIND_REQUEST, .controls = c, .control_count = LDAP_CONTROLS_MAX + 1};
    struct ldap_message *out;
    struct builder b;
    builder_in(&b, &arena, 1 << 16);
    ldap_put_request(&b, &m);
    assert_err(ldap_decode(built(&b), &arena, &out), ERR_LIMIT);
    m.control_count--;
    builder_in(&b, &arena, 1 << 16);
    ldap_put_request(&b, &m);
    assert_ok(ldap_decode(built(&b), &arena, &out));
    assert_int_equal(out->control_count, LDAP_CONTROLS_MAX);
}

static void framing(void **state)
{
    (void)state;
    size_t len = 0;
    assert_ok(ldap_peek(hex("300c0201"), 100, &len));
    assert_int_equal(len, 14);
    assert_err(ldap_peek(hex("30840001"), 100, &len), ERR_TRUNCATED);
    assert_err(ldap_peek(hex("308400010000"), 100, &len), ERR_LIMIT);
    assert_err(ldap_peek(SPAN_LIT("GET / HTTP/1.1"), 100, &len), ERR_MALFORMED);
    int32_t id = 0;
    uint8_t op = 0;
    assert_ok(ldap_decode_id(hex("300c02010a600702010304008000"), &id, &op));
    assert_int_equal(id, 10);
    assert_int_equal(op, LDAP_BIND_REQUEST);
    assert_ok(ldap_decode_id(hex("300502010b"
                                 "63ff"),
                             &id, &op));
    assert_int_equal(id, 11);
    assert_err(ldap_decode_id(hex("300302010b"), &id, &op), ERR_TRUNCATED);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(ldap_op_name(LDAP_MODIFY_DN_REQUEST), "modifydn");
    assert_string_equal(ldap_op_name(0x55), "unknown");
    assert_string_equal(ldap_code_name(LDAP_NO_SUCH_OBJECT), "noSuchObject");
    assert_string_equal(ldap_code_name(9), "unknown");
    assert_string_equal(ldap_code_name(4096), "unknown");
    assert_int_equal(ldap_response_of(LDAP_SEARCH_REQUEST), LDAP_SEARCH_DONE);
    assert_int_equal(ldap_response_of(LDAP_UNBIND_REQUEST), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_bind),
        cmocka_unit_test(sasl_bind),
        cmocka_unit_test(other_binds),
        cmocka_unit_test(search),
        cmocka_unit_test(filters),
        cmocka_unit_test(controls),
        cmocka_unit_test(writes),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(windows_ping),
        cmocka_unit_test(malformed),
        cmocka_unit_test(ranges_and_wrong_operations),
        cmocka_unit_test(filter_depth_has_a_limit),
        cmocka_unit_test(filter_nodes_have_a_limit),
        cmocka_unit_test(filters_that_are_refused),
        cmocka_unit_test(lists_have_limits),
        cmocka_unit_test(framing),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
