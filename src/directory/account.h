/*
 * What a logon needs of an account, in one place at the start of its record, and its keys.
 */
#ifndef DIRECTORY_ACCOUNT_H
#define DIRECTORY_ACCOUNT_H

#include "directory/directory.h"
#include "directory/keys.h"

/* userAccountControl ([MS-ADTS] 2.2.16) */
enum uac {
    UAC_ACCOUNTDISABLE = 0x2,
    UAC_LOCKOUT = 0x10,
    UAC_PASSWD_NOTREQD = 0x20,
    UAC_PASSWD_CANT_CHANGE = 0x40,
    UAC_NORMAL_ACCOUNT = 0x200,
    UAC_INTERDOMAIN_TRUST_ACCOUNT = 0x800,
    UAC_WORKSTATION_TRUST_ACCOUNT = 0x1000,
    UAC_SERVER_TRUST_ACCOUNT = 0x2000,
    UAC_DONT_EXPIRE_PASSWORD = 0x10000,
    UAC_SMARTCARD_REQUIRED = 0x40000,
    UAC_TRUSTED_FOR_DELEGATION = 0x80000,
    UAC_NOT_DELEGATED = 0x100000,
    UAC_USE_DES_KEY_ONLY = 0x200000,
    UAC_DONT_REQ_PREAUTH = 0x400000,
    UAC_PASSWORD_EXPIRED = 0x800000,
    UAC_TRUSTED_TO_AUTH_FOR_DELEGATION = 0x1000000,
    UAC_NO_AUTH_DATA_REQUIRED = 0x2000000,
    UAC_PARTIAL_SECRETS_ACCOUNT = 0x4000000,
};

/* Times are FILETIMEs as stored: 0 and FILETIME_NEVER mean never. */
struct dir_account {
    dir_id id;
    uint32_t uac;
    uint32_t enctypes;      /* msDS-SupportedEncryptionTypes, 0: not set */
    uint32_t primary_group; /* RID */
    struct sid sid;
    int64_t pwd_last_set;
    int64_t pwd_expires; /* computed from policy when asked; FILETIME_NEVER */
    int64_t account_expires;
    int64_t lockout_time;
    struct span sam_name;    /* UTF-8 */
    struct span upn;         /* userPrincipalName, or empty */
    struct span logon_hours; /* 21 bytes, or empty */
};

/* Parses the block of an object; ERR_NOT_FOUND when it is no security principal with an account. */
enum err dir_account_of(const struct dir_snap *s, const struct dir_obj *o, struct dir_account *out);

/* Lookups, case-insensitive, live objects only. ERR_NOT_FOUND, ERR_EXISTS (ambiguous). */
enum err dir_account_by_sam(const struct dir_snap *s, struct span sam, struct dir_account *out);
/* Explicit userPrincipalName only; name@domain of an account without one is the caller's (by_sam).
 */
enum err dir_account_by_upn(const struct dir_snap *s, struct span upn, struct dir_account *out);
/* spn: "host/web1.aws.example.com" or three parts; knows sPNMappings (HOST and its classes). */
enum err dir_account_by_spn(const struct dir_snap *s, struct span spn, struct dir_account *out);

/* Do this process's keys of a store open what is sealed in it? One secret is tried. ERR_INTEGRITY:
 * they do not; ERR_NOT_FOUND: nothing is there to try; ERR_DENIED: without a key. */
enum err dir_keyring_fits(const struct dir_snap *s, enum dir_secret_store store, struct arena *a);
/* Decrypts the account's secret from the given store (ACCOUNT, or SERVICE for this machine's DCs).
 * The result holds keys: wipe it. ERR_DENIED when this process lacks the store's key. */
enum err dir_account_keys(const struct dir_snap *s, enum dir_secret_store store, dir_id id,
                          struct arena *a, struct dir_account_keys *out);

/* Trust secrets: the two blobs of a TDO as stored ([MS-ADTS] 6.1.6.9.1), decrypted. Either may be
 * empty. */
enum err dir_trust_secrets(const struct dir_snap *s, dir_id tdo, struct arena *a,
                           struct span *incoming_out, struct span *outgoing_out);
/* What the LSA keeps of a secret object, as it was given to the writer. */
enum err dir_lsa_secret(const struct dir_snap *s, dir_id object, struct arena *a, struct span *out);

/* ERR_OK when the password's verifier matches; ERR_INTEGRITY when not; ERR_DENIED without the key.
 */
enum err dir_bind_verify(const struct dir_snap *s, dir_id id, struct span password_utf8);

#endif
