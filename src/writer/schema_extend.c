/* A whole LDIF file of additions to the schema: all of it, or nothing. */
#include "base/text.h"
#include "directory/dir_schema.h"
#include "directory/schema_more.h"
#include "writer/ldif.h"
#include "writer/op.h"

/* With whose rights it is done: the service's own would let a file say what nobody may. */
#define RID_SCHEMA_ADMINS 518

/* The writer does nothing else meanwhile, so what a file may cost is bounded: by its size
 * (CONTROL_LDIF_MAX), and where work grows faster than that. */
#define VALUES_MAX 8192  /* of a record */
#define NAMES_MAX  256   /* of them, different ones */
#define ROWS_MAX   32768 /* of classes made anew: an addition to top costs one of each class */

static enum err bad_record(struct op *op, uint32_t line, const char *why)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_RECORD, "line %u: %s", line, why);
}

/* Values of one name stand together in an intent, wherever they stood in the record. */
static enum err gather(struct op *op, const struct ldif_record *rec, struct intent *in)
{
    struct span *values = arena_array(op->a, rec->count + 1, sizeof *values);
    bool *done = arena_array(op->a, rec->count + 1, sizeof *done);
    in->mods = arena_array(op->a, rec->count + 1, sizeof *in->mods);
    if (!values || !done || !in->mods)
        return ERR_NOMEM;
    for (unsigned i = 0; i < rec->count; i++) {
        if (done[i])
            continue;
        if (in->mod_count == NAMES_MAX)
            return bad_record(op, rec->line, "the record has too many attributes");
        struct intent_mod *m = &in->mods[in->mod_count++];
        *m = (struct intent_mod){MOD_ADD, rec->values[i].name, values, 0};
        for (unsigned k = i; k < rec->count; k++) {
            if (done[k] || !ascii_eq_fold(rec->values[k].name, m->attr))
                continue;
            done[k] = true;
            m->values[m->count++] = rec->values[k].value;
        }
        values += m->count;
    }
    return ERR_OK;
}

static bool kind_of(struct span word, enum intent_mod_op *out)
{
    static const char *const words[] = {
        [MOD_ADD] = "add", [MOD_DELETE] = "delete", [MOD_REPLACE] = "replace"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (ascii_eq_fold(word, span_str(words[i]))) {
            *out = (enum intent_mod_op)i;
            return true;
        }
    return false;
}

/* "add: name", then "name: value" and so on, then "-", which may be missing at the end. */
static enum err gather_mods(struct op *op, const struct ldif_record *rec, struct intent *in)
{
    struct span *values = arena_array(op->a, rec->count + 1, sizeof *values);
    in->mods = arena_array(op->a, rec->count + 1, sizeof *in->mods);
    if (!values || !in->mods)
        return ERR_NOMEM;
    for (unsigned i = 0; i < rec->count; i++) {
        struct intent_mod *m = &in->mods[in->mod_count++];
        *m = (struct intent_mod){.attr = rec->values[i].value, .values = values};
        if (!kind_of(rec->values[i].name, &m->op))
            return bad_record(op, rec->line, "a modification begins with add, delete or replace");
        for (i++; i < rec->count && !span_eq(rec->values[i].name, LDIF_END); i++) {
            if (!ascii_eq_fold(rec->values[i].name, m->attr))
                return bad_record(op, rec->line,
                                  "a modification is of one attribute, and ends in -");
            m->values[m->count++] = rec->values[i].value;
        }
        values += m->count;
    }
    return ERR_OK;
}

/* "dn:" alone is rootDSE: files ask it to look at the schema again, which is done anyway. */
static bool asks_for_schema(const struct ldif_record *rec)
{
    return !rec->dn.len && rec->count &&
           ascii_eq_fold(rec->values[0].value, SPAN_LIT("schemaUpdateNow"));
}

static enum err in_schema(struct op *op, const struct ldif_record *rec)
{
    struct span dn;
    TRY(dir_dn(op->s, op->naming.schema_nc, op->a, &dn));
    if (rec->dn.len > dn.len + 1 && rec->dn.ptr[rec->dn.len - dn.len - 1] == ',' &&
        ascii_eq_fold(span_sub(rec->dn, rec->dn.len - dn.len, dn.len), dn))
        return ERR_OK;
    const char *why =
        arena_printf(op->a, "\"%.*s\" is not below %.*s", SPAN_ARG(rec->dn), SPAN_ARG(dn));
    return bad_record(op, rec->line, why ? why : "it is not in the schema");
}

static bool is_definition(uint32_t class_id)
{
    return class_id == CLASS_attributeSchema || class_id == CLASS_classSchema;
}

/* Who hands in a file need not be one whose rights it is done with, so it is definitions and
 * nothing else: not an object of a class that the file lets be here, not an object's descriptor. */
static enum err definitions_alone(struct op *op, const struct ldif_record *rec,
                                  const struct intent *in)
{
    struct dir_obj o;
    for (unsigned i = 0; i < in->mod_count; i++) {
        const struct intent_mod *m = &in->mods[i];
        const struct schema_attr *attr = schema_attr_by_name(m->attr);
        if (attr && attr->id == ATTR_nTSecurityDescriptor)
            return bad_record(op, rec->line, "nTSecurityDescriptor stays as it is");
        for (unsigned k = 0; attr && attr->id == ATTR_objectClass && k < m->count; k++) {
            const struct schema_class *c = schema_class_by_name(m->values[k]);
            if (!c || (c->id != CLASS_top && !is_definition(c->id)))
                return bad_record(op, rec->line, "it is not an attributeSchema or classSchema");
        }
    }
    if (!rec->modify)
        return ERR_OK;
    TRY(op_find(op, rec->dn, &o));
    return is_definition(o.class_id)
               ? ERR_OK
               : bad_record(op, rec->line, "it is not an attributeSchema or classSchema");
}

static enum err one(struct op *op, const struct ldif_record *rec)
{
    struct sid schema_admins;
    struct intent in = {.kind = rec->modify ? INTENT_MODIFY : INTENT_ADD, .target = rec->dn};
    op->in = &in;
    TRY(op_start(op));
    TRY(sid_append(&op->naming.domain_sid, RID_SCHEMA_ADMINS, &schema_admins));
    in.token = (struct dir_token){.sids = &schema_admins, .count = 1};
    TRY(in_schema(op, rec));
    if (rec->count > VALUES_MAX)
        return bad_record(op, rec->line, "the record has too many values");
    if (rec->modify) {
        TRY(gather_mods(op, rec, &in));
    } else {
        TRY(gather(op, rec, &in));
    }
    TRY(definitions_alone(op, rec, &in));
    TRY(rec->modify ? op_modify(op) : op_add(op));
    return op_apply(op);
}

/* A refusal of a record says which. */
static enum err record(struct op *op, const struct ldif_record *rec)
{
    struct op sub = *op;
    struct intent_reply reply = {0};
    sub.reply = &reply;
    sub.a = &op->w->record;
    enum err e = one(&sub, rec);
    op->reply->usn = reply.usn;
    if (e == ERR_OK || !reply.text.len || reply.reason == REASON_DIR_SCHEMA_RECORD) {
        op->reply->reason = reply.reason;
        op->reply->text = reply.text;
        return e;
    }
    return op_refuse(op, e, reply.reason, "line %u: %.*s", rec->line, SPAN_ARG(reply.text));
}

static enum err count_rows(struct op *op, const struct ldif_record *rec,
                           const struct schema_more *before, unsigned *rows)
{
    const struct schema_more *now = schema_used();
    if (now != before)
        *rows += now->made;
    if (*rows <= ROWS_MAX)
        return ERR_OK;
    return op_refuse(op, ERR_LIMIT, REASON_DIR_TOO_LARGE,
                     "line %u: too many classes change in one file: hand it in as several",
                     rec->line);
}

static enum err records(struct op *op, uint32_t *count_out)
{
    struct ldif_reader reader = {.modifies = true, .rest = op->in->ldif, .line = 1};
    struct ldif_record rec;
    unsigned rows = 0;
    for (*count_out = 0;;) {
        arena_reset(&op->w->record);
        enum err e = ldif_next(&reader, &op->w->record, &rec);
        if (e == ERR_NOT_FOUND)
            return *count_out ? ERR_OK : bad_record(op, 1, "there is no record");
        if (e == ERR_MALFORMED)
            return bad_record(op, reader.bad_line, reader.why);
        TRY(e);
        if (asks_for_schema(&rec))
            continue;
        const struct schema_more *before = schema_used();
        TRY(record(op, &rec));
        TRY(count_rows(op, &rec, before, &rows));
        ++*count_out;
    }
}

/* Who asked may have been interrupted before it heard the answer: the name tells it. */
static enum err keep_name(struct op *op)
{
    TRY(op_start(op));
    change_meta(op->c, DIR_META_SCHEMA, op->in->target);
    return op_apply(op);
}

static bool taken_before(const struct op *op)
{
    struct span name;
    return dir_meta(op->s, DIR_META_SCHEMA, &name) == ERR_OK && span_eq(name, op->in->target);
}

enum err op_schema(struct op *op)
{
    struct dir_nest nest;
    struct builder b;
    uint32_t count;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "extensions of the schema come from the service alone");
    op->c = NULL;
    count = 0;
    if (!taken_before(op)) {
        TRY(dir_write_nest(op->txn, &nest));
        enum err e = records(op, &count);
        if (e == ERR_OK)
            e = keep_name(op);
        op->c = NULL;
        enum err ended = dir_write_nest_end(op->txn, &nest, e == ERR_OK);
        TRY(e);
        TRY(ended);
    }
    builder_in(&b, op->out, 4);
    builder_le32(&b, count);
    return builder_done(&b, &op->reply->data);
}
