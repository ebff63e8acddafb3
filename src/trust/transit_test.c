#include "trust/transit.h"

#include "base/text.h"
#include "trust/trust_test.h"

#include <krb5.h>
#include <stdio.h>
#include <unistd.h>

/* In libkrb5, but in none of its headers. */
krb5_error_code krb5_check_transited_list(krb5_context, const krb5_data *, const krb5_data *,
                                          const krb5_data *);

#define CLIENT "ATHENA.MIT.EDU"
#define SERVER "CS.WASHINGTON.EDU"

static struct arena arena;

/* Decoded realms joined by blanks; "error" when refused. */
static struct span decoded(const char *contents, const char *client, const char *server)
{
    struct span *realms, out;
    struct builder b;
    unsigned count;

    arena_reset(&arena);
    enum err e = transit_decode(span_str(contents), span_str(client), span_str(server), &arena,
                                &realms, &count);
    if (e != ERR_OK)
        return span_str(err_name(e));
    builder_in(&b, &arena, 65536);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            builder_u8(&b, ' ');
        builder_span(&b, realms[i]);
    }
    assert_ok(builder_done(&b, &out));
    return out;
}

static const struct {
    const char *contents, *client, *server, *realms;
} rows[] = {
    {"", CLIENT, SERVER, ""},
    /* RFC 4120 3.3.3.2 */
    {"EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.", "X", "Y",
     "EDU MIT.EDU ATHENA.MIT.EDU WASHINGTON.EDU CS.WASHINGTON.EDU"},
    {"EDU,MIT.,WASHINGTON.EDU", CLIENT, SERVER, "EDU MIT.EDU WASHINGTON.EDU"},
    {"/COM/HP,/APOLLO, /COM/DEC", "X", "Y", "/COM/HP /COM/HP/APOLLO /COM/DEC"},
    {",EDU, /COM,", CLIENT, "/COM/HP/APOLLO", "MIT.EDU EDU /COM /COM/HP"},
    /* empty subfields at either end and in the middle, up and down */
    {",EDU", "A.B.C.EDU", "Y", "B.C.EDU C.EDU EDU"},
    {"EDU,", "X", "A.B.C.EDU", "EDU C.EDU B.C.EDU"},
    {"A.B.C.EDU,,EDU", "X", "Y", "A.B.C.EDU B.C.EDU C.EDU EDU"},
    {"EDU,,A.B.C.EDU", "X", "Y", "EDU C.EDU B.C.EDU A.B.C.EDU"},
    {",", "A.B.EDU", "EDU", "B.EDU"},
    {",", "EDU", "EDU", ""},
    {"/COM/A/B/C,, /COM", "X", "Y", "/COM/A/B/C /COM/A/B /COM/A /COM"},
    {" /COM,,/A/B/C", "X", "Y", "/COM /COM/A /COM/A/B /COM/A/B/C"},
    /* quotes */
    {"A\\,B", "X", "Y", "A,B"},
    {"A\\\\B", "X", "Y", "A\\B"},
    {"A\\.", "X", "Y", "A."},
    {"EDU,MIT\\.", "X", "Y", "EDU MIT."},
    {"EDU,\\ MIT", "X", "Y", "EDU  MIT"},
    {"EDU,\\/MIT", "X", "Y", "EDU /MIT"},
    {"EDU, MIT", "X", "Y", "EDU MIT"},
    {"EDU, MIT.", "X", "Y", "EDU MIT."},
    /* refused */
    {"MIT.", "X", "Y", "malformed"},
    {"A\\", "X", "Y", "malformed"},
    {",", CLIENT, SERVER, "malformed"},
    {",COM", CLIENT, SERVER, "malformed"},
    {"COM,", CLIENT, SERVER, "malformed"},
    {"A, ", "X", "Y", "malformed"},
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span got = decoded(rows[i].contents, rows[i].client, rows[i].server);

        if (!span_eq(got, span_str(rows[i].realms)))
            fail_msg("\"%s\": \"%.*s\"", rows[i].contents, SPAN_ARG(got));
    }
}

static void test_bounds(void **state)
{
    (void)state;
    char contents[TRANSIT_CONTENTS_MAX + 2];
    struct span *realms;
    unsigned count;

    memset(contents, 'A', sizeof(contents));
    struct span all = span_of(contents, sizeof(contents)), none = SPAN_LIT("X");
    assert_err(transit_decode(all, none, none, &arena, &realms, &count), ERR_LIMIT);
    all.len = TRANSIT_REALM_MAX + 1;
    assert_err(transit_decode(all, none, none, &arena, &realms, &count), ERR_LIMIT);
    all.len = TRANSIT_REALM_MAX;
    assert_ok(transit_decode(all, none, none, &arena, &realms, &count));
    assert_int_equal(realms[0].len, TRANSIT_REALM_MAX);
    for (size_t i = 1; i < 2 * TRANSIT_REALMS_MAX; i += 2)
        contents[i] = ',';
    all.len = 2 * TRANSIT_REALMS_MAX - 1;
    assert_ok(transit_decode(all, none, none, &arena, &realms, &count));
    assert_int_equal(count, TRANSIT_REALMS_MAX);
    all.len += 2;
    assert_err(transit_decode(all, none, none, &arena, &realms, &count), ERR_LIMIT);
    assert_err(transit_decode(span_of("A\0B", 3), none, none, &arena, &realms, &count),
               ERR_MALFORMED);
    /* Names that grow with each subfield end at the limit, too. */
    memset(contents, 'a', sizeof(contents));
    for (size_t i = 4; i < 400; i += 20)
        contents[i] = ',', contents[i - 1] = '.';
    contents[3] = 'b';
    assert_err(transit_decode(span_of(contents, 400), none, none, &arena, &realms, &count),
               ERR_LIMIT);
}

/* --- libkrb5 reads the same realms
 * ----------------------------------------------------------------- */

/* MIT's check passes when each realm that it reads is among those configured for the pair of ends,
 * so a list that passes whole, and fails without any one of its realms, is the list that MIT reads.
 */
static bool mit_accepts(const char *contents, const char *client, const char *server,
                        const struct span *realms, unsigned count, unsigned without)
{
    char path[] = "/tmp/transit_test.XXXXXX";
    krb5_context ctx;
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");

    fprintf(f, "[libdefaults]\ndefault_realm = LOCAL\n[capaths]\n%s = {\n%s = NOBODY\n", client,
            server);
    for (unsigned i = 0; i < count; i++)
        if (i != without)
            fprintf(f, "%s = %.*s\n", server, SPAN_ARG(realms[i]));
    fprintf(f, "}\n");
    fclose(f);
    setenv("KRB5_CONFIG", path, 1);
    assert_int_equal(krb5_init_context(&ctx), 0);
    krb5_data t = {.data = (char *)contents, .length = (unsigned)strlen(contents)};
    krb5_data c = {.data = (char *)client, .length = (unsigned)strlen(client)};
    krb5_data s = {.data = (char *)server, .length = (unsigned)strlen(server)};
    krb5_error_code code = krb5_check_transited_list(ctx, &t, &c, &s);
    krb5_free_context(ctx);
    unlink(path);
    return code == 0;
}

static void test_as_mit_reads_it(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "EDU,MIT.,WASHINGTON.EDU",
        "EDU,MIT.,ATHENA2.,WASHINGTON.EDU,CS2.",
        "COM",
        "EXAMPLE.COM,SUB.",
        "COM,,A.B.COM",
        "A.B.COM,,COM",
        "COM, ORG",
        "B.COM,A.,Z.,ORG",
        ",EDU,COM",
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct span *realms;
        unsigned count;

        arena_reset(&arena);
        assert_ok(transit_decode(span_str(fields[i]), SPAN_LIT(CLIENT), SPAN_LIT(SERVER), &arena,
                                 &realms, &count));
        if (!mit_accepts(fields[i], CLIENT, SERVER, realms, count, UINT32_MAX))
            fail_msg("\"%s\": MIT reads more than %u realms", fields[i], count);
        for (unsigned k = 0; k < count; k++)
            if (mit_accepts(fields[i], CLIENT, SERVER, realms, count, k))
                fail_msg("\"%s\": MIT does not read %.*s", fields[i], SPAN_ARG(realms[k]));
    }
}

/* --- writing
 * ----------------------------------------------------------------------------------------- */

static struct span add(const char *contents, const char *realm)
{
    struct span out;

    assert_ok(transit_add(span_str(contents), span_str(realm), SPAN_LIT(CLIENT), SPAN_LIT(SERVER),
                          &arena, &out));
    return out;
}

static void test_add(void **state)
{
    (void)state;
    assert_span(add("", "EDU"), "EDU");
    assert_span(add("EDU,MIT.", "WASHINGTON.EDU"), "EDU,MIT.,WASHINGTON.EDU");
    assert_span(add("EDU,MIT.", "MIT.EDU"), "EDU,MIT.");
    assert_span(add("EDU", CLIENT), "EDU");
    assert_span(add("EDU", SERVER), "EDU");
    assert_span(add("EDU", "/COM/HP"), "EDU, /COM/HP");
    assert_span(add("", "A,B\\C"), "A\\,B\\\\C");
    assert_span(add("EDU", "DOT."), "EDU,DOT\\.");
    assert_span(add("EDU", " BLANK"), "EDU,\\ BLANK");
    assert_span(add(",EDU", "COM"), ",EDU,COM");
}

/* Whatever is written is read again, behind what was there. */
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const realms[] = {
        "EDU",  "MIT.EDU", "/COM/HP", "A,B",     "DOT.",
        " B",   "B\\",     "\\",      "/",       ".A",
        "a.b.", "/.",      ",",       "x/y/z z", "\xc3\xa9.EXAMPLE"};
    unsigned n = sizeof(realms) / sizeof(realms[0]);
    struct span contents = SPAN_NONE, *read;
    unsigned count;

    arena_reset(&arena);
    for (unsigned i = 0; i < n; i++) {
        assert_ok(transit_add(contents, span_str(realms[i]), SPAN_LIT("C"), SPAN_LIT("S"), &arena,
                              &contents));
        assert_ok(transit_decode(contents, SPAN_LIT("C"), SPAN_LIT("S"), &arena, &read, &count));
        assert_int_equal(count, i + 1);
        for (unsigned k = 0; k <= i; k++)
            assert_span_equal(read[k], span_str(realms[k]));
    }
}

static void test_add_refuses(void **state)
{
    (void)state;
    struct span out = SPAN_LIT("untouched"), contents = SPAN_NONE;
    char name[8];

    assert_err(transit_add(SPAN_LIT("MIT."), SPAN_LIT("EDU"), SPAN_NONE, SPAN_NONE, &arena, &out),
               ERR_MALFORMED);
    assert_err(transit_add(SPAN_NONE, SPAN_NONE, SPAN_NONE, SPAN_NONE, &arena, &out),
               ERR_MALFORMED);
    assert_err(transit_add(SPAN_NONE, span_of("A\0", 2), SPAN_NONE, SPAN_NONE, &arena, &out),
               ERR_MALFORMED);
    for (int i = 0; i < TRANSIT_REALMS_MAX; i++) {
        snprintf(name, sizeof(name), "R%d", i);
        assert_ok(transit_add(contents, arena_dup_span(&arena, span_str(name)), SPAN_NONE,
                              SPAN_NONE, &arena, &contents));
    }
    assert_err(transit_add(contents, SPAN_LIT("ONEMORE"), SPAN_NONE, SPAN_NONE, &arena, &out),
               ERR_LIMIT);
    assert_span(out, "untouched");
}

/* --- paths
 * ------------------------------------------------------------------------------------------- */

static struct trust kinds[TRUST_KIND__COUNT];

static void make_kinds(void)
{
    static const struct {
        uint32_t type, attributes;
    } how[TRUST_KIND__COUNT] = {
        [TRUST_KIND_WITHIN] = {TRUST_UPLEVEL, TRUST_WITHIN_FOREST},
        [TRUST_KIND_FOREST] = {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE},
        [TRUST_KIND_EXTERNAL] = {TRUST_UPLEVEL, TRUST_QUARANTINED},
        [TRUST_KIND_REALM] = {TRUST_MIT, 0},
        [TRUST_KIND_REALM_NT] = {TRUST_MIT, TRUST_NON_TRANSITIVE},
        [TRUST_KIND_NONE] = {TRUST_DOWNLEVEL, 0},
    };
    for (int k = 0; k < TRUST_KIND__COUNT; k++) {
        kinds[k] = their_trust(how[k].attributes);
        kinds[k].type = how[k].type;
    }
}

/* Rows: over what the client came. Columns: local, within, forest, external, realm, non-transitive
 * realm, none. K may go, n non-transitive, c chain of forests, x no Kerberos. */
static const char *const path_cells[TRUST_KIND__COUNT] = {
    [TRUST_KIND_LOCAL] = "KKKKKKx",  [TRUST_KIND_WITHIN] = "KKKnKnx",
    [TRUST_KIND_FOREST] = "KKcncnx", [TRUST_KIND_EXTERNAL] = "Knnnnnx",
    [TRUST_KIND_REALM] = "KKcncnx",  [TRUST_KIND_REALM_NT] = "Knnnnnx",
    [TRUST_KIND_NONE] = "xxxxxxx",
};

static enum reason reason_of(char cell)
{
    switch (cell) {
    case 'K':
        return REASON_NONE;
    case 'n':
        return REASON_TRANSIT_NON_TRANSITIVE;
    case 'c':
        return REASON_TRANSIT_FOREST_CHAIN;
    default:
        return REASON_TRANSIT_NOT_KERBEROS;
    }
}

static void test_every_path(void **state)
{
    (void)state;
    make_kinds();
    for (int from = 0; from < TRUST_KIND__COUNT; from++)
        for (int to = 0; to < TRUST_KIND__COUNT; to++) {
            enum reason got = trust_path_check(from == TRUST_KIND_LOCAL ? NULL : &kinds[from],
                                               to == TRUST_KIND_LOCAL ? NULL : &kinds[to]);
            if (got != reason_of(path_cells[from][to]))
                fail_msg("from %d to %d: %s", from, to, reason_row(got)->code);
        }
}

static void test_path_directions(void **state)
{
    (void)state;
    struct trust from = their_trust(TRUST_FOREST_TRANSITIVE), to = our_child_trust(0);

    for (uint32_t d = 0; d < 4; d++) {
        from.direction = d;
        assert_int_equal(trust_path_check(&from, NULL),
                         d & TRUST_OUTBOUND ? REASON_NONE : REASON_TRANSIT_NOT_OUTGOING);
        to.direction = d;
        assert_int_equal(trust_path_check(NULL, &to),
                         d & TRUST_INBOUND ? REASON_NONE : REASON_TRANSIT_NOT_INCOMING);
    }
}

static void test_transited(void **state)
{
    (void)state;
    struct trust within = our_child_trust(0), forest = their_trust(TRUST_FOREST_TRANSITIVE),
                 external = their_trust(TRUST_QUARANTINED);
    struct span theirs[] = {SPAN_LIT("CORP.EXAMPLE.NET"), SPAN_LIT("ASIA.CORP.EXAMPLE.NET")};
    struct span strange[] = {SPAN_LIT("CORP.EXAMPLE.NET"), SPAN_LIT("EVIL.EXAMPLE")};

    assert_int_equal(trust_transited_check(&within, strange, 2), REASON_NONE);
    assert_int_equal(trust_transited_check(&forest, theirs, 2), REASON_NONE);
    assert_int_equal(trust_transited_check(&forest, strange, 2), REASON_TRANSIT_NOT_CLAIMED);
    assert_int_equal(trust_transited_check(&external, theirs, 0), REASON_NONE);
    assert_int_equal(trust_transited_check(&external, theirs, 1), REASON_NONE);
    assert_int_equal(trust_transited_check(&external, theirs, 2), REASON_TRANSIT_NOT_CLAIMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),          cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_as_mit_reads_it), cmocka_unit_test(test_add),
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_add_refuses),
        cmocka_unit_test(test_every_path),      cmocka_unit_test(test_path_directions),
        cmocka_unit_test(test_transited),
    };
    arena_init(&arena, 0, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
