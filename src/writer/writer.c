#include "writer/op.h"

#include <errno.h>
#include <stdarg.h>

#include "base/counters.h"
#include "base/text.h"
#include "plat/clock.h"
#include "plat/random.h"

/* Memory of one intent: the largest is a piece of an import, or a tree. */
#define SCRATCH_FIRST (256u << 10)
#define RECORD_FIRST  (64u << 10)
#define SCRATCH_MAX   (512u << 20)

static enum err (*const handlers[INTENT_KIND_END])(struct op *op) = {
    [INTENT_ADD] = op_add,
    [INTENT_MODIFY] = op_modify,
    [INTENT_DELETE] = op_delete,
    [INTENT_MODIFY_DN] = op_modify_dn,
    [INTENT_SET_PASSWORD] = op_set_password,
    [INTENT_LOCKOUT] = op_lockout,
    [INTENT_LOGON_BATCH] = op_logon_batch,
    [INTENT_TRUST_PUT] = op_trust_put,
    [INTENT_TRUST_DELETE] = op_trust_delete,
    [INTENT_FORWARDER_PUT] = op_forwarder_put,
    [INTENT_FORWARDER_DELETE] = op_forwarder_delete,
    [INTENT_ZONE_UPDATE] = op_zone_update,
    [INTENT_KEYTAB] = op_keytab,
    [INTENT_IMPORT] = op_import,
    [INTENT_SETTINGS] = op_settings,
    [INTENT_TRUST_ROLL] = op_trust_roll,
    [INTENT_USER_RIGHTS] = op_user_rights,
    [INTENT_LSA_SECRET] = op_lsa_secret,
    [INTENT_DC_JOIN] = op_dc_join,
    [INTENT_DC_LEAVE] = op_dc_leave,
    [INTENT_SCHEMA] = op_schema,
};

static const char *const kind_names[INTENT_KIND_END] = {
    [INTENT_ADD] = "add",
    [INTENT_MODIFY] = "modify",
    [INTENT_DELETE] = "delete",
    [INTENT_MODIFY_DN] = "modify-dn",
    [INTENT_SET_PASSWORD] = "set-password",
    [INTENT_LOCKOUT] = "lockout",
    [INTENT_LOGON_BATCH] = "logon-batch",
    [INTENT_TRUST_PUT] = "trust-put",
    [INTENT_TRUST_DELETE] = "trust-delete",
    [INTENT_FORWARDER_PUT] = "forwarder-put",
    [INTENT_FORWARDER_DELETE] = "forwarder-delete",
    [INTENT_ZONE_UPDATE] = "zone-update",
    [INTENT_KEYTAB] = "keytab",
    [INTENT_IMPORT] = "import",
    [INTENT_SETTINGS] = "settings",
    [INTENT_TRUST_ROLL] = "trust-roll",
    [INTENT_USER_RIGHTS] = "user-rights",
    [INTENT_LSA_SECRET] = "lsa-secret",
    [INTENT_DC_JOIN] = "dc-join",
    [INTENT_DC_LEAVE] = "dc-leave",
    [INTENT_SCHEMA] = "schema",
};

enum err writer_new(const struct writer_args *args, struct writer **out)
{
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    w->dir = args->dir;
    w->events = args->events;
    w->log = args->log.records
                 ? args->log
                 : (struct dir_log_limits){.records = DIR_LOG_RECORDS, .age = DIR_LOG_AGE};
    arena_init(&w->scratch, SCRATCH_FIRST, SCRATCH_MAX, ARENA_WIPE);
    arena_init(&w->record, RECORD_FIRST, SCRATCH_MAX, ARENA_WIPE);
    *out = w;
    return ERR_OK;
}

void writer_free(struct writer *w)
{
    if (!w)
        return;
    arena_fini(&w->scratch);
    arena_fini(&w->record);
    new_sd_free(w->sds);
    free(w);
}

enum err op_refuse(struct op *op, enum err e, enum reason reason, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    op->reply->reason = reason;
    op->reply->text = arena_dup_span(op->out, text_valid_part(span_of(text, len)));
    return e;
}

struct span op_name(struct op *op, dir_id id)
{
    struct span dn;
    return dir_dn(op->s, id, op->a, &dn) == ERR_OK ? dn : SPAN_LIT("the new object");
}

enum err op_find(struct op *op, struct span dn, struct dir_obj *out)
{
    enum err e = dir_by_dn(op->s, dn, out, NULL);
    if (e == ERR_OK && (out->flags & DIR_OBJ_DELETED) && !(op->in->flags & INTENT_SHOW_DELETED))
        e = ERR_NOT_FOUND;
    if (e == ERR_MALFORMED)
        return op_refuse(op, e, REASON_DIR_NAME, "\"%.*s\" is not a distinguished name",
                         SPAN_ARG(dn));
    if (e == ERR_NOT_FOUND)
        return op_refuse(op, e, REASON_DIR_NO_OBJECT, "there is no object %.*s", SPAN_ARG(dn));
    return e;
}

enum err op_name_free(struct op *op, dir_id parent, struct span rdn, dir_id self)
{
    struct dir_obj there;
    enum err e = dir_child(op->s, parent, rdn, &there);
    if (e == ERR_OK && there.id != self)
        return op_refuse(op, ERR_EXISTS, REASON_DIR_EXISTS, "%.*s exists already",
                         SPAN_ARG(op_name(op, there.id)));
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

bool op_sid(const struct dir_obj *o, struct sid *out)
{
    struct span v;
    return dir_attr_first(o, ATTR_objectSid, &v) && sid_from_bytes(v, out) == ERR_OK;
}

enum err op_secret(struct op *op, enum dir_secret_store store, dir_id id, struct span plain)
{
    uint8_t nonce[12];
    struct span sealed = SPAN_NONE;
    if (plain.len) {
        plat_random(nonce, sizeof nonce);
        TRY(dir_secret_seal(op->w->dir, store, id, nonce, plain, op->a, &sealed));
    }
    change_secret(op->c, store, id, sealed);
    return ERR_OK;
}

static void report(struct op *op)
{
    struct event ev;
    if (!op->w->events)
        return;
    event_init(&ev, op->now, "writer.change", op->reply->reason);
    event_text(&ev, "kind", span_str(kind_names[op->in->kind]));
    event_text(&ev, "result", span_str(err_name(op->reply->err)));
    if (op->in->target.len)
        event_text(&ev, "target", op->in->target);
    if (op->reply->text.len)
        event_text(&ev, "text", op->reply->text);
    if (op->reply->usn)
        event_num(&ev, "usn", (int64_t)op->reply->usn);
    event_emit(op->w->events, &ev);
}

static enum err too_large(struct op *op)
{
    return op_refuse(op, ERR_LIMIT, REASON_DIR_TOO_LARGE,
                     "the change is too large to be made at once");
}

enum err op_apply(struct op *op)
{
    struct span record;
    enum err e = change_done(op->c, &record);
    if (e == ERR_LIMIT)
        return too_large(op);
    TRY(e);
    e = dir_write_apply(op->txn, record, &op->reply->usn);
    if (e == ERR_EXISTS)
        return op_refuse(op, e, REASON_DIR_EXISTS,
                         "an object of that name or identity exists already");
    return e;
}

enum err op_start(struct op *op)
{
    struct dir_obj root;
    struct sid forest_root;
    TRY(dir_naming(op->s, &op->naming));
    op->foreign = NULL;
    op->c = change_new(op->a, op->now);
    if (op->w->sds)
        return op->c ? ERR_OK : ERR_NOMEM;
    TRY(dir_by_id(op->s, op->naming.root_nc, &root));
    if (!op_sid(&root, &forest_root))
        return ERR_IO;
    op->w->sds = new_sd_new(&op->naming.domain_sid, &forest_root);
    return op->c && op->w->sds ? ERR_OK : ERR_NOMEM;
}

/* IMPORT and others that make records of their own leave op->c empty-handed (NULL). */
static enum err run(struct op *op)
{
    TRY(op_start(op));
    TRY(handlers[op->in->kind](op));
    return op->c ? op_apply(op) : ERR_OK;
}

static void handle(struct writer *w, struct dir_write *txn, struct writer_item *item,
                   struct arena *out)
{
    struct op op = {.w = w,
                    .in = item->intent,
                    .txn = txn,
                    .s = &txn->snap,
                    .a = &w->scratch,
                    .out = out,
                    .now = plat_now(),
                    .reply = &item->reply};
    item->reply = (struct intent_reply){0};
    enum err e = run(&op);
    if (e == ERR_NOMEM) /* the scratch arena's maximum: how much one change may need */
        e = too_large(&op);
    if (e != ERR_OK && item->reply.reason == REASON_NONE)
        op_refuse(&op, e, REASON_SERVER_FAILED, "the change could not be made: %s", err_name(e));
    if (e != ERR_OK) {
        item->reply.usn = 0;
        item->reply.data = SPAN_NONE;
    }
    item->reply.err = e;
    arena_reset(&w->scratch);
}

/* why: errno of ERR_IO. */
static void fail_all(struct writer_item *items, unsigned count, enum err e, int why)
{
    bool full = e == ERR_IO && (why == ENOSPC || why == EDQUOT);
    struct intent_reply reply = {
        .err = e,
        .reason = full ? REASON_SERVER_DISK_FULL : REASON_SERVER_FAILED,
        .text =
            full ? SPAN_LIT("there is no space left for the directory's file; nothing was changed")
                 : SPAN_LIT("the directory's file could not be written; nothing was changed")};
    for (unsigned i = 0; i < count; i++)
        items[i].reply = reply;
}

static void count_commit(const struct writer_item *items, unsigned count, enum err e)
{
    if (e != ERR_OK)
        return;
    counter_add(COUNTER_WRITER_COMMITS, 1);
    for (unsigned i = 0; i < count; i++)
        counter_add(COUNTER_WRITER_CHANGES, items[i].reply.err == ERR_OK);
}

enum err writer_handle_batch(struct writer *w, struct writer_item *items, unsigned count,
                             struct arena *a)
{
    struct dir_write txn;
    bool changed = false;
    if (count > WRITER_BATCH_MAX)
        return ERR_LIMIT;
    enum err e = dir_write_begin(w->dir, &txn);
    if (e != ERR_OK) {
        fail_all(items, count, e, errno);
        return e;
    }
    for (unsigned i = 0; i < count; i++) {
        handle(w, &txn, &items[i], a);
        changed |= items[i].reply.err == ERR_OK;
    }
    if (changed) {
        (void)dir_write_trim_log(&txn, &w->log, plat_now(), WRITER_TRIM_STEP);
        e = dir_write_commit(&txn);
        count_commit(items, count, e);
    } else {
        dir_write_abort(&txn);
    }
    if (e != ERR_OK)
        fail_all(items, count, e, errno);
    for (unsigned i = 0; i < count; i++) {
        struct op op = {.w = w, .in = items[i].intent, .now = plat_now(), .reply = &items[i].reply};
        report(&op);
    }
    return e;
}

static void report_unread(struct writer *w, const struct intent_reply *refusal)
{
    struct event ev;
    if (!w->events)
        return;
    event_init(&ev, plat_now(), "writer.change", refusal->reason);
    event_text(&ev, "result", span_str(err_name(refusal->err)));
    event_text(&ev, "text", refusal->text);
    event_emit(w->events, &ev);
}

/* What cannot be understood is answered here and does not take part in the batch. */
static bool understand(struct writer_message *m, struct intent *in, struct intent_reply *reply,
                       struct arena *a)
{
    if (m->deadline && plat_mono() >= m->deadline) {
        *reply = (struct intent_reply){
            .err = ERR_TIMEOUT,
            .reason = REASON_WRITER_TOO_LATE,
            .text = SPAN_LIT("the intent came after its sender had stopped waiting")};
        return false;
    }
    enum err e = intent_decode(m->bytes, a, in);
    if (e != ERR_OK) {
        *reply = (struct intent_reply){.err = e,
                                       .reason = REASON_WIRE_MALFORMED,
                                       .text = SPAN_LIT("the intent does not decode")};
        return false;
    }
    if (((in->flags & (INTENT_SYSTEM | INTENT_PROVED)) && !(m->allowed_flags & INTENT_SYSTEM)) ||
        ((in->flags & INTENT_LOGON) && !(m->allowed_flags & INTENT_LOGON))) {
        *reply = (struct intent_reply){
            .err = ERR_DENIED,
            .reason = REASON_DIR_ACCESS,
            .text = SPAN_LIT("this channel may not ask for the service's own rights")};
        return false;
    }
    return true;
}

enum err writer_handle_messages(struct writer *w, struct writer_message *messages, unsigned count,
                                struct arena *a)
{
    if (count > WRITER_BATCH_MAX)
        return ERR_LIMIT;
    struct intent *intents = arena_array(a, count, sizeof *intents);
    struct writer_item *items = arena_array(a, count, sizeof *items);
    struct intent_reply *refused = arena_array(a, count, sizeof *refused);
    struct intent_reply **replies = arena_array(a, count, sizeof *replies);
    if (!intents || !items || !refused || !replies)
        return ERR_NOMEM;
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) {
        if (understand(&messages[i], &intents[n], &refused[i], a)) {
            items[n].intent = &intents[n];
            replies[i] = &items[n++].reply;
        } else {
            replies[i] = &refused[i];
            report_unread(w, &refused[i]);
        }
    }
    enum err e = n ? writer_handle_batch(w, items, n, a) : ERR_OK;
    for (unsigned i = 0; i < count; i++)
        TRY(intent_reply_encode(replies[i], a, &messages[i].reply_out));
    return e;
}
