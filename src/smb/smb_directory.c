/*
 * QUERY_DIRECTORY ([MS-SMB2] 3.3.5.18). A folder is read as its client asks for more; an entry that
 * did not fit is kept for the next answer.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

#define NAME_MAX_FOLDED ((size_t)3 * PLAT_TREE_NAME_MAX) /* base/text.h */

struct smb_listing {
    struct plat_tree_scan *scan; /* NULL: it is at its end */
    unsigned dots;               /* "." and ".." come first: how many did */
    struct span name;            /* of the entry at hand; without one, empty */
    size_t pattern_len;
    uint8_t pattern[SMB_PATTERN_MAX]; /* folded */
    bool found;                       /* anything, so far */
};

#define DOTS 2

void smb_listing_free(struct smb_listing *l)
{
    if (l)
        plat_tree_scan_free(l->scan);
    free(l);
}

/* --- patterns -------------------------------------------------------------------------------- */

/* Behind the character of UTF-8 that begins at n. */
static size_t behind(struct span text, size_t n)
{
    do
        n++;
    while (n < text.len && (text.ptr[n] & 0xc0) == 0x80);
    return n;
}

/* '*' any number, '?' one, and DOS's '<', '>' and '"' as '*', '?' and '.', which is what they come
 * to for names without a short form ([MS-FSA] 2.1.4.4). Both are folded. Bounded: one place to go
 * back to. */
static bool matches(struct span pattern, struct span name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, mark = 0;

    while (n < name.len) {
        uint8_t c = p < pattern.len ? pattern.ptr[p] : 0;
        if (p < pattern.len && (c == '*' || c == '<')) {
            star = p++;
            mark = n;
        } else if (p < pattern.len && (c == '?' || c == '>')) {
            p++;
            n = behind(name, n);
        } else if (p < pattern.len && (c == name.ptr[n] || (c == '"' && name.ptr[n] == '.'))) {
            p++, n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = mark = behind(name, mark);
        } else {
            return false;
        }
    }
    while (p < pattern.len && (pattern.ptr[p] == '*' || pattern.ptr[p] == '<'))
        p++;
    return p == pattern.len;
}

static bool wanted(const struct smb_listing *l)
{
    struct span pattern = span_of(l->pattern, l->pattern_len);
    uint8_t folded[NAME_MAX_FOLDED];

    return span_eq(pattern, SPAN_LIT("*")) || span_eq(pattern, SPAN_LIT("*.*")) ||
           matches(pattern, span_of(folded, text_fold_into(l->name, folded, sizeof(folded))));
}

/* --- the list -------------------------------------------------------------------------------- */

static uint32_t take_pattern(struct span pattern, struct arena *a, struct smb_listing *l)
{
    struct span text;

    if (text_from_utf16(pattern, a, &text) != ERR_OK)
        return NT_OBJECT_NAME_INVALID;
    l->pattern_len =
        text_fold_into(text.len ? text : SPAN_LIT("*"), l->pattern, sizeof(l->pattern));
    return l->pattern_len <= sizeof(l->pattern) ? NT_OK : NT_OBJECT_NAME_INVALID;
}

static uint32_t begin(struct smb_open *o, struct span pattern, struct arena *a)
{
    struct smb_listing *l = calloc(1, sizeof(*l));

    if (!l)
        return NT_INSUFFICIENT_RESOURCES;
    uint32_t status = take_pattern(pattern, a, l);
    if (status == NT_OK)
        status = smb_file_status(plat_tree_scan_new(o->fd, &l->scan));
    if (status != NT_OK) {
        smb_listing_free(l);
        return status;
    }
    smb_listing_free(o->listing);
    o->listing = l;
    return NT_OK;
}

/* An entry that is wanted is at hand. False: there are no more. */
static bool advance(struct smb_listing *l)
{
    while (!l->name.len) {
        if (l->dots < DOTS)
            l->name = span_sub(SPAN_LIT(".."), 0, ++l->dots);
        else if (!l->scan || plat_tree_scan_next(l->scan, &l->name) != ERR_OK)
            break;
        if (!wanted(l))
            l->name = SPAN_NONE;
    }
    if (l->name.len)
        return true;
    plat_tree_scan_free(l->scan);
    l->scan = NULL;
    return false;
}

/* As it is now, with its record. ERR_NOT_FOUND: it has gone since; ERR_DENIED: it is not served. */
static enum err entry_at(const struct smb_open *o, struct arena *a, struct smb2_entry *out)
{
    struct span name = o->listing->name;
    bool itself = span_eq(name, SPAN_LIT(".")) || span_eq(name, SPAN_LIT(".."));
    struct plat_tree_facts facts = o->facts;
    char found[PLAT_TREE_NAME_MAX + 1];
    struct smb_record record = {0};
    int fd;

    if (!itself)
        TRY(plat_tree_entry_facts(o->fd, name, &facts));
    if (plat_tree_step(o->fd, itself ? SPAN_NONE : name, found, &fd, &facts) == ERR_OK) {
        (void)smb_record_read(fd, NULL, &record);
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
    while (!full && advance(l)) {
        struct smb2_entry e;
        enum err found = entry_at(o, rq->arena, &e);
        if (found != ERR_OK && found != ERR_NOT_FOUND && found != ERR_DENIED)
            return NT_INSUFFICIENT_RESOURCES;
        if (found == ERR_OK && !smb2_entry_put(&b, 0, q->max_output, q->level, &e, &last))
            break;
        l->name = SPAN_NONE;
        full = found == ERR_OK && q->flags & SMB2_RETURN_SINGLE_ENTRY;
    }
    if (builder_done(&b, out) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    if (out->len)
        l->found = true;
    else if (l->name.len)
        return NT_INFO_LENGTH_MISMATCH;
    return out->len ? NT_OK : l->found ? NT_NO_MORE_FILES : NT_NO_SUCH_FILE;
}

uint32_t smb_do_query_directory(struct smb_request *rq)
{
    struct smb2_query_directory_request q;
    struct smb2_output p = {0};
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    if (o->pipe || !o->facts.folder || !smb_paid(rq, q.max_output))
        return NT_INVALID_PARAMETER;
    if (!(o->access & SMB2_READ_DATA))
        return NT_ACCESS_DENIED;
    if (!smb2_entry_shape(q.level))
        return NT_INVALID_INFO_CLASS;
    if (!o->listing || q.flags & (SMB2_RESTART_SCANS | SMB2_REOPEN))
        status = begin(o, q.name, rq->arena);
    if (status == NT_OK)
        status = fill(rq, o, &q, &p.data);
    if (status == NT_OK)
        smb_answer(rq, &p);
    return status;
}
