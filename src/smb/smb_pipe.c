/*
 * Named pipes ([MS-SMB2] 3.3.5.9.3, 3.3.5.12, 3.3.5.13, 3.3.5.15.10) over struct smb_pipe_ops. An
 * answer that is not there yet is a pending request; smb_pipe_ready brings it.
 */
#include "base/text.h"
#include "smb/smb_internal.h"

static uint32_t no_pipe(struct smb_request *rq, struct span name)
{
    return smb_refuse(rq, "smb.pipe", REASON_SMB_NO_PIPE, name, NT_OBJECT_NAME_NOT_FOUND);
}

uint32_t smb_pipe_open(struct smb_request *rq, struct span name, struct smb_open *o)
{
    const struct smb_env *env = &rq->server->env;
    uint8_t lower[64];

    if (name.len && name.ptr[0] == '\\')
        name = span_sub(name, 1, name.len);
    if (!name.len || name.len > sizeof(lower) || !env->pipes)
        return no_pipe(rq, name);
    for (size_t i = 0; i < name.len; i++)
        lower[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i];
    switch (env->pipes->open(env->pipes_ctx, span_of(lower, name.len), &o->who->facts, &o->waiter,
                             &o->pipe)) {
    case ERR_OK:
        return NT_OK;
    case ERR_NOT_FOUND:
        return no_pipe(rq, name);
    case ERR_DENIED:
        return smb_refuse(rq, "smb.pipe", REASON_SMB_ANONYMOUS, name, NT_ACCESS_DENIED);
    default:
        return NT_INSUFFICIENT_RESOURCES;
    }
}

static uint32_t status_of(enum err e)
{
    switch (e) {
    case ERR_OK:
        return NT_OK;
    case ERR_BUSY:
        return NT_PIPE_BUSY;
    case ERR_NOMEM:
    case ERR_LIMIT:
        return NT_INSUFFICIENT_RESOURCES;
    default:
        return NT_PIPE_DISCONNECTED;
    }
}

uint32_t smb_pipe_write(struct smb_open *o, struct span bytes)
{
    return status_of(o->session->conn->server->env.pipes->write(o->pipe, bytes));
}

/* The next fragment; NT_PENDING: there is none yet. */
static uint32_t take(struct smb_open *o, uint32_t max, struct arena *a, struct span *out)
{
    bool more = false;
    enum err e = o->session->conn->server->env.pipes->read(o->pipe, max, a, out, &more);

    if (e == ERR_BUSY)
        return NT_PENDING;
    return e != ERR_OK ? status_of(e) : more ? NT_BUFFER_OVERFLOW : NT_OK;
}

static struct smb2_ioctl_response transceived(const struct smb_open *o, struct span data)
{
    return (struct smb2_ioctl_response){
        .code = SMB2_FSCTL_PIPE_TRANSCEIVE, .id = {o->id, o->id}, .output = data};
}

static uint32_t read_or_pend(struct smb_request *rq, struct smb_open *o, uint32_t max)
{
    struct span data;
    uint32_t status = take(o, max, rq->arena, &data);

    if (status == NT_PENDING)
        return smb_pend(rq, o->id, max) ? NT_PENDING : smb_not_pended(rq);
    if (status != NT_OK && status != NT_BUFFER_OVERFLOW)
        return status;
    if (rq->head.command == SMB2_READ) {
        smb_answer(rq, &(struct smb2_read_response){.data = data});
    } else {
        struct smb2_ioctl_response p = transceived(o, data);
        smb_answer(rq, &p);
    }
    return status;
}

uint32_t smb_pipe_read(struct smb_request *rq, struct smb_open *o, uint32_t max)
{
    return read_or_pend(rq, o, max);
}

uint32_t smb_pipe_transceive(struct smb_request *rq, struct smb_open *o,
                             const struct smb2_ioctl_request *q)
{
    uint32_t status = smb_pipe_write(o, q->input);

    return status == NT_OK ? read_or_pend(rq, o, q->max_output) : status;
}

static void answer_late(struct smb_open *o, struct smb_pending *p, uint32_t status,
                        struct span data)
{
    if (status != NT_OK && status != NT_BUFFER_OVERFLOW) {
        smb_late_answer(p, status, NULL);
    } else if (p->command == SMB2_READ) {
        smb_late_answer(p, status, &(struct smb2_read_response){.data = data});
    } else {
        struct smb2_ioctl_response body = transceived(o, data);
        smb_late_answer(p, status, &body);
    }
}

/* The oldest that waits for the pipe. */
static struct smb_pending *oldest(struct smb_open *o)
{
    struct smb_pending *found = NULL;

    for (struct smb_pending *p = o->session->conn->pending; p; p = p->next)
        if (p->open_id == o->id)
            found = p;
    return found;
}

void smb_pipe_ready(struct smb_pipe_waiter *waiter)
{
    struct smb_open *o = waiter->open;
    struct arena *a = &o->session->conn->server->arena;

    for (struct smb_pending *p = oldest(o); p; p = oldest(o)) {
        struct span data;
        uint32_t status = take(o, p->max, a, &data);
        if (status != NT_PENDING)
            answer_late(o, p, status, data);
        arena_reset(a);
        if (status == NT_PENDING)
            return;
    }
}
