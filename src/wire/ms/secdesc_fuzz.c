#include "wire/ms/fuzz.h"
#include "wire/ms/sddl.h"
#include "wire/ms/secdesc.h"

static unsigned list(struct span acl, struct ace *aces)
{
    struct ace_iter it;
    unsigned n = 0;

    ace_iter_init(&it, acl);
    while (n < ACES_MAX && ace_next(&it, &aces[n]))
        n++;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ace dacl_aces[ACES_MAX], sacl_aces[ACES_MAX];
    struct acl_build dacl = {.aces = dacl_aces}, sacl = {.aces = sacl_aces};
    struct sd_build build = {0};
    struct sddl_domain none = {0};
    struct arena a;
    struct builder b;
    struct span bytes = span_of(data, size), again;
    struct sd sd;

    if (sd_check(bytes) != ERR_OK || sd_open(bytes, &sd) != ERR_OK)
        return 0;
    arena_init(&a, 0, FUZZ_MEMORY, 0);
    dacl.count = list(sd.dacl, dacl_aces);
    sacl.count = list(sd.sacl, sacl_aces);
    build.control = sd.control;
    build.owner = sd.has_owner ? &sd.owner : NULL;
    build.group = sd.has_group ? &sd.group : NULL;
    build.dacl = sd.dacl.ptr ? &dacl : NULL;
    build.sacl = sd.sacl.ptr ? &sacl : NULL;
    builder_in(&b, &a, 2 * SD_MAX);
    sd_put(&b, &build);
    /* Lists may overlap in what was read, so the copy may be too long. */
    if (builder_done(&b, &again) == ERR_OK)
        ENT_ASSERT(sd_check(again) == ERR_OK);
    builder_in(&b, &a, FUZZ_MEMORY / 4);
    (void)sddl_print(bytes, &none, &b);
    arena_fini(&a);
    return 0;
}
