/*
 * What is kept beside a file of SYSVOL (plat/tree.h, a note): what Windows wants of a file and no
 * file system here has.
 *
 *   u8 version (1), u32le attributes, u64le creation time (FILETIME), the self-relative descriptor
 */
#ifndef SMB_SMB_RECORD_H
#define SMB_SMB_RECORD_H

#include "base/arena.h"
#include "base/builder.h"

#define SMB_DESCRIPTOR_MAX 3584 /* what fits beside a file of ext4 */

struct smb_record {
    uint32_t attributes; /* enum smb2_attribute, without those that follow from the file itself */
    uint64_t created;    /* 0: not known */
    struct span sd;      /* empty: as inherited */
};

/* ERR_MALFORMED, ERR_UNSUPPORTED: a newer version. */
enum err smb_record_decode(struct span bytes, struct smb_record *out);
void smb_record_put(struct builder *b, const struct smb_record *r);

/* Of an open file, in the arena; NULL: without its descriptor. A file without one has an empty
 * record. ERR_INTEGRITY: there is one that cannot be read; ERR_NOMEM, ERR_IO. */
enum err smb_record_read(int fd, struct arena *a, struct smb_record *out);
/* ERR_UNSUPPORTED: the file system has no place for it; ERR_LIMIT; as plat_tree_set_note. */
enum err smb_record_write(int fd, const struct smb_record *r);

#endif
