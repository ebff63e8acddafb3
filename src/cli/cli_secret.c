/*
 * Files as arguments. Secrets come from a file, from standard input or from the terminal without
 * echo, never from the command line, where every user of the machine can read them.
 */
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

/* Reads up to the end or the first newline of fd. */
static enum err read_line(int fd, struct arena *a, struct span *out)
{
    char line[CLI_SECRET_MAX + 1];
    size_t len = 0;
    enum err e = ERR_OK;
    while (len < sizeof(line)) {
        ssize_t n = read(fd, line + len, 1);
        if (n < 0)
            e = ERR_IO;
        if (n <= 0 || line[len] == '\n')
            break;
        len++;
    }
    if (e == ERR_OK && len > CLI_SECRET_MAX)
        e = ERR_LIMIT;
    if (e == ERR_OK && len > 0 && line[len - 1] == '\r')
        len--;
    if (e == ERR_OK) {
        *out = arena_dup_span(a, span_of(line, len));
        e = arena_failed(a) ? ERR_NOMEM : ERR_OK;
    }
    mem_wipe(line, sizeof(line));
    return e;
}

enum err cli_file(const char *path, size_t max, struct arena *a, struct span *out)
{
    uint8_t *bytes = arena_alloc(a, max + 1);
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = 1;
    if (fd < 0)
        return ERR_NOT_FOUND;
    while (bytes && n > 0 && len <= max) {
        n = read(fd, bytes + len, max + 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (!bytes || n < 0 || len > max)
        return !bytes ? ERR_NOMEM : n < 0 ? ERR_IO : ERR_LIMIT;
    *out = span_of(bytes, len);
    return ERR_OK;
}

enum err cli_secret_file(const char *path, struct arena *a, struct span *out)
{
    if (strcmp(path, "-") == 0)
        return read_line(STDIN_FILENO, a, out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_NOT_FOUND;
    enum err e = read_line(fd, a, out);
    close(fd);
    return e;
}

enum err cli_secret_ask(const char *what, struct arena *a, struct span *out)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before, silent;
    if (fd < 0)
        return ERR_NOT_FOUND;
    if (tcgetattr(fd, &before) != 0) {
        close(fd);
        return ERR_IO;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    dprintf(fd, "%s: ", what);
    tcsetattr(fd, TCSAFLUSH, &silent);
    enum err e = read_line(fd, a, out);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    close(fd);
    return e;
}
