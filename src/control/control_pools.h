/*
 * Address pools: the networks that domain controllers take their addresses from, each in a zone, as
 * subnets of a VPC are. The configuration names them ("subnet-NAME = NETWORK [ZONE [INTERFACE]]");
 * serve hands them to control at its start. An address is taken by the record of a directory that
 * has it, which is on disk before anything is started: nothing else is counted.
 */
#ifndef CONTROL_CONTROL_POOLS_H
#define CONTROL_CONTROL_POOLS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#define CONTROL_POOLS_MAX 16
/* The first addresses of a network are its routers', its own DNS server's and the operator's. */
#define CONTROL_POOL_FIRST 10

struct control_pool {
    char name[64];      /* "subnet-0000000a" */
    char zone[32];      /* "local-1a" */
    char interface[16]; /* empty: the addresses are there without being added */
    uint8_t network[16];
    unsigned size; /* bytes of an address: 4, 16 */
    unsigned prefix;
};

struct control_pools {
    unsigned count;
    struct control_pool pool[CONTROL_POOLS_MAX];
};

/* Two pools in two zones on loopback. */
extern const struct control_pools control_pools_default;

/* One pool, from its name and value; one of the same name is replaced. ERR_RANGE with a sentence
 * (a constant): what was expected. */
enum err control_pools_set(struct control_pools *pools, struct span name, struct span value,
                           const char **why_out);
/* Once all are there. An address that two of them may give belongs to two subnets, and is added to
 * two interfaces. ERR_RANGE with a sentence in the arena. */
enum err control_pools_check(const struct control_pools *pools, struct arena *a,
                             const char **why_out);
/* The value as it was given, into the arena; NULL without memory. */
const char *control_pool_text(const struct control_pool *pool, struct arena *a);
/* NULL: there is none of this name. */
const struct control_pool *control_pool_named(const struct control_pools *pools, struct span name);
/* The index-th address that may be taken, as text in the arena; NULL behind the last one. */
const char *control_pool_address(const struct control_pool *pool, unsigned index, struct arena *a);

#endif
