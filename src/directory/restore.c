#include "directory/restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/account.h"
#include "directory/change.h"
#include "directory/dir_internal.h"

#define RECORD_MEMORY  (128u << 20)
#define RECORD_OBJECTS 1000
#define RID_KRBTGT     502

struct restoring {
    struct dir_snap now;    /* the directory as it is */
    struct dir_write *copy; /* the copy while it is made ready */
    struct sid domain;
    struct arena a; /* of one record */
    struct change *change;
    unsigned changed;
    utime when;
    void (*random)(void *out, size_t len);
};

enum err dir_copy(struct dir *d, const char *folder)
{
    return store_copy(d->store, folder);
}

/* --- what is kept as it is now --------------------------------------------------------------- */

/* Secrets that somebody else knows, too, and has changed with us: machines, partners, the holders
 * of tickets. */
static bool shared_secret(const struct restoring *r, const struct dir_obj *o)
{
    const struct schema_class *c = schema_class(o->class_id);
    struct span value;
    struct sid sid;
    uint32_t rid;
    if (!c)
        return false;
    if (schema_class_is(c, CLASS_trustedDomain) || schema_class_is(c, CLASS_computer) ||
        schema_class_is(c, CLASS_secret))
        return true;
    if (!schema_class_is(c, CLASS_user))
        return false;
    if ((uint32_t)dir_attr_i32(o, ATTR_userAccountControl, 0) & UAC_INTERDOMAIN_TRUST_ACCOUNT)
        return true;
    return dir_attr_first(o, ATTR_objectSid, &value) && sid_from_bytes(value, &sid) == ERR_OK &&
           sid_in_domain(&sid, &r->domain, &rid) && rid == RID_KRBTGT;
}

static enum err sealed(const struct dir_snap *s, unsigned store, dir_id id, struct span *out)
{
    struct store_key k;
    store_key_init(&k);
    store_key_u8(&k, (uint8_t)store);
    store_key_u32(&k, id);
    *out = SPAN_NONE;
    if (!store_get(s->txn, DB_SECRET, store_key_span(&k), out) && dir_snap_err(s))
        return ERR_IO;
    return ERR_OK;
}

static enum err apply(struct restoring *r)
{
    struct span record;
    uint64_t usn;
    if (r->changed) {
        TRY(change_done(r->change, &record));
        TRY(dir_write_apply(r->copy, record, &usn));
    }
    arena_reset(&r->a);
    r->changed = 0;
    r->change = change_new(&r->a, r->when);
    return r->change ? ERR_OK : ERR_NOMEM;
}

/* A sealed secret is bound to its object's id, which is the same in both. */
static enum err keep_secrets(struct restoring *r, const struct dir_obj *o)
{
    struct span value, then;
    for (unsigned store = 0; store < DIR_SECRET__COUNT; store++) {
        TRY(sealed(&r->now, store, o->id, &value));
        TRY(sealed(&r->copy->snap, store, o->id, &then));
        if (!span_eq(value, then)) {
            change_secret(r->change, (enum dir_secret_store)store, o->id, value);
            r->changed++;
        }
    }
    if (dir_attr_first(o, ATTR_pwdLastSet, &value)) {
        change_set(r->change, o->id, ATTR_pwdLastSet, &value, 1);
        r->changed++;
    }
    return r->changed >= RECORD_OBJECTS ? apply(r) : ERR_OK;
}

static enum err keep(struct restoring *r, dir_id last)
{
    for (dir_id id = 1; id < last; id++) {
        struct dir_obj o, then;
        if (dir_by_id(&r->now, id, &o) != ERR_OK || (o.flags & DIR_OBJ_DELETED) ||
            !shared_secret(r, &o) || dir_by_id(&r->copy->snap, id, &then) != ERR_OK ||
            (then.flags & DIR_OBJ_DELETED) || !guid_eq(&o.guid, &then.guid))
            continue;
        TRY(keep_secrets(r, &o));
    }
    return apply(r);
}

/* Others know a database by its invocation id, and how far they have read it ([MS-DRSR] 4.1.1): one
 * that goes back is another database. */
static enum err new_invocations(struct restoring *r, dir_id last)
{
    for (dir_id id = 1; id < last; id++) {
        struct dir_obj o;
        uint8_t drawn[16];
        struct guid g;
        if (dir_by_id(&r->copy->snap, id, &o) != ERR_OK || (o.flags & DIR_OBJ_DELETED) ||
            o.class_id != CLASS_nTDSDSA)
            continue;
        r->random(drawn, sizeof drawn);
        guid_from_random(drawn, &g);
        const struct span value = span_of(g.b, sizeof g.b);
        change_set(r->change, id, ATTR_invocationId, &value, 1);
        r->changed++;
    }
    return apply(r);
}

/* --- ready, and in its place ----------------------------------------------------------------- */

static enum err make_ready(struct restoring *r)
{
    struct dir_naming now, then;
    struct dir_state of_now, of_copy;
    TRY(dir_naming(&r->now, &now));
    TRY(dir_naming(&r->copy->snap, &then));
    if (!sid_eq(&now.domain_sid, &then.domain_sid))
        return ERR_CONSTRAINT;
    r->domain = now.domain_sid;
    TRY(dir_state_read(r->now.txn, &of_now));
    TRY(dir_state_read(r->copy->snap.txn, &of_copy));
    TRY(apply(r));
    TRY(keep(r, of_copy.next_id));
    TRY(new_invocations(r, of_copy.next_id));
    TRY(dir_state_read(r->copy->snap.txn, &of_copy));
    if (of_copy.next_id < of_now.next_id)
        of_copy.next_id = of_now.next_id;
    if (of_copy.next_rid < of_now.next_rid)
        of_copy.next_rid = of_now.next_rid;
    dir_state_write(r->copy->snap.txn, &of_copy);
    return store_txn_err(r->copy->snap.txn);
}

static enum err merge(struct dir *now, struct dir *copy, utime when,
                      void (*random)(void *out, size_t len))
{
    struct dir_write txn;
    struct restoring r = {.copy = &txn, .when = when, .random = random};
    TRY(dir_snap_begin(now, &r.now));
    enum err e = dir_write_begin(copy, &txn);
    if (e == ERR_OK) {
        arena_init(&r.a, 64 << 10, RECORD_MEMORY, ARENA_WIPE);
        e = make_ready(&r);
        arena_fini(&r.a);
        if (e == ERR_OK)
            e = dir_write_commit(&txn);
        else
            dir_write_abort(&txn);
    }
    dir_snap_end(&r.now);
    return e;
}

static enum err open_both(const char *folder, const char *copy, utime when,
                          void (*random)(void *out, size_t len))
{
    struct dir_open_args of_now = {.path = folder}, of_copy = {.path = copy, .writable = true};
    struct dir *now, *then;
    TRY(dir_open(&of_now, &now));
    enum err e = dir_open(&of_copy, &then);
    if (e == ERR_OK) {
        e = merge(now, then, when, random);
        dir_close(then);
    }
    dir_close(now);
    return e;
}

/* The table of readers belongs to the file that it was made with: who still has the old one open
 * keeps both. */
static enum err take_place(const char *folder, const char *copy)
{
    char from[4200], to[4200];
    snprintf(to, sizeof to, "%s/lock.mdb", folder);
    if (unlink(to) != 0 && access(to, F_OK) == 0)
        return ERR_IO;
    snprintf(from, sizeof from, "%s/data.mdb", copy);
    snprintf(to, sizeof to, "%s/data.mdb", folder);
    if (rename(from, to) != 0)
        return ERR_IO;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int synced = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0)
        close(fd);
    snprintf(from, sizeof from, "%s/lock.mdb", copy);
    (void)unlink(from);
    (void)rmdir(copy);
    return synced == 0 ? ERR_OK : ERR_IO;
}

enum err dir_restore(const char *folder, utime now, void (*random)(void *out, size_t len))
{
    char copy[4096], file[4200];
    int n = snprintf(copy, sizeof copy, "%s/" DIR_RESTORE_FOLDER, folder);
    if (n < 0 || (size_t)n >= sizeof copy)
        return ERR_RANGE;
    snprintf(file, sizeof file, "%s/data.mdb", copy);
    if (access(file, F_OK) != 0)
        return ERR_NOT_FOUND;
    TRY(open_both(folder, copy, now, random));
    return take_place(folder, copy);
}

void dir_restore_give_up(const char *folder)
{
    char from[4200], to[4200];
    snprintf(from, sizeof from, "%s/" DIR_RESTORE_FOLDER, folder);
    snprintf(to, sizeof to, "%s/" DIR_RESTORE_FAILED, folder);
    (void)rename(from, to);
}
