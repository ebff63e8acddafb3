#include "writer/import.h"

#include "writer/password.h"
#include "writer/values.h"

#define REFUSALS_MAX 20 /* told one by one; the rest are counted */

static void tell(struct import *im, uint32_t line, struct span why)
{
    if (im->refused++ < REFUSALS_MAX)
        builder_printf(&im->text, "line %u: %.*s\n", line, SPAN_ARG(why));
}

/* The same descriptor as the last object's is written as such: it is most of a record. */
static void descriptor_like(struct import *im, struct draft *d)
{
    if (im->sd_of && span_eq(d->sd, im->sd)) {
        d->sd_like = im->sd_of;
        return;
    }
    im->sd = arena_dup_span(&d->op->w->scratch, d->sd);
    im->sd_of = im->sd.ptr ? d->id : 0;
}

static enum err add_one(struct import *im, struct op *op, const struct ldif_record *rec)
{
    struct intent in = {.kind = INTENT_ADD,
                        .flags = op->in->flags | INTENT_BULK | INTENT_PROTECTED,
                        .token = op->in->token,
                        .target = rec->dn};
    struct import_given given = {.ready = false};
    struct draft d;
    op->in = &in;
    TRY(op_start(op));
    TRY(import_gather(op, rec, &in, &given));
    TRY(add_object(op, &d));
    TRY(import_find_groups(im, &d, &given));
    TRY(password_request(&d));
    TRY(import_secrets(&d, &given));
    descriptor_like(im, &d);
    draft_write(&d);
    TRY(draft_secrets(&d));
    TRY(op_apply(op));
    im->memberships += im->pending;
    return ERR_OK;
}

static void record(struct import *im, struct op *op, const struct ldif_record *rec)
{
    struct op sub = *op;
    struct intent_reply reply = {0};
    sub.reply = &reply;
    sub.a = &op->w->record;
    sub.guids = &im->guids;
    enum err e = add_one(im, &sub, rec);
    if (e != ERR_OK) {
        im->sd_of = 0; /* it may be the object that is not there now */
        tell(im, rec->line, reply.text.len ? reply.text : span_str(err_name(e)));
        return;
    }
    im->added++;
    op->reply->usn = reply.usn;
}

static bool next(struct import *im, struct op *op)
{
    struct ldif_record rec;
    arena_reset(&op->w->record);
    enum err e = ldif_next(&im->reader, &op->w->record, &rec);
    if (e == ERR_OK)
        record(im, op, &rec);
    else if (e == ERR_MALFORMED)
        tell(im, im->reader.bad_line, span_str(im->reader.why));
    return e != ERR_NOT_FOUND;
}

/* As many records as go into one step. */
static enum err together(struct import *im, struct op *op)
{
    TRY(dir_write_step_begin(op->txn, op->now, op->a));
    while (!dir_write_step_closed(op->txn) &&
           im->memberships <= IMPORT_MEMBERSHIPS_MAX - LDIF_VALUES_MAX && next(im, op))
        continue;
    enum err made = import_make_memberships(im, op);
    enum err kept = dir_write_step_keep(op->txn); /* fails, too, when applying did */
    return kept != ERR_OK ? kept : made;
}

static enum err answer(struct op *op, struct import *im)
{
    struct builder b;
    builder_in(&b, op->out, 8);
    builder_le32(&b, im->added);
    builder_le32(&b, im->refused);
    TRY(builder_done(&b, &op->reply->data));
    if (!im->refused)
        return ERR_OK;
    op->reply->reason = REASON_DIR_IMPORT_RECORD;
    return builder_done(&im->text, &op->reply->text);
}

/* Checks refuse a record before anything of it is written; one that they let through and that
 * cannot be applied ends the import, and nothing of its step stays. */
enum err op_import(struct op *op)
{
    struct import *im = arena_new(op->a, struct import);
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS, "imports come from the service alone");
    if (!im)
        return ERR_NOMEM;
    op->c = NULL;
    im->reader = (struct ldif_reader){.rest = op->in->ldif,
                                      .line = op->in->first_line ? op->in->first_line : 1};
    builder_in(&im->text, op->out, 64u << 10);
    while (im->reader.rest.len) {
        enum err e = together(im, op);
        if (e != ERR_OK)
            return op_refuse(op, e, REASON_SERVER_FAILED,
                             "the record before line %u cannot be written: %s", im->reader.line,
                             err_name(e));
    }
    return answer(op, im);
}
