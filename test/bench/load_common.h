/*
 * What the load generators share: their arguments (NAME=VALUE), the clock, and the CPU time of the
 * server's processes. What is wrong ends the program with a sentence.
 */
#ifndef BENCH_LOAD_COMMON_H
#define BENCH_LOAD_COMMON_H

#include <netinet/in.h>
#include <stdint.h>

#define LOAD_PIDS_MAX 512

struct load_pids {
    unsigned count;
    int pid[LOAD_PIDS_MAX];
    uint64_t ns[LOAD_PIDS_MAX]; /* as last read: of one that has ended it stays */
};

/* "": it is not there. */
const char *load_option(int argc, char **argv, const char *name);
/* IPv4 ADDRESS:PORT. */
struct sockaddr_in load_address(const char *s);
/* The address without its port; 64 bytes. */
void load_host(const struct sockaddr_in *at, char *out);
/* 1 to max. */
unsigned load_number(const char *s, unsigned max);
/* With commas between them. */
void load_pids(const char *s, struct load_pids *out);

/* The process and all below it. */
void load_tree(int root, struct load_pids *out);

/* Monotonic. */
uint64_t load_now_ns(void);
/* Nanoseconds that every task of them has been on a CPU. */
uint64_t load_cpu_ns(struct load_pids *p);

#endif
