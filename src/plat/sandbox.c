#include "plat/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum err plat_user_find(const char *name, uid_t *uid_out, gid_t *gid_out)
{
    char buf[4096];
    struct passwd pw, *found = NULL;
    int e = getpwnam_r(name, &pw, buf, sizeof(buf), &found);
    if (!found)
        return e == 0 || e == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    *uid_out = pw.pw_uid;
    *gid_out = pw.pw_gid;
    return ERR_OK;
}

static bool is_now(uid_t uid, gid_t gid)
{
    uid_t ru, eu, su;
    gid_t rg, eg, sg;
    return getresuid(&ru, &eu, &su) == 0 && getresgid(&rg, &eg, &sg) == 0 && ru == uid &&
           eu == uid && su == uid && rg == gid && eg == gid && sg == gid;
}

/* Capabilities that a later exec could not gain either; EINVAL ends the list of those that exist.
 */
static void drop_bounding_set(void)
{
    for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
        ;
}

enum err plat_drop_user(uid_t uid, gid_t gid)
{
    if (geteuid() != 0)
        return is_now(uid, gid) ? ERR_OK : ERR_DENIED;
    drop_bounding_set();
    if (setgroups(1, &gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return errno == EPERM ? ERR_DENIED : ERR_IO;
    if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
        return ERR_DENIED;
    return is_now(uid, gid) ? ERR_OK : ERR_DENIED;
}

enum err plat_harden(unsigned max_fds)
{
    struct rlimit none = {0, 0}, now, fds = {max_fds, max_fds};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return ERR_IO;
    /* What the system gives may be less, and is not ours to raise. */
    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return ERR_IO;
    if (now.rlim_max < max_fds)
        fds.rlim_cur = fds.rlim_max = now.rlim_max;
    if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_NOFILE, &fds) != 0)
        return ERR_IO;
    return ERR_OK;
}
