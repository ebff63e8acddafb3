/*
 * One intent on its way through the writer: what every part of the writer works on. Internal to the
 * folder.
 */
#ifndef WRITER_OP_H
#define WRITER_OP_H

#include "directory/access.h"
#include "directory/account.h"
#include "directory/change.h"
#include "directory/links.h"
#include "directory/new_sd.h"
#include "directory/policy.h"
#include "writer/writer.h"

struct writer {
    struct dir *dir;
    const struct event_sink *events;
    struct dir_log_limits log;
    struct arena scratch; /* of one intent; wipes */
    struct arena record;  /* of one record of an import; wipes */
    struct new_sd *sds;   /* made when the forest is known */
};

/* A foreign principal that this intent makes: another value of it may name the same SID. */
struct op_foreign {
    struct op_foreign *next;
    struct sid sid;
    dir_id id;
};

/* GUIDs of objects that are made together: their beginning is drawn once, so that they lie side by
 * side in the index and a piece of an import does not touch every page of it. */
struct op_guids {
    uint8_t drawn[16];
    uint32_t count;
};

struct op {
    struct writer *w;
    const struct intent *in;
    struct dir_write *txn;
    const struct dir_snap *s; /* inside the transaction: sees what was applied before */
    struct arena *a;          /* of this intent */
    struct arena *out;        /* of the batch: what the reply points to */
    struct dir_naming naming;
    struct change *c;
    struct op_foreign *foreign;
    struct op_guids *guids; /* NULL: each is drawn */
    utime now;
    struct intent_reply *reply;
};

/* Every refusal goes through here: sets the reply's reason and sentence and returns e. */
enum err op_refuse(struct op *op, enum err e, enum reason reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Rights are not looked at for the service's own intents. */
static inline bool op_system(const struct op *op)
{
    return op->in->token.system;
}

/* The object of a DN, live ones only unless INTENT_SHOW_DELETED; refuses with DIR_NO_OBJECT. */
enum err op_find(struct op *op, struct span dn, struct dir_obj *out);
/* Refuses with DIR_EXISTS when an object other than self (0: any) has this name below parent. To be
 * asked after the rights: who may not put an object there does not learn which names are taken. */
enum err op_name_free(struct op *op, dir_id parent, struct span rdn, dir_id self);
/* Reads the names and begins a record; applies it. The main loop does both; kinds that make several
 * records (import) do so themselves and leave op->c NULL. */
enum err op_start(struct op *op);
enum err op_apply(struct op *op);
/* The DN, for messages; never fails. */
struct span op_name(struct op *op, dir_id id);
/* Sealed with a fresh nonce. plain empty: the secret is removed. */
enum err op_secret(struct op *op, enum dir_secret_store store, dir_id id, struct span plain);
/* The SID of an object; false when it has none. */
bool op_sid(const struct dir_obj *o, struct sid *out);

/* One function for each kind. */
enum err op_add(struct op *op);
enum err op_modify(struct op *op);
enum err op_delete(struct op *op);
enum err op_modify_dn(struct op *op);
enum err op_set_password(struct op *op);
enum err op_lockout(struct op *op);
enum err op_logon_batch(struct op *op);
enum err op_trust_put(struct op *op);
enum err op_trust_delete(struct op *op);
enum err op_trust_roll(struct op *op);
enum err op_forwarder_put(struct op *op);
enum err op_forwarder_delete(struct op *op);
enum err op_zone_update(struct op *op);
enum err op_keytab(struct op *op);
enum err op_import(struct op *op);
enum err op_settings(struct op *op);
enum err op_user_rights(struct op *op);
enum err op_lsa_secret(struct op *op);
enum err op_dc_join(struct op *op);
enum err op_dc_leave(struct op *op);
enum err op_schema(struct op *op);

#endif
