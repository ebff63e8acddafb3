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
#include "smb/smb_access.h"
#include "smb/smb_record.h"
#include "smb/smb_status.h"
#include "wire/smb2/smb2_body.h"

#define SMB_CREDIT_BYTES 65536        /* what one credit pays for */
#define SMB_IO_MAX       (256u << 10) /* MaxReadSize and its likes; before 2.1, one credit's worth */
#define SMB_FRAME_MAX    (SMB_IO_MAX + 16384)
#define SMB_ANSWER_MAX   (1u << 20) /* to one frame: a compound of reads */
#define SMB_CREDITS_MAX  8192       /* outstanding, of one connection */
#define SMB_SESSIONS_MAX 16         /* of one connection */
#define SMB_TREES_MAX    32         /* of one session */
#define SMB_OPENS_MAX    256        /* of one session */
#define SMB_PENDING_MAX  64         /* of one connection */
#define SMB_LOCKS_MAX    1024       /* of one file */
#define SMB_WATCH_MAX    4096       /* bytes of changes that wait for the client of a folder */
#define SMB_FLUSHES_MAX  64         /* of all clients: each waits for the disk in a thread */
#define SMB_FILE_OPENS_MAX                                                                         \
    4096 /* of all clients: descriptors are left for connections, which pipes need */
#define SMB_PATTERN_MAX  1024 /* bytes of what a folder is searched for, folded */
#define SMB_DEPTH_MAX    24   /* folders of a path; below PLAT_DIR_DEPTH by what is above them */
#define SMB_NODE_BUCKETS 1024
#define SMB_FILES_MAX    65536                   /* files and folders of SYSVOL */
#define SMB_BYTES_MAX    (UINT64_C(4) << 30)     /* in them */
#define SMB_OFFSET_MAX   UINT64_C(0xfffffff0000) /* of a file on NTFS; the share holds less */
#define SMB_DISK_RESERVE (UINT64_C(64) << 20)    /* that the disk keeps free */
#define SMB_COUNT_EVERY  (30 * UTIME_SECOND)     /* that they are counted, at most */
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
    int root;                     /* folder of the shares; -1: none */
    struct smb_defaults defaults; /* of its files */
    struct smb_node *nodes[SMB_NODE_BUCKETS];
    unsigned file_opens;
    struct smb_flush *flushes; /* that run */
    unsigned flush_count;
    struct smb_watch *watches;
    struct smb_space {
        bool counted;
        enum err outcome; /* of the count; not ERR_OK: more than may be there */
        utime at;
        uint64_t files, bytes;
    } space;
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

struct smb_range {
    uint64_t offset, length;
    bool exclusive;
};

/* A request that is answered later. */
struct smb_pending {
    struct smb_pending *next;
    struct smb_conn *conn;
    uint64_t message_id, async_id, session_id;
    uint32_t tree_id;
    uint16_t command, credits; /* credits: as asked for */
    bool sealed;
    bool held;              /* without an interim answer */
    uint64_t open_id;       /* what it waits for */
    uint32_t max;           /* bytes of the answer */
    struct smb_range range; /* of a lock */
};

struct smb_open;
struct smb_pipe_waiter {
    struct smb_open *open;
};

/* What several opens of one file share. */
struct smb_node {
    struct smb_node *next; /* of its bucket */
    uint64_t device, inode;
    bool folder;
    bool doomed; /* it goes with the last open */
    char *path;  /* from the root of the shares, as stored: "DOMAIN/Policies/..." */
    struct smb_open *opens;
    struct smb_lock *locks;
    unsigned lock_count;
};

struct smb_open {
    struct smb_open *next;
    uint64_t id;
    struct smb_session *session;
    struct smb_tree *tree;
    void *pipe; /* NULL: a file or folder */
    struct smb_identity *who;
    struct smb_pipe_waiter waiter;
    int fd;                       /* -1 */
    struct plat_tree_facts facts; /* of when it was opened; smb_open_facts tells how it is now */
    struct smb_node *node;
    struct smb_open *next_of_node;
    uint32_t maximal;             /* that its descriptor grants */
    uint32_t access, share, mode; /* granted; let to others; options that FILE_MODE tells */
    uint64_t position;
    bool delete_on_close, changed;
    bool written; /* which is told when it is closed */
    struct smb_listing *listing;
    struct smb_watch *watch;
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
/* What a request is answered that cannot be pending. */
uint32_t smb_not_pended(const struct smb_request *rq);
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
uint32_t smb_do_lock(struct smb_request *rq);
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
/* smb_body() of a request about an open file; id: where body has it. */
uint32_t smb_body_of_open(struct smb_request *rq, void *body, struct smb2_file_id *id,
                          struct smb_open **open_out);
struct smb_open *smb_open_by_id(struct smb_session *ss, uint64_t id);
struct smb_open *smb_open_new(struct smb_request *rq);
void smb_open_free(struct smb_open *o);
/* As it is now. */
void smb_open_facts(const struct smb_open *o, struct smb2_file_facts *out);
void smb_tree_facts(const struct plat_tree_facts *in, const struct smb_record *record,
                    struct smb2_file_facts *out);
/* Did the request pay for so many bytes ([MS-SMB2] 3.3.5.2.5)? */
bool smb_paid(const struct smb_request *rq, uint64_t bytes);

/* smb_place.c: where a path leads. */
struct smb_place {
    int folder, fd;                    /* -1: of the root; of what is not there */
    char name[PLAT_TREE_NAME_MAX + 1]; /* as it is stored, or as it was asked for */
    const char *path;                  /* to it, as struct smb_node has it */
    unsigned depth;                    /* components of it */
    struct plat_tree_facts facts;
    struct smb_record record; /* with a descriptor, at all events */
    struct span folder_sd;
};
/* A path within the share, UTF-16LE. NT_OK also when all but the last component is there.
 * smb_place_close what is found. */
uint32_t smb_place_find(struct smb_request *rq, struct span path, struct smb_place *out);
/* Where something that is open is now; NT_OBJECT_NAME_NOT_FOUND: elsewhere. */
uint32_t smb_place_of(struct smb_request *rq, const struct smb_node *node, struct smb_place *out);
void smb_place_close(struct smb_place *p);
/* Folders that are always there. */
bool smb_place_fixed(const struct smb_server *sv, const char *path);
/* Its path as clients of the share see it: UTF-16LE, without a leading separator. */
enum err smb_place_name(const struct smb_tree *t, const char *path, struct arena *a,
                        struct span *out);
/* Any path of this service, or a part of one, as clients write it: UTF-16LE, with '\\'. */
enum err smb_path_to_client(struct span path, struct arena *a, struct span *out);
/* What an error of plat/tree.h is to a client. */
uint32_t smb_file_status(enum err e);

/* smb_node.c. May who has these rights keep others from a file? As on Windows' domain controllers,
 * who may only read must not: group policy would not reach anybody any more. Windows lets such a
 * one still deny writing and deleting, here nothing. */
bool smb_may_exclude(uint32_t rights);
struct smb_node *smb_node_find(struct smb_server *sv, const struct plat_tree_facts *facts);
/* Makes the node if there is none. takes: rights that the open uses at once and does not keep, as
 * one that overwrites does; others must let them, too. NT_DELETE_PENDING, NT_SHARING_VIOLATION,
 * NT_INSUFFICIENT_RESOURCES. */
uint32_t smb_node_join(struct smb_server *sv, struct smb_open *o, uint32_t takes, const char *path);
/* Removes the file if it is to go and this was the last. */
void smb_node_leave(struct smb_open *o);
/* Does this open folder take something new? NT_DELETE_PENDING: it is to go; when something is moved
 * there, NT_SHARING_VIOLATION: somebody may delete it ([MS-FSA] 2.1.5.15.11). */
uint32_t smb_node_takes(struct smb_server *sv, int folder, bool moved);
/* Is something open in this folder, or below? */
bool smb_node_below(const struct smb_server *sv, const char *path);

/* smb_space.c. NT_OK, or NT_DISK_FULL with its event. */
uint32_t smb_space_take(struct smb_request *rq, uint64_t files, uint64_t bytes);

/* smb_pipe.c */
uint32_t smb_pipe_open(struct smb_request *rq, struct span name, struct smb_open *o);
uint32_t smb_pipe_read(struct smb_request *rq, struct smb_open *o, uint32_t max);
uint32_t smb_pipe_write(struct smb_open *o, struct span bytes);
uint32_t smb_pipe_transceive(struct smb_request *rq, struct smb_open *o,
                             const struct smb2_ioctl_request *q);

/* smb_file.c */
uint32_t smb_file_open(struct smb_request *rq, const struct smb2_create_request *q,
                       struct smb_open *o, uint32_t *action_out);
/* A refusal for want of rights. */
uint32_t smb_file_denied(struct smb_request *rq, const char *event, const char *path);
/* It happened, and is told. */
void smb_file_event(struct smb_request *rq, const char *event, const char *path);

/* smb_change.c, smb_rename.c, smb_security.c */
uint32_t smb_file_write(struct smb_request *rq, struct smb_open *o,
                        const struct smb2_write_request *q);
uint32_t smb_file_set(struct smb_request *rq, struct smb_open *o, unsigned level, struct span data);
/* May it go with its last open? */
uint32_t smb_file_dooms(struct smb_request *rq, const struct smb_open *o);
uint32_t smb_file_rename(struct smb_request *rq, struct smb_open *o, struct span data);
/* May the caller make something belong to whom the descriptor says? */
bool smb_may_own(const struct smb_request *rq, struct span sd);
uint32_t smb_security_get(struct smb_request *rq, struct smb_open *o, uint32_t parts,
                          struct span *out);
uint32_t smb_security_set(struct smb_request *rq, struct smb_open *o, uint32_t parts,
                          struct span sd);

/* smb_flush.c. Answers with what was written, or nothing, when it is on the disk: NT_PENDING, or at
 * once. */
uint32_t smb_flush(struct smb_request *rq, const struct smb_open *o,
                   const struct smb2_write_response *written);
/* Nobody is answered any more. */
void smb_flush_forget(const struct smb_conn *c);

/* smb_notify.c. Something has happened to what is, or was, at this path. action and what as in
 * wire/smb2/smb2_info.h. */
void smb_notify(struct smb_server *sv, const char *path, uint32_t action, uint32_t what);
/* Answers those who wait for what has happened. Between frames. */
void smb_notify_send(struct smb_server *sv);
/* The folder is to go: those who wait hear that. */
void smb_notify_doomed(const struct smb_node *n);
void smb_watch_free(struct smb_server *sv, struct smb_watch *w);

/* smb_lock.c. Is this range kept from the open by locks? */
bool smb_lock_blocks(const struct smb_open *o, uint64_t offset, uint64_t length, bool write);
/* Its locks go, and what waits for them goes on. */
void smb_lock_leave(struct smb_open *o);

/* smb_directory.c */
void smb_listing_free(struct smb_listing *l);

/* smb_dfs.c */
uint32_t smb_dfs_referrals(struct smb_request *rq, struct span in, size_t max, struct span *out);

#endif
