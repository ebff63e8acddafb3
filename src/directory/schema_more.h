/*
 * What a directory's schema has beyond the compiled tables: new attributes and classes, and
 * compiled classes whose lists became longer. docs/ARCHITECTURE.md, "Extensions of the schema",
 * says why it is so.
 *
 * Life: a table is built whole, never changed, and lives as long as its directory is open; rows
 * that are as they were in the one before are that one's. The calling thread looks into the one
 * that it was told of last (schema_use).
 */
#ifndef DIRECTORY_SCHEMA_MORE_H
#define DIRECTORY_SCHEMA_MORE_H

#include "base/arena.h"
#include "directory/schema.h"

/* Ids of extensions: this and the number of the object (msDS-IntId, [MS-ADTS] 3.1.1.2.6). */
#define SCHEMA_MORE_ID     0x80000000u
#define SCHEMA_MORE_ID_END 0xC0000000u
/* Attributes and classes that extensions may add to one directory, and how many of them may be
 * classes: each is compared with every other when a table is made from nothing. */
#define SCHEMA_MORE_MAX         4096
#define SCHEMA_MORE_CLASSES_MAX 1024
/* Classes from top to the lowest; those of Windows Server 2016 are at most seven. */
#define SCHEMA_CHAIN_MAX 16

struct schema_more {
    struct schema_more *older; /* replaced, kept for who still points into it */
    struct arena arena;
    uint32_t version;                 /* of schemaInfo */
    const struct schema_attr **attrs; /* new ones, by id; their indexes follow the compiled ones' */
    unsigned attr_count;
    const struct schema_attr **attr_names; /* the same, by name */
    /* Compiled ones, by index: NULL where the compiled row is true. NULL: it is everywhere. */
    const struct schema_attr **attrs_changed;
    /* By index, compiled ones too: NULL where the compiled row is true. New ones are by id. */
    const struct schema_class **classes;
    unsigned class_count;
    const struct schema_class **class_names; /* the new ones, by name */
    unsigned made;                           /* rows of classes that the one before did not have */
};

/* NULL: the compiled schema alone. */
void schema_use(const struct schema_more *m);
const struct schema_more *schema_used(void);

/* The order of attr_names and class_names: ASCII case does not count. */
int schema_name_order(struct span a, struct span b);

/* The row as it was compiled, without what extensions made of it. NULL: it was not compiled. */
const struct schema_attr *schema_attr_plain(uint32_t id);
const struct schema_class *schema_class_plain(uint32_t id);
const struct schema_class *schema_class_compiled_at(unsigned index);

/* --- building (schema_derive.c) -----------------------------------------------------------------
 */

/* All classes, by index; the caller gives them as declared, schema_derive adds what follows. was,
 * when it is given, tells of the first was_count of them how they were: what did not change since
 * is taken from there, and what is behind them is new. Lists are in the arena, or was's.
 * ERR_CONSTRAINT: a superclass or an auxiliary class is not there or a class is below itself;
 * ERR_NOMEM. */
struct schema_drafts {
    struct schema_class *row;
    unsigned count;
    const struct schema_class **was; /* NULL: everything is new */
    unsigned was_count;
    struct arena *arena;
    struct arena *raw; /* schema_derive's own */
};
enum err schema_derive(struct schema_drafts *d);
/* The same declarations; the same lists of whatever kind. */
bool schema_same_declared(const struct schema_class *a, const struct schema_class *b);
/* NULL: there is none. */
struct schema_class *schema_draft(const struct schema_drafts *d, uint32_t id);
bool schema_same_lists(const struct schema_class *a, const struct schema_class *b);

/* --- keeping (schema_keep.c) ---------------------------------------------------------------------
 */

/* Fills m, whose counts are set, with copies of the new attributes, and of all classes; they live
 * in its arena, or are rows of the table before (NULL: none), which has to outlive it. */
enum err schema_keep_attrs(struct schema_more *m, const struct schema_more *before,
                           const struct schema_attr *const *attrs);
enum err schema_keep_changed(struct schema_more *m, const struct schema_more *before,
                             const struct schema_attr *const *changed);
enum err schema_keep_classes(struct schema_more *m, const struct schema_more *before,
                             struct schema_class *row);

#endif
