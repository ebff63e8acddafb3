/*
 * IOCTL ([MS-SMB2] 3.3.5.15): the few FSCTLs that a domain controller is asked.
 */
#include "smb/smb_internal.h"

static uint32_t transceive(struct smb_request *rq, const struct smb2_ioctl_request *q)
{
    struct smb_open *o = smb_open_find(rq, &q->id);

    if (!o)
        return NT_FILE_CLOSED;
    return o->pipe ? smb_pipe_transceive(rq, o, q) : NT_INVALID_DEVICE_REQUEST;
}

uint32_t smb_do_ioctl(struct smb_request *rq)
{
    struct smb2_ioctl_request q;
    struct span output = SPAN_NONE;
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    if (!(q.flags & SMB2_IOCTL_IS_FSCTL))
        return NT_NOT_SUPPORTED;
    if (!smb_paid(rq, q.input.len) || !smb_paid(rq, q.max_output))
        return NT_INVALID_PARAMETER;
    switch (q.code) {
    case SMB2_FSCTL_PIPE_TRANSCEIVE:
        return transceive(rq, &q);
    case SMB2_FSCTL_DFS_GET_REFERRALS:
        status = smb_dfs_referrals(rq, q.input, q.max_output, &output);
        break;
    case SMB2_FSCTL_VALIDATE_NEGOTIATE_INFO:
        status = smb_validate_negotiate(rq, q.input, &output);
        break;
    case SMB2_FSCTL_QUERY_NETWORK_INTERFACE_INFO: /* one address a controller */
    case SMB2_FSCTL_DFS_GET_REFERRALS_EX:
    case SMB2_FSCTL_PIPE_WAIT:
        return NT_INVALID_DEVICE_REQUEST;
    default:
        return smb_open_find(rq, &q.id) ? NT_INVALID_DEVICE_REQUEST : NT_FILE_CLOSED;
    }
    if (status == NT_OK && output.len > q.max_output)
        status = NT_BUFFER_TOO_SMALL;
    if (status == NT_OK)
        smb_answer(rq, &(struct smb2_ioctl_response){.code = q.code, .id = q.id, .output = output});
    return status;
}
