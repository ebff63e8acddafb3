/*
 * Short names for the rows of NDR tables, for files that consist of them. Include it in .c files
 * only. A struct, a union and a call:
 *
 *   static const struct ndr_type point = NDR_TABLE(STRUCT, struct point, "POINT", 4,
 *       ROW(U32, point, x), ROW(U32, point, y));
 *   static const struct ndr_type info = NDR_TABLE(UNION, union info, "INFO", 2,
 *       ARM(1, STRUCT, OF(point)), ARM(2, USTR));
 *   const struct ndr_type get_info = NDR_TABLE(CALL, struct get_info, "GetInfo", 1,
 *       ROW(U16, get_info, level, IN), ROW(UNION, get_info, info, OUT, UNIQUE, OF(info),
 *       SWITCH(get_info, level)));
 *
 * The first argument of ROW, SWITCH and the counted shapes is a struct's tag.
 */
#ifndef WIRE_NDR_NDR_TABLE_H
#define WIRE_NDR_NDR_TABLE_H

#include "wire/ndr/ndr.h"

#define NDR_TABLE(form, T, name, align, ...)                                                       \
    NDR_TYPE(name, form, align, T, ((const struct ndr_row[]){__VA_ARGS__}))

#define ROW(k, T, m, ...)                                                                          \
    {                                                                                              \
        .kind = NDR_##k, .at = offsetof(struct T, m), ##__VA_ARGS__                                \
    }
#define ARM(value, k, ...)                                                                         \
    {                                                                                              \
        .kind = NDR_##k, .arm = (value), ##__VA_ARGS__                                             \
    }
#define ARM_DEFAULT(k, ...)                                                                        \
    {                                                                                              \
        .kind = NDR_##k, .flags = NDR_DEFAULT, ##__VA_ARGS__                                       \
    }

#define IN        .flags = NDR_IN
#define OUT       .flags = NDR_OUT
#define IN_OUT    .flags = NDR_IN | NDR_OUT
#define LARGE     .flags = NDR_USTR_LARGE
#define RAW       .flags = NDR_USTR_RAW
#define IN_LARGE  .flags = NDR_IN | NDR_USTR_LARGE
#define OUT_LARGE .flags = NDR_OUT | NDR_USTR_LARGE

#define STORED     .flags = NDR_COUNT_STORED
#define OUT_STORED .flags = NDR_OUT | NDR_COUNT_STORED

#define OF(t)      .type = &(t)
#define REF        .pointer = NDR_REF
#define UNIQUE     .pointer = NDR_UNIQUE
#define FULL       .pointer = NDR_FULL
#define FIXED(n)   .shape = NDR_FIXED, .limit = (n)
#define LIMIT(n)   .limit = (n)
#define SIZE(T, m) .shape = NDR_CONF, .size_is = NDR_MEMBER(struct T, m)
#define SIZE_LENGTH(T, s, l)                                                                       \
    .shape = NDR_CONF_VARY, .size_is = NDR_MEMBER(struct T, s), .length_is = NDR_MEMBER(struct T, l)
#define LENGTH(T, l, max) .shape = NDR_VARY, .length_is = NDR_MEMBER(struct T, l), .limit = (max)
#define SWITCH(T, m)      .switch_is = NDR_MEMBER(struct T, m)

#endif
