/*
 * entente serve: the service. Options are the settings of the configuration file.
 */
#include <errno.h>

#include "plat/files.h"
#include "serve/serve.h"

#define CONFIG_DEFAULT "/etc/entente/entente.conf"
#define CONFIG_MAX     (64u << 10)

static void usage(FILE *out)
{
    fprintf(out, "usage: entente serve [--config FILE] [--SETTING VALUE]...\n\n"
                 "Runs the directory service. Settings, on the command line or as lines\n"
                 "\"name = value\" of FILE (" CONFIG_DEFAULT "):\n\n"
                 "  --state-dir PATH    where directories are kept (/var/lib/entente)\n"
                 "  --run-dir PATH      sockets and volatile data (/run/entente)\n"
                 "  --user NAME         what the services run as (entente)\n"
                 "  --api ADDRESS:PORT  where the AWS API listens (nowhere)\n"
                 "  --log PATH          events, one JSON object a line; - is standard error (-)\n"
                 "  --kdc-workers N     KDC processes of a domain controller (1)\n"
                 "  --ldap-workers N    LDAP processes of a domain controller (1)\n"
                 "  --dns-workers N     DNS processes of a domain controller (1)\n");
}

/* A missing default file is fine, a missing file that was named is not. */
static void read_config(const char *path, bool named, struct serve_config *config, struct arena *a)
{
    struct span text;
    const char *why;
    enum err e = plat_file_read(path, CONFIG_MAX, a, &text);
    if (e == ERR_NOT_FOUND && !named)
        return;
    if (e != ERR_OK)
        ent_fatal("%s cannot be read: %s", path, strerror(errno));
    if (serve_config_parse(text, config, a, &why) != ERR_OK)
        ent_fatal("%s, %s", path, why);
}

int main(int argc, char **argv)
{
    struct serve_config config;
    struct arena a;
    const char *why, *path = CONFIG_DEFAULT;
    bool named = false;
    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return serve_child_main(argv[2]);
    serve_config_default(&config);
    arena_init(&a, 0, 1 << 20, 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            path = argv[++i];
            named = true;
        }
    }
    read_config(path, named, &config, &a);
    for (int i = 1; i < argc; i += 2) {
        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc)
            ent_fatal("%s: expected --SETTING VALUE; entente serve --help lists them", argv[i]);
        if (strcmp(argv[i], "--config") != 0 &&
            serve_config_set(&config, span_str(argv[i] + 2), span_str(argv[i + 1]), &a, &why) !=
                ERR_OK)
            ent_fatal("%s", why);
    }
    return serve_parent_main(&config);
}
