/*
 * What the peer process is asked, and what it answers: the typed messages from control and from
 * the RPC process of the same domain controller (plat/channel.h). All of them are calls; an empty
 * reply is a failure of ours (no such trust, no memory), which the answers below never encode to.
 *
 *   message   request                  reply                  asked by
 *   VERIFY    the partner's DNS name   trust/trust_report.h   control
 *   DISCOVER  the partner's DNS name   trust/trust_report.h   control
 *   CALL      struct trust_call        struct trust_answer    control, rpc
 *   STATE     the partner's DNS name   struct trust_channel   control, rpc
 *   RESET     struct trust_reset       struct trust_channel   control, rpc
 *   TELL      the partner's DNS name   struct trust_answer    control
 *   FOREST    the partner's DNS name   struct trust_answer    control
 *   LOOKUP    struct trust_lookup      struct trust_answer    control
 *   REMOTE    struct trust_remote      struct trust_answer    control
 *
 * CALL is one call over the secure channel to the partner: the peer makes the channel when there
 * is none, again when it was refused, and keeps one for each partner; calls wait for each other.
 * The stub is NDR32 as src/wire/rpc encodes the call's in-arguments, in full; a member that is an
 * authenticator is filled in, and the one that comes back is checked, by the peer.
 *
 * TELL sees to it that the partner has the current password of our outgoing half: the stub of its
 * answer is a struct trust_told. The stub of FOREST's is what the partner's forest claims, as
 * wire/ms/forest_info.h has it. The stub of LOOKUP's is the SID of an account of the
 * partner's forest or of a group that may come over a trust, or nothing when there is none. REMOTE
 * makes or deletes the partner's half of a trust as its administrator; the stub of the answer is a
 * struct trust_identity, or, when it failed, a sentence.
 */
#ifndef TRUST_TRUST_ASK_H
#define TRUST_TRUST_ASK_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/reader.h"
#include "base/reasons.h"
#include "base/times.h"
#include "wire/ms/sid.h"

enum trust_message {
    TRUST_MESSAGE_VERIFY = 1, /* proves both halves of a trust that exists */
    TRUST_MESSAGE_DISCOVER,   /* asks the partner who it is, before there is a trust: flat_name */
    TRUST_MESSAGE_CALL,
    TRUST_MESSAGE_STATE,
    TRUST_MESSAGE_RESET,
    TRUST_MESSAGE_TELL,
    TRUST_MESSAGE_FOREST,
    TRUST_MESSAGE_LOOKUP,
    TRUST_MESSAGE_REMOTE,
    TRUST_MESSAGE__COUNT
};

#define TRUST_PARTNER_MAX 255                     /* bytes of a DNS name */
#define TRUST_STUB_MAX    (1u << 20)              /* in-arguments, or out-arguments, of one call */
#define TRUST_ASK_MAX     (TRUST_STUB_MAX + 4096) /* an encoded message */
/* The peer gives up before: who asks waits this long and a little more. */
#define TRUST_CALL_TIMEOUT (20 * UTIME_SECOND)

enum trust_interface { TRUST_NETLOGON, TRUST_LSARPC, TRUST_INTERFACE__COUNT };

struct trust_call {
    struct span partner; /* DNS name */
    uint8_t interface;   /* enum trust_interface */
    uint16_t opnum;
    struct span stub;
};

/* What became of a call. status is that of the way there, of the secure channel and of the call's
 * transport: what the call itself returns is in the stub. */
struct trust_answer {
    uint32_t status;    /* NTSTATUS; 0: stub holds the out-arguments */
    enum reason reason; /* REASON_NONE with status 0 */
    struct span server; /* "dc1.corp.example.com": who answered, or was asked last */
    struct span stub;
};

struct trust_reset {
    struct span partner;
    struct span server; /* DNS name of the one to use from now on; empty: any */
};

struct trust_lookup {
    struct span partner;
    struct span name; /* "CORP\\alice", "alice@corp.example.com" */
};

struct trust_channel {
    bool up;
    bool former;        /* made with the former password: the partner was not told the current */
    utime since;        /* of its state; 0: nothing was tried yet */
    uint32_t status;    /* NTSTATUS of the last attempt */
    enum reason reason; /* why it is not up */
    struct span server; /* the domain controller of the last attempt; may be empty */
};

/* What becomes of the partner's half. After a making whose answer was lost it may be made yet: one
 * that is not there is then looked for until it is, and deleted, or said to be uncertain. */
enum trust_remote_act {
    TRUST_REMOTE_MAKE,
    TRUST_REMOTE_DELETE,
    TRUST_REMOTE_UNDO,
    TRUST_REMOTE_ACT__COUNT
};

/* A secret: give the functions memory that wipes. */
struct trust_remote {
    struct span partner;               /* DNS name */
    struct span admin, admin_password; /* name without a realm */
    struct span password;              /* of the trust, UTF-8 */
    uint32_t direction, attributes;    /* of our half */
    enum trust_remote_act act;
};
struct trust_identity {
    struct span flat_name;
    struct sid sid;
};

struct trust_told {
    bool now;         /* false: the partner had it already */
    uint32_t version; /* of the password */
    int64_t changed;  /* FILETIME */
};

/* ERR_LIMIT beyond the maxima. Decoded spans are views into bytes. ERR_MALFORMED. */
enum err trust_call_encode(const struct trust_call *in, struct arena *a, struct span *out);
enum err trust_call_decode(struct span bytes, struct trust_call *out);
enum err trust_answer_encode(const struct trust_answer *in, struct arena *a, struct span *out);
enum err trust_answer_decode(struct span bytes, struct trust_answer *out);
enum err trust_reset_encode(const struct trust_reset *in, struct arena *a, struct span *out);
enum err trust_reset_decode(struct span bytes, struct trust_reset *out);
enum err trust_lookup_encode(const struct trust_lookup *in, struct arena *a, struct span *out);
enum err trust_lookup_decode(struct span bytes, struct trust_lookup *out);
enum err trust_channel_encode(const struct trust_channel *in, struct arena *a, struct span *out);
enum err trust_channel_decode(struct span bytes, struct trust_channel *out);
enum err trust_told_encode(const struct trust_told *in, struct arena *a, struct span *out);
enum err trust_told_decode(struct span bytes, struct trust_told *out);
enum err trust_remote_encode(const struct trust_remote *in, struct arena *a, struct span *out);
enum err trust_remote_decode(struct span bytes, struct trust_remote *out);
enum err trust_identity_encode(const struct trust_identity *in, struct arena *a, struct span *out);
enum err trust_identity_decode(struct span bytes, struct trust_identity *out);

#endif
