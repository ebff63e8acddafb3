#include "wire/smb2/smb2_info.h"

#include "wire/smb2/smb2_field.h"

/* --- files ----------------------------------------------------------------------------------- */

#define T            struct smb2_file_info
#define BASIC_FIELDS F_TIMES(T, facts), F_U32(T, facts.attributes), F_ZERO(4)
#define STANDARD_FIELDS                                                                            \
    F_SIZES(T, facts), F_U32(T, links), F_U8(T, delete_pending), F_U8(T, directory), F_ZERO(2)
#define NAME_FIELDS F_NUM(SMB2_LEN32, T, name)

static const struct smb2_field basic_rows[] = {BASIC_FIELDS};
static const struct smb2_field standard_rows[] = {STANDARD_FIELDS};
static const struct smb2_field internal_rows[] = {F_U64(T, index)};
static const struct smb2_field ea_rows[] = {F_U32(T, ea_size)};
static const struct smb2_field access_rows[] = {F_U32(T, access)};
static const struct smb2_field disposition_rows[] = {F_U8(T, delete_pending)};
static const struct smb2_field position_rows[] = {F_U64(T, position)};
static const struct smb2_field mode_rows[] = {F_U32(T, mode)};
static const struct smb2_field alignment_rows[] = {F_U32(T, alignment)};
static const struct smb2_field name_rows[] = {NAME_FIELDS};
static const struct smb2_field all_rows[] = {
    BASIC_FIELDS,       STANDARD_FIELDS, F_U64(T, index),     F_U32(T, ea_size), F_U32(T, access),
    F_U64(T, position), F_U32(T, mode),  F_U32(T, alignment), NAME_FIELDS,
};
static const struct smb2_field allocation_rows[] = {F_U64(T, facts.allocated)};
static const struct smb2_field end_rows[] = {F_U64(T, facts.size)};
static const struct smb2_field pipe_rows[] = {F_U32(T, pipe_read_mode), F_U32(T, pipe_completion)};
/* Nothing is compressed: as long as it is, no format. */
static const struct smb2_field compression_rows[] = {F_U64(T, facts.size), F_ZERO(8)};
static const struct smb2_field network_open_rows[] = {F_TIMES(T, facts), F_SIZES(T, facts),
                                                      F_U32(T, facts.attributes), F_ZERO(4)};
static const struct smb2_field attribute_tag_rows[] = {F_U32(T, facts.attributes),
                                                       F_U32(T, reparse_tag)};
#undef T

static const struct smb2_shape file_shapes[] = {
    [SMB2_FILE_BASIC] = SHAPE(smb2_file_info, 0, basic_rows),
    [SMB2_FILE_STANDARD] = SHAPE(smb2_file_info, 0, standard_rows),
    [SMB2_FILE_INTERNAL] = SHAPE(smb2_file_info, 0, internal_rows),
    [SMB2_FILE_EA] = SHAPE(smb2_file_info, 0, ea_rows),
    [SMB2_FILE_ACCESS] = SHAPE(smb2_file_info, 0, access_rows),
    [SMB2_FILE_DISPOSITION] = SHAPE(smb2_file_info, 0, disposition_rows),
    [SMB2_FILE_POSITION] = SHAPE(smb2_file_info, 0, position_rows),
    [SMB2_FILE_MODE] = SHAPE(smb2_file_info, 0, mode_rows),
    [SMB2_FILE_ALIGNMENT] = SHAPE(smb2_file_info, 0, alignment_rows),
    [SMB2_FILE_ALL] = SHAPE(smb2_file_info, 0, all_rows),
    [SMB2_FILE_ALLOCATION] = SHAPE(smb2_file_info, 0, allocation_rows),
    [SMB2_FILE_END_OF_FILE] = SHAPE(smb2_file_info, 0, end_rows),
    [SMB2_FILE_PIPE] = SHAPE(smb2_file_info, 0, pipe_rows),
    [SMB2_FILE_COMPRESSION] = SHAPE(smb2_file_info, 0, compression_rows),
    [SMB2_FILE_NETWORK_OPEN] = SHAPE(smb2_file_info, 0, network_open_rows),
    [SMB2_FILE_ATTRIBUTE_TAG] = SHAPE(smb2_file_info, 0, attribute_tag_rows),
    [SMB2_FILE_NORMALIZED_NAME] = SHAPE(smb2_file_info, 0, name_rows),
};

static const struct smb2_shape *at(const struct smb2_shape *table, size_t count, unsigned level)
{
    return level < count && table[level].name ? &table[level] : NULL;
}
#define AT(table, level) at(table, sizeof(table) / sizeof((table)[0]), level)

const struct smb2_shape *smb2_file_shape(unsigned level)
{
    return AT(file_shapes, level);
}

#define T struct smb2_rename
static const struct smb2_field rename_rows[] = {F_U8(T, replace), F_ZERO(7), F_U64(T, root),
                                                F_NUM(SMB2_LEN32, T, name)};
#undef T
const struct smb2_shape smb2_rename_shape = SHAPE(smb2_rename, 0, rename_rows);

#define T struct smb2_stream
static const struct smb2_field stream_rows[] = {F_ZERO(4), F_NUM(SMB2_LEN32, T, name),
                                                F_U64(T, size), F_U64(T, allocated)};
#undef T
const struct smb2_shape smb2_stream_shape = SHAPE(smb2_stream, 0, stream_rows);

/* --- file systems ---------------------------------------------------------------------------- */

#define T struct smb2_fs_info
static const struct smb2_field volume_rows[] = {F_U64(T, created), F_U32(T, serial),
                                                F_NUM(SMB2_LEN32, T, label), F_ZERO(2)};
static const struct smb2_field size_rows[] = {F_U64(T, total_units), F_U64(T, available_units),
                                              F_U32(T, sectors_per_unit),
                                              F_U32(T, bytes_per_sector)};
static const struct smb2_field device_rows[] = {F_U32(T, device_type), F_U32(T, characteristics)};
static const struct smb2_field attribute_rows[] = {F_U32(T, attributes), F_U32(T, max_name),
                                                   F_NUM(SMB2_LEN32, T, label)};
/* What the caller and what anybody has available is the same: there are no quotas. */
static const struct smb2_field full_size_rows[] = {
    F_U64(T, total_units), F_U64(T, available_units), F_U64(T, available_units),
    F_U32(T, sectors_per_unit), F_U32(T, bytes_per_sector)};
/* No quota of anybody, no limits by default. */
static const struct smb2_field control_rows[] = {F_ZERO(24), F_U64(T, no_limit), F_U64(T, no_limit),
                                                 F_ZERO(8)};
static const struct smb2_field object_id_rows[] = {F_BYTES(T, object_id), F_ZERO(48)};
static const struct smb2_field sector_size_rows[] = {
    F_U32(T, bytes_per_sector), F_U32(T, bytes_per_sector), F_U32(T, bytes_per_sector),
    F_U32(T, bytes_per_sector), F_ZERO(12)};
#undef T

static const struct smb2_shape fs_shapes[] = {
    [SMB2_FS_VOLUME] = SHAPE(smb2_fs_info, 0, volume_rows),
    [SMB2_FS_SIZE] = SHAPE(smb2_fs_info, 0, size_rows),
    [SMB2_FS_DEVICE] = SHAPE(smb2_fs_info, 0, device_rows),
    [SMB2_FS_ATTRIBUTE] = SHAPE(smb2_fs_info, 0, attribute_rows),
    [SMB2_FS_CONTROL] = SHAPE(smb2_fs_info, 0, control_rows),
    [SMB2_FS_FULL_SIZE] = SHAPE(smb2_fs_info, 0, full_size_rows),
    [SMB2_FS_OBJECT_ID] = SHAPE(smb2_fs_info, 0, object_id_rows),
    [SMB2_FS_SECTOR_SIZE] = SHAPE(smb2_fs_info, 0, sector_size_rows),
};

const struct smb2_shape *smb2_fs_shape(unsigned level)
{
    return AT(fs_shapes, level);
}

/* --- entries of a directory ------------------------------------------------------------------ */

#define T          struct smb2_entry
#define SHORT_NAME F_ZERO(26) /* its length, reserved, 12 characters: there is none */
#define COMMON     F_ZERO(4), F_U32(T, index), F_TIMES(T, facts), F_ENTRY_SIZES
#define F_ENTRY_SIZES                                                                              \
    F_U64(T, facts.size), F_U64(T, facts.allocated), F_U32(T, facts.attributes),                   \
        F_NUM(SMB2_LEN32, T, name)
static const struct smb2_field directory_rows[] = {COMMON};
static const struct smb2_field full_rows[] = {COMMON, F_U32(T, ea_size)};
static const struct smb2_field both_rows[] = {COMMON, F_U32(T, ea_size), SHORT_NAME};
static const struct smb2_field names_rows[] = {F_ZERO(4), F_U32(T, index),
                                               F_NUM(SMB2_LEN32, T, name)};
static const struct smb2_field id_both_rows[] = {COMMON, F_U32(T, ea_size), SHORT_NAME, F_ZERO(2),
                                                 F_U64(T, file_id)};
static const struct smb2_field id_full_rows[] = {COMMON, F_U32(T, ea_size), F_ZERO(4),
                                                 F_U64(T, file_id)};
#undef T

static const struct smb2_shape entry_shapes[] = {
    [SMB2_FILE_DIRECTORY] = SHAPE(smb2_entry, 0, directory_rows),
    [SMB2_FILE_FULL_DIRECTORY] = SHAPE(smb2_entry, 0, full_rows),
    [SMB2_FILE_BOTH_DIRECTORY] = SHAPE(smb2_entry, 0, both_rows),
    [SMB2_FILE_NAMES] = SHAPE(smb2_entry, 0, names_rows),
    [SMB2_FILE_ID_BOTH_DIRECTORY] = SHAPE(smb2_entry, 0, id_both_rows),
    [SMB2_FILE_ID_FULL_DIRECTORY] = SHAPE(smb2_entry, 0, id_full_rows),
};

const struct smb2_shape *smb2_entry_shape(unsigned level)
{
    return AT(entry_shapes, level);
}

bool smb2_entry_put(struct builder *b, size_t start, size_t max, unsigned level,
                    const struct smb2_entry *e, size_t *last_at)
{
    const struct smb2_shape *shape = smb2_entry_shape(level);
    size_t pad = (start - b->len) % SMB2_ALIGN, here = b->len + pad;

    ENT_ASSERT(shape);
    if (here - start + smb2_shape_fixed(shape) + e->name.len > max)
        return false;
    builder_zeros(b, pad);
    if (here != start)
        builder_patch_le32(b, *last_at, (uint32_t)(here - *last_at));
    smb2_part_put(b, shape, e);
    *last_at = here;
    return true;
}

/* The bytes of the first element of a list whose elements begin with the offset of the next. */
static enum err element(struct span *rest, struct span *out)
{
    struct reader r = reader_of(*rest);
    uint32_t next = reader_le32(&r);

    if (!reader_ok(&r) || next >= rest->len)
        return ERR_MALFORMED;
    *out = span_sub(*rest, 0, next ? next : rest->len);
    *rest = next ? span_sub(*rest, next, rest->len) : SPAN_NONE;
    return ERR_OK;
}

enum err smb2_entry_next(struct span *rest, unsigned level, struct smb2_entry *out)
{
    const struct smb2_shape *shape = smb2_entry_shape(level);
    struct span left = *rest, bytes;

    if (!shape)
        return ERR_UNSUPPORTED;
    TRY(element(&left, &bytes));
    TRY(smb2_part_decode(shape, bytes, out));
    *rest = left;
    return ERR_OK;
}

#define T struct smb2_change
static const struct smb2_field change_rows[] = {F_ZERO(4), F_U32(T, action),
                                                F_NUM(SMB2_LEN32, T, name)};
#undef T
static const struct smb2_shape change_shape = SHAPE(smb2_change, 0, change_rows);

bool smb2_change_put(struct builder *b, size_t max, const struct smb2_change *c, size_t *last_at)
{
    size_t pad = (0 - b->len) % 4, here = b->len + pad;

    if (here + smb2_shape_fixed(&change_shape) + c->name.len > max)
        return false;
    builder_zeros(b, pad);
    if (here)
        builder_patch_le32(b, *last_at, (uint32_t)(here - *last_at));
    smb2_part_put(b, &change_shape, c);
    *last_at = here;
    return true;
}

enum err smb2_change_next(struct span *rest, struct smb2_change *out)
{
    struct span left = *rest, bytes;

    TRY(element(&left, &bytes));
    TRY(smb2_part_decode(&change_shape, bytes, out));
    *rest = left;
    return ERR_OK;
}
