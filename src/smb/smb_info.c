/*
 * QUERY_INFO and SET_INFO ([MS-SMB2] 3.3.5.20, 3.3.5.21).
 */
#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

#define READ_ACCESS 0x001200a9u

/* "\Policies\...": what the open's path is to the share. */
static enum err full_name(const struct smb_open *o, struct arena *a, struct span *out)
{
    struct builder b;

    builder_in(&b, a, o->path.len + 2);
    builder_le16(&b, '\\');
    builder_span(&b, o->path);
    return builder_done(&b, out);
}

static uint32_t put_stream(const struct smb_open *o, struct arena *a, struct builder *b)
{
    struct smb2_stream s = {.size = o->facts.size, .allocated = o->facts.allocated};

    if (o->facts.folder)
        return NT_OK;
    if (text_to_utf16(SPAN_LIT("::$DATA"), a, &s.name) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    smb2_part_put(b, &smb2_stream_shape, &s);
    return NT_OK;
}

static uint32_t put_file(const struct smb_open *o, unsigned level, struct arena *a,
                         struct builder *b)
{
    const struct smb2_shape *shape = smb2_file_shape(level);
    struct smb2_file_info i = {.links = 1, .access = READ_ACCESS, .index = o->facts.inode};

    if (level == SMB2_FILE_STREAM && !o->pipe)
        return put_stream(o, a, b);
    if (!shape || (level == SMB2_FILE_PIPE && !o->pipe))
        return NT_INVALID_INFO_CLASS;
    smb_open_facts(o, &i.facts);
    i.directory = !o->pipe && o->facts.folder;
    i.pipe_read_mode = 1; /* messages */
    if (level == SMB2_FILE_NORMALIZED_NAME)
        i.name = o->path;
    else if (full_name(o, a, &i.name) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    smb2_part_put(b, shape, &i);
    return NT_OK;
}

static uint32_t put_fs(const struct smb_open *o, unsigned level, struct arena *a, struct builder *b)
{
    const struct smb2_shape *shape = smb2_fs_shape(level);
    struct smb2_fs_info i = {.total_units = 1u << 20, /* no client is to plan by it */
                             .sectors_per_unit = 8,
                             .bytes_per_sector = 512,
                             .device_type = 7,         /* a disk */
                             .characteristics = 0x22,  /* mounted, read-only */
                             .attributes = 0x00080006, /* keeps case, Unicode, read-only */
                             .max_name = PLAT_TREE_NAME_MAX};

    if (!shape || o->pipe)
        return NT_INVALID_INFO_CLASS;
    if (text_to_utf16(level == SMB2_FS_VOLUME ? SPAN_LIT("SYSVOL") : SPAN_LIT("NTFS"), a,
                      &i.label) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    smb2_part_put(b, shape, &i);
    return NT_OK;
}

uint32_t smb_do_query_info(struct smb_request *rq)
{
    struct smb2_query_info_request q;
    struct smb2_output p = {0};
    struct builder b;
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    struct smb_open *o = smb_open_find(rq, &q.id);
    if (!o)
        return NT_FILE_CLOSED;
    if (q.max_output > SMB_IO_MAX)
        return NT_INVALID_PARAMETER;
    builder_in(&b, rq->arena, 4096);
    if (q.type == SMB2_INFO_FILE)
        status = put_file(o, q.level, rq->arena, &b);
    else if (q.type == SMB2_INFO_FILESYSTEM)
        status = put_fs(o, q.level, rq->arena, &b);
    else
        return NT_NOT_SUPPORTED;
    if (status == NT_OK && builder_done(&b, &p.data) != ERR_OK)
        status = NT_INSUFFICIENT_RESOURCES;
    if (status == NT_OK && p.data.len > q.max_output)
        status = NT_INFO_LENGTH_MISMATCH;
    if (status == NT_OK)
        smb_answer(rq, &p);
    return status;
}

/* A pipe's mode may be set: it is in message mode whatever is said. Nothing else changes. */
uint32_t smb_do_set_info(struct smb_request *rq)
{
    struct smb2_set_info_request q;
    struct smb2_empty body = {0};
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    struct smb_open *o = smb_open_find(rq, &q.id);
    if (!o)
        return NT_FILE_CLOSED;
    if (!o->pipe)
        return smb_refuse(rq, "smb.set", REASON_SMB_READ_ONLY, SPAN_NONE, NT_ACCESS_DENIED);
    if (q.type != SMB2_INFO_FILE || q.level != SMB2_FILE_PIPE)
        return NT_NOT_SUPPORTED;
    smb_answer(rq, &body);
    return NT_OK;
}
