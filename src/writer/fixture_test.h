/* A provisioned directory with its writer, in a temporary folder, for the tests of this folder. */
#ifndef WRITER_FIXTURE_TEST_H
#define WRITER_FIXTURE_TEST_H

#include <unistd.h>

#include "base/test.h"
#include "base/text.h"
#include "directory/change.h"
#include "directory/check.h"
#include "directory/links.h"
#include "directory/provision.h"
#include "plat/random.h"
#include "writer/writer.h"

#define DOMAIN   "DC=aws,DC=example,DC=com"
#define PASSWORD "Str0ng-enough"

struct fixture {
    char path[64];
    struct dir *dir;
    struct writer *w;
    struct arena arena;
    struct intent_reply reply; /* of the last intent */
    struct dir_snap snap;
    bool open;
    struct dir_token token; /* of further intents; system at first */
    unsigned flags;
};

static inline void fixture_init(struct fixture *f)
{
    static struct span addresses[] = {SPAN_LIT("127.0.1.10")};
    static const struct provision_dc dc = {SPAN_LIT("dc-a"), addresses, 1};
    static const uint8_t master[32] = {7};
    struct dir_open_args args = {.path = f->path, .writable = true};
    struct provision_args p = {.dns_name = SPAN_LIT("aws.example.com"),
                               .flat_name = SPAN_LIT("AWS"),
                               .admin_password = SPAN_LIT(PASSWORD),
                               .domain_sid = SID_NT(21, 11, 22, 33),
                               .dcs = &dc,
                               .dc_count = 1,
                               .now = INT64_C(1780000000000000),
                               .random = plat_random};
    *f = (struct fixture){.token = dir_token_system, .flags = INTENT_SYSTEM | INTENT_PROTECTED};
    snprintf(f->path, sizeof f->path, "/tmp/entente-writer-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    arena_init(&f->arena, 0, 512u << 20, ARENA_WIPE);
    assert_ok(dir_create_empty(f->path));
    dir_keyring_derive(master, 7, &args.keyring);
    assert_ok(dir_open(&args, &f->dir));
    assert_ok(provision_forest(f->dir, &p));
    struct writer_args wa = {.dir = f->dir};
    assert_ok(writer_new(&wa, &f->w));
}

static inline struct dir_snap *fixture_snap(struct fixture *f)
{
    if (!f->open)
        assert_ok(dir_snap_begin(f->dir, &f->snap));
    f->open = true;
    return &f->snap;
}

static inline void fixture_close(struct fixture *f)
{
    if (f->open)
        dir_snap_end(&f->snap);
    f->open = false;
}

static inline void fixture_fini(struct fixture *f)
{
    char file[96];
    const char *problem = NULL;
    enum err e = dir_check(fixture_snap(f), &f->arena, &problem);
    if (e != ERR_OK)
        fail_msg("check: %s: %s", err_name(e), problem ? problem : "");
    fixture_close(f);
    writer_free(f->w);
    dir_close(f->dir);
    arena_fini(&f->arena);
    snprintf(file, sizeof file, "%s/data.mdb", f->path);
    unlink(file);
    snprintf(file, sizeof file, "%s/lock.mdb", f->path);
    unlink(file);
    rmdir(f->path);
}

/* Through the codec, as a channel brings it. */
static inline enum err fixture_do(struct fixture *f, struct intent *in)
{
    struct writer_message m = {.allowed_flags = INTENT_SYSTEM};
    in->token = f->token;
    in->flags |= f->flags;
    fixture_close(f);
    assert_ok(intent_encode(in, &f->arena, &m.bytes));
    assert_ok(writer_handle_messages(f->w, &m, 1, &f->arena));
    assert_ok(intent_reply_decode(m.reply_out, &f->arena, &f->reply));
    if (f->reply.err == ERR_OK || f->reply.reason != REASON_NONE)
        return f->reply.err;
    fail_msg("a refusal without a reason: %s", err_name(f->reply.err));
    return f->reply.err;
}

static inline void fixture_as_system(struct fixture *f)
{
    f->token = dir_token_system;
    f->flags = INTENT_SYSTEM | INTENT_PROTECTED;
}

/* Further intents come from this account. */
static inline void fixture_as(struct fixture *f, const char *sam)
{
    struct dir_account acc;
    assert_ok(dir_account_by_sam(fixture_snap(f), span_str(sam), &acc));
    assert_ok(dir_token_for_account(fixture_snap(f), acc.id, &f->arena, &f->token));
    f->flags = INTENT_PROTECTED;
}

/* "name: value" lines become modifications of one kind, in order; values of one name in a row stand
 * together.
 * "-name" begins a delete, "=name" a replace, else an add. A line without a value has none. */
static inline void fixture_mods(struct fixture *f, const char *lines, struct intent *in)
{
    struct intent_mod *mods = arena_array(&f->arena, 64, sizeof *mods);
    struct span rest = span_str(lines), values[64];
    in->mods = mods;
    while (rest.len) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        struct span line = span_sub(rest, 0, end ? (size_t)(end - rest.ptr) : rest.len);
        rest = span_sub(rest, line.len + 1, rest.len);
        enum intent_mod_op op = line.ptr[0] == '-'   ? MOD_DELETE
                                : line.ptr[0] == '=' ? MOD_REPLACE
                                                     : MOD_ADD;
        if (op != MOD_ADD)
            line = span_sub(line, 1, line.len);
        const uint8_t *colon = memchr(line.ptr, ':', line.len);
        size_t at = colon ? (size_t)(colon - line.ptr) : line.len;
        struct span name = span_sub(line, 0, at), value = span_sub(line, at + 2, line.len);
        struct intent_mod *m = in->mod_count ? &mods[in->mod_count - 1] : NULL;
        if (!m || m->op != op || !ascii_eq_fold(m->attr, name)) {
            m = &mods[in->mod_count++];
            *m = (struct intent_mod){.op = op, .attr = name};
        }
        if (ascii_eq_fold(name, SPAN_LIT("unicodePwd"))) {
            struct span quoted = span_str(arena_printf(&f->arena, "\"%.*s\"", SPAN_ARG(value)));
            assert_ok(text_to_utf16(quoted, &f->arena, &value));
        }
        if (colon) {
            if (m->count)
                memcpy(values, m->values, m->count * sizeof *values);
            values[m->count++] = value;
            m->values = arena_dup(&f->arena, values, m->count * sizeof *values);
        }
    }
}

static inline enum err fixture_add(struct fixture *f, const char *rdn, const char *lines)
{
    struct intent in = {.kind = INTENT_ADD};
    in.target = span_str(arena_printf(&f->arena, "%s," DOMAIN, rdn));
    fixture_mods(f, lines, &in);
    return fixture_do(f, &in);
}

static inline enum err fixture_modify(struct fixture *f, const char *rdn, const char *lines)
{
    struct intent in = {.kind = INTENT_MODIFY};
    in.target = rdn[0] ? span_str(arena_printf(&f->arena, "%s," DOMAIN, rdn)) : SPAN_LIT(DOMAIN);
    fixture_mods(f, lines, &in);
    return fixture_do(f, &in);
}

static inline enum err fixture_delete(struct fixture *f, const char *rdn, unsigned flags)
{
    struct intent in = {.kind = INTENT_DELETE, .flags = flags};
    in.target = span_str(arena_printf(&f->arena, "%s," DOMAIN, rdn));
    return fixture_do(f, &in);
}

static inline enum err fixture_rename(struct fixture *f, const char *rdn, const char *new_rdn,
                                      const char *new_parent)
{
    struct intent in = {.kind = INTENT_MODIFY_DN, .delete_old_rdn = true};
    in.target = rdn[0] ? span_str(arena_printf(&f->arena, "%s," DOMAIN, rdn)) : SPAN_LIT(DOMAIN);
    in.new_rdn = span_str(new_rdn);
    if (new_parent)
        in.new_parent = span_str(arena_printf(&f->arena, "%s," DOMAIN, new_parent));
    return fixture_do(f, &in);
}

static inline bool fixture_find(struct fixture *f, const char *rdn, struct dir_obj *out)
{
    const char *dn = rdn[0] == '<' ? rdn : arena_printf(&f->arena, "%s," DOMAIN, rdn);
    return dir_by_dn(fixture_snap(f), span_str(dn), out, NULL) == ERR_OK;
}

/* Does the object have this value? want NULL: any. */
static inline bool fixture_has(struct fixture *f, const char *rdn, uint32_t attr, const char *want)
{
    struct dir_obj o;
    struct dir_values v;
    struct span one, text;
    if (!fixture_find(f, rdn, &o))
        fail_msg("%s is not there", rdn);
    if (!dir_attr(&o, attr, &v))
        return false;
    while (dir_values_next(&v, &one)) {
        assert_ok(dir_value_to_text(fixture_snap(f), attr, one, &f->arena, &text));
        if (!want || text_eq_fold(text, span_str(want)))
            return true;
    }
    return false;
}

/* --- the one fixture of a test program ----------------------------------------------------------
 */

static struct fixture f;

static inline int suite_setup(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static inline int suite_teardown(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

/* Before each test. */
static inline int suite_as_system(void **state)
{
    (void)state;
    fixture_as_system(&f);
    return 0;
}

/* The last intent was refused for this reason; a failure prints the sentence. */
#define refused(expr, why)                                                                         \
    do {                                                                                           \
        assert_true((expr) != ERR_OK);                                                             \
        assert_string_equal(reason_row(f.reply.reason)->code, #why);                               \
    } while (0)
#define done(expr)                                                                                 \
    do {                                                                                           \
        enum err done_ = (expr);                                                                   \
        if (done_ != ERR_OK)                                                                       \
            fail_msg("%s: %s: %s: %.*s", #expr, err_name(done_), reason_row(f.reply.reason)->code, \
                     SPAN_ARG(f.reply.text));                                                      \
    } while (0)

#endif
