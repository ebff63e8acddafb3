/* The access check and inheritance against Samba's, on random descriptors (access_oracle.py). */
#include "directory/access.h"

#include "base/test.h"
#include "base/text.h"
#include "wire/ms/secdesc.h"

#define CASES     1500
#define LINE_ROOM (64 * 1024)
#define WORDS     8
#define SIDS_MAX  16

static struct arena arena;
static unsigned long seed;
static char line[LINE_ROOM];

static FILE *ask(const char *verb)
{
    const char *given = getenv("ENTENTE_SEED"), *folder = getenv("ENTENTE_SOURCE");
    char command[4096];
    FILE *f;

    seed = given ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
    print_message("ENTENTE_SEED=%lu\n", seed);
    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/access_oracle.py %s %lu %u",
             folder ? folder : ".", verb, seed, CASES);
    f = popen(command, "r");
    assert_non_null(f);
    return f;
}

static bool next_case(FILE *f, struct span word[WORDS])
{
    char *save = NULL, *at;
    unsigned n = 0;

    arena_reset(&arena);
    if (!fgets(line, sizeof(line), f))
        return false;
    for (at = strtok_r(line, " \n", &save); at && n < WORDS; at = strtok_r(NULL, " \n", &save))
        word[n++] = span_str(at);
    return true;
}

static struct span bytes(struct span hex)
{
    struct span out = SPAN_NONE;

    if (!span_eq(hex, SPAN_LIT("-")))
        assert_ok(text_unhex(hex, &arena, &out));
    return out;
}

static const struct guid *guid(struct span hex)
{
    return (const struct guid *)bytes(hex).ptr; /* NULL for "-" */
}

static unsigned sids(struct span list, struct sid out[SIDS_MAX])
{
    unsigned n = 0;

    while (list.len) {
        const uint8_t *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.ptr) : list.len;

        assert_true(n < SIDS_MAX);
        assert_ok(sid_from_bytes(bytes(span_sub(list, 0, len)), &out[n++]));
        list = span_sub(list, len + 1, list.len);
    }
    return n;
}

static void compare_checks(const char *verb)
{
    FILE *f = ask(verb);
    struct span word[WORDS];
    unsigned cases = 0, granted = 0;

    while (next_case(f, word)) {
        struct sid held[SIDS_MAX], self;
        struct dir_token token = {.sids = held, .count = sids(word[6], held)};
        struct access_target target = {guid(word[2]), guid(word[3]), guid(word[4])};
        bool has_self = sid_from_bytes(bytes(word[5]), &self) == ERR_OK;
        uint32_t desired = (uint32_t)strtoul((const char *)word[1].ptr, NULL, 16);
        bool want = word[7].ptr[0] == '1', got;

        got = access_check(bytes(word[0]), &token, desired, &target, has_self ? &self : NULL);
        if (got != want)
            fail_msg("case %u: Samba says %d, we %d\n%.*s desired %x", cases, want, got,
                     SPAN_ARG(word[0]), desired);
        /* with a cache, and once more from the cache's hash of SIDs */
        assert_ok(access_cache_attach(&token, &arena));
        assert_int_equal(
            access_check(bytes(word[0]), &token, desired, &target, has_self ? &self : NULL), got);
        cases++;
        granted += got;
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(cases, CASES);
    assert_in_range(granted, CASES / 20, CASES - CASES / 20);
}

static void plain_checks_agree(void **state)
{
    (void)state;
    compare_checks("plain");
}

static void object_checks_agree(void **state)
{
    (void)state;
    compare_checks("check");
}

static void dump(const char *who, struct span acl)
{
    struct ace_iter it;
    struct ace ace;

    print_error("%s\n", who);
    ace_iter_init(&it, acl);
    while (ace_next(&it, &ace)) {
        char sid[SID_TEXT_SIZE];

        sid_to_text(&ace.sid, sid);
        print_error("  type %u flags %02x mask %x object %d inherited %d %s\n", ace.type, ace.flags,
                    ace.mask, ace.object_type ? ace.object_type->b[0] : -1,
                    ace.inherited_type ? ace.inherited_type->b[0] : -1, sid);
    }
}

static void inheritance_agrees(void **state)
{
    FILE *f = ask("create");
    struct span word[WORDS];
    unsigned cases = 0;

    (void)state;
    while (next_case(f, word)) {
        struct access_create in = {.parent_sd = bytes(word[0]),
                                   .creator_sd = bytes(word[1]),
                                   .object_class = guid(word[2])};
        struct span made, want = bytes(word[5]);
        struct sd ours, theirs;

        assert_ok(sid_from_bytes(bytes(word[3]), &in.owner));
        assert_ok(sid_from_bytes(bytes(word[4]), &in.group));
        assert_ok(access_create_sd(&in, &arena, &made));
        assert_ok(sd_check(made));
        assert_ok(sd_open(made, &ours));
        assert_ok(sd_open(want, &theirs));
        assert_true(sid_eq(&ours.owner, &theirs.owner));
        assert_true(sid_eq(&ours.group, &theirs.group));
        if (!span_eq(ours.dacl, theirs.dacl)) {
            struct sd parent, creator;

            assert_ok(sd_open(in.parent_sd, &parent));
            assert_ok(sd_open(in.creator_sd, &creator));
            dump("parent", parent.dacl);
            dump("creator", creator.dacl);
            dump("Samba", theirs.dacl);
            dump("we", ours.dacl);
            fail_msg("case %u", cases);
        }
        cases++;
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(cases, CASES);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20, 16 << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_checks_agree),
        cmocka_unit_test(object_checks_agree),
        cmocka_unit_test(inheritance_agrees),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
