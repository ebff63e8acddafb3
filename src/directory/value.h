/*
 * What dir_value_to_text and dir_value_from_text (directory.h) are made of, for who has the parts
 * of a value in other places than a record (links, extended names).
 */
#ifndef DIRECTORY_VALUE_H
#define DIRECTORY_VALUE_H

#include "directory/directory.h"

/* An OID under a prefix that the table does not know is stored as this and its text. */
#define VALUE_OID_TEXT UINT32_MAX

/* "B:8:0A0B0C0D:CN=x" and its like, from the data and the text of the name, which may be an
 * extended one. */
enum err dir_dn_data_text(enum schema_syntax syntax, struct span data, struct span dn,
                          struct arena *a, struct span *out);
/* Takes it apart; data_out is decoded, dn_out a view into text. For syntax DN all of it is the
 * name. ERR_MALFORMED. */
enum err dir_dn_data_split(enum schema_syntax syntax, struct span text, struct arena *a,
                           struct span *data_out, struct span *dn_out);

#endif
