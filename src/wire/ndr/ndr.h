/*
 * NDR, the transfer syntax of DCE/RPC (C706 chapter 14, [MS-RPCE] 2.2.5), version 2.0, written
 * little-endian and, in calls, read in either order: one engine over tables. A type is a table of
 * rows, one per member that is on the wire; the engine walks the table to encode from and decode
 * into the C struct that the table describes. Writing a new call means writing its structs and
 * tables, never code.
 *
 * How the C side looks, by the row:
 *
 *   a number             the integer of that size; NDR_TIME is 64 bits
 *   NDR_STRUCT           the struct
 *   NDR_UNION            the C union
 *   NDR_USTR             struct span of UTF-8 (RPC_UNICODE_STRING); ptr NULL: the null pointer
 *   NDR_USTR with _RAW   struct span of bytes, as they are
 *   NDR_WSTR             struct span of UTF-8 ([string] wchar_t *), REF or UNIQUE
 *   REF, UNIQUE, FULL    T *; of an array, to its first element
 *   FIXED                T[limit]
 *   other arrays         T * with a pointer; T[limit] inline, as a struct's last row only
 *   NDR_VOID             nothing; behind a pointer, which must then be NULL, something that nobody
 *                        sends and this engine is not to learn
 *
 * Counts: size_is and length_is name integer members. Where such a member is on the wire too (the
 * usual case) a decoded array must agree with it, or the input is malformed; a row with
 * NDR_COUNT_STORED stores the array's count into it instead. An array behind a null pointer has no
 * elements, so whoever reads a decoded struct may trust its counts, unless the row is marked
 * NDR_NULL_COUNT. An array's limit bounds it always, 0 meaning NDR_ELEMENTS_MAX.
 *
 * Unions are non-encapsulated ones ([switch_is]): the row that holds the union names the member
 * with the discriminant, which is on the wire a second time. A call's rows are its parameters,
 * marked NDR_IN, NDR_OUT or both; each is complete on the wire, with all it points to, before the
 * next. A parameter that is a reference pointer to one value is written as the value itself,
 * because a top-level reference has no representation.
 *
 * Decoding allocates from the caller's arena, whose maximum bounds it; what is decoded is a copy
 * and does not refer to the input. All tables are constants and shared; nothing else is kept.
 * Tables are proved well-formed by ndr_type_check in the tests of who writes them.
 */
#ifndef WIRE_NDR_NDR_H
#define WIRE_NDR_NDR_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/reader.h"

#define NDR_DEPTH_MAX    24    /* structs and pointers inside each other */
#define NDR_ELEMENTS_MAX 65536 /* of an array without a smaller limit of its own */
#define NDR_FULL_MAX     64    /* different full pointers of one message */
#define NDR_ROWS_MAX     64    /* rows of one type */

enum ndr_kind {
    NDR_VOID, /* union arms without a value, pointers that are always null */
    NDR_U8,
    NDR_U16,
    NDR_U32,
    NDR_U64,  /* hyper, aligned to 8 */
    NDR_TIME, /* FILETIME, OLD_LARGE_INTEGER: 64 bits aligned to 4 */
    NDR_STRUCT,
    NDR_UNION,
    NDR_USTR,
    NDR_WSTR,
};

enum ndr_pointer {
    NDR_INLINE,
    NDR_REF,
    NDR_UNIQUE,
    NDR_FULL, /* like unique, but several may point to the same value */
};

enum ndr_shape {
    NDR_ONE,
    NDR_FIXED,
    NDR_CONF,      /* size_is */
    NDR_VARY,      /* length_is over a fixed maximum: the row's limit */
    NDR_CONF_VARY, /* size_is and length_is; without size_is the maximum is the row's limit */
};

enum ndr_row_flags {
    NDR_IN = 1,
    NDR_OUT = 2,
    NDR_COUNT_STORED = 4,
    NDR_USTR_LARGE = 8,   /* RPC_UNICODE_STRING whose MaximumLength has room for a zero more */
    NDR_DEFAULT = 16,     /* the union arm for all other discriminants */
    NDR_NULL_COUNT = 32,  /* a null array may have a count that is not zero */
    NDR_USTR_RAW = 64,    /* RPC_UNICODE_STRING that is not text: its bytes, of an even number */
    NDR_GUID_BYTES = 128, /* 16 bytes (FIXED) that are a GUID: other byte orders swap its numbers */
};

/* With NDR_IN or NDR_OUT, for ndr_decode_call: the sender's numbers are big-endian. */
#define NDR_BIG_ENDIAN 0x100

/* An integer member of the C struct: its offset and size in bytes (1, 2 or 4); size 0: none. */
struct ndr_member {
    uint16_t at;
    uint16_t size;
};

struct ndr_row {
    uint8_t kind;
    uint8_t pointer;
    uint8_t shape;
    uint8_t flags;
    uint16_t at;                 /* offset in the C struct */
    struct ndr_member size_is;   /* elements */
    struct ndr_member length_is; /* elements */
    struct ndr_member switch_is; /* NDR_UNION */
    uint32_t limit;              /* elements, or characters of a string */
    uint32_t arm;                /* the discriminant of this row, in a union's table */
    const struct ndr_type *type; /* NDR_STRUCT, NDR_UNION */
};

enum ndr_form {
    NDR_IS_STRUCT,
    NDR_IS_UNION,
    NDR_IS_MS_UNION, /* every arm is aligned as the one with the largest alignment
                        ([MS-RPCE] 2.2.4.5: all unions of an interface that says ms_union) */
    NDR_IS_CALL,
};

struct ndr_type {
    const char *name;
    uint8_t form;
    uint8_t align; /* on the wire; of a union: of its discriminant, 2 or 4 (which is its size) */
    uint16_t size; /* of the C struct */
    uint16_t count;
    const struct ndr_row *rows;
};

#define NDR_MEMBER(T, m)                                                                           \
    {                                                                                              \
        offsetof(T, m), sizeof(((T *)0)->m)                                                        \
    }
#define NDR_ROWS(rows) sizeof(rows) / sizeof((rows)[0]), rows
/* A table's head: static const struct ndr_type x = NDR_TYPE("X", STRUCT, 4, struct x, x_rows); */
#define NDR_TYPE(name, form, align, T, rows)                                                       \
    {                                                                                              \
        name, NDR_IS_##form, align, sizeof(T), NDR_ROWS(rows)                                      \
    }

/* Appends one value; alignment counts from where it begins. Sticky errors of b: ERR_RANGE for a
 * null reference pointer, an unknown discriminant or a count beyond its limit; ERR_LIMIT for depth.
 */
void ndr_put(struct builder *b, const struct ndr_type *type, const void *value);

/* Decodes exactly one value into *out (untouched on failure). ERR_MALFORMED; ERR_LIMIT: depth,
 * elements; ERR_NOMEM: the arena's maximum; ERR_UNSUPPORTED: a pointer that must be null. */
enum err ndr_decode(const struct ndr_type *type, struct span bytes, struct arena *a, void *out);

/* The parameters of a call that go in one direction (NDR_IN: the request, NDR_OUT: the answer).
 * args is the C struct of all parameters: decoding an answer may refer to counts given in the
 * request. used_out (may be NULL: all must be used) is the number of bytes decoded. */
void ndr_put_call(struct builder *b, const struct ndr_type *call, unsigned direction,
                  const void *args);
enum err ndr_decode_call(const struct ndr_type *call, unsigned direction, struct span bytes,
                         struct arena *a, void *args, size_t *used_out);

/* Type serialization version 1 ([MS-RPCE] 2.2.6): one value behind the common and private headers,
 * as in a PAC. ERR_UNSUPPORTED: big-endian, or version 2. */
void ndr_put_serialized(struct builder *b, const struct ndr_type *type, const void *value);
enum err ndr_decode_serialized(const struct ndr_type *type, struct span bytes, struct arena *a,
                               void *out);

/* True when the table and all it refers to are well-formed: alignments, sizes, shapes, counts. For
 * tests; a false answer prints the row on stderr. */
bool ndr_type_check(const struct ndr_type *type);

#endif
