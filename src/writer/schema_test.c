#include "directory/dir_schema.h"
#include "writer/schema_fixture_test.h"

#define SCHEMA "CN=Schema,CN=Configuration"

#define ATTRIBUTE(name, oid, more)                                                                 \
    fixture_add(&f, "CN=" name "," SCHEMA,                                                         \
                "objectClass: attributeSchema\nlDAPDisplayName: " name "\nattributeID: " oid       \
                "\nisSingleValued: TRUE\n" more)
#define TEXT "attributeSyntax: 2.5.5.12\noMSyntax: 64"
#define CLASS(name, oid, more)                                                                     \
    fixture_add(&f, "CN=" name "," SCHEMA,                                                         \
                "objectClass: classSchema\nlDAPDisplayName: " name "\ngovernsID: " oid "\n" more)

static const struct schema_attr *attr(const char *name)
{
    (void)fixture_snap(&f);
    return schema_attr_by_name(span_str(name));
}

static const struct schema_class *class(const char *name)
{
    (void)fixture_snap(&f);
    return schema_class_by_name(span_str(name));
}

static void an_attribute_is_used_at_once(void **state)
{
    const struct schema_attr *a;
    struct dir_obj o;
    (void)state;
    done(ATTRIBUTE("exBadge", "1.3.6.1.4.1.99999.1.1", TEXT "\nsearchFlags: 1\nrangeUpper: 8"));
    a = attr("EXBADGE");
    assert_non_null(a);
    assert_true(a->id >= SCHEMA_MORE_ID);
    assert_ptr_equal(schema_attr(a->id), a);
    assert_ptr_equal(attr("1.3.6.1.4.1.99999.1.1"), a);
    assert_ptr_equal(schema_attr_by_guid(&a->guid), a);
    assert_ptr_equal(schema_attr_at(schema_attr_count() - 1), a);
    assert_int_equal(a->flags, SCHEMA_OF_DIRECTORY | SCHEMA_SINGLE | SCHEMA_INDEXED |
                                   SCHEMA_HAS_UPPER | SCHEMA_ADVANCED_VIEW);
    assert_true(fixture_has(&f, "CN=exBadge," SCHEMA, ATTR_attributeID, "1.3.6.1.4.1.99999.1.1"));
    refused(fixture_add(&f, "CN=Bo,CN=Users", "objectClass: user\nsAMAccountName: bo\nexBadge: 17"),
            DIR_ATTRIBUTE_CLASS);
    done(fixture_modify(&f, "CN=User," SCHEMA, "mayContain: exBadge"));
    done(fixture_add(&f, "CN=Bo,CN=Users", "objectClass: user\nsAMAccountName: bo\nexBadge: 17"));
    done(fixture_add(&f, "CN=M,CN=Computers",
                     "objectClass: computer\nsAMAccountName: M$\nexBadge: 18"));
    assert_true(fixture_has(&f, "CN=Bo,CN=Users", a->id, "17"));
    assert_ok(dir_by_value(fixture_snap(&f), a->id, SPAN_LIT("18"), &o));
    assert_span(o.rdn, "M");
    refused(fixture_modify(&f, "CN=Bo,CN=Users", "=exBadge: 123456789"), DIR_SYNTAX);
    refused(fixture_add(&f, "OU=o", "objectClass: organizationalUnit\nexBadge: 17"),
            DIR_ATTRIBUTE_CLASS);
}

static void a_class_is_used_at_once(void **state)
{
    const struct schema_class *c;
    (void)state;
    done(ATTRIBUTE("exRoom", "1.3.6.1.4.1.99999.1.2", TEXT));
    done(CLASS("exAsset", "1.3.6.1.4.1.99999.2.1",
               "objectClassCategory: 1\nsubClassOf: top\nmustContain: exRoom\nmayContain: "
               "description\npossSuperiors: organizationalUnit\npossSuperiors: container"));
    c = class("exAsset");
    assert_non_null(c);
    assert_ptr_equal(schema_class(c->id), c);
    assert_int_equal(c->rdn_attr, ATTR_cn);
    assert_int_equal(c->default_category, c->id);
    assert_true(schema_list_has(&class("organizationalUnit")->inferiors, c->id));
    assert_ptr_equal(schema_class_by_guid(&c->guid), c);
    refused(fixture_add(&f, "CN=desk,CN=Users", "objectClass: exAsset"), DIR_MISSING);
    done(fixture_add(&f, "CN=desk,CN=Users", "objectClass: exAsset\nexRoom: 12"));
    assert_true(fixture_has(&f, "CN=desk,CN=Users", ATTR_objectClass, "exAsset"));
    assert_true(
        fixture_has(&f, "CN=desk,CN=Users", ATTR_objectCategory, "CN=exAsset," SCHEMA "," DOMAIN));
    done(CLASS("exBadged", "1.3.6.1.4.1.99999.2.2",
               "objectClassCategory: 3\nsubClassOf: top\nmayContain: exRoom"));
    done(fixture_modify(&f, "CN=Group," SCHEMA, "auxiliaryClass: exBadged"));
    done(fixture_add(&f, "CN=g,CN=Users", "objectClass: group\nsAMAccountName: g\nexRoom: 3"));
    refused(fixture_modify(&f, "CN=exAsset," SCHEMA, "mustContain: description"), DIR_SCHEMA_FIXED);
}

static void classes_below_each_other(void **state)
{
    (void)state;
    done(CLASS("exRack", "1.3.6.1.4.1.99999.2.3",
               "objectClassCategory: 1\nsubClassOf: container\npossSuperiors: domainDNS"));
    done(CLASS("exSlot", "1.3.6.1.4.1.99999.2.4",
               "objectClassCategory: 1\nsubClassOf: exAsset\npossSuperiors: exRack"));
    assert_true(schema_list_has(&class("exAsset")->all_superiors, class("exRack")->id));
    assert_true(schema_list_has(&class("exRack")->inferiors, class("exSlot")->id));
    done(fixture_add(&f, "CN=rack", "objectClass: exRack"));
    done(fixture_add(&f, "CN=slot,CN=rack", "objectClass: exSlot\nexRoom: 1"));
    done(fixture_add(&f, "CN=desk,CN=rack", "objectClass: exAsset\nexRoom: 1"));
    refused(fixture_add(&f, "CN=desk,CN=slot,CN=rack", "objectClass: exAsset\nexRoom: 1"),
            DIR_PARENT_CLASS);
    done(fixture_modify(&f, "CN=exAsset," SCHEMA, "possSuperiors: exAsset"));
    done(fixture_add(&f, "CN=desk,CN=slot,CN=rack", "objectClass: exAsset\nexRoom: 1"));
}

static void links_come_in_pairs(void **state)
{
    const struct schema_attr *forward, *back;
    (void)state;
    done(fixture_add(&f, "CN=exOwner," SCHEMA,
                     "objectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.1.3\n"
                     "isSingleValued: FALSE\nattributeSyntax: 2.5.5.1\noMSyntax: 127\n"
                     "linkID: 1.2.840.113556.1.2.50"));
    done(fixture_add(&f, "CN=exOwns," SCHEMA,
                     "objectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.1.4\n"
                     "isSingleValued: FALSE\nattributeSyntax: 2.5.5.1\noMSyntax: 127\n"
                     "linkID: exOwner"));
    forward = attr("exOwner"), back = attr("exOwns");
    assert_int_equal(forward->partner, back->id);
    assert_int_equal(back->partner, forward->id);
    assert_true(forward->flags & SCHEMA_LINK);
    assert_true(back->flags & SCHEMA_BACKLINK);
    done(fixture_modify(&f, "CN=User," SCHEMA, "mayContain: exOwner"));
    done(fixture_modify(&f, "CN=Bo,CN=Users", "exOwner: CN=Administrator,CN=Users," DOMAIN));
    refused(ATTRIBUTE("exThird", "1.3.6.1.4.1.99999.1.5",
                      "attributeSyntax: 2.5.5.1\noMSyntax: 127\nlinkID: 2"),
            DIR_SCHEMA_TAKEN);
}

/* As Exchange's authOrig. */
static void names_of_recipients_are_links(void **state)
{
    struct dir_obj bo;
    (void)state;
    done(fixture_add(&f, "CN=exFrom," SCHEMA,
                     "objectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.1.12\n"
                     "isSingleValued: FALSE\nattributeSyntax: 2.5.5.7\noMSyntax: 127\n"
                     "oMObjectClass: \x56\x06\x01\x02\x05\x0b\x1d\nlinkID: 100110"));
    done(fixture_add(&f, "CN=exFromBL," SCHEMA,
                     "objectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.1.13\n"
                     "isSingleValued: FALSE\nattributeSyntax: 2.5.5.1\noMSyntax: 127\n"
                     "linkID: 100111"));
    done(fixture_modify(&f, "CN=User," SCHEMA, "mayContain: exFrom"));
    done(fixture_modify(&f, "CN=Bo,CN=Users", "exFrom: CN=Administrator,CN=Users," DOMAIN));
    assert_true(fixture_find(&f, "CN=Bo,CN=Users", &bo));
    assert_int_equal(dir_link_count(fixture_snap(&f), attr("exFrom")->id, bo.id), 1);
}

/* Every rule once: what comes in, and the reason. */
static void bad_definitions_are_refused(void **state)
{
    unsigned before;
    (void)state;
    (void)fixture_snap(&f);
    before = schema_attr_count() + schema_class_count();
    refused(fixture_add(&f, "CN=exDescription," SCHEMA,
                        "objectClass: attributeSchema\nlDAPDisplayName: DESCRIPTION\n"
                        "attributeID: 1.3.6.1.4.1.99999.9.1\nisSingleValued: TRUE\n" TEXT),
            DIR_SCHEMA_TAKEN);
    refused(ATTRIBUTE("EXBADGE", "1.3.6.1.4.1.99999.9.1", TEXT), DIR_EXISTS);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.1.1", TEXT), DIR_SCHEMA_TAKEN);
    refused(ATTRIBUTE("exNew", "2.5.4.13", TEXT), DIR_SCHEMA_TAKEN);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.09.1", TEXT), DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("exNew", "1.40.1", TEXT), DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("ex_New", "1.3.6.1.4.1.99999.9.1", TEXT), DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("9exNew", "1.3.6.1.4.1.99999.9.1", TEXT), DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.9.1", "attributeSyntax: 2.5.5.12\noMSyntax: 2"),
            DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.9.1", TEXT "\nlinkID: 100200"),
            DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.9.1", TEXT "\nrangeLower: 3\nrangeUpper: 2"),
            DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.9.1", TEXT "\nsystemOnly: TRUE"),
            DIR_SCHEMA_INVALID);
    refused(ATTRIBUTE("exNew", "1.3.6.1.4.1.99999.9.1", TEXT "\nsearchFlags: 4096"),
            DIR_SCHEMA_INVALID);
    refused(CLASS("exNew", "1.3.6.1.4.1.99999.9.2", "objectClassCategory: 1\nsubClassOf: nTDSDSA"),
            DIR_SCHEMA_INVALID);
    refused(CLASS("exNew", "1.3.6.1.4.1.99999.9.2", "objectClassCategory: 3\nsubClassOf: user"),
            DIR_SCHEMA_INVALID);
    refused(CLASS("exNew", "1.3.6.1.4.1.99999.9.2",
                  "objectClassCategory: 1\nsubClassOf: top\nauxiliaryClass: user"),
            DIR_SCHEMA_INVALID);
    refused(CLASS("exNew", "1.3.6.1.4.1.99999.9.2",
                  "objectClassCategory: 1\nsubClassOf: top\ndefaultSecurityDescriptor: D:nonsense"),
            DIR_SCHEMA_INVALID);
    refused(fixture_modify(&f, "CN=User," SCHEMA, "-mayContain: exBadge"), DIR_SCHEMA_FIXED);
    refused(fixture_modify(&f, "CN=User," SCHEMA, "=mayContain: exBadge"), DIR_SCHEMA_FIXED);
    refused(fixture_modify(&f, "CN=exBadge," SCHEMA, "=isSingleValued: FALSE"), DIR_SCHEMA_FIXED);
    refused(fixture_modify(&f, "CN=Group," SCHEMA, "auxiliaryClass: domain"), DIR_SCHEMA_INVALID);
    refused(fixture_delete(&f, "CN=exBadge," SCHEMA, 0), DIR_PROTECTED);
    (void)fixture_snap(&f);
    assert_int_equal(schema_attr_count() + schema_class_count(), before);
}

/* What no stored value rests on may change, of attributes that were added. */
static void flags_and_ranges_change(void **state)
{
    (void)state;
    const struct schema_attr *a = attr("exBadge");
    uint32_t partner = attr("exOwner")->partner;
    done(fixture_modify(&f, "CN=exBadge," SCHEMA,
                        "=searchFlags: 129\n=rangeUpper: 9\n"
                        "isMemberOfPartialAttributeSet: TRUE"));
    assert_ptr_not_equal(attr("exBadge"), a);
    assert_int_equal(attr("exBadge")->flags, (a->flags | SCHEMA_CONFIDENTIAL | SCHEMA_GC));
    assert_int_equal(attr("exBadge")->range_upper, 9);
    assert_int_equal(attr("exBadge")->index, a->index);
    assert_int_equal(a->range_upper, 8); /* who still has the old row reads what it was */
    done(fixture_modify(&f, "CN=Bo,CN=Users", "=exBadge: 123456789"));
    refused(fixture_modify(&f, "CN=exBadge," SCHEMA, "=searchFlags: 128"), DIR_SCHEMA_FIXED);
    refused(fixture_modify(&f, "CN=exBadge," SCHEMA, "=searchFlags: 4097"), DIR_SCHEMA_INVALID);
    refused(fixture_modify(&f, "CN=exBadge," SCHEMA, "rangeLower: 10"), DIR_SCHEMA_INVALID);
    refused(fixture_modify(&f, "CN=exBadge," SCHEMA, "linkID: 100300"), DIR_SCHEMA_FIXED);
    done(fixture_modify(&f, "CN=exOwner," SCHEMA, "=searchFlags: 16"));
    assert_int_equal(attr("exOwner")->partner, partner);
    assert_int_equal(attr("exOwner")->search_flags, SEARCH_COPY);
    assert_int_equal(attr("exOwns")->partner, attr("exOwner")->id);
}

/* What products ask for of the base schema, Exchange among them. */
static void base_attributes_are_found_otherwise(void **state)
{
    const struct schema_attr *plain = attr("info"), *now;
    (void)state;
    refused(fixture_modify(&f, "CN=Comment," SCHEMA, "=searchFlags: 128"), DIR_SCHEMA_FIXED);
    refused(fixture_modify(&f, "CN=Comment," SCHEMA, "=rangeUpper: 5"), DIR_SCHEMA_FIXED);
    assert_false(plain->flags & SCHEMA_GC);
    done(fixture_modify(&f, "CN=Comment," SCHEMA,
                        "=searchFlags: 5\n=isMemberOfPartialAttributeSet: TRUE"));
    now = attr("info");
    assert_ptr_not_equal(now, plain);
    assert_int_equal(now->flags, plain->flags | SCHEMA_GC | SCHEMA_OF_DIRECTORY); /* and no index */
    assert_int_equal(now->search_flags, 5);
    assert_ptr_equal(schema_attr(ATTR_info), now);
    assert_ptr_equal(schema_attr_by_guid(&plain->guid), now);
    assert_ptr_equal(schema_attr_at(plain->index), now);
    assert_ptr_equal(attr("1.2.840.113556.1.2.81"), now);
    assert_true(schema_class_allows(class("user"), now));
    done(ATTRIBUTE("exLater", "1.3.6.1.4.1.99999.1.11", TEXT));
    assert_ptr_equal(attr("info"), now);
    done(fixture_modify(&f, "CN=Comment," SCHEMA,
                        "=searchFlags: 0\n-isMemberOfPartialAttributeSet"));
    assert_ptr_equal(attr("info"), plain);
    done(fixture_modify(&f, "CN=Title," SCHEMA, "=isMemberOfPartialAttributeSet: TRUE"));
    assert_true(attr("title")->flags & SCHEMA_GC);
}

static void secrets_of_the_base_schema_stay(void **state)
{
    const uint32_t secret = SEARCH_CONFIDENTIAL | SEARCH_PARTITION_SECRET;
    unsigned seen = 0;
    (void)state;
    (void)fixture_snap(&f);
    for (unsigned i = 0; i < schema_attr_compiled(); i++) {
        const struct schema_attr *a = schema_attr_at(i);
        if (!(a->search_flags & secret) || !(a->system_flags & 0x10))
            continue;
        const char *dn = arena_printf(&f.arena, "CN=%s," SCHEMA, a->cn);
        const char *less =
            arena_printf(&f.arena, "=searchFlags: %u", a->search_flags & ~secret & 0x3ff);
        refused(fixture_modify(&f, dn, less), DIR_SCHEMA_FIXED);
        seen++;
        (void)fixture_snap(&f);
    }
    assert_true(seen > 5);
}

/* Who keeps a unit does not make definitions in it, whatever may be below units; and a definition
 * is of no class that does not mean one to the service. */
static void definitions_stand_in_the_schema(void **state)
{
    (void)state;
    done(fixture_modify(&f, "CN=Attribute-Schema," SCHEMA, "possSuperiors: organizationalUnit"));
    done(fixture_modify(&f, "CN=Class-Schema," SCHEMA, "possSuperiors: organizationalUnit"));
    done(fixture_add(&f, "OU=defs", "objectClass: organizationalUnit"));
    refused(fixture_add(&f, "CN=exOut,OU=defs",
                        "objectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.9.3\n"
                        "isSingleValued: TRUE\n" TEXT),
            DIR_SCHEMA_INVALID);
    refused(fixture_add(&f, "CN=exOut,OU=defs",
                        "objectClass: classSchema\ngovernsID: 1.3.6.1.4.1.99999.9.3\n"
                        "objectClassCategory: 1\nsubClassOf: top"),
            DIR_SCHEMA_INVALID);
    assert_null(attr("exOut"));
    assert_null(class("exOut"));
    refused(
        CLASS("exKind", "1.3.6.1.4.1.99999.9.4", "objectClassCategory: 1\nsubClassOf: classSchema"),
        DIR_SCHEMA_INVALID);
    refused(CLASS("exKind", "1.3.6.1.4.1.99999.9.4",
                  "objectClassCategory: 1\nsubClassOf: attributeSchema"),
            DIR_SCHEMA_INVALID);
}

static void links_are_numbered_within_bounds(void **state)
{
    static const char *const links[] = {"linkID: 1", "linkID: -2", "linkID: 2147483646"};
    (void)state;
    for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
        const char *text = arena_printf(&f.arena,
                                        "objectClass: attributeSchema\n"
                                        "attributeID: 1.3.6.1.4.1.99999.9.5\n"
                                        "isSingleValued: FALSE\nattributeSyntax: 2.5.5.1\n"
                                        "oMSyntax: 127\n%s",
                                        links[i]);
        refused(fixture_add(&f, "CN=exLink," SCHEMA, text), DIR_SCHEMA_INVALID);
    }
}

/* More would be refused by every reader of the schema, so the writer does it. */
static void classes_are_not_too_deep(void **state)
{
    char above[16] = "top";
    (void)state;
    for (unsigned i = 1; i <= SCHEMA_CHAIN_MAX; i++) {
        const char *name = arena_printf(&f.arena, "exDeep%u", i);
        const char *text = arena_printf(&f.arena,
                                        "objectClass: classSchema\nsubClassOf: %s\n"
                                        "governsID: 1.3.6.1.4.1.99999.6.%u\n"
                                        "objectClassCategory: 1",
                                        above, i);
        enum err e = fixture_add(&f, arena_printf(&f.arena, "CN=%s," SCHEMA, name), text);
        if (i < SCHEMA_CHAIN_MAX)
            done(e);
        else
            refused(e, DIR_SCHEMA_INVALID);
        snprintf(above, sizeof above, "%s", name);
    }
}

static void administrators_of_the_schema_alone(void **state)
{
    (void)state;
    done(fixture_add(&f, "CN=Carol,CN=Users",
                     "objectClass: user\nsAMAccountName: carol\nunicodePwd: " PASSWORD
                     "\nuserAccountControl: 512"));
    fixture_as(&f, "carol");
    refused(ATTRIBUTE("exCarol", "1.3.6.1.4.1.99999.1.7", TEXT), DIR_ACCESS);
    refused(fixture_modify(&f, "CN=User," SCHEMA, "mayContain: exRoom"), DIR_ACCESS);
    fixture_as(&f, "Administrator");
    done(ATTRIBUTE("exAdmin", "1.3.6.1.4.1.99999.1.7", TEXT));
    fixture_as_system(&f);
}

/* Each of two directories has its own schema, and a snapshot can be gone back to. */
static void two_directories_in_one_thread(void **state)
{
    static struct fixture other;
    (void)state;
    fixture_init(&other);
    fixture_close(&f);
    assert_non_null(attr("exBadge"));
    (void)fixture_snap(&other);
    assert_null(schema_attr_by_name(SPAN_LIT("exBadge")));
    dir_schema_use(&f.snap);
    assert_non_null(schema_attr_by_name(SPAN_LIT("exBadge")));
    dir_schema_use(&other.snap);
    assert_null(schema_attr_by_name(SPAN_LIT("exBadge")));
    fixture_fini(&other);
    fixture_close(&f);
}

static unsigned tables(void)
{
    unsigned n = 0;
    (void)fixture_snap(&f);
    for (const struct schema_more *m = schema_used(); m; m = m->older)
        n++;
    return n;
}

/* The writer opens its file again after each bulk of changes, for years. */
static void a_table_stays_when_the_file_is_opened_again(void **state)
{
    unsigned before = tables();
    const struct schema_attr *a = attr("exBadge");
    (void)state;
    fixture_close(&f);
    assert_ok(dir_reopen(f.dir));
    assert_int_equal(tables(), before);
    assert_ptr_equal(attr("exBadge"), a);
}

/* Comes at once to what was made step by step. */
static void it_is_there_after_a_restart(void **state)
{
    struct schema_copy was;
    uint32_t id = attr("exBadge")->id, of = class("exAsset")->id;
    (void)state;
    schema_copy(&f.arena, &was);
    fixture_restart(&f);
    assert_null(schema_attr_by_name(SPAN_LIT("exBadge")));
    assert_int_equal(attr("exBadge")->id, id);
    assert_int_equal(class("exAsset")->id, of);
    assert_true(schema_class_allows(schema_class(CLASS_computer), schema_attr(id)));
    schema_same(&was);
}

/* What a refused intent of a batch saw is seen by nobody, what an accepted one added by the next.
 */
static void a_batch_sees_what_came_before(void **state)
{
    struct intent in[2] = {{.kind = INTENT_ADD}, {.kind = INTENT_ADD}};
    struct writer_item items[2] = {{.intent = &in[0]}, {.intent = &in[1]}};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        in[i].token = f.token;
        in[i].flags = f.flags;
    }
    in[0].target = SPAN_LIT("CN=exBatch," SCHEMA "," DOMAIN);
    in[1].target = SPAN_LIT("CN=exBatched," SCHEMA "," DOMAIN);
    fixture_mods(&f,
                 "objectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.1.8\n"
                 "isSingleValued: TRUE\n" TEXT,
                 &in[0]);
    fixture_mods(&f,
                 "objectClass: classSchema\ngovernsID: 1.3.6.1.4.1.99999.2.8\n"
                 "objectClassCategory: 1\nsubClassOf: top\nmayContain: exBatch",
                 &in[1]);
    fixture_close(&f);
    assert_ok(writer_handle_batch(f.w, items, 2, &f.arena));
    assert_ok(items[0].reply.err);
    assert_ok(items[1].reply.err);
    assert_true(schema_class_allows(class("exBatched"), attr("exBatch")));
}

static enum err extend(const char *name, const char *ldif)
{
    struct intent in = {.kind = INTENT_SCHEMA, .target = span_str(name), .ldif = span_str(ldif)};
    return fixture_do(&f, &in);
}

#define LDIF_ATTRIBUTE(name, oid)                                                                  \
    "dn: CN=" name "," SCHEMA "," DOMAIN "\n"                                                      \
    "changetype: add\nobjectClass: top\nobjectClass: attributeSchema\nattributeID: " oid           \
    "\nlDAPDisplayName: " name                                                                     \
    "\nisSingleValued: FALSE\nattributeSyntax: 2.5.5.12\noMSyntax: 64\n\n"
#define LDIF_NOW "dn:\nchangetype: modify\nadd: schemaUpdateNow\nschemaUpdateNow: 1\n-\n\n"
#define LDIF_WITH(line)                                                                            \
    "dn: CN=exWith," SCHEMA "," DOMAIN                                                             \
    "\nobjectClass: attributeSchema\nattributeID: 1.3.6.1.4.1.99999.5.7\n" line                    \
    "\nisSingleValued: FALSE\nattributeSyntax: 2.5.5.12\noMSyntax: 64\n\n"
#define LDIF_CLASS(class, name)                                                                    \
    "dn: CN=" class "," SCHEMA "," DOMAIN                                                          \
                    "\nchangetype: modify\nadd: mayContain\nmayContain: " name "\n-\n\n"
#define LDIF_USER(name)                                                                            \
    "dn: CN=User," SCHEMA "," DOMAIN "\nchangetype: modify\nadd: mayContain\nmayContain: " name    \
    "\n-\n\n"

static void a_file_is_taken_whole(void **state)
{
    struct span name;
    unsigned before = tables();
    (void)state;
    done(extend("e-0000000001", LDIF_ATTRIBUTE("exFileOne", "1.3.6.1.4.1.99999.5.1")
                                    LDIF_NOW LDIF_USER("exFileOne")));
    assert_int_equal(f.reply.data.ptr[0], 2);
    assert_int_equal(tables(), before + 1); /* those of its records are gone */
    assert_true(schema_class_allows(class("computer"), attr("exFileOne")));
    assert_ok(dir_meta(fixture_snap(&f), DIR_META_SCHEMA, &name));
    assert_span(name, "e-0000000001");
    done(extend("e-0000000001", LDIF_ATTRIBUTE("exFileOne", "1.3.6.1.4.1.99999.5.1")));
    assert_int_equal(f.reply.data.ptr[0], 0); /* who did not hear the answer asks again */
}

static void of_a_bad_file_nothing_stays(void **state)
{
    struct span name;
    struct dir_obj o;
    unsigned before = tables();
    (void)state;
    refused(extend("e-0000000002", LDIF_ATTRIBUTE("exFileTwo", "1.3.6.1.4.1.99999.5.2") LDIF_USER(
                                       "exFileTwo") LDIF_ATTRIBUTE("exFileThree", "2.5.4.13")),
            DIR_SCHEMA_TAKEN);
    assert_true(memcmp(f.reply.text.ptr, "line 17: ", 9) == 0);
    assert_null(attr("exFileTwo"));
    assert_int_equal(tables(), before);
    assert_false(fixture_find(&f, "CN=exFileTwo," SCHEMA, &o));
    assert_ok(dir_meta(fixture_snap(&f), DIR_META_SCHEMA, &name));
    assert_span(name, "e-0000000001");
    refused(extend("e-0000000002", "dn: CN=x,CN=Users," DOMAIN "\nobjectClass: user\n"),
            DIR_SCHEMA_RECORD);
    refused(extend("e-0000000002", ""), DIR_SCHEMA_RECORD);
    refused(extend("e-0000000002", "dn: CN=User," SCHEMA "," DOMAIN "\nchangetype: delete\n"),
            DIR_SCHEMA_RECORD);
    /* What is done with the service's rights is definitions alone. */
    refused(extend("e-0000000002",
                   "dn: CN=exMule," SCHEMA "," DOMAIN
                   "\nchangetype: add\nobjectClass: classSchema\n"
                   "governsID: 1.3.6.1.4.1.99999.5.9\nsubClassOf: user\nobjectClassCategory: 1\n"
                   "possSuperiors: dMD\n\ndn: CN=mule," SCHEMA "," DOMAIN
                   "\nobjectClass: exMule\nsAMAccountName: mule\n"),
            DIR_SCHEMA_RECORD);
    refused(extend("e-0000000002", "dn: CN=User," SCHEMA "," DOMAIN
                                   "\nchangetype: modify\nreplace: nTSecurityDescriptor\n"
                                   "nTSecurityDescriptor: x\n-\n"),
            DIR_SCHEMA_RECORD);
    refused(extend("e-0000000002", "dn: CN=Aggregate," SCHEMA "," DOMAIN
                                   "\nchangetype: modify\nreplace: description\ndescription: x\n"),
            DIR_SCHEMA_RECORD);
    /* Not with the service's rights, which would give a definition somebody's identity. */
    done(extend("e-000000000a", LDIF_CLASS("Attribute-Schema", "objectSid")
                                    LDIF_CLASS("Attribute-Schema", "sAMAccountName")));
    refused(extend("e-0000000002", LDIF_WITH("objectSid: S-1-5-21-1-2-3-500")), DIR_SAM_OWNED);
    refused(extend("e-0000000002", LDIF_WITH("sAMAccountName: Administrator")), DIR_SAM_OWNED);
    refused(extend("e-0000000002", LDIF_WITH("objectGUID:: AAAAAAAAAAAAAAAAAAAAAA==")),
            DIR_NOT_WRITABLE);
    /* And what comes next sees the schema as it is. */
    done(extend("e-0000000003", LDIF_ATTRIBUTE("exFileTwo", "1.3.6.1.4.1.99999.5.2")));
    assert_non_null(attr("exFileTwo"));
    assert_non_null(attr("exFileOne"));
}

static void repeat(struct builder *b, unsigned count, const char *fmt)
{
    for (unsigned i = 0; i < count; i++) {
        builder_printf(b, "%s%u", fmt, i);
        builder_printf(b, "\n");
    }
}

/* While the writer takes a file nobody else is served: what grows faster than the file is bounded,
 * and what does not is quick. */
static void files_cost_within_bounds(void **state)
{
    struct builder b;
    struct span text;
    unsigned before;
    (void)state;
    builder_in(&b, &f.arena, 1u << 20);
    builder_printf(&b, "dn: CN=exMany," SCHEMA "," DOMAIN "\nobjectClass: attributeSchema\n");
    repeat(&b, 300, "exNo: \nex");
    assert_ok(builder_done(&b, &text));
    refused(extend("e-0000000004", arena_dup_str(&f.arena, text)), DIR_SCHEMA_RECORD);
    builder_in(&b, &f.arena, 1u << 20);
    builder_printf(&b, "dn: CN=exMany," SCHEMA "," DOMAIN "\nobjectClass: classSchema\n");
    repeat(&b, 8200, "mayContain: 1.3.6.1.4.1.99999.7.");
    assert_ok(builder_done(&b, &text));
    refused(extend("e-0000000004", arena_dup_str(&f.arena, text)), DIR_SCHEMA_RECORD);
    builder_in(&b, &f.arena, 1u << 20);
    for (unsigned i = 0; i < 150; i++) /* each makes every class anew */
        builder_printf(&b,
                       "dn: CN=exTop%u," SCHEMA "," DOMAIN "\nobjectClass: attributeSchema\n"
                       "attributeID: 1.3.6.1.4.1.99999.7.%u\nisSingleValued: TRUE\n" TEXT "\n\n"
                       "dn: CN=Top," SCHEMA "," DOMAIN "\nchangetype: modify\n"
                       "add: mayContain\nmayContain: exTop%u\n-\n\n",
                       i, i, i);
    assert_ok(builder_done(&b, &text));
    before = tables();
    refused(extend("e-0000000004", arena_dup_str(&f.arena, text)), DIR_TOO_LARGE);
    assert_int_equal(tables(), before);
    assert_null(attr("exTop0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_attribute_is_used_at_once, suite_as_system),
        cmocka_unit_test_setup(a_class_is_used_at_once, suite_as_system),
        cmocka_unit_test_setup(classes_below_each_other, suite_as_system),
        cmocka_unit_test_setup(links_come_in_pairs, suite_as_system),
        cmocka_unit_test_setup(names_of_recipients_are_links, suite_as_system),
        cmocka_unit_test_setup(bad_definitions_are_refused, suite_as_system),
        cmocka_unit_test_setup(flags_and_ranges_change, suite_as_system),
        cmocka_unit_test_setup(base_attributes_are_found_otherwise, suite_as_system),
        cmocka_unit_test_setup(secrets_of_the_base_schema_stay, suite_as_system),
        cmocka_unit_test_setup(definitions_stand_in_the_schema, suite_as_system),
        cmocka_unit_test_setup(links_are_numbered_within_bounds, suite_as_system),
        cmocka_unit_test_setup(classes_are_not_too_deep, suite_as_system),
        cmocka_unit_test_setup(administrators_of_the_schema_alone, suite_as_system),
        cmocka_unit_test_setup(a_batch_sees_what_came_before, suite_as_system),
        cmocka_unit_test_setup(a_file_is_taken_whole, suite_as_system),
        cmocka_unit_test_setup(of_a_bad_file_nothing_stays, suite_as_system),
        cmocka_unit_test_setup(files_cost_within_bounds, suite_as_system),
        cmocka_unit_test_setup(a_table_stays_when_the_file_is_opened_again, suite_as_system),
        cmocka_unit_test_setup(two_directories_in_one_thread, suite_as_system),
        cmocka_unit_test_setup(it_is_there_after_a_restart, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
