/*
 * Nodes: what several opens of one file share, whoever opened it: share modes and the deletion that
 * waits for the last of them ([MS-FSA] 2.1.5.1.2, 2.1.5.5).
 */
#include <stdlib.h>
#include <unistd.h>

#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

#define READS  (SMB2_READ_DATA | SMB2_EXECUTE)
#define WRITES (SMB2_WRITE_DATA | SMB2_APPEND_DATA)

static struct smb_node **bucket(struct smb_server *sv, uint64_t inode)
{
    return &sv->nodes[inode % SMB_NODE_BUCKETS];
}

struct smb_node *smb_node_find(struct smb_server *sv, const struct plat_tree_facts *facts)
{
    for (struct smb_node *n = *bucket(sv, facts->inode); n; n = n->next)
        if (n->inode == facts->inode && n->device == facts->device)
            return n;
    return NULL;
}

static struct smb_node *node_new(struct smb_server *sv, const struct plat_tree_facts *facts,
                                 const char *path)
{
    struct smb_node *n = calloc(1, sizeof(*n)), **at = bucket(sv, facts->inode);

    if (!n || !(n->path = strdup(path))) {
        free(n);
        return NULL;
    }
    n->next = *at;
    n->device = facts->device;
    n->inode = facts->inode;
    n->folder = facts->folder;
    *at = n;
    return n;
}

bool smb_may_exclude(uint32_t rights)
{
    return rights & (WRITES | SMB2_DELETE);
}

/* Does what one of them has let the other be what it is? */
static bool tolerates(uint32_t access, uint32_t share)
{
    return !(access & READS && !(share & SMB2_FILE_SHARE_READ)) &&
           !(access & WRITES && !(share & SMB2_FILE_SHARE_WRITE)) &&
           !(access & SMB2_DELETE && !(share & SMB2_FILE_SHARE_DELETE));
}

/* Opens that only look at attributes are in nobody's way. */
static bool counts(uint32_t access)
{
    return access & (READS | WRITES | SMB2_DELETE);
}

static bool conflicts(const struct smb_node *n, uint32_t access, uint32_t share)
{
    for (const struct smb_open *o = n->opens; o && counts(access); o = o->next_of_node)
        if (counts(o->access) && !(tolerates(access, o->share) && tolerates(o->access, share)))
            return true;
    return false;
}

uint32_t smb_node_join(struct smb_server *sv, struct smb_open *o, uint32_t takes, const char *path)
{
    struct smb_node *n = smb_node_find(sv, &o->facts);

    if (n && n->doomed)
        return NT_DELETE_PENDING;
    if (n && conflicts(n, o->access | takes, o->share))
        return NT_SHARING_VIOLATION;
    if (!n)
        n = node_new(sv, &o->facts, path);
    if (!n)
        return NT_INSUFFICIENT_RESOURCES;
    sv->file_opens++;
    o->next_of_node = n->opens;
    n->opens = o;
    o->node = n;
    return NT_OK;
}

/* By the path that it had last: what lies there meanwhile may be something else, and stays. */
static enum err remove_file(struct smb_server *sv, const struct smb_node *n)
{
    const struct plat_tree_facts what = {
        .folder = n->folder, .device = n->device, .inode = n->inode};
    struct span names[SMB_DEPTH_MAX], rest = span_str(n->path);
    struct plat_tree_facts facts;
    unsigned count = 0;
    int folder;

    for (const uint8_t *end; (end = memchr(rest.ptr, '/', rest.len));) {
        if (count == SMB_DEPTH_MAX)
            return ERR_LIMIT;
        size_t len = (size_t)(end - rest.ptr);
        names[count++] = span_sub(rest, 0, len);
        rest = span_sub(rest, len + 1, rest.len);
    }
    TRY(plat_tree_open(sv->root, names, count, &folder, &facts));
    enum err e = plat_tree_remove(folder, (const char *)rest.ptr, &what);
    close(folder);
    return e;
}

static void end(struct smb_server *sv, struct smb_node *n, const struct smb_open *last)
{
    struct smb_node **at = bucket(sv, n->inode);

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    if (n->doomed) {
        enum err e = remove_file(sv, n);
        if (e == ERR_OK)
            smb_notify(sv, n->path, SMB2_REMOVED, n->folder ? SMB2_OF_FOLDERS : SMB2_OF_FILES);
        smb_event(last->session->conn, last->session, "smb.remove",
                  e == ERR_OK ? REASON_NONE : REASON_SMB_FILE_STAYS, span_str(n->path));
    }
    free(n->path);
    free(n);
}

void smb_node_leave(struct smb_open *o)
{
    struct smb_node *n = o->node;
    struct smb_open **at = &n->opens;

    while (*at != o)
        at = &(*at)->next_of_node;
    *at = o->next_of_node;
    smb_lock_leave(o);
    o->node = NULL;
    o->session->conn->server->file_opens--;
    n->doomed |= o->delete_on_close;
    if (!n->opens)
        end(o->session->conn->server, n, o);
    else if (o->delete_on_close)
        smb_notify_doomed(n);
}

uint32_t smb_node_takes(struct smb_server *sv, int folder, bool moved)
{
    struct plat_tree_facts facts;
    const struct smb_node *n =
        plat_tree_facts(folder, &facts) == ERR_OK ? smb_node_find(sv, &facts) : NULL;

    if (n && n->doomed)
        return NT_DELETE_PENDING;
    for (const struct smb_open *o = n && moved ? n->opens : NULL; o; o = o->next_of_node)
        if (o->access & SMB2_DELETE)
            return NT_SHARING_VIOLATION;
    return NT_OK;
}

bool smb_node_below(const struct smb_server *sv, const char *path)
{
    size_t len = strlen(path);

    for (unsigned i = 0; i < SMB_NODE_BUCKETS; i++)
        for (const struct smb_node *n = sv->nodes[i]; n; n = n->next)
            if (strncmp(n->path, path, len) == 0 && n->path[len] == '/')
                return true;
    return false;
}
