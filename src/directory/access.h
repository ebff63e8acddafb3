/*
 * The access check of [MS-ADTS] 5.1.3 and [MS-DTYP] 2.5.3, and the making of descriptors by
 * inheritance: pure functions of a security descriptor, a token and an object type list.
 *
 * A descriptor is the self-relative form as stored. A malformed one grants nothing; one without a
 * DACL grants everything; one with an empty DACL only what its owner implies.
 *
 * The cache belongs to a token and lives as long as it, so one thread uses it at a time. It keeps,
 * per (descriptor id, class), what was decided for each attribute: a search of 10,000 entries under
 * one descriptor evaluates each attribute once. Descriptor ids are never reused, so it never goes
 * stale.
 */
#ifndef DIRECTORY_ACCESS_H
#define DIRECTORY_ACCESS_H

#include "base/reasons.h"
#include "directory/token.h"

enum access_right {
    ACCESS_CREATE_CHILD = 0x1,
    ACCESS_DELETE_CHILD = 0x2,
    ACCESS_LIST = 0x4,
    ACCESS_SELF_WRITE = 0x8, /* a validated write */
    ACCESS_READ_PROP = 0x10,
    ACCESS_WRITE_PROP = 0x20,
    ACCESS_DELETE_TREE = 0x40,
    ACCESS_LIST_OBJECT = 0x80,
    ACCESS_CONTROL = 0x100, /* control-access right */
    ACCESS_DELETE = 0x10000,
    ACCESS_READ_CONTROL = 0x20000,
    ACCESS_WRITE_DAC = 0x40000,
    ACCESS_WRITE_OWNER = 0x80000,
    ACCESS_SYSTEM_SECURITY = 0x1000000, /* the SACL; never granted by an ACE, only by privilege */
};

/* The object types that an object ACE may name: an ACE that names none of them does not apply.
 * Entries that do not apply are NULL; a NULL target is the object as a whole.
 *
 *   reading or writing an attribute   object_class, property_set (if any), property
 *   validated write, control access   property = the right's GUID (for a confidential attribute: as
 * for reading) creating or deleting a child      property = schemaIDGUID of the child's class,
 * object_class NULL */
struct access_target {
    const struct guid *object_class; /* schemaIDGUID of the object's most specific class */
    const struct guid *property_set; /* the attribute's attributeSecurityGUID, or NULL */
    const struct guid *property;
};

/* True when every bit of desired is granted to token by sd. self is the object's own SID, which an
 * ACE for PRINCIPAL_SELF stands for, or NULL. Generic bits in desired are mapped. */
bool access_check(struct span sd, const struct dir_token *token, uint32_t desired,
                  const struct access_target *target, const struct sid *self);

/* All rights that the token has for the target (NULL: on the object as a whole). */
uint32_t access_granted(struct span sd, const struct dir_token *token,
                        const struct access_target *target, const struct sid *self);

/* Generic bits become the rights they stand for in a directory ([MS-ADTS] 5.1.3.2). */
uint32_t access_map_generic(uint32_t mask);

/* The same over a stored object: descriptor, class and SID come from the object. ERR_OK,
 * ERR_DENIED, or ERR_IO. attr is the attribute that is read or written; NULL: the object as a
 * whole. */
enum err access_object(const struct dir_snap *s, const struct dir_obj *o,
                       const struct dir_token *token, uint32_t desired,
                       const struct schema_attr *attr);
/* A control-access right or validated write (desired is ACCESS_CONTROL or ACCESS_SELF_WRITE), a
 * class to create or to delete (ACCESS_CREATE_CHILD, ACCESS_DELETE_CHILD). */
enum err access_object_guid(const struct dir_snap *s, const struct dir_obj *o,
                            const struct dir_token *token, uint32_t desired,
                            const struct guid *what);

/* May the token see that the object exists: List Contents on its parent ([MS-ADTS] 5.1.3.3.6);
 * heads of naming contexts always. List-object mode is off. */
bool access_visible(const struct dir_snap *s, const struct dir_obj *o,
                    const struct dir_token *token);
/* The same question for all children of an object at once. */
bool access_lists_children(const struct dir_snap *s, const struct dir_obj *parent,
                           const struct dir_token *token);

/* Gives the token a cache in an arena that must live as long as the token (about 50 KiB). Without
 * memory the token works without one: ERR_NOMEM may be ignored. */
enum err access_cache_attach(struct dir_token *token, struct arena *a);

/* The descriptor of a new object ([MS-DTYP] 2.5.3.4): parent's inheritable ACEs, the creator's,
 * else the class default's (SDDL parsed before). All objects of a directory are containers. Generic
 * rights are mapped everywhere, also in inherit-only ACEs ([MS-ADTS] 5.1.3.2); CREATOR OWNER and
 * CREATOR GROUP become the new object's owner and group in the effective ACE and stay in the
 * inheritable one. ERR_MALFORMED for any of the descriptors, ERR_LIMIT when an ACL outgrows 64 KiB.
 */
struct access_create {
    struct span parent_sd;     /* empty: none */
    struct span creator_sd;    /* from the add request, or empty */
    struct span class_default; /* defaultSecurityDescriptor of the class, or empty */
    const struct guid *object_class;
    const struct dir_token *token; /* not used today: owner and group are given below */
    struct sid owner;              /* default owner and group, when creator_sd names none */
    struct sid group;
};
enum err access_create_sd(const struct access_create *in, struct arena *a, struct span *out);

/* Re-inherits, after a move or a change of the parent's descriptor: the child's own explicit ACEs
 * plus what the parent now gives. A protected ACL stays as it is. child_class is its schemaIDGUID.
 */
enum err access_inherit_sd(struct span parent_sd, struct span child_sd,
                           const struct guid *child_class, struct arena *a, struct span *out);

/* The parts of a descriptor that LDAP_SERVER_SD_FLAGS names ([MS-ADTS] 3.1.1.3.4.1.11). */
enum access_sd_part {
    SD_PART_OWNER = 1,
    SD_PART_GROUP = 2,
    SD_PART_DACL = 4,
    SD_PART_SACL = 8,
};
/* Reading: only these parts. */
enum err access_sd_select(struct span sd, unsigned parts, struct arena *a, struct span *out);
/* Writing: these parts from update, the others from sd; generic rights are left. Inherit afterwards
 * (access_inherit_sd), which maps them and makes the inherited ACEs anew: an update's are only the
 * client's copy. */
enum err access_sd_merge(struct span sd, struct span update, unsigned parts, struct arena *a,
                         struct span *out);

#endif
