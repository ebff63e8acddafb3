/*
 * For tests: Samba's NDR code as an oracle, in a Python process of its own (samba_oracle.py), and
 * the text form in which both sides write down what they decoded.
 */
#ifndef WIRE_MS_ORACLE_H
#define WIRE_MS_ORACLE_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/test.h"
#include "base/text.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORACLE_ANSWER_MAX (1024 * 1024)

struct oracle {
    FILE *to, *from;
    pid_t pid;
    uint64_t seed; /* of this run: ENTENTE_SEED, or the clock; printed */
    char line[ORACLE_ANSWER_MAX];
};

static struct oracle oracle;

/* Beside this header, whichever folder's test it is. */
static inline void oracle_script(char *out, size_t size)
{
    const char *folder = getenv("ENTENTE_SOURCE");
    const char *top = NULL;

    for (const char *p = folder; p && (p = strstr(p, "/src/")); p++)
        top = p;
    assert_non_null(top);
    snprintf(out, size, "%.*s/src/wire/ms/samba_oracle.py", (int)(top - folder), folder);
}

static inline int oracle_start(void **state)
{
    const char *seed = getenv("ENTENTE_SEED");
    char script[4096];
    int in[2], out[2];
    (void)state;

    oracle.seed = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 1000;
    printf("ENTENTE_SEED=%llu\n", (unsigned long long)oracle.seed);
    oracle_script(script, sizeof(script));
    signal(SIGPIPE, SIG_IGN); /* a dead oracle is an end of file, which fails the test */
    assert_int_equal(pipe(in) | pipe(out), 0);
    fflush(NULL);
    oracle.pid = fork();
    assert_true(oracle.pid >= 0);
    if (oracle.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execl("/usr/bin/python3", "python3", "-B", script, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    oracle.to = fdopen(in[1], "w");
    oracle.from = fdopen(out[0], "r");
    return oracle.to && oracle.from ? 0 : -1;
}

static inline int oracle_stop(void **state)
{
    int status = -1;
    (void)state;

    fclose(oracle.to);
    fclose(oracle.from);
    waitpid(oracle.pid, &status, 0);
    return status;
}

static inline struct span oracle_line(void)
{
    size_t n;

    assert_non_null(fgets(oracle.line, sizeof(oracle.line), oracle.from));
    n = strlen(oracle.line);
    assert_true(n > 0 && oracle.line[n - 1] == '\n');
    return span_of(oracle.line, n - 1);
}

static inline struct span oracle_bytes(struct arena *a)
{
    struct span line = oracle_line(), bytes = SPAN_NONE;

    if (span_eq(line, SPAN_LIT("-")))
        return SPAN_LIT("");
    if (text_unhex(line, a, &bytes) != ERR_OK)
        fail_msg("Samba says: %.*s", SPAN_ARG(line));
    return bytes;
}

/* A random value: the bytes as Samba writes it, and its fields as lines. */
static inline struct span oracle_random(struct arena *a, const char *type, unsigned round,
                                        struct span *fields_out)
{
    struct builder b;
    struct span bytes;
    unsigned lines;

    fprintf(oracle.to, "random %s %llu\n", type, (unsigned long long)oracle.seed + round);
    fflush(oracle.to);
    bytes = oracle_bytes(a);
    oracle_line();
    lines = (unsigned)strtoul(oracle.line, NULL, 10);
    builder_in(&b, a, ORACLE_ANSWER_MAX);
    while (lines--) {
        builder_span(&b, oracle_line());
        builder_u8(&b, '\n');
    }
    assert_int_equal(builder_done(&b, fields_out), ERR_OK);
    return bytes;
}

/* The bytes after Samba read and wrote them; fails the test when Samba refuses them. */
static inline struct span oracle_again(struct arena *a, const char *type, struct span bytes)
{
    struct span hex = text_hex(a, bytes);

    fprintf(oracle.to, "again %s %.*s\n", type, SPAN_ARG(bytes.len ? hex : SPAN_LIT("-")));
    fflush(oracle.to);
    return oracle_bytes(a);
}

/* The same for one direction ("in", "out"; "in-big": big-endian from then on) of a call, by Samba's
 * name: "lsa.OpenPolicy2". An answer may need the request before it, for its counts; or none. */
static inline struct span oracle_call(struct arena *a, const char *call, const char *direction,
                                      struct span bytes, struct span request)
{
    fprintf(oracle.to, "call %s %s/%.*s/%.*s\n", call, direction, SPAN_ARG(text_hex(a, bytes)),
            SPAN_ARG(text_hex(a, request)));
    fflush(oracle.to);
    return oracle_bytes(a);
}

/* Whom a PAC speaks of as Samba reads it, one line each. */
static inline struct span oracle_pac_sids(struct arena *a, struct span pac)
{
    struct builder b;
    struct span out;

    fprintf(oracle.to, "sids pac %.*s\n", SPAN_ARG(text_hex(a, pac)));
    fflush(oracle.to);
    oracle_line();
    unsigned lines = (unsigned)strtoul(oracle.line, NULL, 10);
    builder_in(&b, a, ORACLE_ANSWER_MAX);
    while (lines--) {
        builder_span(&b, oracle_line());
        builder_u8(&b, '\n');
    }
    assert_int_equal(builder_done(&b, &out), ERR_OK);
    return out;
}

static inline void assert_fields_equal(struct builder *got, struct span expected)
{
    struct span out;

    assert_int_equal(builder_done(got, &out), ERR_OK);
    if (!span_eq(out, expected))
        fail_msg("got:\n%.*s\nexpected:\n%.*s", SPAN_ARG(out), SPAN_ARG(expected));
}

/* --- fields, as oracle_types.py writes them -------------------------------------------------- */

static inline void field_number(struct builder *b, const char *name, long long v)
{
    builder_printf(b, "%s=%lld\n", name, v);
}

static inline void field_text(struct builder *b, const char *name, struct span v)
{
    if (v.ptr)
        builder_printf(b, "%s=\"%.*s\"\n", name, SPAN_ARG(v));
    else
        builder_printf(b, "%s=null\n", name);
}

static inline void field_bytes(struct builder *b, const char *name, const uint8_t *p, size_t n)
{
    builder_printf(b, "%s=", name);
    for (size_t i = 0; i < n; i++)
        builder_printf(b, "%02x", p[i]);
    builder_u8(b, '\n');
}

#endif
