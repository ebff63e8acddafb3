/*
 * Dynamic updates (RFC 2136), signed with keys that are agreed by GSS (RFC 3645): what the server
 * asks of who has security contexts and may write. `serve` fills this table; this folder knows
 * neither Kerberos nor the directory. Without a table there are no updates: NOTIMP.
 *
 * The life of an update:
 *
 *     TKEY        step, once or more: a context under the key's name (dns_contexts.h)
 *     UPDATE      verify; the prerequisites, by zone_ops; apply; done, now or later; sign
 *
 * An update without a signature is refused, once its prerequisites hold: who only asks whether
 * records are there gets an answer, as from any question.
 */
#ifndef DNS_DNS_UPDATE_H
#define DNS_DNS_UPDATE_H

#include "base/arena.h"
#include "base/reasons.h"
#include "base/times.h"
#include "wire/dns/dns_types.h"

#define DNS_PREREQUISITES_MAX 64  /* of one update */
#define DNS_CHANGES_MAX       256 /* of one update */

enum dns_change_kind {
    DNS_CHANGE_ADD,
    DNS_CHANGE_DELETE,      /* one record */
    DNS_CHANGE_DELETE_TYPE, /* all of a type at the name */
    DNS_CHANGE_DELETE_NAME, /* all at the name */
};

struct dns_change {
    enum dns_change_kind kind;
    struct span name; /* in wire form, in the zone */
    uint16_t type;
    uint32_t ttl;
    struct span rdata; /* well-formed, uncompressed */
};

struct dns_changes {
    struct span apex;              /* of a zone of ours */
    const struct dns_change *list; /* in this order */
    unsigned count;
    uint64_t
        epoch; /* the zones' data epoch that prerequisites were checked at; 0: there were none */
};

/* Who waits for an update, embedded in what it waits with. */
struct dns_apply {
    void (*done)(struct dns_apply *x, enum dns_rcode rcode, enum reason reason);
    void *own; /* of the ops */
};

/* All mandatory. gss is a context that open made. */
struct dns_update_ops {
    enum err (*open)(void *ctx, void **gss_out);
    void (*close)(void *ctx, void *gss);
    /* One token of the client; *out, perhaps empty, is set whatever is returned. ERR_REFUSED, and
     * reason says why. *done: messages can be signed. */
    enum err (*step)(void *ctx, void *gss, struct span token, struct arena *a, struct span *out,
                     bool *done);
    enum reason (*reason)(void *ctx, void *gss);
    struct span (*who)(void *ctx, void *gss); /* for events; empty when not known */
    utime (*ends)(void *ctx, void *gss);      /* when the context does */
    enum err (*sign)(void *ctx, void *gss, struct span message, struct arena *a, struct span *out);
    /* ERR_REFUSED also for a signature that was seen before. */
    enum err (*verify)(void *ctx, void *gss, struct span message, struct span mac);
    /* Begins to make the changes, all or none, if the client may make them all; x->done comes
     * later, never from inside this function. On an error it does not come; ERR_UNSUPPORTED: a
     * record is of a type that cannot be added. What is given may be freed after the call. */
    enum err (*apply)(void *ctx, void *gss, const struct dns_changes *changes, struct arena *a,
                      struct dns_apply *x);
    /* Nobody waits any more; the changes may be made all the same. */
    void (*cancel)(void *ctx, struct dns_apply *x);
};

struct dns_updates {
    const struct dns_update_ops *ops; /* NULL: no updates */
    void *ctx;
};

#endif
