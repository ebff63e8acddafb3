#include "base/text.h"
#include "directory/dir_fixture_test.h"
#include "directory/value.h"

struct row {
    uint32_t attr;
    const char *text;
    const char *back; /* NULL: the same */
    enum err err;
};

#define ALICE "CN=Alice,CN=Users,DC=aws,DC=Example,DC=com"

static const struct row rows[] = {
    {ATTR_isDeleted, "TRUE", NULL, ERR_OK},
    {ATTR_isDeleted, "false", "FALSE", ERR_OK},
    {ATTR_isDeleted, "1", NULL, ERR_MALFORMED},
    {ATTR_groupType, "-2147483646", NULL, ERR_OK},
    {ATTR_groupType, "2147483650", "-2147483646", ERR_OK},
    {ATTR_groupType, "4294967296", NULL, ERR_RANGE},
    {ATTR_groupType, "1x", NULL, ERR_MALFORMED},
    {ATTR_groupType, "", NULL, ERR_MALFORMED},
    {ATTR_instanceType, "4", NULL, ERR_OK},
    {ATTR_accountExpires, "9223372036854775807", NULL, ERR_OK},
    {ATTR_maxPwdAge, "-9223372036854775808", NULL, ERR_OK},
    {ATTR_primaryGroupID, "513", NULL, ERR_OK},
    {ATTR_msDS_Entry_Time_To_Die, "20260722143015.0Z", NULL, ERR_OK},
    {ATTR_msDS_Entry_Time_To_Die, "202607221630+0200", "20260722143000.0Z", ERR_OK},
    {ATTR_msDS_Entry_Time_To_Die, "20261322143015.0Z", NULL, ERR_RANGE},
    {ATTR_fRSTimeLastCommand, "260722143015Z", NULL, ERR_OK},
    {ATTR_fRSTimeLastCommand, "990722143015Z", NULL, ERR_OK},
    {ATTR_fRSTimeLastCommand, "20260722143015.0Z", "260722143015Z", ERR_OK},
    {ATTR_objectClass, "USER", "user", ERR_OK},
    {ATTR_objectClass, "2.5.6.0", "top", ERR_OK},
    {ATTR_objectClass, "noSuchClass", NULL, ERR_MALFORMED},
    {ATTR_attributeID, "1.2.840.113556.1.4.221", NULL, ERR_OK},
    {ATTR_attributeID, "sAMAccountName", "1.2.840.113556.1.4.221", ERR_OK},
    {ATTR_attributeID, "1.3.6.1.4.1.99999.1", NULL, ERR_OK},
    {ATTR_attributeID, "1..2", NULL, ERR_MALFORMED},
    {ATTR_attributeSyntax, "2.5.5.12", NULL, ERR_OK},
    {ATTR_mayContain, "cn", NULL, ERR_OK},
    {ATTR_manager, ALICE, NULL, ERR_OK},
    {ATTR_manager, "cn=ALICE, cn=users, dc=aws, dc=example, dc=com", ALICE, ERR_OK},
    {ATTR_manager, "<GUID=00000009-0000-0000-0000-00000000005a>", ALICE, ERR_OK},
    {ATTR_manager, "CN=Nobody,DC=aws,DC=example,DC=com", NULL, ERR_NOT_FOUND},
    {ATTR_manager, "DC=example,DC=com", NULL, ERR_NOT_FOUND},
    {ATTR_manager, "x", NULL, ERR_MALFORMED},
    {ATTR_wellKnownObjects, "B:32:A9D1CA15768811D1ADED00C04FD8D5CD:" ALICE, NULL, ERR_OK},
    {ATTR_wellKnownObjects, "B:4:A9D1:" ALICE, NULL, ERR_RANGE},
    {ATTR_msDS_KeyCredentialLink, "b:4:0aFF:" ALICE, "B:4:0AFF:" ALICE, ERR_OK},
    {ATTR_msDS_KeyCredentialLink, "B:0::" ALICE, NULL, ERR_OK},
    {ATTR_msDS_KeyCredentialLink, "B:3:0af:" ALICE, NULL, ERR_MALFORMED},
    {ATTR_msDS_KeyCredentialLink, "B:400:0a:" ALICE, NULL, ERR_MALFORMED},
    {ATTR_msDS_KeyCredentialLink, "B:-1:0a:" ALICE, NULL, ERR_MALFORMED},
    {ATTR_msDS_KeyCredentialLink, ALICE, NULL, ERR_MALFORMED},
    {ATTR_msDS_RevealedList, "S:3:a:b:" ALICE, NULL, ERR_OK},
    {ATTR_objectSid, "S-1-5-21-100-200-300-1104", "\1\5\0\0\0\0\0\5", ERR_OK},
    {ATTR_objectSid, "S-2", NULL, ERR_MALFORMED},
    {ATTR_objectSid, "xyz", NULL, ERR_MALFORMED},
    {ATTR_displayName, "J\xc3\xb6rg", NULL, ERR_OK},
    {ATTR_displayName, "J\xff", NULL, ERR_MALFORMED},
    {ATTR_c, "DE", NULL, ERR_OK},
    {ATTR_c, "\xf0\x9f\x98\x80", NULL, ERR_OK}, /* two UTF-16 units, rangeUpper 3 */
    {ATTR_c, "DEUT", NULL, ERR_RANGE},
    {ATTR_gecos, "plain", NULL, ERR_OK},
    {ATTR_gecos, "J\xc3\xb6rg", NULL, ERR_MALFORMED},
    {ATTR_serialNumber, "A 1'()+,-./:?=@", NULL, ERR_OK},
    {ATTR_serialNumber, "a\"b", NULL, ERR_MALFORMED},
    {ATTR_x121Address, "12 34", NULL, ERR_OK},
    {ATTR_x121Address, "12a", NULL, ERR_MALFORMED},
    {ATTR_objectGUID, "0123456789abcdef", NULL, ERR_OK},
    {ATTR_objectGUID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "\x10\xb8\xa7\x6b\xad\x9d\xd1\x11",
     ERR_OK},
    {ATTR_objectGUID, "0123", NULL, ERR_RANGE},
};

static void test_text_to_stored_and_back(void **state)
{
    struct fixture *f = *state;
    struct dir_snap s;
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        struct span stored, text;
        enum err e = dir_value_from_text(&s, r->attr, span_str(r->text), &f->arena, &stored);
        if (e != r->err)
            fail_msg("%s = %s: %s", schema_attr(r->attr)->name, r->text, err_name(e));
        if (e != ERR_OK)
            continue;
        e = dir_value_to_text(&s, r->attr, stored, &f->arena, &text);
        struct span want = span_str(r->back ? r->back : r->text);
        if (r->attr == ATTR_objectSid) /* binary, with zeros */
            want = span_of("\1\5\0\0\0\0\0\5", 8);
        if (e != ERR_OK || !span_eq(span_sub(text, 0, want.len), want))
            fail_msg("%s = %s: got %.*s", schema_attr(r->attr)->name, r->text, SPAN_ARG(text));
        if (r->attr != ATTR_objectSid && r->attr != ATTR_objectGUID)
            assert_int_equal(text.len, want.len);
    }
    dir_snap_end(&s);
}

/* Normalized forms compare as the values do. */
static void test_normal_forms(void **state)
{
    struct fixture *f = *state;
    static const int32_t numbers[] = {INT32_MIN, -2, -1, 0, 1, 255, 256, INT32_MAX};
    struct span last = SPAN_NONE, now, other;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint8_t b[4];
        le32_to(b, (uint32_t)numbers[i]);
        assert_int_equal(dir_value_normalize(ATTR_groupType, span_of(b, 4), &f->arena, &now),
                         ERR_OK);
        if (i)
            assert_true(span_cmp(last, now) < 0);
        last = now;
    }
    assert_int_equal(dir_value_normalize(ATTR_displayName, SPAN_LIT("\303\204B"), &f->arena, &now),
                     ERR_OK);
    assert_int_equal(
        dir_value_normalize(ATTR_displayName, SPAN_LIT("\303\244b"), &f->arena, &other), ERR_OK);
    assert_true(span_eq(now, other));
    assert_int_equal(dir_value_normalize(ATTR_gecos, SPAN_LIT("Ab"), &f->arena, &now), ERR_OK);
    assert_true(span_eq(now, SPAN_LIT("Ab"))); /* IA5 is case-sensitive */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_text_to_stored_and_back),
        T(test_normal_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
