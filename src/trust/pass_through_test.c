#include "trust/pass_through.h"

#include "trust/trust_test.h"

#define EXTERNAL TRUST_QUARANTINED

static void test_whom_to_ask(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);

    assert_int_equal(trust_may_pass(&t), REASON_NONE);
    t.direction = TRUST_INBOUND;
    assert_int_equal(trust_may_pass(&t), REASON_TRANSIT_NOT_OUTGOING);
    t.direction = TRUST_DISABLED;
    assert_int_equal(trust_may_pass(&t), REASON_TRANSIT_NOT_OUTGOING);
    t.direction = TRUST_OUTBOUND;
    t.attributes |= TRUST_UPLEVEL_ONLY;
    assert_int_equal(trust_may_pass(&t), REASON_NTLM_DOMAIN_NOT_ASKED);
    t.attributes &= ~(uint32_t)TRUST_UPLEVEL_ONLY;
    t.type = TRUST_MIT;
    assert_int_equal(trust_may_pass(&t), REASON_NTLM_DOMAIN_NOT_ASKED);
    t.type = TRUST_UPLEVEL;
    t.sid.count = 0;
    assert_int_equal(trust_may_pass(&t), REASON_TRUST_SID_UNKNOWN);
}

static enum reason domain_of(uint32_t attributes, const char *flat, const char *dns)
{
    struct trust t = their_trust(attributes);
    return trust_answer_domain(&t, our_side(), span_str(flat), span_str(dns));
}

static void test_domain_of_an_answer(void **state)
{
    static const struct {
        uint32_t attributes;
        const char *flat, *dns;
        bool believed;
    } rows[] = {
        {TRUST_FOREST_TRANSITIVE, "BIGCORP", "corp.example.net", true},
        {TRUST_FOREST_TRANSITIVE, "bigcorp", "", true},
        {TRUST_FOREST_TRANSITIVE, "ASIA", "asia.corp.example.net", true},
        {TRUST_FOREST_TRANSITIVE, "AWS", "corp.example.net", false},
        {TRUST_FOREST_TRANSITIVE, "BIGCORP", "aws.example.com", false},
        {TRUST_FOREST_TRANSITIVE, "BIGCORP", "lab.corp.example.net", false},
        {TRUST_FOREST_TRANSITIVE, "BIGCORP", "stranger.example", false},
        {TRUST_FOREST_TRANSITIVE, "NT AUTHORITY", "", false},
        {TRUST_FOREST_TRANSITIVE, "", "", false},
        {EXTERNAL, "BIGCORP", "corp.example.net", true},
        {EXTERNAL, "ASIA", "", false},
        {EXTERNAL, "BIGCORP", "asia.corp.example.net", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(domain_of(rows[i].attributes, rows[i].flat, rows[i].dns),
                         rows[i].believed ? REASON_NONE : REASON_NETLOGON_ANSWER_DOMAIN);
}

static void test_target(void **state)
{
    static const struct {
        bool forest;
        const char *flat, *dns;
        bool passes;
    } rows[] = {
        {true, "", "", true},
        {true, "BIGCORP", "corp.example.net", true},
        {true, "ASIA", "", true},
        {true, "NEWER", "newer.corp.example.net", true},
        {true, "AWS", "", false},
        {true, "EU", "eu.aws.example.com", false},
        {true, "NEWER", "aws.example.com", false},
        {true, "OTHER", "", false},
        /* claimed by both: the DNS name decides */
        {true, "OFF", "", false},
        {true, "OFF", "off.corp.example.net", true},
        {true, "OFF", "off.other.example", false},
        {false, "", "", true},
        {false, "BIGCORP", "", true},
        {false, "BIGCORP", "corp.example.net", true},
        {false, "BIGCORP", "asia.corp.example.net", false},
        {false, "ASIA", "", false},
        {false, "AWS", "", false},
    };
    struct forest_record others[] = {
        domain_record("other.example", "OTHER", STRANGER, 0),
        domain_record("off.other.example", "OFF", "S-1-5-21-911-912-913", 0)};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust trusts[] = {their_trust(rows[i].forest ? TRUST_FOREST_TRANSITIVE : EXTERNAL),
                                 {.object = 2,
                                  .dns_name = SPAN_LIT("other.example"),
                                  .flat_name = SPAN_LIT("OTHER"),
                                  .sid = sid_of(STRANGER),
                                  .direction = TRUST_BOTH,
                                  .type = TRUST_UPLEVEL,
                                  .attributes = TRUST_FOREST_TRANSITIVE,
                                  .records = others,
                                  .record_count = 2}};
        struct route_facts f = {.local = our_side(), .trusts = trusts, .trust_count = 2};
        trusts[0].object = 1;
        assert_int_equal(
            trust_target_domain(&f, &trusts[0], span_str(rows[i].flat), span_str(rows[i].dns)),
            rows[i].passes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whom_to_ask),
        cmocka_unit_test(test_domain_of_an_answer),
        cmocka_unit_test(test_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
