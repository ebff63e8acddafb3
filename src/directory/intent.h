/*
 * Intents: what a process asks the writer to do. An intent names its requester's rights (a token),
 * says what is wanted, and is validated whole by the writer against schema, uniqueness, RIDs,
 * rights and policy; it either becomes one change record or is refused with an error and a reason.
 *
 * Encoded form: bounded, versioned, exact-size, little-endian, decoded by intent_decode only
 * (fuzzed).
 */
#ifndef DIRECTORY_INTENT_H
#define DIRECTORY_INTENT_H

#include "base/reasons.h"
#include "base/times.h"
#include "directory/account.h"
#include "directory/token.h"

/* The type of the messages that carry intents to the writer; the reply's type too. */
#define INTENT_MESSAGE 1

enum intent_kind {
    INTENT_ADD = 1,
    INTENT_MODIFY,
    INTENT_DELETE,
    INTENT_MODIFY_DN,
    INTENT_SET_PASSWORD, /* a machine's own, which is random, in trust.secret instead: rpc only */
    INTENT_LOCKOUT,      /* durable before it is acted on */
    INTENT_LOGON_BATCH,  /* lastLogonTimestamp of many accounts */
    INTENT_TRUST_PUT, /* creates or changes a TDO, its secrets and its trust account: control, rpc,
                         peer */
    INTENT_TRUST_DELETE,
    INTENT_FORWARDER_PUT,
    INTENT_FORWARDER_DELETE,
    INTENT_KEYTAB,   /* reply carries the keys of a service account in keytab form: control only */
    INTENT_IMPORT,   /* a piece of LDIF, whole records (docs/IMPORT.md): control only */
    INTENT_SETTINGS, /* settings.h: one REPLACE for each name that changes; control only */
    INTENT_TRUST_ROLL,  /* a new password of one half of a trust, the former one is kept: control,
                           rpc */
    INTENT_USER_RIGHTS, /* target: a SID as text. One mod: ADD rights by name, of none: the account
                           is made; DELETE: they go, of none: the account: rpc only */
    INTENT_LSA_SECRET,  /* trust.secret is kept under the name target; account: its object, 0: a new
                           one: rpc only */
    INTENT_ZONE_UPDATE, /* a dynamic update: target is the zone; in each modification attr is the
                           node, as its object is called, and the values are records as dnsRecord
                           keeps them: ADD, DELETE (none: all of the node), or with REPLACE the
                           types that go, two bytes LE each; when: the epoch of the zones that it
                           was judged by, 0: any */
    INTENT_DC_JOIN,     /* target: host name, servers: addresses, new_rdn: the site; control only */
    INTENT_DC_LEAVE,    /* the same */
    INTENT_SCHEMA,      /* ldif: additions to the schema, all or nothing; target: the name of the
                           extension, which is kept (DIR_META_SCHEMA): asked for again it changes
                           nothing;      control only */
    INTENT_KIND_END
};

enum intent_flags {
    INTENT_SYSTEM = 1, /* from the service itself: rights are not checked (accepted only on channels
                          that serve gave to control, kdc and peer) */
    INTENT_TREE_DELETE = 2,
    INTENT_PERMISSIVE = 4, /* 1.2.840.113556.1.4.1413 */
    INTENT_RESET = 8,      /* password: reset, not change */
    INTENT_SHOW_DELETED = 16,
    INTENT_BULK = 32, /* import: no per-object reply data, keys may be given ready */
    INTENT_PROTECTED =
        64, /* the requester's connection is encrypted: passwords may be set over it */
    INTENT_NEW_KEY = 128, /* KEYTAB: a new random password first */
    INTENT_PROVED = 256,  /* SET_PASSWORD by its owner, who just proved the old one to the service:
                             old_password is empty (accepted where INTENT_SYSTEM is) */
    INTENT_LOGON = 512,   /* LOCKOUT from a service that verifies passwords but is not trusted with
                             INTENT_SYSTEM: accepted only on channels that serve gave to ldap */
    INTENT_FLAT_NAME = 1024, /* TRUST_PUT with a password: the partner's flat name was a guess until
                                now, and its account here has to bear the true one */
    INTENT_FLAGS_ALL = 2047,
};

enum intent_mod_op { MOD_ADD, MOD_DELETE, MOD_REPLACE };

/* Attribute names and values in LDAP's text form: the writer resolves and checks them. */
struct intent_mod {
    enum intent_mod_op op;
    struct span attr;
    struct span *values;
    unsigned count;
};

#define INTENT_MODS_MAX    4096
#define INTENT_VALUES_MAX  65536 /* of all modifications together */
#define INTENT_SIDS_MAX    2048
#define INTENT_SERVERS_MAX 64
#define INTENT_BATCH_MAX   65536
#define INTENT_SIZE_MAX    (16u << 20)

/* A trust that exists is changed where something is given: type 0 leaves direction, type,
 * attributes and enctypes, a SID of revision 0 and empty names and secrets leave theirs. A
 * password is a reset: nothing of the former one stays. Blobs bring their own history, which is how
 * a rollover keeps the former one for a while. */
struct intent_trust {
    struct span dns_name, flat_name;
    struct sid sid;
    uint32_t direction; /* 1 inbound, 2 outbound, 3 both */
    uint32_t type;      /* 2 uplevel */
    uint32_t attributes;
    uint32_t enctypes;
    struct span password;           /* UTF-8, for both directions; empty: unchanged */
    struct span incoming, outgoing; /* instead of password: the two blobs as stored, ready made */
    struct span forest_info;        /* msDS-TrustForestTrustInfo, empty: unchanged */
    /* TRUST_ROLL, together with direction, which names the half: INBOUND as the partner set it
     * (NetrServerPasswordSet2), OUTBOUND before the partner is told. UTF-16LE as it is on the wire,
     * no text maybe; empty with OUTBOUND: the writer makes one, but not within
     * INTENT_TRUST_ROLL_WAIT of the last. The same password again changes nothing. */
    struct span secret;
    uint32_t version; /* of the secret; 0: one more than the last */
    /* TRUST_PUT: what is put was made of the trust as it was at its change of this USN, and is
     * refused when it has changed since (DIR_TRUST_STALE): who merges reads again. 0: whatever is
     * there. */
    uint64_t usn;
};

/* Tickets under the former password are good for as long. */
#define INTENT_TRUST_ROLL_WAIT (10 * UTIME_HOUR)

struct intent {
    enum intent_kind kind;
    unsigned flags;
    struct dir_token token;
    struct span
        target; /* DN of the object (ADD: of the new one), or the trust's / zone's DNS name */
    struct span new_rdn;    /* MODIFY_DN: "CN=x" */
    struct span new_parent; /* MODIFY_DN: DN, or empty */
    bool delete_old_rdn;
    uint32_t sd_parts; /* LDAP_SERVER_SD_FLAGS: which parts nTSecurityDescriptor sets; 0: all */
    struct intent_mod *mods; /* ADD: all MOD_ADD */
    unsigned mod_count;
    struct span old_password, new_password; /* UTF-8 */
    struct intent_trust trust;
    struct span *servers; /* FORWARDER_PUT: IP addresses as text */
    unsigned server_count;
    dir_id account; /* LOCKOUT, LOGON_BATCH entries below */
    int64_t when;   /* FILETIME; see ZONE_UPDATE */
    const dir_id *batch_ids;
    const int64_t *batch_times;
    unsigned batch_count;
    struct span ldif;    /* IMPORT, SCHEMA */
    uint32_t first_line; /* IMPORT: the piece's first line number in its file, for messages */
};

struct intent_reply {
    enum err err;
    enum reason reason;
    uint64_t usn;
    dir_id id;        /* ADD: the new object; otherwise the target, also of a refusal */
    struct span text; /* a sentence for the requester: which attribute, which rule */
    struct span data; /* KEYTAB: the file; IMPORT: two LE 32-bit numbers, added and refused;
                         SCHEMA: one, of changes */
};

/* The encoded form holds everything but token.system, which is what INTENT_SYSTEM says. Both
 * directions refuse what breaks a maximum (ERR_LIMIT); decoding refuses an unknown version, kind or
 * flag and trailing bytes (ERR_MALFORMED). Decoded spans are views into bytes, arrays live in the
 * arena. Intents carry passwords: give both functions memory that wipes. */

enum err intent_encode(const struct intent *in, struct arena *a, struct span *out);
enum err intent_decode(struct span bytes, struct arena *a, struct intent *out);
enum err intent_reply_encode(const struct intent_reply *in, struct arena *a, struct span *out);
enum err intent_reply_decode(struct span bytes, struct arena *a, struct intent_reply *out);

#endif
