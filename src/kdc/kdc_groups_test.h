/*
 * More groups than a writer makes in the time of a test: all of one kind, all with one member, in
 * one change record.
 */
#ifndef KDC_KDC_GROUPS_TEST_H
#define KDC_KDC_GROUPS_TEST_H

#include "base/test.h"
#include "directory/account.h"
#include "kdc/kdc_fixture_test.h"

#define GROUPS_LOCAL     0x80000004u
#define GROUPS_UNIVERSAL 0x80000008u
#define GROUPS_FIRST_RID 100000

static inline void groups_one(struct change *c, dir_id id, dir_id parent, uint32_t type,
                              const struct sid *domain, uint32_t number)
{
    struct guid guid;
    struct sid sid;
    char name[32];
    uint8_t bytes[SID_BYTES_MAX];
    struct span stored = span_of(&type, sizeof(type)); /* little-endian */
    fixture_random(guid.b, sizeof(guid.b));
    snprintf(name, sizeof(name), "many%u", number);
    change_create(c, id, parent, CLASS_group, &guid, 0, span_str(name));
    change_set(c, id, ATTR_groupType, &stored, 1);
    assert_ok(sid_append(domain, GROUPS_FIRST_RID + number, &sid));
    stored = span_of(bytes, sid_to_bytes(&sid, bytes));
    change_set(c, id, ATTR_objectSid, &stored, 1);
}

static uint32_t groups_made;

static inline void groups_many(struct realm *r, const char *member, uint32_t type, unsigned count,
                               struct arena *a)
{
    struct dir_write w;
    struct dir_naming naming;
    struct dir_account account;
    struct dir_obj o;
    struct span record;
    uint64_t usn;
    assert_ok(dir_write_begin(r->dir, &w));
    assert_ok(dir_naming(&w.snap, &naming));
    assert_ok(dir_account_by_sam(&w.snap, span_str(member), &account));
    assert_ok(dir_by_id(&w.snap, account.id, &o));
    struct change *c = change_new(a, test_now);
    for (unsigned i = 0; i < count; i++) {
        dir_id id = dir_write_next_id(&w);
        groups_one(c, id, o.parent, type, &naming.domain_sid, groups_made++);
        change_link(c, ATTR_member, id, account.id, SPAN_NONE);
    }
    assert_ok(change_done(c, &record));
    assert_ok(dir_write_apply(&w, record, &usn));
    assert_ok(dir_write_commit(&w));
}

#endif
