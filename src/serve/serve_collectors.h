/*
 * Collectors: log groups whose events go to syslog instead of a file, each a line
 * "log-group-NAME = URL" of the configuration. Where to is the operator's choice alone: a request
 * names a group and never an address.
 */
#ifndef SERVE_SERVE_COLLECTORS_H
#define SERVE_SERVE_COLLECTORS_H

#include <sys/un.h>

#include "base/err.h"
#include "plat/address.h"

#define SERVE_COLLECTORS_MAX 16
#define SERVE_SYSLOG_PORT    514

struct serve_collectors {
    unsigned count;
    struct serve_collector {
        char group[129]; /* as a path without its first slash: aws/security */
        char url[129];
    } of[SERVE_COLLECTORS_MAX];
};

/* One group, from its name without "log-group-"; one of the same name is replaced. ERR_RANGE with a
 * sentence (a constant): what was expected. */
enum err serve_collectors_set(struct serve_collectors *all, struct span group, struct span url,
                              const char **why_out);
/* NULL: the group, if there is one, is a folder. */
const struct serve_collector *serve_collector_of(const struct serve_collectors *all,
                                                 struct span group);

struct serve_collector_at {
    int type;                                               /* SOCK_DGRAM or SOCK_STREAM */
    struct plat_addr to;                                    /* of UDP and TCP */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a socket file; else empty */
};
/* unix:///PATH, udp://ADDRESS[:PORT], tcp://ADDRESS[:PORT]. ERR_MALFORMED. */
enum err serve_collector_parse(struct span url, struct serve_collector_at *out);

#endif
