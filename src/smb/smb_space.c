/*
 * How much may be in SYSVOL: it must not fill the disk that the directory is on. All domain
 * controllers write into one folder, so it is counted now and then, and what this one adds since
 * then is added.
 */
#include "plat/files.h"
#include "smb/smb_internal.h"

static enum err count(struct smb_server *sv)
{
    struct smb_space *space = &sv->space;
    utime now = sv->env.now();
    struct plat_tree_sum sum;

    if (space->counted && now >= space->at && now - space->at < SMB_COUNT_EVERY)
        return space->outcome;
    /* A tree that cannot be counted is not walked again for each request either. */
    *space = (struct smb_space){.counted = true, .at = now};
    space->outcome = plat_tree_sum(sv->root, PLAT_DIR_DEPTH, SMB_FILES_MAX, &sum);
    if (space->outcome == ERR_OK) {
        space->files = sum.files;
        space->bytes = sum.bytes;
    }
    return space->outcome;
}

static bool fits(struct smb_server *sv, uint64_t files, uint64_t bytes)
{
    const struct smb_space *space = &sv->space;
    uint64_t total, left;

    return count(sv) == ERR_OK && plat_tree_space(sv->root, &total, &left) == ERR_OK &&
           space->files + files <= SMB_FILES_MAX && bytes <= SMB_BYTES_MAX &&
           space->bytes + bytes <= SMB_BYTES_MAX && left >= SMB_DISK_RESERVE &&
           left - SMB_DISK_RESERVE >= bytes;
}

uint32_t smb_space_take(struct smb_request *rq, uint64_t files, uint64_t bytes)
{
    struct smb_server *sv = rq->server;

    if (!files && !bytes)
        return NT_OK;
    if (!fits(sv, files, bytes))
        return smb_refuse(rq, "smb.change", REASON_SMB_FULL, SPAN_NONE, NT_DISK_FULL);
    sv->space.files += files;
    sv->space.bytes += bytes;
    return NT_OK;
}
