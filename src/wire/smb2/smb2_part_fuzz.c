/* Parts: information levels, lists of entries and changes, referrals, payloads of FSCTLs. */
#include "wire/smb2/smb2_context.h"
#include "wire/smb2/smb2_dfs.h"
#include "wire/smb2/smb2_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LEVELS 64

static void check_part(const struct smb2_shape *shape, struct span in, struct arena *a)
{
    _Alignas(8) uint8_t first[SMB2_STRUCT_MAX], second[SMB2_STRUCT_MAX];
    struct builder b;
    struct span bytes;

    if (!shape || smb2_part_decode(shape, in, first) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 20);
    smb2_part_put(&b, shape, first);
    ENT_ASSERT(builder_done(&b, &bytes) == ERR_OK);
    ENT_ASSERT(smb2_part_decode(shape, bytes, second) == ERR_OK);
}

static void check_lists(struct span in)
{
    struct smb2_entry e;
    struct smb2_change c;
    struct span rest;

    for (unsigned level = 0; level < LEVELS; level++)
        for (rest = in; smb2_entry_next(&rest, level, &e) == ERR_OK && rest.len;)
            continue;
    for (rest = in; smb2_change_next(&rest, &c) == ERR_OK && rest.len;)
        continue;
}

static void check_dfs(struct span in, struct arena *a)
{
    struct smb2_dfs_response p, again;
    struct smb2_dfs_request q;
    struct builder b;
    struct span bytes;

    (void)smb2_dfs_request_decode(in, &q);
    if (smb2_dfs_response_decode(in, a, &p) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 20);
    smb2_dfs_response_put(&b, &p);
    /* Names that share bytes in the input may be too many once each has its own. */
    if (builder_done(&b, &bytes) != ERR_OK)
        return;
    ENT_ASSERT(smb2_dfs_response_decode(bytes, a, &again) == ERR_OK && again.count == p.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct arena a;

    if (size > 1 << 16)
        return 0;
    arena_init(&a, 0, 64u << 20, 0);
    for (unsigned level = 0; level < LEVELS; level++) {
        check_part(smb2_file_shape(level), in, &a);
        check_part(smb2_fs_shape(level), in, &a);
        check_part(smb2_entry_shape(level), in, &a);
    }
    check_part(&smb2_stream_shape, in, &a);
    check_part(&smb2_lock_shape, in, &a);
    check_part(&smb2_rename_shape, in, &a);
    check_part(&smb2_validate_request_shape, in, &a);
    check_part(&smb2_validate_response_shape, in, &a);
    check_part(&smb2_maximal_access_shape, in, &a);
    check_part(&smb2_on_disk_id_shape, in, &a);
    check_lists(in);
    check_dfs(in, &a);
    arena_fini(&a);
    return 0;
}
