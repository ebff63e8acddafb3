#include "base/text.h"
#include "directory/account.h"
#include "directory/dir_fixture_test.h"
#include "directory/index.h"
#include "directory/links.h"
#include "directory/record.h"

static struct dir_snap snap(struct fixture *f)
{
    struct dir_snap s;
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    return s;
}

static void dn_is(const struct dir_snap *s, struct arena *a, dir_id id, const char *want)
{
    struct span dn;
    assert_int_equal(dir_dn(s, id, a, &dn), ERR_OK);
    if (!span_eq(dn, span_str(want)))
        fail_msg("got %.*s, want %s", SPAN_ARG(dn), want);
}

static void finds(const struct dir_snap *s, const char *dn, dir_id want)
{
    struct dir_obj o = {0};
    enum err e = dir_by_dn(s, span_str(dn), &o, NULL);
    if (e != (want ? ERR_OK : ERR_NOT_FOUND) || o.id != want)
        fail_msg("%s: %s, object %u, want %u", dn, err_name(e), o.id, want);
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    struct dir_snap s = snap(f);
    dn_is(&s, &f->arena, ID_ALICE, "CN=Alice,CN=Users,DC=aws,DC=Example,DC=com");
    finds(&s, "cn=ALICE, cn=users,dc=AWS,dc=example,dc=COM", ID_ALICE);
    finds(&s, "2.5.4.3=alice,cn=users,dc=aws,dc=example,dc=com", ID_ALICE);
    finds(&s, "ou=alice,cn=users,dc=aws,dc=example,dc=com", 0); /* the type counts */
    finds(&s, "dc=example,dc=com", 0);                          /* only a name */
    finds(&s, "dc=com", 0);
    finds(&s, "", 0);
    finds(&s, "dc=aws,dc=example,dc=com", ID_AWS);
    finds(&s, "<SID=S-1-5-21-100-200-300-1104>", ID_ALICE);
    finds(&s, "<GUID=0900000000000000000000000000005a>", ID_ALICE);
    finds(&s, "<GUID=00000009-0000-0000-0000-00000000005a>", ID_ALICE);
    struct dir_obj o;
    dir_id matched = 77;
    assert_int_equal(
        dir_by_dn(&s, SPAN_LIT("CN=x,CN=y,CN=Users,DC=aws,DC=example,DC=com"), &o, &matched),
        ERR_NOT_FOUND);
    assert_int_equal(matched, ID_USERS);
    assert_int_equal(dir_by_dn(&s, SPAN_LIT("DC=corp,DC=example,DC=com"), &o, &matched),
                     ERR_NOT_FOUND);
    assert_int_equal(matched, 0);
    assert_int_equal(dir_by_dn(&s, SPAN_LIT("CN=x+OU=y,DC=com"), &o, &matched), ERR_MALFORMED);
    assert_int_equal(dir_nc_of(&s, ID_ALICE), ID_AWS);
    assert_int_equal(dir_nc_of(&s, ID_CROSSREF), ID_CONFIG);
    assert_true(dir_is_under(&s, ID_ALICE, ID_AWS));
    assert_false(dir_is_under(&s, ID_ALICE, ID_CONFIG));
    dir_snap_end(&s);
}

static void test_well_known_guid(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    uint8_t value[20] = {ID_USERS, 0,    0,    0,    0xa9, 0xd1, 0xca, 0x15, 0x76, 0x88,
                         0x11,     0xd1, 0xad, 0xed, 0,    0xc0, 0x4f, 0xd8, 0xd5, 0xcd};
    struct span v = span_of(value, 20);
    change_set(c, ID_AWS, ATTR_wellKnownObjects, &v, 1);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    finds(&s, "<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,dc=aws,dc=example,dc=com>", ID_USERS);
    finds(&s, "<WKGUID=aa312825768811d1aded00c04fd8d5cd,dc=aws,dc=example,dc=com>", 0);
    finds(&s, "<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,dc=x>", 0);
    dir_snap_end(&s);
}

static void test_attributes(void **state)
{
    struct fixture *f = *state;
    struct dir_snap s = snap(f);
    struct dir_obj o;
    struct span v;
    struct dir_values values;
    assert_int_equal(dir_by_id(&s, ID_WEB, &o), ERR_OK);
    assert_true(dir_attr_first(&o, ATTR_sAMAccountName, &v) && span_eq(v, SPAN_LIT("WEB1$")));
    assert_true(dir_attr_first(&o, ATTR_cn, &v) && span_eq(v, SPAN_LIT("web1")));
    assert_true(dir_attr_first(&o, ATTR_name, &v) && span_eq(v, SPAN_LIT("web1")));
    assert_false(dir_attr_first(&o, ATTR_ou, &v));
    assert_false(dir_attr_first(&o, ATTR_description, &v));
    assert_int_equal(dir_attr_i32(&o, ATTR_userAccountControl, 0), 0x200);
    assert_int_equal(dir_attr_i32(&o, ATTR_badPwdCount, 9), 9);
    assert_int_equal(dir_attr_i64(&o, ATTR_uSNCreated, 0), 1);
    assert_int_equal(dir_attr_i64(&o, ATTR_whenCreated, 0), FIXTURE_TIME);
    assert_true(dir_attr(&o, ATTR_objectClass, &values));
    static const uint32_t chain[] = {CLASS_top, CLASS_person, CLASS_organizationalPerson,
                                     CLASS_user, CLASS_computer};
    for (unsigned i = 0; i < 5; i++)
        assert_true(dir_values_next(&values, &v) && v.len == 4 && le32_at(v.ptr) == chain[i]);
    assert_false(dir_values_next(&values, &v));
    assert_true(dir_attr(&o, ATTR_servicePrincipalName, &values));
    assert_int_equal(values.left, 2);
    assert_true(dir_attr_has(&o, ATTR_servicePrincipalName, SPAN_LIT("host/WEB1")));
    assert_false(dir_attr_has(&o, ATTR_servicePrincipalName, SPAN_LIT("host/web1")));
    size_t pos = 0, count = 0;
    uint32_t attr;
    while (dir_attr_next(&o, &pos, &attr, &values)) {
        struct dir_values again;
        assert_true(dir_attr(&o, attr, &again));
        count++;
    }
    assert_int_equal(count, 5 + 5 + 1 + 1 + 1); /* set, header, name, cn, objectClass */
    dir_snap_end(&s);
}

static void test_accounts(void **state)
{
    struct fixture *f = *state;
    struct dir_snap s = snap(f);
    struct dir_account a;
    assert_int_equal(dir_account_by_sam(&s, SPAN_LIT("ALICE"), &a), ERR_OK);
    assert_int_equal(a.id, ID_ALICE);
    assert_int_equal(a.uac, 0x200);
    assert_int_equal(a.primary_group, 513);
    struct sid sid = fixture_sid(1104);
    assert_true(sid_eq(&a.sid, &sid));
    assert_true(span_eq(a.sam_name, SPAN_LIT("alice")));
    assert_true(span_eq(a.upn, SPAN_LIT("Alice@Example.com")));
    assert_int_equal(a.logon_hours.len, 0);
    assert_int_equal(dir_account_by_upn(&s, SPAN_LIT("alice@EXAMPLE.com"), &a), ERR_OK);
    assert_int_equal(dir_account_by_upn(&s, SPAN_LIT("alice"), &a), ERR_NOT_FOUND);
    static const char *const spns[] = {"host/web1.aws.example.com", "HOST/WEB1", "cifs/web1",
                                       "HTTP/Web1.AWS.example.com", "time/web1"};
    for (size_t i = 0; i < sizeof(spns) / sizeof(spns[0]); i++) {
        assert_int_equal(dir_account_by_spn(&s, span_str(spns[i]), &a), ERR_OK);
        assert_int_equal(a.id, ID_WEB);
    }
    static const char *const none[] = {"ldap/web1", "host", "host/",      "cifs/web2",
                                       "/",         "",     "host/web1/x"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(dir_account_by_spn(&s, span_str(none[i]), &a), ERR_NOT_FOUND);
    struct dir_obj o;
    assert_int_equal(dir_by_id(&s, ID_GROUP, &o), ERR_OK);
    assert_int_equal(dir_account_of(&s, &o, &a), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static void test_mappings_of_the_directory(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    create(c, ID_NEXT, ID_CONFIG, CLASS_nTDSService, 0, "Directory Service");
    set_text(c, ID_NEXT, ATTR_sPNMappings, "host=ldap,x");
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    struct dir_account a;
    assert_int_equal(dir_account_by_spn(&s, SPAN_LIT("LDAP/web1"), &a), ERR_OK);
    assert_int_equal(dir_account_by_spn(&s, SPAN_LIT("cifs/web1"), &a), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static void test_ambiguous_names(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    create(c, ID_NEXT, ID_USERS, CLASS_user, 0, "Other");
    fixture_account(c, ID_NEXT, "Alice", 1200);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    struct dir_account a;
    assert_int_equal(dir_account_by_sam(&s, SPAN_LIT("alice"), &a), ERR_EXISTS);
    dir_snap_end(&s);
    /* A tombstone does not count. */
    c = fixture_change(f);
    change_flags(c, ID_NEXT, DIR_OBJ_DELETED);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    s = snap(f);
    assert_int_equal(dir_account_by_sam(&s, SPAN_LIT("alice"), &a), ERR_OK);
    struct dir_obj o;
    struct sid sid = fixture_sid(1200);
    assert_int_equal(dir_by_sid(&s, &sid, &o), ERR_OK);
    assert_true(o.flags & DIR_OBJ_DELETED);
    dir_snap_end(&s);
}

static void test_naming_follows_its_epoch(void **state)
{
    struct fixture *f = *state;
    struct dir_naming n;
    for (int round = 0; round < 2; round++) {
        struct dir_snap s = snap(f);
        assert_int_equal(dir_naming(&s, &n), ERR_OK);
        assert_true(span_eq(n.dns_name, SPAN_LIT("aws.example.com")));
        assert_true(span_eq(n.realm, SPAN_LIT("AWS.EXAMPLE.COM")));
        assert_true(span_eq(n.forest_name, SPAN_LIT("aws.example.com")));
        assert_true(span_eq(n.flat_name, span_str(round ? "AMAZON" : "AWSCORP")));
        assert_int_equal(n.domain_nc, ID_AWS);
        assert_int_equal(n.config_nc, ID_CONFIG);
        assert_int_equal(n.schema_nc, ID_SCHEMA);
        assert_int_equal(n.functional_level, 7);
        struct sid domain = fixture_sid(0);
        assert_true(sid_eq(&n.domain_sid, &domain));
        uint64_t before = s.epochs.naming;
        dir_snap_end(&s);
        struct change *c = fixture_change(f);
        set_text(c, ID_ALICE, ATTR_description, "x");
        assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
        s = snap(f);
        assert_int_equal(s.epochs.naming, before);
        dir_snap_end(&s);
        c = fixture_change(f);
        set_text(c, ID_CROSSREF, ATTR_nETBIOSName, "AMAZON");
        assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
        s = snap(f);
        assert_int_not_equal(s.epochs.naming, before);
        dir_snap_end(&s);
    }
}

static void test_links_both_ways(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    uint64_t usn;
    change_link(c, ATTR_member, ID_GROUP, ID_ALICE, SPAN_NONE);
    change_link(c, ATTR_member, ID_GROUP, ID_WEB, SPAN_NONE);
    change_link(c, ATTR_managedBy, ID_GROUP, ID_ALICE, SPAN_NONE);
    assert_int_equal(fixture_apply(f, c, &usn), ERR_OK);
    struct dir_snap s = snap(f);
    struct dir_link_cursor lc = {0};
    dir_id id;
    assert_true(dir_link_next(&s, ATTR_member, ID_GROUP, &lc, &id, NULL) && id == ID_ALICE);
    assert_true(dir_link_next(&s, ATTR_member, ID_GROUP, &lc, &id, NULL) && id == ID_WEB);
    assert_false(dir_link_next(&s, ATTR_member, ID_GROUP, &lc, &id, NULL));
    lc = (struct dir_link_cursor){0};
    assert_true(dir_backlink_next(&s, ATTR_member, ID_ALICE, &lc, &id) && id == ID_GROUP);
    assert_false(dir_backlink_next(&s, ATTR_member, ID_ALICE, &lc, &id));
    assert_int_equal(dir_link_count(&s, ATTR_member, ID_GROUP), 2);
    assert_int_equal(dir_backlink_count(&s, ATTR_member, ID_WEB), 1);
    assert_int_equal(dir_link_epoch(&s, ID_ALICE), usn);
    assert_int_equal(dir_link_epoch(&s, ID_GROUP), 0);
    assert_int_equal(s.epochs.links, usn);
    bool started = false;
    uint32_t attr = 0, seen = 0;
    while (dir_link_attr_next(&s, ID_GROUP, &started, &attr))
        seen += attr == ATTR_member ? 1 : attr == ATTR_managedBy ? 10 : 100;
    assert_int_equal(seen, 11);
    dir_snap_end(&s);
    /* Again: nothing changes, not even the group's USN. */
    c = fixture_change(f);
    change_link(c, ATTR_member, ID_GROUP, ID_ALICE, SPAN_NONE);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    s = snap(f);
    struct dir_obj o;
    assert_int_equal(dir_by_id(&s, ID_GROUP, &o), ERR_OK);
    assert_int_equal(dir_attr_i64(&o, ATTR_uSNChanged, 0), usn);
    assert_int_equal(s.epochs.links, usn);
    dir_snap_end(&s);
    /* A deleted member is in no group. */
    c = fixture_change(f);
    change_flags(c, ID_ALICE, DIR_OBJ_DELETED);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    s = snap(f);
    assert_int_equal(dir_link_count(&s, ATTR_member, ID_GROUP), 1);
    assert_int_equal(dir_backlink_count(&s, ATTR_member, ID_ALICE), 0);
    dir_snap_end(&s);
    /* And comes into none, nor points anywhere. */
    c = fixture_change(f);
    change_link(c, ATTR_member, ID_GROUP, ID_ALICE, SPAN_NONE);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_CONSTRAINT);
    c = fixture_change(f);
    change_link(c, ATTR_manager, ID_ALICE, ID_WEB, SPAN_NONE);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_CONSTRAINT);
}

static void test_links_with_data_may_repeat(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    struct dir_link_cursor lc = {0};
    struct span data;
    dir_id id;
    unsigned n = 0;
    change_link(c, ATTR_msDS_KeyCredentialLink, ID_ALICE, ID_ALICE, SPAN_LIT("one"));
    change_link(c, ATTR_msDS_KeyCredentialLink, ID_ALICE, ID_ALICE, SPAN_LIT("two"));
    change_link(c, ATTR_msDS_KeyCredentialLink, ID_ALICE, ID_ALICE, SPAN_LIT("two"));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    while (dir_link_next(&s, ATTR_msDS_KeyCredentialLink, ID_ALICE, &lc, &id, &data)) {
        assert_int_equal(id, ID_ALICE);
        assert_int_equal(data.len, 3);
        n++;
    }
    assert_int_equal(n, 2);
    assert_int_equal(dir_link_count(&s, ATTR_msDS_KeyCredentialLink, ID_ALICE), 2);
    dir_snap_end(&s);
    for (int round = 0; round < 2; round++) {
        c = fixture_change(f);
        change_unlink(c, ATTR_msDS_KeyCredentialLink, ID_ALICE, ID_ALICE,
                      round ? SPAN_LIT("two") : SPAN_LIT("one"));
        assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
        s = snap(f);
        assert_int_equal(dir_link_exists(&s, ATTR_msDS_KeyCredentialLink, ID_ALICE, ID_ALICE),
                         !round);
        dir_snap_end(&s);
    }
}

static void test_a_failing_record_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint8_t before[HASH_SIZE_MAX] = {0}, after[HASH_SIZE_MAX] = {0};
    fixture_digest(f, before);
    for (int kind = 0; kind < 17; kind++) {
        struct change *c = fixture_change(f);
        enum err want = ERR_CONSTRAINT;
        struct guid taken = fixture_guid(ID_ALICE), fresh = fixture_guid(999);
        set_text(c, ID_ALICE, ATTR_description, "changed");
        create(c, ID_NEXT, ID_USERS, CLASS_user, 0, "New");
        change_sd(c, ID_NEXT, SPAN_LIT("descriptor"));
        change_link(c, ATTR_member, ID_GROUP, ID_NEXT, SPAN_NONE);
        switch (kind) {
        case 0:
            create(c, ID_NEXT + 1, ID_USERS, CLASS_user, 0, "ALICE");
            want = ERR_EXISTS;
            break;
        case 1:
            change_create(c, ID_NEXT + 1, ID_USERS, CLASS_user, &taken, 0, SPAN_LIT("x"));
            want = ERR_EXISTS;
            break;
        case 2:
            change_create(c, ID_ALICE, ID_USERS, CLASS_user, &fresh, 0, SPAN_LIT("x"));
            want = ERR_EXISTS;
            break;
        case 3:
            create(c, ID_NEXT + 2, 4000, CLASS_user, 0, "x");
            want = ERR_NOT_FOUND;
            break;
        case 4:
            change_move(c, ID_AWS, ID_USERS, SPAN_LIT("x"));
            break;
        case 5:
            change_remove(c, ID_USERS);
            break;
        case 6:
            change_link(c, ATTR_member, ID_GROUP, 4000, SPAN_NONE);
            want = ERR_NOT_FOUND;
            break;
        case 7:
            change_link(c, ATTR_description, ID_GROUP, ID_ALICE, SPAN_NONE);
            break;
        case 8:
            set_text(c, ID_ALICE, ATTR_cn, "x");
            break;
        case 9:
            set_text(c, ID_ALICE, ATTR_member, "x");
            break;
        case 10:
            set_text(c, 4000, ATTR_description, "x");
            want = ERR_NOT_FOUND;
            break;
        case 11:
            change_meta(c, SPAN_LIT("state"), SPAN_LIT("x"));
            break;
        case 12:
            change_create(c, ID_NEXT + 1, ID_USERS, CLASS_user, &fresh, 0, SPAN_LIT("a\xff"));
            break;
        case 13: /* the same GUID twice within the record */
            change_create(c, ID_NEXT + 1, ID_USERS, CLASS_user, &fresh, 0, SPAN_LIT("x"));
            change_create(c, ID_NEXT + 2, ID_USERS, CLASS_user, &fresh, 0, SPAN_LIT("y"));
            want = ERR_EXISTS;
            break;
        case 14:
            create(c, ID_NEXT + 1, ID_USERS, CLASS_domainDNS, DIR_OBJ_PHANTOM, "x");
            break;
        case 15:
            change_flags(c, ID_USERS, DIR_OBJ_PHANTOM);
            break;
        case 16:
            change_move(c, ID_EXAMPLE, 0, SPAN_LIT("x"));
            break;
        }
        if (fixture_apply(f, c, NULL) != want)
            fail_msg("case %d", kind);
        fixture_digest(f, after);
        assert_memory_equal(before, after, 32);
    }
}

static void test_moves_and_renames(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    create(c, ID_NEXT, ID_AWS, CLASS_organizationalUnit, 0, "Sales, East");
    change_move(c, ID_USERS, ID_NEXT, SPAN_LIT("People"));
    change_move(c, ID_ALICE, ID_USERS, SPAN_LIT("ALICE"));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    dn_is(&s, &f->arena, ID_ALICE, "CN=ALICE,CN=People,OU=Sales\\, East,DC=aws,DC=Example,DC=com");
    finds(&s, "CN=alice,CN=Users,DC=aws,DC=example,DC=com", 0);
    finds(&s, "CN=alice,CN=people,OU=\"sales, east\",DC=aws,DC=example,DC=com", ID_ALICE);
    struct dir_child_cursor cc = {0};
    dir_id id;
    assert_true(dir_child_next(&s, ID_NEXT, &cc, &id) && id == ID_USERS);
    assert_false(dir_child_next(&s, ID_NEXT, &cc, &id));
    struct dir_obj o;
    assert_int_equal(dir_by_value(&s, ATTR_name, SPAN_LIT("people"), &o), ERR_OK);
    assert_int_equal(dir_by_value(&s, ATTR_name, SPAN_LIT("users"), &o), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

/* What one request remembers of the commit it saw must not reach into the next commit. */
static void test_nothing_is_remembered_beyond_a_commit(void **state)
{
    struct fixture *f = *state;
    static const char alice[] = "CN=alice,CN=Users,DC=aws,DC=example,DC=com";
    for (unsigned round = 0; round < 2; round++) {
        struct dir_snap s = snap(f);
        finds(&s, alice, ID_ALICE);
        dn_is(&s, &f->arena, ID_ALICE, "CN=Alice,CN=Users,DC=aws,DC=Example,DC=com");
        assert_int_equal(dir_nc_of(&s, ID_ALICE), ID_AWS);
        assert_true(dir_is_under(&s, ID_ALICE, ID_USERS));
        dir_snap_end(&s);
    }
    struct change *c = fixture_change(f);
    change_move(c, ID_USERS, ID_CONFIG, SPAN_LIT("People"));
    create(c, ID_NEXT, ID_AWS, CLASS_container, 0, "Users");
    create(c, ID_NEXT + 1, ID_NEXT, CLASS_user, 0, "Alice");
    struct dir_snap before = snap(f);
    finds(&before, alice, ID_ALICE);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap after = snap(f);
    finds(&after, alice, ID_NEXT + 1);
    dn_is(&after, &f->arena, ID_ALICE,
          "CN=Alice,CN=People,CN=Configuration,DC=aws,DC=Example,DC=com");
    assert_int_equal(dir_nc_of(&after, ID_ALICE), ID_CONFIG);
    assert_false(dir_is_under(&after, ID_NEXT + 1, ID_USERS));
    finds(&before, alice, ID_ALICE); /* which goes on seeing its own commit */
    assert_int_equal(dir_nc_of(&before, ID_ALICE), ID_AWS);
    dir_snap_end(&before);
    dir_snap_end(&after);
}

/* Longer than what is remembered of a name, and deeper. */
static void test_long_and_deep_names(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    const char *want = "CN=Users,DC=aws,DC=Example,DC=com";
    char name[61];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    for (unsigned i = 0; i < 60; i++) {
        create(c, ID_NEXT + i, i ? ID_NEXT + i - 1 : ID_USERS, CLASS_container, 0, name);
        want = arena_printf(&f->arena, "CN=%s,%s", name, want);
    }
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    for (unsigned round = 0; round < 2; round++) {
        dn_is(&s, &f->arena, ID_NEXT + 59, want);
        finds(&s, want, ID_NEXT + 59);
        assert_int_equal(dir_nc_of(&s, ID_NEXT + 59), ID_AWS);
    }
    dir_snap_end(&s);
}

static void test_index_ranges(void **state)
{
    struct fixture *f = *state;
    static const int32_t numbers[] = {-5, 0, 7, 1000000};
    struct dir_snap s;
    struct dir_index_cursor ic;
    dir_id id;
    struct change *c = fixture_change(f);
    for (unsigned i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "Person%u", i);
        create(c, ID_NEXT + i, ID_USERS, CLASS_user, 0, name);
        set_u32(c, ID_NEXT + i, ATTR_primaryGroupID, (uint32_t)numbers[i]);
    }
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    s = snap(f);
    uint8_t seven[4] = {7};
    assert_int_equal(dir_index_open(ATTR_primaryGroupID, INDEX_FROM, span_of(seven, 4), false, &ic),
                     ERR_OK);
    assert_int_equal(dir_index_count(&s, &ic, 100), 4);
    assert_true(dir_index_next(&s, &ic, &id) && id == ID_NEXT + 2);
    assert_true(dir_index_next(&s, &ic, &id) && id == ID_ALICE); /* 513 */
    assert_true(dir_index_next(&s, &ic, &id) && id == ID_WEB);
    assert_true(dir_index_next(&s, &ic, &id) && id == ID_NEXT + 3);
    assert_false(dir_index_next(&s, &ic, &id));
    assert_int_equal(dir_index_open(ATTR_primaryGroupID, INDEX_TO, span_of(seven, 4), false, &ic),
                     ERR_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_true(dir_index_next(&s, &ic, &id) && id == ID_NEXT + i);
    assert_false(dir_index_next(&s, &ic, &id));
    assert_int_equal(dir_index_open(ATTR_name, INDEX_PREFIX, SPAN_LIT("pERSON"), false, &ic),
                     ERR_OK);
    assert_int_equal(dir_index_count(&s, &ic, 100), 4);
    assert_int_equal(dir_index_count(&s, &ic, 2), 2);
    for (unsigned i = 0; i < 4; i++)
        assert_true(dir_index_next(&s, &ic, &id) && id == ID_NEXT + i);
    assert_false(dir_index_next(&s, &ic, &id));
    uint8_t user[4];
    le32_to(user, CLASS_user);
    assert_int_equal(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(user, 4), false, &ic),
                     ERR_OK);
    assert_int_equal(dir_index_count(&s, &ic, 1), 6);
    assert_int_equal(dir_index_open(ATTR_servicePrincipalName, INDEX_ANY, SPAN_NONE, false, &ic),
                     ERR_OK);
    assert_int_equal(dir_index_count(&s, &ic, 100), 2);
    assert_int_equal(dir_index_open(ATTR_description, INDEX_ANY, SPAN_NONE, false, &ic),
                     ERR_UNSUPPORTED);
    assert_int_equal(dir_index_open(ATTR_objectClass, INDEX_FROM, SPAN_NONE, false, &ic),
                     ERR_UNSUPPORTED);
    dir_snap_end(&s);
}

static void test_long_values(void **state)
{
    struct fixture *f = *state;
    static char text[2][5000];
    struct dir_snap s;
    struct dir_obj o;
    struct dir_index_cursor ic;
    for (int i = 0; i < 2; i++) {
        memset(text[i], 'N', sizeof(text[i]));
        text[i][4999] = (char)('a' + i);
    }
    struct change *c = fixture_change(f);
    struct span v0 = span_of(text[0], 5000), v1 = span_of(text[1], 5000);
    change_set(c, ID_ALICE, ATTR_displayName, &v0, 1);
    change_set(c, ID_WEB, ATTR_displayName, &v1, 1);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    s = snap(f);
    assert_int_equal(dir_by_value(&s, ATTR_displayName, v0, &o), ERR_OK);
    assert_int_equal(o.id, ID_ALICE);
    text[1][0] = 'n';
    assert_int_equal(dir_by_value(&s, ATTR_displayName, v1, &o), ERR_OK);
    assert_int_equal(o.id, ID_WEB);
    assert_int_equal(
        dir_index_open(ATTR_displayName, INDEX_PREFIX, span_of(text[0], 4000), false, &ic), ERR_OK);
    assert_int_equal(dir_index_count(&s, &ic, 9), 2);
    dir_snap_end(&s);
}

static void test_descriptors_are_shared(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    change_sd(c, ID_ALICE, SPAN_LIT("one"));
    change_sd(c, ID_WEB, SPAN_LIT("one"));
    change_sd(c, ID_GROUP, SPAN_LIT("two"));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    struct dir_obj alice, web;
    struct span sd;
    assert_int_equal(dir_by_id(&s, ID_ALICE, &alice), ERR_OK);
    assert_int_equal(dir_by_id(&s, ID_WEB, &web), ERR_OK);
    assert_int_equal(alice.sd_id, web.sd_id);
    assert_int_equal(dir_sd(&s, alice.sd_id, &sd), ERR_OK);
    assert_true(span_eq(sd, SPAN_LIT("one")));
    dir_snap_end(&s);
    c = fixture_change(f);
    change_sd(c, ID_GROUP, SPAN_LIT("one"));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    s = snap(f);
    assert_int_equal(store_entries(s.txn, DB_SD), 1);
    dir_snap_end(&s);
}

static void test_metadata_of_attributes(void **state)
{
    struct fixture *f = *state;
    uint64_t usn[2];
    for (int i = 0; i < 2; i++) {
        struct change *c = fixture_change(f);
        set_text(c, ID_ALICE, ATTR_description, i ? "b" : "a");
        if (i)
            change_set(c, ID_ALICE, ATTR_userPrincipalName, NULL, 0);
        assert_int_equal(fixture_apply(f, c, &usn[i]), ERR_OK);
    }
    struct dir_snap s = snap(f);
    struct dir_attr_meta m;
    size_t pos = 0;
    assert_true(dir_attr_meta_next(&s, ID_ALICE, &pos, &m));
    assert_int_equal(m.attr, ATTR_description);
    assert_int_equal(m.version, 3);
    assert_int_equal(m.usn, usn[1]);
    assert_true(dir_attr_meta_next(&s, ID_ALICE, &pos, &m));
    assert_int_equal(m.attr, ATTR_userPrincipalName);
    assert_int_equal(m.version, 2);
    assert_false(dir_attr_meta_next(&s, ID_ALICE, &pos, &m));
    dir_snap_end(&s);
}

static void test_ids_and_rids_are_never_given_twice(void **state)
{
    struct fixture *f = *state;
    struct dir_write w;
    uint32_t rid, again;
    assert_int_equal(dir_write_begin(f->dir, &w), ERR_OK);
    assert_int_equal(dir_write_next_id(&w), ID_NEXT);
    assert_int_equal(dir_write_next_rid(&w, &rid), ERR_OK);
    assert_int_equal(rid, 1106); /* beyond those of the fixture */
    dir_write_abort(&w);
    assert_int_equal(dir_write_begin(f->dir, &w), ERR_OK);
    assert_int_equal(dir_write_next_id(&w), ID_NEXT + 1);
    assert_int_equal(dir_write_next_rid(&w, &again), ERR_OK);
    assert_int_equal(again, rid + 1);
    dir_write_abort(&w);
}

static void test_log(void **state)
{
    struct fixture *f = *state;
    struct dir_snap s;
    struct span record;
    struct change_reader r;
    struct change_item item;
    uint64_t usn;
    struct change *c = fixture_change(f);
    set_text(c, ID_ALICE, ATTR_description, "logged");
    assert_int_equal(fixture_apply(f, c, &usn), ERR_OK);
    assert_int_equal(usn, 2);
    s = snap(f);
    assert_int_equal(dir_snap_usn(&s), usn);
    assert_int_equal(dir_log_oldest(&s), 1);
    assert_int_equal(dir_log_read(&s, usn, &record), ERR_OK);
    assert_int_equal(change_read(record, &r), ERR_OK);
    assert_int_equal(r.when, FIXTURE_TIME);
    assert_int_equal(change_next(&r, &item), ERR_OK);
    assert_int_equal(item.op, CHANGE_SET);
    assert_int_equal(item.id, ID_ALICE);
    assert_int_equal(change_next(&r, &item), ERR_NOT_FOUND);
    assert_int_equal(dir_log_read(&s, usn + 1, &record), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

/* Trims once; how many went. The oldest that is left comes out. */
static unsigned trim(struct fixture *f, uint64_t records, utime age, utime now, unsigned step,
                     uint64_t *oldest_out)
{
    struct dir_log_limits keep = {records, age};
    struct dir_write w;
    assert_int_equal(dir_write_begin(f->dir, &w), ERR_OK);
    unsigned gone = dir_write_trim_log(&w, &keep, now, step);
    assert_int_equal(dir_write_commit(&w), ERR_OK);
    struct dir_snap s = snap(f);
    *oldest_out = dir_log_oldest(&s);
    for (uint64_t usn = *oldest_out; usn <= dir_snap_usn(&s); usn++) {
        struct span record;
        assert_int_equal(dir_log_read(&s, usn, &record), ERR_OK);
    }
    dir_snap_end(&s);
    return gone;
}

static void test_log_is_bounded(void **state)
{
    struct fixture *f = *state;
    uint64_t oldest;
    for (unsigned i = 2; i <= 20; i++) { /* the fixture is the first record */
        struct change *c = fixture_change(f);
        set_text(c, ID_ALICE, ATTR_description, i % 2 ? "odd" : "even");
        assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    }
    assert_int_equal(trim(f, 20, UTIME_DAY, FIXTURE_TIME + UTIME_DAY, 99, &oldest), 0);
    assert_int_equal(oldest, 1);
    assert_int_equal(trim(f, 15, UTIME_DAY, FIXTURE_TIME, 3, &oldest), 3);
    assert_int_equal(trim(f, 15, UTIME_DAY, FIXTURE_TIME, 3, &oldest), 2);
    assert_int_equal(trim(f, 15, UTIME_DAY, FIXTURE_TIME, 3, &oldest), 0);
    assert_int_equal(oldest, 6);
    utime later = FIXTURE_TIME + UTIME_DAY + 1;
    assert_int_equal(trim(f, 15, UTIME_DAY, later, 10, &oldest), 10);
    assert_int_equal(oldest, 16);
    assert_int_equal(trim(f, 15, UTIME_DAY, later, 10, &oldest), 4);
    assert_int_equal(oldest, 20); /* the newest stays, however old */
}

static void test_meta(void **state)
{
    struct fixture *f = *state;
    struct change *c = fixture_change(f);
    struct span v;
    change_meta(c, SPAN_LIT("settings"), SPAN_LIT("{}"));
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
    struct dir_snap s = snap(f);
    assert_int_equal(dir_meta(&s, SPAN_LIT("settings"), &v), ERR_OK);
    assert_true(span_eq(v, SPAN_LIT("{}")));
    assert_int_equal(dir_meta(&s, SPAN_LIT("state"), &v), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static void test_open_refuses_other_versions(void **state)
{
    struct fixture *f = *state;
    struct dir_open_args args = {.path = f->path};
    struct dir *d = NULL;
    struct store_txn *t;
    uint8_t newer[DIR_STATE_SIZE] = {DIR_FORMAT_VERSION + 1};
    assert_int_equal(dir_create_empty(f->path), ERR_EXISTS);
    struct dir_snap s = snap(f);
    struct span v;
    uint8_t saved[DIR_STATE_SIZE];
    assert_true(store_get(s.txn, DB_META, SPAN_LIT("state"), &v));
    memcpy(saved, v.ptr, sizeof(saved));
    dir_snap_end(&s);
    assert_int_equal(store_write_begin(f->dir->store, NULL, &t), ERR_OK);
    store_put(t, DB_META, SPAN_LIT("state"), span_of(newer, sizeof(newer)));
    assert_int_equal(store_commit(t), ERR_OK);
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_UNSUPPORTED);
    dir_close(f->dir);
    assert_int_equal(dir_open(&args, &d), ERR_UNSUPPORTED);
    args.path = "/nonexistent";
    assert_int_equal(dir_open(&args, &d), ERR_NOT_FOUND);
    struct store_open_args sargs = {f->path, dir_dbs, DB__COUNT, true, false};
    struct store *store;
    assert_int_equal(store_open(&sargs, &store), ERR_OK);
    assert_int_equal(store_write_begin(store, NULL, &t), ERR_OK);
    store_put(t, DB_META, SPAN_LIT("state"), span_of(saved, sizeof(saved)));
    assert_int_equal(store_commit(t), ERR_OK);
    store_close(store);
    args.path = f->path;
    args.writable = true;
    assert_int_equal(dir_open(&args, &f->dir), ERR_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_names),
        T(test_well_known_guid),
        T(test_attributes),
        T(test_accounts),
        T(test_mappings_of_the_directory),
        T(test_ambiguous_names),
        T(test_naming_follows_its_epoch),
        T(test_links_both_ways),
        T(test_links_with_data_may_repeat),
        T(test_a_failing_record_changes_nothing),
        T(test_moves_and_renames),
        T(test_nothing_is_remembered_beyond_a_commit),
        T(test_long_and_deep_names),
        T(test_index_ranges),
        T(test_long_values),
        T(test_descriptors_are_shared),
        T(test_metadata_of_attributes),
        T(test_ids_and_rids_are_never_given_twice),
        T(test_log),
        T(test_log_is_bounded),
        T(test_meta),
        T(test_open_refuses_other_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
