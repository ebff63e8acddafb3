/*
 * The letters of SDDL, shared by its parser and its printer. Private to this folder.
 */
#ifndef WIRE_MS_SDDL_TABLE_H
#define WIRE_MS_SDDL_TABLE_H

#include "base/span.h"

struct sddl_word {
    const char *word;
    uint32_t value;
};

/* Each table ends with a NULL word. */
extern const struct sddl_word sddl_ace_types[];
extern const struct sddl_word sddl_ace_flags[];
extern const struct sddl_word sddl_rights[];       /* one bit each: printed */
extern const struct sddl_word sddl_right_sets[];   /* several bits: parsed only */
extern const struct sddl_word sddl_label_rights[]; /* of a mandatory label */

#define SDDL_NULL_ACL SPAN_LIT("NO_ACCESS_CONTROL")

/* The row whose word begins s; NULL: none. */
const struct sddl_word *sddl_word_at(const struct sddl_word *table, struct span s);

#endif
