/*
 * The keys that clients agreed: security contexts by the name that the client gave its key. While
 * tokens are still exchanged, an entry belongs to the client's address; once it is made, whoever
 * can sign with it may use it, from any socket. When there is no free one, a new entry takes the
 * place of the oldest that was only begun, or else of one that ended or was unused for longest and
 * at least DNS_CONTEXT_REST; entries in use stay.
 */
#ifndef DNS_DNS_CONTEXTS_H
#define DNS_DNS_CONTEXTS_H

#include "dns/dns_update.h"
#include "plat/address.h"
#include "wire/dns/dns_name.h"

#define DNS_CONTEXTS_MAX      512
#define DNS_CONTEXTS_PER_HOST 32
#define DNS_CONTEXT_REST      (30 * UTIME_SECOND)
#define DNS_CONTEXT_LIFETIME  UTIME_HOUR /* at most, and no longer than its ticket */

struct dns_context {
    struct dns_name name; /* lower case; len 0: free */
    void *gss;
    bool ready;
    struct plat_addr client; /* who began it */
    utime used;              /* monotonic */
    utime ends;              /* wall */
    unsigned busy;           /* updates that wait: not to be freed */
};

struct dns_contexts;

/* NULL without memory. */
struct dns_contexts *dns_contexts_new(const struct dns_updates *updates);
/* None may be busy. */
void dns_contexts_free(struct dns_contexts *c);

/* The entry of this name, which is ready or this client's own; NULL. name in any case. */
struct dns_context *dns_contexts_find(struct dns_contexts *c, struct span name,
                                      const struct plat_addr *client, utime wall, utime now);
/* A fresh one. ERR_EXISTS: the name is taken; ERR_BUSY: too many, of this host or at all. */
enum err dns_contexts_add(struct dns_contexts *c, struct span name, const struct plat_addr *client,
                          utime wall, utime now, struct dns_context **out);
void dns_contexts_remove(struct dns_contexts *c, struct dns_context *x);

#endif
