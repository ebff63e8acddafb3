/*
 * The change record: the only way to write. One record is one transaction's worth of primitive
 * effects, ordered, complete and deterministic: applying the same records to the same state gives
 * the same bytes on every machine (ids, GUIDs, SIDs, times and encrypted secrets are in the record,
 * nothing is drawn or looked at while applying). It feeds USNs, audit, cache invalidation, and
 * later other machines.
 */
#ifndef DIRECTORY_CHANGE_H
#define DIRECTORY_CHANGE_H

#include "base/builder.h"
#include "directory/account.h"
#include "directory/dir_schema.h"
#include "directory/directory.h"

enum change_op {
    CHANGE_CREATE = 1, /* id, parent, class, guid, rdn */
    CHANGE_SET,        /* id, attr, all values (none: removed) */
    CHANGE_MOVE,       /* id, new parent, new rdn */
    CHANGE_FLAGS,      /* id, flags (tombstone) */
    CHANGE_SD,         /* id, descriptor (interned while applying) */
    CHANGE_LINK,       /* attr, source, target, data */
    CHANGE_UNLINK,
    CHANGE_SECRET,  /* store, id, sealed blob (empty: removed) */
    CHANGE_META,    /* key, value (empty: removed) */
    CHANGE_REMOVE,  /* id: for good; ends a tombstone's life */
    CHANGE_SD_LIKE, /* id, another object: the descriptor that that one has now */
};

#define CHANGE_RECORD_MAX (64u << 20)

struct change; /* builder of one record, in an arena */

/* Values are copied; a failure is remembered and told by change_done. The order of calls is the
 * order of application. */
struct change *change_new(struct arena *a, utime when);
/* The id of the new object is chosen by the caller through dir_write_next_id. rdn is the value of
 * the class's naming attribute, without its name. parent 0: only for the topmost name of a tree.
 * Names above a naming context (DC=com above DC=example,DC=com) are objects of class domainDNS with
 * DIR_OBJ_PHANTOM. */
void change_create(struct change *c, dir_id id, dir_id parent, uint32_t class_id,
                   const struct guid *guid, uint32_t flags, struct span rdn);
/* Replaces all values. Not for links, nTSecurityDescriptor, or what dir_attr takes from elsewhere
 * in the record (name, objectGUID, ...), but objectClass is allowed: all values, when an object has
 * dynamic auxiliary classes. */
void change_set(struct change *c, dir_id id, uint32_t attr, const struct span *stored,
                unsigned count);
void change_move(struct change *c, dir_id id, dir_id parent, struct span rdn);
/* Replaces the flags. Setting DIR_OBJ_DELETED takes the object out of the indexes of live objects
 * and removes every link to and from it; clearing it (undelete) brings it back without links. */
void change_flags(struct change *c, dir_id id, uint32_t flags);
void change_sd(struct change *c, dir_id id, struct span sd);
/* The same descriptor as another object has: keeps records of many alike objects short. */
void change_sd_like(struct change *c, dir_id id, dir_id like);
/* data is empty for attributes of syntax DN. Linking what is linked and unlinking what is not
 * changes nothing. Neither end of a new link may be deleted. */
void change_link(struct change *c, uint32_t attr, dir_id source, dir_id target, struct span data);
void change_unlink(struct change *c, uint32_t attr, dir_id source, dir_id target, struct span data);
void change_secret(struct change *c, enum dir_secret_store store, dir_id id, struct span sealed);
void change_meta(struct change *c, struct span key, struct span value);
/* The object must be without children. Its secrets and links go with it. */
void change_remove(struct change *c, dir_id id);
enum err change_done(struct change *c, struct span *record_out); /* the encoded record */
/* The head of an encoded record, which items may follow. */
#define CHANGE_HEAD 9
void change_begin(struct builder *b, struct arena *a, utime when);

/* Reads a record back, for the audit and for other machines. */
struct change_item {
    enum change_op op;
    dir_id id;     /* the object; source of a link */
    dir_id parent; /* CREATE, MOVE */
    dir_id target; /* LINK, UNLINK, SD_LIKE */
    uint32_t attr; /* SET, LINK, UNLINK */
    uint32_t class_id;
    uint32_t flags;
    struct guid guid;
    struct span rdn;
    struct span data; /* descriptor, link data, sealed secret, meta value */
    struct span key;  /* META */
    enum dir_secret_store store;
    struct dir_values values; /* SET */
};
struct change_reader {
    struct span rest;
    utime when;
};
/* ERR_MALFORMED, ERR_UNSUPPORTED (a newer form). */
enum err change_read(struct span record, struct change_reader *out);
/* ERR_NOT_FOUND at the end. */
enum err change_next(struct change_reader *r, struct change_item *out);

/* The writer's transaction: many records, one commit. Reads inside see what was applied. Outputs of
 * reads (spans, objects) die with the next dir_write_apply. */
struct dir_write {
    struct dir_snap snap;       /* usable with every read function */
    struct dir_step *step;      /* NULL: none is open */
    bool applied;               /* a record, so that a step needs a nested transaction */
    struct schema_more *schema; /* what it began with (dir_schema.h) */
};
/* Several records, all or none of them; no step may be open when it begins or ends. */
struct dir_nest {
    struct store_txn *outer;
    struct dir_epochs before;
    struct dir_schema_mark schema;
};
enum err dir_write_nest(struct dir_write *w, struct dir_nest *out);
/* An error of keeping is one of the whole transaction. */
enum err dir_write_nest_end(struct dir_write *w, const struct dir_nest *n, bool keep);
/* ERR_DENIED unless opened writable. */
enum err dir_write_begin(struct dir *d, struct dir_write *w);
/* Ids and RIDs are handed out once and never again, even if the transaction is not committed. RIDs
 * start at 1000; an objectSid of this domain that a record sets moves the counter beyond it. */
dir_id dir_write_next_id(struct dir_write *w);
enum err dir_write_next_rid(struct dir_write *w, uint32_t *out);
/* Applies one encoded record: assigns the next USN, updates objects, indexes, links, epochs, the
 * log. All or nothing per record (a nested transaction): ERR_EXISTS (id, GUID or sibling's name
 * taken), ERR_NOT_FOUND (an object, parent or target is not there), ERR_CONSTRAINT (a loop,
 * children in the way, an attribute that is not set this way), ERR_MALFORMED, ERR_LIMIT, ERR_IO. */
enum err dir_write_apply(struct dir_write *w, struct span record, uint64_t *usn_out);
/* A step is one record applied in parts, so that each part can be checked against what the parts
 * before it did: between begin and keep, dir_write_apply takes parts, all with the same time, and
 * the log gets the whole under one USN. That costs far less than a record each. A part that cannot
 * be applied breaks the step, which then can only be undone. A part that changes an object that was
 * there before the step closes it, as does one too many: parts must have the effect of the whole,
 * and caches told by USNs must notice. What comes after belongs into another step. */
enum err dir_write_step_begin(struct dir_write *w, utime when, struct arena *a);
bool dir_write_step_closed(const struct dir_write *w);
/* Undoes and tells why when the step is broken; when no record went before it, the transaction can
 * then only be given up. */
enum err dir_write_step_keep(struct dir_write *w);
enum err dir_write_commit(struct dir_write *w); /* durable when it returns */
void dir_write_abort(struct dir_write *w);
/* What the log keeps: a record goes when this many are newer, or when it is older. The newest one
 * stays. */
#define DIR_LOG_RECORDS 100000
#define DIR_LOG_AGE     (30 * UTIME_DAY)
struct dir_log_limits {
    uint64_t records;
    utime age;
};
/* Forgets what is beyond the limits, oldest first and at most `step` records: a part of the work of
 * each commit, so that no commit waits for all of it. Returns how many. */
unsigned dir_write_trim_log(struct dir_write *w, const struct dir_log_limits *keep, utime now,
                            unsigned step);

/* An empty directory in an existing empty folder: format version, no objects. ERR_EXISTS. */
enum err dir_create_empty(const char *path);
enum err dir_meta(const struct dir_snap *s, struct span key, struct span *out);
/* Seals a secret for a store (random nonce given by the caller). */
enum err dir_secret_seal(const struct dir *d, enum dir_secret_store store, dir_id id,
                         const uint8_t nonce[12], struct span plain, struct arena *a,
                         struct span *out);

/* What simple bind checks: an HMAC of id and password under the key of DIR_SECRET_BIND. The writer
 * puts it, not sealed, with change_secret(c, DIR_SECRET_BIND, id, ...). ERR_DENIED without the key.
 */
#define DIR_BIND_VERIFIER_SIZE 32
enum err dir_bind_verifier(const struct dir *d, dir_id id, struct span password_utf8,
                           uint8_t out[DIR_BIND_VERIFIER_SIZE]);
/* The plain form of a trust's secrets (dir_trust_secrets), to be sealed for DIR_SECRET_ACCOUNT. */
enum err dir_trust_secrets_encode(struct span incoming, struct span outgoing, struct arena *a,
                                  struct span *out);

/* The change log: the record that was given this USN. Every USN from the oldest one kept to
 * dir_snap_usn has one. ERR_NOT_FOUND. */
enum err dir_log_read(const struct dir_snap *s, uint64_t usn, struct span *record_out);
uint64_t dir_log_oldest(const struct dir_snap *s); /* 0: the log is empty */

#endif
