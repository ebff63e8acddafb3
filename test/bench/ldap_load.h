/*
 * A load of LDAP requests over plain TCP: made beforehand, each about another user, then sent over
 * some connections with a fixed number outstanding on each while the CPU time of the server's
 * processes is read. Every reply's result is looked at; of a sample the name, the number of
 * attributes and their values. One thread; memory lives until the program ends. What cannot be done
 * ends the program with a sentence.
 */
#ifndef BENCH_LDAP_LOAD_H
#define BENCH_LDAP_LOAD_H

#include "base/arena.h"
#include "load_common.h"
#include "wire/ldap/ldap_client.h"

#define LOAD_USERS_MAX    1000000
#define LOAD_REQUESTS_MAX 400000
#define LOAD_CONNS_MAX    256
#define LOAD_WINDOW_MAX   256
#define LOAD_ATTRS_MAX    32
#define LOAD_SAMPLES_MAX  512

enum load_kind { LOAD_BASE, LOAD_EQUALITY, LOAD_BIND, LOAD_CONNECT, LOAD_ADD, LOAD_MODIFY };

struct load_user {
    struct span name, password;
};

struct load_request {
    struct span bytes;
    unsigned user;
    unsigned entries; /* seen so far */
    uint64_t sent, took;
};

struct load {
    enum load_kind kind;
    struct sockaddr_in server;
    struct span base;     /* where the users are */
    struct span rdn;      /* the attribute of their names */
    struct span filter;   /* the attribute that is asked for by equality */
    struct span accounts; /* "ad" or "inet": what an added entry is made of */
    struct span tag;      /* part of the names of added entries: another one for each run */
    struct span bind_dn, bind_password;
    struct span attrs[LOAD_ATTRS_MAX];
    unsigned attr_count;
    unsigned users, count, conns, window, checked;
    struct load_user *user;
    struct load_request *request;
    struct load_pids pids;
    uint64_t reply_bytes;
    struct arena arena;
};

/* --- ldap_load_request.c --- */

void load_make_request(struct load *l, unsigned i);
struct span load_bind_request(struct load *l, int32_t id, struct span dn, struct span password);
/* One whole reply message. True when it ends its request, whose number is then in *which_out. */
bool load_take_reply(struct load *l, struct span message, unsigned *which_out);

/* --- ldap_load_run.c --- */

struct load_times {
    uint64_t cpu, wall; /* nanoseconds; cpu is the server's */
};
void load_run(struct load *l, struct load_times *out);

#endif
