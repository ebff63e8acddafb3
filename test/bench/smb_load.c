/*
 * smb_load NAME=VALUE...: LSA lookups by many clients at once; prints one line of JSON.
 *
 *   kind=names|sids                     what is looked up, one a call
 *   server=ADDRESS:PORT                 SMB
 *   domain=NAME user=NAME password-file=FILE   who logs on, with NTLMv2
 *   names=FILE use=N                    lines that begin with a user's name
 *   count=N conns=N root=N              calls, connections, the server's first process
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "smb_load.h"

#define ARENA_MAX (512u << 20)

static FILE *opened(const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        ent_fatal("cannot read %s", path);
    return f;
}

static const char *read_password(struct load *l, const char *path)
{
    char line[200] = "";
    FILE *f = opened(path);
    if (!fgets(line, sizeof(line), f))
        ent_fatal("no password in %s", path);
    fclose(f);
    return arena_dup_str(&l->arena, span_of(line, strcspn(line, "\n")));
}

static void read_names(struct load *l, const char *path, unsigned use)
{
    char name[64];
    FILE *f = opened(path);
    l->name = arena_new_array(&l->arena, use, struct load_name);
    while (l->name && l->names < use && fscanf(f, "%63s%*[^\n]", name) == 1)
        l->name[l->names++].name = arena_dup_span(&l->arena, span_str(name));
    fclose(f);
    if (!l->names)
        ent_fatal("no names in %s", path);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(struct load *l)
{
    qsort(l->took, l->count, sizeof(l->took[0]), by_size);
    printf("{\"replies\": %u, \"seconds\": %.4f, \"cpu_seconds\": %.6f, \"p50_us\": %.1f, "
           "\"p99_us\": %.1f, \"checked\": %u}\n",
           l->count, (double)l->wall / 1e9, (double)l->cpu / 1e9, l->took[l->count / 2] / 1e3,
           l->took[l->count * 99ul / 100] / 1e3, l->checked);
}

static void connect_all(struct load *l)
{
    struct arena a;
    arena_init(&a, 64u << 10, 16u << 20, 0);
    for (unsigned i = 0; i < l->conns; i++) {
        load_connect(l, &l->conn[i], &a);
        arena_reset(&a);
    }
    arena_fini(&a);
    load_learn(l, &l->conn[0]);
}

int main(int argc, char **argv)
{
    static struct load load;
    struct load *l = &load;
    arena_init(&l->arena, 1u << 20, ARENA_MAX, 0);
    l->sids = strcmp(load_option(argc, argv, "kind"), "sids") == 0;
    l->server = load_address(load_option(argc, argv, "server"));
    l->domain = load_option(argc, argv, "domain");
    l->user = load_option(argc, argv, "user");
    l->password = read_password(l, load_option(argc, argv, "password-file"));
    l->conns = load_number(load_option(argc, argv, "conns"), LOAD_CONNS_MAX);
    l->count = load_number(load_option(argc, argv, "count"), LOAD_REQUESTS_MAX);
    l->root = (int)load_number(load_option(argc, argv, "root"), 1u << 30);
    read_names(l, load_option(argc, argv, "names"),
               load_number(load_option(argc, argv, "use"), LOAD_NAMES_MAX));
    l->conn = arena_new_array(&l->arena, l->conns, struct load_conn);
    l->took = arena_new_array(&l->arena, l->count, uint32_t);
    if (arena_failed(&l->arena) || l->count < l->conns)
        ent_fatal("no memory, or fewer calls than connections");
    connect_all(l);
    load_run(l);
    report(l);
    arena_fini(&l->arena);
    return 0;
}
