/*
 * Kerberos keys from a trust's shared password ([MS-ADTS] 6.1.6.9.1.2, [MS-KILE] 3.3.5.6.2).
 *
 * A referral issued by the account side is encrypted in a key of its trustAuthIncoming; the
 * resource side decrypts it with the same key from its trustAuthOutgoing. Both derive it for the
 * principal krbtgt/RESOURCE@ACCOUNT, whose salt is ACCOUNT + "krbtgt" + RESOURCE, realms in upper
 * case. ([MS-KILE] 3.3.5.6.2 names the sides the other way round; Windows, Samba and the tests do
 * it like this.)
 *
 * Keys are secrets: wipe what these functions fill.
 */
#ifndef TRUST_TRUST_KEYS_H
#define TRUST_TRUST_KEYS_H

#include "base/times.h"
#include "crypt/krb_crypto.h"
#include "trust/trust.h"
#include "wire/ms/trust_auth.h"

#define TRUST_KEYS_MAX 3 /* AES256, AES128, RC4 */

/* The keys of one version of the password, strongest first. count 0: there is no such version. */
struct trust_keyset {
    uint32_t kvno;
    utime changed;
    unsigned count;
    struct krb_key key[TRUST_KEYS_MAX];
};

struct trust_keys {
    struct trust_keyset current, previous;
};

void trust_keys_wipe(struct trust_keys *k);

/* Realms are folded to upper case here. direction is TRUST_OUTBOUND or TRUST_INBOUND. */
enum err trust_interrealm_salt(uint32_t direction, struct span local_realm,
                               struct span remote_realm, struct arena *a, struct span *out);
/* The salt of the interdomain trust account FLATNAME$ of the domain realm: realm + "krbtgt" + flat
 * name of the partner. Measured with Samba. */
enum err trust_account_salt(struct span realm, struct span partner_flat_name, struct arena *a,
                            struct span *out);

/* A password as it is stored, UTF-16LE that may be random and not well-formed, as the UTF-8 that
 * AES keys are derived from: what is no character becomes U+FFFD, as Windows and Samba do. Use a
 * wiping arena. */
enum err trust_password_utf8(struct span utf16, struct arena *a, struct span *out);

/* The keys of one direction. auth: the decoded blob of that direction; enctypes: bits of
 * trust_attributes.h, of what is not there no key is made. An entry that holds only an NT hash
 * gives an RC4 key. ERR_NOT_FOUND: no password at all. */
enum err trust_derive_keys(const struct trust_auth *auth, uint32_t direction,
                           struct span local_realm, struct span remote_realm, uint32_t enctypes,
                           struct arena *a, struct trust_keys *out);

/* The keys that a ticket is encrypted with now: for an hour after a change still the previous ones,
 * so that the partner's DCs have time to learn the new ones. */
#define TRUST_KEY_DELAY UTIME_HOUR
const struct trust_keyset *trust_encryption_keys(const struct trust_keys *k, utime now);
/* A former password counts for so long after the change: tickets under it live ten hours and an
 * hour, and a partner that was not told at once is told by the next verification, within an hour of
 * the day on which it can be reached again. A week forgives a weekend without a network, and yet
 * who comes by a password that was replaced has little of it. */
#define TRUST_FORMER_LIFE (7 * UTIME_DAY)
bool trust_former_counts(utime changed, utime now);
/* The key of an etype to decrypt a ticket with now, in the order of trial: index 0, 1; NULL: no
 * more. kvno 0: none was given; a kvno that names a version puts it first. */
const struct krb_key *trust_decryption_key(const struct trust_keys *k, int32_t etype, uint32_t kvno,
                                           utime now, unsigned index);

#endif
