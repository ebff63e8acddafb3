/*
 * Requests that are answered later, and how they are cancelled ([MS-SMB2] 3.3.4.2, 3.3.5.16).
 */
#include <stdlib.h>

#include "smb/smb_internal.h"

struct smb_pending *smb_pend(struct smb_request *rq, uint64_t open_id, uint32_t max)
{
    struct smb_conn *c = rq->conn;

    if (!rq->last || c->pending_count == SMB_PENDING_MAX)
        return NULL;
    struct smb_pending *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    *p = (struct smb_pending){.next = c->pending,
                              .conn = c,
                              .message_id = rq->head.message_id,
                              .async_id = c->next_async++,
                              .session_id = rq->session->id,
                              .command = rq->head.command,
                              .credits = rq->head.credits,
                              .sealed = rq->frame->sealed_by != NULL,
                              .open_id = open_id,
                              .max = max};
    c->pending = p;
    c->pending_count++;
    rq->pending = p;
    return p;
}

/* Windows cannot wait in the middle of a compound, and says this. */
uint32_t smb_not_pended(const struct smb_request *rq)
{
    return rq->last ? NT_INSUFFICIENT_RESOURCES : NT_INTERNAL_ERROR;
}

struct smb_pending *smb_hold(struct smb_request *rq)
{
    struct smb_pending *p = rq->frame->last_at == rq->frame->start ? smb_pend(rq, 0, 0) : NULL;

    if (p)
        p->held = true;
    return p;
}

void smb_pending_remove(struct smb_pending *p)
{
    struct smb_pending **at = &p->conn->pending;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    p->conn->pending_count--;
    free(p);
}

void smb_pending_end(struct smb_conn *c, uint64_t open_id, uint32_t status)
{
    for (struct smb_pending *p = c->pending, *next; p; p = next) {
        next = p->next;
        if (p->open_id == open_id)
            smb_late_answer(p, p->command == SMB2_LOCK ? NT_RANGE_NOT_LOCKED : status, NULL);
    }
}

void smb_cancel(struct smb_request *rq)
{
    bool async = rq->head.flags & SMB2_FLAG_ASYNC;

    for (struct smb_pending *p = rq->conn->pending; p; p = p->next) {
        if (!p->held && rq->session && p->session_id == rq->session->id &&
            (async ? p->async_id == rq->head.async_id : p->message_id == rq->head.message_id)) {
            smb_late_answer(p, NT_CANCELLED, NULL);
            return;
        }
    }
}
