/*
 * Log groups: where the security events of a directory go beside the service's own log. A group is
 * a folder below the configuration's log-groups, which the operator makes with the mode and owner
 * that its readers want, and a directory has one file in it, named after its id; or the
 * configuration says that the group is a syslog collector (serve_collectors.h).
 *
 * Control names a group and never a path or an address. The parent opens the file, since the
 * services have no right to that folder, and gives its descriptor to the processes: they append
 * whole lines. A file has a greatest size; then it becomes ".1", in the place of the former one.
 * Whoever moves it away (logrotate) gets a new one begun as well. A disk that is full loses events
 * and stops nothing. For a collector they get one end of a pair of sockets, whose other end the
 * notifier reads (serve_relay.h); the parent keeps that too, so that nothing is lost while a new
 * notifier comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plat/clock.h"
#include "serve/serve_parent.h"

#define AUDIT_MAX (64u << 20)
#define NAME_SIZE (CONTROL_ID_MAX + 8)

/* --- files -------------------------------------------------------------------------------------
 */

/* Nobody but root may put something else in there. */
static bool is_roots(int folder)
{
    struct stat st;
    return folder >= 0 && fstat(folder, &st) == 0 && st.st_uid == 0 && !(st.st_mode & 022);
}

/* The folder within this one whose name *group begins with; folder is closed. "/aws/security" is
 * aws/security, and no component leads elsewhere. */
static int next_folder(int folder, bool roots, const char **group)
{
    char name[CONTROL_LOG_GROUP_MAX + 1];
    size_t len = strcspn(*group, "/");
    snprintf(name, sizeof(name), "%.*s", (int)len, *group);
    *group += len + ((*group)[len] == '/');
    if (len == 0 || strcmp(name, ".") == 0)
        return folder;
    int next =
        strcmp(name, "..") == 0
            ? -1
            : openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC | (roots ? 0 : O_NOFOLLOW));
    close(folder);
    return next;
}

/* roots_out: from log-groups down to it root alone may change what is there. */
static enum err open_folder(const struct serve_directory *d, int *fd_out, bool *roots_out)
{
    const char *top = d->parent->config->log_groups, *group = d->log_group;
    int fd = *top ? open(top, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    bool roots = is_roots(fd);
    while (fd >= 0 && *group) {
        fd = next_folder(fd, roots, &group);
        roots = roots && is_roots(fd);
    }
    if (fd < 0)
        return ERR_NOT_FOUND;
    *fd_out = fd;
    *roots_out = roots;
    return ERR_OK;
}

static const char *name_of(const struct serve_directory *d, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%.*s.log", SPAN_ARG(d->spec.id));
    return out;
}

/* Who may put something else in the file's place must not have root write there: links and pipes
 * are for folders that root alone may write. Nothing waits for the reader of a pipe. */
static enum err open_within(const struct serve_directory *d, int folder, bool roots, int *fd_out)
{
    char name[NAME_SIZE];
    struct stat st;
    int fd = openat(folder, name_of(d, name),
                    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                        (roots ? 0 : O_NOFOLLOW),
                    0640);
    if (fd < 0)
        return ERR_DENIED;
    if (!roots && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)) {
        close(fd);
        errno = EPERM;
        return ERR_DENIED;
    }
    *fd_out = fd;
    return ERR_OK;
}

static enum err open_log(const struct serve_directory *d, int *fd_out)
{
    int folder;
    bool roots;
    TRY(open_folder(d, &folder, &roots));
    enum err e = open_within(d, folder, roots, fd_out);
    int saved = errno;
    close(folder);
    errno = saved;
    return e;
}

/* The file that the processes write to is not the one of this name any more, or full. */
static bool used_up(const struct serve_directory *d)
{
    char name[NAME_SIZE], old[NAME_SIZE + 2];
    struct stat now, named;
    int folder;
    bool roots, used = true;
    if (open_folder(d, &folder, &roots) != ERR_OK)
        return false;
    snprintf(old, sizeof(old), "%s.1", name_of(d, name));
    if (fstat(d->audit_fd, &now) == 0 && fstatat(folder, name, &named, 0) == 0 &&
        now.st_ino == named.st_ino && now.st_dev == named.st_dev)
        used = now.st_size >= AUDIT_MAX && renameat(folder, name, folder, old) == 0;
    close(folder);
    return used;
}

/* --- what the processes are given --------------------------------------------------------------
 */

static const struct serve_collector *collector_of(const struct serve_directory *d)
{
    return serve_collector_of(&d->parent->config->collectors, span_str(d->log_group));
}

void serve_audit_relay(const struct serve_directory *d)
{
    const struct serve_process *notify = d->parent->notify;
    const struct serve_collector *collector = collector_of(d);
    if (d->relay_fd >= 0 && collector && notify && notify->ready && notify->channel)
        (void)plat_channel_send(notify->channel, SERVE_RELAY, span_str(collector->url),
                                d->relay_fd);
}

static enum err open_pair(int *write_out, int *read_out)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return ERR_IO;
    *write_out = fds[0];
    *read_out = fds[1];
    return ERR_OK;
}

static struct span form_of(const struct serve_directory *d)
{
    struct serve_collector_at at;
    if (d->relay_fd < 0 || !collector_of(d) ||
        serve_collector_parse(span_str(collector_of(d)->url), &at) != ERR_OK)
        return SPAN_NONE;
    return *at.path ? SPAN_LIT(SERVE_AUDIT_LOCAL) : SPAN_LIT(SERVE_AUDIT_SYSLOG);
}

void serve_audit_give(struct serve_directory *d, struct serve_process *process)
{
    if (!process->ready || !process->channel || !serve_role(process->role)->audited)
        return;
    if (d->audit_fd >= 0 || !*d->log_group)
        (void)plat_channel_send(process->channel, SERVE_AUDIT, form_of(d), d->audit_fd);
}

void serve_audit_close(struct serve_directory *d)
{
    if (d->audit_fd >= 0)
        close(d->audit_fd);
    if (d->relay_fd >= 0)
        close(d->relay_fd);
    d->audit_fd = d->relay_fd = -1;
}

static void use(struct serve_directory *d, int fd, int relay_fd)
{
    serve_audit_close(d);
    d->audit_fd = fd;
    d->relay_fd = relay_fd;
    serve_audit_relay(d);
    for (unsigned i = 0; i < d->process_count; i++)
        serve_audit_give(d, d->process[i]);
}

/* What is not there when the service begins may come later: the group is remembered. */
static enum err subscribe(struct serve_directory *d, struct span group)
{
    int fd = -1, relay_fd = -1;
    enum err e = ERR_OK;
    snprintf(d->log_group, sizeof(d->log_group), "%.*s", SPAN_ARG(group));
    if (collector_of(d))
        e = open_pair(&fd, &relay_fd);
    else if (group.len)
        e = open_log(d, &fd);
    if (e == ERR_OK || !group.len)
        use(d, fd, relay_fd);
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
                             ? "the configuration has no log-groups, and none of this name"
                         : e == ERR_NOT_FOUND ? "the folder of the log groups has none of this name"
                         : e == ERR_OK        ? ""
                                              : strerror(errno));
}

void serve_audit_look(struct serve_directory *d)
{
    int fd;
    if (!*d->log_group || d->relay_fd >= 0 || (d->audit_fd >= 0 && !used_up(d)))
        return;
    if (open_log(d, &fd) == ERR_OK)
        use(d, fd, -1);
}
