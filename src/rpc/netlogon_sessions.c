#include "rpc/netlogon_sessions.h"

#include <stdlib.h>

#include "base/casefold.h"
#include "base/text.h"

#define BUCKETS 4096 /* a power of two */

struct challenge {
    bool live;
    const void *owner;
    uint8_t client[8], server[8];
    uint8_t computer_len;
    char computer[NETLOGON_COMPUTER_MAX];
};

struct netlogon_sessions {
    unsigned next; /* challenge to be written */
    struct challenge challenges[NETLOGON_CHALLENGES_MAX];
    unsigned count;
    struct netlogon_session *newest, *oldest;
    struct netlogon_session *buckets[BUCKETS];
};

struct netlogon_sessions *netlogon_sessions_new(void)
{
    return calloc(1, sizeof(struct netlogon_sessions));
}

/* --- challenges ------------------------------------------------------------------------------ */

void netlogon_challenge_put(struct netlogon_sessions *t, const void *owner, struct span computer,
                            const uint8_t client[8], const uint8_t server[8])
{
    struct challenge *c = &t->challenges[t->next++ % NETLOGON_CHALLENGES_MAX];

    computer = span_sub(computer, 0, NETLOGON_COMPUTER_MAX);
    *c = (struct challenge){.live = true, .owner = owner, .computer_len = (uint8_t)computer.len};
    memcpy(c->client, client, sizeof(c->client));
    memcpy(c->server, server, sizeof(c->server));
    if (computer.len)
        memcpy(c->computer, computer.ptr, computer.len);
}

static bool is_of(const struct challenge *c, struct span computer)
{
    return c->live && ascii_eq_fold(span_of(c->computer, c->computer_len), computer);
}

/* The newest comes first, which is nearly always the one. */
static struct challenge *find(struct netlogon_sessions *t, const void *owner, struct span computer)
{
    struct challenge *other = NULL;

    for (unsigned i = 1; i <= NETLOGON_CHALLENGES_MAX; i++) {
        struct challenge *c = &t->challenges[(t->next - i) % NETLOGON_CHALLENGES_MAX];
        if (!is_of(c, computer))
            continue;
        if (c->owner == owner)
            return c;
        if (!other)
            other = c;
    }
    return other;
}

bool netlogon_challenge_take(struct netlogon_sessions *t, const void *owner, struct span computer,
                             uint8_t client_out[8], uint8_t server_out[8])
{
    struct challenge *c = find(t, owner, computer);

    if (!c)
        return false;
    memcpy(client_out, c->client, sizeof(c->client));
    memcpy(server_out, c->server, sizeof(c->server));
    mem_wipe(c, sizeof(*c));
    return true;
}

/* --- sessions -------------------------------------------------------------------------------- */

static struct span name_of(const struct netlogon_session *s)
{
    return span_of(s->computer, s->computer_len);
}

/* FNV-1a. Only accounts that proved their password choose what comes in here. */
static struct netlogon_session **bucket_of(struct netlogon_sessions *t, struct span computer)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < computer.len; i++)
        hash = (hash ^ casefold_ascii(computer.ptr[i])) * 16777619u;
    return &t->buckets[hash % BUCKETS];
}

static struct netlogon_session **place_of(struct netlogon_sessions *t, struct span computer)
{
    struct netlogon_session **at = bucket_of(t, computer);

    while (*at && !ascii_eq_fold(name_of(*at), computer))
        at = &(*at)->next;
    return at;
}

static void unlink_use(struct netlogon_sessions *t, struct netlogon_session *s)
{
    *(s->newer ? &s->newer->older : &t->newest) = s->older;
    *(s->older ? &s->older->newer : &t->oldest) = s->newer;
}

static void use(struct netlogon_sessions *t, struct netlogon_session *s)
{
    s->newer = NULL;
    s->older = t->newest;
    *(t->newest ? &t->newest->newer : &t->oldest) = s;
    t->newest = s;
}

static void drop(struct netlogon_sessions *t, struct netlogon_session **at)
{
    struct netlogon_session *s = *at;

    *at = s->next;
    unlink_use(t, s);
    t->count--;
    mem_wipe(s, sizeof(*s));
    free(s);
}

enum err netlogon_session_put(struct netlogon_sessions *t, struct span computer,
                              const struct netlogon_session *s)
{
    struct netlogon_session *new;
    struct netlogon_session **at = place_of(t, computer);

    if (!computer.len || computer.len > NETLOGON_COMPUTER_MAX)
        return ERR_RANGE;
    if (!(new = malloc(sizeof(*new))))
        return ERR_NOMEM;
    if (*at)
        drop(t, at);
    else if (t->count == NETLOGON_SESSIONS_MAX)
        drop(t, place_of(t, name_of(t->oldest)));
    *new = *s;
    new->computer_len = (uint8_t)computer.len;
    memcpy(new->computer, computer.ptr, computer.len);
    at = bucket_of(t, computer);
    new->next = *at;
    *at = new;
    use(t, new);
    t->count++;
    return ERR_OK;
}

struct netlogon_session *netlogon_session_find(struct netlogon_sessions *t, struct span computer)
{
    struct netlogon_session *s = *place_of(t, computer);

    if (!s)
        return NULL;
    unlink_use(t, s);
    use(t, s);
    return s;
}

void netlogon_sessions_free(struct netlogon_sessions *t)
{
    while (t->oldest)
        drop(t, place_of(t, name_of(t->oldest)));
    mem_wipe(t, sizeof(*t));
    free(t);
}
