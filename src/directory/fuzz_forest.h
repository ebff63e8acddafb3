/*
 * A provisioned forest for the fuzz targets of those who serve or change one: cloud.example.com
 * with dc1, the same in every run, in files that have no name any more once they are open.
 */
#ifndef DIRECTORY_FUZZ_FOREST_H
#define DIRECTORY_FUZZ_FOREST_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "directory/account.h"
#include "directory/change.h"
#include "directory/provision.h"
#include "directory/token.h"

#define FUZZ_NOW    (INT64_C(1795352071) * UTIME_SECOND)
#define FUZZ_DOMAIN "DC=cloud,DC=example,DC=com"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Makes the forest before the first input: its syncs would count as that input's time. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

static inline utime fuzz_now(void)
{
    return FUZZ_NOW;
}

/* Its numbers make the keys of the tests of src/kdc, whose KDC made seeds of the acceptor's. */
static inline void fuzz_random(void *out, size_t len)
{
    static uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((uint8_t *)out)[i] = (uint8_t)(state >> 32);
    }
}

static inline struct dir *fuzz_forest(void)
{
    char path[] = "/tmp/entente-fuzz-XXXXXX", file[64];
    const uint8_t master[32] = {1};
    struct span address = SPAN_LIT("127.0.0.1");
    struct provision_dc dc = {SPAN_LIT("dc1"), &address, 1};
    struct provision_args args = {.dns_name = SPAN_LIT("cloud.example.com"),
                                  .flat_name = SPAN_LIT("CLOUD"),
                                  .admin_password = SPAN_LIT("Correct-Horse-1"),
                                  .domain_sid = SID_NT(21, 1000, 2000, 3000),
                                  .dcs = &dc,
                                  .dc_count = 1,
                                  .now = FUZZ_NOW - UTIME_DAY,
                                  .random = fuzz_random};
    struct dir_open_args open = {.path = path, .writable = true};
    struct dir *d;
    ENT_ASSERT(mkdtemp(path) != NULL);
    dir_keyring_derive(master, 7, &open.keyring);
    ENT_ASSERT(dir_create_empty(path) == ERR_OK);
    ENT_ASSERT(dir_open(&open, &d) == ERR_OK);
    ENT_ASSERT(provision_forest(d, &args) == ERR_OK);
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", path);
    unlink(file);
    rmdir(path);
    return d;
}

/* Lives as long as the arena. */
static inline struct dir_token fuzz_token(struct dir *d, const char *sam, struct arena *a)
{
    struct dir_snap s;
    struct dir_account acc;
    struct dir_token token;
    ENT_ASSERT(dir_snap_begin(d, &s) == ERR_OK);
    ENT_ASSERT(dir_account_by_sam(&s, span_str(sam), &acc) == ERR_OK);
    ENT_ASSERT(dir_token_for_account(&s, acc.id, a, &token) == ERR_OK);
    dir_snap_end(&s);
    return token;
}

#endif
