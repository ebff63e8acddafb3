/*
 * LDIF as a series of changes, in one transaction that is given up at the end: each is refused or
 * applied, and the directory keeps every invariant. The first byte says whose changes they are, or
 * that the whole text is an extension of the schema or an import; to check all invariants takes a
 * hundred times as long as the changes, so it is done for first bytes from "x" on alone. A record
 * whose DN begins with "!" deletes what follows, with "!!" the tree below it; "DN>RDN" and
 * "DN>RDN>PARENT" rename.
 */
#include "base/text.h"
#include "directory/check.h"
#include "directory/fuzz_forest.h"
#include "writer/ldif.h"
#include "writer/op.h"

#define MEMORY (64u << 20)

static struct writer *writer;
static struct dir *dir;
static struct arena tokens, work;
static struct dir_token administrator, guest;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    dir = fuzz_forest();
    struct writer_args args = {.dir = dir};
    ENT_ASSERT(writer_new(&args, &writer) == ERR_OK);
    arena_init(&tokens, 0, MEMORY, 0);
    arena_init(&work, 0, MEMORY, 0);
    administrator = fuzz_token(dir, "Administrator", &tokens);
    guest = fuzz_token(dir, "Guest", &tokens);
    return 0;
}

/* --- records become intents ----------------------------------------------------------------------
 */

/* Values of one name in a row stand together; "add: name" begins a modification. */
static void take_values(const struct ldif_record *rec, struct intent *in, struct arena *a)
{
    struct span *values = arena_array(a, rec->count + 1, sizeof(*values));
    struct intent_mod *m = NULL;
    in->mods = arena_array(a, rec->count + 1, sizeof(*in->mods));
    ENT_ASSERT(values && in->mods);
    for (unsigned i = 0; i < rec->count; i++) {
        const struct ldif_value *v = &rec->values[i];
        if (rec->modify && span_eq(v->name, LDIF_END)) {
            m = NULL;
        } else if (!m && rec->modify) {
            m = &in->mods[in->mod_count++];
            *m = (struct intent_mod){.attr = v->value, .values = values};
            m->op = ascii_eq_fold(v->name, SPAN_LIT("add"))      ? MOD_ADD
                    : ascii_eq_fold(v->name, SPAN_LIT("delete")) ? MOD_DELETE
                                                                 : MOD_REPLACE;
        } else {
            if (!m || (!rec->modify && !ascii_eq_fold(m->attr, v->name))) {
                m = &in->mods[in->mod_count++];
                *m = (struct intent_mod){.op = MOD_ADD, .attr = v->name, .values = values};
            }
            *values++ = v->value;
            m->count++;
        }
    }
}

static struct span word(struct span *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, '>', rest->len) : NULL;
    struct span out = span_sub(*rest, 0, end ? (size_t)(end - rest->ptr) : rest->len);
    *rest = span_sub(*rest, out.len + 1, rest->len);
    return out;
}

static void intent_of(const struct ldif_record *rec, struct intent *in, struct arena *a)
{
    struct span rest = rec->dn;
    in->target = word(&rest);
    in->new_rdn = word(&rest);
    in->new_parent = rest;
    in->delete_old_rdn = rec->line % 2;
    in->kind = in->new_rdn.len ? INTENT_MODIFY_DN : rec->modify ? INTENT_MODIFY : INTENT_ADD;
    for (unsigned i = 0; i < 2 && in->target.len && in->target.ptr[0] == '!'; i++) {
        in->kind = INTENT_DELETE;
        in->target = span_sub(in->target, 1, in->target.len);
        in->flags |= i ? INTENT_TREE_DELETE : 0;
    }
    if (in->kind == INTENT_ADD || in->kind == INTENT_MODIFY)
        take_values(rec, in, a);
}

/* --- intents are handled, but not committed ------------------------------------------------------
 */

static enum err handle(struct op *op)
{
    TRY(op_start(op));
    switch (op->in->kind) {
    case INTENT_ADD:
        TRY(op_add(op));
        break;
    case INTENT_MODIFY:
        TRY(op_modify(op));
        break;
    case INTENT_DELETE:
        TRY(op_delete(op));
        break;
    case INTENT_MODIFY_DN:
        TRY(op_modify_dn(op));
        break;
    case INTENT_SCHEMA:
        TRY(op_schema(op));
        break;
    default:
        TRY(op_import(op));
    }
    return op->c ? op_apply(op) : ERR_OK;
}

static bool change(struct dir_write *txn, const struct intent *in, struct arena *a)
{
    struct intent_reply reply = {0};
    struct op op = {.w = writer,
                    .in = in,
                    .txn = txn,
                    .s = &txn->snap,
                    .a = &writer->scratch,
                    .out = a,
                    .now = FUZZ_NOW,
                    .reply = &reply};
    enum err e = handle(&op);
    arena_reset(&writer->scratch);
    ENT_ASSERT(e != ERR_STATE);
    return e == ERR_OK;
}

static bool changes(struct dir_write *txn, struct intent in, struct span text, struct arena *a)
{
    struct ldif_reader r = {.modifies = true, .rest = text, .line = 1};
    struct ldif_record rec;
    bool any = false;
    enum err e;
    while ((e = ldif_next(&r, a, &rec)) != ERR_NOT_FOUND) {
        struct intent one = in;
        if (e != ERR_OK)
            continue;
        intent_of(&rec, &one, a);
        any |= change(txn, &one, a);
    }
    return any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_sub(span_of(data, size), 1, size);
    struct intent in = {.flags = INTENT_PROTECTED, .ldif = text, .first_line = 1};
    const char *problem = "";
    struct dir_write txn;
    if (size == 0)
        return 0;
    unsigned who = data[0] % 8;
    bool checks = (data[0] & 0x78) == 0x78;
    in.token = who == 1 ? administrator : who == 2 ? guest : dir_token_system;
    in.flags |= in.token.system ? INTENT_SYSTEM : 0;
    in.kind = who == 3 ? INTENT_SCHEMA : who == 4 ? INTENT_IMPORT : 0;
    in.target = SPAN_LIT("fuzz");
    ENT_ASSERT(dir_write_begin(dir, &txn) == ERR_OK);
    bool any = in.kind ? change(&txn, &in, &work) : changes(&txn, in, text, &work);
    if (any && checks && dir_check(&txn.snap, &work, &problem) != ERR_OK) {
        fprintf(stderr, "%s\n", problem);
        ent_panic(__FILE__, __LINE__, "invariants");
    }
    dir_write_abort(&txn);
    arena_reset(&work);
    return 0;
}
