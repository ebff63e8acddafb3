/*
 * The access check of [MS-ADTS] 5.1.3 and [MS-DTYP] 2.5.3: pure functions of a security descriptor, a
 * token and an object type list.
 */
#ifndef DIRECTORY_ACCESS_H
#define DIRECTORY_ACCESS_H

#include "base/reasons.h"
#include "directory/token.h"

enum access_right {
    ACCESS_CREATE_CHILD = 0x1,
    ACCESS_DELETE_CHILD = 0x2,
    ACCESS_LIST = 0x4,
    ACCESS_SELF_WRITE = 0x8,
    ACCESS_READ_PROP = 0x10,
    ACCESS_WRITE_PROP = 0x20,
    ACCESS_DELETE_TREE = 0x40,
    ACCESS_LIST_OBJECT = 0x80,
    ACCESS_CONTROL = 0x100, /* control-access right */
    ACCESS_DELETE = 0x10000,
    ACCESS_READ_CONTROL = 0x20000,
    ACCESS_WRITE_DAC = 0x40000,
    ACCESS_WRITE_OWNER = 0x80000,
};

/* The object types that an object ACE may name, from the class down to one property: entries that do not
 * apply are NULL. */
struct access_target {
    const struct guid *object_class; /* class of the object (for inherited-object types) */
    const struct guid *property_set; /* the attribute's property set, or NULL */
    const struct guid *property;     /* schemaIDGUID of the attribute, the class to create, or the right */
};

/* True when every bit of desired is granted to token by sd (self-relative; owner and principal-self are
 * taken into account: self is the SID of the object, or NULL). A malformed descriptor grants nothing. */
bool access_check(struct span sd, const struct dir_token *token, uint32_t desired,
                  const struct access_target *target, const struct sid *self);

/* The rights on the object as a whole (allowedAttributesEffective and friends build on it). */
uint32_t access_granted(struct span sd, const struct dir_token *token, const struct sid *self);

/* The descriptor of a new object ([MS-DTYP] 2.5.3.4): parent's inheritable ACEs, the creator's, the
 * class default (SDDL already parsed). domain_sid resolves nothing here: SDDL is parsed before. */
struct access_create {
    struct span parent_sd;
    struct span creator_sd;  /* from the add request, or empty */
    struct span class_default;
    const struct guid *object_class;
    const struct dir_token *token;
    struct sid owner;        /* default owner and group */
    struct sid group;
};
enum err access_create_sd(const struct access_create *in, struct arena *a, struct span *out);
/* Re-inherits: the child's own explicit ACEs plus what the parent now gives. */
enum err access_inherit_sd(struct span parent_sd, struct span child_sd, const struct guid *child_class,
                           struct arena *a, struct span *out);

#endif
