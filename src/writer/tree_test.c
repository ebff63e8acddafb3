#include "directory/access.h"
#include "wire/ms/secdesc.h"
#include "writer/fixture_test.h"

/* Deleting, moving and renaming. */

static void a_tombstone_keeps_little(void **state)
{
    (void)state;
    struct dir_obj o, t, group;
    done(
        fixture_add(&f, "CN=Gone,CN=Users",
                    "objectClass: user\nsAMAccountName: gone\nuserAccountControl: 512\nunicodePwd: "
                    "Secret-1234\ndescription: x\nservicePrincipalName: x/gone"));
    done(fixture_add(&f, "CN=Team,CN=Users",
                     "objectClass: group\nsAMAccountName: Team\nmember: CN=Gone,CN=Users," DOMAIN));
    assert_true(fixture_find(&f, "CN=Gone,CN=Users", &o));
    char guid[GUID_TEXT_SIZE];
    guid_to_text(&o.guid, guid);
    done(fixture_delete(&f, "CN=Gone,CN=Users", 0));
    assert_false(fixture_find(&f, "CN=Gone,CN=Users", &t));
    const char *by_guid = arena_printf(&f.arena, "<GUID=%s>", guid);
    assert_true(fixture_find(&f, by_guid, &t));
    assert_true(t.flags & DIR_OBJ_DELETED);
    struct span dn;
    assert_ok(dir_dn(fixture_snap(&f), t.id, &f.arena, &dn));
    assert_non_null(strstr(arena_dup_str(&f.arena, dn), ",CN=Deleted Objects,"));
    assert_non_null(memmem(t.rdn.ptr, t.rdn.len, "\nDEL:", 5));
    assert_true(fixture_has(&f, by_guid, ATTR_isDeleted, "TRUE"));
    assert_true(fixture_has(&f, by_guid, ATTR_lastKnownParent, "CN=Users," DOMAIN));
    assert_true(fixture_has(&f, by_guid, ATTR_sAMAccountName, "gone"));
    assert_true(fixture_has(&f, by_guid, ATTR_objectSid, NULL));
    assert_false(fixture_has(&f, by_guid, ATTR_description, NULL));
    assert_false(fixture_has(&f, by_guid, ATTR_servicePrincipalName, NULL));
    assert_false(fixture_has(&f, by_guid, ATTR_objectCategory, NULL));
    assert_false(fixture_has(&f, by_guid, ATTR_sAMAccountType, NULL));
    struct dir_account_keys keys;
    assert_err(dir_account_keys(fixture_snap(&f), DIR_SECRET_ACCOUNT, t.id, &f.arena, &keys),
               ERR_NOT_FOUND);
    assert_true(fixture_find(&f, "CN=Team,CN=Users", &group));
    assert_false(dir_link_exists(fixture_snap(&f), ATTR_member, group.id, t.id));
    refused(fixture_delete(&f, "CN=Gone,CN=Users", 0), DIR_NO_OBJECT);
    struct intent again = {
        .kind = INTENT_MODIFY, .flags = INTENT_SHOW_DELETED, .target = span_str(by_guid)};
    refused(fixture_do(&f, &again), DIR_DELETED);
    done(fixture_add(&f, "CN=Gone,CN=Users", "objectClass: user\nsAMAccountName: gone"));
    done(fixture_delete(&f, "CN=Gone,CN=Users", 0)); /* two tombstones of one name */
}

static void a_tombstone_becomes_an_object_again(void **state)
{
    (void)state;
    struct dir_obj o, again;
    char guid[GUID_TEXT_SIZE];
    struct intent in = {.kind = INTENT_MODIFY, .flags = INTENT_SHOW_DELETED};
    done(fixture_add(&f, "CN=Back,CN=Users", "objectClass: group\nsAMAccountName: back"));
    assert_true(fixture_find(&f, "CN=Back,CN=Users", &o));
    guid_to_text(&o.guid, guid);
    done(fixture_delete(&f, "CN=Back,CN=Users", 0));
    in.target = span_str(arena_printf(&f.arena, "<GUID=%s>", guid));
    fixture_mods(&f,
                 "-isDeleted\n=distinguishedName: CN=Again,CN=Users," DOMAIN
                 "\n=objectClass: trustedDomain",
                 &in);
    refused(fixture_do(&f, &in), DIR_CLASS); /* as the object that it was */
    in.mod_count = 0;
    fixture_mods(&f, "-isDeleted\n=distinguishedName: CN=Again,CN=Users," DOMAIN, &in);
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, "CN=Again,CN=Users", &again));
    assert_int_equal(again.id, o.id);
    assert_false(again.flags & DIR_OBJ_DELETED);
    assert_true(fixture_has(&f, "CN=Again,CN=Users", ATTR_sAMAccountType, "268435456"));
    assert_false(fixture_has(&f, "CN=Again,CN=Users", ATTR_isDeleted, NULL));
    refused(fixture_do(&f, &in), DIR_NO_VALUE);
}

static void what_the_directory_needs_stays(void **state)
{
    (void)state;
    refused(fixture_delete(&f, "CN=Users", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=Administrator,CN=Users", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=krbtgt,CN=Users", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=Domain Users,CN=Users", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=Administrators,CN=Builtin", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=Configuration", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=User,CN=Schema,CN=Configuration", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=AWS,CN=Partitions,CN=Configuration", 0), DIR_PROTECTED);
    refused(fixture_delete(&f, "CN=System", INTENT_TREE_DELETE), DIR_PROTECTED);
}

static void trees(void **state)
{
    (void)state;
    struct dir_obj o;
    done(fixture_add(&f, "OU=A", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "OU=B,OU=A", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "CN=u,OU=B,OU=A", "objectClass: user\nsAMAccountName: u"));
    refused(fixture_delete(&f, "OU=A", 0), DIR_HAS_CHILDREN);
    refused(fixture_rename(&f, "OU=A", "OU=A", "OU=B,OU=A"), DIR_LOOP);
    done(fixture_delete(&f, "OU=A", INTENT_TREE_DELETE));
    assert_false(fixture_find(&f, "OU=B,OU=A", &o));
    assert_false(fixture_find(&f, "OU=A", &o));
}

static void names_change(void **state)
{
    (void)state;
    struct dir_obj o;
    done(fixture_add(&f, "OU=From", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "OU=To", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "CN=Ann,OU=From", "objectClass: user\nsAMAccountName: ann"));
    done(fixture_rename(&f, "CN=Ann,OU=From", "CN=Anna", NULL));
    assert_true(fixture_find(&f, "CN=Anna,OU=From", &o));
    assert_true(fixture_has(&f, "CN=Anna,OU=From", ATTR_cn, "Anna"));
    assert_true(fixture_has(&f, "CN=Anna,OU=From", ATTR_name, "Anna"));
    done(fixture_rename(&f, "CN=Anna,OU=From", "CN=ANNA", NULL)); /* the case alone */
    done(fixture_rename(&f, "CN=Anna,OU=From", "CN=Anna", "OU=To"));
    assert_true(fixture_find(&f, "CN=Anna,OU=To", &o));
    done(fixture_rename(&f, "OU=To", "OU=There", "OU=From"));
    assert_true(fixture_find(&f, "CN=Anna,OU=There,OU=From", &o));

    refused(fixture_rename(&f, "OU=There,OU=From", "CN=x", NULL), DIR_RDN_ATTRIBUTE);
    refused(fixture_rename(&f, "CN=Nobody", "CN=x", NULL), DIR_NO_OBJECT);
    refused(fixture_rename(&f, "OU=There,OU=From", "OU=x", "OU=Nowhere"), DIR_NO_PARENT);
    refused(fixture_rename(&f, "CN=Anna,OU=There,OU=From", "CN=Anna", "CN=Configuration"),
            DIR_OTHER_PARTITION);
    refused(fixture_rename(&f, "OU=There,OU=From", "OU=There", "CN=Users"), DIR_PARENT_CLASS);
    refused(fixture_rename(&f, "", "DC=x", NULL), DIR_PROTECTED);
    refused(fixture_rename(&f, "CN=Anna,OU=There,OU=From", "CN=Administrator", "CN=Users"),
            DIR_EXISTS);
    fixture_as(&f, "Administrator");
    refused(fixture_rename(&f, "CN=Users", "CN=People", NULL), DIR_PROTECTED);
    refused(fixture_rename(&f, "CN=Anna,OU=There,OU=From", "CN=Anna", "CN=System"), DIR_PROTECTED);
}

static void rights_decide(void **state)
{
    (void)state;
    done(fixture_add(&f, "CN=eve,CN=Users",
                     "objectClass: user\nsAMAccountName: eve\nuserAccountControl: 512\nunicodePwd: "
                     "Secret-1234"));
    done(fixture_add(&f, "OU=Hers", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "CN=v,OU=Hers", "objectClass: user\nsAMAccountName: v"));
    fixture_as(&f, "eve");
    refused(fixture_delete(&f, "CN=v,OU=Hers", 0), DIR_ACCESS);
    refused(fixture_delete(&f, "OU=Hers", INTENT_TREE_DELETE), DIR_ACCESS);
    refused(fixture_rename(&f, "CN=v,OU=Hers", "CN=w", NULL), DIR_ACCESS);
    refused(fixture_rename(&f, "CN=v,OU=Hers", "CN=v", "CN=Users"), DIR_ACCESS);
    /* Taken or not, the answer is the same. */
    refused(fixture_rename(&f, "CN=v,OU=Hers", "CN=Administrator", "CN=Users"), DIR_ACCESS);
    refused(fixture_add(&f, "CN=Administrator,CN=Users", "objectClass: user\nsAMAccountName: ww"),
            DIR_ACCESS);
    refused(fixture_add(&f, "CN=Nobody,CN=Users", "objectClass: user\nsAMAccountName: ww"),
            DIR_ACCESS);
    fixture_as(&f, "Administrator");
    done(fixture_rename(&f, "CN=v,OU=Hers", "CN=w", "CN=Users"));
    done(fixture_delete(&f, "CN=w,CN=Users", 0));
}

/* A descriptor goes down the tree, and so does a move. */
static void descriptors_are_inherited(void **state)
{
    (void)state;
    struct dir_account eve;
    struct span sd;
    struct intent in = {.kind = INTENT_MODIFY, .sd_parts = 4};
    struct builder b;
    done(fixture_add(&f, "OU=Top", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "OU=Mid,OU=Top", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "CN=x,OU=Mid,OU=Top", "objectClass: user\nsAMAccountName: xx"));
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("eve"), &eve));
    fixture_as(&f, "eve");
    refused(fixture_modify(&f, "CN=x,OU=Mid,OU=Top", "=description: by eve"), DIR_ACCESS);
    fixture_as(&f, "Administrator");
    builder_in(&b, &f.arena, 4096);
    struct ace ace = {.type = ACE_ALLOWED,
                      .flags = ACE_CONTAINER_INHERIT,
                      .mask = ACCESS_WRITE_PROP | ACCESS_READ_PROP,
                      .sid = eve.sid};
    struct acl_build dacl = {.count = 1, .aces = &ace};
    struct sd_build build = {.dacl = &dacl};
    sd_put(&b, &build);
    assert_ok(builder_done(&b, &sd));
    struct intent_mod m = {MOD_REPLACE, SPAN_LIT("nTSecurityDescriptor"), &sd, 1};
    in.target = SPAN_LIT("OU=Top," DOMAIN);
    in.mods = &m;
    in.mod_count = 1;
    done(fixture_do(&f, &in));
    fixture_as(&f, "eve");
    done(fixture_modify(&f, "CN=x,OU=Mid,OU=Top", "=description: by eve"));
    fixture_as_system(&f);
    done(fixture_rename(&f, "OU=Mid,OU=Top", "OU=Mid", "OU=Hers"));
    fixture_as(&f, "eve");
    refused(fixture_modify(&f, "CN=x,OU=Mid,OU=Hers", "=description: again"), DIR_ACCESS);
    in = (struct intent){
        .kind = INTENT_MODIFY, .target = SPAN_LIT("OU=Hers," DOMAIN), .mods = &m, .mod_count = 1};
    refused(fixture_do(&f, &in), DIR_ACCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_tombstone_keeps_little, suite_as_system),
        cmocka_unit_test_setup(a_tombstone_becomes_an_object_again, suite_as_system),
        cmocka_unit_test_setup(what_the_directory_needs_stays, suite_as_system),
        cmocka_unit_test_setup(trees, suite_as_system),
        cmocka_unit_test_setup(names_change, suite_as_system),
        cmocka_unit_test_setup(rights_decide, suite_as_system),
        cmocka_unit_test_setup(descriptors_are_inherited, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
