/*
 * Log groups: what the security events of a directory are written to beside the service's own log.
 * A group is a folder below the configuration's log-groups, which the operator makes with the mode
 * and owner that its readers want; a directory has one file in it, named after its id.
 *
 * Control names a group and never a path. The parent opens the file, since the services have no
 * right to that folder, and gives its descriptor to the processes: they append whole lines. A file
 * has a greatest size; then it becomes ".1", in the place of the former one. Whoever moves it away
 * (logrotate) gets a new one begun as well. A disk that is full loses events and stops nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plat/clock.h"
#include "serve/serve_parent.h"

#define AUDIT_MAX (64u << 20)

/* No component that leads elsewhere: "/aws/security" is aws/security. */
static bool name_ok(const char *group)
{
    while (*group) {
        size_t len = strcspn(group, "/");
        if ((len == 1 && group[0] == '.') || (len == 2 && memcmp(group, "..", 2) == 0))
            return false;
        group += len + (group[len] == '/');
    }
    return true;
}

static enum err path_of(const struct serve_directory *d, const char *group, char *out, size_t size)
{
    const char *folder = d->parent->config->log_groups;
    struct stat st;
    int len = snprintf(out, size, "%s/%s", folder, group);
    if (!*folder || !name_ok(group) || len < 0 || (size_t)len >= size || stat(out, &st) != 0 ||
        !S_ISDIR(st.st_mode))
        return ERR_NOT_FOUND;
    int more = snprintf(out + len, size - (size_t)len, "/%.*s.log", SPAN_ARG(d->spec.id));
    return more < 0 || (size_t)(len + more) >= size ? ERR_LIMIT : ERR_OK;
}

/* Who may put something else in the file's place must not have root write there, or wait: links and
 * pipes are for folders that root alone may write. */
static enum err open_log(const char *path, int *fd_out)
{
    char folder[1200];
    struct stat st;
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
    if (stat(folder, &st) != 0)
        return ERR_NOT_FOUND;
    if (st.st_uid == 0 && !(st.st_mode & 022))
        return plat_eventlog_open(path, fd_out);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0)
        return ERR_DENIED;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
        close(fd);
        errno = EPERM;
        return ERR_DENIED;
    }
    *fd_out = fd;
    return ERR_OK;
}

void serve_audit_give(struct serve_directory *d, struct serve_process *process)
{
    if (!process->ready || !process->channel || !serve_role(process->role)->audited)
        return;
    if (d->audit_fd >= 0 || !*d->log_group)
        (void)plat_channel_send(process->channel, SERVE_AUDIT, SPAN_NONE, d->audit_fd);
}

static void use(struct serve_directory *d, int fd)
{
    if (d->audit_fd >= 0)
        close(d->audit_fd);
    d->audit_fd = fd;
    for (unsigned i = 0; i < d->process_count; i++)
        serve_audit_give(d, d->process[i]);
}

/* What is not there when the service begins may come later: the group is remembered. */
static enum err subscribe(struct serve_directory *d, struct span group)
{
    char path[1200];
    int fd = -1;
    snprintf(d->log_group, sizeof(d->log_group), "%.*s", SPAN_ARG(group));
    enum err e = group.len ? path_of(d, d->log_group, path, sizeof(path)) : ERR_OK;
    if (e == ERR_OK && group.len)
        e = open_log(path, &fd);
    if (e == ERR_OK || !group.len)
        use(d, fd);
    return e;
}

void serve_audit_set(struct serve_parent *p, struct span payload, uint32_t seq)
{
    struct control_log log;
    struct serve_directory *d = NULL;
    if (control_log_decode(payload, &log) == ERR_OK)
        d = serve_directory_by_id(p, log.id);
    if (!d) {
        serve_answer_control(p, seq, ERR_STATE, "the directory does not run");
        return;
    }
    enum err e = subscribe(d, log.group);
    serve_answer_control(p, seq, e,
                         e == ERR_NOT_FOUND && !*p->config->log_groups
                             ? "the configuration has no log-groups"
                         : e == ERR_NOT_FOUND ? "the folder of the log groups has none of this name"
                         : e == ERR_OK        ? ""
                                              : strerror(errno));
}

/* The file that the processes write to is not the one of this name any more, or full. */
static bool used_up(const struct serve_directory *d, const char *path)
{
    struct stat now, named;
    char old[1210];
    if (fstat(d->audit_fd, &now) != 0 || stat(path, &named) != 0 || now.st_ino != named.st_ino ||
        now.st_dev != named.st_dev)
        return true;
    if (now.st_size < AUDIT_MAX)
        return false;
    snprintf(old, sizeof(old), "%s.1", path);
    return rename(path, old) == 0;
}

void serve_audit_look(struct serve_directory *d)
{
    char path[1200];
    int fd;
    if (!*d->log_group || path_of(d, d->log_group, path, sizeof(path)) != ERR_OK)
        return;
    if (d->audit_fd >= 0 && !used_up(d, path))
        return;
    if (open_log(path, &fd) == ERR_OK)
        use(d, fd);
}
