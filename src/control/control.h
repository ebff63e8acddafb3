/*
 * The control process: what an administrator asks over HTTP on a Unix socket (operation.h) becomes
 * intents to the writers, starts and stops of serve, and questions to the peers. It holds no keys
 * and changes no directory itself; the only thing it keeps is which directories there are and how
 * far each trust has come.
 *
 * One thread, the loop's. Each request is a task (plat/task.h): it waits for writer, serve and peer
 * with timeouts while others are served, so a directory that does not answer holds up nobody else.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/event.h"
#include "control/control_pools.h"
#include "control/control_topics.h"
#include "plat/channel.h"
#include "plat/loop.h"

struct control;

struct control_env {
    struct plat_loop *loop;
    struct plat_channel *serve;        /* CONTROL_START and so on are called here */
    const char *state_dir;             /* control.json and the directories' folders */
    const char *run_dir;               /* volatile tables */
    const struct control_pools *pools; /* at least one */
    const struct control_topics *topics;
    int listen_fd;            /* the Unix socket; taken over */
    int api_fd;               /* the AWS API's; -1: none; taken over */
    struct span api_identity; /* PEM: certificates, key; empty: the API is without TLS */
    int metrics_fd;           /* where metrics are asked for; -1: nowhere else; taken over */
    uint8_t seal_key[32];     /* of the access keys' secrets */
    const struct event_sink *events;
};

/* Reads the state, begins to listen, and asks serve to start every directory (once the loop runs).
 * ERR_IO, ERR_MALFORMED with a sentence in *why_out. */
enum err control_new(const struct control_env *env, struct control **out, const char **why_out);
void control_free(struct control *c);
/* A link that serve gives: enum control_link, with its payload; takes over fd. */
void control_linked(struct control *c, uint32_t type, struct span whose, int fd);
/* What serve tells: enum control_news. */
void control_told(struct control *c, uint32_t type, struct span payload);

#endif
