/*
 * The service's processes. The parent (root) binds ports, makes children and restarts them, hands
 * them descriptors and keys, and parses nothing but typed messages of control. A child is this
 * program again, with `--child`; it begins with clean memory, gets its configuration as the first
 * message, gives up its rights and serves one role.
 *
 * Messages between parent and child are below; a link is a channel between two children that the
 * parent makes and makes again when either of them was restarted.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <jansson.h>

#include "control/control_pools.h"
#include "control/control_spec.h"
#include "control/control_topics.h"
#include "directory/directory.h"
#include "plat/address.h"
#include "plat/channel.h"
#include "plat/eventlog.h"
#include "plat/loop.h"
#include "serve/serve_collectors.h"

enum serve_role {
    ROLE_CONTROL,
    ROLE_WRITER,
    ROLE_DNS,
    ROLE_KDC,
    ROLE_KPASSWD,
    ROLE_LDAP,
    ROLE_RPC,
    ROLE_PEER,
    ROLE_NOTIFY,
    ROLE_FILES,
    ROLE__COUNT
};

#define SERVE_PORTS_MAX 6
/* The name of the descriptor of a log whose lines are text; else it is "log". */
#define SERVE_LOG_TEXT "log-text"

struct serve_port {
    uint16_t number;
    bool udp;
};

struct serve_child;

/* What a role is: its ports, what it may know and do, and its code. */
struct serve_role_row {
    const char *name;
    unsigned secrets; /* bit set of enum dir_secret_store */
    unsigned calls;   /* enum plat_calls */
    bool per_dc;      /* one for each domain controller, else one a directory (control, the
                         notifier and files: one) */
    bool writes;      /* gets a link to the writer */
    bool system;      /* that link carries INTENT_SYSTEM */
    bool audited;     /* its events are about security: who logged on, what was changed */
    struct serve_port ports[SERVE_PORTS_MAX]; /* ends at number 0 */
    /* Opens what the role needs and begins to serve on child->loop. ERR with a sentence in
     * *why_out. */
    enum err (*begin)(struct serve_child *child, const char **why_out);
    /* Optional. What the parent tells without a descriptor. */
    void (*told)(struct serve_child *child, uint32_t type, struct span payload);
    /* Optional. A link that only this role has. */
    void (*linked)(struct serve_child *child, uint32_t type, struct span payload, int fd);
};
const struct serve_role_row *serve_role(enum serve_role role);
/* ROLE__COUNT when there is none. */
enum serve_role serve_role_by_name(struct span name);

/* Parent to child. */
enum serve_message {
    SERVE_CONFIGURE = 1, /* call; struct serve_setup; reply: struct control_outcome */
    SERVE_LINK_WRITER,   /* descriptor: a channel to the writer */
    SERVE_LINK_CLIENT,   /* to the writer; descriptor; payload: one byte, the client's role */
    SERVE_LINK_CONTROL,  /* to the peer; descriptor: control asks (trust/trust_ask.h) */
    SERVE_LINK_RPC,      /* to the peer; descriptor: the RPC process of its DC asks */
    SERVE_LINK_NOTIFY,   /* to the notifier; descriptor: control asks (CONTROL_NOTIFY) */
    SERVE_LINK_FILES, /* to the process of that name; descriptor: control asks (CONTROL_FILE_OPEN)
                       */
    SERVE_LINK_PEER,  /* to the RPC process; descriptor: the other end */
    SERVE_AUDIT,      /* descriptor: security events go there, too; none: no more; payload:
                         empty, or as which messages of syslog */
    SERVE_RELAY,      /* to the notifier; descriptor: security events come from there; payload:
                         the URL of the collector that they are for */
    SERVE_RENEW,      /* to the writer: look at the certificates */
    SERVE_PING,       /* call; the reply is empty: its loop turns */
};

#define SERVE_AUDIT_SYSLOG "syslog" /* RFC 5424 */
#define SERVE_AUDIT_LOCAL  "local"  /* as syslog(3) */

/* SERVE_CONFIGURE's payload. */
struct serve_setup {
    uint8_t role;
    uint32_t uid, gid;
    uint8_t dc;                 /* index into spec.dc */
    struct span path;           /* the directory's folder */
    struct span volatile_path;  /* the directory's table; control: the folder of all */
    struct dir_keyring keyring; /* what the role may know */
    struct control_spec spec;   /* control has none: an empty id */
    struct span state_path;     /* control only, and so are: */
    struct control_pools pools;
    struct control_topics topics; /* the notifier has them, too */
    struct span
        authorities; /* the notifier only: file of those that it believes; empty: the system's */
    struct span api_identity; /* PEM: certificates, key; empty: no TLS. Wiped with the setup */
};
#define SERVE_SETUP_MAX (256u << 10)
enum err serve_setup_encode(const struct serve_setup *in, struct arena *a, struct span *out);
enum err serve_setup_decode(struct span bytes, struct serve_setup *out);

/* A child, in its own process. */
struct serve_child {
    enum serve_role role;
    struct plat_loop *loop;
    struct plat_channel *parent;
    struct plat_channel *writer; /* NULL while there is no link */
    struct plat_eventlog *log;
    struct plat_eventlog *audit; /* the same events once more; NULL: not wanted */
    struct event_sink sink;      /* both */
    const struct event_sink *events;
    struct dir *dir;
    struct arena memory; /* of setup: lives as long as the process; wipes */
    struct serve_setup setup;
    void *state; /* the role's own */
};
/* The main function of a child. */
int serve_child_main(const char *role);
/* The descriptors of a port that the parent bound, one for each address of the DC: index 0, 1, ...;
 * -1. */
int serve_child_socket(uint16_t port, bool udp, unsigned index);
const struct control_dc *serve_child_dc(const struct serve_child *child);
/* The site that it is in. */
struct span serve_child_site(const struct serve_child *child);
/* Asks the writer and waits at most timeout; ERR_CLOSED without a link. ctx is the struct
 * serve_child: fits kdc_env.intent. */
struct intent;
struct intent_reply;
#define SERVE_INTENT_TIMEOUT (2 * UTIME_SECOND)
enum err serve_intent(void *ctx, const struct intent *in, struct arena *a,
                      struct intent_reply *out);

/* The domain controller's certificate and key, made when there is none, or made anew when it is one
 * of ours that ends soon. Before the system call filter is loaded; may wait for another worker that
 * is making it. */
struct tls_config;
enum err serve_tls(struct serve_child *child, struct tls_config **out);

/* serve_renewal.c: what becomes of certificates while the service runs. */
/* The LDAP process: a certificate that takes the place of the one in use is given to use.
 * ERR_NOMEM.
 */
enum err serve_renewal_watch(struct serve_child *child,
                             void (*use)(void *ctx, struct tls_config *tls), void *ctx);
/* The writer: those of the directory's own authority that end soon are made anew, of others it is
 * told. ERR_NOMEM. */
enum err serve_renewal_begin(struct serve_child *child);
/* SERVE_RENEW: now. */
void serve_told_writer(struct serve_child *child, uint32_t type, struct span payload);

/* A certificate and its key in the files PREFIX.pem and PREFIX.key. ERR_NOT_FOUND. */
struct x509_identity;
enum err serve_identity_load(const char *prefix, struct arena *a, struct x509_identity *out);
/* It ends within 60 days. */
bool serve_identity_ends(const struct x509_identity *id, utime now);
/* A server's, of this authority, for so long as clients accept. */
struct x509_names;
enum err serve_identity_make(const struct x509_identity *ca, const struct x509_names *names,
                             utime now, struct arena *a, struct x509_identity *out);
/* Who looks at a directory's certificates to make some excludes others meanwhile. *fd_out is to be
 * closed. ERR_BUSY. */
enum err serve_identity_lock(struct span folder, struct arena *a, int *fd_out);
enum err serve_identity_store(const char *prefix, const struct x509_identity *id, struct arena *a);
/* The authority that is kept there, made when there is none. */
enum err serve_authority(const char *prefix, const char *common_name, utime now, struct arena *a,
                         struct x509_identity *out);

/* The roles' code. */
enum err serve_begin_control(struct serve_child *child, const char **why_out);
enum err serve_begin_writer(struct serve_child *child, const char **why_out);
enum err serve_begin_dns(struct serve_child *child, const char **why_out);
enum err serve_begin_kdc(struct serve_child *child, const char **why_out);
enum err serve_begin_kpasswd(struct serve_child *child, const char **why_out);
enum err serve_begin_ldap(struct serve_child *child, const char **why_out);
enum err serve_begin_rpc(struct serve_child *child, const char **why_out);
enum err serve_begin_notify(struct serve_child *child, const char **why_out);
enum err serve_begin_files(struct serve_child *child, const char **why_out);
enum err serve_begin_peer(struct serve_child *child, const char **why_out);
void serve_linked_writer(struct serve_child *child, uint32_t type, struct span payload, int fd);
void serve_told_control(struct serve_child *child, uint32_t type, struct span payload);
void serve_linked_control(struct serve_child *child, uint32_t type, struct span payload, int fd);
void serve_linked_rpc(struct serve_child *child, uint32_t type, struct span payload, int fd);
void serve_linked_notify(struct serve_child *child, uint32_t type, struct span payload, int fd);
void serve_linked_files(struct serve_child *child, uint32_t type, struct span payload, int fd);
void serve_linked_peer(struct serve_child *child, uint32_t type, struct span payload, int fd);

/* --- the parent --- */

struct serve_config {
    char state_dir[512];      /* /var/lib/entente */
    char run_dir[512];        /* /run/entente */
    char user[64];            /* entente */
    char log[512];            /* "-": standard error */
    char log_format[8];       /* "json" or "text": each line of log */
    char log_groups[512];     /* folder of log groups; "": there are none */
    char api[PLAT_ADDR_TEXT]; /* where the AWS API listens; "": nowhere */
    char api_name[256];       /* what clients call it, beside its address and the machine's name */
    char api_certificate[512], api_key[512]; /* the operator's; "": one of the service's own */
    char metrics[PLAT_ADDR_TEXT]; /* where metrics are asked for; "": on the control socket only */
    unsigned kdc_workers, ldap_workers, dns_workers;
    struct control_pools pools;   /* "subnet-NAME = ..."; none: the default ones */
    struct control_topics topics; /* "topic-NAME = ..." */
    char topic_authorities[512];  /* PEM: whom topics' certificates lead to; "": the system's */
    struct serve_collectors collectors; /* "log-group-NAME = ..." */
};
void serve_config_default(struct serve_config *out);
bool serve_log_is_text(const struct serve_config *config);
/* Lines "name = value"; '#' begins a comment. ERR_RANGE with a sentence in why: the line, what was
 * expected. */
enum err serve_config_parse(struct span text, struct serve_config *config, struct arena *a,
                            const char **why_out);
/* One setting, from the file or the command line. */
enum err serve_config_set(struct serve_config *config, struct span name, struct span value,
                          struct arena *a, const char **why_out);
/* Where a good api setting says: its address, and whether with TLS. */
void serve_config_api(const struct serve_config *config, struct plat_addr *at_out, bool *tls_out);
/* What settings say only together, files that they name included. ERR_RANGE with a sentence. */
enum err serve_config_check(const struct serve_config *config, struct arena *a,
                            const char **why_out);
/* Every setting as it is in effect, by its name (a new reference). */
json_t *serve_config_json(const struct serve_config *config);
int serve_parent_main(const struct serve_config *config);
/* Makes config's state directory of a backup and its key file; nothing runs. ERR with a sentence,
 * and nothing is there. */
enum err serve_restore(const struct serve_config *config, const char *backup, const char *key_file,
                       struct arena *a, const char **why_out);

#endif
