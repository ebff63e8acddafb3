/*
 * The descriptor of a new object: the class default of the schema as text, parsed once per class,
 * with what the parent gives ([MS-ADTS] 6.1.3). The maker keeps parsed defaults and its last
 * results, because thousands of objects of one class come under one parent when a forest is made or
 * users are imported.
 *
 * One thread. Memory grows to a few hundred KiB.
 */
#ifndef DIRECTORY_NEW_SD_H
#define DIRECTORY_NEW_SD_H

#include "directory/access.h"

struct new_sd;

/* domain and forest_root are copied: names in class defaults (DA, EA, ...) are relative to them.
 * NULL without memory. */
struct new_sd *new_sd_new(const struct sid *domain, const struct sid *forest_root);
void new_sd_free(struct new_sd *m);

struct new_sd_args {
    const struct schema_class *cls;
    uint32_t parent_sd_id; /* 0: no parent */
    struct span parent_sd;
    struct span creator_sd; /* from the request, or empty */
    struct sid owner, group;
};
/* out is in the arena. */
enum err new_sd_make(struct new_sd *m, const struct new_sd_args *in, struct arena *a,
                     struct span *out);
/* The parsed default of a class; empty when it has none. Lives as long as the maker. */
enum err new_sd_default(struct new_sd *m, const struct schema_class *cls, struct span *out);
/* SDDL in the maker's domain. */
enum err new_sd_parse(struct new_sd *m, struct span sddl, struct arena *a, struct span *out);

#endif
