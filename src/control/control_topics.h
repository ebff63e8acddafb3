/*
 * Topics: where changes of a directory's state are told, each a URL that takes HTTP POST. The
 * configuration names them ("topic-NAME = https://HOST[:PORT]/PATH"), so whom the service calls is
 * the operator's choice. A request names a topic and never a URL.
 */
#ifndef CONTROL_CONTROL_TOPICS_H
#define CONTROL_CONTROL_TOPICS_H

#include "base/arena.h"
#include "base/err.h"
#include "plat/address.h"

#define CONTROL_TOPICS_MAX     16
#define CONTROL_TOPIC_NAME_MAX 64

struct control_topic {
    char name[CONTROL_TOPIC_NAME_MAX + 1];
    char url[257];
};

struct control_topics {
    unsigned count;
    struct control_topic topic[CONTROL_TOPICS_MAX];
};

/* One topic, from its name without "topic-"; one of the same name is replaced. ERR_RANGE with a
 * sentence (a constant): what was expected. */
enum err control_topics_set(struct control_topics *topics, struct span name, struct span url,
                            const char **why_out);
/* NULL: there is none of this name. */
const struct control_topic *control_topic_named(const struct control_topics *topics,
                                                struct span name);
/* What is in a URL: views of it. */
struct control_topic_url {
    bool tls;
    struct span host;      /* a DNS name, or an address without its brackets */
    struct span authority; /* host and port as they are written, for the Host field */
    struct span path;
    uint16_t port;
    bool numeric;
    struct plat_addr at; /* when the host is an address */
};
/* ERR_MALFORMED. */
enum err control_topic_parse(struct span url, struct control_topic_url *out);

#endif
