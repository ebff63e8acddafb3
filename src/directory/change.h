/*
 * The change record: the only way to write. One record is one transaction's worth of primitive effects,
 * ordered, complete and deterministic: applying the same records to the same state gives the same bytes on
 * every machine (ids, GUIDs, SIDs, times and encrypted secrets are in the record, nothing is drawn or
 * looked at while applying). It feeds USNs, audit, cache invalidation, and later other machines.
 */
#ifndef DIRECTORY_CHANGE_H
#define DIRECTORY_CHANGE_H

#include "directory/account.h"
#include "directory/directory.h"

enum change_op {
    CHANGE_CREATE = 1, /* id, parent, class, guid, rdn */
    CHANGE_SET,        /* id, attr, all values (none: removed) */
    CHANGE_MOVE,       /* id, new parent, new rdn */
    CHANGE_FLAGS,      /* id, flags (tombstone) */
    CHANGE_SD,         /* id, descriptor (interned while applying) */
    CHANGE_LINK,       /* attr, source, target, data */
    CHANGE_UNLINK,
    CHANGE_SECRET,     /* store, id, sealed blob (empty: removed) */
    CHANGE_META,       /* key, value */
};

struct change; /* builder of one record, in an arena */

struct change *change_new(struct arena *a, utime when);
/* The id of the new object is chosen by the caller through change_next_id. */
void change_create(struct change *c, dir_id id, dir_id parent, uint32_t class_id, uint32_t flags,
                   struct span rdn);
void change_set(struct change *c, dir_id id, uint32_t attr, const struct span *stored, unsigned count);
void change_move(struct change *c, dir_id id, dir_id parent, struct span rdn);
void change_flags(struct change *c, dir_id id, uint32_t flags);
void change_sd(struct change *c, dir_id id, struct span sd);
void change_link(struct change *c, uint32_t attr, dir_id source, dir_id target, struct span data);
void change_unlink(struct change *c, uint32_t attr, dir_id source, dir_id target);
void change_secret(struct change *c, enum dir_secret_store store, dir_id id, struct span sealed);
void change_meta(struct change *c, struct span key, struct span value);
enum err change_done(struct change *c, struct span *record_out); /* the encoded record */

/* The writer's transaction: many records, one commit. Reads inside see what was applied. */
struct dir_write {
    struct dir_snap snap; /* usable with every read function */
};
enum err dir_write_begin(struct dir *d, struct dir_write *w);
/* Ids and RIDs are handed out once and never again, even if the transaction is not committed. */
dir_id dir_write_next_id(struct dir_write *w);
enum err dir_write_next_rid(struct dir_write *w, uint32_t *out);
/* Applies one encoded record: assigns the next USN, updates objects, indexes, links, epochs, the log.
 * All or nothing per record (a nested transaction). */
enum err dir_write_apply(struct dir_write *w, struct span record, uint64_t *usn_out);
enum err dir_write_commit(struct dir_write *w); /* durable when it returns */
void dir_write_abort(struct dir_write *w);

/* An empty directory file in a new folder: format version, no objects. */
enum err dir_create_empty(const char *path);
enum err dir_meta(const struct dir_snap *s, struct span key, struct span *out);
/* Seals a secret for a store (random nonce given by the caller). */
enum err dir_secret_seal(const struct dir *d, enum dir_secret_store store, dir_id id,
                         const uint8_t nonce[12], struct span plain, struct arena *a, struct span *out);

/* The change log: records in order from a USN on. */
enum err dir_log_read(const struct dir_snap *s, uint64_t usn, struct span *record_out);

#endif
