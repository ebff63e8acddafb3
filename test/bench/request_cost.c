/*
 * request_cost KINDS COUNT [USERS [cold]]: what one request costs without the network: two forests
 * with a trust are made in this process, requests of each KIND are made beforehand and answered in
 * one loop: refused, as, tgs, other, referred (see krb_load.c) in answer_all, base and equality
 * (LDAP) in search_all. KINDS have commas between them. Prints CPU nanoseconds a request; under
 * `valgrind --tool=callgrind --toggle-collect=answer_all` the instructions of that loop divided by
 * COUNT are the same on every machine (tools/request_cost.py).
 */
#include <lmdb.h>
#include <sys/mman.h>

#include "cost_ldap.h"
#include "krb_load.h"

#define REPLY_SAMPLES 16
#define PIECE         500 /* users of one import */

/* Valgrind has less address space than the service reserves: less is mapped here. */
#define MAP_MAX ((size_t)1 << 30)

int __real_mdb_env_set_mapsize(MDB_env *env, size_t size);
void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t len);
int __wrap_mdb_env_set_mapsize(MDB_env *env, size_t size);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t len);

int __wrap_mdb_env_set_mapsize(MDB_env *env, size_t size)
{
    return __real_mdb_env_set_mapsize(env, size < MAP_MAX ? size : MAP_MAX);
}

void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
    return __real_mmap64(at, len < MAP_MAX ? len : MAP_MAX, prot, flags, fd, offset);
}

int __wrap_munmap(void *at, size_t len)
{
    return __real_munmap(at, len < MAP_MAX ? len : MAP_MAX);
}

utime test_now;
struct realm *test_realms[4];
unsigned test_replies;

static struct realm aws, corp;
static struct load load;

static struct kdc *kdc_at(const struct sockaddr_in *to)
{
    return to == &load.home && strcmp(load.kind, "referred") == 0 ? corp.kdc : aws.kdc;
}

struct span load_ask(struct load *l, const struct sockaddr_in *to, struct span request)
{
    struct arena a;
    struct span reply;
    arena_init(&a, KDC_ARENA_FIRST, KDC_ARENA_MAX, ARENA_WIPE);
    kdc_answer(kdc_at(to), KDC_TCP, request, &a, &reply);
    reply = arena_dup_span(&l->arena, reply);
    arena_fini(&a);
    return reply;
}

static void import(struct realm *r, struct span ldif)
{
    struct intent in = {.kind = INTENT_IMPORT, .flags = INTENT_BULK, .ldif = ldif, .first_line = 1};
    forests_write(r, &in);
}

/* Users with ready keys: user00000 and so on. */
static void add_users(struct realm *r, unsigned count)
{
    struct builder b;
    struct span dn = forests_dn(r, &load.arena, ""), out;
    for (unsigned i = 0; i < count;) {
        builder_in(&b, &load.arena, 1u << 20);
        for (unsigned end = i + PIECE; i < end && i < count; i++) {
            builder_printf(&b,
                           "dn: CN=user%05u,CN=Users,%.*s\nobjectClass: user\nsAMAccountName: "
                           "user%05u\nuserAccountControl: 512\nentente-key: 1 18 %064x\n\n",
                           i, SPAN_ARG(dn), i, i);
        }
        assert_ok(builder_done(&b, &out));
        import(r, out);
    }
}

static void name_users(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t key[32] = {0};
        struct load_user *u = &load.user[load.users++];
        u->name = span_str(arena_printf(&load.arena, "user%05u", i));
        for (unsigned k = 0; k < 4; k++)
            key[31 - k] = (uint8_t)(i >> 8 * k);
        assert_ok(krb_key_make(ETYPE_AES256_SHA1, span_of(key, sizeof(key)), &u->key));
    }
}

static bool cold; /* what a request costs that meets its user for the first time */

/* Each user once: what follows is what a KDC costs that has been running for a while. */
static void warm_up(struct kdc *k, struct arena *a)
{
    for (unsigned i = 0; !cold && i < load.count && i < load.users; i++) {
        struct span reply;
        arena_reset(a);
        kdc_answer(k, KDC_TCP, load.request[i].bytes, a, &reply);
    }
}

/* One arena for all requests, as the server has it. */
__attribute__((noinline)) static void answer_all(struct kdc *k, struct arena *a)
{
    for (unsigned i = 0; i < load.count; i++) {
        struct span reply;
        arena_reset(a);
        kdc_answer(k, KDC_TCP, load.request[i].bytes, a, &reply);
        load.reply_bytes += reply.len;
        if (i % (load.count / REPLY_SAMPLES + 1) == 0)
            load.sample[load.samples++] = arena_dup_span(&load.arena, reply);
    }
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(unsigned users)
{
    test_now = plat_now();
    forests_start(&aws, "aws.example.com", "AWS", "S-1-5-21-1-2-3");
    forests_start(&corp, "corp.example.com", "CORP", "S-1-5-21-4-5-6");
    forests_relate(&aws, TRUST_INBOUND | TRUST_OUTBOUND, TRUST_FOREST_TRANSITIVE, &corp,
                   TRUST_FOREST_TRANSITIVE);
    forests_service(&aws, "web", "HTTP/web.aws.example.com");
    add_users(&aws, users);
    add_users(&corp, users);
    name_users(users);
    load.realm = SPAN_LIT("AWS.EXAMPLE.COM");
    load.other = SPAN_LIT("CORP.EXAMPLE.COM");
    load.service = SPAN_LIT("HTTP/web.aws.example.com");
    load.nonce = 1;
}

static bool is_ldap(const char *kind)
{
    return strcmp(kind, "base") == 0 || strcmp(kind, "equality") == 0;
}

static void kerberos(const char *kind, struct arena *a)
{
    load.kind = kind;
    load.samples = 0;
    load.reply_bytes = 0;
    if (strcmp(load.kind, "refused") != 0 && strcmp(load.kind, "as") != 0)
        load_take_tickets(&load);
    for (unsigned i = 0; i < load.count; i++)
        load_make_request(&load, i);
    warm_up(aws.kdc, a);
    double before = cpu_seconds();
    answer_all(aws.kdc, a);
    double used = cpu_seconds() - before;
    for (unsigned i = 0; i < load.samples; i++)
        assert_ok(load_check_reply(&load, load.sample[i]));
    printf("%s: %.0f ns, %.0f bytes a reply\n", load.kind, used / load.count * 1e9,
           (double)load.reply_bytes / load.count);
}

int main(int argc, char **argv)
{
    struct arena a;
    struct cost_ldap *ldap = NULL;
    char *kinds = argc > 1 ? argv[1] : "as", *rest = NULL;
    load.count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    cold = argc > 4;
    unsigned users = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100;
    if (!load.count || load.count > LOAD_REQUESTS_MAX || !users || users > LOAD_USERS_MAX)
        ent_fatal("too many");
    arena_init(&load.arena, 0, (size_t)1 << 30, 0);
    arena_init(&a, KDC_ARENA_FIRST, KDC_ARENA_MAX, ARENA_WIPE);
    start(users);
    kinds = arena_dup_str(&load.arena, span_str(kinds));
    for (char *kind = strtok_r(kinds, ",", &rest); kind; kind = strtok_r(NULL, ",", &rest)) {
        if (!is_ldap(kind)) {
            kerberos(kind, &a);
            continue;
        }
        if (!ldap)
            ldap = cost_ldap_start(&aws, users);
        cost_ldap_run(ldap, kind, load.count);
    }
    if (ldap)
        cost_ldap_stop(ldap);
    arena_fini(&a);
    forests_stop(&aws);
    forests_stop(&corp);
    return 0;
}
