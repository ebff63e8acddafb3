/*
 * Inside the SMB service: connections, sessions, trees, opens, and the life of a request.
 *
 * A frame (one message of the transport) holds one request or a compound of them; the answers are
 * built one behind the other and sent together, each signed on its own, or all encrypted as one. A
 * handler of a command returns an NTSTATUS; on success it has written its answer with smb_answer.
 * NT_PENDING: smb_pend or smb_hold was called, and an answer of its own follows (smb_late_answer).
 */
#ifndef SMB_SMB_INTERNAL_H
#define SMB_SMB_INTERNAL_H

#include "crypt/smb_crypto.h"
#include "plat/stream.h"
#include "plat/tree.h"
#include "smb/smb.h"
#include "smb/smb_status.h"
#include "wire/smb2/smb2_body.h"

#define SMB_IO_MAX       65536 /* MaxReadSize and its likes: what one credit pays for */
#define SMB_FRAME_MAX    (SMB_IO_MAX + 16384)
#define SMB_ANSWER_MAX   (1u << 20) /* to one frame: a compound of reads */
#define SMB_CREDITS_MAX  256        /* outstanding, of one connection */
#define SMB_SESSIONS_MAX 16         /* of one connection */
#define SMB_TREES_MAX    32         /* of one session */
#define SMB_OPENS_MAX    256        /* of one session */
#define SMB_PENDING_MAX  64         /* of one connection */
#define SMB_LISTING_MAX  (4u << 20) /* bytes of the list of a folder */
#define SMB_ENTRIES_MAX  16384      /* of a folder */
#define SMB_DEPTH_MAX    32         /* folders of a path */
#define SMB_ARENA_FIRST  (128u << 10)
#define SMB_ARENA_MAX    (8u << 20)

struct smb_server {
    struct smb_env env;
    struct acceptor *acceptor;
    struct plat_stream *tcp;
    struct arena names;    /* as long as the server */
    struct arena arena;    /* of the frame at hand; wipes */
    struct span flat_name; /* of the domain */
    uint8_t guid[16];
    uint64_t next_session, next_open;
    int root;                 /* folder of the shares; -1: none */
    struct smb_session *all;  /* of all connections: for PreviousSessionId */
    struct smb_session *dead; /* ended, but the answer at hand may have to be signed by it */
};

/* Who somebody is. Pipes keep the one they were opened with through a reauthentication. */
struct smb_identity {
    unsigned refs;
    struct acceptor_context *context;
    struct smb_pipe_session facts;
    struct span principal; /* for events */
    utime endtime;
};

struct smb_session {
    struct smb_session *next, *next_all;
    struct smb_conn *conn;
    uint64_t id;
    struct acceptor_context *context; /* of a setup that goes on */
    struct smb_pending *setup;        /* its request, while a trusted domain is asked */
    uint64_t previous;                /* PreviousSessionId of that request */
    uint8_t preauth[SMB_PREAUTH_SIZE];
    struct smb_identity *who; /* NULL until it is set up */
    bool has_keys;            /* an anonymous one has none */
    struct smb_sign_key sign;
    struct smb_cipher_key to_server, to_client; /* when the connection has a cipher */
    uint8_t application_key[SMB_KEY_SIZE];
    uint64_t nonce;
    uint32_t next_tree;
    struct smb_tree *trees;
    struct smb_open *opens;
    unsigned tree_count, open_count;
};

enum smb_share { SMB_IPC, SMB_SYSVOL, SMB_NETLOGON };

struct smb_tree {
    struct smb_tree *next;
    uint32_t id;
    enum smb_share share;
};

/* A request that is answered later. */
struct smb_pending {
    struct smb_pending *next;
    struct smb_conn *conn;
    uint64_t message_id, async_id, session_id;
    uint32_t tree_id;
    uint16_t command, credits; /* credits: as asked for */
    bool sealed;
    bool held;        /* without an interim answer */
    uint64_t open_id; /* what it waits for */
    uint32_t max;     /* bytes of the answer */
};

struct smb_open;
struct smb_pipe_waiter {
    struct smb_open *open;
};

struct smb_open {
    struct smb_open *next;
    uint64_t id;
    struct smb_session *session;
    struct smb_tree *tree;
    void *pipe; /* NULL: a file or folder */
    struct smb_identity *who;
    struct smb_pipe_waiter waiter;
    int fd; /* -1 */
    struct plat_tree_facts facts;
    struct span path; /* UTF-16LE, without a leading separator; malloc'ed */
    struct smb_listing *listing;
};

struct smb_conn {
    struct smb_server *server;
    struct plat_conn *conn;
    char peer[PLAT_ADDR_TEXT];
    bool negotiated;
    uint16_t dialect;
    enum smb_cipher cipher;
    enum smb_signing signing;
    uint8_t preauth[SMB_PREAUTH_SIZE];
    /* What the client said, for FSCTL_VALIDATE_NEGOTIATE_INFO. */
    uint16_t client_mode;
    uint32_t client_capabilities, capabilities;
    uint8_t client_guid[16];
    /* Message ids from low on to limit may come, but for those that came. */
    uint64_t low, limit;
    uint64_t came[SMB_CREDITS_MAX / 64];
    struct smb_session *sessions;
    unsigned session_count;
    struct smb_pending *pending;
    unsigned pending_count;
    uint64_t next_async;
};

/* --- a frame and its requests ----------------------------------------------------------------- */

struct smb_frame {
    struct smb_conn *conn;
    struct arena *arena;
    struct smb_session *sealed_by; /* the frame came encrypted, and so goes the answer */
    struct builder b;
    size_t start;                     /* of the first answer */
    size_t last_at;                   /* of the newest one; 0: there is none */
    const struct smb_sign_key *signs; /* it */
    uint8_t *hash;                    /* the preauthentication hash that takes it in */
    /* what a related request takes from the one before it */
    bool related;
    uint64_t session_id, open_id;
    uint32_t tree_id, status;
};

struct smb_request {
    struct smb_frame *frame;
    struct smb_conn *conn;
    struct smb_server *server;
    struct arena *arena;
    struct smb2_header head;
    struct span message;
    struct smb_session *session; /* NULL: none */
    struct smb_tree *tree;
    bool last; /* of its compound: only such a one may be pending */
    bool answered;
    struct smb_pending *pending;
    enum err fatal; /* not ERR_OK: the connection ends */
};

/* Decodes the body of the request; NT_INVALID_PARAMETER. */
uint32_t smb_body(struct smb_request *rq, void *out);
/* Writes the body of the answer. */
void smb_answer(struct smb_request *rq, const void *body);
/* An event with a reason; returns the status, so that a refusal is one line. */
uint32_t smb_refuse(struct smb_request *rq, const char *event, enum reason reason,
                    struct span detail, uint32_t status);
void smb_event(struct smb_conn *c, const struct smb_session *ss, const char *name,
               enum reason reason, struct span detail);

/* smb_message.c */
enum err smb_take_frame(struct smb_conn *c, struct span payload);
/* The answer to SMB1's negotiation, which stands for message id 0. */
enum err smb_answer_smb1(struct smb_conn *c, const struct smb2_negotiate_response *body);
/* An answer of its own, and the end of the pending one. body NULL: an error. */
void smb_late_answer(struct smb_pending *p, uint32_t status, const void *body);

/* smb_pending.c. NULL: the limit of the connection, or not the last of its compound. */
struct smb_pending *smb_pend(struct smb_request *rq, uint64_t open_id, uint32_t max);
/* The same without an interim answer, for a request that is alone in its frame: a hash of the
 * session's setup has no place for one. */
struct smb_pending *smb_hold(struct smb_request *rq);
/* Unlinks and frees. */
void smb_pending_remove(struct smb_pending *p);
/* Answers all that wait for the open. */
void smb_pending_end(struct smb_conn *c, uint64_t open_id, uint32_t status);
/* CANCEL; has no answer. */
void smb_cancel(struct smb_request *rq);

/* Handlers, by file. */
uint32_t smb_do_negotiate(struct smb_request *rq);
enum err smb_negotiate_smb1(struct smb_conn *c, struct span message);
uint32_t smb_validate_negotiate(struct smb_request *rq, struct span in, struct span *out);
uint32_t smb_do_session_setup(struct smb_request *rq);
uint32_t smb_do_logoff(struct smb_request *rq);
uint32_t smb_do_tree_connect(struct smb_request *rq);
uint32_t smb_do_tree_disconnect(struct smb_request *rq);
uint32_t smb_do_create(struct smb_request *rq);
uint32_t smb_do_close(struct smb_request *rq);
uint32_t smb_do_flush(struct smb_request *rq);
uint32_t smb_do_read(struct smb_request *rq);
uint32_t smb_do_write(struct smb_request *rq);
uint32_t smb_do_ioctl(struct smb_request *rq);
uint32_t smb_do_query_directory(struct smb_request *rq);
uint32_t smb_do_change_notify(struct smb_request *rq);
uint32_t smb_do_query_info(struct smb_request *rq);
uint32_t smb_do_set_info(struct smb_request *rq);

/* smb_session.c */
struct smb_session *smb_session_find(struct smb_conn *c, uint64_t id);
/* It is found no more, and all that it opened is closed; smb_sessions_bury frees it. */
void smb_session_end(struct smb_session *ss);
void smb_sessions_bury(struct smb_server *sv);
void smb_identity_unref(struct smb_identity *who);

/* smb_tree.c */
struct smb_tree *smb_tree_find(struct smb_session *ss, uint32_t id);
/* The share of a name without regard to case; false: there is none. */
bool smb_share_find(const struct smb_server *sv, struct span name, enum smb_share *out);

/* smb_open.c */
struct smb_open *smb_open_find(struct smb_request *rq, const struct smb2_file_id *id);
struct smb_open *smb_open_by_id(struct smb_session *ss, uint64_t id);
struct smb_open *smb_open_new(struct smb_request *rq);
void smb_open_free(struct smb_open *o);
void smb_open_facts(const struct smb_open *o, struct smb2_file_facts *out);
void smb_tree_facts(const struct plat_tree_facts *in, struct smb2_file_facts *out);

/* smb_pipe.c */
uint32_t smb_pipe_open(struct smb_request *rq, struct span name, struct smb_open *o);
uint32_t smb_pipe_read(struct smb_request *rq, struct smb_open *o, uint32_t max);
uint32_t smb_pipe_write(struct smb_open *o, struct span bytes);
uint32_t smb_pipe_transceive(struct smb_request *rq, struct smb_open *o,
                             const struct smb2_ioctl_request *q);

/* smb_file.c */
uint32_t smb_file_open(struct smb_request *rq, const struct smb2_create_request *q,
                       struct smb_open *o);

/* smb_directory.c */
void smb_listing_free(struct smb_listing *l);

/* smb_dfs.c */
uint32_t smb_dfs_referrals(struct smb_request *rq, struct span in, size_t max, struct span *out);

#endif
