/* Answers to a DC locator, and DNS records as stored, against Samba on random values; their bounds.
 */
#include "wire/ms/dnsp.h"
#include "wire/ms/netlogon_ping.h"
#include "wire/ms/oracle.h"

#define ROUNDS 60

static void address_field(struct builder *b, const struct netlogon_answer *n)
{
    assert_true(n->has_address);
    builder_printf(b, "address=%u.%u.%u.%u\n", n->address[0], n->address[1], n->address[2],
                   n->address[3]);
}

static void guid_field(struct builder *b, const struct guid *g)
{
    char text[GUID_TEXT_SIZE];

    guid_to_text(g, text);
    builder_printf(b, "guid=%s\n", text);
}

static void dns_fields(struct builder *b, const struct netlogon_answer *n)
{
    field_text(b, "forest", n->forest);
    field_text(b, "dns_domain", n->dns_domain);
    field_text(b, "dns_host", n->dns_host);
}

static void ex_fields(struct builder *b, const struct netlogon_answer *n)
{
    field_number(b, "opcode", n->opcode + 4);
    field_number(b, "flags", n->flags);
    guid_field(b, &n->domain_guid);
    dns_fields(b, n);
    field_text(b, "flat_domain", n->flat_domain);
    field_text(b, "computer", n->computer);
    field_text(b, "user", n->user);
    field_text(b, "dc_site", n->dc_site);
    field_text(b, "client_site", n->client_site);
    address_field(b, n);
    field_text(b, "next_site", n->next_site);
    field_number(b, "nt_version", n->nt_version);
}

static void older_fields(struct builder *b, const struct netlogon_answer *n)
{
    field_number(b, "opcode", n->opcode);
    field_text(b, "computer", n->computer);
    field_text(b, "user", n->user);
    field_text(b, "flat_domain", n->flat_domain);
    if (n->form == NETLOGON_FORM_5) {
        guid_field(b, &n->domain_guid);
        dns_fields(b, n);
        address_field(b, n);
        field_number(b, "flags", n->flags);
    }
    field_number(b, "nt_version", n->nt_version);
}

static void answer_both_ways(const char *kind, enum netlogon_form form)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes, out;
        struct netlogon_answer n;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, kind, round, &fields);
        assert_ok(netlogon_answer_decode(bytes, &a, &n));
        assert_int_equal(n.form, form);
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        if (form == NETLOGON_FORM_EX)
            ex_fields(&b, &n);
        else
            older_fields(&b, &n);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, NETLOGON_ANSWER_MAX);
        netlogon_answer_put(&b, &n);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(oracle_again(&a, kind, out), oracle_again(&a, kind, bytes));
        for (size_t i = 0; i < out.len; i++)
            assert_int_not_equal(netlogon_answer_decode(span_sub(out, 0, i), &a, &n), ERR_OK);
        arena_fini(&a);
    }
}

static void answer_ex(void **state)
{
    (void)state;
    answer_both_ways("netlogon_ex", NETLOGON_FORM_EX);
}

static void answer_5(void **state)
{
    (void)state;
    answer_both_ways("netlogon_5", NETLOGON_FORM_5);
}

static void answer_nt40(void **state)
{
    (void)state;
    answer_both_ways("netlogon_nt40", NETLOGON_FORM_NT40);
}

/* The parts that a version leaves out are out, and what Windows' decompression cannot follow is not
 * written. */
static void parts_by_version(void **state)
{
    static const uint32_t versions[] = {0x5, 0xD, 0x15, 0x1D};
    struct netlogon_answer n = {
        .form = NETLOGON_FORM_EX,
        .opcode = NETLOGON_LOGON_RESPONSE,
        .forest = SPAN_LIT("example.com"),
        .dns_domain = SPAN_LIT("a.example.com"),
        .dns_host = SPAN_LIT("dc1.a.example.com"),
        .flat_domain = SPAN_LIT("A"),
        .computer = SPAN_LIT("DC1"),
        .dc_site = SPAN_LIT("Default-First-Site-Name"),
        .client_site = SPAN_LIT("Default-First-Site-Name"),
        .next_site = SPAN_LIT("Elsewhere"),
        .address = {127, 0, 0, 1},
    };
    size_t size[4];
    (void)state;

    for (unsigned i = 0; i < 4; i++) {
        struct arena a;
        struct builder b;
        struct span out;
        struct netlogon_answer back;

        arena_init(&a, 0, 65536, 0);
        builder_in(&b, &a, NETLOGON_ANSWER_MAX);
        n.nt_version = versions[i] | NETLOGON_PDC;
        netlogon_answer_put(&b, &n);
        assert_ok(builder_done(&b, &out));
        size[i] = out.len;
        assert_ok(netlogon_answer_decode(out, &a, &back));
        assert_int_equal(back.nt_version, versions[i]);
        assert_int_equal(back.has_address, (versions[i] & NETLOGON_V5EX_WITH_IP) != 0);
        assert_true(span_eq(back.client_site, n.client_site));
        assert_true(span_eq(back.next_site, versions[i] & 0x10 ? n.next_site : SPAN_NONE));
        arena_fini(&a);
    }
    assert_int_equal(size[1], size[0] + 17);
    assert_int_equal(size[2], size[0] + 11);
    assert_int_equal(size[3], size[0] + 28);
}

static void bad_names(void **state)
{
    static const uint8_t self[] = {23, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,   0,   0,  0, 0,
                                   0,  0, 0, 0, 0, 0, 0, 0, 0, 0xC0, 24,  0,   0,  0, 0,
                                   0,  0, 0, 0, 0, 5, 0, 0, 0, 255,  255, 255, 255};
    char long_label[65];
    struct netlogon_answer n = {.form = NETLOGON_FORM_EX, .opcode = NETLOGON_LOGON_RESPONSE};
    struct span names[] = {SPAN_LIT("a..b"), SPAN_LIT(".a"), {(uint8_t *)long_label, 64}};
    struct arena a;
    struct builder b;
    (void)state;

    memset(long_label, 'x', sizeof(long_label));
    arena_init(&a, 0, 65536, 0);
    for (unsigned i = 0; i < 3; i++) {
        n.user = names[i];
        builder_in(&b, &a, NETLOGON_ANSWER_MAX);
        netlogon_answer_put(&b, &n);
        assert_err(b.err, ERR_RANGE);
    }
    assert_err(netlogon_answer_decode(span_of(self, sizeof(self)), &a, &n), ERR_MALFORMED);
    arena_fini(&a);
}

static void requests(void **state)
{
    static const uint8_t version[] = {0x16, 0, 0, 0x20};
    static const uint8_t sid[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    struct netlogon_request r = {0};
    uint8_t guid[17] = {1};
    (void)state;

    assert_ok(netlogon_request_add(&r, SPAN_LIT("ntver"), span_of(version, 4)));
    assert_int_equal(r.nt_version, 0x20000016);
    assert_err(netlogon_request_add(&r, SPAN_LIT("NtVer"), span_of(version, 4)), ERR_EXISTS);
    assert_err(netlogon_request_add(&r, SPAN_LIT("AAC"), span_of(guid, 5)), ERR_MALFORMED);
    assert_err(netlogon_request_add(&r, SPAN_LIT("AAC"), SPAN_NONE), ERR_MALFORMED);
    assert_ok(netlogon_request_add(&r, SPAN_LIT("DnsDomain"), SPAN_LIT("a.b")));
    assert_err(netlogon_request_add(&r, SPAN_LIT("DNSDOMAIN"), SPAN_LIT("a.b")), ERR_EXISTS);
    assert_ok(netlogon_request_add(&r, SPAN_LIT("DomainSid"), span_of(sid, 12)));
    assert_err(netlogon_request_add(&r, SPAN_LIT("DomainGuid"), span_of(guid, 17)), ERR_MALFORMED);
    assert_ok(netlogon_request_add(&r, SPAN_LIT("DomainGuid"), span_of(guid, 16)));
    assert_ok(netlogon_request_add(&r, SPAN_LIT("Shoe"), SPAN_LIT("42")));
    assert_ok(netlogon_request_add(&r, SPAN_LIT("User"), SPAN_NONE));
    assert_true(r.user.ptr && r.user.len == 0 && !r.host.ptr);
    assert_err(netlogon_request_add(&r, SPAN_LIT("Host"), SPAN_LIT("\xff")), ERR_MALFORMED);
    assert_int_equal(netlogon_form_for(0x1), NETLOGON_FORM_NT40);
    assert_int_equal(netlogon_form_for(0x3), NETLOGON_FORM_5);
    assert_int_equal(netlogon_form_for(0x20000016), NETLOGON_FORM_EX);
    assert_int_equal(netlogon_form_for(0xB), NETLOGON_FORM_EX);
}

/* --- DNS ------------------------------------------------------------------------------------ */

/* What the record says, as rdata of DNS. */
static void put_rdata(struct builder *b, const struct dnsp_record *r)
{
    if (r->type == DNSP_SOA) {
        builder_span(b, r->name);
        builder_span(b, r->mail);
        builder_be32(b, r->soa_serial);
        builder_be32(b, r->refresh);
        builder_be32(b, r->retry);
        builder_be32(b, r->expire);
        builder_be32(b, r->minimum);
        return;
    }
    if (r->type == DNSP_SRV || r->type == DNSP_MX)
        builder_be16(b, r->priority);
    if (r->type == DNSP_SRV) {
        builder_be16(b, r->weight);
        builder_be16(b, r->port);
    }
    builder_span(b, r->name);
    builder_span(b, r->data);
}

static void dns_record_both_ways(void **state)
{
    (void)state;

    for (unsigned round = 0; round < 2 * ROUNDS; round++) {
        struct arena a;
        struct builder b, rdata;
        struct span fields, bytes, data, out;
        struct dnsp_record rec;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "dns_record", round, &fields);
        assert_ok(dnsp_record_decode(bytes, &rec));
        builder_in(&rdata, &a, DNSP_RECORD_MAX);
        put_rdata(&rdata, &rec);
        assert_ok(builder_done(&rdata, &data));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        field_number(&b, "type", rec.type);
        field_number(&b, "rank", rec.rank);
        field_number(&b, "serial", rec.serial);
        field_number(&b, "ttl", rec.ttl);
        field_number(&b, "stamp", rec.timestamp);
        field_bytes(&b, "rdata", data.ptr, data.len);
        assert_fields_equal(&b, fields);
        builder_in(&b, &a, DNSP_RECORD_MAX);
        dnsp_record_put(&b, &rec);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, bytes);
        arena_fini(&a);
    }
}

static void dns_property_from_samba(void **state)
{
    (void)state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena a;
        struct builder b;
        struct span fields, bytes;
        struct dnsp_property prop;
        uint8_t number[8] = {0};
        struct reader r;

        arena_init(&a, 0, 8 * ORACLE_ANSWER_MAX, 0);
        bytes = oracle_random(&a, "dns_property", round, &fields);
        assert_ok(dnsp_property_decode(bytes, &prop));
        assert_true(prop.data.len <= sizeof(number));
        memcpy(number, prop.data.ptr, prop.data.len);
        r = reader_of(span_of(number, sizeof(number)));
        builder_in(&b, &a, ORACLE_ANSWER_MAX);
        field_number(&b, "id", prop.id);
        field_number(&b, "number", (long long)reader_le64(&r));
        assert_fields_equal(&b, fields);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_ex),
        cmocka_unit_test(answer_5),
        cmocka_unit_test(answer_nt40),
        cmocka_unit_test(parts_by_version),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(requests),
        cmocka_unit_test(dns_record_both_ways),
        cmocka_unit_test(dns_property_from_samba),
    };

    return cmocka_run_group_tests(tests, oracle_start, oracle_stop);
}
