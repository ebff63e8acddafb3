/*
 * Files and folders of SYSVOL and NETLOGON: opened to be read, below the folder of the share and
 * nowhere else (plat/tree.h).
 */
#include <stdlib.h>

#include "base/text.h"
#include "smb/smb_internal.h"

/* Rights that would change something: what is more than reading, executing, attributes and
 * SYNCHRONIZE. MAXIMUM_ALLOWED and the generic ones to read are none of them. */
#define CHANGING 0x500d0156u

static bool creates(uint32_t disposition)
{
    return disposition != SMB2_FILE_OPEN && disposition != SMB2_FILE_OPEN_IF;
}

/* The components of a path below the folder of its share: NETLOGON is DOMAIN/scripts. */
static uint32_t components(struct smb_request *rq, struct span path, struct span *names,
                           unsigned *count)
{
    unsigned n = 0;
    struct span text;

    if (text_from_utf16(path, rq->arena, &text) != ERR_OK)
        return NT_OBJECT_NAME_INVALID;
    if (rq->tree->share == SMB_NETLOGON) {
        names[n++] = rq->server->env.domain;
        names[n++] = SPAN_LIT("scripts");
    }
    while (text.len) {
        const uint8_t *end = memchr(text.ptr, '\\', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        if (n == SMB_DEPTH_MAX)
            return NT_OBJECT_NAME_INVALID;
        names[n++] = span_sub(text, 0, len);
        text = span_sub(text, len + (end != NULL), text.len);
        if (end && !text.len)
            return NT_OBJECT_NAME_INVALID;
    }
    *count = n;
    return NT_OK;
}

static uint32_t status_of(enum err e)
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
    default:
        return NT_INTERNAL_ERROR;
    }
}

static uint32_t keep_path(struct smb_open *o, struct span path)
{
    uint8_t *copy = malloc(path.len + 1);

    if (!copy)
        return NT_INSUFFICIENT_RESOURCES;
    if (path.len)
        memcpy(copy, path.ptr, path.len);
    o->path = span_of(copy, path.len);
    return NT_OK;
}

uint32_t smb_file_open(struct smb_request *rq, const struct smb2_create_request *q,
                       struct smb_open *o)
{
    struct span names[SMB_DEPTH_MAX];
    unsigned count;

    if (q->access & CHANGING || creates(q->disposition) || q->options & SMB2_OPTION_DELETE_ON_CLOSE)
        return smb_refuse(rq, "smb.create", REASON_SMB_READ_ONLY, SPAN_NONE, NT_ACCESS_DENIED);
    uint32_t status = components(rq, q->name, names, &count);
    if (status == NT_OK)
        status = status_of(plat_tree_open(rq->server->root, names, count, &o->fd, &o->facts));
    if (status == NT_OK && o->facts.folder && q->options & SMB2_OPTION_NON_DIRECTORY)
        status = NT_FILE_IS_A_DIRECTORY;
    if (status == NT_OK && !o->facts.folder && q->options & SMB2_OPTION_DIRECTORY)
        status = NT_NOT_A_DIRECTORY;
    return status == NT_OK ? keep_path(o, q->name) : status;
}
