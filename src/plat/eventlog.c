#include "plat/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/counters.h"
#include "plat/clock.h"

#define BUFFER 65536
#define LINE   PIPE_BUF /* the longest line; longer ones lose their last fields */
#define RETRY  (UTIME_SECOND / 5)

enum kind {
    KIND_FILE,   /* never full */
    KIND_SOCKET, /* can be asked not to block */
    KIND_PIPE,   /* and terminals: when poll says so, PIPE_BUF bytes go without blocking */
};

struct plat_eventlog {
    struct event_sink sink;
    int fd;
    enum kind kind;
    bool journal, text;
    bool local; /* syslog_host's messages are for its own machine */
    char *component;
    char *syslog_host; /* NULL: not for syslog */
    struct plat_hook *hook;
    struct plat_timer *retry;
    uint64_t dropped;
    size_t len;
    char buf[BUFFER];
};

/* How many bytes of whole lines, at most PIPE_BUF, are at the start of the buffer. */
static size_t piece(const struct plat_eventlog *log)
{
    if (log->len <= PIPE_BUF)
        return log->len;
    const char *end = memrchr(log->buf, '\n', PIPE_BUF);
    return end ? (size_t)(end - log->buf) + 1 : PIPE_BUF;
}

static ssize_t write_some(struct plat_eventlog *log)
{
    if (log->kind == KIND_SOCKET)
        return send(log->fd, log->buf, log->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (log->kind == KIND_FILE)
        return write(log->fd, log->buf, log->len);
    struct pollfd p = {.fd = log->fd, .events = POLLOUT};
    if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
        return write(log->fd, log->buf, piece(log));
    errno = EAGAIN;
    return -1;
}

void plat_eventlog_flush(struct plat_eventlog *log)
{
    while (log->len > 0) {
        ssize_t n = write_some(log);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        log->len -= (size_t)n;
        memmove(log->buf, log->buf + n, log->len);
    }
    if (log->retry && log->len > 0)
        plat_timer_start(log->retry, RETRY, 0);
}

static int priority(const struct event *ev)
{
    static const int of[] = {
        [SEVERITY_INFO] = LOG_INFO,
        [SEVERITY_WARNING] = LOG_WARNING,
        [SEVERITY_ERROR] = LOG_ERR,
        [SEVERITY_ATTACK] = LOG_CRIT,
    };
    return of[reason_row(ev->reason)->severity];
}

/* What stands before the event. RFC 5424 6.2: the text is JSON, so there is no structured data. */
static size_t header(const struct plat_eventlog *log, const struct event *ev, char *out, size_t cap)
{
    char when[32];
    int len = 0;
    utime_to_iso_micro(ev->time, when);
    if (log->journal)
        len = snprintf(out, cap, "<%d>", priority(ev));
    else if (log->local)
        len = snprintf(out, cap, "<%d>entente[%d]: ", LOG_AUTHPRIV | priority(ev), (int)getpid());
    else if (log->syslog_host)
        len = snprintf(out, cap, "<%d>1 %s %.255s entente %d %.32s - ", LOG_AUTHPRIV | priority(ev),
                       when, log->syslog_host, (int)getpid(), ev->name);
    return (size_t)len;
}

static bool append(struct plat_eventlog *log, const struct event *ev)
{
    if (BUFFER - log->len < LINE)
        plat_eventlog_flush(log);
    if (BUFFER - log->len < LINE)
        return false;
    char *line = log->buf + log->len;
    size_t len = header(log, ev, line, LINE);
    size_t wrote = log->text ? event_to_line(ev, line + len, LINE - 1 - len)
                             : event_to_json(ev, line + len, LINE - 1 - len);
    if (wrote == 0)
        return false;
    len += wrote;
    line[len++] = '\n';
    log->len += len;
    return true;
}

/* A copy with the component, and the host where nothing else names it, before its fields. */
static void stamp(const struct plat_eventlog *log, const struct event *ev, struct event *out)
{
    event_init(out, ev->time, ev->name, ev->reason);
    if (log->component)
        event_text(out, "component", span_str(log->component));
    if (log->local)
        event_text(out, "host", span_str(log->syslog_host));
    unsigned room = EVENT_FIELDS_MAX - out->count, kept = ev->count < room ? ev->count : room;
    memcpy(out->fields + out->count, ev->fields, kept * sizeof(ev->fields[0]));
    out->count += kept;
}

static void report_dropped(struct plat_eventlog *log)
{
    struct event ev, stamped;
    event_init(&ev, plat_now(), "eventlog.dropped", REASON_SERVER_BUSY);
    event_num(&ev, "events", (int64_t)log->dropped);
    stamp(log, &ev, &stamped);
    if (append(log, &stamped))
        log->dropped = 0;
}

static void write_event(void *ctx, const struct event *ev)
{
    struct plat_eventlog *log = ctx;
    struct event stamped;
    stamp(log, ev, &stamped);
    if (log->dropped)
        report_dropped(log);
    if (log->dropped || !append(log, &stamped)) {
        log->dropped++;
        counter_add(COUNTER_EVENTS_DROPPED, 1);
    }
    if (!log->hook)
        plat_eventlog_flush(log);
}

static void on_hook(void *ctx)
{
    struct plat_eventlog *log = ctx;
    if (log->len > 0)
        plat_eventlog_flush(log);
}

static void on_retry(void *ctx)
{
    struct plat_eventlog *log = ctx;
    plat_eventlog_flush(log);
    if (log->dropped)
        report_dropped(log);
}

static bool is_journal(const struct stat *st)
{
    unsigned long long dev, ino;
    const char *named = getenv("JOURNAL_STREAM");
    return named && sscanf(named, "%llu:%llu", &dev, &ino) == 2 && dev == st->st_dev &&
           ino == st->st_ino;
}

static enum err attach(struct plat_eventlog *log, struct plat_loop *loop)
{
    log->hook = plat_hook_new(loop, on_hook, log);
    log->retry = plat_timer_new(loop, on_retry, log);
    if (!log->hook || !log->retry)
        return ERR_NOMEM;
    plat_timer_background(log->retry);
    return ERR_OK;
}

enum err plat_eventlog_new(struct plat_loop *loop, int fd, const char *component,
                           struct plat_eventlog **out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    struct plat_eventlog *log = malloc(sizeof(*log));
    if (!log)
        return ERR_NOMEM;
    memset(log, 0, offsetof(struct plat_eventlog, buf)); /* all of the buffer is rarely used */
    log->sink = (struct event_sink){write_event, log};
    log->fd = fd;
    log->kind = S_ISREG(st.st_mode) ? KIND_FILE : S_ISSOCK(st.st_mode) ? KIND_SOCKET : KIND_PIPE;
    log->journal = is_journal(&st);
    log->component = component ? strdup(component) : NULL;
    enum err e = component && !log->component ? ERR_NOMEM : ERR_OK;
    if (e == ERR_OK && loop)
        e = attach(log, loop);
    if (e != ERR_OK) {
        log->fd = -1;
        plat_eventlog_free(log);
        return e;
    }
    *out = log;
    return ERR_OK;
}

enum err plat_eventlog_open(const char *path, int *fd_out)
{
    int fd = strcmp(path, "-") == 0
                 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_DENIED : ERR_IO;
    *fd_out = fd;
    return ERR_OK;
}

void plat_eventlog_text(struct plat_eventlog *log)
{
    log->text = true;
}

enum err plat_eventlog_syslog(struct plat_eventlog *log, const char *host, bool local)
{
    log->syslog_host = strdup(host);
    log->local = local && log->syslog_host;
    return log->syslog_host ? ERR_OK : ERR_NOMEM;
}

const struct event_sink *plat_eventlog_sink(struct plat_eventlog *log)
{
    return &log->sink;
}

void plat_eventlog_free(struct plat_eventlog *log)
{
    if (!log)
        return;
    if (log->fd >= 0) {
        plat_eventlog_flush(log);
        close(log->fd);
    }
    plat_hook_free(log->hook);
    plat_timer_free(log->retry);
    free(log->component);
    free(log->syslog_host);
    free(log);
}
