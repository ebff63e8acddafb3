/*
 * A draft is the image of one object while an intent changes it: every stored attribute as a list
 * of values in stored form, the links to be made and cut, its descriptor and its new password. It
 * is loaded (or begun empty), changed, checked as a whole, and then written into the change record
 * as the difference.
 */
#ifndef WRITER_DRAFT_H
#define WRITER_DRAFT_H

#include "writer/op.h"

#define DRAFT_VALUES_MAX 65536 /* of one attribute */
#define DRAFT_LINKS_MAX  65536 /* of one intent */

struct draft_attr {
    const struct schema_attr *attr;
    struct span *v;
    unsigned count, cap;
    bool changed;
};

struct draft_link {
    const struct schema_attr *attr;
    dir_id target;
    struct span data;
    bool add;
};

struct draft {
    struct op *op;
    bool is_new;
    struct dir_obj obj; /* as it was; zero for a new object */
    dir_id id, parent;
    const struct schema_class *cls; /* the structural class */
    struct span rdn;
    struct guid guid;
    uint32_t flags; /* DIR_OBJ_* of a new object */
    struct draft_attr *attrs;
    unsigned count, cap;
    struct draft_link *links;
    unsigned link_count, link_cap;
    struct span sd; /* the new descriptor, or empty: unchanged */
    dir_id sd_like; /* an object that has the same one already, or 0 */
    bool has_sid;
    struct sid sid;
    /* A password in the request: unicodePwd's new value, and the old one of a change. */
    bool has_new_password, has_old_password;
    struct span new_password, old_password; /* UTF-8 */
    /* Secrets to be stored, in the clear; the bind verifier as it is. */
    bool has_secret;
    struct span secret[DIR_SECRET__COUNT];
};

/* An existing object. */
enum err draft_load(struct op *op, const struct dir_obj *o, struct draft *out);
/* An empty one; id and GUID are drawn. */
void draft_begin(struct op *op, dir_id parent, const struct schema_class *cls, struct span rdn,
                 struct draft *out);

/* NULL when the object does not have the attribute (or no value is left). */
struct draft_attr *draft_find(const struct draft *d, uint32_t attr);
bool draft_has(const struct draft *d, uint32_t attr);
bool draft_changed(const struct draft *d, uint32_t attr);
bool draft_first(const struct draft *d, uint32_t attr, struct span *out);
int32_t draft_i32(const struct draft *d, uint32_t attr, int32_t otherwise);
int64_t draft_i64(const struct draft *d, uint32_t attr, int64_t otherwise);
/* The value before this intent. */
int32_t draft_was_i32(const struct draft *d, uint32_t attr, int32_t otherwise);

/* Setting and adding take stored forms and copy them. draft_add ignores a value that is there
 * already; *existed_out (may be NULL) tells. */
enum err draft_set(struct draft *d, uint32_t attr, struct span value);
enum err draft_set_i32(struct draft *d, uint32_t attr, int32_t value);
enum err draft_set_i64(struct draft *d, uint32_t attr, int64_t value);
enum err draft_set_text(struct draft *d, uint32_t attr, const char *value);
enum err draft_set_bool(struct draft *d, uint32_t attr, bool value);
enum err draft_default_i32(struct draft *d, uint32_t attr, int32_t value);
enum err draft_default_i64(struct draft *d, uint32_t attr, int64_t value);
enum err draft_add(struct draft *d, uint32_t attr, struct span value, bool *existed_out);
/* False when the value was not there. */
bool draft_remove(struct draft *d, uint32_t attr, struct span value);
void draft_clear(struct draft *d, uint32_t attr);

enum err draft_link(struct draft *d, const struct schema_attr *attr, dir_id target,
                    struct span data, bool add);

/* Two stored values are the same value of this attribute. */
bool draft_same(const struct schema_attr *attr, struct span x, struct span y);

/* Is the object of a class, given by id (dynamic auxiliary classes included)? */
bool draft_is(const struct draft *d, uint32_t class_id);

/* The difference, into op->c; and the secrets, sealed. */
void draft_write(struct draft *d);
enum err draft_secrets(struct draft *d);

#endif
