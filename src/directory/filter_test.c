/* The text form of filters. */
#include "directory/search.h"

#include "base/test.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16, 16 << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct dir_filter *parsed(const char *text)
{
    struct dir_filter *f = NULL;

    if (dir_filter_parse(span_str(text), &arena, &f) != ERR_OK)
        fail_msg("not parsed: %s", text);
    return f;
}

static void every_item(void **state)
{
    static const struct {
        const char *text;
        enum dir_filter_op op;
        const char *value;
    } table[] = {
        {"(cn=x)", FILTER_EQUAL, "x"},
        {"(CN=x y)", FILTER_EQUAL, "x y"},
        {"(2.5.4.3=x)", FILTER_EQUAL, "x"},
        {"(cn=)", FILTER_EQUAL, ""},
        {"(cn~=x)", FILTER_APPROX, "x"},
        {"(cn>=x)", FILTER_GE, "x"},
        {"(cn<=x)", FILTER_LE, "x"},
        {"(cn=*)", FILTER_PRESENT, ""},
        {"(cn=\\2a)", FILTER_EQUAL, "*"},
        {"(cn=\\28\\5C\\29)", FILTER_EQUAL, "(\\)"},
        {"(cn:1.2.840.113556.1.4.803:=2)", FILTER_BIT_AND, "2"},
        {"(cn:1.2.840.113556.1.4.804:=2)", FILTER_BIT_OR, "2"},
        {"(cn:1.2.840.113556.1.4.1941:=a=b)", FILTER_IN_CHAIN, "a=b"},
        {"(cn:1.2.840.113556.1.4.2253:=a=b)", FILTER_DN_WITH_DATA, "a=b"},
        {"(cn:dn:1.2.840.113556.1.4.803:=2)", FILTER_BIT_AND, "2"},
        {"(cn:2.5.13.5:=x)", FILTER_UNDEFINED, "x"},
        {"(cn:dn:=x)", FILTER_UNDEFINED, "x"},
        {"(:1.2.840.113556.1.4.803:=2)", FILTER_BIT_AND, "2"},
        {"(noSuchAttribute=x)", FILTER_UNDEFINED, "x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct dir_filter *f;
        enum err e = dir_filter_parse(span_str(table[i].text), &arena, &f);

        if (table[i].text[1] == ':') { /* a rule without an attribute is not text that we take */
            assert_err(e, ERR_MALFORMED);
            continue;
        }
        assert_ok(e);
        if (f->op != table[i].op || !span_eq(f->value, span_str(table[i].value)))
            fail_msg("%s: op %d", table[i].text, f->op);
        if (f->op != FILTER_UNDEFINED)
            assert_int_equal(f->attr, ATTR_cn);
    }
}

static void substrings(void **state)
{
    struct dir_filter *f = parsed("(cn=a*b**c*d)");

    (void)state;
    assert_int_equal(f->op, FILTER_SUBSTRING);
    assert_span(f->initial, "a");
    assert_span(f->final, "d");
    assert_int_equal(f->any_count, 2);
    assert_span(f->any[0], "b");
    assert_span(f->any[1], "c");
    f = parsed("(cn=*x*)");
    assert_int_equal(f->initial.len, 0);
    assert_int_equal(f->final.len, 0);
    assert_span(f->any[0], "x");
    f = parsed("(cn=\\2a*)");
    assert_span(f->initial, "*");
}

static void trees(void **state)
{
    struct dir_filter *f = parsed("(&(cn=a)(|(cn=b)(!(cn=c)))(&))");

    (void)state;
    assert_int_equal(f->op, FILTER_AND);
    assert_int_equal(f->child->op, FILTER_EQUAL);
    assert_int_equal(f->child->next->op, FILTER_OR);
    assert_int_equal(f->child->next->child->next->op, FILTER_NOT);
    assert_span(f->child->next->child->next->child->value, "c");
    assert_int_equal(f->child->next->next->op, FILTER_AND);
    assert_null(f->child->next->next->child);
    assert_null(f->child->next->next->next);
}

static void what_is_no_filter(void **state)
{
    static const char *const table[] = {
        "",           "cn=x",     "(cn=x",           "(cn=x))",  "(cn)",
        "()",         "(!)",      "(!(cn=x)(cn=y))", "(=x)",     "(cn=\\2)",
        "(cn=\\xy)",  "(cn=(x)",  "(cn=x)(cn=y)",    "(cn>=a*)", "(cn:1.2=x)",
        "(cn:1.2:x)", "(&(cn=x)", "( cn=x)",         "(cn=x) ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct dir_filter *f;

        if (dir_filter_parse(span_str(table[i]), &arena, &f) != ERR_MALFORMED)
            fail_msg("taken: %s", table[i]);
    }
}

static void limits(void **state)
{
    static char text[64 * 1024];
    struct dir_filter *f;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < DIR_FILTER_DEPTH_MAX - 1; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "(!");
    n += (size_t)snprintf(text + n, sizeof(text) - n, "(cn=x)");
    memset(text + n, ')', DIR_FILTER_DEPTH_MAX - 1);
    assert_ok(dir_filter_parse(span_of(text, n + DIR_FILTER_DEPTH_MAX - 1), &arena, &f));
    memmove(text + 2, text, n);
    memcpy(text, "(!", 2);
    memset(text + n + 2, ')', DIR_FILTER_DEPTH_MAX);
    assert_err(dir_filter_parse(span_of(text, n + 2 + DIR_FILTER_DEPTH_MAX), &arena, &f),
               ERR_LIMIT);
    n = (size_t)snprintf(text, sizeof(text), "(|");
    for (int i = 0; i < DIR_FILTER_NODES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "(cn=x)");
    text[n++] = ')';
    assert_err(dir_filter_parse(span_of(text, n), &arena, &f), ERR_LIMIT);
    n = (size_t)snprintf(text, sizeof(text), "(cn=");
    for (int i = 0; i <= DIR_SUBSTRING_PARTS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "*x");
    n += (size_t)snprintf(text + n, sizeof(text) - n, "*)");
    assert_err(dir_filter_parse(span_of(text, n), &arena, &f), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item),        cmocka_unit_test(substrings), cmocka_unit_test(trees),
        cmocka_unit_test(what_is_no_filter), cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
