/*
 * CHANGE_NOTIFY ([MS-SMB2] 3.3.5.19, [MS-FSA] 2.1.5.10): what is made, changed, renamed or removed
 * in an open folder, or below it, by clients of this domain controller. What happens while nobody
 * waits is kept, up to a limit; beyond, the client is told to look for itself. Those who wait are
 * answered when the frame that changed something has been.
 */
#include <stdlib.h>

#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

struct smb_watch {
    struct smb_watch *next; /* of the server */
    struct smb_open *open;
    uint32_t filter;
    bool tree;   /* below the folder, too */
    bool missed; /* more than there is room for */
    size_t last; /* the newest change */
    struct builder list;
    uint8_t room[SMB_WATCH_MAX];
};

/* --- what happens ---------------------------------------------------------------------------- */

/* The path below the watched folder, if it is told; else NULL. */
static const char *below(const struct smb_watch *w, const char *path, uint32_t what)
{
    const char *folder = w->open->node->path;
    size_t len = strlen(folder);

    if (!(w->filter & what) || strncmp(folder, path, len) != 0 || (len && path[len] != '/'))
        return NULL;
    path += len + (len != 0);
    return *path && (w->tree || !strchr(path, '/')) ? path : NULL;
}

static void add(struct smb_watch *w, const char *path, uint32_t action, struct arena *a)
{
    struct smb2_change change = {.action = action};

    if (!w->missed && (smb_path_to_client(span_str(path), a, &change.name) != ERR_OK ||
                       !smb2_change_put(&w->list, sizeof(w->room), &change, &w->last)))
        w->missed = true;
}

void smb_notify(struct smb_server *sv, const char *path, uint32_t action, uint32_t what)
{
    for (struct smb_watch *w = sv->watches; w; w = w->next) {
        const char *rest = below(w, path, what);
        if (rest)
            add(w, rest, action, &sv->arena);
    }
}

/* --- who is told ----------------------------------------------------------------------------- */

/* Takes what has come together; false: nothing has. The data is valid until the next change. */
static bool take(struct smb_watch *w, uint32_t max, uint32_t *status, struct smb2_output *out)
{
    if (!w->missed && !w->list.len)
        return false;
    bool fits = !w->missed && w->list.len <= max;
    *out = (struct smb2_output){.data = fits ? span_of(w->room, w->list.len) : SPAN_LIT("")};
    *status = fits ? NT_OK : NT_NOTIFY_ENUM_DIR;
    builder_over(&w->list, w->room, sizeof(w->room));
    w->missed = false;
    w->last = 0;
    return true;
}

static struct smb_pending *oldest(const struct smb_open *o)
{
    struct smb_pending *found = NULL;

    for (struct smb_pending *p = o->session->conn->pending; p; p = p->next)
        if (p->open_id == o->id && p->command == SMB2_CHANGE_NOTIFY)
            found = p;
    return found;
}

void smb_notify_send(struct smb_server *sv)
{
    for (struct smb_watch *w = sv->watches; w; w = w->next) {
        struct smb_pending *p = w->missed || w->list.len ? oldest(w->open) : NULL;
        struct smb2_output out;
        uint32_t status;
        if (p && take(w, p->max, &status, &out))
            smb_late_answer(p, status, &out);
    }
}

void smb_notify_doomed(const struct smb_node *n)
{
    for (const struct smb_open *o = n->opens; o; o = o->next_of_node)
        for (struct smb_pending *p; (p = oldest(o));)
            smb_late_answer(p, NT_DELETE_PENDING, NULL);
}

/* --- the request ----------------------------------------------------------------------------- */

static struct smb_watch *watch_new(struct smb_open *o, const struct smb2_change_notify_request *q)
{
    struct smb_server *sv = o->session->conn->server;
    struct smb_watch *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->next = sv->watches;
    w->open = o;
    w->filter = q->filter;
    w->tree = q->flags & SMB2_WATCH_TREE;
    builder_over(&w->list, w->room, sizeof(w->room));
    sv->watches = w;
    return w;
}

void smb_watch_free(struct smb_server *sv, struct smb_watch *w)
{
    struct smb_watch **at = &sv->watches;

    while (w && *at != w)
        at = &(*at)->next;
    if (w)
        *at = w->next;
    free(w);
}

/* What is watched for stays as the first request of the open said it. */
static uint32_t watch(struct smb_request *rq, struct smb_open *o,
                      const struct smb2_change_notify_request *q)
{
    struct smb2_output out;
    uint32_t status;

    if (o->node->doomed)
        return NT_DELETE_PENDING;
    if (!o->watch)
        o->watch = watch_new(o, q);
    if (!o->watch)
        return NT_INSUFFICIENT_RESOURCES;
    if (!take(o->watch, q->max_output, &status, &out))
        return smb_pend(rq, o->id, q->max_output) ? NT_PENDING : smb_not_pended(rq);
    smb_answer(rq, &out);
    return status;
}

uint32_t smb_do_change_notify(struct smb_request *rq)
{
    struct smb2_change_notify_request q;
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    if (o->pipe || !o->facts.folder || !smb_paid(rq, q.max_output))
        return NT_INVALID_PARAMETER;
    return o->access & SMB2_READ_DATA ? watch(rq, o, &q) : NT_ACCESS_DENIED;
}
