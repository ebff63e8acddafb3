/*
 * Filters and searches. A filter is a tree in an arena, resolved against the schema and one
 * snapshot; a search is a cursor that can be ended and resumed across snapshots, so that a slow
 * reader never pins the file.
 *
 * Life of a search: fill struct dir_search (zeros elsewhere), resolve its filter, call
 * dir_search_next until ERR_NOT_FOUND. Between two calls the snapshot may be ended and another
 * begun; the filter, the token and the arena must live on. Objects that are created, moved or
 * deleted meanwhile are seen or not; none that stays as it is is missed or given twice. A struct
 * dir_search may be dropped at any time: its memory is the arena's.
 *
 * One thread uses a search, a filter being resolved, and a token at a time.
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
    FILTER_APPROX,       /* as FILTER_EQUAL */
    FILTER_BIT_AND,      /* 1.2.840.113556.1.4.803 */
    FILTER_BIT_OR,       /* 1.2.840.113556.1.4.804 */
    FILTER_IN_CHAIN,     /* 1.2.840.113556.1.4.1941 */
    FILTER_DN_WITH_DATA, /* 1.2.840.113556.1.4.2253: DN-Binary and DN-String by their DN alone */
    FILTER_UNDEFINED,    /* an unknown attribute or unparseable value: neither true nor false */
    FILTER_TRUE,         /* what resolving found to be so for every object */
    FILTER_FALSE,
};

#define DIR_FILTER_DEPTH_MAX    64
#define DIR_FILTER_NODES_MAX    4096
#define DIR_SUBSTRING_PARTS_MAX 32
#define DIR_CHAIN_MAX           (1u << 20) /* objects that one transitive match may reach */

struct dir_filter {
    enum dir_filter_op op;
    uint32_t attr;              /* schema id; an unknown attribute is FILTER_UNDEFINED */
    struct span value;          /* assertion, LDAP text form as received */
    struct dir_filter *child;   /* first child of AND, OR, NOT */
    struct dir_filter *next;    /* sibling */
    struct span initial, final; /* FILTER_SUBSTRING; empty: none */
    struct span *any;
    unsigned any_count;
    /* Filled by dir_filter_resolve. */
    const struct schema_attr *schema;
    struct span stored;  /* the assertion in stored form */
    int64_t number;      /* and as a number */
    const dir_id *chain; /* FILTER_IN_CHAIN: the objects for which it holds, sorted */
    unsigned chain_count;
};

/* The operation of a matching rule's OID, FILTER_UNDEFINED for any other. */
enum dir_filter_op dir_filter_rule(struct span oid);

/* Parses RFC 4515 text, for the CLI and tests; LDAP builds the tree from BER itself. ERR_MALFORMED,
 * ERR_LIMIT. */
enum err dir_filter_parse(struct span text, struct arena *a, struct dir_filter **out);

/* Readies a filter for matching, in place: stored forms, ambiguous name resolution, short names of
 * objectCategory, the sets of transitive matches. A leaf whose value does not convert becomes
 * FILTER_UNDEFINED, one that names an object that is not there FILTER_FALSE. ERR_UNSUPPORTED for a
 * constructed attribute (inappropriateMatching), ERR_LIMIT for a tree that is too deep or too
 * large. */
enum err dir_filter_resolve(const struct dir_snap *s, struct dir_filter *f, struct arena *a);

/* Does this one object match? What the token may not read counts as absent ([MS-ADTS] 3.1.1.4.3),
 * so that a filter tells nothing that reading would not. scratch is for long values; reset it when
 * you like. */
bool dir_filter_match(const struct dir_snap *s, const struct dir_filter *f, const struct dir_obj *o,
                      const struct dir_token *token, struct arena *scratch);

enum dir_scope { DIR_BASE, DIR_ONE, DIR_SUBTREE };

struct dir_search {
    dir_id base; /* 0 with cross_nc: the whole forest */
    enum dir_scope scope;
    const struct dir_filter *filter; /* resolved */
    const struct dir_token *token;
    bool show_deleted;
    bool cross_nc;            /* global catalog: every naming context under base */
    struct arena *arena;      /* for the plan (a few KiB); lives as long as the search */
    struct arena *scratch;    /* reset for each candidate; NULL: arena is used, and grows */
    struct search_plan *plan; /* NULL to start */
};

/* The next visible object that matches. ERR_NOT_FOUND at the end; ERR_LIMIT when `examine`
 * candidates were looked at without a match (call again: time limits and fairness are the
 * caller's). */
enum err dir_search_next(const struct dir_snap *s, struct dir_search *q, unsigned examine,
                         struct dir_obj *out);

/* May the token read this attribute of this object ([MS-ADTS] 3.1.1.4.3, 3.1.1.4.4)? Knows secret
 * and confidential attributes; nTSecurityDescriptor needs READ_CONTROL (its SACL more:
 * access_object). */
bool dir_attr_readable(const struct dir_snap *s, const struct dir_obj *o, uint32_t attr,
                       const struct dir_token *token);

/* The same for many attributes of one object: what depends on the object alone is found out once.
 * Valid as long as what it was given; on the stack, no fini. */
struct dir_reader {
    const struct dir_snap *snap;
    const struct dir_obj *obj;
    const struct dir_token *token;
    /* What the token's cache knows of the object, while no other key was given its place. */
    const uint8_t *known;
    unsigned claims;
    bool looked, keyed, self;
};
void dir_reader_init(struct dir_reader *r, const struct dir_snap *s, const struct dir_obj *o,
                     const struct dir_token *token);
bool dir_reader_may(struct dir_reader *r, const struct schema_attr *attr);

/* Constructed attributes ([MS-ADTS] 3.1.1.4.5): tokenGroups, canonicalName, allowedAttributes...,
 * msDS-User-Account-Control-Computed, msDS-KeyVersionNumber, primaryGroupToken, subSchemaSubEntry,
 * ... LDAP text form, in the arena. now is the clock. ERR_NOT_FOUND when the object has none. Back
 * links are not among them: read them with dir_backlink_next. */
bool dir_attr_is_constructed(uint32_t attr);
enum err dir_constructed(const struct dir_snap *s, const struct dir_obj *o, uint32_t attr,
                         const struct dir_token *token, utime now, struct arena *a,
                         struct span **values_out, unsigned *count_out);

#endif
