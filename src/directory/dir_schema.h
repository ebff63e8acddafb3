/* Which extensions of the schema a snapshot sees (schema_more.h). */
#ifndef DIRECTORY_DIR_SCHEMA_H
#define DIRECTORY_DIR_SCHEMA_H

#include "directory/directory.h"

struct schema_more;

/* Makes the schema of this snapshot the one that the thread looks into; called when one begins.
 * ERR_IO: an object of the partition is not what the writer lets in; ERR_LIMIT, ERR_NOMEM. */
enum err dir_schema_begin(struct dir_snap *s);
/* The same again: in another thread than that of the snapshot's beginning, or after snapshots of
 * other directories were begun. */
void dir_schema_use(const struct dir_snap *s);
/* After a record in a transaction: what it added to the schema is seen by the next one. */
enum err dir_schema_applied(struct dir_snap *s, struct span record);
/* The table that readers have; of a transaction that is given up, what was there before it. */
struct schema_more *dir_schema_now(struct dir *d);
void dir_schema_back(struct dir *d, struct schema_more *before);

/* Several records of a transaction make a table each. When they are kept, one takes the place of
 * all; when not, the one before them. */
struct dir_schema_mark {
    struct schema_more *now, *newest;
};
struct dir_schema_mark dir_schema_mark(struct dir *d);
enum err dir_schema_keep(struct dir_snap *s, const struct dir_schema_mark *since);
void dir_schema_drop(struct dir_snap *s, const struct dir_schema_mark *since);

void dir_schema_free(struct dir *d);

/* The name of the last extension that was made as a whole (INTENT_SCHEMA). */
#define DIR_META_SCHEMA SPAN_LIT("schema-extension")

/* schemaInfo of the partition's head: how often it was changed ([MS-ADTS] 3.1.1.2.3). */
#define DIR_SCHEMA_INFO 21
uint32_t dir_schema_version(const struct dir_obj *head);
/* An OID as it is stored, as text. 0: it is none. */
size_t schema_oid_text(struct span stored, char out[SCHEMA_OID_TEXT]);

/* Attributes and classes that a record changed; what is new needs no mention. */
struct schema_touched {
    dir_id id[8];
    unsigned count;
};
/* A table; rows of the one before (NULL: none), which has to outlive it, are used again. touched:
 * what came to it since, when that is known; NULL: everything is read. */
enum err schema_load(const struct dir_snap *s, uint32_t version, const struct schema_more *before,
                     const struct schema_touched *touched, struct schema_more **out);

/* Rows of one object (schema_read.c); the caller gives index and partner, and schema_derive what
 * follows. Texts and lists of classes are in the arena. ERR_IO: it is no such object as the writer
 * lets in. */
enum err schema_read_attr(const struct dir_obj *o, struct schema_attr *out);
/* What may be other than it was compiled. */
void schema_read_handling(const struct dir_obj *o, struct schema_attr *a);
enum err schema_read_class(const struct dir_snap *s, const struct dir_obj *o, struct arena *a,
                           struct schema_class *out);
enum err schema_read_lists(const struct dir_obj *o, struct arena *a, struct schema_class *out);
void schema_more_free(struct schema_more *m); /* with all older ones */

#endif
