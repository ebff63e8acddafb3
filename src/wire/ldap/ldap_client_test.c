/* Requests as a client makes them: read back by the server's decoder, and pings of each kind. */
#include "wire/ldap/ldap_client.h"
#include "wire/ldap/ldap_test.h"

static struct ldap_message *round_trip(const struct ldap_message *m)
{
    struct builder b;
    struct ldap_message *out = NULL;
    builder_in(&b, &arena, 1 << 16);
    ldap_put_request(&b, m);
    assert_ok(ldap_decode(built(&b), &arena, &out));
    assert_int_equal(out->id, m->id);
    assert_int_equal(out->op, m->op);
    return out;
}

/* Encoding, decoding and encoding again gives the same bytes, for requests in any client's style.
 */
static void requests_survive(void **state)
{
    (void)state;
    static const char *rows[] = {
        "301a02010160150201030408636e3d61646d696e8006736563726574",
        "300c020102600702010304008900",
        "301602010560110201030400a30a0406475353415049"
        "0400",
        "303902010268340409636e3d612c64633d783027301a040b6f626a656374436c617373310b0403746f70040475"
        "7365"
        "7230090402636e3103040161",
        "304602010366410409636e3d612c64633d78303430120a0100300d04046d61696c31050403614078300b0a0101"
        "3006"
        "0402736e310030110a0102300c0402636e3106040162040163",
        "301f0201046c1a0409636e3d612c64633d780404636e3d620101ff800464633d79",
        "300e0201054a09636e3d622c64633d79",
        "30190201026e140409636e3d612c64633d7830070402636e040161",
        "3033020102772e8017312e332e362e312e342e312e343230332e312e31312e318113301180057569643d788103"
        "6f6c"
        "6482036e6577",
        "30050201034200",
        "3006020101500107",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ldap_message *m, *again;
        struct builder b1, b2;
        assert_ok(ldap_decode(hex(rows[i]), &arena, &m));
        builder_in(&b1, &arena, 1 << 16);
        builder_in(&b2, &arena, 1 << 16);
        ldap_put_request(&b1, m);
        assert_ok(ldap_decode(built(&b1), &arena, &again));
        ldap_put_request(&b2, again);
        assert_span_equal(built(&b1), built(&b2));
    }
}

static void searches(void **state)
{
    (void)state;
    struct span any[] = {SPAN_LIT("b")}, attrs[] = {SPAN_LIT("cn"), SPAN_LIT("sn")};
    struct ldap_filter sub = {.kind = LDAP_FILTER_SUBSTRING,
                              .attr = SPAN_LIT("cn"),
                              .initial = SPAN_LIT("a"),
                              .any = any,
                              .any_count = 1};
    struct ldap_filter ext = {.kind = LDAP_FILTER_EXTENSIBLE,
                              .attr = SPAN_LIT("uac"),
                              .rule = SPAN_LIT("1.2"),
                              .value = SPAN_LIT("2"),
                              .dn_attributes = true,
                              .next = &sub};
    struct ldap_filter and = {.kind = LDAP_FILTER_AND, .child = &ext};
    struct ldap_filter not = {.kind = LDAP_FILTER_NOT, .child = &and};
    struct ldap_message m = {.id = 9,
                             .op = LDAP_SEARCH_REQUEST,
                             .search = {SPAN_LIT("dc=x"), LDAP_SCOPE_ONE, LDAP_DEREF_FINDING, 3, 4,
                                        true, &not, attrs, 2}};
    struct ldap_search *s = &round_trip(&m)->search;
    assert_span(s->base, "dc=x");
    assert_int_equal(s->scope, LDAP_SCOPE_ONE);
    assert_int_equal(s->deref, LDAP_DEREF_FINDING);
    assert_int_equal(s->size_limit, 3);
    assert_int_equal(s->time_limit, 4);
    assert_true(s->types_only);
    assert_span(s->attrs[1], "sn");
    struct ldap_filter *e = s->filter->child->child;
    assert_int_equal(e->kind, LDAP_FILTER_EXTENSIBLE);
    assert_span(e->rule, "1.2");
    assert_true(e->dn_attributes);
    assert_span(e->next->any[0], "b");
    assert_null(e->next->final.ptr);
}

static void what_is_no_request(void **state)
{
    (void)state;
    struct builder b;
    struct ldap_message m = {.id = 1, .op = LDAP_SEARCH_ENTRY};
    builder_in(&b, &arena, 1 << 16);
    ldap_put_request(&b, &m);
    assert_err(b.err, ERR_RANGE);
}

static void pings(void **state)
{
    (void)state;
    struct builder b;
    struct ldap_message *m;
    struct ldap_ping_request out;
    struct ldap_ping p = {
        SPAN_LIT("corp.example.com"), SPAN_LIT("DC1"), SPAN_LIT("DC1$"), true, 0x2000, 0x20000006};
    builder_in(&b, &arena, 1 << 16);
    ldap_put_ping(&b, 77, &p);
    assert_ok(ldap_decode(built(&b), &arena, &m));
    assert_int_equal(m->id, 77);
    assert_int_equal(m->search.scope, LDAP_SCOPE_BASE);
    assert_int_equal(m->search.base.len, 0);
    assert_span(m->search.attrs[0], "NetLogon");
    assert_ok(ldap_ping_from_filter(m->search.filter, &out));
    assert_span(out.dns_domain, "corp.example.com");
    assert_span(out.host, "DC1");
    assert_span(out.user, "DC1$");
    assert_int_equal(out.aac, 0x2000);
    assert_int_equal(out.nt_version, 0x20000006);
    p = (struct ldap_ping){.dns_domain = SPAN_LIT("x"), .nt_version = 6};
    builder_in(&b, &arena, 1 << 16);
    ldap_put_ping(&b, 1, &p);
    assert_hex(built(&b), "308400000057020101"
                          "63840000004e"
                          "0400"
                          "0a0100"
                          "0a0100"
                          "020100"
                          "020100"
                          "010100"
                          "a084000000"
                          "27"
                          "a3840000000e"
                          "0409446e73446f6d61696e"
                          "040178"
                          "a3840000000d"
                          "04054e74566572"
                          "040406000000"
                          "30840000000a"
                          "04084e65744c6f676f6e");
    assert_ok(ldap_decode(built(&b), &arena, &m));
    assert_ok(ldap_ping_from_filter(m->search.filter, &out));
    assert_false(out.has_aac);
}

static struct ldap_filter test_of(const char *attr, struct span value)
{
    return (struct ldap_filter){.kind = LDAP_FILTER_EQUAL, .attr = span_str(attr), .value = value};
}

/* The nested AND of Samba's net and winbind. */
static void nested_pings(void **state)
{
    (void)state;
    struct ldap_filter ver = test_of("ntver", SPAN_LIT("\6\0\0\0")),
                       dom = test_of("DNSDOMAIN", SPAN_LIT("x")),
                       aac = test_of("AAC", SPAN_LIT("\0\0\0\0")),
                       odd = test_of("odd", SPAN_LIT("?")),
                       in = {.kind = LDAP_FILTER_AND, .child = &ver},
                       all = {.kind = LDAP_FILTER_AND, .child = &in};
    struct ldap_ping_request out;
    ver.next = &dom;
    in.next = &aac;
    aac.next = &odd;
    assert_ok(ldap_ping_from_filter(&all, &out));
    assert_int_equal(out.nt_version, 6);
    assert_span(out.dns_domain, "x");
    assert_true(out.has_aac);
    odd = test_of("Host", SPAN_LIT("h"));
    aac = test_of("Host", SPAN_LIT("h"));
    aac.next = &odd;
    assert_err(ldap_ping_from_filter(&all, &out), ERR_MALFORMED);
    aac = test_of("DomainGuid", SPAN_LIT("short"));
    assert_err(ldap_ping_from_filter(&all, &out), ERR_MALFORMED);
    aac = test_of("AAC", SPAN_LIT("\0\0\0\0\0"));
    assert_err(ldap_ping_from_filter(&all, &out), ERR_MALFORMED);
    aac = (struct ldap_filter){.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("objectClass")};
    assert_err(ldap_ping_from_filter(&all, &out), ERR_NOT_FOUND);
    assert_err(ldap_ping_from_filter(&aac, &out), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_survive),   cmocka_unit_test(searches),
        cmocka_unit_test(what_is_no_request), cmocka_unit_test(pings),
        cmocka_unit_test(nested_pings),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
