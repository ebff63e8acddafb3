#include "serve/serve_sysvol.h"

#include <unistd.h>

#include "directory/provision.h"
#include "plat/files.h"
#include "plat/tree.h"

/* SYSVOL/DOMAIN/Policies/POLICY/GPT.INI ([MS-GPOL] 2.2.4); the version is that of the directory's
 * object, which nobody has edited yet. */
#define GPT_INI   "GPT.INI"
#define GPT_BEGIN "[General]\r\nVersion=0\r\n"

const char *serve_sysvol_path(struct span directory, struct arena *a)
{
    return arena_printf(a, "%.*s/sysvol", SPAN_ARG(directory));
}

/* Administrators' tools write the name in their own case. */
static enum err is_there(const char *folder, struct span name)
{
    struct plat_tree_facts facts;
    int root, fd;
    TRY(plat_tree_root(folder, &root));
    enum err e = plat_tree_open(root, &name, 1, &fd, &facts);
    close(root);
    if (e == ERR_OK)
        close(fd);
    return e;
}

static enum err make_folder(struct arena *a, const char *above, const char *name)
{
    const char *path = arena_printf(a, "%s/%s", above, name);
    return path ? plat_dir_make(path, 0755) : ERR_NOMEM;
}

/* GPT.INI says that the policy is whole, so it comes last. */
static enum err make_policy(const char *folder, struct arena *a)
{
    TRY(plat_dir_make(folder, 0755));
    enum err e = is_there(folder, SPAN_LIT(GPT_INI));
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(make_folder(a, folder, "MACHINE"));
    TRY(make_folder(a, folder, "USER"));
    const char *path = arena_printf(a, "%s/" GPT_INI, folder);
    return path ? plat_file_write(path, SPAN_LIT(GPT_BEGIN), 0644) : ERR_NOMEM;
}

enum err serve_sysvol_make(const char *sysvol, struct span domain, struct arena *a)
{
    static const char *const policies[] = {PROVISION_POLICY_DOMAIN, PROVISION_POLICY_DC};
    const char *top = arena_printf(a, "%s/%.*s", sysvol, SPAN_ARG(domain));
    if (!top)
        return ERR_NOMEM;
    TRY(make_folder(a, top, "scripts"));
    for (unsigned i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        const char *folder = arena_printf(a, "%s/Policies/%s", top, policies[i]);
        TRY(folder ? make_policy(folder, a) : ERR_NOMEM);
    }
    return ERR_OK;
}
