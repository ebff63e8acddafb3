/*
 * Objects of the schema partition, when an administrator adds or changes them ([MS-ADTS] 3.1.1.2,
 * 3.1.1.3.1.1). What is accepted is part of the schema with the record that is applied; see
 * docs/ARCHITECTURE.md, "Extensions of the schema".
 */
#ifndef WRITER_SCHEMA_H
#define WRITER_SCHEMA_H

#include "writer/draft.h"

/* It is the draft of an attribute or a class. */
bool schema_object(const struct draft *d);
/* It belongs to a definition that is being made, so that who makes it says it, system-only or not.
 */
bool schema_defines(const struct draft *d, const struct schema_attr *attr);
/* Values that only make sense here: links by name, a category that is the new object itself.
 * *taken_out: the value needs nothing else. */
enum err schema_given(struct draft *d, const struct schema_attr *attr, const struct intent_mod *m,
                      bool *taken_out);
/* What a new one has when the request does not say. */
enum err schema_defaults(struct draft *d);
/* Every rule, of new and of changed ones; counts the change up. Nothing for other objects. */
enum err schema_check(struct draft *d);

/* One definition (schema_define.c). */
enum err schema_define_attribute(struct draft *d);
enum err schema_define_class(struct draft *d);
/* What may change of an attribute: flags and range. */
enum err schema_define_handling(struct draft *d);
/* Lists of a class: the ids are of attributes or of classes of the right kind. */
enum err schema_define_lists(struct draft *d);

#endif
