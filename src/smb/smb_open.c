/*
 * Opens: CREATE, CLOSE and the verbs that pass to a pipe or a file ([MS-SMB2] 3.3.5.9 to 3.3.5.13).
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_context.h"
#include "wire/smb2/smb2_info.h"

#define PIPE_ACCESS 0x001f01ffu

struct smb_open *smb_open_by_id(struct smb_session *ss, uint64_t id)
{
    for (struct smb_open *o = ss->opens; o; o = o->next)
        if (o->id == id)
            return o;
    return NULL;
}

/* A related request may leave it to the one before it, by an id of ones. */
struct smb_open *smb_open_find(struct smb_request *rq, const struct smb2_file_id *id)
{
    uint64_t want = id->volatil, before = rq->frame->open_id;

    rq->frame->open_id = 0;
    if (rq->head.flags & SMB2_FLAG_RELATED && id->volatil == UINT64_MAX &&
        id->lasting == UINT64_MAX)
        want = before;
    else if (id->lasting != id->volatil)
        return NULL;
    struct smb_open *o = smb_open_by_id(rq->session, want);
    if (!o || o->tree != rq->tree)
        return NULL;
    rq->frame->open_id = o->id;
    return o;
}

uint32_t smb_body_of_open(struct smb_request *rq, void *body, struct smb2_file_id *id,
                          struct smb_open **open_out)
{
    uint32_t status = smb_body(rq, body);

    if (status != NT_OK)
        return status;
    struct smb_open *o = smb_open_find(rq, id);
    if (!o)
        return NT_FILE_CLOSED;
    *open_out = o;
    return NT_OK;
}

static struct smb_open *open_new(struct smb_request *rq)
{
    struct smb_session *ss = rq->session;
    struct smb_open *o = ss->open_count < SMB_OPENS_MAX ? calloc(1, sizeof(*o)) : NULL;

    if (!o)
        return NULL;
    o->id = ++rq->server->next_open;
    o->session = ss;
    o->tree = rq->tree;
    o->who = ss->who;
    o->who->refs++;
    o->waiter.open = o;
    o->fd = -1;
    o->next = ss->opens;
    ss->opens = o;
    ss->open_count++;
    return o;
}

void smb_open_free(struct smb_open *o)
{
    struct smb_session *ss = o->session;
    struct smb_open **at = &ss->opens;

    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    ss->open_count--;
    smb_pending_end(ss->conn, o->id, o->pipe ? NT_PIPE_DISCONNECTED : NT_NOTIFY_CLEANUP);
    if (o->pipe)
        ss->conn->server->env.pipes->close(o->pipe);
    if (o->written)
        smb_notify(ss->conn->server, o->node->path, SMB2_MODIFIED, SMB2_OF_WRITES | SMB2_OF_SIZES);
    smb_watch_free(ss->conn->server, o->watch);
    if (o->node)
        smb_node_leave(o);
    if (o->fd >= 0)
        close(o->fd);
    smb_listing_free(o->listing);
    smb_identity_unref(o->who);
    free(o);
}

/* What the file system does not know is in the record, if there is one. */
void smb_tree_facts(const struct plat_tree_facts *in, const struct smb_record *record,
                    struct smb2_file_facts *out)
{
    uint32_t stored = record->created ? record->attributes
                      : in->folder    ? 0
                                      : SMB2_ATTRIBUTE_ARCHIVE;

    *out = (struct smb2_file_facts){
        .created = record->created ? record->created : (uint64_t)utime_to_filetime(in->created),
        .accessed = (uint64_t)utime_to_filetime(in->accessed),
        .written = (uint64_t)utime_to_filetime(in->written),
        .changed = (uint64_t)utime_to_filetime(in->changed),
        .allocated = in->allocated,
        .size = in->size,
        .attributes = stored | (in->folder ? SMB2_ATTRIBUTE_DIRECTORY : 0),
    };
    if (!out->attributes)
        out->attributes = SMB2_ATTRIBUTE_NORMAL;
}

void smb_open_facts(const struct smb_open *o, struct smb2_file_facts *out)
{
    struct plat_tree_facts facts = o->facts;
    struct smb_record record = {0};

    if (o->pipe) {
        *out = (struct smb2_file_facts){.allocated = 4096, .attributes = SMB2_ATTRIBUTE_NORMAL};
        return;
    }
    (void)plat_tree_facts(o->fd, &facts);
    (void)smb_record_read(o->fd, NULL, &record);
    smb_tree_facts(&facts, &record, out);
}

bool smb_paid(const struct smb_request *rq, uint64_t bytes)
{
    uint64_t credits = rq->head.credit_charge ? rq->head.credit_charge : 1;

    if (!(rq->conn->capabilities & SMB2_CAP_LARGE_MTU))
        credits = 1;
    return bytes <= SMB_IO_MAX && bytes <= credits * SMB_CREDIT_BYTES;
}

/* Answers to the contexts that we know; others may be left out. */
static enum err put_contexts(struct smb_request *rq, const struct smb_open *o, struct span in,
                             struct span *out)
{
    struct smb2_create_context list[SMB2_CREATE_CONTEXTS_MAX], answers[2];
    struct smb2_maximal_access access = {.access = o->pipe ? PIPE_ACCESS : o->maximal};
    struct smb2_on_disk_id disk = {.file_id = o->facts.inode};
    uint8_t room[2][32];
    unsigned count, n = 0;
    struct builder b;

    TRY(smb2_create_contexts_decode(in, list, &count));
    for (unsigned i = 0; i < count && n < 2; i++) {
        bool is_access = span_eq(list[i].name, SPAN_LIT(SMB2_CREATE_MAXIMAL_ACCESS));
        if (!is_access && (o->pipe || !span_eq(list[i].name, SPAN_LIT(SMB2_CREATE_ON_DISK_ID))))
            continue;
        builder_over(&b, room[n], sizeof(room[n]));
        if (is_access)
            smb2_part_put(&b, &smb2_maximal_access_shape, &access);
        else
            smb2_part_put(&b, &smb2_on_disk_id_shape, &disk);
        answers[n].name = list[i].name;
        TRY(builder_done(&b, &answers[n].data));
        n++;
    }
    builder_in(&b, rq->arena, 512);
    smb2_create_contexts_put(&b, answers, n);
    return builder_done(&b, out);
}

static uint32_t open_target(struct smb_request *rq, const struct smb2_create_request *q,
                            struct smb_open *o, uint32_t *action)
{
    struct span name;

    if (rq->tree->share != SMB_IPC)
        return smb_file_open(rq, q, o, action);
    if (text_from_utf16(q->name, rq->arena, &name) != ERR_OK)
        return NT_OBJECT_NAME_INVALID;
    return smb_pipe_open(rq, name, o);
}

uint32_t smb_do_create(struct smb_request *rq)
{
    struct smb2_create_request q;
    struct smb2_create_response p = {.action = SMB2_CREATE_ACTION_OPENED};
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    rq->frame->open_id = 0;
    if (q.impersonation > 3)
        return NT_BAD_IMPERSONATION;
    if (q.disposition > SMB2_FILE_OVERWRITE_IF)
        return NT_INVALID_PARAMETER;
    struct smb_open *o = open_new(rq);
    if (!o)
        return smb_refuse(rq, "smb.create", REASON_SMB_LIMIT, SPAN_NONE, NT_INSUFFICIENT_RESOURCES);
    status = open_target(rq, &q, o, &p.action);
    if (status == NT_OK && put_contexts(rq, o, q.contexts, &p.contexts) != ERR_OK)
        status = NT_INVALID_PARAMETER;
    if (status != NT_OK) {
        smb_open_free(o);
        return status;
    }
    rq->frame->open_id = o->id;
    p.id = (struct smb2_file_id){o->id, o->id};
    smb_open_facts(o, &p.file);
    smb_answer(rq, &p);
    return NT_OK;
}

uint32_t smb_do_close(struct smb_request *rq)
{
    struct smb2_close_request q;
    struct smb2_close_response p = {0};
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    p.flags = q.flags & SMB2_CLOSE_POSTQUERY;
    if (p.flags)
        smb_open_facts(o, &p.file);
    smb_open_free(o);
    smb_answer(rq, &p);
    return NT_OK;
}

uint32_t smb_do_flush(struct smb_request *rq)
{
    struct smb2_flush_request q;
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    if (!o->pipe)
        return o->access & (SMB2_WRITE_DATA | SMB2_APPEND_DATA) ? smb_flush(rq, o, NULL)
                                                                : NT_ACCESS_DENIED;
    smb_answer(rq, &(struct smb2_empty){0});
    return NT_OK;
}

static uint32_t read_file(struct smb_request *rq, struct smb_open *o,
                          const struct smb2_read_request *q)
{
    uint8_t *room = arena_alloc(rq->arena, q->length);
    size_t got;

    if (o->facts.folder)
        return NT_INVALID_DEVICE_REQUEST;
    if (!(o->access & (SMB2_READ_DATA | SMB2_EXECUTE)))
        return NT_ACCESS_DENIED;
    if (!room)
        return NT_INSUFFICIENT_RESOURCES;
    if (smb_lock_blocks(o, q->offset, q->length, false))
        return NT_FILE_LOCK_CONFLICT;
    if (q->offset > (uint64_t)INT64_MAX - q->length ||
        plat_tree_read(o->fd, q->offset, room, q->length, &got) != ERR_OK)
        return NT_INVALID_PARAMETER;
    if (got < q->minimum || (got == 0 && q->length))
        return NT_END_OF_FILE;
    o->position = q->offset + got;
    smb_answer(rq, &(struct smb2_read_response){.data = span_of(room, got)});
    return NT_OK;
}

uint32_t smb_do_read(struct smb_request *rq)
{
    struct smb2_read_request q;
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    if (!smb_paid(rq, q.length))
        return NT_INVALID_PARAMETER;
    struct smb_open *o = smb_open_find(rq, &q.id);
    if (!o)
        return NT_FILE_CLOSED;
    return o->pipe ? smb_pipe_read(rq, o, q.length) : read_file(rq, o, &q);
}

uint32_t smb_do_write(struct smb_request *rq)
{
    struct smb2_write_request q;
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    if (!smb_paid(rq, q.data.len))
        return NT_INVALID_PARAMETER;
    struct smb_open *o = smb_open_find(rq, &q.id);
    if (!o)
        return NT_FILE_CLOSED;
    if (!o->pipe)
        return smb_file_write(rq, o, &q);
    status = smb_pipe_write(o, q.data);
    if (status == NT_OK)
        smb_answer(rq, &(struct smb2_write_response){.count = (uint32_t)q.data.len});
    return status;
}
