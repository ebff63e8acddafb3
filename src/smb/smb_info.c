/*
 * QUERY_INFO and SET_INFO ([MS-SMB2] 3.3.5.20, 3.3.5.21).
 */
#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

/* What a level tells is for who may read attributes ([MS-SMB2] 3.3.5.20.1). */
static bool may_tell(const struct smb_open *o, unsigned level)
{
    switch (level) {
    case SMB2_FILE_BASIC:
    case SMB2_FILE_ALL:
    case SMB2_FILE_NETWORK_OPEN:
    case SMB2_FILE_ATTRIBUTE_TAG:
        return o->pipe || o->access & SMB2_READ_ATTRIBUTES;
    case SMB2_FILE_EA:
        return o->pipe || o->access & SMB2_READ_EA;
    default:
        return true;
    }
}

static bool only_set(unsigned level)
{
    return level == SMB2_FILE_DISPOSITION || level == SMB2_FILE_ALLOCATION ||
           level == SMB2_FILE_END_OF_FILE;
}

/* "\Policies\...": what the open's path is to the share. */
static enum err file_name(const struct smb_open *o, bool full, struct arena *a, struct span *out)
{
    struct span path = SPAN_NONE;
    struct builder b;

    if (o->node)
        TRY(smb_place_name(o->tree, o->node->path, a, &path));
    builder_in(&b, a, path.len + 2);
    if (full)
        builder_le16(&b, '\\');
    builder_span(&b, path);
    return builder_done(&b, out);
}

static uint32_t put_stream(const struct smb_open *o, struct arena *a, struct builder *b)
{
    struct smb2_file_facts facts;
    struct smb2_stream s = {0};

    if (o->facts.folder)
        return NT_OK;
    smb_open_facts(o, &facts);
    s.size = facts.size;
    s.allocated = facts.allocated;
    if (text_to_utf16(SPAN_LIT("::$DATA"), a, &s.name) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    smb2_part_put(b, &smb2_stream_shape, &s);
    return NT_OK;
}

static uint32_t put_file(const struct smb_open *o, unsigned level, struct arena *a,
                         struct builder *b)
{
    const struct smb2_shape *shape = smb2_file_shape(level);
    struct smb2_file_info i = {.links = o->node && o->node->doomed ? 0 : 1,
                               .delete_pending = o->node && o->node->doomed,
                               .access = o->access,
                               .mode = o->mode,
                               .position = o->position,
                               .index = o->facts.inode};

    if (level == SMB2_FILE_STREAM && !o->pipe)
        return put_stream(o, a, b);
    if (!shape || only_set(level) || (level == SMB2_FILE_PIPE && !o->pipe))
        return NT_INVALID_INFO_CLASS;
    if (!may_tell(o, level))
        return NT_ACCESS_DENIED;
    smb_open_facts(o, &i.facts);
    i.directory = !o->pipe && o->facts.folder;
    i.pipe_read_mode = 1; /* messages */
    if (file_name(o, level != SMB2_FILE_NORMALIZED_NAME, a, &i.name) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    smb2_part_put(b, shape, &i);
    return NT_OK;
}

#define UNIT 4096

static uint32_t put_fs(const struct smb_open *o, unsigned level, struct arena *a, struct builder *b)
{
    const struct smb2_shape *shape = smb2_fs_shape(level);
    uint64_t total, left;
    struct smb2_fs_info i = {.sectors_per_unit = 8,
                             .bytes_per_sector = 512,
                             .device_type = 7,         /* a disk */
                             .characteristics = 0x20,  /* mounted */
                             .attributes = 0x0000000e, /* keeps case and ACLs, Unicode */
                             .max_name = PLAT_TREE_NAME_MAX,
                             .no_limit = UINT64_MAX};

    if (!shape || o->pipe)
        return NT_INVALID_INFO_CLASS;
    if (plat_tree_space(o->fd, &total, &left) != ERR_OK)
        return NT_INTERNAL_ERROR;
    i.total_units = total / UNIT;
    i.available_units = left > SMB_DISK_RESERVE ? (left - SMB_DISK_RESERVE) / UNIT : 0;
    if (text_to_utf16(level == SMB2_FS_VOLUME ? SPAN_LIT("SYSVOL") : SPAN_LIT("NTFS"), a,
                      &i.label) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    smb2_part_put(b, shape, &i);
    return NT_OK;
}

static uint32_t query_security(struct smb_request *rq, struct smb_open *o,
                               const struct smb2_query_info_request *q)
{
    struct smb2_output p = {0};
    uint32_t status = smb_security_get(rq, o, q->additional, &p.data);

    if (status == NT_OK && p.data.len > q->max_output)
        status = NT_BUFFER_TOO_SMALL;
    if (status == NT_OK)
        smb_answer(rq, &p);
    return status;
}

/* What must fit; a name behind it may be cut off ([MS-SMB2] 3.3.5.20.1). */
static size_t fixed_part(const struct smb2_query_info_request *q)
{
    const struct smb2_shape *shape =
        q->type == SMB2_INFO_FILE ? smb2_file_shape(q->level) : smb2_fs_shape(q->level);

    return shape ? smb2_shape_fixed(shape) : 0;
}

uint32_t smb_do_query_info(struct smb_request *rq)
{
    struct smb2_query_info_request q;
    struct smb2_output p = {0};
    struct builder b;
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    if (!smb_paid(rq, q.max_output))
        return NT_INVALID_PARAMETER;
    if (q.type == SMB2_INFO_SECURITY && !o->pipe)
        return query_security(rq, o, &q);
    builder_in(&b, rq->arena, 4096);
    if (q.type == SMB2_INFO_FILE)
        status = put_file(o, q.level, rq->arena, &b);
    else if (q.type == SMB2_INFO_FILESYSTEM)
        status = put_fs(o, q.level, rq->arena, &b);
    else
        return NT_NOT_SUPPORTED;
    size_t fixed = fixed_part(&q);
    if (status == NT_OK && builder_done(&b, &p.data) != ERR_OK)
        status = NT_INSUFFICIENT_RESOURCES;
    if (status == NT_OK && fixed > q.max_output)
        return NT_INFO_LENGTH_MISMATCH;
    if (status == NT_OK && p.data.len > q.max_output) {
        p.data.len = q.max_output;
        status = NT_BUFFER_OVERFLOW;
    }
    if (status == NT_OK || status == NT_BUFFER_OVERFLOW)
        smb_answer(rq, &p);
    return status;
}

static uint32_t set(struct smb_request *rq, struct smb_open *o,
                    const struct smb2_set_info_request *q)
{
    /* A pipe's mode may be set: it is in message mode whatever is said. */
    if (o->pipe)
        return q->type == SMB2_INFO_FILE && q->level == SMB2_FILE_PIPE ? NT_OK : NT_NOT_SUPPORTED;
    if (q->type == SMB2_INFO_FILE)
        return smb_file_set(rq, o, q->level, q->data);
    return q->type == SMB2_INFO_SECURITY ? smb_security_set(rq, o, q->additional, q->data)
                                         : NT_NOT_SUPPORTED;
}

uint32_t smb_do_set_info(struct smb_request *rq)
{
    struct smb2_set_info_request q;
    struct smb2_empty body = {0};
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    status = set(rq, o, &q);
    if (status == NT_OK)
        smb_answer(rq, &body);
    return status;
}
