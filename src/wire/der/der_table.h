/*
 * DER types as tables: a row per field says where it lies in a C struct, its tag and its type. One
 * decoder and one encoder walk the tables, so a message needs no code of its own.
 *
 * Decoding makes the struct and its lists in an arena; every string, octet string and raw element
 * is a view into the input, which must live as long as the struct. Encoding measures first, then
 * writes backwards into one piece of a builder: no intermediate tree, no copy twice.
 *
 * All SEQUENCEs are taken as extensible: unknown elements after the known ones are skipped if they
 * are well-formed. RFC 6113 marks its types so; MIT and Heimdal take every type so and rely on it
 * of their peers. Known elements must be in the order of the rows, each once.
 *
 * How a field of a C struct says that it is absent (rows with DER_OPTIONAL only):
 *   pointer to a struct (DER_POINTER)  NULL
 *   struct span                        ptr NULL; an empty value has a ptr and len 0
 *   list {items, count}                items NULL; an empty list has items and count 0
 *   everything else                    its `bool has_NAME` is false
 * A zeroed struct has all its optional fields absent. A required span or list may be NULL when
 * encoded: it is written as empty.
 *
 * Tables are constant; the functions are pure and thread-safe.
 */
#ifndef WIRE_DER_DER_TABLE_H
#define WIRE_DER_DER_TABLE_H

#include "base/arena.h"
#include "base/times.h"
#include "wire/der/der.h"

/* Elements inside elements that a message may have, and elements in all. */
#define DER_DEPTH_MAX    32
#define DER_ELEMENTS_MAX 16384

enum der_kind {
    DER_K_INT32,  /* int32_t; range lo..hi when hi is not 0 */
    DER_K_UINT32, /* uint32_t; a negative 32-bit INTEGER is taken modulo 2^32, as old peers send it;
                     written as one when lo is negative */
    DER_K_INT64,  /* int64_t; range lo..hi when hi is not 0 */
    DER_K_CONST,  /* no storage: an INTEGER that must be lo */
    DER_K_BOOL,   /* bool */
    DER_K_SPAN,   /* struct span: contents of an element with the type's tag, unchecked */
    DER_K_TEXT,   /* struct span: the same, without zero bytes */
    DER_K_TIME,   /* utime: GeneralizedTime, exactly YYYYMMDDHHMMSSZ (RFC 4120 section 5.2.3) */
    DER_K_FLAGS,  /* uint32_t: the first 32 bits, bit 0 is 0x80000000; written as 32 bits */
    DER_K_RAW,    /* struct span: any one element, tag and length included */
    DER_K_SEQUENCE, /* a struct described by rows */
    DER_K_LIST,     /* struct { T *items; uint32_t count; }: SEQUENCE OF, lo..hi items */
};

struct der_type;

enum der_field_flags {
    DER_OPTIONAL = 1,
    DER_POINTER = 2, /* the struct holds a pointer to the value */
};

struct der_field {
    uint16_t offset;
    uint16_t has;  /* 1 + offset of has_NAME, or 0 */
    uint16_t size; /* of the member, for der_table_check */
    uint8_t tag;   /* explicit context tag octet, DER_CTX(n) */
    uint8_t flags;
    const struct der_type *type;
    const char *name; /* the member's, for tests that compare a table with its specification */
};

struct der_type {
    uint8_t kind;   /* enum der_kind */
    uint8_t tag;    /* octet of the innermost element */
    uint8_t outer;  /* octet of an element around it (APPLICATION n, the arm of a CHOICE), or 0 */
    bool keep_raw;  /* encoding writes the bytes at `raw` when they are there, not the fields */
    uint16_t size;  /* of the C value */
    uint16_t count; /* rows */
    uint16_t raw;   /* 1 + offset of a struct span that decoding sets to the whole encoding, or 0 */
    const struct der_field *fields;
    const struct der_type *item;
    int64_t lo, hi;
};

/* How every list begins; one with a raw span has it behind. */
struct der_list {
    void *items;
    uint32_t count;
};

/* Rows. M: member of struct S. */
#define DER_ROW_OF(OFFSET, HAS, SIZE, TAG, FLAGS, TYPE, NAME)                                      \
    {                                                                                              \
        .offset = (OFFSET), .has = (HAS), .size = (SIZE), .tag = DER_CTX(TAG), .flags = (FLAGS),   \
        .type = &(TYPE), .name = (NAME)                                                            \
    }
#define DER_SIZE_OF(S, M) sizeof(((struct S *)0)->M)
#define DER_ROW(S, M, TAG, TYPE)                                                                   \
    DER_ROW_OF(offsetof(struct S, M), 0, DER_SIZE_OF(S, M), TAG, 0, TYPE, #M)
#define DER_ROW_OPT(S, M, TAG, TYPE) /* span or list */                                            \
    DER_ROW_OF(offsetof(struct S, M), 0, DER_SIZE_OF(S, M), TAG, DER_OPTIONAL, TYPE, #M)
#define DER_ROW_HAS(S, M, TAG, TYPE) /* with bool has_M */                                         \
    DER_ROW_OF(offsetof(struct S, M), 1 + offsetof(struct S, has_##M), DER_SIZE_OF(S, M), TAG,     \
               DER_OPTIONAL, TYPE, #M)
#define DER_ROW_PTR(S, M, TAG, TYPE) /* pointer to a struct, NULL: absent */                       \
    DER_ROW_OF(offsetof(struct S, M), 0, sizeof(*((struct S *)0)->M), TAG,                         \
               DER_OPTIONAL | DER_POINTER, TYPE, #M)
#define DER_ROW_CONST(NAME, TAG, TYPE) DER_ROW_OF(0, 0, 0, TAG, 0, TYPE, #NAME)

/* Types. */
#define DER_TYPE_SEQUENCE(S, ROWS)                                                                 \
    .kind = DER_K_SEQUENCE, .tag = DER_SEQUENCE, .size = sizeof(struct S), .fields = (ROWS),       \
    .count = sizeof(ROWS) / sizeof((ROWS)[0])
#define DER_TYPE_LIST(ITEM, LO, HI)                                                                \
    .kind = DER_K_LIST, .tag = DER_SEQUENCE, .size = sizeof(struct der_list), .item = &(ITEM),     \
    .lo = (LO), .hi = (HI)

extern const struct der_type der_int32, der_uint32, der_int64, der_enum, der_bool, der_octets,
    der_oid, der_text /* GeneralString */, der_time, der_flags, der_raw;

/*
 * Decodes exactly one value, nothing left over. *out is a new value of type->size bytes in the
 * arena. ERR_MALFORMED, ERR_TRUNCATED (the input ends inside an element), ERR_RANGE (an integer
 * outside the type's range, a wrong constant), ERR_LIMIT (depth, elements, list length), ERR_NOMEM.
 */
enum err der_decode(const struct der_type *type, struct span in, struct arena *a, void **out);

/* The encoding of a value; an unencodable one (ERR_RANGE: range, list length; ERR_LIMIT) is the
 * builder's sticky error. */
void der_put(struct builder *b, const struct der_type *type, const void *value);
/* The same into new memory of the arena, exactly as large as it needs. */
enum err der_encode(const struct der_type *type, const void *value, struct arena *a,
                    struct span *out);
/* The length der_put would write; 0 when the value cannot be encoded. */
size_t der_size(const struct der_type *type, const void *value);

/* For tests of tables: NULL, or a sentence about the first row that does not agree with its type.
 */
const char *der_table_check(const struct der_type *type);

#endif
