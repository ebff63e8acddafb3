/*
 * entente serve: the service. Options are the settings of the configuration file.
 */
#include <errno.h>
#include <stdarg.h>

#include "operation/operation.h"
#include "plat/files.h"
#include "serve/serve.h"

#define CONFIG_DEFAULT "/etc/entente/entente.conf"
#define CONFIG_MAX     (64u << 10)

static void usage(FILE *out)
{
    fprintf(
        out,
        "usage: entente serve [--config FILE] [--SETTING VALUE]...\n\n"
        "Runs the directory service. Settings, on the command line or as lines\n"
        "\"name = value\" of FILE (" CONFIG_DEFAULT "):\n\n"
        "  --state-dir PATH    where directories are kept (/var/lib/entente)\n"
        "  --run-dir PATH      sockets and volatile data (/run/entente)\n"
        "  --user NAME         what the services run as (entente)\n"
        "  --api https://ADDRESS:PORT  where the AWS API listens (nowhere)\n"
        "  --api-name NAME     what clients call it, for its certificate (the machine's name)\n"
        "  --api-certificate PATH, --api-key PATH  its certificate and key, PEM (our own)\n"
        "  --metrics ADDRESS:PORT  where metrics are asked for, too (nowhere)\n"
        "  --log PATH          events, one a line; - is standard error (-)\n"
        "  --log-format json|text  what a line is (json)\n"
        "  --log-groups PATH   folder of log groups: what directories subscribe to (none)\n"
        "  --subnet-NAME \"NETWORK [ZONE [INTERFACE]]\"  where domain controllers take addresses\n"
        "  --log-group-NAME unix://PATH|udp://ADDRESS[:PORT]|tcp://ADDRESS[:PORT]\n"
        "                      a log group that goes to syslog\n"
        "  --topic-NAME http[s]://HOST[:PORT]/PATH  who is told of changes of state\n"
        "  --topic-authorities PATH  whom the certificates of topics lead to, PEM (the system's)\n"
        "  --kdc-workers N     KDC processes of a domain controller (1)\n"
        "  --ldap-workers N    LDAP processes of a domain controller (1)\n"
        "  --dns-workers N     DNS processes of a domain controller (1)\n");
}

enum purpose { SERVE, CHECK, SHOW, RESTORE };

struct question {
    enum purpose purpose;
    bool json; /* the answer is to be as the service's own are */
};

/* False: something in it, which no setting is, is not UTF-8; nothing is printed then. */
static bool print_json(const char *member, json_t *value)
{
    json_t *body =
        json_pack("{s:i, s:o}", "schema_version", OPERATION_SCHEMA_VERSION, member, value);
    char *text = body ? json_dumps(body, JSON_INDENT(2)) : NULL;
    json_decref(body);
    if (!text)
        return false;
    puts(text);
    free(text);
    return true;
}

/* For who asked something, this is the answer; else it is the end. */
__attribute__((noreturn, format(printf, 2, 3))) static void refuse(const struct question *question,
                                                                   const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (question->purpose == SERVE)
        ent_fatal("%s", text);
    if (!question->json ||
        !print_json("error", json_pack("{s:s, s:s}", "code", "Refused", "message", text)))
        fprintf(stderr, "entente: %s\n", text);
    exit(2);
}

static void tell(const struct question *question, const char *sentence)
{
    if (question->json)
        (void)print_json("result", json_pack("{s:s}", "sentence", sentence));
    else
        printf("%s\n", sentence);
}

static void show(const struct question *question, const struct serve_config *config)
{
    json_t *settings = serve_config_json(config), *value;
    const char *name;
    if (question->json) {
        (void)print_json("result", settings);
        return;
    }
    json_object_foreach(settings, name, value)
    {
        if (json_is_string(value))
            printf("%s = %s\n", name, json_string_value(value));
        else
            printf("%s = %lld\n", name, (long long)json_integer_value(value));
    }
    json_decref(settings);
}

/* A missing default file is fine, a missing file that was named is not. */
static void read_config(const struct question *question, const char *path, bool named,
                        struct serve_config *config, struct arena *a)
{
    struct span text;
    const char *why;
    enum err e = plat_file_read(path, CONFIG_MAX, a, &text);
    if (e == ERR_NOT_FOUND && !named)
        return;
    if (e != ERR_OK)
        refuse(question, "%s cannot be read: %s", path, strerror(errno));
    if (serve_config_parse(text, config, a, &why) != ERR_OK)
        refuse(question, "%s, %s", path, why);
}

/* The file first, then what the command line says. */
static void configure(const struct question *question, int argc, char **argv,
                      struct serve_config *config, struct arena *a)
{
    const char *why, *path = CONFIG_DEFAULT;
    bool named = false;
    serve_config_default(config);
    for (int i = 0; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--config") == 0) {
            path = argv[i + 1];
            named = true;
        }
    }
    read_config(question, path, named, config, a);
    for (int i = 0; i < argc; i += 2) {
        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc)
            refuse(question, "%s: expected --SETTING VALUE; entente serve --help lists them",
                   argv[i]);
        if (strcmp(argv[i], "--config") != 0 &&
            serve_config_set(config, span_str(argv[i] + 2), span_str(argv[i + 1]), a, &why) !=
                ERR_OK)
            refuse(question, "%s", why);
    }
    if (control_pools_check(&config->pools, a, &why) != ERR_OK ||
        (question->purpose != SHOW && serve_config_check(config, a, &why) != ERR_OK))
        refuse(question, "%s", why);
}

static int restore(const struct question *question, const struct serve_config *config,
                   const char *backup, const char *key_file, struct arena *a)
{
    const char *why;
    if (serve_restore(config, backup, key_file, a, &why) != ERR_OK)
        refuse(question, "%s", why);
    tell(question,
         arena_printf(a, "%s is ready: entente serve begins with it.", config->state_dir));
    return 0;
}

int main(int argc, char **argv)
{
    struct serve_config config;
    struct arena a;
    struct question question = {.purpose = SERVE};
    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return serve_child_main(argv[2]);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return 0;
        }
    }
    question.json = argc > 1 && strcmp(argv[1], "--json") == 0;
    argc -= question.json;
    argv += question.json;
    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        question.purpose = CHECK;
    else if (argc > 1 && strcmp(argv[1], "--show") == 0)
        question.purpose = SHOW;
    else if (argc > 3 && strcmp(argv[1], "--restore") == 0)
        question.purpose = RESTORE;
    int first = question.purpose == SERVE ? 1 : question.purpose == RESTORE ? 4 : 2;
    arena_init(&a, 0, 1 << 20, ARENA_WIPE);
    configure(&question, argc - first, argv + first, &config, &a);
    if (question.purpose == SERVE)
        return serve_parent_main(&config);
    if (question.purpose == RESTORE)
        return restore(&question, &config, argv[2], argv[3], &a);
    if (question.purpose == SHOW)
        show(&question, &config);
    else
        tell(&question, "The configuration is good.");
    return 0;
}
