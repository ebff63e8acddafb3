/*
 * The command line: a client of the control API that knows nothing but operation records. Words
 * become a JSON object (cli_args), the object goes to the service's Unix socket (cli_http), the
 * reply is printed (cli_output).
 *
 * Exit codes: 0 good, 1 the tool failed, 2 the answer is "no" (a finding, a refusal), 3 could not
 * tell.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "operation/operation.h"

#define CLI_SOCKET_DEFAULT "/run/entente/control.sock"
#define CLI_REPLY_MAX      (64u << 20)
#define CLI_SECRET_MAX     1024
#define CLI_WAIT_DEFAULT   300 /* seconds */

enum cli_exit { EXIT_GOOD = 0, EXIT_TOOL = 1, EXIT_NO = 2, EXIT_UNKNOWN = 3 };

/* A request as typed. args and json strings may hold secrets. */
struct cli_request {
    const struct operation *op;
    json_t *args;                      /* owned */
    const char *output_file;           /* value of an ARG_OUTPUT, or NULL */
    const struct operation_wait *wait; /* NULL: not asked for */
    unsigned wait_seconds;
};

/* words: what follows NOUN VERB. ERR_RANGE with a sentence in *why_out. Secrets are read here: from
 * --NAME-file FILE ("-": standard input), or asked for on the terminal. */
enum err cli_parse(const struct operation *op, char **words, int count, struct arena *a,
                   struct cli_request *out, const char **why_out);

/* The content of a file of at most max bytes; "-": of standard input. ERR_LIMIT, ERR_NOT_FOUND. */
enum err cli_file(const char *path, size_t max, struct arena *a, struct span *out);
/* Reads a secret without a final newline. what is shown in the prompt. */
enum err cli_secret_file(const char *path, struct arena *a, struct span *out);
enum err cli_secret_ask(const char *what, struct arena *a, struct span *out);

struct cli_reply {
    unsigned status; /* HTTP */
    json_t *body;    /* owned */
};
/* POST /v1/NOUN/VERB. ERR_CLOSED: nobody answers at the socket (errno says why). */
enum err cli_call(const char *socket_path, const struct cli_request *request,
                  struct cli_reply *out);
/* Splits one HTTP/1.1 response with Content-Length; the body is a view. */
enum err cli_http_parse(struct span response, unsigned *status_out, struct span *body_out);

/* Prints the reply; json: as it came. Returns the exit code. */
enum cli_exit cli_print(const struct operation *op, const struct cli_reply *reply, bool json,
                        FILE *out, FILE *err);

/* --- cli_wait.c --- */

/* Waits until what the request led to is in the state of its record, and prints each change on err.
 * The reply's result, where it is what the state belongs to, becomes what it is at the end.
 * EXIT_NO: it is in a state that nothing more comes of. EXIT_UNKNOWN: the time is over. */
enum cli_exit cli_wait(const char *socket_path, const struct cli_request *request,
                       struct cli_reply *reply, FILE *err);

/* --- cli_complete.c --- */

/* Prints what may stand next on this command line, one a line. */
void cli_complete(struct span line, FILE *out);

#endif
