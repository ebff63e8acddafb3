/*
 * Inside the parent: its directories and their children.
 */
#ifndef SERVE_SERVE_PARENT_H
#define SERVE_SERVE_PARENT_H

#include "plat/process.h"
#include "serve/serve.h"
#include "serve/serve_masters.h"

#define SERVE_GRACE           (2 * UTIME_SECOND)
#define SERVE_DIRECTORIES_MAX 256
/* A process that does not answer for so long is ended and started again. */
#define SERVE_PING_PERIOD  (5 * UTIME_SECOND)
#define SERVE_PING_TIMEOUT (20 * UTIME_SECOND)
/* Children of one directory: its writer, and for each DC dns, kdc, kpasswd, ldap, peer with
 * workers. */
#define SERVE_PROCESSES_MAX CONTROL_PROCESSES_MAX

struct serve_parent;
struct serve_directory;

struct serve_process {
    struct serve_parent *parent;
    struct serve_directory *directory; /* NULL: control, notify */
    enum serve_role role;
    unsigned dc, worker;
    char name[PLAT_CHILD_NAME_MAX + 1];
    struct plat_child *child;
    struct plat_channel *channel;
    struct plat_call configuring, pinging;
    bool pinged;     /* its answer is awaited */
    int other_end;   /* the child's end of channel, until it was started; -1 */
    int counters_fd; /* of its file below the run folder; -1 */
    bool ready;
    unsigned starts;
};

struct serve_socket {
    unsigned dc;
    uint16_t port;
    bool udp;
    unsigned index; /* of the DC's address */
    int fd;
};

#define SERVE_SOCKETS_MAX (CONTROL_DCS_MAX * CONTROL_DC_ADDRESSES_MAX * 16 * 4)

struct serve_directory {
    struct serve_parent *parent;
    struct serve_directory *next;
    struct arena memory;      /* of spec; wipes */
    struct control_spec spec; /* without the password once the writer is ready */
    char path[768], volatile_path[768];
    unsigned process_count;
    struct serve_process *process[SERVE_PROCESSES_MAX];
    unsigned socket_count;
    struct serve_socket socket[SERVE_SOCKETS_MAX];
    uint32_t start_seq; /* control's call that waits; 0: none */
    uint32_t dc_seq;    /* the same of one domain controller */
    unsigned dc_starting;
    bool again; /* it ran before: the writer's end is no failure of its beginning */
    char log_group[CONTROL_LOG_GROUP_MAX + 1]; /* empty: none */
    int audit_fd;                              /* its file, or the end of a pair; -1: not open */
    int relay_fd;                   /* the pair's other end, the notifier's; -1: it is a file */
    bool down[CONTROL_DCS_MAX + 1]; /* as control was told; the last is the writer's */
};

struct serve_parent {
    const struct serve_config *config;
    struct plat_loop *loop;
    struct plat_supervisor *supervisor;
    struct plat_eventlog *log;
    int log_fd, control_fd, state_lock_fd, run_lock_fd;
    int metrics_fd; /* -1: asked for on the control socket only */
    int api_fd;     /* -1: the AWS API is not served */
    struct arena api_memory;
    struct span api_identity; /* in it: PEM, certificates and key; empty: no TLS */
    utime api_until;          /* when the certificate ends */
    struct plat_timer *api_timer;
    uid_t uid;
    gid_t gid;
    struct serve_masters *masters;
    struct serve_process *control;
    struct serve_process *notify; /* NULL: there are no topics and no collectors */
    struct serve_process *files;
    struct serve_directory *directories;
    struct plat_timer *pinger;
    struct arena scratch; /* reset after each use */
    bool stopping;
};

/* --- serve_process.c --- */

/* A child of this role, not started. NULL without memory. */
struct serve_process *serve_process_new(struct serve_parent *p, struct serve_directory *d,
                                        enum serve_role role, unsigned dc, unsigned worker);
void serve_process_free(struct serve_process *process);
extern const struct plat_supervisor_ops serve_supervisor_ops;
/* Called when a child has taken its configuration, or refused it. */
void serve_process_configured(struct serve_process *process, const struct control_outcome *outcome);

/* --- serve_directory.c --- */

/* Binds, makes the writer and starts it; the rest follows when it is ready. The outcome goes to
 * control's call seq. */
void serve_directory_start(struct serve_parent *p, struct span payload, uint32_t seq);
void serve_directory_stop(struct serve_parent *p, struct span id, uint32_t seq);
void serve_directory_status(struct serve_parent *p, struct span id, uint32_t seq);
void serve_directory_ready(struct serve_directory *d, struct serve_process *process);
void serve_directory_failed(struct serve_directory *d, const struct control_outcome *outcome);
/* Gives a process that is ready its channels to others that are. */
void serve_directory_link(struct serve_directory *d, struct serve_process *process);
void serve_directory_free(struct serve_directory *d);
/* The channels of control, the notifier and files, as far as the process has to do with them; and
 * what the notifier has to read. */
void serve_service_link(struct serve_parent *p, const struct serve_process *process);

/* Processes of a domain controller, made and started. */
enum err serve_directory_add_dc(struct serve_directory *d, unsigned dc);
struct serve_directory *serve_directory_by_id(struct serve_parent *p, struct span id);

/* --- serve_dc.c: domain controllers of a directory that runs --- */

void serve_dc_start(struct serve_parent *p, struct span payload, uint32_t seq);
void serve_dc_stop(struct serve_parent *p, struct span payload, uint32_t seq);
/* CONTROL_RESTART. */
void serve_dc_restart(struct serve_parent *p, struct span payload, uint32_t seq);
/* The one that starts has all its processes, or one of them could not begin. */
void serve_dc_ready(struct serve_directory *d);
void serve_dc_failed(struct serve_directory *d, const struct control_outcome *outcome);
bool serve_dc_is_starting(const struct serve_directory *d, const struct serve_process *process);

/* --- serve_audit.c --- */

/* CONTROL_LOG. */
void serve_audit_set(struct serve_parent *p, struct span payload, uint32_t seq);
/* Gives a process that is ready the file. */
void serve_audit_give(struct serve_directory *d, struct serve_process *process);
/* Gives the notifier, when it is ready, the other end of a group that is a collector. */
void serve_audit_relay(const struct serve_directory *d);
void serve_audit_close(struct serve_directory *d);
/* A file that is full or was moved is begun anew, a group that was away is looked for again. */
void serve_audit_look(struct serve_directory *d);

/* --- serve_watch.c --- */

/* Asks every process now and then whether it still turns. */
enum err serve_watch_begin(struct serve_parent *p);
/* Tells control what changed of a domain controller's or the writer's processes; all: everything
 * that is down, to a control that has just begun. */
void serve_watch_tell(struct serve_directory *d, bool all);

/* --- serve_bind.c --- */

/* Binds every port of every DC. ERR with a sentence that names address, port and remedy. */
enum err serve_bind(struct serve_directory *d, struct arena *a, const char **why_out);
enum err serve_bind_dc(struct serve_directory *d, unsigned dc, struct arena *a,
                       const char **why_out);
void serve_unbind(struct serve_directory *d);
void serve_unbind_dc(struct serve_directory *d, unsigned dc);
unsigned serve_workers(const struct serve_directory *d, enum serve_role role);
/* Gives a child its sockets. Each worker of a role has sockets of its own: SO_REUSEPORT spreads. */
void serve_give_sockets(struct serve_process *process);

/* --- serve_api.c: where the AWS API listens, and its certificate --- */

void serve_api_begin(struct serve_parent *p);
/* The operator's certificate is read again, one of our own made anew; control is told. */
void serve_api_renew(struct serve_parent *p);
void serve_api_end(struct serve_parent *p);

/* --- serve_parent.c --- */

/* A socket for what the setting says; ends the service when it cannot be had. */
int serve_listen(const char *setting, const struct plat_addr *at);

void serve_answer_control(struct serve_parent *p, uint32_t seq, enum err err, const char *text);
void serve_log(struct serve_parent *p, const char *event, struct span subject, const char *text);

#endif
