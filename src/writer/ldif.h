/*
 * LDIF as the import takes it (docs/IMPORT.md; RFC 2849 without URLs and change types other than
 * add): a piece of text with whole records becomes one record after another. Extensions of the
 * schema may modify, too.
 */
#ifndef WRITER_LDIF_H
#define WRITER_LDIF_H

#include "base/arena.h"
#include "base/err.h"

#define LDIF_VALUES_MAX 65536 /* of one record */

struct ldif_value {
    struct span name, value;
};

struct ldif_record {
    struct span dn;
    uint32_t line; /* of its dn, counted from the reader's first line */
    bool modify; /* then values are "add: name", the values, and "-" (LDIF_END), again and again */
    struct ldif_value *values;
    unsigned count;
};

#define LDIF_END SPAN_LIT("-")

struct ldif_reader {
    bool modifies; /* changetype: modify is taken */
    struct span rest;
    uint32_t line;     /* of rest's beginning */
    uint32_t bad_line; /* after an error: which line */
    const char *why;   /* and which rule it breaks */
};

/* The next record; names and values are views into the text or in the arena. ERR_NOT_FOUND at the
 * end; ERR_MALFORMED: bad_line and why tell, and the next call goes on after the next empty line.
 */
enum err ldif_next(struct ldif_reader *r, struct arena *a, struct ldif_record *out);

#endif
