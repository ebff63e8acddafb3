/*
 * Sockets. All are non-blocking and close-on-exec. The *_wait calls are for clients that do one
 * thing at a time, as tests do: they block up to a deadline on the monotonic clock. On ERR_IO errno
 * is that of the call that failed (EACCES, EADDRINUSE, ECONNREFUSED ...).
 */
#ifndef PLAT_NET_H
#define PLAT_NET_H

#include "plat/address.h"
#include "plat/clock.h"

/* Servers: bound with SO_REUSEPORT, so that several processes share an address; IPv6 sockets are
 * V6ONLY. */
enum err plat_udp_bind(const struct plat_addr *at, int *fd_out);
enum err plat_tcp_listen(const struct plat_addr *at, int *fd_out);
/* A stream socket of this machine; an old socket file is replaced. mode is that of the file. */
enum err plat_unix_listen(const char *path, unsigned mode, int *fd_out);
/* The address that a socket has (the port, when 0 was asked for). */
enum err plat_sock_addr(int fd, struct plat_addr *out);

/* Clients. from may be NULL. A UDP socket is connected: it hears only this peer, from a random
 * port. */
enum err plat_udp_dial(const struct plat_addr *from, const struct plat_addr *to, int *fd_out);
/* Begins a connection; when the socket is writable, plat_tcp_dialled says how it went. */
enum err plat_tcp_dial(const struct plat_addr *from, const struct plat_addr *to, int *fd_out);
/* ERR_OK; ERR_CLOSED (refused, reset), ERR_TIMEOUT, ERR_IO (unreachable ...), with errno. */
enum err plat_tcp_dialled(int fd);
enum err plat_unix_dial(const char *path, int *fd_out);
/* A datagram socket to a socket file, as that of syslog. */
enum err plat_unix_datagram_dial(const char *path, int *fd_out);

/* Blocking until a deadline (plat_mono). ERR_TIMEOUT, ERR_CLOSED, ERR_IO. */
enum err plat_tcp_dial_wait(const struct plat_addr *to, utime deadline, int *fd_out);
enum err plat_send_wait(int fd, struct span data, utime deadline);
/* At least one byte (or one datagram); *len_out is how many came. ERR_CLOSED at the end of a
 * stream. */
enum err plat_recv_wait(int fd, void *buf, size_t cap, utime deadline, size_t *len_out);
/* Exactly len bytes. */
enum err plat_recv_all_wait(int fd, void *buf, size_t len, utime deadline);

#endif
