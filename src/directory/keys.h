/*
 * The keys of one account, and the form in which they are kept (before sealing): what the writer
 * makes of a password, and the KDC, RPC and the acceptor read.
 *
 * All of it is secret: decode into an arena that wipes, and wipe the result.
 */
#ifndef DIRECTORY_KEYS_H
#define DIRECTORY_KEYS_H

#include "base/arena.h"
#include "base/times.h"
#include "crypt/krb_crypto.h"

#define DIR_KEYS_MAX         6
#define DIR_KEY_VERSIONS_MAX 3
#define DIR_HISTORY_MAX      1024 /* pwdHistoryLength's range */
#define DIR_HISTORY_ENTRY    16   /* an NT hash, as AD keeps it */

/* Keys of one version of an account, strongest first. */
struct dir_keyset {
    uint32_t kvno;
    utime changed;
    struct span salt;
    unsigned count;
    struct krb_key key[DIR_KEYS_MAX];
};

struct dir_account_keys {
    unsigned versions; /* current, previous, older */
    struct dir_keyset version[DIR_KEY_VERSIONS_MAX];
    bool have_nt;
    uint8_t nt_hash[16];
    struct span history; /* NT hashes of former passwords, the newest first */
};

/* ERR_LIMIT beyond the maxima above; ERR_RANGE for a key whose length is not its enctype's. */
enum err dir_keys_encode(const struct dir_account_keys *k, struct arena *a, struct span *out);
/* salt and history are views into bytes. ERR_MALFORMED, ERR_UNSUPPORTED (a newer form). */
enum err dir_keys_decode(struct span bytes, struct dir_account_keys *out);

/* The key of this version number and enctype, or NULL; kvno 0: the current version. */
const struct krb_key *dir_keys_find(const struct dir_account_keys *k, uint32_t kvno, int32_t etype);

/* What a new password becomes: keys of enctypes 18, 17, 20 and 19. RC4 has no key of its own here:
 * the NT hash is that key. */
struct dir_key_recipe {
    struct span password; /* UTF-8 */
    struct span salt;
    utime now;
    bool want_nt;
    const uint8_t *nt_hash; /* of the password as it was before it became text; NULL: made of it */
    bool common_only; /* 17 and 18 alone: bulk import, where 19 and 20 would cost eight times as
                         much */
    unsigned history; /* how many former passwords to keep */
};
/* old may be NULL (a new account); its versions move down by one. Version numbers go up by one. */
enum err dir_keys_make(const struct dir_key_recipe *r, const struct dir_account_keys *old,
                       struct arena *a, struct dir_account_keys *out);
/* Is it the current password? Costs one string-to-key. */
bool dir_keys_match(const struct dir_account_keys *k, struct span password);

/* The salt of an account ([MS-KILE] 3.1.1.2): REALM + name for users, REALM + "host" + name without
 * $ in lower case + "." + dns domain for computers, REALM + "krbtgt" + name without $ for
 * interdomain accounts. */
enum dir_salt_kind { DIR_SALT_USER, DIR_SALT_COMPUTER, DIR_SALT_TRUST };
struct span dir_keys_salt(enum dir_salt_kind kind, struct span realm, struct span dns_domain,
                          struct span sam_name, struct arena *a);

void dir_keys_wipe(struct dir_account_keys *k);

#endif
