/* Renames ([MS-FSA] 2.1.5.15.11): within one share, never out of it. */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

static bool same(const struct smb_place *p, const struct smb_node *n)
{
    return p->fd >= 0 && p->facts.inode == n->inode && p->facts.device == n->device;
}

/* What is in the way, if it is not the file itself under a name of another case. */
static uint32_t check_target(struct smb_request *rq, const struct smb_open *o,
                             const struct smb_place *to, bool replace)
{
    const struct dir_token *token = rq->session->who->facts.token;
    uint32_t right = o->facts.folder ? SMB2_APPEND_DATA : SMB2_WRITE_DATA;

    if (!(smb_granted(to->folder_sd, SPAN_NONE, token) & right))
        return smb_file_denied(rq, "smb.rename", to->path);
    uint32_t status = smb_node_takes(rq->server, to->folder, true);
    if (status != NT_OK)
        return status;
    if (to->fd < 0 || same(to, o->node))
        return NT_OK;
    if (!replace)
        return NT_OBJECT_NAME_COLLISION;
    if (to->facts.folder || o->facts.folder || smb_node_find(rq->server, &to->facts) ||
        to->record.attributes & SMB2_ATTRIBUTE_READONLY)
        return NT_ACCESS_DENIED;
    return smb_granted(to->record.sd, to->folder_sd, token) & SMB2_DELETE
               ? NT_OK
               : smb_file_denied(rq, "smb.rename", to->path);
}

/* A folder takes all that is below it along: nothing of it may be open, and it must not get deeper
 * than what can be removed again. */
static uint32_t check_folder(struct smb_request *rq, const struct smb_open *o,
                             const struct smb_place *to)
{
    struct plat_tree_sum sum;

    if (!o->facts.folder)
        return NT_OK;
    if (smb_node_below(rq->server, o->node->path))
        return NT_ACCESS_DENIED;
    enum err e = plat_tree_sum(o->fd, SMB_DEPTH_MAX - to->depth, SMB_FILES_MAX, &sum);
    return e == ERR_LIMIT ? NT_OBJECT_NAME_INVALID : smb_file_status(e);
}

/* The last component as it was asked for: what the walk found may differ in case. */
static uint32_t new_name(struct smb_request *rq, struct span path, struct span *out)
{
    struct span text;

    if (text_from_utf16(path, rq->arena, &text) != ERR_OK)
        return NT_OBJECT_NAME_INVALID;
    for (size_t i = text.len; i > 0; i--)
        if (text.ptr[i - 1] == '\\') {
            text = span_sub(text, i, text.len);
            break;
        }
    *out = text;
    return NT_OK;
}

/* What is replaced leaves its name, in its case: under another one both would be there. */
static struct span name_there(const struct smb_place *to, const struct smb_node *n,
                              struct span asked)
{
    return to->fd >= 0 && !same(to, n) ? span_str(to->name) : asked;
}

static const char *path_of(const struct smb_place *to, struct span name)
{
    size_t above = strlen(to->path) - strlen(to->name);
    char *path = malloc(above + name.len + 1);

    if (!path)
        return NULL;
    memcpy(path, to->path, above);
    memcpy(path + above, name.ptr, name.len);
    path[above + name.len] = 0;
    return path;
}

/* A file that is moved to another folder goes here and comes there. */
static void tell(struct smb_server *sv, const struct smb_node *n, const char *to)
{
    const char *old = strrchr(n->path, '/'), *new = strrchr(to, '/');
    size_t old_above = old ? (size_t)(old - n->path) : 0, new_above = new ? (size_t)(new - to) : 0;
    bool stays = old_above == new_above && strncmp(n->path, to, old_above) == 0;
    uint32_t what = n->folder ? SMB2_OF_FOLDERS : SMB2_OF_FILES;

    smb_notify(sv, n->path, stays ? SMB2_RENAMED_FROM : SMB2_REMOVED, what);
    smb_notify(sv, to, stays ? SMB2_RENAMED_TO : SMB2_ADDED, what);
}

static uint32_t move(struct smb_request *rq, struct smb_open *o, const struct smb_place *to,
                     struct span name, bool replace)
{
    struct smb_place from;
    uint32_t status = smb_place_of(rq, o->node, &from);

    if (status != NT_OK)
        return status;
    const char *path = path_of(to, name);
    enum err e = path ? plat_tree_move(from.folder, from.name, to->folder, name,
                                       replace || same(to, o->node))
                      : ERR_NOMEM;
    smb_place_close(&from);
    if (e != ERR_OK) {
        free((void *)path);
        return e == ERR_STATE ? NT_SHARING_VIOLATION : smb_file_status(e);
    }
    smb_file_event(rq, "smb.rename", arena_printf(rq->arena, "%s: %s", o->node->path, path));
    tell(rq->server, o->node, path);
    free(o->node->path);
    o->node->path = (char *)path;
    return NT_OK;
}

uint32_t smb_file_rename(struct smb_request *rq, struct smb_open *o, struct span data)
{
    struct smb2_rename q;
    struct smb_place to;
    struct span name;

    if (smb2_part_decode(&smb2_rename_shape, data, &q) != ERR_OK)
        return NT_INFO_LENGTH_MISMATCH;
    if (!(o->access & SMB2_DELETE))
        return NT_ACCESS_DENIED;
    if (q.root || !q.name.len)
        return NT_INVALID_PARAMETER;
    if (smb_place_fixed(rq->server, o->node->path))
        return smb_file_denied(rq, "smb.rename", o->node->path);
    uint32_t status = new_name(rq, q.name, &name);
    if (status == NT_OK)
        status = smb_place_find(rq, q.name, &to);
    if (status != NT_OK)
        return status;
    status = to.folder >= 0 ? check_target(rq, o, &to, q.replace) : NT_OBJECT_NAME_COLLISION;
    if (status == NT_OK)
        status = check_folder(rq, o, &to);
    if (status == NT_OK)
        status = move(rq, o, &to, name_there(&to, o->node, name), q.replace);
    smb_place_close(&to);
    return status;
}
