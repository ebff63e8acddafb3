/*
 * Where a path of SYSVOL or NETLOGON leads: walked from the root of the shares (plat/tree.h), with
 * the descriptor of each folder on the way, since what has none inherits.
 */
#include <unistd.h>

#include "base/text.h"
#include "smb/smb_internal.h"

uint32_t smb_file_status(enum err e)
{
    switch (e) {
    case ERR_OK:
        return NT_OK;
    case ERR_NOT_FOUND:
        return NT_OBJECT_NAME_NOT_FOUND;
    case ERR_STATE:
        return NT_OBJECT_PATH_NOT_FOUND;
    case ERR_DENIED:
        return NT_OBJECT_NAME_INVALID;
    case ERR_EXISTS:
        return NT_OBJECT_NAME_COLLISION;
    case ERR_BUSY:
        return NT_DIRECTORY_NOT_EMPTY;
    case ERR_CONSTRAINT:
        return NT_ACCESS_DENIED;
    case ERR_LIMIT:
        return NT_DISK_FULL;
    case ERR_UNSUPPORTED:
        return NT_NOT_SUPPORTED;
    case ERR_INTEGRITY:
        return NT_FILE_CORRUPT;
    case ERR_NOMEM:
        return NT_INSUFFICIENT_RESOURCES;
    default:
        return NT_INTERNAL_ERROR;
    }
}

/* --- names ----------------------------------------------------------------------------------- */

static uint32_t split(struct span text, char separator, struct span *names, unsigned *count)
{
    unsigned n = *count;

    while (text.len) {
        const uint8_t *end = memchr(text.ptr, separator, text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        if (n == SMB_DEPTH_MAX || !len)
            return NT_OBJECT_NAME_INVALID;
        names[n] = span_sub(text, 0, len);
        if (span_eq(names[n++], SPAN_LIT("..")))
            return NT_OBJECT_PATH_SYNTAX_BAD;
        text = span_sub(text, len + (end != NULL), text.len);
        if (end && !text.len)
            return NT_OBJECT_NAME_INVALID;
    }
    *count = n;
    return NT_OK;
}

/* The components of a path below the folder of its share: NETLOGON is DOMAIN/scripts. */
static uint32_t components(struct smb_request *rq, struct span path, struct span *names,
                           unsigned *count)
{
    struct span text;

    *count = 0;
    if (text_from_utf16(path, rq->arena, &text) != ERR_OK)
        return NT_OBJECT_NAME_INVALID;
    if (rq->tree->share == SMB_NETLOGON) {
        names[(*count)++] = rq->server->env.domain;
        names[(*count)++] = SPAN_LIT("scripts");
    }
    return split(text, '\\', names, count);
}

enum err smb_path_to_client(struct span path, struct arena *a, struct span *out)
{
    char *text = arena_dup_str(a, path);

    if (!text)
        return ERR_NOMEM;
    for (char *at = text; *at; at++)
        if (*at == '/')
            *at = '\\';
    return text_to_utf16(span_str(text), a, out);
}

enum err smb_place_name(const struct smb_tree *t, const char *path, struct arena *a,
                        struct span *out)
{
    struct span rest = span_str(path);

    for (unsigned above = t->share == SMB_NETLOGON ? 2 : 0; above; above--) {
        const uint8_t *end = memchr(rest.ptr, '/', rest.len);
        rest = end ? span_sub(rest, (size_t)(end - rest.ptr) + 1, rest.len) : SPAN_LIT("");
    }
    return smb_path_to_client(rest, a, out);
}

bool smb_place_fixed(const struct smb_server *sv, const char *path)
{
    struct span p = span_str(path), domain = sv->env.domain;

    if (!memchr(p.ptr, '/', p.len))
        return !p.len || text_eq_fold(p, domain);
    if (p.len <= domain.len || !text_eq_fold(span_sub(p, 0, domain.len), domain))
        return false;
    p = span_sub(p, domain.len, p.len);
    return text_eq_fold(p, SPAN_LIT("/Policies")) || text_eq_fold(p, SPAN_LIT("/scripts"));
}

/* --- the walk -------------------------------------------------------------------------------- */

/* One of the defaults, if this is its folder: DOMAIN/Policies/NAME. */
static const struct smb_policy *policy_of(const struct smb_server *sv, const struct smb_place *p)
{
    const struct smb_defaults *d = &sv->defaults;
    struct span path = span_str(p->path), domain = sv->env.domain, middle = SPAN_LIT("/Policies/");

    if (p->depth != 3 || path.len <= domain.len + middle.len ||
        !text_eq_fold(span_sub(path, 0, domain.len), domain) ||
        !text_eq_fold(span_sub(path, domain.len, middle.len), middle))
        return NULL;
    for (unsigned i = 0; i < d->policy_count; i++)
        if (text_eq_fold(span_str(p->name), span_str(d->policy[i].name)))
            return &d->policy[i];
    return NULL;
}

/* The descriptor of what has none of its own. */
static enum err inherit(const struct smb_server *sv, struct arena *a, struct smb_place *p)
{
    const struct smb_defaults *d = &sv->defaults;

    if (p->depth == 0) {
        p->record.sd = d->root;
        return ERR_OK;
    }
    if (p->depth == 2 && text_eq_fold(span_str(p->name), SPAN_LIT("Policies")) &&
        smb_place_fixed(sv, p->path)) {
        p->record.sd = d->policies;
        return ERR_OK;
    }
    const struct smb_policy *policy = p->facts.folder ? policy_of(sv, p) : NULL;
    if (policy) {
        p->record.sd = policy->sd;
        return ERR_OK;
    }
    return smb_sd_inherit(p->folder_sd, p->facts.folder, &d->owner, &d->group, a, &p->record.sd);
}

static enum err learn(const struct smb_server *sv, struct arena *a, struct smb_place *p)
{
    TRY(smb_record_read(p->fd, a, &p->record));
    return p->record.sd.len ? ERR_OK : inherit(sv, a, p);
}

/* Into the folder at hand. */
static enum err step(const struct smb_server *sv, struct arena *a, struct span name,
                     struct smb_place *p)
{
    if (p->folder >= 0)
        close(p->folder);
    p->folder = p->fd;
    p->fd = -1;
    p->folder_sd = p->record.sd;
    p->record = (struct smb_record){0};
    p->depth++;
    enum err e = plat_tree_step(p->folder, name, p->name, &p->fd, &p->facts);
    if (e == ERR_NOT_FOUND) {
        memcpy(p->name, name.ptr, name.len);
        p->name[name.len] = 0;
    } else if (e != ERR_OK) {
        return e;
    }
    p->path = arena_printf(a, "%s%s%s", p->path, *p->path ? "/" : "", p->name);
    if (!p->path)
        return ERR_NOMEM;
    return e == ERR_OK ? learn(sv, a, p) : e;
}

static enum err walk(const struct smb_server *sv, struct arena *a, const struct span *names,
                     unsigned count, struct smb_place *p)
{
    *p = (struct smb_place){.folder = -1, .fd = -1, .path = ""};
    TRY(plat_tree_step(sv->root, SPAN_NONE, p->name, &p->fd, &p->facts));
    TRY(learn(sv, a, p));
    for (unsigned i = 0; i < count; i++) {
        enum err e = step(sv, a, names[i], p);
        if (e != ERR_OK)
            return e == ERR_NOT_FOUND && i + 1 == count ? ERR_OK
                   : e == ERR_NOT_FOUND                 ? ERR_STATE
                                                        : e;
    }
    return ERR_OK;
}

static uint32_t find(struct smb_request *rq, const struct span *names, unsigned count,
                     struct smb_place *out)
{
    enum err e = walk(rq->server, rq->arena, names, count, out);

    if (e == ERR_OK)
        return NT_OK;
    smb_place_close(out);
    return smb_file_status(e);
}

uint32_t smb_place_find(struct smb_request *rq, struct span path, struct smb_place *out)
{
    struct span names[SMB_DEPTH_MAX];
    unsigned count;
    uint32_t status = components(rq, path, names, &count);

    return status == NT_OK ? find(rq, names, count, out) : status;
}

uint32_t smb_place_of(struct smb_request *rq, const struct smb_node *node, struct smb_place *out)
{
    struct span names[SMB_DEPTH_MAX];
    unsigned count = 0;
    uint32_t status = split(span_str(node->path), '/', names, &count);

    if (status == NT_OK)
        status = find(rq, names, count, out);
    if (status != NT_OK)
        return status;
    if (out->fd >= 0 && out->facts.inode == node->inode && out->facts.device == node->device)
        return NT_OK;
    smb_place_close(out);
    return NT_OBJECT_NAME_NOT_FOUND;
}

void smb_place_close(struct smb_place *p)
{
    if (p->folder >= 0)
        close(p->folder);
    if (p->fd >= 0)
        close(p->fd);
    p->folder = p->fd = -1;
}
