/*
 * The parts of the RPC service: associations, their groups with context handles, interfaces.
 */
#ifndef RPC_RPC_INTERNAL_H
#define RPC_RPC_INTERNAL_H

#include "plat/stream.h"
#include "rpc/rpc.h"
#include "wire/rpc/mgmt.h"
#include "wire/rpc/rpc_iface.h"
#include "wire/rpc/rpc_pdu.h"
#include "wire/rpc/rpc_reassembly.h"

#define RPC_STUB_MAX         (1u << 20) /* bytes of a request's arguments: the largest lookup fits */
#define RPC_ANSWER_MAX       (4u << 20) /* of an answer's */
#define RPC_ARENA_FIRST      (64u << 10)
#define RPC_ARENA_MAX        (32u << 20) /* memory of one call */
#define RPC_REASSEMBLIES_MAX 32          /* calls of several fragments that are arriving, of all */
#define RPC_WAITING_MAX      256         /* calls that are answered later, of all */
#define RPC_WAITING_EACH     16          /* of one association */
#define RPC_WAITING_MEMORY   (8u << 20)  /* of one of them */
#define RPC_WAITING_TOTAL    (32u << 20) /* of all of them, as they begin to wait */
#define RPC_TURNS_MAX        8           /* calls that compute for long, of all */
#define RPC_HELD_MAX         8 /* fragments of an association whose security context waits */
#define RPC_QUEUED_MAX       (64u << 20) /* answers that wait in pipes to be read, of all */
#define RPC_CONTEXTS_MAX     16          /* interfaces bound on one association */
#define RPC_GROUPS_MAX       8192
#define RPC_HANDLES_MAX      1024 /* context handles of one association group */

struct rpc_assoc;
struct rpc_group;
struct rpc_held;

/* --- interfaces ------------------------------------------------------------------------------ */

enum rpc_transport { RPC_ON_MAPPER = 1, RPC_ON_TCP = 2, RPC_ON_PIPE = 4 };

/* The call at hand, as its handler sees it. */
struct rpc_ctx {
    struct rpc_server *server;
    const struct rpc_env *env;
    struct rpc_assoc *assoc;
    struct rpc_group *group;
    const struct rpc_service *service;
    const struct rpc_caller *who;
    const char *call; /* its name, for events */
    uint8_t level;    /* enum rpc_auth_level */
    struct arena *arena;
    void *state;    /* a handler's of RPC_WAITS, for the steps after it */
    uint32_t fault; /* set by the handler: nothing but this is answered */
};

enum rpc_handler_flags {
    RPC_FOR_NOBODY = 1, /* anonymous callers, too */
    RPC_WAITS = 2,      /* may be answered later: rpc_ask, rpc_yield */
    RPC_BARE = 4,       /* on TCP without protection, too */
};

struct rpc_handler {
    uint16_t opnum;
    uint16_t flags;
    /* args: the decoded arguments; fills those that go out. Returns the call's status. */
    uint32_t (*run)(struct rpc_ctx *c, void *args);
};

struct rpc_service {
    const struct rpc_iface *iface;
    const char *note;     /* for the endpoint mapper */
    const char *pipes[3]; /* names under which it is reached, the first one published */
    unsigned transports;  /* enum rpc_transport */
    uint8_t tcp_level;    /* least level of protection on TCP */
    const struct rpc_handler *handlers; /* ascending opnums */
    unsigned count;
};
extern const struct rpc_service rpc_epm_service, rpc_lsa_service, rpc_dssetup_service,
    rpc_netlogon_service, rpc_samr_service, rpc_srvsvc_service, rpc_wkssvc_service, rpc_drs_service,
    rpc_mgmt_service; /* at every endpoint, and therefore not in the list below */
extern const struct rpc_service *const rpc_services[];
extern const unsigned rpc_service_count;

/* Returned by a handler of RPC_WAITS, and by the steps after it: the answer comes later. No call
 * has this status. */
#define RPC_LATER 0xffffffffu
/* A step of a call, once the peer process has answered (ERR_OK) or not. reply is valid during the
 * step alone; what args and c->arena hold stays. */
typedef uint32_t rpc_step(struct rpc_ctx *c, void *args, enum err e, struct span reply);
/* Asks the peer process (trust/trust_ask.h) and goes on in `then`, from the loop; or, when it
 * cannot be asked, at once. When too many calls wait already, the call is at fault and there is no
 * step. What it returns is to be returned. The association may end meanwhile: then no step is
 * called any more. */
uint32_t rpc_ask(struct rpc_ctx *c, uint32_t type, struct span payload, rpc_step *then);

/* For a call that has long to compute: lets others go on first, and comes back in `then` with
 * ERR_OK and no reply. One of such calls takes a step in a turn of the loop. As rpc_ask when there
 * are too many of them. */
uint32_t rpc_yield(struct rpc_ctx *c, rpc_step *then);

/* Writes the event of a refusal. */
void rpc_refused(const struct rpc_server *s, const struct rpc_caller *who, const char *name,
                 enum reason why, struct span what);

/* --- context handles ------------------------------------------------------------------------- */

enum rpc_handle_kind {
    RPC_HANDLE_EPM = 1,
    RPC_HANDLE_POLICY,
    RPC_HANDLE_TRUSTED,
    RPC_HANDLE_ACCOUNT,
    RPC_HANDLE_SECRET,
    RPC_HANDLE_DRS,
    RPC_HANDLE_SAM_SERVER,
    RPC_HANDLE_SAM_DOMAIN,
    RPC_HANDLE_SAM_USER,
    RPC_HANDLE_SAM_GROUP,
    RPC_HANDLE_SAM_ALIAS,
};

struct rpc_handle_state {
    struct rpc_handle_state *next;
    struct rpc_handle id;
    const struct rpc_service *service; /* it means nothing to others, not even to be closed */
    enum rpc_handle_kind kind;
    struct sid owner;
    uint32_t access;
    uint32_t object; /* what it stands for: the kind says what */
    struct sid sid;  /* likewise, set by whoever made it */
};

/* ERR_LIMIT, ERR_NOMEM. The state lives until it is closed or the last association of the group
 * ends. */
enum err rpc_handle_new(struct rpc_ctx *c, enum rpc_handle_kind kind, uint32_t access,
                        uint32_t object, struct rpc_handle *out);
/* NULL and a fault: there is none of this kind that is the caller's. kind 0: any. */
struct rpc_handle_state *rpc_handle_get(struct rpc_ctx *c, const struct rpc_handle *h,
                                        enum rpc_handle_kind kind);
void rpc_handle_close(struct rpc_ctx *c, struct rpc_handle *h);

struct rpc_group {
    struct rpc_group *next;
    uint32_t id;
    unsigned refs;
    unsigned handle_count;
    struct rpc_handle_state *handles;
};
/* id 0: a new one. NULL: no such group, too many of them. */
struct rpc_group *rpc_group_join(struct rpc_server *s, uint32_t id);
void rpc_group_leave(struct rpc_server *s, struct rpc_group *g);

/* --- associations ---------------------------------------------------------------------------- */

struct rpc_bound {
    uint16_t id;
    const struct rpc_service *service;
};

struct rpc_assoc {
    struct rpc_server *server;
    enum rpc_transport transport;
    const struct rpc_service *only; /* of a pipe: what its name means; NULL: by the transport */
    struct rpc_caller who;
    /* Takes one fragment of an answer. */
    enum err (*emit)(struct rpc_assoc *as, struct span fragment);
    void (*end)(struct rpc_assoc *as); /* the association is dead; not while it takes something */
    uint16_t max_xmit;
    bool bound_once;
    struct rpc_group *group;
    unsigned count;
    struct rpc_bound bound[RPC_CONTEXTS_MAX];

    struct acceptor_context *auth;
    struct rpc_channel *channel; /* with RPC_AUTH_NETLOGON, in the place of auth */
    uint8_t auth_type, level;    /* type 0: none */
    uint32_t auth_id;
    bool auth_done, auth_failed, header_sign;

    /* While a trusted domain is asked who the caller is: the token's fragment, and those after it.
     */
    struct rpc_held *held;
    struct rpc_later *waiting; /* calls that are answered later */
    unsigned waiting_count;

    bool joining; /* a call of several fragments is on its way */
    struct rpc_reassembly in;
    struct arena in_memory;
};

void rpc_assoc_init(struct rpc_assoc *as, struct rpc_server *s, enum rpc_transport transport);
void rpc_assoc_fini(struct rpc_assoc *as);
/* The service is at the endpoint that the association came to. */
bool rpc_assoc_reaches(const struct rpc_assoc *as, const struct rpc_service *v);
/* One fragment, which may be decrypted in place. ERR_CLOSED: the association is dead. */
enum err rpc_assoc_take(struct rpc_assoc *as, uint8_t *bytes, size_t len);
/* One fragment of an answer, counted. */
enum err rpc_assoc_emit(struct rpc_assoc *as, struct span fragment);
/* A call whose arguments are complete. */
enum err rpc_dispatch(struct rpc_assoc *as, uint32_t call_id, const struct rpc_request *rq);
enum err rpc_fault(struct rpc_assoc *as, uint32_t call_id, uint16_t context_id, uint32_t status);

/* The token of a bind or its kin. *token_out is what to answer. ERR_REFUSED; ERR_BUSY: a trusted
 * domain is asked, rpc_auth_resume finishes. */
enum err rpc_auth_step(struct rpc_assoc *as, const struct rpc_pdu *pdu, struct span *token_out);
enum err rpc_auth_resume(struct rpc_assoc *as, const struct acceptor_ntlm_answer *answer,
                         struct span *token_out);
/* acceptor_waiter.answered of an association. */
void rpc_assoc_answered(void *assoc, const struct acceptor_ntlm_answer *answer);
/* Verifies, and decrypts in place, the stub of a request. */
bool rpc_auth_open(struct rpc_assoc *as, const struct rpc_pdu *pdu, uint8_t *bytes,
                   struct span stub);
/* Bytes of the token of an answer, 0: no trailer. */
size_t rpc_auth_token(const struct rpc_assoc *as);
enum err rpc_auth_protect(struct rpc_assoc *as, uint8_t *bytes, const struct rpc_layout *l);

/* The next step of a call that let others go on. ctx: struct rpc_server. */
void rpc_later_turn(void *ctx);
/* Calls the waiters of pipes that something came for. ctx: struct rpc_server. */
void rpc_pipes_tell(void *ctx);

struct rpc_server {
    struct rpc_env env;
    struct acceptor *acceptor;
    struct netlogon_sessions *sessions;
    struct plat_stream *tcp, *mapper;
    struct plat_timer *timer;               /* tells pipes that something came */
    struct plat_timer *turn;                /* the next of the calls below */
    struct rpc_later *turns[RPC_TURNS_MAX]; /* calls that compute for long, the next one first */
    unsigned turn_count;
    struct rpc_pipe *pipes;
    struct rpc_group *groups;
    unsigned group_count;
    uint32_t next_group;
    unsigned joining; /* associations with a call of several fragments on its way */
    unsigned waiting; /* calls that are answered later, of all */
    size_t waiting_memory;
    size_t queued;
    uint32_t statistics[MGMT_STATISTICS];
    struct arena arena; /* of the call at hand */
    struct arena names;
};

#endif
