/*
 * The files of the two policies that every domain begins with. Clients read GPT.INI of each policy
 * that is linked, and apply none at all when one cannot be read; so these are there from the
 * beginning.
 */
#include <unistd.h>

#include "smb/smb_internal.h"

/* Nothing is in it yet: clients pass over a policy of version 0. */
#define GPT_INI "[General]\r\nVersion=0\r\n"

static enum err write_ini(int fd)
{
    enum err e = plat_tree_write(fd, 0, SPAN_LIT(GPT_INI));

    return e == ERR_OK ? plat_tree_sync(fd) : e;
}

/* An empty one was left by a crash. */
static enum err put_ini(int folder)
{
    char found[PLAT_TREE_NAME_MAX + 1];
    struct plat_tree_facts facts;
    int fd = -1;
    enum err e = plat_tree_step(folder, SPAN_LIT("GPT.INI"), found, &fd, &facts);

    if (e == ERR_OK) {
        close(fd);
        if (facts.size)
            return ERR_OK;
        TRY(plat_tree_writable(folder, found, &fd));
    } else if (e == ERR_NOT_FOUND) {
        TRY(plat_tree_make(folder, SPAN_LIT("GPT.INI"), false, &fd, &facts));
    } else {
        return e;
    }
    e = write_ini(fd);
    close(fd);
    return e;
}

/* Open, made if it is not there. sd: its descriptor when it is made; empty: as inherited. */
static enum err open_folder(int in, struct span name, struct span sd, int *fd_out)
{
    char found[PLAT_TREE_NAME_MAX + 1];
    struct plat_tree_facts facts;
    int fd = -1;
    enum err e = plat_tree_step(in, name, found, &fd, &facts);

    if (e == ERR_NOT_FOUND) {
        TRY(plat_tree_make(in, name, true, &fd, &facts));
        const struct smb_record record = {.created = (uint64_t)utime_to_filetime(facts.created),
                                          .sd = sd};
        e = sd.len ? smb_record_write(fd, &record) : ERR_OK;
        if (e == ERR_UNSUPPORTED) /* the defaults let only those write who may change the object */
            e = ERR_OK;
    }
    if (e == ERR_OK)
        *fd_out = fd;
    else if (fd >= 0)
        close(fd);
    return e;
}

static enum err make_inside(int folder)
{
    static const char *const parts[] = {"MACHINE", "USER"};
    int fd;

    TRY(put_ini(folder));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        TRY(open_folder(folder, span_str(parts[i]), SPAN_NONE, &fd));
        close(fd);
    }
    return ERR_OK;
}

static enum err make_policy(int policies, const struct smb_policy *policy)
{
    int folder;

    TRY(open_folder(policies, span_str(policy->name), policy->sd, &folder));
    enum err e = make_inside(folder);
    close(folder);
    return e;
}

static enum err make_all(const struct smb_server *sv, const struct smb_policy *list, unsigned count)
{
    const struct span path[] = {sv->env.domain, SPAN_LIT("Policies")};
    struct plat_tree_facts facts;
    enum err e = ERR_OK;
    int policies;

    TRY(plat_tree_open(sv->root, path, 2, &policies, &facts));
    for (unsigned i = 0; i < count && e == ERR_OK; i++) {
        e = make_policy(policies, &list[i]);
        if (e == ERR_EXISTS) /* another domain controller begins, too */
            e = make_policy(policies, &list[i]);
    }
    close(policies);
    return e;
}

void smb_policies_make(const struct smb_server *sv, const struct smb_policy *list, unsigned count)
{
    struct event ev;

    if (make_all(sv, list, count) == ERR_OK)
        return;
    event_init(&ev, sv->env.now(), "smb.policies", REASON_SMB_NO_POLICIES);
    event_emit(sv->env.events, &ev);
}
