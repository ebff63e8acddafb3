/*
 * entente NOUN VERB ...: see cli.h. `entente serve` becomes the service, which is a program of its
 * own.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

#define SERVE_PROGRAM    "entente-serve"
#define CONFIG_WORDS_MAX 64

struct options {
    const char *socket;
    bool json;
};

static void usage(FILE *out)
{
    fprintf(
        out,
        "usage: entente [--socket PATH] [--output json|text] NOUN VERB [ARGUMENTS]\n"
        "       entente NOUN VERB --help\n"
        "       entente serve [--help]\n"
        "       entente config check|show [--effective] [--config FILE] [--SETTING VALUE]...\n"
        "       entente restore BACKUP --key-file FILE [--config FILE] [--SETTING VALUE]...\n\n");
    operation_help_all(out);
    fprintf(out,
            "\nExit status: 0 good, 1 the tool failed, 2 the answer is no, 3 could not tell.\n");
}

static int complain(const char *sentence)
{
    fprintf(stderr, "entente: %s\n", sentence);
    return EXIT_TOOL;
}

/* The service's program stands beside this one. */
static int become_service(char **argv)
{
    char self[PATH_MAX];
    char path[PATH_MAX + sizeof(SERVE_PROGRAM) + 1];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0)
        return complain("cannot find my own path under /proc");
    self[n] = '\0';
    snprintf(path, sizeof(path), "%s/%s", dirname(self), SERVE_PROGRAM);
    argv[0] = path;
    execv(path, argv);
    fprintf(stderr, "entente: cannot run %s: %s\n", path, strerror(errno));
    return EXIT_TOOL;
}

static char json_option[] = "--json"; /* the first, where the answer is to be so */

/* The service's program reads its configuration, and says what it makes of it. */
static int look_at_config(bool json, int count, char **words)
{
    static char check[] = "--check", show[] = "--show";
    char *argv[CONFIG_WORDS_MAX + 2] = {NULL}, **to = argv + 1;
    bool checks = count >= 2 && strcmp(words[1], "check") == 0;
    if (count < 2 || count > CONFIG_WORDS_MAX || (!checks && strcmp(words[1], "show") != 0))
        return complain(
            "usage: entente config check|show [--effective] [--config FILE] [--SETTING VALUE]...");
    int first = !checks && count > 2 && strcmp(words[2], "--effective") == 0 ? 3 : 2;
    if (json)
        *to++ = json_option;
    *to++ = checks ? check : show;
    for (int i = first; i < count; i++)
        *to++ = words[i];
    return become_service(argv);
}

/* So does a restore, which no service has a part in. */
static int restore(bool json, int count, char **words)
{
    static char option[] = "--restore";
    char *argv[CONFIG_WORDS_MAX + 2] = {NULL}, **to = argv + 1;
    if (count < 4 || count > CONFIG_WORDS_MAX || strcmp(words[2], "--key-file") != 0)
        return complain("usage: entente restore BACKUP --key-file FILE [--config FILE] "
                        "[--SETTING VALUE]...");
    if (json)
        *to++ = json_option;
    *to++ = option;
    *to++ = words[1];
    for (int i = 3; i < count; i++)
        *to++ = words[i];
    return become_service(argv);
}

static int write_output(const char *path, const json_t *body, struct arena *a)
{
    const json_t *data = json_object_get(json_object_get(body, "result"), "data");
    struct span bytes;
    if (!json_is_string(data) ||
        text_unbase64(span_str(json_string_value(data)), a, &bytes) != ERR_OK)
        return complain("the reply holds no data to write");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct stat st;
    /* Keys are in it, whoever could read what was there before. A device stays as it is. */
    if (fd < 0 || fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && fchmod(fd, 0600) != 0) ||
        write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len || close(fd) != 0) {
        fprintf(stderr, "entente: cannot write %s: %s\n", path, strerror(errno));
        return EXIT_TOOL;
    }
    return EXIT_GOOD;
}

static int tell(const struct options *options, const struct cli_request *request,
                const struct cli_reply *reply, struct arena *a)
{
    if (request->output_file && reply->status == 200)
        return write_output(request->output_file, reply->body, a);
    return cli_print(request->op, reply, options->json, stdout, stderr);
}

/* People are told at once, who may have to do something until the state comes; a program is told
 * once, with the state at the end. An answer "no" may have become a "yes" since. */
static int tell_and_wait(const struct options *options, const struct cli_request *request,
                         struct cli_reply *reply, struct arena *a)
{
    int code = options->json ? EXIT_GOOD : tell(options, request, reply, a);
    fflush(stdout);
    int waited = cli_wait(options->socket, request, reply, stderr);
    if (options->json)
        code = tell(options, request, reply, a);
    return waited == EXIT_GOOD && code == EXIT_UNKNOWN ? code : waited;
}

static int perform(const struct options *options, const struct cli_request *request,
                   struct arena *a)
{
    struct cli_reply reply;
    enum err e = cli_call(options->socket, request, &reply);
    if (e == ERR_CLOSED) {
        fprintf(stderr,
                "entente: nobody answers at %s: %s\n  remedy: start the service: entente serve\n",
                options->socket, strerror(errno));
        return EXIT_TOOL;
    }
    if (e != ERR_OK) {
        fprintf(stderr, "entente: the service's answer cannot be used: %s\n", err_name(e));
        return EXIT_TOOL;
    }
    bool waits = request->wait && reply.status == 200;
    int code =
        waits ? tell_and_wait(options, request, &reply, a) : tell(options, request, &reply, a);
    json_decref(reply.body);
    return code;
}

static int command(const struct options *options, int count, char **words)
{
    struct span noun = span_str(words[0]);
    bool wants_help = count >= 2 && strcmp(words[count - 1], "--help") == 0;
    if (!operation_noun(noun)) {
        fprintf(stderr, "entente: there is no \"%s\"; entente --help lists all\n", words[0]);
        return EXIT_TOOL;
    }
    char *shown[] = {words[0], "show", NULL};
    if (count == 1 && (strcmp(words[0], "status") == 0 || strcmp(words[0], "metrics") == 0))
        return command(options, 2, shown);
    const struct operation *op = count >= 2 ? operation_find(noun, span_str(words[1])) : NULL;
    if (!op) {
        fprintf(wants_help ? stdout : stderr, "usage:\n");
        operation_help_noun(noun, wants_help ? stdout : stderr);
        return wants_help ? EXIT_GOOD : EXIT_TOOL;
    }
    if (wants_help) {
        operation_help(op, stdout);
        return EXIT_GOOD;
    }
    struct arena a;
    struct cli_request request;
    const char *why;
    arena_init(&a, 0, 16u << 20, ARENA_WIPE);
    int code;
    if (cli_parse(op, words + 2, count - 2, &a, &request, &why) != ERR_OK) {
        fprintf(stderr, "entente: %s\n  usage: entente %s %s --help\n", why, op->noun, op->verb);
        code = EXIT_TOOL;
    } else {
        code = perform(options, &request, &a);
        json_decref(request.args);
    }
    arena_fini(&a);
    return code;
}

int main(int argc, char **argv)
{
    const char *from_env = getenv("ENTENTE_SOCKET");
    struct options options = {.socket = from_env ? from_env : CLI_SOCKET_DEFAULT};
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return EXIT_GOOD;
        }
        if (strcmp(argv[i], "--complete") == 0) {
            const char *line = getenv("COMP_LINE");
            cli_complete(span_str(line ? line : ""), stdout);
            return EXIT_GOOD;
        }
        if (strcmp(argv[i], "--manual") == 0) {
            operation_manual(stdout);
            return EXIT_GOOD;
        }
        if (strcmp(argv[i], "--socket") == 0 && i + 1 < argc) {
            options.socket = argv[++i];
        } else if (strcmp(argv[i], "--output") == 0 && i + 1 < argc &&
                   (strcmp(argv[i + 1], "json") == 0 || strcmp(argv[i + 1], "text") == 0)) {
            options.json = strcmp(argv[++i], "json") == 0;
        } else {
            fprintf(stderr, "entente: %s: not an option here, or its value is missing\n", argv[i]);
            return EXIT_TOOL;
        }
    }
    if (i == argc) {
        usage(stderr);
        return EXIT_TOOL;
    }
    if (strcmp(argv[i], "serve") == 0)
        return become_service(argv + i);
    if (strcmp(argv[i], "config") == 0)
        return look_at_config(options.json, argc - i, argv + i);
    if (strcmp(argv[i], "restore") == 0)
        return restore(options.json, argc - i, argv + i);
    return command(&options, argc - i, argv + i);
}
