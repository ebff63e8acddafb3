/*
 * What has to be on the disk before it is answered: FLUSH, and a WRITE that is written through
 * ([MS-SMB2] 3.3.5.11, 3.3.5.13). The disk is waited for in another thread: this process answers
 * Netlogon and LSA, too, and who writes a large file must not hold them up.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "plat/task.h"
#include "smb/smb_internal.h"

struct smb_flush {
    struct smb_flush *next;
    struct smb_server *server;
    struct smb_conn *conn; /* NULL: it has gone */
    uint64_t async_id;
    int fd; /* of its own: the open may be closed meanwhile */
    bool writes;
    struct smb2_write_response written;
    bool inside, done; /* it has ended before the request was answered that it is pending */
    enum err result;
};

static void sync_away(void *ctx)
{
    struct smb_flush *f = ctx;

    f->result = plat_tree_sync(f->fd);
}

static void flush_free(struct smb_flush *f)
{
    struct smb_flush **at = &f->server->flushes;

    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    f->server->flush_count--;
    close(f->fd);
    free(f);
}

static void answer(const struct smb_flush *f)
{
    uint32_t status = smb_file_status(f->result);
    const void *body =
        f->writes ? (const void *)&f->written : (const void *)&(struct smb2_empty){0};

    for (struct smb_pending *p = f->conn ? f->conn->pending : NULL; p; p = p->next)
        if (p->async_id == f->async_id) {
            smb_late_answer(p, status, status == NT_OK ? body : NULL);
            break;
        }
}

static void run(void *ctx)
{
    struct smb_flush *f = ctx;
    struct smb_server *sv = f->server;

    plat_task_away(sync_away, f);
    f->done = true;
    if (f->inside)
        return;
    answer(f);
    flush_free(f);
    arena_reset(&sv->arena);
}

static struct smb_flush *flush_new(struct smb_request *rq, const struct smb_open *o,
                                   const struct smb2_write_response *written)
{
    struct smb_server *sv = rq->server;
    struct smb_flush *f = sv->flush_count < SMB_FLUSHES_MAX ? calloc(1, sizeof(*f)) : NULL;
    int fd = f ? fcntl(o->fd, F_DUPFD_CLOEXEC, 0) : -1;

    if (fd < 0) {
        free(f);
        return NULL;
    }
    *f = (struct smb_flush){
        .next = sv->flushes, .server = sv, .conn = rq->conn, .fd = fd, .writes = written};
    if (written)
        f->written = *written;
    sv->flushes = f;
    sv->flush_count++;
    return f;
}

/* The answer comes at once, after all. */
static uint32_t end_now(struct smb_request *rq, struct smb_flush *f, enum err e)
{
    uint32_t status = smb_file_status(e != ERR_OK ? e : f->result);

    if (rq->pending)
        smb_pending_remove(rq->pending);
    rq->pending = NULL;
    if (status == NT_OK)
        smb_answer(rq,
                   f->writes ? (const void *)&f->written : (const void *)&(struct smb2_empty){0});
    flush_free(f);
    return status;
}

uint32_t smb_flush(struct smb_request *rq, const struct smb_open *o,
                   const struct smb2_write_response *written)
{
    struct smb_flush *f = flush_new(rq, o, written);

    if (!f)
        return smb_refuse(rq, "smb.flush", REASON_SMB_LIMIT, SPAN_NONE, NT_INSUFFICIENT_RESOURCES);
    struct smb_pending *p = smb_pend(rq, 0, 0);
    if (!p) {
        flush_free(f);
        return smb_not_pended(rq);
    }
    f->async_id = p->async_id;
    f->inside = true;
    enum err e = plat_task_start(rq->server->env.loop, run, f);
    f->inside = false;
    return e != ERR_OK || f->done ? end_now(rq, f, e) : NT_PENDING;
}

void smb_flush_forget(const struct smb_conn *c)
{
    for (struct smb_flush *f = c->server->flushes; f; f = f->next)
        if (f->conn == c)
            f->conn = NULL;
}
