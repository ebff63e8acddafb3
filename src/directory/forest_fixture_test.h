/*
 * A provisioned forest in a temporary folder, and short ways to put objects into it, for tests of
 * what needs a whole forest: searches, rights, tokens, policy. DC=aws,DC=example,DC=com with one
 * domain controller.
 *
 * Objects are made by change records, not through the writer: no rules are checked, so that a test
 * can make what should not be. Each forest_* call that makes something is one committed
 * transaction; forest_begin and forest_commit put many into one.
 */
#ifndef DIRECTORY_FOREST_FIXTURE_TEST_H
#define DIRECTORY_FOREST_FIXTURE_TEST_H

#include "directory/dir_fixture_test.h"
#include "directory/new_sd.h"
#include "directory/provision.h"
#include "directory/token.h"
#include "wire/ms/sddl.h"

#define FOREST_DN  "DC=aws,DC=example,DC=com"
#define FOREST_NOW INT64_C(1790000000000000) /* 2026-09-21 */

/* groupType */
#define FOREST_GLOBAL       0x80000002u
#define FOREST_LOCAL        0x80000004u
#define FOREST_UNIVERSAL    0x80000008u
#define FOREST_DISTRIBUTION 0x2u

struct forest {
    struct fixture base;
    struct dir_naming naming; /* only ids and the SID stay good */
    struct new_sd *sds;
    struct dir_write write;
    struct change *change;
    bool open;
};

static inline void forest_random(void *out, size_t len)
{
    static uint64_t state = 88172645463325252u;

    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((uint8_t *)out)[i] = (uint8_t)(state >> 32);
    }
}

static inline void forest_init(struct forest *f)
{
    struct span address = SPAN_LIT("127.0.1.10");
    struct provision_dc dc = {SPAN_LIT("dc-a"), &address, 1};
    struct provision_args args = {.dns_name = SPAN_LIT("aws.example.com"),
                                  .flat_name = SPAN_LIT("AWS"),
                                  .admin_password = SPAN_LIT("Correct-Horse-1"),
                                  .domain_sid = SID_NT(21, 1000, 2000, 3000),
                                  .dcs = &dc,
                                  .dc_count = 1,
                                  .now = FOREST_NOW,
                                  .random = forest_random};
    const char *why = "";
    struct dir_snap s;

    *f = (struct forest){.open = false};
    fixture_init(&f->base);
    if (provision_check(&args, &why) != ERR_OK)
        fail_msg("%s", why);
    assert_int_equal(provision_forest(f->base.dir, &args), ERR_OK);
    assert_int_equal(dir_snap_begin(f->base.dir, &s), ERR_OK);
    assert_int_equal(dir_naming(&s, &f->naming), ERR_OK);
    dir_snap_end(&s);
    f->sds = new_sd_new(&f->naming.domain_sid, &f->naming.domain_sid);
    assert_non_null(f->sds);
}

static inline void forest_fini(struct forest *f)
{
    new_sd_free(f->sds);
    fixture_fini(&f->base);
}

static inline void forest_begin(struct forest *f)
{
    assert_int_equal(dir_write_begin(f->base.dir, &f->write), ERR_OK);
    f->open = true;
}

static inline void forest_commit(struct forest *f)
{
    assert_int_equal(dir_write_commit(&f->write), ERR_OK);
    f->open = false;
    arena_reset(&f->base.arena);
}

/* A step inside a transaction, one of its own unless one is open. */
static inline bool forest_step(struct forest *f)
{
    bool own = !f->open;

    if (own)
        forest_begin(f);
    f->change = change_new(&f->base.arena, FOREST_NOW);
    return own;
}

static inline void forest_apply(struct forest *f, bool own)
{
    struct span record;
    uint64_t usn;

    assert_int_equal(change_done(f->change, &record), ERR_OK);
    assert_int_equal(dir_write_apply(&f->write, record, &usn), ERR_OK);
    if (own)
        forest_commit(f);
}

/* The descriptor that the class and the parent give, owned by Domain Admins. */
static inline void forest_default_sd(struct forest *f, dir_id id, dir_id parent, uint32_t class_id)
{
    struct new_sd_args args = {.cls = schema_class(class_id)};
    struct dir_obj up;
    struct span sd;

    assert_int_equal(sid_append(&f->naming.domain_sid, 512, &args.owner), ERR_OK);
    args.group = args.owner;
    assert_int_equal(dir_by_id(&f->write.snap, parent, &up), ERR_OK);
    args.parent_sd_id = up.sd_id;
    if (up.sd_id)
        assert_int_equal(dir_sd(&f->write.snap, up.sd_id, &args.parent_sd), ERR_OK);
    assert_int_equal(new_sd_make(f->sds, &args, &f->base.arena, &sd), ERR_OK);
    change_sd(f->change, id, sd);
}

static inline dir_id forest_object(struct forest *f, dir_id parent, uint32_t class_id,
                                   const char *rdn)
{
    dir_id id = dir_write_next_id(&f->write);
    struct guid guid;

    forest_random(guid.b, sizeof(guid.b));
    change_create(f->change, id, parent, class_id, &guid, 0, span_str(rdn));
    forest_default_sd(f, id, parent, class_id);
    return id;
}

static inline dir_id forest_category(struct forest *f, uint32_t class_id)
{
    const struct schema_class *c = schema_class(schema_class(class_id)->default_category);
    struct dir_obj o;

    assert_int_equal(dir_child(&f->write.snap, f->naming.schema_nc, span_str(c->cn), &o), ERR_OK);
    return o.id;
}

static inline dir_id forest_new(struct forest *f, dir_id parent, uint32_t class_id, const char *rdn)
{
    bool own = forest_step(f);
    dir_id id = forest_object(f, parent, class_id, rdn);

    set_u32(f->change, id, ATTR_objectCategory, forest_category(f, class_id));
    forest_apply(f, own);
    return id;
}

static inline void forest_sid(struct forest *f, dir_id id)
{
    struct sid sid;
    uint32_t rid;

    assert_int_equal(dir_write_next_rid(&f->write, &rid), ERR_OK);
    assert_int_equal(sid_append(&f->naming.domain_sid, rid, &sid), ERR_OK);
    set_sid(f->change, id, &sid);
}

/* A user or computer with a SID; sAMAccountName is the RDN. */
static inline dir_id forest_account(struct forest *f, dir_id parent, uint32_t class_id,
                                    const char *name)
{
    bool own = forest_step(f), computer = class_id == CLASS_computer;
    dir_id id = forest_object(f, parent, class_id, name);

    set_u32(f->change, id, ATTR_objectCategory, forest_category(f, class_id));
    set_text(f->change, id, ATTR_sAMAccountName, name);
    set_u32(f->change, id, ATTR_userAccountControl, computer ? 0x1000 : 0x200);
    set_u32(f->change, id, ATTR_primaryGroupID, computer ? 515 : 513);
    set_u64(f->change, id, ATTR_pwdLastSet, (uint64_t)utime_to_filetime(FOREST_NOW));
    forest_sid(f, id);
    forest_apply(f, own);
    return id;
}

static inline dir_id forest_group(struct forest *f, dir_id parent, uint32_t type, const char *name)
{
    bool own = forest_step(f);
    dir_id id = forest_object(f, parent, CLASS_group, name);

    set_u32(f->change, id, ATTR_objectCategory, forest_category(f, CLASS_group));
    set_text(f->change, id, ATTR_sAMAccountName, name);
    set_u32(f->change, id, ATTR_groupType, type);
    forest_sid(f, id);
    forest_apply(f, own);
    return id;
}

static inline void forest_member(struct forest *f, dir_id group, dir_id member)
{
    bool own = forest_step(f);

    change_link(f->change, ATTR_member, group, member, SPAN_NONE);
    forest_apply(f, own);
}

static inline void forest_no_member(struct forest *f, dir_id group, dir_id member)
{
    bool own = forest_step(f);

    change_unlink(f->change, ATTR_member, group, member, SPAN_NONE);
    forest_apply(f, own);
}

static inline void forest_text(struct forest *f, dir_id id, uint32_t attr, const char *value)
{
    bool own = forest_step(f);

    set_text(f->change, id, attr, value);
    forest_apply(f, own);
}

/* The object of a two-way uplevel trust, without secrets. */
static inline dir_id forest_trust(struct forest *f, const char *dns, const char *flat,
                                  struct sid sid, uint32_t attributes)
{
    struct dir_obj system;
    bool own = forest_step(f);

    assert_int_equal(dir_child(&f->write.snap, f->naming.domain_nc, SPAN_LIT("System"), &system),
                     ERR_OK);
    dir_id id = forest_object(f, system.id, CLASS_trustedDomain, dns);
    uint8_t raw[SID_BYTES_MAX];
    struct span bytes = span_of(raw, sid_to_bytes(&sid, raw));

    set_u32(f->change, id, ATTR_objectCategory, forest_category(f, CLASS_trustedDomain));
    set_text(f->change, id, ATTR_trustPartner, dns);
    set_text(f->change, id, ATTR_flatName, flat);
    set_u32(f->change, id, ATTR_trustDirection, 3);
    set_u32(f->change, id, ATTR_trustType, 2);
    set_u32(f->change, id, ATTR_trustAttributes, attributes);
    change_set(f->change, id, ATTR_securityIdentifier, &bytes, 1);
    forest_apply(f, own);
    return id;
}

static inline void forest_sddl(struct forest *f, dir_id id, const char *sddl)
{
    bool own = forest_step(f);
    struct span sd;

    assert_int_equal(new_sd_parse(f->sds, span_str(sddl), &f->base.arena, &sd), ERR_OK);
    change_sd(f->change, id, sd);
    forest_apply(f, own);
}

static inline dir_id forest_find(struct forest *f, const char *dn)
{
    struct dir_snap s;
    struct dir_obj o = {0};

    assert_int_equal(dir_snap_begin(f->base.dir, &s), ERR_OK);
    if (dir_by_dn(&s, span_str(dn), &o, NULL) != ERR_OK)
        fail_msg("no %s", dn);
    dir_snap_end(&s);
    return o.id;
}

#endif
