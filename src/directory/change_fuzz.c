/* Any bytes as a change record on a small forest: refused without a trace, or applied with every
 * invariant kept. */
#include <unistd.h>

#include "directory/change.h"
#include "directory/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dir *open_forest(void)
{
    static const struct {
        dir_id parent;
        uint32_t class_id;
        const char *name;
    } rows[] = {{0, CLASS_domainDNS, "com"}, {1, CLASS_domainDNS, "example"},
                {2, CLASS_container, "u"},   {3, CLASS_user, "a"},
                {3, CLASS_group, "g"},       {2, CLASS_crossRef, "x"}};
    char path[] = "/tmp/entente-fuzz-XXXXXX", file[64];
    struct dir_open_args args = {.path = mkdtemp(path), .writable = true};
    struct dir *d;
    struct dir_write w;
    struct arena a;
    struct span record;
    uint64_t usn;
    ENT_ASSERT(args.path && dir_create_empty(path) == ERR_OK && dir_open(&args, &d) == ERR_OK);
    arena_init(&a, 0, 1 << 20, 0);
    struct change *c = change_new(&a, 1);
    for (dir_id i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct guid g = {{(uint8_t)(i + 1)}};
        change_create(c, i + 1, rows[i].parent, rows[i].class_id, &g, i == 0 ? DIR_OBJ_PHANTOM : 0,
                      span_str(rows[i].name));
    }
    change_link(c, ATTR_member, 5, 4, SPAN_NONE);
    ENT_ASSERT(change_done(c, &record) == ERR_OK && dir_write_begin(d, &w) == ERR_OK);
    ENT_ASSERT(dir_write_apply(&w, record, &usn) == ERR_OK && dir_write_commit(&w) == ERR_OK);
    arena_fini(&a);
    /* The open files live on without their names. */
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", path);
    unlink(file);
    rmdir(path);
    return d;
}

/* A transaction costs a hundred times what it takes to see that most inputs are no record at all.
 */
static bool decodes(struct span record)
{
    struct change_reader r;
    struct change_item item;
    enum err e = change_read(record, &r);
    while (e == ERR_OK)
        e = change_next(&r, &item);
    return e == ERR_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dir *d;
    struct dir_write w;
    struct arena a;
    const char *problem = "";
    uint64_t usn;
    if (!decodes(span_of(data, size)))
        return 0;
    if (!d)
        d = open_forest();
    arena_init(&a, 0, 64 << 20, 0);
    ENT_ASSERT(dir_write_begin(d, &w) == ERR_OK);
    (void)dir_write_apply(&w, span_of(data, size), &usn);
    enum err e = dir_check(&w.snap, &a, &problem);
    if (e != ERR_OK) {
        fprintf(stderr, "%s: %s\n", err_name(e), problem);
        ent_panic(__FILE__, __LINE__, "invariants");
    }
    dir_write_abort(&w);
    arena_fini(&a);
    return 0;
}
