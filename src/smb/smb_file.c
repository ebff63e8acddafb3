/*
 * CREATE on SYSVOL and NETLOGON ([MS-SMB2] 3.3.5.9, [MS-FSA] 2.1.5.1): what is asked for, what is
 * there, and what the descriptors let the caller do with it.
 */
#include <unistd.h>

#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_context.h"
#include "wire/smb2/smb2_info.h"

#define RESERVED_RIGHTS   0x0ce0fe00u
#define RESERVED_OPTIONS  0xff000000u
#define OTHER_OPTIONS     0x00102080u /* by id, of a transaction, with a filter oplock */
#define VALID_ATTRIBUTES  0x00007fb7u
#define STORED_ATTRIBUTES 0x00000027u
#define MODE_OPTIONS      0x0000003eu /* that FILE_MODE_INFORMATION tells */

/* What a request for a file comes to. */
struct wish {
    const struct smb2_create_request *q;
    uint32_t access; /* mapped, without MAXIMUM_ALLOWED */
    uint32_t needs;  /* what must be granted: also what the disposition takes */
    bool maximum, folder, overwrites, delete_on_close;
    struct span sd; /* of SecD */
};

void smb_file_event(struct smb_request *rq, const char *event, const char *path)
{
    smb_event(rq->conn, rq->session, event, REASON_NONE, span_str(path));
}

uint32_t smb_file_denied(struct smb_request *rq, const char *event, const char *path)
{
    return smb_refuse(rq, event, REASON_SMB_FILE_DENIED, span_str(path), NT_ACCESS_DENIED);
}

static const struct dir_token *token_of(const struct smb_request *rq)
{
    return rq->session->who->facts.token;
}

/* --- what is asked for ----------------------------------------------------------------------- */

static uint32_t take_contexts(struct wish *w)
{
    struct smb2_create_context list[SMB2_CREATE_CONTEXTS_MAX];
    unsigned count;

    if (smb2_create_contexts_decode(w->q->contexts, list, &count) != ERR_OK)
        return NT_INVALID_PARAMETER;
    for (unsigned i = 0; i < count; i++) {
        if (span_eq(list[i].name, SPAN_LIT(SMB2_CREATE_SECURITY)))
            w->sd = list[i].data;
        else if (span_eq(list[i].name, SPAN_LIT(SMB2_CREATE_ATTRIBUTES)) && list[i].data.len)
            return NT_EAS_NOT_SUPPORTED;
        else if (span_eq(list[i].name, SPAN_LIT(SMB2_CREATE_TIMEWARP)))
            return NT_OBJECT_NAME_NOT_FOUND; /* there are no older versions */
    }
    return NT_OK;
}

static uint32_t check_shape(const struct smb2_create_request *q)
{
    if (q->options & OTHER_OPTIONS)
        return NT_NOT_SUPPORTED;
    if (q->options & RESERVED_OPTIONS || q->attributes & ~VALID_ATTRIBUTES ||
        q->share_access & ~7u ||
        (q->options & SMB2_OPTION_DIRECTORY && q->options & SMB2_OPTION_NON_DIRECTORY) ||
        (q->name.len >= 2 && q->name.ptr[0] == '\\' && !q->name.ptr[1]))
        return NT_INVALID_PARAMETER;
    if (q->options & SMB2_OPTION_DIRECTORY && q->disposition != SMB2_FILE_OPEN &&
        q->disposition != SMB2_FILE_CREATE && q->disposition != SMB2_FILE_OPEN_IF)
        return NT_INVALID_PARAMETER;
    return !q->access || q->access & RESERVED_RIGHTS ? NT_ACCESS_DENIED : NT_OK;
}

static uint32_t wish_of(const struct smb2_create_request *q, struct wish *out)
{
    uint32_t status = check_shape(q);

    *out = (struct wish){.q = q,
                         .access = smb_rights(q->access) & ~(uint32_t)SMB2_MAXIMUM_ALLOWED,
                         .maximum = q->access & SMB2_MAXIMUM_ALLOWED,
                         .folder = q->options & SMB2_OPTION_DIRECTORY,
                         .overwrites = q->disposition == SMB2_FILE_SUPERSEDE ||
                                       q->disposition >= SMB2_FILE_OVERWRITE,
                         .delete_on_close = q->options & SMB2_OPTION_DELETE_ON_CLOSE};
    if (status != NT_OK)
        return status;
    if (out->access & SMB2_ACCESS_SYSTEM_SECURITY)
        return NT_PRIVILEGE_NOT_HELD;
    if (out->delete_on_close && !(out->access & SMB2_DELETE) && !out->maximum)
        return NT_ACCESS_DENIED;
    out->needs = out->access;
    if (out->overwrites)
        out->needs |= q->disposition == SMB2_FILE_SUPERSEDE ? SMB2_DELETE : SMB2_WRITE_DATA;
    return take_contexts(out);
}

static void grant(const struct wish *w, uint32_t granted, struct smb_open *o)
{
    o->maximal = granted;
    o->access = w->maximum ? w->access | granted : w->access;
    o->share = smb_may_exclude(granted) ? w->q->share_access : SMB2_FILE_SHARE_ALL;
    o->mode = w->q->options & MODE_OPTIONS;
}

/* --- what is there --------------------------------------------------------------------------- */

static uint32_t check_kind(const struct wish *w, const struct smb_place *at)
{
    if (w->q->disposition == SMB2_FILE_CREATE)
        return NT_OBJECT_NAME_COLLISION;
    if (at->facts.folder && (w->q->options & SMB2_OPTION_NON_DIRECTORY || w->overwrites))
        return NT_FILE_IS_A_DIRECTORY;
    return !at->facts.folder && w->folder ? NT_NOT_A_DIRECTORY : NT_OK;
}

static uint32_t check_access(struct smb_request *rq, const struct wish *w,
                             const struct smb_place *at, struct smb_open *o)
{
    uint32_t granted = smb_granted(at->record.sd, at->folder_sd, token_of(rq));
    uint32_t data = SMB2_WRITE_DATA | SMB2_APPEND_DATA;

    if (w->needs & ~granted || !granted)
        return smb_file_denied(rq, "smb.create", at->path);
    if (at->record.attributes & SMB2_ATTRIBUTE_READONLY && !at->facts.folder) {
        if (w->needs & data)
            return NT_ACCESS_DENIED;
        if (w->delete_on_close)
            return NT_CANNOT_DELETE;
        granted &= ~data;
    }
    grant(w, granted, o);
    if (w->delete_on_close && !(o->access & SMB2_DELETE))
        return NT_ACCESS_DENIED;
    return NT_OK;
}

/* The descriptor of the walk does, but for who may write. */
static uint32_t take_descriptor(struct smb_place *at, const struct wish *w, struct smb_open *o)
{
    bool writes = o->access & (SMB2_WRITE_DATA | SMB2_APPEND_DATA) || w->overwrites;

    if (writes && !at->facts.folder) {
        enum err e = plat_tree_writable(at->folder, at->name, &o->fd);
        if (e == ERR_OK)
            e = plat_tree_facts(o->fd, &o->facts);
        if (e == ERR_OK && o->facts.inode != at->facts.inode)
            e = ERR_NOT_FOUND;
        return smb_file_status(e);
    }
    o->fd = at->fd;
    o->facts = at->facts;
    at->fd = -1;
    return NT_OK;
}

/* An attribute that hides a file must be named by who writes it anew ([MS-FSA] 2.1.5.1.2.1). */
static uint32_t overwrite(struct smb_request *rq, const struct wish *w, const struct smb_place *at,
                          struct smb_open *o)
{
    uint32_t kept = SMB2_ATTRIBUTE_HIDDEN | SMB2_ATTRIBUTE_SYSTEM;
    struct smb_record record = at->record, own;

    if (record.attributes & kept & ~w->q->attributes)
        return NT_ACCESS_DENIED;
    enum err e = smb_record_read(o->fd, rq->arena, &own);
    if (e == ERR_OK)
        e = plat_tree_resize(o->fd, 0);
    if (e != ERR_OK)
        return smb_file_status(e);
    own.attributes = (w->q->attributes & STORED_ATTRIBUTES) | SMB2_ATTRIBUTE_ARCHIVE;
    if (!own.created)
        own.created = (uint64_t)utime_to_filetime(o->facts.created);
    e = smb_record_write(o->fd, &own);
    smb_file_event(rq, "smb.change", at->path);
    smb_notify(rq->server, at->path, SMB2_MODIFIED,
               SMB2_OF_ATTRIBUTES | SMB2_OF_SIZES | SMB2_OF_WRITES);
    o->changed = true;
    return e == ERR_UNSUPPORTED ? NT_OK : smb_file_status(e);
}

static uint32_t open_there(struct smb_request *rq, const struct wish *w, struct smb_place *at,
                           struct smb_open *o, uint32_t *action)
{
    uint32_t status = check_kind(w, at);

    if (status == NT_OK)
        status = check_access(rq, w, at, o);
    if (status == NT_OK)
        status = take_descriptor(at, w, o);
    if (status == NT_OK)
        status = smb_node_join(rq->server, o, w->needs, at->path);
    if (status == NT_OK && w->overwrites)
        status = overwrite(rq, w, at, o);
    if (status == NT_OK && w->delete_on_close)
        status = smb_file_dooms(rq, o);
    *action = !w->overwrites                             ? SMB2_CREATE_ACTION_OPENED
              : w->q->disposition == SMB2_FILE_SUPERSEDE ? SMB2_CREATE_ACTION_SUPERSEDED
                                                         : SMB2_CREATE_ACTION_OVERWRITTEN;
    return status;
}

/* --- what is new ----------------------------------------------------------------------------- */

/* Who makes something owns it; what an administrator makes belongs to all of them. */
static const struct sid *first_owner(const struct smb_request *rq)
{
    const struct dir_token *token = token_of(rq);
    const struct sid *administrators = &rq->server->defaults.owner;

    return dir_token_has(token, administrators) || !token->count ? administrators : &token->sids[0];
}

static uint32_t first_sd(struct smb_request *rq, const struct wish *w, const struct smb_place *at,
                         struct span *out)
{
    const struct sid *owner = first_owner(rq), *group = &rq->server->defaults.group;
    enum err e = ERR_OK;
    struct sd given = {0};

    if (w->sd.len && (sd_check(w->sd) != ERR_OK || sd_open(w->sd, &given) != ERR_OK))
        return NT_INVALID_SECURITY_DESCR;
    if (w->sd.len && !smb_may_own(rq, w->sd))
        return NT_INVALID_OWNER;
    if (given.control & SD_DACL_PRESENT)
        e = smb_sd_normal(w->sd, owner, group, rq->arena, out);
    else
        e = smb_sd_inherit(at->folder_sd, w->folder, given.has_owner ? &given.owner : owner, group,
                           rq->arena, out);
    return smb_file_status(e);
}

static uint32_t store_record(const struct wish *w, struct smb_open *o, struct span sd)
{
    struct smb_record record = {.attributes = w->q->attributes & STORED_ATTRIBUTES,
                                .created = (uint64_t)utime_to_filetime(o->facts.created),
                                .sd = sd};

    if (!w->folder)
        record.attributes |= SMB2_ATTRIBUTE_ARCHIVE;
    enum err e = smb_record_write(o->fd, &record);
    return e == ERR_UNSUPPORTED && !w->sd.len ? NT_OK : smb_file_status(e);
}

/* What could not be made whole goes again. */
static uint32_t make(struct smb_request *rq, const struct wish *w, const struct smb_place *at,
                     struct smb_open *o, struct span sd)
{
    enum err e = plat_tree_make(at->folder, span_str(at->name), w->folder, &o->fd, &o->facts);

    if (e != ERR_OK)
        return smb_file_status(e);
    uint32_t status = store_record(w, o, sd);
    if (status == NT_OK)
        status = smb_node_join(rq->server, o, 0, at->path);
    if (status != NT_OK)
        (void)plat_tree_remove(at->folder, at->name, &o->facts);
    return status;
}

static uint32_t make_new(struct smb_request *rq, const struct wish *w, const struct smb_place *at,
                         struct smb_open *o)
{
    uint32_t right = w->folder ? SMB2_APPEND_DATA : SMB2_WRITE_DATA;
    struct span sd;

    if (w->q->disposition == SMB2_FILE_OPEN || w->q->disposition == SMB2_FILE_OVERWRITE)
        return NT_OBJECT_NAME_NOT_FOUND;
    if (!(smb_granted(at->folder_sd, SPAN_NONE, token_of(rq)) & right))
        return smb_file_denied(rq, "smb.create", at->path);
    if (w->delete_on_close && w->q->attributes & SMB2_ATTRIBUTE_READONLY)
        return NT_CANNOT_DELETE;
    uint32_t status = smb_node_takes(rq->server, at->folder, false);
    if (status == NT_OK)
        status = first_sd(rq, w, at, &sd);
    if (status == NT_OK)
        status = smb_space_take(rq, 1, 0);
    if (status != NT_OK)
        return status;
    grant(w, smb_granted(sd, at->folder_sd, token_of(rq)), o);
    status = make(rq, w, at, o, sd);
    if (status != NT_OK)
        return status;
    smb_file_event(rq, "smb.make", at->path);
    smb_notify(rq->server, at->path, SMB2_ADDED, w->folder ? SMB2_OF_FOLDERS : SMB2_OF_FILES);
    o->changed = true;
    return NT_OK;
}

/* Of what all clients may have open together, one account does not take more than its part once
 * half of it is taken: nobody shuts the others out of their policies. */
static bool may_open_more(const struct smb_request *rq)
{
    const struct smb_server *sv = rq->server;
    unsigned own = 0;

    if (sv->file_opens < SMB_FILE_OPENS_MAX / 2)
        return true;
    for (const struct smb_session *ss = sv->all; ss; ss = ss->next_all)
        if (ss->who && span_eq(ss->who->principal, rq->session->who->principal))
            own += ss->open_count;
    return sv->file_opens < SMB_FILE_OPENS_MAX && own <= SMB_FILE_OPENS_MAX / 16;
}

uint32_t smb_file_open(struct smb_request *rq, const struct smb2_create_request *q,
                       struct smb_open *o, uint32_t *action_out)
{
    struct smb_place at;
    struct wish w;
    uint32_t status = wish_of(q, &w);

    if (!may_open_more(rq))
        return smb_refuse(rq, "smb.create", REASON_SMB_LIMIT, SPAN_NONE, NT_INSUFFICIENT_RESOURCES);
    if (status == NT_OK)
        status = smb_place_find(rq, q->name, &at);
    if (status != NT_OK)
        return status;
    *action_out = SMB2_CREATE_ACTION_CREATED;
    status = at.fd >= 0 ? open_there(rq, &w, &at, o, action_out) : make_new(rq, &w, &at, o);
    smb_place_close(&at);
    if (status == NT_OK)
        o->delete_on_close = w.delete_on_close;
    return status;
}
