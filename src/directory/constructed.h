/* Shared by the parts of constructed attributes. */
#ifndef DIRECTORY_CONSTRUCTED_H
#define DIRECTORY_CONSTRUCTED_H

#include "directory/search.h"

#define CONSTRUCTED_VALUES_MAX 65536

/* One attribute of one object while it is made. */
struct constructing {
    const struct dir_snap *snap;
    const struct dir_obj *obj;
    const struct schema_class *class;
    const struct dir_token *token;
    utime now;
    struct arena *arena;
    uint32_t attr;
    struct span *values;
    unsigned count, room;
};

/* The value must live as long as the arena. */
enum err constructed_add(struct constructing *c, struct span value);
enum err constructed_add_text(struct constructing *c, const char *text);
enum err constructed_add_number(struct constructing *c, int64_t number);
enum err constructed_add_dn(struct constructing *c, dir_id id);
enum err constructed_add_bool(struct constructing *c, bool b);

/* Each adds its values; none is "the object does not have it". c->attr tells siblings apart. */
enum err constructed_token_groups(struct constructing *c);
enum err constructed_uac(struct constructing *c);
enum err constructed_password_expiry(struct constructing *c);
enum err constructed_pso(struct constructing *c);
enum err constructed_key_version(struct constructing *c);
enum err constructed_primary_group_token(struct constructing *c);
enum err constructed_principal_name(struct constructing *c);
enum err constructed_transitive(struct constructing *c);

enum err constructed_sd_rights(struct constructing *c);
enum err constructed_attributes(struct constructing *c);
enum err constructed_child_classes(struct constructing *c);

enum err constructed_subschema(struct constructing *c);
enum err constructed_inferiors(struct constructing *c);

#endif
