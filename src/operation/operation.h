/*
 * Operations: everything an administrator can do is one record. The control process routes HTTP
 * requests by it and checks arguments with it; the command line, its --help and completion, and the
 * man page come from it. A record says what goes in and what comes out, never how it is done:
 * handlers are in control.
 *
 * Over HTTP an operation is POST /v1/NOUN/VERB with a JSON object of its arguments; the reply is
 * {"schema_version":1,"result":...} or
 * {"schema_version":1,"error":{"code","message","reason",...}}. On the command line it is `entente
 * NOUN VERB`, positional arguments first.
 */
#ifndef OPERATION_OPERATION_H
#define OPERATION_OPERATION_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

#define OPERATION_SCHEMA_VERSION 1
#define OPERATION_ARGS_MAX       16
#define OPERATION_LIST_MAX       64
#define OPERATION_ADDRESSES_MAX  4
#define OPERATION_BODY_MAX       (1u << 20)

enum operation_type {
    ARG_TEXT,      /* UTF-8 without control characters */
    ARG_DNS_NAME,  /* "corp.example.com": labels, at least two, a trailing dot is dropped */
    ARG_FLAT_NAME, /* NetBIOS name: 1-15 characters */
    ARG_ACCOUNT,   /* sAMAccountName, or USER@REALM, FLAT\USER, a SID: resolved by the handler */
    ARG_ADDRESS,   /* IPv4 or IPv6 */
    ARG_ADDRESSES, /* of one host, parted by commas, at most OPERATION_ADDRESSES_MAX */
    ARG_NETWORK,   /* CIDR */
    ARG_SPN,       /* "service/host[:port][/name]" */
    ARG_NUMBER,    /* 0 to limit */
    ARG_BOOL,
    ARG_CHOICE,  /* one of choices */
    ARG_SECRET,  /* given as a file (--NAME-file) or asked for; never on the command line */
    ARG_INPUT,   /* path of a file that the service reads */
    ARG_CONTENT, /* text of a file; the command line takes the file's path, and sends what is in it
                  */
    ARG_OUTPUT,  /* path of a file that the command line writes: not sent */
    ARG_WAIT,    /* the command line waits for a state, at most so many seconds: not sent */
};

enum operation_arg_flags {
    ARG_REQUIRED = 1,
    ARG_POSITIONAL = 2,
    ARG_LIST = 4, /* repeatable; a JSON array */
};

enum operation_id {
#define OPERATION(id, ...) OP_##id,
#include "operation/operations.def"
#undef OPERATION
    OP__COUNT
};

/* How the state that an operation leads to is seen. It is a member of what another operation, with
 * the same arguments, says: of its result, or where that is a list, of the one whose member key is
 * the result's, or else the argument given (which is left out where there is one only). */
struct operation_wait {
    enum operation_id by;
    const char *key, *given;
    const char *state;  /* name of the member */
    const char *end;    /* the state waited for; NULL: it is gone */
    const char *failed; /* nothing more comes of it; NULL: from each there is a way on */
};

struct operation_arg {
    const char *name; /* "short-name"; JSON member "short_name" */
    enum operation_type type;
    unsigned flags;
    uint32_t limit;                    /* longest text in bytes, or greatest number */
    const char *choices;               /* "forest|external" */
    const char *help;                  /* one sentence without a full stop */
    const struct operation_wait *wait; /* of ARG_WAIT */
};

struct operation {
    enum operation_id id;
    const char *noun, *verb;
    const char *summary; /* one sentence without a full stop, for lists */
    const char *text;    /* more for the man page, or NULL */
    const char
        *columns; /* members shown as a table's columns: "name,state,addresses"; NULL: an object */
    bool changes; /* needs the administrator's right to change, not only to look */
    struct operation_arg args[OPERATION_ARGS_MAX]; /* ends at a NULL name */
};

/* The record; id below OP__COUNT. */
const struct operation *operation_of(enum operation_id id);
/* NULL when there is none. */
const struct operation *operation_find(struct span noun, struct span verb);
const struct operation_arg *operation_arg_find(const struct operation *op, struct span name);
/* Does this noun exist? */
bool operation_noun(struct span noun);

/* Checks the JSON arguments of a request: unknown members, types, limits, required ones. ERR_RANGE
 * with a sentence in *why_out (in the arena) that names the member and what was expected. */
enum err operation_check(const struct operation *op, const json_t *args, struct arena *a,
                         const char **why_out);
/* Checks one value given as text and turns it into JSON (a new reference). */
enum err operation_value(const struct operation_arg *arg, struct span text, struct arena *a,
                         json_t **out, const char **why_out);
/* Is it for the service, not for the command line? */
bool operation_arg_sent(const struct operation_arg *arg);
/* "short-name" to "short_name", in the arena. */
const char *operation_member(const struct operation_arg *arg, struct arena *a);

/* Usage of one operation, of a noun's verbs, of everything: text ending in a newline. */
void operation_help(const struct operation *op, FILE *out);
void operation_help_noun(struct span noun, FILE *out);
void operation_help_all(FILE *out);
/* The section COMMANDS of entente(1) in scdoc's format. */
void operation_manual(FILE *out);

#endif
