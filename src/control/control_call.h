/*
 * Inside control: one request of an administrator, and the directories it may be about.
 */
#ifndef CONTROL_CONTROL_CALL_H
#define CONTROL_CONTROL_CALL_H

#include <jansson.h>

#include "base/reasons.h"
#include "control/control.h"
#include "control/control_spec.h"
#include "directory/account.h"
#include "directory/intent.h"
#include "operation/operation.h"
#include "trust/trust_ask.h"
#include "trust/trust_report.h"

#define CONTROL_DIRECTORIES_MAX 256
#define CONTROL_KEYS_MAX        256
#define CONTROL_ACCOUNT_DEFAULT "000000000000"
/* Records of domain controllers in one directory: those that run and those that are going. */
#define CONTROL_DCS_KNOWN (2 * CONTROL_DCS_MAX)
#define CONTROL_MEMORY    (64u << 20)

/* The peer process of a domain controller. */
struct control_peer {
    char host[64];
    struct plat_channel *channel; /* NULL: the place is free */
};

/* States of a directory and of a trust have the API's names. */
struct control_directory {
    struct control_directory *next;
    json_t *record;              /* id, name, short_name, site, state, state_reason, dcs, trusts */
    struct plat_channel *writer; /* NULL: no link */
    struct control_peer peer[CONTROL_DCS_MAX];
    struct dir *dir;  /* NULL: not open */
    json_t *making;   /* what a request changes now: a partner's trust, a forwarder, IP routes */
    unsigned checks;  /* of trusts that go on now and nobody asked for */
    json_t *checking; /* partners whose trust is proved now without anybody asking */
    int64_t heard;    /* when any partner was heard, as last looked at (directory/volatile.h) */
    unsigned users;   /* requests that point here: it lives until they have ended */
    bool removed;     /* not in the list any more */
    bool started;     /* serve was asked to start it */
    utime start_due;  /* it could not, and is asked again then (plat_mono); 0 */
    unsigned start_failures;
    bool changing; /* a task adds or takes away a domain controller */
    bool writer_down;
    bool copying;        /* a task makes or removes snapshots */
    struct dir *retired; /* the file before a restore; closed when no request is left */
};

struct control {
    struct control_env env;
    struct control_directory *directories;
    json_t *keys;              /* access keys of the AWS API: {"id","account","created","sealed"} */
    struct aws_tokens *tokens; /* of requests to the AWS API */
    struct plat_channel *notifier, *files; /* NULL: no link */
    struct control_notices *notices;       /* that topics have not been told yet; NULL: none ever */
    struct control_http *local, *metrics, *api;
    bool own_authority;         /* signed the certificate of api (control_authority.c) */
    struct plat_timer *starter; /* starts the directories after a restart */
    struct plat_timer *watch;   /* proves trusts again */
    bool backing_up;            /* one request at a time */
    unsigned checks;            /* that go on now and nobody asked for */
    utime look_due;             /* of watch, at all that there is (plat_mono) */
    unsigned looks;             /* of these, so far */
};

struct control_call {
    struct control *control;
    const struct operation *op;
    const json_t *args;
    struct arena *a;
    struct control_directory *directory; /* control_hold: of DIRECTORY_ARG, or the only one */
    struct dir_snap snap;                /* of directory; ended by whoever made the call */
    bool has_snap;
    const struct dir_token *as; /* with whose rights accounts are changed; NULL: the service's */
    /* The answer. */
    json_t *result; /* owned */
    const char *verdict;
    unsigned status; /* of a refusal; HTTP */
    const char *code;
    const char *message; /* in the arena */
    enum reason reason;
};

typedef enum err (*control_handler)(struct control_call *call);

/* --- control_call.c --- */

/* Runs one operation: checks the arguments, finds the directory, calls the handler. Always gives a
 * body. */
/* The same in pieces, for who has another form of answer: the call is filled in by the caller, a
 * refusal is in it. control_done lets go of what it holds. */
enum err control_do(struct control_call *call);
void control_done(struct control_call *call);
json_t *control_run(struct control *c, const struct operation *op, const json_t *args,
                    struct arena *a, unsigned *status_out);
/* Refusals: ERR_REFUSED. */
enum err control_refuse(struct control_call *call, unsigned status, const char *code,
                        enum reason reason, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Arguments; absent: the empty span, false, NULL. */
struct span control_arg(const struct control_call *call, const char *member);
bool control_flag(const struct control_call *call, const char *member);
const json_t *control_list(const struct control_call *call, const char *member);

/* Makes this the call's directory, which stays in memory until the call has ended. */
void control_hold(struct control_call *call, struct control_directory *d);
void control_release(struct control_directory *d);
/* Asks the directory's writer, as the service itself or as call->as; refuses when it refused.
 * Waits, without a snapshot: what was found in the one before has to be found again. */
enum err control_intent(struct control_call *call, struct intent *in, struct intent_reply *out);
/* A snapshot for reading, begun once a call. */
enum err control_read(struct control_call *call);
/* Ends it: what was written since shows in the next. */
void control_read_end(struct control_call *call);

/* --- control_objects.c --- */

/* What has this sAMAccountName, FLAT\name, name@domain or SID and is what the noun says: "group",
 * "computer", any other an account, NULL an account or group. Refuses when there is none. */
enum err control_find(struct control_call *call, struct span name, const char *noun,
                      struct dir_obj *out);
enum err control_dn_of(struct control_call *call, dir_id id, struct span *out);
/* DN of a new object: the container's well-known default. */
enum err control_new_dn(struct control_call *call, const char *container, struct span cn,
                        struct span *out);
/* All objects that match an RFC 4515 filter, each through fill into one JSON object of a list. */
typedef enum err (*control_fill)(struct control_call *call, const struct dir_obj *o, json_t *into);
enum err control_list_objects(struct control_call *call, const char *filter, control_fill fill);
/* Sets a member from a stored text attribute, when it is there. */
void control_set_text(json_t *into, const char *member, const struct dir_obj *o, uint32_t attr);
void control_set_span(json_t *into, const char *member, struct span text);
void control_set_sid(json_t *into, const char *member, const struct dir_obj *o);

/* Modifications of one intent; value lists live in the arena. */
struct control_mods {
    struct control_call *call;
    struct intent_mod mod[16];
    unsigned count;
};
void control_mod(struct control_mods *m, enum intent_mod_op op, const char *attr,
                 struct span value);
void control_mod_list(struct control_mods *m, enum intent_mod_op op, const char *attr,
                      const json_t *list);
/* unicodePwd as LDAP takes it: UTF-16LE in quotes. */
enum err control_quoted_password(struct control_call *call, struct span password, struct span *out);

/* --- control_state.c --- */

enum err control_load(struct control *c, const char **why_out);
/* Writes control.json. */
enum err control_save(struct control *c);
/* The same for a call, which is refused when it cannot be done. */
enum err control_keep(struct control_call *call);
/* What became of writing a file of the state directory: the call is refused unless e is ERR_OK.
 * errno is that of the write. */
enum err control_kept(struct control_call *call, enum err e, const char *file);
struct control_directory *control_directory_named(struct control *c, struct span name);
struct control_directory *control_directory_by_id(struct control *c, struct span id);
struct control_directory *control_directory_add(struct control *c, json_t *record);
/* Takes it out of the list and closes its links; requests that wait on them are answered. */
void control_directory_remove(struct control *c, struct control_directory *d);
/* An address that is not there yet, a port that somebody else has for a while: the directory comes
 * back without anybody who asks for it. Until then it is Impaired for this reason. */
void control_start_again(struct control *c, struct control_directory *d, const char *why);
void control_directory_state(struct control *c, struct control_directory *d, const char *state,
                             const char *reason);
/* Asks serve to start it; password at its first start. outcome's text is in the arena. */
enum err control_start(struct control *c, struct control_directory *d, struct span password,
                       struct arena *a, struct control_outcome *out);
/* The same where it runs already: its processes are started again. */
enum err control_restart(struct control *c, struct control_directory *d, struct arena *a,
                         struct control_outcome *out);
/* A domain controller's part of what serve is told; its texts are the record's. */
void control_dc_spec(const json_t *dc, struct control_dc *out);
/* Opens the directory for reading, without any key. ERR_BUSY while it goes back to a snapshot. */
enum err control_open(struct control *c, struct control_directory *d);
/* The entry of a trust's state in the record, made when create is set (control_trust_state.c). */
json_t *control_trust_state(struct control_directory *d, struct span partner, bool create);

/* --- control_logs.c --- */

/* Tells serve the log group of the directory's record, when there is one. */
void control_log_tell(struct control *c, struct control_directory *d, struct arena *a);

/* --- control_notices.c --- */

/* Every topic of the directory is told its state, as soon as that can be. */
void control_notices_tell(struct control *c, const struct control_directory *d, const char *before);
/* What waits for topics that are not registered any more is not told. */
void control_notices_withdraw(struct control *c);
void control_notices_free(struct control *c);

/* --- control_keys.c --- */

/* keys.json. ERR with a sentence. */
enum err control_keys_load(struct control *c, const char **why_out);
/* The account and the secret of an access key, in the arena, which should wipe. ERR_NOT_FOUND;
 * ERR_INTEGRITY: sealed under another key file. */
enum err control_key_find(struct control *c, struct span id, struct arena *a,
                          struct span *account_out, struct span *secret_out);
/* Does an access key act for this account? */
bool control_account_known(const struct control *c, struct span account);

/* --- control_authority.c --- */

/* From now on this is the API's certificate, with its key; empty: none. */
void control_ca_look(struct control *c, struct span identity);

/* --- control_trust_ask.c --- */

/* The peer process of this domain controller; host NULL: of the first that has one. NULL: none. */
struct plat_channel *control_peer(const struct control_directory *d, const char *host);

/* --- control_trust_watch.c --- */

/* From now on trusts are proved again by themselves. */
enum err control_watch_start(struct control *c);

/* --- control_forwarders.c --- */

enum err control_forwarder_put(struct control_call *call, struct span domain,
                               const json_t *addresses);
enum err control_forwarder_remove(struct control_call *call, struct span domain);

/* --- the handlers, a file for each noun --- */

#define HANDLER(name) enum err name(struct control_call *call)
HANDLER(control_directory_create);
HANDLER(control_directory_list);
HANDLER(control_directory_show);
HANDLER(control_directory_check);
HANDLER(control_directory_delete);
HANDLER(control_directory_set);
HANDLER(control_directory_import);
HANDLER(control_directory_add_upn_suffix);
HANDLER(control_directory_remove_upn_suffix);
HANDLER(control_backup_create);
HANDLER(control_metrics_show);
HANDLER(control_status_show);
HANDLER(control_schema_extend);
HANDLER(control_schema_list);
HANDLER(control_snapshot_create);
HANDLER(control_snapshot_delete);
HANDLER(control_snapshot_list);
HANDLER(control_snapshot_restore);
HANDLER(control_dc_add);
HANDLER(control_dc_list);
HANDLER(control_dc_remove);
HANDLER(control_user_create);
HANDLER(control_user_list);
HANDLER(control_user_show);
HANDLER(control_user_set_password);
HANDLER(control_user_enable);
HANDLER(control_user_disable);
HANDLER(control_user_unlock);
HANDLER(control_account_delete);
HANDLER(control_group_create);
HANDLER(control_group_list);
HANDLER(control_group_show);
HANDLER(control_group_add_member);
HANDLER(control_group_remove_member);
HANDLER(control_computer_create);
HANDLER(control_computer_list);
HANDLER(control_computer_show);
HANDLER(control_service_create);
HANDLER(control_service_list);
HANDLER(control_service_show);
HANDLER(control_service_keytab);
HANDLER(control_service_allow);
HANDLER(control_forwarder_create);
HANDLER(control_forwarder_list);
HANDLER(control_forwarder_delete);
HANDLER(control_log_subscribe);
HANDLER(control_log_unsubscribe);
HANDLER(control_log_list);
HANDLER(control_certificate_register);
HANDLER(control_certificate_list);
HANDLER(control_certificate_deregister);
HANDLER(control_ldaps_enable);
HANDLER(control_ldaps_disable);
HANDLER(control_ldaps_show);
HANDLER(control_topic_register);
HANDLER(control_topic_deregister);
HANDLER(control_topic_list);
HANDLER(control_key_create);
HANDLER(control_key_file_rotate);
HANDLER(control_key_list);
HANDLER(control_key_revoke);
HANDLER(control_region_add);
HANDLER(control_region_list);
HANDLER(control_region_remove);
HANDLER(control_share_create);
HANDLER(control_share_list);
HANDLER(control_share_accept);
HANDLER(control_share_reject);
HANDLER(control_share_delete);
HANDLER(control_ca_show);
HANDLER(control_trust_create);
HANDLER(control_trust_list);
HANDLER(control_trust_show);
HANDLER(control_trust_set);
HANDLER(control_trust_instructions);
HANDLER(control_trust_namespaces);
HANDLER(control_trust_rotate);
HANDLER(control_trust_verify);
HANDLER(control_trust_delete);

#endif
