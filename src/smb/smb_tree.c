/*
 * Trees: connections to a share ([MS-SMB2] 3.3.5.7, 3.3.5.8).
 */
#include <stdlib.h>

#include "base/text.h"
#include "smb/smb_internal.h"

#define PIPE_ACCESS 0x001f01ffu

static const struct share_row {
    struct span name;
    bool disk;
} shares[] = {
    [SMB_IPC] = {{(const uint8_t *)"IPC$", 4}, false},
    [SMB_SYSVOL] = {{(const uint8_t *)"SYSVOL", 6}, true},
    [SMB_NETLOGON] = {{(const uint8_t *)"NETLOGON", 8}, true},
};

bool smb_share_find(const struct smb_server *sv, struct span name, enum smb_share *out)
{
    for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        if (!ascii_eq_fold(shares[i].name, name) || (shares[i].disk && sv->root < 0))
            continue;
        *out = (enum smb_share)i;
        return true;
    }
    return false;
}

struct smb_tree *smb_tree_find(struct smb_session *ss, uint32_t id)
{
    for (struct smb_tree *t = ss->trees; t; t = t->next)
        if (t->id == id)
            return t;
    return NULL;
}

/* The share of "\\server\share": what is behind the third separator. */
static bool share_of(struct span path, struct span *out)
{
    unsigned separators = 0;

    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] != '\\' || ++separators != 3)
            continue;
        *out = span_sub(path, i + 1, path.len);
        return out->len && !memchr(out->ptr, '\\', out->len);
    }
    return false;
}

static uint32_t find(struct smb_request *rq, struct span path, enum smb_share *out)
{
    struct span text, name;

    if (text_from_utf16(path, rq->arena, &text) != ERR_OK || !share_of(text, &name))
        return NT_BAD_NETWORK_NAME;
    if (!smb_share_find(rq->server, name, out))
        return smb_refuse(rq, "smb.tree", REASON_SMB_NO_SHARE, name, NT_BAD_NETWORK_NAME);
    if (shares[*out].disk && rq->session->who->facts.anonymous)
        return smb_refuse(rq, "smb.tree", REASON_SMB_ANONYMOUS, name, NT_ACCESS_DENIED);
    return NT_OK;
}

static struct smb_tree *tree_new(struct smb_session *ss, enum smb_share share)
{
    struct smb_tree *t = ss->tree_count < SMB_TREES_MAX ? calloc(1, sizeof(*t)) : NULL;

    if (!t)
        return NULL;
    *t = (struct smb_tree){.next = ss->trees, .id = ++ss->next_tree, .share = share};
    ss->trees = t;
    ss->tree_count++;
    return t;
}

/* By the descriptor of the root: what is in it may grant less, or more. */
static uint32_t granted(const struct smb_request *rq)
{
    return smb_granted(rq->server->defaults.root, SPAN_NONE, rq->session->who->facts.token);
}

uint32_t smb_do_tree_connect(struct smb_request *rq)
{
    struct smb2_tree_connect_request q;
    struct smb2_tree_connect_response p = {0};
    enum smb_share share;
    uint32_t status = smb_body(rq, &q);

    if (status == NT_OK)
        status = find(rq, q.path, &share);
    if (status != NT_OK)
        return status;
    struct smb_tree *t = tree_new(rq->session, share);
    if (!t)
        return smb_refuse(rq, "smb.tree", REASON_SMB_LIMIT, SPAN_NONE, NT_INSUFFICIENT_RESOURCES);
    rq->head.tree_id = t->id;
    p.share_type = shares[share].disk ? SMB2_SHARE_DISK : SMB2_SHARE_PIPE;
    p.share_flags = SMB2_SHAREFLAG_NO_CACHING |
                    (shares[share].disk ? SMB2_SHAREFLAG_RESTRICT_EXCLUSIVE_OPENS : 0);
    p.maximal_access = shares[share].disk ? granted(rq) : PIPE_ACCESS;
    smb_answer(rq, &p);
    return NT_OK;
}

uint32_t smb_do_tree_disconnect(struct smb_request *rq)
{
    struct smb_session *ss = rq->session;
    struct smb2_empty body = {0};
    uint32_t status = smb_body(rq, &body);

    if (status != NT_OK)
        return status;
    for (struct smb_open *o = ss->opens, *next; o; o = next) {
        next = o->next;
        if (o->tree == rq->tree)
            smb_open_free(o);
    }
    struct smb_tree **at = &ss->trees;
    while (*at != rq->tree)
        at = &(*at)->next;
    *at = rq->tree->next;
    ss->tree_count--;
    free(rq->tree);
    smb_answer(rq, &body);
    return NT_OK;
}
