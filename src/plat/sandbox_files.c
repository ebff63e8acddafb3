/*
 * The files that a process may open, by the kernel's Landlock (Linux 5.19 and newer: its second
 * version, without which nothing can be moved between folders).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plat/sandbox.h"

#define VERSION_MIN 2
#define READS       (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define OF_FILES    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define ALL         (((uint64_t)LANDLOCK_ACCESS_FS_REFER << 1) - 1)
/* Files, folders, and the sockets of the writer; no links, no devices. */
#define CHANGES                                                                                    \
    (ALL & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_SYM |                  \
                       LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK))

bool plat_confine_works(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >=
           VERSION_MIN;
}

/* A place that is not there cannot be opened either. */
static enum err allow(int ruleset, const char *path, uint64_t access)
{
    struct stat st;
    struct landlock_path_beneath_attr rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    bool known = fstat(rule.parent_fd, &st) == 0;
    rule.allowed_access = known && S_ISDIR(st.st_mode) ? access : access & OF_FILES;
    bool done =
        known && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(rule.parent_fd);
    return done ? ERR_OK : ERR_IO;
}

/* What libraries read: locale, configuration, name services, what the kernel tells. */
static enum err allow_system(int ruleset)
{
    static const char *const paths[] = {"/etc", "/usr", "/lib", "/lib64", "/proc", "/sys", "/dev"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        TRY(allow(ruleset, paths[i], READS));
    return allow(ruleset, "/dev/null", OF_FILES);
}

static enum err allow_all(int ruleset, const char *const *folders, uint64_t access)
{
    for (; *folders; folders++)
        TRY(allow(ruleset, *folders, access));
    return ERR_OK;
}

enum err plat_confine(const struct plat_confines *to)
{
    const struct landlock_ruleset_attr attr = {.handled_access_fs = ALL};
    if (!plat_confine_works())
        return ERR_UNSUPPORTED;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        return ERR_IO;
    enum err e = allow_system(ruleset);
    if (e == ERR_OK)
        e = allow_all(ruleset, to->reads, READS);
    if (e == ERR_OK)
        e = allow_all(ruleset, to->changes, CHANGES);
    if (e == ERR_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        e = ERR_IO;
    close(ruleset);
    return e;
}
