/* The secrets of a trust ([MS-ADTS] 6.1.6.9.1) and the account that goes with them (6.1.6.8).
 * Memory is the intent's, which wipes. */
#ifndef WRITER_TRUST_SECRET_H
#define WRITER_TRUST_SECRET_H

#include "trust/trust.h"
#include "writer/draft.h"

struct trust_secrets {
    struct span incoming, outgoing; /* blobs, empty: none */
    bool changed;
    struct span account_password; /* UTF-8 of a new incoming secret */
};

/* Of TRUST_PUT: what was stored, what is given, and nothing for a half that direction does not
 * have. tdo NULL: a new trust. */
enum err trust_new_secrets(struct op *op, const struct dir_obj *tdo, uint32_t direction,
                           struct trust_secrets *s);
/* Of TRUST_ROLL. Not changed: the half has this very password already. */
enum err trust_roll_secret(struct op *op, const struct trust *t, struct trust_secrets *out);
/* Stores them, and makes, changes or deletes the account as the trust's direction wants it. */
enum err trust_put_secrets(struct op *op, dir_id tdo, const struct trust *t,
                           const struct trust_secrets *s);
/* The account of a trust that is being deleted, if it has one. */
enum err trust_delete_account(struct op *op, const struct dir_obj *tdo);

#endif
