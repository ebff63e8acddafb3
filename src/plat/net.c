#include "plat/net.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG    1024
#define UDP_BUFFER (1 << 20) /* bytes the kernel keeps while we are busy */

static enum err io_error(void)
{
    return errno == ECONNREFUSED || errno == ECONNRESET || errno == EPIPE ? ERR_CLOSED
           : errno == ETIMEDOUT                                           ? ERR_TIMEOUT
                                                                          : ERR_IO;
}

static enum err failed(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
    return io_error();
}

static bool set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static int open_socket(const struct plat_addr *a, int type)
{
    return socket(a->sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool bind_shared(int fd, const struct plat_addr *at)
{
    return set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
           (!plat_addr_is_v6(at) || set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
           bind(fd, &at->sa, plat_addr_len(at)) == 0;
}

enum err plat_udp_bind(const struct plat_addr *at, int *fd_out)
{
    int fd = open_socket(at, SOCK_DGRAM);
    if (fd < 0)
        return ERR_IO;
    if (!bind_shared(fd, at))
        return failed(fd);
    (void)set_int(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER); /* as much of it as the system allows */
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_tcp_listen(const struct plat_addr *at, int *fd_out)
{
    int fd = open_socket(at, SOCK_STREAM);
    if (fd < 0)
        return ERR_IO;
    if (!bind_shared(fd, at) || !set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) ||
        listen(fd, BACKLOG) != 0)
        return failed(fd);
    *fd_out = fd;
    return ERR_OK;
}

static enum err unix_addr(const char *path, struct sockaddr_un *out)
{
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(out->sun_path)) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, len);
    return ERR_OK;
}

enum err plat_unix_listen(const char *path, unsigned mode, int *fd_out)
{
    struct sockaddr_un at;
    struct stat st;
    TRY(unix_addr(path, &at));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path);
    /* Nobody can connect before listen, so the mode is set in time. */
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || chmod(path, mode) != 0 ||
        listen(fd, BACKLOG) != 0)
        return failed(fd);
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_sock_addr(int fd, struct plat_addr *out)
{
    struct plat_addr a = {0};
    socklen_t len = sizeof(a);
    if (getsockname(fd, &a.sa, &len) != 0)
        return ERR_IO;
    if (a.sa.sa_family != AF_INET && a.sa.sa_family != AF_INET6)
        return ERR_UNSUPPORTED;
    *out = a;
    return ERR_OK;
}

static enum err dial(const struct plat_addr *from, const struct plat_addr *to, int type,
                     int *fd_out)
{
    int fd = open_socket(to, type);
    if (fd < 0)
        return ERR_IO;
    if (from && bind(fd, &from->sa, plat_addr_len(from)) != 0)
        return failed(fd);
    if (type == SOCK_STREAM)
        (void)set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (connect(fd, &to->sa, plat_addr_len(to)) != 0 && errno != EINPROGRESS)
        return failed(fd);
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_udp_dial(const struct plat_addr *from, const struct plat_addr *to, int *fd_out)
{
    return dial(from, to, SOCK_DGRAM, fd_out);
}

enum err plat_tcp_dial(const struct plat_addr *from, const struct plat_addr *to, int *fd_out)
{
    return dial(from, to, SOCK_STREAM, fd_out);
}

enum err plat_tcp_dialled(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return ERR_IO;
    errno = error;
    return error ? io_error() : ERR_OK;
}

static enum err unix_dial(const char *path, int type, int *fd_out)
{
    struct sockaddr_un to;
    TRY(unix_addr(path, &to));
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    /* A Unix socket connects at once or says EAGAIN when the listener is overrun. */
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        enum err e = errno == ENOENT   ? ERR_NOT_FOUND
                     : errno == EAGAIN ? ERR_BUSY
                     : errno == EACCES ? ERR_DENIED
                                       : io_error();
        (void)failed(fd);
        return e;
    }
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_unix_dial(const char *path, int *fd_out)
{
    return unix_dial(path, SOCK_STREAM, fd_out);
}

enum err plat_unix_datagram_dial(const char *path, int *fd_out)
{
    return unix_dial(path, SOCK_DGRAM, fd_out);
}

/* --- blocking --- */

static enum err wait_for(int fd, short events, utime deadline)
{
    for (;;) {
        utime left = deadline - plat_mono();
        if (left < 0)
            left = 0;
        if (left > UTIME_DAY)
            left = UTIME_DAY;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, (int)((left + 999) / 1000));
        if (n > 0)
            return ERR_OK;
        if (n == 0 && plat_mono() >= deadline)
            return ERR_TIMEOUT;
        if (n < 0 && errno != EINTR)
            return ERR_IO;
    }
}

enum err plat_tcp_dial_wait(const struct plat_addr *to, utime deadline, int *fd_out)
{
    int fd;
    TRY(plat_tcp_dial(NULL, to, &fd));
    enum err e = wait_for(fd, POLLOUT, deadline);
    if (e == ERR_OK)
        e = plat_tcp_dialled(fd);
    if (e != ERR_OK) {
        (void)failed(fd);
        return e;
    }
    *fd_out = fd;
    return ERR_OK;
}

enum err plat_send_wait(int fd, struct span data, utime deadline)
{
    do {
        ssize_t n = send(fd, data.ptr, data.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            data = span_sub(data, (size_t)n, data.len);
        else if (errno == EAGAIN)
            TRY(wait_for(fd, POLLOUT, deadline));
        else if (errno != EINTR)
            return io_error();
    } while (data.len > 0);
    return ERR_OK;
}

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

enum err plat_recv_wait(int fd, void *buf, size_t cap, utime deadline, size_t *len_out)
{
    for (;;) {
        ssize_t n = recv(fd, buf, cap, MSG_DONTWAIT);
        if (n > 0 || (n == 0 && !is_stream(fd))) {
            *len_out = (size_t)n;
            return ERR_OK;
        }
        if (n == 0)
            return ERR_CLOSED;
        if (errno == EAGAIN)
            TRY(wait_for(fd, POLLIN, deadline));
        else if (errno != EINTR)
            return io_error();
    }
}

enum err plat_recv_all_wait(int fd, void *buf, size_t len, utime deadline)
{
    for (uint8_t *p = buf; len > 0;) {
        size_t n;
        TRY(plat_recv_wait(fd, p, len, deadline, &n));
        p += n;
        len -= n;
    }
    return ERR_OK;
}
