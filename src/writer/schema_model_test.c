/*
 * Definitions drawn at random, good and bad ones, in files and one by one: whatever the writer
 * takes, the table that it made step by step is the one that the next start makes of the objects,
 * and no start ever fails over what is stored.
 */
#include "writer/ldif.h"
#include "writer/schema_fixture_test.h"

#define SCHEMA  "CN=Schema,CN=Configuration," DOMAIN
#define ROUNDS  240
#define BETWEEN 60 /* rounds from start to start */

static uint64_t state = 20261128;
static unsigned drawn; /* names and identifiers */

static unsigned draw(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % below;
}

/* Half of them are extensions, once there are some. */
static const struct schema_attr *some_attr(void)
{
    unsigned all = schema_attr_count(), fresh = all - schema_attr_compiled();
    return schema_attr_at(fresh && draw(2) ? all - 1 - draw(fresh) : draw(all));
}

static const struct schema_class *some_class(void)
{
    unsigned all = schema_class_count(), fresh = all - schema_class_compiled();
    return schema_class_at(fresh && draw(2) ? all - 1 - draw(fresh) : draw(all));
}

static void maybe(struct builder *b, unsigned one_in, const char *name, const char *value)
{
    if (draw(one_in) == 0)
        builder_printf(b, "%s: %s\n", name, value);
}

static const char *number(unsigned below)
{
    return arena_printf(&f.arena, "%u", draw(below));
}

static void an_attribute(struct builder *b)
{
    static const char *const syntaxes[][2] = {
        {"2.5.5.12", "64"}, {"2.5.5.1", "127"}, {"2.5.5.9", "2"},   {"2.5.5.16", "65"},
        {"2.5.5.10", "4"},  {"2.5.5.8", "1"},   {"2.5.5.7", "127"}, {"2.5.5.15", "66"}};
    unsigned n = ++drawn, s = draw(8);
    builder_printf(b,
                   "dn: CN=exAttr%u," SCHEMA "\nobjectClass: attributeSchema\n"
                   "attributeID: 1.3.6.1.4.1.99999.1.%u\nattributeSyntax: %s\noMSyntax: %s\n"
                   "isSingleValued: %s\n",
                   n, n, syntaxes[s][0], syntaxes[s][1], draw(2) ? "TRUE" : "FALSE");
    maybe(b, 3, "searchFlags", number(1030));
    maybe(b, 4, "linkID", draw(2) ? "1.2.840.113556.1.2.50" : some_attr()->name);
    maybe(b, 5, "rangeLower", number(20));
    maybe(b, 5, "rangeUpper", number(20));
    maybe(b, 5, "isMemberOfPartialAttributeSet", "TRUE");
    maybe(b, 20, "lDAPDisplayName", some_attr()->name);
    maybe(b, 20, "systemFlags", number(64));
    builder_printf(b, "\n");
}

static void a_class(struct builder *b)
{
    static const char *const of_attrs[] = {"mustContain", "mayContain", "systemMayContain"};
    static const char *const of_classes[] = {"auxiliaryClass", "possSuperiors",
                                             "systemPossSuperiors"};
    unsigned n = ++drawn;
    builder_printf(b,
                   "dn: CN=exClass%u," SCHEMA "\nobjectClass: classSchema\n"
                   "governsID: 1.3.6.1.4.1.99999.2.%u\nsubClassOf: %s\nobjectClassCategory: %u\n",
                   n, n, draw(3) ? "top" : some_class()->name, draw(5) ? 1 + draw(3) : draw(5));
    for (unsigned i = 0; i < 3; i++) {
        maybe(b, 3, of_attrs[i], some_attr()->name);
        maybe(b, 4, of_classes[i], some_class()->name);
    }
    maybe(b, 8, "rDNAttID", some_attr()->name);
    maybe(b, 8, "defaultSecurityDescriptor", "D:(A;;RPWP;;;AU)");
    builder_printf(b, "\n");
}

static void a_change(struct builder *b)
{
    static const char *const of_attrs[] = {"searchFlags", "rangeUpper", "rangeLower"};
    static const char *const lists[] = {"mayContain", "auxiliaryClass", "possSuperiors"};
    unsigned which = draw(3);
    if (draw(3)) {
        builder_printf(b, "dn: CN=%s," SCHEMA "\nchangetype: modify\nadd: %s\n%s: %s\n\n",
                       some_class()->cn, lists[which], lists[which],
                       which ? some_class()->name : some_attr()->name);
        return;
    }
    builder_printf(b, "dn: CN=%s," SCHEMA "\nchangetype: modify\nreplace: %s\n%s: %u\n\n",
                   some_attr()->cn, of_attrs[which], of_attrs[which], draw(256));
}

static struct span some_records(void)
{
    static void (*const records[])(struct builder *) = {an_attribute, a_class, a_change};
    struct builder b;
    struct span text;
    builder_in(&b, &f.arena, 64 << 10);
    (void)fixture_snap(&f);
    for (unsigned i = 1 + draw(3); i; i--)
        records[draw(3)](&b);
    assert_ok(builder_done(&b, &text));
    return text;
}

static void as_a_file(struct span text, unsigned round)
{
    struct intent in = {.kind = INTENT_SCHEMA,
                        .target = span_str(arena_printf(&f.arena, "e-%u", round)),
                        .ldif = text};
    (void)fixture_do(&f, &in);
    assert_int_not_equal(f.reply.reason, REASON_SERVER_FAILED);
}

/* As over LDAP. No name comes twice in the records that are drawn. */
static void one_by_one(struct span text)
{
    struct ldif_reader reader = {.modifies = true, .rest = text, .line = 1};
    struct ldif_record rec;
    while (ldif_next(&reader, &f.arena, &rec) == ERR_OK) {
        struct intent_mod *mods = arena_array(&f.arena, rec.count, sizeof *mods);
        struct intent in = {.kind = INTENT_ADD, .target = rec.dn, .mods = mods};
        for (unsigned i = 0; i < rec.count; i++)
            mods[i] = (struct intent_mod){MOD_ADD, rec.values[i].name, &rec.values[i].value, 1};
        in.mod_count = rec.count;
        if (rec.modify) {
            in.kind = INTENT_MODIFY;
            in.mod_count = 1;
            bool adds = ascii_eq_fold(rec.values[0].name, SPAN_LIT("add"));
            mods[0] = mods[1];
            mods[0].op = adds ? MOD_ADD : MOD_REPLACE;
        }
        (void)fixture_do(&f, &in);
        assert_int_not_equal(f.reply.reason, REASON_SERVER_FAILED);
    }
}

static void what_is_made_step_by_step(void **state_out)
{
    struct schema_copy was;
    (void)state_out;
    fixture_init(&f);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct span text = some_records();
        if (draw(2))
            as_a_file(text, round);
        else
            one_by_one(text);
        if (round % BETWEEN)
            continue;
        (void)fixture_snap(&f);
        schema_copy(&f.arena, &was);
        fixture_restart(&f);
        (void)fixture_snap(&f);
        schema_same(&was);
        arena_reset(&f.arena);
    }
    assert_true(schema_attr_count() > schema_attr_compiled() + 20);
    assert_true(schema_class_count() > schema_class_compiled() + 5);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_made_step_by_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
