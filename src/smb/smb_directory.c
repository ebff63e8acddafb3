/*
 * QUERY_DIRECTORY ([MS-SMB2] 3.3.5.18) and CHANGE_NOTIFY (3.3.5.19). A folder is listed once, when
 * its enumeration begins, and answered from that list.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

struct smb_listing {
    struct arena memory;
    struct plat_tree_entry *entries; /* "." and ".." come before them */
    unsigned count, at;
    struct span pattern;
    bool found; /* anything, so far */
};

#define DOTS 2

void smb_listing_free(struct smb_listing *l)
{
    if (!l)
        return;
    arena_fini(&l->memory);
    free(l);
}

/* '*' any number, '?' one, and DOS's '<', '>' and '"' as '*', '?' and '.', which is what they come
 * to for names without a short form ([MS-FSA] 2.1.4.4). Bounded: one place to go back to. */
static bool matches(struct span pattern, struct span name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, mark = 0;

    while (n < name.len) {
        uint8_t c = p < pattern.len ? pattern.ptr[p] : 0;
        if (p < pattern.len && (c == '*' || c == '<')) {
            star = p++;
            mark = n;
        } else if (p < pattern.len && (c == '?' || c == '>' || (c == '"' && name.ptr[n] == '.') ||
                                       ascii_eq_fold(span_of(&c, 1), span_of(name.ptr + n, 1)))) {
            p++, n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && (pattern.ptr[p] == '*' || pattern.ptr[p] == '<'))
        p++;
    return p == pattern.len;
}

static bool wanted(struct span pattern, struct span name)
{
    return span_eq(pattern, SPAN_LIT("*")) || span_eq(pattern, SPAN_LIT("*.*")) ||
           text_eq_fold(pattern, name) || matches(pattern, name);
}

static uint32_t read_folder(const struct smb_open *o, struct span pattern, struct smb_listing *l)
{
    if (text_from_utf16(pattern, &l->memory, &l->pattern) != ERR_OK)
        return NT_OBJECT_NAME_INVALID;
    if (!l->pattern.len)
        l->pattern = SPAN_LIT("*");
    enum err e = plat_tree_list(o->fd, SMB_ENTRIES_MAX, &l->memory, &l->entries, &l->count);
    return e == ERR_OK ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}

static uint32_t list(struct smb_open *o, struct span pattern)
{
    struct smb_listing *l = calloc(1, sizeof(*l));

    if (!l)
        return NT_INSUFFICIENT_RESOURCES;
    arena_init(&l->memory, 0, SMB_LISTING_MAX, 0);
    uint32_t status = read_folder(o, pattern, l);
    if (status != NT_OK) {
        smb_listing_free(l);
        return status;
    }
    smb_listing_free(o->listing);
    o->listing = l;
    return NT_OK;
}

static struct span entry_name(const struct smb_listing *l, unsigned n)
{
    return n == 0 ? SPAN_LIT(".") : n == 1 ? SPAN_LIT("..") : l->entries[n - DOTS].name;
}

/* As it is now, with its record. ERR_NOT_FOUND: it has gone since. */
static enum err entry_at(struct smb_open *o, unsigned n, struct arena *a, struct smb2_entry *out)
{
    struct plat_tree_facts facts = n < DOTS ? o->facts : o->listing->entries[n - DOTS].facts;
    struct span name = entry_name(o->listing, n);
    char found[PLAT_TREE_NAME_MAX + 1];
    struct smb_record record = {0};
    int fd;

    enum err e = plat_tree_step(o->fd, n < DOTS ? SPAN_NONE : name, found, &fd, &facts);
    if (e == ERR_NOT_FOUND)
        return e;
    if (e == ERR_OK) {
        (void)smb_record_read(fd, a, &record);
        close(fd);
    }
    *out = (struct smb2_entry){.file_id = facts.inode};
    smb_tree_facts(&facts, &record, &out->facts);
    return text_to_utf16(name, a, &out->name);
}

/* As many entries as fit, from where the last answer ended. */
static uint32_t fill(struct smb_request *rq, struct smb_open *o,
                     const struct smb2_query_directory_request *q, struct span *out)
{
    struct smb_listing *l = o->listing;
    struct builder b;
    size_t last = 0;
    bool full = false;

    builder_in(&b, rq->arena, q->max_output);
    for (; l->at < l->count + DOTS && !full; l->at++) {
        struct smb2_entry e;
        if (!wanted(l->pattern, entry_name(l, l->at)))
            continue;
        enum err found = entry_at(o, l->at, rq->arena, &e);
        if (found == ERR_NOT_FOUND)
            continue;
        if (found != ERR_OK)
            return NT_INSUFFICIENT_RESOURCES;
        if (!smb2_entry_put(&b, 0, q->max_output, q->level, &e, &last))
            break;
        full = q->flags & SMB2_RETURN_SINGLE_ENTRY;
    }
    if (builder_done(&b, out) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    if (out->len)
        l->found = true;
    else if (l->at < l->count + DOTS)
        return NT_INFO_LENGTH_MISMATCH;
    return out->len ? NT_OK : l->found ? NT_NO_MORE_FILES : NT_NO_SUCH_FILE;
}

uint32_t smb_do_query_directory(struct smb_request *rq)
{
    struct smb2_query_directory_request q;
    struct smb2_output p = {0};
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    struct smb_open *o = smb_open_find(rq, &q.id);
    if (!o)
        return NT_FILE_CLOSED;
    if (o->pipe || !o->facts.folder || !smb_paid(rq, q.max_output))
        return NT_INVALID_PARAMETER;
    if (!(o->access & SMB2_READ_DATA))
        return NT_ACCESS_DENIED;
    if (!smb2_entry_shape(q.level))
        return NT_INVALID_INFO_CLASS;
    if (!o->listing || q.flags & (SMB2_RESTART_SCANS | SMB2_REOPEN))
        status = list(o, q.name);
    if (status == NT_OK)
        status = fill(rq, o, &q, &p.data);
    if (status == NT_OK)
        smb_answer(rq, &p);
    return status;
}

/* Nothing is told of changes yet: the request rests until it is cancelled or the folder closed. */
uint32_t smb_do_change_notify(struct smb_request *rq)
{
    struct smb2_change_notify_request q;
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    struct smb_open *o = smb_open_find(rq, &q.id);
    if (!o)
        return NT_FILE_CLOSED;
    if (o->pipe || !o->facts.folder || !smb_paid(rq, q.max_output))
        return NT_INVALID_PARAMETER;
    if (!(o->access & SMB2_READ_DATA))
        return NT_ACCESS_DENIED;
    return smb_pend(rq, o->id, q.max_output) ? NT_PENDING : smb_not_pended(rq);
}
