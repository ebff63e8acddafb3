/* Which extensions of the schema a snapshot sees (schema_more.h). */
#ifndef DIRECTORY_DIR_SCHEMA_H
#define DIRECTORY_DIR_SCHEMA_H

#include "directory/directory.h"

struct schema_more;

/* Makes the schema of this snapshot the one that the thread looks into; called when one begins, and
 * by a transaction when it changed the schema. ERR_IO: an object of the partition is not what the
 * writer lets in; ERR_LIMIT, ERR_NOMEM. */
enum err dir_schema_begin(const struct dir_snap *s);
/* The table that readers have; of a transaction that is given up, what was there before it. */
struct schema_more *dir_schema_now(struct dir *d);
void dir_schema_back(struct dir *d, struct schema_more *before);
/* Another file is behind the directory. */
void dir_schema_forget(struct dir *d);
void dir_schema_free(struct dir *d);

/* The name of the last extension that was made as a whole (INTENT_SCHEMA). */
#define DIR_META_SCHEMA SPAN_LIT("schema-extension")

/* schemaInfo of the partition's head: how often it was changed ([MS-ADTS] 3.1.1.2.3). */
#define DIR_SCHEMA_INFO 21
uint32_t dir_schema_version(const struct dir_obj *head);
/* An OID as it is stored, as text. 0: it is none. */
size_t schema_oid_text(struct span stored, char out[SCHEMA_OID_TEXT]);

/* A whole table; rows of the one before (NULL: none), which has to outlive it, are used again. */
enum err schema_load(const struct dir_snap *s, uint32_t version, const struct schema_more *before,
                     struct schema_more **out);
void schema_more_free(struct schema_more *m); /* with all older ones */

#endif
