/*
 * The ordered indexes, for who plans searches: which objects have a value. Attributes with
 * SCHEMA_INDEXED have one; objectClass holds the whole chain. Values longer than the index's keys
 * share an entry with a hash, so bounds and prefixes of such values may let too much through: check
 * candidates against the object.
 */
#ifndef DIRECTORY_INDEX_H
#define DIRECTORY_INDEX_H

#include "directory/directory.h"

enum dir_index_how {
    INDEX_EQUAL,
    INDEX_PREFIX, /* text and octets that begin with the value */
    INDEX_FROM,   /* >= value */
    INDEX_TO,     /* <= value */
    INDEX_ANY,    /* has the attribute; the value is ignored */
};

#define DIR_INDEX_KEY_MAX 500

/* A place in one index. It is a plain value: it stays good across snapshots and may be copied. */
struct dir_index_cursor {
    enum dir_index_how how;
    bool on_key; /* key and last are where the cursor stands, not where it starts */
    dir_id last;
    uint64_t only_at; /* the snapshot in which last is all that the key has; 0: none */
    uint16_t bound_len, key_len;
    uint8_t bound[DIR_INDEX_KEY_MAX];
    uint8_t key[DIR_INDEX_KEY_MAX];
};

/* value is in stored form (for INDEX_PREFIX: raw text or octets). deleted: the index of tombstones.
 * ERR_UNSUPPORTED when the attribute is not indexed or cannot be asked this way. */
enum err dir_index_open(uint32_t attr, enum dir_index_how how, struct span value, bool deleted,
                        struct dir_index_cursor *out);
/* The next object: by value, then by id. One object appears once for each matching value. */
bool dir_index_next(const struct dir_snap *s, struct dir_index_cursor *c, dir_id *out);
/* INDEX_EQUAL, at the start: how many objects there are, and the first of them as dir_index_next
 * would give it; 0 leaves *out as it is. */
uint64_t dir_index_begin(const struct dir_snap *s, struct dir_index_cursor *c, dir_id *out);
/* How many entries there are, exact for INDEX_EQUAL, else counted up to limit. */
uint64_t dir_index_count(const struct dir_snap *s, const struct dir_index_cursor *c,
                         uint64_t limit);

#endif
