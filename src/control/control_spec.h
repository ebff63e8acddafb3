/*
 * What control tells serve: which directories are to run, with which domain controllers, and what
 * serve tells back. Messages over the channel between the two; payloads are encoded here and
 * decoded here only.
 */
#ifndef CONTROL_CONTROL_SPEC_H
#define CONTROL_CONTROL_SPEC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#define CONTROL_DCS_MAX          8
#define CONTROL_DC_ADDRESSES_MAX 4
#define CONTROL_ID_MAX           32
#define CONTROL_SPEC_MAX         (64u << 10)

/* Calls from control to serve. */
enum control_message {
    CONTROL_START = 1, /* struct control_spec; reply: struct control_outcome, when all have bound */
    CONTROL_STOP,      /* the id; reply: struct control_outcome, when all have ended */
    CONTROL_NEW_KEY,   /* a new key file; empty; reply: struct control_outcome */
    CONTROL_STATUS,    /* the id; reply: struct control_status */
    /* struct control_spec of the id and one domain controller, which is started beside the others,
     * or ended; reply: struct control_outcome. */
    CONTROL_DC_START,
    CONTROL_DC_STOP,
    /* struct control_spec: all processes of a directory that runs end, and those of the given
     * domain controllers are started again, behind a new writer; reply as CONTROL_START.
     * ERR_NOT_FOUND: it does not run. */
    CONTROL_RESTART,
    /* struct control_log: from now on the directory's security events go to this log group, too;
     * reply: struct control_outcome. ERR_NOT_FOUND: there is no such group. */
    CONTROL_LOG,
};
/* What serve tells without being asked: struct control_health; the certificate and key of the AWS
 * API, as control_env.api_identity. */
enum control_news { CONTROL_HEALTH = 32, CONTROL_CERTIFICATE };
/* Links that serve gives to control, each with a descriptor: CONTROL_LINK_WRITER's payload is the
 * id, of CONTROL_LINK_PEER it is ID/HOST, of the domain controller whose peer it is. A new link
 * replaces the old one. */
enum control_link {
    CONTROL_LINK_WRITER = 16,
    CONTROL_LINK_PEER,
    CONTROL_LINK_NOTIFY, /* of the process that calls topics; no payload */
    CONTROL_LINK_FILES,  /* of the process that opens what a request names; no payload */
};
/* A call over that link: struct control_notice; reply: struct control_outcome. */
#define CONTROL_NOTIFY 1
/* Calls over the other: struct control_copy; reply: struct control_outcome, ERR_LIMIT: the disk is
 * full. The path is opened to be read, and comes with the reply; or what the id names of the state
 * directory is copied there, when the other end has all the time that it needs. */
#define CONTROL_FILE_OPEN 1
#define CONTROL_FILE_COPY 2

struct control_dc {
    struct span host; /* first label */
    unsigned address_count;
    struct span address[CONTROL_DC_ADDRESSES_MAX];
    /* Where serve adds the addresses while it needs them; empty: they are there. */
    struct span interface;
    unsigned prefix;
    struct span site; /* empty: the directory's */
};

struct control_spec {
    struct span id; /* names the folder: "d-" and hexadecimal digits */
    struct span dns_name, flat_name, site;
    bool managed; /* the password is that of Admin: directory/provision.h */
    unsigned dc_count;
    struct control_dc dc[CONTROL_DCS_MAX];
    struct span admin_password; /* at the first start only */
};

struct control_outcome {
    enum err err;
    struct span text; /* what was refused, and the remedy */
};

#define CONTROL_PROCESSES_MAX 128
struct control_process {
    struct span name; /* "kdc d-12/dc1" */
    uint32_t pid;     /* 0: not running */
    uint32_t restarts;
    bool ready;
};
struct control_status {
    unsigned count;
    struct control_process *process;
};

struct control_log {
    struct span id;
    struct span group; /* empty: to none any more */
};
#define CONTROL_LOG_GROUP_MAX 512

/* What a topic is told. */
struct control_notice {
    struct span topic;
    struct span body; /* JSON */
};

struct control_copy {
    struct span id; /* a directory's data; empty: all files of the service but those */
    struct span path;
};

/* All processes of a domain controller run, or one does not. */
struct control_health {
    struct span id, host; /* host empty: of the directory's writer */
    bool up;
    struct span text; /* which process */
};

/* "d-" and hexadecimal digits: nothing that leads elsewhere as the name of a folder. */
bool control_id_ok(struct span id);

/* Texts of what is decoded are views into the bytes. ERR_MALFORMED, ERR_LIMIT. */
enum err control_spec_encode(const struct control_spec *in, struct arena *a, struct span *out);
enum err control_spec_decode(struct span bytes, struct control_spec *out);
enum err control_outcome_encode(const struct control_outcome *in, struct arena *a,
                                struct span *out);
enum err control_outcome_decode(struct span bytes, struct control_outcome *out);
enum err control_status_encode(const struct control_status *in, struct arena *a, struct span *out);
enum err control_status_decode(struct span bytes, struct arena *a, struct control_status *out);

enum err control_notice_encode(const struct control_notice *in, struct arena *a, struct span *out);
enum err control_notice_decode(struct span bytes, struct control_notice *out);
enum err control_log_encode(const struct control_log *in, struct arena *a, struct span *out);
enum err control_log_decode(struct span bytes, struct control_log *out);
enum err control_copy_encode(const struct control_copy *in, struct arena *a, struct span *out);
enum err control_copy_decode(struct span bytes, struct control_copy *out);
enum err control_health_encode(const struct control_health *in, struct arena *a, struct span *out);
enum err control_health_decode(struct span bytes, struct control_health *out);

#endif
