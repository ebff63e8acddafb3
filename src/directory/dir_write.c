#include "directory/apply.h"

enum err dir_write_begin(struct dir *d, struct dir_write *w)
{
    struct store_txn *t;
    struct dir_state st;
    TRY(store_write_begin(d->store, NULL, &t));
    enum err e = dir_state_read(t, &st);
    if (e != ERR_OK) {
        store_abort(t);
        return ERR_IO;
    }
    if (d->next_id < st.next_id)
        d->next_id = st.next_id;
    if (d->next_rid < st.next_rid)
        d->next_rid = st.next_rid;
    *w = (struct dir_write){.snap = {d, t, st.epochs}};
    e = dir_schema_begin(&w->snap);
    w->schema = dir_schema_now(d);
    if (e != ERR_OK)
        store_abort(t);
    return e;
}

dir_id dir_write_next_id(struct dir_write *w)
{
    return w->snap.dir->next_id++;
}

enum err dir_write_next_rid(struct dir_write *w, uint32_t *out)
{
    struct dir *d = w->snap.dir;
    if (d->next_rid > DIR_RID_MAX)
        return ERR_LIMIT;
    *out = d->next_rid++;
    return ERR_OK;
}

static enum err apply_secret(struct apply *ap, const struct change_item *i)
{
    struct store_key k;
    struct work *w;
    TRY(apply_load(ap, i->id, &w));
    store_key_init(&k);
    store_key_u8(&k, (uint8_t)i->store);
    store_key_u32(&k, i->id);
    if (i->data.len)
        store_put(ap->txn, DB_SECRET, store_key_span(&k), i->data);
    else
        store_del(ap->txn, DB_SECRET, store_key_span(&k));
    return apply_touch(ap, w, ATTR_unicodePwd);
}

static enum err apply_meta(struct apply *ap, const struct change_item *i)
{
    if (!i->key.len || i->key.len > STORE_KEY_MAX || span_eq(i->key, SPAN_LIT("state")))
        return ERR_CONSTRAINT;
    ap->naming = true;
    if (i->data.len)
        store_put(ap->txn, DB_META, i->key, i->data);
    else
        store_del(ap->txn, DB_META, i->key);
    return ERR_OK;
}

static enum err apply_item(struct apply *ap, const struct change_item *i)
{
    if (i->op != CHANGE_LINK)
        TRY(apply_run(ap));
    switch (i->op) {
    case CHANGE_CREATE:
        return apply_create(ap, i);
    case CHANGE_SET:
        return apply_set(ap, i);
    case CHANGE_MOVE:
        return apply_move(ap, i);
    case CHANGE_FLAGS:
        return apply_flags(ap, i);
    case CHANGE_SD:
        return apply_sd(ap, i);
    case CHANGE_LINK:
    case CHANGE_UNLINK:
        return apply_link(ap, i);
    case CHANGE_SECRET:
        return apply_secret(ap, i);
    case CHANGE_META:
        return apply_meta(ap, i);
    case CHANGE_REMOVE:
        return apply_remove(ap, i);
    case CHANGE_SD_LIKE:
        return apply_sd_like(ap, i);
    }
    return ERR_MALFORMED;
}

static enum err apply_items(struct apply *ap, struct change_reader *r)
{
    struct change_item item;
    enum err e;
    ap->when = r->when;
    while ((e = change_next(r, &item)) == ERR_OK) {
        TRY(apply_item(ap, &item));
        TRY(store_txn_err(ap->txn));
    }
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(apply_run(ap));
    return apply_flush(ap);
}

static enum err apply_whole(struct apply *ap, struct span record)
{
    struct change_reader r;
    TRY(dir_state_read(ap->txn, &ap->state));
    TRY(change_read(record, &r));
    ap->state.epochs.usn++;
    TRY(apply_items(ap, &r));
    store_put(ap->txn, DB_LOG, NUMBER_KEY(ap->state.epochs.usn), record);
    dir_state_write(ap->txn, &ap->state);
    return store_txn_err(ap->txn);
}

static void apply_init(struct apply *ap)
{
    ap->last = &ap->first;
    arena_init(&ap->arena, 0, APPLY_ARENA_MAX, 0);
}

/* As after apply_init, with the memory kept. */
static void apply_forget(struct apply *ap)
{
    for (const struct work *w = ap->first; w; w = w->next)
        ap->bucket[w->id % APPLY_BUCKETS] = NULL;
    ap->first = NULL;
    ap->last = &ap->first;
    ap->naming = ap->links = ap->trusts = ap->zones = false;
    ap->run = NULL;
    ap->run_count = ap->run_room = 0;
    arena_reset(&ap->arena);
}

static enum err apply_nested(struct dir_write *w, struct apply *ap, struct span record)
{
    TRY(store_write_begin(w->snap.dir->store, w->snap.txn, &ap->txn));
    enum err e = apply_whole(ap, record);
    if (e == ERR_OK)
        return store_commit(ap->txn);
    store_abort(ap->txn);
    return e;
}

/* --- steps --------------------------------------------------------------------------------------
 */

struct dir_step {
    struct store_txn *outer; /* NULL: nothing was before it, and it has the transaction itself */
    struct dir_epochs before;
    struct dir_state state; /* of all parts */
    struct builder log;
    utime when;
    bool closed;
    enum err err;
    struct apply apply; /* of one part after the other */
};

/* Leaves room for one more part, whatever it is. */
#define STEP_LOG_FULL (CHANGE_RECORD_MAX / 4)

enum err dir_write_step_begin(struct dir_write *w, utime when, struct arena *a)
{
    struct dir_step *step = arena_new(a, struct dir_step);
    ENT_ASSERT(!w->step);
    if (!step)
        return ERR_NOMEM;
    TRY(dir_state_read(w->snap.txn, &step->state));
    if (w->applied) {
        struct store_txn *inner;
        TRY(store_write_begin(w->snap.dir->store, w->snap.txn, &inner));
        step->outer = w->snap.txn;
        w->snap.txn = inner;
    }
    step->before = w->snap.epochs;
    step->when = when;
    step->state.epochs.usn++;
    change_begin(&step->log, a, when);
    apply_init(&step->apply);
    w->step = step;
    return ERR_OK;
}

static bool changes_others(const struct apply *ap)
{
    for (const struct work *w = ap->first; w; w = w->next) {
        if (!w->fresh && !w->young && (w->changed || w->removed))
            return true;
    }
    return ap->naming || ap->trusts || ap->zones;
}

static enum err apply_part(struct dir_step *step, struct apply *ap, struct span record)
{
    struct change_reader r;
    if (step->closed)
        return ERR_CONSTRAINT;
    TRY(change_read(record, &r));
    if (r.when != step->when)
        return ERR_CONSTRAINT;
    ap->state = step->state;
    builder_span(&step->log, r.rest);
    TRY(apply_items(ap, &r));
    step->state = ap->state;
    step->closed = changes_others(ap) || step->log.len > STEP_LOG_FULL;
    return store_txn_err(ap->txn);
}

bool dir_write_step_closed(const struct dir_write *w)
{
    return w->step->closed || w->step->err != ERR_OK;
}

static enum err finish_step(struct dir_step *step, struct store_txn *t)
{
    struct span record;
    TRY(step->err);
    if (step->log.len == CHANGE_HEAD)
        return ERR_OK;
    TRY(builder_done(&step->log, &record));
    store_put(t, DB_LOG, NUMBER_KEY(step->state.epochs.usn), record);
    dir_state_write(t, &step->state);
    return store_txn_err(t);
}

static void given_up(struct dir_write *w)
{
    dir_naming_forget(w->snap.dir);
    dir_schema_back(w->snap.dir, w->schema);
}

enum err dir_write_step_keep(struct dir_write *w)
{
    struct dir_step *step = w->step;
    struct store_txn *t = w->snap.txn;
    enum err e = finish_step(step, t);
    arena_fini(&step->apply.arena);
    w->step = NULL;
    if (step->outer)
        w->snap.txn = step->outer;
    if (e == ERR_OK)
        return step->outer ? store_commit(t) : ERR_OK;
    if (step->outer)
        store_abort(t);
    else
        store_txn_fail(t, e);
    w->snap.epochs = step->before;
    given_up(w);
    (void)dir_schema_begin(&w->snap); /* what came before the step may have changed it, too */
    return e;
}

/* A record that changed the schema is followed by others that use it. */
static enum err applied(struct dir_write *w, const struct apply *ap, struct span record,
                        uint64_t *usn_out)
{
    struct dir *d = w->snap.dir;
    w->snap.epochs = ap->state.epochs;
    if (d->next_id < ap->state.next_id)
        d->next_id = ap->state.next_id;
    if (d->next_rid < ap->state.next_rid)
        d->next_rid = ap->state.next_rid;
    *usn_out = ap->state.epochs.usn;
    enum err e = dir_schema_applied(&w->snap, record);
    if (e != ERR_OK)
        store_txn_fail(w->snap.txn, e);
    return e;
}

static enum err apply_in_step(struct dir_write *w, struct span record, uint64_t *usn_out)
{
    struct dir_step *step = w->step;
    TRY(step->err);
    step->apply.txn = w->snap.txn;
    step->err = apply_part(step, &step->apply, record);
    if (step->err == ERR_OK)
        step->err = applied(w, &step->apply, record, usn_out);
    apply_forget(&step->apply);
    return step->err;
}

enum err dir_write_apply(struct dir_write *w, struct span record, uint64_t *usn_out)
{
    w->applied = true;
    if (w->step)
        return apply_in_step(w, record, usn_out);
    struct apply *ap = calloc(1, sizeof(*ap));
    if (!ap)
        return ERR_NOMEM;
    apply_init(ap);
    enum err e = apply_nested(w, ap, record);
    if (e == ERR_OK)
        e = applied(w, ap, record, usn_out);
    arena_fini(&ap->arena);
    free(ap);
    return e;
}

enum err dir_write_commit(struct dir_write *w)
{
    enum err e = store_commit(w->snap.txn);
    w->snap.txn = NULL;
    if (e != ERR_OK)
        given_up(w);
    return e;
}

void dir_write_abort(struct dir_write *w)
{
    store_abort(w->snap.txn);
    w->snap.txn = NULL;
    given_up(w);
}

/* --- several records ----------------------------------------------------------------------------
 */

enum err dir_write_nest(struct dir_write *w, struct dir_nest *out)
{
    struct store_txn *inner;
    ENT_ASSERT(!w->step);
    TRY(store_write_begin(w->snap.dir->store, w->snap.txn, &inner));
    *out = (struct dir_nest){
        .outer = w->snap.txn, .before = w->snap.epochs, .schema = dir_schema_mark(w->snap.dir)};
    w->snap.txn = inner;
    return ERR_OK;
}

enum err dir_write_nest_end(struct dir_write *w, const struct dir_nest *n, bool keep)
{
    struct store_txn *inner = w->snap.txn;
    ENT_ASSERT(!w->step);
    enum err e = keep ? dir_schema_keep(&w->snap, &n->schema) : ERR_OK;
    w->snap.txn = n->outer;
    if (keep && e == ERR_OK)
        e = store_commit(inner);
    else
        store_abort(inner);
    if (keep && e == ERR_OK)
        return ERR_OK;
    if (keep)
        store_txn_fail(n->outer, e);
    w->snap.epochs = n->before;
    dir_naming_forget(w->snap.dir);
    dir_schema_drop(&w->snap, &n->schema);
    return e;
}

static bool log_keeps(const struct dir_snap *s, const struct dir_log_limits *keep, utime now,
                      uint64_t usn)
{
    struct change_reader r;
    struct span record;
    uint64_t newer = dir_snap_usn(s) - usn;
    if (newer == 0 || newer >= keep->records)
        return newer == 0;
    return dir_log_read(s, usn, &record) != ERR_OK || change_read(record, &r) != ERR_OK ||
           now - r.when <= keep->age;
}

unsigned dir_write_trim_log(struct dir_write *w, const struct dir_log_limits *keep, utime now,
                            unsigned step)
{
    uint64_t usn = dir_log_oldest(&w->snap);
    unsigned gone = 0;
    for (; usn && gone < step && !log_keeps(&w->snap, keep, now, usn); usn++, gone++)
        store_del(w->snap.txn, DB_LOG, NUMBER_KEY(usn));
    return gone;
}
