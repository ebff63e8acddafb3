/*
 * The schema: every attribute and class of Windows Server 2016's Active Directory (objectVersion
 * 87), compiled from the schema files by tools/gen_schema.py, and what an administrator added to
 * the directory whose snapshot the calling thread began last (schema_more.h). Compiled rows live
 * for ever and others as long as the directory is open; any thread may read.
 *
 * Ids are ATTRTYPs ([MS-ADTS] 3.1.1.2.6, [MS-DRSR] 5.16.4): they come from the OID through a prefix
 * table that only grows; those of extensions are SCHEMA_MORE_ID and above. Records store ids, so a
 * newer schema file changes no record. objectClass has id 0: absence is a NULL pointer here, never
 * an id. Indexes run from 0 to schema_attr_count() - 1, the compiled ones first.
 */
#ifndef DIRECTORY_SCHEMA_H
#define DIRECTORY_SCHEMA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "directory/schema_ids.h"
#include "wire/ms/guid.h"

/* [MS-ADTS] 3.1.1.2.2.2 */
enum schema_syntax {
    SYNTAX_BOOLEAN,
    SYNTAX_ENUMERATION,
    SYNTAX_INTEGER,
    SYNTAX_LARGE_INTEGER,
    SYNTAX_ACCESS_POINT,
    SYNTAX_DN_STRING,
    SYNTAX_OR_NAME,
    SYNTAX_DN_BINARY,
    SYNTAX_DN,
    SYNTAX_PRESENTATION_ADDRESS,
    SYNTAX_REPLICA_LINK,
    SYNTAX_CASE,
    SYNTAX_IA5,
    SYNTAX_NT_SEC_DESC,
    SYNTAX_NUMERIC,
    SYNTAX_OID,
    SYNTAX_OCTET,
    SYNTAX_PRINTABLE,
    SYNTAX_SID,
    SYNTAX_TELETEX,
    SYNTAX_UNICODE,
    SYNTAX_UTC_TIME,
    SYNTAX_GENERALIZED_TIME,
    SYNTAX__COUNT
};

/* How values compare ([MS-ADTS] 3.1.1.2.2.4). */
enum schema_rule {
    RULE_BOOL,
    RULE_INTEGER, /* signed; Integer, Enumeration, LargeInteger */
    RULE_TIME,
    RULE_DN,      /* the same object */
    RULE_DN_DATA, /* the same object and the same data */
    RULE_OID,
    RULE_OCTET,    /* octets, SIDs, presentation addresses */
    RULE_CASE,     /* text, byte by byte */
    RULE_NO_CASE,  /* text, ASCII case ignored */
    RULE_UNICODE,  /* text, case folded */
    RULE_SEC_DESC, /* presence only */
};

struct schema_syntax_row {
    const char *name;     /* "String(Unicode)" */
    const char *oid;      /* attributeSyntax, "2.5.5.12" */
    const char *ldap_oid; /* of attributeTypes in the subschema, RFC 4517 or Microsoft's */
    struct span om_class; /* oMObjectClass, BER, or empty */
    enum schema_rule rule;
    bool ordered; /* supports >= and <= */
    bool substring;
    bool bitwise; /* supports the BIT_AND and BIT_OR rules */
};
const struct schema_syntax_row *schema_syntax(enum schema_syntax s);
/* The syntax that the three attributes of an attributeSchema say together ([MS-ADTS] 3.1.1.2.2.2).
 * om_class may be missing where the other two say enough. */
bool schema_syntax_find(struct span oid, uint32_t om_syntax, struct span om_class,
                        enum schema_syntax *out);

enum schema_flags {
    SCHEMA_SINGLE = 0x1,
    SCHEMA_INDEXED = 0x2,      /* dir_by_value and dir_index_next work */
    SCHEMA_CONFIDENTIAL = 0x4, /* needs a control-access right to read */
    SCHEMA_CONSTRUCTED = 0x8,
    SCHEMA_GC = 0x10, /* in the partial attribute set */
    SCHEMA_SYSTEM_ONLY = 0x20,
    SCHEMA_DEFUNCT = 0x40,
    SCHEMA_NOT_REPLICATED = 0x80,
    SCHEMA_OPERATIONAL = 0x100,
    SCHEMA_SECRET = 0x200, /* never returned to anybody */
    SCHEMA_LINK = 0x400,   /* forward link: links.h, not the record */
    SCHEMA_BACKLINK = 0x800,
    SCHEMA_HAS_LOWER = 0x1000,
    SCHEMA_HAS_UPPER = 0x2000,
    SCHEMA_ADVANCED_VIEW = 0x4000,  /* showInAdvancedViewOnly of the schema object */
    SCHEMA_DEFAULT_HIDING = 0x8000, /* classes: defaultHidingValue */
    SCHEMA_OF_DIRECTORY = 0x10000,  /* attributes: the row is no compiled one, and may change */
};

/* searchFlags ([MS-ADTS] 2.2.10) */
enum schema_search_flags {
    SEARCH_INDEX = 0x1,
    SEARCH_CONTAINER_INDEX = 0x2,
    SEARCH_ANR = 0x4,
    SEARCH_PRESERVE = 0x8, /* kept on tombstones */
    SEARCH_COPY = 0x10,
    SEARCH_TUPLE = 0x20,
    SEARCH_SUBTREE = 0x40,
    SEARCH_CONFIDENTIAL = 0x80,
    SEARCH_NEVER_AUDIT = 0x100,
    SEARCH_RODC_FILTERED = 0x200,
    SEARCH_PARTITION_SECRET = 0x1000, /* needs a right on the partition, too, to read */
};

/* Room for the text of an OID. */
#define SCHEMA_OID_TEXT 96

/* Texts stand in the row: a pointer would have to be relocated in each process at its start, which
 * would give each a copy of the whole table (200 KiB) instead of one for all. */
struct schema_attr {
    uint32_t id;
    uint32_t index; /* schema_attr_at */
    enum schema_syntax syntax;
    uint32_t flags; /* enum schema_flags */
    uint32_t om_syntax;
    uint32_t link_id;
    uint32_t partner; /* the other side of a link pair, 0: none */
    uint32_t search_flags, system_flags, schema_flags, map_id;
    int64_t range_lower, range_upper; /* when SCHEMA_HAS_LOWER, _UPPER */
    struct guid guid;                 /* schemaIDGUID */
    struct guid property_set;         /* attributeSecurityGUID, or zero */
    char name[56];                    /* lDAPDisplayName */
    char cn[64];
    char oid[SCHEMA_OID_TEXT]; /* attributeID */
};

/* What only making the schema's objects needs. */
struct schema_attr_texts {
    const char *admin_name, *description; /* may be NULL */
};

struct schema_list {
    const uint32_t *id;
    uint32_t count;
};

enum schema_category {
    CATEGORY_88 = 0,
    CATEGORY_STRUCTURAL = 1,
    CATEGORY_ABSTRACT = 2,
    CATEGORY_AUXILIARY = 3,
};

struct schema_class {
    uint32_t id;
    uint32_t index; /* schema_class_at */
    const char *name, *cn, *oid;
    const char *admin_name, *description;
    enum schema_category category;
    uint32_t flags; /* SYSTEM_ONLY, DEFUNCT, ADVANCED_VIEW, DEFAULT_HIDING */
    uint32_t system_flags, schema_flags;
    uint32_t super; /* subClassOf; top is its own */
    uint32_t rdn_attr;
    uint32_t default_category; /* class id of defaultObjectCategory */
    struct guid guid;
    const char *default_sd; /* SDDL, or NULL */
    /* As declared. */
    struct schema_list must, may, system_must, system_may, aux, system_aux, superiors,
        system_superiors;
    /* What follows from it ([MS-ADTS] 3.1.1.4.2). chain: top first, the class itself last, which is
     * the order of objectClass; the other lists are sorted by id. */
    struct schema_list chain;
    struct schema_list all_aux;
    struct schema_list all_must;
    struct schema_list all_may;       /* without all_must */
    struct schema_list all_superiors; /* classes that may be the parent */
    struct schema_list inferiors;     /* possibleInferiors */
};

/* NULL when there is none. Names and OIDs as LDAP gives them: a name in any case, or a dotted OID
 * with or without the prefix "OID.". */
const struct schema_attr *schema_attr(uint32_t id);
const struct schema_attr *schema_attr_by_name(struct span name_or_oid);
const struct schema_attr *schema_attr_by_guid(const struct guid *g);
const struct schema_attr *schema_attr_at(unsigned index);
static inline unsigned schema_attr_index(const struct schema_attr *a)
{
    return a->index;
}
unsigned schema_attr_count(void);
unsigned schema_attr_compiled(void); /* how many of them are compiled */
/* Of a compiled one. */
const struct schema_attr_texts *schema_attr_texts(const struct schema_attr *a);

const struct schema_class *schema_class(uint32_t id);
const struct schema_class *schema_class_by_name(struct span name_or_oid);
const struct schema_class *schema_class_by_guid(const struct guid *g);
const struct schema_class *schema_class_at(unsigned index);
unsigned schema_class_count(void);
unsigned schema_class_compiled(void);

/* c is the class itself or derived from ancestor. */
bool schema_class_is(const struct schema_class *c, uint32_t ancestor);
/* Objects of the class may hold the attribute (must or may, with static auxiliary classes). */
bool schema_class_allows(const struct schema_class *c, const struct schema_attr *a);
bool schema_list_has(const struct schema_list *sorted, uint32_t id);

/* OID text to ATTRTYP and back through the prefix table, for any OID under a known prefix, defined
 * by the schema or not. ERR_NOT_FOUND: the prefix is unknown. out has room for SCHEMA_OID_TEXT
 * bytes; the length is returned, 0 when unknown. */
enum err schema_oid_to_id(struct span oid, uint32_t *out);
size_t schema_id_to_oid(uint32_t id, char out[SCHEMA_OID_TEXT]);

/* objectVersion of the schema partition. */
#define SCHEMA_VERSION 87

#endif
