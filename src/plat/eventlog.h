/*
 * The sink of events: one JSON object a line, or one of text. Lines are gathered in memory and
 * written before the loop waits, so that under load many events cost one write; nothing here ever
 * blocks. When the reader is too slow, events are dropped, counted, and the count is logged as
 * "eventlog.dropped" once there is room again. Lines of several processes do not mix (O_APPEND, or
 * at most PIPE_BUF bytes at once).
 */
#ifndef PLAT_EVENTLOG_H
#define PLAT_EVENTLOG_H

#include "base/event.h"
#include "plat/loop.h"

struct plat_eventlog;

/* Takes over fd. When it is systemd's journal (JOURNAL_STREAM names it), lines carry the "<N>"
 * prefix of their priority. component ("kdc d-1/dc-a") becomes a field of every event. loop may be
 * NULL: then each event is written at once. */
enum err plat_eventlog_new(struct plat_loop *loop, int fd, const char *component,
                           struct plat_eventlog **out);
/* A file (appended to, mode 0640), or "-" for stderr. */
enum err plat_eventlog_open(const char *path, int *fd_out);
/* From now on lines are as event_to_line has them. */
void plat_eventlog_text(struct plat_eventlog *log);
/* From now on each line is a message of syslog about security (authpriv) whose text is the JSON: as
 * RFC 5424 has it, from this host, with the event's name as MSGID; or, when local, as syslog(3)
 * writes it to a socket of its machine, where journald and rsyslog expect nothing else: a tag, and
 * the host is a field of the JSON. ERR_NOMEM. */
enum err plat_eventlog_syslog(struct plat_eventlog *log, const char *host, bool local);
const struct event_sink *plat_eventlog_sink(struct plat_eventlog *log);
void plat_eventlog_flush(struct plat_eventlog *log);
void plat_eventlog_free(struct plat_eventlog *log);

#endif
