#include "trust/trust_instructions.h"

#include <string.h>

#include "trust/trust_attributes.h"
#include "trust/trust_test.h"

/* What is told to the other side is seen from there: every word of a direction is the complement of
 * ours. */

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1 << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

enum tool { WIZARD, POWERSHELL, NETDOM, SAMBA, ENTENTE };

static struct trust_instruction told[TRUST_INSTRUCTION_TOOLS];

static void tell(uint32_t direction, bool forest)
{
    static const struct span servers[] = {SPAN_LIT("10.0.0.10"), SPAN_LIT("fd00::11")};
    const struct trust t = {.dns_name = SPAN_LIT("corp.example.net"),
                            .flat_name = SPAN_LIT("CORP"),
                            .direction = direction,
                            .attributes = forest ? TRUST_FOREST_TRANSITIVE : TRUST_QUARANTINED};
    const struct trust_other_side o = {&t, our_side(), servers, 2};
    assert_ok(trust_instructions(&o, &arena, told));
}

static bool says(enum tool tool, const char *text)
{
    for (unsigned i = 0; i < told[tool].count; i++)
        if (strstr(told[tool].lines[i], text))
            return true;
    return false;
}

static void expect(enum tool tool, const char *text)
{
    if (says(tool, text))
        return;
    for (unsigned i = 0; i < told[tool].count; i++)
        print_message("%s\n", told[tool].lines[i]);
    fail_msg("nothing says: %s", text);
}

static void directions_are_the_other_sides(void **state)
{
    (void)state;
    static const struct {
        uint32_t ours;
        const char *wizard, *dotnet, *samba, *entente;
        bool asks_incoming, asks_outgoing;
    } rows[] = {
        {TRUST_OUTBOUND, "One-way: incoming", "'Inbound'", "incoming", "incoming", true, false},
        {TRUST_INBOUND, "One-way: outgoing", "'Outbound'", "outgoing", "outgoing", false, true},
        {TRUST_BOTH, "Two-way", "'Bidirectional'", "both", "two-way", true, true},
    };
    for (unsigned i = 0; i < 6; i++) {
        unsigned k = i / 2;
        bool forest = i % 2;
        char line[256];
        tell(rows[k].ours, forest);
        snprintf(line, sizeof line, "Direction of Trust: %s", rows[k].wizard);
        expect(WIZARD, line);
        assert_int_equal(says(WIZARD, "Outgoing Trust Authentication Level"),
                         rows[k].asks_outgoing);
        assert_int_equal(says(WIZARD, "Confirm Outgoing Trust"), rows[k].asks_outgoing);
        assert_int_equal(says(WIZARD, "Confirm Incoming Trust"), rows[k].asks_incoming);
        snprintf(line, sizeof line,
                 "$here.CreateLocalSideOfTrustRelationship('aws.example.com', %s, $password)",
                 rows[k].dotnet);
        expect(POWERSHELL, line);
        expect(POWERSHELL, forest ? "GetCurrentForest()" : "GetCurrentDomain()");
        snprintf(line, sizeof line,
                 "samba-tool domain trust create aws.example.com --type=%s --direction=%s "
                 "--create-location=local",
                 forest ? "forest" : "external", rows[k].samba);
        expect(SAMBA, line);
        snprintf(line, sizeof line,
                 "entente trust create aws.example.com --short-name AWS --sid " OUR_ROOT
                 " --type %s --direction %s --forwarder 10.0.0.10 --forwarder fd00::11 --directory "
                 "corp.example.net",
                 forest ? "forest" : "external", rows[k].entente);
        expect(ENTENTE, line);
    }
}

/* netdom's first name is the trusting domain, whoever types it. */
static void netdom_names_the_trusting_domain_first(void **state)
{
    (void)state;
    tell(TRUST_OUTBOUND, false); /* we are trusting, they are trusted */
    expect(NETDOM, "netdom trust aws.example.com /domain:corp.example.net /add /oneside:trusted ");
    tell(TRUST_INBOUND, false);
    expect(NETDOM, "netdom trust corp.example.net /domain:aws.example.com /add /oneside:trusting ");
    tell(TRUST_BOTH, false);
    expect(NETDOM, "netdom cannot make a two-way trust");
    tell(TRUST_INBOUND, true);
    expect(NETDOM, "netdom cannot make a forest trust");
}

static void names_and_servers_are_ours(void **state)
{
    (void)state;
    tell(TRUST_OUTBOUND, true);
    expect(WIZARD, "right-click corp.example.net");
    expect(WIZARD, "Trust Name: aws.example.com");
    expect(WIZARD, "Trust Type: Forest trust");
    expect(WIZARD, "Sides of Trust: This domain only");
    expect(WIZARD, "10.0.0.10,fd00::11");
    expect(POWERSHELL, "-Name aws.example.com -MasterServers 10.0.0.10,fd00::11");
    expect(SAMBA, "10.0.0.10,fd00::11");
    tell(TRUST_INBOUND, false);
    expect(WIZARD, "Trust Type: External trust");
    expect(WIZARD, "Authentication Level: Domain-wide authentication");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_are_the_other_sides),
        cmocka_unit_test(netdom_names_the_trusting_domain_first),
        cmocka_unit_test(names_and_servers_are_ours),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
