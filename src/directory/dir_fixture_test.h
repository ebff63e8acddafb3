/* A directory in a temporary folder, for the tests of this folder. */
#ifndef DIRECTORY_DIR_FIXTURE_TEST_H
#define DIRECTORY_DIR_FIXTURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "directory/change.h"
#include "directory/check.h"
#include "directory/dir_internal.h"

struct fixture {
    char path[64];
    struct dir *dir;
    struct arena arena;
};

static inline void fixture_init(struct fixture *f)
{
    struct dir_open_args args = {.path = f->path, .writable = true};
    static const uint8_t master[32] = {1, 2, 3};
    snprintf(f->path, sizeof(f->path), "/tmp/entente-dir-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    arena_init(&f->arena, 0, 256 << 20, 0);
    assert_int_equal(dir_create_empty(f->path), ERR_OK);
    dir_keyring_derive(master, 7, &args.keyring);
    assert_int_equal(dir_open(&args, &f->dir), ERR_OK);
}

static inline void fixture_fini(struct fixture *f)
{
    char file[96];
    dir_close(f->dir);
    arena_fini(&f->arena);
    snprintf(file, sizeof(file), "%s/data.mdb", f->path);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", f->path);
    unlink(file);
    rmdir(f->path);
}

/* Fails the test with the broken invariant. */
static inline void fixture_check(struct fixture *f)
{
    struct dir_snap s;
    const char *problem = NULL;
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    enum err e = dir_check(&s, &f->arena, &problem);
    if (e != ERR_OK)
        fail_msg("check: %s: %s", err_name(e), problem ? problem : "");
    dir_snap_end(&s);
}

/* SHA-256 over every key and value: two directories are the same when these are. */
static inline void fixture_digest(struct fixture *f, uint8_t out[HASH_SIZE_MAX])
{
    struct dir_snap s;
    uint8_t sum[HASH_SIZE_MAX] = {0};
    assert_int_equal(dir_snap_begin(f->dir, &s), ERR_OK);
    for (unsigned db = 0; db < DB__COUNT; db++) {
        struct span k, v;
        struct store_key key;
        bool sets = dir_dbs[db].flags & STORE_ID_SET;
        for (bool more = store_first(s.txn, db, &k, &v); more;
             more = store_after(s.txn, db, store_key_span(&key), &k, &v)) {
            uint32_t id = 0;
            store_key_init(&key);
            store_key_bytes(&key, k);
            struct span parts[] = {span_of(sum, 32), store_key_span(&key), sets ? SPAN_NONE : v};
            hash_parts(HASH_SHA256, parts, 3, sum);
            while (sets && store_set_from(s.txn, db, store_key_span(&key), id, &id)) {
                struct span member[] = {span_of(sum, 32), span_of(&id, 4)};
                hash_parts(HASH_SHA256, member, 2, sum);
                id++;
            }
        }
    }
    dir_snap_end(&s);
    memcpy(out, sum, HASH_SIZE_MAX);
}

static inline struct guid fixture_guid(uint32_t n)
{
    struct guid g = {{0}};
    le32_to(g.b, n);
    g.b[15] = 0x5a;
    return g;
}

#define FIXTURE_TIME INT64_C(1780000000000000)

static inline struct change *fixture_change(struct fixture *f)
{
    return change_new(&f->arena, FIXTURE_TIME);
}

/* Applies in a transaction of its own. */
static inline enum err fixture_apply(struct fixture *f, struct change *c, uint64_t *usn)
{
    struct dir_write w;
    struct span record;
    uint64_t got = 0;
    assert_int_equal(change_done(c, &record), ERR_OK);
    assert_int_equal(dir_write_begin(f->dir, &w), ERR_OK);
    enum err e = dir_write_apply(&w, record, &got);
    assert_int_equal(dir_write_commit(&w), ERR_OK);
    if (usn)
        *usn = got;
    return e;
}

static inline void set_text(struct change *c, dir_id id, uint32_t attr, const char *value)
{
    struct span v = span_str(value);
    change_set(c, id, attr, &v, 1);
}

static inline void set_u32(struct change *c, dir_id id, uint32_t attr, uint32_t value)
{
    uint8_t b[4];
    le32_to(b, value);
    struct span v = span_of(b, 4);
    change_set(c, id, attr, &v, 1);
}

static inline void set_u64(struct change *c, dir_id id, uint32_t attr, uint64_t value)
{
    uint8_t b[8];
    le64_to(b, value);
    struct span v = span_of(b, 8);
    change_set(c, id, attr, &v, 1);
}

static inline void create(struct change *c, dir_id id, dir_id parent, uint32_t class_id,
                          uint32_t flags, const char *rdn)
{
    struct guid g = fixture_guid(id);
    change_create(c, id, parent, class_id, &g, flags, span_str(rdn));
}

/* A small forest: ids that the tests name. */
enum {
    ID_COM = 1,
    ID_EXAMPLE,
    ID_AWS, /* DC=aws,DC=example,DC=com */
    ID_CONFIG,
    ID_SCHEMA,
    ID_PARTITIONS,
    ID_CROSSREF,
    ID_USERS,
    ID_ALICE,
    ID_GROUP,
    ID_WEB,
    ID_NEXT,
};

static inline void set_sid(struct change *c, dir_id id, const struct sid *sid)
{
    uint8_t raw[SID_BYTES_MAX];
    struct span v = span_of(raw, sid_to_bytes(sid, raw));
    change_set(c, id, ATTR_objectSid, &v, 1);
}

static inline struct sid fixture_sid(uint32_t rid)
{
    return rid ? SID_NT(21, 100, 200, 300, rid) : SID_NT(21, 100, 200, 300);
}

static inline void fixture_account(struct change *c, dir_id id, const char *sam, uint32_t rid)
{
    struct sid sid = fixture_sid(rid);
    set_sid(c, id, &sid);
    set_text(c, id, ATTR_sAMAccountName, sam);
    set_u32(c, id, ATTR_userAccountControl, 0x200);
    set_u32(c, id, ATTR_primaryGroupID, 513);
}

static inline void fixture_forest(struct fixture *f)
{
    struct change *c = fixture_change(f);
    struct sid domain = fixture_sid(0);
    create(c, ID_COM, 0, CLASS_domainDNS, DIR_OBJ_PHANTOM, "com");
    create(c, ID_EXAMPLE, ID_COM, CLASS_domainDNS, DIR_OBJ_PHANTOM, "Example");
    create(c, ID_AWS, ID_EXAMPLE, CLASS_domainDNS, DIR_OBJ_NC_HEAD, "aws");
    set_sid(c, ID_AWS, &domain);
    set_u32(c, ID_AWS, ATTR_msDS_Behavior_Version, 7);
    create(c, ID_CONFIG, ID_AWS, CLASS_configuration, DIR_OBJ_NC_HEAD, "Configuration");
    create(c, ID_SCHEMA, ID_CONFIG, CLASS_dMD, DIR_OBJ_NC_HEAD, "Schema");
    create(c, ID_PARTITIONS, ID_CONFIG, CLASS_crossRefContainer, 0, "Partitions");
    create(c, ID_CROSSREF, ID_PARTITIONS, CLASS_crossRef, 0, "AWSCORP");
    set_u32(c, ID_CROSSREF, ATTR_nCName, ID_AWS);
    set_text(c, ID_CROSSREF, ATTR_nETBIOSName, "AWSCORP");
    create(c, ID_USERS, ID_AWS, CLASS_container, 0, "Users");
    create(c, ID_ALICE, ID_USERS, CLASS_user, 0, "Alice");
    fixture_account(c, ID_ALICE, "alice", 1104);
    set_text(c, ID_ALICE, ATTR_userPrincipalName, "Alice@Example.com");
    create(c, ID_GROUP, ID_USERS, CLASS_group, 0, "Staff");
    create(c, ID_WEB, ID_USERS, CLASS_computer, 0, "web1");
    fixture_account(c, ID_WEB, "WEB1$", 1105);
    struct span spns[] = {SPAN_LIT("HOST/web1.aws.example.com"), SPAN_LIT("host/WEB1")};
    change_set(c, ID_WEB, ATTR_servicePrincipalName, spns, 2);
    assert_int_equal(fixture_apply(f, c, NULL), ERR_OK);
}

/* A forest for each test. */
static inline int fixture_setup(void **state)
{
    static struct fixture f;
    fixture_init(&f);
    fixture_forest(&f);
    *state = &f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_check(*state);
    fixture_fini(*state);
    return 0;
}

#endif
