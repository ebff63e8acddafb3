/*
 * One HTTP/1.1 request over a Unix socket, one response with Content-Length, then the connection
 * ends: all that a local client needs.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, path, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static enum err write_all(int fd, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (n <= 0)
            return ERR_CLOSED;
        done += (size_t)n;
    }
    return ERR_OK;
}

static enum err read_all(int fd, struct arena *a, struct span *out)
{
    uint8_t block[65536];
    struct builder b;
    builder_in(&b, a, CLI_REPLY_MAX);
    for (;;) {
        ssize_t n = recv(fd, block, sizeof(block), 0);
        if (n < 0)
            return ERR_CLOSED;
        if (n == 0)
            return builder_done(&b, out);
        builder_bytes(&b, block, (size_t)n);
    }
}

/* The value of a header in the head, case ignored. */
static struct span header(struct span head, struct span name)
{
    size_t at = 0;
    while (at < head.len) {
        struct span line = span_sub(head, at, head.len);
        const uint8_t *end = memchr(line.ptr, '\n', line.len);
        if (end)
            line.len = (size_t)(end - line.ptr);
        at += line.len + 1;
        if (line.len > name.len && line.ptr[name.len] == ':' &&
            ascii_eq_fold(span_sub(line, 0, name.len), name)) {
            struct span value = span_sub(line, name.len + 1, line.len);
            while (value.len && value.ptr[0] == ' ')
                value = span_sub(value, 1, value.len);
            while (value.len && value.ptr[value.len - 1] == '\r')
                value.len--;
            return value;
        }
    }
    return SPAN_NONE;
}

enum err cli_http_parse(struct span response, unsigned *status_out, struct span *body_out)
{
    const uint8_t *end = response.len ? memmem(response.ptr, response.len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return ERR_TRUNCATED;
    struct span head = span_of(response.ptr, (size_t)(end - response.ptr) + 2);
    struct span body = span_sub(response, head.len + 2, response.len);
    uint64_t status, length;
    if (head.len < 12 || memcmp(head.ptr, "HTTP/1.", 7) != 0 ||
        text_to_u64(span_sub(head, 9, 3), 599, &status) != ERR_OK || status < 100)
        return ERR_MALFORMED;
    if (text_to_u64(header(head, SPAN_LIT("content-length")), CLI_REPLY_MAX, &length) != ERR_OK)
        return ERR_MALFORMED;
    if (body.len < length)
        return ERR_TRUNCATED;
    *status_out = (unsigned)status;
    *body_out = span_sub(body, 0, length);
    return ERR_OK;
}

static enum err exchange(int fd, const struct cli_request *request, const char *body,
                         struct arena *a, struct cli_reply *out)
{
    char *head = arena_printf(a,
                              "POST /v1/%s/%s HTTP/1.1\r\nHost: entente\r\nConnection: close\r\n"
                              "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                              request->op->noun, request->op->verb, strlen(body));
    struct span response, reply;
    struct cli_reply got;
    if (!head)
        return ERR_NOMEM;
    TRY(write_all(fd, head, strlen(head)));
    TRY(write_all(fd, body, strlen(body)));
    TRY(read_all(fd, a, &response));
    TRY(cli_http_parse(response, &got.status, &reply));
    got.body = json_loadb((const char *)reply.ptr, reply.len, 0, NULL);
    if (!got.body)
        return ERR_MALFORMED;
    *out = got;
    return ERR_OK;
}

enum err cli_call(const char *socket_path, const struct cli_request *request, struct cli_reply *out)
{
    int fd = connect_unix(socket_path);
    if (fd < 0)
        return ERR_CLOSED;
    struct arena a;
    arena_init(&a, 0, 3 * (size_t)CLI_REPLY_MAX, ARENA_WIPE);
    char *body = json_dumps(request->args, JSON_COMPACT);
    enum err e = body ? exchange(fd, request, body, &a, out) : ERR_NOMEM;
    if (body)
        mem_wipe(body, strlen(body));
    free(body);
    arena_fini(&a);
    close(fd);
    return e;
}
