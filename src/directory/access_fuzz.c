/* Descriptors of any bytes: a check of them ends and grants nothing when they are malformed, and
 * what is inherited from and into well-formed ones is well-formed. */
#include "directory/access.h"
#include "wire/ms/secdesc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inherit(struct span sd)
{
    static const struct guid class = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
    struct arena a;
    struct span out, again;

    arena_init(&a, 0, 64 << 20, 0);
    if (access_inherit_sd(sd, sd, &class, &a, &out) == ERR_OK) {
        ENT_ASSERT(sd_check(out) == ERR_OK);
        if (access_inherit_sd(sd, out, &class, &a, &again) == ERR_OK)
            ENT_ASSERT(span_eq(out, again));
    }
    if (access_sd_select(sd, SD_PART_DACL, &a, &out) == ERR_OK)
        ENT_ASSERT(sd_check(out) == ERR_OK);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct guid guids[] = {{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
                                        {{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}}};
    static const struct access_target target = {&guids[0], NULL, &guids[1]};
    static const struct sid sids[] = {{1, 1, {0, 0, 0, 0, 0, 1}, {0}},
                                      {1, 1, {0, 0, 0, 0, 0, 5}, {11}}};
    static const struct dir_token token = {.sids = sids, .count = 2};
    struct span sd = span_of(data, size);
    uint32_t granted = access_granted(sd, &token, &target, &sids[1]);

    ENT_ASSERT((granted & ACCESS_SYSTEM_SECURITY) == 0);
    if (sd_open(sd, &(struct sd){0}) != ERR_OK)
        ENT_ASSERT(granted == 0);
    ENT_ASSERT(access_check(sd, &token, granted, &target, &sids[1]));
    inherit(sd);
    return 0;
}
