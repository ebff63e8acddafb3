/*
 * WRITE, and what SET_INFO changes of a file ([MS-SMB2] 3.3.5.13, 3.3.5.21.1; [MS-FSA] 2.1.5.4,
 * 2.1.5.15).
 */
#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

#define STORED_ATTRIBUTES 0x00000027u
#define MODE_SETTABLE     0x0000003eu

/* Once an open: a copy of a file is one change. */
static void tell(struct smb_request *rq, struct smb_open *o)
{
    if (!o->changed)
        smb_file_event(rq, "smb.change", o->node->path);
    o->changed = true;
}

/* Room for a file that is to have this size, of which so many bytes are written: where it has holes
 * they take room, too, though the size stays. */
static uint32_t grow(struct smb_request *rq, const struct smb_open *o, uint64_t size,
                     uint64_t written)
{
    struct plat_tree_facts now;

    if (plat_tree_facts(o->fd, &now) != ERR_OK)
        return NT_INTERNAL_ERROR;
    if (size > now.size)
        return smb_space_take(rq, 0, size - now.size);
    return now.allocated < now.size ? smb_space_take(rq, 0, written) : NT_OK;
}

/* Who may only append leaves what is there as it is ([MS-SMB2] 3.3.5.13). */
static bool may_write_at(const struct smb_open *o, uint64_t offset)
{
    struct plat_tree_facts now;

    if (o->access & SMB2_WRITE_DATA)
        return true;
    return o->access & SMB2_APPEND_DATA && plat_tree_facts(o->fd, &now) == ERR_OK &&
           offset >= now.size;
}

uint32_t smb_file_write(struct smb_request *rq, struct smb_open *o,
                        const struct smb2_write_request *q)
{
    if (o->facts.folder)
        return NT_INVALID_DEVICE_REQUEST;
    if (!may_write_at(o, q->offset))
        return NT_ACCESS_DENIED;
    if (q->offset > (uint64_t)INT64_MAX - q->data.len ||
        (q->data.len && q->offset + q->data.len > SMB_OFFSET_MAX))
        return NT_INVALID_PARAMETER;
    if (smb_lock_blocks(o, q->offset, q->data.len, true))
        return NT_FILE_LOCK_CONFLICT;
    bool through = q->flags & SMB2_WRITE_THROUGH || o->mode & SMB2_OPTION_WRITE_THROUGH;
    if (through && !rq->last)
        return smb_not_pended(rq);
    uint32_t status = q->data.len ? grow(rq, o, q->offset + q->data.len, q->data.len) : NT_OK;
    if (status != NT_OK)
        return status;
    enum err e = plat_tree_write(o->fd, q->offset, q->data);
    o->written = true;
    tell(rq, o);
    if (e != ERR_OK)
        return smb_file_status(e);
    const struct smb2_write_response p = {.count = (uint32_t)q->data.len};
    if (through)
        return smb_flush(rq, o, &p);
    smb_answer(rq, &p);
    return NT_OK;
}

static uint32_t resize(struct smb_request *rq, struct smb_open *o, uint64_t size)
{
    if (o->facts.folder || size > SMB_OFFSET_MAX)
        return NT_INVALID_PARAMETER;
    if (!(o->access & SMB2_WRITE_DATA))
        return NT_ACCESS_DENIED;
    uint32_t status = grow(rq, o, size, 0);
    if (status != NT_OK)
        return status;
    tell(rq, o);
    smb_notify(rq->server, o->node->path, SMB2_MODIFIED, SMB2_OF_SIZES | SMB2_OF_WRITES);
    return smb_file_status(plat_tree_resize(o->fd, size));
}

/* What is beyond the allocation is cut off; more is not set aside. */
static uint32_t allocate(struct smb_request *rq, struct smb_open *o, uint64_t size)
{
    struct plat_tree_facts now;

    if (o->facts.folder || size > INT64_MAX)
        return NT_INVALID_PARAMETER;
    if (!(o->access & SMB2_WRITE_DATA))
        return NT_ACCESS_DENIED;
    if (plat_tree_facts(o->fd, &now) != ERR_OK)
        return NT_INTERNAL_ERROR;
    return size < now.size ? resize(rq, o, size) : NT_OK;
}

/* 0: as it is; so are the two that begin and end what handles do to times ([MS-FSCC] 2.4.7). */
static bool is_time(uint64_t t)
{
    return t != 0 && t < UINT64_MAX - 1;
}

static uint32_t parts_of(const struct smb2_file_facts *f)
{
    return (f->attributes ? SMB2_OF_ATTRIBUTES : 0) | (is_time(f->created) ? SMB2_OF_CREATION : 0) |
           (is_time(f->accessed) ? SMB2_OF_ACCESSES : 0) |
           (is_time(f->written) ? SMB2_OF_WRITES : 0);
}

static uint32_t set_basic(struct smb_request *rq, struct smb_open *o,
                          const struct smb2_file_facts *f)
{
    struct smb_record record;

    if (!(o->access & SMB2_WRITE_ATTRIBUTES))
        return NT_ACCESS_DENIED;
    if ((is_time(f->created) && f->created > INT64_MAX) ||
        (is_time(f->accessed) && f->accessed > INT64_MAX) ||
        (is_time(f->written) && f->written > INT64_MAX) ||
        (f->attributes & SMB2_ATTRIBUTE_DIRECTORY && !o->facts.folder) ||
        (f->attributes & SMB2_ATTRIBUTE_TEMPORARY && o->facts.folder))
        return NT_INVALID_PARAMETER;
    utime accessed = is_time(f->accessed) ? utime_from_filetime((int64_t)f->accessed) : UTIME_NEVER;
    utime written = is_time(f->written) ? utime_from_filetime((int64_t)f->written) : UTIME_NEVER;
    enum err e = smb_record_read(o->fd, rq->arena, &record);
    if (e != ERR_OK)
        return smb_file_status(e);
    if (!record.created) /* there was none */
        record = (struct smb_record){
            .attributes = o->facts.folder ? 0 : SMB2_ATTRIBUTE_ARCHIVE,
            .created = (uint64_t)utime_to_filetime(o->facts.created),
        };
    if (is_time(f->created))
        record.created = f->created;
    if (f->attributes)
        record.attributes = f->attributes & STORED_ATTRIBUTES;
    tell(rq, o);
    smb_notify(rq->server, o->node->path, SMB2_MODIFIED, parts_of(f));
    if (f->attributes || is_time(f->created))
        e = smb_record_write(o->fd, &record);
    if (e == ERR_OK)
        e = plat_tree_set_times(o->fd, accessed, written);
    return smb_file_status(e);
}

static uint32_t is_empty(const struct smb_open *o)
{
    struct plat_tree_scan *scan;
    struct span name;
    enum err e = plat_tree_scan_new(o->fd, &scan);

    if (e != ERR_OK)
        return smb_file_status(e);
    e = plat_tree_scan_next(scan, &name);
    plat_tree_scan_free(scan);
    return e == ERR_NOT_FOUND ? NT_OK : NT_DIRECTORY_NOT_EMPTY;
}

uint32_t smb_file_dooms(struct smb_request *rq, const struct smb_open *o)
{
    struct smb_record record;

    if (smb_place_fixed(rq->server, o->node->path))
        return smb_file_denied(rq, "smb.remove", o->node->path);
    enum err e = smb_record_read(o->fd, NULL, &record);
    if (e != ERR_OK)
        return smb_file_status(e);
    if (record.attributes & SMB2_ATTRIBUTE_READONLY)
        return NT_CANNOT_DELETE;
    return o->facts.folder ? is_empty(o) : NT_OK;
}

static uint32_t set_disposition(struct smb_request *rq, struct smb_open *o, bool doomed)
{
    if (!(o->access & SMB2_DELETE))
        return NT_ACCESS_DENIED;
    uint32_t status = doomed ? smb_file_dooms(rq, o) : NT_OK;
    if (status != NT_OK)
        return status;
    o->node->doomed = doomed;
    if (doomed)
        smb_notify_doomed(o->node);
    return NT_OK;
}

static uint32_t set_mode(struct smb_open *o, uint32_t mode)
{
    if (mode & ~MODE_SETTABLE)
        return NT_INVALID_PARAMETER;
    o->mode = mode;
    return NT_OK;
}

uint32_t smb_file_set(struct smb_request *rq, struct smb_open *o, unsigned level, struct span data)
{
    const struct smb2_shape *shape = smb2_file_shape(level);
    struct smb2_file_info i = {0};

    if (level == SMB2_FILE_RENAME)
        return smb_file_rename(rq, o, data);
    if (!shape)
        return NT_INVALID_INFO_CLASS;
    if (smb2_part_decode(shape, data, &i) != ERR_OK)
        return NT_INFO_LENGTH_MISMATCH;
    switch (level) {
    case SMB2_FILE_BASIC:
        return set_basic(rq, o, &i.facts);
    case SMB2_FILE_DISPOSITION:
        return set_disposition(rq, o, i.delete_pending);
    case SMB2_FILE_ALLOCATION:
        return allocate(rq, o, i.facts.allocated);
    case SMB2_FILE_END_OF_FILE:
        return resize(rq, o, i.facts.size);
    case SMB2_FILE_POSITION:
        o->position = i.position;
        return NT_OK;
    case SMB2_FILE_MODE:
        return set_mode(o, i.mode);
    default:
        return NT_INVALID_INFO_CLASS;
    }
}
