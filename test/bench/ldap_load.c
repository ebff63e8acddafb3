/*
 * ldap_load NAME=VALUE...: one kind of LDAP work against one server; prints one line of JSON.
 *
 *   kind=base|equality|bind|connect|add|modify   what is asked (connect: connect, bind, unbind)
 *   server=ADDRESS:PORT                          plain TCP
 *   users=FILE use=N base=DN rdn=ATTR            lines "name password", under this name
 *   filter=ATTR attrs=A,B,C                      of searches
 *   accounts=ad|inet tag=TEXT                    of additions and changes
 *   bind=DN password-file=FILE                   who asks; without: the first user
 *   count=N conns=N window=N pids=N,N            requests, connections, outstanding on each,
 *                                                the server's processes
 */
#include "ldap_load.h"
#include "base/text.h"

#define ARENA_MAX ((size_t)1 << 31)

static void read_attrs(struct load *l, const char *s)
{
    while (*s) {
        size_t len = strcspn(s, ",");
        if (l->attr_count == LOAD_ATTRS_MAX)
            ent_fatal("too many attributes");
        l->attrs[l->attr_count++] = span_of(s, len);
        s += len + (s[len] == ',');
    }
}

static FILE *opened(const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        ent_fatal("cannot read %s", path);
    return f;
}

static void read_users(struct load *l, const char *path, unsigned use)
{
    char name[64], password[80];
    FILE *f = opened(path);
    l->user = arena_new_array(&l->arena, use, struct load_user);
    while (l->user && l->users < use && fscanf(f, "%63s %79s", name, password) == 2)
        l->user[l->users++] = (struct load_user){arena_dup_span(&l->arena, span_str(name)),
                                                 arena_dup_span(&l->arena, span_str(password))};
    fclose(f);
    if (!l->users)
        ent_fatal("no users in %s", path);
}

static void read_identity(struct load *l, const char *dn, const char *password_file)
{
    char line[200] = "";
    l->bind_dn = span_str(dn);
    if (!*dn) {
        l->bind_dn = span_str(arena_printf(&l->arena, "%.*s=%.*s,%.*s", SPAN_ARG(l->rdn),
                                           SPAN_ARG(l->user[0].name), SPAN_ARG(l->base)));
        l->bind_password = l->user[0].password;
        return;
    }
    FILE *f = opened(password_file);
    if (!fgets(line, sizeof(line), f))
        ent_fatal("no password in %s", password_file);
    fclose(f);
    l->bind_password = arena_dup_span(&l->arena, span_of(line, strcspn(line, "\n")));
}

static enum load_kind kind_of(const char *s)
{
    static const char *const names[] = {"base", "equality", "bind", "connect", "add", "modify"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(s, names[i]) == 0)
            return (enum load_kind)i;
    }
    ent_fatal("no such kind of work: %s", s);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void report(struct load *l, const char *kind, const struct load_times *t)
{
    uint64_t *took = arena_new_array(&l->arena, l->count, uint64_t);
    if (!took)
        ent_fatal("no memory");
    for (unsigned i = 0; i < l->count; i++)
        took[i] = l->request[i].took;
    qsort(took, l->count, sizeof(took[0]), by_size);
    printf("{\"kind\": \"%s\", \"replies\": %u, \"seconds\": %.4f, \"cpu_seconds\": %.6f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f, \"reply_bytes\": %.0f, \"checked\": %u}\n",
           kind, l->count, (double)t->wall / 1e9, (double)t->cpu / 1e9,
           (double)took[l->count / 2] / 1e3, (double)took[l->count * 99ul / 100] / 1e3,
           (double)l->reply_bytes / l->count, l->checked);
}

int main(int argc, char **argv)
{
    static struct load load;
    struct load *l = &load;
    struct load_times times;
    arena_init(&l->arena, 16u << 20, ARENA_MAX, 0);
    l->kind = kind_of(load_option(argc, argv, "kind"));
    l->server = load_address(load_option(argc, argv, "server"));
    l->base = span_str(load_option(argc, argv, "base"));
    l->rdn = span_str(load_option(argc, argv, "rdn"));
    l->filter = span_str(load_option(argc, argv, "filter"));
    l->accounts = span_str(load_option(argc, argv, "accounts"));
    l->tag = span_str(load_option(argc, argv, "tag"));
    l->count = load_number(load_option(argc, argv, "count"), LOAD_REQUESTS_MAX);
    l->conns = load_number(load_option(argc, argv, "conns"), LOAD_CONNS_MAX);
    l->window = load_number(load_option(argc, argv, "window"), LOAD_WINDOW_MAX);
    read_attrs(l, load_option(argc, argv, "attrs"));
    load_pids(load_option(argc, argv, "pids"), &l->pids);
    read_users(l, load_option(argc, argv, "users"),
               load_number(load_option(argc, argv, "use"), LOAD_USERS_MAX));
    read_identity(l, load_option(argc, argv, "bind"), load_option(argc, argv, "password-file"));
    l->request = arena_new_array(&l->arena, l->count, struct load_request);
    for (unsigned i = 0; l->request && i < l->count; i++)
        load_make_request(l, i);
    if (arena_failed(&l->arena))
        ent_fatal("no memory");
    load_run(l, &times);
    report(l, load_option(argc, argv, "kind"), &times);
    arena_fini(&l->arena);
    return 0;
}
