/* A directory goes back to a copy: what was made since is gone, what others share is as it is now,
 * and no number comes to stand for something else. */
#include "writer/fixture_test.h"

#include <sys/stat.h>

#include "directory/account.h"
#include "directory/restore.h"

static struct span key_of(const char *sam)
{
    struct dir_account account;
    struct dir_account_keys keys;
    assert_ok(dir_account_by_sam(fixture_snap(&f), span_str(sam), &account));
    assert_ok(dir_account_keys(fixture_snap(&f), DIR_SECRET_ACCOUNT, account.id, &f.arena, &keys));
    return arena_dup_span(&f.arena, span_of(keys.nt_hash, sizeof keys.nt_hash));
}

static struct span invocation(void)
{
    struct dir_obj o;
    struct span value;
    assert_true(fixture_find(&f,
                             "CN=NTDS Settings,CN=DC-A,CN=Servers,CN=Default-First-Site-Name,"
                             "CN=Sites,CN=Configuration",
                             &o));
    assert_true(dir_attr_first(&o, ATTR_invocationId, &value));
    return arena_dup_span(&f.arena, value);
}

static uint32_t rid_of(const char *rdn)
{
    struct dir_obj o;
    struct span value;
    struct sid sid;
    assert_true(fixture_find(&f, rdn, &o) && dir_attr_first(&o, ATTR_objectSid, &value));
    assert_ok(sid_from_bytes(value, &sid));
    return sid.sub[sid.count - 1];
}

static void user(const char *name)
{
    done(fixture_add(&f, arena_printf(&f.arena, "CN=%s,CN=Users", name),
                     arena_printf(&f.arena, "objectClass: user\nsAMAccountName: %s", name)));
}

static void set_password(const char *rdn, const char *password)
{
    struct intent in = {
        .kind = INTENT_SET_PASSWORD, .flags = INTENT_RESET, .new_password = span_str(password)};
    in.target = span_str(arena_printf(&f.arena, "%s," DOMAIN, rdn));
    done(fixture_do(&f, &in));
}

/* The service's processes are started again; here the writer is. */
static void restore(void)
{
    static const uint8_t master[32] = {7};
    struct dir_open_args args = {.path = f.path, .writable = true};
    struct writer_args wa;
    fixture_close(&f);
    writer_free(f.w);
    dir_close(f.dir);
    assert_ok(dir_restore(f.path, INT64_C(1790000000000000), plat_random));
    assert_int_equal(dir_restore(f.path, INT64_C(1790000000000000), plat_random), ERR_NOT_FOUND);
    dir_keyring_derive(master, 7, &args.keyring);
    assert_ok(dir_open(&args, &f.dir));
    wa = (struct writer_args){.dir = f.dir};
    assert_ok(writer_new(&wa, &f.w));
}

static void goes_back(void **state)
{
    const char *copy = arena_printf(&f.arena, "%s/" DIR_RESTORE_FOLDER, f.path);
    struct dir_obj o;
    (void)state;
    done(fixture_add(&f, "CN=WS1,CN=Computers",
                     "objectClass: computer\nsAMAccountName: WS1$\nuserAccountControl: 4096\n"
                     "unicodePwd: Mach1ne-first"));
    user("before");
    set_password("CN=before,CN=Users", "Of-bef0re-first");
    struct span machine = key_of("WS1$"), person = key_of("before"), id = invocation();

    assert_int_equal(mkdir(copy, 0700), 0);
    fixture_close(&f);
    assert_ok(dir_copy(f.dir, copy));

    user("after");
    uint32_t last = rid_of("CN=after,CN=Users");
    done(fixture_delete(&f, "CN=before,CN=Users", 0));
    set_password("CN=WS1,CN=Computers", "Mach1ne-second");
    struct span machine_now = key_of("WS1$");
    assert_false(span_eq(machine, machine_now));

    restore();
    assert_false(fixture_find(&f, "CN=after,CN=Users", &o));
    assert_true(fixture_find(&f, "CN=before,CN=Users", &o));
    assert_true(span_eq(key_of("before"), person));
    assert_true(span_eq(key_of("WS1$"), machine_now));
    assert_false(span_eq(invocation(), id));
    user("later");
    assert_true(rid_of("CN=later,CN=Users") > last);
    assert_true(fixture_find(&f, "CN=later,CN=Users", &o));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(goes_back, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
