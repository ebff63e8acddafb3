/*
 * Filters and searches. A filter is a tree in an arena, already resolved against the schema; a search is a
 * cursor that can be ended and resumed across snapshots, so that a slow reader never pins the file.
 */
#ifndef DIRECTORY_SEARCH_H
#define DIRECTORY_SEARCH_H

#include "directory/access.h"

enum dir_filter_op {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_EQUAL,
    FILTER_SUBSTRING,
    FILTER_GE,
    FILTER_LE,
    FILTER_PRESENT,
    FILTER_APPROX,
    FILTER_BIT_AND,   /* 1.2.840.113556.1.4.803 */
    FILTER_BIT_OR,    /* 1.2.840.113556.1.4.804 */
    FILTER_IN_CHAIN,  /* 1.2.840.113556.1.4.1941 */
    FILTER_DN_WITH_DATA, /* 1.2.840.113556.1.4.2253 */
    FILTER_UNDEFINED, /* an unknown attribute or unparseable value: neither true nor false */
};

#define DIR_FILTER_DEPTH_MAX 64
#define DIR_FILTER_NODES_MAX 4096
#define DIR_SUBSTRING_PARTS_MAX 32

struct dir_filter {
    enum dir_filter_op op;
    uint32_t attr;             /* schema id */
    struct span value;         /* assertion, LDAP text form as received */
    struct span stored;        /* the same in stored form where it converts; filled by dir_filter_resolve */
    struct dir_filter *child;  /* first child of AND, OR, NOT */
    struct dir_filter *next;   /* sibling */
    struct span initial, final;
    struct span *any;
    unsigned any_count;
};

/* Parses RFC 4515 text, for the CLI and tests; LDAP builds the tree from BER itself. */
enum err dir_filter_parse(struct span text, struct arena *a, struct dir_filter **out);
/* Fills stored forms; a node whose value does not convert becomes FILTER_UNDEFINED. */
enum err dir_filter_resolve(const struct dir_snap *s, struct dir_filter *f, struct arena *a);

enum dir_scope { DIR_BASE, DIR_ONE, DIR_SUBTREE };

struct dir_search {
    dir_id base;
    enum dir_scope scope;
    const struct dir_filter *filter;
    const struct dir_token *token;
    bool show_deleted;
    bool cross_nc;      /* global catalog: every naming context under base */
    /* cursor: opaque, zero to start */
    uint64_t state[8];
    struct arena *arena; /* for plans and candidate lists; lives as long as the search */
    void *plan;
};

/* The next visible object that matches. ERR_NOT_FOUND at the end; ERR_LIMIT when `examine` candidates were
 * looked at without a match (call again: time limits and fairness are the caller's). */
enum err dir_search_next(const struct dir_snap *s, struct dir_search *q, unsigned examine,
                         struct dir_obj *out);

/* Does this one object match? Confidential and unreadable attributes count as absent for the token. */
bool dir_filter_match(const struct dir_snap *s, const struct dir_filter *f, const struct dir_obj *o,
                      const struct dir_token *token, struct arena *scratch);

/* May the token read this attribute of this object ([MS-ADTS] 3.1.1.4.4)? Knows secret and confidential
 * attributes. Results are cached by (token, descriptor, class) in the search's or the caller's cache. */
bool dir_attr_readable(const struct dir_snap *s, const struct dir_obj *o, uint32_t attr,
                       const struct dir_token *token);

/* Constructed attributes ([MS-ADTS] 3.1.1.4.5): tokenGroups, canonicalName, allowedAttributes...,
 * msDS-User-Account-Control-Computed, msDS-KeyVersionNumber, primaryGroupToken, subSchemaSubEntry, ... LDAP
 * text form, in the arena. ERR_NOT_FOUND when the object has none. */
bool dir_attr_is_constructed(uint32_t attr);
enum err dir_constructed(const struct dir_snap *s, const struct dir_obj *o, uint32_t attr,
                         const struct dir_token *token, struct arena *a, struct span **values_out,
                         unsigned *count_out);

#endif
