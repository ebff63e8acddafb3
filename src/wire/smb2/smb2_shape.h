/*
 * How a struct lies on the wire: a table of fields in their order there. Most of SMB2 is numbers of
 * fixed width, and buffers whose offset and length stand among them; so each message is one table
 * for both directions, and one decoder and one encoder do all of them.
 *
 * A buffer is a member of type struct span, named by up to two fields: its offset (OFF8 to OFF32)
 * and its length (LEN16, LEN32, COUNT16 times a unit). Without an offset it lies right behind the
 * fixed part; TAIL32 has an offset and no length, and reaches to the end of the message.
 */
#ifndef WIRE_SMB2_SMB2_SHAPE_H
#define WIRE_SMB2_SMB2_SHAPE_H

#include "wire/smb2/smb2.h"

enum smb2_field_kind {
    SMB2_U8,
    SMB2_U16,
    SMB2_U32,
    SMB2_U64,
    SMB2_BYTES, /* `size` bytes, an array in the struct */
    SMB2_ZERO,  /* `size` bytes, reserved: written as zeros, not read */
    SMB2_OFF8,
    SMB2_OFF16,
    SMB2_OFF32,
    SMB2_LEN16,
    SMB2_LEN32,
    SMB2_COUNT16, /* length in units of `size` bytes */
    SMB2_TAIL32,  /* an offset outside of the message gives the empty span: before 3.1.1 these bytes
                     meant something else */
};

struct smb2_field {
    uint8_t kind;
    uint8_t size;
    uint16_t at; /* of the member in the struct */
};

#define SMB2_BUFFERS_MAX 2
#define SMB2_STRUCT_MAX  192 /* bytes of a C struct */

struct smb2_shape {
    const char *name;
    uint16_t structure_size; /* StructureSize, which is the first field; 0: there is none. Odd: a
                                variable part follows, of which one byte is counted */
    uint16_t size;           /* of the C struct */
    uint16_t count;
    const struct smb2_field *fields;
};

/* message: from its header on; offsets count from there. out is a struct of the shape. */
enum err smb2_decode(const struct smb2_shape *shape, struct span message, void *out);
/* Appends the body to a message whose header begins at header_at of the builder. A variable part of
 * an odd StructureSize is never empty: one zero stands for it, as Windows has it, which some
 * servers insist on. */
void smb2_put(struct builder *b, size_t header_at, const struct smb2_shape *shape, const void *in);

/* The same for structs that stand alone (information levels, FSCTL payloads): no header, offsets
 * count from their own start. Bytes behind the struct are not looked at. */
enum err smb2_part_decode(const struct smb2_shape *shape, struct span bytes, void *out);
void smb2_part_put(struct builder *b, const struct smb2_shape *shape, const void *in);

/* Bytes of the fixed part. */
size_t smb2_shape_fixed(const struct smb2_shape *shape);

#endif
