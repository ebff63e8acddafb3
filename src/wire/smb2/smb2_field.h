/* Rows of shapes, for the tables of this folder. */
#ifndef WIRE_SMB2_SMB2_FIELD_H
#define WIRE_SMB2_SMB2_FIELD_H

#include "wire/smb2/smb2_shape.h"

#define F_NUM(KIND, T, m)                                                                          \
    {                                                                                              \
        .kind = KIND, .at = offsetof(T, m)                                                         \
    }
#define F_U8(T, m)  F_NUM(SMB2_U8, T, m)
#define F_U16(T, m) F_NUM(SMB2_U16, T, m)
#define F_U32(T, m) F_NUM(SMB2_U32, T, m)
#define F_U64(T, m) F_NUM(SMB2_U64, T, m)
#define F_ZERO(n)                                                                                  \
    {                                                                                              \
        .kind = SMB2_ZERO, .size = (n)                                                             \
    }
#define F_BYTES(T, m)                                                                              \
    {                                                                                              \
        .kind = SMB2_BYTES, .size = sizeof(((T *)0)->m), .at = offsetof(T, m)                      \
    }
#define F_COUNT16(T, m, n)                                                                         \
    {                                                                                              \
        .kind = SMB2_COUNT16, .size = (n), .at = offsetof(T, m)                                    \
    }
#define F_ID(T, m) F_U64(T, m.lasting), F_U64(T, m.volatil)
#define F_TIMES(T, m)                                                                              \
    F_U64(T, m.created), F_U64(T, m.accessed), F_U64(T, m.written), F_U64(T, m.changed)
#define F_SIZES(T, m) F_U64(T, m.allocated), F_U64(T, m.size)

#define SHAPE(T, number, rows)                                                                     \
    {                                                                                              \
        .name = #T, .structure_size = (number), .size = sizeof(struct T),                          \
        .count = sizeof(rows) / sizeof((rows)[0]), .fields = (rows)                                \
    }

#endif
