/*
 * channel_load NAME=VALUE...: calls over secure channels by many clients at once; prints one line
 * of JSON.
 *
 *   kind=logons|names                  SamLogonEx with NTLMv2, LookupNames4
 *   server=ADDRESS                     its endpoint mapper tells the ports
 *   domain=NAME computer=NAME password=TEXT   whose channel it is
 *   users=FILE use=N                   lines "name password"; names alone for lookups
 *   count=N conns=N root=N             calls, connections, the server's first process
 */
#include <stdio.h>

#include "base/text.h"
#include "channel_load.h"
#include "wire/rpc/lsa_types.h"
#include "wire/rpc/netlogon_types.h"

#define ARENA_MAX  (64u << 20)
#define CALL_FIRST (16u << 10)
#define CALL_MAX   (4u << 20)
#define MAPPER     135

static struct load load;

/* The server may have a process for each connection: all of them are there now. */
static void begin_time(struct load *l)
{
    load_tree(l->root, &l->pids);
    l->cpu = load_cpu_ns(&l->pids);
    l->wall = load_now_ns();
}

static void end_time(struct load *l)
{
    l->wall = load_now_ns() - l->wall;
    l->cpu = load_cpu_ns(&l->pids) - l->cpu;
}

static void one_call(struct load *l, struct peer_rpc *rpc, struct arena *a)
{
    const struct load_user *u = &l->user[l->sent++ % l->users];
    if (l->logons)
        load_log_on(l, rpc, u, a);
    else
        load_look_up(rpc, u, a);
    arena_reset(a);
    if (++l->got == l->count)
        end_time(l);
}

static struct plat_task *waiting[LOAD_CONNS_MAX];

/* Nobody begins before all are connected. */
static void meet(struct load *l)
{
    if (l->connected + 1 < l->conns) {
        waiting[l->connected++] = plat_task_self();
        plat_task_wait();
        return;
    }
    begin_time(l);
    for (unsigned i = 0; i < l->connected; i++)
        plat_task_wake(waiting[i]);
}

static void client(void *ctx)
{
    struct load *l = ctx;
    struct peer_link link;
    struct peer_rpc rpc;
    struct arena a;
    arena_init(&a, CALL_FIRST, CALL_MAX, 0);
    load_bind(l, l->logons ? &netlogon_iface : &lsa_iface, true, &link, &rpc, &a);
    meet(l);
    while (l->sent < l->count)
        one_call(l, &rpc, &a);
    peer_link_close(&link);
    arena_fini(&a);
}

static void first(void *ctx)
{
    struct load *l = ctx;
    struct arena a;
    arena_init(&a, CALL_FIRST, CALL_MAX, 0);
    load_authenticate(l, &a);
    arena_fini(&a);
    for (unsigned i = 0; i < l->conns; i++)
        LOAD_MUST("a client", plat_task_start(l->loop, client, l));
}

static void read_users(struct load *l, const char *path, unsigned use)
{
    char name[64], password[200];
    FILE *f = fopen(path, "re");
    if (!f)
        ent_fatal("cannot read %s", path);
    l->user = arena_new_array(&l->arena, use, struct load_user);
    while (l->user && l->users < use && fscanf(f, "%63s %199s", name, password) == 2) {
        struct load_user *u = &l->user[l->users++];
        u->name = arena_dup_span(&l->arena, span_str(name));
        u->password = arena_dup_str(&l->arena, span_str(password));
        if (l->logons)
            load_respond(l, u);
    }
    fclose(f);
    if (!l->users || arena_failed(&l->arena))
        ent_fatal("no users in %s", path);
}

static void read_options(struct load *l, int argc, char **argv)
{
    l->logons = strcmp(load_option(argc, argv, "kind"), "logons") == 0;
    LOAD_MUST("server",
              plat_addr_parse(span_str(load_option(argc, argv, "server")), MAPPER, &l->mapper));
    l->domain = span_str(load_option(argc, argv, "domain"));
    l->computer = span_str(load_option(argc, argv, "computer"));
    l->account = span_str(arena_printf(&l->arena, "%.*s$", SPAN_ARG(l->computer)));
    l->password = load_option(argc, argv, "password");
    l->conns = load_number(load_option(argc, argv, "conns"), LOAD_CONNS_MAX);
    l->count = load_number(load_option(argc, argv, "count"), LOAD_REQUESTS_MAX);
    l->root = (int)load_number(load_option(argc, argv, "root"), 1u << 30);
    read_users(l, load_option(argc, argv, "users"),
               load_number(load_option(argc, argv, "use"), LOAD_USERS_MAX));
}

int main(int argc, char **argv)
{
    struct load *l = &load;
    arena_init(&l->arena, 1u << 20, ARENA_MAX, 0);
    read_options(l, argc, argv);
    if (!(l->loop = plat_loop_new()) || plat_task_start(l->loop, first, l) != ERR_OK)
        ent_fatal("no memory");
    plat_loop_run(l->loop);
    printf("{\"replies\": %u, \"seconds\": %.4f, \"cpu_seconds\": %.6f}\n", l->got,
           (double)l->wall / 1e9, (double)l->cpu / 1e9);
    plat_loop_free(l->loop);
    arena_fini(&l->arena);
    return 0;
}
