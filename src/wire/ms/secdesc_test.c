#include "wire/ms/sddl.h"
#include "wire/ms/secdesc.h"

#include "base/test.h"
#include "base/text.h"

#define MEMORY (1024 * 1024)

static struct sid domain, root;
static const struct sddl_domain both = {&domain, &root};
static const struct sddl_domain none;
static struct arena arena;

static int setup(void **state)
{
    (void)state;
    domain = SID_NT(21, 1, 2, 3);
    root = SID_NT(21, 4, 5, 6);
    arena_init(&arena, 0, MEMORY, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static enum err parse(const char *text, const struct sddl_domain *dom, struct span *out)
{
    struct builder b;

    builder_in(&b, &arena, SD_MAX);
    TRY(sddl_parse(span_str(text), dom, &arena, &b));
    return builder_done(&b, out);
}

static void assert_prints(const char *text, const struct sddl_domain *dom, const char *expected)
{
    struct builder b;
    struct span sd, out;

    assert_ok(parse(text, dom, &sd));
    assert_ok(sd_check(sd));
    builder_in(&b, &arena, MEMORY);
    assert_ok(sddl_print(sd, dom, &b));
    assert_ok(builder_done(&b, &out));
    if (!span_eq(out, span_str(expected)))
        fail_msg("%.*s, expected %s", SPAN_ARG(out), expected);
}

static void texts(void **state)
{
    static const struct {
        const char *text, *printed;
    } rows[] = {
        {"O:DAG:DUD:P(A;;GA;;;SY)", "O:DAG:DUD:P(A;;GA;;;SY)"},
        {"D:(A;;0x1;;;EA)", "D:(A;;CC;;;EA)"},
        {"D:AIARP(A;;17;;;WD)", "D:PARAI(A;;CCRP;;;WD)"},
        {"D:(A;;010;;;WD)", "D:(A;;SW;;;WD)"},
        {"D:(A;;FA;;;WD)", "D:(A;;0x1f01ff;;;WD)"},
        {"S:(ML;;NWNR;;;ME)", "S:(ML;;NWNR;;;ME)"},
        {"D:NO_ACCESS_CONTROL", "D:NO_ACCESS_CONTROL"},
        {"D:", "D:"},
        {"", ""},
        {"S:(AU;SAFA;WP;;;AU)D:(D;OICI;RP;;;AN)", "D:(D;OICI;RP;;;AN)S:(AU;SAFA;WP;;;AU)"},
        {" D: (A;;RP;;;BA) (A;;RP;;;BU) ", "D:(A;;RP;;;BA)(A;;RP;;;BU)"},
        {"O:S-1-5-21-1-2-3-512", "O:DA"},
        {"O:S-1-5-21-4-5-6-512", "O:S-1-5-21-4-5-6-512"},
        {"O:S-1-5-21-4-5-6-519", "O:EA"},
        {"D:(OA;CIIO;CR;68b1d179-0d15-4d4f-ab71-46152e79a7bc;bf967aba-0de6-11d0-a285-00aa003049e2;"
         "PS)",
         "D:(OA;CIIO;CR;68b1d179-0d15-4d4f-ab71-46152e79a7bc;bf967aba-0de6-11d0-a285-00aa003049e2;"
         "PS)"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_prints(rows[i].text, &both, rows[i].printed);
    assert_prints("O:S-1-5-21-1-2-3-512", &none, "O:S-1-5-21-1-2-3-512");
}

static void refused_texts(void **state)
{
    static const struct {
        const char *text;
        enum err expected;
    } rows[] = {
        {"X:BA", ERR_MALFORMED},
        {"O:", ERR_MALFORMED},
        {"O:ZZ", ERR_MALFORMED},
        {"O:BAO:BA", ERR_MALFORMED},
        {"D:D:", ERR_MALFORMED},
        {"D:(A;;RP;;;BA", ERR_MALFORMED},
        {"D:(A;;RP;;BA)", ERR_MALFORMED},
        {"D:(A;;RPX;;;BA)", ERR_MALFORMED},
        {"D:(Q;;RP;;;BA)", ERR_MALFORMED},
        {"D:(AX;;RP;;;BA)", ERR_MALFORMED},
        {"D:(A;QQ;RP;;;BA)", ERR_MALFORMED},
        {"D:(A;;0x100000000;;;BA)", ERR_MALFORMED},
        {"D:(A;;08;;;BA)", ERR_MALFORMED},
        {"D:(A;;RP;bf967aba-0de6-11d0-a285-00aa003049e2;;BA)", ERR_MALFORMED},
        {"D:(OA;;RP;bf967aba;;BA)", ERR_MALFORMED},
        {"D:(A;;RP;;;)", ERR_MALFORMED},
        {"D:(XA;;RP;;;BA;(Member_of {SID(BA)}))", ERR_UNSUPPORTED},
        {"D:(A;;RP;;;BA;(1))", ERR_UNSUPPORTED},
        {"S:(RA;;;;;WD;(\"x\",TI,0,1))", ERR_UNSUPPORTED},
    };
    struct span out = SPAN_LIT("untouched");
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (parse(rows[i].text, &both, &out) != rows[i].expected)
            fail_msg("%s", rows[i].text);
        assert_true(span_eq(out, SPAN_LIT("untouched")));
    }
    assert_err(parse("O:DA", &none, &out), ERR_NOT_FOUND);
    assert_err(parse("D:(A;;RP;;;EA)", &none, &out), ERR_NOT_FOUND);
}

/* Every two-letter name, by hand from [MS-DTYP] 2.5.1.1 and 2.4.2.4. */
static void aliases(void **state)
{
    static const char *const rows[][2] = {
        {"DA", "S-1-5-21-1-2-3-512"},
        {"DG", "S-1-5-21-1-2-3-514"},
        {"DU", "S-1-5-21-1-2-3-513"},
        {"DD", "S-1-5-21-1-2-3-516"},
        {"DC", "S-1-5-21-1-2-3-515"},
        {"LA", "S-1-5-21-1-2-3-500"},
        {"LG", "S-1-5-21-1-2-3-501"},
        {"CA", "S-1-5-21-1-2-3-517"},
        {"RS", "S-1-5-21-1-2-3-553"},
        {"PA", "S-1-5-21-1-2-3-520"},
        {"CN", "S-1-5-21-1-2-3-522"},
        {"AP", "S-1-5-21-1-2-3-525"},
        {"KA", "S-1-5-21-1-2-3-526"},
        {"SA", "S-1-5-21-4-5-6-518"},
        {"EA", "S-1-5-21-4-5-6-519"},
        {"RO", "S-1-5-21-4-5-6-498"},
        {"EK", "S-1-5-21-4-5-6-527"},
        {"BA", "S-1-5-32-544"},
        {"BU", "S-1-5-32-545"},
        {"BG", "S-1-5-32-546"},
        {"PU", "S-1-5-32-547"},
        {"AO", "S-1-5-32-548"},
        {"SO", "S-1-5-32-549"},
        {"PO", "S-1-5-32-550"},
        {"BO", "S-1-5-32-551"},
        {"RE", "S-1-5-32-552"},
        {"RU", "S-1-5-32-554"},
        {"RD", "S-1-5-32-555"},
        {"NO", "S-1-5-32-556"},
        {"MU", "S-1-5-32-558"},
        {"LU", "S-1-5-32-559"},
        {"IS", "S-1-5-32-568"},
        {"CY", "S-1-5-32-569"},
        {"ER", "S-1-5-32-573"},
        {"CD", "S-1-5-32-574"},
        {"RA", "S-1-5-32-575"},
        {"ES", "S-1-5-32-576"},
        {"MS", "S-1-5-32-577"},
        {"HA", "S-1-5-32-578"},
        {"AA", "S-1-5-32-579"},
        {"RM", "S-1-5-32-580"},
        {"WD", "S-1-1-0"},
        {"CO", "S-1-3-0"},
        {"CG", "S-1-3-1"},
        {"OW", "S-1-3-4"},
        {"NU", "S-1-5-2"},
        {"IU", "S-1-5-4"},
        {"SU", "S-1-5-6"},
        {"AN", "S-1-5-7"},
        {"ED", "S-1-5-9"},
        {"PS", "S-1-5-10"},
        {"AU", "S-1-5-11"},
        {"RC", "S-1-5-12"},
        {"SY", "S-1-5-18"},
        {"LS", "S-1-5-19"},
        {"NS", "S-1-5-20"},
        {"WR", "S-1-5-33"},
        {"UD", "S-1-5-84-0-0-0-0-0"},
        {"AC", "S-1-15-2-1"},
        {"LW", "S-1-16-4096"},
        {"ME", "S-1-16-8192"},
        {"MP", "S-1-16-8448"},
        {"HI", "S-1-16-12288"},
        {"SI", "S-1-16-16384"},
        {"AS", "S-1-18-1"},
        {"SS", "S-1-18-2"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct builder b;
        struct span out;
        struct sid named, written;

        assert_ok(sddl_sid_parse(span_str(rows[i][0]), &both, &named));
        assert_ok(sid_from_text(span_str(rows[i][1]), &written));
        assert_true(sid_eq(&named, &written));
        builder_in(&b, &arena, SID_TEXT_SIZE);
        sddl_sid_put(&b, &written, &both);
        assert_ok(builder_done(&b, &out));
        assert_span_equal(out, span_str(rows[i][0]));
    }
}

static void conditions_are_not_printed(void **state)
{
    struct ace ace = {.type = ACE_ALLOWED_CALLBACK, .known = true, .mask = 1, .sid = SID_NT(11)};
    struct acl_build acl = {.count = 1, .aces = &ace};
    struct sd_build build = {.dacl = &acl};
    struct builder b;
    struct span sd, out;
    (void)state;

    builder_in(&b, &arena, SD_MAX);
    sd_put(&b, &build);
    assert_ok(builder_done(&b, &sd));
    builder_in(&b, &arena, MEMORY);
    assert_err(sddl_print(sd, &both, &b), ERR_UNSUPPORTED);
    assert_err(builder_done(&b, &out), ERR_UNSUPPORTED);
}

/* An unknown ACE goes through unchanged. */
static void opaque_ace(void **state)
{
    struct ace ace = {.type = 200, .flags = 2, .extra = SPAN_LIT("12345678")}, back;
    struct acl_build acl = {.count = 1, .aces = &ace};
    struct builder b;
    struct span out;
    struct ace_iter it;
    (void)state;

    builder_in(&b, &arena, SD_MAX);
    acl_put(&b, &acl);
    assert_ok(builder_done(&b, &out));
    ace_iter_init(&it, out);
    assert_true(ace_next(&it, &back));
    assert_false(back.known);
    assert_int_equal(back.type, 200);
    assert_true(span_eq(back.extra, ace.extra));
    assert_false(ace_next(&it, &back));
    assert_ok(ace_iter_err(&it));
}

static void refused_bytes(void **state)
{
    /* Owner S-1-0 at 20, no lists. */
    static const uint8_t good[28] = {1, 0, 0, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                     0, 0, 0, 0,    0,  0, 1, 0, 0, 0, 0, 0, 0, 0};
    static const struct {
        uint8_t at, value;
        enum err expected;
    } rows[] = {
        {0, 2, ERR_UNSUPPORTED},  /* revision */
        {3, 0, ERR_UNSUPPORTED},  /* not self-relative */
        {4, 19, ERR_MALFORMED},   /* owner in the header */
        {4, 21, ERR_MALFORMED},   /* owner past the end */
        {7, 0xFF, ERR_MALFORMED}, /* owner far away */
        {20, 9, ERR_MALFORMED},   /* the SID's revision */
        {21, 1, ERR_MALFORMED},   /* the SID's count */
    };
    uint8_t bytes[28];
    struct sd sd;
    (void)state;

    assert_ok(sd_check(span_of(good, sizeof(good))));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(bytes, good, sizeof(good));
        bytes[rows[i].at] = rows[i].value;
        assert_err(sd_open(span_of(bytes, sizeof(bytes)), &sd), rows[i].expected);
    }
}

static void lists_refused(void **state)
{
    static const struct {
        uint8_t bytes[24];
        enum err expected;
    } rows[] = {
        {{2, 0, 24, 0, 1, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, ERR_OK},
        {{2, 0, 24, 0, 2, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, ERR_MALFORMED},
        {{2, 0, 24, 0, 1, 0, 0, 0, 0, 0, 17, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, ERR_MALFORMED},
        {{2, 0, 24, 0, 1, 0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, ERR_MALFORMED},
        {{2, 0, 24, 0, 1, 0, 0, 0, 0, 0, 15, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, ERR_MALFORMED},
        {{2, 0, 24, 0, 1, 0, 0, 0, 5, 0, 16, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, ERR_MALFORMED},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ace_iter it;
        struct ace ace;

        ace_iter_init(&it, span_of(rows[i].bytes, 24));
        while (ace_next(&it, &ace))
            ;
        assert_err(ace_iter_err(&it), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases),       cmocka_unit_test(texts),
        cmocka_unit_test(refused_texts), cmocka_unit_test(conditions_are_not_printed),
        cmocka_unit_test(opaque_ace),    cmocka_unit_test(refused_bytes),
        cmocka_unit_test(lists_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
