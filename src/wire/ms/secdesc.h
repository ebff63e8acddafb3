/*
 * Security descriptors in self-relative form ([MS-DTYP] 2.4.6), read where they lie: sd_open checks
 * the header and that both lists are inside, an ace_iter walks one list. All pointers and spans are
 * views into the descriptor's bytes. sd_check reads all of it: call it on what comes from outside,
 * before it is stored, so that readers of stored descriptors may take a failing list as an empty
 * one.
 */
#ifndef WIRE_MS_SECDESC_H
#define WIRE_MS_SECDESC_H

#include "base/builder.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

#define SD_MAX   65536 /* bytes of one descriptor: what its 16-bit sizes allow in practice */
#define ACES_MAX 1820  /* of one list: 64 KiB of the smallest access ACE of 36 bytes */

/* Revisions of a list: 4 allows object ACEs; AD's own lists have it always. */
#define ACL_REVISION_NT 2
#define ACL_REVISION_AD 4

enum sd_control {
    SD_OWNER_DEFAULTED = 0x1,
    SD_GROUP_DEFAULTED = 0x2,
    SD_DACL_PRESENT = 0x4,
    SD_DACL_DEFAULTED = 0x8,
    SD_SACL_PRESENT = 0x10,
    SD_SACL_DEFAULTED = 0x20,
    SD_DACL_TRUSTED = 0x40,
    SD_SERVER_SECURITY = 0x80,
    SD_DACL_INHERIT_REQ = 0x100,
    SD_SACL_INHERIT_REQ = 0x200,
    SD_DACL_INHERITED = 0x400,
    SD_SACL_INHERITED = 0x800,
    SD_DACL_PROTECTED = 0x1000,
    SD_SACL_PROTECTED = 0x2000,
    SD_RM_CONTROL_VALID = 0x4000,
    SD_SELF_RELATIVE = 0x8000,
};

enum ace_type {
    ACE_ALLOWED = 0,
    ACE_DENIED = 1,
    ACE_AUDIT = 2,
    ACE_ALARM = 3,
    ACE_ALLOWED_OBJECT = 5,
    ACE_DENIED_OBJECT = 6,
    ACE_AUDIT_OBJECT = 7,
    ACE_ALARM_OBJECT = 8,
    ACE_ALLOWED_CALLBACK = 9,
    ACE_DENIED_CALLBACK = 10,
    ACE_ALLOWED_CALLBACK_OBJECT = 11,
    ACE_DENIED_CALLBACK_OBJECT = 12,
    ACE_AUDIT_CALLBACK = 13,
    ACE_AUDIT_CALLBACK_OBJECT = 15,
    ACE_MANDATORY_LABEL = 17,
    ACE_RESOURCE_ATTRIBUTE = 18,
    ACE_SCOPED_POLICY = 19,
};

enum ace_flags {
    ACE_OBJECT_INHERIT = 0x1,
    ACE_CONTAINER_INHERIT = 0x2,
    ACE_NO_PROPAGATE = 0x4,
    ACE_INHERIT_ONLY = 0x8,
    ACE_INHERITED = 0x10,
    ACE_SUCCESS_AUDIT = 0x40,
    ACE_FAILED_AUDIT = 0x80,
};

/* One ACE. Encoding takes the same struct: the object flags follow from the two pointers. Types
 * that are not in the list above keep everything after the header in extra (known is false). */
struct ace {
    uint8_t type;
    uint8_t flags;
    bool known;
    uint32_t mask;
    const struct guid *object_type;    /* NULL: absent, or not an object ACE */
    const struct guid *inherited_type; /* NULL: absent */
    struct sid sid;
    struct span extra; /* condition, claim or other application data after the SID */
    struct span bytes; /* the ACE itself as it lies; ignored when encoding */
};

bool ace_type_is_object(uint8_t type);

/* An opened descriptor. */
struct sd {
    uint16_t control;
    bool has_owner, has_group;
    struct sid owner, group;
    struct span dacl, sacl; /* the whole ACL; ptr NULL: absent or the null list */
};

/* ERR_MALFORMED, ERR_UNSUPPORTED (revision not 1, not self-relative), ERR_LIMIT. Bytes of the
 * descriptor that nothing refers to are accepted, as Windows does. */
enum err sd_open(struct span bytes, struct sd *out);
/* sd_open, and every ACE of both lists is well-formed. */
enum err sd_check(struct span bytes);

struct ace_iter {
    struct reader r;
    unsigned left;
};
/* acl may be absent: no ACEs. */
void ace_iter_init(struct ace_iter *it, struct span acl);
/* False at the end or at the first malformed ACE (then ace_iter_err is not ERR_OK). */
bool ace_next(struct ace_iter *it, struct ace *out);
static inline enum err ace_iter_err(const struct ace_iter *it)
{
    return it->r.err;
}
uint8_t acl_revision(struct span acl); /* 0 when absent */
unsigned acl_count(struct span acl);

/* What sd_put writes. A list pointer of NULL with its PRESENT bit set in control is the null list
 * (everything allowed); without the bit it is absent. */
struct acl_build {
    uint8_t revision; /* 0: 4 when there is an object ACE, else 2 */
    unsigned count;
    const struct ace *aces;
};
struct sd_build {
    uint16_t
        control; /* SD_SELF_RELATIVE and, for a list that is given, its PRESENT bit are added */
    const struct sid *owner, *group; /* NULL: absent */
    const struct acl_build *sacl, *dacl;
};
/* In Windows' order: header, SACL, DACL, owner, group. Sticky ERR_LIMIT beyond 65535 bytes of one
 * list. */
void sd_put(struct builder *b, const struct sd_build *sd);
/* One list or one ACE alone, for who rebuilds lists. */
void acl_put(struct builder *b, const struct acl_build *acl);
void ace_put(struct builder *b, const struct ace *ace);

#endif
