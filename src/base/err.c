#include "base/err.h"

#include <stdarg.h>

static const char *const names[ERR__COUNT] = {
    [ERR_OK] = "ok",
    [ERR_NOMEM] = "no memory",
    [ERR_MALFORMED] = "malformed",
    [ERR_TRUNCATED] = "truncated",
    [ERR_LIMIT] = "limit",
    [ERR_RANGE] = "range",
    [ERR_NOT_FOUND] = "not found",
    [ERR_EXISTS] = "exists",
    [ERR_DENIED] = "denied",
    [ERR_CONSTRAINT] = "constraint",
    [ERR_INTEGRITY] = "integrity",
    [ERR_UNSUPPORTED] = "unsupported",
    [ERR_BUSY] = "busy",
    [ERR_CLOSED] = "closed",
    [ERR_TIMEOUT] = "timeout",
    [ERR_IO] = "io",
    [ERR_STATE] = "state",
    [ERR_REFUSED] = "refused",
};

const char *err_name(enum err e)
{
    const char *name = (unsigned)e < ERR__COUNT ? names[e] : NULL;
    return name ? name : "unknown";
}

void ent_fatal(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("entente: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void ent_panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "entente: panic: %s:%d: %s\n", file, line, what);
    abort();
}
