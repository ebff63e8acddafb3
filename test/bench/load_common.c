#include "load_common.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"

const char *load_option(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            return argv[i] + len + 1;
    }
    return "";
}

struct sockaddr_in load_address(const char *s)
{
    char host[64];
    const char *colon = strchr(s, ':');
    struct sockaddr_in out = {.sin_family = AF_INET};
    snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - s) : 0, s);
    if (!colon || inet_pton(AF_INET, host, &out.sin_addr) != 1)
        ent_fatal("not an address with a port: %s", s);
    out.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    return out;
}

void load_host(const struct sockaddr_in *at, char *out)
{
    (void)inet_ntop(AF_INET, &at->sin_addr, out, 64);
}

unsigned load_number(const char *s, unsigned max)
{
    unsigned long n = strtoul(s, NULL, 10);
    if (n == 0 || n > max)
        ent_fatal("not a number from 1 to %u: %s", max, s);
    return (unsigned)n;
}

void load_pids(const char *s, struct load_pids *out)
{
    char *end;
    for (; *s; s = *end ? end + 1 : end) {
        if (out->count == LOAD_PIDS_MAX)
            ent_fatal("too many processes");
        out->pid[out->count++] = (int)strtoul(s, &end, 10);
    }
}

/* Of the processes themselves; no server here has children of its other threads. */
static void add_children(int pid, struct load_pids *out)
{
    char path[64];
    int child;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    FILE *f = fopen(path, "re");
    while (f && fscanf(f, "%d", &child) == 1) {
        if (out->count == LOAD_PIDS_MAX)
            ent_fatal("too many processes");
        out->pid[out->count++] = child;
    }
    if (f)
        fclose(f);
}

void load_tree(int root, struct load_pids *out)
{
    *out = (struct load_pids){.count = 1, .pid = {root}};
    for (unsigned i = 0; i < out->count; i++)
        add_children(out->pid[i], out);
}

uint64_t load_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t process_cpu(int pid, uint64_t last)
{
    char path[300];
    uint64_t sum = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *d = opendir(path);
    if (!d)
        return last;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        unsigned long long each = 0;
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, e->d_name);
        FILE *f = fopen(path, "re");
        if (f && fscanf(f, "%llu", &each) == 1)
            sum += each;
        if (f)
            fclose(f);
    }
    closedir(d);
    return sum;
}

uint64_t load_cpu_ns(struct load_pids *p)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < p->count; i++)
        sum += p->ns[i] = process_cpu(p->pid[i], p->ns[i]);
    return sum;
}
