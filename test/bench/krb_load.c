/*
 * krb_load NAME=VALUE...: one kind of Kerberos work against one KDC; prints one line of JSON.
 *
 *   kind=refused|as|tgs|other|referred       what is asked (other: the TGT of another realm)
 *   transport=udp|tcp                        tcp: a connection for each request
 *   server=ADDRESS:PORT  home=ADDRESS:PORT   the KDC; the one of the users' realm, if another
 *   realm=REALM other=REALM service=A/B      the KDC's; the other of "other" and "referred"
 *   users=FILE use=N                         lines "name hexkey" (aes256-cts-hmac-sha1-96)
 *   count=N window=N pids=N,N                requests, outstanding at once, the server's processes
 *   sockets=N                                of the client, so that all workers of a server get
 * some rate=N                                   requests a second; prints how long replies took
 *
 * krb_load keys realm=REALM users=FILE instead reads lines "name password" and prints such a file.
 */
#include "krb_load.h"
#include "base/text.h"

#define ARENA_MAX ((size_t)1 << 30)

static struct load load;

static void key_of(const char *hex, struct krb_key *out)
{
    uint8_t bytes[KRB_KEY_MAX];
    unsigned each;
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        if (sscanf(hex + 2 * (size_t)i, "%2x", &each) != 1)
            ent_fatal("not a key: %s", hex);
        bytes[i] = (uint8_t)each;
    }
    if (krb_key_make(ETYPE_AES256_SHA1, span_of(bytes, sizeof(bytes)), out) != ERR_OK)
        ent_fatal("not a key: %s", hex);
}

static void read_users(struct load *l, const char *path, unsigned use)
{
    char name[64], hex[80];
    FILE *f = fopen(path, "re");
    if (!f)
        ent_fatal("cannot read %s", path);
    while (l->users < use && fscanf(f, "%63s %79s", name, hex) == 2) {
        struct load_user *u = &l->user[l->users++];
        u->name = arena_dup_span(&l->arena, span_str(name));
        key_of(hex, &u->key);
    }
    fclose(f);
    if (!l->users)
        ent_fatal("no users in %s", path);
}

static int print_keys(const char *realm, const char *path)
{
    char name[64], password[80], salt[200];
    struct krb_key key;
    FILE *f = fopen(path, "re");
    if (!f)
        ent_fatal("cannot read %s", path);
    while (fscanf(f, "%63s %79s", name, password) == 2) {
        snprintf(salt, sizeof(salt), "%s%s", realm, name);
        if (krb_string_to_key(ETYPE_AES256_SHA1, span_str(password), span_str(salt), 0, &key) !=
            ERR_OK)
            ent_fatal("no key of this password");
        printf("%s ", name);
        for (unsigned i = 0; i < key.len; i++)
            printf("%02x", key.bytes[i]);
        printf("\n");
    }
    fclose(f);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(const struct load *l, uint64_t cpu, double seconds, unsigned checked)
{
    printf("{\"kind\": \"%s\", \"replies\": %u, \"cpu_seconds\": %.6f, \"seconds\": %.3f, "
           "\"reply_bytes\": %.0f, \"checked\": %u",
           l->kind, l->count, (double)cpu / 1e9, seconds, (double)l->reply_bytes / l->count,
           checked);
    if (l->rate) {
        qsort(l->waited, l->count, sizeof(l->waited[0]), by_number);
        printf(", \"p50_us\": %u, \"p99_us\": %u", l->waited[l->count / 2],
               l->waited[(size_t)l->count * 99 / 100]);
    }
    printf("}\n");
}

static void run(struct load *l)
{
    for (unsigned i = 0; i < l->count; i++)
        load_make_request(l, i);
    double begun = (double)load_now_ns() / 1e9;
    uint64_t cpu = l->tcp ? load_run_tcp(l) : l->rate ? load_run_paced(l) : load_run_udp(l);
    double seconds = (double)load_now_ns() / 1e9 - begun;
    for (unsigned i = 0; i < l->samples; i++) {
        enum err e = load_check_reply(l, l->sample[i]);
        if (e != ERR_OK)
            ent_fatal("sample %u of the replies is wrong: %s", i, err_name(e));
    }
    report(l, cpu, seconds, l->samples);
}

int main(int argc, char **argv)
{
    struct load *l = &load;
    struct timespec t;
    if (argc > 1 && strcmp(argv[1], "keys") == 0)
        return print_keys(load_option(argc, argv, "realm"), load_option(argc, argv, "users"));
    arena_init(&l->arena, 16u << 20, ARENA_MAX, 0);
    l->kind = load_option(argc, argv, "kind");
    l->tcp = strcmp(load_option(argc, argv, "transport"), "tcp") == 0;
    l->realm = span_str(load_option(argc, argv, "realm"));
    l->other = span_str(load_option(argc, argv, "other"));
    l->service = span_str(load_option(argc, argv, "service"));
    l->server = load_address(load_option(argc, argv, "server"));
    l->home = *load_option(argc, argv, "home") ? load_address(load_option(argc, argv, "home"))
                                               : l->server;
    l->count = load_number(load_option(argc, argv, "count"), LOAD_REQUESTS_MAX);
    l->window = load_number(load_option(argc, argv, "window"), l->count);
    l->sockets = *load_option(argc, argv, "sockets")
                     ? load_number(load_option(argc, argv, "sockets"), LOAD_SOCKETS_MAX)
                     : 1;
    l->rate = (unsigned)strtoul(load_option(argc, argv, "rate"), NULL, 10);
    load_pids(load_option(argc, argv, "pids"), &l->pids);
    read_users(l, load_option(argc, argv, "users"),
               load_number(load_option(argc, argv, "use"), LOAD_USERS_MAX));
    clock_gettime(CLOCK_REALTIME, &t);
    l->nonce = t.tv_nsec % 1000000000 + 1;
    if (strcmp(l->kind, "tgs") == 0 || strcmp(l->kind, "other") == 0 ||
        strcmp(l->kind, "referred") == 0)
        load_take_tickets(l);
    run(l);
    arena_fini(&l->arena);
    return 0;
}
