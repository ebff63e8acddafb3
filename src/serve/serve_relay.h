/*
 * The way of security events to syslog. A directory's processes write whole lines into one end of a
 * pair of sockets (SOCK_SEQPACKET: those of several processes do not mix), and the notifier, which
 * has the other end, passes each line on as a message of its own: over a datagram socket as it is
 * (RFC 5424 5, RFC 5426), over TCP with its length before it (RFC 6587 3.4.1).
 *
 * Nobody waits: when a collector is away or slow, at most SERVE_RELAY_QUEUE bytes are kept for it,
 * nothing more is taken from the pairs, and those who write into them count what they lose
 * (plat/eventlog.h). Other collectors are not touched by that. A connection that broke is made
 * again every second, and the message that was being sent begins anew.
 */
#ifndef SERVE_SERVE_RELAY_H
#define SERVE_SERVE_RELAY_H

#include "base/event.h"
#include "plat/loop.h"

#define SERVE_RELAY_QUEUE (128u << 10)

struct serve_relay;

enum err serve_relay_new(struct plat_loop *loop, const struct event_sink *events,
                         struct serve_relay **out);
/* Lines that come from fd go to this collector until the other end is closed. Takes over fd, unless
 * it fails: ERR_MALFORMED (url), ERR_LIMIT (collectors), ERR_NOMEM. */
enum err serve_relay_add(struct serve_relay *r, struct span url, int fd);
void serve_relay_free(struct serve_relay *r);

#endif
