/*
 * The Kerberos key distribution centre of one domain controller: AS and TGS exchanges (RFC 4120,
 * RFC 6113, RFC 6806, [MS-KILE]) and password changes (RFC 3244). It turns one request into one
 * reply and knows no sockets; serve brings the bytes.
 *
 * A request costs one snapshot of the directory and one arena; nothing is written on success but
 * the volatile logon times. Everything of the outside world is in struct kdc_env, so that tests own
 * the clock and the randomness.
 *
 * Not thread-safe: one struct kdc a process.
 */
#ifndef KDC_KDC_H
#define KDC_KDC_H

#include "base/event.h"
#include "directory/directory.h"
#include "directory/intent.h"

struct kdc_env {
    struct dir *dir;                 /* with the ACCOUNT secrets */
    const struct event_sink *events; /* one event for each decision */
    struct span dc_name;             /* NetBIOS name of this domain controller */
    utime (*now)(void);
    void (*random)(void *out, size_t len);
    /* Asks the writer and waits for its answer, briefly. Used for lockouts, which must be durable
     * before they are acted on, and for password changes. */
    enum err (*intent)(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out);
    /* Optional. A logon whose time is worth keeping (lastLogonTimestamp is old): the owner gathers
     * them and sends batches to the writer. */
    void (*logged_on)(void *ctx, dir_id account, int64_t when_filetime);
    void *ctx;
};

struct kdc;

enum err kdc_new(const struct kdc_env *env, struct kdc **out);
void kdc_free(struct kdc *k);

enum kdc_transport { KDC_UDP, KDC_TCP };

/* The largest request that is looked at, and the memory that one request may take. */
#define KDC_REQUEST_MAX (64u << 10)
#define KDC_ARENA_FIRST (64u << 10)
#define KDC_ARENA_MAX   (4u << 20)

/* The reply to one message without its TCP length; it lives in the arena. An empty reply means that
 * nothing is sent: the bytes were no Kerberos message, or memory was short. The arena must wipe
 * (ARENA_WIPE). */
void kdc_answer(struct kdc *k, enum kdc_transport transport, struct span request, struct arena *a,
                struct span *reply_out);
/* The same for port 464. */
void kdc_answer_kpasswd(struct kdc *k, enum kdc_transport transport, struct span request,
                        struct arena *a, struct span *reply_out);

#endif
