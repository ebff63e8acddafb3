/*
 * Applying one change record. Objects that a record touches are taken into memory once (struct
 * work), changed there, and written with their index entries at the end; names, links, descriptors
 * and secrets are written as they come, because later steps of the record look at them.
 */
#ifndef DIRECTORY_APPLY_H
#define DIRECTORY_APPLY_H

#include "directory/dir_internal.h"
#include "directory/record.h"

#define APPLY_BUCKETS   1024
#define APPLY_ARENA_MAX (UINT64_C(2) << 30)

struct work {
    struct work *next_bucket, *next; /* next: in the order in which the record touched them */
    dir_id id;
    bool fresh, removed;
    bool young;   /* made by an earlier part of this record (dir_write_step_begin): as if fresh */
    bool changed; /* since it was taken into memory */
    struct dir_obj before; /* in the arena; not set when fresh */
    struct record now;
    unsigned attr_room; /* how many now.attrs has room for */
    uint32_t *touched;  /* attributes whose metadata advances */
    unsigned touched_count, touched_room;
};

struct apply {
    struct store_txn *txn;
    struct arena arena;
    utime when;
    struct dir_state state;
    struct work *bucket[APPLY_BUCKETS];
    struct work *first, **last;
    bool naming, links, trusts, zones; /* epochs to move */
    /* Links of one attribute that came one after the other, to be made in sorted runs: source and
     * target in one number each. */
    uint32_t run_attr;
    unsigned run_count, run_room;
    uint64_t *run;
};

/* The object, taken into memory at the first call. ERR_NOT_FOUND. */
enum err apply_load(struct apply *ap, dir_id id, struct work **out);
/* Flags and descriptor without taking it. ERR_NOT_FOUND, ERR_IO. */
enum err apply_flags_of(struct apply *ap, dir_id id, uint32_t *flags_out, uint32_t *sd_out);
/* Arrays in the arena grow by doubling; the old one stays until the end of the record. */
void *apply_grow(struct apply *ap, const void *old, unsigned count, unsigned *room, size_t size);
enum err apply_create(struct apply *ap, const struct change_item *i);
enum err apply_set(struct apply *ap, const struct change_item *i);
enum err apply_move(struct apply *ap, const struct change_item *i);
enum err apply_flags(struct apply *ap, const struct change_item *i);
enum err apply_sd(struct apply *ap, const struct change_item *i);
enum err apply_sd_like(struct apply *ap, const struct change_item *i);
/* A plain link is only remembered; apply_run makes those that are. Every other item wants them made
 * before it. */
enum err apply_link(struct apply *ap, const struct change_item *i);
enum err apply_run(struct apply *ap);
enum err apply_remove(struct apply *ap, const struct change_item *i);
/* Every link to and from the object goes; the epochs of what it pointed at move. */
enum err apply_drop_links(struct apply *ap, dir_id id);
/* The objectGUID of a fresh object is indexed (or not any more) at once, so that a second object of
 * the same record cannot take it. */
void apply_guid(struct apply *ap, const struct work *w, bool add);
/* Remembers that the attribute's metadata advances. */
enum err apply_touch(struct apply *ap, struct work *w, uint32_t attr);
/* Gives up one reference to a descriptor; 0 is none. */
void apply_sd_release(struct apply *ap, uint32_t sd_id);
/* What points at the object changed. */
void apply_epoch(struct apply *ap, dir_id id);
/* Writes all objects, their indexes and metadata. */
enum err apply_flush(struct apply *ap);

#endif
