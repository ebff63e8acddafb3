/*
 * Policy: may this account log on now, is this password acceptable, is it time to lock. Pure
 * functions of facts and a clock value, so that the KDC, Netlogon, LDAP and `entente explain`
 * cannot disagree. Nothing here looks at the store (policy_facts.h gathers), a clock or a log, and
 * nothing keeps memory.
 *
 * Times are FILETIMEs (100 ns since 1601), as stored. Durations are 100 ns units, positive;
 * POLICY_FOREVER stands for no end. [MS-SAMR] 3.1.1.5 and 3.1.1.7, [MS-KILE] 3.3.5.6.3,
 * [MS-ADTS] 3.1.1.4.5.17 and .33.
 */
#ifndef DIRECTORY_POLICY_H
#define DIRECTORY_POLICY_H

#include "base/reasons.h"
#include "base/times.h"
#include "wire/ms/guid.h"

#define POLICY_FOREVER FILETIME_NEVER

/* The Effective-* values of [MS-SAMR] 3.1.1.5: the domain's, or those of a password settings
 * object. */
struct policy_settings {
    unsigned min_length; /* UTF-16 characters */
    unsigned history;
    bool complexity;
    bool reversible;
    int64_t min_age;          /* 0: none */
    int64_t max_age;          /* POLICY_FOREVER: passwords do not expire */
    unsigned threshold;       /* bad passwords until a lockout; 0: no lockout */
    int64_t lockout_duration; /* POLICY_FOREVER: until an administrator unlocks */
    int64_t lockout_window;   /* after which bad passwords are forgotten */
    bool lockout_admins;      /* DOMAIN_LOCKOUT_ADMINS: RID 500 can be locked too */
};

/* A stored duration is negative; 0 and INT64_MIN mean what `special` says. */
int64_t policy_duration(int64_t stored, int64_t special);

/* --- fine-grained policies -------------------------------------------------------------------- */

/* A password settings object that applies to an account. */
struct policy_pso {
    uint32_t object; /* its id, for the caller */
    int32_t precedence;
    struct guid guid;
};
/* The one that wins ([MS-ADTS] 3.1.1.4.5.36): the lowest precedence, then the lowest GUID. Those
 * linked to the account itself come before any of its groups': call with these first, with the
 * groups' only when it had none. NULL for an empty list. */
const struct policy_pso *policy_pso_pick(const struct policy_pso *list, unsigned count);

/* --- logon -------------------------------------------------------------------------------------
 */

enum policy_logon_kind {
    POLICY_LOGON_AS = 1,          /* a Kerberos ticket-granting ticket */
    POLICY_LOGON_TGS = 2,         /* good standing, when the ticket-granting ticket is some age */
    POLICY_LOGON_NETWORK = 4,     /* NTLM or a simple bind */
    POLICY_LOGON_INTERACTIVE = 8, /* Netlogon interactive logon */
};

struct policy_logon {
    enum policy_logon_kind kind;
    int64_t now;
    uint32_t uac; /* userAccountControl as stored */
    int64_t account_expires;
    int64_t pwd_last_set;
    int64_t lockout_time;
    struct span logon_hours;  /* 21 bytes, one bit an hour from Sunday 00:00 UTC; empty: always */
    struct span workstations; /* userWorkstations: names with commas; empty: any */
    struct span workstation;  /* where from, NetBIOS name; empty: the protocol does not say */
    bool smartcard;           /* proved with a certificate, not a password */
    bool protected_user;      /* member of Protected Users */
    bool ntlm;
    uint32_t no_machines; /* uac bits of accounts that are not wanted by NETWORK either */
    bool password_change; /* only to change the password: an expired one is in order */
    const struct policy_settings *settings;
};

/* What a refusal is in each protocol. */
struct policy_verdict {
    enum reason reason; /* REASON_NONE: allowed, and the rest is 0 */
    uint32_t ntstatus;
    uint32_t krb_error; /* RFC 4120 7.5.9 */
    uint32_t win32;     /* the number after "data" in an LDAP bind's diagnostic */
};

/* The first rule that refuses; rules are ordered so that a refusal never tells more than Windows
 * does. */
struct policy_verdict policy_logon_check(const struct policy_logon *l);

/* The single facts, also for constructed attributes. */
bool policy_locked_out(uint32_t uac, int64_t lockout_time, int64_t now,
                       const struct policy_settings *p);
/* When the password expires: FILETIME_NEVER never, 0 must be changed now. */
int64_t policy_password_expiry(uint32_t uac, int64_t pwd_last_set, const struct policy_settings *p);
bool policy_logon_hour(struct span logon_hours, int64_t now);
/* The next time at which logon_hours forbids a logon; FILETIME_NEVER when it never does
 * (LogoffTime). */
int64_t policy_logoff_time(struct span logon_hours, int64_t now);

/* Does this bad password (the count that vol_bad_password returned) lock the account? */
bool policy_lockout_due(uint32_t uac, uint32_t rid, uint32_t bad_count,
                        const struct policy_settings *p);

/* What a ticket-granting ticket of the account may be. Durations in seconds. */
struct policy_ticket {
    uint32_t max_life, max_renew;
    bool forwardable; /* and proxiable */
    bool weak_keys;   /* RC4 and DES allowed as far as the account's keys go */
    bool delegate;    /* a service may be given it (not sensitive, not protected) */
};
/* life and renew are the domain's. Protected Users: [MS-KILE] 3.3.5.6, 4 hours and no renewal
 * beyond. */
struct policy_ticket policy_ticket_limits(uint32_t uac, bool protected_user, uint32_t life,
                                          uint32_t renew);

/* --- passwords ---------------------------------------------------------------------------------
 */

#define POLICY_PASSWORD_MAX 256 /* UTF-16 characters */

struct policy_password {
    const struct policy_settings *settings;
    struct span password; /* UTF-8 */
    uint32_t uac;
    uint32_t rid;
    struct span sam_name, display_name; /* UTF-8 */
    bool change;                        /* by its owner with the old password; false: a reset */
    int64_t now, pwd_last_set;
    const uint8_t *nt_hash; /* of the new password, 16 bytes; NULL: history is not checked */
    const uint8_t (*nt_history)[16]; /* newest first */
    unsigned nt_history_count;
};
/* REASON_NONE or the first rule that the password breaks, with the NTSTATUS that SAMR and kpasswd
 * answer. */
struct policy_verdict policy_password_check(const struct policy_password *in);

#endif
