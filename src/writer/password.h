/* Setting passwords: policy, keys, verifiers. */
#ifndef WRITER_PASSWORD_H
#define WRITER_PASSWORD_H

#include "writer/draft.h"

enum password_flags {
    PASSWORD_CHANGE = 1, /* by its owner: minimum age and history count */
    PASSWORD_FREE = 2,   /* no policy: the service's own random passwords, imports */
    PASSWORD_COMMON = 4, /* keys of the two common enctypes alone */
};

/* Makes keys of the draft's account from a password and puts them, the bind verifier and pwdLastSet
 * into the record. Call when the account's name and control bits are final. */
enum err password_set(struct draft *d, struct span password, unsigned flags);
/* The same for a machine's password, UTF-16LE that was drawn at random and need be no text: AES
 * keys are made of what trust_password_utf8 makes of it, the NT hash of its bytes. */
enum err password_set_machine(struct draft *d, struct span utf16);
/* The same for keys that came ready made; what a simple bind needs comes from the clear password
 * alone. */
enum err password_set_keys(struct draft *d, const struct dir_account_keys *keys);
/* The salt of the account as it is now called. */
struct span password_salt(const struct draft *d);
enum err password_verifier(struct draft *d, struct span password);
/* unicodePwd of a request: a change (old and new) or a reset (new), with rights. */
enum err password_request(struct draft *d);
/* An enabled account must have a password unless the domain allows none. */
enum err password_required(struct draft *d);

#endif
