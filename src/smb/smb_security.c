/* The descriptor of an open file, read and set ([MS-SMB2] 3.3.5.20.3, 3.3.5.21.3). */
#include "directory/access.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

#define KNOWN_PARTS (SD_PART_OWNER | SD_PART_GROUP | SD_PART_DACL | SD_PART_SACL)

uint32_t smb_security_get(struct smb_request *rq, struct smb_open *o, uint32_t parts,
                          struct span *out)
{
    struct smb_place at;

    if (parts & SD_PART_SACL || (parts & KNOWN_PARTS && !(o->access & SMB2_READ_CONTROL)))
        return NT_ACCESS_DENIED;
    uint32_t status = smb_place_of(rq, o->node, &at);
    if (status != NT_OK)
        return status;
    smb_place_close(&at);
    return smb_file_status(access_sd_select(at.record.sd, parts & KNOWN_PARTS, rq->arena, out));
}

/* To oneself alone, not to a group that one is in: its members would all be owners. To somebody
 * else gives who may take from anybody, an administrator. */
bool smb_may_own(const struct smb_request *rq, struct span sd)
{
    const struct dir_token *token = rq->session->who->facts.token;
    struct sd parts;

    return sd_open(sd, &parts) == ERR_OK &&
           (!parts.has_owner || (token->count && sid_eq(&token->sids[0], &parts.owner)) ||
            dir_token_has(token, &rq->server->defaults.owner));
}

static uint32_t check(const struct smb_request *rq, const struct smb_open *o, uint32_t parts,
                      struct span sd)
{
    if (sd_check(sd) != ERR_OK)
        return NT_INVALID_SECURITY_DESCR;
    if (parts & SD_PART_SACL)
        return NT_PRIVILEGE_NOT_HELD;
    if ((parts & SD_PART_DACL && !(o->access & SMB2_WRITE_DAC)) ||
        (parts & (SD_PART_OWNER | SD_PART_GROUP) && !(o->access & SMB2_WRITE_OWNER)))
        return NT_ACCESS_DENIED;
    return parts & SD_PART_OWNER && !smb_may_own(rq, sd) ? NT_INVALID_OWNER : NT_OK;
}

/* The rest of the record stays. */
static enum err store(struct smb_request *rq, struct smb_open *o, const struct smb_place *at,
                      uint32_t parts, struct span sd)
{
    const struct smb_defaults *d = &rq->server->defaults;
    struct smb_record record = at->record;
    struct span merged;

    TRY(access_sd_merge(at->record.sd, sd, parts & KNOWN_PARTS, rq->arena, &merged));
    TRY(smb_sd_normal(merged, &d->owner, &d->group, rq->arena, &record.sd));
    if (!record.created) {
        record.attributes = at->facts.folder ? 0 : SMB2_ATTRIBUTE_ARCHIVE;
        record.created = (uint64_t)utime_to_filetime(at->facts.created);
    }
    return smb_record_write(o->fd, &record);
}

uint32_t smb_security_set(struct smb_request *rq, struct smb_open *o, uint32_t parts,
                          struct span sd)
{
    struct smb_place at;
    uint32_t status = check(rq, o, parts, sd);

    if (status == NT_OK)
        status = smb_place_of(rq, o->node, &at);
    if (status != NT_OK)
        return status;
    status = smb_file_status(store(rq, o, &at, parts, sd));
    if (status == NT_OK) {
        smb_file_event(rq, "smb.protect", o->node->path);
        smb_notify(rq->server, o->node->path, SMB2_MODIFIED, SMB2_OF_SECURITY);
    }
    smb_place_close(&at);
    return status;
}
